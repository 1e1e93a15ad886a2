//! The canonical form of an article: what stays the same when an instance, an editor or a sanitizer writes
//! the same content in other words (protocol §2). `g` is its digest, and diffs compare it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
};

use crate::ids::{Digest, SysId};

/// Attachments of the article by sys_id, with the first 8 hexadecimal digits of their content's SHA-256: a reference to
/// one counts as its content, so that a checkout, which copies files and rewrites their ids, is no edit. Names of our
/// files carry as many digits (protocol §5.4), so instances that tell no hash (contract §4.2) are read alike.
pub type FilesById = BTreeMap<SysId, String>;

/// One piece of a canonical body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A start tag, its attributes ordered by name. Void elements have no end.
    Open(String, Vec<(String, String)>),
    /// An end tag.
    Close(String),
    /// Text, its white space collapsed outside of `pre`.
    Text(String),
}

/// The canonical form of a body.
pub fn canonical(body: &str, files: &FilesById) -> Vec<Piece> {
    let sink =
        Sink { state: RefCell::new(State { files, pieces: Vec::new(), pre: 0, space: false, fresh: true }) };
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(body));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    // Scripts are never run, so feeding cannot be suspended: one call reads everything.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.state.into_inner().finish()
}

/// `g`: the first 16 hexadecimal digits of the digest of title and body in canonical form.
pub fn stored_digest(title: &str, pieces: &[Piece]) -> String {
    let mut text = String::new();
    push_framed(&mut text, title.trim());
    for piece in pieces {
        match piece {
            Piece::Open(name, attributes) => {
                text.push('<');
                push_framed(&mut text, name);
                for (name, value) in attributes {
                    push_framed(&mut text, name);
                    push_framed(&mut text, value);
                }
            }
            Piece::Close(name) => {
                text.push('/');
                push_framed(&mut text, name);
            }
            Piece::Text(content) => {
                text.push('"');
                push_framed(&mut text, content);
            }
        }
    }
    Digest::of(text.as_bytes()).prefix(16)
}

/// Length before content: no two different forms write the same bytes.
fn push_framed(text: &mut String, part: &str) {
    text.push_str(&part.len().to_string());
    text.push(':');
    text.push_str(part);
}

/// Elements that stand on lines of their own: white space around them is not seen.
pub(super) const BLOCKS: &[&str] = &[
    "blockquote",
    "br",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "map",
    "ol",
    "p",
    "pre",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];
/// Elements without content.
pub(super) const VOID: &[&str] = &["area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"];

struct Sink<'a> {
    state: RefCell<State<'a>>,
}

struct State<'a> {
    files: &'a FilesById,
    pieces: Vec<Piece>,
    /// How many `pre` are open.
    pre: usize,
    /// White space was seen that counts if text follows in the same block.
    space: bool,
    /// At the beginning of a block, where white space does not count.
    fresh: bool,
}

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::CharacterTokens(text) => state.text(&text),
            Token::TagToken(tag) => return state.tag(&tag),
            // The platform drops comments (contract §6); a document type and errors are nothing to see.
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State<'_> {
    fn text(&mut self, text: &str) {
        if self.pre > 0 {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            // The parser of every browser drops a line end right after `<pre>`: one more each time a body is saved.
            let text = if self.fresh { text.trim_start_matches('\n') } else { &text };
            self.fresh &= text.is_empty();
            self.push_text(text);
            return;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c') {
                self.space = true;
            } else {
                if self.space && !self.fresh {
                    out.push(' ');
                }
                self.space = false;
                self.fresh = false;
                out.push(c);
            }
        }
        self.push_text(&out);
    }

    fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = tag.name.as_ref();
        let block = BLOCKS.contains(&name);
        if self.pre > 0 && name != "pre" {
            self.fresh = false;
        } else if block {
            self.space = false;
            self.fresh = true;
        } else if self.space && !self.fresh && tag.kind == TagKind::StartTag {
            // The space between a word and an inline element belongs before the element.
            self.push_text(" ");
            self.space = false;
            self.fresh = true;
        }
        match tag.kind {
            TagKind::StartTag => {
                self.pieces.push(Piece::Open(name.to_owned(), self.attributes(tag)));
                if name == "pre" {
                    self.pre += 1;
                } else if !block && VOID.contains(&name) {
                    self.fresh = false;
                }
                raw_text(name)
            }
            TagKind::EndTag => {
                if name == "pre" {
                    self.pre = self.pre.saturating_sub(1);
                }
                if !VOID.contains(&name) {
                    self.pieces.push(Piece::Close(name.to_owned()));
                }
                TokenSinkResult::Continue
            }
        }
    }

    /// Ordered by name; what the platform's sanitizer adds or rewrites does not count (contract §6).
    fn attributes(&self, tag: &Tag) -> Vec<(String, String)> {
        let mut attributes: Vec<(String, String)> = tag
            .attrs
            .iter()
            .filter(|attribute| !matches!(attribute.name.local.as_ref(), "rel" | "target"))
            .map(|attribute| {
                let name = attribute.name.local.as_ref();
                let value = match name {
                    "href" | "src" => self.url(&attribute.value),
                    "style" => Cow::Owned(style(&attribute.value)),
                    _ => Cow::Owned(attribute.value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")),
                };
                (name.to_owned(), value.into_owned())
            })
            .collect();
        attributes.sort();
        attributes.dedup_by(|later, earlier| later.0 == earlier.0);
        attributes
    }

    fn url<'v>(&self, value: &'v str) -> Cow<'v, str> {
        let value = value.trim();
        match attachment_of(value) {
            Some((id, rest)) => match self.files.get(&id) {
                Some(digest) => Cow::Owned(format!("sha256:{digest}{rest}")),
                None => Cow::Owned(format!("attachment:{id}{rest}")),
            },
            None => Cow::Borrowed(value),
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        // Text between blocks may have left a space that nothing followed.
        self.pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        self.pieces
    }
}

