//! The grants of `/oauth_token.do`: who asks, with what, and the tokens that come of it (contract §7.2).
//!
//! Knows forms and rows, no HTTP: the answer's looks are [`super::http`]'s.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::sandbox::record::Record;
use crate::sandbox::sessions::same;
use crate::sandbox::store::{StoreError, View as _, Writer};

use super::clients::{self, Client};
use super::jwt;
use super::tokens::{self, Holder, Kind, Live, TokenError};
use crate::sandbox::profile::Profile;

/// The grant type of RFC 7523.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What a token request carries. A name that came twice is not here: see [`Form::parse`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads `a=b&c=d`. `None` where a name comes twice (RFC 6749 §3.2).
    pub(crate) fn parse(encoded: &[u8]) -> Option<Self> {
        let mut form = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if form.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self(form))
    }

    /// A value; empty where it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Adds what another form has and this one has not.
    pub(crate) fn fill_from(&mut self, other: Self) {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
    }
}

/// The error codes of RFC 6749 §5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// A parameter is missing or came twice.
    InvalidRequest,
    /// Unknown client, wrong secret.
    InvalidClient,
    /// Wrong password, code, refresh token or assertion.
    InvalidGrant,
    /// More than the client may have.
    InvalidScope,
    /// Not this grant for this client.
    UnauthorizedClient,
    /// No such grant here, or switched off.
    UnsupportedGrantType,
}

impl Code {
    /// As it stands in the answer.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// The request was at fault. The text is for the log and the `rfc` style; never a secret.
    #[error("{1}")]
    Refused(Code, &'static str),
    /// The sandbox was at fault.
    #[error(transparent)]
    Broken(#[from] TokenError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Broken(TokenError::Store(error))
    }
}

/// A successful answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    /// The access token.
    pub(crate) access: Live,
    /// The refresh token, where the grant gives one.
    pub(crate) refresh: Option<String>,
}

/// What one token request is judged by.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// Its parameters.
    pub(crate) form: &'a Form,
    /// A JWT that came in a header instead of as `assertion`.
    pub(crate) assertion_header: &'a str,
    /// The switches.
    pub(crate) rules: &'a Profile,
    /// The instance's own address, an audience that assertions may name.
    pub(crate) instance: &'a str,
    /// Now, in milliseconds since 1970.
    pub(crate) now: i64,
}

/// Answers a token request.
///
/// # Errors
/// See [`Denied`].
pub(crate) fn grant(writer: &mut Writer<'_>, request: &Request<'_>) -> Result<Granted, Denied> {
    let (form, rules) = (request.form, request.rules);
    let grant_type = form.get("grant_type");
    let on = match grant_type {
        "" => return Err(Denied::Refused(Code::InvalidRequest, "grant_type is missing")),
        "password" => rules.password_grant,
        "client_credentials" => rules.client_credentials_grant,
        "authorization_code" => rules.authorization_code_grant,
        "refresh_token" => true,
        JWT_BEARER => rules.jwt_bearer_grant,
        _ => false,
    };
    if !on {
        return Err(Denied::Refused(Code::UnsupportedGrantType, "this grant is not enabled"));
    }
    let client = client(writer, form, grant_type)?;
    match grant_type {
        "password" => password(writer, request, &client),
        "client_credentials" => client_credentials(writer, request, &client),
        "authorization_code" => authorization_code(writer, request, &client),
        "refresh_token" => refresh(writer, request, &client),
        _ => assertion(writer, request, &client),
    }
}

/// The client, once it has shown its secret. A public one, and one that brings a `code_verifier`, may go
/// without for a code: the verifier is what proves it.
fn client(writer: &Writer<'_>, form: &Form, grant_type: &str) -> Result<Client, Denied> {
    let wrong = || Denied::Refused(Code::InvalidClient, "client_id or client_secret is wrong");
    let client = clients::find(writer, form.get("client_id")).ok_or_else(wrong)?;
    let secret = form.get("client_secret");
    if client.has_secret(secret) {
        return Ok(client);
    }
    let by_verifier = grant_type == "authorization_code" && !form.get("code_verifier").is_empty();
    if secret.is_empty() && by_verifier { Ok(client) } else { Err(wrong()) }
}

fn scope(client: &Client, form: &Form) -> Result<String, Denied> {
    client
        .grant_scope(form.get("scope"))
        .ok_or(Denied::Refused(Code::InvalidScope, "the client may not have this scope"))
}

/// Whether a user may get tokens at all, and through a sign-in page or a password at that.
fn may_sign_in(user: &Record) -> bool {
    user.flag("active") && !user.flag("locked_out") && !user.flag("password_needs_reset")
}

fn password(writer: &mut Writer<'_>, request: &Request<'_>, client: &Client) -> Result<Granted, Denied> {
    let form = request.form;
    let user = writer
        .rows("sys_user")
        .find(|row| row.get("user_name").eq_ignore_ascii_case(form.get("username")))
        .filter(|row| {
            crate::sandbox::account::password_hash(row.sys_id(), form.get("password"))
                == row.get("user_password")
        })
        .filter(|row| may_sign_in(row) && !form.get("password").is_empty())
        .ok_or(Denied::Refused(
            Code::InvalidGrant,
            "user name or password is wrong, or the user is locked",
        ))?;
    let holder = Holder {
        client_id: client.client_id.clone(),
        user: user.sys_id().to_owned(),
        scope: scope(client, form)?,
    };
    signed_in(writer, request, client, &holder)
}

