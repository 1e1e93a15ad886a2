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
}

impl<'a> Locator<'a> {
    /// For a whole file.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1, line_start: 0 }
    }

    /// The position of a byte offset.
    pub(super) fn position(&mut self, offset: usize) -> Position {
        let offset = floor_char(self.text, offset);
        if offset < self.offset {
            *self = Self::new(self.text);
        }
        let passed = &self.text.as_bytes()[self.offset..offset];
        for newline in memchr::memchr_iter(b'\n', passed) {
            self.line = self.line.saturating_add(1);
            self.line_start = self.offset + newline + 1;
        }
        self.offset = offset;
        let column = self.text[self.line_start..offset].chars().count();
        Position { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1) }
    }

    /// The line a byte offset stands on, cut at 200 characters.
    pub(super) fn excerpt(&self, offset: usize) -> String {
        let offset = floor_char(self.text, offset);
        let start = memchr::memrchr(b'\n', &self.text.as_bytes()[..offset]).map_or(0, |at| at + 1);
        let rest = &self.text[start..];
        let line = rest.split('\n').next().unwrap_or_default().trim_end();
        line.char_indices().nth(EXCERPT).map_or(line, |(end, _)| &line[..end]).to_owned()
    }
}

/// A place in a file.
#[derive(Debug)]
pub(super) struct Place<'m> {
    /// The included file it is in; `None` for the document.
    pub(super) file: Option<&'m str>,
    /// Where in it.
    pub(super) position: Position,
    offset: usize,
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
        Place { file: path, position: self.locator.position(offset), offset }
    }

    /// The line of the place that was told last, cut at 200 characters.
    pub(super) fn excerpt(&self, place: &Place<'_>) -> String {
        self.locator.excerpt(place.offset)
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
        assert_eq!(locator.excerpt(5), "cdé f");
    }
}
