//! Which requests a fault strikes, and what it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::super::act::Act;

/// A fault and the requests it strikes. Every selector that is given must fit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// One method or several. Default all.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub(crate) method: Vec<String>,
    /// The path, `*` for any run of characters. Default any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) path: String,
    /// The table of a Table API call. Default any call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) table: String,
    /// A text that the decoded query holds. Default any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) query: String,
    /// A column that the JSON body sets. Default any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) column: String,
    /// A text that this column's value holds. Default any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) value: String,
    /// The user who signs the request with Basic. Default any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) user: String,
    /// The first match that is struck, from 1. Default 1.
    #[serde(default = "one")]
    pub(crate) from: u64,
    /// Each how many-th match after it. Default each.
    #[serde(default = "one")]
    pub(crate) every: u64,
    /// How many matches are struck; 0 for all. Default 1.
    #[serde(default = "one")]
    pub(crate) count: u64,
    /// What happens.
    pub(crate) fault: Fault,
}

const fn one() -> u64 {
    1
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Methods {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Methods::deserialize(from)? {
        Methods::One(method) => vec![method],
        Methods::Many(methods) => methods,
    })
}

/// Before the work is done, or after it: then it is done and committed, and only the answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// The request has no effect.
    #[default]
    Before,
    /// The request has its effect.
    After,
}

/// How the time of a delay is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spread {
    /// Always `ms`.
    #[default]
    Fixed,
    /// Evenly between 0 and 2 × `ms`.
    Uniform,
    /// Exponential with the mean `ms`, at most 10 × `ms`.
    Exponential,
}

/// What happens to a request (contract §1.6, §8.1–§8.4).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// Another answer in the place of the right one: 502, 503 and 504 as a gateway's HTML, others as the platform's
    /// JSON. 429 with `retry_after` in seconds, or bare.
    Status {
        /// The status.
        status: u16,
        /// Before or after the work.
        #[serde(default)]
        when: When,
        /// `Retry-After`, as it is to be sent.
        #[serde(default, deserialize_with = "header_text")]
        retry_after: Option<String>,
        /// `error.message`; default by status.
        #[serde(default)]
        message: Option<String>,
        /// `error.detail`; default by status.
        #[serde(default)]
        detail: Option<String>,
    },
    /// The connection is reset.
    Reset {
        /// Before or after the work.
        #[serde(default)]
        when: When,
    },
    /// No answer ever comes; the connection stays open.
    Hang {
        /// Before or after the work.
        #[serde(default)]
        when: When,
    },
    /// The answer comes later.
    Delay {
        /// Milliseconds.
        ms: u64,
        /// How they are drawn.
        #[serde(default)]
        spread: Spread,
        /// Before or after the work.
        #[serde(default)]
        when: When,
    },
    /// The body trickles.
    SlowBody {
        /// Bytes of a piece. Default 64.
        #[serde(default = "piece")]
        bytes: usize,
        /// Milliseconds between pieces.
        ms: u64,
    },
    /// The JSON ends in its middle, in an answer that is whole as HTTP. After the work.
    Truncate,
    /// The connection is reset in the middle of the body. After the work.
    Cut,
    /// 200, `result` followed by `error`: broken JSON. After the work.
    ErrorInOk,
    /// 500 "Transaction cancelled", after the work was committed.
    CancelledAfterCommit,
    /// 202 and not the expected body. Before the work.
    Accepted,
    /// A page that says 404, as a gateway draws it for an address that it does not let through.
    NotFoundPage,
    /// The page of an instance that is asleep: 200, HTML.
    Hibernating,
    /// The page of an instance that wakes or is patched: 200, HTML.
    Offline,
    /// A login page: 200, HTML.
    Login {
        /// Before or after the work.
        #[serde(default)]
        when: When,
    },
    /// A redirect to another host.
    Redirect {
        /// Where to. Default the developer site, as a sleeping instance does.
        #[serde(default = "developer_site")]
        to: String,
        /// Before or after the work.
        #[serde(default)]
        when: When,
    },
    /// An answer that says it is compressed and is not. After the work.
    BrokenGzip,
    /// The answer's rows are others: valid JSON that is not so. After the work.
    Alter {
        /// Columns that get these values, whatever their JSON type.
        #[serde(default)]
        set: serde_json::Map<String, serde_json::Value>,
        /// Columns that are left out.
        #[serde(default)]
        without: Vec<String>,
        /// Whether a list is empty, and a row an empty object.
        #[serde(default)]
        empty: bool,
    },
    /// The query is dropped: the answer holds rows that were not asked for.
    ForgetQuery,
    /// A person acts; `{sys_id}` in the act's `sys_id` is the request's.
    Person {
        /// What the person does.
        act: Act,
        /// Before or after the work.
        #[serde(default)]
        when: When,
    },
    /// All access tokens end, or those of refresh too.
    RevokeTokens {
        /// Refresh tokens too.
        #[serde(default)]
        refresh: bool,
    },
}

