//! Abbreviations in running text: their meaning is in the title, as it is for `abbr` of raw HTML.
//!
//! Must not know: how they are defined.

use aho_corasick::{AhoCorasick, MatchKind};
use pulldown_cmark::CowStr;

use super::builder::Builder;
use crate::render::syntax::abbreviations::Definition;
use crate::render::theme::Role;
use crate::render::tree::{Element, Kind};

/// All abbreviations of a document.
#[derive(Debug)]
pub(super) struct Abbreviations<'a> {
    words: AhoCorasick,
    meanings: Vec<&'a str>,
}

impl<'a> Abbreviations<'a> {
    /// What is looked for; `None` where nothing is.
    pub(super) fn new(definitions: &'a [Definition]) -> Option<Self> {
        if definitions.is_empty() {
            return None;
        }
        // The first of several meanings counts.
        let words = definitions.iter().map(|(word, _)| word);
        let words = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(words).ok()?;
        Some(Self { words, meanings: definitions.iter().map(|(_, meaning)| &**meaning).collect() })
    }
}

/// Adds text to the tree, the abbreviations in it with their meanings.
pub(super) fn add<'a>(builder: &mut Builder<'a>, text: &'a str, offset: usize) {
    let mut from = 0;
    if let Some(known) = builder.abbreviations.take() {
        for found in known.words.find_iter(text) {
            let (start, end) = (found.start(), found.end());
            let joined = text[..start].ends_with(char::is_alphanumeric)
                || text[end..].starts_with(char::is_alphanumeric);
            let Some(meaning) = known.meanings.get(found.pattern().as_usize()).filter(|_| !joined) else {
                continue;
            };
            if start > from {
                builder.leaf(Kind::Text(CowStr::Borrowed(&text[from..start])), offset + from);
            }
            let element = Element::new("span", Role::Abbreviation).with("class", "kb-abbreviation");
            builder.open(Kind::Element(element.with("title", *meaning)), offset + start);
            builder.leaf(Kind::Text(CowStr::Borrowed(&text[start..end])), offset + start);
            builder.close_markdown();
            from = end;
        }
        builder.abbreviations = Some(known);
    }
    if from < text.len() {
        builder.leaf(Kind::Text(CowStr::Borrowed(&text[from..])), offset + from);
    }
}
