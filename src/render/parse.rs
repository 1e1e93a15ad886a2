//! Markdown to nodes: the parser's events, one construct after the other, into one tree.
//!
//! Must not know: where references lead, looks, how nodes are written.

use std::collections::HashMap;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Parser, Tag, TagEnd};

use super::autolinks::Piece;
use super::headings::{HeadingNode, Slugs};
use super::raw::{self, Block};
use super::rewrite::{Marker, Rewritten};
use super::theme::Role;
use super::tree::{Element, Id, Image, Kind, Link, NONE, ROOT, Stand, Tree};
use super::{Dialects, Formulas, Input, Options, alerts, attribute_lists, links, scan, tables, unread};
use crate::finding::Code;

/// Elements deeper than this are left out, their content stays: browsers stop at some 500, and what reads
/// articles on the way may be recursive.
const MAX_DEPTH: usize = 100;

/// Something wrong with the text, still at a byte offset.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// What kind.
    pub(super) code: Code,
    /// One sentence.
    pub(super) message: String,
    /// Advice.
    pub(super) help: &'static str,
    /// The file `offset` counts in; `None` for the parsed text.
    pub(super) file: Option<usize>,
    /// Where, in bytes.
    pub(super) offset: usize,
}

/// A document as a tree, with what was learnt while it was built.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    /// The nodes.
    pub(super) tree: Tree<'a>,
    /// Headings in document order; [`Kind::Heading`] holds indices into it.
    pub(super) headings: Vec<HeadingNode>,
    /// Which of them is the title and left the body.
    pub(super) title: Option<usize>,
    /// Footnotes by label.
    pub(super) footnotes: HashMap<String, Id>,
    /// What the ids of footnotes begin with, so that none is a heading's.
    pub(super) footnote_prefix: String,
    /// Languages whose code blocks a command draws.
    pub(super) drawings: &'a [String],
    /// Which formulas do.
    pub(super) formulas: Formulas,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
}

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
    footnotes: HashMap<String, Id>,
    pub(super) title: Option<usize>,
    pub(super) title_wanted: bool,
    /// The title that front matter gives.
    pub(super) title_given: Option<&'a str>,
    /// Level of the last heading.
    pub(super) level: u8,
    /// The text that is parsed.
    pub(super) text: &'a str,
    /// Lines of ours in it.
    markers: &'a [(usize, Marker)],
    /// Running text seen and not yet in the tree, in pieces that follow each other.
    pub(super) running: Vec<Piece<'a>>,
    /// Constructs that are open and were taken for text of a bare URL.
    swallowed: usize,
    /// Where the last of them ended.
    pub(super) swallowed_to: usize,
    /// Links that are open.
    pub(super) links_open: usize,
    /// Hidden elements that are open.
    hidden_open: usize,
    /// The last node that shows a text.
    last_text: Id,
    /// Images and code that are open: their text is no place for autolinks.
    pub(super) verbatim: usize,
    pub(super) table: tables::State,
    html: raw::Gathered,
    /// What holds an embedded medium that has not named its file yet, and the medium's title.
    pub(super) embed: Option<(Id, Option<String>)>,
    /// Raw start tags that opened nothing, by name: their end tags close nothing.
    pub(super) skipped: HashMap<Box<str>, usize>,
    /// The part of a line that ended right here, if attribute lists are read; else none.
    ended: Id,
    /// Whether `www.` stands anywhere in the text.
    pub(super) www: bool,
    /// Where the block ends that is read: what a raw tag opens in it must be closed before.
    reach: usize,
    /// The next end tag by name, as far as somebody asked; `None` where there is none.
    end_tags: HashMap<Box<str>, Option<usize>>,
}

