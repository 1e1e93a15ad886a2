//! Articles that an earlier run made and whose stamp the column did not keep: found again by what else is known of
//! them, so that no document gets a second one (protocol §2: "stop before the second article").

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{LEAST_BY_TITLE, Strangers, SurveyError, adopt};
use crate::config::Settings;
use crate::ids::SysId;
use crate::plan::{FilesById, Pairing, Row, Unreadable, canonical, folded, similarity};
use crate::servicenow::{ApiError, IndexRow, Reader};
use crate::tree::RenderedTree;

/// What is looked with.
pub(super) struct Looking<'a> {
    pub(super) settings: &'a Settings,
    pub(super) tree: &'a RenderedTree,
    /// The base of each document.
    pub(super) bases: &'a [SysId],
    pub(super) reader: &'a Reader,
    /// The account's user name; empty where it is not known.
    pub(super) user: &'a str,
    /// What was asked for already.
    pub(super) newest: Newest,
}

/// What the newest row of this account in each base shows: whether there is one, and whether it shows the stamp column.
pub(super) type Newest = BTreeMap<SysId, (Vec<IndexRow>, bool)>;

/// Bases of documents that the index does not know, where their articles may be known by no more than their title.
pub(super) fn bases_to_search(rows: &[Arc<Row>], pairing: &Pairing, bases: &[SysId]) -> BTreeSet<SysId> {
    if are_known_by_id(rows) {
        return BTreeSet::new();
    }
    let new = pairing.pairs.iter().enumerate().filter(|(_, pair)| pair.is_none());
    new.filter_map(|(number, _)| bases.get(number).copied()).collect()
}

/// Where every article of the project lies under its own identity, looking that up tells all.
fn are_known_by_id(rows: &[Arc<Row>]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.identity() == Some(row.article_key()))
}

/// Asked for while identities are looked up: neither waits for the other.
///
/// # Errors
/// As [`ApiError`].
pub(super) async fn newest(
    settings: &Settings,
    reader: &Reader,
    user: &str,
    bases: BTreeSet<SysId>,
) -> Result<Newest, ApiError> {
    let mut newest = Newest::new();
    for base in bases {
        newest.insert(base, reader.newest_rows_of(&settings.publish.stamp_field, base, user, 1).await?);
    }
    Ok(newest)
}

/// An article that may be a document's.
struct Lost {
    document: usize,
    row: Arc<Row>,
    /// Only its title says so, not what is left of its stamp, nor its sys_id.
    by_title: bool,
    /// How alike the texts read, in percent.
    alike: u8,
}

