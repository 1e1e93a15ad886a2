//! Articles that were there before kb-publish: those that documents name (`kb.article`), and those that `adopt`
//! finds by a map or by title (protocol §1).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Strangers, Surveyed};
use crate::config::Settings;
use crate::ids::{DocumentId, SysId};
use crate::plan::{
    By, FilesById, Row, Titles, adoptable, adopted_stamp, canonical, closed_columns, only, similarity,
    stored_digest,
};
use crate::render::Destination;
use crate::servicenow::{ApiError, Attachment, CurrentUser, IndexRow, Reader, Record};
use crate::tree::{RenderedDocument, RenderedTree, Target};

/// The rows that documents adopt, by document. What cannot be adopted is refused and not made anew.
pub(super) async fn adopt(
    settings: &Settings,
    tree: &RenderedTree,
    bases: &[SysId],
    reader: &Reader,
    strangers: &mut Strangers,
) -> Result<BTreeMap<usize, Arc<Row>>, ApiError> {
    let field = &settings.publish.stamp_field;
    let mut adopted = BTreeMap::new();
    for number in strangers.free.keys().copied().collect::<Vec<_>>() {
        let document = &tree.documents[number];
        let Some(named) = document.article.as_deref() else { continue };
        let rows = rows_named(reader, field, named).await?;
        match fitting(rows, named, document, bases[number], field) {
            Ok(index) => {
                adopted.insert(number, Arc::new(adopted_row(Box::new(index), document, settings)));
            }
            Err((row, why)) => {
                strangers.refused.insert(number, (row.map(|row| Arc::new(Row::new(row))), why));
            }
        }
        strangers.free.remove(&number);
    }
    Ok(adopted)
}

async fn rows_named(reader: &Reader, field: &str, named: &str) -> Result<Vec<IndexRow>, ApiError> {
    match SysId::parse(named) {
        Ok(id) => reader.rows_by_id(field, &[id]).await,
        Err(_) => reader.rows_by_number(field, named).await,
    }
}

/// The one row that may be adopted without further ado, or why there is none.
fn fitting(
    rows: Vec<IndexRow>,
    named: &str,
    document: &RenderedDocument,
    base: SysId,
    stamp_field: &str,
) -> Result<IndexRow, (Option<IndexRow>, String)> {
    let row = only(rows, named)?;
    if let Err(why) = adoptable(&row, base, stamp_field) {
        return Err((Some(row), why));
    }
    if row.short_description.trim() != document.title {
        let why = format!(
            "`{named}` is called `{}`, the document `{}`: make the titles equal, or confirm it with \
             `kb-publish adopt`",
            row.short_description, document.title
        );
        return Err((Some(row), why));
    }
    Ok(row)
}

/// The row as if kb-publish had begun to write it: its first write finishes it.
pub(super) fn adopted_row(index: Box<IndexRow>, document: &RenderedDocument, settings: &Settings) -> Row {
    let identity = document.id.identity(&settings.project, 1);
    let stored = stored_digest(&index.short_description, &[]);
    let stamp = adopted_stamp(&index, identity, &settings.project, stored);
    Row::assuming(index, stamp)
}

/// What `adopt` would do with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adopting {
    /// Its article is stamped.
    Stamp,
    /// Nothing: it has an article, or none was found.
    Leave(String),
    /// A person must decide.
    Conflict(String),
}

/// A document, and the article that may be its own.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The document's number in the tree.
    pub document: usize,
    /// What is done.
    pub adopting: Adopting,
    /// What says so; `None` where nothing was looked for.
    pub by: Option<By>,
    /// The article.
    pub row: Option<IndexRow>,
    /// How alike the texts read, in percent.
    pub similarity: Option<u8>,
    /// Digest of the article's title and body.
    pub stored: String,
}

/// What `adopt` goes by.
#[derive(Debug, Clone, Default)]
pub struct AdoptOptions {
    /// Articles by document id, as the map has them.
    pub map: BTreeMap<DocumentId, String>,
    /// Only these documents.
    pub only: Option<BTreeSet<usize>>,
    /// Least likeness in percent; `None`: [`LEAST_BY_TITLE`] for matches by title, any for those that were named.
    pub min_similarity: Option<u8>,
}

/// Least likeness of a match by title, in percent, where nothing else is asked for.
pub const LEAST_BY_TITLE: u8 = 50;

