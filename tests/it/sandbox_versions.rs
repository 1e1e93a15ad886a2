//! Versioned articles, ways of publishing, and who may do what with them (contract §2.4, §2.5).

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::sandbox_table::{Api, sandbox};

fn path(id: &Value) -> String {
    format!("/api/now/table/kb_knowledge/{}", id.as_str().unwrap())
}

async fn act(api: &Api, user: &str, act: &str, id: &Value) -> Value {
    let body = json!({ "user": user, "act": act, "sys_id": id });
    let response = api.client.post(format!("{}/sandbox/act", api.root)).json(&body).send().await.unwrap();
    let status = response.status();
    let answer = response.json::<Value>().await.unwrap();
    assert!(status.is_success(), "{act}: {status} {answer}");
    answer["result"]["sys_id"].clone()
}

#[tokio::test]
async fn a_checkout_is_a_row_of_its_own_with_its_own_files() {
    let sandbox = sandbox("versioning = \"on_admin_bypass\"").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let first = api.article(json!({})).await;
    let target = format!(
        "{}/api/now/attachment/file?table_name=kb_knowledge&table_sys_id={}&file_name=a.png",
        api.root,
        first["sys_id"].as_str().unwrap()
    );
    let request = api.client.post(target).basic_auth("kb.publisher", Some("kb.publisher"));
    let file = request.header("content-type", "image/png").body("png").send().await.unwrap();
    let file = file.json::<Value>().await.unwrap()["result"]["sys_id"].as_str().unwrap().to_owned();
    let image = format!("<p><img src=\"/sys_attachment.do?sys_id={file}\" alt=\"a\"></p>");
    let published = api
        .ok("PATCH", &path(&first["sys_id"]), Some(json!({ "text": image, "workflow_state": "published" })))
        .await;
    assert_eq!(published["display_number"], "KB0010001 v1.0");

    let draft = act(&api, "kb.admin", "checkout", &first["sys_id"]).await;
    assert_ne!(draft, first["sys_id"]);
    let draft = api.ok("GET", &path(&draft), None).await;
    assert_eq!((&draft["number"], &draft["article_id"]), (&first["number"], &first["sys_id"]));
    assert_eq!((&draft["workflow_state"], &draft["latest"]), (&json!("draft"), &json!("true")));
    assert_eq!(draft["base_version"]["value"], first["sys_id"]);
    assert_eq!(draft["display_number"], "KB0010001 v1.01");
    let old = api.ok("GET", &path(&first["sys_id"]), None).await;
    assert_eq!((&old["latest"], &old["workflow_state"]), (&json!("false"), &json!("published")));
    let list =
        format!("/api/now/attachment?sysparm_query=table_sys_id={}", draft["sys_id"].as_str().unwrap());
    let copies = api.ok("GET", &list, None).await;
    let copy = copies[0]["sys_id"].as_str().unwrap();
    assert_ne!(copy, file);
    assert!(draft["text"].as_str().unwrap().contains(copy), "the copy's id stands in the copied body");
    assert!(!draft["text"].as_str().unwrap().contains(&file));

    act(&api, "kb.admin", "publish", &draft["sys_id"]).await;
    let new = api.ok("GET", &path(&draft["sys_id"]), None).await;
    assert_eq!(
        (&new["workflow_state"], &new["display_number"]),
        (&json!("published"), &json!("KB0010001 v2.0"))
    );
    let old = api.ok("GET", &path(&first["sys_id"]), None).await;
    assert_eq!(old["workflow_state"], "outdated");
    let current = format!(
        "/api/now/table/kb_knowledge?sysparm_query=article_id={}%5Elatest=true&sysparm_fields=sys_id",
        first["sys_id"].as_str().unwrap()
    );
    assert_eq!(api.ok("GET", &current, None).await, json!([{ "sys_id": draft["sys_id"] }]));
}

