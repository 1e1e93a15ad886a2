//! The authorization code flow as a person goes through it (contract §7.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kb_publish::sandbox::Profile;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::driver::{Browser, Scheme};
use crate::site::Site;

const VERIFIER: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// What a command-line client does: a listener on loopback that takes one redirect. Its query.
///
/// A browser opens connections ahead of need, so each is read on its own.
async fn callback(listener: TcpListener) -> Vec<(String, String)> {
    let (found, mut arrived) = tokio::sync::mpsc::channel(1);
    loop {
        tokio::select! {
            pairs = arrived.recv() => return pairs.unwrap(),
            accepted = listener.accept() => {
                let (socket, _) = accepted.unwrap();
                let found = found.clone();
                tokio::spawn(async move {
                    if let Some(pairs) = redirect_on(socket).await {
                        found.send(pairs).await.unwrap();
                    }
                });
            }
        }
    }
}

async fn redirect_on(mut socket: TcpStream) -> Option<Vec<(String, String)>> {
    let mut head = vec![0; 8192];
    let read = socket.read(&mut head).await.ok()?;
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone";
    socket.write_all(answer).await.ok()?;
    let query = head.split(' ').nth(1)?.strip_prefix("/callback?")?.to_owned();
    Some(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

struct Flow {
    site: Site,
    redirect: String,
    listener: TcpListener,
}

impl Flow {
    async fn start() -> Self {
        let site = Site::start(Profile::default()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let redirect = format!("http://localhost:{}/callback", listener.local_addr().unwrap().port());
        let change = json!({ "redirect_urls": [redirect] });
        site.put("/sandbox/oauth/clients/kb-publish-sandbox", &change).await;
        Self { site, redirect, listener }
    }

    fn url(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", "kb-publish-sandbox")
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("state", "s1")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        format!("{}/oauth_auth.do?{query}", self.site.url)
    }
}

fn value<'p>(pairs: &'p [(String, String)], name: &str) -> &'p str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

#[tokio::test]
async fn a_person_signs_in_allows_and_the_client_gets_tokens() {
    let flow = Flow::start().await;
    let browser = Browser::open(900, 700, Scheme::Light).await;
    browser.go(&flow.url()).await;
    browser.picture("sign-in").await;
    browser.fill("#ui-user", "kb.publisher").await;
    browser.fill("#ui-password", "kb.publisher").await;
    browser.click("form:has(#ui-user) button").await;
    browser.wait_for_heading("Allow kb-publish on this sandbox?").await;
    browser.picture("consent").await;
    let (redirect, site) = (flow.redirect.clone(), flow.site);
    let arrived = tokio::spawn(callback(flow.listener));
    browser.click("button[value=allow]").await;
    let sent = arrived.await.unwrap();
    assert_eq!(value(&sent, "state"), "s1");
    browser.wait_for("return document.body?.textContent === 'done'").await;
    assert!(browser.url().await.starts_with(&redirect), "{:?}", browser.console().await);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "kb-publish-sandbox"),
        ("client_secret", "kb-publish-sandbox"),
        ("code", value(&sent, "code")),
        ("redirect_uri", &redirect),
        ("code_verifier", VERIFIER),
    ];
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(format!("{}/oauth_token.do", site.url)).form(&form).send().await.unwrap();
    let tokens: Value = answer.json().await.unwrap();
    let bearer = tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"));
    let me = format!(
        "{}/api/now/table/sys_user?sysparm_query=sys_id=javascript:gs.getUserID()&sysparm_fields=user_name",
        site.url
    );
    let answer: Value = client.get(me).bearer_auth(bearer).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["result"], json!([{ "user_name": "kb.publisher" }]));
}

#[tokio::test]
async fn a_person_denies_and_the_client_is_told() {
    let flow = Flow::start().await;
    let browser = Browser::open(900, 700, Scheme::Light).await;
    browser.sign_in(&flow.site.url, "kb.publisher").await;
    browser.go(&flow.url()).await;
    let arrived = tokio::spawn(callback(flow.listener));
    browser.click("button[value=deny]").await;
    let sent = arrived.await.unwrap();
    assert_eq!(
        (value(&sent, "error"), value(&sent, "state"), value(&sent, "code")),
        ("access_denied", "s1", "")
    );
}
