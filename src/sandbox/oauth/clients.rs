//! The application registry: rows of `oauth_entity`, and the keys that their JWTs are checked against.

use crate::sandbox::record::{Record, new_sys_id};
use crate::sandbox::sessions::same;
use crate::sandbox::store::{StoreError, View, Writer};

use crate::sandbox::profile::Profile;

/// The table of registered clients.
pub(crate) const TABLE: &str = "oauth_entity";

/// The table of keys for JWT bearer assertions.
pub(crate) const KEYS: &str = "oauth_jwt_key";

/// The scope that may do all its user may (contract §7.2).
pub(crate) const USER_ACCOUNT: &str = "useraccount";

/// Id and secret of the client that every sandbox has (design §10).
pub(crate) const SEEDED: &str = "kb-publish-sandbox";

/// Its `sys_id`: fixed, so that seeding again changes the same row.
const SEEDED_SYS_ID: &str = "0c1e17a00000000000000000006b6270";

/// The redirect addresses that it is registered with: the one `publish.toml` has by default (design §6), by
/// both names of this machine.
const SEEDED_REDIRECTS: &str = "http://localhost:8765/callback, http://127.0.0.1:8765/callback";

/// One registered application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "`client_id` is the name that OAuth gives it")]
pub(crate) struct Client {
    /// `sys_id` of its row.
    pub(crate) sys_id: String,
    /// Shown on the consent page.
    pub(crate) name: String,
    /// Its public name.
    pub(crate) client_id: String,
    /// Empty for a public client.
    secret: String,
    /// Where codes may be sent.
    pub(crate) redirect_urls: Vec<String>,
    /// What it may ask for.
    pub(crate) scopes: Vec<String>,
    /// `sys_id` of the OAuth application user: for whom client credentials speak. Empty: for nobody.
    pub(crate) application_user: String,
    access_seconds: Option<u64>,
    refresh_seconds: Option<u64>,
}

impl Client {
    fn read(row: &Record) -> Self {
        let list = |column: &str| {
            row.get(column)
                .split([',', ' '])
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let seconds = |column: &str| row.get(column).parse().ok();
        Self {
            sys_id: row.sys_id().to_owned(),
            name: row.get("name").to_owned(),
            client_id: row.get("client_id").to_owned(),
            secret: row.get("client_secret").to_owned(),
            redirect_urls: list("redirect_url"),
            scopes: list("scopes"),
            application_user: row.get("user").to_owned(),
            access_seconds: seconds("access_token_lifespan"),
            refresh_seconds: seconds("refresh_token_lifespan"),
        }
    }

    /// Whether it has no secret to show.
    pub(crate) fn is_public(&self) -> bool {
        self.secret.is_empty()
    }

    /// Whether this is its secret. A public client has none that fits.
    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        !self.is_public() && same(self.secret.as_bytes(), secret.as_bytes())
    }

    /// Life of its access tokens, in seconds.
    pub(crate) fn access_seconds(&self, rules: &Profile) -> u64 {
        self.access_seconds.unwrap_or(rules.access_token_seconds)
    }

    /// Life of its refresh tokens, in seconds.
    pub(crate) fn refresh_seconds(&self, rules: &Profile) -> u64 {
        self.refresh_seconds.unwrap_or(rules.refresh_token_seconds)
    }

    /// The scope that a request for `asked` gets; `None` where it asks for more than the client may have.
    pub(crate) fn grant_scope(&self, asked: &str) -> Option<String> {
        let mut asked: Vec<&str> = asked.split([' ', ',']).filter(|part| !part.is_empty()).collect();
        if asked.is_empty() {
            return Some(if self.scopes.is_empty() {
                USER_ACCOUNT.to_owned()
            } else {
                self.scopes.join(" ")
            });
        }
        asked.sort_unstable();
        asked.dedup();
        let may = |scope: &&str| {
            self.scopes.iter().any(|own| own == scope) || (self.scopes.is_empty() && *scope == USER_ACCOUNT)
        };
        asked.iter().all(may).then(|| asked.join(" "))
    }
}

/// The active client of this id.
pub(crate) fn find(view: &impl View, client_id: &str) -> Option<Client> {
    view.rows(TABLE)
        .find(|row| row.get("client_id") == client_id && row.get("active") != "false")
        .map(|row| Client::read(row))
}

/// A key for a client's assertions, as PEM (a public key) or, for the HMAC family, the shared text itself.
/// An empty `kid` asks for the client's only key.
pub(crate) fn jwt_key(view: &impl View, client: &Client, kid: &str) -> Option<String> {
    let mut keys = view
        .rows(KEYS)
        .filter(|row| row.get("client") == client.sys_id && (kid.is_empty() || row.get("kid") == kid));
    let key = keys.next()?;
    (!kid.is_empty() || keys.next().is_none()).then(|| view.text(KEYS, key, "key").into_owned())
}

/// Registers a key for a client's assertions, in place of one of the same `kid`.
///
/// # Errors
/// See [`StoreError`].
pub(crate) fn put_key(
    writer: &mut Writer<'_>,
    client: &Client,
    kid: &str,
    key: &str,
) -> Result<(), StoreError> {
    let known = writer
        .rows(KEYS)
        .find(|row| row.get("client") == client.sys_id && row.get("kid") == kid)
        .map_or_else(new_sys_id, |row| row.sys_id().to_owned());
    writer.put(
        KEYS,
        Record::of([("sys_id", &known), ("client", &client.sys_id), ("kid", kid), ("key", key)]),
    )?;
    Ok(())
}

/// Puts the sandbox's own client there, where it is missing. `application_user` is a user's `sys_id`.
///
/// # Errors
/// See [`StoreError`].
pub(crate) fn seed(writer: &mut Writer<'_>, application_user: &str) -> Result<(), StoreError> {
    if writer.get(TABLE, SEEDED_SYS_ID).is_some() {
        return Ok(());
    }
    writer.put(
        TABLE,
        Record::of([
            ("sys_id", SEEDED_SYS_ID),
            ("name", "kb-publish on this sandbox"),
            ("client_id", SEEDED),
            ("client_secret", SEEDED),
            ("redirect_url", SEEDED_REDIRECTS),
            ("user", application_user),
            ("active", "true"),
        ]),
    )?;
    Ok(())
}