/// Parses a document's Markdown.
pub(super) fn parse<'a>(rewritten: &'a Rewritten<'_>, input: &Input<'a>, options: &'a Options) -> Parsed<'a> {
    let text: &'a str = &rewritten.text;
    let mut builder = Builder {
        tree: Tree::new(text.len()),
        stack: Vec::with_capacity(32),
        slugs: Slugs::default(),
        headings: Vec::new(),
        problems: Vec::new(),
        dialects: options.dialects,
        footnotes: HashMap::new(),
        title: None,
        title_wanted: input.title_from_heading,
        title_given: input.title,
        level: 1,
        text,
        markers: &rewritten.markers,
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
        ended: NONE,
        www: memchr::memmem::find(text.as_bytes(), b"www.").is_some(),
        reach: 0,
        end_tags: HashMap::new(),
    };
    for (event, range) in Parser::new_ext(text, options.dialects.parser()).into_offset_iter() {
        builder.event(event, range.start, range.end);
    }
    builder.flush();
    while !builder.stack.is_empty() {
        builder.pop();
    }
    // Some are told when what they are about ends.
    let mut problems: Vec<Problem> = rewritten.problems.iter().cloned().chain(builder.problems).collect();
    problems.sort_by_key(|problem| (problem.file, problem.offset));
    Parsed {
        footnote_prefix: if builder.footnotes.is_empty() {
            String::new()
        } else {
            builder.slugs.free_prefix()
        },
        drawings: &options.drawings,
        formulas: options.formulas,
        tree: builder.tree,
        headings: builder.headings,
        title: builder.title,
        footnotes: builder.footnotes,
        problems,
    }
}

impl<'a> Builder<'a> {
    /// Takes one event of the parser.
    pub(super) fn event(&mut self, event: Event<'a>, start: usize, end: usize) {
        if self.swallowed > 0 {
            match event {
                Event::Start(_) => self.swallowed += 1,
                Event::End(_) => self.swallowed -= 1,
                _ => {}
            }
            return;
        }
        let ended = std::mem::replace(&mut self.ended, NONE);
        if let Event::Text(mut text) = event {
            let mut start = start;
            if ended != NONE && text.starts_with('{') {
                let length = attribute_lists::behind(self, ended, &text);
                if length == text.len() {
                    return;
                }
                if length > 0 {
                    text = match text {
                        CowStr::Borrowed(text) => CowStr::Borrowed(&text[length..]),
                        text => CowStr::from(text[length..].to_owned()),
                    };
                    start += length;
                }
            }
            // Inside a raw block it is the indentation of a line.
            if self.html.is_open() {
                self.html.push(&text, start);
                return;
            }
            self.running_text(text, start, end);
            return;
        }
        if self.is_swallowed(&event, start, end) {
            self.swallowed = 1;
            return;
        }
        self.flush();
        let offset = start;
        match event {
            Event::Text(_) => {}
            Event::Start(tag) => {
                match tag {
                    // What raw HTML opens by itself may be closed by a later block.
                    Tag::HtmlBlock => self.reach = self.text.len(),
                    Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::TableCell => self.reach = end,
                    _ => {}
                }
                self.start(tag, offset);
            }
            Event::End(tag) => self.end(tag),
            Event::Code(text) => {
                self.leaf(Kind::Code(text), offset);
                self.ended_inline(self.tree.node(self.top()).last);
            }
            Event::InlineMath(text) => self.leaf(Kind::Math(text, Stand::InLine), offset),
            Event::DisplayMath(text) => self.leaf(Kind::Math(text, Stand::OwnLine), offset),
            Event::Html(text) => self.html.push(&text, offset),
            Event::InlineHtml(text) => raw::inline(self, &text, offset),
            Event::FootnoteReference(label) => {
                let linked = self.links_open == 0;
                self.leaf(Kind::FootnoteReference(label, linked), offset);
            }
            Event::SoftBreak => self.leaf(Kind::SoftBreak, offset),
            Event::HardBreak => self.leaf(Kind::Element(Element::new("br", Role::Plain)), offset),
            Event::Rule => {
                self.open_block();
                self.leaf(Kind::Element(Element::new("hr", Role::Rule)), offset);
            }
            Event::TaskListMarker(done) => self.task(done, offset),
        }
    }

    /// The node that is open.
    pub(super) fn top(&self) -> Id {
        self.stack.last().map_or(ROOT, |open| open.node)
    }

