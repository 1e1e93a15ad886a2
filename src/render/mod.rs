//! Markdown to the HTML that ServiceNow keeps: events → node tree → HTML, pure.
//!
//! Must not know: files, network, article numbers, attachments' sys_ids.

mod abbreviations;
mod admonitions;
mod alerts;
pub mod allowlist;
mod attribute_lists;
mod autolinks;
mod blocks;
mod builder;
mod code;
mod code_marks;
mod components;
mod constructs;
mod contents;
mod critic;
mod css;
mod dialects;
mod directives;
mod footnotes;
mod gitbook;
mod headings;
mod includes;
mod info;
mod keys;
mod letters;
mod links;
mod marks;
mod math;
mod modules;
mod myst;
mod outline;
mod parse;
mod position;
mod raw;
mod rewrite;
mod roles;
mod running;
mod scan;
mod sizes;
mod source_map;
mod spans;
mod substitutions;
mod surfaces;
mod tables;
mod tabs;
mod theme;
mod titles;
mod tree;
mod unread;
mod variables;
mod wiki;
mod words;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::builder::Parsed;
use self::position::Places;
use self::rewrite::{Alone, Rewritten};
use self::surfaces::{Neutral, Themed};
use self::write::Writer;
use crate::finding::Finding;
use crate::ids::Digest;

pub use dialects::Dialects;
pub use includes::{Included, Includes};
pub use math::Formulas;
pub use outline::{Anchors, Destination, Heading, Outline, Reference, ReferenceKind, Size};

/// The renderer's number (protocol §2, `r`): raised only when the same text gives other HTML.
pub const RENDERER: u32 = 1;

/// What decides how a document is read and what it looks like. One for the whole tree.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The theme of code colours, `None` for plain code.
    pub highlight: Option<String>,
    /// Which dialects of Markdown are read.
    pub dialects: Dialects,
    /// What `{{ name }}` stands for. While this is empty, braces are text like any other.
    pub variables: BTreeMap<String, String>,
    /// Languages whose code blocks are shown as pictures ([`ReferenceKind::Drawing`]), lower case.
    pub drawings: Vec<String>,
    /// Which formulas are shown as pictures, where `math` is among [`Self::drawings`].
    pub formulas: Formulas,
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
    /// The title, where front matter gives one: a first H1 that says the same leaves the body, too.
    pub title: Option<&'a str>,
    /// Depth of a table of contents at the top, if one is asked for.
    pub toc: Option<u8>,
    /// The URL of the document's source, linked at the end of the body, if one is wanted.
    pub source_link: Option<&'a str>,
    /// Reads files that the document includes; without it includes stay as written.
    pub includes: Option<&'a dyn Includes>,
}

/// What `write` makes of a document.
fn read<R>(
    input: Input<'_>,
    options: &Options,
    write: impl for<'a> FnOnce(&'a Rewritten<'_>, Parsed<'a>) -> R,
) -> R {
    let mut alone = Alone::default();
    loop {
        let rewritten = rewrite::rewrite(input, options, &alone);
        let parsed = parse::parse(&rewritten, &input, options);
        if parsed.missed.is_empty() {
            return write(&rewritten, parsed);
        }
        alone.add(&rewritten, &parsed.missed);
    }
}

/// Reads a document once, without looks: its title, anchors, references, digest and findings.
pub fn outline(input: Input<'_>, options: &Options) -> Outline {
    read(input, options, |rewritten, parsed| outlined(&input, rewritten, parsed))
}

fn outlined(input: &Input<'_>, rewritten: &Rewritten<'_>, parsed: Parsed<'_>) -> Outline {
    let mut writer = Writer::new(&parsed, Neutral::new(&rewritten.map));
    contents::before(&mut writer, input);
    writer.body();
    contents::after(&mut writer, input);
    let outline = writer.surface.finish();
    let mut places = Places::new(&rewritten.map);
    let title = parsed.title.and_then(|title| parsed.headings.get(title)).map(|heading| Heading {
        level: heading.level,
        id: (*heading.id).into(),
        text: heading.text.clone(),
        position: places.place(heading.offset).position,
    });
    let findings = parsed.problems.into_iter().map(|problem| {
        let place = match problem.file {
            Some(file) => places.place_in(file, problem.offset),
            None => places.place(problem.offset),
        };
        let mut finding = Finding::new(problem.code, problem.message).help(problem.help);
        finding.path = place.file.map(|file| camino::Utf8Path::new(file).into());
        finding.position = Some(place.position);
        finding.excerpt = Some(places.excerpt().into());
        finding
    });
    Outline { title, findings: findings.collect(), ..outline }
}

/// Writes a document's body as it is sent: with looks, its references resolved by their number.
pub fn html(input: Input<'_>, options: &Options, resolve: &mut dyn FnMut(usize) -> Destination) -> String {
    read(input, options, |_, parsed| {
        let surface = Themed::new(input.text.len() * 3, options.highlight.as_deref(), resolve);
        let mut writer = Writer::new(&parsed, surface);
        contents::before(&mut writer, &input);
        writer.body();
        contents::after(&mut writer, &input);
        writer.surface.html
    })
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
