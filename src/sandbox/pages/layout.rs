//! What every page has: its head, the sandbox banner, the bar with search and sign-in, and the headers that
//! keep a page from running or loading anything it should not.

use std::sync::LazyLock;

use axum::body::Body;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Response, StatusCode};

use super::markup::{Html, html, query_value};
use super::visit::Visit;

/// The one stylesheet.
const STYLE: &str = include_str!("style.css");

/// Where it is served.
pub(super) const STYLE_PATH: &str = "/sandbox/style.css";

/// Its address names its content, so that a browser keeps it until it changes.
static STYLE_URL: LazyLock<String> =
    LazyLock::new(|| format!("{STYLE_PATH}?v={}", crate::ids::Digest::of(STYLE.as_bytes()).prefix(12)));

/// A page before it is put in its frame.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// Of the window; the frame adds the product.
    pub(crate) title: &'a str,
    /// What stands in `<main>`.
    pub(crate) content: Html,
    /// What stands in the search field.
    pub(crate) query: &'a str,
    /// Where else than to this server a form of this page may lead: an origin or a scheme, for the consent page.
    pub(crate) form_target: &'a str,
}

impl<'a> Page<'a> {
    /// A page with nothing in the search field.
    pub(crate) const fn new(title: &'a str, content: Html) -> Self {
        Self { title, content, query: "", form_target: "" }
    }

    /// The whole answer.
    pub(crate) fn respond(self, visit: &Visit, status: StatusCode) -> Response<Body> {
        let policy = policy(self.form_target);
        let mut response = Response::new(Body::from(self.frame(visit).into_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        harden(headers);
        visit.set_cookie_on(headers);
        response
    }

    fn frame(&self, visit: &Visit) -> Html {
        html!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{} · kb-publish sandbox</title>\n<link rel=\"stylesheet\" href=\"{}\">\n\
             <link rel=\"icon\" href=\"data:,\">\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#ui-main\">Skip to content</a>\n\
             <div class=\"notice\" role=\"note\"><p class=\"wide\"><strong>This is a sandbox.</strong> \
             It behaves like a ServiceNow instance and runs on this machine only. Nothing here reaches a real one.</p></div>\n\
             {}<main id=\"ui-main\" class=\"wide\" tabindex=\"-1\">\n{}\n</main>\n\
             <footer class=\"foot\"><p class=\"wide\">kb-publish sandbox {}, an emulation for testing. \
             Not a ServiceNow product.</p></footer>\n</body>\n</html>\n",
            self.title,
            *STYLE_URL,
            bar(visit, self.query),
            self.content,
            env!("CARGO_PKG_VERSION"),
        )
    }
}

fn bar(visit: &Visit, query: &str) -> Html {
    let who = match (&visit.account, &visit.session) {
        (Some(account), Some(session)) => html!(
            "<span>{}</span><form method=\"post\" action=\"/logout.do\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
             <button class=\"link\">Sign out</button></form>",
            account.name,
            session.form_token(),
        ),
        _ => html!("<a href=\"/login.do?next={}\">Sign in</a>", query_value(&visit.target)),
    };
    html!(
        "<header class=\"bar\"><div class=\"wide\"><a class=\"brand\" href=\"/kb\">Knowledge</a>\
         <form class=\"find\" role=\"search\" action=\"/kb\"><label class=\"unseen\" for=\"ui-find\">Search articles by title and text</label>\
         <input id=\"ui-find\" type=\"search\" name=\"q\" value=\"{}\" placeholder=\"Search titles and text\">\
         <button>Search</button></form><div class=\"who\">{}</div></div></header>\n",
        query,
        who,
    )
}

/// No script, no frame, no plug-in, nothing from elsewhere but pictures and sound; a style only from the one
/// sheet or in an attribute, as articles have them.
fn policy(form_target: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: https:; \
         media-src 'self' https:; form-action 'self' {form_target}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The headers that pages and files have alike.
pub(super) fn harden(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}

/// The stylesheet.
pub(super) async fn style() -> Response<Body> {
    let mut response = Response::new(Body::from(STYLE));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    harden(headers);
    response
}

/// Sends the browser elsewhere on this server; `to` is a path of our own making.
pub(crate) fn redirect(visit: &Visit, status: StatusCode, to: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Ok(to) = HeaderValue::from_str(to) {
        headers.insert(header::LOCATION, to);
    }
    harden(headers);
    visit.set_cookie_on(headers);
    response
}

/// A page that says in words why there is nothing else on it.
pub(crate) fn notice(visit: &Visit, status: StatusCode, title: &str, text: &str) -> Response<Body> {
    let content = html!(
        "<div class=\"narrow\"><div class=\"card\"><h1>{}</h1><p>{}</p><p class=\"actions\">\
         <a class=\"button\" href=\"/kb\">Go to the knowledge home</a></p></div></div>",
        title,
        text,
    );
    Page::new(title, content).respond(visit, status)
}
