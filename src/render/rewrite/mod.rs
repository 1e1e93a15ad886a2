//! What the parser does not know, brought into a form it does: admonitions, directives, tabs and includes
//! become lines of their own round Markdown that is moved to where the parser expects it. A source map keeps
//! every position the writer's.
//!
//! A line of ours is an HTML comment; it is known by its offset, so that no document can forge one.

mod splice;

use std::borrow::Cow;
use std::sync::Arc;

use super::admonitions::{self, Construct};
use super::builder::Problem;
use super::includes::{self, Included, Includes};
use super::source_map::SourceMap;
use super::variables;
use super::{Input, Options, blocks, directives, tabs};
use crate::finding::Code;

/// Text grows by this at most by includes, in bytes: a few files that include each other twice would fill
/// any memory.
const MAX_GROWTH: usize = 16 << 20;

/// Includes of one document, at most: files that hold nothing but includes would go on for ever.
const MAX_INCLUDED: usize = 20_000;

/// Constructs nest this deep at most.
const MAX_NESTING: usize = 32;

/// The line that stands for the begin or end of a construct.
const MARK: &str = "<!--kb-->\n";

/// A begin or an end of a construct, at the offset of its line in the parsed text.
#[derive(Debug)]
pub(super) enum Marker {
    /// It begins.
    Open(Construct),
    /// The innermost one ends.
    Close,
}

/// The text the parser gets.
#[derive(Debug)]
pub(super) struct Rewritten<'a> {
    /// The text.
    pub(super) text: Cow<'a, str>,
    /// Where it comes from.
    pub(super) map: SourceMap<'a>,
    /// Lines of ours, by rising offset.
    pub(super) markers: Vec<(usize, Marker)>,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
}

/// Rewrites a document's Markdown where it must be.
pub(super) fn rewrite<'a>(input: Input<'a>, options: &Options) -> Rewritten<'a> {
    let body = input.text.get(input.body_start..).unwrap_or_default();
    let map = SourceMap::identity(input.text, input.body_start);
    if !is_needed(body, &input, options) {
        return Rewritten { text: Cow::Borrowed(body), map, markers: Vec::new(), problems: Vec::new() };
    }
    let mut rewriter = Rewriter {
        options,
        includes: input.includes.filter(|_| options.dialects.includes && includes::any(body)),
        out: String::with_capacity(body.len() + body.len() / 8),
        map,
        markers: Vec::new(),
        problems: Vec::new(),
        open: Vec::new(),
        fence: None,
        in_list: false,
        blank: true,
        column: Column::None,
        options_follow: false,
        chain: Vec::new(),
        included: 0,
        room: body.len().saturating_add(MAX_GROWTH),
        full: false,
        prefix: String::new(),
        floor: 0,
    };
    rewriter.lines(body, 0, input.body_start);
    while !rewriter.open.is_empty() {
        rewriter.close(input.text.len());
    }
    Rewritten {
        text: Cow::Owned(rewriter.out),
        map: rewriter.map,
        markers: rewriter.markers,
        problems: rewriter.problems,
    }
}

/// Whether anything in the text may need it. This is all that most documents pay.
fn is_needed(body: &str, input: &Input<'_>, options: &Options) -> bool {
    let bytes = body.as_bytes();
    if !options.variables.is_empty() && memchr::memmem::find(bytes, b"{{").is_some() {
        return true;
    }
    if options.dialects.directives && memchr::memmem::find(bytes, directives::NO_LOC.as_bytes()).is_some() {
        return true;
    }
    if options.dialects.includes && input.includes.is_some() && includes::any(body) {
        return true;
    }
    let line_marks = |line: &[u8]| {
        let start = line.trim_ascii_start();
        start.starts_with(b"!!!")
            || start.starts_with(b"???")
            || start.starts_with(b":::")
            || start.starts_with(b"=== \"")
            || start.starts_with(b"///")
            || start.starts_with(b"[!code")
            || start.starts_with(b"[!CODE")
            || start.starts_with(b"<") && memchr::memmem::find(start, b" markdown").is_some()
    };
    let mut at = 0;
    // Only lines whose first letter may begin a construct are looked at.
    for newline in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        let line = &bytes[at..newline];
        let first = line.iter().find(|b| **b != b' ' && **b != b'\t');
        if matches!(first, Some(b'!' | b'?' | b':' | b'=' | b'[' | b'<' | b'/')) && line_marks(line) {
            return true;
        }
        at = newline + 1;
    }
    false
}

