//! Faults on demand: each leaves the instance as it says, and the client with what it says.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::sandbox_table::{Api, BASE_IT, sandbox};

impl Api {
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let response =
            self.client.post(format!("{}/sandbox/{path}", self.root)).json(&body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn count(&self, table: &str) -> usize {
        self.ok("GET", &format!("/api/now/table/{table}?sysparm_fields=sys_id"), None)
            .await
            .as_array()
            .unwrap()
            .len()
    }

    fn post(&self) -> reqwest::RequestBuilder {
        self.client
            .post(format!("{}/api/now/table/kb_knowledge", self.root))
            .basic_auth(&self.user, Some(&self.user))
            .json(&json!({ "kb_knowledge_base": BASE_IT, "short_description": "T" }))
    }
}

#[tokio::test]
async fn before_the_work_nothing_is_done_and_after_it_all_is() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let mut there = 0;
    for (fault, done) in [
        (json!({ "kind": "status", "status": 500 }), false),
        (json!({ "kind": "status", "status": 500, "when": "after" }), true),
        (json!({ "kind": "status", "status": 503 }), false),
        (json!({ "kind": "cancelled_after_commit" }), true),
        (json!({ "kind": "reset" }), false),
        (json!({ "kind": "reset", "when": "after" }), true),
        (json!({ "kind": "truncate" }), true),
        (json!({ "kind": "cut" }), true),
        (json!({ "kind": "error_in_ok" }), true),
        (json!({ "kind": "accepted" }), false),
        (json!({ "kind": "hibernating" }), false),
        (json!({ "kind": "offline" }), false),
        (json!({ "kind": "hang", "when": "before" }), false),
        (json!({ "kind": "hang", "when": "after" }), true),
    ] {
        api.control("faults", json!({ "method": "POST", "table": "kb_knowledge", "fault": fault })).await;
        let answer = api.post().timeout(Duration::from_millis(400)).send().await;
        let whole = match answer {
            Err(_) => Value::Null,
            Ok(response) => response
                .bytes()
                .await
                .ok()
                .and_then(|body| serde_json::from_slice(&body).ok())
                .unwrap_or_default(),
        };
        assert!(whole["result"].is_null() || !whole["error"].is_null(), "{fault}: {whole}");
        there += usize::from(done);
        assert_eq!(api.count("kb_knowledge").await, there, "{fault}");
        let again = api.post().send().await.unwrap();
        assert_eq!(again.status(), StatusCode::CREATED, "{fault}: struck once only");
        there += 1;
    }
}

