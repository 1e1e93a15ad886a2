//! Encoded queries (contract §1.4). There is no escape for `^`, so only ids, numbers and slugs ever stand in one.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ids::SysId;

/// What stays as it is in a query string; the comma of a list is legal there and saves two bytes an id.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',');

/// Percent-encodes one value of a URL's query.
pub(super) fn encode(value: &str) -> String {
    utf8_percent_encode(value, KEPT).to_string()
}

/// An encoded query under construction.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(String);

impl Query {
    /// Nothing asked yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// `^column OPERATOR value`. Column and value are cut down to what cannot change the query's meaning.
    pub(super) fn and(mut self, column: &str, operator: &str, value: &str) -> Self {
        self.join("^");
        self.condition(column, operator, value);
        self
    }

    /// `^ORcolumn OPERATOR value`: binds to the condition before it.
    pub(super) fn or(mut self, column: &str, operator: &str, value: &str) -> Self {
        self.join("^OR");
        self.condition(column, operator, value);
        self
    }

    /// `^columnINa,b,c`.
    pub(super) fn and_in(mut self, column: &str, ids: &[SysId]) -> Self {
        self.join("^");
        self.list(column, ids);
        self
    }

    /// `^ORcolumnINa,b,c`.
    pub(super) fn or_in(mut self, column: &str, ids: &[SysId]) -> Self {
        self.join("^OR");
        self.list(column, ids);
        self
    }

    /// `^column=javascript:gs.getUserID()`: the one value that the server computes.
    pub(super) fn and_me(mut self, column: &str) -> Self {
        self.join("^");
        let _ = write!(self.0, "{}=javascript:gs.getUserID()", name(column));
        self
    }

    /// `^ORDERBYcolumn`, last.
    pub(super) fn order_by(mut self, column: &str) -> String {
        self.join("^");
        let _ = write!(self.0, "ORDERBY{}", name(column));
        self.0
    }

    /// `^ORDERBYDESCcolumn`, last.
    pub(super) fn newest_first(mut self, column: &str) -> String {
        self.join("^");
        let _ = write!(self.0, "ORDERBYDESC{}", name(column));
        self.0
    }

    fn join(&mut self, with: &str) {
        if !self.0.is_empty() {
            self.0.push_str(with);
        }
    }

    fn condition(&mut self, column: &str, operator: &str, value: &str) {
        let value: String = value.chars().filter(|c| *c != '^').collect();
        let value = value.strip_prefix("javascript:").unwrap_or(&value);
        let _ = write!(self.0, "{}{operator}{value}", name(column));
    }

    fn list(&mut self, column: &str, ids: &[SysId]) {
        let _ = write!(self.0, "{}IN", name(column));
        for (index, id) in ids.iter().enumerate() {
            let _ = write!(self.0, "{}{id}", if index == 0 { "" } else { "," });
        }
    }
}

/// Whether a text can stand as a value in a query without a second meaning.
pub(super) fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+'))
}

/// A column's name is letters, digits, `_` and the dots of a walk; anything else would be another query.
fn name(column: &str) -> String {
    column.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_join_as_documented() {
        let id = SysId::parse("00000000000000000000000000000001").unwrap();
        let query = Query::new().and_in("sys_id", &[id, id]).and("workflow_state", "!=", "outdated");
        let query = query.or("latest", "=", "true");
        assert_eq!(
            query.order_by("sys_id"),
            format!("sys_idIN{id},{id}^workflow_state!=outdated^ORlatest=true^ORDERBYsys_id")
        );
    }

    #[test]
    fn a_value_cannot_end_its_condition() {
        assert_eq!(Query::new().and("a^b", "=", "x^ORc=d").order_by("e"), "ab=xORc=d^ORDERBYe");
        assert_eq!(Query::new().and("a", "=", "javascript:gs.x()").order_by("e"), "a=gs.x()^ORDERBYe");
        assert!(!is_plain("a^b") && !is_plain("") && is_plain("KB0010001") && is_plain("ann.b@example.org"));
    }

    #[test]
    fn forty_ids_stay_below_two_thousand_bytes() {
        let ids = vec![SysId::from_bytes([0xab; 16]); 40];
        assert!(encode(&Query::new().and_in("sys_id", &ids).order_by("sys_id")).len() < 1500);
    }
}
