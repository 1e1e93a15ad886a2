//! The node tree between Markdown and HTML: an arena, walked without recursion.
//!
//! Must not know: how nodes come about, how they are written.

use std::borrow::Cow;

use pulldown_cmark::CowStr;

use super::math;
use super::theme::Role;

/// Index of a node.
pub(super) type Id = u32;

/// No node.
pub(super) const NONE: Id = u32::MAX;

/// The tree's root.
pub(super) const ROOT: Id = 0;

/// A text without its first bytes.
pub(super) fn rest_of(text: CowStr<'_>, length: usize) -> CowStr<'_> {
    match text {
        CowStr::Borrowed(text) => CowStr::Borrowed(&text[length..]),
        text => CowStr::from(text[length..].to_owned()),
    }
}

/// An element of the allow-list, ready to be written.
#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    /// Its name on the allow-list.
    pub(super) name: &'static str,
    /// What the theme styles it as.
    pub(super) role: Role,
    /// Attributes in the order they are written.
    pub(super) attributes: Vec<(&'static str, CowStr<'a>)>,
}

impl<'a> Element<'a> {
    /// An element without attributes.
    pub(super) const fn new(name: &'static str, role: Role) -> Self {
        Self { name, role, attributes: Vec::new() }
    }

    /// A mere anchor. In a link it is no `a`, which holds no other.
    pub(super) const fn anchor(in_link: bool) -> Self {
        Self::new(if in_link { "span" } else { "a" }, Role::Plain)
    }

    /// The same with an attribute more.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<CowStr<'a>>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }
}

/// An image; its children are its alternative text.
#[derive(Debug, Clone)]
pub(super) struct Image<'a> {
    /// As written.
    pub(super) destination: CowStr<'a>,
    /// Attributes besides `src` and `alt`.
    pub(super) attributes: Vec<(&'static str, CowStr<'a>)>,
}

/// A link.
#[derive(Debug, Clone)]
pub(super) struct Link<'a> {
    /// As written.
    pub(super) destination: CowStr<'a>,
    /// Attributes besides `href`.
    pub(super) attributes: Vec<(&'static str, CowStr<'a>)>,
}

