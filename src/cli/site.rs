//! `plan --html`: reads what stands on the instance, composes what would, and writes the review site.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::journey::Prepared;
use super::{Failure, connect};
use crate::config::Status;
use crate::fs;
use crate::ids::SysId;
use crate::plan::{Action, Planned};
use crate::render::Destination;
use crate::report::site::{self, Field, FileChange, Sides};
use crate::report::{self, Report};
use crate::servicenow::{Attachment, Reader, Record};
use crate::tree::{self, RenderedDocument, Target};

/// What is read of an article.
const COLUMNS: &[&str] =
    &["sys_id", "short_description", "text", "meta", "meta_description", "workflow_state", "kb_category"];
/// Articles read at a time: no more bodies than these are held.
const BATCH: usize = 20;
/// Where the documents' files lie in the site.
const FILES: &str = "files";
/// Where both bodies of each document lie in the site.
const BODIES: &str = "bodies";
/// Where files that only the instance has lie in the site.
const STORED: &str = "stored";

/// Writes the site into a folder; what an earlier plan left there under other names stays.
///
/// # Errors
/// The folder cannot be written, or the instance does not answer.
pub(super) async fn write(
    folder: &Utf8Path,
    prepared: &Prepared,
    reader: &Reader,
    report: &Report,
) -> Result<(), Failure> {
    let site = Site { folder, prepared, reader };
    let documents: Vec<&Planned> = prepared.surveyed.plan.shown().collect();
    let mut sides: Vec<Option<Sides>> = Vec::with_capacity(documents.len());
    for batch in documents.chunks(BATCH) {
        site.batch(batch, &mut sides).await?;
    }
    for file in report::site(report, &sides) {
        site.put(&file.path, file.text.as_bytes())?;
    }
    Ok(())
}

struct Site<'a> {
    folder: &'a Utf8Path,
    prepared: &'a Prepared,
    reader: &'a Reader,
}

