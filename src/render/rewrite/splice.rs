//! Includes: one file's lines among another's.

use std::sync::Arc;

use super::lines::Rewriter;
use crate::finding::Code;
use crate::render::source_map::File;
use crate::render::syntax::includes::{self, Place};

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
        } else if place.target.contains("://") {
            Err(format!("`{}` is on another host: nothing is included from there", place.target))
        } else {
            let from = self.map.files().get(file).and_then(File::path).filter(|_| place.relative_to_file);
            reader.read(from, place.target)
        };
        let included = read.and_then(|included| {
            if self.chain.iter().any(|open| open.path() == included.path()) {
                Err(format!("`{}` includes itself", included.path()))
            } else {
                let ranges = place.select(&included)?;
                Ok((included, ranges))
            }
        });
        match included {
            Ok((included, ranges)) => {
                let index = self.map.add_file(&included);
                self.chain.push(Arc::clone(&included));
                let part = |(base, end): (usize, usize)| (&included.text()[base..end], base);
                if before.trim().is_empty() && after.trim().is_empty() {
                    self.splice_block(ranges.into_iter().map(part), index, before);
                } else {
                    self.copy(&self.prefix.clone(), file, offset, false);
                    self.copy(before, file, offset, true);
                    for (text, base) in ranges.into_iter().map(part) {
                        self.text(text.trim_end_matches('\n'), index, base);
                    }
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

    /// Puts included texts, each with where it begins in its file, as lines of their own.
    fn splice_block<'t>(&mut self, parts: impl Iterator<Item = (&'t str, usize)>, file: usize, indent: &str) {
        let length = self.prefix.len();
        self.prefix.push_str(indent);
        let floor = std::mem::replace(&mut self.floor, self.open.len());
        let fence = self.fence;
        let mut end = 0;
        for (text, base) in parts {
            self.lines(text, file, base);
            if !self.out.ends_with('\n') {
                self.out.push('\n');
            }
            end = base + text.len();
        }
        if fence.is_none() {
            while self.open.len() > self.floor {
                self.close_at(file, end);
            }
        }
        self.fence = fence;
        self.floor = floor;
        self.prefix.truncate(length);
    }
}
