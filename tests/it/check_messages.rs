//! Every way in which a connection fails, in one table of messages that a person can read through.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use kb_publish::sandbox::{DataLocation, Options, Sandbox, start};
use serde_json::{Value, json};

use crate::program::{Program, Ran};
use crate::sandbox_table::{Api, sandbox};

const CLIENT: &str = "kb-publish-sandbox";
const BASIC: &str = "method = \"basic\"\nusername = \"kb.publisher\"";

fn oauth(grant: &str) -> String {
    format!("method = \"oauth\"\ngrant = \"{grant}\"\nclient_id = \"{CLIENT}\"\nusername = \"kb.publisher\"")
}

fn signed(sandbox: &Sandbox) -> Program {
    Program::of(sandbox, BASIC).env("KB_PUBLISH_PASSWORD", "kb.publisher")
}

/// The table under construction.
#[derive(Default)]
struct Table(String);

impl Table {
    /// What `bases` says; `check` and `publish` end alike, and `check` says the same of one of its steps.
    fn add(&mut self, case: &str, port: Option<u16>, program: &Program) {
        let ran = program.run(&["bases"]);
        program.run(&["publish", "--yes"]).ended(ran.code);
        program.run(&["plan"]).ended(ran.code);
        let report = program.run(&["check", "--format", "json"]).ended(ran.code).json();
        let step = report["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(step["status"], "fail", "{case}: {report}");
        let text = |key: &str| step[key].as_str().unwrap_or_default();
        assert!(ran.stderr.contains(text("help")), "{case}: {step}, {}", ran.stderr);
        let head = format!("## {case}: exit {}, `check` stops at `{}`", ran.code, text("name"));
        self.write(case, &head, port, &ran);
    }

    /// What one command says.
    fn write(&mut self, case: &str, head: &str, port: Option<u16>, ran: &Ran) {
        let mut text = ran.stderr.trim().to_owned();
        if let Some(port) = port {
            text = text.replace(&port.to_string(), "PORT");
        }
        // What the operating system calls it differs.
        for odd in ["(os error 111)", "(os error 61)", "(os error 10061)"] {
            text = text.replace(odd, "(os error)");
        }
        if let Some((before, after)) = text.split_once("(failed to lookup") {
            let rest = after.split_once(')').map_or("", |(_, rest)| rest);
            text = format!("{before}(…){rest}");
        }
        let _ = writeln!(self.0, "{head}\n\n{}\n", hide_transaction(&text));
        assert!(text.contains("help:"), "{case} helps nobody: {text}");
        assert!(ran.code != 3 || text.contains("kb-publish auth login"), "{case} names no command: {text}");
    }
}

/// `transaction 79aee3f52fa2` is another one each time.
fn hide_transaction(text: &str) -> String {
    let mut parts = text.split("transaction ");
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        hidden.push_str("transaction ID");
        hidden.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    }
    hidden
}

fn port(sandbox: &Sandbox) -> Option<u16> {
    sandbox.url().url().port()
}

async fn faulty(table: &mut Table, case: &str, fault: Value) {
    struck(table, case, "", fault).await;
}

