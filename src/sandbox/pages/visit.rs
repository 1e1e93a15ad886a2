//! One request for a page: whose session it carries, and whether a form it brings is one of ours.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts};
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};

use crate::sandbox::account::Account;
use crate::sandbox::app::App;
use crate::sandbox::authenticate::account_by_id;
use crate::sandbox::oauth::Form;
use crate::sandbox::sessions::{Session, own_origin, set_cookie};

use super::layout;

/// Bytes of a posted form. An article of 4 MB (contract §1.5) grows up to threefold in this encoding.
const MAX_FORM: usize = 16 * 1024 * 1024;

/// Who is looking, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// The browser's session, signed in or not.
    pub(crate) session: Option<Session>,
    /// The user who signed in.
    pub(crate) account: Option<Account>,
    /// Path and query of this request.
    pub(crate) target: String,
    /// Whether the sandbox speaks TLS.
    secure: bool,
    /// Whether the answer has to carry the session's cookie.
    fresh: bool,
}

impl Visit {
    fn read(app: &App, parts: &Parts) -> Self {
        let cookies = all_of(&parts.headers, header::COOKIE);
        let session = app.sessions.find(&cookies, app.now().as_second());
        let account = session
            .as_ref()
            .and_then(|session| session.user.as_deref())
            .and_then(|id| account_by_id(app, id));
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Self { session, account, target, secure: app.url().starts_with("https:"), fresh: false }
    }

    /// The session, begun now where there was none: forms need one.
    pub(crate) fn begin(&mut self, app: &App) -> Option<&Session> {
        if self.session.is_none() {
            self.session = app.sessions.start(None, app.now().as_second()).ok();
            self.fresh = true;
        }
        self.session.as_ref()
    }

    /// Signs a user in: the old session ends, so that an id known from before is worth nothing.
    pub(crate) fn sign_in(&mut self, app: &App, account: Account) {
        self.sign_out(app);
        self.session = app.sessions.start(Some(&account.sys_id), app.now().as_second()).ok();
        self.account = Some(account);
        self.fresh = true;
    }

    /// Ends the session.
    pub(crate) fn sign_out(&mut self, app: &App) {
        if let Some(session) = self.session.take() {
            app.sessions.end(&session.id);
        }
        self.account = None;
    }

    /// What the forms of this visitor carry; empty before [`Visit::begin`].
    pub(crate) fn form_token(&self) -> String {
        self.session.as_ref().map(Session::form_token).unwrap_or_default()
    }

    /// Gives the browser its new cookie, if it has one.
    pub(super) fn set_cookie_on(&self, headers: &mut HeaderMap) {
        let cookie = match &self.session {
            Some(session) if self.fresh => set_cookie(session, self.secure),
            _ => return,
        };
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

fn all_of(headers: &HeaderMap, name: header::HeaderName) -> String {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join("; ")
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        Ok(Self::read(app, parts))
    }
}

/// A form that one of our own pages gave to this very session.
#[derive(Debug)]
pub(crate) struct Posted {
    /// Who sent it.
    pub(crate) visit: Visit,
    /// What it holds.
    pub(crate) form: Form,
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Response<Body>;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let visit = Visit::read(app, &parts);
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST).unwrap_or_default();
        let form = axum::body::to_bytes(body, MAX_FORM).await.ok().and_then(|body| Form::parse(&body));
        let Some(form) = form else {
            let why = "The form was too large, or could not be read.";
            return Err(layout::notice(&visit, StatusCode::BAD_REQUEST, "That did not work", why));
        };
        let ours = visit.session.as_ref().is_some_and(|session| session.sent_this(form.get("token")));
        if !ours || !own_origin(host, text(header::ORIGIN)) {
            let why = "This form is from an older session, or not from this server. Go back, reload the page and send it again.";
            return Err(layout::notice(&visit, StatusCode::FORBIDDEN, "The form was not accepted", why));
        }
        Ok(Self { visit, form })
    }
}

/// Where to go after a sign-in: a path of this server, whatever was asked for.
pub(super) fn safe_next(next: &str) -> &str {
    let mut bytes = next.bytes();
    let path = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    if path && next.bytes().all(|b| b.is_ascii_graphic()) { next } else { "/kb" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_this_server_only() {
        assert_eq!(safe_next("/kb_view.do?sysparm_article=KB1"), "/kb_view.do?sysparm_article=KB1");
        for elsewhere in
            ["", "kb", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ é"]
        {
            assert_eq!(safe_next(elsewhere), "/kb", "{elsewhere:?}");
        }
    }
}
