//! What is sent: body, columns and stamp of one article.

use super::files::Placed;
use super::{Publisher, StepError};
use crate::ids::SysId;
use crate::plan::{Asked, Body, DigestContext, LinkNumber, Stamp, Work, canonical, source_digest};
use crate::servicenow::Record;
use crate::survey::destination;
use crate::tree::RenderedDocument;

/// An article's content, ready to be sent.
#[derive(Debug)]
pub(super) struct Content {
    /// The HTML.
    pub(super) html: String,
    /// `g` as it is expected to be stored.
    pub(super) stored: String,
    /// `s`.
    pub(super) source: String,
}

/// What of a stamp differs from write to write.
#[derive(Debug)]
pub(super) struct StampParts {
    /// The row, `None` where the server will choose it.
    pub(super) row: Option<SysId>,
    /// `None`: this write is not the article's last.
    pub(super) source: Option<String>,
    /// `g`.
    pub(super) stored: String,
    /// `a`.
    pub(super) asked: Asked,
    /// `x`.
    pub(super) leftovers: bool,
    /// `n`.
    pub(super) mod_count: u32,
}

impl Publisher {
    pub(super) fn document(&self, number: usize) -> &RenderedDocument {
        &self.ground.tree.documents[number]
    }

    /// The body with the links that can be made now and the files that are there.
    pub(super) fn content(&self, number: usize, placed: &Placed) -> Result<Content, StepError> {
        let document = self.document(number);
        let template = &self.ground.settings.render.link_template;
        let article = |target: usize| self.article(target);
        let file = |file: usize| placed.get(&file).copied();
        let html = tokio::task::block_in_place(|| {
            crate::tree::compose(
                &self.ground.settings,
                document,
                &self.ground.tree.files,
                &mut |_, target| destination(template, number, target, &article, &file),
            )
        })?;
        let files = self.digests(placed);
        let body = Body { title: document.title.clone(), pieces: canonical(&html, &files) };
        let context = DigestContext {
            tree: &self.ground.tree,
            project: &self.ground.settings.project,
            link_template: template,
            as_drawn: false,
        };
        let number_of = |target: usize| match self.article(target) {
            Some(article) => LinkNumber::Known(article.number),
            None => LinkNumber::Plain,
        };
        let base = self.ground.surveyed.bases[number];
        let category = document.category.as_deref().map(|labels| {
            let mut reached =
                labels[..self.categories.tree.reach(base, labels, self.lies(number)).depth].to_vec();
            // A place that no document names, so that the next run goes on (protocol §5.3 does so with links).
            reached.extend(self.categories.went_unanswered(base, labels).then(String::new));
            reached
        });
        let place = (base, category.as_deref());
        let source = source_digest(context, document, place, document.status.into(), &number_of)
            .ok_or_else(|| StepError::Failed("a link's number is not known".to_owned()))?;
        Ok(Content { html, stored: body.digest(), source })
    }

    /// Title, body, base, category and what the document names; without state and stamp.
    ///
    /// # Errors
    /// A translation whose base-language article is not there: the group is published together or not at all.
    pub(super) fn columns(&self, number: usize, content: &Content) -> Result<Record, StepError> {
        let mut columns = self.named(number)?;
        columns.0.insert("short_description".to_owned(), self.document(number).title.clone());
        columns.0.insert("text".to_owned(), content.html.clone());
        Ok(columns)
    }

    /// The category in which the document's article lies.
    fn lies(&self, number: usize) -> Option<SysId> {
        self.planned(number).ok()?.row.as_ref()?.index.kb_category
    }

    /// Base, category and what the document names.
    ///
    /// # Errors
    /// As [`Self::columns`].
    pub(super) fn named(&self, number: usize) -> Result<Record, StepError> {
        let document = self.document(number);
        let base = self.ground.surveyed.bases[number];
        let mut columns = Record::default();
        let mut set = |column: &str, value: String| columns.0.insert(column.to_owned(), value);
        set("kb_knowledge_base", base.to_string());
        if let Some(labels) = &document.category {
            let reach = self.categories.tree.reach(base, labels, self.lies(number));
            set("kb_category", reach.nearest.map(|id| id.to_string()).unwrap_or_default());
        }
        let named = self.ground.surveyed.people.columns(&document.columns);
        for (column, value) in named.values {
            set(column, value);
        }
        let parent = named.parent.and_then(|id| self.ground.tree.position(&id));
        if let Some(at) = parent.filter(|at| !self.is_still_to_be_made(*at)) {
            let parent = self.first_version(at).ok_or_else(|| {
                let base = &self.document(at).id;
                StepError::Failed(format!("`{base}`, which it translates, has no article"))
            })?;
            set("parent", parent.to_string());
        }
        if let Some(valid_to) = self.planned(number).ok().and_then(|planned| planned.valid_to.clone()) {
            set("valid_to", valid_to);
        }
        Ok(columns)
    }

    /// Whether this run has yet to make a document's article. Only drafts do not wait for that: what completes them does.
    fn is_still_to_be_made(&self, number: usize) -> bool {
        let makes = self.planned(number).is_ok_and(|planned| matches!(planned.work, Work::Create(_)));
        makes && !self.learnt().made.contains_key(&number)
    }

    /// What `parent` of a translation holds: the first version of the base-language article (contract §2.8).
    fn first_version(&self, number: usize) -> Option<SysId> {
        let planned = self.planned(number).ok().and_then(|planned| planned.row.as_ref());
        planned.and_then(|row| row.index.article_id).or_else(|| self.article(number)?.sys_id)
    }

    /// Adds the state and, for published, the date that goes with it (protocol §5.5).
    pub(super) fn ask(&self, columns: &mut Record, asked: Asked) {
        columns.0.insert("workflow_state".to_owned(), asked.workflow_state().to_owned());
        if asked == Asked::Published {
            columns.0.insert("published".to_owned(), date(self.pen.now()));
        }
    }

    pub(super) fn stamp(&self, number: usize, parts: StampParts) -> Stamp {
        let settings = &self.ground.settings;
        Stamp {
            project: settings.project.clone(),
            identity: self.document(number).id.identity(&settings.project, 1),
            row: parts.row.map(|row| row.short()),
            source: parts.source,
            stored: parts.stored,
            look: self.look.clone(),
            renderer: crate::render::RENDERER,
            asked: parts.asked,
            leftovers: parts.leftovers,
            mod_count: parts.mod_count,
            time: self.pen.now(),
            commit: self.ground.commit.clone(),
        }
    }
}

/// `YYYY-MM-DD` in UTC of a time in seconds since 1970.
pub(super) fn date(time: i64) -> String {
    jiff::Timestamp::from_second(time).unwrap_or_default().strftime("%Y-%m-%d").to_string()
}
