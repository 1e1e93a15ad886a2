//! What runs have in common: id and journal of those that write, their end by Ctrl-C, and what ended them early.

use std::sync::Arc;

use camino::Utf8PathBuf;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Failure, Outcome, git, prompt};
use crate::config::Settings;
use crate::event::{Event, Observer};
use crate::finding::{Code, Finding};
use crate::publish::{Entry, Head, Journal, Stop, Stops};
use crate::servicenow::Writer;

/// The folder in which runs leave their journals.
///
/// # Errors
/// Exit 2: it cannot be made.
pub(super) fn shelf(settings: &Settings) -> Result<Utf8PathBuf, Failure> {
    match &settings.journal {
        Some(folder) => Ok(folder.clone()),
        None => Ok(crate::fs::home(&settings.folder).map_err(|error| no_journal(&error))?.join("runs")),
    }
}

/// Makes the journal of a run.
///
/// # Errors
/// Exit 2: nothing is written without one.
pub(super) fn open_journal(
    settings: &Settings,
    verb: &str,
    writer: &Writer,
    user: &str,
    undoes: Option<String>,
) -> Result<(Arc<Journal>, Head), Failure> {
    let head = Head {
        run: run_id(),
        verb: verb.to_owned(),
        started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        project: settings.project.to_string(),
        instance: writer.instance().to_string(),
        profile: settings.profile.clone(),
        user: user.to_owned(),
        stamp_field: settings.publish.stamp_field.clone(),
        commit: git::commit(&settings.folder),
        undoes,
    };
    let journal = Journal::create(&shelf(settings)?, &head).map_err(|error| no_journal(&error))?;
    Ok((Arc::new(journal), head))
}

fn no_journal(error: &std::io::Error) -> Failure {
    Failure::usage("journal", format!("the journal cannot be written: {error}"))
        .help("name a folder that can be written with `--journal` or KB_PUBLISH_JOURNAL")
}

/// Writes the journal's last line. One that cannot be written costs the report nothing.
pub(super) fn close_journal(journal: &Journal, outcome: Outcome) {
    if let Err(error) = journal.write(&Entry::End { exit: outcome.code() }) {
        tracing::warn!("the journal was not closed: {error}");
    }
}

/// When it began, and four random bytes: two runs never share one.
fn run_id() -> String {
    let random = getrandom::u32().unwrap_or_default();
    format!("{}-{random:08x}", jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ"))
}

/// Ctrl-C or SIGTERM, from now on: no new write begins, those in flight are finished. Once more: nothing is waited for.
pub(super) fn watch(stops: Stops, observer: Arc<dyn Observer>) -> JoinHandle<()> {
    let pressed = Interrupts::new();
    tokio::spawn(async move {
        let Ok(mut pressed) = pressed else { return };
        pressed.next().await;
        observer.on(&Event::Note("stopping: what is in flight is finished first; once more stops at once"));
        stops.soon.cancel();
        pressed.next().await;
        stops.now.cancel();
    })
}

/// Cancels what only reads on Ctrl-C or SIGTERM, from now on. Once that is over, either ends the program, until a run
/// that writes hears them itself.
pub(super) fn watch_reading(cancel: CancellationToken, over: CancellationToken) {
    let pressed = Interrupts::new();
    tokio::spawn(async move {
        let Ok(mut pressed) = pressed else { return };
        pressed.next().await;
        cancel.cancel();
        if over.is_cancelled() {
            prompt::interrupted();
        }
    });
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

pub(super) fn interrupted() -> Failure {
    Failure::new(Outcome::Interrupted, "interrupted", prompt::INTERRUPTED)
}

/// Ctrl-C and SIGTERM, from when it is made on.
#[cfg(unix)]
pub(super) struct Interrupts(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Interrupts {
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// Ctrl-C, from when it is made on.
#[cfg(windows)]
pub(super) struct Interrupts(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Interrupts {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    pub(super) async fn next(&mut self) {
        self.0.recv().await;
    }
}

pub(super) fn stop_finding(stop: &Stop) -> Finding {
    match stop {
        Stop::Interrupted => {
            Finding::new(Code::RunStopped, "interrupted: what was in flight is finished and journalled")
                .help("the next run goes on from here")
        }
        Stop::AtOnce => {
            let message = "stopped at once: what became of the writes that were in flight is not known";
            Finding::new(Code::RunStopped, message).help("the next run looks, and goes on from there")
        }
        Stop::Api(error) => {
            Finding::new(Code::RunStopped, format!("the run was cut short: {error}")).help(error.help())
        }
        Stop::StampLost { stamp_field, got, .. } => {
            let message = format!(
                "column `{stamp_field}` did not give the stamp back: {} came back",
                if got.is_empty() { "nothing".to_owned() } else { format!("`{got}`") }
            );
            Finding::new(Code::StampLost, message).help(
                "name a text column of at least 200 characters that this account may write, in `stamp_field` of `[publish]`",
            )
        }
        Stop::Journal(error) => {
            Finding::new(Code::RunStopped, format!("the journal cannot be written: {error}"))
                .help("make room, or name another folder with `--journal`")
        }
    }
}

/// The exit code of what ended a run early.
pub(super) fn stop_outcome(stop: &Stop) -> Outcome {
    match stop {
        Stop::Interrupted | Stop::AtOnce => Outcome::Interrupted,
        Stop::Api(error) if error.exit() == 3 => Outcome::Credentials,
        Stop::Api(error) if error.exit() == 4 => Outcome::Unreachable,
        Stop::Api(_) | Stop::StampLost { .. } | Stop::Journal(_) => Outcome::Failed,
    }
}
