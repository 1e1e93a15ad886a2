//! Raw HTML in Markdown: parsed, never trusted. Tags become nodes of the allow-list, or what stands in their
//! place; what opens inside a piece of Markdown is closed with it, so that the tree is always balanced.
//!
//! Must not know: how nodes are written.

mod attributes;
mod css;
mod media;
pub(super) mod scan;
mod structure;
mod substitutions;

use pulldown_cmark::CowStr;

use self::attributes::{class, id_like, keep_attributes, report_handlers, value};
use self::media::{anchor, embed, embed_source, image};
use self::scan::{Attribute, Token};
use self::structure::{WALK, by_html, is_inline, is_void, make_room, open_heading, push};
use self::substitutions::Treatment;
use super::builder::{Builder, Open, Opened};
use super::{markers, unread};
use crate::finding::Code;
use crate::render::allowlist;
use crate::render::theme::Role;
use crate::render::tree::{Element, Kind};

pub(super) use self::structure::{
    Block, before, close_heading, closed, enter_flow, in_frame, is_part_of_line, is_table_part,
};

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

    /// Where the last piece began.
    fn end(&self) -> usize {
        self.pieces.last().map_or(0, |&(_, offset)| offset)
    }

    fn offset(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|&(start, _)| start <= at);
        self.pieces.get(index.saturating_sub(1)).map_or(at, |&(start, offset)| offset + at - start)
    }
}

/// A raw HTML block is complete.
pub(super) fn block(builder: &mut Builder<'_>) {
    let mut gathered = std::mem::take(&mut builder.html);
    gathered.open = false;
    if let Some(marker) = builder.marker(gathered.offset(0), gathered.end()) {
        markers::mark(builder, marker, gathered.offset(0));
        return;
    }
    if gathered.text.contains("<!--@include:") {
        builder.problem(
            Code::UnreadSyntax,
            "an include of VitePress is left out".to_owned(),
            "use `--8<-- \"file\"` or `{{#include file}}`",
            gathered.offset(0),
        );
    }
    let end = gathered.offset(gathered.text.len()).min(builder.text.len());
    let is_last = builder.text.get(end..).is_none_or(|rest| rest.trim_ascii_start().is_empty());
    scan::scan(&gathered.text, |found, at| match found {
        Token::Endless => endless(builder, gathered.offset(at), is_last),
        found => token(builder, found, &gathered.text[at..], gathered.offset(at), false),
    });
    // What no end tag closed before the block ended ends with it.
    close_hidden(builder);
    builder.html = gathered;
}

/// One raw tag in running text.
pub(super) fn inline(builder: &mut Builder<'_>, html: &str, offset: usize) {
    scan::scan(html, |found, at| token(builder, found, &html[at..], offset + at, true));
}

/// One piece; `written` begins with it.
fn token(builder: &mut Builder<'_>, token: Token, written: &str, offset: usize, inline: bool) {
    match token {
        Token::Text(text) => {
            let code = |open: &Open| by_html(open, &["pre", "code", "samp", "tt", "kbd"]);
            if !inline && !builder.stack.iter().any(code) {
                unread::check_raw(builder, &text, offset);
            }
            text_node(builder, &text, offset);
        }
        Token::Start(name, attributes, closing) => {
            start(builder, &name, attributes, closing, written, offset);
        }
        // HTML's own rule, which many lines of tables rely on: browsers take it for a `<br>`.
        Token::End(name) if name == "br" => start(builder, &name, Vec::new(), false, written, offset),
        Token::End(name) => end(builder, &name),
        // In running text the end tag is a piece of its own.
        Token::Unclosed(name, attributes, _) if inline && builder.is_closed(&name, offset) => {
            start(builder, &name, attributes, false, written, offset);
        }
        Token::Unclosed(name, attributes, written) => unclosed(builder, &name, attributes, &written, offset),
        Token::Data => builder.problem(
            Code::UnsupportedHtml,
            "HTML has no CDATA: what stands in it is left out".to_owned(),
            "write it as text, or as a block of code",
            offset,
        ),
        Token::Endless => endless(builder, offset, true),
    }
}

