//! Who is signed in on the pages, and the token that each of their forms must bring back.
//!
//! Knows cookies and forms; not what a page shows. The APIs never look here: they sign in with each request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The pages' cookie. Not `JSESSIONID`: that one is the APIs' (contract §8.5), and signs nobody in here.
pub(crate) const COOKIE: &str = "kb_sandbox_session";

/// How long a session lives without a request, in seconds (`glide_session_store`'s Max-Age, contract §8.5).
const IDLE_SECONDS: i64 = 1800;

/// Sessions kept at once; the ones idle for longest go first.
const MOST: usize = 1000;

/// A visitor, signed in or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// The cookie's value.
    pub(crate) id: String,
    /// `sys_id` of the user who signed in.
    pub(crate) user: Option<String>,
}

impl Session {
    /// What this session's forms carry. Made from the id by a one-way function: a page that leaks it
    /// does not leak the cookie.
    pub(crate) fn form_token(&self) -> String {
        let digest = Sha256::new_with_prefix(b"kb-publish sandbox form\0").chain_update(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(digest.finalize())
    }

    /// Whether a form brought this session's token.
    pub(crate) fn sent_this(&self, token: &str) -> bool {
        same(self.form_token().as_bytes(), token.as_bytes())
    }
}

#[derive(Debug)]
struct Entry {
    user: Option<String>,
    seen: i64,
}

/// All sessions, in memory: a restart signs everybody out.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    entries: Mutex<HashMap<String, Entry>>,
}

impl Sessions {
    /// The session that a `Cookie` header names, if it is still alive at `now` (seconds since 1970).
    pub(crate) fn find(&self, cookies: &str, now: i64) -> Option<Session> {
        let id = cookie(cookies, COOKIE)?;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(id)?;
        if now - entry.seen > IDLE_SECONDS {
            entries.remove(id);
            return None;
        }
        entry.seen = now;
        Some(Session { id: id.to_owned(), user: entry.user.clone() })
    }

    /// A new session. Signing in starts one and ends the old one, so that an id known from before is worth nothing.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(crate) fn start(&self, user: Option<&str>, now: i64) -> Result<Session, getrandom::Error> {
        let session = Session { id: random_token(32)?, user: user.map(str::to_owned) };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, entry| now - entry.seen <= IDLE_SECONDS);
        }
        if entries.len() >= MOST
            && let Some(oldest) = entries.iter().min_by_key(|(_, entry)| entry.seen).map(|(id, _)| id.clone())
        {
            entries.remove(&oldest);
        }
        entries.insert(session.id.clone(), Entry { user: session.user.clone(), seen: now });
        Ok(session)
    }

    /// Ends a session.
    pub(crate) fn end(&self, id: &str) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// The `Set-Cookie` that gives a browser this session.
pub(crate) fn set_cookie(session: &Session, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax{secure}", session.id)
}

/// One cookie's value out of a `Cookie` header.
fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// Whether a request that writes comes from this server's own pages: the browser's `Origin`, where it
/// sends one, must name the `Host` that was asked, and that must be this machine (another name that leads
/// here is somebody's page reaching in).
pub(crate) fn own_origin(host: &str, origin: Option<&str>) -> bool {
    let own = |authority: &str| authority.eq_ignore_ascii_case(host);
    is_loopback(host)
        && origin.is_none_or(|origin| {
            origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")).is_some_and(own)
        })
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// This many random bytes as text of `A-Z`, `a-z`, `0-9`, `-`, `_`: 64 bytes are 86 characters.
///
/// # Errors
/// The system has no randomness to give.
pub(crate) fn random_token(bytes: usize) -> Result<String, getrandom::Error> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// Equality whose time tells nothing about where the two differ.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |seen, (l, r)| seen | (l ^ r)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(session: &Session) -> String {
        format!("a=b; {COOKIE}={}; c=d", session.id)
    }

    #[test]
    fn a_session_is_found_by_its_cookie_until_it_ends_or_idles_out() {
        let sessions = Sessions::default();
        let session = sessions.start(Some("u1"), 1000).unwrap();
        assert_eq!(sessions.find(&header(&session), 1000 + IDLE_SECONDS), Some(session.clone()));
        assert_eq!(sessions.find(&header(&session), 1001 + 2 * IDLE_SECONDS), None);
        assert_eq!(sessions.find(&header(&session), 1000), None, "idled out for good");
        let session = sessions.start(None, 0).unwrap();
        sessions.end(&session.id);
        assert_eq!(sessions.find(&header(&session), 0), None);
        assert_eq!(sessions.find("kb_sandbox_session=made-up", 0), None);
    }

    #[test]
    fn a_form_token_serves_its_own_session_only() {
        let sessions = Sessions::default();
        let (mine, other) = (sessions.start(None, 0).unwrap(), sessions.start(None, 0).unwrap());
        assert!(mine.sent_this(&mine.form_token()));
        assert!(!mine.sent_this(&other.form_token()));
        assert!(!mine.sent_this(""));
        assert!(!mine.form_token().contains(&mine.id));
    }

    #[test]
    fn the_number_of_sessions_is_bounded_and_the_idlest_goes() {
        let sessions = Sessions::default();
        let first = sessions.start(None, 0).unwrap();
        let second = sessions.start(None, 1).unwrap();
        for _ in 2..=MOST {
            sessions.start(None, 2).unwrap();
        }
        assert_eq!(sessions.find(&header(&first), 2), None);
        assert!(sessions.find(&header(&second), 2).is_some());
    }

    #[test]
    fn only_this_machines_own_pages_may_write() {
        assert!(own_origin("localhost:8484", Some("http://localhost:8484")));
        assert!(own_origin("127.0.0.1:8484", None));
        assert!(own_origin("[::1]:8484", Some("https://[::1]:8484")));
        assert!(!own_origin("localhost:8484", Some("http://localhost:9999")));
        assert!(!own_origin("localhost:8484", Some("null")));
        assert!(!own_origin("evil.example:8484", Some("http://evil.example:8484")));
        assert!(!own_origin("localhost.evil.example:8484", None));
    }

    #[test]
    fn a_token_of_64_bytes_has_86_letters() {
        let token = random_token(64).unwrap();
        assert_eq!(token.len(), 86);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_ne!(token, random_token(64).unwrap());
    }
}