    /// Adds a node without content.
    pub(super) fn leaf(&mut self, kind: Kind<'a>, offset: usize) {
        if raw::in_frame(self) {
            let space = match &kind {
                Kind::Text(text) => text.trim().is_empty(),
                Kind::SoftBreak => true,
                _ => false,
            };
            if space {
                return;
            }
            raw::enter_flow(self, offset);
        }
        let shown = match &kind {
            Kind::Text(text) | Kind::Code(text) | Kind::Math(text, _) => !text.trim().is_empty(),
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
        let block = if part_of_line { self.stack.last().map_or(ROOT, |open| open.block) } else { node };
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
    fn close(&mut self) {
        if !self.skipped.is_empty() {
            self.skipped.clear();
        }
        while let Some(open) = self.stack.last() {
            let markdown = open.by == Opened::Markdown;
            self.pop();
            if markdown {
                return;
            }
        }
    }

    /// Whether the raw tag of this name that stands here is closed before its block ends.
    pub(super) fn is_closed(&mut self, name: &str, offset: usize) -> bool {
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
    }

    fn block(&mut self, name: &'static str, role: Role, offset: usize) {
        self.open_block();
        self.open(Kind::Element(Element::new(name, role)), offset);
    }

    fn inline(&mut self, name: &'static str, offset: usize) {
        self.open(Kind::Element(Element::new(name, Role::Plain)), offset);
    }

    fn start(&mut self, tag: Tag<'a>, offset: usize) {
        match tag {
            Tag::Paragraph => {
                let role = if self.boxed() { Role::BoxParagraph } else { Role::Paragraph };
                self.block("p", role, offset);
            }
            Tag::Heading { level, id, .. } => self.start_heading(level as u8, id.as_deref(), offset),
            Tag::BlockQuote(None) => self.block("blockquote", Role::Quote, offset),
            Tag::BlockQuote(Some(kind)) => {
                self.open_block();
                alerts::open(self, alerts::Kind::from(kind), None, Opened::Markdown, offset);
            }
            Tag::CodeBlock(kind) => {
                self.open_block();
                let info = match kind {
                    CodeBlockKind::Fenced(info) => {
                        if unread::is_myst(&info) {
                            let message = "a directive of MyST is shown as code".to_owned();
                            self.problem(Code::UnreadSyntax, message, unread::OTHER, offset);
                        }
                        info
                    }
                    CodeBlockKind::Indented => CowStr::Borrowed(""),
                };
                self.open(Kind::CodeBlock(info), offset);
                self.verbatim += 1;
            }
            Tag::HtmlBlock => self.html.begin(),
            Tag::List(start) => self.start_list(start, offset),
            Tag::Item => {
                self.open(Kind::Element(Element::new("li", Role::Item)), offset);
            }
            Tag::FootnoteDefinition(label) => {
                self.open_block();
                let key = label.to_lowercase();
                let node = self.open(Kind::FootnoteDefinition, offset);
                self.footnotes.entry(key).or_insert(node);
            }
            Tag::Table(alignments) => tables::start(self, alignments, offset),
            Tag::TableHead => tables::head(self, offset),
            Tag::TableRow => tables::row(self, offset),
            Tag::TableCell => tables::cell(self, offset),
            Tag::DefinitionList => self.block("dl", Role::Plain, offset),
            Tag::DefinitionListTitle => self.block("dt", Role::Term, offset),
            Tag::DefinitionListDefinition => self.block("dd", Role::Definition, offset),
            Tag::Emphasis => self.inline("em", offset),
            Tag::Strong => self.inline("strong", offset),
            Tag::Strikethrough => self.inline("strike", offset),
            Tag::Superscript => self.inline("sup", offset),
            Tag::Subscript => self.inline("sub", offset),
            Tag::Link { link_type, dest_url, title, .. } => {
                self.start_link(link_type, dest_url, title, offset);
            }
            Tag::Image { dest_url, title, .. } => self.start_image(dest_url, title, offset),
            Tag::MetadataBlock(_) => {
                self.open(Kind::Hidden, offset);
            }
        }
    }

    /// A part of a line ended: a list of its attributes may follow.
    const fn ended_inline(&mut self, node: Id) {
        if self.dialects.attribute_lists {
            self.ended = node;
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                let node = self.top_markdown();
                self.free_formula(node);
                if self.dialects.attribute_lists {
                    attribute_lists::at_end(self, node);
                }
                self.close();
            }
            TagEnd::Link | TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough => {
                let node = self.top_markdown();
                self.close();
                self.ended_inline(node);
            }
            TagEnd::CodeBlock => {
                self.verbatim -= 1;
                self.close();
            }
            TagEnd::Image => {
                self.verbatim -= 1;
                let node = self.top_markdown();
                self.end_image(node);
                self.close();
                self.ended_inline(node);
            }
            TagEnd::BlockQuote(None) => {
                let node = self.top_markdown();
                alerts::quoted(self, node);
                self.close();
            }
            TagEnd::HtmlBlock => raw::block(self),
            TagEnd::TableHead => tables::end_head(self),
            TagEnd::Table => {
                tables::end(self);
                self.close();
            }
            _ => self.close(),
        }
    }

    /// A formula on a line of its own that is all of a paragraph stands by itself: the paragraph goes.
    fn free_formula(&mut self, paragraph: Id) {
        let node = self.tree.node(paragraph);
        let only = node.first;
        if only == node.last
            && only != NONE
            && matches!(&node.kind, Kind::Element(element) if element.name == "p")
            && let Kind::Math(_, stand @ Stand::OwnLine) = self.tree.kind_mut(only)
        {
            *stand = Stand::Alone;
            *self.tree.kind_mut(paragraph) = Kind::Group;
        }
    }

    /// The innermost open node of Markdown.
    fn top_markdown(&self) -> Id {
        self.stack.iter().rev().find(|open| open.by == Opened::Markdown).map_or(ROOT, |open| open.node)
    }

    /// The line of ours that a raw block consists of: its pieces begin here and there.
    pub(super) fn marker(&self, first: usize, last: usize) -> Option<&'a Marker> {
        let markers = self.markers;
        let index = markers.partition_point(|(offset, _)| *offset < first);
        markers.get(index).filter(|(offset, _)| *offset <= last).map(|(_, marker)| marker)
    }

