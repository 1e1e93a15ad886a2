//! Markdown to nodes: the parser's events, one construct after the other, into one tree.
//!
//! Must not know: where references lead, looks, how nodes are written.

mod abbreviations;
mod alerts;
mod attribute_lists;
mod autolinks;
mod builder;
mod critic;
mod events;
mod footnotes;
mod headings;
mod keys;
mod links;
mod markers;
mod marks;
mod raw;
mod roles;
mod running;
mod slugs;
mod spans;
mod tables;
mod titles;
mod unread;
mod wiki;
mod words;

use pulldown_cmark::Parser;

use self::builder::Builder;
use super::options::{Input, Options};
use super::parsed::Parsed;
use super::problem::Problem;
use super::rewrite::Rewritten;
use crate::finding::Code;
use crate::panics;

/// Parses a document's Markdown.
pub(super) fn parse<'a>(rewritten: &'a Rewritten<'_>, input: &Input<'a>, options: &'a Options) -> Parsed<'a> {
    let all = options.dialects.parser();
    panics::caught(|| parse_as(all, rewritten, input, options)).unwrap_or_else(|| {
        // pulldown-cmark 0.13 panics at such a list in an item or a quote, and at nothing else that is known.
        let parser = all - pulldown_cmark::Options::ENABLE_HEADING_ATTRIBUTES;
        let mut parsed = parse_as(parser, rewritten, input, options);
        let problem = Problem {
            code: Code::UnreadSyntax,
            message: "attributes of headings are not read here: the parser fails at a list of them".to_owned(),
            help: "write `{#id}` at the end of the heading's text, not on a line of its own above the underline",
            file: None,
            offset: headings::lone_list(&rewritten.text),
        };
        let at = parsed.problems.partition_point(|told| told.file.is_none() && told.offset < problem.offset);
        parsed.problems.insert(at, problem);
        parsed
    })
}

/// The same with these extensions.
fn parse_as<'a>(
    parser: pulldown_cmark::Options,
    rewritten: &'a Rewritten<'_>,
    input: &Input<'a>,
    options: &'a Options,
) -> Parsed<'a> {
    let mut builder = Builder::new(rewritten, input, options);
    for (event, range) in Parser::new_ext(builder.text, parser).into_offset_iter() {
        builder.event(event, range.start, range.end);
    }
    builder.flush();
    builder.finish(&rewritten.problems, options)
}
