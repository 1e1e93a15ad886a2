//! How this instance differs from others: the profile switches (contract §12, and what protocol.md makes necessary).

use serde::{Deserialize, Serialize};

use super::schema::{Plugin, Schema};

/// All switches, each with its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, named as in the contract")]
pub struct Profile {
    /// Plugins whose columns exist: `advanced`, `i18n`, `kcs`. Default none.
    pub plugins: Vec<PluginName>,
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
}

/// How `/oauth_token.do` refuses (contract §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OauthErrors {
    /// 401 `server_error`, `access_denied` for everything.
    Servicenow,
    /// The codes of RFC 6749.
    Rfc,
}

/// What asking again gets while an access token is still good (contract §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenAgain {
    /// The same token, with what remains of its life.
    Same,
    /// The same token, with a whole life before it.
    Renewed,
    /// Another token; the first stays good.
    New,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            plugins: Vec::new(),
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
        }
    }
}

/// A plugin by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginName {
    /// Versions.
    Advanced,
    /// Languages.
    I18n,
    /// Knowledge-centred service.
    Kcs,
}

impl Profile {
    /// The tables as these switches make them.
    pub(crate) fn schema(&self) -> Schema {
        let plugins: Vec<Plugin> = self
            .plugins
            .iter()
            .map(|plugin| match plugin {
                PluginName::Advanced => Plugin::Advanced,
                PluginName::I18n => Plugin::I18n,
                PluginName::Kcs => Plugin::Kcs,
            })
            .collect();
        Schema::new(&plugins, &[])
    }
}
