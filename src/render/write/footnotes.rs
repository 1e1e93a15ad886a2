//! Footnotes: numbered by first reference, written at the end of the body with a way back.

use pulldown_cmark::CowStr;

use super::writer::{Surface, Writer};
use crate::render::theme::Role;
use crate::render::tree::{Kind, NONE, Node};

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
