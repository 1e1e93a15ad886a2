//! Raw HTML into tags and text. Where a tag begins and ends is found here, so that positions are exact; what
//! is in it (names, values, character references) is read by html5ever's tokenizer.
//!
//! Must not know: which tags are kept.

use std::cell::RefCell;
use std::collections::BTreeSet;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token as Html, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// One attribute of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Lower case.
    pub(super) name: String,
    /// With character references resolved.
    pub(super) value: String,
}

/// A piece of HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Text with character references resolved.
    Text(String),
    /// A start tag: name in lower case, attributes, and whether it closes itself (`/>`).
    Start(String, Vec<Attribute>, bool),
    /// An end tag.
    End(String),
    /// A start tag whose content is no HTML to a browser and that nothing closes: its name, its attributes, and how
    /// it was written.
    Unclosed(String, Vec<Attribute>, String),
    /// A CDATA section with something in it: HTML has none.
    Data,
    /// A comment, declaration or instruction that nothing ends: the rest is part of it.
    Endless,
}

/// Whether the content of this element is no HTML to a browser.
pub(super) fn is_raw_text(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" | "textarea" | "title" | "plaintext"
    )
}

/// A tag with more attributes is shown as text: whoever reads one holds each against all before it.
const MOST_ATTRIBUTES: usize = 500;

/// Tells each piece of `html` and where it begins. Comments, declarations and processing instructions that end are
/// nothing, and so are CDATA sections without content.
pub(super) fn scan(html: &str, mut tell: impl FnMut(Token, usize)) {
    let bytes = html.as_bytes();
    let mut unclosed = BTreeSet::new();
    let mut at = 0;
    while at < bytes.len() {
        let Some(open) = memchr::memchr(b'<', &bytes[at..]).map(|found| at + found) else {
            tell(Token::Text(decode(&html[at..])), at);
            return;
        };
        if open > at {
            tell(Token::Text(decode(&html[at..open])), at);
        }
        at = match bytes.get(open + 1) {
            Some(b'!' | b'?') => {
                let end = after_declaration(html, open);
                let data = html[open..end.unwrap_or(html.len())].strip_prefix(DATA);
                if end.is_none() {
                    tell(Token::Endless, open);
                } else if data.is_some_and(|data| data.len() > "]]>".len()) {
                    tell(Token::Data, open);
                }
                end.unwrap_or(html.len())
            }
            Some(b'/') => end_tag(html, open, &mut tell),
            Some(letter) if letter.is_ascii_alphabetic() => start_tag(html, open, &mut unclosed, &mut tell),
            _ => {
                tell(Token::Text("<".to_owned()), open);
                open + 1
            }
        };
    }
}

/// What begins a CDATA section.
const DATA: &str = "<![CDATA[";

/// Where a comment, declaration, CDATA section or processing instruction ends.
fn after_declaration(html: &str, open: usize) -> Option<usize> {
    let rest = &html[open..];
    let end = if rest.starts_with("<!-->") || rest.starts_with("<!--->") {
        rest.find('>').map(|end| end + 1)
    } else if rest.starts_with("<!--") {
        rest.get(4..).and_then(|inner| inner.find("-->")).map(|end| end + 7)
    } else if rest.starts_with(DATA) {
        rest.find("]]>").map(|end| end + 3)
    } else if rest.starts_with("<?") {
        rest.find("?>").map(|end| end + 2)
    } else {
        rest.find('>').map(|end| end + 1)
    };
    end.map(|end| open + end)
}

fn end_tag(html: &str, open: usize, tell: &mut impl FnMut(Token, usize)) -> usize {
    let name = tag_name(&html[open + 2..]);
    let Some(end) = memchr::memchr(b'>', &html.as_bytes()[open..]).map(|end| open + end + 1) else {
        tell(Token::Text(decode(&html[open..])), open);
        return html.len();
    };
    if !name.is_empty() {
        tell(Token::End(name.to_ascii_lowercase()), open);
    }
    end
}

fn tag_name(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | b' ' | b'/' | b'>'))
        .unwrap_or(text.len());
    &text[..end]
}

/// Tells a start tag. `unclosed` are names whose end tag was looked for in vain: further on there is none either.
fn start_tag(
    html: &str,
    open: usize,
    unclosed: &mut BTreeSet<String>,
    tell: &mut impl FnMut(Token, usize),
) -> usize {
    let Some((end, attributes)) = tag_end(html, open) else {
        tell(Token::Text(decode(&html[open..])), open);
        return html.len();
    };
    if attributes > MOST_ATTRIBUTES {
        tell(Token::Text(decode(&html[open..end])), open);
        return end;
    }
    let name = tag_name(&html[open + 1..]).to_ascii_lowercase();
    let inner = html[open + 1 + name.len()..end - 1].trim_ascii();
    let (name, attributes, closing) = if inner.is_empty() || inner == "/" {
        (name, Vec::new(), inner == "/")
    } else {
        let Some(tag) = tokenize(&html[open..end]) else {
            tell(Token::Text(html[open..end].to_owned()), open);
            return end;
        };
        tag
    };
    if !is_raw_text(&name) {
        tell(Token::Start(name, attributes, closing), open);
        return end;
    }
    let after = if unclosed.contains(&name) { None } else { end_tag_of(html, end, &name) };
    let Some(after) = after else {
        unclosed.insert(name.clone());
        tell(Token::Unclosed(name, attributes, html[open..end].to_owned()), open);
        return end;
    };
    tell(Token::Start(name, attributes, closing), open);
    if after > end {
        tell(Token::Text(html[end..after].to_owned()), end);
    }
    after
}

