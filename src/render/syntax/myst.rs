//! Directives of MyST (Sphinx, Jupyter Book): a fence, or a line of colons, that names one in braces.
//!
//! Must not know: how a directive ends.

use super::construct::{self, Construct, Kind};
use super::{directives, info};

/// What a directive becomes.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) enum Directive<'l> {
    /// Markdown stands in it, after this first line of it.
    Open(Construct, &'l str),
    /// Code of this language.
    Code(&'l str),
    /// An image at this path; Markdown that stands in it is about it.
    Image(&'l str),
}

/// An image, as far as it is known: its options follow.
#[derive(Debug, Default)]
pub(in crate::render) struct Image {
    /// Where its directive stands: how far it is indented, the file, the byte in it.
    pub(in crate::render) place: (usize, usize, usize),
    path: String,
    alt: String,
    width: String,
    name: String,
}

impl Image {
    /// At this path.
    pub(in crate::render) fn new(path: &str, place: (usize, usize, usize)) -> Self {
        Self { path: path.replace(['<', '>'], ""), place, ..Self::default() }
    }

    /// Takes what an option says of it.
    pub(in crate::render) fn set(&mut self, name: &str, value: &str) {
        match name {
            "alt" => self.alt = value.replace(['[', ']', '`'], ""),
            "width" => {
                self.width = value.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '%').collect();
            }
            "name" => {
                self.name = value.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
            }
            _ => {}
        }
    }

    /// It in Markdown.
    pub(in crate::render) fn markdown(&self) -> String {
        let Self { path, alt, width, name, .. } = self;
        let size = if width.is_empty() { String::new() } else { format!(" width={width}") };
        let id = if name.is_empty() { String::new() } else { format!(" #{name}") };
        let list = if size.is_empty() && id.is_empty() { String::new() } else { format!("{{{id}{size} }}") };
        format!("![{alt}](<{path}>){list}\n")
    }
}

/// The name in braces that an info string begins with, and what follows it.
fn name(info: &str) -> Option<(&str, &str)> {
    let (name, argument) = info.strip_prefix('{')?.split_once('}')?;
    Some((name, argument.trim()))
}

/// Reads an info string; `None` for directives that are not known and for programs.
pub(in crate::render) fn read(info: &str) -> Option<Directive<'_>> {
    let (name, argument) = name(info)?;
    let title = || argument.to_owned();
    let construct = match name {
        "code" | "code-block" | "code-cell" | "sourcecode" => {
            return Some(Directive::Code(argument.split(' ').next().unwrap_or_default()));
        }
        "math" => return Some(Directive::Code("math")),
        "figure" | "image" if !argument.is_empty() => return Some(Directive::Image(argument)),
        "mermaid" | "graphviz" | "plantuml" => return Some(Directive::Code(name)),
        "parsed-literal" | "prompt" => return Some(Directive::Code("")),
        "versionadded" | "versionchanged" | "deprecated" | "versionremoved" => changed(name, argument),
        "epigraph" | "pull-quote" | "highlights" | "blockquote" => Construct::Quote,
        "admonition" | "topic" | "sidebar" => Construct::Callout { kind: Kind::Note, title: Some(title()) },
        "dropdown" => {
            let title = if argument.is_empty() { "Details".to_owned() } else { title() };
            Construct::Details { kind: None, title, open: false }
        }
        "aside" | "card" | "grid-item-card" | "margin" | "rubric" | "tab-item" if !argument.is_empty() => {
            Construct::Tab { title: title() }
        }
        "aside" | "card" | "compound" | "container" | "div" | "grid" | "grid-item" | "grid-item-card"
        | "margin" | "tab-item" | "tab-set" => Construct::Group,
        "attention" | "caution" | "danger" | "error" | "hint" | "important" | "note" | "seealso" | "tip"
        | "warning" | "todo" => {
            let (kind, own) = construct::kind(name)?;
            let construct = Construct::Callout { kind, title: own.map(str::to_owned) };
            return Some(Directive::Open(construct, argument));
        }
        _ => return None,
    };
    Some(Directive::Open(construct, ""))
}

/// A note about a version, as Sphinx words it.
fn changed(name: &str, version: &str) -> Construct {
    let (kind, what) = match name {
        "versionadded" => (Kind::Note, "New in version"),
        "versionchanged" => (Kind::Note, "Changed in version"),
        "deprecated" => (Kind::Warning, "Deprecated since version"),
        _ => (Kind::Warning, "Removed in version"),
    };
    Construct::Callout { kind, title: Some(format!("{what} {version}").trim_end().to_owned()) }
}

/// The callout of mdbook-admonish: a fence named `admonish`, its kind and `title="…"`, or the title alone in quotes;
/// `collapsible=true` makes it open and close.
pub(in crate::render) fn admonish(info: &str) -> Option<Construct> {
    let words = info.strip_prefix("admonish").filter(|rest| rest.is_empty() || rest.starts_with(' '))?;
    let word = words.split_whitespace().next().unwrap_or_default();
    let (kind, own) = construct::kind(word).unwrap_or((Kind::Note, None));
    let quoted = words.split_once(" \"").and_then(|(_, rest)| rest.split_once('"')).map(|(title, _)| title);
    let title = directives::attribute(words, "title").or(quoted).or(own).map(str::to_owned);
    Some(if words.contains("collapsible=true") {
        let title =
            title.unwrap_or_else(|| construct::capitalised(if word.is_empty() { "note" } else { word }));
        Construct::Details { kind: Some(kind), title, open: false }
    } else {
        Construct::Callout { kind, title }
    })
}

