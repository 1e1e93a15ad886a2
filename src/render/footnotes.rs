//! Footnotes: numbered by first reference, written at the end of the body with a way back.

use pulldown_cmark::CowStr;

use super::builder::{Builder, Problem};
use super::theme::Role;
use super::tree::{Id, Kind, NONE, Node};
use super::write::{Surface, Writer};
use crate::finding::Code;

/// What is told of a footnote that no reader sees.
pub(super) fn left_out(why: &str, offset: usize) -> Problem {
    Problem {
        code: Code::UnreadSyntax,
        message: format!("{why}: it is left out"),
        help: "write `[^label]` where it belongs, with a label of its own",
        file: None,
        offset,
    }
}

/// Footnotes are not looked for below so many levels.
const NESTING: usize = 256;

impl Builder<'_> {
    /// Notes that something refers to a footnote. A footnote does so for nobody while it is not shown itself.
    pub(super) fn cite(&mut self, label: String) {
        let is_note = |node: &Id| matches!(self.tree.node(*node).kind, Kind::FootnoteDefinition);
        match self.stack.iter().take(NESTING).map(|open| open.node).find(is_note) {
            Some(note) => self.cited_in.entry(note).or_default().push(label),
            None => {
                self.cited.insert(label);
            }
        }
    }

    /// Adds what footnotes that are shown refer to.
    pub(super) fn cite_from_footnotes(&mut self) {
        if self.cited_in.is_empty() {
            return;
        }
        let mut shown: Vec<String> = self.cited.iter().cloned().collect();
        while let Some(label) = shown.pop() {
            let note = self.footnotes.get(&label);
            for label in note.and_then(|note| self.cited_in.remove(note)).unwrap_or_default() {
                if self.cited.insert(label.clone()) {
                    shown.push(label);
                }
            }
        }
    }
}

/// Writes a reference; without a definition it stays what was written.
pub(super) fn reference<S: Surface>(writer: &mut Writer<'_, '_, S>, label: &CowStr<'_>, linked: bool) {
    let Some(&definition) = writer.parsed.footnotes.get(&label.to_lowercase()) else {
        writer.text(&format!("[^{label}]"));
        return;
    };
    let (number, first) = writer.footnote_number(definition);
    writer.open("sup", Role::FootnoteMark, &[("class", "kb-footnote")]);
    if !linked {
        writer.raw(&format!("{number}</sup>"));
        return;
    }
    let prefix = &writer.parsed.footnote_prefix;
    writer.raw("<a");
    writer.attribute("href", &format!("#{prefix}-{number}"));
    if first {
        writer.attribute("id", &format!("{prefix}ref-{number}"));
    }
    writer.raw(&format!(">{number}</a></sup>"));
}

/// Writes the footnotes that were referred to, those that footnotes refer to included.
pub(super) fn write<S: Surface>(writer: &mut Writer<'_, '_, S>) {
    if writer.footnotes.is_empty() {
        return;
    }
    writer.open::<&str>("hr", Role::FootnotesRule, &[]);
    writer.open("ol", Role::Footnotes, &[("class", "kb-footnotes")]);
    let prefix = &writer.parsed.footnote_prefix;
    let mut at = 0;
    while let Some(&definition) = writer.footnotes.get(at) {
        at += 1;
        let id = format!("{prefix}-{at}");
        writer.open("li", Role::Plain, &[("id", id.as_str())]);
        // The way back stands behind the last paragraph's text.
        let last = writer.parsed.tree.node(definition).last;
        let paragraph = last != NONE && ends_in_text(writer.parsed.tree.node(last));
        writer.way_back = paragraph.then_some((last, at));
        writer.below(definition);
        if !paragraph {
            way_back(writer, at);
        }
        writer.raw("</li>\n");
    }
    writer.raw("</ol>\n");
}

fn ends_in_text(node: &Node<'_>) -> bool {
    node.first != NONE && matches!(&node.kind, Kind::Element(element) if matches!(element.name, "p" | "div"))
}

/// Writes the link from a footnote to its first reference.
pub(super) fn way_back<S: Surface>(writer: &mut Writer<'_, '_, S>, number: usize) {
    let prefix = &writer.parsed.footnote_prefix;
    writer.raw(" <a");
    writer.attribute("href", &format!("#{prefix}ref-{number}"));
    writer.attribute("title", "Back to the text");
    writer.raw(">↩</a>");
}
