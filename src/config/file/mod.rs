//! The shape of `publish.toml`: every key, its type and its default. The JSON Schema is made from it.
//!
//! Must not know: environment, flags, how values are layered.

mod lint;
mod paths;
mod publish;
mod render;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use self::lint::{LintTable, Weight};
pub(super) use self::paths::{PathTable, Texts};
pub(super) use self::publish::PublishTable;
pub(super) use self::render::{FormulaPictures, Highlight, RemoteImages, RenderTable};
use super::settings::{AuthMethod, Grant};

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
