//! The API's JSON, read with suspicion: every shape that is not expected is a clear error, never a panic.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;
use super::http::Answer;
use super::records::{Attachment, Base, Category, IndexRow, Record};

/// `{"result": …}`; `error` beside it means that the instance gave up half-way (contract §1.6).
#[derive(Deserialize)]
struct Envelope<T> {
    result: Option<T>,
    error: Option<Value>,
}

/// The `result` of an answer.
///
/// # Errors
/// [`ApiError::BrokenAnswer`] for JSON cut short, of another shape, or with an `error` in it.
pub(super) fn result<T: DeserializeOwned>(answer: &Answer) -> Result<T, ApiError> {
    let envelope: Envelope<T> = serde_json::from_slice(&answer.body).map_err(|error| {
        let why = match error.classify() {
            serde_json::error::Category::Eof => "JSON cut short".to_owned(),
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                format!("no JSON at line {}, column {}", error.line(), error.column())
            }
            serde_json::error::Category::Data => {
                format!("JSON of another shape at line {}, column {}", error.line(), error.column())
            }
        };
        answer.broken(&why)
    })?;
    match envelope {
        Envelope { result: Some(result), error: None } => Ok(result),
        Envelope { error: Some(_), .. } => Err(answer.broken("success with an error in it")),
        Envelope { result: None, error: None } => Err(answer.broken("JSON without a result")),
    }
}

/// Whether a body is a list of rows, as every instance's is that answers one.
pub(super) fn is_list(body: &[u8]) -> bool {
    serde_json::from_slice::<Envelope<Vec<Record>>>(body)
        .is_ok_and(|envelope| envelope.result.is_some() && envelope.error.is_none())
}

/// A list of rows; elements that are debug notes of the platform (`__meta`) are no rows (contract §1.3).
pub(super) fn rows(answer: &Answer) -> Result<Vec<Record>, ApiError> {
    let mut rows: Vec<Record> = result(answer)?;
    rows.retain(|row| !row.has("__meta"));
    Ok(rows)
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> serde::de::Visitor<'de> for Columns {
            type Value = Record;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a row: an object of columns")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut record = Record::default();
                while let Some((column, value)) = map.next_entry::<String, Value>()? {
                    record.0.insert(column, plain(value));
                }
                Ok(record)
            }
        }
        deserializer.deserialize_map(Columns)
    }
}

/// The stored value, whatever shape it comes in (contract §1.3).
fn plain(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Object(mut object) => match object.remove("value") {
            Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null)) => {
                plain(value)
            }
            _ => String::new(),
        },
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_)) => other.to_string(),
    }
}

fn flag(row: &Record, column: &str) -> bool {
    matches!(row.get(column), "true" | "1")
}

/// A row of the index; `None` where it has no usable sys_id.
pub(super) fn index_row(row: &Record, stamp_field: &str) -> Option<IndexRow> {
    let own = |column: &str| row.get(column).to_owned();
    Some(IndexRow {
        sys_id: row.sys_id()?,
        article_id: row.id("article_id"),
        latest: row.has("latest").then(|| flag(row, "latest")),
        number: own("number"),
        short_description: own("short_description"),
        workflow_state: own("workflow_state"),
        kb_knowledge_base: row.id("kb_knowledge_base"),
        kb_category: row.id("kb_category"),
        sys_mod_count: row.get("sys_mod_count").parse().unwrap_or_default(),
        counted: row.has("sys_mod_count"),
        valid_to: row.has("valid_to").then(|| own("valid_to")),
        sys_created_on: own("sys_created_on"),
        sys_updated_on: own("sys_updated_on"),
        sys_updated_by: own("sys_updated_by"),
        stamp: own(stamp_field),
    })
}

/// A base; `None` where it has no usable sys_id.
pub(super) fn base(row: &Record) -> Option<Base> {
    Some(Base {
        sys_id: row.sys_id()?,
        title: row.get("title").to_owned(),
        active: flag(row, "active") || !row.has("active"),
        kb_version: row.get("kb_version").to_owned(),
    })
}

/// A category; `None` where it names no parent, or has no usable sys_id.
pub(super) fn category(row: &Record) -> Option<Category> {
    Some(Category {
        sys_id: row.sys_id()?,
        label: row.get("label").to_owned(),
        parent_id: row.id("parent_id")?,
        top: row.get("parent_table") == "kb_knowledge_base",
        active: row.get("active") == "true" || !row.has("active"),
    })
}

/// A file; `None` where it has no usable sys_id or hangs on no record.
pub(super) fn attachment(row: &Record) -> Option<Attachment> {
    Some(Attachment {
        sys_id: row.sys_id()?,
        table_sys_id: row.id("table_sys_id")?,
        file_name: row.get("file_name").to_owned(),
        content_type: row.get("content_type").to_owned(),
        size_bytes: row.get("size_bytes").parse().unwrap_or_default(),
        hash: row.get("hash").to_ascii_lowercase(),
        sys_created_by: row.get("sys_created_by").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn answer(body: &str) -> Answer {
        Answer::for_test(Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn values_come_in_many_shapes() {
        let body = r#"{"result":[{"a":"x","b":null,"c":{"link":"l","value":"v"},"d":true,"e":7,"f":{"display_value":""}},
            {"__meta":{"encodedQuery":"q"}}],"session":{}}"#;
        let rows = rows(&answer(body)).unwrap();
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!(
            [row.get("a"), row.get("b"), row.get("c"), row.get("d"), row.get("e")],
            ["x", "", "v", "true", "7"]
        );
        assert!(row.has("f") && row.get("f").is_empty() && !row.has("g"));
    }

    #[test]
    fn ids_come_in_either_case() {
        let body =
            r#"{"result":[{"sys_id":"A7E8A78BFF0221009B20FFFFFFFFFF17","title":"IT","active":"true"}]}"#;
        let rows = rows(&answer(body)).unwrap();
        let base = base(&rows[0]).unwrap();
        assert_eq!(base.sys_id.to_string(), "a7e8a78bff0221009b20ffffffffff17");
    }

    #[test]
    fn a_list_is_told_from_what_something_else_answers() {
        assert!(is_list(br#"{"result":[]}"#) && is_list(br#"{"result":[{"sys_id":"x"}]}"#));
        for other in ["", "hello", "[]", "null", "{}", r#"{"result":{}}"#, r#"{"result":[],"error":{}}"#] {
            assert!(!is_list(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn broken_answers_are_told() {
        for (body, why) in [
            (r#"{"result":[{"a":"x""#, "JSON cut short"),
            (r#"{"result":[],"error":{"message":"Transaction cancelled"}}"#, "success with an error in it"),
            ("{}", "JSON without a result"),
            (r#"{"result":"text"}"#, "JSON of another shape at line 1, column 16"),
            ("[]", "JSON of another shape"),
            ("what?", "no JSON at line 1, column 1"),
        ] {
            let Err(ApiError::BrokenAnswer { why: told, .. }) = rows(&answer(body)) else { panic!("{body}") };
            assert!(told.starts_with(why), "{body}: {told}");
        }
    }
}
