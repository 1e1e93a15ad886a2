//! `/api/global/kb_publish/v1`: the contract of `companion/INSTALL.md`, where the switch `companion` has it installed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::super::attachments::Upload;
use super::super::records::{Change, Values};
use super::super::refusal::Refusal;
use super::super::store::View as _;
use super::call::{Call, Reply};

#[derive(Deserialize)]
struct Body {
    sys_mod_count: String,
    stamp_field: String,
    columns: Values,
    #[serde(default)]
    files: Vec<Sent>,
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Deserialize)]
struct Sent {
    id: String,
    file_name: String,
    #[serde(default)]
    content_type: String,
    base64: Option<String>,
}

/// Answers a call below the companion's path.
///
/// # Errors
/// As its contract says.
pub(super) fn answer(call: &Call<'_>, rest: &[&str]) -> Result<Reply, Refusal> {
    match (&call.method, rest) {
        (&Method::GET, []) => Ok(Reply::json(
            StatusCode::OK,
            json!({ "result": { "companion": "kb-publish-companion/1" } }).to_string(),
        )),
        (&Method::POST, ["articles", id]) => change(call, id),
        _ => Err(Refusal::no_resource()),
    }
}

fn refused(status: StatusCode, message: &str) -> Refusal {
    Refusal { status, message: message.to_owned(), detail: None }
}

fn change(call: &Call<'_>, id: &str) -> Result<Reply, Refusal> {
    let body: Body = serde_json::from_slice(&call.body).map_err(|error| Refusal::bad(error.to_string()))?;
    let change = Change::new(call.app, call.account);
    let row = {
        let reader = call.app.store.read();
        reader.get("kb_knowledge", id).cloned().ok_or_else(Refusal::no_record)?
    };
    if row.get("workflow_state") != "published" {
        return Err(refused(StatusCode::CONFLICT, "the article is not published"));
    }
    if row.get("sys_mod_count") != body.sys_mod_count {
        return Err(refused(StatusCode::CONFLICT, "changed after it was read"));
    }
    let draft = change.checkout(id)?;
    let version = draft.record.sys_id().to_owned();
    let written = write(&change, &version, &body).and_then(|()| change.publish_article(&version));
    match written {
        Ok(now) => {
            let result = json!({ "companion": "kb-publish-companion/1", "sys_id": now.record.sys_id(),
                "number": now.record.get("number"), "workflow_state": now.record.get("workflow_state") });
            Ok(Reply::json(StatusCode::OK, json!({ "result": result }).to_string()))
        }
        Err(refusal) => {
            discard(call, id, &version)?;
            Err(refused(StatusCode::UNPROCESSABLE_ENTITY, &refusal.message))
        }
    }
}

fn write(change: &Change<'_>, version: &str, body: &Body) -> Result<(), Refusal> {
    let mut columns = body.columns.clone();
    for file in &body.files {
        let there = attached(change, version, &file.file_name);
        let id = match (there, &file.base64) {
            (Some(id), _) => id,
            (None, Some(text)) => {
                let bytes = STANDARD.decode(text).map_err(|error| Refusal::bad(error.to_string()))?;
                let upload = Upload {
                    table: "kb_knowledge",
                    sys_id: version,
                    file_name: &file.file_name,
                    content_type: &file.content_type,
                    bytes: &bytes,
                };
                change.attach(&upload)?.sys_id().to_owned()
            }
            (None, None) => return Err(Refusal::bad(format!("file `{}` is missing", file.file_name))),
        };
        if let Some(text) = columns.get_mut("text") {
            *text = text.replace(&file.id, &id);
        }
    }
    if let Some(stamp) = columns.get_mut(&body.stamp_field) {
        let short = version.get(..8).unwrap_or_default();
        *stamp = stamp.replace(" w=- ", &format!(" w={short} "));
    }
    change.update("kb_knowledge", version, &columns)?;
    for name in &body.remove {
        if let Some(id) = attached(change, version, name) {
            change.delete("sys_attachment", &id)?;
        }
    }
    Ok(())
}

fn attached(change: &Change<'_>, version: &str, name: &str) -> Option<String> {
    let reader = change.app.store.read();
    let own = |row: &&std::sync::Arc<super::super::record::Record>| {
        row.get("table_sys_id") == version && row.get("file_name") == name
    };
    reader.rows("sys_attachment").find(own).map(|row| row.sys_id().to_owned())
}

/// The version goes, and the published row is the latest again.
fn discard(call: &Call<'_>, id: &str, version: &str) -> Result<(), Refusal> {
    let mut writer = call.app.store.write()?;
    writer.delete("kb_knowledge", version)?;
    if let Some(row) = writer.get("kb_knowledge", id).cloned() {
        writer.put("kb_knowledge", (*row).clone().with("latest", "true"))?;
    }
    Ok(writer.commit()?)
}
