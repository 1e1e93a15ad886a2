//! The two places HTML goes to: a digest with an outline (pass 1), and the body as sent (pass 2).

use pulldown_cmark::CowStr;
use sha2::{Digest as _, Sha256};

use super::writer::Surface;
use crate::ids::Digest;
use crate::render::outline::{Anchors, Destination, Outline, Reference, ReferenceKind};
use crate::render::position::Places;
use crate::render::source_map::SourceMap;

/// Bytes gathered before they are hashed.
const CHUNK: usize = 8 * 1024;

/// Hashes the body without looks and without destinations, and collects what it passes.
pub(super) struct Neutral<'a> {
    hasher: Sha256,
    buffer: Vec<u8>,
    places: Places<'a>,
    /// Bytes so far, looks included.
    size: usize,
    /// Links and images so far.
    pub(super) references: Vec<Reference>,
    /// Ids so far.
    pub(super) anchors: Anchors,
}

impl<'a> Neutral<'a> {
    /// For a text of this map.
    pub(super) fn new(map: &'a SourceMap<'a>) -> Self {
        Self {
            hasher: Sha256::new(),
            buffer: Vec::with_capacity(2 * CHUNK),
            places: Places::new(map),
            size: 0,
            references: Vec::new(),
            anchors: Anchors::with_room(),
        }
    }

    /// All that was put, as an outline without title and findings.
    pub(super) fn finish(mut self) -> Outline {
        self.hasher.update(&self.buffer);
        Outline {
            title: None,
            anchors: self.anchors,
            references: self.references,
            body: Digest::finish(self.hasher),
            size: self.size,
            findings: Vec::new(),
        }
    }
}

impl Surface for Neutral<'_> {
    const LOOKS: bool = false;

    fn put(&mut self, html: &str) {
        self.size += html.len();
        self.buffer.extend_from_slice(html.as_bytes());
        if self.buffer.len() >= CHUNK {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn reference(&mut self, kind: ReferenceKind, destination: &CowStr<'_>, offset: u32) -> Destination {
        let place = self.places.place(offset as usize);
        self.references.push(Reference {
            kind,
            destination: (&**destination).into(),
            position: place.position,
            included: place.file.map(Into::into),
        });
        // Its number is its place among the others.
        Destination::Url(String::new())
    }

    fn anchor(&mut self, id: &str) {
        self.anchors.push(id);
    }

    fn spared(&mut self, bytes: usize) {
        self.size += bytes;
    }

    fn highlight(&self) -> Option<&str> {
        None
    }
}

/// Gathers the body as sent.
pub(super) struct Themed<'r> {
    /// The HTML.
    pub(super) html: String,
    number: usize,
    resolve: &'r mut dyn FnMut(usize) -> Destination,
    highlight: Option<&'r str>,
}

impl<'r> Themed<'r> {
    /// With a way to learn where references lead and the theme of code colours.
    pub(super) fn new(
        capacity: usize,
        highlight: Option<&'r str>,
        resolve: &'r mut dyn FnMut(usize) -> Destination,
    ) -> Self {
        Self { html: String::with_capacity(capacity), number: 0, resolve, highlight }
    }
}

impl Surface for Themed<'_> {
    const LOOKS: bool = true;

    fn put(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn reference(&mut self, _kind: ReferenceKind, _destination: &CowStr<'_>, _offset: u32) -> Destination {
        let number = self.number;
        self.number += 1;
        (self.resolve)(number)
    }

    fn anchor(&mut self, _id: &str) {}

    fn spared(&mut self, _bytes: usize) {}

    fn highlight(&self) -> Option<&str> {
        self.highlight
    }
}
