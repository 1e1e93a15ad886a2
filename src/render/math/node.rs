//! The tree of a formula.
//!
//! Knows no TeX and no HTML.

use std::borrow::Cow;

use super::symbols::{Alphabet, Class};

/// A part of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    /// A variable: one letter, set in italics.
    Letter(char),
    /// Digits.
    Number(&'a str),
    /// A sign that is set upright.
    Sign(Cow<'a, str>, Class),
    /// Words, set upright with their spaces.
    Text(Cow<'a, str>),
    /// A space of its own.
    Space(&'static str),
    /// The end of a line.
    Break,
    /// What stands in braces.
    Group(Vec<Self>),
    /// A group in a font of its own.
    Styled(Font, Vec<Self>),
    /// What stands below and above something.
    Scripts(Box<Scripts<'a>>),
    /// One over the other, with a line between them.
    Fraction(Vec<Self>, Vec<Self>),
    /// A binomial coefficient.
    Binomial(Vec<Self>, Vec<Self>),
    /// A root: its index, and what it is of.
    Root(Vec<Self>, Vec<Self>),
    /// A combining mark and what it stands on.
    Accent(char, Vec<Self>),
    /// Brackets that grow with what they hold.
    Fence(&'static str, Vec<Self>, &'static str),
    /// Rows of cells.
    Rows(Rows<'a>),
    /// As it is written: a command that is not known, with its arguments.
    Source(&'a str),
}

/// Something with what stands below and above it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Scripts<'a> {
    pub(super) base: Vec<Node<'a>>,
    pub(super) primes: usize,
    pub(super) below: Vec<Node<'a>>,
    pub(super) above: Vec<Node<'a>>,
}

/// A matrix, a list of cases, lines that are aligned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows<'a> {
    pub(super) opening: &'static str,
    pub(super) closing: &'static str,
    pub(super) align: Align,
    /// Rows of cells.
    pub(super) cells: Vec<Vec<Vec<Node<'a>>>>,
}

/// Where the cells of a row stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Each in the middle.
    Middle,
    /// Each at its left.
    Left,
    /// Right and left in turn: equations, met at their sign.
    InTurn,
}

/// What letters look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Font {
    /// Upright.
    Upright,
    /// In italics, whatever stands around it.
    Italic,
    /// Bold and upright.
    Bold,
    /// Bold and in italics.
    BoldItalic,
    /// Of one width.
    Typewriter,
    /// Struck through.
    Struck,
    /// Of an alphabet of its own.
    Of(Alphabet),
}
