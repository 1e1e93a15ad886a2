//! The sandbox's Table API, over the wire.

use kb_publish::sandbox::{DataLocation, Options, Profile, Sandbox, start};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

pub(crate) const BASE_IT: &str = "a7e8a78bff0221009b20ffffffffff17";

pub(crate) async fn sandbox(switches: &str) -> Sandbox {
    let profile = Profile::from_toml(switches).unwrap();
    start(Options { port: 0, data: DataLocation::Memory, profile, ..Options::default() }).await.unwrap()
}

pub(crate) struct Api {
    pub(crate) root: String,
    pub(crate) client: Client,
    pub(crate) user: String,
}

impl Api {
    pub(crate) fn of(sandbox: &Sandbox, user: &str) -> Self {
        let client = Client::builder().no_proxy().gzip(true).build().unwrap();
        Self { root: sandbox.url().to_string(), client, user: user.to_owned() }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.root))
            .header("accept", "application/json")
            .basic_auth(&self.user, Some(&self.user));
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn json(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        (status, body)
    }

    pub(crate) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, mut answer) = self.json(method, path, body).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer["result"].take()
    }

    pub(crate) async fn article(&self, columns: Value) -> Value {
        let mut all = json!({ "kb_knowledge_base": BASE_IT, "short_description": "T", "text": "<p>t</p>" });
        for (name, value) in columns.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.ok("POST", "/api/now/table/kb_knowledge", Some(all)).await
    }
}

#[tokio::test]
async fn an_article_is_created_read_changed_and_deleted() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let id = "00000000000000000000000000000abc";
    let response = api
        .send(
            "POST",
            "/api/now/table/kb_knowledge",
            Some(
                json!({ "sys_id": id, "short_description": "VPN", "text": "<p>Don't</p>", "bunk_field": "x",
                         "kb_knowledge_base": BASE_IT, "workflow_state": "draft" }),
            ),
        )
        .await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(location, format!("{}/api/now/table/kb_knowledge/{id}", sandbox.url()));
    let made = response.json::<Value>().await.unwrap()["result"].take();
    assert_eq!(made["sys_id"], id);
    assert_eq!(made["number"], "KB0010001");
    assert_eq!(made["text"], "<p>Don&#39;t</p>");
    assert_eq!(made["sys_created_by"], "kb.publisher");
    assert_eq!(made["sys_mod_count"], "0");
    assert_eq!(made["wiki"], Value::Null);
    assert_eq!(made["kb_knowledge_base"]["value"], BASE_IT);
    assert!(made.get("bunk_field").is_none());
    assert!(made.get("article_id").is_none());

    let path = format!("/api/now/table/kb_knowledge/{id}");
    let same = api.ok("PATCH", &path, Some(json!({ "text": "<p>Don't</p>" }))).await;
    assert_eq!(same["sys_mod_count"], "0", "a change that changes nothing counts nothing");
    let changed = api
        .ok("PATCH", &path, Some(json!({ "short_description": "VPN 2", "workflow_state": "published" })))
        .await;
    assert_eq!(changed["sys_mod_count"], "1");
    assert_eq!(changed["workflow_state"], "published");
    assert_eq!(changed["published"].as_str().unwrap().len(), 10);

    assert_eq!(api.send("DELETE", &path, None).await.status(), StatusCode::FORBIDDEN);
    let admin = Api::of(&sandbox, "admin");
    assert_eq!(admin.send("DELETE", &path, None).await.status(), StatusCode::NO_CONTENT);
    let (status, body) = api.json("GET", &path, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["error"]["message"], "No Record found");
    assert_eq!(body["status"], "failure");
}

