//! Tokens that end in the middle of a run, through the binary: renewed, revoked, revoked for good.

use std::time::Duration;

use kb_publish::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::program::{Program, finished};
use crate::sandbox_table::{Api, sandbox};

const CLIENT: &str = "kb-publish-sandbox";
const ARTICLES: usize = 60;

/// Sixty documents, and a profile in which somebody signed in by password once: only renewals work from then on.
fn signed_in(sandbox: &Sandbox) -> Program {
    let auth = format!(
        "method = \"oauth\"\ngrant = \"password\"\nclient_id = \"{CLIENT}\"\nusername = \"kb.publisher\"\n\
         [publish]\nknowledge_base = \"IT\"\nstatus = \"published\"\nconcurrency = 4"
    );
    let config = format!(
        "project = \"acme-docs\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"{}\"\nmax_wait_seconds = 20\n[auth]\n{auth}\n",
        sandbox.url()
    );
    let program = Program::new(&config);
    std::fs::remove_file(program.path("docs/a.md")).unwrap();
    for number in 0..ARTICLES {
        let text = format!("# Article {number}\n\nText of {number}.\n");
        std::fs::write(program.path(&format!("docs/{number:02}.md")), text).unwrap();
    }
    log_in(program)
}

/// `auth login`; afterwards no secret is in the environment.
fn log_in(program: Program) -> Program {
    let program = program.env("KB_PUBLISH_PASSWORD", "kb.publisher").env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    program.run(&["auth", "login"]).ended(0);
    program.env("KB_PUBLISH_PASSWORD", "").env("KB_PUBLISH_CLIENT_SECRET", "")
}

async fn log(api: &Api) -> Vec<Value> {
    let log = api.client.get(format!("{}/sandbox/log", api.root)).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    log["result"].as_array().unwrap().clone()
}

fn is(entry: &Value, method: &str, path: &str) -> bool {
    entry["method"] == method && entry["target"].as_str().unwrap().starts_with(path)
}

