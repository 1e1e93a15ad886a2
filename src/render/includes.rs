//! Snippets: one file's text inside another. Rendering reads no files: whoever calls it hands in a reader.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::text::Lines;

/// Reads included files for the renderer.
pub trait Includes: fmt::Debug + Sync {
    /// The text of `target` as written, relative to the file `from` (a path that an earlier answer gave), or
    /// to the document itself.
    ///
    /// # Errors
    /// One sentence that names the target: not there, outside the source root, not text.
    fn read(&self, from: Option<&str>, target: &str) -> Result<Arc<Included>, String>;
}

/// An included file. What is included often is read and taken apart once.
#[derive(Debug)]
pub struct Included {
    path: String,
    lines: Lines<'static>,
    body_start: usize,
    parts: OnceLock<HashMap<String, Named>>,
}

/// A part of a file between two comment lines.
#[derive(Debug, Default)]
struct Named {
    /// Where the line behind its first mark begins.
    start: Option<usize>,
    /// Where the line of its last mark begins.
    end: Option<usize>,
}

impl Included {
    /// A file by its path below the source root, `/`-separated: loops are told by it, and findings name it. `text` is
    /// all of it, LF line ends, no BOM; its content begins at this byte, behind front matter.
    pub fn new(path: String, text: String, body_start: usize) -> Self {
        Self { path, lines: Lines::new(text), body_start, parts: OnceLock::new() }
    }

    /// Its path below the source root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// All of it.
    pub fn text(&self) -> &str {
        self.lines.text()
    }

    /// Its lines.
    pub(crate) const fn lines(&self) -> &Lines<'static> {
        &self.lines
    }

    /// What stands between `ANCHOR: name` and `ANCHOR_END: name`, or `--8<-- [start:name]` and `[end:name]`.
    fn part(&self, name: &str) -> Option<&Named> {
        self.parts.get_or_init(|| self.read_parts()).get(name)
    }

    fn read_parts(&self) -> HashMap<String, Named> {
        let mut parts: HashMap<String, Named> = HashMap::new();
        let mut at = self.body_start;
        for line in self.text()[at..].split_inclusive('\n') {
            let name_behind = |mark: &str| {
                let rest = line.split_once(mark)?.1.trim_start();
                let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')));
                Some(rest[..end.unwrap_or(rest.len())].to_owned())
            };
            for name in ["ANCHOR_END:", "[end:"].into_iter().filter_map(name_behind) {
                parts.entry(name).or_default().end.get_or_insert(at);
            }
            at += line.len();
            for name in ["ANCHOR:", "[start:"].into_iter().filter_map(name_behind) {
                let part = parts.entry(name).or_default();
                if part.end.is_none() {
                    part.start.get_or_insert(at);
                }
            }
        }
        parts
    }
}

/// An include in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'l> {
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// The file, as written.
    pub(super) target: &'l str,
    /// Whether `target` is relative to the file the line stands in; else to the document.
    pub(super) relative_to_file: bool,
    /// Which part of it.
    part: Part<'l>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'l> {
    All,
    /// From line to line, counted from 1, both inclusive.
    Lines(usize, usize),
    /// Between comment lines that name it.
    Named(&'l str),
}

/// What every include holds one of.
pub(super) const MARKS: [&str; 4] = ["[!INCLUDE", "[!include", "{{#", "-8<-"];

/// Whether a text may hold an include.
pub(super) fn any(text: &str) -> bool {
    MARKS.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// The first include of a line.
pub(super) fn find(line: &str) -> Option<Place<'_>> {
    // Few lines hold a letter of one.
    memchr::memchr3(b'[', b'{', b'<', line.as_bytes())?;
    docfx(line).or_else(|| mdbook(line)).or_else(|| mkdocs(line))
}

/// Where the sign stands that keeps a line of a code block or text from being an include; it is not shown itself.
/// Outside of code, the parser takes backslashes away.
pub(super) fn escape(line: &str, in_code: bool) -> Option<usize> {
    let start = line.len() - line.trim_start().len();
    if line[start..].starts_with(";--8<--") {
        return Some(start);
    }
    let at = memchr::memmem::find(line.as_bytes(), b"\\{{#").filter(|_| in_code)?;
    mdbook(&line[at + 1..]).map(|_| at)
}

/// `[!INCLUDE [title](path)]`.
fn docfx(line: &str) -> Option<Place<'_>> {
    let start = line.find("[!INCLUDE").or_else(|| line.find("[!include"))?;
    let rest = line[start + 9..].strip_prefix('+').unwrap_or(&line[start + 9..]).trim_start();
    let (_, rest) = rest.strip_prefix('[')?.split_once("](")?;
    let (target, tail) = rest.split_once(')')?;
    let tail = tail.trim_start().strip_prefix(']')?;
    let target = target.trim().trim_start_matches("~/");
    let target = target.split(['?', '#']).next().unwrap_or(target);
    (!target.is_empty()).then(|| Place {
        start,
        end: line.len() - tail.len(),
        target,
        relative_to_file: true,
        part: Part::All,
    })
}

