//! Raw HTML in Markdown: parsed, never trusted. Tags become nodes of the allow-list, or what stands in their
//! place; what opens inside a piece of Markdown is closed with it, so that the tree is always balanced.
//!
//! Must not know: how nodes are written.

use pulldown_cmark::CowStr;

use super::parse::{Builder, Open, Opened};
use super::scan::{self, Attribute, Token};
use super::substitutions::{self, Treatment};
use super::theme::Role;
use super::tree::{Element, Id, Image, Kind, Link};
use super::{allowlist, constructs, css, links};
use crate::finding::Code;

/// How far up the open nodes anything is looked for.
const WALK: usize = 256;

/// A raw HTML block as it comes, line by line, without the marks of quotes and lists around it.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    text: String,
    /// Where each piece begins in `text`, and where it stood in the parsed text.
    pieces: Vec<(usize, usize)>,
    open: bool,
}

impl Gathered {
    /// A block begins.
    pub(super) fn begin(&mut self) {
        self.text.clear();
        self.pieces.clear();
        self.open = true;
    }

    /// Whether a block has begun and not ended.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// One line of it.
    pub(super) fn push(&mut self, text: &str, offset: usize) {
        self.pieces.push((self.text.len(), offset));
        self.text.push_str(text);
    }

    fn offset(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|&(start, _)| start <= at);
        self.pieces.get(index.saturating_sub(1)).map_or(at, |&(start, offset)| offset + at - start)
    }
}

/// What kind of content begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// What stands by itself: it ends an open raw paragraph.
    Flow,
    /// Part of a line.
    Inline,
}

/// A raw HTML block is complete.
pub(super) fn block(builder: &mut Builder<'_>) {
    let mut gathered = std::mem::take(builder.html());
    gathered.open = false;
    if let Some(marker) = builder.marker(gathered.offset(0), gathered.text.len()) {
        constructs::mark(builder, marker, gathered.offset(0));
        return;
    }
    scan::scan(&gathered.text, |token, at| {
        let offset = gathered.offset(at);
        match token {
            Token::Text(text) => text_node(builder, &text, offset),
            Token::Start(name, attributes, closing) => start(builder, &name, attributes, closing, offset),
            Token::End(name) => end(builder, &name),
        }
    });
    // A comment or script that nothing closed ends with its block.
    close_hidden(builder);
    *builder.html() = gathered;
}

/// One raw tag in running text.
pub(super) fn inline(builder: &mut Builder<'_>, html: &str, offset: usize) {
    scan::scan(html, |token, at| match token {
        Token::Text(text) => text_node(builder, &text, offset + at),
        Token::Start(name, attributes, closing) => start(builder, &name, attributes, closing, offset + at),
        Token::End(name) => end(builder, &name),
    });
}

fn text_node(builder: &mut Builder<'_>, text: &str, offset: usize) {
    if !text.is_empty() {
        builder.leaf(Kind::Text(CowStr::from(text.to_owned())), offset);
    }
}

/// Script-like elements cannot reach over their own block.
fn close_hidden(builder: &mut Builder<'_>) {
    while builder
        .stack
        .last()
        .is_some_and(|open| matches!(&open.by, Opened::Html(name) if scan::is_raw_text(name)) && open.hidden)
    {
        builder.pop();
    }
}

/// Whether an element is part of a table's frame, where text cannot stand.
pub(super) fn is_table_part(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "caption" | "colgroup")
}

fn is_frame(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "colgroup")
}

/// Whether the open node is the frame of a raw table.
pub(super) fn in_frame(builder: &Builder<'_>) -> bool {
    builder.stack.last().is_some_and(|open| matches!(&open.by, Opened::Html(name) if is_frame(name)))
}

/// Content begins: inside the frame of a raw table it gets the row and the cell it lacks.
pub(super) fn enter_flow(builder: &mut Builder<'_>, offset: usize) {
    if in_frame(builder) {
        frame(builder, "td", offset);
        push(builder, "td", Element::new("td", Role::Cell), offset);
    }
}

