//! What kind of answer this is, before anyone reads JSON (contract §1.6, §8.1). Pure.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};

use super::error::{ApiError, Page, Refusal, ServerMessage, SignedWith};

/// How the body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// The API's JSON.
    Json,
    /// A file's bytes: HTML may be just what is in the file.
    File,
    /// Nothing (204).
    Nothing,
}

/// `Ok` when the body is what was expected by its status and kind.
///
/// # Errors
/// Everything else, by what the caller can do next.
pub(super) fn classify(
    what: &str,
    expect: Expect,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), ApiError> {
    let html = is_html(headers, body);
    let file = expect == Expect::File && status.is_success() && headers.contains_key("x-attachment-metadata");
    if status.is_redirection() {
        return Err(ApiError::NotAnInstance { page: redirect(text(headers, LOCATION.as_str())) });
    }
    if html
        && !file
        && let Some(page) = known_page(status, body)
    {
        return Err(ApiError::NotAnInstance { page });
    }
    let refusal = || Refusal {
        what: what.to_owned(),
        status: status.as_u16(),
        message: Box::new(if html {
            ServerMessage { message: title(body), detail: String::new() }
        } else {
            ServerMessage::of_body(body)
        }),
        transaction: transaction(headers),
    };
    match status.as_u16() {
        202 => Err(broken(what, "HTTP 202: accepted, but not done", headers)),
        200..=299 if html && !file && expect != Expect::Nothing => {
            Err(ApiError::NotAnInstance { page: Page::Other(title(body)) })
        }
        200..=299 => Ok(()),
        401 => Err(ApiError::Unauthorized {
            signed: SignedWith::Nothing,
            mfa: headers.contains_key("x-mfa_token"),
            refusal: refusal(),
        }),
        403 => Err(ApiError::Forbidden(refusal())),
        404 if html => Err(ApiError::NotAnInstance { page: Page::Other(title(body)) }),
        404 => Err(ApiError::NotFound(refusal())),
        429 => Err(ApiError::RateLimited { what: what.to_owned(), wait: retry_after(headers) }),
        // Something on the way gave up waiting: for us, or for the instance.
        408 => Err(ApiError::Server(refusal())),
        400..=499 => Err(ApiError::Rejected(refusal())),
        _ => Err(ApiError::Server(refusal())),
    }
}

/// An answer that cannot be used.
pub(super) fn broken(what: &str, why: &str, headers: &HeaderMap) -> ApiError {
    ApiError::BrokenAnswer { what: what.to_owned(), why: why.to_owned(), transaction: transaction(headers) }
}

/// `X-Transaction-ID`, where it looks like one.
pub(super) fn transaction(headers: &HeaderMap) -> Option<String> {
    let id = text(headers, "x-transaction-id");
    let plain = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then(|| id.to_owned())
}

/// The instance's clock, in seconds since 1970: `Date: Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn date(headers: &HeaderMap) -> Option<i64> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    parser.parse_timestamp(text(headers, DATE.as_str())).ok().map(jiff::Timestamp::as_second)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Longest wait that is told; none of these is ever waited for.
const DAY: u64 = 86_400;

/// Seconds, or a date as gateways write it; one that is past, or no number at all, says nothing.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let wait = text(headers, RETRY_AFTER.as_str()).trim();
    if !wait.is_empty() && wait.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(wait.parse::<u64>().unwrap_or(DAY).min(DAY)));
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(wait).ok()?.as_second();
    let left = u64::try_from(until - date(headers)?).ok().filter(|left| *left > 0)?;
    Some(Duration::from_secs(left.min(DAY)))
}

fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = text(headers, CONTENT_TYPE.as_str()).to_ascii_lowercase();
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    // JSON never begins so, whatever a gateway calls its page.
    kind.contains("html") || first == Some(&b'<')
}

/// Where a redirect leads, as far as it tells what is the matter.
fn redirect(location: &str) -> Page {
    let host = url::Url::parse(location).ok().and_then(|url| url.host_str().map(str::to_owned));
    let lower = location.to_ascii_lowercase();
    match host {
        Some(host) if host == "developer.servicenow.com" => Page::Asleep,
        _ if ["login", "saml", "sso", "auth_redirect"].iter().any(|word| lower.contains(word)) => Page::Login,
        Some(host) => Page::Redirect(host),
        None => Page::Other(format!("redirect to {}", location.chars().take(100).collect::<String>())),
    }
}

/// Pages that are known by what stands in them, whatever the status.
fn known_page(status: StatusCode, body: &[u8]) -> Option<Page> {
    let head = &body[..body.len().min(64 * 1024)];
    let page = String::from_utf8_lossy(head).to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| page.contains(word));
    if has(&["instance-hibernating-page", "your instance is hibernating"]) {
        Some(Page::Hibernating)
    } else if has(&["your instance is currently offline"]) {
        Some(Page::Offline)
    } else if has(&["maintenance", "being upgraded"]) && (status.is_server_error() || status.is_success()) {
        Some(Page::Maintenance)
    } else if status.is_success() && has(&["login.do", "login_with_sso", "type=\"password\"", "samlrequest"])
    {
        Some(Page::Login)
    } else {
        None
    }
}

