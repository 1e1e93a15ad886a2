//! Assertions of the JWT bearer grant (contract §7.2), signed here.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::error::SignInError;

/// Life of an assertion in seconds: long enough for a slow network and clocks that differ a little.
const LIFE: i64 = 300;

/// What assertions are made of.
#[derive(Debug)]
pub struct JwtSigner {
    /// The private key in PEM: RSA, or P-256.
    pub key: SecretString,
    /// Header `kid`.
    pub key_id: Option<String>,
    /// Claim `sub`: the user that is signed in.
    pub subject: String,
    /// Claim `aud`; default the client id.
    pub audience: Option<String>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

impl JwtSigner {
    /// An assertion for this client, valid for five minutes from `now`.
    ///
    /// # Errors
    /// The key is none.
    pub(super) fn assertion(&self, client_id: &str, now: Timestamp) -> Result<SecretString, SignInError> {
        let wrong = || {
            SignInError {
            code: "bad-jwt-key",
            message: "the JWT key is no private key in PEM (RSA, or EC on P-256)".to_owned(),
            help:
                "let KB_PUBLISH_JWT_KEY_FILE name the private key that belongs to the registered certificate, \
                 and run `kb-publish auth login`"
                    .to_owned(),
        }
        };
        let pem = self.key.expose_secret().as_bytes();
        let (algorithm, key) = EncodingKey::from_rsa_pem(pem)
            .map(|key| (Algorithm::RS256, key))
            .or_else(|_| EncodingKey::from_ec_pem(pem).map(|key| (Algorithm::ES256, key)))
            .map_err(|_| wrong())?;
        let mut header = Header::new(algorithm);
        header.kid.clone_from(&self.key_id);
        let issued = now.as_second();
        let claims = Claims {
            iss: client_id,
            sub: &self.subject,
            aud: self.audience.as_deref().unwrap_or(client_id),
            iat: issued,
            exp: issued + LIFE,
            jti: super::authorize::random_hex(),
        };
        jsonwebtoken::encode(&header, &claims, &key).map(Into::into).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_told_without_showing_it() {
        let signer = JwtSigner {
            key: "hunter2".into(),
            key_id: None,
            subject: "kb.publisher".to_owned(),
            audience: None,
        };
        let error = signer.assertion("client", Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(error.code, "bad-jwt-key");
        assert!(!format!("{error:?}{signer:?}").contains("hunter2"));
    }
}
