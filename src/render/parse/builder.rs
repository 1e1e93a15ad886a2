//! The tree while it is built: what is open, what closes it, what was learnt on the way.
//!
//! Must not know: Markdown's events, looks.

use std::collections::{HashMap, HashSet};

use super::abbreviations::Abbreviations;
use super::autolinks::Piece;
use super::raw::{self, Block, scan};
use super::slugs::Slugs;
use super::spans::Spans;
use super::words::Wanted;
use super::{footnotes, tables, unread};
use crate::finding::Code;
use crate::render::dialects::Dialects;
use crate::render::options::{Input, Options};
use crate::render::parsed::{HeadingNode, Parsed};
use crate::render::problem::Problem;
use crate::render::rewrite::{Marker, Rewritten};
use crate::render::theme::Role;
use crate::render::tree::{Id, Kind, NONE, ROOT, Tree};

/// Elements deeper than this are left out, their content stays: browsers stop at some 500, and what reads
/// articles on the way may be recursive.
const MAX_DEPTH: usize = 100;

/// What opened a node that is still open.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// Markdown; closed by its own end.
    Markdown,
    /// A raw tag of this name; closed by its end tag, or with the Markdown around it.
    Html(Box<str>),
}

/// An open node.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) node: Id,
    pub(super) by: Opened,
    /// Whether closing it leaves a link.
    pub(super) link: bool,
    /// Whether closing it leaves something that is hidden.
    pub(super) hidden: bool,
    /// The innermost node, this one or one around it, that is not part of a line.
    pub(super) block: Id,
}

/// Builds the tree.
pub(super) struct Builder<'a> {
    pub(super) tree: Tree<'a>,
    pub(super) stack: Vec<Open>,
    pub(super) slugs: Slugs,
    pub(super) headings: Vec<HeadingNode>,
    pub(super) problems: Vec<Problem>,
    /// What is read beyond GFM.
    pub(super) dialects: Dialects,
    pub(super) footnotes: HashMap<String, Id>,
    /// Labels of footnotes that are referred to.
    pub(super) cited: HashSet<String>,
    /// Labels that footnotes refer to, by the footnote.
    pub(super) cited_in: HashMap<Id, Vec<String>>,
    pub(super) title: Option<usize>,
    pub(super) title_wanted: bool,
    /// The title that front matter gives.
    pub(super) title_given: Option<&'a str>,
    /// A table of contents is wanted.
    pub(super) lists_headings: bool,
    /// Level of the last heading.
    pub(super) level: u8,
    /// The text that is parsed.
    pub(super) text: &'a str,
    /// Lines of ours in it.
    markers: &'a [(usize, Marker)],
    /// Which of them were met.
    met: Vec<usize>,
    /// Running text seen and not yet in the tree, in pieces that follow each other.
    pub(super) running: Vec<Piece<'a>>,
    /// Constructs that are open and were taken for text of a bare URL.
    pub(super) swallowed: usize,
    /// Where the last of them ended.
    pub(super) swallowed_to: usize,
    /// Links that are open.
    pub(super) links_open: usize,
    /// Hidden elements that are open.
    pub(super) hidden_open: usize,
    /// The last node that shows a text.
    pub(super) last_text: Id,
    /// Images and code that are open: their text is no place for autolinks.
    pub(super) verbatim: usize,
    pub(super) table: tables::State,
    /// The raw HTML block that is being gathered.
    pub(super) html: raw::Gathered,
    /// What holds an embedded medium that has not named its file yet, and the medium's title.
    pub(super) embed: Option<(Id, Option<String>)>,
    /// Raw start tags that opened nothing, by name: their end tags close nothing.
    pub(super) skipped: HashMap<Box<str>, usize>,
    /// Names of end tags that close something around the Markdown that is open, once that has ended.
    pub(super) ends_later: Vec<Box<str>>,
    /// The part of a line that ended right here, if attribute lists are read; else none.
    pub(super) ended: Id,
    /// Where the list of attributes ends that was read last: what the parser takes for text in it is none.
    pub(super) listed_to: usize,
    /// Whether `www.` stands anywhere in the text.
    pub(super) www: bool,
    /// Where the block ends that is read: what a raw tag opens in it must be closed before.
    pub(super) reach: usize,
    /// The line of Markdown that is read by itself: a title's.
    pub(super) line: Option<&'a str>,
    /// A byte that is known to have a meaning of its own inside a URL.
    pub(super) telling: usize,
    /// Marks in running text that are looked for.
    pub(super) wanted: Wanted,
    /// Spans that began.
    pub(super) spans: Spans,
    /// The document's abbreviations, if it has any.
    pub(super) abbreviations: Option<Abbreviations<'a>>,
    /// What decides whether text is syntax of another tool.
    pub(super) unread: unread::Context,
    /// The next end tag by name, as far as somebody asked; `None` where there is none.
    end_tags: HashMap<Box<str>, Option<usize>>,
}

