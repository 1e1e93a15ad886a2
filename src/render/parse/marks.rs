//! `==marked==` and `^^inserted^^` (MkDocs, Obsidian, markdown-it): where a mark begins and where it ends.
//!
//! Must not know: what becomes of it.

use super::spans::Span;

/// What two equal letters may be, and whether they may begin and end it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) span: Span,
    pub(super) begins: bool,
    pub(super) ends: bool,
}

/// How long a mark is, in bytes.
pub(super) const LENGTH: usize = 2;

/// Reads the two letters at `at`, with what stands around the text. A mark touches its content, and no word outside:
/// `a == b` and `a==b` are none, nor are more than two letters.
pub(super) fn read(text: &str, at: usize, before: Option<char>, after: Option<char>) -> Option<Mark> {
    let rest = &text[at..];
    let span = match rest.get(..LENGTH)? {
        "==" => Span::Marked,
        "^^" => Span::Inserted,
        _ => return None,
    };
    let letter = rest.chars().next();
    let before = text[..at].chars().next_back().or(before);
    let after = rest[LENGTH..].chars().next().or(after);
    if before == letter || after == letter {
        return None;
    }
    let space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (begins, ends) = (!space(after) && !word(before), !space(before) && !word(after));
    (begins || ends).then_some(Mark { span, begins, ends })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_touch_their_content_alone() {
        let read = |text: &str| {
            let at = text.find(['=', '^']).unwrap();
            read(text, at, None, None).map(|mark| (mark.begins, mark.ends))
        };
        assert_eq!(read("==a"), Some((true, false)));
        assert_eq!(read("a (^^*b*"), Some((true, true)));
        assert_eq!(read("a=="), Some((false, true)));
        assert_eq!(read("\"==\""), Some((true, true)));
        for prose in ["a == b", "a==b", "===a", "==", "a===", "=a", "a ==="] {
            assert_eq!(read(prose), None, "{prose}");
        }
    }
}
