//! Attribute lists: `{ .class width=300 }` (MkDocs, Jekyll, Pandoc).

use std::borrow::Cow;

/// A list at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) struct List<'t> {
    /// Its length in bytes, braces included.
    pub(in crate::render) length: usize,
    /// The width it gives.
    pub(in crate::render) width: Option<Cow<'t, str>>,
    /// The height it gives.
    pub(in crate::render) height: Option<Cow<'t, str>>,
    /// The id it gives.
    pub(in crate::render) id: Option<&'t str>,
}

/// Longest list that is read, in bytes.
pub(in crate::render) const LONGEST: usize = 1000;

/// Reads a list: classes, ids and `key=value`, at least one of them, in one line or the next one, too.
pub(in crate::render) fn read(text: &str) -> Option<List<'_>> {
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
pub(in crate::render) fn is_list(text: &str) -> bool {
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

/// Whether a text with attributes in brackets (`[text]{.class}`) may stand anywhere in this one: most documents hold none.
pub(in crate::render) fn any_bracketed(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"]{").any(|at| {
        let list = &text[at + 1..text.len().min(at + 1 + LONGEST)];
        let list = list.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        is_list(list)
    })
}

/// Whether a text begins with a list that makes a callout of what it belongs to, in themes of Jekyll (`{: .note }`).
pub(in crate::render) fn is_callout(text: &str) -> bool {
    let Some(list) = read(text).filter(|_| text.starts_with("{:")) else { return false };
    let words = text[..list.length].split([' ', ':', '}']);
    let mut classes = words.filter_map(|word| word.strip_prefix('.'));
    classes.any(|class| {
        let kind = class.strip_suffix("-title").or(class.strip_prefix("prompt-")).unwrap_or(class);
        matches!(kind, "note" | "info" | "tip" | "important" | "warning" | "caution" | "danger")
    })
}

/// Whether a text is a list and nothing else.
pub(in crate::render) fn is_whole(text: &str) -> bool {
    read(text).is_some_and(|list| text[list.length..].trim().is_empty())
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
