//! Titles of callouts, tabs and collapsible sections: one line of Markdown inside a line of ours.
//!
//! Must not know: what they are titles of.

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd};

use super::builder::Builder;
use super::words::{self, Wanted};
use crate::render::tree::Kind;

/// Adds a line of Markdown. What would be a block (`1. First`) is text here. All of it stands at `offset`.
pub(super) fn add<'a>(builder: &mut Builder<'a>, text: &'a str, offset: usize) {
    let events: Vec<Event<'a>> = Parser::new_ext(text, builder.dialects.parser()).collect();
    let [Event::Start(Tag::Paragraph), events @ .., Event::End(TagEnd::Paragraph)] = &events[..] else {
        return builder.leaf(Kind::Text(CowStr::Borrowed(text)), offset);
    };
    let around = builder.line.replace(text);
    let wanted = std::mem::replace(&mut builder.wanted, Wanted::new(text, builder.dialects));
    for event in events {
        match event {
            Event::Text(CowStr::Borrowed(text)) => words::add(builder, text, offset),
            Event::Text(text) => builder.leaf(Kind::Text(text.clone()), offset),
            event => builder.event(event.clone(), offset, offset),
        }
    }
    builder.line = around;
    builder.wanted = wanted;
}
