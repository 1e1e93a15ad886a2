//! A sandbox with something to look at, filled through its own REST API.

use kb_publish::sandbox::{self, Options, Profile, Sandbox};
use serde_json::{Value, json};

/// A running sandbox and a way to write into it as an administrator.
pub(crate) struct Site {
    _sandbox: Sandbox,
    pub(crate) url: String,
    client: reqwest::Client,
}

impl Site {
    pub(crate) async fn start(profile: Profile) -> Self {
        let options = Options { port: 0, profile, ..Options::default() };
        let sandbox = sandbox::start(options).await.unwrap();
        let url = sandbox.url().as_str().to_owned();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { _sandbox: sandbox, url, client }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.url)).basic_auth("admin", Some("admin"));
        let response = request.json(body).send().await.unwrap();
        let status = response.status();
        let answer: Value = response.json().await.unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer["result"].clone()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.url)).basic_auth("admin", Some("admin"));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["result"].clone()
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) {
        let response = self.client.put(format!("{}{path}", self.url)).json(body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
    }

    /// A published article of the base "IT"; its number and sys_id.
    pub(crate) async fn article(&self, title: &str, text: &str, more: &Value) -> (String, String) {
        let mut body = json!({
            "short_description": title,
            "text": text,
            "workflow_state": "published",
            "kb_knowledge_base": "a7e8a78bff0221009b20ffffffffff17",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let row = self.post("/api/now/table/kb_knowledge", &body).await;
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("number"), text("sys_id"))
    }

    pub(crate) async fn category(&self, label: &str, parent_table: &str, parent_id: &str) -> String {
        let body = json!({ "label": label, "parent_table": parent_table, "parent_id": parent_id });
        let row = self.post("/api/now/table/kb_category", &body).await;
        row["sys_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn file(&self, article: &str, name: &str, kind: &str, bytes: &'static [u8]) -> String {
        let path = format!(
            "/api/now/attachment/file?table_name=kb_knowledge&table_sys_id={article}&file_name={name}"
        );
        let request = self.client.post(format!("{}{path}", self.url)).basic_auth("admin", Some("admin"));
        let response = request.header("content-type", kind).body(bytes).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        answer["result"]["sys_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}
