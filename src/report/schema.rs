//! JSON Schemas of what `--format json` prints, from the types that print it.

use serde_json::Value;

use super::{failure, json, lint as checked};

/// `kb-publish/plan/1`.
pub fn plan() -> Value {
    named(schemars::schema_for!(json::ReportDocument<'static>), "kb-publish/plan/1", &[])
}

/// `kb-publish/run/1`.
pub fn run() -> Value {
    named(schemars::schema_for!(json::ReportDocument<'static>), "kb-publish/run/1", &["run", "duration_ms"])
}

/// `kb-publish/lint/1`.
pub fn lint() -> Value {
    named(schemars::schema_for!(checked::Document<'static>), "kb-publish/lint/1", &[])
}

/// `kb-publish/error/1`.
pub fn error() -> Value {
    named(schemars::schema_for!(failure::Document<'static>), "kb-publish/error/1", &[])
}

/// `kb-publish/status/1`.
pub fn status() -> Value {
    named(schemars::schema_for!(super::status::StatusReport), "kb-publish/status/1", &[])
}

/// The schema of another command's document, which has this name in its `schema` field.
pub fn of<T: schemars::JsonSchema>(name: &str) -> Value {
    named(schemars::schema_for!(T), name, &[])
}

/// Gives a schema its name, pins the `schema` field to it, and demands these fields as well.
fn named(schema: schemars::Schema, name: &str, further: &[&str]) -> Value {
    let mut value = schema.to_value();
    value["title"] = Value::from(name);
    value["properties"]["schema"]["const"] = Value::from(name);
    if let Some(required) = value["required"].as_array_mut() {
        required.extend(further.iter().map(|&field| Value::from(field)));
    }
    value
}
