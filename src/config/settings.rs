//! What a run is told: complete and typed, with a value for everything that has a default.
//!
//! Knows only [`crate::ids`] and [`crate::finding`]; how the values were found is [`super`]'s.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::globs::PathGlob;
use crate::finding::{Code, Finding, Position, Severity};
use crate::ids::{DocumentId, InstanceUrl, Project};
use crate::render::Formulas;

/// All settings of one run under one profile (design §6).
#[derive(Debug, Clone)]
pub struct Settings {
    /// The namespace of the document ids.
    pub project: Project,
    /// The profile's name, `default` where none was chosen.
    pub profile: String,
    /// The file's name: `publish.toml`, unless `--config` named another.
    pub file_name: String,
    /// The folder of `publish.toml`: relative paths and reported paths start here.
    pub folder: Utf8PathBuf,
    /// Where the documents are.
    pub source: SourceSettings,
    /// Where the articles are; `None` where `publish.toml` names no instance (offline commands need none).
    pub instance: Option<InstanceSettings>,
    /// How to sign in.
    pub auth: AuthSettings,
    /// What to make of the documents on the instance.
    pub publish: PublishSettings,
    /// How documents become HTML.
    pub render: RenderSettings,
    /// `[[paths]]`: defaults for parts of the tree, in the order of the file; later ones win.
    pub paths: Vec<PathDefaults>,
    /// Old document id → its successor.
    pub redirects: BTreeMap<DocumentId, DocumentId>,
    /// Where each redirect stands in the file, by its old document id.
    pub redirects_at: BTreeMap<DocumentId, FilePlace>,
    /// Where runs leave their journals (`--journal`, `KB_PUBLISH_JOURNAL`); `None`: `.kb-publish/runs` beside `publish.toml`.
    pub journal: Option<Utf8PathBuf>,
    /// What findings weigh, and how links to other hosts are looked at.
    pub lint: LintSettings,
}

impl Settings {
    /// A finding about the redirect of this old document id, at its place in the file.
    pub fn at_redirect(&self, old: &DocumentId, finding: Finding) -> Finding {
        let place = self.redirects_at.get(old);
        Finding {
            excerpt: place.and_then(|place| place.excerpt.clone()),
            ..finding.at(self.file_name.as_str(), place.map(|place| place.position))
        }
    }
}

/// Where something stands in `publish.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// Line and column.
    pub position: Position,
    /// The line, as it is written.
    pub excerpt: Option<Box<str>>,
}

/// `[lint]`.
#[derive(Debug, Clone)]
pub struct LintSettings {
    /// Severities by finding code; `None` is "off".
    pub severities: BTreeMap<Code, Option<Severity>>,
    /// The same for parts of the tree; later ones win.
    pub paths: Vec<(PathGlob, BTreeMap<Code, Option<Severity>>)>,
    /// URLs that `lint --external` leaves out; `*` stands for anything.
    pub ignored_urls: Vec<String>,
    /// Time limit of one request to another host. Default 20 s.
    pub external_timeout: Duration,
    /// How long the answer of another host is good for. Default 24 h.
    pub external_cache: Duration,
}

impl LintSettings {
    /// What findings of this code weigh in a file of this path below the source root; `None` where nothing is set,
    /// `Some(None)` for "off".
    pub fn weight(&self, code: Code, path: Option<&str>) -> Option<Option<Severity>> {
        let by_path = self.paths.iter().rev().find_map(|(glob, severities)| {
            let severity = severities.get(&code)?;
            path.is_some_and(|path| glob.matches(path)).then_some(*severity)
        });
        by_path.or_else(|| self.severities.get(&code).copied())
    }
}

/// `[source]`.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// The source root as written, relative to [`Settings::folder`]; reports show it.
    pub root: Utf8PathBuf,
    /// The source root, absolute.
    pub absolute_root: Utf8PathBuf,
    /// Globs of documents, relative to the root, their extensions in any case. Default `**/*.md`.
    pub include: Vec<String>,
    /// Globs of what to leave out, beside `.gitignore` and `.kbignore`. Default none.
    pub exclude: Vec<String>,
    /// Largest document read, in bytes. Default 4 MiB: more is not known to be stored (contract §1.5).
    pub max_document_bytes: u64,
    /// Largest attached file, in bytes. Default 25 MiB; the platform's own default is 1024 MB (contract §4.3).
    pub max_file_bytes: u64,
    /// Largest image, in pixels. Default 50 million: browsers on phones give up soon after.
    pub max_image_pixels: u64,
}

/// Where the articles live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceTarget {
    /// `url = "sandbox"`: the embedded instance, its data in `.kb-publish/` beside `publish.toml`.
    Sandbox,
    /// A ServiceNow instance, or a sandbox served elsewhere.
    Url(InstanceUrl),
}

/// `[instance]`.
#[derive(Debug, Clone)]
pub struct InstanceSettings {
    /// Which one.
    pub target: InstanceTarget,
    /// A PEM file of further certificate authorities, absolute.
    pub ca_file: Option<Utf8PathBuf>,
    /// A proxy for this instance; else the environment's.
    pub proxy: Option<url::Url>,
    /// Time limit of one request from connect to the last byte. Default 75 s: the platform's own quota is 60 s (contract §8.2).
    pub timeout: Duration,
    /// Longest wait for one request, retries and `Retry-After` included. Default 60 s.
    pub max_wait: Duration,
}

/// `[auth] method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthMethod {
    /// User name and password with each request.
    Basic,
    /// OAuth 2.0, by `grant`.
    #[serde(rename = "oauth")]
    OAuth,
    /// Header `x-sn-apikey`.
    ApiKey,
}

