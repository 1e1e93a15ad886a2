//! Browser sessions of the pages.

/// Sessions that are open.
#[derive(Debug, Default)]
pub(crate) struct Sessions {}
