//! Reads from the instance what planning needs, and makes the plan. Only reads: it is handed a [`Reader`].
//!
//! Must not know: writing, output formats.

mod adopt;
mod bases;
mod bodies;
mod categories;
mod changes;
mod life;
mod lost;
mod orphans;
mod people;
mod roads;
mod strangers;
mod translations;
mod verified;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Settings;
use crate::event::{Event, Observer};
use crate::finding::{Code, Finding};
use crate::ids::{SysId, display_path};
use crate::plan::{
    Action, Asked, Case, CategoryTree, DigestContext, Pairing, Plan, Planned, Policy, Road, Row, Step, Take,
    Unreadable, Verdict, View, Work, pair, source_digest,
};
use crate::servicenow::{ApiError, Attachment, Base, CurrentUser, Index, Reader};
use crate::tree::{RenderedTree, Target};

use strangers::Strangers;
use verified::Verified;

pub use adopt::{AdoptOptions, Adopting, Adoption, LEAST_BY_TITLE, adoptions};
pub use bases::{UnknownBase, unnamed_base};
pub use bodies::{LinkTarget, destination};
pub(crate) use bodies::{files_by_id, stored_body};
pub use people::{People, ResolvedColumns};
pub use roads::in_place;

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// The instance did not answer as it should.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Bases that are unknown, inactive, or not named at all.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Bases(Vec<UnknownBase>),
    /// Articles of this project were written by a later version of this program.
    #[error("article {number} was written by a newer kb-publish")]
    Newer {
        /// One of them.
        number: String,
    },
    /// The stamp column does not exist, or this account may not read it.
    #[error("no article shows the column `{stamp_field}` to this account")]
    NoStampColumn {
        /// The column.
        stamp_field: String,
    },
}

/// What the instance holds of the project, read while the tree is rendered.
#[derive(Debug)]
pub struct Remote {
    /// The signed-in account.
    pub user: CurrentUser,
    /// The bases it sees.
    pub bases: Vec<Base>,
    /// All rows of the project.
    pub index: Index,
}

/// Options of one run that are not settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// `--ask-again`.
    pub ask_again: bool,
    /// `--verify`.
    pub verify: bool,
    /// `--take`.
    pub take: Option<Take>,
    /// `--diff`.
    pub view: View,
}

/// A plan and what it stands on.
#[derive(Debug)]
pub struct Surveyed {
    /// What a run would do.
    pub plan: Plan,
    /// What was read.
    pub remote: Remote,
    /// All rows of the project with their stamps.
    pub rows: Vec<Arc<Row>>,
    /// The base of each document of the tree.
    pub bases: Vec<SysId>,
    /// Categories of the bases in which something is written.
    pub categories: CategoryTree,
    /// People, groups and criteria by the names that documents use.
    pub people: People,
    /// How published articles of versioned bases are changed.
    pub road: Road,
}

/// Reads the account, the bases and the index, side by side.
///
/// # Errors
/// The first answer that is none.
pub async fn remote(
    settings: &Settings,
    reader: &Reader,
    observer: &dyn Observer,
) -> Result<Remote, ApiError> {
    observer.on(&Event::Stage { name: "reading the index", total: 0 });
    let (user, bases, index) = futures_util::future::try_join3(
        reader.current_user(),
        reader.bases(),
        reader.index(&settings.publish.stamp_field, &settings.project),
    )
    .await?;
    observer.on(&Event::StageEnd);
    Ok(Remote { user, bases, index })
}

