//! Includes: one file's lines among another's.

use super::Rewriter;
use crate::finding::Code;
use crate::render::includes;

/// Includes nest this deep at most.
const MAX_INCLUDES: usize = 16;

impl Rewriter<'_, '_> {
    /// Puts a line with what it includes. False where it includes nothing.
    pub(super) fn include(&mut self, line: &str, file: usize, offset: usize) -> bool {
        let Some(place) = includes::find(line) else { return false };
        let Some(reader) = self.includes else { return false };
        let before = &line[..place.start];
        let after = &line[place.end..];
        let from = self.map.file(file).and_then(|file| file.path.clone());
        let read = if self.chain.len() >= MAX_INCLUDES {
            Err(format!("`{}` is included more than {MAX_INCLUDES} levels deep", place.target))
        } else {
            reader.read(from.as_deref().filter(|_| place.relative_to_file), place.target)
        };
        let included = read.and_then(|included| {
            if self.chain.contains(&included.path) {
                Err(format!("`{}` includes itself", included.path))
            } else {
                Ok(included)
            }
        });
        match included {
            Ok(included) => {
                let body = included.text.get(included.body_start..).unwrap_or_default().to_owned();
                let (start, end) = place.select(&body);
                let base = included.body_start + start;
                let index = self.map.add_file(included.path.clone(), included.text);
                self.chain.push(included.path);
                let part = &body[start..end];
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
        true
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
