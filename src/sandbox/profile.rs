//! How this instance differs from others: the profile switches (contract §12, and what protocol.md makes necessary).
//!
//! A flat list of names, the same in a `--profile-file` (TOML) and at `POST /sandbox/switches` (JSON).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sanitize;
use super::schema::{CustomColumn, Plugin, Schema};

/// All switches, each with its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, named as in the contract")]
pub struct Profile {
    /// How callers may sign in. Default `basic_oauth`.
    pub auth: AuthMode,
    /// Whether `error.message` of a 401 is worded as before 2025. Default no (contract §1.6).
    pub old_auth_wording: bool,
    /// How `/oauth_token.do` refuses. Default `servicenow` (contract §7.2).
    pub oauth_errors: OauthErrors,
    /// Whether the password grant is open. Default yes.
    pub password_grant: bool,
    /// Whether the client credentials grant is open. Default yes: PySNC must work unchanged (the platform's own default is no).
    pub client_credentials_grant: bool,
    /// Life of an access token. Default 1800.
    pub access_token_seconds: u64,
    /// Life of a refresh token. Default 8,640,000 (100 days).
    pub refresh_token_seconds: u64,
    /// Whether a refresh gives a new refresh token and ends the old one. Default no (contract §7.2).
    pub rotate_refresh_tokens: bool,
    /// Whether the authorization code grant is open. Default yes.
    pub authorization_code_grant: bool,
    /// Whether the JWT bearer grant is open; it also needs a key registered for the client. Default yes.
    pub jwt_bearer_grant: bool,
    /// What asking again gets while an access token is still good. Default `same` (contract §7.2).
    pub token_again: TokenAgain,
    /// Whether `/oauth_auth.do` wants a `state` (`glide.oauth.state.parameter.required`). Default yes.
    pub oauth_state_required: bool,
    /// Whether parameters of `/oauth_token.do` count in the body alone (`glide.oauth.allow.parameters.in.post.body.only`). Default yes.
    pub oauth_body_only: bool,
    /// The user for whom `/oauth_auth.do` answers "allow" without asking anybody. Empty: it asks. Default empty.
    pub oauth_auto_allow: String,
    /// The scope that the APIs demand of a token that has not `useraccount`; empty for none. Default empty.
    pub api_scope: String,
    /// Article versions (contract §2.5); anything but `off` brings the plugin `advanced`. Default `off`.
    pub versioning: Versioning,
    /// Columns of published rows that owner, manager and knowledge_admin may change; `attachments` for files.
    /// Empty switches minor edits off. Default none.
    pub minor_edit_fields: Vec<String>,
    /// What `workflow_state=published` becomes (contract §2.4). Default `direct`.
    pub publish: PublishMode,
    /// Whether the `published` date is filled when the state is reached. Default yes.
    pub fill_published_date: bool,
    /// Plugins whose columns exist: `advanced`, `i18n`, `kcs`. Default none.
    pub plugins: Vec<PluginName>,
    /// Columns that an administrator added: `kb_knowledge.u_owner_team`, with `:40` for a length. Default none.
    pub custom_columns: Vec<String>,
    /// What becomes of a `sys_id` in a POST (contract §1.7). Default `honoured`.
    pub client_sys_id: ClientSysId,
    /// What a condition on an unknown column does (contract §1.4). Default `ignored`.
    pub unknown_query_field: UnknownQueryField,
    /// Columns (`kb_knowledge.description`) that a non-admin may not name in a query: 403 (contract §1.4). Default none.
    pub query_denied_columns: Vec<String>,
    /// What happens to a text longer than its column (contract §1.5). Default `truncate`.
    pub over_long: OverLong,
    /// Columns cut at a length of their own, such as `"kb_knowledge.description" = 40`. Default none.
    pub column_limits: BTreeMap<String, usize>,
    /// Columns that a non-admin's writes leave as they are, without a word (contract §1.5). Default none.
    pub protected_columns: Vec<String>,
    /// What a rule does to what is written into a column, such as `"kb_knowledge.description" = "emptied"`. Default none.
    pub column_rules: BTreeMap<String, ColumnRule>,
    /// Columns that are left out of what a non-admin reads (contract §1.3). Default none.
    pub unreadable_columns: Vec<String>,
    /// What is done to HTML on save (contract §6). Default `builtin`.
    pub sanitizer: SanitizerMode,
    /// Elements that an administrator added to the sanitizer's list. Default none.
    pub sanitizer_elements: Vec<String>,
    /// Attributes that an administrator added to the sanitizer's list, on any element. Default none.
    pub sanitizer_attributes: Vec<String>,
    /// Elements and attributes that an administrator took off the sanitizer's list, also where they were added. Default none.
    pub sanitizer_excluded: Vec<String>,
    /// Whether a second category of one label under one parent is refused (contract §3). Default yes.
    pub refuse_duplicate_categories: bool,
    /// Whether contributors may not add categories, whatever the base says. Default no.
    pub disable_category_editing: bool,
    /// `glide.knowman.block_access_with_no_user_criteria`. Default no.
    pub block_access_with_no_user_criteria: bool,
    /// Largest attachment. Default 134,217,728 (the platform's own default is 1024 MB, contract §4.3).
    pub attachment_max_bytes: usize,
    /// Extensions that may be attached; empty for all. Default all.
    pub attachment_extensions: Vec<String>,
    /// Whether bytes that contradict the type or extension are refused. Default no (contract §4.3).
    pub attachment_mime_check: bool,
    /// Whether names with two extensions or odd letters are refused. Default no (contract §4.3).
    pub attachment_secure_names: bool,
    /// Whether answers hold `hash`, `state` and `chunk_size_bytes`. Default yes (contract §4.2).
    pub attachment_hash: bool,
    /// Largest JSON body. Default 26,214,400; the platform's is not known (contract §1.5).
    pub max_body_bytes: usize,
    /// Requests a user may make in an hour; 0 for no rule. Default 0 (contract §8.3).
    pub rate_limit_per_hour: u32,
    /// Requests worked on at once; 0 for no pool. The platform's is 4 (contract §8.4). Default 0.
    pub threads: usize,
    /// Requests waiting for the pool before a bare 429. Default 50.
    pub queue: usize,
    /// Whether requests of one session run one after another (contract §8.4). Default yes.
    pub serialize_sessions: bool,
    /// Time added to each API request. Default 0.
    pub latency_ms: u64,
    /// Most rows of one answer, whatever `sysparm_limit` asks for; 0 for no such cap. No hard maximum is documented
    /// (contract §1.1). Default 0.
    pub most_rows: usize,
    /// Each how many-th article is hidden from non-admins by access rules, so that pages are short (contract §1.2); 0 for none.
    pub hide_every: u32,
    /// Whether one write counts two in `sys_mod_count`. Default no.
    pub count_twice: bool,
    /// Columns whose change counts so many times more in `sys_mod_count`, such as `"kb_knowledge.text" = 1`. Default none.
    pub extra_counts: BTreeMap<String, u32>,
    /// A user that a business rule leaves as last editor after each write of an article, counting once more; empty for none.
    pub last_editor: String,
    /// Whether each view of an article counts as an update in `sys_mod_count`. Default no.
    pub views_count_as_updates: bool,
    /// Whether the companion is installed (`companion/INSTALL.md`), at `/api/global/kb_publish`. Default no.
    pub companion: bool,
    /// Whether changes of an article's title and body are kept in `sys_audit`, and everybody may read them. Default no.
    pub audit: bool,
    /// Whether each new article gets the number of the one before it (contract §2.2). Default no.
    pub duplicate_numbers: bool,
    /// Whether list answers end with a `__meta` element (contract §1.3). Default no.
    pub debug_meta: bool,
}

