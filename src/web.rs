//! Other hosts, asked without credentials: whether links lead somewhere, and what images hold.
//!
//! Must not know: documents, the instance.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::{Client, Method, Response, StatusCode, header};
use tokio::sync::Semaphore;

/// Requests in flight.
const AT_ONCE: usize = 8;

/// Requests in flight to one host.
const TO_ONE_HOST: usize = 2;

/// URLs that wait for their host at a time.
const WAITING: usize = 256;

/// How often a URL is asked for at most.
const TRIES: u32 = 3;

/// Longest wait that a host may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What a request for one URL came to: its bytes, or why there are none, as a fragment.
pub type Answer = Result<Vec<u8>, String>;

/// Asks whether each URL leads somewhere. Hosts that want a sign-in, or turn programs away, are taken to be there.
/// `told` hears of each URL that is done. Answers are in the order of the URLs, and hold no bytes.
pub fn probe(urls: &[String], timeout: Duration, told: &(dyn Fn(&str) + Sync)) -> Vec<Answer> {
    all(urls, timeout, told, None)
}

/// Fetches each URL, of at most `most` bytes.
pub fn fetch(urls: &[String], timeout: Duration, most: u64, told: &(dyn Fn(&str) + Sync)) -> Vec<Answer> {
    all(urls, timeout, told, Some(most))
}

/// A thread with a runtime of its own asks for all of them: callers may be on a runtime already.
fn all(urls: &[String], timeout: Duration, told: &(dyn Fn(&str) + Sync), most: Option<u64>) -> Vec<Answer> {
    let run = || -> Result<Vec<Answer>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let web = Web::new(timeout)?;
        let ask = |(number, url): (usize, &String)| {
            let (web, url) = (&web, url.clone());
            async move {
                let answer = web.ask(&url, most).await;
                told(&url);
                (number, answer)
            }
        };
        let mut answers: Vec<(usize, Answer)> = runtime
            .block_on(stream::iter(urls.iter().enumerate()).map(ask).buffer_unordered(WAITING).collect());
        answers.sort_unstable_by_key(|(number, _)| *number);
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    };
    let outcome = std::thread::scope(|scope| scope.spawn(run).join());
    match outcome {
        Ok(Ok(answers)) => answers,
        Ok(Err(error)) => urls.iter().map(|_| Err(error.clone())).collect(),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

struct Web {
    client: Client,
    all: Semaphore,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// What a failed request says about trying again.
enum Failure {
    /// It will not be otherwise.
    Final(String),
    /// It may be, after this time where the host said so.
    Passing(String, Option<Duration>),
}

impl Web {
    fn new(timeout: Duration) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("kb-publish/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .build()
            .map_err(|error| reason(&error))?;
        Ok(Self { client, all: Semaphore::new(AT_ONCE), hosts: Mutex::default() })
    }

    fn host(&self, url: &str) -> Arc<Semaphore> {
        let host = url.split('/').nth(2).unwrap_or_default().to_ascii_lowercase();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(host).or_insert_with(|| Arc::new(Semaphore::new(TO_ONE_HOST))))
    }

    async fn ask(&self, url: &str, most: Option<u64>) -> Answer {
        let host = self.host(url);
        let closed = |_| "stopped".to_owned();
        let _turn = host.acquire().await.map_err(closed)?;
        let mut pause = Duration::from_millis(500);
        let mut tries = 1;
        loop {
            let permit = self.all.acquire().await.map_err(closed)?;
            let answer = match most {
                Some(most) => self.get(url, most).await,
                None => self.look(url).await,
            };
            drop(permit);
            match answer {
                Ok(bytes) => return Ok(bytes),
                Err(Failure::Passing(_, wait)) if tries < TRIES => {
                    tokio::time::sleep(wait.unwrap_or(pause).min(LONGEST_WAIT)).await;
                    pause *= 4;
                    tries += 1;
                }
                Err(Failure::Final(reason) | Failure::Passing(reason, _)) => return Err(reason),
            }
        }
    }

    /// HEAD, and GET where that is refused: many servers know only the one.
    async fn look(&self, url: &str) -> Result<Vec<u8>, Failure> {
        if let Ok(response) = self.send(Method::HEAD, url).await
            && response.status().is_success()
        {
            return Ok(Vec::new());
        }
        let response = self.send(Method::GET, url).await?;
        let guarded = matches!(
            response.status(),
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::PROXY_AUTHENTICATION_REQUIRED
        ) || response.status().as_u16() == 999;
        if guarded { Ok(Vec::new()) } else { accepted(response).map(|_| Vec::new()) }
    }

    async fn get(&self, url: &str, most: u64) -> Result<Vec<u8>, Failure> {
        let mut response = accepted(self.send(Method::GET, url).await?)?;
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(bytes),
                Err(error) => return Err(Failure::Passing(reason(&error), None)),
            }
            if bytes.len() as u64 > most {
                return Err(Failure::Final(format!("it has more than {}", crate::text::size(most))));
            }
        }
    }

    async fn send(&self, method: Method, url: &str) -> Result<Response, Failure> {
        self.client.request(method, url).send().await.map_err(|error| {
            let reason = reason(&error);
            if error.is_builder() || error.is_redirect() {
                Failure::Final(reason)
            } else {
                Failure::Passing(reason, None)
            }
        })
    }
}

/// The response, if it is a good one.
fn accepted(response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let reason = format!("it answers {}", status.as_u16());
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        let wait =
            response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        return Err(Failure::Passing(reason, wait.map(Duration::from_secs)));
    }
    Err(Failure::Final(reason))
}

/// What went wrong, as far down as it is known, without the URL.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("it cannot be reached: {innermost}")
}
