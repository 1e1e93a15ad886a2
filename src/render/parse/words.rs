//! Small marks inside running text, each by its own file: emoji, keys, marked and inserted text, CriticMarkup, and
//! abbreviations in what remains. Sub- and superscript where words touch them are read here.
//!
//! Must not know: links, blocks.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::keys::{self, Keys};
use super::spans::{self, Span};
use super::{abbreviations, attribute_lists, autolinks, critic, marks, unread};
use crate::render::dialects::Dialects;
use crate::render::letters::Letters;
use crate::render::syntax::attribute_lists::any_bracketed;
use crate::render::theme::Role;
use crate::render::tree::{Element, Kind};

/// Longest name or script between two marks, in bytes.
const LONGEST: usize = 50;

/// Sets of icons that Material for MkDocs has, as names of icons begin.
const ICONS: &[&str] = &["fontawesome-", "material-", "octicons-", "simple-"];

/// Which marks are looked for in a document: those that are switched on, and of what most documents do not hold only
/// what this one may hold.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
pub(super) struct Wanted {
    scripts: bool,
    marks: bool,
    keys: bool,
    critic: bool,
    /// What they begin with.
    letters: Letters,
    /// The same, and what everything else begins with that running text is searched for.
    all: Letters,
}

impl Wanted {
    /// The marks of this text.
    pub(super) fn new(text: &str, dialects: Dialects) -> Self {
        let Dialects { emoji, sub_superscript, marks, keys, .. } = dialects;
        let critic = dialects.critic_markup && critic::any(text.as_bytes());
        let bracketed = dialects.attribute_lists && any_bracketed(text.as_bytes());
        let mut letters = Letters::of(b"");
        for (wanted, first) in [
            (emoji, &b":"[..]),
            (sub_superscript, b"~^"),
            (marks, b"=^"),
            (keys, b"+"),
            (critic, b"{-<=+"),
            (bracketed, b"[]"),
        ] {
            if wanted {
                letters = letters.and(first);
            }
        }
        let all = letters.and(autolinks::MARKS).and(unread::MARKS);
        Self { scripts: sub_superscript, marks, keys, critic, letters, all }
    }

    /// Whether a text holds none of them, nor anything else that running text is searched for.
    pub(super) fn is_plain(&self, text: &[u8]) -> bool {
        self.all.first(text, 0).is_none()
    }
}

/// What stands between two marks.
#[derive(Debug, PartialEq, Eq)]
enum Word<'t> {
    /// An emoji.
    Emoji(&'static str),
    /// `~x~`.
    Sub(&'t str),
    /// `^x^`.
    Super(&'t str),
    /// An icon of a font that no article has.
    Icon,
}

/// A text with what stands around it in the source.
#[derive(Clone, Copy)]
struct Around<'a> {
    text: &'a str,
    before: Option<char>,
    after: Option<char>,
}

impl<'a> Around<'a> {
    fn new(builder: &Builder<'a>, text: &'a str, offset: usize) -> Self {
        // A title is a text of its own.
        let source = if builder.line.is_some() { "" } else { builder.text };
        Self {
            text,
            before: source.get(..offset).and_then(|before| before.chars().next_back()),
            after: source.get(offset + text.len()..).and_then(|after| after.chars().next()),
        }
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back().or(self.before)
    }
}

/// Adds text to the tree with its marks resolved, as far as the dialects are switched on.
pub(super) fn add<'a>(builder: &mut Builder<'a>, text: &'a str, offset: usize) {
    let mut from = 0;
    let mut at = 0;
    while let Some(mark) = builder.wanted.letters.first(text.as_bytes(), at) {
        let rest = Rest { text, from, mark, offset };
        match rest.resolve(builder) {
            Some(end) => (from, at) = (end, end),
            None => at = mark + 1,
        }
    }
    plain(builder, &text[from..], offset + from);
}

/// Adds text without marks.
fn plain<'a>(builder: &mut Builder<'a>, text: &'a str, offset: usize) {
    if !text.is_empty() {
        abbreviations::add(builder, text, offset);
    }
}

/// Text up to the next mark and what follows it.
struct Rest<'a> {
    text: &'a str,
    /// Where what is not in the tree yet begins.
    from: usize,
    /// The mark.
    mark: usize,
    /// Where the text begins.
    offset: usize,
}

impl<'a> Rest<'a> {
    /// Adds what stands before the mark, and what it means. The end of that; `None` where it is a letter like others.
    fn resolve(&self, builder: &mut Builder<'a>) -> Option<usize> {
        let Self { text, mark, .. } = *self;
        let Wanted { scripts, marks, keys, critic, .. } = builder.wanted;
        match text.as_bytes().get(mark)? {
            b'^' => {
                let end = if marks { self.span(builder) } else { None };
                end.or_else(|| scripts.then(|| self.word(builder)).flatten())
            }
            b':' | b'~' => self.word(builder),
            b'{' => self.critic(builder),
            b'[' | b']' => self.bracket(builder),
            letter => {
                let end = if critic { self.critic_end(builder) } else { None };
                end.or_else(|| match letter {
                    b'=' if marks => self.span(builder),
                    b'+' if keys => self.keys(builder),
                    _ => None,
                })
            }
        }
    }

    /// Brings what stands before the mark into the tree; where the mark stands.
    fn pass(&self, builder: &mut Builder<'a>) -> usize {
        plain(builder, &self.text[self.from..self.mark], self.offset + self.from);
        self.offset + self.mark
    }

