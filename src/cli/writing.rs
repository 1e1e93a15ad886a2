//! What runs have in common: id and journal of those that write, and what ended them early.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::{Failure, Outcome, git};
use crate::config::Settings;
use crate::finding::{Code, Finding};
use crate::publish::{Entry, Head, Journal, Stop};
use crate::servicenow::Writer;
use crate::text;

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
        Stop::Api(error) => Finding::new(Code::RunStopped, format!("the run was cut short: {error}"))
            .help(error.help_midway()),
        Stop::StampLost { stamp_field, got, .. } => {
            let message = format!(
                "column `{stamp_field}` did not give the stamp back: {} came back",
                if got.is_empty() { "nothing".to_owned() } else { format!("`{got}`") }
            );
            Finding::new(Code::StampLost, message).help(
                "name a text column of at least 200 characters that this account may write, in `stamp_field` of `[publish]`",
            )
        }
        Stop::Failing { error, over } => {
            let message = format!(
                "the run was cut short: {} in {} s came to nothing, the last because {error}",
                text::count(over.writes, "write"),
                over.waited.as_secs()
            );
            Finding::new(Code::RunStopped, message).help(format!(
                "{}; the next run looks, and goes on from there; `max_wait_seconds` says how long such a time may last",
                error.help()
            ))
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
        Stop::Api(_) | Stop::Failing { .. } | Stop::StampLost { .. } | Stop::Journal(_) => Outcome::Failed,
    }
}