/// An open construct.
#[derive(Debug)]
enum Open {
    /// Ends before the first line that is indented less than `indent` + 4.
    Indented { indent: usize },
    /// Ends at a line of at least this many colons.
    Colons { colons: usize, indent: usize },
    /// Ends at a line of just as many slashes.
    Slashes { slashes: usize, indent: usize },
}

/// An open code fence: its letter, length.
type Fence = (u8, usize);

/// What may be indented as a whole: a column of DocFX, or what stands in a tag that holds Markdown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    /// None is open.
    None,
    /// Open, its first line is still to come. Where a tag began it: how far that is indented.
    Begun(Option<usize>),
    /// Its first line was indented by so much more than is wanted, and so is all of it.
    Indented(Option<usize>, usize),
}

struct Rewriter<'a, 'o> {
    options: &'o Options,
    includes: Option<&'o dyn Includes>,
    out: String,
    map: SourceMap<'a>,
    markers: Vec<(usize, Marker)>,
    problems: Vec<Problem>,
    open: Vec<Open>,
    fence: Option<Fence>,
    in_list: bool,
    blank: bool,
    column: Column,
    /// Whether options of the block that was opened last may stand in this line.
    options_follow: bool,
    /// The files that are being included.
    chain: Vec<Arc<Included>>,
    /// How many there were.
    included: usize,
    /// How long the text may become.
    room: usize,
    /// It cannot take more, and that was told.
    full: bool,
    /// What stands before each line: the indentation of the include it came by.
    prefix: String,
    /// Constructs that were open before the innermost include: its lines do not end them.
    floor: usize,
}

