//! The client against the sandbox and its faults: what is repeated, what is never, and what it makes of odd answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kb_publish::event::Silent;
use kb_publish::ids::{InstanceUrl, Project, SysId};
use kb_publish::sandbox::Sandbox;
use kb_publish::servicenow::{ApiError, Credentials, Network, Options, Page, Reader, Record, Writer};
use serde_json::{Value, json};

use crate::sandbox_table::{Api, BASE_IT, sandbox};

pub(crate) fn options(url: &InstanceUrl, credentials: Credentials, concurrency: usize) -> Options {
    Options {
        instance: url.clone(),
        credentials: Arc::new(credentials),
        network: network(),
        max_wait: Duration::from_secs(6),
        concurrency,
        user_name: None,
    }
}

pub(crate) fn network() -> Network {
    Network { ca_pem: None, proxy: None, timeout: Duration::from_secs(20), project: "acme-docs".to_owned() }
}

fn basic(user: &str) -> Credentials {
    Credentials::Basic { user: user.to_owned(), password: user.into() }
}

fn writer(sandbox: &Sandbox, concurrency: usize) -> Writer {
    Writer::new(options(sandbox.url(), basic("kb.publisher"), concurrency), Arc::new(Silent)).unwrap()
}

fn reader(sandbox: &Sandbox) -> Reader {
    Reader::new(options(sandbox.url(), basic("kb.publisher"), 4), Arc::new(Silent)).unwrap()
}

pub(crate) fn article(title: &str) -> Record {
    record(&[("short_description", title), ("text", "<p>t</p>"), ("kb_knowledge_base", BASE_IT)])
}

fn record(columns: &[(&str, &str)]) -> Record {
    Record(columns.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect())
}

/// Articles with a stamp, over the batch API so that thousands take seconds.
async fn stamped(api: &Api, count: usize, project: &str) -> BTreeSet<SysId> {
    let mut ids = BTreeSet::new();
    for start in (0..count).step_by(500) {
        let mut requests = Vec::new();
        for number in start..(start + 500).min(count) {
            let name = format!("{project}/{number}");
            let id = kb_publish::ids::DocumentId::parse(&name).unwrap();
            let id = id.identity(&Project::parse(project).unwrap(), 1);
            ids.insert(id);
            let body = json!({
                "sys_id": id.to_string(), "short_description": name, "kb_knowledge_base": BASE_IT,
                "text": "", "description": format!("kb-publish-1/{project}/{id} w=- s=open"),
            });
            requests.push(json!({
                "id": number.to_string(), "method": "POST", "url": "/api/now/table/kb_knowledge?sysparm_fields=sys_id",
                "headers": [{"name": "Content-Type", "value": "application/json"},
                            {"name": "Accept", "value": "application/json"}],
                "body": encode(&body.to_string()),
            }));
        }
        let body = json!({ "batch_request_id": "1", "rest_requests": requests });
        let (status, answer) = api.json("POST", "/api/now/v1/batch", Some(body)).await;
        assert!(status.is_success(), "{answer}");
        let served = answer["serviced_requests"].as_array().unwrap();
        assert!(served.iter().all(|one| one["status_code"] == 201), "{:?}", served.first());
    }
    ids
}

