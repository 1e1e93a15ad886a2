//! Questions to a person at the terminal; those for secrets are asked in `secrets`. The only other place that names
//! the crate.

use std::io;

use dialoguer::{Confirm, Input, Select};

use super::{Failure, Outcome, interrupts};
use crate::text;

/// Yes or no.
///
/// # Errors
/// Exit 130: the person gave up, or the terminal is gone.
pub(super) fn confirm(question: &str, default: bool) -> Result<bool, Failure> {
    asked(|| Confirm::new().with_prompt(question).default(default).interact())
}

/// One line; `check` says what is wrong with it, and it is asked for again.
///
/// # Errors
/// As [`confirm`].
pub(super) fn line(
    question: &str,
    default: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<String, Failure> {
    let mut input = Input::<String>::new()
        .with_prompt(question)
        .allow_empty(true)
        .validate_with(|text: &String| check(text.trim()));
    if !default.is_empty() {
        input = input.default(default.to_owned());
    }
    asked(|| input.interact_text())
}

/// The number of one of these items.
///
/// # Errors
/// As [`confirm`].
pub(super) fn choose(question: &str, items: &[String], default: usize) -> Result<usize, Failure> {
    let prompt = format!("{question} (arrow keys, Enter)");
    // What the instance calls its bases goes past the printer here.
    let items: Vec<_> = items.iter().map(|item| text::visible(item)).collect();
    asked(|| Select::new().with_prompt(prompt).items(&items).default(default).interact())
}

fn asked<T>(ask: impl FnOnce() -> dialoguer::Result<T>) -> Result<T, Failure> {
    interrupts::guard();
    ask().map_err(|error| {
        interrupts::show_cursor();
        let dialoguer::Error::IO(error) = error;
        let message = match error.kind() {
            io::ErrorKind::Interrupted => interrupts::INTERRUPTED.to_owned(),
            _ => format!("nothing was answered: {error}"),
        };
        Failure::new(Outcome::Interrupted, "no-answer", message)
    })
}
