//! The shape of `publish.toml`: every key, its type and its default. The JSON Schema is made from it.
//!
//! Must not know: environment, flags, how values are layered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{AuthMethod, Categories, Grant, OnRemoteEdit, Orphans, Restyle, Status};
use crate::finding::{Code, Severity};
use crate::render::Dialects;

/// `publish.toml`: what is published, how it looks, and where to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileConfig {
    /// Namespace of the identities: 1 to 24 of `a-z`, `0-9` and `-`. Required; a profile may override it.
    pub(super) project: String,
    /// Versions of kb-publish that may run this, such as `>=0.3`, so that laptops and CI render alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) required_version: Option<String>,
    /// Where the documents are.
    pub(super) source: SourceTable,
    /// Where the articles are. Offline commands need none.
    pub(super) instance: InstanceTable,
    /// How to sign in. Secrets never stand here.
    pub(super) auth: AuthTable,
    /// What to make of the documents on the instance.
    pub(super) publish: PublishTable,
    /// How documents become HTML.
    pub(super) render: RenderTable,
    /// Defaults for parts of the tree; a document's front matter wins, and later tables win over earlier ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) paths: Vec<PathTable>,
    /// Old document id = its successor: the old document's article is retired with the new one as its replacement.
    pub(super) redirects: BTreeMap<String, String>,
    /// What findings weigh.
    pub(super) lint: LintTable,
    /// Named sets of overrides, chosen with `--profile` or `KB_PUBLISH_PROFILE`.
    #[schemars(with = "BTreeMap<String, ProfileTable>")]
    #[serde(skip_serializing)]
    pub(super) profiles: BTreeMap<String, toml::Table>,
}

/// The overrides of one profile: what it names wins over the same key outside of it.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used: profiles are merged as tables, before they are typed")]
pub(super) struct ProfileTable {
    /// Namespace of the identities under this profile.
    project: Option<String>,
    /// Where the documents are.
    source: Option<SourceTable>,
    /// Where the articles are.
    instance: Option<InstanceTable>,
    /// How to sign in.
    auth: Option<AuthTable>,
    /// What to make of the documents on the instance.
    publish: Option<PublishTable>,
    /// How documents become HTML.
    render: Option<RenderTable>,
    /// Replaces all `[[paths]]` outside of the profile.
    paths: Option<Vec<PathTable>>,
    /// Further successors.
    redirects: Option<BTreeMap<String, String>>,
    /// What findings weigh.
    lint: Option<LintTable>,
}

/// `[source]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SourceTable {
    /// Folder of the documents, relative to `publish.toml`.
    pub(super) root: String,
    /// Globs of documents, relative to the root.
    pub(super) include: Vec<String>,
    /// Globs of files and folders to leave out, in addition to `.gitignore` and `.kbignore`.
    pub(super) exclude: Vec<String>,
    /// Largest document read, in bytes.
    #[schemars(range(min = 1))]
    pub(super) max_document_bytes: u64,
    /// Largest image or attached file, in bytes.
    #[schemars(range(min = 1))]
    pub(super) max_file_bytes: u64,
    /// Largest image, in pixels (width times height).
    #[schemars(range(min = 1))]
    pub(super) max_image_pixels: u64,
}

impl Default for SourceTable {
    fn default() -> Self {
        Self {
            root: "docs".into(),
            include: vec!["**/*.md".into()],
            exclude: Vec::new(),
            max_document_bytes: 4 * 1024 * 1024,
            max_file_bytes: 25 * 1024 * 1024,
            max_image_pixels: 50_000_000,
        }
    }
}

/// `[instance]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct InstanceTable {
    /// Subdomain, host or URL (https; http for loopback only); `sandbox` is the embedded instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// PEM file of further certificate authorities, relative to `publish.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ca_file: Option<String>,
    /// Proxy for this instance; else the environment's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) proxy: Option<String>,
    /// Time limit of one request, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub(super) timeout_seconds: u64,
    /// Longest wait for one request in seconds, retries and `Retry-After` included.
    #[schemars(range(min = 0, max = 3600))]
    pub(super) max_wait_seconds: u64,
}

impl Default for InstanceTable {
    fn default() -> Self {
        Self { url: None, ca_file: None, proxy: None, timeout_seconds: 75, max_wait_seconds: 60 }
    }
}

