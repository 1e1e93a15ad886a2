//! What can be read. A dry run is handed this and nothing else: it has no way to write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::try_join;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;
use tokio::sync::OnceCell;

use super::classify::Expect;
use super::error::{ApiError, Page};
use super::http::{Body, Call, Http, Options, RequestCounts};
use super::index;
use super::paging::{PAGE, files, table};
use super::query::{Query, is_plain};
use super::records::{Attachment, Base, Category, CurrentUser, Index, IndexRow, Record};
use super::wire;
use crate::event::Observer;
use crate::ids::{InstanceUrl, Project, SysId};

/// Ids of one request: keeps its URL below 2,000 bytes (contract §1.4).
const CHUNK: usize = 40;
/// Deepest category tree that is walked.
const DEEPEST: usize = 64;

/// Can only GET.
#[derive(Debug, Clone)]
pub struct Reader {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: Http,
    user: OnceCell<CurrentUser>,
    bases: OnceCell<Vec<Base>>,
    /// Whether `kb_knowledge` has `article_id` and `latest`: 0 not known, 1 no, 2 yes.
    versioned: AtomicU8,
}

impl Reader {
    /// Makes the connection's parts; nothing is sent yet.
    ///
    /// # Errors
    /// A CA file without certificates, or a proxy address that cannot be used.
    pub fn new(options: Options, observer: Arc<dyn Observer>) -> Result<Self, ApiError> {
        let http = Http::new(options, observer)?;
        let inner =
            Inner { http, user: OnceCell::new(), bases: OnceCell::new(), versioned: AtomicU8::new(0) };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(super) fn http(&self) -> &Http {
        &self.inner.http
    }

    /// Where it reads.
    pub fn instance(&self) -> &InstanceUrl {
        &self.http().options().instance
    }

    /// Longest wait for one request, retries and `Retry-After` included.
    pub fn max_wait(&self) -> Duration {
        self.http().options().max_wait
    }

    /// Requests really sent so far, OAuth apart.
    pub fn counts(&self) -> RequestCounts {
        self.http().counts()
    }

    /// The instance's clock now, in seconds since 1970: as far from ours as its last answer's `Date` was.
    pub fn server_time(&self) -> i64 {
        self.http().server_time()
    }

    /// The signed-in account; asked once. Falls back to the configured user name where `sys_user` says nothing,
    /// or says more than one row (an ignored condition returns strangers, contract §9).
    ///
    /// # Errors
    /// Anything but "may not be read".
    pub async fn current_user(&self) -> Result<CurrentUser, ApiError> {
        self.inner.user.get_or_try_init(|| self.ask_user()).await.cloned()
    }

    async fn ask_user(&self) -> Result<CurrentUser, ApiError> {
        let me = Query::new().and_me("sys_id").order_by("sys_id");
        if let Some(user) = self.single_user(me).await? {
            return Ok(user);
        }
        let options = self.http().options();
        let name = options.credentials.user().or(options.user_name.as_deref()).unwrap_or_default().to_owned();
        if is_plain(&name) {
            let by_name = Query::new().and("user_name", "=", &name).order_by("sys_id");
            if let Some(user) =
                self.single_user(by_name).await?.filter(|user| user.user_name.eq_ignore_ascii_case(&name))
            {
                return Ok(user);
            }
        }
        Ok(CurrentUser { sys_id: None, user_name: name })
    }

    /// The one user that a query names; `None` for none, several, or where they may not be read.
    async fn single_user(&self, query: String) -> Result<Option<CurrentUser>, ApiError> {
        let call = table("sys_user", query, "sys_id,user_name", 2, 0);
        let rows = match self.http().send(&call, wire::rows).await {
            Ok(rows) => rows,
            // Asked beside the bases: where a page means that nothing here is an instance, those tell.
            Err(
                ApiError::Forbidden(_)
                | ApiError::NotFound(_)
                | ApiError::Rejected(_)
                | ApiError::NotAnInstance { page: Page::Other(_) },
            ) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(match rows.as_slice() {
            [row] if !row.get("user_name").is_empty() => {
                Some(CurrentUser { sys_id: row.sys_id(), user_name: row.get("user_name").to_owned() })
            }
            _ => None,
        })
    }

    /// All bases this account sees, inactive ones too, by title; asked once.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn bases(&self) -> Result<Vec<Base>, ApiError> {
        self.inner.bases.get_or_try_init(|| self.ask_bases()).await.cloned()
    }

    async fn ask_bases(&self) -> Result<Vec<Base>, ApiError> {
        let rows =
            self.http().all("kb_knowledge_base", &Query::new(), "sys_id,title,kb_version,active").await?;
        let mut bases: Vec<Base> = rows.iter().filter_map(wire::base).collect();
        bases.sort_by(|a, b| a.title.cmp(&b.title).then(a.sys_id.cmp(&b.sys_id)));
        Ok(bases)
    }

    /// Every row of the project on this instance (protocol §3), in at most ⌈rows/1000⌉ + 4 requests.
    ///
    /// # Errors
    /// Any failure of a page; nothing partial comes back.
    pub async fn index(&self, stamp_field: &str, project: &Project) -> Result<Index, ApiError> {
        let (index, versioned) = index::read(self.http(), stamp_field, project).await?;
        if let Some(versioned) = versioned {
            self.learn(versioned);
        }
        Ok(index)
    }

    /// The rows with these ids, and the rows of articles whose first version has one of them; of an article's
    /// rows the outdated ones only where it has no other.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn rows_by_id(&self, stamp_field: &str, ids: &[SysId]) -> Result<Vec<IndexRow>, ApiError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: BTreeSet<SysId> = ids.iter().copied().collect();
        let fields = row_fields(stamp_field);
        let by = |column: &'static str| {
            self.chunked(ids, CHUNK, |ids| {
                let query = Query::new().and_in(column, &ids);
                let fields = &fields;
                async move { self.http().all("kb_knowledge", &query, fields).await }
            })
        };
        // Whether there are versions is found out beside it.
        let versions =
            async { if self.versioned().await? { by("article_id").await } else { Ok(Vec::new()) } };
        let (mut rows, versions) = try_join(by("sys_id"), versions).await?;
        rows.extend(versions);
        let mut found: BTreeMap<SysId, IndexRow> = rows
            .iter()
            .filter_map(|row| wire::index_row(row, stamp_field))
            .filter(|row| {
                wanted.contains(&row.sys_id) || row.article_id.is_some_and(|id| wanted.contains(&id))
            })
            .map(|row| (row.sys_id, row))
            .collect();
        let current: BTreeSet<SysId> = found
            .values()
            .filter(|row| row.workflow_state != "outdated")
            .map(|row| row.article_id.unwrap_or(row.sys_id))
            .collect();
        found.retain(|_, row| {
            row.workflow_state != "outdated" || !current.contains(&row.article_id.unwrap_or(row.sys_id))
        });
        Ok(found.into_values().collect())
    }

    /// These columns of these articles; those that are not there, or hidden, are missing.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn articles(&self, ids: &[SysId], columns: &[&str]) -> Result<Vec<Record>, ApiError> {
        let wanted: BTreeSet<SysId> = ids.iter().copied().collect();
        let fields = with_columns(&["sys_id"], columns);
        let mut rows = self
            .chunked(ids, CHUNK, |ids| {
                let query = Query::new().and_in("sys_id", &ids);
                let fields = fields.clone();
                async move { self.http().all("kb_knowledge", &query, &fields).await }
            })
            .await?;
        rows.retain(|row| row.sys_id().is_some_and(|id| wanted.contains(&id)));
        Ok(rows)
    }

    /// The row and its article's other rows that are not outdated, in one request (contract §2.5).
    /// `article_id` is named only where a row has shown it.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn versions(
        &self,
        id: SysId,
        article_id: Option<SysId>,
        columns: &[&str],
    ) -> Result<Vec<Record>, ApiError> {
        let own = id.to_string();
        let query = Query::new().and("sys_id", "=", &own);
        let (query, fields) = match article_id {
            Some(article) => (
                query
                    .or("article_id", "=", &article.to_string())
                    .and("workflow_state", "!=", "outdated")
                    .or("sys_id", "=", &own),
                with_columns(&["sys_id", "article_id", "workflow_state"], columns),
            ),
            None => (query, with_columns(&["sys_id"], columns)),
        };
        let call = table("kb_knowledge", query.order_by("sys_id"), &fields, PAGE, 0);
        let mut rows = self.http().send(&call, wire::rows).await?;
        let article = article_id.map(|id| id.to_string());
        rows.retain(|row| {
            row.sys_id() == Some(id)
                || (article.as_deref() == Some(row.get("article_id"))
                    && row.get("workflow_state") != "outdated")
        });
        Ok(rows)
    }

    /// The files of these articles.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn attachments(&self, articles: &[SysId]) -> Result<Vec<Attachment>, ApiError> {
        let wanted: BTreeSet<SysId> = articles.iter().copied().collect();
        let rows = self
            .chunked(articles, CHUNK, |ids| {
                let query = Query::new().and("table_name", "=", "kb_knowledge").and_in("table_sys_id", &ids);
                async move { self.http().paged(&query, |query, offset| files(query, PAGE, offset)).await }
            })
            .await?;
        Ok(attachments_of(&rows, &wanted).collect())
    }

    /// The files of these articles, listed with those of all articles between them where that takes at most so many
    /// pages; `None` where it takes more.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn attachments_between(
        &self,
        articles: &BTreeSet<SysId>,
        most_pages: usize,
    ) -> Result<Option<Vec<Attachment>>, ApiError> {
        let (Some(first), Some(last)) = (articles.first(), articles.last()) else {
            return Ok(Some(Vec::new()));
        };
        let query = Query::new()
            .and("table_name", "=", "kb_knowledge")
            .and("table_sys_id", ">=", &first.to_string())
            .and("table_sys_id", "<=", &last.to_string());
        let count = files(query.clone().order_by("sys_id"), 1, 0);
        let total = self.http().send(&count, |answer| Ok(answer.number("x-total-count"))).await?;
        if total.is_none_or(|total| total > most_pages * PAGE) {
            return Ok(None);
        }
        let rows = self.http().paged(&query, |query, offset| files(query, PAGE, offset)).await?;
        Ok(Some(attachments_of(&rows, articles).collect()))
    }

    /// The categories of a base, inactive ones too, parents before children.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn categories(&self, base: SysId) -> Result<Vec<Category>, ApiError> {
        let mut tree: Vec<Category> = Vec::new();
        let mut seen = BTreeSet::from([base]);
        let mut level = vec![base];
        for depth in 0..DEEPEST {
            let parents: BTreeSet<SysId> = level.iter().copied().collect();
            let rows = self
                .chunked(&level, CHUNK, |ids| {
                    let query = Query::new().and_in("parent_id", &ids);
                    async move {
                        self.http()
                            .all("kb_category", &query, "sys_id,label,parent_id,parent_table,active")
                            .await
                    }
                })
                .await?;
            level = Vec::new();
            for category in rows.iter().filter_map(wire::category) {
                let fits = parents.contains(&category.parent_id) && category.top == (depth == 0);
                if fits && seen.insert(category.sys_id) {
                    level.push(category.sys_id);
                    tree.push(category);
                }
            }
            if level.is_empty() {
                break;
            }
        }
        Ok(tree)
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn attachment_bytes(&self, id: SysId) -> Result<Bytes, ApiError> {
        let call = Call {
            method: Method::GET,
            path: format!("/api/now/attachment/{id}/file"),
            query: Vec::new(),
            body: Body::None,
            expect: Expect::File,
            what: "GET attachment file".to_owned(),
        };
        self.http().send(&call, |answer| Ok(answer.body.clone())).await
    }

    /// Whether `kb_knowledge` has the columns of versions; found out from one row where no other has shown it.
    async fn versioned(&self) -> Result<bool, ApiError> {
        match self.inner.versioned.load(Ordering::Relaxed) {
            0 => {
                let call =
                    table("kb_knowledge", Query::new().order_by("sys_id"), "sys_id,article_id,latest", 1, 0);
                let rows = self.http().send(&call, wire::rows).await?;
                let versioned = rows.first().is_some_and(|row| row.has("article_id"));
                if !rows.is_empty() {
                    self.learn(versioned);
                }
                Ok(versioned)
            }
            known => Ok(known == 2),
        }
    }

    fn learn(&self, versioned: bool) {
        self.inner.versioned.store(if versioned { 2 } else { 1 }, Ordering::Relaxed);
    }

    /// Asks in chunks, side by side; the order of the chunks is kept.
    async fn chunked<A, T>(
        &self,
        ids: &[SysId],
        size: usize,
        ask: impl Fn(Vec<SysId>) -> A,
    ) -> Result<Vec<T>, ApiError>
    where
        A: Future<Output = Result<Vec<T>, ApiError>>,
    {
        let workers = self.http().options().concurrency.max(1);
        let chunks: Vec<Vec<SysId>> = ids.chunks(size).map(<[SysId]>::to_vec).collect();
        let parts: Vec<Vec<T>> = stream::iter(chunks).map(ask).buffered(workers).try_collect().await?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// The files of these articles among what was answered.
fn attachments_of<'r>(
    rows: &'r [Record],
    articles: &'r BTreeSet<SysId>,
) -> impl Iterator<Item = Attachment> + 'r {
    rows.iter()
        .filter(|row| row.get("table_name") == "kb_knowledge")
        .filter_map(wire::attachment)
        .filter(|file| articles.contains(&file.table_sys_id))
}

/// The columns of an [`IndexRow`].
pub(super) fn row_fields(stamp_field: &str) -> String {
    format!(
        "sys_id,article_id,latest,number,short_description,workflow_state,kb_knowledge_base,kb_category,\
         valid_to,sys_mod_count,sys_created_on,sys_updated_on,sys_updated_by,{stamp_field}"
    )
}

/// A list of columns, each once.
fn with_columns(first: &[&str], further: &[&str]) -> String {
    let mut columns: Vec<&str> = first.to_vec();
    for column in further {
        if !columns.contains(column) {
            columns.push(column);
        }
    }
    columns.join(",")
}
