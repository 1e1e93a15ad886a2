//! Components of MDX: their tags become lines of ours, and what stands in them loses the indentation it has as a whole.

use super::lines::{Open, Rewriter, indentation, take_columns};
use crate::render::components::{self, Tag};

/// Where the last end tag of a component stands that begins here.
pub(super) type Ends = std::collections::HashMap<Box<str>, Option<usize>>;

impl Rewriter<'_, '_> {
    /// The line that a text begins with, and further ones where a tag of a component goes over several: then it is one
    /// line, as long.
    pub(super) fn joined<'t>(&self, text: &'t str) -> Option<(std::borrow::Cow<'t, str>, usize)> {
        let start = text.len() - text.trim_start_matches([' ', '\t']).len();
        if self.fence.is_some() || !components::may_begin(&text.as_bytes()[start..]) {
            return None;
        }
        let line = text.find('\n').map_or(text.len(), |at| at + 1);
        let tag = start + components::length(&text[start..])?;
        if tag <= line {
            return None;
        }
        let end = text[tag..].find('\n').map_or(text.len(), |at| tag + at + 1);
        let (lines, newline) = text[..end].split_at(end - usize::from(text[..end].ends_with('\n')));
        Some((format!("{}{newline}", lines.replace('\n', " ")).into(), end))
    }

    /// Whether the line is made of tags of components, and was dealt with. Text may stand between a tag and its end.
    pub(super) fn component(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        let mut at = 0;
        while let Some((tag, length)) = components::parse(&rest[at..]) {
            match tag {
                Tag::Open { name, construct } => {
                    if !self.is_ended(name, file, offset + at)
                        || !self.begin(
                            construct,
                            Open::Component { name: name.into(), indent, inner: None },
                            indent,
                            file,
                            offset + at,
                        )
                    {
                        break;
                    }
                }
                Tag::Whole(text) => self.replaced(&format!("{text}\n"), indent, file, offset + at),
                Tag::Close { name } => {
                    let ends =
                        |open: &Open| matches!(open, Open::Component { name: own, .. } if **own == *name);
                    if !self.close_to(ends, file, offset + at) {
                        break;
                    }
                }
            }
            at += length;
            at += rest[at..].len() - rest[at..].trim_start().len();
        }
        if at == 0 || at == rest.len() {
            return at > 0;
        }
        self.between(&rest[at..], indent, file, offset + at);
        true
    }

    /// Puts what stands behind tags on their line, and ends what is ended behind it.
    fn between(&mut self, text: &str, indent: usize, file: usize, offset: usize) {
        let end =
            text.find("</").filter(|&at| components::may_begin(&text.as_bytes()[at..])).unwrap_or(text.len());
        self.indent(indent);
        self.text(text[..end].trim_end(), file, offset);
        self.out.push('\n');
        if end < text.len() && !self.component(&text[end..], indent, file, offset + end) {
            self.indent(indent);
            self.text(&text[end..], file, offset + end);
            self.out.push('\n');
        }
    }

    /// Whether an end tag of this name comes behind an offset of a file.
    fn is_ended(&mut self, name: &str, file: usize, offset: usize) -> bool {
        if file != 0 {
            return true;
        }
        let body = self.body;
        let last = *self
            .ends
            .entry(name.into())
            .or_insert_with(|| memchr::memmem::rfind(body.as_bytes(), format!("</{name}>").as_bytes()));
        last.is_some_and(|last| last + self.body_start >= offset)
    }

    /// Takes off a line what everything in an open tag is indented by.
    pub(super) fn in_component<'l>(open: &mut Open, rest: &'l str) -> &'l str {
        let Open::Component { indent, inner, .. } = open else { return rest };
        let (found, start) = indentation(rest);
        let beyond = found.saturating_sub(*indent);
        let common = *inner.get_or_insert(beyond);
        take_columns(rest, start, found - common.min(beyond))
    }
}
