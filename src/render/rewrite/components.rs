//! Components of MDX: their tags become lines of ours, and what stands in them loses the indentation it has as a whole.

use super::Marker;
use super::lines::{Open, Rewriter, indentation, take_columns};
use crate::render::syntax::components::{self, Tag};
use crate::render::syntax::construct::Construct;
use crate::render::syntax::includes::Place;
use crate::render::syntax::{info, modules};
use crate::render::urls;

/// Where that stands last which ends a construct, such as an end tag; `None` where it is not there.
pub(super) type Ends = std::collections::HashMap<Box<str>, Option<usize>>;

/// What ends a comment of MDX.
pub(super) const MDX_COMMENT_END: &str = "*/}";

/// How many lines the tag takes that a text begins with.
pub(super) enum Lines {
    /// No more than one, or it is no tag.
    One,
    /// Several: here they are one line, which is as long as they are.
    Joined(String),
    /// Nothing ends it as far as a tag may go.
    Unended,
}

impl Rewriter<'_, '_> {
    /// What `text` begins with, where a tag of a component goes over several lines.
    pub(super) fn lines_of_tag(&self, text: &str) -> Lines {
        let start = text.len() - text.trim_start_matches([' ', '\t']).len();
        if self.fence.is_some() || !components::may_begin(&text.as_bytes()[start..]) {
            return Lines::One;
        }
        let Some(tag) = components::length(&text[start..]) else { return Lines::Unended };
        if !text[..start + tag].contains('\n') {
            return Lines::One;
        }
        let end = text[start + tag..].find('\n').map_or(text.len(), |at| start + tag + at + 1);
        let (lines, newline) = text[..end].split_at(end - usize::from(text[..end].ends_with('\n')));
        let joined = format!("{}{newline}", lines.replace('\n', " "));
        // Raw HTML stays as it is.
        let is_read = !joined[start..].starts_with("<img") || components::parse(&joined[start..]).is_some();
        if is_read { Lines::Joined(joined) } else { Lines::One }
    }

