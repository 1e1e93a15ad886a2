//! The one serialisation pass: nodes to HTML, to a string with looks or to a digest without them.
//!
//! Must not know: Markdown syntax, files, the instance. Nothing is written that is not on the allow-list;
//! all text and all values pass [`Writer::text`] and [`Writer::attribute`].

use std::collections::HashMap;

use pulldown_cmark::CowStr;

use super::{code, footnotes, formulas};
use crate::render::letters::Letters;
use crate::render::outline::{Destination, ReferenceKind};
use crate::render::parsed::Parsed;
use crate::render::theme::Role;
use crate::render::tree::{Element, Id, Image, Kind, Link, NONE, Node, ROOT, Tree};
use crate::render::{allowlist, urls};

/// Where HTML goes and what is decided on the way.
pub(super) trait Surface {
    /// Whether looks (styles, code colours) are wanted.
    const LOOKS: bool;
    /// Takes a piece of HTML.
    fn put(&mut self, html: &str);
    /// Decides where the next reference leads. It stands at this offset of the parsed text.
    fn reference(&mut self, kind: ReferenceKind, destination: &CowStr<'_>, offset: u32) -> Destination;
    /// Learns of an `id` that was written.
    fn anchor(&mut self, id: &str);
    /// Learns of bytes that looks would add here.
    fn spared(&mut self, bytes: usize);
    /// The theme of code colours, if any.
    fn highlight(&self) -> Option<&str>;
}

/// Bytes of text that need a second look.
const SPECIAL: Letters = Letters::of(b"<>&\"{").and_control();

/// Writes one tree.
pub(super) struct Writer<'w, 'a, S> {
    pub(super) surface: S,
    pub(super) parsed: &'w Parsed<'a>,
    /// What closes each open node, and whether it is a light box.
    closers: Vec<(&'static str, bool)>,
    /// How many of them are.
    boxes: usize,
    /// The last byte of text in the current text node of the page.
    last: u8,
    /// Footnotes in the order of their first reference.
    pub(super) footnotes: Vec<Id>,
    numbers: HashMap<Id, usize>,
    /// A paragraph that ends with the way back from this footnote.
    pub(super) way_back: Option<(Id, usize)>,
}

impl<'w, 'a, S: Surface> Writer<'w, 'a, S> {
    /// A writer of this document.
    pub(super) fn new(parsed: &'w Parsed<'a>, surface: S) -> Self {
        Self {
            surface,
            parsed,
            closers: Vec::with_capacity(32),
            boxes: 0,
            last: 0,
            footnotes: Vec::new(),
            numbers: HashMap::new(),
            way_back: None,
        }
    }

    /// Writes the body, then the footnotes it refers to.
    pub(super) fn body(&mut self) {
        self.below(ROOT);
        footnotes::write(self);
    }

    /// Writes markup of our own.
    pub(super) fn raw(&mut self, html: &str) {
        self.last = 0;
        self.surface.put(html);
    }

    /// Writes text. Template braces that portals interpolate are split over two text nodes (contract §6);
    /// the `span` has an attribute, as sanitizers drop those without.
    pub(super) fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut from = 0;
        // The last byte of the text node so far, where that is not the one before `from`.
        let mut carried = self.last;
        let mut next = 0;
        while let Some(at) = SPECIAL.first(bytes, next) {
            next = at + 1;
            let before = if at == from { carried } else { bytes[at - 1] };
            let replacement = match bytes[at] {
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'&' => "&amp;",
                b'"' => "&quot;",
                b'{' if matches!(before, b'{' | b'$') => "<span class=\"kb-brace\">{</span>",
                b'{' => continue,
                b'\r' => "\n",
                _ => "",
            };
            self.surface.put(&text[from..at]);
            self.surface.put(replacement);
            from = at + 1;
            carried = if replacement.is_empty() { before } else { 0 };
        }
        self.surface.put(&text[from..]);
        self.last = if from < text.len() { bytes[text.len() - 1] } else { carried };
    }

