//! Lines one by one: which blocks they are part of, and whether they are code.
//!
//! Must not know: how a construct is written.

use std::collections::HashMap;
use std::sync::Arc;

use super::components::{Ends, Lines, MDX_COMMENT_END};
use super::constructs::COLON_FENCE;
use super::{Alone, Marker, Rewritten};
use crate::finding::Code;
use crate::render::options::Options;
use crate::render::problem::Problem;
use crate::render::source_map::SourceMap;
use crate::render::syntax::abbreviations::Definition;
use crate::render::syntax::components::{LONGEST, Says};
use crate::render::syntax::includes::{Included, Includes};
use crate::render::syntax::{comments, gitbook, myst};

/// Text grows by this at most by includes, in bytes: a few files that include each other twice would fill
/// any memory.
const MAX_GROWTH: usize = 16 << 20;

/// Includes of one document, at most: files that hold nothing but includes would go on for ever.
const MAX_INCLUDED: usize = 20_000;

/// An open construct.
#[derive(Debug)]
pub(super) enum Open {
    /// Ends before the first line that is indented less than `indent` + 4.
    Indented { indent: usize },
    /// Ends at a line of at least this many colons.
    Colons { colons: usize, indent: usize },
    /// Ends at a line of just as many slashes.
    Slashes { slashes: usize, indent: usize },
    /// Ends at a fence of this letter that is at least as long.
    Fenced { letter: u8, length: usize, indent: usize },
    /// Ends at the tag of GitBook of this name.
    Tag { end: &'static str, indent: usize },
    /// Ends at the end tag of this component; all in it is indented by so much more than its tag.
    Component { name: Box<str>, indent: usize, inner: Option<usize>, says: Says },
}

/// An open code fence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fence {
    /// A backtick, a tilde, or a colon or a percent sign (a tag), for which tildes go out.
    pub(super) letter: u8,
    pub(super) length: usize,
    pub(super) indent: usize,
    /// Where the content of the list's item begins that it stands in, in columns: what is indented less ends both.
    within: usize,
}

impl Fence {
    /// The line that ends it in what goes out.
    pub(super) fn end(self) -> String {
        match self.letter {
            b':' | b'%' => COLON_FENCE.to_owned(),
            letter => char::from(letter).to_string().repeat(self.length),
        }
    }
}

/// What may be indented as a whole: a column of DocFX, or what stands in a tag that holds Markdown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// None is open.
    None,
    /// Open, its first line is still to come. Where a tag began it: how far that is indented.
    Begun(Option<usize>),
    /// Its first line was indented by so much more than is wanted, and so is all of it.
    Indented(Option<usize>, usize),
}

/// Takes a text line by line and writes the one that the parser gets.
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub(super) struct Rewriter<'a, 'o> {
    pub(super) options: &'o Options,
    pub(super) alone: &'o Alone,
    pub(super) includes: Option<&'o dyn Includes>,
    pub(super) out: String,
    pub(super) map: SourceMap<'a>,
    pub(super) markers: Vec<(usize, Marker)>,
    pub(super) problems: Vec<Problem>,
    pub(super) open: Vec<Open>,
    pub(super) fence: Option<Fence>,
    /// What ends the raw HTML that holds empty lines and no Markdown: a comment, `pre` or a script.
    pub(super) verbatim: Option<&'static str>,
    /// Whether raw HTML may go on up to an empty line.
    pub(super) html: bool,
    /// The document, and where it begins in its file.
    pub(super) body: &'a str,
    pub(super) body_start: usize,
    /// Where the last end of each kind stands in it.
    pub(super) ends: Ends,
    pub(super) in_list: bool,
    /// Where the content of each open item of a list begins, in columns, rising.
    items: Vec<usize>,
    pub(super) blank: bool,
    pub(super) column: Column,
    /// The files that are being included.
    pub(super) chain: Vec<Arc<Included>>,
    /// How many there were.
    pub(super) included: usize,
    /// How long the text may become.
    pub(super) room: usize,
    /// It cannot take more, and that was told.
    pub(super) full: bool,
    /// What stands before each line: the indentation of the include it came by.
    pub(super) prefix: String,
    /// Constructs that were open before the innermost include: its lines do not end them.
    pub(super) floor: usize,
    /// Whether options of what was opened last may stand in this line.
    pub(super) options_follow: bool,
    /// Whether they stand between lines of dashes, and the second one is still to come.
    pub(super) in_options: bool,
    /// The image whose options may follow.
    pub(super) image: Option<myst::Image>,
    /// The title of the code block that comes next.
    pub(super) code_title: Option<String>,
    /// Abbreviations so far.
    pub(super) abbreviations: Vec<Definition>,
    /// Whether anything was imported or exported so far.
    pub(super) modules: bool,
    /// Markdown files and pictures that were imported, by their names.
    pub(super) imports: HashMap<Box<str>, Box<str>>,
}

