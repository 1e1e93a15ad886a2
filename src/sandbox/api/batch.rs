//! The Batch API (contract §8.6): several calls in one, one after another, each on its own.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::refusal::Refusal;
use super::call::{Call, Reply};

/// Largest body of one item.
const MAX_IN: usize = 5 * 1024 * 1024;
/// Largest answer of one item, unless the caller lowers it.
const MAX_OUT: usize = 10 * 1024 * 1024;
/// Most bytes of all answers together: memory stays bounded whatever is asked.
const MAX_ALL: usize = 64 * 1024 * 1024;
/// Longest address of an item. Long queries go by batch because no gateway stands between (contract §1.4).
const LONGEST_URL: usize = 64 * 1024;
/// Longest time of a batch (contract §8.2).
const MAX_TIME: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(default)]
    batch_request_id: serde_json::Value,
    #[serde(default)]
    rest_requests: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(default)]
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    exclude_response_headers: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct Serviced {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    status_code: u16,
    status_text: String,
    headers: Vec<Header>,
    execution_time: u64,
}

/// Answers `POST /api/now/batch`.
///
/// # Errors
/// 400 where the batch cannot be read; items fail on their own.
pub(crate) fn answer(call: &Call<'_>) -> Result<Reply, Refusal> {
    if call.method != Method::POST {
        return Err(Refusal::method_not_allowed());
    }
    let batch: Batch = serde_json::from_slice(&call.body).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, "Exception while reading request", error.to_string())
    })?;
    let most = call
        .headers
        .get("x-batchrequest-max-output-size")
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok())
        .map_or(MAX_OUT, |asked| asked.min(MAX_OUT));
    let start = Instant::now();
    let mut serviced = Vec::new();
    let mut unserviced = Vec::new();
    let mut answered = 0;
    for item in batch.rest_requests {
        let id = text(&item.id);
        let body = item.body.as_deref().map_or(Ok(Vec::new()), |body| STANDARD.decode(body));
        match body {
            Ok(body) if body.len() <= MAX_IN && answered < MAX_ALL && start.elapsed() < MAX_TIME => {
                match service(call, &item, id.clone(), body.into(), most) {
                    Some(done) => {
                        // A bare answer weighs something, too: ids, status, and headers.
                        answered += done.body.as_ref().map_or(0, String::len) + 256;
                        serviced.push(done);
                    }
                    None => unserviced.push(id),
                }
            }
            _ => unserviced.push(id),
        }
    }
    let answer = serde_json::json!({
        "batch_request_id": text(&batch.batch_request_id),
        "serviced_requests": serviced,
        "unserviced_requests": unserviced,
    });
    Ok(Reply::json(StatusCode::OK, answer.to_string()))
}

/// Ids come back as strings, whatever they were sent as.
fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// `None` where the answer is over the limit: the item comes back unserviced.
fn service(call: &Call<'_>, item: &Item, id: String, body: Bytes, most: usize) -> Option<Serviced> {
    let start = Instant::now();
    let reply = one(call, item, body).unwrap_or_else(Reply::from);
    if reply.body.len() > most {
        return None;
    }
    let headers = if item.exclude_response_headers { Vec::new() } else { headers(&reply) };
    Some(Serviced {
        id,
        body: (!reply.body.is_empty()).then(|| STANDARD.encode(&reply.body)),
        status_code: reply.status.as_u16(),
        status_text: reply.status.canonical_reason().unwrap_or_default().to_owned(),
        headers,
        execution_time: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

fn headers(reply: &Reply) -> Vec<Header> {
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let mut headers = vec![
        header("Pragma", "no-store,no-cache"),
        header("Expires", "0"),
        header("Content-Length", &reply.body.len().to_string()),
        header("Content-Type", reply.content_type.to_str().unwrap_or_default()),
        header("Cache-control", super::headers::CACHE_CONTROL),
    ];
    headers.extend(
        reply.headers.iter().map(|(name, value)| header(name.as_str(), value.to_str().unwrap_or_default())),
    );
    headers
}

fn one(call: &Call<'_>, item: &Item, body: Bytes) -> Result<Reply, Refusal> {
    let method = Method::from_bytes(item.method.to_ascii_uppercase().as_bytes())
        .map_err(|_| Refusal::method_not_allowed())?;
    if item.url.len() > LONGEST_URL {
        return Err(Refusal { status: StatusCode::URI_TOO_LONG, ..Refusal::bad("URI Too Long") });
    }
    let target = item.url.split_once("/api/").map_or(item.url.as_str(), |(_, rest)| rest);
    let target = format!("/api/{target}");
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    if path.trim_end_matches('/').ends_with("/batch") {
        return Err(Refusal::bad("A batch cannot hold a batch"));
    }
    let mut headers = HeaderMap::new();
    for header in &item.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(header.name.as_bytes()), HeaderValue::from_str(&header.value))
        {
            headers.insert(name, value);
        }
    }
    super::dispatch(call.app, call.account, &method, path, query, &headers, body)
}
