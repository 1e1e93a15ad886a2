//! A secret typed by a person. The only file that asks for one.

use secrecy::{ExposeSecret as _, SecretString};

use super::{Found, Origin, SecretError};

/// Asks at the terminal, without showing what is typed. `None` for an empty answer, which only `optional` allows.
///
/// # Errors
/// The terminal is gone, or the person gave up.
pub fn ask(question: &str, optional: bool) -> Result<Option<Found>, SecretError> {
    let question = if optional { format!("{question} (empty for none)") } else { question.to_owned() };
    let typed =
        dialoguer::Password::new().with_prompt(question).allow_empty_password(optional).interact().map_err(
            |error| SecretError {
                code: "no-answer",
                message: format!("nothing was typed: {error}"),
                help: "where nobody types, give secrets by environment variable or file".to_owned(),
            },
        )?;
    let found = Found { value: SecretString::from(typed), origin: Origin::Prompt };
    Ok(Some(found).filter(|found| !found.value.expose_secret().is_empty()))
}
