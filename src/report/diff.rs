//! How a unified diff looks at a terminal: changed words inside changed lines stand out.

use similar::{ChangeTag, TextDiff};

use super::style::{self, Ink};

/// A unified diff in colour. Every line keeps its `-`, `+` or space, so it reads without.
pub(super) fn colored(diff: &str) -> String {
    let lines: Vec<&str> = diff.lines().collect();
    let mut out = String::with_capacity(diff.len() * 2);
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if line.starts_with('-') && !line.starts_with("---") {
            let removed = run_of(&lines[at..], '-');
            let added = run_of(&lines[at + removed..], '+');
            block(&mut out, &lines[at..at + removed], &lines[at + removed..at + removed + added]);
            at += removed + added;
            continue;
        }
        let painted = match line.as_bytes().first() {
            Some(b'+') if !line.starts_with("+++") => style::GOOD.paint(line),
            Some(b'@') => style::HINT.paint(line),
            Some(b'+' | b'-') => style::FAINT.paint(line),
            _ => line.to_owned(),
        };
        out.push_str(&painted);
        out.push('\n');
        at += 1;
    }
    out
}

fn run_of(lines: &[&str], sign: char) -> usize {
    let header: String = std::iter::repeat_n(sign, 3).collect();
    lines.iter().take_while(|line| line.starts_with(sign) && !line.starts_with(&header)).count()
}

/// Removed lines and the lines that took their place, word by word where they pair up.
fn block(out: &mut String, removed: &[&str], added: &[&str]) {
    let paired = removed.len() == added.len();
    let (mut old, mut new) = (String::new(), String::new());
    for index in 0..removed.len().max(added.len()) {
        match (removed.get(index), added.get(index)) {
            (Some(before), Some(after)) if paired => {
                let (before, after) = words(&before[1..], &after[1..]);
                push(&mut old, '-', &before, style::GONE);
                push(&mut new, '+', &after, style::GOOD);
            }
            (before, after) => {
                if let Some(before) = before {
                    push(&mut old, '-', &[(false, before[1..].to_owned())], style::GONE);
                }
                if let Some(after) = after {
                    push(&mut new, '+', &[(false, after[1..].to_owned())], style::GOOD);
                }
            }
        }
    }
    out.push_str(&old);
    out.push_str(&new);
}

fn push(out: &mut String, sign: char, parts: &[(bool, String)], ink: Ink) {
    out.push_str(&ink.paint(&sign.to_string()));
    for (changed, part) in parts {
        out.push_str(&if *changed { ink.reversed().paint(part) } else { ink.paint(part) });
    }
    out.push('\n');
}

type Parts = Vec<(bool, String)>;

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
