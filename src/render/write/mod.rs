//! Nodes to HTML, in one pass that is made twice: to a digest and an outline without looks, and to the body as sent.
//!
//! Must not know: Markdown syntax, files, the instance.

mod code;
mod code_marks;
mod contents;
mod footnotes;
mod formulas;
mod surfaces;
mod writer;

use self::surfaces::{Neutral, Themed};
use self::writer::{Surface, Writer};
use super::options::Input;
use super::outline::{Destination, Outline};
use super::parsed::Parsed;
use super::source_map::SourceMap;

pub(super) use self::code::palette;

/// Writes a document without looks, to a digest: an outline that still lacks its title and findings.
pub(super) fn outline(parsed: &Parsed<'_>, input: &Input<'_>, map: &SourceMap<'_>) -> Outline {
    whole(parsed, input, Neutral::new(map)).finish()
}

/// Writes a document's body as it is sent, with this theme of code colours, its references resolved by their number.
pub(super) fn html(
    parsed: &Parsed<'_>,
    input: &Input<'_>,
    highlight: Option<&str>,
    resolve: &mut dyn FnMut(usize) -> Destination,
) -> String {
    whole(parsed, input, Themed::new(input.text.len() * 3, highlight, resolve)).html
}

/// The body with what frames it.
fn whole<S: Surface>(parsed: &Parsed<'_>, input: &Input<'_>, surface: S) -> S {
    let mut writer = Writer::new(parsed, surface);
    contents::before(&mut writer, input);
    writer.body();
    contents::after(&mut writer, input);
    writer.surface
}