#[tokio::test]
async fn a_429_carries_what_it_is_told_to() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    api.control(
        "faults",
        json!([
            { "fault": { "kind": "status", "status": 429, "retry_after": 7 } },
            { "from": 2, "fault": { "kind": "status", "status": 429 } }
        ]),
    )
    .await;
    let list = "/api/now/table/kb_knowledge";
    let first = api.send("GET", list, None).await;
    assert_eq!(
        (first.status(), first.headers()["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "7")
    );
    let second = api.send("GET", list, None).await;
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(second.headers().get("retry-after").is_none());
    assert_eq!(api.send("GET", list, None).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_person_edits_between_two_requests() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let id = api.article(json!({})).await["sys_id"].as_str().unwrap().to_owned();
    api.control(
        "faults",
        json!({ "method": "PATCH", "column": "text", "fault": { "kind": "person", "act":
            { "user": "kb.admin", "act": "edit", "sys_id": "{sys_id}", "columns": { "text": "<p>mine</p>" } } } }),
    )
    .await;
    let path = format!("/api/now/table/kb_knowledge/{id}");
    let answer = api.ok("PATCH", &path, Some(json!({ "text": "<p>theirs</p>" }))).await;
    assert_eq!(answer["sys_mod_count"], "2", "the person's write and ours");
    assert_eq!(answer["text"], "<p>theirs</p>");
    api.control(
        "act",
        json!({ "user": "kb.admin", "act": "edit", "sys_id": id, "columns": { "meta": "k" } }),
    )
    .await;
    let row = api.ok("GET", &path, None).await;
    assert_eq!((&row["sys_mod_count"], &row["sys_updated_by"]), (&json!("3"), &json!("kb.admin")));
}

#[tokio::test]
async fn strangers_come_when_the_query_is_forgotten() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    api.article(json!({})).await;
    api.control("faults", json!({ "fault": { "kind": "forget_query" } })).await;
    let list = "/api/now/table/kb_knowledge?sysparm_query=number=nope";
    assert_eq!(api.ok("GET", list, None).await.as_array().unwrap().len(), 1);
    assert_eq!(api.ok("GET", list, None).await.as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_full_pool_answers_a_bare_429() {
    let sandbox = sandbox("threads = 1\nqueue = 1\nlatency_ms = 300").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let get = || api.send("GET", "/api/now/table/kb_knowledge", None);
    let (a, b, c) = tokio::join!(get(), get(), get());
    let mut statuses = [a.status().as_u16(), b.status().as_u16(), c.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429]);
    let waited = [&a, &b, &c].iter().any(|response| {
        response
            .headers()
            .get("server-timing")
            .is_some_and(|value| !value.to_str().unwrap().starts_with("sem_wait;dur=0,"))
    });
    assert!(waited, "one of them waited for the thread and says so");
}

#[tokio::test]
async fn the_hourly_rule_counts_and_refuses() {
    let sandbox = sandbox("rate_limit_per_hour = 2").await;
    let api = Api::of(&sandbox, "kb.publisher");
    for _ in 0..2 {
        let response = api.send("GET", "/api/now/table/kb_knowledge", None).await;
        assert_eq!(response.headers()["x-ratelimit-limit"], "2");
    }
    let refused = api.send("GET", "/api/now/table/kb_knowledge", None).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait));
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["message"], "Rate limit exceeded");
    let other = Api::of(&sandbox, "admin");
    assert_eq!(other.send("GET", "/api/now/table/kb_knowledge", None).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn switches_and_faults_with_wrong_names_are_refused() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    for (path, body) in [
        ("switches", json!({ "versionin": "off" })),
        ("switches", json!({ "versioning": "sometimes" })),
        ("faults", json!({ "fault": { "kind": "explode" } })),
        ("faults", json!({ "metod": "GET", "fault": { "kind": "reset" } })),
        ("act", json!({ "act": "dance" })),
    ] {
        let response =
            api.client.post(format!("{}/sandbox/{path}", api.root)).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path} {body}");
    }
    let page = api
        .client
        .post(format!("{}/sandbox/switches", api.root))
        .header("origin", "https://evil.example")
        .json(&json!({ "count_twice": true }))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::FORBIDDEN, "a page of another place steers nothing");
}

#[tokio::test]
async fn the_log_tells_what_was_asked() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    api.article(json!({})).await;
    api.send("GET", "/api/now/table/kb_knowledge/00000000000000000000000000000abc", None).await;
    let read = async |path: &str| {
        api.client
            .get(format!("{}/sandbox/{path}", api.root))
            .send()
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap()
    };
    let log = read("log").await["result"].take();
    assert_eq!(log[0]["method"], "POST");
    assert_eq!((&log[0]["status"], &log[0]["user"]), (&json!(201), &json!("kb.publisher")));
    assert_eq!(log[0]["transaction"].as_str().unwrap().len(), 12);
    assert_eq!(log[1]["status"], 404);
    let counters = read("counters").await["result"].take();
    assert_eq!(counters["GET /api/now/table/kb_knowledge/{sys_id}"], 1);
    assert_eq!(counters["POST"], 1);
    api.control("reset-log", json!({})).await;
    assert_eq!(read("log").await["result"], json!([]));
}
