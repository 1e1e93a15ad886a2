//! From flags, environment and `publish.toml` to [`Settings`].
//!
//! Must not know: documents, HTTP, output formats.

mod columns;
mod error;
mod file;
mod globs;
mod layers;
mod locate;
mod parsed;
mod profiles;
mod resolve;
mod schema;
mod secrets;
mod settings;
#[cfg(test)]
mod tests;
mod typed;

pub use columns::{NamedColumns, category_labels};
pub use error::{ConfigErrors, ConfigProblem};
pub use globs::{GlobError, PathGlob, PathGlobs};
pub use layers::Origin;
pub use locate::{ConfigFile, FILE_NAME, find};
pub use resolve::{ConfigValue, Env, Overrides, Resolved, environment, resolve};
pub use schema::schema;
pub use settings::*;