/// Something begins: what cannot stay open around it is closed, as browsers do.
pub(super) fn before(builder: &mut Builder<'_>, block: Block) {
    if block == Block::Inline {
        return;
    }
    if close_open(builder, &["p"], &["td", "th", "caption", "table", "button"]) {
        return;
    }
    // A Markdown paragraph cannot hold a block either: it goes out as a `div`.
    let paragraph = builder.stack.iter().rev().take(WALK).map(|open| open.node).find(|&node| {
        !matches!(&builder.tree.node(node).kind, Kind::Element(element) if is_inline(element.name))
            && !matches!(builder.tree.node(node).kind, Kind::Link(_) | Kind::Group | Kind::Unknown(..))
    });
    if let Some(node) = paragraph
        && let Kind::Element(element) = builder.tree.kind_mut(node)
        && element.name == "p"
    {
        element.name = "div";
    }
}

/// Closes the innermost raw element of one of these names, and all in it, unless one of `walls` or Markdown
/// stands before it.
fn close_open(builder: &mut Builder<'_>, names: &[&str], walls: &[&str]) -> bool {
    for (depth, open) in builder.stack.iter().rev().enumerate() {
        match &open.by {
            Opened::Markdown => return false,
            Opened::Html(name) if names.contains(&&**name) => {
                for _ in 0..=depth {
                    builder.pop();
                }
                return true;
            }
            Opened::Html(name) if walls.contains(&&**name) => return false,
            Opened::Html(_) => {}
        }
    }
    false
}

/// An item begins: the one that is open in the same list ends. One that Markdown opened cannot end here; the
/// new one gets a list of its own in it.
fn item(builder: &mut Builder<'_>, names: &[&str], list: &'static str, offset: usize) {
    enter_flow(builder, offset);
    let mut depth = None;
    let mut markdown = false;
    for (above, open) in builder.stack.iter().rev().take(WALK).enumerate() {
        markdown |= open.by == Opened::Markdown;
        let name = match &builder.tree.node(open.node).kind {
            Kind::Element(element) => element.name,
            Kind::FootnoteDefinition => "li",
            Kind::Heading(..) => break,
            _ => continue,
        };
        if names.contains(&name) {
            depth = Some(above + 1);
            break;
        }
        if !is_inline(name) && !matches!(name, "div" | "p") {
            break;
        }
    }
    match depth {
        Some(_) if markdown => {
            before(builder, Block::Flow);
            push(builder, list, Element::new(list, Role::InnerList), offset);
        }
        Some(depth) => (0..depth).for_each(|_| builder.pop()),
        None => {}
    }
}

/// Opens the parts of a table's frame that this part lacks, and closes those it ends.
fn frame(builder: &mut Builder<'_>, part: &str, offset: usize) -> bool {
    let cell = matches!(part, "td" | "th");
    let parents: &[&str] = match part {
        "td" | "th" => &["tr"],
        "tr" => &["thead", "tbody", "tfoot"],
        _ => &["table"],
    };
    let mut raw = builder.stack.iter().rev().take_while(|open| open.by != Opened::Markdown);
    if !raw.any(|open| by_html(open, &["table"])) {
        return false;
    }
    while builder.stack.last().is_some_and(|open| {
        let rows = cell && by_html(open, &["thead", "tbody", "tfoot"]);
        !(rows || by_html(open, &["table"]) || by_html(open, parents))
    }) {
        builder.pop();
    }
    let top_is =
        |builder: &Builder<'_>, names: &[&str]| builder.stack.last().is_some_and(|open| by_html(open, names));
    if (cell || part == "tr") && top_is(builder, &["table"]) {
        push(builder, "tbody", Element::new("tbody", Role::Plain), offset);
    }
    if cell && top_is(builder, &["thead", "tbody", "tfoot"]) {
        push(builder, "tr", Element::new("tr", Role::Plain), offset);
    }
    true
}

fn by_html(open: &Open, names: &[&str]) -> bool {
    matches!(&open.by, Opened::Html(name) if names.contains(&&**name))
}

fn push<'a>(builder: &mut Builder<'a>, name: &str, element: Element<'a>, offset: usize) -> Id {
    builder.push(Kind::Element(element), offset, Opened::Html(name.into()))
}

