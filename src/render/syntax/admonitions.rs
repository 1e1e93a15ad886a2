//! MkDocs admonitions: `!!! type "Title"`, `??? type` (closed) and `???+ type` (open).

use std::ops::Range;

use super::construct::{Construct, Kind, capitalised, kind};

/// Reads the first line of an admonition.
pub(in crate::render) fn begin(line: &str) -> Option<Construct> {
    let (open, rest) = if let Some(rest) = line.strip_prefix("!!!") {
        (None, rest)
    } else if let Some(rest) = line.strip_prefix("???+") {
        (Some(true), rest)
    } else {
        (Some(false), line.strip_prefix("???")?)
    };
    // Without a space in front only words that are known are no prose.
    let (rest, apart) = match rest.strip_prefix([' ', '\t']) {
        Some(rest) => (rest.trim(), true),
        None => (rest.trim_end(), false),
    };
    let (words, title) = match rest.split_once('"') {
        Some((words, quoted)) => {
            let title = quoted.strip_suffix('"')?;
            (words.trim(), Some(title.trim().to_owned()))
        }
        None => (rest, None),
    };
    let mut words = words.split_whitespace();
    let word = words.next()?;
    // Further words are classes of Material (`inline end`).
    let plain = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !plain(word) || !words.all(plain) {
        return None;
    }
    let known = kind(word);
    if !apart && known.is_none() {
        return None;
    }
    let default = match known {
        Some((_, own)) => own.map(str::to_owned),
        None => Some(capitalised(word)),
    };
    let callout = known.map_or(Kind::Note, |(kind, _)| kind);
    let title = title.or(default);
    Some(match open {
        None => Construct::Callout { kind: callout, title },
        Some(open) => {
            let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| capitalised(word));
            Construct::Details { kind: Some(callout), title, open }
        }
    })
}

/// Whether a line is a start tag that says that Markdown stands in it: `<div markdown>`, `<figure markdown="span">`.
pub(in crate::render) fn holds_markdown(line: &str) -> bool {
    let Some(tag) = line.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else { return false };
    let said = |rest: &str| rest.is_empty() || rest.starts_with([' ', '=']);
    tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && !tag.contains(['<', '>'])
        && tag.match_indices(" markdown").any(|(at, word)| said(&tag[at + word.len()..]))
}

/// Where Markdown stands in a line of raw HTML whose tag says so and that is complete: between the tag and its end tag.
pub(in crate::render) fn markdown_between(line: &str) -> Option<Range<usize>> {
    let end = line.find('>')? + 1;
    let close = line.rfind("</").filter(|close| *close >= end && line.ends_with('>'))?;
    let (tag, inner, ending) = (&line[..end], &line[end..close], &line[close..]);
    let name = tag[1..].split([' ', '>']).next().unwrap_or_default();
    let ends = ending[2..ending.len() - 1].trim_end() == name;
    let inline = inner.contains('<') && inner.contains(&format!("</{name}"));
    let (text, start) = (inner.trim(), close - inner.trim_start().len());
    (ends && !inline && !text.is_empty() && holds_markdown(tag)).then(|| start..start + text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_are_read() {
        let callout =
            |kind, title: Option<&str>| Some(Construct::Callout { kind, title: title.map(str::to_owned) });
        assert_eq!(begin("!!! note"), callout(Kind::Note, None));
        assert_eq!(begin("!!! danger \"Hot *stuff*\""), callout(Kind::Caution, Some("Hot *stuff*")));
        assert_eq!(begin("!!! tip inline end \"\""), callout(Kind::Tip, Some("")));
        assert_eq!(begin("!!!note"), callout(Kind::Note, None));
        assert_eq!(begin("!!! custom"), callout(Kind::Note, Some("Custom")));
        assert_eq!(
            begin("???+ bug"),
            Some(Construct::Details { kind: Some(Kind::Caution), title: "Bug".to_owned(), open: true })
        );
        for prose in ["!!!", "!!! Stop. Now", "???", "!!!stop", "??? \"x\"", "!!! note \"open"] {
            assert_eq!(begin(prose), None, "{prose}");
        }
    }
}
