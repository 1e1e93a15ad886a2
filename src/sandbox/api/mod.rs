//! The REST surface: `/api/now/…` (contract §1, §4, §8).
//!
//! A call is read whole within its limit, signed in, answered by one of the APIs, and dressed with the headers
//! that every answer of an instance has.

mod attachment;
mod attributes;
mod batch;
mod call;
mod companion;
mod headers;
mod multipart;
mod paging;
mod table;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;

use self::call::Call;
pub(crate) use self::call::Reply;
use super::account::Account;
use super::app::App;
use super::authenticate::{AuthFailure, authenticate};
use super::rates::Rate;
use super::refusal::Refusal;

/// The Table, Attachment and Batch APIs.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().route("/api", any(api)).route("/api/{*rest}", any(api))
}

/// Who called, for the request log: put into the answer's extensions.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Arc<Account>);

async fn api(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let session = app.profile().serialize_sessions.then(|| headers::session(&parts.headers)).flatten();
    // Requests of one session run one after another (contract §8.4).
    let _turn = match &session {
        Some(session) => Some(app.session_turn(session).lock_owned().await),
        None => None,
    };
    let account = authenticate(&app, &parts.headers);
    let reply = match &account {
        Err(failure) => {
            drop(body);
            refused_sign_in(&app, failure)
        }
        Ok(account) => {
            let rate = app.rates.count(&account.user_name, app.profile().rate_limit_per_hour, app.now());
            let reply = match (&rate, read(&app, &parts, body).await) {
                (Some(rate), _) if rate.over => rate.refusal().into(),
                (_, Err(refusal)) => refusal.into(),
                (_, Ok(bytes)) => carry_out(&app, account, &parts, bytes),
            };
            let headers = rate.iter().flat_map(Rate::headers);
            headers.fold(reply, |reply, (name, value)| reply.header(name, &value))
        }
    };
    let mut response = headers::dress(&app, &parts, reply, account.is_ok());
    if let Ok(account) = account {
        response.extensions_mut().insert(Caller(account));
    }
    response
}

fn refused_sign_in(app: &App, failure: &AuthFailure) -> Reply {
    if *failure == AuthFailure::MissingScope {
        let detail = "Missing required api access scope";
        return Refusal::new(StatusCode::FORBIDDEN, "User Not Authorized", detail).into();
    }
    let profile = app.profile();
    let message =
        if profile.old_auth_wording { "User Not Authenticated" } else { "User is not authenticated" };
    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, message, "Required to provide Auth information");
    let reply = Reply::from(refusal)
        .header("www-authenticate", "BASIC realm=\"Service-now\"")
        .header("connection", "close");
    match failure {
        AuthFailure::Refused | AuthFailure::MissingScope => reply,
        AuthFailure::SecondFactor => reply.header("x-mfa_token", "invalid"),
    }
}

/// Reads the body within the limit of its API: memory stays bounded whatever is sent.
async fn read(app: &App, parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    let profile = app.profile();
    let upload = parts.uri.path().contains("/attachment/");
    let limit = if upload { profile.attachment_max_bytes + 64 * 1024 } else { profile.max_body_bytes };
    let too_large = || {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "Request payload too large",
            format!("the body is larger than {limit} bytes"),
        )
    };
    let announced = parts.headers.get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|value| value.parse::<usize>().ok()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut body = body;
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Refusal::new(StatusCode::BAD_REQUEST, "Exception while reading request", error.to_string())
        })?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes.freeze())
}

fn carry_out(app: &App, account: &Account, parts: &Parts, body: Bytes) -> Reply {
    let path = parts.uri.path();
    let raw_query = parts.uri.query().unwrap_or_default();
    dispatch(app, account, &parts.method, path, raw_query, &parts.headers, body).unwrap_or_else(Reply::from)
}

/// Answers one call, from a connection or from inside a batch.
///
/// # Errors
/// As contract §1.6 says.
fn dispatch(
    app: &App,
    account: &Account,
    method: &Method,
    path: &str,
    raw_query: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Reply, Refusal> {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let segments: Vec<&str> = decoded.split('/').filter(|part| !part.is_empty()).collect();
    if let ["api", "global", "kb_publish", "v1", rest @ ..] = segments.as_slice()
        && app.profile().companion
    {
        let method = method.clone();
        let call =
            Call { app, account, method, path, raw_query, parameters: Vec::new(), headers, body, v1: false };
        return companion::answer(&call, rest);
    }
    let ["api", "now", rest @ ..] = segments.as_slice() else { return Err(Refusal::no_resource()) };
    let (v1, rest) = match rest {
        [version, rest @ ..] if is_version(version) => (*version == "v1", rest),
        rest => (false, rest),
    };
    let method = real_method(method, headers)?;
    check_types(&method, rest, headers, &body)?;
    let call =
        Call { app, account, method, path, raw_query, parameters: parameters(raw_query), headers, body, v1 };
    match rest {
        ["table", name] => table::answer(&call, name, None),
        ["table", name, id] => table::answer(&call, name, Some(id)),
        ["attachment", rest @ ..] => attachment::answer(&call, rest),
        ["batch"] => batch::answer(&call),
        _ => Err(Refusal::no_resource()),
    }
}

fn is_version(segment: &str) -> bool {
    matches!(segment, "v1" | "v2")
}

/// Query parameters, `+` and `%` decoded.
fn parameters(raw_query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(raw_query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// `X-HTTP-Method-Override` counts; `HEAD` is `GET` without a body.
fn real_method(method: &Method, headers: &HeaderMap) -> Result<Method, Refusal> {
    let named = match headers.get("x-http-method-override") {
        Some(name) => Method::from_bytes(name.as_bytes()).map_err(|_| Refusal::method_not_allowed())?,
        None => method.clone(),
    };
    Ok(if named == Method::HEAD { Method::GET } else { named })
}

/// 406 where the answer's type is not accepted, 400 and 415 for a body that is no JSON (contract §1.1).
fn check_types(method: &Method, rest: &[&str], headers: &HeaderMap, body: &Bytes) -> Result<(), Refusal> {
    let file = rest.first() == Some(&"attachment");
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let accepted = accept.split(',').any(|one| {
        let kind = one.split(';').next().unwrap_or_default().trim();
        kind.is_empty() || matches!(kind, "*/*" | "application/*" | "application/json" | "text/json")
    });
    if !accepted && !file {
        return Err(Refusal {
            status: StatusCode::NOT_ACCEPTABLE,
            ..Refusal::bad("Media type not accepted")
        });
    }
    if file || body.is_empty() || !matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
        return Ok(());
    }
    match headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default().to_ascii_lowercase()) {
        None => Err(Refusal::bad("Missing required header: Content-Type")),
        Some(kind) if kind.contains("json") => Ok(()),
        Some(_) => Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ..Refusal::bad("Unsupported media type")
        }),
    }
}
