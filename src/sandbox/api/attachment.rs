//! The Attachment API (contract §4).

use http::{HeaderValue, Method, StatusCode};

use super::super::attachments::Upload;
use super::super::query;
use super::super::record::Record;
use super::super::records::Change;
use super::super::refusal::Refusal;
use super::super::shape::{RowWriter, Shape, string};
use super::super::store::View;
use super::call::{Call, Reply};
use super::{attributes, multipart, paging, table};

/// Rows of a page where no limit is given (contract §4.1).
const DEFAULT_LIMIT: usize = 1000;

/// Answers `/api/now/attachment…`; `rest` is what follows.
///
/// # Errors
/// As contract §1.6 and §4.1 say.
pub(crate) fn answer(call: &Call<'_>, rest: &[&str]) -> Result<Reply, Refusal> {
    let change = Change::new(call.app, call.account);
    match (&call.method, rest) {
        (&Method::GET, []) => list(call, &change),
        (&Method::POST, ["file"]) => upload_file(call, &change),
        (&Method::POST, ["upload"]) => upload_form(call, &change),
        (&Method::GET, [id]) => metadata(call, &change, id),
        (&Method::PATCH | &Method::PUT, [id]) => {
            let values = call.values()?;
            let name = values.get("file_name").filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| Refusal::bad("Missing required parameter: file_name"))?;
            change.rename_file(id, name)?;
            Ok(Reply::nothing())
        }
        (&Method::DELETE, [id]) => {
            change.delete("sys_attachment", id)?;
            Ok(Reply::nothing())
        }
        (&Method::GET, [id, "file"]) => bytes(call, &change, id),
        (_, [id, "attributes"]) => attributes::answer(call, &change, id, None),
        (_, [id, "attributes", key]) => attributes::answer(call, &change, id, Some(key)),
        (_, [] | [_] | [_, "file"]) => Err(Refusal::method_not_allowed()),
        _ => Err(Refusal::no_resource()),
    }
}

fn row_json(change: &Change<'_>, view: &impl View, row: &Record) -> Vec<u8> {
    let shape = Shape::default();
    let mut out = Vec::with_capacity(1024);
    let url = change.app.url();
    RowWriter { change, view, shape: &shape, url }.write(&mut out, "sys_attachment", row);
    // The link to the bytes is no column.
    out.pop();
    out.extend_from_slice(b",\"download_link\":");
    string(&mut out, &format!("{url}/api/now/attachment/{}/file", row.sys_id()));
    out.push(b'}');
    out
}

fn list(call: &Call<'_>, change: &Change<'_>) -> Result<Reply, Refusal> {
    let mut asked = query::parse(call.parameter("sysparm_query"));
    query::resolve(&mut asked, call.account, call.app.now());
    let limit = table::number(call, "sysparm_limit")?.unwrap_or(DEFAULT_LIMIT);
    let limit = change.profile.capped(limit);
    let offset = table::number(call, "sysparm_offset")?.unwrap_or(0);
    let reader = call.app.store.read();
    let found = table::find_rows(change, &reader, change.table("sys_attachment")?, &asked, offset, limit);
    let acl = change.acl(&reader);
    let rows: Vec<Vec<u8>> = found
        .page
        .iter()
        .filter(|(_, row)| acl.reads("sys_attachment", row))
        .map(|(_, row)| row_json(change, &reader, row))
        .collect();
    let pending: Vec<_> = found.page.iter().filter(|(_, row)| row.get("state") == "pending").collect();
    drop(reader);
    for (_, row) in pending {
        change.scanned(row)?;
    }
    let mut out = b"[".to_vec();
    out.extend_from_slice(&rows.join(&b','));
    out.push(b']');
    Ok(Reply::result(StatusCode::OK, &out)
        .header("x-total-count", &found.total.to_string())
        .header("link", &paging::links(call, offset, limit, found.total)))
}

fn metadata(call: &Call<'_>, change: &Change<'_>, id: &str) -> Result<Reply, Refusal> {
    let row = change.readable_file(&call.app.store.read(), id)?;
    let json = row_json(change, &call.app.store.read(), &row);
    change.scanned(&row)?;
    Ok(Reply::result(StatusCode::OK, &json))
}

fn bytes(call: &Call<'_>, change: &Change<'_>, id: &str) -> Result<Reply, Refusal> {
    let row = change.readable_file(&call.app.store.read(), id)?;
    let json = row_json(change, &call.app.store.read(), &row);
    let bytes = call.app.store.bytes(id)?.ok_or_else(Refusal::no_record)?;
    let content_type = HeaderValue::from_str(row.get("content_type"))
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut reply = Reply { content_type, ..Reply::json(StatusCode::OK, bytes) };
    reply = reply.header("x-attachment-metadata", &String::from_utf8_lossy(&json));
    Ok(reply)
}

fn created(call: &Call<'_>, change: &Change<'_>, upload: &Upload<'_>) -> Result<Reply, Refusal> {
    if upload.bytes.len() > change.profile.attachment_max_bytes {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Operation Failed",
            format!(
                "the file is larger than {} bytes (com.glide.attachment.max_size)",
                change.profile.attachment_max_bytes
            ),
        ));
    }
    let row = change.attach(upload)?;
    let prefix = call.path.split("/attachment").next().unwrap_or("/api/now");
    let location = format!("{}{prefix}/attachment/{}/file", call.app.url(), row.sys_id());
    let json = row_json(change, &call.app.store.read(), &row);
    Ok(Reply::result(StatusCode::CREATED, &json).header("location", &location))
}

fn upload_file(call: &Call<'_>, change: &Change<'_>) -> Result<Reply, Refusal> {
    for name in ["table_name", "table_sys_id", "file_name"] {
        if call.parameter(name).is_empty() {
            return Err(Refusal::bad(format!("Missing required parameter: {name}")));
        }
    }
    let content_type = call.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.ok_or_else(|| Refusal::bad("Missing required header: Content-Type"))?;
    let upload = Upload {
        table: call.parameter("table_name"),
        sys_id: call.parameter("table_sys_id"),
        file_name: call.parameter("file_name"),
        content_type,
        bytes: &call.body,
    };
    created(call, change, &upload)
}

fn upload_form(call: &Call<'_>, change: &Change<'_>) -> Result<Reply, Refusal> {
    let content_type = call.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parts = content_type
        .and_then(|value| multipart::parse(value, &call.body))
        .ok_or_else(|| Refusal::bad("The request is not a multipart form"))?;
    let field = |name: &str| {
        parts
            .iter()
            .find(|part| part.name == name && part.file_name.is_none())
            .and_then(|part| std::str::from_utf8(part.bytes).ok())
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Refusal::bad(format!("Missing required parameter: {name}")))
    };
    let file = parts.iter().find(|part| part.file_name.is_some());
    let file = file.ok_or_else(|| Refusal::bad("Missing required parameter: uploadFile"))?;
    let upload = Upload {
        table: field("table_name")?,
        sys_id: field("table_sys_id")?,
        file_name: file.file_name.as_deref().unwrap_or_default(),
        content_type: file.content_type.unwrap_or("application/octet-stream"),
        bytes: file.bytes,
    };
    created(call, change, &upload)
}
