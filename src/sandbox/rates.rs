//! The hourly rule (contract §8.3): a fixed window for each user.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use jiff::Timestamp;

use super::refusal::Refusal;
use super::seed::seeded_id;

/// Requests by user, and the hour they are counted in.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<(i64, HashMap<String, u32>)>);

/// Where a user stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    limit: u32,
    reset: i64,
    now: i64,
    /// Whether this request is one too many.
    pub(crate) over: bool,
}

impl Rates {
    /// Counts a request; `None` where there is no rule.
    pub(crate) fn count(&self, user: &str, limit: u32, now: Timestamp) -> Option<Rate> {
        if limit == 0 {
            return None;
        }
        let now = now.as_second();
        let hour = now / 3600;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != hour {
            *held = (hour, HashMap::new());
        }
        let made = held.1.entry(user.to_owned()).or_default();
        *made = made.saturating_add(1);
        Some(Rate { limit, reset: (hour + 1) * 3600, now, over: *made > limit })
    }
}

impl Rate {
    /// The documented 429.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Rate limit exceeded",
            format!("Rate limit of {} requests per hour for Table API exceeded", self.limit),
        )
    }

    /// The headers of a request that a rule counted.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let wait = self.over.then(|| (self.reset - self.now).max(1).to_string());
        let always = [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-reset", self.reset.to_string()),
            ("x-ratelimit-rule", seeded_id("sys_rate_limit_rules", "Table API")),
        ];
        always.into_iter().chain(wait.map(|wait| ("retry-after", wait)))
    }
}