macro_rules! choice {
    ($(#[$doc:meta])+ $name:ident { $($(#[$value:meta])+ $variant:ident),+ $(,)? }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$value])+ $variant),+ }
    };
}

choice! {
    /// How callers may sign in (contract §7).
    AuthMode {
        /// Basic and OAuth.
        BasicOauth,
        /// Basic only for users with the role `snc_basic_auth_api_access`; OAuth.
        BasicRestricted,
        /// OAuth only.
        OauthOnly,
        /// API keys only.
        Apikey,
        /// Basic needs a second factor, which no sandbox user has: `X-MFA_TOKEN: invalid`.
        Mfa,
    }
}
choice! {
    /// How `/oauth_token.do` refuses (contract §7.2).
    OauthErrors {
        /// 401 `server_error`, `access_denied` for everything.
        Servicenow,
        /// The codes of RFC 6749.
        Rfc,
    }
}
choice! {
    /// What asking again gets while an access token is still good (contract §7.2).
    TokenAgain {
        /// The same token, with what remains of its life.
        Same,
        /// The same token, with a whole life before it.
        Renewed,
        /// Another token; the first stays good.
        New,
    }
}
choice! {
    /// Article versions (contract §2.5).
    Versioning {
        /// One row an article.
        Off,
        /// Rows by version; published ones are changed in place by an admin only, others get 403.
        OnAdminBypass,
        /// Published rows are refused to everybody: 403.
        #[serde(rename = "on_blocked_403")]
        OnBlocked403,
        /// Writes to published rows change nothing and say nothing; an admin's are refused as well.
        OnBlockedSilent,
    }
}
choice! {
    /// What `workflow_state=published` over the Table API becomes (contract §2.4).
    PublishMode {
        /// Stored as sent.
        Direct,
        /// The state stays as it was, 200 all the same.
        StaysDraft,
        /// `review`, until a manager approves.
        ApprovalReview,
        /// `scheduled_publish`.
        Scheduled,
        /// 403.
        Forbidden,
    }
}
choice! {
    /// A plugin by name.
    PluginName {
        /// Versions.
        Advanced,
        /// Languages.
        I18n,
        /// Knowledge-centred service.
        Kcs,
    }
}
choice! {
    /// What becomes of a `sys_id` in a POST (contract §1.7).
    ClientSysId {
        /// The row gets it.
        Honoured,
        /// Only an admin's; others' rows get one of the server's.
        AdminOnlyIgnored,
        /// Only an admin's; others get 403.
        #[serde(rename = "admin_only_403")]
        AdminOnly403,
    }
}
choice! {
    /// What a condition on an unknown column does (contract §1.4).
    UnknownQueryField {
        /// It is as if it were not there.
        Ignored,
        /// Nothing matches (`glide.invalid_query.returns_no_rows`).
        NoRows,
    }
}
choice! {
    /// What happens to a text longer than its column (contract §1.5).
    OverLong {
        /// Cut.
        Truncate,
        /// 403.
        #[serde(rename = "error_403")]
        Error403,
        /// Stored whole.
        Keep,
    }
}
choice! {
    /// What a business rule or the column's own kind does to what is written into it.
    ColumnRule {
        /// The whole write is refused: 403.
        Refused,
        /// It is emptied.
        Emptied,
        /// It is emptied in rows that are published.
        EmptiedWhenPublished,
        /// Its special characters become entities, as in a column of HTML.
        Encoded,
        /// Its white space is taken out.
        Squeezed,
        /// `[KB]` is put before it, where that does not stand there yet.
        Prefixed,
    }
}

impl ColumnRule {
    /// A written value as it is kept.
    pub(crate) fn written(self, value: &str) -> String {
        match self {
            Self::Encoded => sanitize::encoded(value),
            Self::Squeezed => value.split_whitespace().collect(),
            Self::Prefixed if !value.starts_with("[KB] ") => format!("[KB] {value}"),
            Self::Refused | Self::Emptied | Self::EmptiedWhenPublished | Self::Prefixed => value.to_owned(),
        }
    }

    /// Whether a row's column is empty after each write.
    pub(crate) fn empties(self, published: bool) -> bool {
        self == Self::Emptied || (self == Self::EmptiedWhenPublished && published)
    }
}

choice! {
    /// What is done to HTML on save (contract §6).
    SanitizerMode {
        /// The allow-list and the re-encoding.
        Builtin,
        /// Nothing.
        Off,
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            auth: AuthMode::BasicOauth,
            old_auth_wording: false,
            oauth_errors: OauthErrors::Servicenow,
            password_grant: true,
            client_credentials_grant: true,
            access_token_seconds: 1800,
            refresh_token_seconds: 8_640_000,
            rotate_refresh_tokens: false,
            authorization_code_grant: true,
            jwt_bearer_grant: true,
            token_again: TokenAgain::Same,
            oauth_state_required: true,
            oauth_body_only: true,
            oauth_auto_allow: String::new(),
            api_scope: String::new(),
            versioning: Versioning::Off,
            minor_edit_fields: Vec::new(),
            publish: PublishMode::Direct,
            fill_published_date: true,
            plugins: Vec::new(),
            custom_columns: Vec::new(),
            client_sys_id: ClientSysId::Honoured,
            unknown_query_field: UnknownQueryField::Ignored,
            query_denied_columns: Vec::new(),
            over_long: OverLong::Truncate,
            column_limits: BTreeMap::new(),
            protected_columns: Vec::new(),
            column_rules: BTreeMap::new(),
            unreadable_columns: Vec::new(),
            sanitizer: SanitizerMode::Builtin,
            sanitizer_elements: Vec::new(),
            sanitizer_attributes: Vec::new(),
            sanitizer_excluded: Vec::new(),
            refuse_duplicate_categories: true,
            disable_category_editing: false,
            block_access_with_no_user_criteria: false,
            attachment_max_bytes: 128 * 1024 * 1024,
            attachment_extensions: Vec::new(),
            attachment_mime_check: false,
            attachment_secure_names: false,
            attachment_hash: true,
            max_body_bytes: 25 * 1024 * 1024,
            rate_limit_per_hour: 0,
            threads: 0,
            queue: 50,
            serialize_sessions: true,
            latency_ms: 0,
            most_rows: 0,
            hide_every: 0,
            count_twice: false,
            extra_counts: BTreeMap::new(),
            last_editor: String::new(),
            views_count_as_updates: false,
            companion: false,
            audit: false,
            duplicate_numbers: false,
            debug_meta: false,
        }
    }
}

