//! Rows that looked changed and turned out not to be: remembered, so that they are not read again (protocol §4).
//! Losing the file costs only reads.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::ids::{InstanceUrl, SysId};
use crate::servicenow::IndexRow;

/// `sys_mod_count` by row, at which the body was last found untouched.
#[derive(Debug, Default)]
pub(super) struct Verified {
    folder: Utf8PathBuf,
    name: String,
    rows: BTreeMap<SysId, u32>,
    found: BTreeMap<SysId, u32>,
}

impl Verified {
    /// What earlier runs of this folder found on this instance. A file that cannot be read counts as none.
    pub(super) fn load(folder: &Utf8Path, instance: &InstanceUrl) -> Self {
        let name = crate::ids::Digest::of(instance.as_str().as_bytes()).prefix(12);
        let name = format!("verified-{name}.json");
        let text = fs_err::read_to_string(folder.join(".kb-publish").join(&name)).unwrap_or_default();
        let rows = serde_json::from_str(&text).unwrap_or_default();
        Self { folder: folder.to_owned(), name, rows, found: BTreeMap::new() }
    }

    pub(super) fn knows(&self, row: &IndexRow) -> bool {
        row.counted && self.rows.get(&row.sys_id) == Some(&row.sys_mod_count)
    }

    /// A row whose count is not shown could change without a trace: it is not remembered.
    pub(super) fn remember(&mut self, row: &IndexRow) {
        if row.counted {
            self.found.insert(row.sys_id, row.sys_mod_count);
        }
    }

    /// Writes what this run found, where it found anything new. Fails silently: it is only a cache.
    pub(super) fn save(mut self) {
        if self.found.iter().all(|(row, mod_count)| self.rows.get(row) == Some(mod_count)) {
            return;
        }
        self.rows.append(&mut self.found);
        let written = serde_json::to_vec(&self.rows).map_err(std::io::Error::from).and_then(|text| {
            crate::fs::write_atomic(&crate::fs::home(&self.folder)?.join(&self.name), &text)
        });
        if let Err(error) = written {
            tracing::debug!("the cache of verified rows was not written: {error}");
        }
    }
}