/// A fault that strikes this user alone, or everybody.
async fn struck(table: &mut Table, case: &str, user: &str, fault: Value) {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    api.control("faults", json!({ "path": "/api/*", "user": user, "fault": fault, "count": 0 })).await;
    table.add(case, port(&sandbox), &signed(&sandbox));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_failures() {
    let mut table = Table::default();
    pages(&mut table).await;
    ways(&mut table).await;
    credentials(&mut table).await;
    redirect_mismatch(&mut table).await;
    rights(&mut table).await;
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/goldens/connection_failures.md");
    snapbox::assert_data_eq!(table.0, snapbox::Data::read_from(&golden, None).raw());
}

async fn pages(table: &mut Table) {
    faulty(table, "hibernating", json!({ "kind": "hibernating" })).await;
    faulty(table, "asleep by redirect", json!({ "kind": "redirect" })).await;
    faulty(table, "waking up", json!({ "kind": "offline" })).await;
    faulty(table, "maintenance", json!({ "kind": "status", "status": 503 })).await;
    faulty(table, "login page", json!({ "kind": "login" })).await;
    faulty(table, "gateway", json!({ "kind": "status", "status": 502 })).await;
    faulty(table, "limited for too long", json!({ "kind": "status", "status": 429, "retry_after": 3600 }))
        .await;
    let router =
        axum::Router::new().fallback(async || axum::response::Html("<html><title>It works!</title></html>"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let program = Program::at(&format!("http://{address}"), BASIC).env("KB_PUBLISH_PASSWORD", "x");
    table.add("wrong host", Some(address.port()), &program);
}

async fn ways(table: &mut Table) {
    let program = Program::at("https://kb.invalid", BASIC).env("KB_PUBLISH_PASSWORD", "x");
    table.add("unknown host", None, &program);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let program = Program::at(&format!("http://{closed}"), BASIC).env("KB_PUBLISH_PASSWORD", "x");
    table.add("closed port", Some(closed.port()), &program);
    let options = Options { port: 0, data: DataLocation::Memory, tls: true, ..Options::default() };
    let tls = start(options).await.unwrap();
    table.add("bad certificate", port(&tls), &signed(&tls));
}

async fn credentials(table: &mut Table) {
    let plain = sandbox("").await;
    let program = Program::of(&plain, BASIC);
    table.add("no password", port(&plain), &program);
    let program = Program::of(&plain, "method = \"basic\"");
    table.add("no user name", port(&plain), &program);
    let program = Program::of(&plain, BASIC);
    let program = program.env("KB_PUBLISH_PASSWORD", "wrong");
    table.add("wrong password", port(&plain), &program);
    let program = Program::of(&plain, &oauth("authorization-code"));
    table.add("nobody signed in", port(&plain), &program);
    let program = program.env("KB_PUBLISH_REFRESH_TOKEN", "expired").env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    table.add("expired refresh token", port(&plain), &program);
    let program = Program::of(&plain, &oauth("password"))
        .env("KB_PUBLISH_CLIENT_SECRET", CLIENT)
        .env("KB_PUBLISH_PASSWORD", "wrong");
    table.add("wrong password, password grant", port(&plain), &program);
    let mfa = sandbox("auth = \"mfa\"").await;
    table.add("second factor", port(&mfa), &signed(&mfa));
    let rfc = sandbox("oauth_errors = \"rfc\"").await;
    let program = Program::of(&rfc, &oauth("password"))
        .env("KB_PUBLISH_CLIENT_SECRET", "wrong")
        .env("KB_PUBLISH_PASSWORD", "kb.publisher");
    table.add("wrong client secret", port(&rfc), &program);
    let program = Program::of(&plain, &oauth("client-credentials")).env("KB_PUBLISH_CLIENT_SECRET", "wrong");
    table.add("wrong client secret, told as the platform does", port(&plain), &program);
    let rfc = sandbox("oauth_errors = \"rfc\"\npassword_grant = false").await;
    let program = Program::of(&rfc, &oauth("password"))
        .env("KB_PUBLISH_CLIENT_SECRET", CLIENT)
        .env("KB_PUBLISH_PASSWORD", "kb.publisher");
    table.add("disabled grant", port(&rfc), &program);
    let off = sandbox("client_credentials_grant = false").await;
    let program = Program::of(&off, &oauth("client-credentials")).env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    table.add("disabled grant, told as the platform does", port(&off), &program);
    let program = Program::of(&rfc, &format!("{}\nscope = \"nope\"", oauth("jwt-bearer")))
        .env("KB_PUBLISH_CLIENT_SECRET", CLIENT)
        .env("KB_PUBLISH_JWT_KEY", "no key");
    table.add("no key", port(&rfc), &program);
}

/// A code that was given for another redirect URL than the one it is traded with.
async fn redirect_mismatch(table: &mut Table) {
    let sandbox = sandbox("oauth_auto_allow = \"kb.publisher\"\noauth_errors = \"rfc\"").await;
    let api = Api::of(&sandbox, "admin");
    let (ours, other) = ("http://localhost:8765/callback", "http://localhost:8766/callback");
    let client = format!("{}/sandbox/oauth/clients/{CLIENT}", api.root);
    api.client.put(client).json(&json!({ "redirect_urls": [ours, other] })).send().await.unwrap();
    let program = Program::of(&sandbox, &oauth("authorization-code")).env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    let mut child = program.spawn(&["auth", "login", "--paste"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.find(|line| line.trim().starts_with("http")).unwrap();
    let url = url.trim().replace("8765", "8766");
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let back = client.get(&url).send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
    writeln!(child.stdin.take().unwrap(), "{code}").unwrap();
    let said: Vec<String> = lines.skip_while(|line| !line.starts_with("error")).collect();
    let code = child.wait().unwrap().code().unwrap();
    let ran = Ran { code, stdout: String::new(), stderr: said.join("\n") };
    let head = format!("## redirect mismatch: exit {code}");
    table.write("redirect mismatch", &head, port(&sandbox), &ran);
}

async fn rights(table: &mut Table) {
    let scoped = sandbox("oauth_errors = \"rfc\"").await;
    let program = Program::of(&scoped, &format!("{}\nscope = \"nope\"", oauth("password")))
        .env("KB_PUBLISH_CLIENT_SECRET", CLIENT)
        .env("KB_PUBLISH_PASSWORD", "kb.publisher");
    table.add("scope missing on the client", port(&scoped), &program);
    struck(
        table,
        "scope missing on the token",
        "kb.publisher",
        json!({ "kind": "status", "status": 403, "message": "User is not authorized",
                "detail": "Missing required api access scope" }),
    )
    .await;
    struck(
        table,
        "table closed",
        "kb.publisher",
        json!({ "kind": "status", "status": 403, "message": "User Not Authorized",
                "detail": "Failed API level ACL Validation" }),
    )
    .await;
    let plain = sandbox("").await;
    let program = signed(&plain);
    let ran = program.run(&["categories", "--knowledge-base", "Nope"]).ended(2);
    table.write(
        "base not visible",
        "## base not visible, asked for its categories: exit 2",
        port(&plain),
        &ran,
    );
    let ran = program.run(&["publish", "--knowledge-base", "Nope"]).ended(2);
    table.write("base not visible", "## base not visible, to be published into: exit 2", port(&plain), &ran);
    let check = program.run(&["check", "--knowledge-base", "Nope"]).ended(2).stdout;
    assert!(check.contains("`Nope` is not there, or not visible"), "{check}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_stops_where_nothing_further_can_be_asked() {
    let sandbox = sandbox("").await;
    let program = Program::of(&sandbox, BASIC).env("KB_PUBLISH_PASSWORD", "wrong");
    let ran = program.run(&["check", "--format", "json"]).ended(3);
    let report = ran.json();
    assert_eq!(report["schema"], "kb-publish/check/1");
    let steps = report["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!((&last["name"], &last["status"]), (&json!("sign-in"), &json!("fail")));
    assert!(steps[..steps.len() - 1].iter().all(|step| step["status"] == "ok"), "{report}");
    let nobody = Program::of(&sandbox, BASIC).run(&["test", "--format", "json"]).ended(3).json();
    assert_eq!(nobody["steps"].as_array().unwrap().last().unwrap()["name"], "sign-in");
}

fn step<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["steps"].as_array().unwrap().iter().find(|step| step["name"] == name).unwrap()
}

async fn checked(switches: &str, user: &str) -> Value {
    let sandbox = sandbox(switches).await;
    let api = Api::of(&sandbox, "admin");
    api.article(json!({})).await;
    let program = Program::of(&sandbox, &format!("method = \"basic\"\nusername = \"{user}\""))
        .env("KB_PUBLISH_PASSWORD", user);
    let ran = program.run(&["check", "--format", "json"]);
    assert!([0, 2].contains(&ran.code), "{ran:?}");
    ran.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_bite_is_said_before_the_first_publish() {
    let versioned = checked("versioning = \"on_admin_bypass\"", "kb.publisher").await;
    assert_eq!(step(&versioned, "versions")["status"], "warn");
    let help = step(&versioned, "versions")["help"].as_str().unwrap();
    for word in ["admin", "minor_edit_fields", "description", "attachments", "companion"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    // An administrator could, but is not told to.
    let admin = checked("versioning = \"on_admin_bypass\"", "admin").await;
    assert_eq!(step(&admin, "versions")["status"], "warn");
    assert!(step(&admin, "versions")["help"].as_str().unwrap().contains("`admin_in_place = true`"));
    let minor = "minor_edit_fields = [\"text\", \"short_description\", \"description\", \"attachments\"]";
    for open in [minor, "companion = true"] {
        let admin = checked(&format!("versioning = \"on_admin_bypass\"\n{open}"), "admin").await;
        assert_eq!(step(&admin, "versions")["status"], "ok", "{open}");
    }
    let unversioned = checked("", "kb.publisher").await;
    assert_eq!(step(&unversioned, "versions")["status"], "ok");
    let limited = checked("rate_limit_per_hour = 500", "kb.publisher").await;
    assert_eq!(step(&limited, "rate-limits")["status"], "warn");
    let policies = "attachment_extensions = [\"txt\", \"png\"]\nclient_sys_id = \"admin_only_ignored\"";
    let policies = checked(policies, "admin").await;
    assert_eq!(step(&policies, "properties")["status"], "ok");
    assert_eq!(step(&policies, "files")["status"], "warn", "{policies}");
    let reader = checked("", "reader").await;
    assert_ne!(step(&reader, "contribute")["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_need_not_be_open_fail_nothing() {
    for status in [400, 403, 404] {
        let sandbox = sandbox("").await;
        let api = Api::of(&sandbox, "kb.publisher");
        for table in ["sys_user_has_role", "sys_properties", "sys_rate_limit_rules"] {
            let fault =
                json!({ "table": table, "fault": { "kind": "status", "status": status }, "count": 0 });
            api.control("faults", fault).await;
        }
        let report = signed(&sandbox).run(&["check", "--format", "json"]).ended(0).json();
        for name in ["roles", "properties"] {
            assert_eq!(step(&report, name)["status"], "unknown", "{status}: {report}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_base_is_usage() {
    let sandbox = sandbox("").await;
    let program = signed(&sandbox);
    let ran = program.run(&["check", "--knowledge-base", "Nope"]).ended(2);
    assert!(ran.stdout.contains("this account sees: `IT`"), "{}", ran.stdout);
}

async fn probes(api: &Api) -> Vec<Value> {
    let list = "/api/now/table/kb_knowledge?sysparm_query=short_description=kb-publish write probe";
    api.ok("GET", list, None).await.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_write_probe_leaves_nothing_behind_or_says_what() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let ran = signed(&sandbox).run(&["check", "--write-probe"]).ended(0);
    assert!(ran.stderr.contains("makes a draft"), "said before it is done: {}", ran.stderr);
    for step in ["probe-create", "probe-attach", "probe-change", "probe-delete"] {
        assert!(ran.stdout.contains(step), "{}", ran.stdout);
    }
    assert!(ran.stdout.contains("may write to `IT`, as the probe's draft shows"), "{}", ran.stdout);
    // This account may not delete: the draft is out of everybody's way, and named.
    let left = probes(&api).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["workflow_state"], "retired");
    assert!(ran.stdout.contains(left[0]["number"].as_str().unwrap()), "{}", ran.stdout);
    let files = api.ok("GET", "/api/now/attachment", None).await;
    assert_eq!(files, json!([]));
    // One that may leaves nothing.
    let admin =
        Program::of(&sandbox, "method = \"basic\"\nusername = \"admin\"").env("KB_PUBLISH_PASSWORD", "admin");
    let told = admin.run(&["check", "--write-probe", "--format", "json"]).ended(0).json();
    assert_eq!(step(&told, "probe-delete")["status"], "ok");
    assert_eq!(probes(&api).await.len(), 1);
    let told = signed(&sandbox).run(&["check", "--write-probe", "--format", "json"]).ended(0).json();
    assert_eq!(step(&told, "contribute")["status"], "ok");
    let fault = json!({ "method": "POST", "table": "kb_knowledge", "fault": { "kind": "status", "status": 403,
        "message": "Operation Failed", "detail": "ACL Exception Insert Failed due to security constraints" } });
    api.control("faults", fault).await;
    let ran = signed(&sandbox).run(&["check", "--write-probe"]).ended(6);
    assert!(ran.stdout.contains("Can-Contribute"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_ones_own_authority() {
    let folder = tempfile::tempdir().unwrap();
    let ca = camino::Utf8PathBuf::from_path_buf(folder.path().join("ca.pem")).unwrap();
    let options = Options {
        port: 0,
        data: DataLocation::Memory,
        tls: true,
        ca_file: Some(ca.clone()),
        ..Options::default()
    };
    let tls = start(options).await.unwrap();
    let port = port(&tls).unwrap();
    let config = format!(
        "project = \"acme-docs\"\n[instance]\nurl = \"https://localhost:{port}\"\nca_file = \"{ca}\"\n[auth]\n{BASIC}"
    );
    let program = Program::new(&config).env("KB_PUBLISH_PASSWORD", "kb.publisher");
    program.run(&["bases"]).ended(0);
    let without = config.replace(&format!("ca_file = \"{ca}\"\n"), "");
    Program::new(&without).env("KB_PUBLISH_PASSWORD", "kb.publisher").run(&["bases"]).ended(4);
    std::fs::write(&ca, "nothing").unwrap();
    program.run(&["bases"]).ended(2);
}