/// Makes the plan, reading only what it cannot do without.
///
/// # Errors
/// [`SurveyError`].
pub async fn plan(
    settings: &Arc<Settings>,
    tree: &Arc<RenderedTree>,
    mut remote: Remote,
    reader: &Reader,
    options: Options,
    only: Option<&BTreeSet<usize>>,
    observer: &dyn Observer,
) -> Result<Surveyed, SurveyError> {
    let Known { bases, rows, pairing, strangers, adopted } =
        known(settings, tree, &mut remote, reader).await?;
    let mut surveyor = Surveyor {
        settings,
        tree,
        reader,
        options,
        rows: &rows,
        pairing: &pairing,
        bases: &bases,
        known_bases: &remote.bases,
        strangers: &strangers.refused,
        adopted: &adopted,
        baseless: BTreeMap::new(),
        references: BTreeMap::new(),
        above: BTreeMap::new(),
        inactive: BTreeMap::new(),
        verified: Mutex::new(Verified::load(&settings.folder, reader.instance())),
        compared: BTreeSet::new(),
        listed: tokio::sync::OnceCell::new(),
        hidden: remote.index.hidden + remote.index.columnless,
        user: &remote.user.user_name,
        look: crate::render::look_digest(&crate::tree::options(settings)),
    };
    surveyor.baseless = surveyor.find_baseless();
    observer.on(&Event::Stage { name: "comparing", total: tree.documents.len() });
    let documents = surveyor.judge_all(&strangers.free).await?;
    observer.on(&Event::StageEnd);
    let mut plan = Plan { documents, problems: surveyor.duplicates(), ..Plan::default() };
    let orphans = surveyor.orphans(&plan.documents);
    plan.problems.extend(surveyor.possible_renames(&plan.documents, &orphans));
    plan.problems.extend(surveyor.paths_for_ids(&plan.documents, &orphans));
    plan.documents.extend(orphans);
    if let Some(only) = only {
        plan.filter(only);
    }
    surveyor.settle_redirects(&mut plan.documents).await?;
    surveyor.settle_above(&mut plan.documents).await?;
    let expiring = life::expiring(settings, tree, &mut plan.documents, reader.server_time());
    plan.problems.extend(expiring);
    plan.documents.iter_mut().for_each(|planned| surveyor.hold_baseless(planned));
    plan.problems.extend(life::inbound_links(settings, &plan, reader).await?);
    let categories = surveyor.categories(&plan.documents).await?;
    surveyor.join_above(&mut plan.documents, &categories);
    let road = surveyor.take_roads(&remote.user, &mut plan.documents).await?;
    surveyor.name_moves(&mut plan.documents, &categories);
    plan.categories = surveyor.missing_categories(&plan.documents, &categories);
    plan.problems.extend(surveyor.left_above(&plan.documents, &categories));
    surveyor.verified.into_inner().unwrap_or_else(PoisonError::into_inner).save();
    let references = surveyor.references;
    let (people, unknown) = people::resolve(&settings.source.root, tree, &plan, reader).await?;
    plan.problems.extend(unknown);
    changes::settle(tree, &mut plan, &references, &people);
    Ok(Surveyed { plan, remote, rows, bases, categories, people, road })
}

/// The rows of the project, and which document each belongs to.
struct Known {
    /// The base of each document of the tree.
    bases: Vec<SysId>,
    rows: Vec<Arc<Row>>,
    pairing: Pairing,
    /// What lies under the identities of documents that the index does not know.
    strangers: Strangers,
    /// Articles that documents take over, by the number of the document.
    adopted: BTreeMap<usize, Arc<Row>>,
}

/// Pairs documents with rows: those of the index, and what new documents may have that it does not show.
///
/// # Errors
/// [`SurveyError`].
async fn known(
    settings: &Settings,
    tree: &RenderedTree,
    remote: &mut Remote,
    reader: &Reader,
) -> Result<Known, SurveyError> {
    let bases = bases::resolve(settings, tree, &remote.bases).map_err(SurveyError::Bases)?;
    let index = std::mem::take(&mut remote.index.rows);
    if index.is_empty() && remote.index.columnless > 0 {
        return Err(SurveyError::NoStampColumn { stamp_field: settings.publish.stamp_field.clone() });
    }
    let mut rows: Vec<Arc<Row>> = index.into_iter().map(|row| Arc::new(Row::new(row))).collect();
    refuse_newer(&rows)?;
    let mut pairing = pair(&tree.documents, &rows, &settings.project);
    let user = &remote.user.user_name;
    let newest = lost::newest(settings, reader, user, lost::bases_to_search(&rows, &pairing, &bases));
    let looked_up = strangers::look_up_new(settings, tree, reader, &mut rows, &mut pairing);
    let (mut strangers, newest) = futures_util::future::try_join(looked_up, newest).await?;
    refuse_newer(strangers.refused.values().filter_map(|(row, _)| row.as_ref()))?;
    let mut adopted = adopt::adopt(settings, tree, &bases, reader, &mut strangers).await?;
    let looking = lost::Looking { settings, tree, bases: &bases, reader, user, newest };
    looking.find(&rows, &pairing, &mut strangers, &mut adopted).await?;
    Ok(Known { bases, rows, pairing, strangers, adopted })
}