#[tokio::test]
async fn what_is_checked_out_is_not_retired() {
    let sandbox = sandbox("versioning = \"on_admin_bypass\"").await;
    let api = Api::of(&sandbox, "admin");
    let article = api.article(json!({ "workflow_state": "published" })).await;
    let draft = act(&api, "kb.admin", "checkout", &article["sys_id"]).await;
    let retire = json!({ "workflow_state": "retired" });
    let (status, body) = api.json("PATCH", &path(&article["sys_id"]), Some(retire.clone())).await;
    assert_eq!(status, 403);
    assert!(body["error"]["detail"].as_str().unwrap().contains("aborted by Business Rule"), "{body}");
    act(&api, "kb.admin", "publish", &draft).await;
    let retired = api.ok("PATCH", &path(&draft), Some(retire)).await;
    assert_eq!(retired["workflow_state"], "retired");
    assert_eq!(retired["retired"].as_str().unwrap().len(), 10);
}

#[tokio::test]
async fn published_rows_are_shut_as_the_switch_says() {
    for (versioning, publisher, admin) in [
        ("off", "changed", "changed"),
        ("on_admin_bypass", "refused", "changed"),
        ("on_blocked_403", "refused", "refused"),
        ("on_blocked_silent", "silent", "silent"),
    ] {
        let sandbox = sandbox(&format!("versioning = \"{versioning}\"")).await;
        let api = Api::of(&sandbox, "kb.publisher");
        let row = api.article(json!({ "workflow_state": "published" })).await;
        for (user, expected) in [("kb.publisher", publisher), ("admin", admin)] {
            let api = Api::of(&sandbox, user);
            let title = format!("by {user}");
            let change = json!({ "short_description": title });
            let (status, answer) = api.json("PATCH", &path(&row["sys_id"]), Some(change)).await;
            let told = match status {
                StatusCode::FORBIDDEN => "refused",
                StatusCode::OK if answer["result"]["short_description"] == title.as_str() => "changed",
                StatusCode::OK => "silent",
                other => panic!("{other}"),
            };
            assert_eq!(told, expected, "{versioning} {user}");
            if expected != "changed" {
                let now = api.ok("GET", &path(&row["sys_id"]), None).await;
                assert_eq!(now["sys_mod_count"], "0", "{versioning} {user}: nothing was written");
            }
        }
    }
}

