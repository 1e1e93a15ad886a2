//! Ctrl-C and SIGTERM: who hears them when. What reads ends at once, what writes at the next safe point; with neither
//! under way the program ends.

use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, mpsc};
use std::time::Duration;

use dialoguer::console::Term;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Failure, Outcome};
use crate::event::{Event, Observer};
use crate::publish::Stops;
use crate::report::{self, Format};

/// How long what runs may take to end after Ctrl-C by itself, before the process does.
const GRACE: Duration = Duration::from_millis(300);

/// What Ctrl-C came to while nothing was written.
pub(super) const INTERRUPTED: &str = "interrupted; nothing was written";

/// Who hears the next press. Signals are the whole process's, so is this.
static HEARD_BY: Mutex<HeardBy> = Mutex::new(HeardBy::Nobody);

enum HeardBy {
    /// The program ends.
    Nobody,
    /// The program ends, and nothing has gone to stdout yet: a pipeline gets this document.
    Silence(Option<String>),
    /// What reads is cancelled.
    Reading(CancellationToken),
    /// Whatever writes hears it by itself, see [`watch`].
    Writing,
}

fn heard_by() -> MutexGuard<'static, HeardBy> {
    HEARD_BY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Work that writes nothing and ends on Ctrl-C or SIGTERM, as long as this lives. After it either ends the program,
/// until something else hears them.
#[derive(Debug)]
pub(super) struct Reading {
    pressed: CancellationToken,
}

impl Reading {
    /// Hears from now on, for this token.
    pub(super) fn begin(pressed: CancellationToken) -> Self {
        *heard_by() = HeardBy::Reading(pressed.clone());
        guard();
        Self { pressed }
    }

    /// What the work gives, unless it is cancelled first.
    ///
    /// # Errors
    /// Exit 130.
    pub(super) async fn until<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        unless(&self.pressed, work).await
    }

    /// It is over.
    ///
    /// # Errors
    /// Exit 130: pressed when nothing was left to wait for.
    pub(super) fn end(self) -> Result<(), Failure> {
        let pressed = self.pressed.clone();
        drop(self);
        if pressed.is_cancelled() { Err(interrupted()) } else { Ok(()) }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        *heard_by() = HeardBy::Nobody;
    }
}

/// What cannot be cancelled and has printed nothing, such as reading the tree, until something else hears: a press ends
/// the program on the spot.
pub(super) fn silence(format: Format) {
    let document = (format == Format::Json).then(|| {
        let failure = interrupted();
        report::failure_json(failure.outcome.code(), &failure.report)
    });
    *heard_by() = HeardBy::Silence(document);
    guard();
}

/// What reading gives, unless Ctrl-C or SIGTERM comes first.
///
/// # Errors
/// Exit 130.
pub(super) async fn reading<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    Reading::begin(CancellationToken::new()).until(work).await
}

/// What the work gives, unless it is cancelled first. Only for work that writes nothing.
///
/// # Errors
/// Exit 130.
pub(super) async fn unless<T>(
    cancelled: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    cancelled.run_until_cancelled(work).await.ok_or_else(interrupted)?
}

fn interrupted() -> Failure {
    Failure::new(Outcome::Interrupted, "interrupted", INTERRUPTED)
}

/// Ctrl-C or SIGTERM, from now on: no new write begins, those in flight are finished. Once more: nothing is waited for.
/// The program no longer ends on either by itself.
pub(super) fn watch(stops: Stops, observer: Arc<dyn Observer>) -> JoinHandle<()> {
    let pressed = Interrupts::new();
    *heard_by() = HeardBy::Writing;
    tokio::spawn(async move {
        let Ok(mut pressed) = pressed else { return };
        pressed.next().await;
        observer.on(&Event::Note("stopping: what is in flight is finished first; once more stops at once"));
        stops.soon.cancel();
        pressed.next().await;
        stops.now.cancel();
    })
}

/// From now on a press ends what reads, else the program, with a word and exit 130. Questions hide the cursor: a Ctrl-C
/// that ended the process on the spot would leave the shell without one.
pub(super) fn guard() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (ready, listening) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                // Where signals cannot be heard, they end the process as ever.
                let Ok(mut interrupts) = Interrupts::new() else { return };
                drop(ready);
                loop {
                    interrupts.next().await;
                    pressed();
                }
            });
        });
        // Nothing is ever sent: it ends when the other side listens, or could not.
        let _ = listening.recv();
    });
}

fn pressed() {
    let heard_by = heard_by();
    match &*heard_by {
        HeardBy::Reading(token) => token.cancel(),
        HeardBy::Writing => {}
        HeardBy::Nobody => leave(None),
        // Held till the end: the main thread prints nothing meanwhile.
        HeardBy::Silence(document) => leave(document.as_deref()),
    }
}

#[expect(clippy::exit, reason = "nothing is being written, and what the main thread does may take long")]
fn leave(document: Option<&str>) {
    show_cursor();
    std::thread::sleep(GRACE);
    // Pressed before the question listened for keys, it has not ended and cannot say so itself.
    let _ = Term::stderr().write_line(&format!("\nerror: {INTERRUPTED}"));
    // A reader that is gone needs none.
    let _ = std::io::stdout().write_all(document.unwrap_or_default().as_bytes());
    std::process::exit(Outcome::Interrupted.code().into());
}

/// Questions hide it.
pub(super) fn show_cursor() {
    // A terminal that is gone needs none.
    let _ = Term::stderr().show_cursor();
}

/// Ctrl-C and SIGTERM, from when it is made on.
#[cfg(unix)]
struct Interrupts(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Interrupts {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// Ctrl-C, from when it is made on.
#[cfg(windows)]
struct Interrupts(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Interrupts {
    fn new() -> std::io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
