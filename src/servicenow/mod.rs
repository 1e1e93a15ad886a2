//! Typed operations on an instance over one `send`.
//!
//! [`Reader`] can only read; [`Writer`] is a reader that can write. Must not know: documents, plans, terminals.

mod advice;
mod auth;
mod authorize;
mod base;
mod callback;
mod check;
mod classify;
mod companion;
mod error;
mod http;
mod index;
mod jwt;
mod lookups;
mod network;
mod oauth;
mod paging;
mod query;
mod reader;
mod records;
mod retry;
mod throttle;
mod token_endpoint;
mod tokens;
mod wire;
mod writer;

pub use auth::Credentials;
pub use authorize::Authorization;
pub use base::Unusable;
pub use callback::Callback;
pub use check::{Checker, Step, Subject, Verdict, WRITE_PROBE, write_probe};
pub use companion::{CompanionChange, CompanionFile};
pub use error::{ApiError, Broken, Page, Refusal, ServerMessage, SignInError, SignedWith};
pub use http::{Options, RequestCounts};
pub use jwt::JwtSigner;
pub use lookups::ReferenceTable;
pub use network::Network;
pub use oauth::{GrantSecret, OAuth};
pub use reader::Reader;
pub use records::{Attachment, Base, Category, CurrentUser, Index, IndexRow, Record};
pub use token_endpoint::{GrantKind, OAuthClient};
pub use tokens::{NotKept, RefreshAge, TokenKeeper, Tokens};
pub use writer::Writer;
