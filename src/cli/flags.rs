//! Flags that several verbs share.

use camino::Utf8PathBuf;
use clap::ValueEnum;

use crate::config::Overrides;
use crate::plan::{Take as Side, View};
use crate::report::Format;
use crate::survey::Options;

/// Flags that win over `publish.toml` and the environment.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct OverrideFlags {
    /// Namespace of the document ids [env: KB_PUBLISH_PROJECT]
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Instance: subdomain, host or URL, or `sandbox` [env: KB_PUBLISH_INSTANCE]
    #[arg(long, value_name = "URL")]
    pub instance: Option<String>,
    /// Default knowledge base: title or sys_id [env: KB_PUBLISH_KNOWLEDGE_BASE]
    #[arg(long, value_name = "BASE")]
    pub knowledge_base: Option<String>,
    /// State that articles get: `draft` or `published` [env: KB_PUBLISH_STATUS]
    #[arg(long, value_name = "STATE")]
    pub status: Option<String>,
    /// How to sign in: `basic`, `oauth` or `api-key` [env: KB_PUBLISH_AUTH_METHOD]
    #[arg(long, value_name = "METHOD")]
    pub auth_method: Option<String>,
    /// OAuth grant: `password`, `authorization-code`, `client-credentials` or `jwt-bearer` [env: KB_PUBLISH_GRANT]
    #[arg(long, value_name = "GRANT")]
    pub grant: Option<String>,
    /// User to sign in as [env: KB_PUBLISH_USERNAME]
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// OAuth client [env: KB_PUBLISH_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
}

/// What a plan is made of: `plan` and `publish` see the same documents in the same way.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PlanningFlags {
    /// Only these documents or folders; nothing is an orphan then
    #[arg(value_name = "PATHS")]
    pub paths: Vec<Utf8PathBuf>,
    /// Only documents that differ from this git revision, and those they affect; nothing is an orphan then
    #[arg(long, value_name = "REF")]
    pub since: Option<String>,
    /// Whose text stands in a conflict: `local` writes the document over the edit, `remote` leaves the edit, which is no
    /// conflict in this run
    #[arg(long, value_enum, value_name = "SIDE")]
    pub take: Option<Take>,
    /// Read all bodies and file lists of the instance, not only what looks changed
    #[arg(long)]
    pub verify: bool,
    /// Ask again for states that the instance did not grant, and for categories that it refused
    #[arg(long)]
    pub ask_again: bool,
    /// Most articles retired in one run
    #[arg(long, value_name = "N")]
    pub max_retire: Option<u32>,
    /// Most documents written in one run
    #[arg(long, value_name = "N")]
    pub max_changes: Option<u32>,
    /// Let text that exists only in ServiceNow into `markdown` and `github` output, which are often public
    #[arg(long)]
    pub show_remote: bool,
}

impl PlanningFlags {
    /// What the instance is asked, and how the two sides are compared.
    pub(super) fn options(&self, view: View) -> Options {
        Options { view, ask_again: self.ask_again, verify: self.verify, take: self.take.map(Take::side) }
    }

    /// The settings that these flags replace.
    pub(super) fn over(&self, overrides: Overrides) -> Overrides {
        overrides
            .set("publish.max_retire", "--max-retire", self.max_retire.map(i64::from))
            .set("publish.max_changes", "--max-changes", self.max_changes.map(i64::from))
            .set("publish.on_remote_edit", "--take", self.take.map(Take::on_remote_edit))
    }
}

/// Flags of every verb that writes.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct WritingFlags {
    /// Do not ask before writing
    #[arg(short, long)]
    pub yes: bool,
    /// Keep the run's journal in this folder; `rollback` looks for its run there too [env: KB_PUBLISH_JOURNAL]
    #[arg(long, value_name = "DIR")]
    pub journal: Option<Utf8PathBuf>,
}

impl WritingFlags {
    /// The settings that these flags replace.
    pub(super) fn over(&self, overrides: Overrides) -> Overrides {
        overrides.journal(self.journal.as_ref().map(ToString::to_string))
    }
}

/// Whose text stays in a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Take {
    /// The document's
    Local,
    /// The article's
    Remote,
}

impl Take {
    /// The same, as planning takes it.
    const fn side(self) -> Side {
        match self {
            Self::Local => Side::Local,
            Self::Remote => Side::Remote,
        }
    }

    /// What `[publish] on_remote_edit` is for this run.
    fn on_remote_edit(self) -> String {
        match self {
            Self::Local => "overwrite",
            Self::Remote => "keep",
        }
        .to_owned()
    }
}

/// What a diff compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffView {
    /// The readable text
    #[default]
    Text,
    /// The HTML in canonical form
    Html,
    /// No diff
    None,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Human, Self::Json, Self::Markdown, Self::Github, Self::Junit]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let (name, help) = match self {
            Self::Human => ("human", "for a person at a terminal"),
            Self::Json => ("json", "one JSON document (see `kb-publish schema`)"),
            Self::Markdown => ("markdown", "a pull-request comment"),
            Self::Github => ("github", "annotations for GitHub Actions"),
            Self::Junit => ("junit", "a JUnit test report"),
        };
        Some(clap::builder::PossibleValue::new(name).help(help))
    }
}
