//! What the lines of ours stand for: constructs of other dialects as nodes.
//!
//! Must not know: how they were written.

use pulldown_cmark::CowStr;

use super::admonitions::Construct;
use super::alerts;
use super::parse::{Builder, Opened};
use super::raw;
use super::rewrite::Marker;
use super::theme::Role;
use super::tree::{Element, Kind};

/// Stands where raw HTML has a tag's name; no tag can have it.
const NAME: &str = "\0kb";

/// Opens or closes what a line of ours stands for.
pub(super) fn mark(builder: &mut Builder<'_>, marker: &Marker, offset: usize) {
    match marker {
        Marker::Open(construct) => {
            builder.open_block();
            open(builder, construct, offset);
        }
        Marker::Close => raw::end(builder, NAME),
    }
}

fn open(builder: &mut Builder<'_>, construct: &Construct, offset: usize) {
    let by = Opened::Html(NAME.into());
    match construct {
        Construct::Callout { kind, title } => alerts::open(builder, *kind, title.as_deref(), by, offset),
        Construct::Details { kind, title, open } => {
            let mut element = Element::new("details", kind.map_or(Role::Details, alerts::Kind::role));
            if *open {
                element = element.with("open", "");
            }
            builder.push(Kind::Element(element), offset, by);
            let title = kind.map_or_else(|| title.clone(), |kind| alerts::titled(kind, title));
            line(builder, "summary", Role::Summary, title, offset);
        }
        Construct::Tab { title } => {
            let element = Element::new("div", Role::Tab).with("class", "kb-tab");
            builder.push(Kind::Element(element), offset, by);
            line(builder, "p", Role::TabTitle, title.clone(), offset);
        }
    }
}

fn line(builder: &mut Builder<'_>, name: &'static str, role: Role, text: String, offset: usize) {
    builder.open(Kind::Element(Element::new(name, role)), offset);
    builder.leaf(Kind::Text(CowStr::from(text)), offset);
    builder.close_markdown();
}