    /// Writes an attribute; template braces in it are parted by a space, or percent-encoded in a URL.
    pub(super) fn attribute(&mut self, name: &'static str, value: &str) {
        let url = allowlist::URL_ATTRIBUTES.binary_search(&name).is_ok();
        self.surface.put(" ");
        self.surface.put(name);
        self.surface.put("=\"");
        let mut from = 0;
        let mut carried = 0;
        let bytes = value.as_bytes();
        let mut next = 0;
        while let Some(at) = SPECIAL.first(bytes, next) {
            next = at + 1;
            let before = if at == from { carried } else { bytes[at - 1] };
            let replacement = match bytes[at] {
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'&' => "&amp;",
                b'"' => "&quot;",
                b'{' if matches!(before, b'{' | b'$') && url => "%7B",
                b'{' if matches!(before, b'{' | b'$') => " {",
                b'{' => continue,
                _ => "",
            };
            self.surface.put(&value[from..at]);
            self.surface.put(replacement);
            from = at + 1;
            carried = match replacement {
                "" => before,
                " {" => b'{',
                _ => 0,
            };
        }
        self.surface.put(&value[from..]);
        self.surface.put("\"");
    }

    /// Writes a start tag with the role's look; the end tag. A style among the attributes comes after the role's and
    /// wins.
    pub(super) fn open<V: AsRef<str>>(
        &mut self,
        name: &str,
        role: Role,
        attributes: &[(&'static str, V)],
    ) -> &'static str {
        self.last = 0;
        let (start, end) = tags(name);
        if attributes.is_empty() && !S::LOOKS {
            self.surface.put(start);
            self.look(role, "");
            return end;
        }
        self.surface.put(start.trim_end_matches('>'));
        let mut own = "";
        for (attribute, value) in attributes {
            match *attribute {
                "style" => own = value.as_ref(),
                "id" => {
                    self.surface.anchor(value.as_ref());
                    self.attribute("id", value.as_ref());
                }
                attribute => self.attribute(attribute, value.as_ref()),
            }
        }
        self.look(role, own);
        self.surface.put(">");
        end
    }

    /// Writes the `style` attribute: the role's look where looks are wanted, then the document's own.
    fn look(&mut self, role: Role, own: &str) {
        let mut style = role.style();
        if !S::LOOKS && !style.is_empty() {
            let around = if own.is_empty() { " style=\"\"" } else { ";" };
            self.surface.spared(around.len() + style.len());
            style = "";
        }
        match (style.is_empty(), own.is_empty()) {
            (true, true) => {}
            (false, true) => self.attribute("style", style),
            (true, false) => self.attribute("style", own),
            (false, false) => self.attribute("style", &format!("{style};{own}")),
        }
    }

    /// Writes what is below a node. What writes a node may ask for what is below it in turn.
    pub(super) fn below(&mut self, top: Id) {
        let around = self.boxes;
        self.boxes = usize::from(stands_on_box(&self.parsed.tree, top));
        self.nodes_below(top);
        self.boxes = around;
    }

    fn nodes_below(&mut self, top: Id) {
        let tree = &self.parsed.tree;
        let mut at = tree.node(top).first;
        let floor = self.closers.len();
        while at != NONE {
            let node = tree.node(at);
            let closer = self.enter(tree, at, node);
            if let Some(closer) = closer {
                if node.first != NONE {
                    let is_box = is_box(node);
                    self.boxes += usize::from(is_box);
                    self.closers.push((closer, is_box));
                    at = node.first;
                    continue;
                }
                self.close(closer);
            }
            // Up to the next node: each level left behind is closed.
            loop {
                let node = tree.node(at);
                if node.next != NONE {
                    at = node.next;
                    break;
                }
                if self.closers.len() == floor {
                    return;
                }
                at = node.parent;
                if let Some((_, number)) = self.way_back.take_if(|(paragraph, _)| *paragraph == at) {
                    footnotes::way_back(self, number);
                }
                if let Some((closer, is_box)) = self.closers.pop() {
                    self.boxes -= usize::from(is_box);
                    self.close(closer);
                }
            }
        }
    }

    fn close(&mut self, closer: &'static str) {
        if !closer.is_empty() {
            self.raw(closer);
        }
    }

    /// Writes what comes before a node's children; says what comes after them, or `None` when they are not
    /// to be written here.
    fn enter(&mut self, tree: &'w Tree<'a>, id: Id, node: &'w Node<'a>) -> Option<&'static str> {
        match &node.kind {
            Kind::Group => Some(""),
            Kind::Hidden | Kind::FootnoteDefinition => None,
            Kind::Text(text) => {
                self.text(text);
                None
            }
            Kind::Emoji(emoji, _) => {
                self.text(emoji);
                None
            }
            Kind::SoftBreak => {
                // Where a writer's editor breaks its lines is no difference between documents.
                self.text(if S::LOOKS { "\n" } else { " " });
                None
            }
            Kind::Element(element) => self.element(element),
            Kind::Heading(level, index) => Some(self.heading(*level, *index)),
            Kind::Link(link) => Some(self.link(tree, id, link)),
            Kind::Image(image) => {
                self.image(tree, id, image);
                None
            }
            Kind::Code(text) => {
                self.open::<&str>("code", Role::Code, &[]);
                self.text(text);
                self.raw("</code>");
                None
            }
            Kind::CodeBlock(info) => {
                code::write(self, id, info);
                None
            }
            Kind::Math(text, stand) => {
                formulas::write(self, text, *stand, node.offset);
                None
            }
            Kind::FootnoteReference(label, linked) => {
                footnotes::reference(self, label, *linked);
                None
            }
            Kind::Unknown(tag, closed) => {
                if !closed {
                    self.text(tag);
                }
                Some("")
            }
        }
    }

