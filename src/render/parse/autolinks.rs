//! GFM's extended autolinks: bare URLs and addresses in running text become links.
//!
//! Must not know: what else the text holds, where links lead.

use std::borrow::Cow;

use pulldown_cmark::{CowStr, Event, Tag};

use super::builder::Builder;
use super::words;
use crate::render::tree::{Kind, Link};

/// Longest name of a host, in bytes. Longer ones are no hosts, and looking at them again and again takes time.
const LONGEST_HOST: usize = 253;

/// What links hold one of, but for those that begin with `www.`.
pub(super) const MARKS: &[u8] = b":@";

/// A piece of running text.
#[derive(Debug, Clone)]
pub(super) struct Piece<'a> {
    /// Where it begins in the parsed text.
    pub(super) start: usize,
    /// Where it ends there.
    pub(super) end: usize,
    /// What stands for it, where it is an entity; else it is the parsed text itself.
    pub(super) entity: Option<CowStr<'a>>,
}

impl<'a> Piece<'a> {
    fn text<'t>(&'t self, source: &'a str) -> &'t str {
        self.entity.as_deref().unwrap_or(&source[self.start..self.end])
    }
}

/// Adds running text to the tree, its bare URLs and addresses as links. The pieces are next to each other, but for
/// backslashes of escapes.
pub(super) fn add<'a>(builder: &mut Builder<'a>, source: &'a str, pieces: &[Piece<'a>], www: bool) {
    let mut rest = Rest { source, pieces, done: 0 };
    if pieces.iter().any(|piece| may_hold_link(piece.text(source), www)) {
        let running = Running::new(source, pieces);
        let (mut from, mut at) = (0, 0);
        while let Some(found) = running.next(from, at) {
            match found {
                Found::Link { start, end, prefix } => {
                    rest.pass(builder, start - from);
                    let shown = match &running.text {
                        Cow::Borrowed(text) => CowStr::Borrowed(&text[start..end]),
                        Cow::Owned(text) => CowStr::from(text[start..end].to_owned()),
                    };
                    link(builder, shown, prefix, rest.offset());
                    rest.skip(end - start);
                    (from, at) = (end, end);
                }
                Found::Nothing(next) => at = next,
            }
        }
    }
    rest.pass(builder, usize::MAX);
}

fn link<'a>(builder: &mut Builder<'a>, shown: CowStr<'a>, prefix: &str, offset: usize) {
    let destination =
        if prefix.is_empty() { shown.clone() } else { CowStr::from(format!("{prefix}{shown}")) };
    builder.open(Kind::Link(Box::new(Link { destination, attributes: Vec::new() })), offset);
    builder.leaf(Kind::Text(shown), offset);
    builder.close_markdown();
}

/// Whether a text is worth a search.
fn may_hold_link(text: &str, www: bool) -> bool {
    memchr::memchr2(b':', b'@', text.as_bytes()).is_some() || (www && text.contains("www."))
}

/// The pieces that are not in the tree yet.
struct Rest<'a, 'p> {
    source: &'a str,
    pieces: &'p [Piece<'a>],
    /// How much of the first is, in bytes of its text.
    done: usize,
}

impl<'a> Rest<'a, '_> {
    /// Where it begins in the parsed text.
    fn offset(&self) -> usize {
        self.pieces.first().map_or(0, |piece| match piece.entity {
            Some(_) => piece.start,
            None => piece.start + self.done,
        })
    }

    /// Puts the next bytes into the tree as they are.
    fn pass(&mut self, builder: &mut Builder<'a>, bytes: usize) {
        let source = self.source;
        self.take(bytes, |piece, from, to| match &piece.entity {
            Some(entity) if (from, to) == (0, entity.len()) => {
                builder.leaf(Kind::Text(entity.clone()), piece.start);
            }
            Some(entity) => builder.leaf(Kind::Text(entity[from..to].to_owned().into()), piece.start),
            None => words::add(builder, &source[piece.start + from..piece.start + to], piece.start + from),
        });
    }

    /// Leaves the next bytes out.
    fn skip(&mut self, bytes: usize) {
        self.take(bytes, |_, _, _| {});
    }

    fn take(&mut self, mut bytes: usize, mut tell: impl FnMut(&Piece<'a>, usize, usize)) {
        while let Some((piece, others)) = self.pieces.split_first() {
            let length = piece.text(self.source).len();
            let from = self.done;
            let to = length.min(from.saturating_add(bytes));
            if to > from {
                tell(piece, from, to);
            }
            bytes -= to - from;
            self.done = to;
            if to < length {
                return;
            }
            self.pieces = others;
            self.done = 0;
        }
    }
}

