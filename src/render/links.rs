//! Links and images: which destinations may go out, and bare URLs in text as GFM links them.
//!
//! Must not know: documents and files.

use pulldown_cmark::CowStr;

use super::parse::Builder;
use super::tree::{Image, Kind, Link};
use super::{allowlist, words};
use crate::finding::Code;

/// Image types that may stand in a `data:` URL. SVG is not among them: it can hold scripts.
const DATA_IMAGES: &[&str] = &["image/gif", "image/jpeg", "image/png", "image/webp"];

/// A link, or its text alone where ServiceNow would drop the URL.
pub(super) fn link<'a>(builder: &mut Builder<'a>, link: Link<'a>, offset: usize) -> Kind<'a> {
    let scheme = allowlist::scheme(&link.destination);
    let refused = scheme.filter(|scheme| scheme == "data" || !allowlist::keeps_scheme(scheme));
    match refused {
        Some(scheme) => {
            refuse(builder, &scheme, "the link goes out as its text", offset);
            Kind::Group
        }
        None => Kind::Link(Box::new(link)),
    }
}

/// An image, or its alternative text where ServiceNow would drop the URL.
pub(super) fn image<'a>(builder: &mut Builder<'a>, image: Image<'a>, offset: usize) -> Kind<'a> {
    let refused = match allowlist::scheme(&image.destination) {
        Some(scheme) if scheme == "data" => (!is_data_image(&image.destination)).then_some(scheme),
        Some(scheme) => (scheme == "mailto" || !allowlist::keeps_scheme(&scheme)).then_some(scheme),
        None => None,
    };
    match refused {
        Some(scheme) => {
            refuse(builder, &scheme, "the image goes out as its alternative text", offset);
            Kind::Group
        }
        None => Kind::Image(Box::new(image)),
    }
}

fn is_data_image(url: &str) -> bool {
    let Some(rest) = url.trim_start().get(5..) else { return false };
    let media = rest.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
    DATA_IMAGES.contains(&media.as_str())
}

fn refuse(builder: &mut Builder<'_>, scheme: &str, what: &str, offset: usize) {
    builder.problem(
        Code::UnsupportedScheme,
        format!("`{scheme}:` is not kept by ServiceNow here: {what}"),
        "http, https and mailto are kept",
        offset,
    );
}

/// Whether a text is worth a search for bare URLs.
pub(super) fn may_hold_url(text: &str, www: bool) -> bool {
    memchr::memchr2(b':', b'@', text.as_bytes()).is_some() || (www && text.contains("www."))
}

/// Adds a text to the tree, its bare URLs and addresses as links (GFM "autolinks").
pub(super) fn autolink<'a>(builder: &mut Builder<'a>, text: &'a str, offset: usize) {
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = next(text, from, at) {
        match found {
            Found::Link { start, end, prefix } => {
                if start > from {
                    words::add(builder, &text[from..start], offset + from);
                }
                let shown = &text[start..end];
                let destination = if prefix.is_empty() {
                    CowStr::Borrowed(shown)
                } else {
                    CowStr::from(format!("{prefix}{shown}"))
                };
                let link = Link { destination, attributes: Vec::new() };
                builder.open(Kind::Link(Box::new(link)), offset + start);
                builder.leaf(Kind::Text(CowStr::Borrowed(shown)), offset + start);
                builder.close_markdown();
                from = end;
                at = end;
            }
            Found::Nothing(next) => at = next,
        }
    }
    if from < text.len() {
        words::add(builder, &text[from..], offset + from);
    }
}