    fn element(&mut self, element: &'w Element<'a>) -> Option<&'static str> {
        if element.name == "table" {
            // Wide tables scroll in a box of their own; as boxes themselves they would be no tables to screen readers.
            self.open("div", Role::TableBox, &[("class", "kb-table")]);
        }
        match self.open(element.name, element.role, &element.attributes) {
            "" => {
                if element.name != "img" {
                    self.raw("\n");
                }
                None
            }
            closer => Some(closer),
        }
    }

    fn heading(&mut self, level: u8, index: u32) -> &'static str {
        let (name, role) = match level {
            0..=2 => ("h2", Role::Heading2),
            3 => ("h3", Role::Heading3),
            4 => ("h4", Role::Heading4),
            5 => ("h5", Role::Heading5),
            _ => ("h6", Role::Heading6),
        };
        let heading = self.parsed.headings.get(index as usize);
        let id = heading.map_or("", |heading| if heading.shared { "" } else { &heading.id });
        let align = heading.map_or("", |heading| heading.align);
        let attributes = [("id", id), ("style", align)];
        let named = usize::from(id.is_empty())..attributes.len() - usize::from(align.is_empty());
        self.open(name, role, attributes.get(named).unwrap_or_default())
    }

    fn link(&mut self, tree: &Tree<'a>, id: Id, link: &'w Link<'a>) -> &'static str {
        match self.surface.reference(ReferenceKind::Link, &link.destination, tree.node(id).offset) {
            Destination::Url(url) | Destination::Sized(url, _) => {
                self.last = 0;
                self.surface.put("<a");
                self.attribute("href", &urls::encode(&url));
                let mut own = "";
                for (name, value) in &link.attributes {
                    match *name {
                        "style" => {
                            own = value;
                            continue;
                        }
                        "id" => self.surface.anchor(value),
                        _ => {}
                    }
                    self.attribute(name, value);
                }
                let role = if self.boxes > 0 { Role::BoxLink } else { Role::Plain };
                self.look(role, own);
                self.surface.put(">");
                "</a>"
            }
            Destination::Plain => "",
        }
    }

    fn image(&mut self, tree: &'w Tree<'a>, id: Id, image: &'w Image<'a>) {
        let alt = tree.plain_text(id, true);
        match self.surface.reference(ReferenceKind::Image, &image.destination, tree.node(id).offset) {
            Destination::Url(url) | Destination::Sized(url, _) => {
                self.last = 0;
                self.surface.put("<img");
                self.attribute("src", &urls::encode(&url));
                self.attribute("alt", &alt);
                let mut own = "";
                for (name, value) in &image.attributes {
                    match *name {
                        "style" => own = value,
                        "id" => {
                            self.surface.anchor(value);
                            self.attribute("id", value);
                        }
                        name => self.attribute(name, value),
                    }
                }
                self.look(Role::Image, own);
                self.surface.put(">");
            }
            Destination::Plain => self.text(&alt),
        }
    }

    /// The number of a footnote, given at its first reference.
    pub(super) fn footnote_number(&mut self, definition: Id) -> (usize, bool) {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(definition).or_insert(next);
        if number == next {
            self.footnotes.push(definition);
        }
        (number, number == next)
    }
}

