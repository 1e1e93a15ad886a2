//! Lines that begin or end a construct, each read by the construct's own file.
//!
//! Must not know: what is code.

use super::Marker;
use super::lines::{Column, Open, Rewriter};
use crate::finding::Code;
use crate::render::syntax::admonitions::{self, holds_markdown};
use crate::render::syntax::construct::Construct;
use crate::render::syntax::{abbreviations, blocks, comments, directives, gitbook, myst, tabs};

/// The fence that stands for colons or tags round code; nobody writes one as long.
pub(super) const COLON_FENCE: &str = "~~~~~~~~~~~~";

/// Behind the tag of a `<details>`, its summary has ended after so many bytes.
const SUMMARY: usize = 2000;

/// The line that begins and ends a quotation of GitLab over several blocks.
pub(super) const QUOTATION: &str = ">>>";

/// The end of one, behind a line.
const QUOTATION_END: &str = "\n>>>";

/// Constructs nest this deep at most.
const MAX_NESTING: usize = 32;

impl Rewriter<'_, '_> {
    /// Whether the line was the begin or end of a construct, and was dealt with.
    pub(super) fn construct(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        let dialects = &self.options.dialects;
        match rest.as_bytes().first() {
            Some(b'!' | b'?') if dialects.admonitions => {
                let Some(construct) = admonitions::begin(rest) else { return false };
                self.begin(construct, Open::Indented { indent }, indent, file, offset)
            }
            Some(b'=') if dialects.tabs => {
                let Some(construct) = tabs::begin(rest) else { return false };
                self.begin(construct, Open::Indented { indent }, indent, file, offset)
            }
            Some(b':') if dialects.directives => self.directive(rest, indent, file, offset),
            Some(b'/') if dialects.admonitions => self.block(rest, indent, file, offset),
            Some(b'{') if dialects.directives && self.comment(rest, file, offset) => true,
            Some(b'{') if dialects.gitbook => self.gitbook(rest, indent, file, offset),
            Some(b'`' | b'~') if dialects.myst => self.myst(rest, indent, file, offset),
            Some(b'(') if dialects.myst => {
                let Some(name) = myst::target(rest) else { return false };
                self.replaced(&format!("<a id=\"{name}\"></a>\n"), indent, file, offset);
                true
            }
            Some(b'%') if dialects.wiki_links && self.hides_block(rest, file, offset) => true,
            Some(b'>') if dialects.directives && rest == QUOTATION => self.quotation(indent, file, offset),
            Some(b'*') if dialects.abbreviations => {
                let room = self.abbreviations.len() < abbreviations::MOST;
                let Some(definition) = abbreviations::read(rest).filter(|_| room) else { return false };
                self.abbreviations.push(definition);
                true
            }
            Some(b'[') if dialects.directives => {
                let Some(link) = directives::code(rest) else { return false };
                self.replaced(&link, indent, file, offset);
                true
            }
            Some(b'<') => {
                dialects.directives
                    && (self.partial(rest, indent, file, offset)
                        || self.component(rest, indent, file, offset))
                    || dialects.admonitions && self.tag_with_markdown(rest, indent, file, offset)
            }
            _ => false,
        }
    }

    /// Whether a comment of Obsidian begins in this line that ends in a later one: all of it goes.
    fn hides_block(&mut self, rest: &str, file: usize, offset: usize) -> bool {
        let begins =
            rest.strip_prefix(comments::COMMENT).is_some_and(|inner| !inner.contains(comments::COMMENT));
        let hides = begins && self.is_ended(comments::COMMENT, file, offset + comments::COMMENT.len());
        if hides {
            self.verbatim = Some(comments::COMMENT);
        }
        hides
    }

    /// The line that begins or ends a quotation of GitLab.
    fn quotation(&mut self, indent: usize, file: usize, offset: usize) -> bool {
        let ends = |open: &Open| matches!(open, Open::Fenced { letter: b'>', .. });
        let open = Open::Fenced { letter: b'>', length: QUOTATION.len(), indent };
        self.close_to(ends, file, offset)
            || self.is_ended(QUOTATION_END, file, offset)
                && self.begin(Construct::Quote, open, indent, file, offset)
    }

    /// A line of raw HTML behind or in which Markdown goes on, as if empty lines stood there.
    fn tag_with_markdown(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        let summary = rest.ends_with("</summary>") && self.in_markdown_details();
        let below = !summary && holds_markdown(rest);
        let whole = 0..rest.len();
        let parts = if summary || below {
            vec![whole]
        } else if let Some(inner) = admonitions::markdown_between(rest) {
            // A paragraph is one by itself.
            let paragraph = rest.starts_with("<p ");
            if paragraph { vec![inner] } else { vec![0..inner.start, inner.clone(), inner.end..rest.len()] }
        } else {
            return false;
        };
        for part in parts {
            let text = &rest[part.clone()];
            let start = part.start + text.len() - text.trim_start().len();
            self.indent(indent);
            self.text(text.trim(), file, offset + start);
            self.out.push_str("\n\n");
        }
        if below && self.in_list {
            self.column = Column::Begun(Some(indent));
        }
        true
    }

