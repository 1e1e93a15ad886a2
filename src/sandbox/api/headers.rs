//! What every answer of an instance carries (contract §1.2, §8.5; `recorded/http.*.json`).

use std::io::Write as _;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::super::app::App;
use super::super::pool::SemWait;
use super::super::record::new_sys_id;
use super::call::Reply;

/// `Cache-Control` of every API answer.
pub(crate) const CACHE_CONTROL: &str = "no-cache,no-store,must-revalidate,max-age=-1";

/// Shorter bodies are not worth compressing.
const GZIP_FROM: usize = 860;

/// The session that a caller's cookies name.
pub(crate) fn session(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == "JSESSIONID" && !value.is_empty()).then(|| value.to_owned())
        })
}

/// The answer as it goes out.
pub(crate) fn dress(app: &App, parts: &Parts, reply: Reply, signed_in: bool) -> Response {
    let Reply { status, headers, body, content_type } = reply;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let out = response.headers_mut();
    out.extend(headers);
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(HeaderName::from_static(name), value);
        }
    };
    // Who is not signed in gets no transaction (recorded/http.table_get_401.json).
    if signed_in {
        set("x-is-logged-in", "true");
        set("x-transaction-id", &new_sys_id()[..12]);
    }
    let waited = parts.extensions.get::<SemWait>().copied().unwrap_or_default().0.as_millis();
    set("server-timing", &format!("sem_wait;dur={waited}, sesh_wait;dur=0"));
    if app.shift() != 0 {
        set("date", &app.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    }
    set("pragma", "no-store,no-cache");
    set("cache-control", CACHE_CONTROL);
    set("expires", "0");
    set("x-content-type-options", "nosniff");
    set("keep-alive", "timeout=20");
    set("server", "ServiceNow");
    set("strict-transport-security", "max-age=63072000; includeSubDomains");
    if session(&parts.headers).is_none() {
        for cookie in cookies(app).into_iter().filter(|cookie| signed_in || !of_a_session(cookie)) {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                out.append(SET_COOKIE, value);
            }
        }
    }
    if status == StatusCode::NO_CONTENT {
        return response;
    }
    out.insert(CONTENT_TYPE, content_type);
    let zipped = accepts_gzip(&parts.headers) && body.len() >= GZIP_FROM;
    let body = if zipped {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        gzip(&body)
    } else {
        body
    };
    // A stream of unknown length: real instances send chunks.
    *response.body_mut() = if parts.method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(stream::iter([Ok::<_, std::convert::Infallible>(body)]))
    };
    response
}

/// Cookies that a caller gets only when signed in.
fn of_a_session(cookie: &str) -> bool {
    cookie.starts_with("glide_user_route=") || cookie.starts_with("glide_session_store=")
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|one| {
            let mut parts = one.split(';');
            let name = parts.next().unwrap_or_default().trim();
            let refused = parts.any(|part| matches!(part.trim(), "q=0" | "q=0.0"));
            (name.eq_ignore_ascii_case("gzip") || name == "*") && !refused
        })
    })
}

fn gzip(body: &Bytes) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    // Writing into a Vec cannot fail.
    match encoder.write_all(body).and_then(|()| encoder.finish()) {
        Ok(zipped) => zipped.into(),
        Err(_) => Bytes::new(),
    }
}

fn cookies(app: &App) -> [String; 6] {
    // A cookie marked `Secure` would never come back over plain loopback HTTP.
    let secure = if app.url().starts_with("https:") { ";Secure" } else { "" };
    let gone = "Max-Age=0; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly";
    let now = app.now();
    let date = |time: jiff::Timestamp| time.strftime("%a, %d-%b-%Y %H:%M:%S GMT").to_string();
    let later = date(now + jiff::SignedDuration::from_mins(30));
    let session = new_sys_id().to_ascii_uppercase();
    let store = new_sys_id().to_ascii_uppercase();
    [
        format!("JSESSIONID={session}; Path=/; HttpOnly{secure}"),
        format!("glide_user=; {gone}{secure}"),
        format!("glide_user_session=; {gone}{secure}"),
        format!(
            "glide_user_route=glide.{}; Max-Age=2147483647; Expires=Wed, 16-Mar-2089 17:03:55 GMT; Path=/; HttpOnly{secure}",
            new_sys_id()
        ),
        format!("glide_session_store={store}; Max-Age=1800; Expires={later}; Path=/; HttpOnly{secure}"),
        format!(
            "BIGipServerpool_sandbox={}; path=/; Httponly{}",
            &new_sys_id()[..16],
            if secure.is_empty() { "" } else { "; Secure" }
        ),
    ]
}
