//! Typed operations on an instance over one `send`.
//!
//! [`Reader`] can only read; [`Writer`] is a reader that can write. Must not know: documents, plans, terminals.

mod advice;
mod auth;
mod classify;
mod error;
mod http;
mod index;
mod lookups;
mod query;
mod reader;
mod records;
mod retry;
mod throttle;
mod wire;
mod writer;

pub use auth::Credentials;
pub use error::{ApiError, Broken, Page, Refusal, ServerMessage, SignInError};
pub use http::{Options, RequestCounts};
pub use lookups::ReferenceTable;
pub use reader::Reader;
pub use records::{Attachment, Base, Category, CurrentUser, Index, IndexRow, Record};
pub use writer::Writer;