/// Where a start tag ends, quoted values read as such, and how many attributes it may have.
fn tag_end(html: &str, open: usize) -> Option<(usize, usize)> {
    let bytes = html.as_bytes();
    let mut at = open + 1;
    let mut value = false;
    let mut names = 0;
    let mut in_name = true;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => return Some((at + 1, names)),
            b'=' => {
                // Without a name before it, it begins one.
                names += usize::from(!in_name);
                (value, in_name) = (true, false);
            }
            b'"' | b'\'' if value => {
                at += 1 + memchr::memchr(byte, &bytes[at + 1..])?;
                value = false;
            }
            b if b.is_ascii_whitespace() || b == b'/' && !value => in_name = false,
            _ if value => {
                // An unquoted value reaches to white space or the end.
                while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace() && *b != b'>') {
                    at += 1;
                }
                value = false;
                continue;
            }
            _ => {
                names += usize::from(!in_name);
                in_name = true;
            }
        }
        at += 1;
    }
    None
}

/// Where the next end tag of this name begins.
pub(in crate::render::parse) fn end_tag_of(html: &str, from: usize, name: &str) -> Option<usize> {
    let bytes = html.as_bytes();
    let mut at = from;
    while let Some(found) = memchr::memmem::find(bytes.get(at..)?, b"</") {
        let tag = at + found;
        let rest = &bytes[tag + 2..];
        let ends = rest.len() > name.len()
            && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            && matches!(rest[name.len()], b'\t' | b'\n' | b'\r' | 0x0c | b' ' | b'/' | b'>');
        if ends {
            return Some(tag);
        }
        at = tag + 2;
    }
    None
}

/// Takes what html5ever reads.
#[derive(Default)]
struct Sink {
    tag: RefCell<Option<(String, Vec<Attribute>, bool)>>,
    text: RefCell<String>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Html, _line: u64) -> TokenSinkResult<()> {
        match token {
            Html::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let attributes = tag
                    .attrs
                    .iter()
                    .map(|attribute| Attribute {
                        name: attribute.name.local.to_string(),
                        value: attribute.value.to_string(),
                    })
                    .collect();
                *self.tag.borrow_mut() = Some((tag.name.to_string(), attributes, tag.self_closing));
            }
            Html::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn run(html: &str) -> Sink {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink
}

fn tokenize(tag: &str) -> Option<(String, Vec<Attribute>, bool)> {
    run(tag).tag.into_inner()
}

/// Text with its character references resolved.
fn decode(text: &str) -> String {
    if text.contains('&') { run(text).text.into_inner() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(html: &str) -> Vec<(Token, usize)> {
        let mut tokens = Vec::new();
        scan(html, |token, at| tokens.push((token, at)));
        tokens
    }

    #[test]
    fn tags_and_text_have_places() {
        let got = tokens("a<B>c</b ><img src='x>y' alt=1/><!-- z --> &lt;");
        let attributes = vec![
            Attribute { name: "src".to_owned(), value: "x>y".to_owned() },
            Attribute { name: "alt".to_owned(), value: "1/".to_owned() },
        ];
        assert_eq!(
            got,
            [
                (Token::Text("a".to_owned()), 0),
                (Token::Start("b".to_owned(), Vec::new(), false), 1),
                (Token::Text("c".to_owned()), 4),
                (Token::End("b".to_owned()), 5),
                (Token::Start("img".to_owned(), attributes, false), 10),
                (Token::Text(" <".to_owned()), 42),
            ]
        );
    }

    #[test]
    fn scripts_hold_no_tags() {
        let got = tokens("<script>a<b></scripty></script>x");
        assert_eq!(got[1].0, Token::Text("a<b></scripty>".to_owned()));
        assert_eq!(got[2].0, Token::End("script".to_owned()));
    }

    #[test]
    fn tags_of_too_many_attributes_are_text() {
        let tag = |count: usize| format!("<a{}>", " b=c/d e='f g'".repeat(count / 2));
        assert!(matches!(&tokens(&tag(500))[0].0, Token::Start(..)));
        assert_eq!(tokens(&tag(502)), [(Token::Text(tag(502)), 0)]);
        let nameless = format!("<a{}>", " =1".repeat(502));
        assert_eq!(tokens(&nameless), [(Token::Text(nameless.clone()), 0)]);
    }

    #[test]
    fn cut_tags_are_text() {
        assert_eq!(tokens("<img src=\"x"), [(Token::Text("<img src=\"x".to_owned()), 0)]);
        assert_eq!(tokens("a < b")[1].0, Token::Text("<".to_owned()));
        assert_eq!(tokens("<!-- never closed"), [(Token::Endless, 0)]);
        let style = Token::Unclosed("style".to_owned(), Vec::new(), "<Style>".to_owned());
        assert_eq!(
            tokens("<Style><b>")[..],
            [(style, 0), (Token::Start("b".to_owned(), Vec::new(), false), 7)]
        );
    }
}
