//! What a fault makes of an answer.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;

use super::super::refusal::Refusal;
use super::rule::Fault;

type Map = serde_json::Map<String, serde_json::Value>;

/// The connection is to be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

const HTML: HeaderValue = HeaderValue::from_static("text/html;charset=UTF-8");

/// What the page of a sleeping instance holds (contract §8.1).
const HIBERNATING: &str = "<!DOCTYPE html><html><head><title>Instance Hibernating page</title></head><body class=\"instance-hibernating-page\"><h1>Your instance is hibernating</h1><p>Sign in to the developer site to wake it.</p></body></html>";
const NOT_FOUND: &str =
    "<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>";
const OFFLINE: &str = "<!DOCTYPE html><html><head><title>Offline</title></head><body><h1>Your instance is currently offline</h1><p>It is being started or patched.</p></body></html>";
const LOGIN: &str = "<!DOCTYPE html><html><head><title>Log in | ServiceNow</title></head><body><form action=\"/login.do\" method=\"post\"><label>User name <input name=\"user_name\"></label></form></body></html>";

fn html(status: StatusCode, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HTML);
    response
}

fn gateway(status: StatusCode) -> Response {
    html(
        status,
        match status.as_u16() {
            502 => {
                "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
            }
            503 => {
                "<html><head><title>503 Service Unavailable</title></head><body><h1>Service Unavailable</h1><p>The instance is under maintenance.</p></body></html>"
            }
            _ => {
                "<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1></body></html>"
            }
        },
    )
}

