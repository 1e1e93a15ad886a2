//! What is undone of one article: its row now, compared with what the run left and what stood there before. Pure.

use super::touched::Touched;
use crate::plan::{Asked, Row, Stamp, epoch};
use crate::servicenow::Record;

/// What is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// Nothing is left to do.
    Nothing(String),
    /// Only files that the run uploaded are removed.
    Clean,
    /// Former values are written.
    Restore {
        /// Column → former value, without body and stamp.
        columns: Record,
        /// Whether the former body is written.
        body: bool,
        /// Columns that a person changed since: they stay.
        kept: Vec<String>,
    },
    /// An article that the run made is retired.
    Retire,
    /// A person must decide.
    Conflict(String),
}

/// A row as it is now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now<'a> {
    /// Its columns.
    pub(super) record: &'a Record,
    /// The row as the index has it.
    pub(super) row: &'a Row,
    /// Digest of its title and body.
    pub(super) stored: &'a str,
    /// Digest of title and body as they were before the run; `None` where the run wrote no body.
    pub(super) former: Option<&'a str>,
    /// Our user name.
    pub(super) user: &'a str,
}

/// What of a stamp tells one content from another.
fn key(stamp: &Stamp) -> (crate::ids::SysId, Option<&str>, &str, Asked) {
    (stamp.identity, stamp.source.as_deref(), &stamp.stored, stamp.asked)
}

/// The verdict on one article.
pub(super) fn judge(touched: &Touched, now: Now<'_>, stamp_field: &str) -> Undo {
    let index = &now.row.index;
    let who = format!("{} on {}", index.sys_updated_by, index.sys_updated_on);
    if index.workflow_state == "outdated" {
        return Undo::Conflict(format!("a newer version stands in its place, by {who}"));
    }
    if touched.stamps.is_empty() {
        // The run ended between its uploads and the write that would have used them.
        return untouched(touched);
    }
    let former = touched.before.get(stamp_field);
    let Ok(stamp) = &now.row.stamp() else {
        return if touched.made.is_none() && index.stamp == former {
            untouched(touched)
        } else {
            Undo::Conflict(format!("its stamp was changed in ServiceNow since, by {who}"))
        };
    };
    let sent = |one: &String| Stamp::parse(one).is_ok_and(|sent| key(&sent) == key(stamp));
    if !touched.stamps.iter().any(sent) {
        return not_as_left(touched, stamp, former, &who);
    }
    let later = epoch(&index.sys_updated_on).is_none_or(|updated| updated > stamp.time + 10);
    let suspicious =
        !now.row.is_own() || (!index.is_at(stamp.mod_count) && (later || index.sys_updated_by != now.user));
    if suspicious && now.stored != stamp.stored {
        return Undo::Conflict(format!("edited in ServiceNow since, by {who}"));
    }
    let state = index.workflow_state.as_str();
    let left = touched.state.as_deref().unwrap_or(state);
    if state != left && state != stamp.asked.workflow_state() {
        return Undo::Conflict(format!("brought from {left} to {state} in ServiceNow since, by {who}"));
    }
    if touched.made.is_some() {
        return if state == "retired" { Undo::Nothing("retired already".to_owned()) } else { Undo::Retire };
    }
    restore(touched, now, stamp, suspicious, stamp_field)
}

/// The row carries another stamp than the run left: it was never written, was undone already, or has moved on.
fn not_as_left(touched: &Touched, stamp: &Stamp, former: &str, who: &str) -> Undo {
    let as_before = Stamp::parse(former).is_ok_and(|former| key(&former) == key(stamp));
    if touched.made.is_none() && as_before {
        return untouched(touched);
    }
    let last = touched.stamps.iter().rev().find_map(|sent| Stamp::parse(sent).ok());
    let undone = last.is_some_and(|mut last| {
        last.asked = Asked::Retired;
        key(&last) == key(stamp)
    });
    if touched.made.is_some() && undone {
        return Undo::Nothing("retired already".to_owned());
    }
    Undo::Conflict(format!("written by another run since, by {who}"))
}

fn untouched(touched: &Touched) -> Undo {
    if touched.uploaded.is_empty() { Undo::Nothing("as before the run".to_owned()) } else { Undo::Clean }
}

fn restore(touched: &Touched, now: Now<'_>, stamp: &Stamp, suspicious: bool, stamp_field: &str) -> Undo {
    let mut columns = Record::default();
    let mut kept = Vec::new();
    for (column, was) in &touched.before.0 {
        let is = now.record.get(column);
        if matches!(column.as_str(), "text") || column == stamp_field || !now.record.has(column) || is == was
        {
            continue;
        }
        let ours = !suspicious
            || matches!(column.as_str(), "short_description" | "workflow_state" | "published" | "retired")
            || !touched.sent.has(column)
            || touched.sent.get(column) == is;
        let can_be_asked =
            column != "workflow_state" || matches!(was.as_str(), "draft" | "published" | "retired");
        if ours && can_be_asked {
            columns.0.insert(column.clone(), was.clone());
        } else {
            kept.push(column.clone());
        }
    }
    let body = now.former.is_some_and(|former| former != now.stored);
    let same_stamp =
        Stamp::parse(touched.before.get(stamp_field)).is_ok_and(|former| key(&former) == key(stamp));
    if columns.0.is_empty() && !body && same_stamp && touched.removed.is_empty() && kept.is_empty() {
        return untouched(touched);
    }
    Undo::Restore { columns, body, kept }
}

#[cfg(test)]
mod tests;
