//! Where credentials come from and where they are kept: environment, files, keyring, a person at the terminal.
//!
//! Must not know: publish.toml, HTTP, how an answer is printed. A secret is a [`SecretString`] from the first byte.

mod environment;
mod file;
mod kept;
mod keyring;
mod prompt;
mod vault;

use secrecy::SecretString;

pub use environment::from_environment;
pub use kept::{Binding, Kept, KeptTokens};
pub use prompt::ask;
pub use vault::{StoreKind, Vault, VaultKeeper};

/// The secrets of design §6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Secret {
    /// Of the user.
    Password,
    /// Of the OAuth client.
    ClientSecret,
    /// A bearer token from elsewhere.
    AccessToken,
    /// What access tokens are renewed with.
    RefreshToken,
    /// Header `x-sn-apikey`.
    ApiKey,
    /// The private key (PEM) that JWT assertions are signed with.
    JwtKey,
}

impl Secret {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Password,
        Self::ClientSecret,
        Self::AccessToken,
        Self::RefreshToken,
        Self::ApiKey,
        Self::JwtKey,
    ];

    /// The environment variable that holds it; with `_FILE` behind it, the one that names its file.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Password => "KB_PUBLISH_PASSWORD",
            Self::ClientSecret => "KB_PUBLISH_CLIENT_SECRET",
            Self::AccessToken => "KB_PUBLISH_ACCESS_TOKEN",
            Self::RefreshToken => "KB_PUBLISH_REFRESH_TOKEN",
            Self::ApiKey => "KB_PUBLISH_API_KEY",
            Self::JwtKey => "KB_PUBLISH_JWT_KEY",
        }
    }

    /// What people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientSecret => "client secret",
            Self::AccessToken => "access token",
            Self::RefreshToken => "refresh token",
            Self::ApiKey => "API key",
            Self::JwtKey => "JWT key",
        }
    }
}

/// Where a secret was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In this environment variable.
    Environment(&'static str),
    /// In the file that this environment variable names.
    File(&'static str),
    /// In the store.
    Store,
    /// Typed by a person.
    Prompt,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File(name) => write!(f, "the file that {name} names"),
            Self::Store => f.write_str("the credential store"),
            Self::Prompt => f.write_str("the terminal"),
        }
    }
}

/// A secret and where it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The secret.
    pub value: SecretString,
    /// Where.
    pub origin: Origin,
}

/// Why a secret could not be read or kept. Never holds one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SecretError {
    /// Stable name, kebab-case.
    pub code: &'static str,
    /// A fragment that says what is the matter.
    pub message: String,
    /// What to do.
    pub help: String,
}