fn json(refusal: &Refusal) -> Response {
    let mut response = Response::new(Body::from(refusal.body()));
    *response.status_mut() = refusal.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

fn refusal(status: StatusCode, message: Option<&str>, detail: Option<&str>) -> Refusal {
    let (usual, reason) = match status.as_u16() {
        401 => ("User is not authenticated", "Required to provide Auth information"),
        403 => ("Operation Failed", "ACL Exception Update Failed due to security constraints"),
        404 => ("No Record found", "Record doesn't exist or ACL restricts the record retrieval"),
        429 => ("Rate limit exceeded", "Rate limit of 100 requests per hour for Table API exceeded"),
        500 => (
            "Transaction cancelled: maximum execution time exceeded",
            "Check logs for error trace or enable glide.rest.debug property to verify REST request processing",
        ),
        _ => (status.canonical_reason().unwrap_or("Failure"), ""),
    };
    Refusal::new(status, message.unwrap_or(usual), detail.unwrap_or(reason))
}

impl Fault {
    /// The answer that stands in the place of the right one, for faults that have one.
    pub(crate) fn instead(&self) -> Option<Response> {
        Some(match self {
            Self::Status { status, retry_after, message, detail, .. } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let plain = message.is_none() && detail.is_none();
                let mut response = match status.as_u16() {
                    502..=504 if plain => gateway(status),
                    429 if plain && retry_after.is_none() => html(status, ""),
                    _ => json(&refusal(status, message.as_deref(), detail.as_deref())),
                };
                if let Some(wait) = retry_after.as_deref().and_then(|wait| wait.parse().ok()) {
                    response.headers_mut().insert(RETRY_AFTER, wait);
                }
                if status == StatusCode::UNAUTHORIZED {
                    response
                        .headers_mut()
                        .insert("www-authenticate", HeaderValue::from_static("BASIC realm=\"Service-now\""));
                }
                response
            }
            Self::CancelledAfterCommit => json(&refusal(StatusCode::INTERNAL_SERVER_ERROR, None, None)),
            Self::Accepted => {
                let mut response = Response::new(Body::from("{\"status\":\"accepted\"}"));
                *response.status_mut() = StatusCode::ACCEPTED;
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Self::NotFoundPage => html(StatusCode::NOT_FOUND, NOT_FOUND),
            Self::Hibernating => html(StatusCode::OK, HIBERNATING),
            Self::Offline => html(StatusCode::OK, OFFLINE),
            Self::Login { .. } => html(StatusCode::OK, LOGIN),
            Self::Redirect { to, .. } => {
                let mut response = html(StatusCode::FOUND, "");
                if let Ok(to) = to.parse() {
                    response.headers_mut().insert(LOCATION, to);
                }
                response
            }
            _ => return None,
        })
    }

    /// Its name in the request log.
    pub(crate) fn name(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        let text =
            |key: &str| json.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let number = json.get("status").map_or_else(String::new, ToString::to_string);
        [text("kind"), number, text("when")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The answer as a fault leaves it.
///
/// # Errors
/// [`Broken`] where the connection is to be cut instead.
pub(crate) async fn spoil(fault: &Fault, response: Response, milliseconds: u64) -> Result<Response, Broken> {
    match fault {
        Fault::Reset { .. } => Err(Broken),
        Fault::Hang { .. } => {
            drop(response);
            std::future::pending().await
        }
        Fault::Delay { .. } => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok(response)
        }
        Fault::SlowBody { bytes, ms } => Ok(slow(response, (*bytes).max(1), *ms).await),
        Fault::Truncate => Ok(with_body(response, |body| body.slice(..body.len() * 2 / 3)).await),
        Fault::Cut => Ok(cut(response).await),
        Fault::ErrorInOk => {
            let error = refusal(StatusCode::INTERNAL_SERVER_ERROR, None, None).body();
            Ok(with_body(response, |body| {
                let kept = body.strip_suffix(b"}").unwrap_or(body);
                let mut mixed = kept.to_vec();
                mixed.push(b',');
                mixed.extend_from_slice(error.strip_prefix(b"{").unwrap_or(&error));
                // What was left of the rows was not written to its end.
                if let Some(at) = mixed.iter().rposition(|byte| *byte == b']') {
                    mixed.remove(at);
                }
                mixed.into()
            })
            .await)
        }
        Fault::BrokenGzip => {
            let mut response =
                with_body(response, |_| Bytes::from_static(b"\x1f\x8b\x08 not compressed at all")).await;
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Ok(response)
        }
        Fault::Alter { set, without, empty } => {
            Ok(with_body(response, |body| altered(body, set, without, *empty)).await)
        }
        other => Ok(other.instead().unwrap_or(response)),
    }
}

/// The answer's JSON with other rows in its `result`; what is no such answer stays.
fn altered(body: &Bytes, set: &Map, without: &[String], empty: bool) -> Bytes {
    let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(body) else { return body.clone() };
    let alter = |row: &mut serde_json::Value| {
        let Some(row) = row.as_object_mut() else { return };
        if empty {
            row.clear();
        }
        row.retain(|column, _| !without.contains(column));
        row.extend(set.clone());
    };
    match json.get_mut("result") {
        Some(serde_json::Value::Array(rows)) if empty => rows.clear(),
        Some(serde_json::Value::Array(rows)) => rows.iter_mut().for_each(alter),
        Some(row) => alter(row),
        None => return body.clone(),
    }
    json.to_string().into()
}

/// The whole body; faults work on the plain bytes, so the request's `Accept-Encoding` was taken away before.
async fn whole(response: Response) -> (http::response::Parts, Bytes) {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    (parts, bytes)
}

async fn with_body(response: Response, change: impl FnOnce(&Bytes) -> Bytes) -> Response {
    let (parts, body) = whole(response).await;
    Response::from_parts(parts, Body::from(change(&body)))
}

async fn slow(response: Response, piece: usize, ms: u64) -> Response {
    let (parts, body) = whole(response).await;
    let pieces = stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(ms)).await;
        let next = rest.split_to(piece.min(rest.len()));
        Some((Ok::<_, Infallible>(next), rest))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

async fn cut(response: Response) -> Response {
    let (parts, body) = whole(response).await;
    let half = body.slice(..body.len() / 2);
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let pieces = stream::unfold((Some(half), Some(broken)), |(half, broken)| async move {
        if let Some(half) = half {
            return Some((Ok(half), (None, broken)));
        }
        // The half must be on its way before the connection goes.
        tokio::time::sleep(Duration::from_millis(20)).await;
        broken.map(|error| (Err(error), (None, None)))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}
