//! Where articles lie: the categories of what is written, moves, and articles that lie above the category their
//! document asks for, because it was refused.

use std::collections::{BTreeMap, BTreeSet};

use super::Surveyor;
use crate::finding::{Code, Finding};
use crate::ids::SysId;
use crate::plan::{Action, CategoryTree, Change, Planned, What, Work, inactive_help};
use crate::servicenow::{ApiError, Category};
use crate::text;

impl Surveyor<'_> {
    /// The categories of every base in which a document with a category is written.
    pub(super) async fn categories(&self, planned: &[Planned]) -> Result<CategoryTree, ApiError> {
        let bases: BTreeSet<SysId> = self.written(planned).map(|(number, _)| self.bases[number]).collect();
        let mut tree = CategoryTree::default();
        for base in bases {
            tree.extend(self.reader.categories(base).await?);
        }
        Ok(tree)
    }

    /// Documents that are written and whose category is managed, with their labels.
    fn written<'p>(&'p self, planned: &'p [Planned]) -> impl Iterator<Item = (usize, &'p [String])> {
        planned.iter().filter_map(|planned| {
            let number = planned.document?;
            let labels =
                self.tree.documents[number].category.as_deref().filter(|labels| !labels.is_empty())?;
            matches!(planned.work, Work::Create(_) | Work::Write { .. }).then_some((number, labels))
        })
    }

    pub(super) fn missing_categories(
        &self,
        planned: &[Planned],
        tree: &CategoryTree,
    ) -> Vec<(SysId, Vec<String>)> {
        if !self.settings.publish.create_categories {
            return Vec::new();
        }
        let wanted = self.written(planned);
        let wanted = wanted.map(|(number, labels)| (self.bases[number], labels, self.category_of(number)));
        tree.missing(wanted).into_iter().collect()
    }

    /// The category in which the document's article lies.
    fn category_of(&self, number: usize) -> Option<SysId> {
        self.rows[self.pairing.pairs[number].as_ref()?.row].index.kb_category
    }

    /// Says of an update that it moves the article, where it does.
    pub(super) fn name_moves(&self, planned: &mut [Planned], tree: &CategoryTree) {
        let row = |number: usize| self.pairing.pairs[number].as_ref().map(|pair| &self.rows[pair.row].index);
        let other_base =
            |number: usize| row(number)?.kb_knowledge_base.filter(|base| *base != self.bases[number]);
        // Written for their category alone: refused again, it leaves them as they are.
        let untold: BTreeSet<usize> = planned
            .iter()
            .filter(|planned| matches!(planned.work, Work::Write { for_category: true, .. }))
            .filter_map(|planned| planned.document)
            .collect();
        let from_base = planned
            .iter()
            .filter(|planned| matches!(planned.work, Work::Write { .. }))
            .filter_map(|planned| {
                let number = planned.document?;
                let id = other_base(number)?;
                let title =
                    |id| self.known_bases.iter().find(|base| base.sys_id == id).map(|base| &*base.title);
                let (from, to) = (title(id).unwrap_or("that is not visible"), title(self.bases[number]));
                let change = Change::of(What::KnowledgeBase, from, to.unwrap_or_default());
                Some((number, format!("moved from base {from}"), change))
            });
        let from_category = self
            .written(planned)
            .filter(|(number, _)| other_base(*number).is_none())
            .filter_map(|(number, labels)| {
                let row = row(number)?;
                let reach = tree.reach(self.bases[number], labels, row.kb_category);
                let there = reach.depth == labels.len() && reach.nearest == row.kb_category;
                let from = row.kb_category.and_then(|id| tree.path(id));
                let change =
                    Change::of(What::Category, from.as_deref().unwrap_or_default(), &labels.join(" / "));
                let from = from.map_or("no category".to_owned(), |path| format!("category {path}"));
                let untold = untold.contains(&number) && reach.depth < labels.len();
                let proviso = if untold { ", if its category can be made" } else { "" };
                (!there).then(|| (number, format!("moved from {from}{proviso}"), change))
            });
        let moves: Vec<_> = from_base.chain(from_category).collect();
        for (number, reason, change) in moves {
            if let Some(planned) = planned.iter_mut().find(|planned| planned.document == Some(number)) {
                planned.reasons.retain(|reason| reason != "columns");
                planned.reasons.push(reason);
                planned.changes.extend(change);
            }
        }
    }

    /// Looks after articles that lie above their category: which of them moves, because it is there by now or
    /// `--ask-again` asks for it; one that a person has put elsewhere stays there.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub(super) async fn settle_above(&mut self, planned: &mut [Planned]) -> Result<(), ApiError> {
        let waits = |planned: &Planned| {
            let number = planned.document.filter(|number| self.above.contains_key(number))?;
            (planned.action == Action::Unchanged && !planned.filtered).then_some(number)
        };
        let waiting: BTreeMap<usize, usize> =
            planned.iter().enumerate().filter_map(|(at, one)| Some((waits(one)?, at))).collect();
        self.above.retain(|number, _| waiting.contains_key(number));
        let places: Vec<SysId> = self.above.keys().filter_map(|number| self.place(*number)).collect();
        let known = self.reader.categories_at(&places).await?;
        let lies: BTreeMap<usize, Lies> =
            self.above.iter().map(|(number, depth)| (*number, self.lies(*number, *depth, &known))).collect();
        for (number, lies) in lies {
            let asks = self.options.ask_again && self.settings.publish.create_categories;
            match lies {
                Lies::Elsewhere => {
                    self.above.remove(&number);
                }
                Lies::AboveWhatIsThere => write(&mut planned[waiting[&number]]),
                Lies::Above if asks => write(&mut planned[waiting[&number]]),
                Lies::BelowInactive(path) => {
                    self.inactive.insert(number, path);
                }
                Lies::Above => {}
            }
        }
        Ok(())
    }

    /// The category, or where there is none the base, below which the document's category is missing.
    fn place(&self, number: usize) -> Option<SysId> {
        let row = &self.rows[self.pairing.pairs[number].as_ref()?.row].index;
        row.kb_category.or(Some(self.bases[number]))
    }

    fn lies(&self, number: usize, depth: usize, known: &[Category]) -> Lies {
        let labels = self.tree.documents[number].category.as_deref().unwrap_or_default();
        let (Some(place), Some(next)) = (self.place(number), labels.get(depth)) else {
            return Lies::Elsewhere;
        };
        let own = known.iter().find(|category| category.sys_id == place);
        let as_left = match depth {
            0 => place == self.bases[number],
            _ => own.is_some_and(|own| own.label == labels[depth - 1]),
        };
        if !as_left {
            return Lies::Elsewhere;
        }
        let mut below =
            known.iter().filter(|category| category.parent_id == place && category.label == *next).peekable();
        let takes_none = below.peek().is_some();
        if below.any(|category| category.active) {
            Lies::AboveWhatIsThere
        } else if own.is_some_and(|own| !own.active) {
            Lies::BelowInactive(labels[..depth].join(" / "))
        } else if takes_none {
            Lies::BelowInactive(labels[..=depth].join(" / "))
        } else {
            Lies::Above
        }
    }

    /// Where another document has a category asked for, the articles that wait for it join.
    pub(super) fn join_above(&self, planned: &mut [Planned], tree: &CategoryTree) {
        let asked: BTreeSet<(SysId, Vec<String>)> =
            self.missing_categories(planned, tree).into_iter().collect();
        for planned in planned.iter_mut().filter(|planned| matches!(planned.work, Work::Leave | Work::Clean))
        {
            let waits = planned.document.and_then(|number| Some((number, *self.above.get(&number)?)));
            let Some((number, depth)) = waits else { continue };
            let labels = self.tree.documents[number].category.as_deref().unwrap_or_default();
            let next = labels.get(..=depth).map(<[String]>::to_vec);
            if next.is_some_and(|next| asked.contains(&(self.bases[number], next))) {
                write(planned);
                self.hold_baseless(planned);
            }
        }
    }

    /// What is told of articles that stay above their category, and where categories are not made, of those that
    /// are written above theirs: one finding for each category.
    pub(super) fn left_above(&self, planned: &[Planned], tree: &CategoryTree) -> Vec<Finding> {
        let (mut missing, mut inactive) = (BTreeMap::<(SysId, &[String]), usize>::new(), BTreeMap::new());
        for planned in planned.iter().filter(|planned| !planned.filtered) {
            let Some(number) = planned.document else { continue };
            let labels = self.tree.documents[number].category.as_deref().unwrap_or_default();
            let base = self.bases[number];
            let depth = match planned.work {
                Work::Leave | Work::Clean => self.above.get(&number).copied(),
                Work::Create(_) | Work::Write { .. } if !self.settings.publish.create_categories => {
                    Some(tree.reach(base, labels, self.category_of(number)).depth)
                }
                _ => None,
            };
            if let Some(path) = depth.and_then(|depth| labels.get(..=depth)) {
                *missing.entry((base, path)).or_default() += 1;
                let closed = self.inactive.get(&number).cloned().or_else(|| tree.inactive(base, path));
                inactive.extend(closed.map(|closed| ((base, path), closed)));
            }
        }
        let told = |(place, count): ((SysId, &[String]), usize)| {
            let articles = text::count(count, "article");
            let message = format!("category `{}` is not there: {articles} above it", place.1.join(" / "));
            let anew = "ask a knowledge manager to make it, and the next run moves them; `publish --ask-again` asks for it anew";
            let help = inactive.get(&place).map_or_else(|| anew.to_owned(), |path| inactive_help(path));
            Finding::new(Code::CategoryRefused, message).help(help)
        };
        missing.into_iter().map(told).collect()
    }
}

/// Where an article lies whose category could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lies {
    /// Where its last write left it; the category is still missing.
    Above,
    /// The same, and no article can be put there: this one is inactive.
    BelowInactive(String),
    /// As its last write left it, and the category is there by now.
    AboveWhatIsThere,
    /// Where somebody else has put it.
    Elsewhere,
}

fn write(planned: &mut Planned) {
    planned.action = Action::Update;
    planned.work = Work::Write { ask: false, renamed_from: None, for_category: true };
}
