//! What an administrator can set about OAuth, as switches of the sandbox's profile (contract §7.2, §12).

use serde::{Deserialize, Serialize};

/// How `/oauth_token.do` says no.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorStyle {
    /// 401 `server_error` / `access_denied`, whatever the cause.
    #[default]
    Servicenow,
    /// The codes of RFC 6749 §5.2: 401 `invalid_client`, 400 for the others.
    Rfc,
}

/// What asking again gets while an access token is still good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Again {
    /// The same token, with what remains of its life.
    #[default]
    Same,
    /// The same token, with a whole life before it.
    Renewed,
    /// Another token; the first stays good.
    New,
}

/// The OAuth switches. The defaults are a platform's as it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OAuthRules {
    /// How errors look.
    pub errors: ErrorStyle,
    /// The password grant is on (`glide.oauth.inbound.ropc.grant_type.disabled` turned round).
    pub password: bool,
    /// The client credentials grant is on. A platform comes with it off.
    pub client_credentials: bool,
    /// The authorization code grant is on.
    pub authorization_code: bool,
    /// The JWT bearer grant is on. It also needs a key, registered for the client.
    pub jwt_bearer: bool,
    /// Life of an access token, in seconds. A client's own record goes before this.
    pub access_seconds: u32,
    /// Life of a refresh token, in seconds. A client's own record goes before this.
    pub refresh_seconds: u32,
    /// A refresh gives a new refresh token and ends the old one. The platform does not.
    pub rotate_refresh: bool,
    /// What asking again gets.
    pub again: Again,
    /// `/oauth_auth.do` wants a `state` (`glide.oauth.state.parameter.required`).
    pub state_required: bool,
    /// Parameters of `/oauth_token.do` count in the body alone (`glide.oauth.allow.parameters.in.post.body.only`).
    pub body_only: bool,
    /// `/oauth_auth.do` asks nobody and answers for this user. Empty: it asks.
    pub auto_allow: String,
    /// The scope that the APIs demand of a token that has not `useraccount`. Empty: none.
    pub api_scope: String,
}

impl Default for OAuthRules {
    fn default() -> Self {
        Self {
            errors: ErrorStyle::default(),
            password: true,
            client_credentials: false,
            authorization_code: true,
            jwt_bearer: true,
            access_seconds: 1800,
            refresh_seconds: 8_640_000,
            rotate_refresh: false,
            again: Again::default(),
            state_required: true,
            body_only: true,
            auto_allow: String::new(),
            api_scope: String::new(),
        }
    }
}
