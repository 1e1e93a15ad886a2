//! Headings: the title among them, and their levels.

use std::collections::HashSet;

use super::builder::Builder;
use super::raw;
use crate::finding::Code;
use crate::render::parsed::HeadingNode;
use crate::render::theme::Role;
use crate::render::tree::{Element, Id, Kind, NONE};

impl Builder<'_> {
    /// A heading of Markdown begins.
    pub(super) fn start_heading(&mut self, level: u8, id: Option<&str>, offset: usize) {
        self.open_block();
        raw::close_heading(self);
        let index = self.add_heading(level, id, offset);
        self.open(Kind::Heading(level, index), offset);
    }

    /// A heading begins, of Markdown or raw HTML.
    pub(super) fn add_heading(&mut self, level: u8, id: Option<&str>, offset: usize) -> u32 {
        let index = u32::try_from(self.headings.len()).unwrap_or(u32::MAX);
        self.headings.push(HeadingNode {
            level,
            id: id.map(|id| self.slugs.take(id)).unwrap_or_default(),
            shared: false,
            text: Box::default(),
            align: "",
            offset,
        });
        index
    }

    /// A heading's text is complete: it gets its id, or becomes the title.
    pub(super) fn end_heading(&mut self, node: Id) {
        let Kind::Heading(level, index) = self.tree.node(node).kind else { return };
        let docsify = self.docsify_id(node);
        let text = self.tree.plain_text(node, false);
        let Some(heading) = self.headings.get_mut(index as usize) else { return };
        let offset = heading.offset;
        if let Some(id) = docsify.filter(|_| heading.id.is_empty()) {
            heading.id = self.slugs.take(&id);
        }
        if heading.id.is_empty() {
            heading.id = match self.tree.anchor_text(node) {
                Some(written) => self.slugs.slug(&written),
                None => self.slugs.slug(&text),
            };
        }
        heading.shared = self.slugs.is_raw(&heading.id);
        let repeated = index == 0 && self.title_given.is_some_and(|title| same(title, &text));
        if level == 1 || self.lists_headings {
            heading.text = text.trim().into();
        }
        if level == 1 && (self.title_wanted || repeated) && self.title.is_none() {
            if heading.text.is_empty() {
                // A picture alone: its alternative text is the title, the picture stays.
                heading.text = self.tree.plain_text(node, true).trim().into();
            }
            if !heading.text.is_empty() {
                self.title = Some(index as usize);
                let align = heading.align;
                self.leave_body(node, align, offset);
            }
        }
        // The title, in the body or not, is level 1.
        if level > self.level + 1 {
            self.problem(
                Code::SkippedHeadingLevel,
                format!("a heading of level {level} follows one of level {}", self.level),
                "go down one level at a time: readers with a screen reader move by levels",
                offset,
            );
        }
        self.level = level;
    }
}

impl Builder<'_> {
    /// Takes the id off a heading that ends with one of Docsify: `## Set up :id=setup`.
    fn docsify_id(&mut self, heading: Id) -> Option<Box<str>> {
        let last = self.tree.node(heading).last;
        if last == NONE || !self.dialects.heading_attributes {
            return None;
        }
        let Kind::Text(text) = self.tree.kind_mut(last) else { return None };
        let (before, id) = text.rsplit_once(" :id=")?;
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if id.is_empty() || !id.chars().all(plain) {
            return None;
        }
        let (before, id) = (before.trim_end().to_owned(), id.into());
        *text = before.into();
        Some(id)
    }

    /// Takes a title out of the body. Its pictures (logos, badges) stay, with the links around them, and so do anchors
    /// of raw HTML.
    fn leave_body(&mut self, title: Id, align: &'static str, offset: usize) {
        let mut kept = HashSet::new();
        self.tree.walk(title, |id, node| {
            let picture = matches!(node.kind, Kind::Image(_));
            let mut at = id;
            while picture && at != title && kept.insert(at) {
                at = self.tree.node(at).parent;
            }
            !picture
        });
        let (mut hidden, mut anchors) = (Vec::new(), Vec::new());
        // A paragraph holds no other.
        let mut name = "p";
        self.tree.walk(title, |id, node| {
            if kept.contains(&id)
                && matches!(node.kind, Kind::Element(_))
                && !raw::is_part_of_line(&node.kind)
            {
                name = "div";
            }
            let attributes = match &node.kind {
                Kind::Image(_) => return false,
                Kind::Text(text) if text.trim().is_empty() => return false,
                _ if kept.contains(&id) => return true,
                Kind::Element(element) => &element.attributes[..],
                Kind::Link(link) => &link.attributes,
                _ => &[],
            };
            anchors.extend(attributes.iter().filter(|(name, _)| *name == "id").cloned());
            hidden.push(id);
            true
        });
        for id in hidden {
            *self.tree.kind_mut(id) = Kind::Hidden;
        }
        let mut picture = Element::new(name, Role::Paragraph);
        if !align.is_empty() {
            picture = picture.with("style", align);
        }
        *self.tree.kind_mut(title) = if kept.is_empty() { Kind::Hidden } else { Kind::Element(picture) };
        for (name, id) in anchors {
            let element = Element::anchor(self.links_open > 0).with(name, id);
            self.tree.append(self.top(), Kind::Element(element), offset);
        }
    }
}

/// Where a line that is nothing but a list in braces stands over an underline, quoted or not; the text's begin without
/// one.
pub(super) fn lone_list(text: &str) -> usize {
    let mut above = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let (end, line) = (start + line.len(), line.trim_matches(['>', ' ', '\t', '\r', '\n']));
        let underline = !line.is_empty() && ['-', '='].iter().any(|mark| line.trim_matches(*mark).is_empty());
        if let Some(above) = above.filter(|_| underline) {
            return above;
        }
        above = (line.starts_with('{') && line.ends_with('}')).then_some(start);
        start = end;
    }
    0
}

/// Whether two texts differ at most in white space.
fn same(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}