/// A page's title, else the beginning of its text; at most 100 characters.
pub(super) fn title(body: &[u8]) -> String {
    let page = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)]).into_owned();
    let lower = page.to_ascii_lowercase();
    let titled = lower.find("<title").and_then(|start| {
        let from = start + lower[start..].find('>')? + 1;
        let to = from + lower[from..].find("</title")?;
        Some(page[from..to].to_owned())
    });
    let text = titled.unwrap_or_else(|| {
        let mut inside = false;
        page.chars()
            .filter(|c| {
                match c {
                    '<' => inside = true,
                    '>' => inside = false,
                    _ => return !inside,
                }
                false
            })
            .collect()
    });
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Result<(), ApiError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        classify("GET t", Expect::Json, StatusCode::from_u16(status).unwrap(), &map, body.as_bytes())
    }

    const HTML: (&str, &str) = ("content-type", "text/html;charset=UTF-8");

    #[test]
    fn pages_are_told_apart() {
        let page = |result: Result<(), ApiError>| match result {
            Err(ApiError::NotAnInstance { page }) => page,
            other => panic!("{other:?}"),
        };
        let asleep = "<html><body class=\"instance-hibernating-page\">zzz</body></html>";
        assert_eq!(page(judge(200, &[HTML], asleep)), Page::Hibernating);
        assert_eq!(page(judge(200, &[], asleep)), Page::Hibernating);
        let json = ("content-type", "application/json");
        assert_eq!(page(judge(200, &[json], "<form action=\"/login.do\">")), Page::Login);
        assert_eq!(
            page(judge(302, &[("location", "https://developer.servicenow.com/dev.do")], "")),
            Page::Asleep
        );
        assert_eq!(page(judge(503, &[HTML], "<h1>Scheduled Maintenance</h1>")), Page::Maintenance);
        assert_eq!(page(judge(200, &[HTML], "<p>Your instance is currently offline</p>")), Page::Offline);
        assert_eq!(page(judge(200, &[HTML], "<form action='/login.do'>")), Page::Login);
        assert_eq!(page(judge(302, &[("location", "/login_with_sso.do?x")], "")), Page::Login);
        assert_eq!(
            page(judge(301, &[("location", "https://other.example.org/api")], "")),
            Page::Redirect("other.example.org".to_owned())
        );
        assert_eq!(
            page(judge(200, &[HTML], "<title>It\n works</title>")),
            Page::Other("It works".to_owned())
        );
        assert_eq!(
            page(judge(404, &[HTML], "<b>nginx</b> nothing")),
            Page::Other("nginx nothing".to_owned())
        );
    }

    #[test]
    fn statuses_by_what_is_next() {
        assert!(judge(200, &[], "{}").is_ok());
        assert!(matches!(judge(202, &[], "{}"), Err(ApiError::BrokenAnswer { .. })));
        assert!(matches!(
            judge(401, &[("x-mfa_token", "invalid")], "{}"),
            Err(ApiError::Unauthorized { mfa: true, .. })
        ));
        assert!(matches!(judge(403, &[], "{}"), Err(ApiError::Forbidden(_))));
        assert!(matches!(judge(404, &[], "{}"), Err(ApiError::NotFound(_))));
        assert!(matches!(judge(414, &[], "{}"), Err(ApiError::Rejected(_))));
        assert!(matches!(judge(408, &[HTML], "<h1>Request Time-out</h1>"), Err(ApiError::Server(_))));
        assert!(matches!(judge(503, &[HTML], "<h1>bad gateway</h1>"), Err(ApiError::Server(_))));
        let limited = judge(429, &[("retry-after", "12")], "");
        assert!(
            matches!(limited, Err(ApiError::RateLimited { wait: Some(wait), .. }) if wait.as_secs() == 12)
        );
        let now = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (wait, expected) in [
            ("", None),
            ("-5", None),
            ("soon", None),
            ("1e3", None),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("99999999999999999999999", Some(86_400)),
        ] {
            let told = judge(429, &[("retry-after", wait), now], "");
            let Err(ApiError::RateLimited { wait: found, .. }) = told else { panic!("{wait}: {told:?}") };
            assert_eq!(found.map(|wait| wait.as_secs()), expected, "{wait}");
        }
    }

    #[test]
    fn a_refusal_keeps_the_instances_words() {
        let body = r#"{"error":{"detail":"ACL Exception Insert Failed","message":"Operation Failed"},"status":"failure"}"#;
        let Err(ApiError::Forbidden(refusal)) = judge(403, &[("x-transaction-id", "79aee3f52fa2")], body)
        else {
            panic!("not forbidden");
        };
        assert_eq!(
            refusal.to_string(),
            "Operation Failed: ACL Exception Insert Failed (HTTP 403, transaction 79aee3f52fa2)"
        );
    }

    #[test]
    fn a_file_may_be_a_page() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "text/html".parse().unwrap());
        let body = b"<form action='/login.do'>";
        assert!(classify("GET f", Expect::File, StatusCode::OK, &headers, body).is_err());
        headers.insert("x-attachment-metadata", "{}".parse().unwrap());
        assert!(classify("GET f", Expect::File, StatusCode::OK, &headers, body).is_ok());
    }
}
