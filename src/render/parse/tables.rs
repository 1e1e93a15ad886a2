//! Tables: a head whose cells name their column, rows in turn light and shaded, alignment as style.

use pulldown_cmark::Alignment;

use super::builder::Builder;
use crate::finding::Code;
use crate::render::syntax::attribute_lists;
use crate::render::theme::Role;
use crate::render::tree::{Element, Kind};

/// Where in a table the builder is. Markdown tables do not nest.
#[derive(Debug, Default)]
pub(super) struct State {
    alignments: Vec<Alignment>,
    column: usize,
    row: usize,
    head: bool,
    /// The row is a list of attributes.
    listed: bool,
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
    let text = builder.text;
    let rest = &text[offset..];
    let row = &rest[..memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())];
    if builder.dialects.attribute_lists && attribute_lists::is_whole(row) {
        // About the table, as Kramdown reads it: none of it is a cell.
        builder.listed_to = offset + row.len();
        builder.table.listed = true;
        builder.open(Kind::Group, offset);
        return;
    }
    if !builder.table.body {
        builder.table.body = true;
        builder.open(Kind::Element(Element::new("tbody", Role::Plain)), offset);
    }
    builder.table.listed = false;
    builder.table.row += 1;
    builder.table.column = 0;
    builder.open(Kind::Element(Element::new("tr", Role::Plain)), offset);
    if let Some(at) = beyond(row, builder.table.alignments.len()) {
        builder.problem(
            Code::UnreadSyntax,
            "the table has no column for this: it is left out".to_owned(),
            "write `\\|` for a `|` in a cell, in code too; or give the table's first lines one more cell",
            offset + at,
        );
    }
}

/// Where in a row the text begins that stands behind its last column; `None` where there is none.
fn beyond(row: &str, columns: usize) -> Option<usize> {
    let bytes = row.as_bytes();
    let escaped = |at: usize| bytes[..at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1;
    let bars = memchr::memchr_iter(b'|', bytes).filter(|at| !escaped(*at));
    let leading = usize::from(row.starts_with('|'));
    let last = bars.skip(leading).nth(columns.checked_sub(1)?)?;
    let rest = row[last + 1..].trim_start_matches(['|', ' ', '\t', '\r']);
    (!rest.is_empty()).then(|| row.len() - rest.len())
}

/// A cell begins.
pub(super) fn cell(builder: &mut Builder<'_>, offset: usize) {
    if builder.table.listed {
        builder.open(Kind::Group, offset);
        return;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_a_column_is_found() {
        assert_eq!(beyond("| a | b | c |", 1), Some(6));
        assert_eq!(beyond("a | b", 1), Some(4));
        assert_eq!(beyond("| `a|b` | c |", 2), Some(10));
        for row in ["| a | b |", "| a \\| b | c", "a | b", "| a |", "| a | b | |  |\r"] {
            assert_eq!(beyond(row, 2), None, "{row}");
        }
    }
}
