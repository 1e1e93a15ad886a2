//! Checks JWT bearer assertions (RFC 7523) against a client's registered keys.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

/// How far the clocks may be apart, in seconds.
const LEEWAY: u64 = 60;

#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
}

/// The `sub` of an assertion that is signed with the client's key, comes from it (`iss`), is meant for this
/// instance (`aud`) and has not expired.
///
/// # Errors
/// What is wrong with it, in words fit for the log.
pub(super) fn subject(
    assertion: &str,
    issuer: &str,
    audiences: &[&str],
    key: impl FnOnce(&str) -> Option<String>,
) -> Result<String, &'static str> {
    let header = decode_header(assertion).map_err(|_| "the assertion is not a JWT")?;
    let key =
        key(header.kid.as_deref().unwrap_or_default()).ok_or("no key is registered for the assertion")?;
    let key =
        decoding_key(header.alg, &key).ok_or("the registered key does not fit the assertion's algorithm")?;
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[issuer]);
    validation.set_audience(audiences);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = decode::<Claims>(assertion, &key, &validation).map_err(|error| match error.kind() {
        ErrorKind::ExpiredSignature => "the assertion has expired",
        ErrorKind::ImmatureSignature => "the assertion is not valid yet",
        ErrorKind::InvalidSignature => "the assertion's signature is wrong",
        ErrorKind::InvalidIssuer => "the assertion's iss is not the client_id",
        ErrorKind::InvalidAudience => "the assertion's aud is neither the client_id nor this instance",
        ErrorKind::MissingRequiredClaim(_) => "the assertion lacks exp, iss, aud or sub",
        _ => "the assertion cannot be read",
    })?;
    Ok(claims.claims.sub)
}

/// A public key never serves as a shared secret: the family is judged by what was registered.
fn decoding_key(algorithm: Algorithm, registered: &str) -> Option<DecodingKey> {
    let pem = registered.trim_start().starts_with("-----BEGIN");
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            (!pem).then(|| DecodingKey::from_secret(registered.as_bytes()))
        }
        Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem(registered.as_bytes()).ok(),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(registered.as_bytes()).ok(),
        _ => DecodingKey::from_rsa_pem(registered.as_bytes()).ok(),
    }
}