/// Why switches were refused; the message names the key and the nearest known one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProfileError(String);

type Map = serde_json::Map<String, serde_json::Value>;

impl Profile {
    /// As many rows as one answer holds where so many are asked for.
    pub(crate) fn capped(&self, limit: usize) -> usize {
        if self.most_rows == 0 { limit } else { limit.min(self.most_rows) }
    }

    /// Reads a profile file: any of the switches as TOML keys.
    ///
    /// # Errors
    /// Not TOML, an unknown switch, or a value that the switch does not take.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let table: toml::Table =
            toml::from_str(text).map_err(|error| ProfileError(error.message().to_owned()))?;
        let json = serde_json::to_value(table).map_err(|error| ProfileError(error.to_string()))?;
        let serde_json::Value::Object(changes) = json else {
            return Err(ProfileError("a profile file is a list of switches".to_owned()));
        };
        Self::default().with(&changes)
    }

    /// These switches with some of them changed.
    ///
    /// # Errors
    /// An unknown switch, or a value that the switch does not take.
    pub(crate) fn with(&self, changes: &Map) -> Result<Self, ProfileError> {
        let mut all = self.as_map()?;
        for (name, value) in changes {
            if !all.contains_key(name) {
                return Err(unknown(name, all.keys()));
            }
            all.insert(name.clone(), value.clone());
            serde_json::from_value::<Self>(serde_json::Value::Object(all.clone()))
                .map_err(|error| ProfileError(format!("switch `{name}`: {error}")))?;
        }
        let profile: Self = serde_json::from_value(serde_json::Value::Object(all))
            .map_err(|error| ProfileError(error.to_string()))?;
        profile.check_columns()?;
        Ok(profile)
    }

    /// All switches by name.
    ///
    /// # Errors
    /// Never in practice: every switch has a JSON form.
    pub(crate) fn as_map(&self) -> Result<Map, ProfileError> {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(map)) => Ok(map),
            Ok(_) | Err(_) => Err(ProfileError("the switches cannot be written".to_owned())),
        }
    }

    fn check_columns(&self) -> Result<(), ProfileError> {
        let named = self
            .query_denied_columns
            .iter()
            .chain(&self.protected_columns)
            .chain(&self.unreadable_columns)
            .chain(self.column_limits.keys())
            .chain(self.column_rules.keys())
            .chain(self.extra_counts.keys());
        let schema = self.schema();
        for name in named {
            let known = name
                .split_once('.')
                .and_then(|(table, column)| schema.table(table)?.column(column))
                .is_some();
            if !known {
                return Err(ProfileError(format!(
                    "`{name}` is not a column; write it as `kb_knowledge.description`"
                )));
            }
        }
        match self.custom_columns.iter().find(|text| custom_column(text).is_none()) {
            Some(text) => Err(ProfileError(format!(
                "`{text}` is not a custom column; write it as `kb_knowledge.u_team` or `kb_knowledge.u_team:40`"
            ))),
            None => Ok(()),
        }
    }

    /// Whether a version is a row of its own.
    pub(crate) fn versioned(&self) -> bool {
        self.versioning != Versioning::Off
    }

    /// Whether a condition on an unknown column empties the answer.
    pub(crate) fn unknown_query_field_empties(&self) -> bool {
        self.unknown_query_field == UnknownQueryField::NoRows
    }

    /// HTML as it is stored.
    pub(crate) fn clean(&self, html: &str) -> String {
        if self.sanitizer == SanitizerMode::Off {
            return html.to_owned();
        }
        let lists = [&self.sanitizer_elements, &self.sanitizer_attributes, &self.sanitizer_excluded];
        if lists.iter().all(|list| list.is_empty()) {
            return sanitize::sanitize(html);
        }
        let [elements, attributes, excluded] = lists;
        sanitize::sanitize_with(html, elements, attributes, excluded)
    }

    /// The tables as these switches make them.
    pub(crate) fn schema(&self) -> Schema {
        let mut plugins: Vec<Plugin> = self
            .plugins
            .iter()
            .map(|plugin| match plugin {
                PluginName::Advanced => Plugin::Advanced,
                PluginName::I18n => Plugin::I18n,
                PluginName::Kcs => Plugin::Kcs,
            })
            .collect();
        if self.versioned() {
            plugins.push(Plugin::Advanced);
        }
        let custom: Vec<CustomColumn> =
            self.custom_columns.iter().filter_map(|text| custom_column(text)).collect();
        Schema::new(&plugins, &custom)
    }
}