/// `[auth]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuthTable {
    /// How requests are signed.
    pub(super) method: AuthMethod,
    /// How an OAuth token is got.
    pub(super) grant: Grant,
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<String>,
    /// The OAuth client's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<String>,
    /// OAuth scope; sent only when set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    /// Default `<instance>/oauth_auth.do`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorize_url: Option<String>,
    /// Default `<instance>/oauth_token.do`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_url: Option<String>,
    /// Default: the token URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_url: Option<String>,
    /// Exactly the redirect URL that the administrator registered.
    pub(super) redirect_url: String,
    /// Life of a refresh token, in days.
    #[schemars(range(min = 1))]
    pub(super) refresh_token_days: u32,
    /// JWT header `kid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jwt_key_id: Option<String>,
    /// JWT claim `sub`; default the user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jwt_subject: Option<String>,
    /// JWT claim `aud`; default the client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jwt_audience: Option<String>,
}

impl Default for AuthTable {
    fn default() -> Self {
        Self {
            method: AuthMethod::Basic,
            grant: Grant::AuthorizationCode,
            username: None,
            client_id: None,
            scope: None,
            authorize_url: None,
            token_url: None,
            refresh_url: None,
            redirect_url: "http://localhost:8765/callback".into(),
            refresh_token_days: 100,
            jwt_key_id: None,
            jwt_subject: None,
            jwt_audience: None,
        }
    }
}

/// `[publish]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PublishTable {
    /// The default base, by title or sys_id; where none is named, each document must name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) knowledge_base: Option<String>,
    /// The state articles are brought to.
    pub(super) status: Status,
    /// Whether the folders of the tree are categories of the base.
    pub(super) categories: Categories,
    /// Category under which the folders' categories hang, such as `Docs / VPN`, so that two projects can share a base.
    pub(super) category_root: String,
    /// Whether categories that are not there are made.
    pub(super) create_categories: bool,
    /// What happens to articles of ours whose document is gone.
    pub(super) orphans: Orphans,
    /// Most articles retired in one run; more is refused.
    pub(super) max_retire: u32,
    /// Most documents written in one run; more is refused. Without it there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_changes: Option<u32>,
    /// What happens to an article that a person edited in ServiceNow.
    pub(super) on_remote_edit: OnRemoteEdit,
    /// Whether an account with role `admin` changes published articles of versioned bases in place, without a new version.
    pub(super) admin_in_place: bool,
    /// States that count as success for `status = "published"`; add `review` where approval is the normal way.
    pub(super) accept: Vec<String>,
    /// Articles that search hides within so many days are pointed out; 0 switches that off.
    pub(super) warn_expiry_days: u32,
    /// Days from today that such an article's validity is extended to, where its document leaves the day open; 0 switches that off.
    pub(super) extend_expiry_days: u32,
    /// When articles whose look alone changed (theme, renderer) are rewritten.
    pub(super) restyle: Restyle,
    /// Requests in flight.
    #[schemars(range(min = 1, max = 16))]
    pub(super) concurrency: u32,
    /// The text column of `kb_knowledge` that holds the stamp.
    pub(super) stamp_field: String,
    /// Where the companion answers, if an administrator has installed it; empty: it is not looked for (experimental).
    pub(super) companion: String,
}

impl Default for PublishTable {
    fn default() -> Self {
        Self {
            knowledge_base: None,
            status: Status::Draft,
            categories: Categories::Folders,
            category_root: String::new(),
            create_categories: true,
            orphans: Orphans::Report,
            max_retire: 10,
            max_changes: None,
            on_remote_edit: OnRemoteEdit::Keep,
            admin_in_place: false,
            accept: vec!["published".into()],
            warn_expiry_days: 30,
            extend_expiry_days: 0,
            restyle: Restyle::All,
            concurrency: 4,
            stamp_field: "description".into(),
            companion: "/api/global/kb_publish".into(),
        }
    }
}

/// How headings get their anchors.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HeadingIds {
    /// As GitHub makes them.
    Github,
}

/// Code colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Highlight {
    /// As GitHub shows code on white.
    GithubLight,
    /// Plain code.
    Off,
}

/// Which formulas are shown as pictures, where a command draws `math`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FormulaPictures {
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
pub(super) enum RemoteImages {
    /// They stay where they are.
    Link,
    /// They are fetched and attached.
    Fetch,
}

