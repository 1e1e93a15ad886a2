//! The way of a request through the instance: faults, the thread pool, the router, the log.
//!
//! Must not know what a path means beyond `/api/` and `/sandbox/`.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use tower_service::Service as _;

use super::act::Act;
use super::api::Caller;
use super::app::App;
use super::control;
use super::faults::{Broken, Fault, Seen, When, spoil};
use super::log::Entry;

/// Bodies up to this size are looked into for faults that name a column.
const LOOKED_INTO: usize = 32 * 1024 * 1024;

/// Longest path and query; a proxy in front of the instance refuses more with a page of its own (contract §1.4).
const LONGEST_TARGET: usize = 16 * 1024;

const TOO_LONG: &str = "<!DOCTYPE html><html><head><title>414 URI Too Long</title></head><body><h1>414 URI Too Long</h1></body></html>";

/// Writes the request down when it ends, however it ends: a client that hangs up drops it in the middle.
struct Note<'a> {
    app: &'a App,
    start: Instant,
    entry: Entry,
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        let mut entry = std::mem::take(&mut self.entry);
        entry.milliseconds = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.app.log.add(entry);
    }
}

/// Answers a request.
///
/// # Errors
/// [`Broken`] where the connection is to be reset in place of an answer.
pub(crate) async fn pass(app: &App, mut router: Router, request: Request<Body>) -> Result<Response, Broken> {
    if request.uri().path().starts_with("/sandbox/") {
        // Looking at the instance leaves no trace in what is looked at, and no page of elsewhere may steer it.
        return Ok(if control::from_elsewhere(request.headers()) {
            plain(StatusCode::FORBIDDEN)
        } else {
            call(&mut router, request).await
        });
    }
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
        let mut response = Response::new(Body::from(TOO_LONG));
        *response.status_mut() = StatusCode::URI_TOO_LONG;
        response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        return Ok(response);
    }
    let mut note = Note { app, start: Instant::now(), entry: entry_of(&request) };
    let (mut request, faults) = struck(app, request).await;
    note.entry.fault = faults.iter().map(Fault::name).collect::<Vec<_>>().join(", ");
    for fault in &faults {
        if let Some(response) = before(app, fault, &mut request).await? {
            note.entry.status = response.status().as_u16();
            return Ok(response);
        }
    }
    let integration = request.uri().path().starts_with("/api/");
    let profile = app.profile();
    let threads = if integration { profile.threads } else { 0 };
    let Ok((thread, waited)) = app.pool.enter(threads, profile.queue).await else {
        note.entry.status = 429;
        return Ok(plain(StatusCode::TOO_MANY_REQUESTS));
    };
    for fault in &faults {
        if let Fault::Delay { when: When::Before, .. } = fault {
            tokio::time::sleep(Duration::from_millis(fault.milliseconds())).await;
        }
    }
    if integration && profile.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(profile.latency_ms)).await;
    }
    if faults.iter().any(Fault::changes_body) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    request.extensions_mut().insert(waited);
    let target = request.uri().path().to_owned();
    let mut response = call(&mut router, request).await;
    drop(thread);
    if let Some(caller) = response.extensions().get::<Caller>() {
        note.entry.user.clone_from(&caller.0.user_name);
    }
    let transaction = response.headers().get("x-transaction-id").and_then(|value| value.to_str().ok());
    note.entry.transaction = transaction.unwrap_or_default().to_owned();
    for fault in faults.iter().filter(|fault| fault.is_after()) {
        if let Fault::Person { act, .. } = fault {
            person(app, act, &target);
            continue;
        }
        note.entry.status = 0;
        response = spoil(fault, response, fault.milliseconds()).await?;
    }
    note.entry.status = response.status().as_u16();
    Ok(response)
}

async fn call(router: &mut Router, request: Request<Body>) -> Response {
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn entry_of(request: &Request<Body>) -> Entry {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    Entry {
        method: request.method().to_string(),
        target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
        bytes: length.unwrap_or(0),
        ..Entry::default()
    }
}

/// The faults that strike a request; its body is read for those that look into it.
async fn struck(app: &App, request: Request<Body>) -> (Request<Body>, Vec<Fault>) {
    if app.faults.is_idle() {
        return (request, Vec::new());
    }
    let (parts, mut body) = request.into_parts();
    let mut columns = std::collections::BTreeMap::new();
    let json = parts
        .headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json")));
    if json && app.faults.read_bodies() {
        let (start, rest) = read_start(body).await;
        columns = Seen::columns_of(&start);
        body = rest;
    }
    let query =
        percent_encoding::percent_decode_str(parts.uri.query().unwrap_or_default()).decode_utf8_lossy();
    let user = basic_user(&parts.headers).unwrap_or_default();
    let faults = app.faults.strike(&Seen {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: &query,
        user: &user,
        columns,
    });
    (Request::from_parts(parts, body), faults)
}

/// The body's start, and the whole body again.
async fn read_start(mut body: Body) -> (Bytes, Body) {
    let mut start = BytesMut::new();
    let mut whole = true;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Some(data) = frame.data_ref() {
                    start.extend_from_slice(data);
                }
            }
            Err(_) => whole = false,
        }
        if start.len() > LOOKED_INTO || !whole {
            break;
        }
    }
    let start = start.freeze();
    if start.len() <= LOOKED_INTO && whole {
        return (start.clone(), Body::from(start));
    }
    // Too much to look into, or broken off: what was read goes on in front of what may follow.
    let head = futures_util::stream::iter([Ok::<_, axum::Error>(start.clone())]);
    let rest = futures_util::StreamExt::chain(head, body.into_data_stream());
    (start, Body::from_stream(rest))
}

fn basic_user(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let credentials = header.strip_prefix("Basic ")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(credentials.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(text.split_once(':')?.0.to_owned())
}

/// What a fault does before the work; an answer ends the request.
async fn before(app: &App, fault: &Fault, request: &mut Request<Body>) -> Result<Option<Response>, Broken> {
    match fault {
        _ if fault.is_after() => Ok(None),
        Fault::Reset { .. } => Err(Broken),
        Fault::Hang { .. } => std::future::pending().await,
        Fault::Person { act, .. } => {
            person(app, act, request.uri().path());
            Ok(None)
        }
        Fault::RevokeTokens { refresh } => {
            super::oauth::revoke_everything(app, *refresh);
            Ok(None)
        }
        Fault::ForgetQuery => {
            forget_query(request);
            Ok(None)
        }
        _ => Ok(fault.instead()),
    }
}

/// A person acts while a request is on its way; what the platform refuses that person stays undone.
fn person(app: &App, act: &Act, path: &str) {
    let id = path.rsplit('/').find(|part| part.len() == 32).unwrap_or_default();
    let _ = control::perform(app, &act.on(id));
}

fn forget_query(request: &mut Request<Body>) {
    let kept: Vec<&str> = request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.starts_with("sysparm_query="))
        .collect();
    if let Ok(uri) = format!("{}?{}", request.uri().path(), kept.join("&")).parse() {
        *request.uri_mut() = uri;
    }
}
