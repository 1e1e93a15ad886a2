//! A unified diff taken apart: changed words inside changed lines stand out, at a terminal and on a page.

use similar::{ChangeTag, TextDiff};

use super::style;

/// What a line of a unified diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `---` and `+++`: what is compared.
    Head,
    /// `@@ … @@`: where the next lines stand.
    Place,
    /// On both sides.
    Same,
    /// Only before.
    Removed,
    /// Only after.
    Added,
    /// Both sides in one line: some words went, some came.
    Changed,
}

/// Where a part of a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// On both sides, or in a line that is whole.
    Same,
    /// Only before.
    Old,
    /// Only after.
    New,
}

/// Pieces of a line in order.
pub(super) type Parts = Vec<(Mark, String)>;

/// A line, its sign taken off where it has one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) parts: Parts,
}

impl Line {
    fn plain(kind: Kind, text: &str) -> Self {
        Self { kind, parts: vec![(Mark::Same, text.to_owned())] }
    }
}

/// The lines of a unified diff, changed ones in one line each.
pub(super) fn merged(diff: &str) -> Vec<Line> {
    let lines: Vec<&str> = diff.lines().collect();
    let mut out = Vec::with_capacity(lines.len());
    let mut at =
        lines.iter().take(2).take_while(|line| line.starts_with("---") || line.starts_with("+++")).count();
    out.extend(lines[..at].iter().map(|line| Line::plain(Kind::Head, line)));
    while at < lines.len() {
        let line = lines[at];
        let removed = run_of(&lines[at..], '-');
        let added = run_of(&lines[at + removed..], '+');
        if removed + added > 0 {
            block(&mut out, &lines[at..at + removed], &lines[at + removed..at + removed + added]);
            at += removed + added;
            continue;
        }
        out.push(match line.strip_prefix(' ') {
            Some(text) => Line::plain(Kind::Same, text),
            None if line.starts_with("@@") => Line::plain(Kind::Place, line),
            None => Line::plain(Kind::Same, line),
        });
        at += 1;
    }
    out
}

/// The lines of a unified diff, both sides of a changed line below one another: in a run of changes what went
/// stands before what came.
pub(super) fn split(diff: &str) -> Vec<Line> {
    let mut out = Vec::new();
    let mut added: Vec<Line> = Vec::new();
    for line in merged(diff) {
        match line.kind {
            Kind::Changed => {
                let side = |other: Mark| -> Parts {
                    line.parts.iter().filter(|(mark, _)| *mark != other).cloned().collect()
                };
                out.push(Line { kind: Kind::Removed, parts: side(Mark::New) });
                added.push(Line { kind: Kind::Added, parts: side(Mark::Old) });
            }
            Kind::Added => added.push(line),
            Kind::Removed => out.push(line),
            Kind::Head | Kind::Place | Kind::Same => {
                out.append(&mut added);
                out.push(line);
            }
        }
    }
    out.append(&mut added);
    out
}

/// Unchanged text in a line longer than this is shortened for a terminal, in characters.
const LONG: usize = 160;
/// What is kept of it beside a change.
const KEPT: usize = 60;

/// A diff for a terminal: a changed line is one line in which the words that went and the words that came are
/// marked, by colour, or without colour as `[-went-]{+came+}`. Long unchanged text is shortened.
pub(super) fn shown(diff: &str, color: bool) -> String {
    let mut out = String::with_capacity(diff.len() * 2);
    for line in merged(diff) {
        let (sign, ink) = match line.kind {
            Kind::Head => ("", style::FAINT),
            Kind::Place => ("", style::HINT),
            Kind::Same => (" ", style::PLAIN),
            Kind::Removed => ("-", style::GONE),
            Kind::Added => ("+", style::GOOD),
            Kind::Changed => ("~", style::CHANGED),
        };
        let ink = |text: &str| if line.kind == Kind::Same { text.to_owned() } else { ink.paint(text) };
        out.push_str(&ink(sign));
        let last = line.parts.len().saturating_sub(1);
        for (at, (mark, part)) in line.parts.iter().enumerate() {
            let painted = match (line.kind, mark, color) {
                (Kind::Changed, Mark::Old, true) => style::GONE.reversed().paint(part),
                (Kind::Changed, Mark::New, true) => style::GOOD.reversed().paint(part),
                (Kind::Changed, Mark::Old, false) => format!("[-{part}-]"),
                (Kind::Changed, Mark::New, false) => format!("{{+{part}+}}"),
                (Kind::Changed, Mark::Same, _) => shortened(part, at > 0, at < last),
                (Kind::Same, ..) => shortened(part, true, false),
                _ => ink(part),
            };
            out.push_str(&painted);
        }
        out.push('\n');
    }
    out
}