impl<'a> Builder<'a> {
    /// An empty tree for this text.
    pub(super) fn new(rewritten: &'a Rewritten<'_>, input: &Input<'a>, options: &'a Options) -> Self {
        let text: &'a str = &rewritten.text;
        Self {
            tree: Tree::new(text.len()),
            stack: Vec::with_capacity(32),
            slugs: Slugs::default(),
            headings: Vec::with_capacity(32),
            problems: Vec::new(),
            dialects: options.dialects,
            footnotes: HashMap::new(),
            cited: HashSet::new(),
            cited_in: HashMap::new(),
            title: None,
            title_wanted: input.title_from_heading,
            title_given: input.title,
            lists_headings: input.toc.is_some(),
            level: 1,
            text,
            markers: &rewritten.markers,
            met: Vec::with_capacity(rewritten.markers.len()),
            running: Vec::new(),
            swallowed: 0,
            swallowed_to: 0,
            links_open: 0,
            hidden_open: 0,
            last_text: ROOT,
            verbatim: 0,
            table: tables::State::default(),
            html: raw::Gathered::default(),
            embed: None,
            skipped: HashMap::new(),
            ends_later: Vec::new(),
            ended: NONE,
            listed_to: 0,
            www: memchr::memmem::find(text.as_bytes(), b"www.").is_some(),
            reach: 0,
            line: None,
            telling: usize::MAX,
            wanted: Wanted::new(text, options.dialects),
            spans: Spans::default(),
            abbreviations: Abbreviations::new(&rewritten.abbreviations),
            unread: unread::Context::new(options, rewritten.modules),
            end_tags: HashMap::new(),
        }
    }

