//! Words: plurals, lists, durations, sizes, nearest names, places in a text, and what of a text a terminal may
//! be given. Knows only [`crate::finding::Position`].

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::OnceLock;

use unicode_width::UnicodeWidthStr as _;

use crate::finding::Position;

/// `1 article`, `2 articles`; the plural of a word in -y is -ies.
pub fn count(number: usize, singular: &str) -> String {
    match (number, singular.strip_suffix('y')) {
        (1, _) => format!("1 {singular}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ => format!("{number} {singular}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// `340 ms`, `1.2 s`, `3 min 5 s`.
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

/// `12 B`, `3.4 KB`, `25.0 MB`, by 1,024.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes.saturating_mul(10) / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `` `a`, `b` and `c` ``.
pub fn list_quoted<T: AsRef<str>>(items: &[T], conjunction: &str) -> String {
    let mut items: Vec<String> = items.iter().map(|item| format!("`{}`", item.as_ref())).collect();
    match items.pop() {
        None => String::new(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} {conjunction} {last}", items.join(", ")),
    }
}

/// The known name that was probably meant: equal but for case and separators, or a few letters off. Of equally
/// near ones the first.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    fn plain(text: &str) -> impl Iterator<Item = char> {
        text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase)
    }
    let wanted: String = plain(given).collect();
    let letters = Letters::of(wanted.chars());
    let allowed = match wanted.chars().count() {
        0 => return None,
        1..=3 => 1,
        4..=7 => 2,
        n => n / 3,
    };
    let near = |name: &'a str| {
        // Most need not be measured.
        if letters.least_edits(Letters::of(plain(name))) > allowed {
            return None;
        }
        let plain: String = plain(name).collect();
        let distance = strsim::osa_distance(&wanted, &plain);
        (distance <= allowed && distance < plain.chars().count().max(1)).then_some((distance, name))
    };
    known.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How often letters occur in a text, some of them counted as one.
#[derive(Clone, Copy)]
struct Letters([u8; 32]);

impl Letters {
    fn of(text: impl Iterator<Item = char>) -> Self {
        let mut counts = [0_u8; 32];
        for c in text {
            let count = &mut counts[c as usize % 32];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    /// Edits without which the one text cannot become the other: letters that are missing, or too many.
    fn least_edits(self, other: Self) -> usize {
        let (mut missing, mut more) = (0, 0);
        for (own, theirs) in self.0.into_iter().zip(other.0) {
            missing += usize::from(theirs.saturating_sub(own));
            more += usize::from(own.saturating_sub(theirs));
        }
        missing.max(more)
    }
}

/// The name of a file or folder without what tools add to it: `%26` of Azure DevOps is `&`, and the 32 digits that
/// Notion puts behind a space go.
pub fn plain_name(name: &str) -> Cow<'_, str> {
    let id = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let name = name.rsplit_once(' ').filter(|(_, last)| id(last)).map_or(name, |(name, _)| name);
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8();
    decoded.ok().filter(|decoded| !decoded.contains(char::is_control)).unwrap_or(Cow::Borrowed(name))
}

/// A file or folder name as a title: `-` and `_` as spaces, first letter upper (design §6).
pub fn title_of_name(name: &str) -> String {
    // A hyphen that is written as `%2D` is one.
    let spaced = name.replace(['-', '_'], " ");
    let spaced = plain_name(&spaced);
    let mut letters = spaced.trim().chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name.to_owned(),
    }
}

/// The line and column of a byte offset; an offset beyond the end is the end.
pub fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    Position { line: number(lines + 1), column: number(before[line_start..].chars().count() + 1) }
}

/// The line of a place, as [`Lines::excerpt`] has it.
pub fn excerpt(text: &str, place: Position) -> Option<String> {
    Lines::new(text).excerpt(place)
}

/// Longest excerpt of a line, in characters.
const EXCERPT: usize = 200;

/// An excerpt that does not begin with its line begins so many characters before its place.
pub(crate) const EXCERPT_BEFORE: usize = 60;

/// Places further behind the begin of their line have no excerpt: each would be counted to.
const EXCERPT_REACH: u32 = 4000;

/// How many characters at the begin of its line the excerpt of a place in this column (from 1) leaves out.
pub const fn excerpt_start(column: u32) -> usize {
    let before = (column as usize).saturating_sub(1);
    if before + EXCERPT_BEFORE < EXCERPT { 0 } else { before - EXCERPT_BEFORE }
}

/// At most 200 characters of a line, behind an ellipsis where it does not begin with it.
pub(crate) fn cut(rest: &str, begins_line: bool) -> String {
    let end = rest.char_indices().nth(EXCERPT).map_or(rest.len(), |(at, _)| at);
    let line = rest[..end].split('\n').next().unwrap_or_default().trim_end();
    [if begins_line { "" } else { "…" }, line].concat()
}

/// The lines of a text, told apart once, and only when one is asked for.
#[derive(Debug, Default)]
pub struct Lines<'a> {
    text: Cow<'a, str>,
    starts: OnceLock<Vec<usize>>,
}