    /// Whether the line begins with a tag of a component, and was dealt with: text and further tags may follow.
    pub(super) fn component(&mut self, line: &str, indent: usize, file: usize, offset: usize) -> bool {
        let Some(mut at) = self.tag(line, indent, file, offset) else { return false };
        while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            let spaces = rest.len() - rest.trim_start().len();
            at += match self.tag(&rest[spaces..], indent, file, offset + at + spaces) {
                Some(length) => spaces + length,
                None => self.between(rest, indent, file, offset + at),
            };
        }
        true
    }

    /// Takes the tag that a text begins with; its length.
    fn tag(&mut self, text: &str, indent: usize, file: usize, offset: usize) -> Option<usize> {
        let (tag, length) = components::parse(text)?;
        let taken = match tag {
            Tag::Open { name, construct, says } => {
                let tabs = self.open.iter_mut().rev().find_map(|open| match open {
                    Open::Component { name, says, .. } if components::are_tabs(name) => Some(says),
                    _ => None,
                });
                let construct = match tabs {
                    Some(tabs) => tabs.titled(name, construct),
                    None => construct,
                };
                let lead = says.lead.clone();
                let open = Open::Component { name: name.into(), indent, inner: None, says };
                let begun = self.is_ended(&format!("</{name}>"), file, offset)
                    && self.begin(construct, open, indent, file, offset);
                self.paragraphs(if begun { &lead } else { &[] }, indent, file, offset);
                begun
            }
            Tag::Whole(mut texts) => {
                for text in texts.iter_mut().filter(|text| text.starts_with("<img")) {
                    self.resolve_pictures(text);
                }
                self.paragraphs(&texts, indent, file, offset);
                true
            }
            Tag::Close { name } => {
                let ends = |open: &Open| matches!(open, Open::Component { name: own, .. } if **own == *name);
                self.close_to(ends, file, offset)
            }
        };
        taken.then_some(length)
    }

    /// Puts the paths of imported pictures in the place of their names: `src="{name}"`.
    fn resolve_pictures(&self, html: &mut String) {
        const BEGIN: &str = "=\"{";
        let mut from = 0;
        while let Some(at) = html[from..].find(BEGIN).map(|at| from + at + BEGIN.len()) {
            let Some(length) = html[at..].find("}\"") else { return };
            from = at;
            if let Some(path) = self.imports.get(&html[at..at + length]) {
                html.replace_range(at - 1..=at + length, path);
            }
        }
    }

    /// Puts paragraphs of ours.
    fn paragraphs(&mut self, texts: &[String], indent: usize, file: usize, offset: usize) {
        for text in texts {
            self.replaced(&format!("{text}\n"), indent, file, offset);
        }
    }

    /// What stands below what a component holds, at its end.
    pub(super) fn caption(&mut self, caption: &[String], indent: usize, file: usize, offset: usize) {
        if caption.is_empty() {
            return;
        }
        self.mark(Marker::Open(Construct::Caption), indent, file, offset);
        self.paragraphs(caption, indent, file, offset);
        self.mark(Marker::Close, indent, file, offset);
    }

    /// The title that a group of code gives the block whose fence this is: what stands behind its language.
    pub(super) fn title_in_group(&self, fence: &str) -> Option<String> {
        let grouped =
            matches!(self.open.last(), Some(Open::Component { name, .. }) if &**name == "CodeGroup");
        let title = grouped.then(|| info::title_in_group(fence.trim_start_matches(['`', '~']))).flatten()?;
        (!title.contains('"')).then(|| title.to_owned())
    }

    /// Puts what stands between tags on their line; its length. A tag that is not read is part of it.
    fn between(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> usize {
        let spaces = rest.len() - rest.trim_start().len();
        let first = if components::may_begin(&rest.as_bytes()[spaces..]) {
            components::length(&rest[spaces..]).map_or(rest.len(), |length| spaces + length)
        } else {
            0
        };
        let next = memchr::memchr_iter(b'<', &rest.as_bytes()[first..])
            .map(|at| first + at)
            .find(|&at| components::may_begin(&rest.as_bytes()[at..]));
        let end = next.unwrap_or(rest.len());
        let text = rest[..end].trim();
        if !text.is_empty() {
            self.indent(indent);
            self.text(text, file, offset + spaces);
            self.out.push('\n');
        }
        end
    }

    /// A line that begins with a comment of MDX, which is left out; `false` where nothing ends it.
    pub(super) fn comment(&mut self, line: &str, file: usize, offset: usize) -> bool {
        let Some(comment) = line.strip_prefix("{/*") else { return false };
        match comment.split_once(MDX_COMMENT_END) {
            Some((_, behind)) => behind.trim().is_empty(),
            None if self.is_ended(MDX_COMMENT_END, file, offset) => {
                self.verbatim = Some(MDX_COMMENT_END);
                true
            }
            None => false,
        }
    }

    /// The length of the JavaScript that a text begins with, which is left out; `None` for Markdown.
    pub(super) fn module(&mut self, text: &str) -> Option<usize> {
        let begins = self.options.dialects.directives
            && self.fence.is_none()
            && self.verbatim.is_none()
            && self.open.len() == self.floor
            && modules::may_begin(text.as_bytes());
        let length = begins.then(|| modules::length(text)).flatten()?;
        self.modules = true;
        let named = modules::imported(&text[..length]).map(|(name, path)| (name.into(), path.into()));
        self.imports.extend(named);
        Some(length)
    }

    /// Whether the line is the component that stands for a Markdown file, and was dealt with.
    pub(super) fn partial(&mut self, line: &str, indent: usize, file: usize, offset: usize) -> bool {
        let target = modules::whole(line).and_then(|name| self.imports.get(name)).cloned();
        let target = target.filter(|path| self.includes.is_some() && !urls::is_picture(path));
        let Some(target) = target else { return false };
        let lines = format!("{}{line}", " ".repeat(indent));
        self.include_at(&Place::all_of(&lines, indent, &target), &lines, file, offset.saturating_sub(indent));
        true
    }

    /// Whether what ends a construct comes behind an offset of a file.
    pub(super) fn is_ended(&mut self, end: &str, file: usize, offset: usize) -> bool {
        if file != 0 {
            return true;
        }
        let body = self.body.as_bytes();
        let last =
            *self.ends.entry(end.into()).or_insert_with(|| memchr::memmem::rfind(body, end.as_bytes()));
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