/// The text inside these is not markup; the tokenizer has to be told.
fn raw_text(name: &str) -> TokenSinkResult<()> {
    match name {
        "script" | "style" | "iframe" | "noembed" | "noframes" | "xmp" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
        _ => TokenSinkResult::Continue,
    }
}

/// The attachment that a URL names, and what follows its id: `/sys_attachment.do?sys_id=…`, with or without the
/// slash, or below the instance's root (contract §4.4).
pub fn attachment_of(url: &str) -> Option<(SysId, &str)> {
    let (before, after) = url.split_once("sys_attachment.do?sys_id=")?;
    let own = before.is_empty() || before == "/" || before.ends_with('/');
    let id = after.get(..32)?;
    if own { Some((SysId::parse(id).ok()?, &after[32..])) } else { None }
}

/// Declarations without the white space and the last semicolon that editors and sanitizers add and remove.
fn style(value: &str) -> String {
    let declarations = value.split(';').filter_map(|declaration| {
        let (property, value) = declaration.split_once(':')?;
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        Some(format!("{}:{value}", property.trim().to_ascii_lowercase()))
    });
    declarations.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(body: &str) -> String {
        stored_digest("T", &canonical(body, &FilesById::new()))
    }

    #[test]
    fn what_the_instance_rewrites_does_not_count() {
        // Pairs of contract §6's table: sent, stored.
        for (sent, stored) in [
            ("<p>it's \"a\" = b</p>", "<p>it&#39;s &#34;a&#34; &#61; b</p>"),
            ("<a href=\"/x?a=1&b=2\">y</a>", "<a href=\"/x?a&#61;1&amp;b&#61;2\">y</a>"),
            ("a<br>b", "a<br />b"),
            ("<img src='a.png' alt='x'>", "<img alt=\"x\" src=\"a.png\" />"),
            ("<a href=\"https://e.org\">e</a>", "<a href=\"https://e.org\" rel=\"nofollow\">e</a>"),
            ("<p>a</p><p>b</p>", "<p>a</p>\r\n\r\n<p>b</p>\r\n"),
            ("<p>a\u{a0}b</p>", "<p>a&nbsp;b</p>"),
            ("<p style=\"color:#fff;margin:0\">x</p>", "<p style=\"color: #fff; margin: 0;\">x</p>"),
            ("<pre>a\n b</pre>", "<pre>\r\na\r\n b</pre>"),
            ("<p>a<!-- c -->b</p>", "<p>ab</p>"),
            ("<p>a <b>b</b> c</p>", "<p>a\n  <b>b</b>\n  c\n</p>"),
        ] {
            assert_eq!(digest(sent), digest(stored), "{sent} ~ {stored}");
        }
    }

    #[test]
    fn what_a_reader_sees_does_count() {
        for (one, other) in [
            ("<p>a b</p>", "<p>ab</p>"),
            ("<p>a <b>b</b></p>", "<p>a<b>b</b></p>"),
            ("<p>a</p>", "<h2>a</h2>"),
            ("<p>a\u{a0}b</p>", "<p>a b</p>"),
            ("<pre>a  b</pre>", "<pre>a b</pre>"),
            ("<a href=\"/x\">y</a>", "<a href=\"/z\">y</a>"),
            ("<p>1</p><p>2</p>", "<p>12</p>"),
            ("<b>a</b> <i>b</i>", "<b>a</b><i>b</i>"),
        ] {
            assert_ne!(digest(one), digest(other), "{one} ~ {other}");
        }
    }

    #[test]
    fn a_file_counts_as_its_content() {
        let (old, new) = (SysId::from_bytes([1; 16]), SysId::from_bytes([2; 16]));
        let files = FilesById::from([(old, "ab".to_owned()), (new, "ab".to_owned())]);
        let image = |id: SysId, prefix: &str| {
            canonical(&format!("<img src=\"{prefix}sys_attachment.do?sys_id={id}\">"), &files)
        };
        assert_eq!(image(old, "/"), image(new, ""));
        assert_eq!(image(old, "/"), image(new, "https://dev1.service-now.com/"));
        assert_ne!(image(SysId::from_bytes([3; 16]), "/"), image(old, "/"));
    }

    proptest! {
        #[test]
        fn any_text_has_a_form(body in ".{0,400}") {
            let _ = digest(&body);
        }

        #[test]
        fn white_space_between_blocks_never_counts(words in proptest::collection::vec("[a-z]{1,8}", 1..8)) {
            let tight = words.iter().map(|word| format!("<p>{word}</p>")).collect::<Vec<_>>().concat();
            let loose = words.iter().map(|word| format!("\n  <p> {word}\t</p>\r\n")).collect::<Vec<_>>().concat();
            prop_assert_eq!(digest(&tight), digest(&loose));
        }
    }
}