impl Site<'_> {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.folder.join(name);
        fs::write_atomic(&path, bytes).map_err(|error| {
            Failure::usage("output", format!("`{path}` cannot be written: {error}"))
                .help("name a folder that can be written with `--html DIR`")
        })
    }

    /// What is unchanged or left alone is not looked at.
    async fn batch(&self, batch: &[&Planned], sides: &mut Vec<Option<Sides>>) -> Result<(), Failure> {
        let looked_at = |planned: &Planned| !matches!(planned.action, Action::Unchanged | Action::Skip);
        let row = |planned: &Planned| planned.row.as_ref().map(|row| row.index.sys_id);
        let ids: Vec<SysId> =
            batch.iter().filter(|planned| looked_at(planned)).filter_map(|planned| row(planned)).collect();
        let (records, attached) = futures_util::future::try_join(
            self.reader.articles(&ids, COLUMNS),
            self.reader.attachments(&ids),
        )
        .await
        .map_err(connect::failure)?;
        let records: BTreeMap<SysId, Record> =
            records.into_iter().filter_map(|record| Some((record.sys_id()?, record))).collect();
        for planned in batch {
            if !looked_at(planned) {
                sides.push(None);
                continue;
            }
            let row = row(planned);
            let record = row.and_then(|row| records.get(&row));
            let own: Vec<&Attachment> =
                attached.iter().filter(|file| Some(file.table_sys_id) == row).collect();
            let made = self.sides(sides.len() + 1, planned, record, &own).await?;
            sides.push(Some(made));
        }
        Ok(())
    }

    /// `number` names the files of the bodies.
    async fn sides(
        &self,
        number: usize,
        planned: &Planned,
        record: Option<&Record>,
        attached: &[&Attachment],
    ) -> Result<Sides, Failure> {
        let document = planned.document.and_then(|number| self.prepared.tree.documents.get(number));
        let settings = &self.prepared.settings;
        let mut sides = Sides {
            fields: self.fields(planned.action, document, record),
            source: document.and_then(|document| tree::source_link(settings, &document.path)),
            ..Sides::default()
        };
        if let Some(document) = document {
            sides.files = self.local_files(document, attached)?;
            let body = self.after(document).map_err(|error| Failure::usage("html", error.to_string()))?;
            let file = format!("{BODIES}/{number:05}-after.html");
            self.put(&file, site::frame(&body).as_bytes())?;
            sides.after = Some(file);
        }
        if let Some(record) = record {
            let mut body = record.get("text").to_owned();
            for file in attached {
                let kept = sides.files.iter().any(|own| own.name == file.file_name);
                let used = body.contains(&file.sys_id.to_string());
                let path = match (kept, used) {
                    (true, _) => format!("{FILES}/{}", file.file_name),
                    (false, true) => self.download(file).await?,
                    (false, false) => continue,
                };
                body = pointed_at(&body, file.sys_id, &format!("../{path}"));
                if !kept {
                    sides.files.push(FileChange {
                        name: file.file_name.clone(),
                        size: file.size_bytes,
                        what: if document.is_some() { "no longer used" } else { "stays" },
                        image: file.content_type.starts_with("image/").then_some(path),
                    });
                }
            }
            let file = format!("{BODIES}/{number:05}-before.html");
            self.put(&file, site::frame(&body).as_bytes())?;
            sides.before = Some(file);
        }
        Ok(sides)
    }

    /// The document's files, copied beside the pages.
    fn local_files(
        &self,
        document: &RenderedDocument,
        attached: &[&Attachment],
    ) -> Result<Vec<FileChange>, Failure> {
        let there: BTreeSet<&str> = attached.iter().map(|file| file.file_name.as_str()).collect();
        let files = document.files.iter().filter_map(|number| self.prepared.tree.files.get(*number));
        let change = |file: &tree::LocalFile| {
            let path = format!("{FILES}/{}", file.name);
            let bytes = tree::read_file(file).map_err(|error| Failure::usage("html", error.to_string()))?;
            self.put(&path, &bytes)?;
            Ok(FileChange {
                name: file.name.clone(),
                size: file.size,
                what: if there.contains(file.name.as_str()) { "stays" } else { "new" },
                image: file.media_type.starts_with("image/").then_some(path),
            })
        };
        files.map(change).collect()
    }

    /// A file that only the instance has. Its name there is not trusted with a path.
    async fn download(&self, file: &Attachment) -> Result<String, Failure> {
        let bytes = self.reader.attachment_bytes(file.sys_id).await.map_err(connect::failure)?;
        let kind = file.content_type.strip_prefix("image/").unwrap_or("bin");
        let kind: String =
            kind.split('+').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        let path = format!("{STORED}/{}.{kind}", file.sys_id);
        self.put(&path, &bytes)?;
        Ok(path)
    }

    /// The body as it would be sent; its files lie beside it, its links lead to the articles that are there.
    fn after(&self, document: &RenderedDocument) -> Result<String, tree::ComposeError> {
        let (tree, plan) = (&self.prepared.tree, &self.prepared.surveyed.plan);
        let instance = self.reader.instance();
        tree::compose(&self.prepared.settings, document, &tree.files, &mut |_, target| match target {
            Target::AsWritten(text) => Destination::Url(text.to_owned()),
            Target::Undrawn(_) | Target::Nowhere => Destination::Plain,
            Target::Document(to, anchor) => {
                let row = plan.documents.get(to).and_then(|planned| planned.row.as_ref());
                Destination::Url(row.map_or_else(
                    || "#".to_owned(),
                    |row| format!("{instance}/kb_view.do?sysparm_article={}{anchor}", row.index.number),
                ))
            }
            Target::File(file, suffix) => tree.files.get(file).map_or(Destination::Plain, |file| {
                Destination::Url(format!("../{FILES}/{}{suffix}", file.name))
            }),
        })
    }

    fn fields(
        &self,
        action: Action,
        document: Option<&RenderedDocument>,
        record: Option<&Record>,
    ) -> Vec<Field> {
        let stored = |column: &str| record.map(|record| record.get(column).to_owned());
        let category = record.map(|record| {
            let id = SysId::parse(record.get("kb_category")).ok();
            id.and_then(|id| self.prepared.surveyed.categories.path(id)).unwrap_or_default()
        });
        let planned = |value: &dyn Fn(&RenderedDocument) -> Option<String>| document.and_then(value);
        vec![
            Field {
                name: "Title",
                before: stored("short_description"),
                after: planned(&|document| Some(document.title.clone())),
            },
            Field {
                name: "State",
                before: stored("workflow_state"),
                after: if action == Action::Retire {
                    Some("retired".to_owned())
                } else {
                    planned(&|document| {
                        let state = match document.status {
                            Status::Draft => "draft",
                            Status::Published => "published",
                        };
                        Some(state.to_owned())
                    })
                },
            },
            Field {
                name: "Category",
                before: category,
                after: planned(&|document| document.category.as_ref().map(|labels| labels.join(" / "))),
            },
            Field {
                name: "Keywords",
                before: stored("meta"),
                after: planned(&|document| document.columns.keywords.as_ref().map(|words| words.join(","))),
            },
            Field {
                name: "Description",
                before: stored("meta_description"),
                after: planned(&|document| document.columns.description.clone()),
            },
        ]
    }
}

/// A body whose references to an attachment lead to a file. Sanitizers write `=` in attributes as an entity.
fn pointed_at(body: &str, file: SysId, path: &str) -> String {
    let mut body = body.to_owned();
    for equals in ["=", "&#61;", "&#x3d;", "&#x3D;", "&equals;"] {
        for root in ["/", ""] {
            let stored = format!("\"{root}sys_attachment.do?sys_id{equals}{file}");
            body = body.replace(&stored, &format!("\"{path}"));
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_pictures_are_shown_from_the_site() {
        let id = SysId::from_bytes([7; 16]);
        for source in
            ["/sys_attachment.do?sys_id=", "sys_attachment.do?sys_id=", "/sys_attachment.do?sys_id&#61;"]
        {
            let body = format!("<img src=\"{source}{id}\">");
            assert_eq!(pointed_at(&body, id, "../files/a.png"), "<img src=\"../files/a.png\">");
        }
    }
}
