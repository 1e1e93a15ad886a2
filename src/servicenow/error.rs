//! What can go wrong between us and an instance, by what the caller or a person can do next.
//!
//! Must not know: documents, terminals, how an error is printed.

use std::fmt;
use std::time::Duration;

/// The instance's own words: `error.message` and `error.detail`, or the beginning of a body that is no JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerMessage {
    /// `error.message`, or the first 2 KiB of another body.
    pub message: String,
    /// `error.detail`; empty where there is none.
    pub detail: String,
}

impl ServerMessage {
    /// Most that is kept of a body that is not the platform's error object, in bytes.
    const LIMIT: usize = 2048;

    /// Reads a body of any kind (contract §1.6).
    pub fn of_body(body: &[u8]) -> Self {
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) {
            let error = value.get("error").unwrap_or(&value);
            let text = |key: &str| {
                error.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().trim().to_owned()
            };
            let (message, detail) = (text("message"), text("detail"));
            if !message.is_empty() || !detail.is_empty() {
                return Self { message: cut(&message), detail: cut(&detail) };
            }
            if let Some(text) = error.as_str() {
                return Self { message: cut(text), detail: String::new() };
            }
        }
        Self { message: cut(&String::from_utf8_lossy(body)), detail: String::new() }
    }

    /// Whether either text contains this, in any case: wording changed between releases (contract §0.10).
    pub fn mentions(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.message.to_lowercase().contains(&text) || self.detail.to_lowercase().contains(&text)
    }
}

/// Cuts at 2 KiB, on a character, and takes control characters out: the text goes to terminals.
fn cut(text: &str) -> String {
    let mut end = text.len().min(ServerMessage::LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let clean: String = text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.trim().to_owned()
}

impl fmt::Display for ServerMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.message.is_empty(), self.detail.is_empty()) {
            (true, true) => f.write_str("no reason given"),
            (false, true) => f.write_str(&self.message),
            (true, false) => f.write_str(&self.detail),
            (false, false) => write!(f, "{}: {}", self.message, self.detail),
        }
    }
}

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked, without values: `PATCH kb_knowledge`.
    pub what: String,
    /// HTTP status.
    pub status: u16,
    /// The instance's reason.
    pub message: Box<ServerMessage>,
    /// `X-Transaction-ID`: what an administrator looks up.
    pub transaction: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (HTTP {}", self.message, self.status)?;
        if let Some(id) = &self.transaction {
            write!(f, ", transaction {id}")?;
        }
        f.write_str(")")
    }
}

/// A page where an API answer should be (contract §8.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// A developer instance asleep, by its own page.
    Hibernating,
    /// A developer instance asleep: it sends everyone to the developer site.
    Asleep,
    /// "Your instance is currently offline": waking up, or being patched.
    Offline,
    /// Under maintenance or being upgraded.
    Maintenance,
    /// A login or single-sign-on page.
    Login,
    /// A redirect to another place, by its host.
    Redirect(String),
    /// Any other page, by its title or beginning.
    Other(String),
}

/// Where a connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The host name has no address.
    Dns,
    /// Nothing listens there, or the way is blocked.
    Connect,
    /// The proxy cannot be reached, or does not make the connection.
    Proxy,
    /// The certificate or the TLS handshake.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection ended in the middle.
    Reset,
    /// The request could not be made at all.
    Build,
}

impl Broken {
    /// Whether it failed before the request was on its way.
    pub const fn before_sending(self) -> bool {
        match self {
            Self::Dns | Self::Connect | Self::Proxy | Self::Tls | Self::Build => true,
            Self::Timeout | Self::Reset => false,
        }
    }
}

/// Why the credentials do not serve; nothing of them is in here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignInError {
    /// Stable name, kebab-case.
    pub code: &'static str,
    /// What is the matter.
    pub message: String,
    /// What to do, naming the next command.
    pub help: String,
}

/// What a request was signed in with. Never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedWith {
    /// Nothing, or it is not known.
    Nothing,
    /// The password of this user.
    Password(String),
    /// An API key.
    ApiKey,
    /// An access token from elsewhere.
    AccessToken,
    /// A token that is renewed here; of this user, where known.
    Renewed(Option<String>),
}

