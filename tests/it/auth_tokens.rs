//! Tokens under a run: short lives, revocation, rotation, refusals (issue: a run of 60 articles with 2-second tokens).

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt as _, stream};
use kb_publish::event::Silent;
use kb_publish::sandbox::Sandbox;
use kb_publish::servicenow::{
    ApiError, Credentials, GrantSecret, OAuth, OAuthClient, TokenKeeper, Tokens, Writer,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::client_requests::{article, network, options};
use crate::sandbox_table::{Api, sandbox};

const CLIENT: &str = "kb-publish-sandbox";

/// Keeps tokens in memory, and counts.
#[derive(Debug, Default, Clone)]
struct Memory(Arc<Mutex<(Option<Tokens>, usize, usize)>>);

impl TokenKeeper for Memory {
    fn load(&self) -> Option<Tokens> {
        self.0.lock().unwrap().0.clone()
    }

    fn save(&self, tokens: &Tokens) {
        let mut kept = self.0.lock().unwrap();
        kept.0 = Some(tokens.clone());
        kept.1 += 1;
    }

    fn rotated(&self) {
        self.0.lock().unwrap().2 += 1;
    }

    fn lock(&self) -> Box<dyn Send> {
        Box::new(())
    }
}

fn client(sandbox: &Sandbox) -> OAuthClient {
    let url: url::Url = format!("{}/oauth_token.do", sandbox.url()).parse().unwrap();
    OAuthClient {
        client_id: CLIENT.to_owned(),
        client_secret: Some(CLIENT.into()),
        token_url: url.clone(),
        refresh_url: url,
        scope: None,
        network: network(),
    }
}

fn password(known: bool) -> GrantSecret {
    GrantSecret::Password { user: "kb.publisher".to_owned(), password: known.then(|| "kb.publisher".into()) }
}

fn writer(sandbox: &Sandbox, grant: GrantSecret, tokens: Option<Tokens>, keeper: &Memory) -> Writer {
    let session = OAuth::new(client(sandbox), grant, None, tokens, Arc::new(keeper.clone()));
    Writer::new(options(sandbox.url(), Credentials::OAuth(Box::new(session)), 4), Arc::new(Silent)).unwrap()
}

/// Tokens of a person who signed in once.
async fn signed_in(sandbox: &Sandbox) -> Tokens {
    let keeper = Memory::default();
    OAuth::new(client(sandbox), password(true), None, None, Arc::new(keeper)).sign_in().await.unwrap()
}

async fn token_requests(api: &Api) -> Vec<Value> {
    let log = api.client.get(format!("{}/sandbox/log", api.root)).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    let entries = log["result"].as_array().unwrap().iter();
    entries
        .filter(|entry| entry["target"].as_str().unwrap().starts_with("/oauth_token.do"))
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_articles_with_two_second_tokens() {
    let sandbox = sandbox("access_token_seconds = 2\nlatency_ms = 250").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let keeper = Memory::default();
    let writer = writer(&sandbox, password(false), Some(signed_in(&sandbox).await), &keeper);
    let record = article("T");
    let done: Vec<_> =
        stream::iter(0..60).map(|_| writer.create_article(&record)).buffer_unordered(4).collect().await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(writer.counts().post, 60, "renewed ahead of the end: nothing had to be replayed");
    let renewals = token_requests(&api).await;
    assert!(renewals.iter().all(|request| request["status"] == 200));
    // 60 × 0.25 s on four workers are about four seconds of two-second tokens.
    assert!((2..=8).contains(&renewals.len()), "{}", renewals.len());
    assert_eq!(keeper.0.lock().unwrap().1, renewals.len() - 1, "each renewal is kept, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_access_token_costs_one_renewal_for_all_workers() {
    let sandbox = sandbox("latency_ms = 50").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let writer = writer(&sandbox, password(false), Some(signed_in(&sandbox).await), &Memory::default());
    writer.create_article(&article("T")).await.unwrap();
    let before = token_requests(&api).await.len();
    api.control("oauth/revoke", json!({ "access": true })).await;
    let record = article("T");
    let posts = (0..8).map(|_| writer.create_article(&record));
    let done = futures_util::future::join_all(posts).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(token_requests(&api).await.len() - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_refresh_token_is_revoked_too_only_a_person_can_help() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let writer = writer(&sandbox, password(false), Some(signed_in(&sandbox).await), &Memory::default());
    writer.create_article(&article("T")).await.unwrap();
    let before = token_requests(&api).await.len();
    api.control("oauth/revoke", json!({ "access": true, "refresh": true })).await;
    let record = article("T");
    let posts = (0..6).map(|_| writer.create_article(&record));
    for error in futures_util::future::join_all(posts).await {
        let error = error.unwrap_err();
        assert_eq!((error.exit(), error.code()), (3, "refresh-refused"), "{error}");
        assert!(error.help().contains("kb-publish auth login"));
    }
    assert_eq!(token_requests(&api).await.len() - before, 1, "one refusal is enough for all workers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_can_begin_anew_does() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    for grant in [password(true), GrantSecret::ClientCredentials] {
        let writer = writer(&sandbox, grant, None, &Memory::default());
        writer.create_article(&article("T")).await.unwrap();
        api.control("oauth/revoke", json!({ "access": true, "refresh": true })).await;
        writer.create_article(&article("T")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_refresh_token_is_kept_and_an_unrotated_one_stays() {
    for (rotates, switches) in [(true, "rotate_refresh_tokens = true"), (false, "")] {
        let sandbox = sandbox(switches).await;
        let first = signed_in(&sandbox).await;
        let keeper = Memory::default();
        let session = OAuth::new(
            client(&sandbox),
            password(false),
            None,
            Some(first.clone()),
            Arc::new(keeper.clone()),
        );
        let mut refresh = first.refresh.unwrap();
        for _ in 0..3 {
            let tokens = session.refresh().await.unwrap();
            let kept = keeper.load().unwrap();
            let now = kept.refresh.unwrap();
            assert_eq!(tokens.refresh.unwrap().expose_secret(), now.expose_secret());
            assert_eq!(now.expose_secret() != refresh.expose_secret(), rotates);
            if !rotates {
                assert_eq!(kept.refresh_since, first.refresh_since, "its life goes on");
            }
            refresh = now;
        }
        assert_eq!(keeper.0.lock().unwrap().2, if rotates { 3 } else { 0 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_renewed_first() {
    let sandbox = sandbox("token_again = \"new\"").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let mut old = signed_in(&sandbox).await;
    let keeper = Memory::default();
    keeper.save(&signed_in(&sandbox).await);
    old.access = "revoked long ago".into();
    let writer = writer(&sandbox, password(false), Some(old), &keeper);
    let before = token_requests(&api).await.len();
    writer.create_article(&article("T")).await.unwrap();
    assert_eq!(token_requests(&api).await.len(), before, "what the other one kept was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_signed_here_is_taken() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let pair = rcgen::KeyPair::generate().unwrap();
    let url = format!("{}/sandbox/oauth/clients/{CLIENT}/keys/k1", api.root);
    let put = api.client.put(url).json(&json!({ "key": pair.public_key_pem() })).send().await.unwrap();
    assert!(put.status().is_success());
    let signer = |subject: &str| kb_publish::servicenow::JwtSigner {
        key: pair.serialize_pem().into(),
        key_id: Some("k1".to_owned()),
        subject: subject.to_owned(),
        audience: None,
    };
    let keeper = Memory::default();
    let good = writer(&sandbox, GrantSecret::JwtBearer(signer("kb.publisher")), None, &keeper);
    assert_eq!(good.current_user().await.unwrap().user_name, "kb.publisher");
    let bad = writer(&sandbox, GrantSecret::JwtBearer(signer("nobody")), None, &Memory::default());
    let error = bad.current_user().await.unwrap_err();
    assert_eq!((error.exit(), error.code()), (3, "assertion-refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_not_answering_is_no_refusal() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let fault = json!({ "path": "/oauth_token.do", "fault": { "kind": "status", "status": 500 } });
    api.control("faults", fault).await;
    let tokens = signed_in(&sandbox).await;
    assert!(tokens.refresh.is_some(), "asked again");
    let fault = json!({ "path": "/oauth_token.do", "count": 0, "fault": { "kind": "hibernating" } });
    api.control("faults", fault).await;
    let writer = writer(&sandbox, password(true), None, &Memory::default());
    let error = writer.current_user().await.unwrap_err();
    assert!(matches!(error, ApiError::NotAnInstance { .. }), "{error:?}");
}
