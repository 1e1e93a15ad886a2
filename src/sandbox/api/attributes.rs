//! Attributes of an attachment, such as its alt text: `/api/now/attachment/{sys_id}/attributes[/{key}]` (contract §4.1).

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::attachments::{ATTRIBUTES, attributes};
use super::super::record::Record;
use super::super::records::Change;
use super::super::refusal::Refusal;
use super::super::store::View;
use super::call::{Call, Reply};

/// Answers what follows `/attributes`.
///
/// # Errors
/// 404 where the attachment or the attribute is missing or hidden, 403 where its record may not be changed, 400 for
/// a body without key or value, or a key that is there already.
pub(crate) fn answer(
    call: &Call<'_>,
    change: &Change<'_>,
    attachment: &str,
    key: Option<&str>,
) -> Result<Reply, Refusal> {
    match (&call.method, key) {
        (&Method::GET, None) => {
            change.readable_file(&call.app.store.read(), attachment)?;
            let all: Vec<Value> =
                attributes(&call.app.store.read(), attachment).iter().map(|row| pair(row)).collect();
            Ok(Reply::result(StatusCode::OK, Value::Array(all).to_string().as_bytes()))
        }
        (&Method::GET, Some(key)) => {
            change.readable_file(&call.app.store.read(), attachment)?;
            let row = one(&call.app.store.read(), attachment, key)?;
            Ok(Reply::result(StatusCode::OK, pair(&row).to_string().as_bytes()))
        }
        (&Method::POST, None) => {
            let (key, value) = (sent(call, "key")?, sent(call, "value")?);
            set(change, attachment, &key, &value, true)?;
            Ok(Reply::result(
                StatusCode::CREATED,
                json!({ "key": key, "value": value }).to_string().as_bytes(),
            ))
        }
        (&Method::PUT, Some(key)) => {
            let value = sent(call, "value")?;
            set(change, attachment, key, &value, false)?;
            Ok(Reply::result(StatusCode::OK, json!({ "key": key, "value": value }).to_string().as_bytes()))
        }
        (&Method::DELETE, _) => {
            let mut writer = call.app.store.write()?;
            change.open_file(&writer, attachment, "Delete")?;
            let gone = match key {
                Some(key) => vec![one(&writer, attachment, key)?],
                None => attributes(&writer, attachment),
            };
            for row in gone {
                writer.delete(ATTRIBUTES, row.sys_id())?;
            }
            writer.commit()?;
            Ok(Reply::nothing())
        }
        _ => Err(Refusal::method_not_allowed()),
    }
}

fn sent(call: &Call<'_>, name: &str) -> Result<String, Refusal> {
    let value = call.values()?.remove(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| Refusal::bad(format!("Missing required parameter: {name}")))
}

fn pair(row: &Record) -> Value {
    json!({ "key": row.get("key"), "value": row.get("value") })
}

fn one(view: &impl View, attachment: &str, key: &str) -> Result<Arc<Record>, Refusal> {
    let row = attributes(view, attachment).into_iter().find(|row| row.get("key") == key);
    row.ok_or_else(Refusal::no_record)
}

fn set(change: &Change<'_>, attachment: &str, key: &str, value: &str, new: bool) -> Result<(), Refusal> {
    let mut writer = change.app.store.write()?;
    change.open_file(&writer, attachment, if new { "Insert" } else { "Update" })?;
    let known = one(&writer, attachment, key);
    if new && known.is_ok() {
        return Err(Refusal::bad(format!("The attribute {key} exists already")));
    }
    let columns = [("attachment", attachment), ("key", key), ("value", value)];
    let columns = columns.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let platform = change.by_platform();
    match known {
        Ok(row) => platform.update_in(&mut writer, ATTRIBUTES, row.sys_id(), &columns.into())?,
        Err(missing) if !new => return Err(missing),
        Err(_) => platform.insert_in(&mut writer, ATTRIBUTES, &columns.into())?,
    };
    Ok(writer.commit()?)
}
