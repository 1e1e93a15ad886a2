//! What a command found that reports neither a plan nor a tree, one by one, as a pipeline reads it.

use super::{Format, Look, github, junit, markdown};

/// How one thing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Passed,
    /// Not known.
    Unknown,
    /// A person should look.
    Warned,
    /// Not as it should.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// Its file, relative to `publish.toml`, where it has one.
    pub path: Option<String>,
    /// How it ended.
    pub ending: Ending,
    /// The ending in the command's own word.
    pub word: String,
    /// What was found.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The cases in a pipeline's format; `None` for the two formats that are the command's own.
pub fn cases(title: &str, cases: &[Case], format: Format, look: &Look) -> Option<String> {
    match format {
        Format::Human | Format::Json => None,
        Format::Markdown => Some(markdown::cases(title, cases)),
        Format::Github => Some(github::cases(cases, look)),
        Format::Junit => Some(junit::cases(title, cases)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_tells_what_needs_a_look() {
        let case = |name: &str, ending, path: Option<&str>| Case {
            name: name.to_owned(),
            path: path.map(str::to_owned),
            ending,
            word: "word".to_owned(),
            message: "a | b <c>".to_owned(),
            help: Some("do it".to_owned()),
        };
        let all = [
            case("fine", Ending::Passed, None),
            case("open", Ending::Unknown, None),
            case("odd", Ending::Warned, Some("docs/a.md")),
            case("bad", Ending::Failed, None),
        ];
        let form = |format| cases("check", &all, format, &Look::default());
        assert_eq!((form(Format::Human), form(Format::Json)), (None, None));
        let github = form(Format::Github).unwrap_or_default();
        assert_eq!(
            github,
            "::warning file=docs/a.md,title=odd::a | b <c>%0Ahelp: do it\n::error title=bad::a | b <c>%0Ahelp: do it\n"
        );
        let markdown = form(Format::Markdown).unwrap_or_default();
        assert!(markdown.contains("| ❌ word | bad | a \\| b &lt;c&gt; — do it |\n"), "{markdown}");
        let junit = form(Format::Junit).unwrap_or_default();
        assert!(junit.contains("tests=\"4\" skipped=\"1\" errors=\"0\" failures=\"1\""), "{junit}");
        assert!(junit.contains("a | b &lt;c&gt;"), "{junit}");
    }
}
