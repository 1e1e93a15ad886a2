//! One POST to the token endpoint, and what its refusals mean (contract §7.2, §9).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::classify::{Expect, classify};
use super::error::{ApiError, Broken, ServerMessage, SignInError};
use super::network::{Network, read_body};
use super::retry::jittered;
use super::tokens::Tokens;

/// Most bytes of an answer.
const LIMIT: usize = 256 * 1024;
/// Attempts where no answer comes: a lost answer may have cost a rotated token, but giving up costs it for sure.
const ATTEMPTS: u32 = 3;

/// What a token is asked for with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantKind {
    /// Resource owner password.
    Password,
    /// Authorization code.
    AuthorizationCode,
    /// Client credentials.
    ClientCredentials,
    /// JWT bearer assertion.
    JwtBearer,
    /// Refresh token.
    Refresh,
}

impl GrantKind {
    const fn grant_type(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::Refresh => "refresh_token",
        }
    }
}

/// The OAuth client and where it asks.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; public clients have none.
    pub client_secret: Option<SecretString>,
    /// Where tokens are asked for.
    pub token_url: url::Url,
    /// Where they are renewed.
    pub refresh_url: url::Url,
    /// Sent only when set.
    pub scope: Option<String>,
    /// The way there.
    pub network: Network,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    scope: Option<String>,
    expires_in: Option<serde_json::Value>,
}

impl OAuthClient {
    /// Asks for tokens. `parameters` are the grant's own; client, secret and scope are added. Everything goes in the
    /// body, form-encoded: parameters in the URL are refused by default (contract §7.2).
    ///
    /// # Errors
    /// [`ApiError::SignIn`] for a refusal, the others as for any request.
    pub async fn ask(
        &self,
        kind: GrantKind,
        parameters: &[(&str, &SecretString)],
    ) -> Result<Tokens, ApiError> {
        let url = if kind == GrantKind::Refresh { &self.refresh_url } else { &self.token_url };
        let body = self.body(kind, parameters);
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.once(kind, url, &body).await {
                Err(error) if attempt < ATTEMPTS && may_pass(&error) => {
                    tracing::info!("asking for a token again: {error}");
                    tokio::time::sleep(jittered(Duration::from_millis(500 << attempt))).await;
                }
                outcome => return outcome,
            }
        }
    }

    fn body(&self, kind: GrantKind, parameters: &[(&str, &SecretString)]) -> SecretString {
        let mut body = String::new();
        let mut add = |key: &str, value: &str| {
            if !body.is_empty() {
                body.push('&');
            }
            body.push_str(key);
            body.push('=');
            body.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        };
        add("grant_type", kind.grant_type());
        add("client_id", &self.client_id);
        if let Some(secret) = &self.client_secret {
            add("client_secret", secret.expose_secret());
        }
        for (key, value) in parameters {
            add(key, value.expose_secret());
        }
        if let Some(scope) = &self.scope
            && !matches!(kind, GrantKind::Refresh | GrantKind::AuthorizationCode)
        {
            add("scope", scope);
        }
        body.into()
    }

    async fn once(&self, kind: GrantKind, url: &url::Url, body: &SecretString) -> Result<Tokens, ApiError> {
        let what = "asking for a token";
        let client = self.network.client(url, false)?;
        let outcome = async {
            let response = client
                .post(url.clone())
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.expose_secret().to_owned())
                .send()
                .await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, read_body(response, LIMIT).await?))
        };
        let (status, headers, body) = outcome.await.map_err(|error| self.network.lost(what, url, &error))?;
        let received = Timestamp::now();
        let body = body.unwrap_or_default();
        tracing::debug!(
            status = status.as_u16(),
            grant = kind.grant_type(),
            "token endpoint answered {status}"
        );
        if status.is_client_error()
            && status.as_u16() != 429
            && let Some(error) = refusal(kind, &body)
        {
            return Err(error.into());
        }
        classify(what, Expect::Json, status, &headers, &body)?;
        let answer = serde_json::from_slice(&body).ok();
        let answer = answer.filter(|answer: &TokenAnswer| !answer.access_token.expose_secret().is_empty());
        let answer = answer.ok_or_else(|| ApiError::BrokenAnswer {
            what: what.to_owned(),
            why: "no access token in it".to_owned(),
            transaction: None,
        })?;
        Ok(tokens(answer, received))
    }
}

