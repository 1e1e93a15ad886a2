//! Opens a page for a person. The only file that names the crate.

use std::process::Stdio;

/// Starts the system's browser on a page; false where there is none. Our variables, which may hold secrets, are
/// kept from it.
pub(super) fn open(url: &url::Url) -> bool {
    open::commands(url.as_str()).into_iter().any(|mut command| {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KB_PUBLISH_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
    })
}