/// `[auth] grant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// Resource owner password.
    Password,
    /// Authorization code with PKCE.
    AuthorizationCode,
    /// Client credentials.
    ClientCredentials,
    /// JWT bearer assertion.
    JwtBearer,
}

/// `[auth]`: no secret is ever in here.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// Default `basic`.
    pub method: AuthMethod,
    /// Default `authorization-code`; read only with [`AuthMethod::OAuth`].
    pub grant: Grant,
    /// The user name.
    pub username: Option<String>,
    /// The OAuth client.
    pub client_id: Option<String>,
    /// Sent only when set.
    pub scope: Option<String>,
    /// Default `<instance>/oauth_auth.do`.
    pub authorize_url: Option<url::Url>,
    /// Default `<instance>/oauth_token.do`.
    pub token_url: Option<url::Url>,
    /// Default: the token URL.
    pub refresh_url: Option<url::Url>,
    /// Exactly what the administrator registered. Default `http://localhost:8765/callback`.
    pub redirect_url: String,
    /// Life of a refresh token in days. Default 100 (contract §7.2).
    pub refresh_token_days: u32,
    /// JWT header `kid`.
    pub jwt_key_id: Option<String>,
    /// JWT claim `sub`; default the user name.
    pub jwt_subject: Option<String>,
    /// JWT claim `aud`; default the client id.
    pub jwt_audience: Option<String>,
}

/// The state a document asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// `workflow_state=draft`; never unpublishes what is published.
    Draft,
    /// `workflow_state=published`.
    Published,
}

/// `[publish] categories`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Categories {
    /// A folder of the tree is a category of the base.
    Folders,
    /// Articles get no category of ours.
    None,
}

/// `[publish] orphans`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Orphans {
    /// Named in the report.
    Report,
    /// Retired.
    Retire,
}

/// `[publish] on_remote_edit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnRemoteEdit {
    /// A conflict, left for a person.
    Keep,
    /// The document wins.
    Overwrite,
}

/// `[publish] restyle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restyle {
    /// Articles whose look alone changed are rewritten now.
    All,
    /// They wait for their next text change.
    WithText,
}

/// `[publish]`.
#[derive(Debug, Clone)]
pub struct PublishSettings {
    /// The default base, by title or sys_id. `None`: each document must name one.
    pub knowledge_base: Option<String>,
    /// Default draft.
    pub status: Status,
    /// Default folders.
    pub categories: Categories,
    /// Labels under which the folders' categories hang. Default none.
    pub category_root: Vec<String>,
    /// Default true.
    pub create_categories: bool,
    /// Default report.
    pub orphans: Orphans,
    /// Most articles retired in one run. Default 10.
    pub max_retire: u32,
    /// Most documents written in one run; `None` is no limit.
    pub max_changes: Option<u32>,
    /// Default keep.
    pub on_remote_edit: OnRemoteEdit,
    /// Whether an account with role `admin` changes published rows of versioned bases in place. Default false.
    pub admin_in_place: bool,
    /// States that count as success where published was asked for. Default `published`.
    pub accept: Vec<String>,
    /// Days ahead that an end of validity is pointed out; 0 is never. Default 30.
    pub warn_expiry_days: u32,
    /// Days from today that such a validity is extended to; 0 is never. Default 0.
    pub extend_expiry_days: u32,
    /// Default all.
    pub restyle: Restyle,
    /// Requests in flight, 1 to 16. Default 4.
    pub concurrency: usize,
    /// The text column of the stamp. Default `description`.
    pub stamp_field: String,
    /// Path of the companion (`companion/INSTALL.md`); empty: not looked for. Default `/api/global/kb_publish`.
    pub companion: String,
}

/// `[render]`.
#[derive(Debug, Clone)]
pub struct RenderSettings {
    /// The theme of code colours, `None` for "off". Default `github-light`.
    pub highlight: Option<String>,
    /// A link to each document's source with `{path}` in it, empty for none.
    pub source_link: String,
    /// What a link to an article looks like: `{number}`, `{sys_id}` and `{anchor}` are replaced.
    /// Default `/kb_view.do?sysparm_article={number}{anchor}` (contract §5).
    pub link_template: String,
    /// Site-root links (`/en/…`) → folder of the tree, longest prefix first. Default `/` → the root.
    pub site_roots: BTreeMap<String, String>,
    /// Which dialects of Markdown are read beside CommonMark and GFM.
    pub dialects: crate::render::Dialects,
    /// What `{{ name }}` stands for. Default none: braces are text.
    pub variables: BTreeMap<String, String>,
    /// Images in `data:` URLs of more bytes than this become files. Default 4 KiB: they bloat rows and searches (contract §6).
    pub data_url_bytes: usize,
    /// Whether images on other hosts are fetched and attached. Default no.
    pub fetch_images: bool,
    /// Language of code blocks → the command that draws them, `{input}` and `{output}` in its arguments. Default none.
    pub diagrams: BTreeMap<String, Vec<String>>,
    /// Which formulas are drawn, where a command draws `math`. Default [`Formulas::Auto`].
    pub formulas: Formulas,
    /// Time limit of one drawing. Default 60 s.
    pub diagram_timeout: Duration,
}

/// One `[[paths]]` table: defaults for the documents that match; front matter wins.
#[derive(Debug, Clone, Default)]
pub struct PathDefaults {
    /// A glob relative to the source root.
    pub matches: String,
    /// See [`PublishSettings::knowledge_base`].
    pub knowledge_base: Option<String>,
    /// See [`PublishSettings::status`].
    pub status: Option<Status>,
    /// Category labels from the base down.
    pub category: Option<Vec<String>>,
    /// `meta`.
    pub keywords: Option<Vec<String>>,
    /// Further named columns, as in front matter.
    pub columns: super::NamedColumns,
}
