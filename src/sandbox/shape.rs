//! Rows as JSON (contract §1.3).

use super::record::Record;
use super::records::Change;
use super::schema::{Column, Kind, Plugin, Table};
use super::store::View;

/// `sysparm_display_value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Display {
    /// `false`: stored values.
    #[default]
    Stored,
    /// `true`: display values.
    Shown,
    /// `all`: both.
    All,
}

/// How rows are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// `sysparm_fields`; `None` is every column.
    pub(crate) fields: Option<Vec<String>>,
    /// `sysparm_display_value`.
    pub(crate) display: Display,
    /// `sysparm_exclude_reference_link`.
    pub(crate) without_links: bool,
}

/// Columns that list answers of the Attachment API hold beside `sys_attachment`'s own.
const NEWER_ATTACHMENT_COLUMNS: &[&str] = &["hash", "state", "chunk_size_bytes"];

/// Writes rows of one table.
pub(crate) struct RowWriter<'a, V: View> {
    /// Who reads, and under which switches.
    pub(crate) change: &'a Change<'a>,
    /// All rows.
    pub(crate) view: &'a V,
    /// How.
    pub(crate) shape: &'a Shape,
    /// The instance's address, for links.
    pub(crate) url: &'a str,
}

impl<V: View> RowWriter<'_, V> {
    /// Appends a row of the class table `class` as a JSON object.
    pub(crate) fn write(&self, out: &mut Vec<u8>, class: &str, row: &Record) {
        let Some(table) = self.change.schema.table(class) else {
            out.extend_from_slice(b"{}");
            return;
        };
        out.push(b'{');
        let mut first = true;
        match &self.shape.fields {
            None => {
                for (name, column) in &table.columns {
                    let unset = column.plugin == Plugin::Utah && row.get(name).is_empty();
                    if self.may_show(table, name) && !unset {
                        self.field(out, &mut first, name, table, column, name, row);
                    }
                }
            }
            Some(fields) => {
                for field in fields {
                    self.path(out, &mut first, field, table, row);
                }
            }
        }
        out.push(b'}');
    }

    fn may_show(&self, table: &Table, column: &str) -> bool {
        if table.name() == "sys_attachment" && NEWER_ATTACHMENT_COLUMNS.contains(&column) {
            return self.change.profile.attachment_hash;
        }
        self.change.account.is_admin()
            || !self.change.profile.unreadable_columns.iter().any(|denied| {
                denied.split_once('.').is_some_and(|(of, name)| of == table.name() && name == column)
            })
    }

    /// A field that may be dot-walked; unknown ones are left out (contract §1.1).
    fn path(&self, out: &mut Vec<u8>, first: &mut bool, field: &str, table: &Table, row: &Record) {
        let (mut table, mut row, mut rest) = (table, row, field);
        while let Some((step, after)) = rest.split_once('.') {
            let Some(Kind::Reference(to)) = table.column(step).map(|column| column.kind) else { return };
            let Some(next) = self.change.schema.table(to) else { return };
            let id = row.get(step);
            let Some((class, found)) = super::query::find(self.view, next, id) else {
                if after.split('.').next().is_some_and(|name| next.column(name).is_some()) {
                    key(out, first, field);
                    self.empty(out, false);
                }
                return;
            };
            table = self.change.schema.table(class).unwrap_or(next);
            row = found;
            rest = after;
        }
        if let Some(column) = table.column(rest)
            && self.may_show(table, rest)
        {
            self.field(out, first, field, table, column, rest, row);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one value and everything that decides how it looks")]
    fn field(
        &self,
        out: &mut Vec<u8>,
        first: &mut bool,
        as_name: &str,
        table: &Table,
        column: &Column,
        name: &str,
        row: &Record,
    ) {
        key(out, first, as_name);
        if column.kind == Kind::Password {
            return out.extend_from_slice(match self.shape.display {
                Display::Stored => b"\"\"".as_slice(),
                Display::Shown => b"\"********\"",
                Display::All => b"{\"display_value\":\"********\",\"value\":\"\"}",
            });
        }
        let value = self.view.text(table.name(), row, name);
        if value.is_empty() {
            return self.empty(out, column.kind == Kind::Wiki);
        }
        let target = match column.kind {
            Kind::Reference(to) => Some(to),
            Kind::Document(of) => Some(row.get(of)).filter(|table| !table.is_empty()),
            _ => None,
        };
        let Some(target) = target else {
            match self.shape.display {
                Display::Stored => string(out, &value),
                Display::Shown => string(out, &self.shown(column, &value)),
                Display::All => {
                    out.extend_from_slice(b"{\"display_value\":");
                    string(out, &self.shown(column, &value));
                    out.extend_from_slice(b",\"value\":");
                    string(out, &value);
                    out.push(b'}');
                }
            }
            return;
        };
        self.reference(out, target, &value);
    }

    fn reference(&self, out: &mut Vec<u8>, target: &str, value: &str) {
        let plain = self.shape.without_links;
        match self.shape.display {
            Display::Stored if plain => return string(out, value),
            Display::Shown if plain => return string(out, &self.named(target, value)),
            _ => {}
        }
        out.push(b'{');
        if self.shape.display != Display::Stored {
            out.extend_from_slice(b"\"display_value\":");
            string(out, &self.named(target, value));
            out.push(b',');
        }
        if !plain {
            out.extend_from_slice(b"\"link\":");
            string(out, &format!("{}/api/now/table/{target}/{value}", self.url));
            out.push(b',');
        }
        if self.shape.display != Display::Shown {
            out.extend_from_slice(b"\"value\":");
            string(out, value);
            out.push(b',');
        }
        if out.last() == Some(&b',') {
            out.pop();
        }
        out.push(b'}');
    }

    fn empty(&self, out: &mut Vec<u8>, null: bool) {
        match self.shape.display {
            Display::All => out.extend_from_slice(b"{\"display_value\":\"\",\"value\":\"\"}"),
            _ if null => out.extend_from_slice(b"null"),
            _ => out.extend_from_slice(b"\"\""),
        }
    }

    /// What is shown for a stored value that is no reference.
    fn shown(&self, column: &Column, value: &str) -> String {
        match column.kind {
            Kind::Choice(choices) => choices
                .iter()
                .find(|(stored, _)| *stored == value)
                .map_or_else(|| value.to_owned(), |(_, label)| (*label).to_owned()),
            Kind::DateTime => super::zone::shown(value, self.change.zone(self.view)),
            Kind::List(to) => {
                value.split(',').map(|id| self.named(to, id.trim())).collect::<Vec<_>>().join(", ")
            }
            _ => value.to_owned(),
        }
    }

    /// The display value of a row, the id where there is no such row.
    fn named(&self, table: &str, id: &str) -> String {
        let Some(table) = self.change.schema.table(table) else { return id.to_owned() };
        match super::query::find(self.view, table, id) {
            Some((_, row)) => row.get(table.def.display).to_owned(),
            None => id.to_owned(),
        }
    }
}

fn key(out: &mut Vec<u8>, first: &mut bool, name: &str) {
    if !*first {
        out.push(b',');
    }
    *first = false;
    string(out, name);
    out.push(b':');
}

/// Appends a JSON string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    // Writing into a Vec cannot fail.
    let _ = serde_json::to_writer(&mut *out, text);
}
