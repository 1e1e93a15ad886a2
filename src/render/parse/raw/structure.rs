//! What may stand where: paragraphs, items and the frames of tables that raw tags open and close, as browsers do it.
//!
//! Must not know: what becomes of a tag.

use crate::render::parse::builder::{Builder, Open, Opened};
use crate::render::theme::Role;
use crate::render::tree::{Element, Id, Kind};

/// How far up the open nodes anything is looked for.
pub(super) const WALK: usize = 256;

/// What kind of content begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render::parse) enum Block {
    /// What stands by itself: it ends an open raw paragraph.
    Flow,
    /// Part of a line.
    Inline,
}

/// Whether an element is part of a table's frame, where text cannot stand.
pub(in crate::render::parse) fn is_table_part(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "caption" | "colgroup")
}

pub(super) fn is_frame(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "colgroup")
}

/// Whether the open node is the frame of a raw table.
pub(in crate::render::parse) fn in_frame(builder: &Builder<'_>) -> bool {
    builder.stack.last().is_some_and(|open| matches!(&open.by, Opened::Html(name) if is_frame(name)))
}

/// Content begins: inside the frame of a raw table it gets the row and the cell it lacks.
pub(in crate::render::parse) fn enter_flow(builder: &mut Builder<'_>, offset: usize) {
    if in_frame(builder) {
        frame(builder, "td", offset);
        push(builder, "td", Element::new("td", Role::Cell), offset);
    }
}

/// Something begins: what cannot stay open around it is closed, as browsers do.
pub(in crate::render::parse) fn before(builder: &mut Builder<'_>, block: Block) {
    if block == Block::Inline {
        return;
    }
    if close_open(builder, &["p"], &["td", "th", "caption", "table", "button"]) {
        return;
    }
    // A Markdown paragraph cannot hold a block either: it goes out as a `div`.
    if let Some(node) = builder.stack.last().map(|open| open.block)
        && let Kind::Element(element) = builder.tree.kind_mut(node)
        && element.name == "p"
    {
        element.name = "div";
    }
}

/// Whether a node is part of a line, or nothing of its own.
pub(in crate::render::parse) fn is_part_of_line(kind: &Kind<'_>) -> bool {
    match kind {
        Kind::Element(element) => is_inline(element.name),
        kind => matches!(kind, Kind::Link(_) | Kind::Group | Kind::Unknown(..)),
    }
}

/// Closes the innermost raw element of one of these names, and all in it, unless one of `walls` or Markdown
/// stands before it.
pub(super) fn close_open(builder: &mut Builder<'_>, names: &[&str], walls: &[&str]) -> bool {
    for (depth, open) in builder.stack.iter().rev().enumerate() {
        match &open.by {
            Opened::Markdown => return false,
            Opened::Html(name) if names.contains(&&**name) => {
                for _ in 0..=depth {
                    builder.pop();
                }
                return true;
            }
            Opened::Html(name) if walls.contains(&&**name) => return false,
            Opened::Html(_) => {}
        }
    }
    false
}

/// An item begins: the one that is open in the same list ends. One that Markdown opened cannot end here; the
/// new one gets a list of its own in it.
pub(super) fn item(builder: &mut Builder<'_>, names: &[&str], list: &'static str, offset: usize) {
    enter_flow(builder, offset);
    let mut depth = None;
    let mut markdown = false;
    for (above, open) in builder.stack.iter().rev().take(WALK).enumerate() {
        markdown |= open.by == Opened::Markdown;
        let name = match &builder.tree.node(open.node).kind {
            Kind::Element(element) => element.name,
            Kind::FootnoteDefinition => "li",
            Kind::Heading(..) => break,
            _ => continue,
        };
        if names.contains(&name) {
            depth = Some(above + 1);
            break;
        }
        if !is_inline(name) && !matches!(name, "div" | "p") {
            break;
        }
    }
    match depth {
        Some(_) if markdown => {
            before(builder, Block::Flow);
            push(builder, list, Element::new(list, Role::InnerList), offset);
        }
        Some(depth) => (0..depth).for_each(|_| builder.pop()),
        None => {}
    }
}