/// An end tag: closes its element where one is open in the same piece of Markdown; else it is nothing.
pub(super) fn end(builder: &mut Builder<'_>, name: &str) {
    if let Some(count) = builder.skipped.get_mut(name).filter(|count| **count > 0) {
        *count -= 1;
        return;
    }
    let mut depth = 0;
    let mut found = None;
    for open in builder.stack.iter().rev() {
        depth += 1;
        match &open.by {
            Opened::Markdown => break,
            Opened::Html(open_name) if **open_name == *name => {
                found = Some(open.node);
                break;
            }
            // The end of something inside a table cell does not reach out of the table.
            Opened::Html(open_name) if &**open_name == "table" && !is_table_part(name) => break,
            Opened::Html(_) => {}
        }
    }
    let Some(node) = found else { return };
    if let Kind::Unknown(_, closed) = builder.tree.kind_mut(node) {
        *closed = true;
    }
    for _ in 0..depth {
        builder.pop();
    }
}

/// A node was closed: a heading's text is complete.
pub(super) fn closed(builder: &mut Builder<'_>, node: Id) {
    if matches!(builder.tree.node(node).kind, Kind::Heading(..)) {
        builder.end_heading(node);
    }
}

fn start(builder: &mut Builder<'_>, name: &str, attributes: Vec<Attribute>, closing: bool, offset: usize) {
    report_handlers(builder, name, &attributes, offset);
    if !builder.has_room() && name != "source" && !(is_void(name) && builder.stack.len() < WALK) {
        // Too deep, or inside what is left out: only counted, so that its end tag closes nothing else.
        if !closing && !is_void(name) && !matches!(name, "tr" | "td" | "th" | "li" | "p" | "dt" | "dd") {
            *builder.skipped.entry(name.into()).or_default() += 1;
        }
        return;
    }
    match name {
        "a" => return anchor(builder, attributes, closing, offset),
        "img" | "image" => return image(builder, attributes, offset),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => return heading(builder, name, &attributes, offset),
        "source" => return embed_source(builder, &attributes, offset),
        _ => {}
    }
    if let Some(listed) = allowlist::element(name).filter(|listed| listed.emitted) {
        return kept(builder, listed, attributes, closing, offset);
    }
    match substitutions::substitution(name) {
        Some(Treatment::As(to, role)) => {
            if let Some(listed) = allowlist::element(to) {
                replaced(builder, name, listed, role, attributes, offset);
            }
        }
        Some(Treatment::Unwrap(loss)) => {
            if let Some(help) = loss {
                lost(builder, name, "its content stays", help, offset);
            }
            if !is_void(name) && !closing {
                enter_flow(builder, offset);
                builder.push(Kind::Group, offset, Opened::Html(name.into()));
            }
        }
        Some(Treatment::Drop(help)) => {
            lost(builder, name, "it is left out", help, offset);
            if !closing || scan::is_raw_text(name) {
                builder.push(Kind::Hidden, offset, Opened::Html(name.into()));
            }
        }
        Some(Treatment::Embed(help)) => embed(builder, name, &attributes, closing, help, offset),
        Some(Treatment::Input) => input(builder, &attributes, offset),
        None => unknown(builder, name, &attributes, closing, offset),
    }
}

fn lost(builder: &mut Builder<'_>, name: &str, what: &str, help: &'static str, offset: usize) {
    builder.problem(
        Code::UnsupportedHtml,
        format!("`<{name}>` is not kept by ServiceNow: {what}"),
        help,
        offset,
    );
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "tt"
            | "u"
            | "img"
            | "br"
    )
}

/// What must be closed before this element begins, as browsers do.
fn make_room(builder: &mut Builder<'_>, name: &str, offset: usize) -> bool {
    match name {
        "li" => item(builder, &["li"], "ul", offset),
        "dt" | "dd" => item(builder, &["dt", "dd"], "dl", offset),
        "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "caption" | "colgroup" => {
            return frame(builder, name, offset);
        }
        "col" => {
            if !builder.stack.last().is_some_and(|open| by_html(open, &["colgroup"])) {
                if !frame(builder, "colgroup", offset) {
                    return false;
                }
                push(builder, "colgroup", Element::new("colgroup", Role::Plain), offset);
            }
            return true;
        }
        _ => enter_flow(builder, offset),
    }
    if !is_inline(name) {
        before(builder, Block::Flow);
    }
    true
}

