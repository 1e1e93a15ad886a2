//! What lines of ours stand for: constructs of other dialects as nodes.
//!
//! Must not know: how they were written.

use pulldown_cmark::CowStr;

use super::builder::{Builder, Opened};
use super::{alerts, raw, titles};
use crate::render::rewrite::Marker;
use crate::render::syntax::construct::{Construct, Kind as Callout};
use crate::render::theme::Role;
use crate::render::tree::{Element, Kind};

/// Stands where raw HTML has a tag's name; no tag can have it.
const NAME: &str = "\0kb";

/// Opens or closes what a line of ours stands for.
pub(super) fn mark<'a>(builder: &mut Builder<'a>, marker: &'a Marker, offset: usize) {
    match marker {
        Marker::Open(construct) => {
            builder.open_block();
            raw::enter_flow(builder, offset);
            open(builder, construct, offset);
        }
        Marker::Close => raw::end(builder, NAME),
    }
}

fn open<'a>(builder: &mut Builder<'a>, construct: &'a Construct, offset: usize) {
    let by = Opened::Html(NAME.into());
    match construct {
        Construct::Callout { kind, title } => alerts::open(builder, *kind, title.as_deref(), by, offset),
        Construct::Details { kind, title, open } => {
            let mut element = Element::new("details", kind.map_or(Role::Details, Callout::role));
            if *open {
                element = element.with("open", "");
            }
            builder.push(Kind::Element(element), offset, by);
            let icon = kind.map_or("", Callout::icon);
            line(builder, "summary", Role::Summary, icon, title, offset);
        }
        Construct::Tab { title } => {
            let element = Element::new("div", Role::Tab).with("class", "kb-tab");
            builder.push(Kind::Element(element), offset, by);
            line(builder, "p", Role::TabTitle, "", title, offset);
        }
        Construct::Caption => {
            let element = Element::new("div", Role::Caption).with("class", "kb-caption");
            builder.push(Kind::Element(element), offset, by);
        }
        Construct::Quote => {
            builder.push(Kind::Element(Element::new("blockquote", Role::Quote)), offset, by);
        }
        Construct::Group => {
            builder.push(Kind::Group, offset, by);
        }
    }
}

/// A title behind its icon, if it has one.
pub(super) fn line<'a>(
    builder: &mut Builder<'a>,
    name: &'static str,
    role: Role,
    icon: &'static str,
    title: &'a str,
    offset: usize,
) {
    builder.open(Kind::Element(Element::new(name, role)), offset);
    if !icon.is_empty() {
        builder.leaf(Kind::Text(CowStr::from(format!("{icon} "))), offset);
    }
    titles::add(builder, title, offset);
    builder.close_markdown();
}
