//! The recorded responses of real instances beside the checkout, in `../shared/servicenow/recorded`: the sandbox
//! answers with the same keys, the same shapes of values and the same headers.

use std::collections::BTreeSet;

use kb_publish::sandbox::{DataLocation, Options, Profile, Sandbox, start};
use serde_json::{Value, json};

const BASE_IT: &str = "a7e8a78bff0221009b20ffffffffff17";

/// A sandbox and who asks it.
struct Asked {
    sandbox: Sandbox,
    client: reqwest::Client,
}

impl Asked {
    async fn with(switches: &str) -> Self {
        let profile = Profile::from_toml(switches).unwrap();
        let options = Options { port: 0, data: DataLocation::Memory, profile, ..Options::default() };
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox: start(options).await.unwrap(), client }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(self.url(path)).basic_auth("admin", Some("admin")).json(body);
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.client.get(self.url(path)).basic_auth("admin", Some("admin"));
        request.send().await.unwrap().json::<Value>().await.unwrap()["result"].take()
    }

    async fn made(&self, table: &str, row: &Value) -> Value {
        self.post(&format!("/api/now/table/{table}"), row).await["result"].take()
    }
}

fn recorded(file: &str) -> Value {
    let path = camino::Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/servicenow/recorded")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// The rows of a recording, however it wraps them.
fn rows(recording: &Value) -> Vec<&Value> {
    match recording.get("result").unwrap_or(recording) {
        Value::Array(rows) => rows.iter().collect(),
        row => vec![row],
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// What a value is, without its content: empty and `null` are one, as both mean empty (contract §1.3).
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) if text.parse::<i64>().is_ok() => "number".to_owned(),
        Value::String(text) if matches!(text.as_str(), "true" | "false") => "boolean".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Object(_) => format!("{:?}", keys(value)),
        other => panic!("{other}"),
    }
}

/// The sandbox's row has exactly the recording's keys, but for those `besides`, and values of the same kinds.
fn same(name: &str, recorded: &Value, own: &Value, besides: &[&str]) {
    let mut expected = keys(recorded);
    expected.extend(besides);
    // Columns that a customer added are none of the platform's.
    expected.retain(|key| !key.starts_with("u_"));
    assert_eq!(keys(own), expected, "{name}");
    for (key, value) in recorded.as_object().unwrap() {
        let Some(own) = own.get(key) else { continue };
        let (theirs, ours) = (shape(value), shape(own));
        let empty = theirs == "empty" || ours == "empty";
        let words = [&theirs, &ours].iter().all(|one| matches!(one.as_str(), "text" | "number" | "boolean"));
        assert!(empty || theirs == ours || words, "{name}.{key}: recorded {value}, here {own}");
        if value.is_object() && !own.is_object() {
            assert_eq!(ours, "empty", "{name}.{key}: a reference is no plain text");
        }
    }
}

#[tokio::test]
async fn rows_have_the_keys_and_shapes_of_the_recordings() {
    let plain = Asked::with("").await;
    let article = json!({ "kb_knowledge_base": BASE_IT, "short_description": "T", "text": "<p>t</p>", "workflow_state": "published" });
    let made = plain.made("kb_knowledge", &article).await;
    for row in rows(&recorded("kb_knowledge.unversioned_2018.json")) {
        same("kb_knowledge 2018", row, &made, &[]);
    }
    let full = Asked::with("versioning = \"on_admin_bypass\"\nplugins = [\"i18n\", \"kcs\"]").await;
    let made = full.made("kb_knowledge", &article).await;
    for row in rows(&recorded("kb_knowledge.versioned_v3.json")) {
        // That row is of a template table, which leaves this column of the older recording out.
        same("kb_knowledge v3", row, &made, &["cmdb_ci"]);
    }
    let base = plain.get(&format!("/api/now/table/kb_knowledge_base/{BASE_IT}")).await;
    for row in rows(&recorded("kb_knowledge_base.v3.json")) {
        same("kb_knowledge_base", row, &base, &[]);
    }
    let top = json!({ "label": "Patch", "value": "patch", "parent_id": BASE_IT, "parent_table": "kb_knowledge_base" });
    let top = plain.made("kb_category", &top).await;
    let nested = json!({ "label": "Rollup/Set", "parent_id": top["sys_id"], "parent_table": "kb_category" });
    let nested = plain.made("kb_category", &nested).await;
    for row in rows(&recorded("kb_category.nested.json")) {
        same("kb_category", row, &nested, &[]);
        assert_eq!(nested["full_category"], row["full_category"]);
        assert_eq!(nested["value"], row["value"], "the script name follows from the label");
    }
    let incident = plain.made("incident", &json!({ "short_description": "T" })).await;
    for row in rows(&recorded("doc-samples/table_post_incident_201.json")) {
        same("incident", row, &incident, &[]);
    }
}

