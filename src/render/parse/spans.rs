//! What stands between two marks in running text and may hold other Markdown: `==marked==`, `{++inserted++}`. Its begin
//! goes into the tree as text; when its end is found, that text becomes the element, and what followed it its content.
//! What nothing ends stays text.
//!
//! Must not know: which marks there are.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use crate::render::theme::Role;
use crate::render::tree::{Element, Id, Kind, NONE, Tree};

/// What a span says of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// `==marked==`.
    Marked,
    /// `^^inserted^^`.
    Inserted,
    /// `{==marked==}`.
    CriticMarked,
    /// `{++inserted++}`.
    CriticInserted,
    /// `{--deleted--}`.
    CriticDeleted,
    /// `{>>a comment<<}`.
    CriticComment,
    /// `[text]{.class}`; what it becomes is known at its end.
    Bracketed,
}

impl Span {
    /// How many there are.
    const COUNT: usize = 7;

    /// What it becomes.
    pub(super) fn kind<'a>(self) -> Kind<'a> {
        let (name, role, class) = match self {
            Self::Marked | Self::CriticMarked => ("span", Role::Mark, "kb-mark"),
            Self::Inserted | Self::CriticInserted => ("span", Role::Inserted, "kb-inserted"),
            Self::CriticDeleted => return Kind::Element(Element::new("strike", Role::Plain)),
            Self::CriticComment => return Kind::Hidden,
            Self::Bracketed => return Kind::Group,
        };
        Kind::Element(Element::new(name, role).with("class", class))
    }
}

/// Spans of one kind that may stand in each other.
const DEEPEST: usize = 8;

/// Begins in the block that is open, for which no end was found yet, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// The innermost node around them that is not part of a line.
    block: Id,
    begun: [Vec<Id>; Span::COUNT],
}

impl Spans {
    /// Spans do not reach out of their block.
    fn enter(&mut self, block: Id) {
        if self.block != block {
            self.block = block;
            self.begun.iter_mut().for_each(Vec::clear);
        }
    }

    /// The innermost begin of this kind whose node is a child of `parent`. Those further down in the tree can have no
    /// end any more and are forgotten: what is below an open node comes after it.
    fn innermost(&mut self, span: Span, parent: Id, tree: &Tree<'_>) -> Option<Id> {
        let begun = &mut self.begun[span as usize];
        while let Some(&node) = begun.last() {
            let around = tree.node(node).parent;
            if around <= parent {
                return (around == parent).then_some(node);
            }
            begun.pop();
        }
        None
    }
}

/// Whether a span of this kind began in the element that is open.
pub(super) fn is_open(builder: &mut Builder<'_>, span: Span) -> bool {
    let (parent, block) = (builder.top(), builder.around_line());
    builder.spans.enter(block);
    builder.spans.innermost(span, parent, &builder.tree).is_some()
}

/// A mark that may begin a span, as it is written.
pub(super) fn begin<'a>(builder: &mut Builder<'a>, span: Span, mark: &'a str, offset: usize) {
    builder.leaf(Kind::Text(CowStr::Borrowed(mark)), offset);
    let node = builder.tree.node(builder.top()).last;
    let block = builder.around_line();
    builder.spans.enter(block);
    let begun = &mut builder.spans.begun[span as usize];
    if node != NONE && begun.len() < DEEPEST {
        begun.push(node);
    }
}

/// A mark that may end a span. False where none of this kind began in the same element.
pub(super) fn end(builder: &mut Builder<'_>, span: Span) -> bool {
    let kind = span.kind();
    end_as(builder, span, |_| Some(kind))
}

/// The same for one that becomes what its end says; where that says nothing, its begin stays text.
pub(super) fn end_as<'a>(
    builder: &mut Builder<'a>,
    span: Span,
    kind: impl FnOnce(&mut Builder<'a>) -> Option<Kind<'a>>,
) -> bool {
    let (parent, block) = (builder.top(), builder.around_line());
    builder.spans.enter(block);
    let Some(node) = builder.spans.innermost(span, parent, &builder.tree) else { return false };
    builder.spans.begun[span as usize].pop();
    let Some(kind) = kind(builder) else { return false };
    builder.tree.take_followers(node);
    *builder.tree.kind_mut(node) = kind;
    true
}