/// What an operation on the instance can end in. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// 401: the credentials are not taken.
    #[error("{}: {refusal}", unauthorized(.signed, *.mfa))]
    Unauthorized {
        /// What was refused.
        signed: SignedWith,
        /// Whether the instance asked for a second factor (`X-MFA_TOKEN`).
        mfa: bool,
        /// The answer.
        refusal: Refusal,
    },
    /// No usable credentials, found out before or while signing in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// 403: this account may not do this.
    #[error("{} is not allowed: {_0}", _0.what)]
    Forbidden(Refusal),
    /// 404: not there, or hidden from this account.
    #[error("{} found nothing: {_0}", _0.what)]
    NotFound(Refusal),
    /// 429 for longer than we are to wait.
    #[error("{what} was limited (429){}, longer than `max_wait_seconds` = {}", in_seconds(*.wait), .max_wait.as_secs())]
    WaitTooLong {
        /// What was asked.
        what: String,
        /// How long the instance asks to wait; `None` where it does not say.
        wait: Option<Duration>,
        /// How long we are willing to.
        max_wait: Duration,
    },
    /// 429, before the wait. Callers of the typed operations never see it.
    #[error("{what} was limited (429)")]
    RateLimited {
        /// What was asked.
        what: String,
        /// `Retry-After`.
        wait: Option<Duration>,
    },
    /// A page in place of an API answer.
    #[error("{}", page_message(page))]
    NotAnInstance {
        /// Which page.
        page: Page,
    },
    /// Another 4xx.
    #[error("{} was rejected: {_0}", _0.what)]
    Rejected(Refusal),
    /// 5xx and 408: what was asked may have been done all the same (contract §0.3).
    #[error("{} failed on the instance: {_0}", _0.what)]
    Server(Refusal),
    /// No answer at all.
    #[error("{what}: {}{}", broken_message(*.broken), with_detail(.detail))]
    Transport {
        /// What was asked.
        what: String,
        /// Where it failed.
        broken: Broken,
        /// The cause in the words of the library below.
        detail: String,
    },
    /// An answer that is not what the API promises: cut short, both result and error, wrong types, 202, too large.
    #[error("{what} got an answer that cannot be used: {why}{}", transaction_note(.transaction.as_deref()))]
    BrokenAnswer {
        /// What was asked.
        what: String,
        /// What is wrong with it.
        why: String,
        /// `X-Transaction-ID`.
        transaction: Option<String>,
    },
}

