//! Text on its way out, with where each piece of it comes from.
//!
//! Must not know: blocks.

use super::Marker;
use super::lines::{COMMENT_END, Open, Rewriter, indentation};
use crate::finding::Code;
use crate::render::problem::Problem;
use crate::render::syntax::{comments, directives, includes, sizes, variables};

/// The line that stands for the begin or end of a construct.
const MARK: &str = "<!--kb-->\n";

impl Rewriter<'_, '_> {
    /// Copies text that begins at `offset` of a file.
    pub(super) fn copy(&mut self, text: &str, file: usize, offset: usize, as_is: bool) {
        self.map.note(self.out.len(), file, offset, !as_is);
        self.out.push_str(text);
    }

    /// Puts a line of Markdown, includes and variables in it resolved.
    pub(super) fn put(&mut self, line: &str, file: usize, offset: usize) {
        if self.includes.is_some() && self.verbatim != Some(COMMENT_END) {
            if self.include(line, file, offset) {
                return;
            }
            if let Some(at) = includes::escape(line, self.fence.is_some()) {
                let prefix = self.prefix.clone();
                self.copy(&prefix, file, offset, false);
                self.copy(&line[..at], file, offset, true);
                return self.text(&line[at + 1..], file, offset + at + 1);
            }
        }
        if !self.prefix.is_empty() {
            let prefix = std::mem::take(&mut self.prefix);
            self.copy(&prefix, file, offset, false);
            self.prefix = prefix;
        }
        self.text(line, file, offset);
    }

    /// Copies text, variables and sizes of images in it resolved and marks of translators taken off.
    pub(super) fn text(&mut self, text: &str, file: usize, offset: usize) {
        let (mut text, mut offset) = (text, offset);
        if self.options.dialects.directives && self.fence.is_none() {
            while let Some((marked, shown)) = directives::in_line(text) {
                self.copy(&text[..marked.start], file, offset, true);
                self.copy(&shown, file, offset + marked.start, false);
                (text, offset) = (&text[marked.end..], offset + marked.end);
            }
        }
        if self.options.dialects.wiki_links && self.fence.is_none() {
            while let Some(comment) = comments::first(text) {
                self.copy(&text[..comment.start], file, offset, true);
                (text, offset) = (&text[comment.end..], offset + comment.end);
            }
        }
        if self.options.dialects.attribute_lists
            && self.fence.is_none()
            && (self.in_list || indentation(text).0 < 4)
        {
            while let Some((size, list)) = sizes::first(text) {
                self.copy(&text[..size.start], file, offset, true);
                self.copy(&list, file, offset + size.start, false);
                (text, offset) = (&text[size.end..], offset + size.end);
            }
        }
        if self.options.variables.is_empty() || !text.contains("{{") {
            self.copy(text, file, offset, true);
        } else {
            self.variables(text, file, offset);
        }
    }

    pub(super) fn variables(&mut self, line: &str, file: usize, offset: usize) {
        let mut from = 0;
        for place in variables::places(line) {
            match self.options.variables.get(place.name) {
                Some(value) => {
                    self.copy(&line[from..place.start], file, offset + from, true);
                    self.copy(value, file, offset + place.start, false);
                    from = place.end;
                }
                None if self.fence.is_none() => {
                    let message = format!("`{}` is not among the variables: it stays as written", place.name);
                    let at = (file, offset + place.start);
                    self.problem(Code::UnknownVariable, message, "name it in `[render.variables]`", at);
                }
                None => {}
            }
        }
        self.copy(&line[from..], file, offset + from, true);
    }

    /// Puts Markdown of ours in the place of a line.
    pub(super) fn replaced(&mut self, text: &str, indent: usize, file: usize, offset: usize) {
        self.map.note(self.out.len(), file, offset, true);
        self.indent(indent);
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn mark(&mut self, marker: Marker, indent: usize, file: usize, offset: usize) {
        // Raw HTML would take it for a line of its own.
        if std::mem::take(&mut self.html) {
            self.out.push('\n');
        }
        self.map.note(self.out.len(), file, offset, true);
        self.indent(indent);
        self.markers.push((self.out.len(), marker));
        self.out.push_str(MARK);
    }

    /// Tells what nothing ends before the document does.
    pub(super) fn tell_unended(&mut self) {
        let mut begun = Vec::new();
        for (at, marker) in &self.markers {
            match marker {
                Marker::Open(_) => begun.push(*at),
                Marker::Close => drop(begun.pop()),
            }
        }
        let has_end = |open: &Open| !matches!(open, Open::Indented { .. } | Open::Component { .. });
        let unended: Vec<usize> =
            begun.into_iter().zip(&self.open).filter(|(_, open)| has_end(open)).map(|(at, _)| at).collect();
        for at in unended {
            let place = self.map.locate(at);
            let message = "nothing ends what begins here: all that follows stands in it".to_owned();
            self.problem(
                Code::UnreadSyntax,
                message,
                "write the line that ends it: `:::`, a fence or an end tag",
                place,
            );
        }
    }

    /// Tells text right below the line of an admonition or a tab, the one at `depth`, that does not stand in it.
    pub(super) fn tell_unindented(&mut self, depth: usize, place: (usize, usize)) {
        let is_last = self.open.len() == depth + 1 && self.out.ends_with(MARK);
        if is_last && matches!(self.markers.last(), Some((_, Marker::Open(_)))) {
            let message =
                "the text is not indented: it stands below the callout or tab, not in it".to_owned();
            self.problem(Code::UnreadSyntax, message, "indent all that stands in it by four spaces", place);
        }
    }

    pub(super) fn indent(&mut self, indent: usize) {
        self.out.push_str(&self.prefix);
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    pub(super) fn problem(
        &mut self,
        code: Code,
        message: String,
        help: &'static str,
        (file, offset): (usize, usize),
    ) {
        self.problems.push(Problem { code, message, help, file: Some(file), offset });
    }
}
