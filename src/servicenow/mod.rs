//! Typed operations on an instance over one `send`.
//!
//! Must not know: documents, plans, terminals.

mod records;

pub use records::{Attachment, Base, Category, CurrentUser, Index, IndexRow, Record};