#[tokio::test]
async fn roles_decide_who_reads_and_writes() {
    let sandbox = sandbox("").await;
    let publisher = Api::of(&sandbox, "kb.publisher");
    let reader = Api::of(&sandbox, "reader");
    publisher.article(json!({ "short_description": "draft" })).await;
    publisher.article(json!({ "short_description": "live", "workflow_state": "published" })).await;
    let response =
        reader.send("GET", "/api/now/table/kb_knowledge?sysparm_fields=short_description", None).await;
    assert_eq!(response.headers()["x-total-count"], "2", "counted before access rules");
    let rows = response.json::<Value>().await.unwrap();
    assert_eq!(rows["result"], json!([{ "short_description": "live" }]));
    let (status, body) = reader
        .json("POST", "/api/now/table/kb_knowledge", Some(json!({ "kb_knowledge_base": BASE_IT })))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body["error"]["detail"], "ACL Exception Insert Failed due to security constraints");
    let nobody = Api { user: "nobody".to_owned(), ..Api::of(&sandbox, "x") };
    let (status, body) = nobody.json("GET", "/api/now/table/kb_knowledge", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["error"]["message"], "User is not authenticated");
}

#[tokio::test]
async fn pages_links_and_counts_are_as_recorded() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    for n in 0..5 {
        api.article(json!({ "sys_id": format!("{n:032x}"), "short_description": format!("T{n}") })).await;
    }
    let root = sandbox.url().to_string();
    let list = "/api/now/table/kb_knowledge?sysparm_fields=short_description&sysparm_query=ORDERBYsys_id";
    let response = api.send("GET", &format!("{list}&sysparm_limit=2"), None).await;
    assert_eq!(response.headers()["x-total-count"], "5");
    let expected = ["0>;rel=\"first\"", "-2>;rel=\"prev\"", "2>;rel=\"next\"", "4>;rel=\"last\""]
        .map(|end| format!("<{root}{list}&sysparm_limit=2&sysparm_offset={end}"))
        .join(",");
    assert_eq!(response.headers()["link"].to_str().unwrap(), expected);
    let end_page = api.send("GET", &format!("{list}&sysparm_limit=2&sysparm_offset=4"), None).await;
    assert!(!end_page.headers()["link"].to_str().unwrap().contains("rel=\"next\""));
    assert_eq!(end_page.json::<Value>().await.unwrap()["result"], json!([{ "short_description": "T4" }]));
    let bare = api.send("GET", &format!("{list}&sysparm_no_count=true"), None).await;
    assert!(bare.headers().get("x-total-count").is_none());
    let keyset = format!(
        "/api/now/table/kb_knowledge?sysparm_query=sys_id%3E{:032x}%5EORDERBYsys_id&sysparm_fields=short_description",
        2
    );
    assert_eq!(
        api.ok("GET", &keyset, None).await,
        json!([{ "short_description": "T3" }, { "short_description": "T4" }])
    );
    let empty = "sysparm_query=number=nope";
    assert_eq!(api.ok("GET", &format!("/api/now/table/kb_knowledge?{empty}"), None).await, json!([]));
    let (status, _) = api.json("GET", &format!("/api/now/v1/table/kb_knowledge?{empty}"), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "version 1 answers 404 where nothing matches");
}

#[tokio::test]
async fn unknown_conditions_are_ignored_unless_switched() {
    for (switches, count) in [("", 2), ("unknown_query_field = \"no_rows\"", 0)] {
        let sandbox = sandbox(switches).await;
        let api = Api::of(&sandbox, "kb.publisher");
        api.article(json!({})).await;
        api.article(json!({})).await;
        let rows = api.ok("GET", "/api/now/table/kb_knowledge?sysparm_query=bunk=1", None).await;
        assert_eq!(rows.as_array().unwrap().len(), count, "{switches}");
    }
}

#[tokio::test]
async fn values_are_shown_as_asked() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let id = api.article(json!({})).await["sys_id"].as_str().unwrap().to_owned();
    let root = sandbox.url();
    let link = format!("{root}/api/now/table/kb_knowledge_base/{BASE_IT}");
    let get = async |parameters: &str| {
        api.ok(
            "GET",
            &format!("/api/now/table/kb_knowledge/{id}?sysparm_fields=kb_knowledge_base,kb_category,workflow_state,kb_knowledge_base.title{parameters}"),
            None,
        )
        .await
    };
    assert_eq!(
        get("").await,
        json!({ "kb_knowledge_base": { "link": link, "value": BASE_IT }, "kb_category": "",
                "workflow_state": "draft", "kb_knowledge_base.title": "IT" })
    );
    assert_eq!(get("&sysparm_exclude_reference_link=true").await["kb_knowledge_base"], json!(BASE_IT));
    let shown = get("&sysparm_display_value=true").await;
    assert_eq!(shown["kb_knowledge_base"], json!({ "display_value": "IT", "link": link }));
    assert_eq!(shown["workflow_state"], "Draft");
    let all = get("&sysparm_display_value=all&sysparm_exclude_reference_link=true").await;
    assert_eq!(all["kb_knowledge_base"], json!({ "display_value": "IT", "value": BASE_IT }));
    assert_eq!(all["kb_category"], json!({ "display_value": "", "value": "" }));
    assert_eq!(all["workflow_state"], json!({ "display_value": "Draft", "value": "draft" }));
}

