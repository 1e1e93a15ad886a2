//! The unified difference of two bodies: as readable text, or as HTML in canonical form.

use std::fmt::Write as _;

use similar::TextDiff;

use super::body::Body;
use super::canonical::Piece;
use super::readable::readable;

/// Lines around each change.
const CONTEXT: usize = 3;

/// Elements that stand within a line.
const INLINE: [&str; 20] = [
    "a", "abbr", "b", "code", "del", "em", "i", "img", "ins", "kbd", "mark", "q", "s", "small", "span",
    "strong", "sub", "sup", "u", "var",
];

/// What is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// The readable text.
    #[default]
    Text,
    /// The HTML in canonical form, a block element a line.
    Html,
}

/// `---` is the article as stored, `+++` what would be stored; `None` where this view shows no difference.
pub(super) fn unified(remote: &Body, local: &Body, view: View) -> Option<String> {
    let text = |body: &Body| {
        let shown = match view {
            View::Text => readable(&body.pieces),
            View::Html => markup(&body.pieces),
        };
        format!("{}\n\n{shown}", body.title)
    };
    let (old, new) = (text(remote), text(local));
    if old == new {
        return None;
    }
    let diff = TextDiff::from_lines(&old, &new);
    Some(diff.unified_diff().context_radius(CONTEXT).header("ServiceNow", "document").to_string())
}

/// Pieces as HTML.
fn markup(pieces: &[Piece]) -> String {
    let mut out = String::new();
    let fresh_line = |out: &mut String| {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
    };
    for piece in pieces {
        match piece {
            Piece::Open(name, attributes) => {
                if !INLINE.contains(&name.as_str()) {
                    fresh_line(&mut out);
                }
                let _ = write!(out, "<{name}");
                for (attribute, value) in attributes {
                    let value = value.replace('&', "&amp;").replace('"', "&quot;");
                    let _ = write!(out, " {attribute}=\"{value}\"");
                }
                out.push('>');
            }
            Piece::Close(name) => {
                let _ = write!(out, "</{name}>");
                if !INLINE.contains(&name.as_str()) {
                    out.push('\n');
                }
            }
            Piece::Text(text) => out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;")),
        }
    }
    fresh_line(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::super::canonical::canonical;
    use super::{Body, View, unified};

    fn body(html: &str) -> Body {
        Body { title: "T".to_owned(), pieces: canonical(html, &std::collections::BTreeMap::default()) }
    }

    #[test]
    fn a_change_of_markup_alone_shows_as_html_only() {
        let (one, other) =
            (body("<p class=\"a\">Same &lt; text</p>"), body("<p class=\"b\">Same &lt; text</p>"));
        assert_eq!(unified(&one, &other, View::Text), None);
        let diff = unified(&one, &other, View::Html).expect("a difference");
        assert!(diff.contains("-<p class=\"a\">Same &lt; text</p>\n"), "{diff}");
        assert!(diff.contains("+<p class=\"b\">Same &lt; text</p>\n"), "{diff}");
    }

    #[test]
    fn blocks_stand_on_lines_of_their_own() {
        let (one, other) =
            (body("<p>One <b>two</b></p><p>Three</p>"), body("<p>One <b>two</b></p><p>Four</p>"));
        let diff = unified(&one, &other, View::Html).expect("a difference");
        assert!(diff.contains("\n <p>One <b>two</b></p>\n-<p>Three</p>\n+<p>Four</p>\n"), "{diff}");
    }
}
