//! The parser's events, one construct after the other, into the tree.
//!
//! Must not know: where references lead, looks.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Tag, TagEnd};

use super::builder::{Builder, Opened};
use super::spans::Span;
use super::{alerts, attribute_lists, critic, footnotes, links, raw, roles, tables, unread, wiki};
use crate::finding::Code;
use crate::render::syntax::{construct, myst};
use crate::render::theme::Role;
use crate::render::tree::{Element, Id, Image, Kind, Link, NONE, Stand, rest_of};
use crate::render::urls;

/// A formula in a line without the backticks that GitHub and GitLab have inside of its dollar signs.
fn formula(text: CowStr<'_>) -> CowStr<'_> {
    match text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(inner) => CowStr::from(inner.to_owned()),
        None => text,
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
        if let Event::Text(text) = event {
            return self.text_behind(ended, text, start, end);
        }
        let listed = start < self.listed_to && end <= self.listed_to && !matches!(event, Event::End(_));
        if listed && !matches!(event, Event::Start(_)) {
            return;
        }
        if listed || self.is_swallowed(&event, start, end) {
            self.swallowed = 1;
            return;
        }
        if let Event::Code(text) = &event
            && self.dialects.myst
            && roles::add(self, text, start).is_some()
        {
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
                let text =
                    if self.dialects.attribute_lists { attribute_lists::plain_code(text) } else { text };
                self.leaf(Kind::Code(text), offset);
                self.ended_inline(self.tree.node(self.top()).last);
            }
            Event::InlineMath(text) => self.leaf(Kind::Math(formula(text), Stand::InLine), offset),
            Event::DisplayMath(text) => self.leaf(Kind::Math(text, Stand::OwnLine), offset),
            Event::Html(text) => self.html.push(&text, offset),
            Event::InlineHtml(text) => raw::inline(self, &text, offset),
            Event::FootnoteReference(label) => {
                self.cite(label.to_lowercase());
                let linked = self.links_open == 0;
                self.leaf(Kind::FootnoteReference(label, linked), offset);
            }
            Event::SoftBreak => self.leaf(Kind::SoftBreak, offset),
            Event::HardBreak => self.leaf(Kind::Element(Element::new("br", Role::Plain)), offset),
            Event::Rule => {
                unread::check_rule(self, offset);
                self.open_block();
                self.leaf(Kind::Element(Element::new("hr", Role::Rule)), offset);
            }
            Event::TaskListMarker(done) => self.task(done, offset),
        }
    }

    /// Text behind the part of a line that ended last, if one did right before it: what is said of that part is no text.
    fn text_behind(&mut self, ended: Id, mut text: CowStr<'a>, mut start: usize, end: usize) {
        let first = text.as_bytes().first().copied();
        if ended != NONE && self.dialects.critic_markup && first == Some(b'}') {
            if critic::substituted(self, ended, start) {
                start += 1;
                text = rest_of(text, 1);
                if text.is_empty() {
                    return;
                }
            }
        } else if ended != NONE
            && self.dialects.attribute_lists
            && first == Some(b'{')
            && !self.text[..start].ends_with('\\')
        {
            self.listed_to = attribute_lists::behind(self, ended, start).unwrap_or_default();
        }
        if start < self.listed_to && end <= self.listed_to {
            return;
        }
        if start < self.listed_to {
            text = rest_of(text, self.listed_to - start);
            start = self.listed_to;
        }
        // Inside a raw block it is the indentation of a line.
        if self.html.is_open() {
            self.html.push(&text, start);
            return;
        }
        self.running_text(text, start, end);
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
                alerts::open(self, construct::Kind::from(kind), None, Opened::Markdown, offset);
            }
            Tag::CodeBlock(kind) => {
                self.open_block();
                let info = match kind {
                    CodeBlockKind::Fenced(info) => {
                        if unread::is_raw_block(&info) {
                            unread::tell(self, unread::RAW, offset);
                        } else if myst::is_unread(&info) {
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
                if *self.footnotes.entry(key).or_insert(node) != node {
                    self.problems.push(footnotes::left_out("another footnote has this label", offset));
                }
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
            Tag::Superscript if self.dialects.marks && self.text[offset..].starts_with("^^") => {
                self.open(Span::Inserted.kind(), offset);
            }
            Tag::Superscript => self.inline("sup", offset),
            Tag::Subscript => self.inline("sub", offset),
            Tag::Link { link_type, dest_url, title, .. } => {
                self.start_link(link_type, dest_url, title, offset);
            }
            Tag::Image { link_type: LinkType::WikiLink { .. }, dest_url, title, .. } => {
                self.start_image(wiki::destination(dest_url), title, offset);
            }
            Tag::Image { dest_url, title, .. } => self.start_image(dest_url, title, offset),
            Tag::MetadataBlock(_) => {
                self.open(Kind::Hidden, offset);
            }
        }
    }

    /// A part of a line ended: a list of its attributes may follow, or the brace of a substitution.
    const fn ended_inline(&mut self, node: Id) {
        if self.dialects.attribute_lists || self.dialects.critic_markup {
            self.ended = node;
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                let node = self.top_markdown();
                self.free_formula(node);
                if self.dialects.wiki_links {
                    wiki::block(self, node);
                }
                if self.dialects.attribute_lists {
                    attribute_lists::in_lines(self, node);
                }
                self.close_markdown();
            }
            TagEnd::Item => {
                let node = self.top_markdown();
                if self.dialects.attribute_lists {
                    attribute_lists::at_end(self, node);
                }
                if self.dialects.wiki_links {
                    wiki::block(self, node);
                }
                self.close_markdown();
            }
            TagEnd::Link => {
                let node = self.top_markdown();
                self.close_markdown();
                self.textless(node);
                self.ended_inline(node);
            }
            TagEnd::Strong
            | TagEnd::Emphasis
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript => {
                let node = self.top_markdown();
                self.close_markdown();
                self.ended_inline(node);
            }
            TagEnd::CodeBlock => {
                self.verbatim -= 1;
                self.close_markdown();
            }
            TagEnd::Image => {
                self.verbatim -= 1;
                let node = self.top_markdown();
                if self.dialects.wiki_links {
                    wiki::sized(self, node);
                }
                self.end_image(node);
                self.close_markdown();
                self.ended_inline(node);
            }
            TagEnd::BlockQuote(None) => {
                let node = self.top_markdown();
                alerts::quoted(self, node);
                self.close_markdown();
            }
            TagEnd::HtmlBlock => raw::block(self),
            TagEnd::TableHead => tables::end_head(self),
            TagEnd::Table => {
                tables::end(self);
                self.close_markdown();
            }
            _ => self.close_markdown(),
        }
    }

    /// Tells a link that leads somewhere and shows nothing.
    fn textless(&mut self, node: Id) {
        let link = self.tree.node(node);
        let (empty, offset) = (link.first == NONE, link.offset as usize);
        if empty && matches!(&link.kind, Kind::Link(link) if !link.destination.is_empty()) {
            unread::tell_left_out(self, unread::TEXTLESS, offset);
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
        self.close_markdown();
        self.leaf(Kind::Text(CowStr::Borrowed(" ")), offset);
    }

    fn start_link(&mut self, link_type: LinkType, destination: CowStr<'a>, title: CowStr<'a>, offset: usize) {
        // DocFX writes tabs as headings that link to `#tab/…`: the heading stays, there is nothing to choose.
        let tab = self.dialects.directives && destination.starts_with("#tab/");
        if self.links_open > 0 || tab {
            self.open(Kind::Group, offset);
            return;
        }
        let destination = match link_type {
            LinkType::Email => CowStr::from(format!("mailto:{destination}")),
            LinkType::WikiLink { .. } => wiki::destination(destination),
            _ => destination,
        };
        if title.starts_with(":include") {
            unread::tell(self, unread::EMBEDDED, offset);
        }
        let attributes = titled(title);
        let kind = links::link(self, Link { destination, attributes }, offset);
        self.open(kind, offset);
    }

    fn start_image(&mut self, destination: CowStr<'a>, title: CowStr<'a>, offset: usize) {
        let attributes = titled(title);
        let by_night = urls::is_by_night(&destination);
        let kind = if self.links_open == 0 && urls::is_media(&destination) {
            let message = "an image shows no film, sound or PDF: a link stands in its place".to_owned();
            self.problem(Code::UnsupportedHtml, message, "write it as a link: `[text](film.mp4)`", offset);
            links::link(self, Link { destination, attributes }, offset)
        } else {
            links::image(self, Image { destination, attributes }, offset)
        };
        let node = self.open(kind, offset);
        if by_night {
            *self.tree.kind_mut(node) = Kind::Hidden;
        }
        self.verbatim += 1;
    }

    fn end_image(&mut self, node: Id) {
        let offset = self.tree.node(node).offset as usize;
        if let Kind::Link(link) = &self.tree.node(node).kind
            && self.tree.node(node).first == NONE
        {
            let name = link.destination.rsplit('/').next().unwrap_or_default().to_owned();
            self.leaf(Kind::Text(name.into()), offset);
        }
        // What came after it is in it.
        if matches!(self.tree.node(node).kind, Kind::Image(_)) && self.last_text < node {
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

/// The attribute of a title, where it is one: Docsify writes settings of its own there, `':ignore'`.
fn titled(title: CowStr<'_>) -> Vec<(&'static str, CowStr<'_>)> {
    const SETTINGS: [&str; 7] = ["class", "disabled", "id", "ignore", "include", "size", "target"];
    let setting = title.strip_prefix(':').and_then(|rest| rest.split(['=', ' ']).next());
    let is_title = !title.is_empty() && !setting.is_some_and(|setting| SETTINGS.contains(&setting));
    if is_title { vec![("title", title)] } else { Vec::new() }
}