fn kept(
    builder: &mut Builder<'_>,
    listed: &'static allowlist::Element,
    attributes: Vec<Attribute>,
    closing: bool,
    offset: usize,
) {
    let role = substitutions::role(listed.name);
    if listed.name == "code" && builder.stack.last().is_some_and(|open| by_html(open, &["pre"])) {
        return element(builder, listed.name, listed, Role::CodeText, attributes, offset);
    }
    if closing && !listed.is_void() && is_inline(listed.name) && attributes.is_empty() {
        return;
    }
    element(builder, listed.name, listed, role, attributes, offset);
}

fn replaced(
    builder: &mut Builder<'_>,
    name: &str,
    listed: &'static allowlist::Element,
    role: Role,
    attributes: Vec<Attribute>,
    offset: usize,
) {
    if name == "q" {
        text_node(builder, "“", offset);
    }
    element(builder, name, listed, role, attributes, offset);
}

/// Opens an element of the allow-list for a tag called `name`.
fn element(
    builder: &mut Builder<'_>,
    name: &str,
    listed: &'static allowlist::Element,
    role: Role,
    attributes: Vec<Attribute>,
    offset: usize,
) {
    if !make_room(builder, listed.name, offset) {
        // Part of a table without a table: browsers drop the tag.
        return;
    }
    let mut element = Element::new(listed.name, role);
    element.attributes = keep_attributes(builder, listed, attributes);
    class(&mut element, name, role);
    if matches!(element.name, "span" | "font") && element.attributes.is_empty() {
        // Sanitizers drop these when they carry nothing (contract §6).
        if !listed.is_void() {
            builder.push(Kind::Group, offset, Opened::Html(name.into()));
        }
        return;
    }
    if listed.is_void() {
        let top = builder.top();
        builder.tree.append(top, Kind::Element(element), offset);
    } else {
        push(builder, name, element, offset);
    }
}

/// Elements that stand for others carry a class, so that a portal can style them and no sanitizer drops a
/// `span` for having no attribute.
fn class(element: &mut Element<'_>, name: &str, role: Role) {
    let class = match role {
        Role::Key => "kb-key",
        Role::Mark => "kb-mark",
        Role::Inserted => "kb-inserted",
        Role::Abbreviation => "kb-abbreviation",
        Role::Caption if name == "figcaption" => "kb-caption",
        _ if name == "q" => "kb-quote",
        _ => return,
    };
    element.attributes.insert(0, ("class", CowStr::Borrowed(class)));
}

/// The attributes that are kept, under the table's names. Classes go: no stylesheet of ours goes along, and
/// scripts of a portal may act on them.
fn keep_attributes<'a>(
    builder: &mut Builder<'a>,
    listed: &'static allowlist::Element,
    attributes: Vec<Attribute>,
) -> Vec<(&'static str, CowStr<'a>)> {
    let mut kept: Vec<(&'static str, CowStr<'a>)> = Vec::new();
    for Attribute { name, value } in attributes {
        let Some(known) = attribute_name(listed, &name) else { continue };
        let value = match known {
            "id" => {
                if !id_like(&value) || !builder.slugs.reserve(&value) {
                    continue;
                }
                value
            }
            "style" => css::clean(&value),
            "title" | "summary" | "abbr" | "lang" => value,
            "open" => String::new(),
            _ if plain_value(&value) => value,
            _ => continue,
        };
        if value.is_empty() && known != "open" {
            continue;
        }
        kept.push((known, value.into()));
    }
    kept
}

/// The attribute's name in the table, if the renderer writes it.
fn attribute_name(listed: &'static allowlist::Element, name: &str) -> Option<&'static str> {
    const WITHHELD: &[&str] = &[
        "background",
        "class",
        "data-mce-bogus",
        "fb__id",
        "href",
        "itemprop",
        "itemref",
        "itemscope",
        "itemtype",
        "name",
        "nohref",
        "shape",
        "src",
        "xml:space",
    ];
    let known = allowlist::GLOBAL_ATTRIBUTES
        .iter()
        .chain(listed.attributes)
        .find(|known| **known == name)
        .copied()?;
    (!WITHHELD.contains(&known)).then_some(known)
}

fn plain_value(value: &str) -> bool {
    value.len() <= 60
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'#' | b'%' | b'.' | b'-' | b'_' | b' ' | b','))
}