/// Whether what begins here may be nothing but marks inside a bare URL, as in `https://example.org/__init__.py`:
/// there the URL wins over emphasis.
pub(super) const fn may_be_swallowed(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Subscript | Tag::Superscript)
    )
}

/// The first byte of a piece of the source that has a meaning of its own inside a URL.
pub(super) fn first_telling(source: &str) -> Option<usize> {
    source.find(|c: char| ends_url(c) || matches!(c, '`' | '[' | '\\' | '&' | '$'))
}

/// Whether the last word of a text is a bare URL, which may go on.
pub(super) fn ends_in_url(text: &str) -> bool {
    let word = text.rfind(ends_url).map_or(text, |space| &text[space..]);
    let running = Running { text: Cow::Borrowed(word), entities: Vec::new(), escaped: Vec::new() };
    let mut at = 0;
    while let Some(found) = running.next(0, at) {
        match found {
            Found::Link { prefix, .. } => return prefix != "mailto:",
            Found::Nothing(next) => at = next,
        }
    }
    false
}

/// Whether a URL ends before this.
pub(super) fn ends_url(c: char) -> bool {
    c.is_whitespace() || c == '<' || c.is_control()
}

/// Running text as readers see it.
struct Running<'a> {
    text: Cow<'a, str>,
    /// Where entities begin and end in it.
    entities: Vec<(usize, usize)>,
    /// Where what was written behind a backslash stands.
    escaped: Vec<usize>,
}

enum Found {
    Link { start: usize, end: usize, prefix: &'static str },
    Nothing(usize),
}

impl<'a> Running<'a> {
    fn new(source: &'a str, pieces: &[Piece<'a>]) -> Self {
        let (mut entities, mut escaped) = (Vec::new(), Vec::new());
        if let [Piece { start, end, entity: None }] = pieces {
            return Self { text: Cow::Borrowed(&source[*start..*end]), entities, escaped };
        }
        let mut text = String::new();
        let mut end = pieces.first().map_or(0, |piece| piece.start);
        for piece in pieces {
            let start = text.len();
            text.push_str(piece.text(source));
            if piece.entity.is_some() {
                entities.push((start, text.len()));
            }
            if piece.start > end {
                escaped.push(start);
            }
            end = piece.end;
        }
        Self { text: Cow::Owned(text), entities, escaped }
    }

    /// The next candidate at or after `at`; nothing before `from` may be part of it.
    fn next(&self, from: usize, at: usize) -> Option<Found> {
        let bytes = self.text.as_bytes();
        let mark = memchr::memchr3(b':', b'@', b'w', bytes.get(at..)?)? + at;
        let link = match bytes[mark] {
            b':' => self.url(from, mark),
            b'@' => self.email(from, mark),
            _ => self.www(from, mark),
        };
        Some(link.unwrap_or(Found::Nothing(mark + 1)))
    }

    /// Whether a backslash keeps a part of these bytes from having a meaning.
    fn is_escaped(&self, start: usize, end: usize) -> bool {
        let first = self.escaped.partition_point(|at| *at < start);
        self.escaped.get(first).is_some_and(|at| *at < end)
    }

    fn url(&self, from: usize, colon: usize) -> Option<Found> {
        let before = self.text.as_bytes()[from..colon].iter().rev().take(6);
        let start = colon - before.take_while(|b| b.is_ascii_alphabetic()).count();
        let scheme = &self.text[start..colon];
        let rest = self.text[colon..].strip_prefix("://")?;
        let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        if !known || self.is_escaped(start, colon + 3) || !rest.starts_with(char::is_alphanumeric) {
            return None;
        }
        let end = self.trim(start, colon + 3 + host(rest)?);
        Some(Found::Link { start, end, prefix: "" })
    }

    fn www(&self, from: usize, start: usize) -> Option<Found> {
        let rest = self.text[start..].strip_prefix("www.")?;
        let before = self.text[from..start].chars().next_back();
        let free =
            before.map_or(from == 0, |c| c.is_whitespace() || matches!(c, '*' | '_' | '~' | '(' | '['));
        if !free || self.is_escaped(start, start + 4) {
            return None;
        }
        let end = self.trim(start, start + 4 + host(rest)?);
        Some(Found::Link { start, end, prefix: "http://" })
    }

