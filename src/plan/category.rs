//! Which category a document's folder is on the instance, and which are still to be made.

use std::collections::{BTreeSet, HashMap};

use crate::ids::SysId;
use crate::servicenow::Category;

/// The categories of some bases, by what they hang on.
#[derive(Debug, Clone, Default)]
pub struct CategoryTree {
    children: HashMap<SysId, Vec<Category>>,
    known: HashMap<SysId, Category>,
}

/// How far a path of labels exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The deepest category that is there; `None` where not even the first is.
    pub nearest: Option<SysId>,
    /// How many labels exist.
    pub depth: usize,
}

impl CategoryTree {
    /// Takes more categories; those already known are passed over.
    pub fn extend(&mut self, categories: impl IntoIterator<Item = Category>) {
        for category in categories {
            if self.known.insert(category.sys_id, category.clone()).is_none() {
                self.children.entry(category.parent_id).or_default().push(category);
            }
        }
    }

    /// Walks `labels` down from the base. Labels must be equal to the letter: databases often compare without
    /// case, people do not. Of two with one label the smaller sys_id is taken (protocol §5.2). Inactive categories
    /// count only for an article that lies in them or below: it may stay (contract §3).
    pub fn reach(&self, base: SysId, labels: &[String], lies: Option<SysId>) -> Reach {
        let above: Vec<SysId> = self.upward(lies).map(|category| category.sys_id).collect();
        let mut reach = Reach { nearest: None, depth: 0 };
        let mut parent = base;
        for label in labels {
            let children = self.children.get(&parent).map_or(&[][..], Vec::as_slice);
            let fits = |category: &&Category| {
                let open = category.active || above.contains(&category.sys_id);
                open && category.label == *label && category.top == (reach.depth == 0)
            };
            let Some(found) = children.iter().filter(fits).map(|category| category.sys_id).min() else {
                break;
            };
            parent = found;
            reach = Reach { nearest: Some(found), depth: reach.depth + 1 };
        }
        reach
    }

    /// The first label on the way down that only an inactive category has; its path, for messages.
    pub fn inactive(&self, base: SysId, labels: &[String]) -> Option<String> {
        let reach = self.reach(base, labels, None);
        let label = labels.get(reach.depth)?;
        let children = self.children.get(&reach.nearest.unwrap_or(base))?;
        let found = children.iter().find(|category| !category.active && category.label == *label)?;
        Some(self.path(found.sys_id).unwrap_or_else(|| label.clone()))
    }

    /// `A / B` of a category, for messages only: labels may hold a slash.
    pub fn path(&self, category: SysId) -> Option<String> {
        let mut above: Vec<&Category> = self.upward(Some(category)).collect();
        above.reverse();
        let labels: Vec<&str> = above.iter().map(|category| category.label.as_str()).collect();
        above.first().filter(|first| first.top).map(|_| labels.join(" / "))
    }

    /// A category and those above it, as far as they are known.
    fn upward(&self, from: Option<SysId>) -> impl Iterator<Item = &Category> {
        let next = |below: &&Category| self.known.get(&below.parent_id).filter(|_| !below.top);
        // A lying server could send a ring.
        std::iter::successors(from.and_then(|id| self.known.get(&id)), next).take(64)
    }

    /// The paths that are missing below the base for articles that lie there, parents before their children.
    pub fn missing<'a>(
        &self,
        wanted: impl IntoIterator<Item = (SysId, &'a [String], Option<SysId>)>,
    ) -> BTreeSet<(SysId, Vec<String>)> {
        let mut missing = BTreeSet::new();
        for (base, labels, lies) in wanted {
            for length in self.reach(base, labels, lies).depth + 1..=labels.len() {
                missing.insert((base, labels[..length].to_vec()));
            }
        }
        missing
    }
}

/// What to do about a category that is inactive, and those below it.
pub fn inactive_help(path: &str) -> String {
    format!(
        "`{path}` is inactive and takes no articles: ask a knowledge manager to activate it, then run `publish \
         --ask-again`; or name another category (`kb.category`)"
    )
}

/// The script name that goes with a label: lower snake case (contract §3: `Rollup/Set` → `rollup_set`).
pub fn category_value(label: &str) -> String {
    let mut value = String::new();
    for c in label.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            value.push(c);
        } else if !value.is_empty() && !value.ends_with('_') {
            value.push('_');
        }
    }
    value.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> SysId {
        SysId::from_bytes([n; 16])
    }

    fn category(n: u8, label: &str, parent: u8, top: bool) -> Category {
        Category { sys_id: id(n), label: label.to_owned(), parent_id: id(parent), top, active: true }
    }

    #[test]
    fn a_path_is_walked_label_by_label() {
        let mut tree = CategoryTree::default();
        tree.extend([
            category(9, "Guides", 1, true),
            category(2, "Guides", 1, true),
            category(3, "A / B", 2, false),
            category(4, "guides", 1, true),
        ]);
        let labels = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            tree.reach(id(1), &labels(&["Guides", "A / B"]), None),
            Reach { nearest: Some(id(3)), depth: 2 }
        );
        assert_eq!(
            tree.reach(id(1), &labels(&["Guides", "A", "B"]), None),
            Reach { nearest: Some(id(2)), depth: 1 }
        );
        assert_eq!(tree.path(id(3)).as_deref(), Some("Guides / A / B"));
        let wanted = labels(&["New", "Deeper"]);
        let missing = tree.missing([(id(1), wanted.as_slice(), None)]);
        assert_eq!(
            missing.into_iter().map(|(_, path)| path.len()).collect::<Vec<_>>(),
            [1, 2],
            "parents come before their children"
        );
    }

    #[test]
    fn an_inactive_category_is_there_for_who_lies_in_it() {
        let mut tree = CategoryTree::default();
        let inactive = Category { active: false, ..category(2, "Guides", 1, true) };
        tree.extend([inactive, category(3, "Deep", 2, false)]);
        let labels: Vec<String> = ["Guides", "Deep"].map(str::to_owned).into();
        let depth = |lies| tree.reach(id(1), &labels, lies).depth;
        assert_eq!((depth(None), depth(Some(id(9))), depth(Some(id(2))), depth(Some(id(3)))), (0, 0, 2, 2));
        assert_eq!(tree.inactive(id(1), &labels).as_deref(), Some("Guides"));
        assert_eq!(tree.inactive(id(1), &["Other".to_owned()]), None);
    }

    #[test]
    fn values_are_lower_snake() {
        assert_eq!(category_value("Rollup/Set"), "rollup_set");
        assert_eq!(category_value("  Über uns! "), "über_uns");
    }
}
