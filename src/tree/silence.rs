//! `<!-- kb-publish-ignore code -->`, or `{/* … */}` in MDX: which findings a text silences, and on which lines. Pure.

use std::collections::HashMap;

use camino::Utf8PathBuf;

use crate::finding::{Code, Finding, Position};

/// What a comment of ours begins with.
const MARK: &str = "kb-publish-ignore";

/// How comments begin and end, in HTML and in MDX.
const COMMENTS: [(&str, &str); 2] = [("<!--", "-->"), ("{/*", "*/}")];

/// Findings of one code on some lines of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Silence {
    code: Code,
    /// The comment's line.
    from: u32,
    /// The last line of the block behind it.
    to: u32,
}

/// What comments silence, by file as reports show it, ordered by line: a later comment's block ends no earlier.
#[derive(Debug, Default)]
pub(crate) struct Silences(HashMap<Utf8PathBuf, HashMap<Code, Vec<Silence>>>);

impl Silences {
    /// Takes what one file says. A file that several documents include says the same each time.
    pub(super) fn add(&mut self, path: Utf8PathBuf, silences: Vec<Silence>) {
        self.0.entry(path).or_insert_with(|| {
            let mut by_code: HashMap<Code, Vec<Silence>> = HashMap::new();
            for silence in silences {
                by_code.entry(silence.code).or_default().push(silence);
            }
            by_code
        });
    }

    /// Whether a finding is not to be told.
    pub(super) fn cover(&self, finding: &Finding) -> bool {
        let (Some(path), Some(at)) = (finding.path.as_deref(), finding.position) else { return false };
        let Some(silences) = self.0.get(path).and_then(|codes| codes.get(&finding.code)) else {
            return false;
        };
        let after = silences.partition_point(|silence| silence.from <= at.line);
        after.checked_sub(1).and_then(|last| silences.get(last)).is_some_and(|last| at.line <= last.to)
    }
}

/// Whether a finding of this code can be silenced: not what keeps a document from being published.
const fn can_be_silenced(code: Code) -> bool {
    code.may_be_lowered() && !matches!(code, Code::TitleTooLong | Code::UnknownIgnore)
}

/// What the comments of a text silence: findings on their own line and in the block that follows, up to the next
/// empty line. Comments in fenced code are text. Also what is wrong with them, without a path.
pub(super) fn silences(text: &str) -> (Vec<Silence>, Vec<Finding>) {
    let (mut silences, mut findings) = (Vec::new(), Vec::new());
    if memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_none() {
        return (silences, findings);
    }
    let mut blocks = Blocks { lines: text.lines().collect(), last: None };
    let mut fence: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        if let Some(open) = fence {
            if line.trim().starts_with(open) && line.trim().trim_start_matches(&open[..1]).is_empty() {
                fence = None;
            }
            continue;
        }
        fence = fence_of(line);
        for (column, names) in comments(line) {
            let from = line_number(number);
            let to = line_number(blocks.end(number));
            let mut words = names.split([' ', ',', '\t']).filter(|word| !word.is_empty()).peekable();
            let mut told = words.peek().is_none().then(|| "the comment names no finding code".to_owned());
            for word in words {
                match word.parse::<Code>() {
                    Ok(code) if can_be_silenced(code) => silences.push(Silence { code, from, to }),
                    Ok(code) => told = Some(format!("`{code}` cannot be silenced")),
                    Err(()) => told = Some(format!("`{word}` is no finding code")),
                }
            }
            if let Some(message) = told {
                let position = Position { line: from, column };
                let excerpt = crate::text::excerpt(line, Position { line: 1, column });
                findings.push(Finding {
                    position: Some(position),
                    excerpt: excerpt.map(Into::into),
                    ..Finding::new(Code::UnknownIgnore, message)
                        .help("write `<!-- kb-publish-ignore CODE -->` with codes as findings show them")
                });
            }
        }
    }
    (silences, findings)
}

/// The comments of ours on a line: their column, and what they name.
fn comments(line: &str) -> Vec<(u32, &str)> {
    let mut found = Vec::new();
    let (mut rest, mut column) = (line, 1);
    let first = |rest: &str| {
        let at = |(begin, end)| Some((rest.find(begin)?, begin, end));
        COMMENTS.into_iter().filter_map(at).min()
    };
    while let Some((at, begin, end)) = first(rest) {
        let (before, behind) = (&rest[..at], &rest[at + begin.len()..]);
        column += before.chars().count();
        let (inside, after) = behind.split_once(end).unwrap_or((behind, ""));
        if let Some(names) = inside.trim().strip_prefix(MARK)
            && (names.is_empty() || names.starts_with([' ', '\t']))
        {
            found.push((u32::try_from(column).unwrap_or(u32::MAX), names));
        }
        column += rest[before.len()..rest.len() - after.len()].chars().count();
        rest = after;
    }
    found
}

