//! Attribute lists: `{ .class width=300 }` behind a link, an image or a word, and at the end of a paragraph (MkDocs,
//! Jekyll, Pandoc). An article has no use for them, but for the size of an image.
//!
//! Must not know: how headings are written; theirs are the parser's.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::tree::{Id, Kind, NONE, rest_of};

/// A list at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
struct List<'t> {
    /// Its length in bytes, braces included.
    length: usize,
    width: Option<&'t str>,
    height: Option<&'t str>,
}

/// Reads a list: classes, ids and `key=value`, at least one of them.
fn read(text: &str) -> Option<List<'_>> {
    let mut list = List { length: 0, width: None, height: None };
    let mut rest = text.strip_prefix('{')?;
    rest = rest.strip_prefix(':').unwrap_or(rest);
    let mut found = false;
    loop {
        rest = rest.trim_start_matches(' ');
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
        if !rest.starts_with([' ', '}']) {
            return None;
        }
        found = true;
    }
}

/// Whether a text begins with a list.
pub(super) fn is_list(text: &str) -> bool {
    read(text).is_some()
}

/// A value, quoted or not, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].split_once(quote),
        _ => Some(text.split_at(text.find([' ', '}'])?)),
    }
}

/// A size that an image can have: a number, or a part of the column.
fn size(value: &str) -> Option<&str> {
    let value = value.strip_suffix("px").unwrap_or(value);
    let number = value.strip_suffix('%').unwrap_or(value);
    ((1..=5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())).then_some(value)
}

/// How much of the text behind this node is a list that belongs to it. An image takes its size.
pub(super) fn behind(builder: &mut Builder<'_>, node: Id, text: &str) -> usize {
    let Some(list) = read(text) else { return 0 };
    if let Kind::Image(image) = builder.tree.kind_mut(node) {
        for (name, value) in [("width", list.width), ("height", list.height)] {
            image.attributes.extend(value.map(|value| (name, CowStr::from(value.to_owned()))));
        }
    }
    list.length
}

/// A paragraph is complete: a list in a line of its own at its end goes, and a paragraph of nothing else.
pub(super) fn at_end(builder: &mut Builder<'_>, paragraph: Id) {
    let node = builder.tree.node(paragraph);
    let (first, last) = (node.first, node.last);
    let is_list = |text: &str| read(text).is_some_and(|list| text[list.length..].trim().is_empty());
    if last == NONE || !matches!(&builder.tree.node(last).kind, Kind::Text(text) if is_list(text)) {
        return;
    }
    let offset = builder.tree.node(last).offset as usize;
    if builder.text.get(..offset).is_some_and(|before| before.ends_with('\\')) {
        return;
    }
    if first == last {
        *builder.tree.kind_mut(paragraph) = Kind::Hidden;
        return;
    }
    let mut before = first;
    while builder.tree.node(before).next != last {
        before = builder.tree.node(before).next;
    }
    if matches!(builder.tree.node(before).kind, Kind::SoftBreak) {
        *builder.tree.kind_mut(before) = Kind::Hidden;
        *builder.tree.kind_mut(last) = Kind::Hidden;
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
        assert_eq!(read("{ .md-button #x } y"), Some((17, None, None)));
        assert_eq!(read("{: width=\"300px\" height=20% }"), Some((29, Some("300"), Some("20%"))));
        assert_eq!(read("{target=_blank}"), Some((15, None, None)));
        for prose in ["{}", "{ }", "{x}", "{{ x }}", "{a b}", "{.a", "{a=b", "{ . }", "{%x%}"] {
            assert_eq!(read(prose), None, "{prose}");
        }
    }
}