#[tokio::test]
async fn categories_have_paths_and_no_twins() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let top = json!({ "label": "Patch", "parent_id": BASE_IT, "parent_table": "kb_knowledge_base" });
    let made = api.ok("POST", "/api/now/table/kb_category", Some(top.clone())).await;
    let nested = json!({ "label": "Rollup/Set", "parent_id": made["sys_id"], "parent_table": "kb_category" });
    let nested = api.ok("POST", "/api/now/table/kb_category", Some(nested)).await;
    assert_eq!(nested["full_category"], "Patch / Rollup/Set");
    assert_eq!(nested["value"], "rollup_set");
    assert!(nested["parent_id"]["link"].as_str().unwrap().contains("/table/kb_category/"));
    let (status, body) = api.json("POST", "/api/now/table/kb_category", Some(top)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body["error"]["detail"].as_str().unwrap().contains("Duplicate Knowledge Category"));
}

#[tokio::test]
async fn who_am_i_needs_a_server_side_value() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let rows = api
        .ok(
            "GET",
            "/api/now/table/sys_user?sysparm_query=sys_id%3Djavascript:gs.getUserID()&sysparm_fields=user_name",
            None,
        )
        .await;
    assert_eq!(rows, json!([{ "user_name": "kb.publisher" }]));
}

#[tokio::test]
async fn bad_calls_are_told_apart() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let (status, body) = api.json("GET", "/api/now/table/nope", None).await;
    assert_eq!((status, &body["error"]["message"]), (StatusCode::BAD_REQUEST, &json!("Invalid table nope")));
    assert_eq!(body["error"]["detail"], Value::Null);
    let (status, _) = api.json("PATCH", "/api/now/table/kb_knowledge", Some(json!({}))).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let raw = |body: &'static str, kind: &'static str| {
        api.client
            .post(format!("{}/api/now/table/kb_knowledge", api.root))
            .basic_auth("admin", Some("admin"))
            .header("content-type", kind)
            .body(body)
            .send()
    };
    assert_eq!(
        raw("{\"a\": \"raw\nline\"}", "application/json").await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(raw("a=b", "application/x-www-form-urlencoded").await.unwrap().status(), 415);
}

#[tokio::test]
async fn bare_pairs_take_display_values() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    api.article(json!({ "short_description": "one" })).await;
    let titles = async |pairs: &str| {
        let path = format!("/api/now/table/kb_knowledge?sysparm_fields=short_description&{pairs}");
        api.ok("GET", &path, None).await.as_array().unwrap().len()
    };
    assert_eq!(titles("kb_knowledge_base=IT&workflow_state=Draft").await, 1);
    assert_eq!(titles(&format!("kb_knowledge_base={BASE_IT}&workflow_state=draft")).await, 1);
    assert_eq!(titles("kb_knowledge_base=Nowhere").await, 0);
    assert_eq!(titles("kb_knowledge_base.title=IT&nonsense=1").await, 1);
    // The two ways of filtering exclude each other.
    assert_eq!(titles("kb_knowledge_base=Nowhere&sysparm_query=workflow_state=draft").await, 1);
}