/// `[render.dialects]`: every switch, those that are not named at their default.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, bool>", into = "BTreeMap<String, bool>")]
pub(super) struct DialectsTable(pub(super) Dialects);

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
pub(super) struct RenderTable {
    /// How headings get their anchors.
    pub(super) heading_ids: HeadingIds,
    /// Theme of inline-styled code colours, or `off`.
    pub(super) highlight: Highlight,
    /// A link to each document's source with `{path}` in it, such as `https://example.org/docs/edit/main/{path}`; empty for none.
    pub(super) source_link: String,
    /// What a link to an article looks like; `{number}`, `{sys_id}` and `{anchor}` are replaced.
    pub(super) link_template: String,
    /// What links that begin with `/` mean: a prefix and its folder below the source root. `/` is the root itself
    /// where it is not named.
    pub(super) site_roots: BTreeMap<String, String>,
    /// Which dialects of Markdown are read beside CommonMark and GFM.
    #[schemars(schema_with = "dialects_schema")]
    pub(super) dialects: DialectsTable,
    /// What `{{ name }}` stands for in documents. While there is none, braces are text like any other.
    pub(super) variables: BTreeMap<String, String>,
    /// Images in `data:` URLs of more bytes than this become attached files.
    pub(super) data_url_bytes: u64,
    /// What becomes of images on other hosts.
    pub(super) remote_images: RemoteImages,
    /// Code blocks that are shown as pictures: a language (`mermaid`, `math`, …) and the command that draws it, a program
    /// and its arguments, with `{input}` and `{output}` (PNG) or `{output.svg}` in them.
    pub(super) diagrams: BTreeMap<String, Vec<String>>,
    /// Which formulas the command for `math` draws; the others are text.
    pub(super) formulas: FormulaPictures,
    /// Time limit of one drawing, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub(super) diagram_seconds: u64,
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

/// A text or a list of texts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Texts {
    /// One text; separators are the key's.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Texts {
    /// Its parts, trimmed, empty ones left out; a single text is split at `separator`.
    pub(super) fn parts(&self, separator: &str) -> Vec<String> {
        let cut = |text: &str| -> Vec<String> {
            text.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        match self {
            Self::One(text) => cut(text),
            Self::Many(texts) => {
                texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
            }
        }
    }
}

/// One `[[paths]]` table.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PathTable {
    /// A glob relative to the source root.
    pub(super) r#match: String,
    /// The base of these documents, by title or sys_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) knowledge_base: Option<String>,
    /// Their state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    /// Their category: `A / B`, or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<Texts>,
    /// `meta_description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// `meta`: a list, or text with commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keywords: Option<Texts>,
    /// A user, by name, e-mail or sys_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<String>,
    /// A group, by name or sys_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ownership_group: Option<String>,
    /// User criteria that may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) can_read: Option<Texts>,
    /// User criteria that may not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cannot_read: Option<Texts>,
    /// Roles that may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roles: Option<Texts>,
    /// Last day of validity, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) valid_to: Option<String>,
    /// Whether articles show their file list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display_attachments: Option<bool>,
    /// Language code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
}

/// What a finding weighs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Weight {
    /// Stops the run before the first write.
    Error,
    /// Reported, nothing more.
    Warning,
    /// Not reported.
    Off,
}

impl Weight {
    /// The severity; `None` is "off".
    pub(super) const fn severity(self) -> Option<Severity> {
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
pub(super) struct LintTable {
    /// What findings weigh, by finding code.
    #[schemars(schema_with = "severity_schema")]
    pub(super) severity: BTreeMap<String, Weight>,
    /// What findings weigh in parts of the tree; later tables win over earlier ones, and over `severity`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) paths: Vec<LintPathTable>,
    /// How `lint --external` looks at links to other hosts.
    pub(super) external: ExternalTable,
}

/// One `[[lint.paths]]` table.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LintPathTable {
    /// A glob relative to the source root.
    pub(super) r#match: String,
    /// What findings weigh there, by finding code.
    #[schemars(schema_with = "severity_schema")]
    pub(super) severity: BTreeMap<String, Weight>,
}

/// `[lint.external]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ExternalTable {
    /// URLs that are not asked for; `*` stands for anything.
    pub(super) ignore: Vec<String>,
    /// Time limit of one request, in seconds.
    #[schemars(range(min = 1, max = 600))]
    pub(super) timeout_seconds: u64,
    /// How long an answer is good for, in hours.
    pub(super) cache_hours: u64,
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
