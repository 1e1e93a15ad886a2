//! Attribute lists behind a link, an image or a word, and at the end of a paragraph: an article has no use for them, but
//! for ids and the size of an image.
//!
//! Must not know: how lists are written, headings; theirs are the parser's.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::spans::Span;
use super::{slugs, unread};
use crate::render::syntax::attribute_lists::{LONGEST, List, is_callout, is_whole, read};
use crate::render::theme::Role;
use crate::render::tree::{Element, Id, Kind, NONE, rest_of};

/// Where the list ends that stands in the source behind this node, at `offset`, and belongs to it; `None` without one.
/// An image takes its size; a link or an image its id, and a link to nothing (`[](){#id}`) is an anchor.
pub(super) fn behind(builder: &mut Builder<'_>, node: Id, offset: usize) -> Option<usize> {
    let source = builder.text;
    let reach = (offset + LONGEST..source.len()).find(|end| source.is_char_boundary(*end));
    let behind = source.get(offset..reach.unwrap_or(source.len()))?;
    let mut list = read(behind)?;
    // Kramdown takes more than one.
    while let Some(next) = read(&behind[list.length..]) {
        list = List {
            length: list.length + next.length,
            width: list.width.or(next.width),
            height: list.height.or(next.height),
            id: list.id.or(next.id),
        };
    }
    let id = list.id.map(slugs::composed).filter(|id| builder.slugs.reserve(id));
    let id = id.map(|id| ("id", CowStr::from(id)));
    let empty = builder.tree.node(node).first == NONE;
    let kind = builder.tree.kind_mut(node);
    match kind {
        Kind::Image(image) => {
            for (name, value) in [("width", list.width), ("height", list.height)] {
                image.attributes.extend(value.map(|value| (name, value.into())));
            }
            image.attributes.extend(id);
        }
        Kind::Link(link) if empty && link.destination.is_empty() => {
            if let Some((name, id)) = id {
                *kind = Kind::Element(Element::anchor(false).with(name, id));
            }
        }
        Kind::Link(link) => link.attributes.extend(id),
        _ => {}
    }
    Some(offset + list.length)
}

/// What a text in brackets becomes by the list that stands behind it in this text (Pandoc, Quarto, `MyST`), and the
/// list's length; `None` where there is none. An empty text is a mere anchor.
pub(super) fn bracketed<'a>(
    builder: &mut Builder<'_>,
    behind: &'a str,
    empty: bool,
) -> Option<(Kind<'a>, usize)> {
    let list = read(behind)?;
    let words = behind[..list.length].trim_matches(['{', '}', ':', ' ']).split_whitespace();
    let kind = words.filter_map(|word| word.strip_prefix('.')).find_map(|class| {
        Some(match class {
            "underline" | "ul" => Kind::Element(Element::new("u", Role::Plain)),
            "mark" | "highlight" => Span::Marked.kind(),
            "insertion" => Span::Inserted.kind(),
            "deletion" => Span::CriticDeleted.kind(),
            // Comments of Word, and what is about one alone.
            "comment-start" => Kind::Hidden,
            "kbd" => Kind::Element(Element::new("span", Role::Key).with("class", "kb-key")),
            _ => return None,
        })
    });
    let id = list.id.map(slugs::composed).filter(|id| builder.slugs.reserve(id));
    let kind = match (kind, id) {
        (Some(Kind::Element(element)), Some(id)) => Kind::Element(element.with("id", id.into_owned())),
        (None, Some(id)) => {
            // A text may hold a link.
            let anchor = Element::anchor(!empty || builder.links_open > 0);
            Kind::Element(anchor.with("id", id.into_owned()))
        }
        (kind, _) => kind.unwrap_or(Kind::Group),
    };
    Some((kind, list.length))
}

/// A paragraph is complete: a list in a line of its own goes at its end, one of Kramdown at its beginning, too; and so
/// does a paragraph of nothing else.
pub(super) fn in_lines(builder: &mut Builder<'_>, paragraph: Id) {
    let node = builder.tree.node(paragraph);
    let (first, last) = (node.first, node.last);
    if last == NONE {
        return;
    }
    if first == last {
        if is_line(builder, last) {
            leave_out(builder, last);
            *builder.tree.kind_mut(paragraph) = Kind::Group;
        }
        return;
    }
    at_end(builder, paragraph);
    let after = builder.tree.node(first).next;
    let kramdown = matches!(&builder.tree.node(first).kind, Kind::Text(text) if text.starts_with("{:"));
    if kramdown && is_line(builder, first) && matches!(builder.tree.node(after).kind, Kind::SoftBreak) {
        *builder.tree.kind_mut(after) = Kind::Hidden;
        leave_out(builder, first);
    }
}

/// A list in a line of its own at the end of a paragraph or of an item of a list goes.
pub(super) fn at_end(builder: &mut Builder<'_>, node: Id) {
    let node = builder.tree.node(node);
    let (mut before, last) = (node.first, node.last);
    if last == NONE || before == last || !is_line(builder, last) {
        return;
    }
    while builder.tree.node(before).next != last {
        before = builder.tree.node(before).next;
    }
    if matches!(builder.tree.node(before).kind, Kind::SoftBreak) {
        *builder.tree.kind_mut(before) = Kind::Hidden;
        leave_out(builder, last);
    }
}

/// Whether this node is the text of a list and nothing else.
fn is_line(builder: &Builder<'_>, node: Id) -> bool {
    let node = builder.tree.node(node);
    let escaped = || builder.text.get(..node.offset as usize).is_some_and(|before| before.ends_with('\\'));
    matches!(&node.kind, Kind::Text(text) if is_whole(text)) && !escaped()
}

/// Takes a list out of its line; its id stays, as an anchor. What was told of it as a text is not so, but for a callout that nobody will see.
fn leave_out(builder: &mut Builder<'_>, list: Id) {
    let Kind::Text(text) = std::mem::replace(builder.tree.kind_mut(list), Kind::Hidden) else { return };
    let offset = builder.tree.node(list).offset as usize;
    unread::take_back(builder, offset);
    if is_callout(&text) {
        unread::tell_left_out(builder, unread::CALLOUT, offset);
    }
    let id = read(&text).and_then(|list| list.id).map(slugs::composed);
    if let Some(id) = id.filter(|id| builder.slugs.reserve(id)) {
        let anchor = Element::anchor(builder.links_open > 0).with("id", id.into_owned());
        *builder.tree.kind_mut(list) = Kind::Element(anchor);
    }
}

/// Code in a line without the language in front of it, as MkDocs writes it: `` `#!python len(x)` ``.
pub(super) fn plain_code(code: CowStr<'_>) -> CowStr<'_> {
    let Some(rest) = code.strip_prefix("#!") else { return code };
    let language = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'#' | b'.'))
    };
    match rest.split_once(' ') {
        Some((name, text)) if language(name) && !text.trim().is_empty() => {
            let start = code.len() - text.len();
            rest_of(code, start)
        }
        _ => code,
    }
}