impl<'a, 'o> Rewriter<'a, 'o> {
    /// For a text of this map.
    pub(super) fn new(
        body: &'a str,
        body_start: usize,
        map: SourceMap<'a>,
        includes: Option<&'o dyn Includes>,
        options: &'o Options,
        alone: &'o Alone,
    ) -> Self {
        Self {
            options,
            alone,
            includes,
            out: String::with_capacity(body.len() + body.len() / 8),
            map,
            markers: Vec::new(),
            problems: Vec::new(),
            open: Vec::new(),
            fence: None,
            verbatim: None,
            html: false,
            body,
            body_start,
            ends: Ends::new(),
            in_list: false,
            items: Vec::new(),
            blank: true,
            column: Column::None,
            chain: Vec::new(),
            included: 0,
            room: body.len().saturating_add(MAX_GROWTH),
            full: false,
            prefix: String::new(),
            floor: 0,
            options_follow: false,
            in_options: false,
            image: None,
            code_title: None,
            abbreviations: Vec::new(),
            modules: false,
            imports: HashMap::new(),
        }
    }

    /// Closes what is still open at the end of the document, which is at `offset`.
    pub(super) fn finish(mut self, offset: usize) -> Rewritten<'a> {
        self.tell_unended();
        while !self.open.is_empty() {
            self.close_at(0, offset);
        }
        Rewritten {
            text: self.out.into(),
            map: self.map,
            markers: self.markers,
            abbreviations: self.abbreviations,
            modules: self.modules,
            problems: self.problems,
        }
    }
}

