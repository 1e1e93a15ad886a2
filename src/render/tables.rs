//! Tables: a head whose cells name their column, rows in turn light and shaded, alignment as style.

use pulldown_cmark::Alignment;

use super::builder::Builder;
use super::theme::Role;
use super::tree::{Element, Kind};

/// Where in a table the builder is. Markdown tables do not nest.
#[derive(Debug, Default)]
pub(super) struct State {
    alignments: Vec<Alignment>,
    column: usize,
    row: usize,
    head: bool,
    /// A `tbody` is open.
    body: bool,
}

/// A table begins.
pub(super) fn start(builder: &mut Builder<'_>, alignments: Vec<Alignment>, offset: usize) {
    builder.open_block();
    builder.open(Kind::Element(Element::new("table", Role::Table)), offset);
    builder.table = State { alignments, ..State::default() };
}

/// Its head begins.
pub(super) fn head(builder: &mut Builder<'_>, offset: usize) {
    builder.table.head = true;
    builder.table.column = 0;
    builder.open(Kind::Element(Element::new("thead", Role::Plain)), offset);
    builder.open(Kind::Element(Element::new("tr", Role::Plain)), offset);
}

/// Its head ends.
pub(super) fn end_head(builder: &mut Builder<'_>) {
    builder.close_markdown();
    builder.close_markdown();
    builder.table.head = false;
}

/// A row begins.
pub(super) fn row(builder: &mut Builder<'_>, offset: usize) {
    if !builder.table.body {
        builder.table.body = true;
        builder.open(Kind::Element(Element::new("tbody", Role::Plain)), offset);
    }
    builder.table.row += 1;
    builder.table.column = 0;
    builder.open(Kind::Element(Element::new("tr", Role::Plain)), offset);
}

/// A cell begins.
pub(super) fn cell(builder: &mut Builder<'_>, offset: usize) {
    let state = &mut builder.table;
    let alignment = state.alignments.get(state.column).copied().unwrap_or(Alignment::None);
    state.column += 1;
    let mut element = if state.head {
        Element::new("th", Role::ColumnHeading).with("scope", "col")
    } else if state.row.is_multiple_of(2) {
        Element::new("td", Role::EvenCell)
    } else {
        Element::new("td", Role::Cell)
    };
    let style = match alignment {
        Alignment::None => "",
        Alignment::Left => "text-align:left",
        Alignment::Center => "text-align:center",
        Alignment::Right => "text-align:right",
    };
    if !style.is_empty() {
        element = element.with("style", style);
    }
    builder.open(Kind::Element(element), offset);
}

/// The table ends: its body, if it has one, ends first.
pub(super) fn end(builder: &mut Builder<'_>) {
    if std::mem::take(&mut builder.table.body) {
        builder.close_markdown();
    }
}
