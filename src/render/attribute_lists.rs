//! Attribute lists: `{ .class width=300 }` behind a link, an image or a word, and at the end of a paragraph (MkDocs,
//! Jekyll, Pandoc). An article has no use for them, but for the size of an image.
//!
//! Must not know: how headings are written; theirs are the parser's.

use std::borrow::Cow;

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::spans::Span;
use super::theme::Role;
use super::tree::{Element, Id, Kind, NONE, rest_of};
use super::{headings, unread};

/// A list at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
struct List<'t> {
    /// Its length in bytes, braces included.
    length: usize,
    width: Option<Cow<'t, str>>,
    height: Option<Cow<'t, str>>,
    id: Option<&'t str>,
}

/// Longest list that is read, in bytes.
const LONGEST: usize = 1000;

/// Reads a list: classes, ids and `key=value`, at least one of them, in one line or the next one, too.
fn read(text: &str) -> Option<List<'_>> {
    let mut list = List { length: 0, width: None, height: None, id: None };
    let mut rest = text.strip_prefix('{')?;
    rest = rest.strip_prefix(':').unwrap_or(rest);
    let mut found = false;
    loop {
        rest = after_space(rest)?;
        if let Some(rest) = rest.strip_prefix('}') {
            list.length = text.len() - rest.len();
            return found.then_some(list);
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':');
        let named = rest.strip_prefix(['.', '#']);
        let name = named.unwrap_or(rest);
        let length = name.find(|c| !plain(c)).unwrap_or(name.len());
        let (name, after) = name.split_at(length);
        if name.is_empty() {
            return None;
        }
        if named.is_some() {
            list.id = if rest.starts_with('#') { Some(name) } else { list.id };
            rest = after;
        } else {
            let value;
            (value, rest) = self::value(after.strip_prefix('=')?)?;
            match name {
                "width" => list.width = size(value),
                "height" => list.height = size(value),
                _ => {}
            }
        }
        if !rest.starts_with([' ', '\n', '\r', '}']) {
            return None;
        }
        found = true;
    }
}

/// What stands behind white space; `None` where that holds an empty line.
fn after_space(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches([' ', '\n', '\r']);
    let lines = text[..text.len() - rest.len()].bytes().filter(|b| *b == b'\n').count();
    (lines < 2).then_some(rest)
}

/// Whether a text begins with a list.
pub(super) fn is_list(text: &str) -> bool {
    read(text).is_some()
}

/// A value of one line, quoted or not, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].split_once(quote).filter(|(value, _)| !value.contains('\n')),
        _ => Some(text.split_at(text.find([' ', '\n', '\r', '}'])?)),
    }
}

/// Lengths on paper, as Pandoc writes those of documents of Word, in pixels.
const LENGTHS: [(&str, f64); 5] =
    [("in", 96.0), ("cm", 96.0 / 2.54), ("mm", 96.0 / 25.4), ("pt", 4.0 / 3.0), ("pc", 16.0)];

/// A size that an image can have: a number, or a part of the column.
fn size(value: &str) -> Option<Cow<'_, str>> {
    let on_paper = LENGTHS.iter().find_map(|(unit, pixels)| Some((value.strip_suffix(unit)?, pixels)));
    if let Some((number, pixels)) = on_paper {
        let number = number.parse::<f64>().ok().map(|number| (number * pixels).round());
        return number
            .filter(|number| (1.0..100_000.0).contains(number))
            .map(|number| number.to_string().into());
    }
    let value = value.strip_suffix("px").unwrap_or(value);
    let number = value.strip_suffix('%').unwrap_or(value);
    ((1..=5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())).then_some(value.into())
}

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
    let id = list.id.map(headings::composed).filter(|id| builder.slugs.reserve(id));
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

/// Whether a text with attributes in brackets (`[text]{.class}`) may stand anywhere in this one: most documents hold none.
pub(super) fn any_bracketed(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"]{").any(|at| {
        let list = &text[at + 1..text.len().min(at + 1 + LONGEST)];
        let list = list.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        is_list(list)
    })
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
    let id = list.id.map(headings::composed).filter(|id| builder.slugs.reserve(id));
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

/// Whether a text begins with a list that makes a callout of what it belongs to, in themes of Jekyll (`{: .note }`).
pub(super) fn is_callout(text: &str) -> bool {
    let Some(list) = read(text).filter(|_| text.starts_with("{:")) else { return false };
    let words = text[..list.length].split([' ', ':', '}']);
    let mut classes = words.filter_map(|word| word.strip_prefix('.'));
    classes.any(|class| {
        let kind = class.strip_suffix("-title").or(class.strip_prefix("prompt-")).unwrap_or(class);
        matches!(kind, "note" | "info" | "tip" | "important" | "warning" | "caution" | "danger")
    })
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

/// Whether a text is a list and nothing else.
pub(super) fn is_whole(text: &str) -> bool {
    read(text).is_some_and(|list| text[list.length..].trim().is_empty())
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
    let id = read(&text).and_then(|list| list.id).map(headings::composed);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let read = |text| read(text).map(|list| (list.length, list.width, list.height));
        let given = |size: &'static str| Some(Cow::Borrowed(size));
        assert_eq!(read("{ .md-button #x } y"), Some((17, None, None)));
        assert_eq!(read("{: width=\"300px\" height=20% }"), Some((29, given("300"), given("20%"))));
        assert_eq!(read("{width=6.5in height=2.54cm}"), Some((27, given("624"), given("96"))));
        assert_eq!(read("{width=1e9in height=xin}"), Some((24, None, None)));
        assert_eq!(read("{target=_blank}"), Some((15, None, None)));
        for prose in ["{}", "{ }", "{x}", "{{ x }}", "{a b}", "{.a", "{a=b", "{ . }", "{%x%}"] {
            assert_eq!(read(prose), None, "{prose}");
        }
    }
}