impl ApiError {
    /// Whether a write may have been done although no proper answer came (protocol §6).
    pub const fn no_answer(&self) -> bool {
        match self {
            Self::Server(_) | Self::BrokenAnswer { .. } => true,
            Self::Transport { broken, .. } => matches!(broken, Broken::Timeout | Broken::Reset),
            // A page instead of an answer: whatever stood in between may have let the request through.
            Self::NotAnInstance { page } => matches!(page, Page::Maintenance | Page::Offline),
            Self::Unauthorized { .. }
            | Self::SignIn(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::WaitTooLong { .. }
            | Self::RateLimited { .. }
            | Self::Rejected(_) => false,
        }
    }

    /// Whether access rules refused this one operation (403).
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden(_))
    }

    /// Whether the record is not as the request says it was (409).
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Rejected(refusal) if refusal.status == 409)
    }

    /// Whether the record is not there, or hidden (404).
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }

    /// Whether this one request was turned down (403, 404, another 4xx), which says nothing about others.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Forbidden(_) | Self::NotFound(_) | Self::Rejected(_))
    }

    /// The exit code of design §8 where this ends a run: 3 credentials, 4 not reachable as an instance, 6 one operation.
    /// 3 and 4 are met by every further request too, so they cut a run short.
    pub const fn exit(&self) -> u8 {
        match self {
            Self::Unauthorized { .. } | Self::SignIn(_) => 3,
            Self::NotAnInstance { .. }
            | Self::Transport { .. }
            | Self::WaitTooLong { .. }
            | Self::RateLimited { .. } => 4,
            Self::Server(refusal) => match refusal.status {
                502..=504 => 4,
                _ => 6,
            },
            Self::Forbidden(_) | Self::NotFound(_) | Self::Rejected(_) | Self::BrokenAnswer { .. } => 6,
        }
    }

    /// Whether every further request would meet it too: credentials or the instance are gone.
    pub const fn ends_the_run(&self) -> bool {
        matches!(self.exit(), 3 | 4)
    }

    /// Stable name, kebab-case: `error.code` of the JSON output.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized { mfa: true, .. } => "mfa-required",
            Self::Unauthorized { .. } => "unauthorized",
            Self::SignIn(error) => error.code,
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not-found",
            Self::WaitTooLong { .. } | Self::RateLimited { .. } => "rate-limited",
            Self::NotAnInstance { page } => match page {
                Page::Hibernating | Page::Asleep => "hibernating",
                Page::Offline => "offline",
                Page::Maintenance => "maintenance",
                Page::Login => "login-page",
                Page::Redirect(_) => "redirect",
                Page::Other(_) => "not-an-instance",
            },
            Self::Rejected(_) => "rejected",
            Self::Server(_) => "server-error",
            Self::Transport { broken, .. } => match broken {
                Broken::Dns => "unknown-host",
                Broken::Connect => "not-reachable",
                Broken::Proxy => "proxy",
                Broken::Tls => "certificate",
                Broken::Timeout => "timeout",
                Broken::Reset => "connection-lost",
                Broken::Build => "bad-request",
            },
            Self::BrokenAnswer { .. } => "broken-answer",
        }
    }

    /// What a person can do about it: likely causes in order (contract §9).
    pub fn help(&self) -> String {
        super::advice::help(self)
    }

    /// The same, where it ends a run whose earlier requests were answered.
    pub fn help_midway(&self) -> String {
        super::advice::help_midway(self)
    }
}

fn unauthorized(signed: &SignedWith, mfa: bool) -> String {
    let whose = match signed {
        SignedWith::Password(user) | SignedWith::Renewed(Some(user)) => format!(" of `{user}`"),
        _ => String::new(),
    };
    match signed {
        _ if mfa => format!("the instance wants a second factor with the password{whose}"),
        SignedWith::ApiKey => "the instance refused the API key".to_owned(),
        SignedWith::AccessToken => "the instance refused the access token".to_owned(),
        _ => format!("the instance refused the credentials{whose}"),
    }
}

fn in_seconds(wait: Option<Duration>) -> String {
    wait.map(|wait| format!(" and asks to wait {} s", wait.as_secs())).unwrap_or_default()
}

fn with_detail(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}

fn transaction_note(id: Option<&str>) -> String {
    id.map(|id| format!(" (transaction {id})")).unwrap_or_default()
}

fn page_message(page: &Page) -> String {
    match page {
        Page::Hibernating => "the instance is hibernating".to_owned(),
        Page::Asleep => "the instance is asleep: it sends everyone to developer.servicenow.com".to_owned(),
        Page::Offline => "the instance is offline: it is waking up, or being patched".to_owned(),
        Page::Maintenance => "the instance is in maintenance".to_owned(),
        Page::Login => "the address answers with a login page instead of the REST API".to_owned(),
        Page::Redirect(host) => {
            format!("the address redirects to `{host}`; credentials are not sent to another host")
        }
        Page::Other(title) if title.is_empty() => {
            "the address does not answer like a ServiceNow instance".to_owned()
        }
        Page::Other(title) => {
            format!("the address does not answer like a ServiceNow instance, but with a page `{title}`")
        }
    }
}

const fn broken_message(broken: Broken) -> &'static str {
    match broken {
        Broken::Dns => "the host name is not known",
        Broken::Connect => "no connection could be made",
        Broken::Proxy => "the proxy makes no connection to the instance",
        Broken::Tls => "no trusted connection could be made",
        Broken::Timeout => "no answer in time",
        Broken::Reset => "the connection ended before the answer was complete",
        Broken::Build => "the request could not be made",
    }
}