/// Whether a node is a light box.
fn is_box(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Element(element) if element.role.holds_links())
}

/// Whether what is below a node stands on a light box.
fn stands_on_box(tree: &Tree<'_>, top: Id) -> bool {
    let around = |id: &Id| Some(tree.node(*id).parent).filter(|parent| *parent != NONE);
    std::iter::successors(Some(top), around).any(|id| is_box(tree.node(id)))
}

/// The start tag of an element that is emitted, without attributes, and its end tag, with a line end after those that
/// stand by themselves; an empty one for void elements.
pub(super) fn tags(name: &str) -> (&'static str, &'static str) {
    match name {
        "a" => ("<a>", "</a>"),
        "b" => ("<b>", "</b>"),
        "big" => ("<big>", "</big>"),
        "blockquote" => ("<blockquote>", "</blockquote>\n"),
        "br" => ("<br>", ""),
        "caption" => ("<caption>", "</caption>\n"),
        "center" => ("<center>", "</center>\n"),
        "cite" => ("<cite>", "</cite>"),
        "code" => ("<code>", "</code>"),
        "col" => ("<col>", ""),
        "colgroup" => ("<colgroup>", "</colgroup>\n"),
        "dd" => ("<dd>", "</dd>\n"),
        "details" => ("<details>", "</details>\n"),
        "div" => ("<div>", "</div>\n"),
        "dl" => ("<dl>", "</dl>\n"),
        "dt" => ("<dt>", "</dt>\n"),
        "em" => ("<em>", "</em>"),
        "figure" => ("<figure>", "</figure>\n"),
        "font" => ("<font>", "</font>"),
        "h2" => ("<h2>", "</h2>\n"),
        "h3" => ("<h3>", "</h3>\n"),
        "h4" => ("<h4>", "</h4>\n"),
        "h5" => ("<h5>", "</h5>\n"),
        "h6" => ("<h6>", "</h6>\n"),
        "hr" => ("<hr>", ""),
        "i" => ("<i>", "</i>"),
        "img" => ("<img>", ""),
        "li" => ("<li>", "</li>\n"),
        "ol" => ("<ol>", "</ol>\n"),
        "p" => ("<p>", "</p>\n"),
        "pre" => ("<pre>", "</pre>\n"),
        "samp" => ("<samp>", "</samp>"),
        "small" => ("<small>", "</small>"),
        "span" => ("<span>", "</span>"),
        "strike" => ("<strike>", "</strike>"),
        "strong" => ("<strong>", "</strong>"),
        "sub" => ("<sub>", "</sub>"),
        "summary" => ("<summary>", "</summary>\n"),
        "sup" => ("<sup>", "</sup>"),
        "table" => ("<table>", "</table></div>\n"),
        "tbody" => ("<tbody>", "</tbody>\n"),
        "td" => ("<td>", "</td>\n"),
        "tfoot" => ("<tfoot>", "</tfoot>\n"),
        "th" => ("<th>", "</th>\n"),
        "thead" => ("<thead>", "</thead>\n"),
        "tr" => ("<tr>", "</tr>\n"),
        "tt" => ("<tt>", "</tt>"),
        "u" => ("<u>", "</u>"),
        "ul" => ("<ul>", "</ul>\n"),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_emitted_element_has_tags() {
        for element in allowlist::ELEMENTS.iter().filter(|element| element.emitted) {
            let (start, end) = tags(element.name);
            assert_eq!(start, format!("<{}>", element.name));
            assert_eq!(end.is_empty(), element.is_void(), "{}", element.name);
        }
    }
}
