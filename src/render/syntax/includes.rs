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
    parts: OnceLock<Parts>,
}

/// The parts of a file that have names.
#[derive(Debug, Default)]
struct Parts {
    named: HashMap<String, Named>,
    /// Lines that hold nothing but a mark of one, in bytes.
    marks: Vec<(usize, usize)>,
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

    /// What stands between `ANCHOR: name` and `ANCHOR_END: name`, or `--8<-- [start:name]` and `[end:name]`, without the
    /// lines that mark other parts in it, as ranges of bytes.
    fn part(&self, name: &str) -> Option<Vec<(usize, usize)>> {
        let parts = self.parts.get_or_init(|| self.read_parts());
        let (mut from, end) = match parts.named.get(name)? {
            Named { start, end: Some(end) } => (start.unwrap_or(*end), *end),
            Named { start, end: None } => ((*start)?, self.text().len()),
        };
        let mut ranges = Vec::new();
        let first = parts.marks.partition_point(|(start, _)| *start < from);
        for &(start, behind) in parts.marks[first..].iter().take_while(|(start, _)| *start < end) {
            ranges.push((from, start));
            from = behind;
        }
        ranges.push((from, end.max(from)));
        ranges.retain(|(from, to)| from < to);
        Some(ranges)
    }

    fn read_parts(&self) -> Parts {
        let mut parts: HashMap<String, Named> = HashMap::new();
        let mut marks = Vec::new();
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
            let is_mark = ["ANCHOR:", "ANCHOR_END:", "8<-- [start:", "8<-- [end:"]
                .iter()
                .any(|mark| line.contains(mark));
            at += line.len();
            if is_mark {
                marks.push((at - line.len(), at));
            }
            for name in ["ANCHOR:", "[start:"].into_iter().filter_map(name_behind) {
                let part = parts.entry(name).or_default();
                if part.end.is_none() {
                    part.start.get_or_insert(at);
                }
            }
        }
        Parts { named: parts, marks }
    }
}

/// An include in a line.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) struct Place<'l> {
    /// Where it begins.
    pub(in crate::render) start: usize,
    /// Where it ends.
    pub(in crate::render) end: usize,
    /// The file, as written.
    pub(in crate::render) target: &'l str,
    /// Whether `target` is relative to the file the line stands in; else to the document.
    pub(in crate::render) relative_to_file: bool,
    /// Which part of it.
    part: Part<'l>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'l> {
    All,
    /// From line to line, counted from 1 (from the end where it is negative), both inclusive.
    Lines(Vec<(isize, isize)>),
    /// Between comment lines that name it.
    Named(&'l str),
}

/// What every include holds one of.
pub(in crate::render) const MARKS: [&str; 4] = ["[!INCLUDE", "[!include", "{{#", "-8<-"];

/// Whether a text may hold an include.
pub(in crate::render) fn any(text: &str) -> bool {
    MARKS.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// The first include of a line.
pub(in crate::render) fn find(line: &str) -> Option<Place<'_>> {
    // Few lines hold a letter of one.
    memchr::memchr3(b'[', b'{', b'<', line.as_bytes())?;
    docfx(line).or_else(|| mdbook(line)).or_else(|| mkdocs(line))
}

/// Where the sign stands that keeps a line of a code block or text from being an include; it is not shown itself.
/// Outside of code, the parser takes backslashes away.
pub(in crate::render) fn escape(line: &str, in_code: bool) -> Option<usize> {
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
        inner.split_once(':').map_or((inner, Part::All), |(target, part)| (target, part_of(part, true)));
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
    let (target, part) = match quoted.split_once(':') {
        // Those of other hosts are not fetched: none is a file.
        Some((scheme, rest)) if rest.starts_with("//") && !scheme.contains('/') => (quoted, Part::All),
        Some((target, part)) => (target, part_of(part, false)),
        None => (quoted, Part::All),
    };
    let start = line.len() - line.trim_start().len();
    (!target.is_empty()).then(|| Place {
        start,
        end: start + trimmed.len(),
        target,
        relative_to_file: false,
        part,
    })
}

/// `2:10`, `2:`, `:10`, several of them with commas, or a name. A number alone is that line in mdBook; in `MkDocs`, all
/// from it on.
fn part_of(part: &str, alone: bool) -> Part<'_> {
    let number = |text: &str, default: isize| match text.trim() {
        "" => Some(default),
        text => text.parse().ok(),
    };
    let range = |range: &str| {
        let mut numbers = range.split(':');
        let (first, second) = (numbers.next()?, numbers.next());
        let from = number(first, 1)?;
        Some((from, second.map_or(Some(if alone { from } else { -1 }), |second| number(second, -1))?))
    };
    match part.split(',').map(range).collect::<Option<Vec<_>>>() {
        Some(lines) => Part::Lines(lines),
        None if part.contains([':', ',']) => Part::All,
        None => Part::Named(part),
    }
}

