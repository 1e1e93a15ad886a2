//! A command that ended before it had a report (design §9, `kb-publish/error/1`).

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Case, Ending, frame};
use crate::finding::Position;

/// Why a command ended early, for a person and for a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable kebab-case name.
    pub code: String,
    /// A lower-case fragment without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What led to it, outermost first.
    pub causes: Vec<String>,
    /// The file at fault, where there is one.
    pub path: Option<Utf8PathBuf>,
    /// Where in the file.
    pub position: Option<Position>,
    /// The line it stands on.
    pub excerpt: Option<String>,
}

impl Failure {
    /// A failure without advice or place.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            help: None,
            causes: Vec::new(),
            path: None,
            position: None,
            excerpt: None,
        }
    }
}

/// `kb-publish/error/1`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "kb-publish/error/1")]
pub(super) struct Document<'a> {
    /// Always `kb-publish/error/1`.
    schema: &'static str,
    /// The exit code.
    exit: u8,
    error: Inner<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct Inner<'a> {
    /// Stable kebab-case name.
    code: &'a str,
    message: String,
    /// What to do about it.
    help: Option<&'a str>,
}

/// Place, message and causes in one line.
fn whole(failure: &Failure) -> String {
    let mut message = String::new();
    if let Some(path) = &failure.path {
        message.push_str(&frame::place(path, failure.position));
        message.push_str(": ");
    }
    message.push_str(&failure.message);
    for cause in &failure.causes {
        message.push_str(": ");
        message.push_str(cause);
    }
    message
}

/// The same as the one thing that a pipeline reads.
pub(super) fn case(failure: &Failure) -> Case {
    Case {
        name: failure.code.clone(),
        path: None,
        ending: Ending::Failed,
        word: "error".to_owned(),
        message: whole(failure),
        help: failure.help.clone(),
    }
}

/// The one JSON document of a command that ended early.
pub(super) fn json(exit: u8, failure: &Failure) -> String {
    let message = whole(failure);
    let document = Document {
        schema: "kb-publish/error/1",
        exit,
        error: Inner { code: &failure.code, message, help: failure.help.as_deref() },
    };
    super::json::line(&document)
}