/// A stamp of a later format or renderer: this program would take it for an edit (protocol §2).
fn refuse_newer<'a>(rows: impl IntoIterator<Item = &'a Arc<Row>>) -> Result<(), SurveyError> {
    let newer = rows.into_iter().find(|row| match row.stamp() {
        Ok(stamp) => !stamp.is_known(crate::render::RENDERER),
        Err(unreadable) => unreadable == Unreadable::Newer,
    });
    match newer {
        Some(row) => Err(SurveyError::Newer { number: row.index.number.clone() }),
        None => Ok(()),
    }
}

struct Surveyor<'a> {
    settings: &'a Arc<Settings>,
    tree: &'a Arc<RenderedTree>,
    reader: &'a Reader,
    options: Options,
    rows: &'a [Arc<Row>],
    pairing: &'a Pairing,
    bases: &'a [SysId],
    known_bases: &'a [Base],
    strangers: &'a BTreeMap<usize, (Option<Arc<Row>>, String)>,
    adopted: &'a BTreeMap<usize, Arc<Row>>,
    /// Translations whose base-language document, the value, has no article to hang them under.
    baseless: BTreeMap<usize, usize>,
    /// What written documents ask of columns that hold people.
    references: BTreeMap<usize, Vec<changes::Reference>>,
    /// Documents whose article lies above its category, which was refused or is not made, and how many of the
    /// category's labels were there when it was last written.
    above: BTreeMap<usize, usize>,
    /// Of those, the inactive category that is in the way, by its path.
    inactive: BTreeMap<usize, String>,
    verified: Mutex<Verified>,
    /// The rows that are compared.
    compared: BTreeSet<SysId>,
    /// Their files, where they were listed together.
    listed: tokio::sync::OnceCell<Option<Vec<Attachment>>>,
    hidden: usize,
    user: &'a str,
    look: String,
}

