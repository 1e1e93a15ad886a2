//! `auth` through the built binary: every way in, what is kept, what is shown, and that it is gone afterwards.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use serde_json::{Value, json};

use crate::program::{Program, Ran, finished};
use crate::sandbox_table::{Api, sandbox};

const CLIENT: &str = "kb-publish-sandbox";

fn code_grant(redirect: &str) -> String {
    format!(
        "method = \"oauth\"\ngrant = \"authorization-code\"\nclient_id = \"{CLIENT}\"\nredirect_url = \"{redirect}\""
    )
}

/// A free port of this machine, and the redirect URL with it, registered.
async fn redirect(api: &Api) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/callback", listener.local_addr().unwrap().port());
    register(api, &json!({ "redirect_urls": [url] })).await;
    url
}

async fn register(api: &Api, change: &Value) {
    let url = format!("{}/sandbox/oauth/clients/{CLIENT}", api.root);
    let put = api.client.put(url).json(change).send().await.unwrap();
    assert!(put.status().is_success(), "{}", put.text().await.unwrap());
}

/// The address that the program asks a person to open.
fn asked(child: &mut Child) -> String {
    let stderr = child.stderr.take().unwrap();
    let mut lines = BufReader::new(stderr).lines();
    let url = lines.by_ref().map(Result::unwrap).find(|line| line.trim().starts_with("http")).unwrap();
    // What else it says is read, so that it never blocks.
    std::thread::spawn(move || lines.for_each(drop));
    url.trim().to_owned()
}

