//! What was asked of the sandbox: the last requests, and counters since the last reset.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Requests kept; older ones are dropped, the counters still hold them.
const KEPT: usize = 10_000;

/// Most counters: more paths than any client uses.
const MOST_COUNTERS: usize = 2000;

/// One request and what came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Entry {
    /// Counts from 1 since the start.
    pub(crate) n: u64,
    /// `GET`, …
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    /// The answer's status; 0 where the connection was cut.
    pub(crate) status: u16,
    /// User name, empty where nobody signed in.
    pub(crate) user: String,
    /// Milliseconds from head to answer.
    pub(crate) milliseconds: u64,
    /// `X-Transaction-ID` of the answer.
    pub(crate) transaction: String,
    /// Bytes of the request's body.
    pub(crate) bytes: u64,
    /// The fault that struck, empty for none.
    pub(crate) fault: String,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    counters: BTreeMap<String, u64>,
    last: u64,
}

/// The log.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Inner>);

impl RequestLog {
    /// Adds a request; its number is given here.
    pub(crate) fn add(&self, mut entry: Entry) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.last += 1;
        entry.n = inner.last;
        let path = entry.target.split('?').next().unwrap_or_default();
        for name in [entry.method.clone(), format!("{} {}", entry.method, family(path))] {
            if inner.counters.len() < MOST_COUNTERS || inner.counters.contains_key(&name) {
                *inner.counters.entry(name).or_default() += 1;
            }
        }
        if inner.entries.len() == KEPT {
            inner.entries.pop_front();
        }
        inner.entries.push_back(entry);
    }

    /// The requests kept, oldest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entries.iter().cloned().collect()
    }

    /// Requests by method, and by method and path without record ids.
    pub(crate) fn counters(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counters.clone()
    }

    /// Forgets requests and counters.
    pub(crate) fn reset(&self) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.entries.clear();
        inner.counters.clear();
    }
}

/// A path with its record ids replaced, so that the counters stay few.
fn family(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('/')
        .take(8)
        .map(|part| {
            if part.len() == 32 && part.bytes().all(|b| b.is_ascii_hexdigit()) {
                "{sys_id}"
            } else if part.len() > 80 {
                "…"
            } else {
                part
            }
        })
        .collect();
    parts.join("/")
}
