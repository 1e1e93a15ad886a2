//! Whether a request is sent again: a pure question (protocol §6).

use std::time::Duration;

use super::error::{ApiError, Broken, Page};

/// What is known about the request besides its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// A GET: repeating it changes nothing.
    pub(super) read: bool,
    /// How often it was sent before this failure, from 0.
    pub(super) number: u32,
    /// Whether this instance has ever given a proper answer: before that, a wrong address is likelier than a mishap.
    pub(super) reached: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// Give the error to the caller.
    No,
    /// The throttle holds every request until its instant; then again.
    WhenAllowed(Duration),
    /// Again after this long, made shorter by up to a half by chance so that workers do not march in step.
    Backoff(Duration),
}

/// Retries of a GET that found no answer in time: each costs a whole time limit.
const TIMEOUTS: u32 = 2;
/// Retries before the instance has ever answered.
const STRANGERS: u32 = 2;

/// The advice for one failure. How long all waits together may take is the sender's to check.
pub(super) fn retry_advice(error: &ApiError, attempt: Attempt) -> Retry {
    let soon = Retry::Backoff(backoff(attempt.number, Duration::from_millis(500)));
    match error {
        // 429: the instance did not look at the request, so any method may be sent again.
        ApiError::RateLimited { wait: Some(wait), .. } => Retry::WhenAllowed(*wait),
        ApiError::RateLimited { wait: None, .. } => {
            Retry::Backoff(backoff(attempt.number, Duration::from_secs(2)))
        }
        // Not sent at all, so any method may be sent again; a wrong address will not get better.
        ApiError::Transport { broken: Broken::Connect | Broken::Dns | Broken::Proxy, .. }
            if attempt.reached =>
        {
            soon
        }
        ApiError::Transport { broken: Broken::Timeout, .. } if attempt.read && attempt.number < TIMEOUTS => {
            soon
        }
        ApiError::Transport { broken: Broken::Reset, .. }
        | ApiError::Server(_)
        | ApiError::BrokenAnswer { .. }
            if attempt.read && (attempt.reached || attempt.number < STRANGERS) =>
        {
            soon
        }
        // Patched or woken up under a run (contract §8.1).
        ApiError::NotAnInstance { page: Page::Maintenance | Page::Offline }
            if attempt.read && attempt.reached =>
        {
            soon
        }
        ApiError::Transport { .. }
        | ApiError::Server(_)
        | ApiError::BrokenAnswer { .. }
        | ApiError::Unauthorized { .. }
        | ApiError::SignIn(_)
        | ApiError::Forbidden(_)
        | ApiError::NotFound(_)
        | ApiError::WaitTooLong { .. }
        | ApiError::NotAnInstance { .. }
        | ApiError::Rejected(_) => Retry::No,
    }
}

/// `first`, doubled for each attempt, at most 10 s.
fn backoff(number: u32, first: Duration) -> Duration {
    first.saturating_mul(1 << number.min(10)).min(Duration::from_secs(10))
}

/// Between a half and the whole of it.
pub(super) fn jittered(wait: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or_default();
    wait.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::super::error::{Refusal, ServerMessage};
    use super::*;

    fn refusal(status: u16) -> Refusal {
        Refusal {
            what: "GET t".to_owned(),
            status,
            message: Box::new(ServerMessage::default()),
            transaction: None,
        }
    }

    fn transport(broken: Broken) -> ApiError {
        ApiError::Transport { what: "GET t".to_owned(), broken, detail: String::new() }
    }

    fn broken() -> ApiError {
        ApiError::BrokenAnswer { what: "GET t".to_owned(), why: "x".to_owned(), transaction: None }
    }

    fn limited(wait: Option<u64>) -> ApiError {
        ApiError::RateLimited { what: "GET t".to_owned(), wait: wait.map(Duration::from_secs) }
    }

    #[test]
    fn the_table_of_answers_that_do_not_come() {
        let half = Retry::Backoff(Duration::from_millis(500));
        let read = Attempt { read: true, number: 0, reached: true };
        let write = Attempt { read: false, ..read };
        let stranger = Attempt { reached: false, ..read };
        let cases = [
            (limited(Some(7)), read, Retry::WhenAllowed(Duration::from_secs(7))),
            (limited(Some(7)), write, Retry::WhenAllowed(Duration::from_secs(7))),
            (limited(None), write, Retry::Backoff(Duration::from_secs(2))),
            (ApiError::Server(refusal(500)), read, half),
            (ApiError::Server(refusal(500)), write, Retry::No),
            (ApiError::Server(refusal(503)), stranger, half),
            (ApiError::Server(refusal(503)), Attempt { number: 2, ..stranger }, Retry::No),
            (transport(Broken::Reset), read, half),
            (transport(Broken::Reset), write, Retry::No),
            (transport(Broken::Timeout), read, half),
            (transport(Broken::Timeout), Attempt { number: 2, ..read }, Retry::No),
            (transport(Broken::Timeout), write, Retry::No),
            (transport(Broken::Connect), write, half),
            (transport(Broken::Connect), stranger, Retry::No),
            (transport(Broken::Tls), read, Retry::No),
            (broken(), read, half),
            (broken(), write, Retry::No),
            (ApiError::Forbidden(refusal(403)), read, Retry::No),
            (ApiError::NotFound(refusal(404)), read, Retry::No),
            (ApiError::Rejected(refusal(400)), read, Retry::No),
            (ApiError::NotAnInstance { page: Page::Hibernating }, read, Retry::No),
            (ApiError::NotAnInstance { page: Page::Maintenance }, read, half),
            (ApiError::NotAnInstance { page: Page::Maintenance }, stranger, Retry::No),
            (ApiError::NotAnInstance { page: Page::Offline }, write, Retry::No),
        ];
        for (error, attempt, expected) in cases {
            assert_eq!(retry_advice(&error, attempt), expected, "{error:?} {attempt:?}");
        }
    }

    #[test]
    fn waits_double_up_to_ten_seconds() {
        let waits: Vec<u64> = (0..7)
            .map(|n| u64::try_from(backoff(n, Duration::from_millis(500)).as_millis()).unwrap())
            .collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10000, 10000]);
        assert_eq!(backoff(u32::MAX, Duration::from_secs(1)), Duration::from_secs(10));
    }
}