/// Long text without its middle, or without the end that no change is beside.
fn shortened(text: &str, before: bool, after: bool) -> String {
    if text.chars().count() <= LONG {
        return text.to_owned();
    }
    let head = match text.char_indices().nth(KEPT) {
        Some((at, _)) if before => &text[..text[at..].find(' ').map_or(at, |more| at + more)],
        _ => "",
    };
    let tail = match text.char_indices().nth_back(KEPT) {
        Some((at, _)) if after => &text[text[..at].rfind(' ').map_or(at, |space| space + 1)..],
        _ => "",
    };
    let gap = match (head.is_empty(), tail.is_empty()) {
        (true, _) => "… ",
        (_, true) => " …",
        _ => " … ",
    };
    format!("{head}{gap}{tail}")
}

fn run_of(lines: &[&str], sign: char) -> usize {
    lines.iter().take_while(|line| line.starts_with(sign)).count()
}

/// Most pairs of lines that are compared to find out which took the place of which.
const PAIRS: usize = 2_500;

/// Removed lines and the lines that took their place, in order; word by word where two are alike.
fn block(out: &mut Vec<Line>, removed: &[&str], added: &[&str]) {
    let plain = |kind, line: &str| Line::plain(kind, &line[1..]);
    let mut pairs = pairs(removed, added);
    pairs.push((removed.len(), added.len(), None));
    let (mut old, mut new) = (0, 0);
    for (before, after, parts) in pairs {
        out.extend(removed[old..before].iter().map(|line| plain(Kind::Removed, line)));
        out.extend(added[new..after].iter().map(|line| plain(Kind::Added, line)));
        out.extend(parts.map(|parts| Line { kind: Kind::Changed, parts }));
        (old, new) = (before + 1, after + 1);
    }
}

