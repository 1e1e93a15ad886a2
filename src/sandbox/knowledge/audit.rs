//! `sys_audit`: who changed title and body of an article from what to what, where the switch `audit` keeps it.

use crate::sandbox::record::{Record, new_sys_id};
use crate::sandbox::records::Change;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{View as _, Writer};

/// Columns that are kept.
const AUDITED: [&str; 2] = ["short_description", "text"];

/// Keeps what is about to change.
///
/// # Errors
/// The file refused.
pub(crate) fn audit(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    before: &Record,
    after: &Record,
) -> Result<(), Refusal> {
    if table != "kb_knowledge" || !change.profile.audit {
        return Ok(());
    }
    for column in AUDITED {
        let old = writer.text(table, before, column).into_owned();
        let new = writer.text(table, after, column).into_owned();
        if old == new {
            continue;
        }
        let mut row = Record::default();
        let (id, now) = (new_sys_id(), change.app.now_text());
        for (name, value) in [
            ("sys_id", id.as_str()),
            ("tablename", table),
            ("documentkey", before.sys_id()),
            ("fieldname", column),
            ("oldvalue", &old),
            ("newvalue", &new),
            ("user", &change.account.user_name),
            ("record_checkpoint", after.get("sys_mod_count")),
            ("sys_created_on", &now),
            ("sys_created_by", &change.account.user_name),
        ] {
            row.set(name, value);
        }
        writer.put("sys_audit", row)?;
    }
    Ok(())
}
