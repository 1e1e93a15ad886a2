//! What constructs of other dialects are, however they are written: callouts, what opens and closes, tabs.
//!
//! Must not know: how a dialect writes them, how they become nodes, looks.

/// A construct that Markdown stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) enum Construct {
    /// A callout; without a title it gets its kind's, with an empty one it has none.
    Callout {
        /// What it is about.
        kind: Kind,
        /// Its title.
        title: Option<String>,
    },
    /// Something that opens and closes.
    Details {
        /// What it is about, if it is a callout.
        kind: Option<Kind>,
        /// The line that stays visible.
        title: String,
        /// Whether it is open at first.
        open: bool,
    },
    /// One of several alternatives.
    Tab {
        /// Its label.
        title: String,
    },
    /// What stands below an image or a table, about it.
    Caption,
    /// A quotation.
    Quote,
    /// Nothing by itself.
    Group,
}

/// The callout that a dialect's word stands for, and the title it gives where the writer gives none.
pub(in crate::render) fn kind(word: &str) -> Option<(Kind, Option<&'static str>)> {
    Some(match word.to_ascii_lowercase().as_str() {
        "note" | "secondary" => (Kind::Note, None),
        "info" => (Kind::Note, Some("Info")),
        "todo" => (Kind::Note, Some("To do")),
        "seealso" => (Kind::Note, Some("See also")),
        "abstract" | "summary" | "tldr" => (Kind::Note, Some("Summary")),
        "quote" | "cite" => (Kind::Note, Some("Quote")),
        "tip" => (Kind::Tip, None),
        "hint" => (Kind::Tip, Some("Hint")),
        "success" | "check" | "done" => (Kind::Tip, Some("Success")),
        "important" => (Kind::Important, None),
        "question" | "help" | "faq" => (Kind::Important, Some("Question")),
        "example" => (Kind::Important, Some("Example")),
        "warning" => (Kind::Warning, None),
        "attention" => (Kind::Warning, Some("Attention")),
        "caution" => (Kind::Caution, None),
        "danger" => (Kind::Caution, Some("Danger")),
        "error" => (Kind::Caution, Some("Error")),
        "bug" => (Kind::Caution, Some("Bug")),
        "failure" | "fail" | "missing" => (Kind::Caution, Some("Failure")),
        _ => return None,
    })
}

/// What a callout is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Kind {
    /// Worth knowing.
    Note,
    /// Helps.
    Tip,
    /// Needed to succeed.
    Important,
    /// Urgent.
    Warning,
    /// Dangerous.
    Caution,
}

/// A word with its first letter in upper case.
pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