#[tokio::test]
async fn minor_edits_open_the_named_columns_to_who_runs_the_base() {
    let sandbox = sandbox(
        "versioning = \"on_blocked_403\"\nminor_edit_fields = [\"text\", \"valid_to\", \"attachments\"]",
    )
    .await;
    let api = Api::of(&sandbox, "kb.publisher");
    let row = api.article(json!({ "workflow_state": "published" })).await;
    let owner = Api::of(&sandbox, "kb.admin");
    let text = json!({ "text": "<p>new</p>" });
    assert_eq!(owner.ok("PATCH", &path(&row["sys_id"]), Some(text.clone())).await["text"], "<p>new</p>");
    let both = json!({ "text": "<p>newer</p>", "short_description": "no" });
    assert_eq!(owner.json("PATCH", &path(&row["sys_id"]), Some(both)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(api.json("PATCH", &path(&row["sys_id"]), Some(text)).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn files_of_a_published_row_are_shut_with_it() {
    let sandbox = sandbox("versioning = \"on_admin_bypass\"").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let row = api.article(json!({ "workflow_state": "published" })).await;
    let target = format!(
        "{}/api/now/attachment/file?table_name=kb_knowledge&table_sys_id={}&file_name=a.png",
        api.root,
        row["sys_id"].as_str().unwrap()
    );
    for (user, status) in [("kb.publisher", 403), ("admin", 201)] {
        let request = api.client.post(&target).basic_auth(user, Some(user));
        let answer = request.header("content-type", "image/png").body("x").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{user}");
    }
}

#[tokio::test]
async fn published_becomes_what_the_instance_makes_of_it() {
    for (publish, state) in [
        ("direct", "published"),
        ("stays_draft", "draft"),
        ("approval_review", "review"),
        ("scheduled", "scheduled_publish"),
    ] {
        let sandbox = sandbox(&format!("publish = \"{publish}\"")).await;
        let api = Api::of(&sandbox, "kb.publisher");
        let row = api.article(json!({})).await;
        let change = json!({ "workflow_state": "published", "meta": "k" });
        let answer = api.ok("PATCH", &path(&row["sys_id"]), Some(change)).await;
        assert_eq!((&answer["workflow_state"], &answer["meta"]), (&json!(state), &json!("k")), "{publish}");
        assert_eq!(answer["published"].as_str().unwrap().is_empty(), publish != "direct", "{publish}");
    }
    let sandbox = sandbox("publish = \"forbidden\"").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let row = api.article(json!({})).await;
    let change = json!({ "workflow_state": "published" });
    assert_eq!(api.json("PATCH", &path(&row["sys_id"]), Some(change)).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_approval_publishes_and_a_rejection_sends_back() {
    let sandbox = sandbox("publish = \"approval_review\"").await;
    let api = Api::of(&sandbox, "kb.publisher");
    for (answer, state) in [("approve", "published"), ("reject", "draft")] {
        let row = api.article(json!({ "workflow_state": "published" })).await;
        assert_eq!(row["workflow_state"], "review");
        act(&api, "kb.admin", answer, &row["sys_id"]).await;
        let row = api.ok("GET", &path(&row["sys_id"]), None).await;
        assert_eq!((&row["workflow_state"], &row["sys_updated_by"]), (&json!(state), &json!("kb.admin")));
    }
}

#[tokio::test]
async fn other_hands_leave_other_counts() {
    let sandbox = sandbox("count_twice = true").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let row = api.article(json!({})).await;
    let change = |n: u32| Some(json!({ "meta": format!("k{n}") }));
    assert_eq!(api.ok("PATCH", &path(&row["sys_id"]), change(1)).await["sys_mod_count"], "2");
    api.control("switches", json!({ "count_twice": false, "last_editor": "system" })).await;
    let row = api.ok("PATCH", &path(&row["sys_id"]), change(2)).await;
    assert_eq!((&row["sys_mod_count"], &row["sys_updated_by"]), (&json!("4"), &json!("system")));
    api.control("switches", json!({ "last_editor": "", "views_count_as_updates": true })).await;
    act(&api, "reader", "view", &row["sys_id"]).await;
    let row = api.ok("GET", &path(&row["sys_id"]), None).await;
    assert_eq!((&row["sys_mod_count"], &row["sys_view_count"]), (&json!("5"), &json!("1")));
}

#[tokio::test]
async fn a_hardened_instance_keeps_its_own_sys_ids() {
    let id = "00000000000000000000000000000abc";
    for (switch, status) in [("admin_only_ignored", 201), ("admin_only_403", 403)] {
        let sandbox = sandbox(&format!("client_sys_id = \"{switch}\"")).await;
        let send = async |user: &str| {
            let api = Api::of(&sandbox, user);
            let body = json!({ "sys_id": id, "kb_knowledge_base": crate::sandbox_table::BASE_IT });
            api.json("POST", "/api/now/table/kb_knowledge", Some(body)).await
        };
        let (code, body) = send("kb.publisher").await;
        assert_eq!(code.as_u16(), status, "{switch}");
        assert_ne!(body["result"]["sys_id"], id, "{switch}");
        assert_eq!(send("admin").await.1["result"]["sys_id"], id, "{switch}");
        let (code, _) = send("admin").await;
        assert_eq!(code, StatusCode::FORBIDDEN, "a sys_id is taken once");
    }
}

#[tokio::test]
async fn columns_are_cut_protected_and_hidden_by_switch() {
    let sandbox = sandbox("[column_limits]\n\"kb_knowledge.description\" = 10").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let stamp = json!({ "description": "kb-publish-1/p/abcdef" });
    let row = api.article(stamp.clone()).await;
    assert_eq!(row["description"], "kb-publish");
    api.control(
        "switches",
        json!({ "column_limits": {}, "protected_columns": ["kb_knowledge.description"] }),
    )
    .await;
    assert_eq!(api.article(stamp.clone()).await["description"], "");
    api.control(
        "switches",
        json!({ "protected_columns": [], "unreadable_columns": ["kb_knowledge.description"] }),
    )
    .await;
    assert!(api.article(stamp.clone()).await.get("description").is_none());
    api.control(
        "switches",
        json!({ "unreadable_columns": [], "query_denied_columns": ["kb_knowledge.description"] }),
    )
    .await;
    for query in ["descriptionSTARTSWITHk", "ORDERBYdescription"] {
        let (status, body) =
            api.json("GET", &format!("/api/now/table/kb_knowledge?sysparm_query={query}"), None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{query}");
        assert_eq!(body["error"]["message"], "Insufficient rights to query records");
    }
    let long = "x".repeat(101);
    for (switch, length) in [("truncate", 100), ("keep", 101)] {
        api.control("switches", json!({ "over_long": switch })).await;
        let row = api.article(json!({ "short_description": long })).await;
        assert_eq!(row["short_description"].as_str().unwrap().len(), length, "{switch}");
    }
    api.control("switches", json!({ "over_long": "error_403" })).await;
    let (status, _) =
        api.json("PATCH", &path(&row["sys_id"]), Some(json!({ "short_description": long }))).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn rows_hidden_by_access_rules_make_pages_short() {
    let sandbox = sandbox("hide_every = 2").await;
    let api = Api::of(&sandbox, "kb.publisher");
    for n in 0..10 {
        let id = format!("{n:08x}000000000000000000000000");
        let body = json!({ "sys_id": id, "kb_knowledge_base": crate::sandbox_table::BASE_IT });
        api.ok("POST", "/api/now/table/kb_knowledge", Some(body)).await;
    }
    let response =
        api.send("GET", "/api/now/table/kb_knowledge?sysparm_limit=4&sysparm_fields=sys_id", None).await;
    assert_eq!(response.headers()["x-total-count"], "10");
    assert_eq!(response.json::<Value>().await.unwrap()["result"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn attachments_are_refused_as_switched() {
    let sandbox = sandbox("attachment_max_bytes = 10").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let article = api.article(json!({})).await["sys_id"].as_str().unwrap().to_owned();
    let upload = async |name: &str, body: &'static str| {
        let target = format!(
            "{}/api/now/attachment/file?table_name=kb_knowledge&table_sys_id={article}&file_name={name}",
            api.root
        );
        let request = api.client.post(target).basic_auth("kb.publisher", Some("kb.publisher"));
        request.header("content-type", "image/png").body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(upload("a.png", "0123456789").await, 201);
    assert_eq!(upload("a.png", "0123456789x").await, 403);
    let reset = json!({ "attachment_max_bytes": 1000, "attachment_extensions": ["jpg"] });
    api.control("switches", reset).await;
    assert_eq!(upload("a.png", "x").await, 403);
    api.control("switches", json!({ "attachment_extensions": [], "attachment_mime_check": true })).await;
    assert_eq!(upload("a.jpg", "x").await, 403, "said to be a PNG, named as a JPEG");
    assert_eq!(upload("a.png", "\u{47}\u{49}\u{46}89a............").await, 403, "a GIF by its bytes");
    api.control("switches", json!({ "attachment_mime_check": false, "attachment_secure_names": true })).await;
    assert_eq!(upload("a.php.png", "x").await, 403);
    assert_eq!(upload("a.png", "x").await, 201);
}