impl Looking<'_> {
    /// Adds what can be taken up again to `adopted`; what only a person can tell is refused, and not made anew.
    ///
    /// # Errors
    /// As [`SurveyError`]; a stamp column that no article shows would make an article more on each run.
    pub(super) async fn find(
        &self,
        rows: &[Arc<Row>],
        pairing: &Pairing,
        strangers: &mut Strangers,
        adopted: &mut BTreeMap<usize, Arc<Row>>,
    ) -> Result<(), SurveyError> {
        let mut found = self.with_remnants(rows, pairing, strangers);
        let taken: BTreeSet<SysId> = adopted.values().map(|row| row.index.sys_id).collect();
        found.extend(
            self.by_title(rows, strangers)
                .await?
                .into_iter()
                .filter(|lost| !taken.contains(&lost.row.index.sys_id)),
        );
        self.compare(&mut found).await?;
        for lost in found {
            let index = &lost.row.index;
            let open = matches!(index.workflow_state.as_str(), "draft" | "review" | "published");
            let untouched = index.is_at(0) && index.sys_updated_by == self.user;
            let same = lost.alike == 100 || (untouched && !lost.by_title);
            let document = &self.tree.documents[lost.document];
            if same && open && lost.row.lost_its_stamp(&self.settings.project) {
                let row = adopt::adopted_row(index.clone(), document, self.settings);
                adopted.insert(lost.document, Arc::new(row));
                strangers.refused.remove(&lost.document);
                strangers.free.remove(&lost.document);
            } else if lost.by_title && lost.alike >= self.least() {
                let reason = format!(
                    "{} has this title, was made by this account and carries no stamp in `{}`: `kb-publish adopt` takes \
                     it over, another title or retiring it tells them apart",
                    index.number, self.settings.publish.stamp_field
                );
                strangers.refused.insert(lost.document, (Some(lost.row), reason));
                strangers.free.remove(&lost.document);
            }
        }
        Ok(())
    }

    /// Where it is not known who made an article, only its very words count.
    const fn least(&self) -> u8 {
        if self.user.is_empty() { 100 } else { LEAST_BY_TITLE }
    }

    /// Articles that are known by their sys_id, or by what is left of their stamp.
    fn with_remnants(&self, rows: &[Arc<Row>], pairing: &Pairing, strangers: &Strangers) -> Vec<Lost> {
        let paired = pairing.pairs.iter().enumerate().filter_map(|(document, pair)| {
            let pair = pair.as_ref().filter(|pair| pair.checkout.is_none())?;
            let row = &rows[pair.row];
            (row.stamp() == Err(Unreadable::Damaged)).then(|| (document, Arc::clone(row)))
        });
        let held = strangers.refused.iter().filter_map(|(document, (row, _))| {
            // Whoever else saved it last may have emptied the column to keep us off.
            let emptied =
                |row: &Row| row.index.stamp.trim().is_empty() && row.index.sys_updated_by != self.user;
            let row = row.as_ref().filter(|row| !emptied(row))?;
            row.lost_its_stamp(&self.settings.project).then(|| (*document, Arc::clone(row)))
        });
        paired.chain(held).map(|(document, row)| Lost { document, row, by_title: false, alike: 0 }).collect()
    }

    /// Articles of new documents' titles that this account made.
    async fn by_title(&self, rows: &[Arc<Row>], strangers: &Strangers) -> Result<Vec<Lost>, SurveyError> {
        let bases: BTreeSet<SysId> = strangers.free.keys().map(|number| self.bases[*number]).collect();
        let mut found = Vec::new();
        if are_known_by_id(rows) {
            return Ok(found);
        }
        for base in bases {
            let mut titles = self.unstamped(base, rows).await?;
            let here = strangers.free.keys().filter(|number| self.bases[**number] == base);
            for &document in here {
                let title = folded(&self.tree.documents[document].title);
                if let Some(row) = titles.get_mut(&title).and_then(Vec::pop) {
                    found.push(Lost { document, row, by_title: true, alike: 0 });
                }
            }
        }
        Ok(found)
    }

    /// Rows of the base without a stamp that names a document, by title; the oldest stands last.
    async fn unstamped(
        &self,
        base: SysId,
        rows: &[Arc<Row>],
    ) -> Result<HashMap<String, Vec<Arc<Row>>>, SurveyError> {
        let settings = self.settings;
        let stamp_field = &settings.publish.stamp_field;
        let (newest, shown) = match self.newest.get(&base) {
            Some(asked) => asked.clone(),
            None => self.reader.newest_rows_of(stamp_field, base, self.user, 1).await?,
        };
        if !shown {
            return Err(SurveyError::NoStampColumn { stamp_field: stamp_field.clone() });
        }
        let mut loose: BTreeMap<SysId, Arc<Row>> = BTreeMap::new();
        if !newest.is_empty() {
            let made = self.reader.unstamped_rows(stamp_field, &settings.project, base, self.user).await?;
            loose.extend(made.into_iter().map(|row| (row.sys_id, Arc::new(Row::new(row)))));
        }
        let cut = rows.iter().filter(|row| row.index.kb_knowledge_base == Some(base));
        loose.extend(cut.map(|row| (row.index.sys_id, Arc::clone(row))));
        let mut titles: HashMap<String, Vec<Arc<Row>>> = HashMap::new();
        for row in loose.into_values().filter(|row| row.stamp().is_err() && row.identity().is_none()) {
            titles.entry(folded(&row.index.short_description)).or_default().push(row);
        }
        for rows in titles.values_mut() {
            rows.sort_by(|a, b| b.index.sys_created_on.cmp(&a.index.sys_created_on));
        }
        Ok(titles)
    }

    /// Reads the bodies, and says how alike they read.
    async fn compare(&self, found: &mut [Lost]) -> Result<(), ApiError> {
        for batch in found.chunks_mut(super::bodies::BATCH) {
            let ids: Vec<SysId> = batch.iter().map(|lost| lost.row.index.sys_id).collect();
            let records = self.reader.articles(&ids, &["text"]).await?;
            let texts: HashMap<SysId, &str> =
                records.iter().filter_map(|record| Some((record.sys_id()?, record.get("text")))).collect();
            for lost in batch {
                let Some(text) = texts.get(&lost.row.index.sys_id) else { continue };
                lost.alike = tokio::task::block_in_place(|| self.likeness(lost.document, text));
            }
        }
        Ok(())
    }

    /// How alike a stored body and the document read, in percent. One that cannot be composed fails by itself.
    fn likeness(&self, document: usize, stored: &str) -> u8 {
        let stored = canonical(stored, &FilesById::new());
        let alike = [true, false].into_iter().filter_map(|with_images| {
            let local = adopt::local(self.settings, &self.tree.documents[document], with_images).ok()?;
            Some(similarity(&stored, &canonical(&local, &FilesById::new())))
        });
        alike.max().unwrap_or_default()
    }
}
