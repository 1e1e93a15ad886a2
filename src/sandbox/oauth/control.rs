//! `/sandbox/oauth`: what an administrator would do in the application registry, and tests must do while a run is on.
//!
//! | call | does |
//! | --- | --- |
//! | `GET /sandbox/oauth` | lists the clients and counts the tokens that are good now |
//! | `POST /sandbox/oauth/revoke` | ends tokens: `{"access": true, "refresh": false, "client_id": "…"}`, each with this default, all clients |
//! | `PUT /sandbox/oauth/clients/ID` | registers or changes a client: `name`, `client_secret`, `redirect_urls`, `scopes`, `user`, `access_seconds`, `refresh_seconds`, `active` |
//! | `PUT /sandbox/oauth/clients/ID/keys/KID` | registers a key for its JWT assertions: `{"key": "PEM, or the shared text"}` |

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::sandbox::app::App;
use crate::sandbox::record::{Record, new_sys_id};
use crate::sandbox::store::{StoreError, View as _};

use super::clients;
use super::tokens::{self, Kind};

fn refused(status: StatusCode, why: &str) -> Response<Body> {
    (status, Json(json!({ "error": { "message": why, "detail": null }, "status": "failure" })))
        .into_response()
}

fn answered(done: Result<serde_json::Value, StoreError>) -> Response<Body> {
    match done {
        Ok(result) => Json(json!({ "result": result })).into_response(),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Clients, and how many tokens are good now. Never a token or a secret.
pub(super) async fn overview(State(app): State<Arc<App>>) -> Response<Body> {
    let now = app.now().as_millisecond();
    let reader = app.store.read();
    let clients: Vec<_> = reader
        .rows(clients::TABLE)
        .map(|row| {
            json!({ "client_id": row.get("client_id"), "name": row.get("name"), "redirect_url": row.get("redirect_url") })
        })
        .collect();
    let live = |kind| tokens::count(&reader, kind, now);
    answered(Ok(json!({
        "clients": clients,
        "live": { "access": live(Kind::Access), "refresh": live(Kind::Refresh) },
    })))
}

/// Which tokens to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    /// Access tokens. Default yes.
    #[serde(default = "yes")]
    access: bool,
    /// Refresh tokens. Default no.
    #[serde(default)]
    refresh: bool,
    /// Of this client only.
    #[serde(default)]
    client_id: Option<String>,
}

const fn yes() -> bool {
    true
}

/// Ends tokens while others use them.
pub(super) async fn revoke(State(app): State<Arc<App>>, Json(which): Json<Revoke>) -> Response<Body> {
    let now = app.now().as_millisecond();
    let client = which.client_id.as_deref();
    answered(app.store.write().and_then(|mut writer| {
        let access =
            if which.access { tokens::revoke_all(&mut writer, Kind::Access, client, now)? } else { 0 };
        let refresh =
            if which.refresh { tokens::revoke_all(&mut writer, Kind::Refresh, client, now)? } else { 0 };
        writer.commit()?;
        Ok(json!({ "access": access, "refresh": refresh }))
    }))
}

/// A client as it shall be. What is not named stays, or is empty in a new one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientChange {
    name: Option<String>,
    /// Empty makes it a public client.
    client_secret: Option<String>,
    redirect_urls: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    /// User name of the OAuth application user; empty takes it away.
    user: Option<String>,
    access_seconds: Option<u64>,
    refresh_seconds: Option<u64>,
    active: Option<bool>,
}

impl ClientChange {
    fn apply(self, row: &mut Record, user_sys_id: Option<String>) {
        let number = |seconds: Option<u64>| seconds.map(|seconds| seconds.to_string());
        for (column, value) in [
            ("name", self.name),
            ("client_secret", self.client_secret),
            ("redirect_url", self.redirect_urls.map(|urls| urls.join(", "))),
            ("scopes", self.scopes.map(|scopes| scopes.join(","))),
            ("user", user_sys_id),
            ("access_token_lifespan", number(self.access_seconds)),
            ("refresh_token_lifespan", number(self.refresh_seconds)),
            ("active", self.active.map(|active| active.to_string())),
        ] {
            if let Some(value) = value {
                row.set(column, &value);
            }
        }
    }
}

/// Registers a client, or changes one.
pub(super) async fn client(
    State(app): State<Arc<App>>,
    Path(client_id): Path<String>,
    Json(change): Json<ClientChange>,
) -> Response<Body> {
    let user = match change.user.as_deref() {
        None => None,
        Some("") => Some(String::new()),
        Some(name) => {
            let reader = app.store.read();
            let found = reader.rows("sys_user").find(|row| row.get("user_name") == name);
            match found {
                Some(row) => Some(row.sys_id().to_owned()),
                None => return refused(StatusCode::BAD_REQUEST, "no such user"),
            }
        }
    };
    answered(app.store.write().and_then(|mut writer| {
        let known = writer.rows(clients::TABLE).find(|row| row.get("client_id") == client_id).cloned();
        let mut row = known.map_or_else(
            || Record::of([("sys_id", &new_sys_id()), ("client_id", &client_id), ("active", "true")]),
            |row| Record::clone(&row),
        );
        change.apply(&mut row, user);
        writer.put(clients::TABLE, row)?;
        writer.commit()?;
        Ok(json!({ "client_id": client_id }))
    }))
}

/// A key for a client's JWT assertions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// A public key as PEM, or the shared text of the HMAC family.
    key: String,
}

/// Registers a key, or replaces one.
pub(super) async fn key(
    State(app): State<Arc<App>>,
    Path((client_id, kid)): Path<(String, String)>,
    Json(key): Json<Key>,
) -> Response<Body> {
    let Some(client) = clients::find(&app.store.read(), &client_id) else {
        return refused(StatusCode::NOT_FOUND, "no such client");
    };
    answered(app.store.write().and_then(|mut writer| {
        clients::put_key(&mut writer, &client, &kid, &key.key)?;
        writer.commit()?;
        Ok(json!({ "client_id": client_id, "kid": kid }))
    }))
}