/// Where a formula stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// In a line of text.
    InLine,
    /// On a line of its own amid running text.
    OwnLine,
    /// By itself.
    Alone,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Kind<'a> {
    /// Nothing of its own: its children stand in its place.
    Group,
    /// Left out with its children.
    Hidden,
    /// Text.
    Text(CowStr<'a>),
    /// An emoji, and the shortcode it was written as.
    Emoji(&'static str, &'a str),
    /// A line end in running text.
    SoftBreak,
    /// An element.
    Element(Element<'a>),
    /// A heading of level 1 to 6 as written; its index among the headings gives its id.
    Heading(u8, u32),
    /// A link.
    Link(Box<Link<'a>>),
    /// An image.
    Image(Box<Image<'a>>),
    /// Code in running text.
    Code(CowStr<'a>),
    /// A code block with its info string; its children are its text.
    CodeBlock(CowStr<'a>),
    /// A TeX formula.
    Math(CowStr<'a>, Stand),
    /// A reference to the footnote of this label; whether it may be a link.
    FootnoteReference(CowStr<'a>, bool),
    /// A footnote, written at the end of the body.
    FootnoteDefinition,
    /// A tag that HTML does not know: shown as text where nothing closed it.
    Unknown(CowStr<'a>, bool),
}

/// A node and its place.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// What it is.
    pub(super) kind: Kind<'a>,
    /// Where it begins in the parsed text, in bytes.
    pub(super) offset: u32,
    /// The node around it.
    pub(super) parent: Id,
    /// Its first child.
    pub(super) first: Id,
    /// Its last child.
    pub(super) last: Id,
    /// The one after it.
    pub(super) next: Id,
}

/// The nodes of one document.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> Tree<'a> {
    /// A root, with room for the nodes of a text of this many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let mut nodes = Vec::with_capacity(bytes / 24 + 8);
        nodes.push(Node { kind: Kind::Group, offset: 0, parent: NONE, first: NONE, last: NONE, next: NONE });
        Self { nodes }
    }

    /// The node of this id.
    pub(super) fn node(&self, id: Id) -> &Node<'a> {
        &self.nodes[id as usize]
    }

    /// The kind of this node, to change it.
    pub(super) fn kind_mut(&mut self, id: Id) -> &mut Kind<'a> {
        &mut self.nodes[id as usize].kind
    }

    /// Adds a last child.
    pub(super) fn append(&mut self, parent: Id, kind: Kind<'a>, offset: usize) -> Id {
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.nodes.push(Node { kind, offset, parent, first: NONE, last: NONE, next: NONE });
        let last = self.nodes[parent as usize].last;
        if last == NONE {
            self.nodes[parent as usize].first = id;
        } else {
            self.nodes[last as usize].next = id;
        }
        self.nodes[parent as usize].last = id;
        id
    }

    /// Puts all nodes that follow this one below it: it becomes its parent's last.
    pub(super) fn take_followers(&mut self, id: Id) {
        let Node { parent, next: first, .. } = *self.node(id);
        let last = self.nodes[parent as usize].last;
        if first == NONE {
            return;
        }
        let mut at = first;
        while at != NONE {
            self.nodes[at as usize].parent = id;
            at = self.nodes[at as usize].next;
        }
        self.nodes[parent as usize].last = id;
        let node = &mut self.nodes[id as usize];
        (node.first, node.last, node.next) = (first, last, NONE);
    }

    /// The node after this one in document order that is not below it, and within `top`.
    pub(super) fn after(&self, mut id: Id, top: Id) -> Option<Id> {
        while id != top {
            let node = self.node(id);
            if node.next != NONE {
                return Some(node.next);
            }
            id = node.parent;
        }
        None
    }

    /// All nodes below this one, in document order; `enter` says whether to go below a node.
    pub(super) fn walk(&self, top: Id, mut visit: impl FnMut(Id, &Node<'a>) -> bool) {
        let mut at = self.node(top).first;
        while at != NONE {
            let node = self.node(at);
            if visit(at, node) && node.first != NONE {
                at = node.first;
            } else {
                at = self.after(at, top).unwrap_or(NONE);
            }
        }
    }

    /// The text a reader sees of what is below a node. An image counts as its alternative text where `alt` is set.
    pub(super) fn plain_text(&self, top: Id, alt: bool) -> Cow<'_, str> {
        // Most are one piece.
        let node = self.node(top);
        if node.first == node.last
            && node.first != NONE
            && let Kind::Text(text) | Kind::Code(text) = &self.node(node.first).kind
        {
            return Cow::Borrowed(text);
        }
        Cow::Owned(self.gather(top, alt, false))
    }

    /// The text that anchors are made of, where it is another: emoji count as their shortcodes, formulas as their
    /// source, line ends as nothing, as on GitHub.
    pub(super) fn anchor_text(&self, top: Id) -> Option<String> {
        let mut other = false;
        self.walk(top, |_, node| {
            other |= match &node.kind {
                Kind::Emoji(..) | Kind::Math(..) | Kind::SoftBreak => true,
                Kind::Element(element) => element.name == "br",
                _ => false,
            };
            !other
        });
        other.then(|| self.gather(top, false, true))
    }

    fn gather(&self, top: Id, alt: bool, shortcodes: bool) -> String {
        let mut text = String::new();
        self.walk(top, |_, node| {
            match &node.kind {
                Kind::Math(part, _) if !shortcodes => text.push_str(&math::unstyled(part)),
                Kind::Text(part) | Kind::Code(part) | Kind::Math(part, _) => text.push_str(part),
                Kind::Emoji(shown, written) => text.push_str(if shortcodes { written } else { shown }),
                // GitHub counts no line ends.
                Kind::SoftBreak if !shortcodes => text.push(' '),
                Kind::Element(element) if element.name == "br" && !shortcodes => text.push(' '),
                Kind::Hidden | Kind::FootnoteReference(..) => return false,
                Kind::Image(_) => return alt,
                _ => {}
            }
            true
        });
        text
    }
}