/// Opens the page as a browser does that follows nothing: where the instance sends it.
async fn opened(url: &str) -> String {
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(url).send().await.unwrap();
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn status(program: &Program) -> Value {
    program.run(&["auth", "status", "--format", "json"]).ended(0).json()
}

/// The one credential file that is kept.
fn kept(program: &Program) -> Option<std::path::PathBuf> {
    let folder = program.path("state/kb-publish/credentials");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "json"))
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_browser() {
    let sandbox = sandbox("oauth_auto_allow = \"kb.publisher\"").await;
    let api = Api::of(&sandbox, "admin");
    let redirect = redirect(&api).await;
    let program = Program::of(&sandbox, &code_grant(&redirect)).env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    let ran = program.run(&["bases"]).ended(3);
    assert!(ran.stderr.contains("kb-publish auth login"), "{}", ran.stderr);
    let mut child = program.spawn(&["auth", "login", "--no-browser"]);
    let back = opened(&asked(&mut child)).await;
    assert!(back.starts_with(&redirect), "{back}");
    let page = api.client.get(&back).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Signed in"), "{page}");
    assert!(child.wait().unwrap().success());
    // From now on without any secret in the environment.
    let program = program.env("KB_PUBLISH_CLIENT_SECRET", "");
    program.run(&["bases"]).ended(0);
    let told = status(&program);
    assert_eq!((&told["method"], &told["store"]["kind"]), (&json!("oauth"), &json!("file")));
    assert_eq!(told["token"]["renewable"], true);
    assert!([99, 100].contains(&told["token"]["refresh_days"].as_i64().unwrap()), "{told}");
    let renewed = program.run(&["auth", "refresh"]).ended(0);
    assert!(renewed.stderr.contains("access token renewed"), "{}", renewed.stderr);
    program.run(&["auth", "logout"]).ended(0);
    assert!(kept(&program).is_none());
    let live: Value =
        api.client.get(format!("{}/sandbox/oauth", api.root)).send().await.unwrap().json().await.unwrap();
    assert_eq!(live["result"]["live"], json!({ "access": 0, "refresh": 0 }), "revoked on the instance too");
    program.run(&["bases"]).ended(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_pasted_address_or_code() {
    let sandbox = sandbox("oauth_auto_allow = \"kb.publisher\"").await;
    let api = Api::of(&sandbox, "admin");
    let redirect = redirect(&api).await;
    let program = Program::of(&sandbox, &code_grant(&redirect)).env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    for whole in [true, false] {
        let mut child = program.spawn(&["auth", "login", "--paste"]);
        let back = opened(&asked(&mut child)).await;
        let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
        let typed = if whole { &back } else { code };
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{typed}\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{typed}");
        program.run(&["auth", "logout"]).ended(0);
    }
    let ran =
        program.typed(&["auth", "login", "--paste"], &format!("{redirect}?code=x&state=other\n")).ended(3);
    assert!(ran.stderr.contains("does not belong to this sign-in"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_needs_no_secret() {
    let sandbox = sandbox("oauth_auto_allow = \"kb.publisher\"").await;
    let api = Api::of(&sandbox, "admin");
    let redirect = redirect(&api).await;
    register(&api, &json!({ "client_secret": "" })).await;
    let program = Program::of(&sandbox, &code_grant(&redirect));
    let mut child = program.spawn(&["auth", "login", "--no-browser"]);
    let back = opened(&asked(&mut child)).await;
    api.client.get(&back).send().await.unwrap();
    assert!(child.wait().unwrap().success());
    program.run(&["bases"]).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn denied_by_the_person() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let redirect = redirect(&api).await;
    let program = Program::of(&sandbox, &code_grant(&redirect)).env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    let mut child = program.spawn(&["auth", "login", "--no-browser"]);
    let url: url::Url = asked(&mut child).parse().unwrap();
    let state = url.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let back = format!("{redirect}?error=access_denied&state={state}");
    let page = api.client.get(&back).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("not granted"), "{page}");
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_every_other_method() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    register(&api, &json!({ "user": "kb.publisher" })).await;
    let oauth = |grant: &str| {
        format!(
            "method = \"oauth\"\ngrant = \"{grant}\"\nclient_id = \"{CLIENT}\"\nusername = \"kb.publisher\""
        )
    };
    let basic = "method = \"basic\"\nusername = \"kb.publisher\"".to_owned();
    for (auth, secrets) in [
        (basic, vec![("KB_PUBLISH_PASSWORD", "kb.publisher")]),
        ("method = \"api-key\"".to_owned(), vec![("KB_PUBLISH_API_KEY", CLIENT)]),
        (oauth("client-credentials"), vec![("KB_PUBLISH_CLIENT_SECRET", CLIENT)]),
        (
            oauth("password"),
            vec![("KB_PUBLISH_CLIENT_SECRET", CLIENT), ("KB_PUBLISH_PASSWORD", "kb.publisher")],
        ),
    ] {
        let mut program = Program::of(&sandbox, &auth);
        program.run(&["bases"]).ended(3);
        let nothing = program.run(&["auth", "login"]).ended(3);
        assert!(nothing.stderr.contains(secrets[0].0), "{auth}: {}", nothing.stderr);
        for (name, value) in &secrets {
            program = program.env(name, value);
        }
        program.run(&["bases"]).ended(0);
        program.run(&["auth", "login"]).ended(0);
        for (name, _) in &secrets {
            program = program.env(name, "");
        }
        program.run(&["bases"]).ended(0);
        let told = status(&program);
        assert!(
            told["secrets"]
                .as_array()
                .unwrap()
                .iter()
                .all(|secret| secret["origin"] == "the credential store")
        );
        program.run(&["auth", "logout"]).ended(0);
        program.run(&["bases"]).ended(3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_not_kept() {
    let sandbox = sandbox("").await;
    let program = Program::of(&sandbox, "method = \"basic\"\nusername = \"kb.publisher\"")
        .env("KB_PUBLISH_PASSWORD", "wrong");
    program.run(&["auth", "login"]).ended(3);
    assert!(kept(&program).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_serves_one_connection_only() {
    let sandbox = sandbox("").await;
    let auth =
        "method = \"basic\"\nusername = \"kb.publisher\"\n[profiles.other.publish]\nstatus = \"draft\"";
    let program = Program::of(&sandbox, auth).env("KB_PUBLISH_PASSWORD", "kb.publisher");
    program.run(&["auth", "login"]).ended(0);
    let program = program.env("KB_PUBLISH_PASSWORD", "");
    program.run(&["bases"]).ended(0);
    // Another profile, another user, another name of the same machine: nothing is handed over.
    program.run(&["bases", "--profile", "other"]).ended(3);
    program.run(&["bases", "--username", "kb.admin"]).ended(3);
    let port = sandbox.url().url().port().unwrap();
    program.run(&["bases", "--instance", &format!("http://localhost:{port}")]).ended(3);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = sandbox("").await;
    let program = Program::of(&sandbox, "method = \"basic\"\nusername = \"kb.publisher\"")
        .env("KB_PUBLISH_PASSWORD", "kb.publisher");
    program.run(&["auth", "login", "--store", "file"]).ended(0);
    let file = kept(&program).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let program = program.env("KB_PUBLISH_PASSWORD", "");
    let ran: Ran = program.run(&["bases"]).ended(3);
    assert!(ran.stderr.contains("others can read"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_without_people() {
    let sandbox = sandbox("rotate_refresh_tokens = true").await;
    let api = Api::of(&sandbox, "admin");
    let form = format!(
        "grant_type=password&client_id={CLIENT}&client_secret={CLIENT}&username=kb.publisher&password=kb.publisher"
    );
    let tokens: Value = api
        .client
        .post(format!("{}/oauth_token.do", api.root))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    // A raw bearer token.
    let program = Program::of(&sandbox, &code_grant("http://localhost:8765/callback"))
        .env("KB_PUBLISH_ACCESS_TOKEN", &text("access_token"));
    program.run(&["bases"]).ended(0);
    // A refresh token in a file, which is spent and rotated: the run goes on, and says so.
    std::fs::write(program.path("token"), format!("{}\n", text("refresh_token"))).unwrap();
    let file = program.path("token").to_str().unwrap().to_owned();
    let program = program
        .env("KB_PUBLISH_ACCESS_TOKEN", "")
        .env("KB_PUBLISH_CLIENT_SECRET", CLIENT)
        .env("KB_PUBLISH_REFRESH_TOKEN_FILE", &file);
    let ran = program.run(&["bases"]).ended(0);
    assert!(ran.stderr.contains("must renew it"), "{}", ran.stderr);
    assert!(kept(&program).is_none(), "nothing of it is stored");
    let again = program.run(&["bases"]).ended(3);
    assert!(again.stderr.contains("auth login"), "{}", again.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_holds_the_port_is_named() {
    let sandbox = sandbox("").await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let redirect = format!("http://127.0.0.1:{}/callback", taken.local_addr().unwrap().port());
    let program = Program::of(&sandbox, &code_grant(&redirect)).env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    let child = program.spawn(&["auth", "login", "--no-browser"]);
    let ran = finished(child).ended(3);
    assert!(ran.stderr.contains("--paste"), "{}", ran.stderr);
}