/// Lines that are alike, in the order of both sides, as many as can be paired: their numbers, and their parts.
fn pairs(removed: &[&str], added: &[&str]) -> Vec<(usize, usize, Option<Parts>)> {
    let (rows, columns) = (removed.len(), added.len());
    if rows * columns > PAIRS {
        if rows != columns {
            return Vec::new();
        }
        let parts = (0..rows).map(|at| (at, at, words(&removed[at][1..], &added[at][1..])));
        return parts.filter(|(.., parts)| parts.is_some()).collect();
    }
    let mut alike: Vec<Vec<Option<Parts>>> = removed
        .iter()
        .map(|before| added.iter().map(|after| words(&before[1..], &after[1..])).collect())
        .collect();
    // How many pairs can be made of the lines from here on.
    let mut most = vec![vec![0_usize; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let without = most[row + 1][column].max(most[row][column + 1]);
            let with = if alike[row][column].is_some() { most[row + 1][column + 1] + 1 } else { 0 };
            most[row][column] = without.max(with);
        }
    }
    let (mut row, mut column, mut found) = (0, 0, Vec::new());
    while row < rows && column < columns {
        if alike[row][column].is_some() && most[row][column] == most[row + 1][column + 1] + 1 {
            found.push((row, column, alike[row][column].take()));
            (row, column) = (row + 1, column + 1);
        } else if most[row + 1][column] >= most[row][column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    found
}

/// Two lines as one with its changed words marked; `None` where so little is alike that marking every word would say
/// less than marking none.
fn words(before: &str, after: &str) -> Option<Parts> {
    let (before_tokens, after_tokens) = (tokens(before), tokens(after));
    let diff = TextDiff::from_slices(&before_tokens, &after_tokens);
    // Two lines of markup always share their brackets.
    let solid = |text: &&str| text.contains(char::is_alphanumeric);
    let count = |tokens: &[&str]| tokens.iter().filter(|token| solid(token)).count();
    let equal = diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Equal);
    let alike = equal.map(|change| change.value()).filter(|text| solid(text)).count();
    if alike * 3 < count(&before_tokens).max(count(&after_tokens)) || alike == 0 {
        return None;
    }
    let changes: Vec<(ChangeTag, &str)> =
        diff.iter_all_changes().map(|change| (change.tag(), change.value())).collect();
    let mut parts = Parts::new();
    let (mut old, mut new) = (String::new(), String::new());
    for (at, (tag, text)) in changes.iter().enumerate() {
        let between =
            text.trim().is_empty() && changes.get(at + 1).is_some_and(|(tag, _)| *tag != ChangeTag::Equal);
        match tag {
            ChangeTag::Delete => old.push_str(text),
            ChangeTag::Insert => new.push_str(text),
            // Space between two changed words changes with them.
            ChangeTag::Equal if between && !old.is_empty() && !new.is_empty() => {
                old.push_str(text);
                new.push_str(text);
            }
            ChangeTag::Equal => {
                flush(&mut parts, &mut old, &mut new);
                match parts.last_mut() {
                    Some((Mark::Same, last)) => last.push_str(text),
                    _ => parts.push((Mark::Same, (*text).to_owned())),
                }
            }
        }
    }
    flush(&mut parts, &mut old, &mut new);
    Some(parts)
}

fn flush(parts: &mut Parts, old: &mut String, new: &mut String) {
    for (mark, text) in [(Mark::Old, old), (Mark::New, new)] {
        if !text.is_empty() {
            parts.push((mark, std::mem::take(text)));
        }
    }
}

/// Words, white space, and each other character by itself: `button.` and `button,` share their word.
fn tokens(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        c if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in line.char_indices() {
        let now = kind(c);
        if last.is_some_and(|last| last != now || now == 2) {
            tokens.push(&line[start..at]);
            start = at;
        }
        last = Some(now);
    }
    if start < line.len() {
        tokens.push(&line[start..]);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(before: &str, after: &str) -> String {
        plain(&format!("-{before}\n+{after}\n"))
    }

    fn plain(diff: &str) -> String {
        anstream::adapter::strip_str(&shown(diff, false)).to_string()
    }

    #[test]
    fn tokens_are_the_line() {
        assert_eq!(tokens("a b_1, über."), ["a", " ", "b_1", ",", " ", "über", "."]);
        assert!(tokens("").is_empty());
    }

    #[test]
    fn a_changed_line_is_one_line_with_its_words_marked() {
        assert_eq!(
            marked("press the red button", "press the green button"),
            "~press the [-red-]{+green+} button\n"
        );
        assert_eq!(marked("a b c d e", "a x y d e"), "~a [-b c-]{+x y+} d e\n");
        assert_eq!(marked("one two", "one two three"), "~one two{+ three+}\n");
        let colored = shown("-press the red button\n+press the green button\n", true);
        assert!(!colored.contains("[-") && colored.contains("red") && colored.contains("green"), "{colored}");
    }

    #[test]
    fn a_rewritten_line_is_not_marked_word_by_word() {
        let (old, new) = ("alpha beta gamma delta", "one two three four");
        assert_eq!(marked(old, new), format!("-{old}\n+{new}\n"));
    }

    #[test]
    fn lines_that_came_and_went_do_not_hide_the_pairs() {
        let diff = "-the first line here\n-gone altogether now\n-the last line here\n+the first row here\n+the last row here\n+brand new\n";
        let told = "~the first [-line-]{+row+} here\n-gone altogether now\n~the last [-line-]{+row+} here\n+brand new\n";
        assert_eq!(plain(diff), told);
        let kinds: Vec<Kind> = split(diff).into_iter().map(|line| line.kind).collect();
        assert_eq!(kinds, [[Kind::Removed; 3], [Kind::Added; 3]].concat());
    }

    #[test]
    fn long_text_around_a_change_is_shortened() {
        let long = "word ".repeat(200);
        let told = marked(&format!("{long}red {long}"), &format!("{long}green {long}"));
        assert!(told.contains("word [-red-]{+green+} word"), "{told}");
        assert!(told.starts_with("~… word") && told.trim_end().ends_with("word …"), "{told}");
        assert!(told.chars().count() < 200, "{told}");
    }
}
