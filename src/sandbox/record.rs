//! One row: a sorted list of columns and their stored values.
//!
//! Knows no table, no rule and no wire format.

use std::sync::Arc;

use crate::ids::SysId;

/// Texts longer than this many bytes are kept in the file only, and read when they are asked for.
pub(crate) const LONG: usize = 512;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// The stored value itself.
    Text(Box<str>),
    /// A text of more than [`LONG`] bytes that [`super::store::View::text`] reads from the file.
    Long,
}

/// A row, column by column. A column that is not there is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    columns: Vec<(Arc<str>, Value)>,
}

impl Record {
    /// A row with these columns.
    pub(crate) fn of<const N: usize>(columns: [(&str, &str); N]) -> Self {
        let mut record = Self::default();
        for (name, value) in columns {
            record.set(name, value);
        }
        record
    }

    fn find(&self, column: &str) -> Result<usize, usize> {
        self.columns.binary_search_by(|(name, _)| (**name).cmp(column))
    }

    /// The value as it lies in memory; `None` where the column is empty.
    pub(crate) fn value(&self, column: &str) -> Option<&Value> {
        self.find(column).ok().map(|at| &self.columns[at].1)
    }

    /// A short column's value: empty where it is empty. Long texts need [`super::store::View::text`].
    pub(crate) fn get(&self, column: &str) -> &str {
        match self.value(column) {
            Some(Value::Text(text)) => text,
            Some(Value::Long) | None => "",
        }
    }

    /// Whether a yes/no column says yes.
    pub(crate) fn flag(&self, column: &str) -> bool {
        self.get(column) == "true"
    }

    /// A number column's value, 0 where it holds none.
    pub(crate) fn number(&self, column: &str) -> u64 {
        self.get(column).parse().unwrap_or(0)
    }

    /// Its `sys_id`.
    pub(crate) fn sys_id(&self) -> &str {
        self.get("sys_id")
    }

    /// Sets a column; the empty text removes it.
    pub(crate) fn set(&mut self, column: &str, value: &str) {
        match self.find(column) {
            Ok(at) if value.is_empty() => {
                self.columns.remove(at);
            }
            Ok(at) => self.columns[at].1 = Value::Text(value.into()),
            Err(_) if value.is_empty() => {}
            Err(at) => self.columns.insert(at, (column.into(), Value::Text(value.into()))),
        }
    }

    /// The same row with one more column.
    #[must_use]
    pub(crate) fn with(mut self, column: &str, value: &str) -> Self {
        self.set(column, value);
        self
    }

    /// All columns that are not empty, in the order of their names.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.columns.iter().map(|(name, value)| (name, value))
    }

    /// For the store alone: names are shared, long texts leave memory.
    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = &mut (Arc<str>, Value)> {
        self.columns.iter_mut()
    }

    /// For the store alone: marks a column whose text lies in the file.
    pub(super) fn set_long(&mut self, column: &str) {
        match self.find(column) {
            Ok(at) => self.columns[at].1 = Value::Long,
            Err(at) => self.columns.insert(at, (column.into(), Value::Long)),
        }
    }
}

/// A new random `sys_id`.
pub(crate) fn new_sys_id() -> String {
    let mut bytes = [0; 16];
    // Only a machine without a random source fails here; the clock then keeps ids apart.
    if getrandom::fill(&mut bytes).is_err() {
        bytes.copy_from_slice(&jiff::Timestamp::now().as_nanosecond().to_be_bytes());
    }
    SysId::from_bytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_set_to_nothing_is_gone() {
        let mut record = Record::of([("b", "2"), ("a", "1"), ("c", "")]);
        assert_eq!(record.columns().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "b"]);
        record.set("a", "");
        assert_eq!(record.get("a"), "");
        assert_eq!(record.get("b"), "2");
        assert_eq!(record, Record::of([("b", "2")]));
    }
}
