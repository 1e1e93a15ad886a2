//! CriticMarkup: `{++inserted++}`, `{--deleted--}`, `{~~old~>new~~}`, `{==marked==}` and `{>>a comment<<}`.
//!
//! Must not know: how spans are nested.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::spans::Span;
use crate::render::tree::{Id, Kind, NONE};

/// What begins and what ends each, in bytes.
pub(super) const LENGTH: usize = 3;

/// Longest substitution that is looked for, in bytes.
const REACH: usize = 4000;

const MARKS: &[(&str, &str, Span)] = &[
    ("{++", "++}", Span::CriticInserted),
    ("{--", "--}", Span::CriticDeleted),
    ("{==", "==}", Span::CriticMarked),
    ("{>>", "<<}", Span::CriticComment),
];

/// The span that begins with these bytes.
pub(super) fn begins(text: &str) -> Option<Span> {
    let mark = text.get(..LENGTH)?;
    MARKS.iter().find(|(begin, ..)| *begin == mark).map(|(.., span)| *span)
}

/// The span that ends with these bytes.
pub(super) fn ends(text: &str) -> Option<Span> {
    let mark = text.get(..LENGTH)?;
    MARKS.iter().find(|(_, end, _)| *end == mark).map(|(.., span)| *span)
}

/// The old text, the new one, and the length of `{~~old~>new~~}`.
pub(super) fn substitution(text: &str) -> Option<(&str, &str, usize)> {
    let inner = text.strip_prefix("{~~")?;
    let within = &inner.as_bytes()[..inner.len().min(REACH)];
    let end = memchr::memmem::find(within, b"~~}")?;
    let (old, new) = inner[..end].split_once("~>")?;
    Some((old, new, LENGTH + end + LENGTH))
}

/// Whether any of it may begin in this text.
pub(super) fn any(text: &[u8]) -> bool {
    memchr::memchr_iter(b'{', text)
        .any(|at| matches!(text.get(at + 1..at + LENGTH), Some(b"++" | b"--" | b"==" | b">>" | b"~~")))
}

/// Puts a substitution into the tree.
pub(super) fn substitute<'a>(builder: &mut Builder<'a>, old: &'a str, new: &'a str, offset: usize) {
    for (span, text) in [(Span::CriticDeleted, old), (Span::CriticInserted, new)] {
        if !text.is_empty() {
            builder.open(span.kind(), offset);
            builder.leaf(Kind::Text(CowStr::Borrowed(text)), offset);
            builder.close_markdown();
        }
    }
}

/// `{~~old~>new~~}` as the parser reads it: struck-through text that ended right before `}`. Says whether it was one.
pub(super) fn substituted(builder: &mut Builder<'_>, strike: Id, offset: usize) -> bool {
    let tree = &builder.tree;
    // What stands right before it in the text was put into the tree right before it.
    let Some(before) = strike.checked_sub(1).filter(|before| tree.node(*before).next == strike) else {
        return false;
    };
    let only = tree.node(strike).first;
    let single = only != NONE && tree.node(only).next == NONE;
    let (Kind::Element(element), Kind::Text(brace)) = (&tree.node(strike).kind, &tree.node(before).kind)
    else {
        return false;
    };
    let Some(Kind::Text(text)) = single.then(|| &tree.node(only).kind) else { return false };
    let Some((old, new)) = text.split_once("~>") else { return false };
    if element.name != "strike" || !brace.ends_with('{') {
        return false;
    }
    let (old, new) = (CowStr::from(old.to_owned()), CowStr::from(new.to_owned()));
    let brace = CowStr::from(brace[..brace.len() - 1].to_owned());
    *builder.tree.kind_mut(before) = Kind::Text(brace);
    *builder.tree.kind_mut(only) = Kind::Text(old);
    builder.open(Span::CriticInserted.kind(), offset);
    builder.leaf(Kind::Text(new), offset);
    builder.close_markdown();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_are_read() {
        assert_eq!(substitution("{~~ a ~> b ~~} c"), Some((" a ", " b ", 14)));
        assert_eq!(substitution("{~~a~>~~}"), Some(("a", "", 9)));
        for prose in ["{~~a~~}", "{~~a~>b", "{~a~>b~~}"] {
            assert_eq!(substitution(prose), None, "{prose}");
        }
    }

    #[test]
    fn most_texts_hold_none() {
        for (text, expected) in
            [("a {++", true), ("{~~", true), ("{{ x }}", false), ("{+", false), ("", false)]
        {
            assert_eq!(any(text.as_bytes()), expected, "{text}");
        }
    }
}
