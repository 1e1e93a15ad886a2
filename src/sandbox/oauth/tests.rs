//! The OAuth provider through the router.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{account_of_key, account_of_token};
use crate::sandbox::pages::tests::{Answer, Site};
use crate::sandbox::profile::{OauthErrors, Profile, TokenAgain};
use crate::sandbox::store::View as _;

const CLIENT: [(&str, &str); 2] =
    [("client_id", "kb-publish-sandbox"), ("client_secret", "kb-publish-sandbox")];
const CALLBACK: &str = "http://localhost:8765/callback";
const VERIFIER: &str = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDE";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

async fn ask(site: &mut Site, fields: &[(&str, &str)]) -> (StatusCode, Value) {
    let answer = site.post("/oauth_token.do", fields).await;
    let body = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}", answer.body));
    (answer.status, body)
}

async fn granted(site: &mut Site, fields: &[(&str, &str)]) -> Value {
    let fields: Vec<_> = CLIENT.iter().chain(fields).copied().collect();
    let (status, body) = ask(site, &fields).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

fn text<'v>(body: &'v Value, name: &str) -> &'v str {
    body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}"))
}

const PASSWORD: [(&str, &str); 3] =
    [("grant_type", "password"), ("username", "kb.publisher"), ("password", "kb.publisher")];

#[tokio::test]
async fn the_password_grant_gives_opaque_tokens_that_open_the_api() {
    let mut site = Site::new(Profile::default());
    let body = granted(&mut site, &PASSWORD).await;
    assert_eq!((text(&body, "scope"), text(&body, "token_type")), ("useraccount", "Bearer"));
    assert_eq!((text(&body, "access_token").len(), text(&body, "refresh_token").len()), (86, 86));
    assert!((1798..=1800).contains(&body["expires_in"].as_i64().unwrap()));
    let account = account_of_token(&site.app, text(&body, "access_token")).unwrap();
    assert_eq!(account.user_name, "kb.publisher");
    assert!(account_of_token(&site.app, text(&body, "refresh_token")).is_err());
    assert!(account_of_token(&site.app, "made-up").is_err());
}

#[tokio::test]
async fn asking_again_gets_what_the_switch_says() {
    for (again, same) in [(TokenAgain::Same, true), (TokenAgain::Renewed, true), (TokenAgain::New, false)] {
        let mut site = Site::new(Profile { token_again: again, ..Profile::default() });
        let first = granted(&mut site, &PASSWORD).await;
        let second = granted(&mut site, &PASSWORD).await;
        assert_eq!(first["access_token"] == second["access_token"], same, "{again:?}");
        assert_eq!(first["refresh_token"], second["refresh_token"]);
    }
}

#[tokio::test]
async fn a_refresh_keeps_its_token_or_rotates_it() {
    for rotate in [false, true] {
        let mut site = Site::new(Profile { rotate_refresh_tokens: rotate, ..Profile::default() });
        let first = granted(&mut site, &PASSWORD).await;
        let refresh = text(&first, "refresh_token").to_owned();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let second = granted(&mut site, &fields).await;
        assert_eq!(text(&second, "refresh_token") == refresh, !rotate);
        let fields: Vec<_> = CLIENT.into_iter().chain(fields).collect();
        let again = ask(&mut site, &fields).await.0;
        assert_eq!(again, if rotate { StatusCode::UNAUTHORIZED } else { StatusCode::OK });
    }
}