impl Fault {
    /// Whether it comes after the work is done and committed.
    pub(crate) const fn is_after(&self) -> bool {
        match self {
            Self::Status { when, .. }
            | Self::Reset { when }
            | Self::Hang { when }
            | Self::Delay { when, .. }
            | Self::Login { when }
            | Self::Redirect { when, .. }
            | Self::Person { when, .. } => matches!(when, When::After),
            Self::SlowBody { .. }
            | Self::Truncate
            | Self::Cut
            | Self::ErrorInOk
            | Self::BrokenGzip
            | Self::Alter { .. }
            | Self::CancelledAfterCommit => true,
            Self::Accepted
            | Self::NotFoundPage
            | Self::Hibernating
            | Self::Offline
            | Self::ForgetQuery
            | Self::RevokeTokens { .. } => false,
        }
    }

    /// Whether it works on the bytes of the body, which then must not be compressed.
    pub(crate) const fn changes_body(&self) -> bool {
        matches!(
            self,
            Self::SlowBody { .. }
                | Self::Truncate
                | Self::Cut
                | Self::ErrorInOk
                | Self::BrokenGzip
                | Self::Alter { .. }
        )
    }

    /// The time of a delay, drawn anew at each call; 0 for other faults.
    pub(crate) fn milliseconds(&self) -> u64 {
        let Self::Delay { ms, spread, .. } = self else { return 0 };
        match spread {
            Spread::Fixed => *ms,
            Spread::Uniform => draw() % (2 * ms + 1),
            Spread::Exponential => {
                // The inverse of the distribution at a random point, in thousandths.
                let point = f64::from(u32::try_from(draw() % 1_000_000).unwrap_or(0) + 1) / 1_000_001.0;
                let factor = (-point.ln()).min(10.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "a wait of at most ten times the mean, never negative"
                )]
                let drawn = (*ms as f64 * factor) as u64;
                drawn
            }
        }
    }
}

fn developer_site() -> String {
    "https://developer.servicenow.com/dev.do".to_owned()
}

/// Text, or a number that is written as text.
fn header_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(from)? {
        None => None,
        Some(serde_json::Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    })
}

fn draw() -> u64 {
    getrandom::u64().unwrap_or(0)
}

const fn piece() -> usize {
    64
}

/// A request as rules see it.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    /// `GET`, …
    pub(crate) method: &'a str,
    /// Path as sent.
    pub(crate) path: &'a str,
    /// Query, decoded.
    pub(crate) query: &'a str,
    /// User name of Basic credentials, or empty.
    pub(crate) user: &'a str,
    /// Columns of a JSON body.
    pub(crate) columns: BTreeMap<String, String>,
}

impl Seen<'_> {
    /// The columns that a JSON object sets, none for anything else.
    pub(crate) fn columns_of(body: &[u8]) -> BTreeMap<String, String> {
        match serde_json::from_slice(body) {
            Ok(serde_json::Value::Object(columns)) => columns
                .into_iter()
                .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
                .collect(),
            _ => BTreeMap::new(),
        }
    }
}

impl Rule {
    /// Whether it looks into bodies.
    pub(crate) fn reads_body(&self) -> bool {
        !self.column.is_empty()
    }

    /// Whether a request is one of its.
    pub(crate) fn matches(&self, seen: &Seen<'_>) -> bool {
        let column_fits = || seen.columns.get(&self.column).is_some_and(|value| value.contains(&self.value));
        (self.method.is_empty() || self.method.iter().any(|method| method.eq_ignore_ascii_case(seen.method)))
            && (self.path.is_empty() || glob(&self.path, seen.path))
            && (self.table.is_empty() || table_of(seen.path) == Some(&self.table))
            && (self.query.is_empty() || seen.query.contains(&self.query))
            && (self.user.is_empty() || seen.user == self.user)
            && (self.column.is_empty() || column_fits())
    }
}

fn table_of(path: &str) -> Option<&str> {
    path.split_once("/table/").map(|(_, rest)| rest.split('/').next().unwrap_or(rest))
}

/// `*` stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut open = false;
    let tail: Vec<&str> = parts.collect();
    for (at, part) in tail.iter().enumerate() {
        open = true;
        if at + 1 == tail.len() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    open || rest.is_empty()
}
