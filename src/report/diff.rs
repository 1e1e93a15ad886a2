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
}

/// A line, its sign taken off where it has one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    /// Pieces in order, and whether each differs from its line on the other side.
    pub(super) parts: Parts,
}

impl Line {
    fn plain(kind: Kind, text: &str) -> Self {
        Self { kind, parts: vec![(false, text.to_owned())] }
    }
}

/// The lines of a unified diff.
pub(super) fn lines(diff: &str) -> Vec<Line> {
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

/// A unified diff in colour. Every line keeps its `-`, `+` or space, so it reads without.
pub(super) fn colored(diff: &str) -> String {
    let mut out = String::with_capacity(diff.len() * 2);
    for line in lines(diff) {
        let (sign, ink) = match line.kind {
            Kind::Head => ("", style::FAINT),
            Kind::Place => ("", style::HINT),
            Kind::Same => (" ", style::PLAIN),
            Kind::Removed => ("-", style::GONE),
            Kind::Added => ("+", style::GOOD),
        };
        out.push_str(&if line.kind == Kind::Same { sign.to_owned() } else { ink.paint(sign) });
        for (changed, part) in &line.parts {
            out.push_str(&match (line.kind, changed) {
                (Kind::Same, _) => part.clone(),
                (_, true) => ink.reversed().paint(part),
                (_, false) => ink.paint(part),
            });
        }
        out.push('\n');
    }
    out
}

fn run_of(lines: &[&str], sign: char) -> usize {
    lines.iter().take_while(|line| line.starts_with(sign)).count()
}

/// Removed lines and the lines that took their place, word by word where they pair up.
fn block(out: &mut Vec<Line>, removed: &[&str], added: &[&str]) {
    let paired = removed.len() == added.len();
    let (mut old, mut new) = (Vec::new(), Vec::new());
    if paired {
        for (before, after) in removed.iter().zip(added) {
            let (before, after) = words(&before[1..], &after[1..]);
            old.push(Line { kind: Kind::Removed, parts: before });
            new.push(Line { kind: Kind::Added, parts: after });
        }
    } else {
        old.extend(removed.iter().map(|line| Line::plain(Kind::Removed, &line[1..])));
        new.extend(added.iter().map(|line| Line::plain(Kind::Added, &line[1..])));
    }
    out.append(&mut old);
    out.append(&mut new);
}

/// Pieces of a line in order, and whether each is marked.
pub(super) type Parts = Vec<(bool, String)>;

/// Two lines as parts that changed and parts that did not.
fn words(before: &str, after: &str) -> (Parts, Parts) {
    let (before_tokens, after_tokens) = (tokens(before), tokens(after));
    let diff = TextDiff::from_slices(&before_tokens, &after_tokens);
    // Where nearly nothing is alike, marking every word says less than marking none.
    let solid = |tokens: &[&str]| tokens.iter().filter(|token| !token.trim().is_empty()).count();
    let alike = diff
        .iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Equal && !change.value().trim().is_empty())
        .count();
    if alike * 3 < solid(&before_tokens).max(solid(&after_tokens)) {
        return (vec![(false, before.to_owned())], vec![(false, after.to_owned())]);
    }
    let (mut old, mut new): (Parts, Parts) = (Vec::new(), Vec::new());
    let add = |parts: &mut Parts, changed: bool, text: &str| match parts.last_mut() {
        Some((same, last)) if *same == changed => last.push_str(text),
        _ => parts.push((changed, text.to_owned())),
    };
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => {
                add(&mut old, false, change.value());
                add(&mut new, false, change.value());
            }
            ChangeTag::Delete => add(&mut old, true, change.value()),
            ChangeTag::Insert => add(&mut new, true, change.value()),
        }
    }
    (old, new)
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
    use super::{tokens, words};

    #[test]
    fn tokens_are_the_line() {
        assert_eq!(tokens("a b_1, über."), ["a", " ", "b_1", ",", " ", "über", "."]);
        assert!(tokens("").is_empty());
    }

    #[test]
    fn one_changed_word_is_one_marked_part() {
        let (old, new) = words("press the red button", "press the green button");
        let marked = |parts: &[(bool, String)]| {
            parts.iter().filter(|(changed, _)| *changed).map(|(_, text)| text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(marked(&old), ["red"]);
        assert_eq!(marked(&new), ["green"]);
    }

    #[test]
    fn a_rewritten_line_is_not_marked_word_by_word() {
        let (old, _) = words("alpha beta gamma delta", "one two three four");
        assert!(old.iter().all(|(changed, _)| !changed));
    }
}
