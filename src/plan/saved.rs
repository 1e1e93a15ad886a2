//! A saved plan: what was reviewed, pinned so that anything else is refused (protocol §9). Digests only: no body,
//! no secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Plan, Planned, Take, Work};
use crate::ids::SysId;
use crate::tree::{RenderedTree, Target};

/// The file's `schema`.
pub const SCHEMA: &str = "kb-publish/saved-plan/1";

/// What `plan -o` writes and `apply` reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`SCHEMA`].
    pub schema: String,
    /// What the plan stands on as a whole.
    pub ground: SavedGround,
    /// Whether documents were left out on purpose: then further changes are no surprise.
    pub filtered: bool,
    /// What is done, by document id, or `orphan:` and the row.
    pub documents: BTreeMap<String, Pin>,
    /// Categories to make: base, then labels.
    pub categories: Vec<Vec<String>>,
}

/// What has to be the same for the whole plan to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedGround {
    /// The namespace of the document ids.
    pub project: String,
    /// Root URL.
    pub instance: String,
    /// The profile.
    pub profile: String,
    /// Digest of the settings that decide what is written.
    pub config: String,
    /// Renderer number and look.
    pub renderer: String,
    /// `[publish] on_remote_edit`, or `--take`.
    pub on_remote_edit: String,
    /// `--take`.
    #[serde(default)]
    pub take: Option<Take>,
    /// `--ask-again`.
    #[serde(default)]
    pub ask_again: bool,
    /// `--verify`: without it other edits would be seen than when it was made.
    #[serde(default)]
    pub verify: bool,
}

/// [`Work::Clean`] in a pin: the article is as the document asks, and files of ours that no body uses are left.
const CLEAN: &str = "clean";

/// One document's part of a saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// `create`, `write`, `write and ask`, `clean`, `retire`.
    pub work: String,
    /// The row.
    pub sys_id: SysId,
    /// Its `sys_mod_count`; `None` is "absent".
    pub sys_mod_count: Option<u32>,
    /// Digest of everything the document asks for, link numbers apart.
    pub content: String,
    /// SHA-256 of its files.
    pub files: Vec<String>,
    /// The stamp of a row whose last write was not finished: another one tells that the plan was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<String>,
    /// Article numbers its links go out with, by document id; `None` is still to be made.
    pub numbers: BTreeMap<String, Option<String>>,
}

impl Pin {
    /// Pins one planned document; `None` where nothing is done.
    pub fn of(
        planned: &Planned,
        tree: &RenderedTree,
        content: &dyn Fn(usize) -> String,
        number: &dyn Fn(usize) -> Option<String>,
    ) -> Option<(String, Self)> {
        let work = match planned.work {
            Work::Leave => return None,
            Work::Create(_) => "create",
            Work::Write { ask: false, .. } => "write",
            Work::Write { ask: true, .. } => "write and ask",
            Work::Clean => CLEAN,
            Work::Retire { .. } => "retire",
        };
        let row = planned.row.as_ref().map(|row| &row.index);
        let sys_id = match planned.work {
            Work::Create(sys_id) => sys_id,
            _ => row?.sys_id,
        };
        let document = planned.document.and_then(|number| Some((number, tree.documents.get(number)?)));
        let targets = document.iter().flat_map(|(_, document)| document.references.iter());
        let numbers = targets.filter_map(|target| match target {
            Target::Document(target, _) if Some(target) != planned.document => {
                Some((tree.documents.get(target)?.id.to_string(), number(target)))
            }
            _ => None,
        });
        let files = document.iter().flat_map(|(_, document)| &document.files);
        let name =
            document.map_or_else(|| format!("orphan:{sys_id}"), |(_, document)| document.id.to_string());
        let pin = Self {
            work: work.to_owned(),
            sys_id,
            sys_mod_count: row.map(|row| row.sys_mod_count),
            unfinished: planned
                .row
                .as_ref()
                .filter(|row| !row.is_assumed() && row.stamp().is_ok_and(|stamp| stamp.source.is_none()))
                .map(|row| row.index.stamp.clone()),
            content: document.map(|(number, _)| content(number)).unwrap_or_default(),
            files: files.filter_map(|file| Some(tree.files.get(*file)?.digest.hex())).collect(),
            numbers: numbers.collect(),
        };
        Some((name, pin))
    }

    /// Whether this is what `planned` says, or the rest of it; `begun` tells that a write of this program's own has opened
    /// the article since, and nobody else has saved it.
    fn continues(&self, planned: &Self, begun: bool) -> bool {
        let same_document = self.sys_id == planned.sys_id
            && self.content == planned.content
            && self.files == planned.files
            && numbers_fit(&self.numbers, &planned.numbers);
        // What is left is to remove files that its write left behind.
        let same_count = self.sys_mod_count == planned.sys_mod_count;
        let written = self.work == CLEAN && planned.work != CLEAN && !same_count;
        let untouched = self.work == planned.work && same_count;
        same_document && (begun || written || untouched)
    }
}

/// A number that was still to come may have come meanwhile; one that was there must be the same.
fn numbers_fit(now: &BTreeMap<String, Option<String>>, then: &BTreeMap<String, Option<String>>) -> bool {
    now.len() == then.len()
        && now.iter().all(|(id, number)| match then.get(id) {
            Some(None) => true,
            Some(known) => known == number,
            None => false,
        })
}

