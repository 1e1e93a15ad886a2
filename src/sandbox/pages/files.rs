//! `/sys_attachment.do`: the bytes of a file; and an article's body as it is stored, as plain text.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::sandbox::app::App;
use crate::sandbox::record::Record;
use crate::sandbox::store::View as _;

use super::layout::{harden, notice};
use super::portal::Asked;
use super::sight::Sight;
use super::sign_in;
use super::visit::Visit;

/// Types that a browser runs or lays out as a page: always a download (contract §4.4). An `<img>` shows an SVG
/// all the same: it does not look at the disposition.
const DOWNLOADS: &[&str] = &[
    "text/html",
    "image/svg+xml",
    "application/xhtml+xml",
    "text/xml",
    "application/xml",
    "text/javascript",
    "application/javascript",
];

#[derive(Debug, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    sys_id: String,
}

/// The bytes of a file, if the visitor may open what it is attached to.
pub(super) async fn file(
    State(app): State<Arc<App>>,
    visit: Visit,
    Query(file): Query<File>,
) -> Response<Body> {
    let missing = || {
        let text = "There is no such file, or it belongs to something that you may not see.";
        notice(&visit, StatusCode::NOT_FOUND, "File not found", text)
    };
    let row = {
        let reader = app.store.read();
        let Some(row) = reader.get("sys_attachment", &file.sys_id).map(Arc::clone) else { return missing() };
        let profile = app.profile();
        if !Sight::new(&reader, visit.account.as_ref(), &profile).opens_file(&row) {
            return if visit.account.is_none() { sign_in::ask(&visit) } else { missing() };
        }
        row
    };
    match app.store.bytes(row.sys_id()) {
        Ok(Some(bytes)) => served(&row, bytes),
        _ => missing(),
    }
}

fn served(row: &Record, bytes: Vec<u8>) -> Response<Body> {
    let stored = row.get("content_type");
    let content_type = HeaderValue::from_str(stored)
        .ok()
        .filter(|_| stored.contains('/'))
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let kind = stored.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let disposition = if DOWNLOADS.contains(&kind.as_str()) { "attachment" } else { "inline" };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    if let Ok(value) = HeaderValue::from_str(&format!("{disposition}; {}", file_name(row.get("file_name")))) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    // Even opened by itself, a file runs nothing: `sandbox` takes its origin away, too.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; sandbox",
        ),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    harden(headers);
    response
}

/// The name for every client: plain letters, and the whole of it in RFC 8187's form.
fn file_name(name: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    let plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '/') || letter == ' ' {
                letter
            } else {
                '_'
            }
        })
        .collect();
    format!("filename=\"{plain}\"; filename*=UTF-8''{}", percent_encoding::utf8_percent_encode(name, KEPT))
}

/// An article's body as it is stored, for those who work on it.
pub(super) async fn stored(
    State(app): State<Arc<App>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Response<Body> {
    if visit.account.is_none() {
        return sign_in::ask(&visit);
    }
    let text = {
        let reader = app.store.read();
        let profile = app.profile();
        let sight = Sight::new(&reader, visit.account.as_ref(), &profile);
        reader
            .get("kb_knowledge", &asked.sys_kb_id)
            .filter(|article| sight.works_on(article))
            .map(|article| reader.text("kb_knowledge", article, "text").into_owned())
    };
    let Some(text) = text else {
        return notice(
            &visit,
            StatusCode::NOT_FOUND,
            "Knowledge record not found",
            "No article has this id.",
        );
    };
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    harden(headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &str, content_type: &str) -> (String, String) {
        let row = Record::of([("file_name", name), ("content_type", content_type)]);
        let response = served(&row, vec![1, 2, 3]);
        let get = |name: header::HeaderName| response.headers()[name].to_str().unwrap().to_owned();
        (get(header::CONTENT_TYPE), get(header::CONTENT_DISPOSITION))
    }

    #[test]
    fn what_a_browser_could_run_is_a_download() {
        assert_eq!(
            headers("net.png", "image/png").1,
            "inline; filename=\"net.png\"; filename*=UTF-8''net.png"
        );
        for active in ["image/svg+xml", "text/html", "TEXT/HTML; charset=utf-8", "application/xml"] {
            assert!(headers("a", active).1.starts_with("attachment"), "{active}");
        }
    }

    #[test]
    fn odd_names_and_types_do_no_harm() {
        let (kind, disposition) = headers("a\"b\r\nX: y/ü.png", "nonsense");
        assert_eq!(kind, "application/octet-stream");
        assert_eq!(
            disposition,
            "inline; filename=\"a_b__X: y__.png\"; filename*=UTF-8''a%22b%0D%0AX%3A%20y%2F%C3%BC.png"
        );
    }
}