    /// Whether the innermost `<details>` says that Markdown stands in it.
    fn in_markdown_details(&self) -> bool {
        let reach = self.out.len().saturating_sub(SUMMARY);
        let text = &self.out.as_bytes()[reach..];
        let Some(begin) = memchr::memmem::rfind(text, b"<details") else { return false };
        let tag = text[begin..].split(|letter| *letter == b'\n').next().unwrap_or_default();
        memchr::memmem::find(tag, b" markdown").is_some()
    }

    pub(super) fn begin(
        &mut self,
        construct: Construct,
        open: Open,
        indent: usize,
        file: usize,
        offset: usize,
    ) -> bool {
        if let Some(told) = self.alone.holds(file, offset) {
            if told {
                let message = "what begins here ends in code or in raw HTML: it is shown as text".to_owned();
                let help = "close the code or the tag that stands in it first";
                self.problem(Code::UnreadSyntax, message, help, (file, offset));
            }
            return false;
        }
        if self.open.len() >= MAX_NESTING {
            return false;
        }
        self.mark(Marker::Open(construct), indent, file, offset);
        self.open.push(open);
        true
    }

    pub(super) fn directive(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        use directives::Directive;
        match directives::parse(rest) {
            Some(Directive::Open { colons, construct }) => {
                self.begin(construct, Open::Colons { colons, indent }, indent, file, offset)
            }
            Some(Directive::Close { colons }) => {
                let ends =
                    |open: &Open| matches!(open, Open::Colons { colons: least, .. } if *least <= colons);
                self.close_to(ends, file, offset)
            }
            Some(Directive::Myst { colons, info }) if self.options.dialects.myst => match myst::read(info) {
                Some(myst::Directive::Open(construct, first)) => {
                    let open = Open::Colons { colons, indent };
                    self.begin_myst(construct, first, open, indent, file, offset)
                }
                Some(myst::Directive::Image(path)) => {
                    self.begin_image(path, Open::Colons { colons, indent }, indent, file, offset)
                }
                _ => false,
            },
            Some(Directive::Code { colons, language }) => {
                self.begin_fence(b':', colons, indent);
                self.replaced(&[COLON_FENCE, language].concat(), indent, file, offset);
                true
            }
            Some(Directive::Markdown(text)) => {
                self.replaced(&text, indent, file, offset);
                true
            }
            Some(Directive::Column) => {
                self.column = Column::Begun(None);
                self.copy("\n", file, offset, false);
                true
            }
            Some(Directive::Nothing) => true,
            Some(Directive::ColumnEnd) => {
                if self.column != Column::None {
                    self.column = Column::None;
                    self.copy("\n", file, offset, false);
                }
                true
            }
            Some(Directive::Myst { .. }) | None => false,
        }
    }

    fn gitbook(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        use gitbook::Block;
        if let Some((language, end)) = gitbook::highlight(rest)
            && self.is_ended(end, file, offset)
        {
            self.begin_fence(b'%', 0, indent);
            self.replaced(&[COLON_FENCE, language].concat(), indent, file, offset);
            return true;
        }
        match gitbook::read(rest) {
            Some(Block::Open(end, construct)) => {
                self.begin(construct, Open::Tag { end, indent }, indent, file, offset)
            }
            Some(Block::Code(end, title)) => {
                let begun = self.begin(Construct::Group, Open::Tag { end, indent }, indent, file, offset);
                self.code_title =
                    (begun && !title.is_empty() && !title.contains('`')).then(|| title.to_owned());
                begun
            }
            Some(Block::Close(name)) => {
                self.code_title = None;
                self.close_to(|open| matches!(open, Open::Tag { end, .. } if *end == name), file, offset)
            }
            Some(Block::Markdown(text)) => {
                self.replaced(&text, indent, file, offset);
                true
            }
            None => false,
        }
    }

    /// A fence: of a directive of MyST, or its end.
    fn myst(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        let Some(&letter) = rest.as_bytes().first() else { return false };
        let length = rest.bytes().take_while(|found| *found == letter).count();
        let info = rest[length..].trim();
        if length < 3 || letter == b'`' && info.contains('`') {
            return false;
        }
        if info.is_empty() {
            let ends = |open: &Open| matches!(open, Open::Fenced { letter: own, length: least, .. } if *own == letter && *least <= length);
            return self.close_to(ends, file, offset);
        }
        if let Some(construct) = myst::admonish(info) {
            return self.begin(construct, Open::Fenced { letter, length, indent }, indent, file, offset);
        }
        match myst::read(info) {
            Some(myst::Directive::Open(construct, first)) => {
                let open = Open::Fenced { letter, length, indent };
                self.begin_myst(construct, first, open, indent, file, offset)
            }
            Some(myst::Directive::Image(path)) => {
                let open = Open::Fenced { letter, length, indent };
                self.begin_image(path, open, indent, file, offset)
            }
            Some(myst::Directive::Code(language)) => {
                self.begin_fence(letter, length, indent);
                self.options_follow = true;
                self.replaced(&format!("{}{language}", &rest[..length]), indent, file, offset);
                true
            }
            None => false,
        }
    }

