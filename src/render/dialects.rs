//! Which extensions of Markdown are read, in one place.

use super::Options;

/// The parser's extensions. They are named one by one: `all()` would switch on old-style footnotes too.
pub(super) fn parser(_options: &Options) -> pulldown_cmark::Options {
    use pulldown_cmark::Options as P;
    P::ENABLE_TABLES | P::ENABLE_FOOTNOTES | P::ENABLE_STRIKETHROUGH | P::ENABLE_TASKLISTS | P::ENABLE_GFM
}