#[tokio::test]
async fn a_token_ends_by_time_or_by_word() {
    let mut site = Site::new(Profile { access_token_seconds: 0, ..Profile::default() });
    let body = granted(&mut site, &PASSWORD).await;
    assert!(account_of_token(&site.app, text(&body, "access_token")).is_err());

    let mut site = Site::new(Profile::default());
    let body = granted(&mut site, &PASSWORD).await;
    let (access, refresh) = (text(&body, "access_token").to_owned(), text(&body, "refresh_token").to_owned());
    assert_eq!(site.get(&format!("/oauth_revoke_token.do?token={access}")).await.status, StatusCode::OK);
    assert!(account_of_token(&site.app, &access).is_err());
    let again = granted(&mut site, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_ne!(text(&again, "access_token"), access);
    assert_eq!(site.post("/oauth_revoke_token.do", &[("token", &refresh)]).await.status, StatusCode::OK);
    let fields: Vec<_> = CLIENT
        .into_iter()
        .chain([("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())])
        .collect();
    assert_eq!(ask(&mut site, &fields).await.0, StatusCode::UNAUTHORIZED);
}

/// The code that the `rfc` style gives, its status, and what was sent.
type Case = (&'static str, StatusCode, Vec<(&'static str, &'static str)>);

#[tokio::test]
async fn tokens_outlast_a_restart() {
    use crate::sandbox::store::DataLocation;
    let folder = tempfile::tempdir().unwrap();
    let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("data.sqlite")).unwrap();
    let mut site = Site::over(&DataLocation::File(path.clone()), Profile::default());
    let body = granted(&mut site, &PASSWORD).await;
    drop(site);
    let mut site = Site::over(&DataLocation::File(path), Profile::default());
    assert!(account_of_token(&site.app, text(&body, "access_token")).is_ok());
    let again = granted(&mut site, &PASSWORD).await;
    assert_eq!(again["access_token"], body["access_token"]);
}

#[tokio::test]
async fn every_no_looks_alike_or_is_told_apart_and_the_log_knows() {
    let cases: [Case; 6] = [
        (
            "invalid_client",
            StatusCode::UNAUTHORIZED,
            vec![("client_id", "kb-publish-sandbox"), ("client_secret", "x")],
        ),
        ("invalid_client", StatusCode::UNAUTHORIZED, vec![("client_id", "nobody"), ("client_secret", "")]),
        (
            "invalid_grant",
            StatusCode::BAD_REQUEST,
            [CLIENT.as_slice(), &[("username", "admin"), ("password", "x")]].concat(),
        ),
        (
            "invalid_scope",
            StatusCode::BAD_REQUEST,
            [CLIENT.as_slice(), &PASSWORD[1..], &[("scope", "more")]].concat(),
        ),
        (
            "unsupported_grant_type",
            StatusCode::BAD_REQUEST,
            [CLIENT.as_slice(), &[("grant_type", "implicit")]].concat(),
        ),
        ("invalid_request", StatusCode::BAD_REQUEST, [CLIENT.as_slice(), &[("grant_type", "")]].concat()),
    ];
    for style in [OauthErrors::Servicenow, OauthErrors::Rfc] {
        let mut site = Site::new(Profile { oauth_errors: style, ..Profile::default() });
        for (code, status, fields) in &cases {
            let mut fields = fields.clone();
            if !fields.iter().any(|(name, _)| *name == "grant_type") {
                fields.push(("grant_type", "password"));
            }
            let (got, body) = ask(&mut site, &fields).await;
            match style {
                OauthErrors::Servicenow => {
                    assert_eq!(got, StatusCode::UNAUTHORIZED);
                    assert_eq!(
                        body,
                        json!({ "error_description": "access_denied", "error": "server_error" })
                    );
                }
                OauthErrors::Rfc => assert_eq!((got, text(&body, "error")), (*status, *code)),
            }
        }
        let reader = site.app.store.read();
        let logged: Vec<_> = reader.rows("syslog").map(|row| row.get("message").to_owned()).collect();
        assert_eq!(logged.len(), cases.len());
        assert!(
            logged.iter().any(|line| line.starts_with("Exception on token flow - invalid_scope")),
            "{logged:?}"
        );
    }
}

#[tokio::test]
async fn grants_can_be_closed() {
    let profile = Profile {
        password_grant: false,
        client_credentials_grant: false,
        oauth_errors: OauthErrors::Rfc,
        ..Profile::default()
    };
    let mut site = Site::new(profile);
    for grant in ["password", "client_credentials"] {
        let fields: Vec<_> = CLIENT.into_iter().chain([("grant_type", grant)]).collect();
        let (_, body) = ask(&mut site, &fields).await;
        assert_eq!(text(&body, "error"), "unsupported_grant_type");
    }
}

#[tokio::test]
async fn client_credentials_speak_for_the_application_user_without_a_refresh_token() {
    let mut site = Site::new(Profile::default());
    let body = granted(&mut site, &[("grant_type", "client_credentials")]).await;
    assert!(body.get("refresh_token").is_none());
    let account = account_of_token(&site.app, text(&body, "access_token")).unwrap();
    assert_eq!(account.user_name, "kb.publisher");
}

#[tokio::test]
async fn parameters_in_the_address_count_only_where_that_is_allowed() {
    let target = "/oauth_token.do?grant_type=password&client_id=kb-publish-sandbox&client_secret=kb-publish-sandbox\
                  &username=admin&password=admin";
    for (body_only, status) in [(true, StatusCode::UNAUTHORIZED), (false, StatusCode::OK)] {
        let mut site = Site::new(Profile { oauth_body_only: body_only, ..Profile::default() });
        assert_eq!(site.post(target, &[]).await.status, status);
    }
}

#[tokio::test]
async fn a_client_may_name_itself_by_basic_and_not_by_json() {
    let mut site = Site::new(Profile::default());
    let basic = format!("Basic {}", STANDARD.encode("kb-publish-sandbox:kb-publish-sandbox"));
    let request = |kind: &str| {
        Request::builder()
            .method(Method::POST)
            .uri("/oauth_token.do")
            .header(header::AUTHORIZATION, &basic)
            .header(header::CONTENT_TYPE, kind)
    };
    let form = "grant_type=password&username=admin&password=admin";
    let answer = site.send(request("application/x-www-form-urlencoded"), form.to_owned()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let answer = site.send(request("application/json"), "{}".to_owned()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

fn auth_url(changes: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "kb-publish-sandbox"),
        ("redirect_uri", CALLBACK),
        ("state", "abc123"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("/oauth_auth.do?{query}")
}

/// The query of a redirect back to the client.
fn redirected(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    let to = url::Url::parse(answer.header(header::LOCATION)).unwrap();
    assert!(to.as_str().starts_with(CALLBACK), "{to}");
    to.query_pairs().into_owned().collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

async fn consent(site: &mut Site, decision: &str) -> Answer {
    let page = site.get(&auth_url(&[])).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let names = ["token", "response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge"];
    let values: Vec<String> = names.iter().map(|name| page.hidden(name)).collect();
    let mut fields: Vec<_> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
    fields.push(("code_challenge_method", "S256"));
    fields.push(("decision", decision));
    site.post("/oauth_auth.do", &fields).await
}

#[tokio::test]
async fn a_person_signs_in_allows_and_the_code_becomes_tokens_once() {
    let mut site = Site::new(Profile::default());
    let asked = site.get(&auth_url(&[])).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert!(asked.header(header::LOCATION).starts_with("/login.do?next=%2Foauth_auth.do"));
    site.sign_in("kb.publisher").await;
    let page = site.get(&auth_url(&[])).await;
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("form-action 'self' http://localhost:8765;"), "{policy}");
    let sent = redirected(&consent(&mut site, "allow").await);
    assert!(sent.contains(&pair("state", "abc123")));
    let code = sent.iter().find(|(name, _)| name == "code").map(|(_, code)| code.clone()).unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let body = granted(&mut site, &fields).await;
    assert_eq!(account_of_token(&site.app, text(&body, "access_token")).unwrap().user_name, "kb.publisher");
    assert_eq!(text(&body, "refresh_token").len(), 86);
    let again: Vec<_> = CLIENT.into_iter().chain(fields).collect();
    assert_eq!(ask(&mut site, &again).await.0, StatusCode::UNAUTHORIZED, "a code serves once");
}

#[tokio::test]
async fn a_code_is_bound_to_its_verifier_redirect_and_client() {
    let wrong: [&[(&str, &str)]; 3] = [
        &[("redirect_uri", CALLBACK), ("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")],
        &[("redirect_uri", CALLBACK)],
        &[("redirect_uri", "http://127.0.0.1:8765/callback"), ("code_verifier", VERIFIER)],
    ];
    for fields in wrong {
        let mut site = Site::new(Profile { oauth_errors: OauthErrors::Rfc, ..Profile::default() });
        site.sign_in("admin").await;
        let sent = redirected(&consent(&mut site, "allow").await);
        let code = sent[0].1.clone();
        let fields: Vec<_> = CLIENT
            .into_iter()
            .chain([("grant_type", "authorization_code"), ("code", code.as_str())])
            .chain(fields.iter().copied())
            .collect();
        let (_, body) = ask(&mut site, &fields).await;
        assert_eq!(text(&body, "error"), "invalid_grant", "{body}");
    }
}

#[tokio::test]
async fn denied_is_told_to_the_client() {
    let mut site = Site::new(Profile::default());
    site.sign_in("kb.publisher").await;
    let sent = redirected(&consent(&mut site, "deny").await);
    assert_eq!(sent, [pair("error", "access_denied"), pair("state", "abc123")]);
}

#[tokio::test]
async fn what_must_not_be_trusted_is_never_redirected_to() {
    let mut site = Site::new(Profile::default());
    for changes in [
        [("redirect_uri", "http://localhost:8765/callback/")],
        [("redirect_uri", "https://evil.example/")],
        [("client_id", "nobody")],
    ] {
        let answer = site.get(&auth_url(&changes)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changes:?}");
        assert_eq!(answer.header(header::LOCATION), "");
    }
    let answer = site.get(&auth_url(&[("state", "")])).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::BAD_REQUEST, "Missing State parameter in request")
    );
    for (changes, code) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("scope", "everything")], "invalid_scope"),
    ] {
        let sent = redirected(&site.get(&auth_url(&changes)).await);
        assert_eq!(sent, [pair("error", code), pair("state", "abc123")]);
    }
}

#[tokio::test]
async fn auto_allow_asks_nobody() {
    let mut site = Site::new(Profile { oauth_auto_allow: "reader".to_owned(), ..Profile::default() });
    let sent = redirected(&site.get(&auth_url(&[])).await);
    assert_eq!(sent[0].0, "code");
}

async fn control(site: &mut Site, method: Method, target: &str, body: &Value) -> (StatusCode, Value) {
    let request =
        Request::builder().method(method).uri(target).header(header::CONTENT_TYPE, "application/json");
    let answer = site.send(request, body.to_string()).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
}

fn assertion(key: &[u8], changes: &Value) -> String {
    let mut claims = json!({
        "iss": "kb-publish-sandbox",
        "aud": "kb-publish-sandbox",
        "sub": "kb.publisher",
        "exp": jiff::Timestamp::now().as_second() + 300,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    header.kid = Some("k1".to_owned());
    let key = jsonwebtoken::EncodingKey::from_ec_der(key);
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

#[tokio::test]
async fn a_jwt_signed_with_the_registered_key_gets_a_token() {
    let mut site = Site::new(Profile { oauth_errors: OauthErrors::Rfc, ..Profile::default() });
    let key = rcgen::KeyPair::generate().unwrap();
    let pem = json!({ "key": key.public_key_pem() });
    let target = "/sandbox/oauth/clients/kb-publish-sandbox/keys/k1";
    assert_eq!(control(&mut site, Method::PUT, target, &pem).await.0, StatusCode::OK);
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let good = assertion(&key.serialize_der(), &json!({}));
    let body = granted(&mut site, &[grant, ("assertion", &good)]).await;
    assert!(body.get("refresh_token").is_none());
    assert_eq!(account_of_token(&site.app, text(&body, "access_token")).unwrap().user_name, "kb.publisher");

    let other = rcgen::KeyPair::generate().unwrap();
    for bad in [
        assertion(&other.serialize_der(), &json!({})),
        assertion(&key.serialize_der(), &json!({ "exp": 1 })),
        assertion(&key.serialize_der(), &json!({ "aud": "elsewhere" })),
        assertion(&key.serialize_der(), &json!({ "iss": "somebody" })),
        assertion(&key.serialize_der(), &json!({ "sub": "nobody" })),
        "not.a.jwt".to_owned(),
        String::new(),
    ] {
        let fields: Vec<_> = CLIENT.into_iter().chain([grant, ("assertion", bad.as_str())]).collect();
        let (_, body) = ask(&mut site, &fields).await;
        assert_eq!(text(&body, "error"), "invalid_grant", "{bad}");
    }
}

#[tokio::test]
async fn clients_are_registered_and_tokens_revoked_while_it_runs() {
    let mut site = Site::new(Profile { oauth_errors: OauthErrors::Rfc, ..Profile::default() });
    let change = json!({ "name": "CI", "client_secret": "s", "scopes": ["kb_write"], "access_seconds": 2, "user": "reader" });
    assert_eq!(control(&mut site, Method::PUT, "/sandbox/oauth/clients/ci", &change).await.0, StatusCode::OK);
    let fields = [("client_id", "ci"), ("client_secret", "s"), ("grant_type", "client_credentials")];
    let (status, body) = ask(&mut site, &fields).await;
    assert_eq!((status, text(&body, "scope")), (StatusCode::OK, "kb_write"));
    assert!(body["expires_in"].as_i64().unwrap() <= 2);
    granted(&mut site, &PASSWORD).await;
    let (_, overview) = control(&mut site, Method::GET, "/sandbox/oauth", &Value::Null).await;
    assert_eq!(overview["result"]["live"], json!({ "access": 2, "refresh": 1 }));
    let (_, done) =
        control(&mut site, Method::POST, "/sandbox/oauth/revoke", &json!({ "refresh": true })).await;
    assert_eq!(done["result"], json!({ "access": 2, "refresh": 1 }));
    let (status, _) =
        control(&mut site, Method::PUT, "/sandbox/oauth/clients/ci", &json!({ "nmae": "x" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn each_way_in_is_open_or_shut_as_the_switch_says() {
    use crate::sandbox::profile::AuthMode;
    // Basic, token, key; and whether the role was given to the user himself.
    let table = [
        (AuthMode::BasicOauth, false, [200, 200, 200]),
        (AuthMode::BasicRestricted, false, [401, 200, 200]),
        (AuthMode::BasicRestricted, true, [200, 200, 200]),
        (AuthMode::OauthOnly, true, [401, 200, 200]),
        (AuthMode::Apikey, true, [401, 401, 200]),
        (AuthMode::Mfa, true, [401, 200, 200]),
    ];
    for (mode, role, expected) in table {
        let mut site = Site::new(Profile { auth: mode, ..Profile::default() });
        if role {
            give_basic_role(&site);
        }
        let token = text(&granted(&mut site, &PASSWORD).await, "access_token").to_owned();
        let basic = format!("Basic {}", STANDARD.encode("kb.publisher:kb.publisher"));
        let ways = [
            ("authorization", basic),
            ("authorization", format!("Bearer {token}")),
            ("x-sn-apikey", "kb-publish-sandbox".to_owned()),
        ];
        for ((name, value), status) in ways.into_iter().zip(expected) {
            let request = Request::builder()
                .uri("/api/now/table/kb_knowledge_base?sysparm_limit=1")
                .header("accept", "application/json")
                .header(name, value);
            let answer = site.send(request, String::new()).await;
            assert_eq!(answer.status.as_u16(), status, "{mode:?} {name}: {}", answer.body);
            let second_factor = answer.headers.contains_key("x-mfa_token");
            assert_eq!(second_factor, mode == AuthMode::Mfa && status == 401);
        }
    }
}

fn give_basic_role(site: &Site) {
    use crate::sandbox::record::Record;
    use crate::sandbox::seed::seeded_id;
    let row = Record::of([
        ("sys_id", "ffffffffffffffffffffffffffffffff"),
        ("user", &seeded_id("sys_user", "kb.publisher")),
        ("role", &seeded_id("sys_user_role", "snc_basic_auth_api_access")),
        ("state", "active"),
    ]);
    site.put("sys_user_has_role", row);
}

#[tokio::test]
async fn a_token_without_the_demanded_scope_is_told_so() {
    let profile = Profile { api_scope: "kb_write".to_owned(), ..Profile::default() };
    let mut site = Site::new(profile);
    for (scope, status) in [("kb_write", StatusCode::OK), ("other", StatusCode::FORBIDDEN)] {
        let change = json!({ "client_secret": "s", "scopes": [scope], "user": "kb.publisher" });
        let target = format!("/sandbox/oauth/clients/{scope}");
        assert_eq!(control(&mut site, Method::PUT, &target, &change).await.0, StatusCode::OK);
        let fields = [("client_id", scope), ("client_secret", "s"), ("grant_type", "client_credentials")];
        let (_, body) = ask(&mut site, &fields).await;
        let request = Request::builder()
            .uri("/api/now/table/kb_knowledge_base")
            .header(header::AUTHORIZATION, format!("Bearer {}", text(&body, "access_token")));
        let answer = site.send(request, String::new()).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.body.contains("Missing required api access scope"), status != StatusCode::OK);
    }
}

#[test]
fn the_api_key_stands_for_the_publisher() {
    let site = Site::new(Profile::default());
    let headers = |key: &'static str| {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-sn-apikey", http::HeaderValue::from_static(key));
        headers
    };
    assert_eq!(account_of_key(&site.app, &headers("kb-publish-sandbox")).unwrap().user_name, "kb.publisher");
    assert!(account_of_key(&site.app, &headers("kb-publish-sandboX")).is_none());
}
