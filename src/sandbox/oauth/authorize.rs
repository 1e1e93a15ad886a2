//! `/oauth_auth.do`: signs a person in, asks whether the client may act for them, and sends the code back (contract §7.2).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use url::Url;

use crate::sandbox::account::Account;
use crate::sandbox::app::App;
use crate::sandbox::authenticate::account_by_name;
use crate::sandbox::pages::layout::{Page, notice};
use crate::sandbox::pages::markup::html;
use crate::sandbox::pages::sign_in;
use crate::sandbox::pages::visit::{Posted, Visit};

use super::clients::{self, Client};
use super::grants::Form;
use super::tokens::{self, CodeTerms, Holder, TokenError};
use crate::sandbox::profile::Profile;

/// A request for a code that is sound enough to be shown to a person.
#[derive(Debug)]
struct Wish {
    client: Client,
    redirect_uri: Url,
    /// As it was sent: it must equal the registered one character by character, and be repeated for the token.
    redirect_text: String,
    state: String,
    scope: String,
    challenge: String,
}

/// Why nobody is asked.
enum Refused {
    /// Told to the person here: client or redirect address are not to be trusted.
    Here(&'static str),
    /// The platform's own words, as plain text.
    NoState,
    /// Told to the client at its redirect address, with an error code of RFC 6749 §4.1.2.1.
    There(Box<Url>, String, &'static str),
}

impl Wish {
    fn read(app: &App, form: &Form, rules: &Profile) -> Result<Self, Refused> {
        let Some(client) = clients::find(&app.store.read(), form.get("client_id")) else {
            return Err(Refused::Here(
                "The application that sent you here is not registered on this instance.",
            ));
        };
        let redirect_text = match form.get("redirect_uri") {
            // One registered address need not be repeated (RFC 6749 §3.1.2.3).
            "" if client.redirect_urls.len() == 1 => client.redirect_urls[0].clone(),
            sent => sent.to_owned(),
        };
        let unregistered = Refused::Here(
            "The redirect URL is not one that this application is registered with. They must be equal character by character.",
        );
        if !client.redirect_urls.contains(&redirect_text) {
            return Err(unregistered);
        }
        let Ok(redirect_uri) = Url::parse(&redirect_text) else { return Err(unregistered) };
        let state = form.get("state").to_owned();
        if state.is_empty() && rules.oauth_state_required {
            return Err(Refused::NoState);
        }
        let there = |code| Err(Refused::There(Box::new(redirect_uri.clone()), state.clone(), code));
        if !rules.authorization_code_grant {
            return there("unauthorized_client");
        }
        if form.get("response_type") != "code" {
            return there("unsupported_response_type");
        }
        let challenge = form.get("code_challenge").to_owned();
        let method_known = form.get("code_challenge_method") == "S256";
        let proves_itself = if challenge.is_empty() { !client.is_public() } else { method_known };
        if !proves_itself {
            return there("invalid_request");
        }
        let Some(scope) = client.grant_scope(form.get("scope")) else { return there("invalid_scope") };
        Ok(Self { client, redirect_uri, redirect_text, state, scope, challenge })
    }
}

/// Shows the question, or answers at once where the profile says so.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    mut visit: Visit,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    let rules = app.profile();
    let Some(form) = Form::parse(query.unwrap_or_default().as_bytes()) else {
        return notice(&visit, StatusCode::BAD_REQUEST, "Invalid request", "A parameter came twice.");
    };
    let wish = match Wish::read(&app, &form, &rules) {
        Ok(wish) => wish,
        Err(refused) => return refuse(&visit, refused),
    };
    if !rules.oauth_auto_allow.is_empty() {
        return match account_by_name(&app, &rules.oauth_auto_allow) {
            Some(account) => allow(&app, &visit, &wish, &account),
            None => notice(
                &visit,
                StatusCode::BAD_REQUEST,
                "Invalid request",
                "The profile's auto_allow names no user.",
            ),
        };
    }
    let Some(account) = visit.account.clone() else { return sign_in::ask(&visit) };
    visit.begin(&app);
    question(&visit, &wish, &account)
}

/// Takes the person's answer.
pub(super) async fn answer(State(app): State<Arc<App>>, Posted { visit, form }: Posted) -> Response<Body> {
    let rules = app.profile();
    let wish = match Wish::read(&app, &form, &rules) {
        Ok(wish) => wish,
        Err(refused) => return refuse(&visit, refused),
    };
    let Some(account) = visit.account.clone() else { return sign_in::ask(&visit) };
    if form.get("decision") == "allow" {
        allow(&app, &visit, &wish, &account)
    } else {
        back(&wish.redirect_uri, &wish.state, "error", "access_denied")
    }
}

fn refuse(visit: &Visit, refused: Refused) -> Response<Body> {
    match refused {
        Refused::Here(why) => notice(visit, StatusCode::BAD_REQUEST, "Invalid request", why),
        Refused::There(to, state, code) => back(&to, &state, "error", code),
        Refused::NoState => {
            let mut response = Response::new(Body::from("Missing State parameter in request"));
            *response.status_mut() = StatusCode::BAD_REQUEST;
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
            response
        }
    }
}

fn allow(app: &App, visit: &Visit, wish: &Wish, account: &Account) -> Response<Body> {
    let terms = CodeTerms {
        holder: Holder {
            client_id: wish.client.client_id.clone(),
            user: account.sys_id.clone(),
            scope: wish.scope.clone(),
        },
        redirect_uri: wish.redirect_text.clone(),
        challenge: wish.challenge.clone(),
    };
    let written = app.store.write().map_err(TokenError::from).and_then(|mut writer| {
        let code = tokens::code(&mut writer, &terms, app.now().as_millisecond())?;
        writer.commit()?;
        Ok(code)
    });
    match written {
        Ok(code) => back(&wish.redirect_uri, &wish.state, "code", &code),
        Err(error) => {
            tracing::error!(%error, "no code could be written");
            let text = "The sandbox's data could not be written.";
            notice(visit, StatusCode::INTERNAL_SERVER_ERROR, "That did not work", text)
        }
    }
}

/// Sends the browser back to the client.
fn back(to: &Url, state: &str, name: &str, value: &str) -> Response<Body> {
    let mut to = to.clone();
    to.query_pairs_mut().append_pair(name, value);
    if !state.is_empty() {
        to.query_pairs_mut().append_pair("state", state);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    let headers = response.headers_mut();
    if let Ok(to) = HeaderValue::from_str(to.as_str()) {
        headers.insert(header::LOCATION, to);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn question(visit: &Visit, wish: &Wish, account: &Account) -> Response<Body> {
    let hidden: crate::sandbox::pages::markup::Html = [
        ("token", visit.form_token().as_str()),
        ("response_type", "code"),
        ("client_id", &wish.client.client_id),
        ("redirect_uri", &wish.redirect_text),
        ("state", &wish.state),
        ("scope", &wish.scope),
        ("code_challenge", &wish.challenge),
        ("code_challenge_method", if wish.challenge.is_empty() { "" } else { "S256" }),
    ]
    .into_iter()
    .map(|(name, value)| html!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", name, value))
    .collect();
    let scope = if wish.scope == clients::USER_ACCOUNT {
        html!("do on this instance all that you may do")
    } else {
        html!("use the scope <code>{}</code> in your name", wish.scope)
    };
    let content = html!(
        "<div class=\"narrow\"><div class=\"card\"><h1>Allow {}?</h1>\
         <p>This application asks to {}. You are signed in as <strong>{}</strong> ({}).</p>\
         <p class=\"muted\">The answer goes to <span class=\"mono\">{}</span></p>\
         <form method=\"post\" action=\"/oauth_auth.do\">{}<p class=\"actions\">\
         <button name=\"decision\" value=\"allow\">Allow</button>\
         <button class=\"plain\" name=\"decision\" value=\"deny\">Deny</button></p></form></div></div>",
        wish.client.name,
        scope,
        account.name,
        account.user_name,
        wish.redirect_text,
        hidden,
    );
    let target = form_target(&wish.redirect_uri);
    Page { form_target: &target, ..Page::new("Allow access?", content) }.respond(visit, StatusCode::OK)
}

/// What the policy must name, as browsers hold a form's redirects to `form-action` too. An address in brackets
/// cannot be named there: its scheme is.
fn form_target(redirect_uri: &Url) -> String {
    match redirect_uri.host() {
        Some(url::Host::Domain(_) | url::Host::Ipv4(_)) => redirect_uri.origin().ascii_serialization(),
        _ => format!("{}:", redirect_uri.scheme()),
    }
}