/// Both tokens for a user who has just signed in: the refresh token's life begins anew.
fn signed_in(
    writer: &mut Writer<'_>,
    request: &Request<'_>,
    client: &Client,
    holder: &Holder,
) -> Result<Granted, Denied> {
    let refresh = if client.is_public() {
        None // refresh is for clients with a secret (contract §7.2)
    } else {
        let seconds = client.refresh_seconds(request.rules);
        Some(tokens::refresh_after_sign_in(writer, holder, seconds, request.now)?.token)
    };
    Ok(Granted { access: access(writer, request, client, holder)?, refresh })
}

fn access(
    writer: &mut Writer<'_>,
    request: &Request<'_>,
    client: &Client,
    holder: &Holder,
) -> Result<Live, Denied> {
    let seconds = client.access_seconds(request.rules);
    Ok(tokens::access(writer, holder, seconds, request.rules.token_again, request.now)?)
}

fn client_credentials(
    writer: &mut Writer<'_>,
    request: &Request<'_>,
    client: &Client,
) -> Result<Granted, Denied> {
    let user = writer
        .get("sys_user", &client.application_user)
        .filter(|user| user.flag("active"))
        .map(|user| user.sys_id().to_owned())
        .ok_or(Denied::Refused(Code::UnauthorizedClient, "the client has no OAuth application user"))?;
    let holder = Holder { client_id: client.client_id.clone(), user, scope: scope(client, request.form)? };
    Ok(Granted { access: access(writer, request, client, &holder)?, refresh: None })
}

fn authorization_code(
    writer: &mut Writer<'_>,
    request: &Request<'_>,
    client: &Client,
) -> Result<Granted, Denied> {
    let form = request.form;
    let wrong = |why| Err(Denied::Refused(Code::InvalidGrant, why));
    let Some(terms) = tokens::take_code(writer, form.get("code"), request.now)? else {
        return wrong("the code is unknown, expired or used");
    };
    if terms.holder.client_id != client.client_id {
        return wrong("the code was given to another client");
    }
    if terms.redirect_uri != form.get("redirect_uri") {
        return wrong("redirect_uri is not the one that the code was sent to");
    }
    let verifier = form.get("code_verifier");
    let proven = if terms.challenge.is_empty() {
        verifier.is_empty()
    } else {
        verifier_fits(&terms.challenge, verifier)
    };
    if !proven {
        return wrong("code_verifier does not fit the code_challenge");
    }
    signed_in(writer, request, client, &terms.holder)
}

fn refresh(writer: &mut Writer<'_>, request: &Request<'_>, client: &Client) -> Result<Granted, Denied> {
    let known = tokens::find(writer, Kind::Refresh, request.form.get("refresh_token"), request.now)
        .filter(|live| live.holder.client_id == client.client_id)
        .filter(|live| {
            writer
                .get("sys_user", &live.holder.user)
                .is_some_and(|user| user.flag("active") && !user.flag("locked_out"))
        })
        .ok_or(Denied::Refused(Code::InvalidGrant, "the refresh token is unknown, expired or revoked"))?;
    let token = if request.rules.rotate_refresh_tokens {
        tokens::rotate(writer, &known, client.refresh_seconds(request.rules), request.now)?.token
    } else {
        known.token.clone()
    };
    Ok(Granted { access: access(writer, request, client, &known.holder)?, refresh: Some(token) })
}

fn assertion(writer: &mut Writer<'_>, request: &Request<'_>, client: &Client) -> Result<Granted, Denied> {
    let sent = match request.form.get("assertion") {
        "" => request.assertion_header,
        sent => sent,
    };
    let audiences = [client.client_id.as_str(), request.instance];
    let subject =
        jwt::subject(sent, &client.client_id, &audiences, |kid| clients::jwt_key(writer, client, kid))
            .map_err(|why| Denied::Refused(Code::InvalidGrant, why))?;
    let user = writer
        .rows("sys_user")
        .find(|row| [row.get("user_name"), row.get("email"), row.sys_id()].contains(&subject.as_str()))
        .filter(|user| user.flag("active") && !user.flag("locked_out"))
        .map(|user| user.sys_id().to_owned())
        .ok_or(Denied::Refused(Code::InvalidGrant, "the assertion's subject is no active user"))?;
    let holder = Holder { client_id: client.client_id.clone(), user, scope: scope(client, request.form)? };
    Ok(Granted { access: access(writer, request, client, &holder)?, refresh: None })
}

/// Whether a verifier (43–128 unreserved letters) is what an S256 challenge was made from (RFC 7636 §4.6).
pub(crate) fn verifier_fits(challenge: &str, verifier: &str) -> bool {
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    well_formed && same(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)).as_bytes(), challenge.as_bytes())
}
