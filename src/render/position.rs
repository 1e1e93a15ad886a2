//! From a byte offset of the parsed text to a line, a column and an excerpt of the file it came from.

use super::source_map::SourceMap;
use crate::finding::Position;

/// Longest excerpt, in characters.
const EXCERPT: usize = 200;

/// Tells lines and columns. Offsets that rise are found without counting twice.
#[derive(Debug)]
pub(super) struct Locator<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
    line_start: usize,
    column: usize,
}

impl<'a> Locator<'a> {
    /// For a whole file.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1, line_start: 0, column: 0 }
    }

    /// The position of a byte offset.
    pub(super) fn position(&mut self, offset: usize) -> Position {
        let offset = floor_char(self.text, offset);
        if offset < self.offset {
            *self = Self::new(self.text);
        }
        let passed = &self.text.as_bytes()[self.offset..offset];
        let mut counted = self.offset;
        for newline in memchr::memchr_iter(b'\n', passed) {
            self.line = self.line.saturating_add(1);
            self.line_start = self.offset + newline + 1;
            self.column = 0;
            counted = self.line_start;
        }
        self.column += self.text[counted..offset].chars().count();
        self.offset = offset;
        Position { line: self.line, column: u32::try_from(self.column).unwrap_or(u32::MAX).saturating_add(1) }
    }

    /// The line of the position that was told last, cut at 200 characters.
    pub(super) fn excerpt(&self) -> String {
        let rest = &self.text[self.line_start..];
        let end = rest.char_indices().take(EXCERPT).find(|(_, c)| *c == '\n').map(|(at, _)| at);
        let end = end.or_else(|| rest.char_indices().nth(EXCERPT).map(|(at, _)| at)).unwrap_or(rest.len());
        rest[..end].trim_end().to_owned()
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
    locator: Locator<'m>,
}

impl<'m> Places<'m> {
    /// For a text of this map.
    pub(super) fn new(map: &'m SourceMap<'m>) -> Self {
        Self { map, file: 0, locator: Locator::new(map.file(0).map_or("", |file| &file.text)) }
    }

    /// The place of an offset of the parsed text.
    pub(super) fn place(&mut self, offset: usize) -> Place<'m> {
        let (file, offset) = self.map.locate(offset);
        self.place_in(file, offset)
    }

    /// The place of an offset of a file.
    pub(super) fn place_in(&mut self, file: usize, offset: usize) -> Place<'m> {
        if file != self.file {
            self.file = file;
            self.locator = Locator::new(self.map.file(file).map_or("", |file| &file.text));
        }
        let path = self.map.file(file).and_then(|file| file.path.as_deref());
        Place { file: path, position: self.locator.position(offset) }
    }

    /// The line of the place that was told last, cut at 200 characters.
    pub(super) fn excerpt(&self) -> String {
        self.locator.excerpt()
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
        locator.position(5);
        assert_eq!(locator.excerpt(), "cdé f");
    }
}
