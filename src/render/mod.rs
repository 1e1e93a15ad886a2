//! Markdown to the HTML that ServiceNow keeps: events → node tree → HTML, pure.
//!
//! Must not know: files, network, article numbers, attachments' sys_ids.

mod alerts;
pub mod allowlist;
mod code;
mod contents;
mod css;
mod dialects;
mod footnotes;
mod headings;
mod links;
mod outline;
mod parse;
mod position;
mod raw;
mod scan;
mod substitutions;
mod surfaces;
mod tables;
mod theme;
mod tree;
mod write;

#[cfg(test)]
mod tests;

use self::position::Locator;
use self::surfaces::{Neutral, Themed};
use self::write::Writer;
use crate::finding::Finding;
use crate::ids::Digest;

pub use outline::{Destination, Heading, Outline, Reference, ReferenceKind};

/// The renderer's number (protocol §2, `r`): raised only when the same text gives other HTML.
pub const RENDERER: u32 = 1;

/// What decides how a document is read and what it looks like. One for the whole tree.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The theme of code colours, `None` for plain code.
    pub highlight: Option<String>,
}

/// One document's text and what is known of it before it is parsed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input<'a> {
    /// The whole file, LF line ends, no BOM: positions count in it.
    pub text: &'a str,
    /// Where the Markdown begins, in bytes.
    pub body_start: usize,
    /// Whether the first H1 is the title and leaves the body (design §7).
    pub title_from_heading: bool,
    /// Depth of a table of contents at the top, if one is asked for.
    pub toc: Option<u8>,
    /// The URL of the document's source, linked at the end of the body, if one is wanted.
    pub source_link: Option<&'a str>,
}

/// Reads a document once, without looks: its title, anchors, references, digest and findings.
pub fn outline(input: Input<'_>, options: &Options) -> Outline {
    let parsed = parse::parse(input, options);
    let mut writer = Writer::new(&parsed, Neutral::new(input.text));
    contents::before(&mut writer, &input);
    writer.body();
    contents::after(&mut writer, &input);
    let (body, references, anchors) = writer.surface.finish();
    let mut locator = Locator::new(input.text);
    let title = parsed.title.and_then(|title| parsed.headings.get(title)).map(|heading| Heading {
        level: heading.level,
        id: heading.id.clone(),
        text: heading.text.clone(),
        position: locator.position(heading.offset),
    });
    let findings = parsed.problems.into_iter().map(|problem| {
        let mut finding = Finding::new(problem.code, problem.message).help(problem.help);
        finding.position = Some(locator.position(problem.offset));
        finding.excerpt = Some(locator.excerpt(problem.offset));
        finding
    });
    Outline { title, anchors, references, body, findings: findings.collect() }
}

/// Writes a document's body as it is sent: with looks, its references resolved by their number.
pub fn html(input: Input<'_>, options: &Options, resolve: &mut dyn FnMut(usize) -> Destination) -> String {
    let parsed = parse::parse(input, options);
    let surface = Themed::new(input.text.len() * 3, options.highlight.as_deref(), resolve);
    let mut writer = Writer::new(&parsed, surface);
    contents::before(&mut writer, &input);
    writer.body();
    contents::after(&mut writer, &input);
    writer.surface.html
}

/// Digest of everything that changes looks alone: theme and code colours (protocol §2, `l`), 8 digits.
pub fn look_digest(options: &Options) -> String {
    let mut looks = String::new();
    for role in theme::Role::ALL {
        looks.push_str(role.style());
        looks.push('\n');
    }
    looks.push_str(options.highlight.as_deref().unwrap_or("off"));
    looks.push('\n');
    looks.push_str(&code::palette());
    Digest::of(looks.as_bytes()).prefix(8)
}
