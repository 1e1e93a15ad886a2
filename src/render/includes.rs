//! Snippets: one file's text inside another. Rendering reads no files: whoever calls it hands in a reader.

use std::fmt;

/// Reads included files for the renderer.
pub trait Includes: fmt::Debug + Sync {
    /// The text of `target` as written, relative to the file `from` (a path that an earlier answer gave), or
    /// to the document itself.
    ///
    /// # Errors
    /// One sentence that names the target: not there, outside the source root, not text.
    fn read(&self, from: Option<&str>, target: &str) -> Result<Included, String>;
}

/// An included file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its path below the source root, `/`-separated: loops are told by it, and findings name it.
    pub path: String,
    /// All of it, LF line ends, no BOM.
    pub text: String,
    /// Where its content begins behind front matter, in bytes.
    pub body_start: usize,
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

/// Whether a text may hold an include.
pub(super) fn any(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memmem::find(bytes, b"[!INCLUDE").is_some()
        || memchr::memmem::find(bytes, b"[!include").is_some()
        || memchr::memmem::find(bytes, b"{{#").is_some()
        || memchr::memmem::find(bytes, b"-8<-").is_some()
}

/// The first include of a line.
pub(super) fn find(line: &str) -> Option<Place<'_>> {
    docfx(line).or_else(|| mdbook(line)).or_else(|| mkdocs(line))
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

impl Place<'_> {
    /// The part of an included text that is meant, as a range of bytes.
    pub(super) fn select(&self, text: &str) -> (usize, usize) {
        match self.part {
            Part::All => (0, text.len()),
            Part::Lines(from, to) => {
                let mut starts =
                    std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
                let start = starts.nth(from.saturating_sub(1)).unwrap_or(text.len());
                let end = starts.nth(to.saturating_sub(from.max(1))).unwrap_or(text.len());
                (start, end.max(start))
            }
            Part::Named(name) => named(text, name),
        }
    }
}

/// What stands between `ANCHOR: name` and `ANCHOR_END: name`, or `--8<-- [start:name]` and `[end:name]`.
fn named(text: &str, name: &str) -> (usize, usize) {
    let (mut start, mut at) = (None, 0);
    for line in text.split_inclusive('\n') {
        let is = |mark: &str, after: &str| {
            line.split_once(mark).is_some_and(|(_, rest)| {
                rest.trim_start().strip_prefix(name).is_some_and(|rest| {
                    rest.starts_with(after)
                        || rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_')
                })
            })
        };
        if is("ANCHOR_END:", "\n") || is("[end:", "]") {
            return (start.unwrap_or(at), at);
        }
        if start.is_none() && (is("ANCHOR:", "\n") || is("[start:", "]")) {
            start = Some(at + line.len());
        }
        at += line.len();
    }
    start.map_or((0, 0), |start| (start, text.len()))
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
            let (start, end) = place.select(text);
            text[start..end].to_owned()
        };
        assert_eq!(part("{{#include a:2}}"), "2\n");
        assert_eq!(part("{{#include a:1:2}}"), "1\n2\n");
        assert_eq!(part("{{#include a:6:}}"), "6\n");
        assert_eq!(part("{{#include a::1}}"), "1\n");
        assert_eq!(part("{{#include a:x}}"), "4\n");
        assert_eq!(part("{{#include a:y}}"), "");
    }
}
