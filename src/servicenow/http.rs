//! One `send`: throttle, sign, span, time limit, classify, retry. All requests but those for tokens pass here.
//!
//! Must not know: tables, columns, what an answer means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::auth::{Credentials, Signed};
use super::classify::{self, Expect, classify};
use super::error::{ApiError, Page, Refusal, ServerMessage};
use super::network::{Network, read_body};
use super::query::encode;
use super::retry::{Attempt, Retry, jittered, retry_advice};
use super::throttle::{Throttle, sem_wait};
use crate::event::{Event, Observer};
use crate::ids::InstanceUrl;

/// Most bytes of a JSON answer after unpacking: a page of 40 bodies of 4 MiB, and room.
const JSON_LIMIT: usize = 256 << 20;
/// Most bytes of a file: the platform's own limit is an administrator's to set; ours bounds memory.
const FILE_LIMIT: usize = 512 << 20;
/// How to reach an instance. Holds no secret but the credentials, which show nothing.
#[derive(Debug)]
pub struct Options {
    /// Where it is.
    pub instance: InstanceUrl,
    /// What signs requests in.
    pub credentials: Arc<Credentials>,
    /// The way there.
    pub network: Network,
    /// Longest wait for one request, retries and `Retry-After` included.
    pub max_wait: Duration,
    /// Requests in flight, at least 1.
    pub concurrency: usize,
    /// The configured user name, where there is one.
    pub user_name: Option<String>,
}

/// Requests really sent, by method; OAuth apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Reads.
    pub get: u64,
    /// New records and files.
    pub post: u64,
    /// Changes.
    pub patch: u64,
    /// Removals.
    pub delete: u64,
}

/// What is sent with a request.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// A JSON text.
    Json(Bytes),
    /// A file's bytes and their type.
    File(Bytes, String),
}

/// One request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the root: `/api/now/table/kb_knowledge`.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Body,
    pub(super) expect: Expect,
    /// What it is, for people: `GET kb_knowledge`.
    pub(super) what: String,
}

/// A successful answer.
#[derive(Debug)]
pub(super) struct Answer {
    what: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// This answer cannot be used.
    pub(super) fn broken(&self, why: &str) -> ApiError {
        classify::broken(&self.what, why, &self.headers)
    }

    /// A header that is a number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    /// An answer with this body and no headers.
    #[cfg(test)]
    pub(super) fn for_test(body: Bytes) -> Self {
        Self { what: "GET t".to_owned(), headers: HeaderMap::new(), body }
    }
}

