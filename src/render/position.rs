//! From a byte offset of the parsed text to a line, a column and an excerpt of the file it came from.

use super::source_map::{File, SourceMap};
use crate::finding::Position;
use crate::text::{self, Lines};

/// Tells lines and columns. What lies behind the last place is found from there; for what lies before it, the lines
/// are told apart once.
#[derive(Debug)]
struct Locator<'a> {
    text: &'a str,
    lines: Lines<'a>,
    offset: usize,
    line: usize,
    line_start: usize,
    column: usize,
}

impl<'a> Locator<'a> {
    /// For a whole file.
    fn new(text: &'a str) -> Self {
        Self { text, lines: Lines::new(text), offset: 0, line: 1, line_start: 0, column: 0 }
    }

    /// The position of a byte offset.
    fn position(&mut self, offset: usize) -> Position {
        let offset = floor_char(self.text, offset);
        if offset < self.offset {
            let starts = self.lines.starts();
            self.line = starts.partition_point(|start| *start <= offset);
            self.line_start = starts.get(self.line - 1).copied().unwrap_or_default();
            (self.offset, self.column) = (self.line_start, 0);
        }
        let passed = &self.text.as_bytes()[self.offset..offset];
        if let Some(newline) = memchr::memrchr(b'\n', passed) {
            self.line += memchr::memchr_iter(b'\n', passed).count();
            self.line_start = self.offset + newline + 1;
            (self.offset, self.column) = (self.line_start, 0);
        }
        self.column += self.text[self.offset..offset].chars().count();
        self.offset = offset;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(self.line), column: number(self.column.saturating_add(1)) }
    }

    /// The line of the position that was told last, as [`Lines::excerpt`] has it, however long the line is.
    fn excerpt(&self) -> String {
        let column = u32::try_from(self.column + 1).unwrap_or(u32::MAX);
        if text::excerpt_start(column) == 0 {
            return text::cut(&self.text[self.line_start..], true);
        }
        let before = self.text[self.line_start..self.offset].char_indices();
        let start = before.rev().nth(text::EXCERPT_BEFORE - 1).map_or(0, |(at, _)| at);
        text::cut(&self.text[self.line_start + start..], false)
    }
}

/// A place in a file.
#[derive(Debug)]
pub(super) struct Place<'m> {
    /// The included file it is in; `None` for the document.
    pub(super) file: Option<&'m str>,
    /// Where in it.
    pub(super) position: Position,
}

/// Tells places by offsets of the parsed text.
#[derive(Debug)]
pub(super) struct Places<'m> {
    map: &'m SourceMap<'m>,
    file: usize,
    /// Of each file.
    locators: Vec<Locator<'m>>,
}

impl<'m> Places<'m> {
    /// For a text of this map.
    pub(super) fn new(map: &'m SourceMap<'m>) -> Self {
        Self { map, file: 0, locators: map.files().iter().map(|file| Locator::new(file.text())).collect() }
    }

    /// The place of an offset of the parsed text.
    pub(super) fn place(&mut self, offset: usize) -> Place<'m> {
        let (file, offset) = self.map.locate(offset);
        self.place_in(file, offset)
    }

    /// The place of an offset of a file.
    pub(super) fn place_in(&mut self, file: usize, offset: usize) -> Place<'m> {
        self.file = file;
        let path = self.map.files().get(file).and_then(File::path);
        let position = self.locators.get_mut(file).map(|locator| locator.position(offset));
        Place { file: path, position: position.unwrap_or(Position { line: 1, column: 1 }) }
    }

    /// The line of the place that was told last, as [`Lines::excerpt`] has it.
    pub(super) fn excerpt(&self) -> String {
        self.locators.get(self.file).map(Locator::excerpt).unwrap_or_default()
    }
}

fn floor_char(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut locator = Locator::new("äb\ncdé f\n");
        assert_eq!(locator.position(2), Position { line: 1, column: 2 });
        assert_eq!(locator.position(8), Position { line: 2, column: 4 });
        assert_eq!(locator.position(0), Position { line: 1, column: 1 });
        assert_eq!(locator.position(8), Position { line: 2, column: 4 });
        assert_eq!(locator.position(6), Position { line: 2, column: 3 });
        assert_eq!(locator.excerpt(), "cdé f");
        assert_eq!(locator.position(4), Position { line: 2, column: 1 });
        assert_eq!(locator.position(3), Position { line: 1, column: 3 });
        assert_eq!(locator.excerpt(), "äb");
    }

    #[test]
    fn excerpts_are_the_same_by_offset_and_by_column() {
        let text = format!("a\n{}x\nb\n", "äö word ".repeat(60));
        let (mut locator, lines) = (Locator::new(&text), Lines::new(&*text));
        for (offset, _) in text.char_indices() {
            let position = locator.position(offset);
            assert_eq!(Some(locator.excerpt()), lines.excerpt(position), "{position:?}");
        }
    }
}
