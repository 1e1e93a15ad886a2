//! Access tokens, refresh tokens and authorization codes: rows of `oauth_credential`.
//!
//! A row's `sys_id` is made from the token, so that a token is found like any row. Knows no HTTP and no grant.

use sha2::{Digest as _, Sha256};

use crate::sandbox::record::Record;
use crate::sandbox::sessions::random_token;
use crate::sandbox::store::{StoreError, View, Writer};

use crate::sandbox::profile::TokenAgain;

/// The table of tokens and codes.
pub(crate) const TABLE: &str = "oauth_credential";

/// Bytes behind a token of 86 letters (contract §7.2).
const TOKEN_BYTES: usize = 64;

/// How long an authorization code is good for, in milliseconds.
const CODE_MILLIS: i64 = 60_000;

/// How long a row outlives its token, in milliseconds: long enough to tell "expired" from "never was".
const KEEP_MILLIS: i64 = 3_600_000;

/// What a row of the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Opens the APIs.
    Access,
    /// Gets an access token.
    Refresh,
    /// Gets both, once.
    Code,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Access => "access_token",
            Self::Refresh => "refresh_token",
            Self::Code => "authorization_code",
        }
    }
}

/// For whom a token speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The client's `client_id`.
    pub(crate) client_id: String,
    /// The user's `sys_id`.
    pub(crate) user: String,
    /// What it may do, space-separated.
    pub(crate) scope: String,
}

/// A token that is good now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    /// What the client sends.
    pub(crate) token: String,
    /// For whom it speaks.
    pub(crate) holder: Holder,
    /// When it ends, in milliseconds since 1970.
    pub(crate) expires: i64,
}

impl Live {
    /// What remains of its life, in whole seconds.
    pub(crate) fn remaining_seconds(&self, now: i64) -> i64 {
        (self.expires - now) / 1000
    }
}

/// What an authorization code was given for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeTerms {
    /// For whom it speaks.
    pub(crate) holder: Holder,
    /// Where it was sent, character by character.
    pub(crate) redirect_uri: String,
    /// The S256 challenge that came with the request; empty where none did.
    pub(crate) challenge: String,
}

/// Why no token came of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The data could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no randomness to give.
    #[error("no randomness")]
    Random(#[from] getrandom::Error),
}

fn life_millis(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)
}

