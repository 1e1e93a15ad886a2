//! The connection test, step by step: what is so, what will bite, and what to ask an administrator for (contract §9).
//!
//! Reads only, but for the write probe. Must not know: terminals, `publish.toml`.

mod account;
mod base;
mod policies;
mod versions;
mod way;
mod write_probe;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use self::account::Roles;
use super::auth::Credentials;
use super::error::{ApiError, SignInError};
use super::http::Options;
use super::network::Network;
use super::reader::Reader;
use super::records::{Base, CurrentUser, Record};
use crate::event::Silent;
use crate::ids::InstanceUrl;

pub use write_probe::{WRITE_PROBE, write_probe};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, but something will bite.
    Warn,
    /// Does not work.
    Fail,
    /// Cannot be known by this account.
    Unknown,
}

/// One step of the test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CheckStep")]
pub struct Step {
    /// Stable name, kebab-case.
    pub name: &'static str,
    /// How it ended.
    pub status: Verdict,
    /// What was found.
    pub message: String,
    /// What to do, or to ask for.
    pub help: Option<String>,
    /// The exit code that a failure means (design §8).
    #[serde(skip)]
    pub exit: u8,
}

impl Step {
    fn new(name: &'static str, status: Verdict, message: impl Into<String>) -> Self {
        Self { name, status, message: message.into(), help: None, exit: 0 }
    }

    /// The account may write to this base: it has.
    pub fn contributes(base: &Base) -> Self {
        Self::ok("contribute", format!("may write to `{}`, as the probe's draft shows", base.title))
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Verdict::Ok, message)
    }

    fn warn(name: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(name, Verdict::Warn, message).help(help)
    }

    fn unknown(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Verdict::Unknown, message)
    }

    fn fail(name: &'static str, exit: u8, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit, ..Self::new(name, Verdict::Fail, message).help(help) }
    }

    /// A failed request: the table closed to the account is a matter of its rights (exit 3).
    fn failed(name: &'static str, error: &ApiError) -> Self {
        let exit = match error.exit() {
            3 => 3,
            _ if error.is_forbidden() => 3,
            _ => 4,
        };
        Self::fail(name, exit, error.to_string(), error.help())
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What is to be tested.
#[derive(Debug)]
pub struct Subject {
    /// Where.
    pub instance: InstanceUrl,
    /// The way there.
    pub network: Network,
    /// What signs in, or why nothing does.
    pub credentials: Result<Arc<Credentials>, SignInError>,
    /// The configured user name.
    pub user_name: Option<String>,
    /// The default base, by title or sys_id.
    pub knowledge_base: Option<String>,
    /// Whether articles are to be published, not left drafts.
    pub publishes: bool,
    /// Whether categories are to be made.
    pub creates_categories: bool,
    /// The stamp's column.
    pub stamp_field: String,
    /// Whether an `admin` changes published rows of versioned bases in place.
    pub admin_in_place: bool,
    /// Where the companion may answer; empty: it is not looked for.
    pub companion: String,
    /// Requests in flight.
    pub concurrency: usize,
    /// Longest wait for one request.
    pub max_wait: std::time::Duration,
}

/// The test under way: each call of [`Self::next`] is one step.
#[derive(Debug)]
pub struct Checker {
    subject: Subject,
    position: usize,
    over: bool,
    /// What the instance said without a sign-in.
    stranger: Option<way::Answer>,
    reader: Option<Reader>,
    user: Option<CurrentUser>,
    roles: Option<Roles>,
    base: Option<(Base, Record)>,
    /// One article, as this account sees it.
    sample: Option<Record>,
    properties: std::collections::BTreeMap<String, String>,
    /// `X-RateLimit-Limit` of an answer.
    limit: Option<usize>,
}

impl Checker {
    /// Before the first step.
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            position: 0,
            over: false,
            stranger: None,
            reader: None,
            user: None,
            roles: None,
            base: None,
            sample: None,
            properties: std::collections::BTreeMap::new(),
            limit: None,
        }
    }

    /// The next step; `None` after the last, or after one without which the rest cannot be.
    pub async fn next(&mut self) -> Option<Step> {
        if self.over {
            return None;
        }
        let position = self.position;
        self.position += 1;
        let step = match position {
            0 => self.address(),
            1 => self.dns().await,
            2 => self.tcp().await,
            3 => self.tls().await,
            4 => self.instance(),
            5 => self.sign_in().await,
            6 => self.account().await,
            7 => self.roles().await,
            8 => self.knowledge_base().await,
            9 => self.contribute(),
            10 => self.articles().await,
            11 => self.categories().await,
            12 => self.attachments().await,
            13 => self.properties().await,
            14 => self.versions().await,
            15 => self.workflow(),
            16 => self.stamp_column().await,
            17 => self.client_sys_id(),
            18 => self.files(),
            19 => self.sanitizer(),
            20 => self.rate_limits().await,
            21 => self.concurrency(),
            _ => return None,
        };
        // Without these nothing further can be asked.
        self.over = step.status == Verdict::Fail && position <= 5;
        Some(step)
    }

    /// The base that the test found; what a write probe would write to.
    pub fn base(&self) -> Option<&Base> {
        self.base.as_ref().map(|(base, _)| base)
    }

    /// The connection's parts, for the write probe.
    ///
    /// # Errors
    /// There is nothing to sign in with.
    pub fn options(&self) -> Result<Options, SignInError> {
        Ok(Options {
            instance: self.subject.instance.clone(),
            credentials: Arc::clone(self.subject.credentials.as_ref().map_err(Clone::clone)?),
            network: self.subject.network.clone(),
            max_wait: self.subject.max_wait,
            concurrency: 1,
            user_name: self.subject.user_name.clone(),
        })
    }

    fn open(&self) -> Result<Reader, ApiError> {
        Reader::new(self.options()?, Arc::new(Silent))
    }

    fn is_admin(&self) -> bool {
        self.roles.as_ref().is_some_and(|roles| roles.has("admin"))
    }

    fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }
}
