//! Headings: the title among them, their levels, and their ids as GitHub makes them, unique within an article.

use std::borrow::Cow;
use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

use super::builder::Builder;
use super::raw;
use super::theme::Role;
use super::tree::{Element, Id, Kind, NONE};
use crate::finding::Code;

/// A heading as parsed.
#[derive(Debug, Clone)]
pub(super) struct HeadingNode {
    /// 1 to 6 as written.
    pub(super) level: u8,
    /// Its anchor; empty where nothing of its text can stand in one.
    pub(super) id: Arc<str>,
    /// Whether raw HTML right before it, or further up, has that anchor already.
    pub(super) shared: bool,
    /// Its plain text, where a title or a table of contents may be made of it.
    pub(super) text: Box<str>,
    /// Its alignment as a style, empty for none.
    pub(super) align: &'static str,
    /// Where it begins in the parsed text.
    pub(super) offset: usize,
}

/// Ids that are taken.
#[derive(Debug)]
pub(super) struct Slugs {
    /// Those of headings, and how often each was asked for.
    taken: HashMap<Arc<str>, u32>,
    /// Those of raw HTML. They do not change what GitHub counts.
    raw: HashSet<Box<str>>,
    /// Room for one that is being made.
    buffer: String,
}

impl Default for Slugs {
    /// None, with room for those of most documents.
    fn default() -> Self {
        Self { taken: HashMap::with_capacity(32), raw: HashSet::new(), buffer: String::with_capacity(64) }
    }
}

impl Slugs {
    /// The id of a heading with this text: lower case, without punctuation, spaces as hyphens; `-1`, `-2`, …
    /// for those that are taken. White space at the ends counts, as left by a picture or a tag that stands there.
    pub(super) fn slug(&mut self, text: &str) -> Arc<str> {
        let mut slug = std::mem::take(&mut self.buffer);
        slug.clear();
        slug_into(&mut slug, text);
        let id = self.unique(&slug);
        self.buffer = slug;
        id
    }

    /// Reserves an id that was written by hand, if no heading has it; else a free one.
    pub(super) fn take(&mut self, id: &str) -> Arc<str> {
        self.unique(id)
    }

    /// Reserves an id of raw HTML if it is free.
    pub(super) fn reserve(&mut self, id: &str) -> bool {
        !self.taken.contains_key(id) && self.raw.insert(id.into())
    }

    /// Whether raw HTML before the heading of this id has it, as writers put anchors in front of headings.
    pub(super) fn is_raw(&self, id: &str) -> bool {
        self.raw.contains(id)
    }

    /// What ids of footnotes can begin with: `fn`, unless an id that is taken begins so.
    pub(super) fn free_prefix(&self) -> String {
        let mut prefix = "fn".to_owned();
        let clashes = |prefix: &str| {
            self.taken.keys().map(AsRef::as_ref).chain(self.raw.iter().map(AsRef::as_ref)).any(|id: &str| {
                let rest = id.strip_prefix(prefix).map(|rest| rest.strip_prefix("ref").unwrap_or(rest));
                rest.is_some_and(|rest| rest.starts_with('-'))
            })
        };
        while clashes(&prefix) {
            prefix.insert(0, '_');
        }
        prefix
    }

    fn unique(&mut self, slug: &str) -> Arc<str> {
        let slug = &*composed(slug);
        let mut count = match self.taken.entry(slug.into()) {
            Entry::Vacant(free) => {
                let id = Arc::clone(free.key());
                free.insert(0);
                return id;
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        loop {
            count += 1;
            if let Entry::Vacant(free) = self.taken.entry(format!("{slug}-{count}").into()) {
                let id = Arc::clone(free.key());
                free.insert(0);
                self.taken.insert(slug.into(), count);
                return id;
            }
        }
    }
}

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

/// An id with its marks composed, as links to it are read.
pub(super) fn composed(id: &str) -> Cow<'_, str> {
    if id.is_ascii() { Cow::Borrowed(id) } else { Cow::Owned(id.nfc().collect()) }
}

/// What GitHub keeps: letters, marks, decimal digits, connectors such as `_`, hyphens; spaces become hyphens.
pub(super) fn slug_into(slug: &mut String, text: &str) {
    slug.reserve(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' | '-' | '_' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            ' ' => slug.push('-'),
            c if c.is_ascii() => {}
            c if kept(c) => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
}

fn kept(c: char) -> bool {
    use GeneralCategory as G;
    c.is_alphabetic()
        || matches!(
            get_general_category(c),
            G::NonspacingMark
                | G::SpacingMark
                | G::EnclosingMark
                | G::DecimalNumber
                | G::ConnectorPunctuation
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_githubs() {
        for (text, id) in [
            ("Getting started", "getting-started"),
            ("What's new in v1.2?", "whats-new-in-v12"),
            ("a_b - c", "a_b---c"),
            ("Übersicht & Größe", "übersicht--größe"),
            ("日本語の見出し", "日本語の見出し"),
            ("🚀 Launch", "-launch"),
            ("Launch 🚀", "launch-"),
            ("x²", "x"),
            (" padded ", "-padded-"),
            ("Ⅷ Ⓐ ١٢", "ⅷ-ⓐ-١٢"),
            ("ΣΑΣ İ", "σασ-i\u{307}"),
            ("a\u{a0}b\tc\u{3000}d", "abcd"),
            ("e\u{301} का", "e\u{301}-का"),
            ("a‿b_c–d—e", "a‿b_cde"),
            ("C++ / C#", "c--c"),
            ("`--flag`", "--flag"),
        ] {
            let mut slug = String::new();
            slug_into(&mut slug, &text.replace('`', ""));
            assert_eq!(slug, id, "{text}");
        }
    }

    #[test]
    fn duplicates_are_counted() {
        let mut slugs = Slugs::default();
        let ids: Vec<_> =
            ["Foo", "Foo", "Foo 1", "Foo", "!!!", "$", "?"].iter().map(|text| slugs.slug(text)).collect();
        assert_eq!(ids, ["foo", "foo-1", "foo-1-1", "foo-2", "", "-1", "-2"].map(Arc::<str>::from));
    }
}