fn custom_column(text: &str) -> Option<CustomColumn> {
    let (path, length) = text.split_once(':').unwrap_or((text, "0"));
    let (table, name) = path.split_once('.')?;
    let plain = name.starts_with("u_")
        && name.len() <= 80
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain.then_some(())?;
    Some(CustomColumn {
        table: table.to_owned(),
        name: name.to_owned(),
        length: length.parse().ok()?,
        boolean: false,
    })
}

fn unknown<'k>(name: &str, known: impl Iterator<Item = &'k String>) -> ProfileError {
    let nearest = known.map(|key| (strsim::osa_distance(name, key), key)).min();
    ProfileError(match nearest {
        Some((_, key)) => format!("`{name}` is not a switch of the sandbox; the nearest one is `{key}`"),
        None => format!("`{name}` is not a switch of the sandbox"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_switch_names_the_nearest() {
        let error = Profile::from_toml("versionning = \"off\"").unwrap_err();
        assert!(error.to_string().contains("`versioning`"), "{error}");
        let error = Profile::from_toml("versioning = \"sometimes\"").unwrap_err();
        assert!(error.to_string().contains("on_blocked_403"), "{error}");
    }

    #[test]
    fn switches_are_read_and_merged() {
        let profile = Profile::from_toml(
            "versioning = \"on_blocked_silent\"\nminor_edit_fields = [\"text\"]\n[column_limits]\n\"kb_knowledge.description\" = 40\n",
        )
        .unwrap();
        assert_eq!(profile.versioning, Versioning::OnBlockedSilent);
        assert_eq!(profile.column_limits["kb_knowledge.description"], 40);
        let mut change = Map::new();
        change.insert("count_twice".to_owned(), true.into());
        let changed = profile.with(&change).unwrap();
        assert!(changed.count_twice);
        assert_eq!(changed.versioning, Versioning::OnBlockedSilent);
    }

    #[test]
    fn the_documentation_names_every_switch_and_no_other() {
        let text = include_str!("../../docs/sandbox.md");
        let section = text.split("## Switches").nth(1).unwrap().split("\n## ").next().unwrap();
        let documented: Vec<&str> =
            section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let switches = Profile::default().as_map().unwrap();
        let known: Vec<&str> = switches.keys().map(String::as_str).collect();
        let mut sorted = documented.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, known, "docs/sandbox.md, section \"Switches\"");
    }

    #[test]
    fn columns_that_are_none_are_refused() {
        assert!(Profile::from_toml("protected_columns = [\"kb_knowledge.nope\"]").is_err());
        assert!(Profile::from_toml("custom_columns = [\"kb_knowledge.team\"]").is_err());
        let schema = Profile::from_toml("custom_columns = [\"kb_knowledge.u_team:40\"]").unwrap().schema();
        assert_eq!(schema.table("kb_knowledge").unwrap().column("u_team").unwrap().length, 40);
    }
}