impl<'a> Lines<'a> {
    /// For this text, borrowed or owned.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), starts: OnceLock::new() }
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where each line begins, in bytes; behind a line end at the very end begins an empty one.
    pub fn starts(&self) -> &[usize] {
        self.starts.get_or_init(|| {
            let mut starts = Vec::with_capacity(self.text.len() / 24 + 8);
            starts.push(0);
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|end| end + 1));
            starts
        })
    }

    /// The line of a place, as written; of a longer one 200 characters round the place, behind an ellipsis where they
    /// do not begin it. `None` where there is no such line, and far behind the begin of a very long one.
    pub fn excerpt(&self, place: Position) -> Option<String> {
        let (starts, line) = (self.starts(), usize::try_from(place.line).ok()?);
        let start = *starts.get(line.checked_sub(1)?)?;
        let end = starts.get(line).map_or(self.text.len(), |next| next - 1);
        let is_line = start < self.text.len() || line < starts.len();
        if !is_line || place.column > EXCERPT_REACH {
            return None;
        }
        let (line, skipped) = (&self.text[start..end], excerpt_start(place.column));
        let from = line.char_indices().nth(skipped).map_or(line.len(), |(at, _)| at);
        Some(cut(&line[from..], skipped == 0))
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Broken between words into lines of this many columns; a longer word has a line of its own.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A name on one line: what a terminal would obey instead of showing it (control characters, line ends, characters
/// that turn the reading direction round) becomes something that is seen.
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |_| None)
}

/// Text of several lines and styles for a terminal: as [`visible`], but lines, tabs and colours stay. Nothing else that
/// begins with an escape does: it could rename the window, fill the clipboard or overwrite what stands above.
pub fn inert(text: &str) -> Cow<'_, str> {
    shown(text, |rest| match rest.as_bytes() {
        [b'\n' | b'\t', ..] => Some(1),
        [0x1b, b'[', ..] => colour(rest),
        _ => None,
    })
}

/// Every dangerous character replaced, but for the bytes that `kept` lets through at the beginning of the rest.
fn shown(text: &str, kept: impl Fn(&str) -> Option<usize>) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    while let Some((at, c)) = text[done..].char_indices().find(|(_, c)| is_obeyed(*c)) {
        let at = done + at;
        if let Some(length) = kept(&text[at..]) {
            out.push_str(&text[done..at + length]);
            done = at + length;
            continue;
        }
        out.push_str(&text[done..at]);
        match u32::from(c) {
            // The pictures of control characters stand in their order.
            code @ 0..0x20 => out.extend(char::from_u32(0x2400 + code)),
            0x7f => out.push('␡'),
            code => {
                let _ = write!(out, "<U+{code:04X}>");
            }
        }
        done = at + c.len_utf8();
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The length of a colour or weight at the beginning of a text: what our own styles and the log's are made of. Hidden text
/// and backgrounds are not among them.
fn colour(text: &str) -> Option<usize> {
    let end = text.find('m')?;
    let known = |part: &str| {
        matches!(part, "" | "0" | "1" | "2" | "3" | "4" | "7" | "22" | "23" | "39")
            || (part.len() == 2 && matches!(part.as_bytes(), [b'3' | b'9', b'1'..=b'6']))
    };
    text.get(2..end)?.split(';').all(known).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_given_nothing_to_obey() {
        assert_eq!(visible("plain Zoë 日本"), "plain Zoë 日本");
        assert_eq!(visible("a\nb\tc\u{1b}[31m"), "a␊b␉c␛[31m");
        assert_eq!(visible("\u{202e}dm.exe\u{7f}\u{9b}"), "<U+202E>dm.exe␡<U+009B>");
        let own = "\u{1b}[1;31merror\u{1b}[0m: a\n\tb";
        assert_eq!(inert(own), own);
        for sequence in
            ["\u{1b}]0;title\u{7}", "\u{1b}[2J", "\u{1b}[8m", "\u{1b}[30;40m", "\u{1b}c", "\r", "\u{1b}"]
        {
            let shown = inert(sequence);
            assert!(!shown.contains(is_obeyed), "{sequence:?} became {shown:?}");
        }
        assert_eq!(inert("a\u{1b}[31mb\rc"), "a\u{1b}[31mb␍c");
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable ok", 5), ["unbreakable", "ok"]);
        assert_eq!(wrapped("日本 日本", 5), ["日本", "日本"]);
        assert!(wrapped("  ", 5).is_empty());
    }

    #[test]
    fn words_agree_with_numbers() {
        assert_eq!(count(1, "article"), "1 article");
        assert_eq!(count(0, "article"), "0 articles");
        assert_eq!(count(2, "category"), "2 categories");
        assert_eq!(count(2, "day"), "2 days");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list_quoted(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
        assert_eq!(duration(1_250), "1.2 s");
        assert_eq!(duration(185_000), "3 min 5 s");
        assert_eq!(size(1_023), "1023 B");
        assert_eq!(size(26_214_400), "25.0 MB");
    }

    #[test]
    fn nearest_forgives_typing_not_meaning() {
        let known = ["knowledge_base", "status", "categories"];
        assert_eq!(nearest("knowledgebase", known), Some("knowledge_base"));
        assert_eq!(nearest("knowlege-base", known), Some("knowledge_base"));
        assert_eq!(nearest("stauts", known), Some("status"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn positions_count_characters() {
        let text = "äb\nüx";
        assert_eq!(position(text, 4), Position { line: 2, column: 1 });
        assert_eq!(position(text, text.len()), Position { line: 2, column: 3 });
        assert_eq!(position(text, 999), Position { line: 2, column: 3 });
        assert_eq!(excerpt(text, Position { line: 2, column: 1 }).as_deref(), Some("üx"));
        assert_eq!(excerpt(text, Position { line: 3, column: 1 }), None);
    }

    #[test]
    fn names_become_titles() {
        for (name, plain) in [
            ("Q-%26-A", "Q-&-A"),
            ("Home 0123456789abcdef0123456789abcdef", "Home"),
            ("100%", "100%"),
            ("a%00b", "a%00b"),
            ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
        assert_eq!(title_of_name("sub%2Dpage-one 0123456789abcdef0123456789abcdef"), "Sub-page one");
        assert_eq!(title_of_name("remote-work_vpn"), "Remote work vpn");
        assert_eq!(title_of_name("über"), "Über");
        assert_eq!(title_of_name("--"), "--");
    }
}
