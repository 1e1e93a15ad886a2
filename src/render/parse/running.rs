//! Running text on its way into the tree: pieces that the parser tells one by one, gathered until something else comes.
//!
//! Must not know: blocks.

use pulldown_cmark::{CowStr, Event};

use super::autolinks::{self, Piece};
use super::builder::Builder;
use super::{unread, words};
use crate::render::tree::Kind;

impl<'a> Builder<'a> {
    /// Text as the parser gives it; pieces that touch in the source are one.
    pub(super) fn running_text(&mut self, text: CowStr<'a>, start: usize, end: usize) {
        // A piece of the source itself: what an entity stands for may be just as long.
        let borrowed = self
            .text
            .get(start..end)
            .is_some_and(|source| source.as_ptr() == text.as_ptr() && source.len() == text.len());
        match self.running.last_mut() {
            Some(last) if last.end == start && borrowed && last.entity.is_none() => {
                last.end = end;
                return;
            }
            Some(last) if last.end != start && self.text.get(last.end..start) != Some("\\") => self.flush(),
            _ => {}
        }
        self.running.push(Piece { start, end, entity: (!borrowed).then_some(text) });
    }

    /// Takes a construct for text where it is part of a bare URL.
    pub(super) fn is_swallowed(&mut self, event: &Event<'a>, start: usize, end: usize) -> bool {
        if !autolinks::may_be_swallowed(event) || self.verbatim > 0 || self.links_open > 0 {
            return false;
        }
        let Some(last) = self.running.last().filter(|last| last.end == start && last.entity.is_none()) else {
            return false;
        };
        let source = self.text;
        // What was looked at before is not looked at again.
        let known = self.swallowed_to > last.start;
        let text = &source[last.start.max(self.swallowed_to)..start];
        let open = known && !text.contains(autolinks::ends_url) || autolinks::ends_in_url(text);
        let inside = &source[start..end];
        // Nested constructs hold the same bytes.
        if !open || (start..end).contains(&self.telling) {
            return false;
        }
        if let Some(at) = autolinks::first_telling(inside) {
            self.telling = start + at;
            return false;
        }
        self.running_text(CowStr::Borrowed(inside), start, end);
        self.swallowed_to = end;
        true
    }

    /// Whether a piece of the source is nothing but text, whatever is looked for: this is what most pieces pay.
    fn is_plain(&self, start: usize, end: usize) -> bool {
        let source = self.text.as_bytes();
        if start > 0 && source.get(start - 1) == Some(&b'\\') {
            return false;
        }
        let text = &source[start..end];
        self.verbatim > 0
            || !self.www
                && self.abbreviations.is_none()
                && !unread::may_begin_line(text)
                && self.wanted.is_plain(text)
    }

    /// Brings running text into the tree, bare URLs in it as links.
    pub(super) fn flush(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let source = self.text;
        if let [Piece { start, end, entity: None }] = self.running[..]
            && self.is_plain(start, end)
        {
            self.running.clear();
            return self.leaf(Kind::Text(CowStr::Borrowed(&source[start..end])), start);
        }
        let mut pieces = std::mem::take(&mut self.running);
        let escaped = |start: usize| start > 0 && source.as_bytes().get(start - 1) == Some(&b'\\');
        if let (0, Some(Piece { start, end, entity: None })) = (self.verbatim, pieces.first())
            && !escaped(*start)
        {
            unread::check(self, &source[*start..*end], *start);
        }
        if self.verbatim == 0 {
            for piece in pieces.iter().filter(|piece| escaped(piece.start)) {
                if unread::check_escaped(self, piece.start) {
                    break;
                }
            }
        }
        if self.verbatim == 0 && self.links_open == 0 {
            autolinks::add(self, source, &pieces, self.www);
        } else {
            for Piece { start, end, entity } in pieces.drain(..) {
                match entity {
                    Some(text) => self.leaf(Kind::Text(text), start),
                    None if self.verbatim == 0 => words::add(self, &source[start..end], start),
                    None => self.leaf(Kind::Text(CowStr::Borrowed(&source[start..end])), start),
                }
            }
        }
        pieces.clear();
        self.running = pieces;
    }
}
