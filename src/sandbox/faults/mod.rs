//! Faults on demand: what networks, gateways, quotas and people do to a client, scripted request by request.
//!
//! Knows requests as they arrive and answers as they leave; not what they mean.

mod answer;
mod rule;

use std::sync::{Mutex, PoisonError};

pub(crate) use answer::{Broken, spoil};
pub(crate) use rule::{Fault, Rule, Seen, When};

/// Most rules at once.
const MOST: usize = 1000;

/// A rule and what has come of it.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Armed {
    /// The rule as it was given.
    #[serde(flatten)]
    pub(crate) rule: Rule,
    /// Requests that matched it so far.
    pub(crate) matched: u64,
    /// Requests that it struck so far.
    pub(crate) struck: u64,
}

/// All rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Armed>>);

impl Faults {
    /// Adds rules to those in force; `false` where there would be too many.
    pub(crate) fn add(&self, rules: Vec<Rule>) -> bool {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if armed.len() + rules.len() > MOST {
            return false;
        }
        armed.extend(rules.into_iter().map(|rule| Armed { rule, matched: 0, struck: 0 }));
        true
    }

    /// Takes all rules back.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// All rules with their counts.
    pub(crate) fn list(&self) -> Vec<Armed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there is no rule.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether any rule looks into bodies.
    pub(crate) fn read_bodies(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|armed| armed.rule.reads_body())
    }

    /// The faults that strike this request, in the order of their rules; each rule counts it.
    pub(crate) fn strike(&self, seen: &Seen<'_>) -> Vec<Fault> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut faults = Vec::new();
        for armed in rules.iter_mut() {
            if !armed.rule.matches(seen) {
                continue;
            }
            armed.matched += 1;
            let due = armed.matched >= armed.rule.from
                && (armed.matched - armed.rule.from) % armed.rule.every.max(1) == 0
                && (armed.rule.count == 0 || armed.struck < armed.rule.count);
            if due {
                armed.struck += 1;
                faults.push(armed.rule.fault.clone());
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> Rule {
        serde_json::from_str(json).unwrap()
    }

    fn seen<'a>(method: &'a str, path: &'a str, body: &'a str) -> Seen<'a> {
        Seen { method, path, query: "", user: "", columns: Seen::columns_of(body.as_bytes()) }
    }

    #[test]
    fn the_nth_match_is_struck_and_no_more_than_asked() {
        let faults = Faults::default();
        faults.add(vec![rule(
            r#"{"method": "PATCH", "table": "kb_knowledge", "column": "text", "from": 2, "count": 1, "fault": {"kind": "reset"}}"#,
        )]);
        let patch = seen("PATCH", "/api/now/v2/table/kb_knowledge/1", r#"{"text": "x"}"#);
        assert!(
            faults.strike(&seen("PATCH", "/api/now/table/kb_knowledge/1", r#"{"meta": "x"}"#)).is_empty()
        );
        assert!(faults.strike(&seen("GET", "/api/now/table/kb_knowledge/1", "")).is_empty());
        assert!(faults.strike(&patch).is_empty());
        assert_eq!(faults.strike(&patch).len(), 1);
        assert!(faults.strike(&patch).is_empty());
        let list = faults.list();
        assert_eq!((list[0].matched, list[0].struck), (3, 1));
    }

    #[test]
    fn paths_are_globs_and_unknown_keys_are_refused() {
        let faults = Faults::default();
        faults.add(vec![rule(
            r#"{"path": "/api/*/attachment/*", "count": 0, "fault": {"kind": "status", "status": 503}}"#,
        )]);
        assert_eq!(faults.strike(&seen("POST", "/api/now/attachment/file", "")).len(), 1);
        assert_eq!(faults.strike(&seen("POST", "/api/now/attachment/upload", "")).len(), 1);
        assert!(faults.strike(&seen("POST", "/api/now/table/x", "")).is_empty());
        assert!(serde_json::from_str::<Rule>(r#"{"pth": "/", "fault": {"kind": "reset"}}"#).is_err());
        assert!(serde_json::from_str::<Rule>(r#"{"fault": {"kind": "explode"}}"#).is_err());
    }
}
