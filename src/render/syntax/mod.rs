//! How constructs of other dialects are written: a line, or what stands in one, in; what it says out. A file for each.
//!
//! Must not know: the rest of the text, the parser, nodes, HTML.

pub(super) mod abbreviations;
pub(super) mod admonitions;
pub(super) mod attribute_lists;
pub(super) mod blocks;
pub(super) mod comments;
pub(super) mod components;
pub(super) mod construct;
pub(super) mod directives;
pub(super) mod gitbook;
pub(super) mod includes;
pub(super) mod info;
pub(super) mod modules;
pub(super) mod myst;
pub(super) mod sizes;
pub(super) mod tabs;
pub(super) mod variables;
