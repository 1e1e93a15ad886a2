//! One REST call taken apart, and its answer before headers are added.

use std::collections::HashSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::super::account::Account;
use super::super::app::App;
use super::super::records::Values;
use super::super::refusal::Refusal;
use super::super::shape::{Display, Shape};

/// A call to `/api/…`.
pub(crate) struct Call<'a> {
    /// The instance.
    pub(crate) app: &'a App,
    /// Who calls.
    pub(crate) account: &'a Account,
    /// `GET` for `HEAD`.
    pub(crate) method: Method,
    /// Path as sent.
    pub(crate) path: &'a str,
    /// Query as sent.
    pub(crate) raw_query: &'a str,
    /// Query parameters, decoded.
    pub(crate) parameters: Vec<(String, String)>,
    /// Headers.
    pub(crate) headers: &'a HeaderMap,
    /// Body.
    pub(crate) body: Bytes,
    /// Whether the path names version 1.
    pub(crate) v1: bool,
}

impl Call<'_> {
    /// The last value of a parameter, empty where it is not there.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a yes/no parameter says yes.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.parameter(name).eq_ignore_ascii_case("true")
    }

    /// How rows are to be written.
    pub(crate) fn shape(&self) -> Shape {
        let fields = self.parameter("sysparm_fields");
        let mut seen = HashSet::new();
        Shape {
            fields: (!fields.is_empty()).then(|| {
                fields
                    .split(',')
                    .map(str::trim)
                    .filter(|field| !field.is_empty() && seen.insert(*field))
                    .map(str::to_owned)
                    .collect()
            }),
            display: match self.parameter("sysparm_display_value").to_ascii_lowercase().as_str() {
                "true" => Display::Shown,
                "all" => Display::All,
                _ => Display::Stored,
            },
            without_links: self.flag("sysparm_exclude_reference_link"),
        }
    }

    /// The body as columns: an object, or the first of an array (contract §1.5).
    ///
    /// # Errors
    /// 400 where it is not JSON, or no object.
    pub(crate) fn values(&self) -> Result<Values, Refusal> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Values::new());
        }
        let parsed: serde_json::Value = serde_json::from_slice(&self.body).map_err(|error| {
            Refusal::new(StatusCode::BAD_REQUEST, "Exception while reading request", error.to_string())
        })?;
        let first = match parsed {
            serde_json::Value::Array(items) => items.into_iter().next(),
            other => Some(other),
        };
        match first {
            Some(serde_json::Value::Object(columns)) => {
                Ok(columns.into_iter().map(|(name, value)| (name, text(&value))).collect())
            }
            None => Ok(Values::new()),
            Some(_) => Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "Exception while reading request",
                "The payload is not a JSON object",
            )),
        }
    }
}

fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => value.to_string(),
        serde_json::Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        serde_json::Value::Object(parts) => {
            parts.get("value").or_else(|| parts.get("display_value")).map(text).unwrap_or_default()
        }
    }
}

/// An answer before the headers that every answer has.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Status.
    pub(crate) status: StatusCode,
    /// Headers of this answer alone.
    pub(crate) headers: HeaderMap,
    /// Body; empty for none.
    pub(crate) body: Bytes,
    /// Its type.
    pub(crate) content_type: HeaderValue,
}

/// The type of every JSON answer.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

impl Reply {
    /// JSON.
    pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into(), content_type: JSON }
    }

    /// 204.
    pub(crate) fn nothing() -> Self {
        Self::json(StatusCode::NO_CONTENT, Bytes::new())
    }

    /// `{"result": …}`.
    pub(crate) fn result(status: StatusCode, result: &[u8]) -> Self {
        let mut body = Vec::with_capacity(result.len() + 12);
        body.extend_from_slice(b"{\"result\":");
        body.extend_from_slice(result);
        body.push(b'}');
        Self::json(status, body)
    }

    /// The same with one more header; one that no header can hold is left out.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.status, refusal.body())
    }
}
