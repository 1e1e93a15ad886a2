//! Markdown to the HTML that ServiceNow keeps, pure: text → (`rewrite`) → Markdown of the parser's own → (`parse`) → nodes
//! → (`write`) → HTML. How constructs of other dialects are written is in `syntax`, formulas are in `math`.
//!
//! Must not know: files, network, article numbers, attachments' sys_ids.

pub mod allowlist;
mod dialects;
mod letters;
mod math;
mod options;
mod outline;
mod parse;
mod parsed;
mod position;
mod problem;
mod rewrite;
mod source_map;
mod syntax;
mod theme;
mod tree;
mod urls;
mod write;

#[cfg(test)]
mod tests;

use self::parsed::Parsed;
use self::position::Places;
use self::rewrite::{Alone, Rewritten};
use crate::finding::Finding;
use crate::ids::Digest;

pub use dialects::Dialects;
pub use math::Formulas;
pub use options::{Input, Options};
pub use outline::{Anchors, Destination, Heading, Outline, Reference, ReferenceKind, Size};
pub use syntax::includes::{Included, Includes};

/// The renderer's number (protocol §2, `r`): raised only when the same text gives other HTML.
pub const RENDERER: u32 = 1;

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
    let outline = write::outline(&parsed, input, &rewritten.map);
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
    read(input, options, |_, parsed| write::html(&parsed, &input, options.highlight.as_deref(), resolve))
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
    looks.push_str(&write::palette());
    Digest::of(looks.as_bytes()).prefix(8)
}