impl Rewriter<'_, '_> {
    /// Takes the lines of a text that begins at `base` of a file.
    fn lines(&mut self, text: &str, file: usize, base: usize) {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if self.full {
                return;
            }
            if self.out.len() > self.room || self.included > MAX_INCLUDED {
                self.full = true;
                let message = "too much is included: the rest of the document is left out".to_owned();
                let help = "files that include each other multiply; include less";
                return self.problem(Code::BrokenInclude, message, help, (file, base + at));
            }
            self.line(line, file, base + at);
            at += line.len();
        }
    }

    fn line(&mut self, line: &str, file: usize, offset: usize) {
        let content = line.trim_end_matches('\n');
        if content.trim().is_empty() {
            self.copy("\n", file, offset + content.len(), true);
            self.blank = true;
            self.options_follow = false;
            return;
        }
        let (line, offset) = self.leave(line, file, offset);
        let (line, offset) = self.in_column(line, offset);
        let (indent, start) = indentation(line);
        let rest = line[start..].trim_end();
        if self.options_follow && self.option(rest, indent) {
            return;
        }
        if self.fence.is_some() {
            self.track_fence(rest, indent);
            self.put(line, file, offset);
            self.blank = false;
            return;
        }
        self.track_list(rest, indent);
        self.blank = false;
        let code = indent >= 4 && !self.in_list;
        if !code && self.construct(rest, indent, file, offset + start) {
            self.blank = true;
            return;
        }
        self.track_fence(rest, indent);
        self.put(line, file, offset);
    }

    /// Closes what this line is no longer part of, and takes the indentation off that the rest gives it.
    fn leave<'l>(&mut self, line: &'l str, file: usize, offset: usize) -> (&'l str, usize) {
        let mut rest = line;
        let mut depth = self.floor;
        while let Some(open) = self.open.get(depth) {
            if let Open::Indented { indent } = *open {
                let (found, start) = indentation(rest);
                if found < indent + 4 {
                    self.fence = None;
                    while self.open.len() > depth {
                        self.close_at(file, offset);
                    }
                    break;
                }
                // Four columns go; what the marker itself was indented by stays.
                rest = take_columns(rest, start, found - 4);
            }
            depth += 1;
        }
        (rest, offset + line.len() - rest.len())
    }

    fn track_list(&mut self, rest: &str, indent: usize) {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let bullet = rest.starts_with(['-', '*', '+']) && rest[1..].starts_with([' ', '\t']);
        let number = (1..=9).contains(&digits)
            && rest[digits..].starts_with(['.', ')'])
            && rest[digits + 1..].starts_with([' ', '\t']);
        if bullet || number {
            self.in_list = true;
        } else if indent == 0 && self.blank {
            self.in_list = false;
        }
    }

    fn track_fence(&mut self, rest: &str, indent: usize) {
        let Some(&letter @ (b'`' | b'~')) = rest.as_bytes().first() else { return };
        let length = rest.bytes().take_while(|b| *b == letter).count();
        let info = &rest[length..];
        match self.fence {
            None if length >= 3
                && !(letter == b'`' && info.contains('`'))
                && (indent < 4 || self.in_list) =>
            {
                self.fence = Some((letter, length));
            }
            Some((open, least)) if open == letter && length >= least && info.trim().is_empty() => {
                self.fence = None;
            }
            _ => {}
        }
    }

    /// Whether the line was the begin or end of a construct, and was dealt with.
    fn construct(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        let dialects = &self.options.dialects;
        match rest.as_bytes().first() {
            Some(b'!' | b'?') if dialects.admonitions => {
                let Some(construct) = admonitions::begin(rest) else { return false };
                self.begin(construct, Open::Indented { indent }, indent, file, offset)
            }
            Some(b'=') if dialects.tabs => {
                let Some(construct) = tabs::begin(rest) else { return false };
                self.begin(construct, Open::Indented { indent }, indent, file, offset)
            }
            Some(b':') if dialects.directives => self.directive(rest, indent, file, offset),
            Some(b'/') if dialects.admonitions => self.block(rest, indent, file, offset),
            Some(b'[') if dialects.directives => {
                let Some(link) = directives::code(rest) else { return false };
                self.replaced(&link, indent, file, offset);
                true
            }
            Some(b'<') if dialects.admonitions && admonitions::holds_markdown(rest) => {
                // Markdown goes on below a tag that says so (MkDocs), as if an empty line stood there.
                self.indent(indent);
                self.text(rest, file, offset);
                self.out.push_str("\n\n");
                if self.in_list {
                    self.column = Column::Begun(Some(indent));
                }
                true
            }
            _ => false,
        }
    }

    fn begin(&mut self, construct: Construct, open: Open, indent: usize, file: usize, offset: usize) -> bool {
        if self.open.len() >= MAX_NESTING {
            return false;
        }
        self.mark(Marker::Open(construct), indent, file, offset);
        self.open.push(open);
        true
    }

    fn directive(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        use directives::Directive;
        match directives::parse(rest) {
            Some(Directive::Open { colons, construct }) => {
                self.begin(construct, Open::Colons { colons, indent }, indent, file, offset)
            }
            Some(Directive::Close { colons }) => {
                let ends =
                    |open: &Open| matches!(open, Open::Colons { colons: least, .. } if *least <= colons);
                self.end(ends, file, offset)
            }
            Some(Directive::Markdown(text)) => {
                self.replaced(&text, indent, file, offset);
                true
            }
            Some(Directive::Column) => {
                self.column = Column::Begun(None);
                self.copy("\n", file, offset, false);
                true
            }
            Some(Directive::Nothing) => true,
            Some(Directive::ColumnEnd) => {
                if self.column != Column::None {
                    self.column = Column::None;
                    self.copy("\n", file, offset, false);
                }
                true
            }
            None => false,
        }
    }

    fn block(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        match blocks::parse(rest) {
            Some(blocks::Block::Open { slashes, construct }) => {
                self.options_follow =
                    self.begin(construct, Open::Slashes { slashes, indent }, indent, file, offset);
                self.options_follow
            }
            Some(blocks::Block::Close { slashes }) => {
                let ends =
                    |open: &Open| matches!(open, Open::Slashes { slashes: many, .. } if *many == slashes);
                self.end(ends, file, offset)
            }
            None => false,
        }
    }

    /// Whether the line is an option of the block that was opened last; it leads to no text.
    fn option(&mut self, rest: &str, indent: usize) -> bool {
        let deep = matches!(self.open.last(), Some(Open::Slashes { indent: own, .. }) if indent >= own + 4);
        self.options_follow = deep;
        if deep && let Some((_, Marker::Open(construct))) = self.markers.last_mut() {
            blocks::option(construct, rest);
        }
        deep
    }

    /// Ends the innermost construct that a line ends, and what stands in it; `false` where there is none.
    fn end(&mut self, ends: impl Fn(&Open) -> bool, file: usize, offset: usize) -> bool {
        let found = self.open.iter().rposition(ends);
        // An indented construct is a wall: it ends by indentation alone.
        let wall = self.open.iter().rposition(|open| matches!(open, Open::Indented { .. }));
        let inside = |depth: &usize| *depth >= self.floor && wall.is_none_or(|wall| wall < *depth);
        let Some(depth) = found.filter(inside) else { return false };
        while self.open.len() > depth {
            self.close_at(file, offset);
        }
        true
    }

    /// The line without the indentation that everything in its column has.
    fn in_column<'l>(&mut self, line: &'l str, offset: usize) -> (&'l str, usize) {
        let (indent, start) = indentation(line);
        let (tag, common) = match self.column {
            Column::None => return (line, offset),
            Column::Begun(tag) => (tag, indent.saturating_sub(tag.unwrap_or(0))),
            Column::Indented(tag, common) => (tag, common),
        };
        if tag.is_some_and(|tag| indent <= tag) {
            self.column = Column::None;
            return (line, offset);
        }
        self.column = Column::Indented(tag, common);
        let rest = take_columns(line, start, indent.saturating_sub(common));
        (rest, offset + line.len() - rest.len())
    }

    /// Puts Markdown of ours in the place of a line.
    fn replaced(&mut self, text: &str, indent: usize, file: usize, offset: usize) {
        self.map.note(self.out.len(), file, offset, true);
        self.indent(indent);
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn mark(&mut self, marker: Marker, indent: usize, file: usize, offset: usize) {
        self.map.note(self.out.len(), file, offset, true);
        self.indent(indent);
        self.markers.push((self.out.len(), marker));
        self.out.push_str(MARK);
    }

    fn indent(&mut self, indent: usize) {
        self.out.push_str(&self.prefix);
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn close(&mut self, offset: usize) {
        self.close_at(0, offset);
    }

    fn close_at(&mut self, file: usize, offset: usize) {
        let Some(open) = self.open.pop() else { return };
        let indent = match open {
            Open::Indented { indent } | Open::Colons { indent, .. } | Open::Slashes { indent, .. } => indent,
        };
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.mark(Marker::Close, indent, file, offset);
    }

    /// Copies text that begins at `offset` of a file.
    fn copy(&mut self, text: &str, file: usize, offset: usize, as_is: bool) {
        self.map.note(self.out.len(), file, offset, !as_is);
        self.out.push_str(text);
    }

    /// Puts a line of Markdown, includes and variables in it resolved.
    fn put(&mut self, line: &str, file: usize, offset: usize) {
        if self.includes.is_some() && self.include(line, file, offset) {
            return;
        }
        if !self.prefix.is_empty() {
            let prefix = std::mem::take(&mut self.prefix);
            self.copy(&prefix, file, offset, false);
            self.prefix = prefix;
        }
        self.text(line, file, offset);
    }

    /// Copies text, variables in it resolved and marks of translators taken off.
    fn text(&mut self, text: &str, file: usize, offset: usize) {
        let (mut text, mut offset) = (text, offset);
        if self.options.dialects.directives && self.fence.is_none() {
            while let Some((marked, shown)) = directives::unmarked(text) {
                self.copy(&text[..marked.start], file, offset, true);
                self.copy(shown, file, offset + marked.start, false);
                (text, offset) = (&text[marked.end..], offset + marked.end);
            }
        }
        if self.options.variables.is_empty() || !text.contains("{{") {
            self.copy(text, file, offset, true);
        } else {
            self.variables(text, file, offset);
        }
    }

    fn variables(&mut self, line: &str, file: usize, offset: usize) {
        let mut from = 0;
        for place in variables::places(line) {
            match self.options.variables.get(place.name) {
                Some(value) => {
                    self.copy(&line[from..place.start], file, offset + from, true);
                    self.copy(value, file, offset + place.start, false);
                    from = place.end;
                }
                None if self.fence.is_none() => {
                    let message = format!("`{}` is not among the variables: it stays as written", place.name);
                    let at = (file, offset + place.start);
                    self.problem(Code::UnknownVariable, message, "name it in `[variables]`", at);
                }
                None => {}
            }
        }
        self.copy(&line[from..], file, offset + from, true);
    }

    fn problem(&mut self, code: Code, message: String, help: &'static str, (file, offset): (usize, usize)) {
        self.problems.push(Problem { code, message, help, file: Some(file), offset });
    }
}

/// The columns of white space before a line's text, and its bytes.
fn indentation(line: &str) -> (usize, usize) {
    let mut columns = 0;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => return (columns, at),
        }
    }
    (columns, line.len())
}