/// Waits until this many articles were created.
async fn created(api: &Api, count: usize) {
    let posts =
        |log: &[Value]| log.iter().filter(|entry| is(entry, "POST", "/api/now/table/kb_knowledge")).count();
    while posts(&log(api).await) < count {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Our articles: title to stamp.
async fn articles(api: &Api) -> Vec<(String, String)> {
    let list = "/api/now/table/kb_knowledge?sysparm_query=descriptionSTARTSWITHkb-publish-1/acme-docs/&sysparm_limit=200";
    let rows = api.ok("GET", list, None).await;
    let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| (text(row, "short_description"), text(row, "description")))
        .collect()
}

/// Every article is there once, and whole; a further run writes nothing.
async fn complete(api: &Api, program: &Program) {
    let mut titles: Vec<String> = articles(api).await.into_iter().map(|(title, _)| title).collect();
    assert_eq!(titles.len(), ARTICLES);
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), ARTICLES, "no duplicates");
    let before = log(api).await.len();
    program.run(&["publish"]).ended(0);
    let writes =
        |entry: &&Value| entry["target"].as_str().unwrap().starts_with("/api/") && entry["method"] != "GET";
    assert_eq!(log(api).await[before..].iter().filter(writes).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_outlives_many_tokens_and_renews_one_at_a_time() {
    let sandbox = sandbox("access_token_seconds = 2\nlatency_ms = 250").await;
    let api = Api::of(&sandbox, "admin");
    let program = signed_in(&sandbox);
    let ran = program.run(&["publish", "--format", "json"]).ended(0).json();
    let created =
        ran["documents"].as_array().unwrap().iter().filter(|one| one["outcome"] == "created").count();
    assert_eq!(created, ARTICLES);
    let log = log(&api).await;
    let renewals: Vec<usize> = (0..log.len()).filter(|at| is(&log[*at], "POST", "/oauth_token.do")).collect();
    assert!(renewals.len() >= 3, "{}", renewals.len());
    assert!(renewals.iter().all(|at| log[*at]["status"] == 200));
    // Two at the same time would end one after the other, with no answer to a worker in between.
    assert!(renewals.windows(2).all(|pair| pair[1] - pair[0] > 1), "{renewals:?}");
    assert!(log.iter().all(|entry| entry["status"] != 401), "renewed ahead of the end: nothing was refused");
    api.control("switches", json!({ "access_token_seconds": 1800, "latency_ms": 0 })).await;
    complete(&api, &program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_revoked_in_mid_run_is_replaced() {
    let sandbox = sandbox("latency_ms = 40").await;
    let api = Api::of(&sandbox, "admin");
    let program = signed_in(&sandbox);
    let child = program.spawn(&["publish", "--yes", "--format", "json"]);
    for count in [5, 25, 45] {
        created(&api, count).await;
        api.control("oauth/revoke", json!({ "access": true })).await;
    }
    let ran = finished(child).ended(0).json();
    assert!(ran["documents"].as_array().unwrap().iter().all(|one| one["outcome"] == "created"), "{ran}");
    assert!(log(&api).await.iter().any(|entry| entry["status"] == 401), "the tokens were really revoked");
    complete(&api, &program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nothing_can_be_renewed_the_run_ends_and_the_next_one_finishes() {
    let sandbox = sandbox("latency_ms = 40").await;
    let api = Api::of(&sandbox, "admin");
    let program = signed_in(&sandbox);
    let child = program.spawn(&["publish", "--yes", "--format", "json", "--journal", "journal"]);
    created(&api, 10).await;
    api.control("oauth/revoke", json!({ "access": true, "refresh": true })).await;
    let ran = finished(child).ended(3);
    let report = ran.json();
    let stopped = report["problems"].as_array().unwrap().iter().find(|one| one["code"] == "run-stopped");
    let stopped = stopped.unwrap_or_else(|| panic!("{report}"));
    assert!(stopped["help"].as_str().unwrap().contains("kb-publish auth login"), "{stopped}");
    // What is there is whole, and the journal tells of each of them.
    let there = articles(&api).await;
    assert!((10..ARTICLES).contains(&there.len()), "{}", there.len());
    let journal = std::fs::read_dir(program.path("journal")).unwrap().next().unwrap().unwrap().path();
    let journal = std::fs::read_to_string(journal.join("journal.jsonl")).unwrap();
    for (title, stamp) in &there {
        assert!(!stamp.contains("s=open"), "{title}: {stamp}");
        let identity = stamp.split(['/', ' ']).nth(2).unwrap();
        assert!(journal.contains(identity), "{title}");
    }
    let outcomes = report["documents"].as_array().unwrap();
    let created = outcomes.iter().filter(|one| one["outcome"] == "created").count();
    assert_eq!(created, there.len(), "the report tells what was written");
    // Without a sign-in nothing is even read.
    let before = log(&api).await.len();
    let again = program.run(&["publish"]).ended(3);
    assert!(again.stderr.contains("kb-publish auth login"), "{}", again.stderr);
    assert!(log(&api).await[before..].iter().all(|entry| entry["status"] == 401), "refused, every one");
    let program = log_in(program);
    let ran = program.run(&["publish", "--format", "json"]).ended(0).json();
    assert_eq!(ran["summary"]["create"], ARTICLES - there.len(), "{}", ran["summary"]);
    complete(&api, &program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_to_be_kept_nothing_is_said_of_it() {
    let sandbox = sandbox("").await;
    let auth = "method = \"oauth\"\ngrant = \"password\"\nclient_id = \"kb-publish-sandbox\"\nusername = \"kb.publisher\"";
    let program = Program::of(&sandbox, auth)
        .env("KB_PUBLISH_STORE", "none")
        .env("KB_PUBLISH_PASSWORD", "kb.publisher")
        .env("KB_PUBLISH_CLIENT_SECRET", CLIENT);
    assert_eq!(program.run(&["bases"]).ended(0).stderr, "");
}
