//! No secret shows: every command, at -vvv, with sentinel secrets, all output and files searched for them.

use std::path::Path;

use serde_json::json;

use crate::program::Program;
use crate::sandbox_table::{Api, sandbox};

const CLIENT: &str = "kb-publish-sandbox";
/// Of each kind one that nothing else contains; wrong ones, so that refusals show themselves too.
const SENTINELS: [(&str, &str); 6] = [
    ("KB_PUBLISH_PASSWORD", "sentinel-pässword-7361"),
    ("KB_PUBLISH_CLIENT_SECRET", "sentinel-client-secret-7362"),
    ("KB_PUBLISH_ACCESS_TOKEN", "sentinel-access-token-7363"),
    ("KB_PUBLISH_REFRESH_TOKEN", "sentinel-refresh-token-7364"),
    ("KB_PUBLISH_API_KEY", "sentinel-api-key-7365"),
    ("KB_PUBLISH_JWT_KEY", "sentinel-jwt-key-7366"),
];

const VERBS: &[&[&str]] = &[
    &["publish", "--yes"],
    &["plan"],
    &["plan", "--format", "json"],
    &["lint"],
    &["build"],
    &["status"],
    &["check"],
    &["check", "--write-probe", "--yes", "--format", "json"],
    &["bases"],
    &["categories"],
    &["auth", "status"],
    &["auth", "status", "--format", "json"],
    &["auth", "refresh"],
    // Pasted from nowhere: waits for no browser.
    &["auth", "login", "--paste"],
    &["auth", "logout"],
    &["config"],
    &["config", "--format", "json"],
    &["schema", "config"],
    &["adopt", "--dry-run"],
    &["adopt", "--yes", "--format", "json"],
    &["companion", "show"],
    &["runs"],
    &["adopt"],
    &["apply", "publish.toml"],
    &["rollback", "nothing"],
    &["completions", "bash"],
    &["man"],
    &["runs", "--format", "json"],
    &["rollback", ".kb-publish/runs", "--dry-run"],
    &["rollback", ".kb-publish/runs", "--yes", "--format", "json"],
    &["init", "--instance", "dev1"],
];

/// What serves until it is ended.
const SERVERS: &[&str] = &["sandbox"];

#[test]
fn every_command_is_among_them() {
    let help = Program::new("").run(&["--help"]).ended(0).stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        assert!(
            SERVERS.contains(&name) || VERBS.iter().any(|verb| verb[0] == name),
            "`{name}` is not searched for secrets"
        );
    }
}

/// What must not be anywhere: the secret itself, and as Basic sends it.
fn forbidden(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    let pair = format!("kb.publisher:{secret}");
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    vec![secret.to_owned(), encoded, secret.replace('ä', "%C3%A4")]
}

fn methods() -> Vec<String> {
    let oauth = |grant: &str| {
        format!(
            "method = \"oauth\"\ngrant = \"{grant}\"\nclient_id = \"{CLIENT}\"\nusername = \"kb.publisher\""
        )
    };
    let mut methods =
        vec!["method = \"basic\"\nusername = \"kb.publisher\"".to_owned(), "method = \"api-key\"".to_owned()];
    methods.extend(["password", "authorization-code", "client-credentials", "jwt-bearer"].map(oauth));
    methods
}

#[track_caller]
fn search(what: &str, text: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{what} shows `{secret}`:\n{text}");
    }
}

/// Files below a folder, the credential files left out: they are where secrets belong.
fn search_files(folder: &Path, secrets: &[String]) {
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap) {
        let inside = entry.path().components().any(|part| part.as_os_str() == "credentials");
        if entry.file_type().is_file() && !inside {
            let bytes = std::fs::read(entry.path()).unwrap();
            search(&entry.path().display().to_string(), &String::from_utf8_lossy(&bytes), secrets);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_secrets_show_nowhere() {
    let sandbox = sandbox("").await;
    let secrets: Vec<String> = SENTINELS.iter().flat_map(|(_, secret)| forbidden(secret)).collect();
    for method in methods() {
        let mut program = Program::of(&sandbox, &method);
        for (name, secret) in SENTINELS {
            program = program.env(name, secret);
        }
        for verb in VERBS {
            let ran = program.run(&[*verb, &["-vvv"]].concat());
            search(&format!("{verb:?} with {method}"), &ran.all(), &secrets);
            assert!(!ran.all().contains("panicked"), "{verb:?}: {}", ran.all());
        }
        search_files(program.root(), &secrets);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_secrets_show_nowhere() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let password = SENTINELS[0].1;
    // A user whose password is a sentinel, and a client whose secret is one.
    let list = "/api/now/table/sys_user?sysparm_query=user_name=kb.publisher&sysparm_fields=sys_id";
    let id = api.ok("GET", list, None).await[0]["sys_id"].as_str().unwrap().to_owned();
    let act = json!({ "user": "admin", "act": "set", "table": "sys_user", "sys_id": id,
                      "columns": { "user_password": password } });
    api.control("act", act).await;
    let change = json!({ "client_secret": SENTINELS[1].1 });
    let url = format!("{}/sandbox/oauth/clients/{CLIENT}", api.root);
    assert!(api.client.put(url).json(&change).send().await.unwrap().status().is_success());
    let secrets: Vec<String> = SENTINELS[..2].iter().flat_map(|(_, secret)| forbidden(secret)).collect();
    let methods = methods();
    for method in [&methods[0], &methods[2]] {
        let program = Program::of(&sandbox, method)
            .env("KB_PUBLISH_PASSWORD", password)
            .env("KB_PUBLISH_CLIENT_SECRET", SENTINELS[1].1);
        program.run(&["bases"]).ended(0);
        program.run(&["auth", "login"]).ended(0);
        let mut secrets = secrets.clone();
        secrets.extend(tokens(&program));
        for verb in VERBS {
            let ran = program.run(&[*verb, &["-vvv"]].concat());
            search(&format!("{verb:?} with {method}"), &ran.all(), &secrets);
        }
        search_files(program.root(), &secrets);
    }
}

/// The tokens that were kept.
fn tokens(program: &Program) -> Vec<String> {
    let folder = program.path("state/kb-publish/credentials");
    let mut tokens = Vec::new();
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap_or_default();
        let kept: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        for name in ["access", "refresh"] {
            tokens.extend(kept["tokens"][name].as_str().map(str::to_owned));
        }
    }
    tokens
}

#[test]
fn a_secret_in_the_file_or_on_the_command_line_is_refused_unseen() {
    let program = Program::new("project = \"p\"\n[auth]\npassword = \"sentinel-7367\"\n");
    let ran = program.run(&["bases", "-vvv"]).ended(2);
    search("the refusal", &ran.all(), &["sentinel-7367".to_owned()]);
    assert!(ran.stderr.contains("KB_PUBLISH_PASSWORD"), "{}", ran.stderr);
    program.run(&["bases", "--password", "sentinel-7367"]).ended(2);
}