    /// Closes what is still open; `told` is what was found wrong before the text was parsed.
    pub(super) fn finish(mut self, told: &[Problem], options: &'a Options) -> Parsed<'a> {
        while !self.stack.is_empty() {
            self.abandon();
        }
        self.cite_from_footnotes();
        for (_, &node) in self.footnotes.iter().filter(|(label, _)| !self.cited.contains(*label)) {
            let offset = self.tree.node(node).offset as usize;
            self.problems.push(footnotes::left_out("nothing refers to the footnote", offset));
        }
        // Some are told when what they are about ends.
        let mut problems: Vec<Problem> = told.iter().cloned().chain(self.problems).collect();
        problems.sort_by_key(|problem| (problem.file, problem.offset));
        Parsed {
            footnote_prefix: if self.footnotes.is_empty() { String::new() } else { self.slugs.free_prefix() },
            drawings: &options.drawings,
            formulas: options.formulas,
            tree: self.tree,
            headings: self.headings,
            title: self.title,
            footnotes: self.footnotes,
            problems,
            missed: (0..self.markers.len())
                .filter(|number| self.met.binary_search(number).is_err())
                .collect(),
        }
    }

    /// The node that is open.
    pub(super) fn top(&self) -> Id {
        self.stack.last().map_or(ROOT, |open| open.node)
    }

    /// The innermost open node that is not part of a line.
    pub(super) fn around_line(&self) -> Id {
        self.stack.last().map_or(ROOT, |open| open.block)
    }

    /// Adds a node without content.
    pub(super) fn leaf(&mut self, kind: Kind<'a>, offset: usize) {
        if raw::in_frame(self) {
            let space = match &kind {
                Kind::Text(text) => is_blank(text),
                Kind::SoftBreak => true,
                _ => false,
            };
            if space {
                return;
            }
            raw::enter_flow(self, offset);
        }
        let shown = match &kind {
            Kind::Text(text) | Kind::Code(text) | Kind::Math(text, _) => !is_blank(text),
            kind => matches!(kind, Kind::Emoji(..)),
        };
        let node = self.tree.append(self.top(), kind, offset);
        if shown && self.hidden_open == 0 {
            self.last_text = node;
        }
    }

    /// Opens a node.
    pub(super) fn push(&mut self, kind: Kind<'a>, offset: usize, by: Opened) -> Id {
        let structural = matches!(&kind, Kind::Element(element) if raw::is_table_part(element.name));
        let kind = if self.stack.len() >= MAX_DEPTH && !structural && matches!(kind, Kind::Element(_)) {
            Kind::Group
        } else {
            kind
        };
        let link = matches!(kind, Kind::Link(_));
        let hidden = matches!(kind, Kind::Hidden);
        self.links_open += usize::from(link);
        self.hidden_open += usize::from(hidden);
        let part_of_line = raw::is_part_of_line(&kind);
        let node = self.tree.append(self.top(), kind, offset);
        let block = if part_of_line { self.around_line() } else { node };
        self.stack.push(Open { node, by, link, hidden, block });
        node
    }

    /// Opens a node of Markdown.
    pub(super) fn open(&mut self, kind: Kind<'a>, offset: usize) -> Id {
        raw::enter_flow(self, offset);
        self.push(kind, offset, Opened::Markdown)
    }

    /// Closes the innermost node.
    pub(super) fn pop(&mut self) {
        if let Some(open) = self.stack.pop() {
            self.links_open -= usize::from(open.link);
            self.hidden_open -= usize::from(open.hidden);
            raw::closed(self, &open);
        }
    }

    /// Closes the innermost node of Markdown and every raw element that was left open in it.
    pub(super) fn close_markdown(&mut self) {
        if !self.skipped.is_empty() {
            self.skipped.clear();
        }
        while let Some(open) = self.stack.last() {
            let markdown = open.by == Opened::Markdown;
            self.abandon();
            if markdown {
                if !self.ends_later.is_empty() {
                    raw::end_later(self);
                }
                return;
            }
        }
    }

    /// Closes the innermost node, which nothing of its own closed: what was to be left out with it is shown.
    fn abandon(&mut self) {
        let hidden = self.stack.last().filter(|open| open.hidden).map(|open| open.node);
        self.pop();
        let Some(node) = hidden else { return };
        *self.tree.kind_mut(node) = Kind::Group;
        let offset = self.tree.node(node).offset as usize;
        self.problem(
            Code::UnsupportedHtml,
            "nothing closes this tag where it stands: what follows it is shown".to_owned(),
            "close it in the same paragraph or list item; an end tag in code closes nothing",
            offset,
        );
    }

    /// Whether the raw tag of this name that stands here is closed before its block ends.
    pub(super) fn is_closed(&mut self, name: &str, offset: usize) -> bool {
        if let Some(line) = self.line {
            return scan::end_tag_of(line, 0, name).is_some();
        }
        let known = self.end_tags.get(name).copied().filter(|known| known.is_none_or(|at| at > offset));
        let end = known.unwrap_or_else(|| {
            let end = scan::end_tag_of(self.text, offset, name);
            self.end_tags.insert(name.into(), end);
            end
        });
        end.is_some_and(|at| at < self.reach)
    }

    /// Whether a raw tag can open a node here.
    pub(super) const fn has_room(&self) -> bool {
        self.hidden_open == 0 && self.stack.len() < MAX_DEPTH
    }

    /// Notes a problem, unless it is inside something that is left out.
    pub(super) fn problem(&mut self, code: Code, message: String, help: &'static str, offset: usize) {
        if self.hidden_open == 0 {
            self.problems.push(Problem { code, message, help, file: None, offset });
        }
    }

    /// A Markdown block begins: a raw paragraph that is still open ends, as browsers have it.
    pub(super) fn open_block(&mut self) {
        raw::before(self, Block::Flow);
        let before = self.tree.node(self.top()).last;
        if before != NONE
            && let Kind::Element(element) = self.tree.kind_mut(before)
            && element.role == Role::InnerList
        {
            // It keeps its distance from what follows it in its item.
            element.role = Role::List;
        }
    }

    /// The innermost open node of Markdown.
    pub(super) fn top_markdown(&self) -> Id {
        self.stack.iter().rev().find(|open| open.by == Opened::Markdown).map_or(ROOT, |open| open.node)
    }

    /// The line of ours that a raw block consists of: its pieces begin here and there.
    pub(super) fn marker(&mut self, first: usize, last: usize) -> Option<&'a Marker> {
        let markers = self.markers;
        let index = markers.partition_point(|(offset, _)| *offset < first);
        let (_, marker) = markers.get(index).filter(|(offset, _)| *offset <= last)?;
        self.met.push(index);
        Some(marker)
    }
}

/// Whether a text is nothing but white space.
fn is_blank(text: &str) -> bool {
    // Most texts begin with a letter.
    !text.bytes().next().is_some_and(|first| first.is_ascii_graphic()) && text.trim().is_empty()
}
