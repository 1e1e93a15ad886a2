//! Which base each document goes to.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::Settings;
use crate::ids::{SysId, display_path};
use crate::servicenow::{Base, Unusable};
use crate::tree::RenderedTree;

/// A base that a document or the settings ask for, and cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownBase {
    /// As written; `None` where nothing names a base.
    pub asked: Option<String>,
    /// One document that asks for it.
    pub document: String,
    /// Why not.
    pub why: BaseProblem,
}

/// Why a base cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseProblem {
    /// Nothing names one.
    NotNamed,
    /// The account sees none of this name; these it sees.
    NotSeen(Vec<String>),
    /// It takes no articles.
    Inactive,
    /// A base of the legacy kind.
    Legacy,
    /// Several have this title.
    Ambiguous,
}

impl fmt::Display for UnknownBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.asked.as_deref().unwrap_or_default();
        match &self.why {
            BaseProblem::NotNamed => {
                write!(
                    f,
                    "no knowledge base is named for `{}`: set `knowledge_base` in `[publish]`",
                    self.document
                )
            }
            BaseProblem::NotSeen(seen) if seen.is_empty() => {
                write!(
                    f,
                    "knowledge base `{asked}` is not visible to this account, nor is any other: ask the administrator for read access to it"
                )
            }
            BaseProblem::NotSeen(seen) => {
                let seen: Vec<String> = seen.iter().map(|title| format!("`{title}`")).collect();
                write!(
                    f,
                    "there is no knowledge base `{asked}` that this account can see; it sees {}",
                    seen.join(", ")
                )
            }
            BaseProblem::Inactive => write!(f, "knowledge base `{asked}` is inactive: it takes no articles"),
            BaseProblem::Legacy => write!(f, "knowledge base `{asked}` is of the legacy kind (kb_version 2)"),
            BaseProblem::Ambiguous => {
                write!(f, "several knowledge bases are called `{asked}`: name the one you mean by its sys_id")
            }
        }
    }
}

/// The first document for which nothing names a base: known without the instance.
pub fn unnamed_base(settings: &Settings, tree: &RenderedTree) -> Option<UnknownBase> {
    let document = tree.documents.iter().find(|document| document.knowledge_base.is_none())?;
    Some(UnknownBase {
        asked: None,
        document: display_path(&settings.source.root, &document.path).into_string(),
        why: BaseProblem::NotNamed,
    })
}

/// The base of each document, by sys_id or exact title (contract §3).
///
/// # Errors
/// Every base that cannot be had, each once.
pub(super) fn resolve(
    settings: &Settings,
    tree: &RenderedTree,
    bases: &[Base],
) -> Result<Vec<SysId>, Vec<UnknownBase>> {
    let mut known: BTreeMap<Option<&str>, Result<SysId, UnknownBase>> = BTreeMap::new();
    let mut resolved = Vec::with_capacity(tree.documents.len());
    for document in &tree.documents {
        let asked = document.knowledge_base.as_deref();
        let base = known.entry(asked).or_insert_with(|| {
            find(asked, bases).map_err(|why| UnknownBase {
                asked: asked.map(str::to_owned),
                document: display_path(&settings.source.root, &document.path).into_string(),
                why,
            })
        });
        resolved.extend(base.as_ref().ok());
    }
    let problems: Vec<UnknownBase> = known.into_values().filter_map(Result::err).collect();
    if problems.is_empty() { Ok(resolved) } else { Err(problems) }
}

fn find(asked: Option<&str>, bases: &[Base]) -> Result<SysId, BaseProblem> {
    let named = Base::named(asked.ok_or(BaseProblem::NotNamed)?, bases);
    named.map(|base| base.sys_id).map_err(|why| match why {
        Unusable::NotSeen => {
            let mut seen: Vec<String> =
                bases.iter().filter(|base| base.is_usable()).map(|base| base.title.clone()).collect();
            seen.sort();
            BaseProblem::NotSeen(seen)
        }
        Unusable::Inactive => BaseProblem::Inactive,
        Unusable::Legacy => BaseProblem::Legacy,
        Unusable::Ambiguous(_) => BaseProblem::Ambiguous,
    })
}