    /// Whether a backslash keeps the mark from being one.
    fn is_escaped(&self, builder: &Builder<'a>) -> bool {
        self.mark == 0 && Around::new(builder, self.text, self.offset).before == Some('\\')
    }

    fn word(&self, builder: &mut Builder<'a>) -> Option<usize> {
        let Self { text, mark, .. } = *self;
        let (word, end) = word(text, mark)?;
        let at = self.pass(builder);
        match word {
            Word::Emoji(emoji) => builder.leaf(Kind::Emoji(emoji, &text[mark..end]), at),
            Word::Sub(inner) => script(builder, "sub", inner, at),
            Word::Super(inner) => script(builder, "sup", inner, at),
            Word::Icon => {
                unread::tell(builder, unread::ICON, at);
                builder.leaf(Kind::Text(CowStr::Borrowed(&text[mark..end])), at);
            }
        }
        Some(end)
    }

    /// `==` or `^^`.
    fn span(&self, builder: &mut Builder<'a>) -> Option<usize> {
        let Self { text, mark, .. } = *self;
        let around = Around::new(builder, text, self.offset);
        let read =
            marks::read(text, mark, around.before, around.after).filter(|_| !self.is_escaped(builder))?;
        let end = mark + marks::LENGTH;
        let at = self.pass(builder);
        if !(read.ends && spans::end(builder, read.span)) {
            if read.begins {
                spans::begin(builder, read.span, &text[mark..end], at);
            } else {
                plain(builder, &text[mark..end], at);
            }
        }
        Some(end)
    }

    fn critic(&self, builder: &mut Builder<'a>) -> Option<usize> {
        let Self { text, mark, .. } = *self;
        if self.is_escaped(builder) {
            return None;
        }
        if let Some(span) = critic::begins(&text[mark..]) {
            let end = mark + critic::LENGTH;
            let at = self.pass(builder);
            spans::begin(builder, span, &text[mark..end], at);
            return Some(end);
        }
        let (old, new, length) = critic::substitution(&text[mark..])?;
        let at = self.pass(builder);
        critic::substitute(builder, old, new, at);
        Some(mark + length)
    }

    /// `[`, or `]` with the list of attributes behind it.
    fn bracket(&self, builder: &mut Builder<'a>) -> Option<usize> {
        let Self { text, mark, .. } = *self;
        if self.is_escaped(builder) {
            return None;
        }
        let at = self.pass(builder);
        if text.as_bytes().get(mark) == Some(&b'[') {
            spans::begin(builder, Span::Bracketed, &text[mark..=mark], at);
            return Some(mark + 1);
        }
        let mut end = mark + 1;
        let empty = text[..mark].ends_with('[');
        let ended = spans::end_as(builder, Span::Bracketed, |builder| {
            let (kind, length) = attribute_lists::bracketed(builder, &text[end..], empty)?;
            end += length;
            Some(kind)
        });
        if !ended {
            plain(builder, &text[mark..=mark], at);
        }
        Some(end)
    }

    fn critic_end(&self, builder: &mut Builder<'a>) -> Option<usize> {
        let span = critic::ends(&self.text[self.mark..]).filter(|span| spans::is_open(builder, *span))?;
        self.pass(builder);
        spans::end(builder, span);
        Some(self.mark + critic::LENGTH)
    }

    fn keys(&self, builder: &mut Builder<'a>) -> Option<usize> {
        let Self { text, mark, .. } = *self;
        let before = Around::new(builder, text, self.offset).before(mark);
        if self.is_escaped(builder) || before.is_some_and(|c| matches!(c, '+' | '{') || c.is_alphanumeric()) {
            return None;
        }
        match keys::read(&text[mark..])? {
            Keys::Known(found, length) => {
                let at = self.pass(builder);
                keys::add(builder, found, at);
                Some(mark + length)
            }
            Keys::Unknown(_) => {
                unread::tell(builder, unread::KEY, self.offset + mark);
                None
            }
        }
    }
}

fn script<'a>(builder: &mut Builder<'a>, name: &'static str, inner: &'a str, offset: usize) {
    builder.open(Kind::Element(Element::new(name, Role::Plain)), offset);
    builder.leaf(Kind::Text(CowStr::Borrowed(inner)), offset + 1);
    builder.close_markdown();
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
        if !named || !free {
            return None;
        }
        let emoji = emojis::get_by_shortcode(inner).map(|emoji| Word::Emoji(emoji.as_str()));
        let icon = || ICONS.iter().any(|set| inner.starts_with(set)).then_some(Word::Icon);
        return Some((emoji.or_else(icon)?, end));
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
        assert_eq!(word(":octicons-check-16:", 0), Some((Word::Icon, 19)));
        assert_eq!(word("H~2~O", 1), Some((Word::Sub("2"), 4)));
        assert_eq!(word("x^2^", 1), Some((Word::Super("2"), 4)));
        for prose in [
            "a:smile:",
            ":smile:x",
            "x:material-check:",
            ":materials:",
            ":nothing_such:",
            "::",
            ":a b:",
            "^a b^",
            "~~",
        ] {
            let mark = prose.find([':', '^', '~']).unwrap_or_default();
            assert_eq!(word(prose, mark), None, "{prose}");
        }
    }
}
