//! Formulas of TeX as pieces of text in a style.
//!
//! Must not know: dollar signs, HTML, pictures.

mod chemistry;
mod commands;
mod node;
mod parse;
mod symbols;
mod text;

#[cfg(test)]
mod tests;

use self::node::Node;

pub(super) use self::text::{Face, Piece, Side, Tag};

/// Longer formulas are shown as their source, in bytes: nobody reads them on a line.
const LONGEST: usize = 20_000;

/// Which formulas are shown as pictures, where something draws them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Formulas {
    /// Those that stand on a line of their own, and in a line of text those that text does not show as they are set:
    /// fractions, sums with limits, matrices.
    #[default]
    Auto,
    /// All.
    Picture,
    /// None.
    Text,
}

/// A formula where no tags can stand, as in titles.
pub(super) fn unstyled(source: &str) -> String {
    let source = source.trim();
    Formula::read(source).map_or_else(|| source.to_owned(), |formula| text::unstyled(&formula.0))
}

/// A formula that was read.
#[derive(Debug)]
pub(super) struct Formula<'a>(Vec<Node<'a>>);

impl<'a> Formula<'a> {
    /// Reads one; `None` where it cannot be read.
    pub(super) fn read(source: &'a str) -> Option<Self> {
        (source.len() <= LONGEST).then(|| parse::parse(source)).flatten().map(Self)
    }

    /// Whether text on a line shows it as it is set.
    pub(super) fn is_plain(&self) -> bool {
        text::is_plain(&self.0)
    }

    /// Its pieces. One that stands by itself (`block`) may hold tables.
    pub(super) fn typeset(&self, block: bool) -> Vec<Piece> {
        text::typeset(&self.0, block)
    }
}
