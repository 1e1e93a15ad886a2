//! Flags that several verbs share.

use clap::ValueEnum;

use crate::report::Format;

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