/// Whether a text can be an anchor: no space, no template braces.
fn id_like(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 200
        && !value
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}' | '$' | '<' | '>' | '"'))
}

fn report_handlers(builder: &mut Builder<'_>, name: &str, attributes: &[Attribute], offset: usize) {
    if let Some(handler) = attributes.iter().find(|attribute| attribute.name.starts_with("on")) {
        let message = format!("`{}` on `<{name}>` is not kept by ServiceNow: it is left out", handler.name);
        builder.problem(Code::UnsupportedHtml, message, "articles run no scripts", offset);
    }
}

fn value<'v>(attributes: &'v [Attribute], name: &str) -> Option<&'v str> {
    attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &*attribute.value)
}

fn anchor(builder: &mut Builder<'_>, mut attributes: Vec<Attribute>, closing: bool, offset: usize) {
    enter_flow(builder, offset);
    // `name` is the older way to write an anchor.
    if value(&attributes, "id").is_none() {
        for attribute in attributes.iter_mut().filter(|attribute| attribute.name == "name") {
            "id".clone_into(&mut attribute.name);
        }
    }
    let href = value(&attributes, "href").map(str::to_owned);
    let Some(listed) = allowlist::element("a") else { return };
    let kept = keep_attributes(builder, listed, attributes);
    let kind = match href {
        Some(href) if builder.links_open == 0 => {
            links::link(builder, Link { destination: href.into(), attributes: kept }, offset)
        }
        _ if kept.iter().any(|(name, _)| *name == "id") => {
            let element = Element { name: "a", role: Role::Plain, attributes: kept };
            let top = builder.top();
            builder.tree.append(top, Kind::Element(element), offset);
            Kind::Group
        }
        _ => Kind::Group,
    };
    if !closing {
        builder.push(kind, offset, Opened::Html("a".into()));
    }
}

fn image(builder: &mut Builder<'_>, attributes: Vec<Attribute>, offset: usize) {
    enter_flow(builder, offset);
    let Some(destination) = value(&attributes, "src").map(str::to_owned) else { return };
    let alt = value(&attributes, "alt").map(str::to_owned);
    if alt.is_none() {
        builder.missing_alt(offset);
    }
    let Some(listed) = allowlist::element("img") else { return };
    let mut kept = keep_attributes(builder, listed, attributes);
    kept.retain(|(name, _)| *name != "alt");
    let kind = links::image(builder, Image { destination: destination.into(), attributes: kept }, offset);
    let top = builder.top();
    let node = builder.tree.append(top, kind, offset);
    if let Some(alt) = alt.filter(|alt| !alt.is_empty()) {
        builder.tree.append(node, Kind::Text(alt.into()), offset);
    }
}

fn heading(builder: &mut Builder<'_>, name: &str, attributes: &[Attribute], offset: usize) {
    enter_flow(builder, offset);
    before(builder, Block::Flow);
    close_heading(builder);
    let level = name.as_bytes().get(1).map_or(2, |digit| digit.saturating_sub(b'0'));
    let id = value(attributes, "id").filter(|id| id_like(id)).map(str::to_owned);
    if open_heading(builder).is_some() {
        // A heading of Markdown is still open: browsers would end it here.
        builder.push(Kind::Group, offset, Opened::Html(name.into()));
        return;
    }
    let index = builder.add_heading(level, id.as_deref(), offset);
    builder.push(Kind::Heading(level, index), offset, Opened::Html(name.into()));
    if let Some(heading) = builder.headings.get_mut(index as usize) {
        heading.align = match value(attributes, "align").map(str::to_ascii_lowercase).as_deref() {
            Some("center") => "text-align:center",
            Some("right") => "text-align:right",
            _ => "",
        };
    }
}

