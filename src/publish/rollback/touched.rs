//! What a run did to each article, gathered from its journal. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::SysId;
use crate::plan::Stamp;
use crate::publish::Entry;
use crate::servicenow::Record;

/// A file that the run removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Removed {
    /// Its former sys_id.
    pub(super) attachment: SysId,
    /// Its name.
    pub(super) file: String,
    /// Its MIME type.
    pub(super) media_type: String,
    /// SHA-256 of its bytes.
    pub(super) sha256: String,
}

/// One article, as far as the run touched it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// The row; `None` where an insert got no answer.
    pub(super) row: Option<SysId>,
    /// The sys_id that was asked for, of an article that the run made.
    pub(super) made: Option<SysId>,
    /// The document; `None` for an orphan.
    pub(super) document: Option<String>,
    /// The article's number, as far as it was told.
    pub(super) number: String,
    /// Its title.
    pub(super) title: String,
    /// What stood in the columns that were written before the run; `text` is empty here.
    pub(super) before: Record,
    /// The line of the journal that holds the body that stood there.
    pub(super) body_at: Option<u64>,
    /// What was sent last, column by column, but the body.
    pub(super) sent: Record,
    /// All stamps that were sent, in order.
    pub(super) stamps: Vec<String>,
    /// `workflow_state` as last read back.
    pub(super) state: Option<String>,
    /// Names of files that were uploaded.
    pub(super) uploaded: BTreeSet<String>,
    /// Files that were removed.
    pub(super) removed: Vec<Removed>,
}

impl Touched {
    /// The document that the stamps name.
    pub(super) fn identity(&self) -> Option<SysId> {
        self.stamps.iter().find_map(|stamp| Stamp::parse(stamp).ok()).map(|stamp| stamp.identity)
    }
}

/// The articles that a run touched, in the order in which it did.
pub(super) fn gather(entries: &[(u64, Entry)]) -> Vec<Touched> {
    let mut all: Vec<Touched> = Vec::new();
    let mut by_row: BTreeMap<SysId, usize> = BTreeMap::new();
    for (at, entry) in entries {
        match entry {
            Entry::Create { document, title, sys_id, stamp } => {
                let touched = of(&mut all, &mut by_row, *sys_id);
                touched.made = Some(*sys_id);
                touched.row = None;
                touched.document = Some(document.clone());
                touched.title.clone_from(title);
                touched.stamps.push(stamp.clone());
            }
            Entry::Update { document, sys_id, number, stamp, before, sent } => {
                let touched = of(&mut all, &mut by_row, *sys_id);
                touched.row = Some(*sys_id);
                if touched.document.is_none() {
                    touched.document.clone_from(document);
                }
                if !number.is_empty() {
                    touched.number.clone_from(number);
                }
                if touched.title.is_empty() {
                    before.get("short_description").clone_into(&mut touched.title);
                }
                touched.stamps.push(stamp.clone());
                for (column, value) in &before.0 {
                    if !touched.before.has(column) {
                        touched.before.0.insert(column.clone(), value.clone());
                        if column == "text" {
                            touched.body_at = Some(*at);
                        }
                    }
                }
                touched.sent.0.extend(sent.0.clone());
            }
            Entry::Upload { sys_id, file, .. } => {
                of(&mut all, &mut by_row, *sys_id).uploaded.insert(file.clone());
            }
            Entry::Remove { sys_id, attachment, file, media_type, sha256 } => {
                of(&mut all, &mut by_row, *sys_id).removed.push(Removed {
                    attachment: *attachment,
                    file: file.clone(),
                    media_type: media_type.clone(),
                    sha256: sha256.clone(),
                });
            }
            Entry::Done { sys_id, number, stamp, state } => {
                answered(&mut all, &mut by_row, *sys_id, stamp);
                let touched = of(&mut all, &mut by_row, *sys_id);
                touched.row = Some(*sys_id);
                touched.number.clone_from(number);
                touched.state = Some(state.clone());
            }
            Entry::Run(_)
            | Entry::Category { .. }
            | Entry::Overwritten { .. }
            | Entry::End { .. }
            | Entry::Other => {}
        }
    }
    all
}

fn of<'t>(all: &'t mut Vec<Touched>, by_row: &mut BTreeMap<SysId, usize>, row: SysId) -> &'t mut Touched {
    let at = *by_row.entry(row).or_insert_with(|| {
        all.push(Touched { row: Some(row), ..Touched::default() });
        all.len() - 1
    });
    &mut all[at]
}

/// An instance that chooses sys_ids itself answers under another one than was asked for: the stamp tells which.
fn answered(all: &mut [Touched], by_row: &mut BTreeMap<SysId, usize>, row: SysId, stamp: &str) {
    if by_row.contains_key(&row) {
        return;
    }
    let asked = all.iter().position(|touched| {
        touched.made.is_some() && touched.row.is_none() && touched.stamps.iter().any(|sent| sent == stamp)
    });
    if let Some(at) = asked {
        by_row.insert(row, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(columns: &[(&str, &str)]) -> Record {
        Record(columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn update(row: SysId, stamp: &str, before: Record, sent: Record) -> Entry {
        Entry::Update {
            document: Some("a".to_owned()),
            sys_id: row,
            number: "KB1".to_owned(),
            stamp: stamp.to_owned(),
            before,
            sent,
        }
    }

    #[test]
    fn the_first_value_before_and_the_last_one_sent_count() {
        let row = SysId::from_bytes([1; 16]);
        let entries = [
            (0, update(row, "s1", record(&[("d", "s0")]), record(&[("d", "s1")]))),
            (
                10,
                update(
                    row,
                    "s2",
                    record(&[("d", "s1"), ("meta", "old"), ("text", "")]),
                    record(&[("meta", "x")]),
                ),
            ),
            (20, update(row, "s3", record(&[("d", "s2"), ("meta", "x")]), record(&[("meta", "new")]))),
        ];
        let touched = gather(&entries).remove(0);
        assert_eq!(touched.before, record(&[("d", "s0"), ("meta", "old"), ("text", "")]));
        assert_eq!((touched.sent.get("meta"), touched.body_at), ("new", Some(10)));
        assert_eq!(touched.stamps, ["s1", "s2", "s3"]);
    }

    #[test]
    fn an_article_is_known_under_the_id_the_instance_chose() {
        let (asked, chosen) = (SysId::from_bytes([1; 16]), SysId::from_bytes([2; 16]));
        let create = Entry::Create {
            document: "a".to_owned(),
            title: "A".to_owned(),
            sys_id: asked,
            stamp: "s".to_owned(),
        };
        let done = Entry::Done {
            sys_id: chosen,
            number: "KB1".to_owned(),
            stamp: "s".to_owned(),
            state: "draft".to_owned(),
        };
        let unanswered = gather(&[(0, create.clone())]).remove(0);
        assert_eq!((unanswered.made, unanswered.row), (Some(asked), None));
        let all = gather(&[(0, create), (1, done)]);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].made, all[0].row), (Some(asked), Some(chosen)));
    }
}