impl<'l> Place<'l> {
    /// The whole file, in the place of a line that begins there.
    pub(in crate::render) fn all_of(line: &str, start: usize, target: &'l str) -> Self {
        Self { start, end: line.len(), target, relative_to_file: true, part: Part::All }
    }
}

impl Place<'_> {
    /// The parts of an included file that are meant, as ranges of bytes.
    ///
    /// # Errors
    /// One sentence: it has no such part.
    pub(in crate::render) fn select(&self, file: &Included) -> Result<Vec<(usize, usize)>, String> {
        let (begin, end) = (file.body_start, file.text().len());
        match &self.part {
            Part::All => Ok(vec![(begin, end)]),
            Part::Lines(lines) => {
                let starts = file.lines.starts();
                let first = starts.partition_point(|start| *start < begin);
                // Behind the last line end begins none.
                let count = starts.len() - first - usize::from(file.text().ends_with('\n'));
                let number = |line: isize| match usize::try_from(line) {
                    Ok(line) => line,
                    Err(_) => (count + 1).saturating_sub(line.unsigned_abs()),
                };
                let start = |line: usize| starts.get(first.saturating_add(line)).copied().unwrap_or(end);
                let mut ranges = Vec::with_capacity(lines.len());
                for (from, to) in lines.iter().map(|(from, to)| (number(*from).max(1), number(*to))) {
                    if from > count && count > 0 {
                        return Err(format!("`{}` has no line {from}", file.path()));
                    }
                    let from = start(from - 1);
                    ranges.push((from, start(to).max(from)));
                }
                Ok(ranges)
            }
            Part::Named(name) => {
                file.part(name).ok_or_else(|| format!("`{}` has no part `{name}`", file.path()))
            }
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
            let ranges = place.select(&file)?;
            Ok::<_, String>(
                ranges.into_iter().map(|(start, end)| &file.text()[start..end]).collect::<String>(),
            )
        };
        let part = |line: &str| part(line).unwrap_or_else(|message| message);
        assert_eq!(part("{{#include a:2}}"), "2\n");
        assert_eq!(part("{{#include a:1:2}}"), "1\n2\n");
        assert_eq!(part("{{#include a:6:}}"), "6\n");
        assert_eq!(part("{{#include a::1}}"), "1\n");
        assert_eq!(part("{{#include a:x}}"), "4\n");
        assert_eq!(part("{{#include a:y}}"), "`a` has no part `y`");
        assert_eq!(part("{{#include a:7}}"), "`a` has no line 7");
        assert_eq!(part("--8<-- \"a:5\""), "// ANCHOR_END: x\n6\n");
        assert_eq!(part("--8<-- \"a::1\""), "1\n");
        assert_eq!(part("--8<-- \"a:1:2,6\""), "1\n2\n6\n");
        assert_eq!(part("--8<-- \"a:-1\""), "6\n");
        assert_eq!(part("--8<-- \"a:x\""), "4\n");
    }

    #[test]
    fn parts_lose_the_marks_of_others() {
        let text = "# --8<-- [start:a]\n1\n# --8<-- [start:b]\n2\n# --8<-- [end:b]\n# --8<-- [end:a]\n";
        let file = Included::new("a".to_owned(), text.to_owned(), 0);
        let part =
            |name| file.part(name).unwrap().iter().map(|(from, to)| &text[*from..*to]).collect::<String>();
        assert_eq!((part("a"), part("b")), ("1\n2\n".to_owned(), "2\n".to_owned()));
        assert_eq!(
            find("--8<-- \"https://a.example/b.md\"").map(|place| place.target),
            Some("https://a.example/b.md")
        );
    }
}
