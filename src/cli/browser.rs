//! Opens a page for a person. The only file that names the crate.

use std::process::{Command, Stdio};

use super::Edges;
use crate::child;

/// Starts a browser on a page: the one that `BROWSER` names, else the system's; false where there is none. Our
/// variables, which may hold secrets, are kept from it.
pub(super) fn open(url: &url::Url, edges: &Edges) -> bool {
    let named = edges.var("BROWSER").unwrap_or_default();
    let named = named.split(':').filter_map(|browser| named_command(browser, url)).collect::<Vec<_>>();
    named.into_iter().chain(open::commands(url.as_str())).any(|mut command| {
        child::without_ours(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
    })
}

/// `firefox`, `firefox --new-window`, or with `%s` where the address belongs, as other programs read it.
fn named_command(browser: &str, url: &url::Url) -> Option<Command> {
    let mut words = browser.split_whitespace();
    let mut command = Command::new(words.next()?);
    command.args(words.map(|word| word.replace("%s", url.as_str())));
    if !browser.contains("%s") {
        command.arg(url.as_str());
    }
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_browser_gets_the_address() {
        let url = "https://dev1.service-now.com/oauth_auth.do?a=b&c".parse().unwrap();
        let words = |browser: &str| {
            let command = named_command(browser, &url)?;
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            Some(words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>())
        };
        assert_eq!(words("w3m").unwrap(), ["w3m", url.as_str()]);
        assert_eq!(words("b --new %s -q").unwrap(), ["b", "--new", url.as_str(), "-q"]);
        assert_eq!(words(" "), None);
    }
}
