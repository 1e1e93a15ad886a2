//! Translations that have nothing to hang under: their base-language document has no article that this account sees,
//! and gets none. They are neither made nor written, since their `parent` could not be named (contract §2.8).

use std::collections::{BTreeMap, BTreeSet};

use super::Surveyor;
use crate::plan::{Action, Planned, Work};

impl Surveyor<'_> {
    /// Such translations, with the document that each of them translates. One that is not made takes its own
    /// translations along.
    pub(super) fn find_baseless(&self) -> BTreeMap<usize, usize> {
        let translations = self.tree.translations();
        let is_missing = |number: &usize| self.article(*number).is_none();
        let is_not_made = |number: &usize| self.hidden > 0 || self.strangers.contains_key(number);
        let bases = translations.iter().map(|(_, base)| *base);
        let mut missing: BTreeSet<usize> = bases.filter(is_missing).filter(is_not_made).collect();
        let mut baseless = BTreeMap::new();
        loop {
            let found: Vec<(usize, usize)> = translations
                .iter()
                .filter(|(number, base)| missing.contains(base) && !baseless.contains_key(number))
                .copied()
                .collect();
            if found.is_empty() {
                return baseless;
            }
            missing.extend(found.iter().map(|(number, _)| *number).filter(is_missing));
            baseless.extend(found);
        }
    }

    /// Makes a conflict of what would be written without its base-language article.
    pub(super) fn hold_baseless(&self, planned: &mut Planned) {
        let base = planned.document.and_then(|number| self.baseless.get(&number));
        let Some(base) = base.filter(|_| matches!(planned.work, Work::Create(_) | Work::Write { .. })) else {
            return;
        };
        let id = &self.tree.documents[*base].id;
        let remedy = if self.hidden > 0 {
            "let this account read all articles of this project".to_owned()
        } else {
            format!("settle the conflict of `{id}` first")
        };
        planned.action = Action::Conflict;
        planned.reasons =
            vec![format!("translates `{id}`, which has no article that this account sees: {remedy}")];
        planned.valid_to = None;
        planned.work = Work::Leave;
    }
}
