//! What of an article is compared: its title and body, whichever side they are of.

use super::{Piece, stored_digest};

/// Title and body in canonical form, of either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// `short_description`.
    pub title: String,
    /// See [`fn@super::canonical`].
    pub pieces: Vec<Piece>,
}

impl Body {
    /// `g`.
    pub fn digest(&self) -> String {
        stored_digest(&self.title, &self.pieces)
    }
}
