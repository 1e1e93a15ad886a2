//! `[lint]` and what is below it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Code, Severity};

/// What a finding weighs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum Weight {
    /// Stops the run before the first write.
    Error,
    /// Reported, nothing more.
    Warning,
    /// Not reported.
    Off,
}

impl Weight {
    /// The severity; `None` is "off".
    pub(in crate::config) const fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Off => None,
        }
    }
}

/// `[lint]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct LintTable {
    /// What findings weigh, by finding code.
    #[schemars(schema_with = "severity_schema")]
    pub(in crate::config) severity: BTreeMap<String, Weight>,
    /// What findings weigh in parts of the tree; later tables win over earlier ones, and over `severity`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::config) paths: Vec<LintPathTable>,
    /// How `lint --external` looks at links to other hosts.
    pub(in crate::config) external: ExternalTable,
}

/// One `[[lint.paths]]` table.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct LintPathTable {
    /// A glob relative to the source root.
    pub(in crate::config) r#match: String,
    /// What findings weigh there, by finding code.
    #[schemars(schema_with = "severity_schema")]
    pub(in crate::config) severity: BTreeMap<String, Weight>,
}

/// `[lint.external]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct ExternalTable {
    /// URLs that are not asked for; `*` stands for anything.
    pub(in crate::config) ignore: Vec<String>,
    /// Time limit of one request, in seconds.
    #[schemars(range(min = 1, max = 600))]
    pub(in crate::config) timeout_seconds: u64,
    /// How long an answer is good for, in hours.
    pub(in crate::config) cache_hours: u64,
}

impl Default for ExternalTable {
    fn default() -> Self {
        Self { ignore: Vec::new(), timeout_seconds: 20, cache_hours: 24 }
    }
}

/// Every finding code is a key of its own, so that editors complete them and misspelt ones are refused.
fn severity_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let weight = generator.subschema_for::<Weight>().to_value();
    let codes: serde_json::Map<String, serde_json::Value> = Code::ALL
        .iter()
        .map(|code| {
            let mut schema = weight.clone();
            if let Some(object) = schema.as_object_mut() {
                object.insert("description".into(), code.description().into());
            }
            (code.as_str().to_owned(), schema)
        })
        .collect();
    schemars::json_schema!({ "type": "object", "properties": codes, "additionalProperties": false })
}
