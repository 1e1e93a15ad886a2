//! `auth login` with a person at a real browser: the program's own listener takes the redirect.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use kb_publish::sandbox::Profile;
use serde_json::json;

use crate::driver::{Browser, Scheme};
use crate::site::Site;

const CLIENT: &str = "kb-publish-sandbox";

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kb-publish"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("KB_PUBLISH_STORE", "file")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts `auth login`, and gives the address that it asks to open.
fn asked(folder: &Path) -> (Child, String) {
    let mut child = program(folder, &["auth", "login", "--no-browser"])
        .env("KB_PUBLISH_CLIENT_SECRET", CLIENT)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.find(|line| line.trim().starts_with("http")).unwrap().trim().to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    (child, url)
}

/// A project that signs in by browser, with its redirect URL registered.
async fn project(site: &Site) -> tempfile::TempDir {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // As an administrator registers it: by name, while the listener has addresses.
    let redirect = format!("http://localhost:{port}/callback");
    let change = json!({ "redirect_urls": [redirect] });
    site.put(&format!("/sandbox/oauth/clients/{CLIENT}"), &change).await;
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "project = \"acme-docs\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"{}\"\n[auth]\nmethod = \"oauth\"\n\
         grant = \"authorization-code\"\nclient_id = \"{CLIENT}\"\nredirect_url = \"{redirect}\"\n",
        site.url
    );
    std::fs::write(folder.path().join("publish.toml"), config).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_the_program_is_signed_in() {
    let site = Site::start(Profile::default()).await;
    let folder = project(&site).await;
    let (mut child, url) = asked(folder.path());
    let browser = Browser::open(900, 700, Scheme::Light).await;
    browser.go(&url).await;
    browser.fill("#ui-user", "kb.publisher").await;
    browser.fill("#ui-password", "kb.publisher").await;
    browser.click("form:has(#ui-user) button").await;
    browser.wait_for_heading("Allow kb-publish on this sandbox?").await;
    browser.click("button[value=allow]").await;
    browser.wait_for_heading("kb-publish").await;
    browser.picture("signed-in").await;
    let page = browser.source().await;
    assert!(page.contains("Signed in. You can close this page"), "{page}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // From now on without the browser and without a secret in the environment.
    let bases = program(folder.path(), &["bases"]).output().unwrap();
    assert!(bases.status.success(), "{}", String::from_utf8_lossy(&bases.stderr));
    assert!(String::from_utf8_lossy(&bases.stdout).contains("IT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_denies_and_the_program_ends_without_a_token() {
    let site = Site::start(Profile::default()).await;
    let folder = project(&site).await;
    let (mut child, url) = asked(folder.path());
    let browser = Browser::open(900, 700, Scheme::Light).await;
    browser.sign_in(&site.url, "kb.publisher").await;
    browser.go(&url).await;
    browser.click("button[value=deny]").await;
    browser.wait_for("return document.body?.textContent.includes('Access was not granted')").await;
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(program(folder.path(), &["bases"]).output().unwrap().status.code(), Some(3));
}
