//! Credentials, and how they go onto a request. The only place but the store where a secret is exposed.
//!
//! Must not know: where secrets come from, `publish.toml`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::{ApiError, SignInError, SignedWith};
use super::oauth::OAuth;

/// What signs requests in.
#[derive(Debug)]
pub enum Credentials {
    /// User name and password with each request (contract §7.1).
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// Header `x-sn-apikey` (contract §7.3).
    ApiKey(SecretString),
    /// An access token from elsewhere, that cannot be renewed here.
    Bearer(SecretString),
    /// Tokens that are renewed here.
    OAuth(Box<OAuth>),
}

/// A header that signs a request in, and which generation of a renewable credential it is from.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
    pub(super) generation: u64,
}

impl Credentials {
    /// The user name, where the credentials name one.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Basic { user, .. } => Some(user),
            Self::OAuth(session) => session.user(),
            Self::ApiKey(_) | Self::Bearer(_) => None,
        }
    }

    /// What these are, for what is said when they are refused.
    pub(super) fn signed_with(&self) -> SignedWith {
        match self {
            Self::Basic { user, .. } => SignedWith::Password(user.clone()),
            Self::ApiKey(_) => SignedWith::ApiKey,
            Self::Bearer(_) => SignedWith::AccessToken,
            Self::OAuth(session) => SignedWith::Renewed(session.user().map(str::to_owned)),
        }
    }

    /// The header for the next request; a token that is about to expire is renewed first.
    ///
    /// # Errors
    /// A secret that cannot stand in a header, or a token that cannot be had.
    pub(super) async fn sign(&self) -> Result<Signed, ApiError> {
        let (name, value, generation) = match self {
            Self::Basic { user, password } => {
                let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
                let value = SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())));
                (AUTHORIZATION, sensitive(&value)?, 0)
            }
            Self::ApiKey(key) => (HeaderName::from_static("x-sn-apikey"), sensitive(key)?, 0),
            Self::Bearer(token) => (AUTHORIZATION, bearer(token)?, 0),
            Self::OAuth(session) => {
                let (token, generation) = session.token().await?;
                (AUTHORIZATION, bearer(&token)?, generation)
            }
        };
        Ok(Signed { name, value, generation })
    }

    /// After a 401: whether there is something newer to sign in with than the generation that was refused.
    ///
    /// # Errors
    /// The renewal failed: the run cannot go on.
    pub(super) async fn renew(&self, refused: u64) -> Result<bool, ApiError> {
        match self {
            Self::OAuth(session) => session.renew(refused).await,
            Self::Basic { .. } | Self::ApiKey(_) | Self::Bearer(_) => Ok(false),
        }
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, ApiError> {
    sensitive(&SecretString::from(format!("Bearer {}", token.expose_secret())))
}

/// A header value that debug output shows as `Sensitive`.
fn sensitive(text: &SecretString) -> Result<HeaderValue, ApiError> {
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| SignInError {
        code: "bad-secret",
        message: "the secret holds characters that cannot be sent".to_owned(),
        help: "was a line break or a quote copied with it? Store it again with `kb-publish auth login`"
            .to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}