#[tokio::test]
async fn system_columns_are_kept_when_asked_unless_the_instance_is_hardened() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let past = json!({ "sys_created_on": "2001-02-03 04:05:06", "sys_created_by": "migration",
                       "sys_updated_by": "migration", "kb_knowledge_base": BASE_IT });
    let kept_as_sent = "/api/now/table/kb_knowledge?sysparm_suppress_auto_sys_field=true";
    let made = api.ok("POST", kept_as_sent, Some(past.clone())).await;
    assert_eq!(
        (&made["sys_created_on"], &made["sys_created_by"], &made["sys_updated_by"]),
        (&past["sys_created_on"], &json!("migration"), &json!("migration"))
    );
    let path = format!("/api/now/table/kb_knowledge/{}", made["sys_id"].as_str().unwrap());
    let change = json!({ "meta": "x", "sys_updated_on": "2002-02-03 04:05:06" });
    let kept =
        api.ok("PATCH", &format!("{path}?sysparm_suppress_auto_sys_field=true"), Some(change.clone())).await;
    assert_eq!(
        (&kept["sys_updated_on"], &kept["sys_mod_count"]),
        (&json!("2002-02-03 04:05:06"), &json!("1"))
    );
    let own = api.ok("POST", "/api/now/table/kb_knowledge", Some(past.clone())).await;
    assert_eq!(own["sys_created_by"], "kb.publisher");
    api.control("switches", json!({ "client_sys_id": "admin_only_ignored" })).await;
    assert_eq!(api.ok("POST", kept_as_sent, Some(past)).await["sys_created_by"], "kb.publisher");
}

#[tokio::test]
async fn related_rows_are_counted() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let users = async |query: &str| {
        let query = query.replace('^', "%5E").replace('=', "%3D").replace('>', "%3E");
        let path = format!("/api/now/table/sys_user?sysparm_fields=user_name&sysparm_query={query}");
        let rows = api.ok("GET", &path, None).await;
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["user_name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let roles = "RLQUERYsys_user_has_role.user,";
    assert_eq!(users(&format!("{roles}>2^ENDRLQUERY")).await, ["kb.admin"]);
    assert_eq!(users(&format!("{roles}=0^ENDRLQUERY")).await, ["reader"]);
    assert_eq!(users(&format!("{roles}>0^role.name=admin^ENDRLQUERY^active=true")).await, ["admin"]);
    let owner = "JOINsys_user.sys_id=kb_knowledge_base.owner!title=IT";
    assert_eq!(users(owner).await, ["kb.admin"]);
    // What names no known table or column is ignored.
    assert_eq!(users("JOINsys_user.sys_id=nowhere.owner!title=IT").await.len(), 4);
    assert_eq!(users("RLQUERYsys_user_has_role.nothing,>0^ENDRLQUERY").await.len(), 4);
    api.control("switches", json!({ "unknown_query_field": "no_rows" })).await;
    assert_eq!(users("JOINsys_user.sys_id=nowhere.owner!title=IT").await.len(), 0);
}

#[tokio::test]
async fn a_batch_keeps_its_limits() {
    use base64::Engine as _;
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let item = |id: u32, url: &str, body: usize| {
        let body = base64::engine::general_purpose::STANDARD.encode(vec![b' '; body]);
        json!({ "id": id, "method": if body.is_empty() { "GET" } else { "POST" }, "url": url, "body": body,
                "headers": [{ "name": "Content-Type", "value": "application/json" }] })
    };
    // Longer than an address may be, as PySNC sends it; far longer; over 5 MB; a batch in a batch.
    let long = format!("/api/now/table/sys_user?sysparm_query={}sys_id=x", "aaaa=bbbb%5E".repeat(3000));
    let batch = json!({ "batch_request_id": 7, "rest_requests": [
        item(1, &long, 0), item(2, &long.repeat(3), 0), item(3, "/api/now/table/incident", 5 * 1024 * 1024 + 1),
        item(4, "/api/now/v1/batch", 2), item(5, "/api/now/table/kb_knowledge", 2),
    ] });
    let (status, body) = api.json("POST", "/api/now/v1/batch", Some(batch)).await;
    assert_eq!(status, 200);
    assert_eq!(body["unserviced_requests"], json!(["3"]));
    let told: Vec<(&str, u64)> = body["serviced_requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["status_code"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("1", 200), ("2", 414), ("4", 400), ("5", 201)]);
}
