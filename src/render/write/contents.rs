//! What frames the body: the anchor of a title that left it, a table of contents, a link to the source.

use super::writer::{Surface, Writer};
use crate::render::options::Input;
use crate::render::theme::Role;
use crate::render::urls;

/// Writes what comes before the body.
pub(super) fn before<S: Surface>(writer: &mut Writer<'_, '_, S>, input: &Input<'_>) {
    let parsed = writer.parsed;
    // Links to the title's anchor still lead somewhere: to the top.
    if let Some(title) = parsed.title.and_then(|title| parsed.headings.get(title))
        && !title.id.is_empty()
        && !title.shared
    {
        writer.open("a", Role::Plain, &[("id", &*title.id)]);
        writer.raw("</a>\n");
    }
    if let Some(depth) = input.toc {
        contents(writer, depth);
    }
}

/// A nested list of the headings down to `depth`; nothing where there are fewer than two.
fn contents<S: Surface>(writer: &mut Writer<'_, '_, S>, depth: u8) {
    let parsed = writer.parsed;
    let entries: Vec<(u8, &str, &str)> = parsed
        .headings
        .iter()
        .enumerate()
        .filter(|(index, heading)| {
            parsed.title != Some(*index)
                && heading.level.max(2) <= depth.max(2)
                && !heading.id.is_empty()
                && !heading.text.is_empty()
        })
        .map(|(_, heading)| (heading.level.max(2), &*heading.id, &*heading.text))
        .collect();
    if entries.len() < 2 {
        return;
    }
    writer.open("div", Role::Contents, &[("class", "kb-contents")]);
    writer.open::<&str>("p", Role::ContentsTitle, &[]);
    writer.text("Contents");
    writer.raw("</p>\n");
    let mut levels: Vec<u8> = Vec::new();
    for (level, id, text) in entries {
        while levels.len() > 1 && levels.last().is_some_and(|&open| open > level) {
            levels.pop();
            writer.raw("</li>\n</ul>\n");
        }
        if let [top] = &mut levels[..] {
            *top = level.min(*top);
        }
        if levels.last().is_none_or(|&open| open < level) {
            levels.push(level);
            writer.open::<&str>("ul", Role::ContentsList, &[]);
        } else {
            writer.raw("</li>\n");
        }
        writer.raw("<li>");
        let target = format!("#{}", urls::encode(id));
        writer.open("a", Role::BoxLink, &[("href", target.as_str())]);
        writer.text(text);
        writer.raw("</a>");
    }
    for _ in levels {
        writer.raw("</li>\n</ul>\n");
    }
    writer.raw("</div>\n");
}

/// Writes what comes after the body.
pub(super) fn after<S: Surface>(writer: &mut Writer<'_, '_, S>, input: &Input<'_>) {
    let Some(url) = input.source_link else { return };
    writer.open("p", Role::Source, &[("class", "kb-source")]);
    writer.raw("<a");
    writer.attribute("href", &urls::encode(url));
    writer.raw(">");
    writer.text("Source of this page");
    writer.raw("</a></p>\n");
}
