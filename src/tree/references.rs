//! The links and images of a document, packed: large trees have hundreds of thousands of them.
//!
//! Must not know: how they are resolved.

use std::fmt;

use crate::finding::Position;

/// What a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A document of this tree, as an index into [`super::RenderedTree::documents`], and the anchor with its `#`,
    /// or empty.
    Document(usize, &'a str),
    /// A file of this tree, as an index into [`super::RenderedTree::files`], and the query and fragment it was
    /// asked for with, or empty.
    File(usize, &'a str),
    /// Left as it is written here: another host, `mailto:`, an anchor of the same document.
    AsWritten(&'a str),
    /// A drawing that could not be made here (a finding says so), by the name of its picture: its source is shown.
    Undrawn(&'a str),
    /// Leads nowhere (a finding says so): goes out as plain text.
    Nowhere,
}

/// The references of one document, in document order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct References {
    packed: Box<[Packed]>,
    text: Box<str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Packed {
    kind: Kind,
    number: u32,
    start: u32,
    end: u32,
    position: Position,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Document,
    File,
    AsWritten,
    Undrawn,
    Nowhere,
}

impl References {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// Where the n-th leads; `None` beyond the last.
    pub fn get(&self, number: usize) -> Option<Target<'_>> {
        self.packed.get(number).map(|packed| packed.target(&self.text))
    }

    /// Where they lead.
    pub fn iter(&self) -> impl Iterator<Item = Target<'_>> {
        self.packed.iter().map(|packed| packed.target(&self.text))
    }

    /// Where they lead, and where they stand: in the document, or in the file it includes there.
    pub fn placed(&self) -> impl Iterator<Item = (Target<'_>, Position)> {
        self.packed.iter().map(|packed| (packed.target(&self.text), packed.position))
    }

    /// Gives files other numbers; those without one lead nowhere.
    pub(super) fn renumber_files(&mut self, number: impl Fn(usize) -> Option<usize>) {
        for packed in &mut self.packed {
            if packed.kind == Kind::File {
                match number(packed.number as usize) {
                    Some(number) => packed.number = small(number),
                    None => packed.lead_nowhere(),
                }
            }
        }
    }
}

impl fmt::Debug for References {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Packed {
    const fn lead_nowhere(&mut self) {
        (self.kind, self.number, self.start, self.end) = (Kind::Nowhere, 0, 0, 0);
    }

    fn target(self, text: &str) -> Target<'_> {
        let (number, text) =
            (self.number as usize, text.get(self.start as usize..self.end as usize).unwrap_or_default());
        match self.kind {
            Kind::Document => Target::Document(number, text),
            Kind::File => Target::File(number, text),
            Kind::AsWritten => Target::AsWritten(text),
            Kind::Undrawn => Target::Undrawn(text),
            Kind::Nowhere => Target::Nowhere,
        }
    }
}

/// A document holds far fewer references and bytes than this; what is beyond is empty.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// References in the making: written one after another, then changed in place.
#[derive(Debug, Default)]
pub(super) struct Packing {
    packed: Vec<Packed>,
    text: String,
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl Packing {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { packed: Vec::with_capacity(count), text: String::new() }
    }

    pub(super) fn push(&mut self, target: Target<'_>, position: Position) {
        let packed = self.pack(target, position);
        self.packed.push(packed);
    }

    pub(super) fn get(&self, number: usize) -> Option<(Target<'_>, Position)> {
        self.packed.get(number).map(|packed| (packed.target(&self.text), packed.position))
    }

    /// Lets the n-th lead elsewhere.
    pub(super) fn set(&mut self, number: usize, target: Target<'_>) {
        let Some(position) = self.packed.get(number).map(|packed| packed.position) else { return };
        let packed = self.pack(target, position);
        if let Some(place) = self.packed.get_mut(number) {
            *place = packed;
        }
    }

    /// Lets the n-th lead to a document, with the text it has.
    pub(super) fn set_document(&mut self, number: usize, document: usize) {
        if let Some(place) = self.packed.get_mut(number) {
            (place.kind, place.number) = (Kind::Document, small(document));
        }
    }

    /// Lets the n-th lead to a file, with the text it has.
    pub(super) fn set_file(&mut self, number: usize, file: usize) {
        if let Some(place) = self.packed.get_mut(number) {
            (place.kind, place.number) = (Kind::File, small(file));
        }
    }

    /// Lets the n-th stay as it is written, with the text it has.
    pub(super) fn set_as_written(&mut self, number: usize) {
        if let Some(place) = self.packed.get_mut(number) {
            (place.kind, place.number) = (Kind::AsWritten, 0);
        }
    }

    fn pack(&mut self, target: Target<'_>, position: Position) -> Packed {
        let (kind, number, text) = match target {
            Target::Document(number, text) => (Kind::Document, number, text),
            Target::File(number, text) => (Kind::File, number, text),
            Target::AsWritten(text) => (Kind::AsWritten, 0, text),
            Target::Undrawn(text) => (Kind::Undrawn, 0, text),
            Target::Nowhere => (Kind::Nowhere, 0, ""),
        };
        let start = small(self.text.len());
        self.text.push_str(text);
        Packed { kind, number: small(number), start, end: small(self.text.len()), position }
    }

    pub(super) fn finish(self) -> References {
        References { packed: self.packed.into(), text: self.text.into() }
    }
}

impl From<References> for Packing {
    fn from(references: References) -> Self {
        Self { packed: references.packed.into(), text: references.text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let at = Position { line: 3, column: 7 };
        let mut packing = Packing::default();
        packing.push(Target::AsWritten("https://example.org/ü"), at);
        packing.push(Target::Document(7, "#a"), at);
        packing.push(Target::Nowhere, at);
        packing.push(Target::File(1, "?x"), at);
        packing.push(Target::Document(7, "#B"), at);
        packing.push(Target::Undrawn("math-1.png"), at);
        let mut packing = Packing::from(packing.finish());
        assert_eq!(packing.get(1), Some((Target::Document(7, "#a"), at)));
        packing.set_document(1, 3);
        packing.set(4, Target::AsWritten("#b"));
        let mut references = packing.finish();
        assert_eq!(
            references.iter().collect::<Vec<_>>(),
            [
                Target::AsWritten("https://example.org/ü"),
                Target::Document(3, "#a"),
                Target::Nowhere,
                Target::File(1, "?x"),
                Target::AsWritten("#b"),
                Target::Undrawn("math-1.png")
            ]
        );
        assert!(references.placed().all(|(_, place)| place == at));
        references.renumber_files(|_| None);
        assert_eq!((references.get(3), references.get(6)), (Some(Target::Nowhere), None));
    }
}