impl SavedPlan {
    /// What has moved since this plan was saved; empty where it can be applied. `now` is the same plan made anew,
    /// `done` tells of a document that has nothing left to do whether it is as planned, and `begun` of one that has
    /// whether a write of ours was cut short on its article since, and was its last.
    pub fn moved(
        &self,
        now: &Self,
        done: &dyn Fn(&str, &Pin) -> bool,
        begun: &dyn Fn(&str, &Pin) -> bool,
    ) -> Vec<String> {
        let mut moved = self.ground.moved(&now.ground);
        for (name, pin) in &self.documents {
            match now.documents.get(name) {
                Some(today) if today.continues(pin, begun(name, pin)) => {}
                Some(today) => moved.push(format!("`{name}`: {}", difference(pin, today))),
                None if done(name, pin) => {}
                None => moved.push(format!("`{name}`: it is no longer what was planned")),
            }
        }
        if !self.filtered {
            let further = now.documents.keys().filter(|name| !self.documents.contains_key(*name));
            moved.extend(further.map(|name| format!("`{name}`: it was not in the plan")));
            let made = now.categories.iter().filter(|path| !self.categories.contains(path));
            moved.extend(
                made.map(|path| format!("category `{}`: it was not in the plan", path[1..].join(" / "))),
            );
        }
        moved
    }
}

impl SavedGround {
    fn moved(&self, now: &Self) -> Vec<String> {
        let pairs = [
            ("project", &self.project, &now.project),
            ("instance", &self.instance, &now.instance),
            ("profile", &self.profile, &now.profile),
            ("configuration", &self.config, &now.config),
            ("renderer or theme", &self.renderer, &now.renderer),
            ("on_remote_edit", &self.on_remote_edit, &now.on_remote_edit),
        ];
        let differ = pairs.into_iter().filter(|(_, then, now)| then != now);
        differ.map(|(what, then, now)| format!("{what}: `{then}` then, `{now}` now")).collect()
    }
}

fn difference(then: &Pin, now: &Pin) -> String {
    if then.sys_id != now.sys_id {
        "another article".to_owned()
    } else if then.content != now.content || then.files != now.files {
        "the document changed".to_owned()
    } else if then.sys_mod_count != now.sys_mod_count {
        "the article changed in ServiceNow".to_owned()
    } else if !numbers_fit(&now.numbers, &then.numbers) {
        "a link's target has another number".to_owned()
    } else {
        format!("{} then, {} now", then.work, now.work)
    }
}

impl Plan {
    /// Pins of everything that is done.
    pub fn pins(
        &self,
        tree: &RenderedTree,
        content: &dyn Fn(usize) -> String,
        number: &dyn Fn(usize) -> Option<String>,
    ) -> BTreeMap<String, Pin> {
        self.shown().filter_map(|planned| Pin::of(planned, tree, content, number)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin() -> Pin {
        Pin {
            work: "write".to_owned(),
            sys_id: SysId::from_bytes([1; 16]),
            sys_mod_count: Some(3),
            unfinished: None,
            content: "c".to_owned(),
            files: vec!["f".to_owned()],
            numbers: BTreeMap::from([("b".to_owned(), None)]),
        }
    }

    fn saved(documents: &[(&str, Pin)]) -> SavedPlan {
        SavedPlan {
            schema: SCHEMA.to_owned(),
            ground: SavedGround {
                project: "p".to_owned(),
                instance: "i".to_owned(),
                profile: "d".to_owned(),
                config: "c".to_owned(),
                renderer: "1".to_owned(),
                on_remote_edit: "keep".to_owned(),
                take: None,
                ask_again: false,
                verify: false,
            },
            filtered: false,
            documents: documents.iter().map(|(name, pin)| ((*name).to_owned(), pin.clone())).collect(),
            categories: Vec::new(),
        }
    }

    fn moved(then: &SavedPlan, now: &SavedPlan) -> Vec<String> {
        then.moved(now, &|_, _| false, &|_, _| false)
    }

    #[test]
    fn the_same_ground_can_be_applied() {
        let plan = saved(&[("a", pin())]);
        assert!(moved(&plan, &plan).is_empty());
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<SavedPlan>(&text).unwrap(), plan);
    }

    #[test]
    fn whatever_moved_is_named() {
        type Change = fn(&mut Pin);
        let then = saved(&[("a", pin())]);
        let changes: [(&str, Change); 4] = [
            ("the article changed in ServiceNow", |pin| pin.sys_mod_count = Some(4)),
            ("the document changed", |pin| pin.content = "other".to_owned()),
            ("the document changed", |pin| pin.files = Vec::new()),
            ("write then, clean now", |pin| pin.work = "clean".to_owned()),
        ];
        for (words, change) in changes {
            let mut today = pin();
            change(&mut today);
            assert_eq!(moved(&then, &saved(&[("a", today)])), [format!("`a`: {words}")]);
        }
        assert_eq!(moved(&then, &saved(&[])), ["`a`: it is no longer what was planned"]);
        assert_eq!(moved(&saved(&[]), &then), ["`a`: it was not in the plan"]);
        let mut elsewhere = then.clone();
        elsewhere.ground.instance = "j".to_owned();
        assert_eq!(moved(&then, &elsewhere), ["instance: `i` then, `j` now"]);
    }

    #[test]
    fn what_an_earlier_apply_began_or_finished_is_no_move() {
        let then = saved(&[("a", pin())]);
        let mut begun = pin();
        begun.sys_mod_count = Some(4);
        begun.numbers.insert("b".to_owned(), Some("KB1".to_owned()));
        assert!(then.moved(&saved(&[("a", begun)]), &|_, _| false, &|_, _| true).is_empty());
        assert!(then.moved(&saved(&[]), &|_, _| true, &|_, _| false).is_empty());
    }
}