fn row_id(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().take(16).fold(String::with_capacity(32), |mut id, byte| {
        for nibble in [byte >> 4, byte & 15] {
            id.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
        id
    })
}

fn expires(row: &Record) -> i64 {
    row.get("expires_ms").parse().unwrap_or(0)
}

fn is_live(row: &Record, kind: Kind, now: i64) -> bool {
    row.get("type") == kind.name() && !row.flag("revoked") && expires(row) > now
}

fn holder(row: &Record) -> Holder {
    Holder {
        client_id: row.get("client_id").to_owned(),
        user: row.get("user").to_owned(),
        scope: row.get("scope").to_owned(),
    }
}

fn live(row: &Record) -> Live {
    Live { token: row.get("token").to_owned(), holder: holder(row), expires: expires(row) }
}

/// A token that is known, of this kind, not revoked and not expired at `now` (milliseconds since 1970).
pub(crate) fn find(view: &impl View, kind: Kind, token: &str, now: i64) -> Option<Live> {
    let row = view.get(TABLE, &row_id(token))?;
    (row.get("token") == token && is_live(row, kind, now)).then(|| live(row))
}

/// The holder's token of this kind that lives longest, if it has a whole second left.
fn current(view: &impl View, kind: Kind, holder_wanted: &Holder, now: i64) -> Option<Live> {
    view.rows(TABLE)
        .filter(|row| is_live(row, kind, now + 999) && holder(row) == *holder_wanted)
        .max_by_key(|row| expires(row))
        .map(|row| live(row))
}

fn put(
    writer: &mut Writer<'_>,
    kind: Kind,
    holder: &Holder,
    life_ms: i64,
    now: i64,
) -> Result<Live, TokenError> {
    let token = random_token(TOKEN_BYTES)?;
    let live = Live { token, holder: holder.clone(), expires: now.saturating_add(life_ms) };
    writer.put(TABLE, row_of(kind, &live))?;
    Ok(live)
}

fn row_of(kind: Kind, live: &Live) -> Record {
    Record::of([
        ("sys_id", &row_id(&live.token)),
        ("type", kind.name()),
        ("token", &live.token),
        ("client_id", &live.holder.client_id),
        ("user", &live.holder.user),
        ("scope", &live.holder.scope),
        ("expires_ms", &live.expires.to_string()),
    ])
}

/// An access token for the holder, by the rule for asking again.
///
/// # Errors
/// See [`TokenError`].
pub(crate) fn access(
    writer: &mut Writer<'_>,
    holder: &Holder,
    seconds: u64,
    again: TokenAgain,
    now: i64,
) -> Result<Live, TokenError> {
    prune(writer, now)?;
    let life_ms = life_millis(seconds);
    let found = match again {
        TokenAgain::New => None,
        TokenAgain::Same | TokenAgain::Renewed => current(writer, Kind::Access, holder, now),
    };
    match found {
        None => put(writer, Kind::Access, holder, life_ms, now),
        Some(live) if again == TokenAgain::Same => Ok(live),
        Some(live) => {
            let live = Live { expires: now.saturating_add(life_ms), ..live };
            writer.put(TABLE, row_of(Kind::Access, &live))?;
            Ok(live)
        }
    }
}

/// The holder's refresh token after a sign-in: the one there is, its life begun anew, or a first one.
///
/// # Errors
/// See [`TokenError`].
pub(crate) fn refresh_after_sign_in(
    writer: &mut Writer<'_>,
    holder: &Holder,
    seconds: u64,
    now: i64,
) -> Result<Live, TokenError> {
    let life_ms = life_millis(seconds);
    match current(writer, Kind::Refresh, holder, now) {
        None => put(writer, Kind::Refresh, holder, life_ms, now),
        Some(live) => {
            let live = Live { expires: now.saturating_add(life_ms), ..live };
            writer.put(TABLE, row_of(Kind::Refresh, &live))?;
            Ok(live)
        }
    }
}

/// Ends a refresh token and gives another in its place.
///
/// # Errors
/// See [`TokenError`].
pub(crate) fn rotate(
    writer: &mut Writer<'_>,
    old: &Live,
    seconds: u64,
    now: i64,
) -> Result<Live, TokenError> {
    revoke(writer, &old.token)?;
    put(writer, Kind::Refresh, &old.holder, life_millis(seconds), now)
}

/// A code for these terms.
///
/// # Errors
/// See [`TokenError`].
pub(crate) fn code(writer: &mut Writer<'_>, terms: &CodeTerms, now: i64) -> Result<String, TokenError> {
    prune(writer, now)?;
    let token = random_token(TOKEN_BYTES)?;
    let live = Live { token, holder: terms.holder.clone(), expires: now + CODE_MILLIS };
    let row = row_of(Kind::Code, &live)
        .with("redirect_uri", &terms.redirect_uri)
        .with("code_challenge", &terms.challenge);
    writer.put(TABLE, row)?;
    Ok(live.token)
}

/// Takes a code: it is worth nothing from now on, whatever comes of it.
///
/// # Errors
/// See [`StoreError`].
pub(crate) fn take_code(
    writer: &mut Writer<'_>,
    token: &str,
    now: i64,
) -> Result<Option<CodeTerms>, StoreError> {
    let Some(row) = writer.get(TABLE, &row_id(token)).filter(|row| is_live(row, Kind::Code, now)).cloned()
    else {
        return Ok(None);
    };
    revoke(writer, token)?;
    Ok(Some(CodeTerms {
        holder: holder(&row),
        redirect_uri: row.get("redirect_uri").to_owned(),
        challenge: row.get("code_challenge").to_owned(),
    }))
}

/// Ends a token of any kind; `false` where nobody has it.
///
/// # Errors
/// See [`StoreError`].
pub(crate) fn revoke(writer: &mut Writer<'_>, token: &str) -> Result<bool, StoreError> {
    let Some(row) = writer.get(TABLE, &row_id(token)).map(|row| Record::clone(row)) else { return Ok(false) };
    writer.put(TABLE, row.with("revoked", "true"))?;
    Ok(true)
}

/// Ends all tokens of a kind, of one client or of all; how many there were.
///
/// # Errors
/// See [`StoreError`].
pub(crate) fn revoke_all(
    writer: &mut Writer<'_>,
    kind: Kind,
    client_id: Option<&str>,
    now: i64,
) -> Result<usize, StoreError> {
    let rows: Vec<Record> = writer
        .rows(TABLE)
        .filter(|row| {
            is_live(row, kind, now) && client_id.is_none_or(|client| row.get("client_id") == client)
        })
        .map(|row| Record::clone(row))
        .collect();
    let count = rows.len();
    for row in rows {
        writer.put(TABLE, row.with("revoked", "true"))?;
    }
    Ok(count)
}

/// How many tokens of a kind are good at `now`.
pub(crate) fn count(view: &impl View, kind: Kind, now: i64) -> usize {
    view.rows(TABLE).filter(|row| is_live(row, kind, now)).count()
}

/// Drops the rows of tokens that ended long ago.
fn prune(writer: &mut Writer<'_>, now: i64) -> Result<(), StoreError> {
    let old: Vec<String> = writer
        .rows(TABLE)
        .filter(|row| expires(row) + KEEP_MILLIS < now)
        .map(|row| row.sys_id().to_owned())
        .collect();
    for sys_id in old {
        writer.delete(TABLE, &sys_id)?;
    }
    Ok(())
}