/// Opens the parts of a table's frame that this part lacks, and closes those it ends.
pub(super) fn frame(builder: &mut Builder<'_>, part: &str, offset: usize) -> bool {
    let cell = matches!(part, "td" | "th");
    let parents: &[&str] = match part {
        "td" | "th" => &["tr"],
        "tr" => &["thead", "tbody", "tfoot"],
        _ => &["table"],
    };
    let mut raw = builder.stack.iter().rev().take_while(|open| open.by != Opened::Markdown);
    if !raw.any(|open| by_html(open, &["table"])) {
        return false;
    }
    while builder.stack.last().is_some_and(|open| {
        let rows = cell && by_html(open, &["thead", "tbody", "tfoot"]);
        !(rows || by_html(open, &["table"]) || by_html(open, parents))
    }) {
        builder.pop();
    }
    let top_is =
        |builder: &Builder<'_>, names: &[&str]| builder.stack.last().is_some_and(|open| by_html(open, names));
    if (cell || part == "tr") && top_is(builder, &["table"]) {
        push(builder, "tbody", Element::new("tbody", Role::Plain), offset);
    }
    if cell && top_is(builder, &["thead", "tbody", "tfoot"]) {
        push(builder, "tr", Element::new("tr", Role::Plain), offset);
    }
    true
}

pub(super) fn by_html(open: &Open, names: &[&str]) -> bool {
    matches!(&open.by, Opened::Html(name) if names.contains(&&**name))
}

pub(super) fn push<'a>(builder: &mut Builder<'a>, name: &str, element: Element<'a>, offset: usize) -> Id {
    builder.push(Kind::Element(element), offset, Opened::Html(name.into()))
}

/// A node was closed: a heading's text is complete, a quoted one gets its mark.
pub(in crate::render::parse) fn closed(builder: &mut Builder<'_>, open: &Open) {
    let node = open.node;
    if by_html(open, &["q"]) {
        let offset = builder.tree.node(node).offset as usize;
        builder.tree.append(node, Kind::Text("”".into()), offset);
    }
    if matches!(builder.tree.node(node).kind, Kind::Heading(..)) {
        builder.end_heading(node);
    }
}

pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

pub(super) fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "tt"
            | "u"
            | "img"
            | "br"
    )
}

/// What must be closed before this element begins, as browsers do.
pub(super) fn make_room(builder: &mut Builder<'_>, name: &str, offset: usize) -> bool {
    match name {
        "li" => item(builder, &["li"], "ul", offset),
        "dt" | "dd" => item(builder, &["dt", "dd"], "dl", offset),
        "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "caption" | "colgroup" => {
            return frame(builder, name, offset);
        }
        "col" => {
            if !builder.stack.last().is_some_and(|open| by_html(open, &["colgroup"])) {
                if !frame(builder, "colgroup", offset) {
                    return false;
                }
                push(builder, "colgroup", Element::new("colgroup", Role::Plain), offset);
            }
            return true;
        }
        _ => enter_flow(builder, offset),
    }
    if !is_inline(name) {
        before(builder, Block::Flow);
    }
    true
}

/// How deep in the stack the open element is, where it is a heading.
pub(super) fn open_heading(builder: &Builder<'_>) -> Option<usize> {
    let (depth, open) =
        builder.stack.iter().rev().take(WALK).enumerate().find(|(_, open)| {
            !matches!(builder.tree.node(open.node).kind, Kind::Group | Kind::Unknown(..))
        })?;
    matches!(builder.tree.node(open.node).kind, Kind::Heading(..)).then_some(depth + 1)
}

/// A heading begins: a raw one that is open ends.
pub(in crate::render::parse) fn close_heading(builder: &mut Builder<'_>) {
    let Some(depth) = open_heading(builder) else { return };
    let raw = builder.stack.iter().rev().take(depth).all(|open| open.by != Opened::Markdown);
    if raw {
        (0..depth).for_each(|_| builder.pop());
    }
}