#[tokio::test]
async fn headers_are_those_of_the_recordings() {
    let instance = Asked::with("").await;
    // What the network in between wrote, and what later recordings (contract §1.2) have besides.
    let later = ["server-timing", "x-content-type-options", "keep-alive", "content-encoding", "connection"];
    for (file, user) in
        [("http.table_get_200_headers.json", Some("admin")), ("http.table_get_401.json", None)]
    {
        let recording = recorded(file);
        let mut request = instance.client.get(instance.url("/api/now/table/incident?sysparm_limit=1"));
        if let Some(user) = user {
            request = request.basic_auth(user, Some(user));
        }
        let response = request.send().await.unwrap();
        assert_eq!(recording["status"], response.status().as_u16(), "{file}");
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
            .collect();
        let theirs: BTreeSet<String> = recording["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| pair[0].as_str().unwrap().to_ascii_lowercase())
            .collect();
        let ours: BTreeSet<String> = headers.iter().map(|(name, _)| name.clone()).collect();
        let missing: Vec<_> =
            theirs.difference(&ours).filter(|name| !later.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "{file}: {missing:?} are not sent");
        let added: Vec<_> = ours.difference(&theirs).filter(|name| !later.contains(&name.as_str())).collect();
        assert!(added.is_empty(), "{file}: {added:?} are sent");
        let cookie = |line: &str| line.split('=').next().unwrap().split("pool_").next().unwrap().to_owned();
        let mut theirs: Vec<String> = recording["headers"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|pair| pair[0] == "Set-Cookie")
            .map(|pair| cookie(pair[1].as_str().unwrap()))
            .collect();
        let mut ours: Vec<String> =
            headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| cookie(value)).collect();
        theirs.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, theirs, "{file}");
        for name in ["content-type", "pragma", "cache-control", "expires", "server", "x-is-logged-in"] {
            let theirs = recording["headers"].as_array().unwrap().iter();
            let theirs = theirs.filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
            for pair in theirs {
                let own = headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
                assert_eq!(own, pair[1].as_str(), "{file}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn documented_samples_have_their_keys() {
    let instance = Asked::with("rate_limit_per_hour = 4").await;
    for (file, form) in [
        (
            "doc-samples/oauth_token_password_grant.json",
            "grant_type=password&client_id=kb-publish-sandbox&client_secret=kb-publish-sandbox&username=admin&password=admin",
        ),
        (
            // Like that of a JWT: no refresh token.
            "doc-samples/oauth_token_jwt_bearer.json",
            "grant_type=client_credentials&client_id=kb-publish-sandbox&client_secret=kb-publish-sandbox",
        ),
    ] {
        let request = instance.client.post(instance.url("/oauth_token.do"));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let own = request.send().await.unwrap().json::<Value>().await.unwrap();
        assert_eq!(keys(&own), keys(&recorded(file)), "{file}");
    }
    let dotted = recorded("doc-samples/dot_walk_display_value_true.json");
    let own = instance
        .get("/api/now/table/sys_user_has_role?sysparm_display_value=true&sysparm_limit=1&sysparm_fields=user.name,user.sys_id,role.name,user.department,role,user")
        .await;
    same("dot-walk", rows(&dotted)[0], &own[0], &[]);
    let batch = recorded("doc-samples/batch_response_first_item.json");
    let item = json!({ "id": "a", "method": "GET", "url": "/api/now/table/sys_user?sysparm_limit=1" });
    let own = instance
        .post("/api/now/v1/batch", &json!({ "batch_request_id": "1", "rest_requests": [item] }))
        .await;
    same("batch", &json!(null_lists(&batch)), &json!(null_lists(&own)), &[]);
    let first = |answer: &Value| answer["serviced_requests"][0].clone();
    assert_eq!(keys(&first(&own)), keys(&first(&batch)));
    let names = |answer: &Value| -> BTreeSet<String> {
        let headers = first(answer)["headers"].as_array().unwrap().clone();
        headers.iter().map(|header| header["name"].as_str().unwrap().to_ascii_lowercase()).collect()
    };
    assert!(names(&own).is_superset(&names(&batch)), "{:?}", names(&own));
    let upload = |id: &str| {
        instance
            .client
            .post(instance.url(&format!(
                "/api/now/attachment/file?table_name=incident&table_sys_id={id}&file_name=a.jpeg"
            )))
            .basic_auth("admin", Some("admin"))
            .header("content-type", "image/jpeg")
            .body("x")
            .send()
    };
    let incident = instance.made("incident", &json!({})).await;
    let file = upload(incident["sys_id"].as_str().unwrap()).await.unwrap().json::<Value>().await.unwrap();
    let sample = recorded("doc-samples/attachment_post_file_201.json");
    same("attachment", rows(&sample)[0], &file["result"], &["hash", "state", "chunk_size_bytes"]);
    let over =
        instance.client.get(instance.url("/api/now/table/incident")).basic_auth("admin", Some("admin"));
    let over = over.send().await.unwrap();
    assert_eq!(over.status(), 429);
    let body = over.json::<Value>().await.unwrap();
    let sample = recorded("doc-samples/rate_limit_429_body.json");
    assert_eq!((keys(&body), keys(&body["error"])), (keys(&sample), keys(&sample["error"])));
    assert_eq!(body["error"]["message"], sample["error"]["message"]);
}

/// An answer without what its lists hold.
fn null_lists(answer: &Value) -> serde_json::Map<String, Value> {
    let all = answer.as_object().unwrap().iter();
    all.map(|(key, value)| (key.clone(), if value.is_array() { Value::Null } else { value.clone() }))
        .collect()
}