impl Network {
    /// Ends a token on the instance; needs no sign-in (contract §7.2).
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn revoke(&self, url: &url::Url, token: &SecretString) -> Result<(), ApiError> {
        let what = "revoking a token";
        let body = format!("token={}", utf8_percent_encode(token.expose_secret(), NON_ALPHANUMERIC));
        let response = self
            .client(url, false)?
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .map_err(|error| self.lost(what, url, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response, LIMIT).await.map_err(|error| self.lost(what, url, &error))?;
        classify(what, Expect::Nothing, status, &headers, &body.unwrap_or_default())
    }
}

/// Whether asking again soon may help: nothing was refused, nor told to wait for.
const fn may_pass(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::Server(_)
            | ApiError::BrokenAnswer { .. }
            | ApiError::RateLimited { wait: None, .. }
            | ApiError::Transport { broken: Broken::Reset, .. }
    )
}

fn tokens(answer: TokenAnswer, received: Timestamp) -> Tokens {
    // Seconds, as a number or as text.
    let seconds = answer.expires_in.and_then(|value| match value {
        serde_json::Value::Number(number) => number.as_i64(),
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    });
    // One that is said to be over already serves until it is refused.
    let seconds = seconds.filter(|seconds| *seconds > 0);
    let expires_at =
        seconds.and_then(|seconds| received.checked_add(SignedDuration::from_secs(seconds)).ok());
    Tokens {
        access: answer.access_token,
        expires_at,
        refresh_since: answer.refresh_token.is_some().then_some(received),
        refresh: answer.refresh_token,
        scope: answer.scope.filter(|scope| !scope.is_empty()),
    }
}

/// What a refusal means; `None` where the body is not the endpoint's error object.
fn refusal(kind: GrantKind, body: &[u8]) -> Option<SignInError> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let code = value.get("error")?.as_str()?;
    let told = value.get("error_description").and_then(serde_json::Value::as_str).unwrap_or_default();
    let told = ServerMessage::of_body(told.as_bytes()).message;
    let said = if told.is_empty() { code.to_owned() } else { format!("{code}: {told}") };
    let told = told.to_lowercase();
    let (code, message, help) = if code == "invalid_client" {
        (
            "invalid-client",
            "the OAuth client was refused",
            "compare `client_id` and the client secret with the Application Registry; is the record active? \
             Then run `kb-publish auth login`",
        )
    } else if code == "invalid_scope" || told.contains("scope") {
        (
            "invalid-scope",
            "the scope was refused",
            "the OAuth client does not have this scope, or it is spelled differently: leave `scope` out, and \
             run `kb-publish auth login`",
        )
    } else if matches!(code, "unsupported_grant_type" | "unauthorized_client") {
        ("grant-disabled", "this grant is switched off for the OAuth client", disabled(kind))
    } else if code == "invalid_request" && told.contains("redirect")
        || told.contains("redirect_uri")
        || told.contains("redirect url")
    {
        (
            "redirect-mismatch",
            "the redirect URL was refused",
            "`redirect_url` must equal one in the Application Registry character by character: have it registered, or \
             set the registered one, and run `kb-publish auth login` again",
        )
    } else {
        by_grant(kind)
    };
    Some(SignInError { code, message: format!("{message} ({said})"), help: help.to_owned() })
}

