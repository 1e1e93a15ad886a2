//! Footnotes: numbered by first reference, written at the end of the body with a way back.

use pulldown_cmark::CowStr;

use super::theme::Role;
use super::write::{Surface, Writer};

/// Writes a reference; without a definition it stays what was written.
pub(super) fn reference<S: Surface>(writer: &mut Writer<'_, '_, S>, label: &CowStr<'_>) {
    let Some(&definition) = writer.parsed.footnotes.get(&label.to_lowercase()) else {
        writer.text(&format!("[^{label}]"));
        return;
    };
    let (number, first) = writer.footnote_number(definition);
    writer.open("sup", Role::FootnoteMark, &[("class", "kb-footnote")]);
    writer.raw("<a");
    writer.attribute("href", &format!("#fn-{number}"));
    if first {
        writer.attribute("id", &format!("fnref-{number}"));
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
    let mut at = 0;
    while let Some(&definition) = writer.footnotes.get(at) {
        at += 1;
        let id = format!("fn-{at}");
        writer.open("li", Role::Plain, &[("id", id.as_str())]);
        writer.below(definition);
        writer.raw("<a");
        writer.attribute("href", &format!("#fnref-{at}"));
        writer.attribute("title", "Back to the text");
        writer.raw(">↩</a></li>\n");
    }
    writer.raw("</ol>\n");
}
