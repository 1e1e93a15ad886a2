//! Sizes of images as wikis write them, `![text](image.png =500x250)` (Azure DevOps, HackMD): either side may be left
//! out. They become lists of attributes.
//!
//! Must not know: how images are written.

use std::ops::Range;

/// How far before a size its image may begin, in bytes.
const LONGEST: usize = 2000;

/// Most digits of a size.
const MOST_DIGITS: usize = 5;

/// Whether a size may stand in the text.
pub(in crate::render) fn any(text: &[u8]) -> bool {
    signs(text).any(|at| read(&text[at..]).is_some())
}

/// Behind each equals sign that white space stands before.
fn signs(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'=', text).filter(|at| text[..*at].ends_with(b" ")).map(|at| at + 1)
}

/// The first size in a line, with the bracket that ends its image, and what stands in the place of both.
pub(in crate::render) fn first(line: &str) -> Option<(Range<usize>, String)> {
    let (mut in_code, mut looked_to) = (false, 0);
    for at in signs(line.as_bytes()) {
        let Some((width, height, length)) = read(&line.as_bytes()[at..]) else { continue };
        in_code ^= line[looked_to..at].matches('`').count() % 2 == 1;
        looked_to = at;
        let start = line[..at - 1].trim_end_matches(' ').len();
        if in_code || !is_image(&line[..start]) {
            continue;
        }
        let size = &line[at..];
        let mut list = "){".to_owned();
        for (name, digits) in [("width", &size[..width]), ("height", &size[width + 1..width + 1 + height])] {
            if !digits.is_empty() {
                list.extend([" ", name, "=", digits]);
            }
        }
        list.push_str(" }");
        return Some((start..at + length, list));
    }
    None
}

/// Whether a text ends in an image that only its bracket is missing to.
fn is_image(text: &str) -> bool {
    let from = (text.len().saturating_sub(LONGEST)..text.len()).find(|at| text.is_char_boundary(*at));
    let Some((before, target)) = from.and_then(|from| text[from..].rsplit_once("](")) else { return false };
    let one = !target.is_empty() && !target.contains([' ', ')']) || target.ends_with(['"', '\'']);
    one && before.rsplit_once("![").is_some_and(|(_, alt)| !alt.contains("]("))
}

/// `500x250)` behind the equals sign: the digits on either side, and the length with the bracket.
fn read(text: &[u8]) -> Option<(usize, usize, usize)> {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let width = digits(text);
    let rest = text.get(width..)?.strip_prefix(b"x")?;
    let height = digits(rest);
    let spaces = rest[height..].iter().take_while(|b| **b == b' ').count();
    let ends = rest.get(height + spaces) == Some(&b')');
    let sized = width + height > 0 && width <= MOST_DIGITS && height <= MOST_DIGITS;
    (ends && sized).then_some((width, height, width + 1 + height + spaces + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line with all sizes resolved.
    fn resolved(line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some((size, list)) = first(rest) {
            out += &rest[..size.start];
            out += &list;
            rest = &rest[size.end..];
        }
        out + rest
    }

    #[test]
    fn sizes_become_lists() {
        for (line, expected) in [
            ("![a](b.png =500x)", "![a](b.png){ width=500 }"),
            ("![a](b.png =500x250) c", "![a](b.png){ width=500 height=250 } c"),
            ("![ä](b%20c.png  =x25 )", "![ä](b%20c.png){ height=25 }"),
            ("![a](b.png \"T t\" =5x)", "![a](b.png \"T t\"){ width=5 }"),
            ("[![a](b =1x2)](c) ![](d =3x)", "[![a](b){ width=1 height=2 }](c) ![](d){ width=3 }"),
        ] {
            assert_eq!(resolved(line), expected);
        }
    }

    #[test]
    fn prose_has_none() {
        for prose in [
            "[a](b =5x)",
            "![a](b.png) and [c](d =5x)",
            "`![a](b =5x)`",
            "![a](b =x)",
            "![a](b =5)",
            "![a](b =123456x)",
            "![a](b c =5x)",
            "(a =5x)",
        ] {
            assert_eq!(first(prose), None, "{prose}");
        }
        assert!(!any(b"a = b, a =5 (x =b)") && any(b"![a](b =5x)"));
    }
}