/// What stands behind the refusal that is given for nearly everything (contract §7.2), likeliest first.
const fn by_grant(kind: GrantKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        GrantKind::Password => (
            "sign-in-refused",
            "the instance gives no token for this user and password",
            "likeliest first: wrong user name or password, or the user is locked out or must reset it; wrong client \
             id or secret, or an inactive application record; the password grant is switched off \
             (`glide.oauth.inbound.ropc.grant_type.disabled`). The cause stands in the instance's system log under \
             \"Exception on token flow\". Then run `kb-publish auth login`",
        ),
        GrantKind::AuthorizationCode => (
            "code-refused",
            "the instance gives no token for the authorization code",
            "the code was used before or is too old, `redirect_url` differs from the registered one, or the client \
             secret is wrong: run `kb-publish auth login` again",
        ),
        GrantKind::ClientCredentials => (
            "client-credentials-refused",
            "the instance gives no token for the OAuth client",
            "likeliest first: wrong client id or secret; the grant is switched off \
             (`glide.oauth.inbound.client.credential.grant_type.enabled`); \"OAuth Application User\" is empty on the \
             application record. Then run `kb-publish auth login`",
        ),
        GrantKind::JwtBearer => (
            "assertion-refused",
            "the instance gives no token for the signed assertion",
            "compare `jwt_key_id`, `jwt_subject` and `jwt_audience` with the JWT endpoint's record, and this \
             machine's clock with the time; is the certificate of the key registered? Then run `kb-publish auth login`",
        ),
        GrantKind::Refresh => (
            "refresh-refused",
            "the refresh token is expired or revoked",
            "sign in again: `kb-publish auth login`. If that fails too, the client secret may have changed",
        ),
    }
}

const fn disabled(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::Password => {
            "ask an administrator to allow it (`glide.oauth.inbound.ropc.grant_type.disabled`), or use \
             `grant = \"authorization-code\"`; then run `kb-publish auth login`"
        }
        GrantKind::ClientCredentials => {
            "ask an administrator to set `glide.oauth.inbound.client.credential.grant_type.enabled` to true, \
             then run `kb-publish auth login`"
        }
        GrantKind::AuthorizationCode | GrantKind::JwtBearer | GrantKind::Refresh => {
            "ask an administrator to allow it in the Application Registry, or choose another `grant`; then run \
             `kb-publish auth login`"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_as_far_as_they_can_be() {
        let code = |kind, body: &str| refusal(kind, body.as_bytes()).map(|error| error.code);
        let everything = r#"{"error_description":"access_denied","error":"server_error"}"#;
        assert_eq!(code(GrantKind::Password, everything), Some("sign-in-refused"));
        assert_eq!(code(GrantKind::Refresh, everything), Some("refresh-refused"));
        assert_eq!(code(GrantKind::ClientCredentials, everything), Some("client-credentials-refused"));
        assert_eq!(code(GrantKind::JwtBearer, everything), Some("assertion-refused"));
        assert_eq!(code(GrantKind::Refresh, r#"{"error":"invalid_client"}"#), Some("invalid-client"));
        assert_eq!(code(GrantKind::Password, r#"{"error":"invalid_scope"}"#), Some("invalid-scope"));
        assert_eq!(
            code(GrantKind::Password, r#"{"error":"unsupported_grant_type"}"#),
            Some("grant-disabled")
        );
        assert_eq!(code(GrantKind::AuthorizationCode, r#"{"error":"invalid_grant"}"#), Some("code-refused"));
        assert_eq!(
            code(
                GrantKind::AuthorizationCode,
                r#"{"error":"invalid_grant","error_description":"redirect_uri differs"}"#
            ),
            Some("redirect-mismatch")
        );
        assert_eq!(code(GrantKind::Password, r#"{"error":{"message":"User is not authenticated"}}"#), None);
        assert_eq!(code(GrantKind::Password, "<html>"), None);
    }

    #[test]
    fn expiry_counts_from_the_answer() {
        let received = Timestamp::from_second(1000).unwrap();
        let of = |expires: &str| {
            let text = format!(r#"{{"access_token":"a","expires_in":{expires}}}"#);
            tokens(serde_json::from_str(&text).unwrap(), received).expires_at.map(Timestamp::as_second)
        };
        assert_eq!(of("1799"), Some(2799));
        assert_eq!(of("\"1799\""), Some(2799));
        assert_eq!(of("null"), None);
        assert_eq!((of("-5"), of("0")), (None, None));
        assert_eq!(of("9223372036854775807"), None);
    }
}
