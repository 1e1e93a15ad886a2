//! The write probe: a draft is made, gets a file, is changed, and goes again.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::Method;

use super::super::classify::Expect;
use super::super::error::ApiError;
use super::super::http::{Body, Call, Options};
use super::super::records::{Base, Record};
use super::super::writer::Writer;
use super::Step;
use crate::event::Silent;
use crate::ids::SysId;

/// What the probe does, said before it does it.
pub const WRITE_PROBE: &str = "makes a draft \"kb-publish write probe\", attaches a file of one line, changes the draft, \
                               and deletes both again (where that is refused, the draft is retired); readers see nothing \
                               of it";

/// Tries create, attach, change and delete with a draft of its own in this base. Stops at the first refusal, but
/// always tries to clean up.
pub async fn write_probe(options: Options, base: &Base) -> Vec<Step> {
    let writer = match Writer::new(options, Arc::new(Silent)) {
        Ok(writer) => writer,
        Err(error) => return vec![Step::failed("probe-create", &error)],
    };
    let columns = [
        ("short_description", "kb-publish write probe"),
        ("text", "<p>A test of <code>kb-publish check --write-probe</code>. It can be deleted.</p>"),
        ("article_type", "text"),
        ("workflow_state", "draft"),
        ("kb_knowledge_base", &base.sys_id.to_string()),
    ];
    let record = Record(columns.map(|(column, value)| (column.to_owned(), value.to_owned())).into());
    let mut steps = Vec::new();
    let (id, number) = match writer.create_article(&record).await {
        Ok(row) => {
            let Some(id) = row.sys_id() else {
                return vec![Step::fail(
                    "probe-create",
                    6,
                    "the answer names no article",
                    "run the probe again",
                )];
            };
            let (state, number) = (row.get("workflow_state").to_owned(), row.get("number").to_owned());
            steps.push(if state == "draft" {
                Step::ok("probe-create", format!("draft {number} was made"))
            } else {
                Step::warn(
                    "probe-create",
                    format!("{number} was made, but as `{state}`, not as a draft"),
                    "a rule of the instance sets the state of new articles; ask an administrator which",
                )
            });
            (id, number)
        }
        Err(error) => return vec![refused("probe-create", &error)],
    };
    let bytes = Bytes::from_static(b"kb-publish write probe\n");
    let file = writer.upload(id, "kb-publish-probe.txt", "text/plain", bytes).await;
    steps.push(match &file {
        Ok(_) => Step::ok("probe-attach", "a file was attached"),
        Err(error) => refused("probe-attach", error),
    });
    let change = Record([("meta".to_owned(), "kb-publish".to_owned())].into());
    steps.push(match writer.update_article(id, &change).await {
        Ok(row) if row.get("meta") == "kb-publish" => Step::ok("probe-change", "the draft was changed"),
        Ok(_) => Step::warn(
            "probe-change",
            "the change was taken, but not kept",
            "the column `meta` is write-protected for this account; ask for write access to kb_knowledge's columns",
        ),
        Err(error) => refused("probe-change", &error),
    });
    if let Ok(file) = &file
        && let Err(error) = writer.delete_attachment(file.sys_id).await
    {
        steps.push(litter("probe-detach", &format!("the file of {number}"), &error));
    }
    steps.push(match writer.delete_draft(id).await {
        Ok(()) => Step::ok("probe-delete", "the draft is gone again"),
        Err(error) => left(&writer, id, &number, &error).await,
    });
    steps
}

/// A draft that cannot be deleted is retired, so that nobody takes it for one of theirs.
async fn left(writer: &Writer, id: SysId, number: &str, error: &ApiError) -> Step {
    let name = "probe-delete";
    let retire = Record([("workflow_state".to_owned(), "retired".to_owned())].into());
    match writer.update_article(id, &retire).await {
        Ok(row) if row.get("workflow_state") == "retired" => Step::warn(
            name,
            format!("the draft {number} could not be deleted, and was retired instead: {error}"),
            format!("nobody reads it; an administrator can delete {number}. Publishing needs no such right"),
        ),
        _ => litter(name, &format!("the draft {number}"), error),
    }
}

/// A refusal of what publishing needs: exit 6.
fn refused(name: &'static str, error: &ApiError) -> Step {
    let step = Step::failed(name, error);
    if error.is_forbidden() { Step { exit: 6, ..step } } else { step }
}

/// Publishing never deletes an article, so this refusal does no harm but for what is left.
fn litter(name: &'static str, what: &str, error: &ApiError) -> Step {
    Step::warn(
        name,
        format!("{what} could not be deleted: {error}"),
        "delete it by hand; publishing needs no such right",
    )
}

impl Writer {
    /// Deletes the probe's own draft. Nothing else ever deletes an article.
    async fn delete_draft(&self, id: SysId) -> Result<(), ApiError> {
        let call = Call {
            method: Method::DELETE,
            path: format!("/api/now/table/kb_knowledge/{id}"),
            query: Vec::new(),
            body: Body::None,
            expect: Expect::Nothing,
            what: "DELETE kb_knowledge".to_owned(),
        };
        self.http().send(&call, |_| Ok(())).await
    }
}