impl Surveyor<'_> {
    /// What the document asks for now. What its stamp tells counts as that, too, where this machine cannot draw what
    /// another one drew and published (instead of going back and forth between pictures and their sources), and where its
    /// category could not be had: then `above` is told of the one that was.
    fn source(&mut self, number: usize) -> Option<String> {
        let document = &self.tree.documents[number];
        let category = document.category.as_deref();
        let whole = self.source_in(number, category, false)?;
        let pair = self.pairing.pairs[number].as_ref()?;
        let stamp = self.rows[pair.row].stamp().ok();
        let written = stamp.and_then(|stamp| stamp.source).filter(|written| *written != whole);
        let Some(written) = written else { return Some(whole) };
        let undrawn = document.references.iter().any(|target| matches!(target, Target::Undrawn(_)));
        for as_drawn in [false, true].into_iter().take(1 + usize::from(undrawn)) {
            let is_written = |category| self.source_in(number, category, as_drawn).as_ref() == Some(&written);
            if as_drawn && is_written(category) {
                return Some(written);
            }
            let Some(labels) = category else { continue };
            if let Some(depth) = (0..labels.len()).rev().find(|depth| is_written(Some(&labels[..*depth]))) {
                self.above.insert(number, depth);
                return Some(written);
            }
        }
        Some(whole)
    }

    fn source_in(&self, number: usize, category: Option<&[String]>, as_drawn: bool) -> Option<String> {
        let context = DigestContext {
            tree: self.tree,
            project: &self.settings.project,
            link_template: &self.settings.render.link_template,
            as_drawn,
        };
        let document = &self.tree.documents[number];
        let place = (self.bases[number], category);
        source_digest(context, document, place, document.status.into(), &|target| self.link_number(target))
    }

    async fn judge_all(&mut self, free: &BTreeMap<usize, SysId>) -> Result<Vec<Planned>, ApiError> {
        let mut planned: Vec<Option<Planned>> = Vec::with_capacity(self.tree.documents.len());
        let mut unread: Vec<(usize, Option<String>)> = Vec::new();
        for number in 0..self.tree.documents.len() {
            if self.pairing.pairs[number].is_none() || self.adopted.contains_key(&number) {
                planned.push(Some(self.without_article(number, free)));
                continue;
            }
            let source = self.source(number);
            let Some(pair) = &self.pairing.pairs[number] else { continue };
            let case = self.case(pair, source.as_deref(), number, &[]);
            let needs = case.needs();
            if needs.remote || needs.local {
                unread.push((number, source));
                planned.push(None);
            } else {
                planned.push(Some(self.planned(number, case.judge(None, None))));
            }
        }
        let rows = unread.iter().filter_map(|(number, _)| Some(self.pairing.pairs[*number].as_ref()?.row));
        self.compared = rows.map(|row| self.rows[row].index.sys_id).collect();
        for batch in unread.chunks(bodies::BATCH) {
            for judged in self.judge_batch(batch).await? {
                if matches!(judged.verdict.step, Step::Write { .. }) && !judged.references.is_empty() {
                    self.references.insert(judged.number, judged.references);
                }
                let (changes, remote) = (judged.changes, judged.remote);
                planned[judged.number] =
                    Some(Planned { changes, remote, ..self.planned(judged.number, judged.verdict) });
            }
        }
        Ok(planned.into_iter().flatten().collect())
    }

    fn case<'c>(
        &'c self,
        pair: &'c crate::plan::Pair,
        source: Option<&'c str>,
        number: usize,
        details: &'c [String],
    ) -> Case<'c> {
        Case {
            pair,
            rows: self.rows,
            source,
            wanted: Asked::from(self.tree.documents[number].status),
            look: &self.look,
            renderer: crate::render::RENDERER,
            user: self.user,
            policy: Policy {
                on_remote_edit: self.settings.publish.on_remote_edit,
                restyle: self.settings.publish.restyle,
                ask_again: self.options.ask_again,
                verify: self.options.verify,
                take: self.options.take,
                view: self.options.view,
            },
            verified: self.verified().knows(&self.rows[pair.row].index),
            saved_since: None,
            details,
        }
    }

    fn verified(&self) -> MutexGuard<'_, Verified> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn without_article(&self, number: usize, free: &BTreeMap<usize, SysId>) -> Planned {
        let conflict = |reason: String, row: Option<Arc<Row>>| Planned {
            document: Some(number),
            action: Action::Conflict,
            reasons: vec![reason],
            diff: None,
            changes: Vec::new(),
            remote: None,
            valid_to: None,
            row,
            work: Work::Leave,
            filtered: false,
        };
        if let Some(row) = self.adopted.get(&number) {
            let asked = Asked::from(self.tree.documents[number].status);
            return Planned {
                document: Some(number),
                action: Action::Update,
                reasons: vec![format!("adopts {}", row.index.number)],
                diff: None,
                changes: Vec::new(),
                remote: None,
                valid_to: None,
                row: Some(Arc::clone(row)),
                work: Work::Write {
                    ask: !asked.is_met_by(&row.index.workflow_state),
                    renamed_from: None,
                    for_category: false,
                },
                filtered: false,
            };
        }
        if let Some((row, reason)) = self.strangers.get(&number) {
            return conflict(reason.clone(), row.clone());
        }
        if self.hidden > 0 {
            let reason =
                format!("may exist: {} of this project's articles are hidden from this account", self.hidden);
            return conflict(reason, None);
        }
        let sys_id = free.get(&number).copied();
        let sys_id =
            sys_id.unwrap_or_else(|| self.tree.documents[number].id.identity(&self.settings.project, 1));
        Planned {
            document: Some(number),
            action: Action::Create,
            reasons: vec!["new document".to_owned()],
            diff: None,
            changes: Vec::new(),
            remote: None,
            valid_to: None,
            row: None,
            work: Work::Create(sys_id),
            filtered: false,
        }
    }

    fn planned(&self, number: usize, verdict: Verdict) -> Planned {
        let pair = self.pairing.pairs[number].as_ref();
        Planned {
            document: Some(number),
            action: verdict.action,
            reasons: verdict.reasons,
            diff: verdict.diff,
            changes: Vec::new(),
            remote: None,
            valid_to: None,
            row: pair.map(|pair| Arc::clone(&self.rows[pair.row])),
            work: match verdict.step {
                Step::Leave => Work::Leave,
                Step::Clean => Work::Clean,
                Step::Write { ask } => {
                    let renamed_from = pair.and_then(|pair| pair.renamed_from.clone());
                    Work::Write { ask, renamed_from, for_category: false }
                }
            },
            filtered: false,
        }
    }

    fn duplicates(&self) -> Vec<Finding> {
        let named = |(document, row): &(usize, usize)| {
            let (document, row) = (&self.tree.documents[*document], &self.rows[*row].index);
            let message =
                format!("article {} carries the stamp of document `{}` too", row.number, document.id);
            Finding::new(Code::DuplicateArticle, message)
                .at(display_path(&self.settings.source.root, &document.path), None)
                .help("kb-publish never writes it; retire it in ServiceNow if it is not needed")
        };
        self.pairing.duplicates.iter().map(named).collect()
    }
}