/// The connection to one instance, shared by all workers.
pub(super) struct Http {
    options: Options,
    /// One client, so one cookie jar, for each worker: requests of one session run one after another (contract §8.4).
    workers: Vec<reqwest::Client>,
    throttle: Throttle,
    observer: Arc<dyn Observer>,
    reached: AtomicBool,
    /// Seconds that the instance's clock is ahead of ours, by its last `Date`.
    ahead: AtomicI64,
    counts: [AtomicU64; 4],
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Http {
    /// Makes the clients; nothing is sent yet.
    ///
    /// # Errors
    /// A CA file without certificates, or a proxy address that cannot be used.
    pub(super) fn new(options: Options, observer: Arc<dyn Observer>) -> Result<Self, ApiError> {
        let workers = (0..options.concurrency.max(1))
            .map(|_| options.network.client(options.instance.url(), true))
            .collect::<Result<Vec<_>, _>>()?;
        let throttle = Throttle::new(workers.len());
        Ok(Self {
            options,
            workers,
            throttle,
            observer,
            reached: AtomicBool::new(false),
            ahead: AtomicI64::new(0),
            counts: [const { AtomicU64::new(0) }; 4],
        })
    }

    pub(super) const fn options(&self) -> &Options {
        &self.options
    }

    /// The instance's clock now, in seconds since 1970.
    pub(super) fn server_time(&self) -> i64 {
        jiff::Timestamp::now().as_second() + self.ahead.load(Ordering::Relaxed)
    }

    /// What was sent so far.
    pub(super) fn counts(&self) -> RequestCounts {
        let [get, post, patch, delete] =
            [0, 1, 2, 3].map(|index: usize| self.counts[index].load(Ordering::Relaxed));
        RequestCounts { get, post, patch, delete }
    }

    /// Sends, and lets `read` make sense of the answer; a GET is repeated while that may help (protocol §6).
    ///
    /// # Errors
    /// The last failure; [`ApiError::WaitTooLong`] where the instance asks for more patience than `max_wait`.
    pub(super) async fn send<T>(
        &self,
        call: &Call,
        read: impl Fn(&Answer) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut waited = Duration::ZERO;
        let (mut number, mut replayed) = (0, false);
        loop {
            let mut generation = 0;
            let answer = self.once(call, &mut waited, &mut generation).await;
            let mut error = match answer.and_then(|answer| read(&answer)) {
                Ok(value) => {
                    self.reached.store(true, Ordering::Relaxed);
                    return Ok(value);
                }
                Err(error) => error,
            };
            // The instance did not look at the request, so any method may be sent again, once.
            if matches!(error, ApiError::Unauthorized { .. }) && !replayed {
                match self.options.credentials.renew(generation).await {
                    Ok(false) => {}
                    Ok(true) => {
                        replayed = true;
                        continue;
                    }
                    Err(limited @ ApiError::RateLimited { .. }) => error = self.held(limited),
                    Err(other) => return Err(other),
                }
            }
            let attempt = Attempt {
                read: call.method == Method::GET,
                number,
                reached: self.reached.load(Ordering::Relaxed),
            };
            number += 1;
            match retry_advice(&error, attempt) {
                Retry::No => return Err(error),
                Retry::WhenAllowed(wait) => {
                    if waited + wait > self.options.max_wait {
                        return Err(self.too_long(call, Some(wait)));
                    }
                    // Passed in the throttle's queue, where it holds all workers.
                    self.observer
                        .on(&Event::Waiting { time: wait, why: "the instance limits requests (429)" });
                }
                Retry::Backoff(wait) => {
                    let wait = jittered(wait);
                    if waited + wait > self.options.max_wait {
                        return Err(match error {
                            ApiError::RateLimited { wait, .. } => self.too_long(call, wait),
                            other => other,
                        });
                    }
                    self.observer.on(&Event::Waiting { time: wait, why: &error.to_string() });
                    tokio::time::sleep(wait).await;
                    waited += wait;
                }
            }
        }
    }

    fn too_long(&self, call: &Call, wait: Option<Duration>) -> ApiError {
        ApiError::WaitTooLong { what: call.what.clone(), wait, max_wait: self.options.max_wait }
    }

    /// One request through the throttle.
    async fn once(
        &self,
        call: &Call,
        waited: &mut Duration,
        generation: &mut u64,
    ) -> Result<Answer, ApiError> {
        let patience = self.options.max_wait.saturating_sub(*waited);
        let turn = self.throttle.turn(patience).await.map_err(|left| self.too_long(call, Some(left)))?;
        *waited += turn.waited();
        let signed = self.options.credentials.sign().await.map_err(|error| self.held(error))?;
        *generation = signed.generation;
        let span = tracing::debug_span!("request", method = %call.method, path = %call.path);
        let result = self.exchange(call, &self.workers[turn.worker()], signed).instrument(span).await;
        match &result {
            Ok(answer) => {
                let timing = answer.headers.get("server-timing").and_then(|value| value.to_str().ok());
                self.throttle.answered(timing.map(sem_wait).unwrap_or_default());
            }
            Err(ApiError::RateLimited { .. }) => self.throttle.overloaded(),
            Err(_) => {}
        }
        // Before the next one has its turn.
        let result = result.map_err(|error| self.held(error));
        drop(turn);
        result
    }

    /// Notes how long the instance, or its token endpoint, asks to wait. A demand beyond what anyone would wait for ends this
    /// request; the others find out by themselves.
    fn held(&self, error: ApiError) -> ApiError {
        if let ApiError::RateLimited { wait: Some(wait), .. } = &error {
            self.throttle.hold(*wait);
        }
        error
    }

    /// Sends once, reads the whole answer, says what it is.
    async fn exchange(
        &self,
        call: &Call,
        client: &reqwest::Client,
        signed: Signed,
    ) -> Result<Answer, ApiError> {
        let started = Instant::now();
        let mut request = client
            .request(call.method.clone(), self.url(call))
            .header(ACCEPT, if call.expect == Expect::File { "*/*" } else { "application/json" })
            .header(signed.name, signed.value);
        request = match &call.body {
            Body::None => request,
            Body::Json(text) => request.header(CONTENT_TYPE, "application/json").body(text.clone()),
            Body::File(bytes, kind) => request.header(CONTENT_TYPE, kind).body(bytes.clone()),
        };
        let outcome = async {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let limit = if call.expect == Expect::File { FILE_LIMIT } else { JSON_LIMIT };
            let body = read_body(response, limit).await?;
            Ok::<_, reqwest::Error>((status, headers, body))
        };
        let (status, headers, body) = match outcome.await {
            Ok(parts) => parts,
            Err(error) => {
                let error = self.options.network.lost(&call.what, self.options.instance.url(), &error);
                if !matches!(&error, ApiError::Transport { broken, .. } if broken.before_sending()) {
                    self.count(&call.method);
                }
                tracing::debug!(duration_ms = millis(started), "{} failed: {error}", call.what);
                return Err(error);
            }
        };
        self.count(&call.method);
        if let Some(date) = classify::date(&headers) {
            self.ahead.store(date - jiff::Timestamp::now().as_second(), Ordering::Relaxed);
        }
        self.log(call, status, &headers, started);
        let Some(body) = body else {
            return Err(classify::broken(&call.what, "more data than anything asked for could be", &headers));
        };
        match classify(&call.what, call.expect, status, &headers, &body) {
            Ok(()) => Ok(Answer { what: call.what.clone(), headers, body }),
            Err(ApiError::Unauthorized { mfa, refusal, .. }) => {
                let signed = self.options.credentials.signed_with();
                Err(ApiError::Unauthorized { signed, mfa, refusal })
            }
            // Where other requests are answered by an instance, a page that says "not found" is about this one alone.
            Err(ApiError::NotAnInstance { page: Page::Other(title) })
                if status == StatusCode::NOT_FOUND
                    && call.method == Method::GET
                    && self.reached.load(Ordering::Relaxed) =>
            {
                let message = Box::new(ServerMessage { message: title, detail: String::new() });
                let transaction = classify::transaction(&headers);
                let what = call.what.clone();
                Err(ApiError::NotFound(Refusal { what, status: status.as_u16(), message, transaction }))
            }
            Err(error) => Err(error),
        }
    }

    fn log(&self, call: &Call, status: StatusCode, headers: &HeaderMap, started: Instant) {
        let query: Vec<&str> = call.query.iter().map(|(_, value)| value.as_str()).collect();
        tracing::debug!(
            status = status.as_u16(),
            transaction = classify::transaction(headers).as_deref().unwrap_or("-"),
            duration_ms = millis(started),
            query = %query.join(" "),
            "{} answered {} from {}",
            call.what,
            status.as_u16(),
            self.options.instance,
        );
    }

    fn count(&self, method: &Method) {
        let index = match *method {
            Method::GET => 0,
            Method::POST => 1,
            Method::PATCH => 2,
            _ => 3,
        };
        self.counts[index].fetch_add(1, Ordering::Relaxed);
    }

    fn url(&self, call: &Call) -> url::Url {
        let mut url = self.options.instance.url().clone();
        url.set_path(&call.path);
        if !call.query.is_empty() {
            let pairs: Vec<String> =
                call.query.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
            url.set_query(Some(&pairs.join("&")));
        }
        url
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