    fn begin_image(&mut self, path: &str, open: Open, indent: usize, file: usize, offset: usize) -> bool {
        let begun = self.begin(Construct::Group, open, indent, file, offset);
        self.options_follow = begun;
        self.image = begun.then(|| myst::Image::new(path, (indent, file, offset)));
        begun
    }

    /// The options of an image have ended: it stands where it was named.
    pub(super) fn put_image(&mut self) {
        if let Some(image) = self.image.take() {
            let (indent, file, offset) = image.place;
            self.replaced(&image.markdown(), indent, file, offset);
        }
    }

    fn begin_myst(
        &mut self,
        construct: Construct,
        first: &str,
        open: Open,
        indent: usize,
        file: usize,
        offset: usize,
    ) -> bool {
        let begun = self.begin(construct, open, indent, file, offset);
        self.options_follow = begun;
        if begun && !first.is_empty() {
            self.replaced(first, indent, file, offset);
        }
        begun
    }

    /// Whether the line is an option of what was opened last; it leads to no text.
    pub(super) fn option(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        let in_code = self.fence.is_some();
        if rest == myst::YAML {
            let ahead = || self.body.get(offset.checked_sub(self.body_start)?..);
            let begins = !self.in_options && file == 0 && ahead().is_some_and(myst::begins_with_options);
            if begins || self.in_options {
                self.in_options = begins;
                self.options_follow = begins;
                return true;
            }
        }
        let option = if self.in_options { Some(myst::yaml_option(rest)) } else { myst::option(rest) };
        if let Some((_, title)) = option.filter(|(name, _)| in_code && *name == "caption") {
            self.title_fence(title);
        }
        // A marker stands for what is open, code has none.
        let construct = self.markers.last_mut().filter(|_| !in_code);
        let construct = construct.and_then(|(_, marker)| match marker {
            Marker::Open(construct) => Some(construct),
            Marker::Close => None,
        });
        self.options_follow = match (self.open.last(), option) {
            (Some(Open::Slashes { indent: own, .. }), _) if !in_code => {
                let is_option = indent >= own + 4;
                if let Some(construct) = construct.filter(|_| is_option) {
                    blocks::option(construct, rest);
                }
                is_option
            }
            (_, Some((name, value))) => {
                if let Some(image) = &mut self.image {
                    image.set(name, value);
                } else if let Some(construct) = construct {
                    myst::apply(construct, name, value);
                }
                true
            }
            _ => false,
        };
        self.options_follow
    }

    /// Gives the fence that was put last a title.
    fn title_fence(&mut self, title: &str) {
        if !title.is_empty() && !title.contains(['"', '`']) && self.out.ends_with('\n') {
            self.out.pop();
            self.out.push_str(&[" title=\"", title, "\"\n"].concat());
        }
    }

    fn block(&mut self, rest: &str, indent: usize, file: usize, offset: usize) -> bool {
        match blocks::parse(rest) {
            Some(blocks::Block::Open { slashes, construct }) => {
                self.options_follow =
                    self.begin(construct, Open::Slashes { slashes, indent }, indent, file, offset);
                self.options_follow
            }
            Some(blocks::Block::Close { slashes }) => {
                let ends =
                    |open: &Open| matches!(open, Open::Slashes { slashes: many, .. } if *many == slashes);
                self.close_to(ends, file, offset)
            }
            None => false,
        }
    }

    /// Closes the innermost construct that ends here, and what is open in it. An indented construct ends by indentation
    /// alone and a fence by a fence: nothing reaches out of them.
    pub(super) fn close_to(&mut self, ends: impl Fn(&Open) -> bool, file: usize, offset: usize) -> bool {
        let is_wall = |open: &Open| matches!(open, Open::Indented { .. } | Open::Fenced { .. });
        let found = self.open.iter().rposition(|open| ends(open) || is_wall(open));
        let Some(depth) =
            found.filter(|depth| *depth >= self.floor && self.open.get(*depth).is_some_and(ends))
        else {
            return false;
        };
        while self.open.len() > depth {
            self.close_at(file, offset);
        }
        true
    }

    pub(super) fn close_at(&mut self, file: usize, offset: usize) {
        self.put_image();
        let Some(open) = self.open.pop() else { return };
        let indent = match &open {
            Open::Indented { indent }
            | Open::Colons { indent, .. }
            | Open::Slashes { indent, .. }
            | Open::Fenced { indent, .. }
            | Open::Tag { indent, .. }
            | Open::Component { indent, .. } => *indent,
        };
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        // Code ends with what it stands in; in an item of a list, with the item.
        if let Some(fence) = self.fence.take().filter(|fence| fence.indent == indent) {
            self.replaced(&fence.end(), indent, file, offset);
        }
        if let Open::Component { says, .. } = &open {
            self.caption(&says.caption, indent, file, offset);
        }
        self.mark(Marker::Close, indent, file, offset);
    }
}