/// A comment that nothing ends before its block does; the last block reaches to the end.
fn endless(builder: &mut Builder<'_>, offset: usize, is_last: bool) {
    let (message, help) = if is_last {
        ("nothing ends the comment: all that follows is left out", "end it with `-->`")
    } else {
        (
            "the comment ends with the block it stands in: what follows is shown",
            "leave no blank line in it, or begin it on a line of its own, outside of other HTML",
        )
    };
    builder.problem(Code::UnsupportedHtml, message.to_owned(), help, offset);
}

fn text_node(builder: &mut Builder<'_>, text: &str, offset: usize) {
    if !text.is_empty() {
        builder.leaf(Kind::Text(CowStr::from(text.to_owned())), offset);
    }
}

/// A tag whose content would be no HTML, without an end tag: shown as text, as on GitHub. Browsers would swallow what
/// follows.
fn unclosed(builder: &mut Builder<'_>, name: &str, attributes: Vec<Attribute>, written: &str, offset: usize) {
    if matches!(substitutions::substitution(name), Some(Treatment::Embed(_))) {
        return start(builder, name, attributes, true, written, offset);
    }
    builder.problem(
        Code::UnsupportedHtml,
        format!("nothing closes `<{name}>`: it is shown as text"),
        "put tags that you write about in backticks, or write `&lt;` for `<`",
        offset,
    );
    enter_flow(builder, offset);
    text_node(builder, written, offset);
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

/// An end tag: closes its element where one is open in the same piece of Markdown. One that is open around that piece
/// is closed behind it; else the tag is nothing.
pub(super) fn end(builder: &mut Builder<'_>, name: &str) {
    if let Some(count) = builder.skipped.get_mut(name).filter(|count| **count > 0) {
        *count -= 1;
        return;
    }
    // Those of ours end where they stand.
    if !close(builder, name) && !name.starts_with('\0') {
        close_later(builder, name.into());
    }
}

/// A piece of Markdown has ended: what end tags in it were to close is closed, as far as nothing else of Markdown is
/// open in it.
pub(super) fn end_later(builder: &mut Builder<'_>) {
    for name in std::mem::take(&mut builder.ends_later) {
        if !close(builder, &name) {
            close_later(builder, name);
        }
    }
}

/// Notes an end tag whose element is open around the Markdown it stands in. None reaches out of a table's cell.
fn close_later(builder: &mut Builder<'_>, name: Box<str>) {
    let is_cell = |open: &Open| {
        open.by == Opened::Markdown
            && matches!(&builder.tree.node(open.node).kind, Kind::Element(element) if matches!(element.name, "td" | "th"))
    };
    let reach = builder.stack.iter().rev().take_while(|open| !is_cell(open));
    let open = reach.filter(|open| matches!(&open.by, Opened::Html(own) if *own == name)).count();
    let noted = builder.ends_later.iter().filter(|noted| **noted == name).count();
    if open > noted {
        builder.ends_later.push(name);
    }
}

/// Closes the element of this name where one is open in the same piece of Markdown.
fn close(builder: &mut Builder<'_>, name: &str) -> bool {
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
    let Some(node) = found else { return false };
    if let Kind::Unknown(_, closed) = builder.tree.kind_mut(node) {
        *closed = true;
    }
    for _ in 0..depth {
        builder.pop();
    }
    true
}

fn start(
    builder: &mut Builder<'_>,
    name: &str,
    attributes: Vec<Attribute>,
    closing: bool,
    written: &str,
    offset: usize,
) {
    report_handlers(builder, name, &attributes, offset);
    if !builder.has_room() && name != "source" && !(is_void(name) && builder.stack.len() < WALK) {
        // Too deep, or inside what is left out: only counted, so that its end tag closes nothing else.
        if !closing && !is_void(name) && !matches!(name, "tr" | "td" | "th" | "li" | "p" | "dt" | "dd") {
            *builder.skipped.entry(name.into()).or_default() += 1;
        }
        return;
    }
    // A component of MDX that HTML calls otherwise (`<Figure src="…" />`): browsers would never end it.
    let capital = || written.as_bytes().get(1).is_some_and(u8::is_ascii_uppercase);
    let is_component = closing && !is_void(name) && name.len() > 1 && capital();
    let embeds =
        || matches!(substitutions::substitution(name), Some(Treatment::Embed(_) | Treatment::Drop(_)));
    if is_component && !matches!(name, "link" | "image") && !embeds() {
        return unknown(builder, name, &attributes, closing, written, offset);
    }
    match name {
        "a" => return anchor(builder, name, attributes, closing, offset),
        // The component of Docusaurus, Next.js and others: what HTML calls so has no end tag.
        "link" if !closing && builder.is_closed(name, offset) => {
            return anchor(builder, name, attributes, closing, offset);
        }
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
            let hides = scan::is_raw_text(name) || !closing && builder.is_closed(name, offset);
            lost(builder, name, if hides { "it is left out" } else { "its tag is left out" }, help, offset);
            if hides {
                builder.push(Kind::Hidden, offset, Opened::Html(name.into()));
            }
        }
        Some(Treatment::Embed(help)) => {
            let hides = !closing && !is_void(name) && builder.is_closed(name, offset);
            embed(builder, name, &attributes, hides, help, offset);
        }
        Some(Treatment::Input) => input(builder, &attributes, offset),
        None => unknown(builder, name, &attributes, closing, written, offset),
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

fn kept(
    builder: &mut Builder<'_>,
    listed: &'static allowlist::Element,
    attributes: Vec<Attribute>,
    closing: bool,
    offset: usize,
) {
    let role = substitutions::role(listed.name);
    // GitBook writes the title of a block so.
    if let Some(title) = value(&attributes, "data-title").filter(|_| listed.name == "pre") {
        media::line_of_its_own(builder, ("p", Role::CodeTitle, "kb-code-title"), title, offset);
    }
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
    element(builder, name, listed, role, attributes, offset);
    if name == "q" {
        text_node(builder, "“", offset);
    }
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
/// its end tag follows. Names are read in lower case; `List<String>` is shown as it is `written`.
fn unknown(
    builder: &mut Builder<'_>,
    name: &str,
    attributes: &[Attribute],
    closing: bool,
    written: &str,
    offset: usize,
) {
    let same = |read: &str, from: usize| {
        let part = written.get(from..from + read.len());
        part.filter(|part| part.eq_ignore_ascii_case(read)).unwrap_or(read).to_owned()
    };
    let shown = same(name, 1);
    if shown.starts_with(|c: char| c.is_ascii_uppercase())
        && media::component(builder, name, attributes, closing, offset)
    {
        return;
    }
    let bare = attributes.iter().all(|attribute| attribute.value.is_empty()) && !closing;
    let placeholder = bare && !builder.is_closed(name, offset);
    builder.problem(
        Code::UnsupportedHtml,
        if placeholder {
            format!("`<{shown}>` is not HTML: it is shown as text")
        } else if closing {
            format!("`<{shown}>` is not HTML: it is left out")
        } else {
            format!("`<{shown}>` is not HTML: its content stays")
        },
        if !placeholder && shown.starts_with(|c: char| c.is_ascii_uppercase()) {
            "only the tool it is made for knows this component: write in Markdown what it shows"
        } else {
            "put placeholders in backticks, or write `&lt;` for `<`"
        },
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
    let tag = same(&tag, 0);
    builder.push(Kind::Unknown(tag.into(), !placeholder), offset, Opened::Html(name.into()));
}