/// Whether nothing but a comment stands on a line.
fn is_comment(line: &str) -> bool {
    let line = line.trim();
    COMMENTS.iter().any(|(begin, end)| line.starts_with(begin) && line.ends_with(end))
}

/// Where blocks end, each looked for once.
struct Blocks<'t> {
    lines: Vec<&'t str>,
    /// The line of the last comment, and the last line it covers.
    last: Option<(usize, usize)>,
}

impl Blocks<'_> {
    /// The index of the last line that a comment on this line covers: of its own block, or, where it stands alone, of
    /// the next.
    fn end(&mut self, comment: usize) -> usize {
        let alone = self.lines.get(comment).is_some_and(|line| is_comment(line));
        if let Some((from, end)) = self.last
            && from <= comment
            && (comment < end || comment == end && !alone)
        {
            return end;
        }
        let ahead = self.lines.iter().skip(comment + 1);
        let next = ahead.clone().position(|line| !line.trim().is_empty() && !is_comment(line));
        let bottom = self.lines.len().saturating_sub(1);
        let end = match next {
            None if alone => bottom,
            Some(next) if alone => self.block_end(comment + 1 + next),
            _ => self.block_end(comment),
        };
        self.last = Some((comment, end));
        end
    }

    /// The last line of the block that begins on this one.
    fn block_end(&self, first: usize) -> usize {
        let fence = self.lines.get(first).and_then(|line| fence_of(line));
        let ends = |line: &str| match fence {
            Some(fence) => line.trim().starts_with(fence),
            None => line.trim().is_empty(),
        };
        match self.lines.iter().skip(first + 1).position(|line| ends(line)) {
            Some(ahead) => first + ahead + usize::from(fence.is_some()),
            None => self.lines.len().saturating_sub(1),
        }
    }
}

/// The letters that open a code fence on this line.
fn fence_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let letter = line.chars().next().filter(|letter| matches!(letter, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(letter).len();
    (length >= 3 && !(letter == '`' && line[length..].contains('`'))).then(|| &line[..length])
}

fn line_number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(Code, u32, u32)> {
        silences(text).0.iter().map(|silence| (silence.code, silence.from, silence.to)).collect()
    }

    #[test]
    fn a_comment_covers_the_next_block() {
        use Code::{BrokenLink as Link, MissingAlt as Alt};
        assert_eq!(lines("a\n\n<!-- kb-publish-ignore broken-link -->\n\nb\nc\n\nd\n"), [(Link, 3, 6)]);
        assert_eq!(
            lines("<!--kb-publish-ignore missing-alt, broken-link-->\nb\n"),
            [(Alt, 1, 2), (Link, 1, 2)]
        );
        assert_eq!(lines("x <!-- kb-publish-ignore missing-alt -->\ny\n\nz"), [(Alt, 1, 2)]);
        assert_eq!(lines("{/* kb-publish-ignore missing-alt */}\na\n\nb"), [(Alt, 1, 2)]);
        let code = "<!-- kb-publish-ignore missing-alt -->\n```\na\n\nb\n```\nc\n";
        assert_eq!(lines(code), [(Alt, 1, 6)], "a code block with empty lines in it");
        assert_eq!(lines("<!-- kb-publish-ignore missing-alt -->"), [(Alt, 1, 1)]);
        let three =
            "ä <!-- a --> <!-- kb-publish-ignore missing-alt --> x <!-- kb-publish-ignore broken-link";
        assert_eq!(lines(three), [(Alt, 1, 1), (Link, 1, 1)]);
        let two =
            "<!-- kb-publish-ignore missing-alt -->\n<!-- kb-publish-ignore broken-link -->\n~~~\n\n~~~\nx\n";
        assert_eq!(lines(two), [(Alt, 1, 5), (Link, 2, 5)], "both are about the code");
    }

    #[test]
    fn what_is_no_comment_of_ours_is_left_alone() {
        for text in [
            "kb-publish-ignore missing-alt\n",
            "<!-- kb-publish-ignored missing-alt -->\n",
            "```html\n<!-- kb-publish-ignore missing-alt -->\n```\n",
        ] {
            let (silences, findings) = silences(text);
            assert!(silences.is_empty() && findings.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_silenced_is_told() {
        for (text, message) in [
            ("a <!-- kb-publish-ignore mising-alt -->", "`mising-alt` is no finding code"),
            ("a <!-- kb-publish-ignore -->", "the comment names no finding code"),
            ("a <!-- kb-publish-ignore duplicate-id -->", "`duplicate-id` cannot be silenced"),
        ] {
            let findings = silences(text).1;
            assert_eq!((findings.len(), &*findings[0].message), (1, message));
            assert_eq!(findings[0].position, Some(Position { line: 1, column: 3 }));
        }
    }
}
