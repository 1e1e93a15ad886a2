//! The operating system's keyring. The only file that names the crate.
//!
//! Calls block, on Linux over D-Bus.

use keyring::{Entry, Error};
use secrecy::{ExposeSecret as _, SecretString};

use super::SecretError;

/// The service under which entries stand.
const SERVICE: &str = "kb-publish";

/// Why there is no keyring, in the system's words; `None` where there is one.
pub(super) fn missing() -> Option<String> {
    match Entry::store_status() {
        Ok(()) => None,
        Err(Error::PlatformFailure(cause)) => {
            let text = cause.to_string();
            Some(match &text {
                text if text.contains("ServiceUnknown") => {
                    "no secret service runs in this session".to_owned()
                }
                text if text.contains("NotFound") || text.contains("Connection") => {
                    "there is no D-Bus session".to_owned()
                }
                _ => text,
            })
        }
        Err(error) => Some(error.to_string()),
    }
}

/// The entry's text; `None` where there is none, or where the keyring is locked: on Linux the two look the same.
///
/// # Errors
/// The keyring refused.
pub(super) fn load(key: &str) -> Result<Option<SecretString>, SecretError> {
    match Entry::new(SERVICE, key).and_then(|entry| entry.get_password()) {
        Ok(text) => Ok(Some(text.into())),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(refused(&error)),
    }
}

/// Replaces the entry.
///
/// # Errors
/// The keyring refused: locked, or the text is too long for it.
pub(super) fn save(key: &str, text: &SecretString) -> Result<(), SecretError> {
    Entry::new(SERVICE, key)
        .and_then(|entry| entry.set_password(text.expose_secret()))
        .map_err(|error| refused(&error))
}

/// Removes the entry; true when it was there.
///
/// # Errors
/// The keyring refused.
pub(super) fn delete(key: &str) -> Result<bool, SecretError> {
    match Entry::new(SERVICE, key).and_then(|entry| entry.delete_credential()) {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(refused(&error)),
    }
}

/// The library's texts can hold what was stored, so only some are repeated.
fn refused(error: &Error) -> SecretError {
    let (code, message) = match error {
        Error::NoStorageAccess(_) => ("keyring-locked", "the keyring is locked".to_owned()),
        Error::NoDefaultStore => ("no-keyring", "there is no keyring".to_owned()),
        Error::TooLong(what, limit) => {
            ("keyring", format!("the {what} is too long for the keyring (most: {limit})"))
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => {
            ("keyring", "the keyring's entry is damaged".to_owned())
        }
        Error::Ambiguous(_) => ("keyring", "the keyring holds several entries of this name".to_owned()),
        _ => ("keyring", "the keyring refused".to_owned()),
    };
    SecretError {
        code,
        message,
        help:
            "unlock the keyring; or run `kb-publish auth login --store file`; or give secrets by environment \
               variable or file"
                .to_owned(),
    }
}