fn encode(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_whole_in_few_requests() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let ours = stamped(&api, 2300, "acme-docs").await;
    stamped(&api, 30, "other").await;
    let project = Project::parse("acme-docs").unwrap();
    for concurrency in [1, 4] {
        let reader = writer(&sandbox, concurrency);
        let index = reader.index("description", &project).await.unwrap();
        let found: BTreeSet<SysId> = index.rows.iter().map(|row| row.sys_id).collect();
        assert_eq!(found, ours);
        assert!(index.rows.is_sorted_by(|a, b| a.sys_id < b.sys_id));
        assert_eq!((index.dropped, index.hidden), (0, 0));
        let most = 3 + u64::try_from(concurrency).unwrap();
        assert!(reader.counts().get <= most, "{:?}", reader.counts());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_rows_are_counted_and_end_no_page_early() {
    let sandbox = sandbox("hide_every = 3").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let ours = stamped(&api, 1500, "acme-docs").await;
    let index = reader(&sandbox).index("description", &Project::parse("acme-docs").unwrap()).await.unwrap();
    assert!(index.hidden > 0);
    assert_eq!(index.rows.len() + index.hidden, ours.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_not_asked_for_are_dropped_and_counted() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let ours = stamped(&api, 3, "acme-docs").await;
    stamped(&api, 4, "other").await;
    api.article(json!({})).await;
    api.control("faults", json!({ "fault": { "kind": "forget_query" }, "count": 0 })).await;
    let reader = reader(&sandbox);
    let index = reader.index("description", &Project::parse("acme-docs").unwrap()).await.unwrap();
    assert_eq!(index.rows.iter().map(|row| row.sys_id).collect::<BTreeSet<_>>(), ours);
    assert_eq!(index.dropped, 5);
    let id = *ours.first().unwrap();
    assert_eq!(reader.articles(&[id], &["number"]).await.unwrap().len(), 1);
    assert_eq!(reader.versions(id, None, &["number"]).await.unwrap().len(), 1);
    assert_eq!(reader.rows_by_id("description", &[id]).await.unwrap().len(), 1);
    assert!(reader.attachments(&[id]).await.unwrap().is_empty());
    assert_eq!(reader.rows_by_number("description", "KB0010002").await.unwrap().len(), 1);
    // Strangers in sys_user: nobody is taken for the account but by name.
    assert_eq!(reader.current_user().await.unwrap().user_name, "kb.publisher");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_with_versions_is_found_by_its_first_row() {
    let sandbox = sandbox("versioning = \"on_admin_bypass\"").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let ours = stamped(&api, 1, "acme-docs").await;
    let first = *ours.first().unwrap();
    for act in ["publish", "checkout"] {
        api.control("act", json!({ "user": "admin", "act": act, "sys_id": first.to_string() })).await;
    }
    let reader = reader(&sandbox);
    let rows = reader.rows_by_id("description", &[first]).await.unwrap();
    assert_eq!(rows.len(), 2, "the published row and the draft beside it");
    assert!(rows.iter().all(|row| row.article_id == Some(first)));
    let index = reader.index("description", &Project::parse("acme-docs").unwrap()).await.unwrap();
    assert_eq!(index.rows.len(), 2);
    let rows = reader.versions(first, Some(first), &["workflow_state"]).await.unwrap();
    assert_eq!(rows.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_repeated_until_an_answer_comes() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let reader = reader(&sandbox);
    reader.bases().await.unwrap();
    let id = SysId::parse(api.article(json!({})).await["sys_id"].as_str().unwrap()).unwrap();
    for fault in [
        json!({ "kind": "status", "status": 500 }),
        json!({ "kind": "status", "status": 503 }),
        json!({ "kind": "reset" }),
        json!({ "kind": "truncate" }),
        json!({ "kind": "cut" }),
        json!({ "kind": "error_in_ok" }),
        json!({ "kind": "accepted" }),
        json!({ "kind": "status", "status": 429 }),
    ] {
        api.control("faults", json!({ "method": "GET", "table": "kb_knowledge", "fault": fault })).await;
        let before = reader.counts().get;
        assert_eq!(reader.articles(&[id], &["number"]).await.unwrap().len(), 1, "{fault}");
        assert_eq!(reader.counts().get - before, 2, "{fault}: once in vain, once for good");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_an_answer_is_the_callers_to_look_up() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let writer = writer(&sandbox, 1);
    writer.bases().await.unwrap();
    for (number, fault) in [
        json!({ "kind": "status", "status": 500, "when": "after" }),
        json!({ "kind": "status", "status": 503 }),
        json!({ "kind": "cancelled_after_commit" }),
        json!({ "kind": "reset", "when": "after" }),
        json!({ "kind": "truncate" }),
        json!({ "kind": "cut" }),
        json!({ "kind": "error_in_ok" }),
        json!({ "kind": "accepted" }),
    ]
    .into_iter()
    .enumerate()
    {
        api.control("faults", json!({ "method": "POST", "table": "kb_knowledge", "fault": fault })).await;
        let error = writer.create_article(&article("T")).await.unwrap_err();
        assert!(error.no_answer(), "{fault}: {error}");
        assert_eq!(writer.counts().post, u64::try_from(number + 1).unwrap(), "{fault}: sent once");
    }
    let error = writer.update_article(SysId::from_bytes([7; 16]), &article("T")).await.unwrap_err();
    assert!(error.is_not_found() && !error.no_answer());
    assert!(writer.delete_attachment(SysId::from_bytes([7; 16])).await.is_ok(), "gone is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_its_time() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let writer = writer(&sandbox, 4);
    api.control("faults", json!({ "fault": { "kind": "status", "status": 429, "retry_after": 2 } })).await;
    let start = Instant::now();
    let record = article("T");
    let posts = (0..4).map(|_| writer.create_article(&record));
    let done = futures_util::future::join_all(posts).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert!(start.elapsed() >= Duration::from_secs(2));
    api.control("faults", json!({ "fault": { "kind": "status", "status": 429, "retry_after": 7 } })).await;
    let error = writer.create_article(&record).await.unwrap_err();
    let ApiError::WaitTooLong { wait, .. } = &error else { panic!("{error:?}") };
    assert_eq!(wait.unwrap().as_secs(), 7);
    assert_eq!(error.exit(), 4);
    let listed = writer.current_user().await;
    assert!(matches!(listed, Err(ApiError::WaitTooLong { .. })), "the others hold back too: {listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_in_flight_than_there_are_workers() {
    // A pool of 3 without a queue answers a bare 429 to the fourth at once.
    let sandbox = sandbox("threads = 3\nqueue = 0\nlatency_ms = 20").await;
    let writer = writer(&sandbox, 3);
    let record = article("T");
    let posts = (0..24).map(|_| writer.create_article(&record));
    let done = futures_util::future::join_all(posts).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(writer.counts().post, 24, "none was turned away");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_categories_round_trip() {
    let sandbox = sandbox("").await;
    let writer = Writer::new(options(sandbox.url(), basic("kb.admin"), 2), Arc::new(Silent)).unwrap();
    let id = writer.create_article(&article("T")).await.unwrap().sys_id().unwrap();
    let bytes = bytes::Bytes::from_static(b"<!doctype html><form action=/login.do><input type=\"password\">");
    let file = writer.upload(id, "odd name+&.html", "text/html", bytes.clone()).await.unwrap();
    assert_eq!((file.file_name.as_str(), file.table_sys_id), ("odd name+&.html", id));
    assert_eq!(file.hash, kb_publish::ids::Digest::of(&bytes).hex());
    assert_eq!(writer.attachment_bytes(file.sys_id).await.unwrap(), bytes, "a page may be what is in a file");
    assert_eq!(writer.attachments(&[id]).await.unwrap(), std::slice::from_ref(&file));
    writer.delete_attachment(file.sys_id).await.unwrap();
    assert!(writer.attachments(&[id]).await.unwrap().is_empty());
    let base = SysId::parse(BASE_IT).unwrap();
    let top = writer.create_category("A / B", "a_b", base, true).await.unwrap();
    let below = writer.create_category("C", "c", top.sys_id, false).await.unwrap();
    let tree = writer.categories(base).await.unwrap();
    let labels: BTreeMap<SysId, &str> =
        tree.iter().map(|category| (category.sys_id, category.label.as_str())).collect();
    assert_eq!((labels[&top.sys_id], labels[&below.sys_id]), ("A / B", "C"));
    let place = |id| tree.iter().position(|category| category.sys_id == id).unwrap();
    assert!(place(top.sys_id) < place(below.sys_id), "parents come first");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_redirects_are_told_and_nothing_follows_them() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    for (fault, page) in [
        (json!({ "kind": "hibernating" }), Page::Hibernating),
        (json!({ "kind": "offline" }), Page::Offline),
        (json!({ "kind": "login" }), Page::Login),
        (json!({ "kind": "redirect" }), Page::Asleep),
        (json!({ "kind": "status", "status": 503 }), Page::Maintenance),
    ] {
        api.control("faults", json!({ "fault": fault })).await;
        let error = reader(&sandbox).bases().await.unwrap_err();
        assert_eq!(error, ApiError::NotAnInstance { page }, "{fault}");
        assert_eq!(error.exit(), 4);
    }
}

/// A server that says what it likes.
async fn liar(answer: Value) -> InstanceUrl {
    let router = axum::Router::new()
        .fallback(move || async move { ([("x-total-count", "999999")], axum::Json(answer)) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    InstanceUrl::parse(&url).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_server_is_caught() {
    let id = "a".repeat(32);
    let many: Vec<Value> =
        (0..1000).map(|_| json!({ "sys_id": id, "description": "kb-publish-1/acme-docs/x" })).collect();
    let project = Project::parse("acme-docs").unwrap();
    for answer in [
        json!({ "result": many }),
        json!({ "result": "text" }),
        json!({ "result": [1, 2] }),
        json!({ "result": { "sys_id": [] } }),
        json!({ "result": vec![json!({ "sys_id": "x" }); 1001] }),
        json!([]),
        json!({}),
    ] {
        let url = liar(answer.clone()).await;
        let mut options = options(&url, basic("kb.publisher"), 2);
        options.max_wait = Duration::from_millis(300);
        let writer = Writer::new(options, Arc::new(Silent)).unwrap();
        let index = writer.index("description", &project).await;
        assert!(matches!(index, Err(ApiError::BrokenAnswer { .. })), "{answer:.80}: {index:?}");
        let ids = [SysId::parse(&id).unwrap()];
        assert!(writer.articles(&ids, &["text"]).await.is_err(), "{answer:.80}");
        assert!(writer.attachments(&ids).await.is_err(), "{answer:.80}");
        assert!(
            writer.update_article(SysId::from_bytes([1; 16]), &article("T")).await.is_err(),
            "{answer:.80}"
        );
        let upload = writer.upload(ids[0], "a.png", "image/png", bytes::Bytes::new()).await;
        assert!(upload.is_err(), "{answer:.80}");
    }
}