/// Finds articles for the documents that have none.
///
/// # Errors
/// As [`ApiError`].
pub async fn adoptions(
    settings: &Settings,
    tree: &RenderedTree,
    surveyed: &Surveyed,
    reader: &Reader,
    options: &AdoptOptions,
) -> Result<Vec<Adoption>, ApiError> {
    let field = &settings.publish.stamp_field;
    let wanted = |number: &usize| options.only.as_ref().is_none_or(|only| only.contains(number));
    let mut adoptions: Vec<Adoption> = (0..tree.documents.len())
        .filter(wanted)
        .map(|number| begin(tree, surveyed, options, number))
        .collect();
    let open = |adoption: &&Adoption| adoption.adopting == Adopting::Stamp;
    let by_title = adoptions.iter().filter(open).filter(|adoption| adoption.by == Some(By::Title));
    let bases: BTreeSet<SysId> = by_title.map(|adoption| surveyed.bases[adoption.document]).collect();
    let mut listed: BTreeMap<SysId, Vec<IndexRow>> = BTreeMap::new();
    let mut categories = surveyed.categories.clone();
    for base in bases {
        listed.insert(base, reader.rows_of_base(field, base).await?);
        categories.extend(reader.categories(base).await?);
    }
    let titles: HashMap<SysId, Titles<'_>> =
        listed.iter().map(|(base, rows)| (*base, Titles::new(rows))).collect();
    for adoption in adoptions.iter_mut().filter(|adoption| adoption.adopting == Adopting::Stamp) {
        let (document, base) = (&tree.documents[adoption.document], surveyed.bases[adoption.document]);
        let found = if let Some(By::Document(named) | By::Map(named)) = &adoption.by {
            let rows = rows_named(reader, field, named).await?;
            only(rows, named).map_err(|(row, why)| (row, Adopting::Conflict(why)))
        } else {
            let category = document.category.as_ref().map(|labels| {
                let reach = categories.reach(base, labels, None);
                // A category that is not there yet holds no article.
                if reach.depth == labels.len() { reach.nearest } else { Some(base) }
            });
            let found = titles.get(&base).map(|titles| titles.find(&document.title, category));
            let found = found.unwrap_or_else(|| Err("no article has its title".to_owned()));
            found.cloned().map_err(|why| (None, Adopting::Leave(why)))
        };
        match found {
            Ok(row) => {
                if let Err(why) = adoptable(&row, base, field) {
                    adoption.adopting = Adopting::Conflict(why);
                }
                adoption.row = Some(row);
            }
            Err((row, adopting)) => (adoption.row, adoption.adopting) = (row, adopting),
        }
    }
    one_document_each(&mut adoptions);
    compare(settings, tree, reader, options, &mut adoptions).await?;
    leave_closed(settings, &surveyed.remote.user, reader, &mut adoptions).await?;
    Ok(adoptions)
}

/// A published article of a versioned base gets its stamp in place: an `admin` who is not to do that leaves it.
async fn leave_closed(
    settings: &Settings,
    user: &CurrentUser,
    reader: &Reader,
    adoptions: &mut [Adoption],
) -> Result<(), ApiError> {
    let published = |adoption: &&mut Adoption| {
        let row = adoption.row.as_ref().filter(|_| adoption.adopting == Adopting::Stamp);
        row.is_some_and(IndexRow::is_published_version)
    };
    let mut in_place: Vec<&mut Adoption> = adoptions.iter_mut().filter(published).collect();
    if in_place.is_empty() {
        return Ok(());
    }
    let road = super::in_place(&settings.publish, user, reader).await?;
    let closed = road.closed([settings.publish.stamp_field.as_str()]);
    for adoption in in_place.iter_mut().filter(|_| !closed.is_empty()) {
        adoption.adopting = Adopting::Conflict(closed_columns(&closed));
    }
    Ok(())
}

