//! Layers of values, the later ones winning, with the origin of each: pure.
//!
//! Must not know: what keys mean.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use crate::finding::Position;
use crate::text;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, such as `--status`.
    Flag(&'static str),
    /// An environment variable.
    Env(&'static str),
    /// A profile of `publish.toml`, and the place.
    Profile(String, Position),
    /// `publish.toml`, and the place.
    File(Position),
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// In words; `file` is what the file is called.
    pub fn words(&self, file: &str) -> String {
        match self {
            Self::Flag(flag) => format!("flag {flag}"),
            Self::Env(name) => format!("environment {name}"),
            Self::Profile(name, at) => format!("profile {name}, {file}:{}:{}", at.line, at.column),
            Self::File(at) => format!("{file}:{}:{}", at.line, at.column),
            Self::Default => "default".to_owned(),
        }
    }
}

/// A key as its parts.
pub(super) type Key = Vec<String>;

/// The parts of `publish.status`.
pub(super) fn key(dotted: &str) -> Key {
    dotted.split('.').map(str::to_owned).collect()
}

/// Values by key, and the origin of each.
#[derive(Debug, Default)]
pub(super) struct Layers {
    values: Table,
    origins: BTreeMap<Key, Origin>,
}

impl Layers {
    /// Lays a table over what is there: tables are merged, everything else is replaced.
    pub(super) fn lay(&mut self, table: &Table, origin: &dyn Fn(&[String]) -> Origin) {
        merge(&mut self.values, table, &mut Vec::new(), &mut self.origins, origin);
    }

    /// Lays one value over what is there.
    pub(super) fn set(&mut self, key: &[String], value: Value, origin: Origin) {
        let mut table = &mut self.values;
        let Some((last, folders)) = key.split_last() else { return };
        for part in folders {
            let inner = table.entry(part.clone()).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else { return };
            table = inner;
        }
        table.insert(last.clone(), value);
        self.origins.insert(key.to_vec(), origin);
    }

    /// All values as one table.
    pub(super) fn table(&self) -> &Table {
        &self.values
    }

    /// Where a value came from.
    pub(super) fn origin(&self, key: &[String]) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }
}

fn merge(
    into: &mut Table,
    from: &Table,
    path: &mut Key,
    origins: &mut BTreeMap<Key, Origin>,
    origin: &dyn Fn(&[String]) -> Origin,
) {
    for (name, value) in from {
        path.push(name.clone());
        match (into.get_mut(name), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => merge(inner, value, path, origins, origin),
            (_, Value::Table(value)) => {
                let mut inner = Table::new();
                merge(&mut inner, value, path, origins, origin);
                into.insert(name.clone(), Value::Table(inner));
            }
            _ => {
                into.insert(name.clone(), value.clone());
                origins.insert(path.clone(), origin(path));
            }
        }
        path.pop();
    }
}

/// Where each key of a file stands: leaves at their values, the elements of lists too.
pub(super) fn places(text: &str, table: &DeTable<'_>) -> BTreeMap<Key, Position> {
    let mut places = BTreeMap::new();
    collect(text, table, &mut Vec::new(), &mut places);
    places
}

fn collect(text: &str, table: &DeTable<'_>, path: &mut Key, places: &mut BTreeMap<Key, Position>) {
    for (name, value) in table {
        path.push(name.get_ref().to_string());
        place(text, value, path, places);
        path.pop();
    }
}

fn place(
    text: &str,
    value: &toml::Spanned<DeValue<'_>>,
    path: &mut Key,
    places: &mut BTreeMap<Key, Position>,
) {
    places.insert(path.clone(), text::position(text, value.span().start));
    match value.get_ref() {
        DeValue::Table(table) => collect(text, table, path, places),
        DeValue::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                path.push(number.to_string());
                place(text, item, path, places);
                path.pop();
            }
        }
        _ => {}
    }
}