    /// The end of a URL: white space or `<`, without what ends the sentence around it.
    fn trim(&self, start: usize, host_end: usize) -> usize {
        let rest = &self.text[host_end..];
        let mut end = host_end + rest.find(ends_url).unwrap_or(rest.len());
        let bytes = self.text.as_bytes();
        let count = |letter| memchr::memchr_iter(letter, &bytes[start..end]).count();
        let (mut round, mut square) = ((count(b'('), count(b')')), (count(b'['), count(b']')));
        while end > host_end {
            if let Ok(at) = self.entities.binary_search_by_key(&end, |(_, end)| *end) {
                end = self.entities[at].0.max(host_end);
                continue;
            }
            match bytes[end - 1] {
                b'?' | b'!' | b'.' | b',' | b':' | b'*' | b'_' | b'~' | b'\'' | b'"' => end -= 1,
                b')' if round.1 > round.0 => {
                    round.1 -= 1;
                    end -= 1;
                }
                b']' if square.1 > square.0 => {
                    square.1 -= 1;
                    end -= 1;
                }
                b';' => {
                    let before =
                        self.text[start..end - 1].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                    let name = start + before.len();
                    let entity = before.ends_with('&') && name < end - 1;
                    end = if entity { (name - 1).max(host_end) } else { end - 1 };
                }
                _ => return end,
            }
        }
        end
    }

    fn email(&self, from: usize, sign: usize) -> Option<Found> {
        let local = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
        let length = self.text.as_bytes()[from..sign].iter().rev().take_while(|b| local(b)).count();
        let before = &self.text[from..sign - length];
        // Half of a word in another alphabet is no address.
        let word = before.chars().next_back().is_some_and(|c| c.is_lowercase() || c.is_uppercase());
        if length == 0 || word || self.is_escaped(sign, sign + 1) {
            return None;
        }
        let rest = &self.text[sign + 1..];
        let name = address_host(rest)?;
        let (start, end) = (sign - length, sign + 1 + name);
        if let Some(scheme) = scheme(before, "mailto:") {
            return Some(Found::Link { start: from + scheme, end, prefix: "" });
        }
        if scheme(before, "xmpp:").is_some() {
            // Instant messages have no scheme that ServiceNow keeps, and are no mail.
            return Some(Found::Nothing(end + rest[name..].find(ends_url).unwrap_or(rest.len() - name)));
        }
        Some(Found::Link { start, end, prefix: "mailto:" })
    }
}

/// Length of a valid host: parts of letters, digits, `-` and `_`, the last two without `_`.
fn host(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().enumerate();
    let past = letters.find(|(count, (_, c))| {
        *count > LONGEST_HOST || !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
    });
    let length = past.map_or(text.len(), |(_, (at, _))| at);
    let name = text[..length].trim_end_matches(['.', '-', '_']);
    let mut parts = name.rsplit('.');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next());
    let valid = name.len() <= LONGEST_HOST
        && !last.is_empty()
        && !last.contains('_')
        && before.is_none_or(|part| !part.contains('_') && !part.is_empty());
    valid.then_some(name.len())
}

/// Length of a valid host of an address: ASCII, with a dot, a letter at the end.
fn address_host(text: &str) -> Option<usize> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let length = text.bytes().take(LONGEST_HOST + 1).take_while(part).count();
    let name = text[..length].trim_end_matches('.');
    let valid = name.len() <= LONGEST_HOST
        && name.contains('.')
        && !name.contains("..")
        && !name.starts_with('.')
        && name.ends_with(|c: char| c.is_ascii_alphabetic())
        && !text[length..].starts_with('@');
    valid.then_some(name.len())
}

/// Where this scheme begins, if a text ends in it and nothing runs into it.
fn scheme(text: &str, scheme: &str) -> Option<usize> {
    let before = text.strip_suffix(scheme)?;
    (!before.ends_with(|c: char| c.is_ascii_alphanumeric())).then_some(before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let (mut from, mut at, mut links) = (0, 0, Vec::new());
        let running = Running { text: Cow::Borrowed(text), entities: Vec::new(), escaped: Vec::new() };
        while let Some(found) = running.next(from, at) {
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
            ("见http://a.example", vec!["http://a.example"]),
            ("http://", vec![]),
            ("http://.example", vec![]),
            ("http://a_b.c_d", vec![]),
            ("[https://a.example/[b]]", vec!["https://a.example/[b]"]),
            ("ftp://a.example", vec![]),
            ("wwww.example.org", vec![]),
            ("\"www.example.org\"", vec![]),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_found_as_gfm_does() {
        for (text, expected) in [
            ("mail ann.lee+x@mail.example.org.", vec!["mailto:ann.lee+x@mail.example.org"]),
            ("to:a@b.example", vec!["mailto:a@b.example"]),
            ("mailto:a@b.example/", vec!["mailto:a@b.example"]),
            ("xmpp:a@b.example/room@c.example, a@b.example", vec!["mailto:a@b.example"]),
            ("邮箱a@b.example", vec!["mailto:a@b.example"]),
            ("möl@b.example", vec![]),
            ("a@b", vec![]),
            ("a@b.c-", vec![]),
            ("a@b..c", vec![]),
            ("ann@10.0.0.1", vec![]),
            ("a@b@c.example", vec!["mailto:b@c.example"]),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }
}