/// The name of an anchor in a line of its own: `(name)=`.
pub(in crate::render) fn target(line: &str) -> Option<&str> {
    let name = line.strip_prefix('(')?.strip_suffix(")=")?.trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '/' | ' ' | '+');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// An option in the lines that follow: its name and value.
pub(in crate::render) fn option(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let plain =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    plain.then(|| (name, value.trim()))
}

/// An option in a block between lines of dashes.
pub(in crate::render) fn yaml_option(line: &str) -> (&str, &str) {
    let (name, value) = line.split_once(':').unwrap_or_default();
    (name.trim(), value.trim().trim_matches(['"', '\'']))
}

/// What begins and ends such a block.
pub(in crate::render) const YAML: &str = "---";

/// Longest block of options, in lines.
const MOST_OPTIONS: usize = 50;

/// Whether a text begins with a block of options: keys, and what belongs to them, between two lines of dashes.
pub(in crate::render) fn begins_with_options(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).take(MOST_OPTIONS);
    lines.next() == Some(YAML)
        && lines.by_ref().take_while(|line| *line != YAML).all(|line| {
            let key = line.split_once(':').map_or("", |(key, _)| key);
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            line.starts_with("- ") || !key.is_empty() && key.bytes().all(plain)
        })
        && text.lines().map(str::trim).skip(1).take(MOST_OPTIONS).any(|line| line == YAML)
}

/// What an option says of the directive it belongs to.
pub(in crate::render) fn apply(construct: &mut Construct, name: &str, value: &str) {
    match (construct, name) {
        (Construct::Callout { kind, title: Some(_) }, "class") => {
            if let Some((own, _)) = value.split_whitespace().find_map(construct::kind) {
                *kind = own;
            }
        }
        (Construct::Details { open, .. }, "open") => *open = true,
        // A name alone is that of an anchor which only Sphinx knows.
        (Construct::Tab { title }, "link") if value.contains(['/', '.']) => {
            *title = format!("[{title}](<{}>)", value.replace(['<', '>'], ""));
        }
        _ => {}
    }
}

/// Whether a fence is a directive that is shown as code: a name in braces that is no program of a notebook.
pub(in crate::render) fn is_unread(info: &str) -> bool {
    name(info).is_some_and(|(name, _)| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':');
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(plain)
            && !info::is_program(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let callout =
            |kind, title: Option<&str>| Construct::Callout { kind, title: title.map(str::to_owned) };
        assert_eq!(read("{note}"), Some(Directive::Open(callout(Kind::Note, None), "")));
        assert_eq!(
            read("{tip} Begin *here*"),
            Some(Directive::Open(callout(Kind::Tip, None), "Begin *here*"))
        );
        assert_eq!(read("{admonition} A b"), Some(Directive::Open(callout(Kind::Note, Some("A b")), "")));
        assert_eq!(read("{code-block} python"), Some(Directive::Code("python")));
        assert_eq!(read("{figure} a.png"), Some(Directive::Image("a.png")));
        for other in ["{r}", "{python}", "{r note}", "{figure}", "note", "{=html}", "{.python}"] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(
            read("{deprecated} 1.3"),
            Some(Directive::Open(callout(Kind::Warning, Some("Deprecated since version 1.3")), ""))
        );
        for unread in ["{figure} a.png", "{note}", "{list-table} T", "{prf:theorem}"] {
            assert!(is_unread(unread), "{unread}");
        }
        for code in ["{r}", "{r name, echo=FALSE}", "{python}", "{.js}", "{=html}", "{1,3}", "js", "{Rcpp}"] {
            assert!(!is_unread(code), "{code}");
        }
    }

    #[test]
    fn fences_of_admonish_are_callouts() {
        let callout = |kind, title: &str| Some(Construct::Callout { kind, title: Some(title.to_owned()) });
        assert_eq!(admonish("admonish"), Some(Construct::Callout { kind: Kind::Note, title: None }));
        assert_eq!(admonish("admonish warning title=\"A b\""), callout(Kind::Warning, "A b"));
        assert_eq!(admonish("admonish tip \"A b\""), callout(Kind::Tip, "A b"));
        assert_eq!(admonish("admonish title=\"A\""), callout(Kind::Note, "A"));
        assert!(matches!(admonish("admonish bug collapsible=true"), Some(Construct::Details { .. })));
        assert_eq!(admonish("admonished"), None);
    }

    #[test]
    fn targets_are_names_in_brackets() {
        assert_eq!(target("(my-target)="), Some("my-target"));
        for prose in ["()=", "(a)", "f(x)=", "(a) = b", "(<a>)="] {
            assert_eq!(target(prose), None, "{prose}");
        }
    }

    #[test]
    fn options_may_stand_between_dashes() {
        assert!(begins_with_options("---\nname: a\ntags: [b]\n- c\n---\nx"));
        for other in ["---\ntext\n---\n", "---\nname: a\n", "---\n\nname: a\n---\n", "name: a\n---\n"] {
            assert!(!begins_with_options(other), "{other}");
        }
        assert_eq!(yaml_option("width: \"50%\""), ("width", "50%"));
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
