//! A place in a file, with its line shown and the place pointed at.

use std::fmt::Write as _;

use camino::Utf8Path;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::style;
use crate::finding::Position;
use crate::text;

/// Most columns of a source line that are shown.
const LINE_WIDTH: usize = 72;

/// `docs/a.md:3:7`: what editors and terminals make a link of.
pub(super) fn place(path: &Utf8Path, position: Option<Position>) -> String {
    match position {
        Some(Position { line, column }) => format!("{}:{line}:{column}", text::visible(path.as_str())),
        None => text::visible(path.as_str()).into_owned(),
    }
}

/// The place, and its line with a mark below, without a line end:
///
/// ```text
///   --> docs/a.md:3:7
///    |
///  3 | See [the VPN](vpn.md).
///    |     ^
/// ```
pub(super) fn source(path: &Utf8Path, position: Option<Position>, excerpt: Option<&str>) -> String {
    let mut text = format!("  {} {}", style::HINT.paint("-->"), place(path, position));
    let (Some(position), Some(excerpt)) = (position, excerpt) else { return text };
    let number = position.line.to_string();
    let gutter = " ".repeat(number.len());
    // An excerpt that leaves something out begins with an ellipsis.
    let column = match text::excerpt_start(position.column) {
        0 => position.column as usize,
        left_out => position.column as usize - left_out + 1,
    };
    let (line, mark) = window(excerpt, column);
    let bar = style::HINT.paint("|");
    let _ = write!(
        text,
        "\n {gutter} {bar}\n {} {bar} {line}\n {gutter} {bar} {}{}",
        style::HINT.paint(&number),
        " ".repeat(mark),
        style::ERROR.paint("^")
    );
    text
}

/// The part of a line round a column (from 1, in characters), on one row of the terminal, and the mark's offset in columns.
fn window(line: &str, column: usize) -> (String, usize) {
    let characters: Vec<char> =
        line.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let at = column.saturating_sub(1).min(characters.len());
    let width = |part: &[char]| part.iter().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    let mut start = 0;
    if width(&characters[..at]) > LINE_WIDTH * 2 / 3 {
        start = at;
        while start > 0 && width(&characters[start - 1..at]) <= LINE_WIDTH / 3 {
            start -= 1;
        }
    }
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    let mark = shown.width() + width(&characters[start..at]);
    let mut used = shown.width();
    for (index, c) in characters.iter().enumerate().skip(start) {
        used += c.width().unwrap_or(0);
        if used >= LINE_WIDTH && index + 1 < characters.len() {
            shown.push('…');
            break;
        }
        shown.push(*c);
    }
    (shown, mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_below_its_character() {
        let marked = |line: &str, column| {
            let (shown, mark) = window(line, column);
            let mut at = 0;
            shown.chars().find(|c| {
                let here = at;
                at += c.width().unwrap_or(0);
                here == mark
            })
        };
        assert_eq!(marked("see [x](y.md)", 5), Some('['));
        assert_eq!(marked("日本語 [x](y.md)", 5), Some('['));
        assert_eq!(marked("\tsee [x](y.md)", 6), Some('['));
        let long = format!("{}[x](y.md){}", "word ".repeat(40), " more".repeat(40));
        assert_eq!(marked(&long, 201), Some('['));
        assert!(window(&long, 201).0.width() <= LINE_WIDTH + 1);
    }

    #[test]
    fn the_mark_is_below_its_character_in_a_line_that_is_cut() {
        let line = format!("{}[x](y.md){}", "word ".repeat(100), " more".repeat(100));
        for column in [1, 140, 141, 200, 501, 900] {
            let position = Position { line: 1, column };
            let excerpt = text::excerpt(&line, position).unwrap();
            let shown = source(Utf8Path::new("a.md"), Some(position), Some(&excerpt));
            let shown = anstream::adapter::strip_str(&shown).to_string();
            let rows: Vec<_> = shown.lines().collect();
            let mark = rows[3].chars().position(|c| c == '^').unwrap();
            let expected = line.chars().nth(column as usize - 1);
            assert_eq!(rows[2].chars().nth(mark), expected, "{shown}");
        }
    }

    #[test]
    fn a_column_past_the_end_is_no_panic() {
        assert_eq!(window("ab", 99).1, 2);
        assert_eq!(window("", 1), (String::new(), 0));
    }
}
