//! A secret typed by a person. The only file that asks for one.

use secrecy::SecretString;

use super::{Found, Origin, SecretError};

/// Asks at the terminal, without showing what is typed.
///
/// # Errors
/// The terminal is gone, or the person gave up.
pub fn ask(question: &str) -> Result<Found, SecretError> {
    let typed = dialoguer::Password::new().with_prompt(question).interact().map_err(|error| SecretError {
        code: "no-answer",
        message: format!("nothing was typed: {error}"),
        help: "where nobody types, give secrets by environment variable or file".to_owned(),
    })?;
    Ok(Found { value: SecretString::from(typed), origin: Origin::Prompt })
}