    /// The raw HTML block that is being gathered.
    pub(super) const fn html(&mut self) -> &mut raw::Gathered {
        &mut self.html
    }

    /// Closes the innermost node of Markdown.
    pub(super) fn close_markdown(&mut self) {
        self.close();
    }

    /// Whether the open node is a box with a margin of its own.
    fn boxed(&self) -> bool {
        match &self.tree.node(self.top()).kind {
            Kind::Element(element) => !matches!(element.role, Role::Plain),
            Kind::FootnoteDefinition => true,
            _ => false,
        }
    }

    fn start_list(&mut self, start: Option<u64>, offset: usize) {
        self.open_block();
        let inner =
            matches!(&self.tree.node(self.top()).kind, Kind::Element(element) if element.name == "li");
        let role = if inner { Role::InnerList } else { Role::List };
        let element = match start {
            None => Element::new("ul", role),
            Some(1) => Element::new("ol", role),
            Some(number) => Element::new("ol", role).with("start", number.to_string()),
        };
        self.open(Kind::Element(element), offset);
    }

    /// A task box; its item loses the bullet.
    fn task(&mut self, done: bool, offset: usize) {
        let item = self.stack.iter().rev().take(2).map(|open| open.node).find(
            |&node| matches!(&self.tree.node(node).kind, Kind::Element(element) if element.name == "li"),
        );
        if let Some(item) = item
            && let Kind::Element(element) = self.tree.kind_mut(item)
        {
            element.role = Role::TaskItem;
        }
        self.open(Kind::Element(Element::new("span", Role::TaskBox).with("class", "kb-task")), offset);
        self.leaf(Kind::Text(CowStr::Borrowed(if done { "☑" } else { "☐" })), offset);
        self.close();
        self.leaf(Kind::Text(CowStr::Borrowed(" ")), offset);
    }

    fn start_link(&mut self, link_type: LinkType, destination: CowStr<'a>, title: CowStr<'a>, offset: usize) {
        // DocFX writes tabs as headings that link to `#tab/…`: the heading stays, there is nothing to choose.
        let tab = self.dialects.directives && destination.starts_with("#tab/");
        if self.links_open > 0 || tab {
            self.open(Kind::Group, offset);
            return;
        }
        let destination = if matches!(link_type, LinkType::Email) {
            CowStr::from(format!("mailto:{destination}"))
        } else {
            destination
        };
        let attributes = if title.is_empty() { Vec::new() } else { vec![("title", title)] };
        let kind = links::link(self, Link { destination, attributes }, offset);
        self.open(kind, offset);
    }

    fn start_image(&mut self, destination: CowStr<'a>, title: CowStr<'a>, offset: usize) {
        let attributes = if title.is_empty() { Vec::new() } else { vec![("title", title)] };
        let kind = links::image(self, Image { destination, attributes }, offset);
        self.open(kind, offset);
        self.verbatim += 1;
    }

    fn end_image(&mut self, node: Id) {
        // What came after it is in it.
        if matches!(self.tree.node(node).kind, Kind::Image(_)) && self.last_text < node {
            let offset = self.tree.node(node).offset as usize;
            self.missing_alt(offset);
        }
    }

    /// Notes an image without alternative text.
    pub(super) fn missing_alt(&mut self, offset: usize) {
        self.problem(
            Code::MissingAlt,
            "the image has no alternative text".to_owned(),
            "say in the brackets what it shows: readers who cannot see it get this text",
            offset,
        );
    }
}
