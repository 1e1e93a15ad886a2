//! `/oauth_token.do`, `/oauth_revoke_token.do` and the JWKS as they look on the wire (contract §7.2).

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Response, StatusCode, Uri};
use serde_json::json;

use crate::sandbox::app::App;
use crate::sandbox::record::{Record, new_sys_id};

use super::grants::{self, Code, Denied, Form, Granted};
use super::tokens::{self, TokenError};
use crate::sandbox::profile::OauthErrors;

/// The parameters that must not stand in the address (`glide.oauth.allow.parameters.in.post.body.only`).
const PARAMETERS: [&str; 10] = [
    "grant_type",
    "client_id",
    "client_secret",
    "username",
    "password",
    "refresh_token",
    "code",
    "code_verifier",
    "assertion",
    "redirect_uri",
];

/// Answers a token request.
pub(super) async fn token(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let rules = app.profile();
    let now = app.now().as_millisecond();
    let answer = form(&headers, &uri, &body, rules.oauth_body_only).and_then(|form| {
        let request = grants::Request {
            form: &form,
            assertion_header: assertion_header(&headers),
            rules: &rules,
            instance: app.url(),
            now,
        };
        let mut writer = app.store.write()?;
        let answer = grants::grant(&mut writer, &request);
        // A refused request leaves its traces too: the code it brought is used up.
        if !matches!(answer, Err(Denied::Broken(_))) {
            writer.commit()?;
        }
        answer
    });
    let mut response = match answer {
        Ok(granted) => success(&granted, now),
        Err(Denied::Refused(code, cause)) => {
            note(&app, code, cause);
            refusal(rules.oauth_errors, code, cause)
        }
        Err(Denied::Broken(error)) => broken(&error),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// The parameters from the body, and, where that is allowed, from the address. The client may also name itself
/// by Basic: ServiceNow's own Python client does.
fn form(headers: &HeaderMap, uri: &Uri, body: &[u8], body_only: bool) -> Result<Form, Denied> {
    let bad = |why| Denied::Refused(Code::InvalidRequest, why);
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(bad("the body is not form-encoded"));
    }
    let mut form = Form::parse(body).ok_or_else(|| bad("a parameter came twice"))?;
    let query = Form::parse(uri.query().unwrap_or_default().as_bytes())
        .ok_or_else(|| bad("a parameter came twice"))?;
    if !body_only {
        form.fill_from(query);
    } else if PARAMETERS.iter().any(|name| !query.get(name).is_empty()) {
        return Err(bad("parameters count in the body alone"));
    }
    if let Some(by_basic) = client_by_basic(headers) {
        form.fill_from(by_basic);
    }
    Ok(form)
}

fn client_by_basic(headers: &HeaderMap) -> Option<Form> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let encoded = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", id)
        .append_pair("client_secret", secret)
        .finish();
    Form::parse(encoded.as_bytes())
}

/// ServiceNow's own Python client sends its JWT as `Authentication: Bearer …`.
fn assertion_header(headers: &HeaderMap) -> &str {
    headers
        .get("authentication")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default()
}

fn success(granted: &Granted, now: i64) -> Response<Body> {
    let mut body = json!({
        "access_token": granted.access.token,
        "scope": granted.access.holder.scope,
        "token_type": "Bearer",
        "expires_in": granted.access.remaining_seconds(now),
    });
    if let Some(refresh) = &granted.refresh {
        body["refresh_token"] = json!(refresh);
    }
    json_response(StatusCode::OK, &body)
}

fn refusal(style: OauthErrors, code: Code, cause: &str) -> Response<Body> {
    match style {
        OauthErrors::Servicenow => json_response(
            StatusCode::UNAUTHORIZED,
            &json!({ "error_description": "access_denied", "error": "server_error" }),
        ),
        OauthErrors::Rfc => {
            let status =
                if code == Code::InvalidClient { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            json_response(status, &json!({ "error": code.name(), "error_description": cause }))
        }
    }
}

fn broken(error: &TokenError) -> Response<Body> {
    tracing::error!(%error, "no token could be written");
    json_response(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({ "error_description": "the sandbox's data could not be written", "error": "server_error" }),
    )
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

/// The cause goes where an administrator looks for it, the system log (contract §7.2).
fn note(app: &App, code: Code, cause: &str) {
    let now = app.now_text();
    let row = Record::of([
        ("sys_id", &new_sys_id()),
        ("level", "1"),
        ("source", "OAuth"),
        ("message", &format!("Exception on token flow - {}: {cause}", code.name())),
        ("sys_created_on", &now),
        ("sys_created_by", "system"),
    ]);
    let written = app.store.write().and_then(|mut writer| {
        writer.put("syslog", row)?;
        writer.commit()
    });
    if let Err(error) = written {
        tracing::error!(%error, "the system log could not be written");
    }
}

/// Ends a token; nobody has to sign in for that.
pub(super) async fn revoke(State(app): State<Arc<App>>, uri: Uri, body: Bytes) -> Response<Body> {
    let by =
        |encoded: &[u8]| Form::parse(encoded).map(|form| form.get("token").to_owned()).unwrap_or_default();
    let token = match by(uri.query().unwrap_or_default().as_bytes()) {
        none if none.is_empty() => by(&body),
        token => token,
    };
    let done = app.store.write().map_err(TokenError::from).and_then(|mut writer| {
        tokens::revoke(&mut writer, &token)?;
        Ok(writer.commit()?)
    });
    match done {
        Ok(()) => json_response(StatusCode::OK, &json!({})),
        Err(error) => broken(&error),
    }
}

/// The instance signs no tokens of its own: they are opaque.
pub(super) async fn jwks() -> Response<Body> {
    Json(json!({ "keys": [] })).into_response()
}