/// What is known of a document before anything is looked up.
fn begin(tree: &RenderedTree, surveyed: &Surveyed, options: &AdoptOptions, number: usize) -> Adoption {
    let document = &tree.documents[number];
    let mapped = options.map.get(&document.id).cloned().map(By::Map);
    let named = || document.article.as_deref().map(|named| By::Document(named.to_owned()));
    let planned = surveyed.plan.documents.get(number);
    let own = planned.and_then(|planned| planned.row.as_deref()).filter(|row| row.identity().is_some());
    // What the plan takes over does not carry our stamp yet.
    let taken = own.filter(|row| !row.index.stamp.trim().is_empty());
    let mut adoption = Adoption {
        document: number,
        adopting: Adopting::Stamp,
        by: mapped.or_else(named).or(Some(By::Title)),
        row: None,
        similarity: None,
        stored: String::new(),
    };
    if let Some(row) = taken {
        let says_other = match &adoption.by {
            Some(By::Map(named)) => *named != row.index.number && *named != row.index.sys_id.to_string(),
            _ => false,
        };
        let why = format!("{} is its article already", row.index.number);
        adoption.adopting = if says_other { Adopting::Conflict(why) } else { Adopting::Leave(why) };
        adoption.row = Some((*row.index).clone());
    }
    adoption
}

/// Two documents cannot have one article.
fn one_document_each(adoptions: &mut [Adoption]) {
    let mut claims: HashMap<SysId, usize> = HashMap::new();
    for adoption in adoptions.iter() {
        if let Some(row) = adoption.row.as_ref().filter(|_| adoption.adopting == Adopting::Stamp) {
            *claims.entry(row.sys_id).or_default() += 1;
        }
    }
    for adoption in adoptions.iter_mut() {
        let Some(row) = adoption.row.as_ref().filter(|_| adoption.adopting == Adopting::Stamp) else {
            continue;
        };
        let count = claims.get(&row.sys_id).copied().unwrap_or_default();
        if count > 1 {
            adoption.adopting = Adopting::Conflict(format!("{count} documents ask for {}", row.number));
        }
    }
}

/// Reads the bodies of what is to be stamped, and says how alike they read.
async fn compare(
    settings: &Settings,
    tree: &RenderedTree,
    reader: &Reader,
    options: &AdoptOptions,
    adoptions: &mut [Adoption],
) -> Result<(), ApiError> {
    let mut open: Vec<&mut Adoption> =
        adoptions.iter_mut().filter(|adoption| adoption.adopting == Adopting::Stamp).collect();
    for batch in open.chunks_mut(super::bodies::BATCH) {
        let ids: Vec<SysId> =
            batch.iter().filter_map(|adoption| Some(adoption.row.as_ref()?.sys_id)).collect();
        let (records, attached) = futures_util::future::try_join(
            reader.articles(&ids, &["short_description", "text", "sys_class_name"]),
            reader.attachments(&ids),
        )
        .await?;
        let records: BTreeMap<SysId, Record> =
            records.into_iter().filter_map(|record| Some((record.sys_id()?, record))).collect();
        for adoption in batch {
            let Some(row) = adoption.row.as_ref() else { continue };
            let Some(record) = records.get(&row.sys_id) else {
                adoption.adopting = Adopting::Conflict(format!("{} cannot be read", row.number));
                continue;
            };
            let own: Vec<Attachment> =
                attached.iter().filter(|file| file.table_sys_id == row.sys_id).cloned().collect();
            let remote = super::stored_body(record, &own);
            adoption.stored = remote.digest();
            let document = &tree.documents[adoption.document];
            let local = tokio::task::block_in_place(|| local(settings, document, true));
            let alike = local.map(|html| similarity(&remote.pieces, &canonical(&html, &FilesById::new())));
            adoption.similarity = alike.as_ref().ok().copied();
            adoption.adopting =
                judge(adoption.by.as_ref(), alike.map_err(|error| error.to_string()), options);
        }
    }
    Ok(())
}

fn judge(by: Option<&By>, alike: Result<u8, String>, options: &AdoptOptions) -> Adopting {
    let least = if by == Some(&By::Title) { LEAST_BY_TITLE } else { 0 };
    let least = options.min_similarity.unwrap_or(least);
    match alike {
        Ok(alike) if alike >= least => Adopting::Stamp,
        Ok(alike) => Adopting::Conflict(format!("the texts are {alike} % alike, {least} % are asked for")),
        Err(why) => Adopting::Conflict(why),
    }
}

/// The document's body; where links lead does not matter for its words. Images are there or, as in a first write,
/// still their alternative text.
pub(super) fn local(
    settings: &Settings,
    document: &RenderedDocument,
    with_images: bool,
) -> Result<String, crate::tree::ComposeError> {
    crate::tree::compose(settings, document, &[], &mut |_, target| match target {
        Target::AsWritten(written) => Destination::Url(written.to_owned()),
        Target::File(..) if with_images => Destination::Url("/sys_attachment.do".to_owned()),
        _ => Destination::Plain,
    })
}