/// `{{#include path}}`, `{{#include path:2:10}}`, `{{#include path:name}}`.
fn mdbook(line: &str) -> Option<Place<'_>> {
    let start = line.find("{{#")?;
    // A backslash before it keeps it as text.
    if line[..start].ends_with('\\') {
        return None;
    }
    let rest = &line[start + 3..];
    let rest = rest.strip_prefix("include ").or_else(|| rest.strip_prefix("rustdoc_include "))?;
    let (inner, tail) = rest.split_once("}}")?;
    let inner = inner.trim();
    let (target, part) =
        inner.split_once(':').map_or((inner, Part::All), |(target, part)| (target, lines(part)));
    (!target.is_empty()).then(|| Place {
        start,
        end: line.len() - tail.len(),
        target,
        relative_to_file: true,
        part,
    })
}

/// `--8<-- "path"`, `--8<-- "path:2:10"`, `--8<-- "path:name"`.
fn mkdocs(line: &str) -> Option<Place<'_>> {
    let trimmed = line.trim();
    let dashes = trimmed.bytes().take_while(|b| *b == b'-').count();
    let rest = trimmed[dashes..].strip_prefix("8<")?;
    let after = rest.bytes().take_while(|b| *b == b'-').count();
    if dashes == 0 || after == 0 {
        return None;
    }
    let quoted = rest[after..].trim().strip_prefix('"')?.strip_suffix('"')?;
    let (target, part) =
        quoted.split_once(':').map_or((quoted, Part::All), |(target, part)| (target, lines(part)));
    let start = line.len() - line.trim_start().len();
    (!target.is_empty()).then(|| Place {
        start,
        end: start + trimmed.len(),
        target,
        relative_to_file: false,
        part,
    })
}

fn lines(part: &str) -> Part<'_> {
    let mut numbers = part.splitn(2, ':');
    let first = numbers.next().unwrap_or_default();
    let second = numbers.next();
    let number = |text: &str, default: usize| {
        if text.is_empty() { Some(default) } else { text.parse().ok() }
    };
    match (number(first, 1), second) {
        (Some(line), None) if !first.is_empty() => Part::Lines(line, line),
        (Some(from), Some(second)) => {
            number(second, usize::MAX).map_or(Part::All, |to| Part::Lines(from, to))
        }
        (None, None) => Part::Named(first),
        _ => Part::All,
    }
}

impl<'l> Place<'l> {
    /// The whole file, in the place of a line that begins there.
    pub(super) fn all_of(line: &str, start: usize, target: &'l str) -> Self {
        Self { start, end: line.len(), target, relative_to_file: true, part: Part::All }
    }
}

impl Place<'_> {
    /// The part of an included file that is meant, as a range of bytes.
    pub(super) fn select(&self, file: &Included) -> (usize, usize) {
        let (begin, end) = (file.body_start, file.text().len());
        match self.part {
            Part::All => (begin, end),
            Part::Lines(from, to) => {
                let starts = file.lines.starts();
                let first = starts.partition_point(|start| *start < begin);
                let start = |line: usize| starts.get(first.saturating_add(line)).copied().unwrap_or(end);
                let from = start(from.saturating_sub(1));
                (from, start(to).max(from))
            }
            Part::Named(name) => match file.part(name) {
                Some(Named { start, end: Some(end) }) => (start.unwrap_or(*end), *end),
                Some(Named { start: Some(start), end: None }) => (*start, end),
                _ => (begin, begin),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_found() {
        let target = |line| find(line).map(|place| (place.target, &line[place.start..place.end]));
        assert_eq!(
            target("see [!INCLUDE [a b](../x.md)] now"),
            Some(("../x.md", "[!INCLUDE [a b](../x.md)]"))
        );
        assert_eq!(target("{{#include a.rs:2:3}}"), Some(("a.rs", "{{#include a.rs:2:3}}")));
        assert_eq!(target("  --8<-- \"a/b.md\"\n"), Some(("a/b.md", "--8<-- \"a/b.md\"")));
        for prose in ["[!INCLUDE]", "{{include a}}", "\\{{#include a}}", "8<-- \"a\"", "[!INCLUDE [x]]"] {
            assert_eq!(target(prose), None, "{prose}");
        }
    }

    #[test]
    fn parts_are_cut_out() {
        let text = "1\n2\n// ANCHOR: x\n4\n// ANCHOR_END: x\n6\n";
        let part = |line: &str| {
            let place = find(line).unwrap();
            let file = Included::new("a".to_owned(), format!("---\nx\n---\n{text}"), 10);
            let (start, end) = place.select(&file);
            file.text()[start..end].to_owned()
        };
        assert_eq!(part("{{#include a:2}}"), "2\n");
        assert_eq!(part("{{#include a:1:2}}"), "1\n2\n");
        assert_eq!(part("{{#include a:6:}}"), "6\n");
        assert_eq!(part("{{#include a::1}}"), "1\n");
        assert_eq!(part("{{#include a:x}}"), "4\n");
        assert_eq!(part("{{#include a:y}}"), "");
    }
}