enum Found {
    Link { start: usize, end: usize, prefix: &'static str },
    Nothing(usize),
}

/// The next candidate at or after `at`; nothing before `from` may be part of it.
fn next(text: &str, from: usize, at: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mark = memchr::memchr3(b':', b'@', b'w', bytes.get(at..)?)? + at;
    let link = match bytes[mark] {
        b':' => url(text, from, mark),
        b'@' => email(text, from, mark),
        _ => www(text, from, mark),
    };
    Some(link.unwrap_or(Found::Nothing(mark + 1)))
}

fn free_before(text: &str, start: usize) -> bool {
    text[..start]
        .chars()
        .next_back()
        .is_none_or(|c| c.is_whitespace() || matches!(c, '*' | '_' | '~' | '(' | '"' | '\''))
}

fn url(text: &str, from: usize, colon: usize) -> Option<Found> {
    let before = &text[from..colon];
    let scheme = ["https", "http"].into_iter().find(|scheme| {
        before.len() >= scheme.len()
            && before.is_char_boundary(before.len() - scheme.len())
            && before[before.len() - scheme.len()..].eq_ignore_ascii_case(scheme)
    })?;
    let start = colon - scheme.len();
    let rest = text[colon..].strip_prefix("://")?;
    if !free_before(text, start) {
        return None;
    }
    let domain = domain(rest, false)?;
    let end = trim(text, start, colon + 3 + domain);
    Some(Found::Link { start, end, prefix: "" })
}

fn www(text: &str, from: usize, start: usize) -> Option<Found> {
    let rest = text[start..].strip_prefix("www.")?;
    if !(start == from && from == 0 || free_before(text, start)) {
        return None;
    }
    let length = domain(rest, false)?;
    let end = trim(text, start, start + 4 + length);
    Some(Found::Link { start, end, prefix: "http://" })
}

/// Length of a valid domain: parts of letters, digits, `-` and `_`, the last two without `_`.
fn domain(text: &str, needs_dot: bool) -> Option<usize> {
    let length =
        text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let name = text[..length].trim_end_matches(['.', '-', '_']);
    let mut parts = name.rsplit('.');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next());
    let valid = !last.is_empty()
        && !last.contains('_')
        && before.is_none_or(|part| !part.contains('_') && !part.is_empty());
    let dotted = before.is_some() || name == "localhost" || text[..length].starts_with("localhost");
    (valid && (dotted || !needs_dot)).then_some(name.len())
}

/// The end of a URL: white space or `<`, without the punctuation that ends the sentence around it.
fn trim(text: &str, start: usize, domain_end: usize) -> usize {
    let rest = &text[domain_end..];
    let length = rest.find(|c: char| c.is_whitespace() || c == '<' || c.is_control()).unwrap_or(rest.len());
    let mut end = domain_end + length;
    let url = &text.as_bytes()[start..end];
    let mut closing = memchr::memchr_iter(b')', url).count();
    let opening = memchr::memchr_iter(b'(', url).count();
    while end > domain_end {
        match text.as_bytes()[end - 1] {
            b'?' | b'!' | b'.' | b',' | b':' | b'*' | b'_' | b'~' | b'\'' | b'"' => end -= 1,
            b')' if closing > opening => {
                closing -= 1;
                end -= 1;
            }
            b';' => {
                let name = text[start..end - 1].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                if name.ends_with('&') && start + name.len() < end - 1 {
                    end = (start + name.len() - 1).max(domain_end);
                } else {
                    return end;
                }
            }
            _ => return end,
        }
    }
    end
}

fn email(text: &str, from: usize, sign: usize) -> Option<Found> {
    let local = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
    let bytes = text.as_bytes();
    let length = bytes[from..sign].iter().rev().take_while(|b| local(b)).count();
    let start = sign - length;
    if length == 0
        || text[..start].chars().next_back().is_some_and(|c| matches!(c, '/' | ':') || c.is_alphanumeric())
    {
        return None;
    }
    let rest = &text[sign + 1..];
    let end =
        rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')).count();
    let name = rest[..end].trim_end_matches('.');
    let valid = name.contains('.')
        && !name.ends_with(['-', '_'])
        && !name.starts_with('.')
        && !rest[end..].starts_with('@');
    valid.then_some(Found::Link { start, end: sign + 1 + name.len(), prefix: "mailto:" })
}

/// A destination as it goes into `href` or `src`: what a URL cannot hold is percent-encoded.
pub(super) fn encode(url: &str) -> std::borrow::Cow<'_, str> {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const SET: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(url.trim(), SET).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let (mut from, mut at, mut links) = (0, 0, Vec::new());
        while let Some(found) = next(text, from, at) {
            match found {
                Found::Link { start, end, prefix } => {
                    links.push(format!("{prefix}{}", &text[start..end]));
                    (from, at) = (end, end);
                }
                Found::Nothing(next) => at = next,
            }
        }
        links
    }

    #[test]
    fn bare_urls_are_found_as_gfm_does() {
        for (text, expected) in [
            ("see www.example.org/help?a=b.", vec!["http://www.example.org/help?a=b"]),
            ("(https://example.org/a_(b))", vec!["https://example.org/a_(b)"]),
            ("https://example.org/q=a&hl;", vec!["https://example.org/q=a"]),
            ("http://a.example, HTTPS://b.example!", vec!["http://a.example", "HTTPS://b.example"]),
            ("xhttp://a.example", vec![]),
            ("http://", vec![]),
            ("http://a_b.c_d", vec![]),
            ("mail ann.lee+x@mail.example.org.", vec!["mailto:ann.lee+x@mail.example.org"]),
            ("a@b", vec![]),
            ("a@b.c-", vec![]),
            ("ftp://a.example", vec![]),
            ("wwww.example.org", vec![]),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }
}
