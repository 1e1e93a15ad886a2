//! `[render]` and what is below it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::render::Dialects;

/// How headings get their anchors.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum HeadingIds {
    /// As GitHub makes them.
    Github,
}

/// Code colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum Highlight {
    /// As GitHub shows code on white.
    GithubLight,
    /// Plain code.
    Off,
}

/// Which formulas are shown as pictures, where a command draws `math`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum FormulaPictures {
    /// Those on a line of their own, and in a line of text those that text does not show as they are set.
    Auto,
    /// All.
    Picture,
    /// None.
    Text,
}

/// What becomes of images on other hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum RemoteImages {
    /// They stay where they are.
    Link,
    /// They are fetched and attached.
    Fetch,
}

/// `[render.dialects]`: every switch, those that are not named at their default.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, bool>", into = "BTreeMap<String, bool>")]
pub(in crate::config) struct DialectsTable(pub(in crate::config) Dialects);

impl From<BTreeMap<String, bool>> for DialectsTable {
    fn from(named: BTreeMap<String, bool>) -> Self {
        let mut dialects = Dialects::default();
        for (name, on) in named {
            // The schema has seen to it that there are no other names.
            if let Some(switch) = dialects.switch(&name) {
                *switch = on;
            }
        }
        Self(dialects)
    }
}

impl From<DialectsTable> for BTreeMap<String, bool> {
    fn from(DialectsTable(mut dialects): DialectsTable) -> Self {
        let switch = |name: &&'static str| Some(((*name).to_owned(), *dialects.switch(name)?));
        Dialects::NAMES.iter().filter_map(switch).collect()
    }
}

/// Every dialect is a key of its own, so that editors complete them and misspelt ones are refused.
fn dialects_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let defaults: BTreeMap<String, bool> = DialectsTable(Dialects::default()).into();
    let switch = |(name, on): (String, bool)| (name, serde_json::json!({ "type": "boolean", "default": on }));
    let switches: serde_json::Map<String, serde_json::Value> = defaults.into_iter().map(switch).collect();
    schemars::json_schema!({ "type": "object", "properties": switches, "additionalProperties": false })
}

/// `[render]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RenderTable {
    /// How headings get their anchors.
    pub(in crate::config) heading_ids: HeadingIds,
    /// Theme of inline-styled code colours, or `off`.
    pub(in crate::config) highlight: Highlight,
    /// A link to each document's source with `{path}` in it, such as `https://example.org/docs/edit/main/{path}`; empty for none.
    pub(in crate::config) source_link: String,
    /// What a link to an article looks like; `{number}`, `{sys_id}` and `{anchor}` are replaced.
    pub(in crate::config) link_template: String,
    /// What links that begin with `/` mean: a prefix and its folder below the source root. `/` is the root itself
    /// where it is not named.
    pub(in crate::config) site_roots: BTreeMap<String, String>,
    /// Which dialects of Markdown are read beside CommonMark and GFM.
    #[schemars(schema_with = "dialects_schema")]
    pub(in crate::config) dialects: DialectsTable,
    /// What `{{ name }}` stands for in documents. While there is none, braces are text like any other.
    pub(in crate::config) variables: BTreeMap<String, String>,
    /// Images in `data:` URLs of more bytes than this become attached files.
    pub(in crate::config) data_url_bytes: u64,
    /// What becomes of images on other hosts.
    pub(in crate::config) remote_images: RemoteImages,
    /// Code blocks that are shown as pictures: a language (`mermaid`, `math`, …) and the command that draws it, a program
    /// and its arguments, with `{input}` and `{output}` (PNG) or `{output.svg}` in them.
    pub(in crate::config) diagrams: BTreeMap<String, Vec<String>>,
    /// Which formulas the command for `math` draws; the others are text.
    pub(in crate::config) formulas: FormulaPictures,
    /// Time limit of one drawing, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub(in crate::config) diagram_seconds: u64,
}

impl Default for RenderTable {
    fn default() -> Self {
        Self {
            heading_ids: HeadingIds::Github,
            highlight: Highlight::GithubLight,
            source_link: String::new(),
            link_template: "/kb_view.do?sysparm_article={number}{anchor}".into(),
            site_roots: BTreeMap::from([("/".into(), String::new())]),
            dialects: DialectsTable(Dialects::default()),
            variables: BTreeMap::new(),
            data_url_bytes: 4096,
            remote_images: RemoteImages::Link,
            diagrams: BTreeMap::new(),
            formulas: FormulaPictures::Auto,
            diagram_seconds: 60,
        }
    }
}