impl Rewriter<'_, '_> {
    /// Takes the lines of a text that begins at `base` of a file.
    pub(super) fn lines(&mut self, text: &str, file: usize, base: usize) {
        let (mut at, mut joined_to, mut unended_to) = (0, 0, 0);
        let components = self.options.dialects.directives;
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
            if at < joined_to {
                at += line.len();
                continue;
            }
            if (self.blank || at == 0)
                && let Some(length) = self.module(&text[at..])
            {
                joined_to = at + length;
                at += line.len();
                continue;
            }
            let tag =
                if components && at >= unended_to { self.lines_of_tag(&text[at..]) } else { Lines::One };
            match tag {
                Lines::Joined(lines) => {
                    joined_to = at + lines.len();
                    self.line(&lines, file, base + at);
                }
                Lines::Unended => {
                    // Each byte is looked at once: what follows in its reach is not tried.
                    unended_to = at + LONGEST;
                    self.line(line, file, base + at);
                }
                Lines::One => self.line(line, file, base + at),
            }
            at += line.len();
        }
    }

    pub(super) fn line(&mut self, line: &str, file: usize, offset: usize) {
        let content = line.trim_end_matches('\n');
        if content.trim().is_empty() {
            self.put_image();
            self.copy("\n", file, offset + content.len(), true);
            self.blank = true;
            self.html = false;
            self.options_follow = false;
            return;
        }
        let (line, offset) = self.leave(line, file, offset);
        let (line, offset) = self.in_column(line, offset);
        let (indent, start) = indentation(line);
        let rest = line[start..].trim_end();
        if self.options_follow && self.option(rest, indent, file, offset) {
            return;
        }
        self.put_image();
        if let Some(end) = self.verbatim {
            if !matches!(end, MDX_COMMENT_END | comments::COMMENT) {
                self.put(line, file, offset);
            }
            if holds(rest, end) {
                self.verbatim = None;
            }
            self.blank = false;
            return;
        }
        self.fence = self.fence.filter(|fence| indent >= fence.within);
        if self.fence.is_some() {
            let colons = self.fence.filter(|fence| matches!(fence.letter, b':' | b'%'));
            self.track_fence(rest, indent);
            match colons.filter(|_| self.fence.is_none()) {
                Some(fence) => self.replaced(&fence.end(), indent, file, offset),
                None => self.put(line, file, offset),
            }
            self.blank = false;
            return;
        }
        let (inner, column) = self.track_list(rest, indent);
        self.blank = false;
        let code = indent >= self.around(indent) + 4;
        if !code && self.construct(rest, indent, file, offset + start) {
            self.blank = true;
            return;
        }
        if !code {
            self.track_fence(inner, column);
        }
        if !code && rest.starts_with('<') {
            self.html = true;
            self.verbatim = verbatim(rest);
        }
        let begun = self.fence.is_some();
        let title = self.code_title.take_if(|_| begun);
        match title.or_else(|| begun.then(|| self.title_in_group(rest)).flatten()) {
            Some(title) => self.replaced(&format!("{rest} title=\"{title}\""), indent, file, offset),
            None => self.put(line, file, offset),
        }
    }

    /// Closes what this line is no longer part of, and takes the indentation off that the rest gives it.
    pub(super) fn leave<'l>(&mut self, line: &'l str, file: usize, offset: usize) -> (&'l str, usize) {
        let mut rest = line;
        let mut depth = self.floor;
        while let Some(open) = self.open.get_mut(depth) {
            rest = Self::in_component(open, rest);
            if let Open::Indented { indent } = *open {
                let (found, start) = indentation(rest);
                if found < indent + 4 {
                    self.verbatim = None;
                    // Titles may stand one below the other, and above headings and HTML.
                    if !rest[start..].starts_with(['!', '?', '=', '#', '<', ':']) {
                        self.tell_unindented(depth, (file, offset + line.len() - rest.len() + start));
                    }
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

    /// Where the content of the item begins that a line of this indentation may stand in, in columns.
    fn around(&self, indent: usize) -> usize {
        let within = self.items.partition_point(|content| *content <= indent);
        self.items[..within].last().copied().unwrap_or(0)
    }

    /// Those whose content begins further to the right end.
    fn leave_items(&mut self, column: usize) {
        self.items.truncate(self.items.partition_point(|content| *content <= column));
    }

    /// Follows which items of lists are open; what stands behind the marks of those that begin here, and its column.
    fn track_list<'l>(&mut self, rest: &'l str, indent: usize) -> (&'l str, usize) {
        if self.blank {
            self.leave_items(indent);
        }
        if indent == 0 && self.blank {
            self.in_list = false;
        }
        let (mut inner, mut column) = (rest, indent);
        if indent >= self.around(indent) + 4 {
            return (inner, column);
        }
        while let Some(mark) = mark_of_item(inner) {
            self.in_list = true;
            self.leave_items(column);
            let (space, start) = indentation(&inner[mark..]);
            if space > 4 {
                // Code in the item.
                self.items.push(column + mark + 1);
                return ("", column + mark + space);
            }
            column += mark + space;
            self.items.push(column);
            inner = &inner[mark + start..];
        }
        (inner, column)
    }

    /// A fence begins that is indented so far.
    pub(super) fn begin_fence(&mut self, letter: u8, length: usize, indent: usize) {
        self.fence = Some(Fence { letter, length, indent, within: self.around(indent) });
    }

    pub(super) fn track_fence(&mut self, rest: &str, indent: usize) {
        if self.fence.is_some_and(|fence| fence.letter == b'%') {
            self.fence = self.fence.filter(|_| !gitbook::ends_highlight(rest));
            return;
        }
        let Some(&letter @ (b'`' | b'~' | b':')) = rest.as_bytes().first() else { return };
        let length = rest.bytes().take_while(|b| *b == letter).count();
        let info = &rest[length..];
        match self.fence {
            None if length >= 3 && letter != b':' && !(letter == b'`' && info.contains('`')) => {
                self.begin_fence(letter, length, indent);
            }
            Some(open)
                if open.letter == letter
                    && length >= open.length
                    && info.trim().is_empty()
                    && (letter == b':' || indent < open.within + 4) =>
            {
                self.fence = None;
            }
            _ => {}
        }
    }

    /// The line without the indentation that everything in its column has.
    pub(super) fn in_column<'l>(&mut self, line: &'l str, offset: usize) -> (&'l str, usize) {
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
}

/// How long the mark of a list's item is that a line begins with, without the space behind it.
fn mark_of_item(line: &str) -> Option<usize> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let mark = match digits {
        0 => usize::from(line.starts_with(['-', '*', '+'])),
        1..=9 if line[digits..].starts_with(['.', ')']) => digits + 1,
        _ => 0,
    };
    (mark > 0 && line[mark..].starts_with([' ', '\t'])).then_some(mark)
}

/// What ends a comment.
pub(super) const COMMENT_END: &str = "-->";

/// What ends the raw HTML that begins in this line and holds empty lines and no Markdown; `None` for other HTML, and
/// for what ends in the line.
fn verbatim(line: &str) -> Option<&'static str> {
    let starts = |name: &str| {
        let (start, rest) = line.split_at_checked(name.len()).unwrap_or(("", ""));
        start.eq_ignore_ascii_case(name) && !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
    };
    if let Some(comment) = line.strip_prefix("<!--") {
        return (!comment.contains(COMMENT_END)).then_some(COMMENT_END);
    }
    let ends =
        [("<pre", "</pre>"), ("<script", "</script>"), ("<style", "</style>"), ("<textarea", "</textarea>")];
    let (_, end) = ends.into_iter().find(|(start, _)| starts(start))?;
    (!holds(line, end)).then_some(end)
}

/// Whether a line holds an end tag, in any case, or the end of a comment.
fn holds(line: &str, end: &str) -> bool {
    line.as_bytes().windows(end.len()).any(|part| part.eq_ignore_ascii_case(end.as_bytes()))
}

/// The columns of white space before a line's text, and its bytes.
pub(super) fn indentation(line: &str) -> (usize, usize) {
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
pub(super) fn take_columns(line: &str, start: usize, keep: usize) -> &str {
    let spaces = line.as_bytes()[..start].iter().rev().take_while(|b| **b == b' ').count();
    let from = start - spaces.min(keep);
    &line[from..]
}
