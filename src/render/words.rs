//! Small marks inside running text: emoji shortcodes, and sub- and superscript where words touch them.
//!
//! Must not know: links, blocks.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::theme::Role;
use super::tree::{Element, Kind};

/// Longest name or script between two marks, in bytes.
const LONGEST: usize = 50;

/// What stands between two marks.
#[derive(Debug, PartialEq, Eq)]
enum Word<'t> {
    /// An emoji.
    Emoji(&'static str),
    /// `~x~`.
    Sub(&'t str),
    /// `^x^`.
    Super(&'t str),
}

/// Adds text to the tree with its marks resolved, as far as the dialects are switched on.
pub(super) fn add<'a>(builder: &mut Builder<'a>, text: &'a str, offset: usize) {
    let dialects = builder.dialects;
    let mut from = 0;
    let mut at = 0;
    while let Some(mark) = next(text, at, dialects.emoji, dialects.sub_superscript) {
        let Some((word, end)) = word(text, mark) else {
            at = mark + 1;
            continue;
        };
        if mark > from {
            builder.leaf(Kind::Text(CowStr::Borrowed(&text[from..mark])), offset + from);
        }
        match word {
            Word::Emoji(emoji) => builder.leaf(Kind::Emoji(emoji, &text[mark..end]), offset + mark),
            Word::Sub(inner) => script(builder, "sub", inner, offset + mark),
            Word::Super(inner) => script(builder, "sup", inner, offset + mark),
        }
        from = end;
        at = end;
    }
    if from < text.len() {
        builder.leaf(Kind::Text(CowStr::Borrowed(&text[from..])), offset + from);
    }
}

fn script<'a>(builder: &mut Builder<'a>, name: &'static str, inner: &'a str, offset: usize) {
    builder.open(Kind::Element(Element::new(name, Role::Plain)), offset);
    builder.leaf(Kind::Text(CowStr::Borrowed(inner)), offset + 1);
    builder.close_markdown();
}

fn next(text: &str, at: usize, emoji: bool, scripts: bool) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    let found = match (emoji, scripts) {
        (true, true) => memchr::memchr3(b':', b'~', b'^', rest),
        (true, false) => memchr::memchr(b':', rest),
        (false, true) => memchr::memchr2(b'~', b'^', rest),
        (false, false) => None,
    };
    found.map(|found| at + found)
}

/// What begins at this mark, and where it ends.
fn word(text: &str, mark: usize) -> Option<(Word<'_>, usize)> {
    let letter = *text.as_bytes().get(mark)?;
    let rest = &text.as_bytes()[mark + 1..];
    let length = memchr::memchr(letter, &rest[..rest.len().min(LONGEST)])?;
    let inner = text.get(mark + 1..mark + 1 + length)?;
    let end = mark + length + 2;
    if inner.is_empty() {
        return None;
    }
    if letter == b':' {
        let named = inner
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'+' | b'-'));
        let joined = |c: char| c.is_alphanumeric() || c == ':';
        let free = !text[..mark].ends_with(joined) && !text[end..].starts_with(joined);
        let emoji = emojis::get_by_shortcode(inner).filter(|_| named && free)?;
        return Some((Word::Emoji(emoji.as_str()), end));
    }
    let plain =
        inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | ',' | '(' | ')' | '='));
    if !plain {
        return None;
    }
    Some((if letter == b'~' { Word::Sub(inner) } else { Word::Super(inner) }, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read() {
        assert_eq!(word(":smile:", 0), Some((Word::Emoji("😄"), 7)));
        assert_eq!(word("H~2~O", 1), Some((Word::Sub("2"), 4)));
        assert_eq!(word("x^2^", 1), Some((Word::Super("2"), 4)));
        for prose in ["a:smile:", ":smile:x", ":nothing_such:", "::", ":a b:", "^a b^", "~~"] {
            let mark = prose.find([':', '^', '~']).unwrap_or_default();
            assert_eq!(word(prose, mark), None, "{prose}");
        }
    }
}
