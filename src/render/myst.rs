//! Directives of MyST (Sphinx, Jupyter Book): a fence, or a line of colons, that names one in braces.
//!
//! Must not know: how a directive ends.

use super::admonitions::{self, Construct};
use super::alerts::Kind;

/// What a directive becomes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Directive<'l> {
    /// Markdown stands in it, after this first line of it.
    Open(Construct, &'l str),
    /// Code of this language.
    Code(&'l str),
}

/// Directives that are not read, sorted. Programs of notebooks stand in braces, too: those are code.
const UNREAD: &[&str] = &[
    "bibliography",
    "card-carousel",
    "contents",
    "csv-table",
    "eval-rst",
    "figure",
    "glossary",
    "image",
    "include",
    "list-table",
    "literalinclude",
    "rubric",
    "table",
    "tableofcontents",
    "toctree",
    "video",
    "youtube",
];

/// The name in braces that an info string begins with, and what follows it.
fn name(info: &str) -> Option<(&str, &str)> {
    let (name, argument) = info.strip_prefix('{')?.split_once('}')?;
    Some((name, argument.trim()))
}

/// Reads an info string; `None` for directives that are not known and for programs.
pub(super) fn read(info: &str) -> Option<Directive<'_>> {
    let (name, argument) = name(info)?;
    let title = || argument.to_owned();
    let construct = match name {
        "code" | "code-block" | "code-cell" | "sourcecode" => {
            return Some(Directive::Code(argument.split(' ').next().unwrap_or_default()));
        }
        "math" => return Some(Directive::Code("math")),
        "admonition" | "topic" | "sidebar" => Construct::Callout { kind: Kind::Note, title: Some(title()) },
        "dropdown" => {
            let title = if argument.is_empty() { "Details".to_owned() } else { title() };
            Construct::Details { kind: None, title, open: false }
        }
        "tab-item" | "card" | "grid-item-card" if !argument.is_empty() => Construct::Tab { title: title() },
        "card" | "grid" | "grid-item" | "grid-item-card" | "margin" | "tab-item" | "tab-set" => {
            Construct::Group
        }
        "attention" | "caution" | "danger" | "error" | "hint" | "important" | "note" | "seealso" | "tip"
        | "warning" | "todo" => {
            let (kind, own) = admonitions::kind(name)?;
            let construct = Construct::Callout { kind, title: own.map(str::to_owned) };
            return Some(Directive::Open(construct, argument));
        }
        _ => return None,
    };
    Some(Directive::Open(construct, ""))
}

/// An option in the lines that follow: its name and value.
pub(super) fn option(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let plain =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    plain.then(|| (name, value.trim()))
}

/// What an option says of the directive it belongs to.
pub(super) fn apply(construct: &mut Construct, name: &str, value: &str) {
    match (construct, name) {
        (Construct::Callout { kind, title: Some(_) }, "class") => {
            if let Some((own, _)) = value.split_whitespace().find_map(admonitions::kind) {
                *kind = own;
            }
        }
        (Construct::Details { open, .. }, "open") => *open = true,
        _ => {}
    }
}

/// Whether a fence is a directive that is shown as code.
pub(super) fn is_unread(info: &str) -> bool {
    name(info).is_some_and(|(name, _)| UNREAD.binary_search(&name).is_ok()) || read(info).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        assert!(UNREAD.is_sorted());
        let callout =
            |kind, title: Option<&str>| Construct::Callout { kind, title: title.map(str::to_owned) };
        assert_eq!(read("{note}"), Some(Directive::Open(callout(Kind::Note, None), "")));
        assert_eq!(
            read("{tip} Begin *here*"),
            Some(Directive::Open(callout(Kind::Tip, None), "Begin *here*"))
        );
        assert_eq!(read("{admonition} A b"), Some(Directive::Open(callout(Kind::Note, Some("A b")), "")));
        assert_eq!(read("{code-block} python"), Some(Directive::Code("python")));
        for other in ["{r}", "{python}", "{r note}", "{figure} a.png", "note", "{=html}", "{.python}"] {
            assert_eq!(read(other), None, "{other}");
        }
        assert!(is_unread("{figure} a.png") && is_unread("{note}") && !is_unread("{r}"));
    }

    #[test]
    fn options_are_read() {
        assert_eq!(option(":class: dropdown"), Some(("class", "dropdown")));
        assert_eq!(option(":open:"), Some(("open", "")));
        for other in ["text", "::", ":a b: c", ":smile"] {
            assert_eq!(option(other), None, "{other}");
        }
    }
}