/// The line with only `keep` columns of white space before its text, as far as whole bytes allow.
fn take_columns(line: &str, start: usize, keep: usize) -> &str {
    let spaces = line.as_bytes()[..start].iter().rev().take_while(|b| **b == b' ').count();
    let from = start - spaces.min(keep);
    &line[from..]
}

#[cfg(test)]
mod tests {
    use super::super::Dialects;
    use super::*;

    #[test]
    fn plain_documents_are_not_touched() {
        let text = "# A\n\ntext!!! ??? a ::: b\n";
        let rewritten = rewrite(Input { text, ..Input::default() }, &Options::default());
        assert!(matches!(rewritten.text, Cow::Borrowed(_)));
    }

    #[test]
    fn positions_stay_the_writers() {
        let text = "a\n\n!!! note\n    x\n\n    y\nz\n";
        let rewritten = rewrite(Input { text, ..Input::default() }, &Options::default());
        for word in ["a", "x", "y", "z"] {
            let at = rewritten.text.find(&format!("{word}\n")).unwrap();
            assert_eq!(rewritten.map.locate(at), (0, text.find(&format!("{word}\n")).unwrap()), "{word}");
        }
        assert_eq!(rewritten.markers.len(), 2);
    }

    #[test]
    fn switched_off_is_left_as_written() {
        let text = "!!! note\n    x\n";
        let options = Options { dialects: Dialects::none(), ..Options::default() };
        assert_eq!(rewrite(Input { text, ..Input::default() }, &options).text, text);
    }

    #[test]
    fn code_is_left_alone() {
        let text = "```\n!!! note\n    x\n```\n\n    !!! note\n        x\n";
        let rewritten = rewrite(Input { text, ..Input::default() }, &Options::default());
        assert_eq!(rewritten.text, text);
        assert!(rewritten.markers.is_empty());
    }
}
