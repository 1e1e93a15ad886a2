//! Includes: one file's lines among another's.

use std::sync::Arc;

use super::lines::Rewriter;
use crate::finding::Code;
use crate::render::includes::{self, Place};
use crate::render::source_map::File;

/// Includes nest this deep at most.
const MAX_INCLUDES: usize = 16;

impl Rewriter<'_, '_> {
    /// Puts a line with what it includes. False where it includes nothing.
    pub(super) fn include(&mut self, line: &str, file: usize, offset: usize) -> bool {
        let place = includes::find(line).filter(|_| self.includes.is_some());
        if let Some(place) = &place {
            self.include_at(place, line, file, offset);
        }
        place.is_some()
    }

    /// Puts a line with what it includes at this place.
    pub(super) fn include_at(&mut self, place: &Place<'_>, line: &str, file: usize, offset: usize) {
        let Some(reader) = self.includes else { return };
        let before = &line[..place.start];
        let after = &line[place.end..];
        self.included += 1;
        let read = if self.chain.len() >= MAX_INCLUDES {
            Err(format!("`{}` is included more than {MAX_INCLUDES} levels deep", place.target))
        } else {
            let from = self.map.files().get(file).and_then(File::path).filter(|_| place.relative_to_file);
            reader.read(from, place.target)
        };
        let included = read.and_then(|included| {
            if self.chain.iter().any(|open| open.path() == included.path()) {
                Err(format!("`{}` includes itself", included.path()))
            } else {
                Ok(included)
            }
        });
        match included {
            Ok(included) => {
                let (base, end) = place.select(&included);
                let part = &included.text()[base..end];
                let index = self.map.add_file(&included);
                self.chain.push(Arc::clone(&included));
                if before.trim().is_empty() && after.trim().is_empty() {
                    self.splice_block(part, index, base, before);
                } else {
                    self.copy(&self.prefix.clone(), file, offset, false);
                    self.copy(before, file, offset, true);
                    self.text(part.trim_end_matches('\n'), index, base);
                    self.copy(after, file, offset + place.end, true);
                }
                self.chain.pop();
            }
            Err(message) => {
                self.copy(before, file, offset, true);
                let at = (file, offset + place.start);
                self.problem(Code::BrokenInclude, message, "what it names is left out", at);
                self.copy(after, file, offset + place.end, true);
            }
        }
    }

    /// Puts an included text as lines of their own.
    fn splice_block(&mut self, text: &str, file: usize, base: usize, indent: &str) {
        let length = self.prefix.len();
        self.prefix.push_str(indent);
        let floor = std::mem::replace(&mut self.floor, self.open.len());
        let fence = self.fence;
        self.lines(text, file, base);
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        if fence.is_none() {
            while self.open.len() > self.floor {
                self.close_at(file, base + text.len());
            }
        }
        self.fence = fence;
        self.floor = floor;
        self.prefix.truncate(length);
    }
}