/// How deep in the stack the open element is, where it is a heading.
fn open_heading(builder: &Builder<'_>) -> Option<usize> {
    let (depth, open) =
        builder.stack.iter().rev().take(WALK).enumerate().find(|(_, open)| {
            !matches!(builder.tree.node(open.node).kind, Kind::Group | Kind::Unknown(..))
        })?;
    matches!(builder.tree.node(open.node).kind, Kind::Heading(..)).then_some(depth + 1)
}

/// A heading begins: a raw one that is open ends.
pub(super) fn close_heading(builder: &mut Builder<'_>) {
    let Some(depth) = open_heading(builder) else { return };
    let raw = builder.stack.iter().rev().take(depth).all(|open| open.by != Opened::Markdown);
    if raw {
        (0..depth).for_each(|_| builder.pop());
    }
}

/// What is embedded becomes a link to it; what stood inside for old browsers goes.
fn embed(
    builder: &mut Builder<'_>,
    name: &str,
    attributes: &[Attribute],
    closing: bool,
    help: &'static str,
    offset: usize,
) {
    let source = value(attributes, "src").or_else(|| value(attributes, "data"));
    builder.problem(
        Code::UnsupportedHtml,
        format!("`<{name}>` is not kept by ServiceNow: a link stands in its place"),
        help,
        offset,
    );
    enter_flow(builder, offset);
    let title = value(attributes, "title").or_else(|| value(attributes, "aria-label"));
    if let Some(source) = source {
        embed_link(builder, source, title, offset);
    } else {
        builder.embed = Some((builder.top(), title.map(str::to_owned)));
    }
    if !closing && !is_void(name) {
        builder.push(Kind::Hidden, offset, Opened::Html(name.into()));
    }
}

/// The first `source` of a `video` or `audio` without one of its own.
fn embed_source(builder: &mut Builder<'_>, attributes: &[Attribute], offset: usize) {
    let Some(source) = value(attributes, "src").map(str::to_owned) else { return };
    let Some((parent, title)) = builder.embed.take() else { return };
    let Some(level) = builder.stack.iter().rposition(|open| open.hidden) else { return };
    // The link goes beside the hidden element, not into it.
    let hidden = builder.stack.split_off(level);
    if builder.top() == parent {
        embed_link(builder, &source, title.as_deref(), offset);
    }
    builder.stack.extend(hidden);
}

fn embed_link(builder: &mut Builder<'_>, source: &str, title: Option<&str>, offset: usize) {
    let link = Link { destination: source.to_owned().into(), attributes: Vec::new() };
    let kind = if builder.links_open > 0 { Kind::Group } else { links::link(builder, link, offset) };
    let top = builder.top();
    let node = builder.tree.append(top, kind, offset);
    let text = title.filter(|title| !title.is_empty()).unwrap_or(source);
    builder.tree.append(node, Kind::Text(text.to_owned().into()), offset);
}

fn input(builder: &mut Builder<'_>, attributes: &[Attribute], offset: usize) {
    let kind = value(attributes, "type").map(str::to_ascii_lowercase);
    if kind.as_deref() == Some("checkbox") {
        let done = value(attributes, "checked").is_some();
        text_node(builder, if done { "☑" } else { "☐" }, offset);
    } else if kind.as_deref() != Some("hidden") {
        lost(builder, "input", "it is left out", "articles hold no forms", offset);
    }
}

/// A tag that HTML does not know is most often a placeholder such as `<name>` in prose: shown as text, unless
/// its end tag follows.
fn unknown(builder: &mut Builder<'_>, name: &str, attributes: &[Attribute], closing: bool, offset: usize) {
    let placeholder = attributes.iter().all(|attribute| attribute.value.is_empty()) && !closing;
    builder.problem(
        Code::UnsupportedHtml,
        if placeholder {
            format!("`<{name}>` is not HTML: it is shown as text")
        } else {
            format!("`<{name}>` is not HTML: its content stays")
        },
        "put placeholders in backticks, or write `&lt;` for `<`",
        offset,
    );
    enter_flow(builder, offset);
    if closing {
        return;
    }
    let mut tag = format!("<{name}");
    for attribute in attributes {
        tag.push(' ');
        tag.push_str(&attribute.name);
    }
    tag.push('>');
    builder.push(Kind::Unknown(tag.into(), !placeholder), offset, Opened::Html(name.into()));
}
