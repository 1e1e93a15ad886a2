//! Questions to a person at the terminal; those for secrets are asked in `secrets`. The only other place that names
//! the crate.

use std::io;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use dialoguer::console::Term;
use dialoguer::{Confirm, Input, Select};

use super::writing::Interrupts;
use super::{Failure, Outcome};
use crate::text;

/// Set once a run ends on Ctrl-C by itself. Signals are the whole process's, so is this.
static HANDED_OVER: AtomicBool = AtomicBool::new(false);

/// How long the question itself may take to end after Ctrl-C, before the process does.
const GRACE: Duration = Duration::from_millis(300);

/// What Ctrl-C at a question came to.
pub(super) const INTERRUPTED: &str = "interrupted; nothing was written";

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

/// From now on a run finishes what is in flight when Ctrl-C is pressed.
pub(super) fn hand_over() {
    HANDED_OVER.store(true, Ordering::Relaxed);
}

fn asked<T>(ask: impl FnOnce() -> dialoguer::Result<T>) -> Result<T, Failure> {
    guard();
    ask().map_err(|error| {
        show_cursor();
        let dialoguer::Error::IO(error) = error;
        let message = match error.kind() {
            io::ErrorKind::Interrupted => INTERRUPTED.to_owned(),
            _ => format!("nothing was answered: {error}"),
        };
        Failure::new(Outcome::Interrupted, "no-answer", message)
    })
}

/// Questions hide the cursor: a Ctrl-C that ended the process on the spot would leave the shell without one.
fn guard() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (ready, listening) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            let pressed = runtime.block_on(async {
                let mut interrupts = Interrupts::new()?;
                drop(ready);
                interrupts.next().await;
                std::io::Result::Ok(())
            });
            if pressed.is_ok() {
                interrupted();
            }
        });
        // Nothing is ever sent: it ends when the other side listens, or could not.
        let _ = listening.recv();
    });
}

/// Ctrl-C while nothing is written: the program ends, unless a run hears it by itself.
pub(super) fn interrupted() {
    if !HANDED_OVER.load(Ordering::Relaxed) {
        leave();
    }
}

#[expect(clippy::exit, reason = "nothing is being written, and what the main thread does may take long")]
fn leave() {
    show_cursor();
    std::thread::sleep(GRACE);
    // Pressed before the question listened for keys, it has not ended and cannot say so itself.
    let _ = Term::stderr().write_line(&format!("\nerror: {INTERRUPTED}"));
    std::process::exit(Outcome::Interrupted.code().into());
}

fn show_cursor() {
    // A terminal that is gone needs none.
    let _ = Term::stderr().show_cursor();
}
