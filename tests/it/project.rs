//! The harness: an instance of the sandbox in this process, a doc tree in a folder of its own, and the built
//! program run on both.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock};

use camino::{Utf8Path, Utf8PathBuf};
use kb_publish::sandbox::{DataLocation, Options, Profile, Sandbox, start};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// One runtime serves the instances of all tests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The account that publishes.
pub(crate) const US: &str = "kb.publisher";

/// A running sandbox.
pub(crate) struct Instance {
    sandbox: Sandbox,
    root: String,
    client: Client,
    folder: Option<tempfile::TempDir>,
}

impl Instance {
    /// A fresh one with the demo data.
    pub(crate) fn new() -> Arc<Self> {
        Self::with("")
    }

    /// A fresh one with these switches, as TOML.
    pub(crate) fn with(switches: &str) -> Arc<Self> {
        Self::start(DataLocation::Memory, switches)
    }

    /// One whose data lies in this file.
    pub(crate) fn at(data: &Utf8Path) -> Arc<Self> {
        Self::start(DataLocation::File(data.to_owned()), "")
    }

    /// One with a copy of another's data, as the file that it left.
    pub(crate) fn copied(data: &[u8]) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("sandbox.db");
        std::fs::write(&path, data).unwrap();
        let mut instance = Self::at(&path);
        Arc::get_mut(&mut instance).unwrap().folder = Some(folder);
        instance
    }

    fn start(data: DataLocation, switches: &str) -> Arc<Self> {
        let profile = Profile::from_toml(switches).unwrap();
        let options = Options { port: 0, data, profile, ..Options::default() };
        let sandbox = RUNTIME.block_on(start(options)).unwrap();
        let root = sandbox.url().to_string();
        let client = Client::builder().no_proxy().build().unwrap();
        Arc::new(Self { sandbox, root, client, folder: None })
    }

    /// Ends it; nobody else may hold it.
    pub(crate) fn stop(self: Arc<Self>) {
        RUNTIME.block_on(Arc::into_inner(self).unwrap().sandbox.stop());
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.root
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        RUNTIME.block_on(async {
            let method = method.parse().unwrap();
            let mut request = self
                .client
                .request(method, format!("{}{path}", self.root))
                .basic_auth("admin", Some("admin"));
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await.unwrap();
            let status = response.status();
            let text = response.text().await.unwrap();
            assert!(status.is_success(), "{path}: {status} {text}");
            serde_json::from_str(&text).unwrap_or(Value::Null)
        })
    }

    /// Changes switches while it runs.
    pub(crate) fn switch(&self, changes: &Value) {
        self.send("POST", "/sandbox/switches", Some(changes));
    }

    /// Asks the control endpoint for something.
    pub(crate) fn control(&self, path: &str, body: &Value) {
        self.send("POST", &format!("/sandbox/{path}"), Some(body));
    }

    /// Adds a fault.
    pub(crate) fn fault(&self, rule: &Value) {
        self.send("POST", "/sandbox/faults", Some(rule));
    }

    /// How often each fault has struck so far.
    pub(crate) fn faults(&self) -> Value {
        self.send("GET", "/sandbox/faults", None)["result"].take()
    }

    /// Takes all faults back, each of which must have struck: one that did not has tested nothing.
    pub(crate) fn heal_struck(&self) {
        for rule in self.faults().as_array().unwrap() {
            assert_ne!(rule["struck"], 0, "a fault that never struck: {rule:#}");
        }
        self.heal();
    }

    /// Takes all faults back.
    pub(crate) fn heal(&self) {
        self.send("DELETE", "/sandbox/faults", None);
    }

    /// Lets a person do something.
    pub(crate) fn act(&self, act: &Value) -> Value {
        self.send("POST", "/sandbox/act", Some(act))["result"].take()
    }

    /// Makes a user a manager of a base.
    pub(crate) fn manage(&self, base: &str, user: &str) {
        let base = self.rows("kb_knowledge_base", &format!("title={base}"))[0]["sys_id"].clone();
        let user = self.rows("sys_user", &format!("user_name={user}"))[0]["sys_id"].clone();
        self.act(&json!({ "user": "admin", "act": "set", "table": "kb_knowledge_base", "sys_id": base,
                          "columns": { "kb_managers": user } }));
    }

    /// All rows of a table, as an administrator sees them.
    pub(crate) fn rows(&self, table: &str, query: &str) -> Vec<Value> {
        let query = query.replace('^', "%5E").replace('=', "%3D");
        let path = format!(
            "/api/now/table/{table}?sysparm_query={query}%5EORDERBYsys_id&sysparm_exclude_reference_link=true&sysparm_limit=30000"
        );
        self.send("GET", &path, None)["result"].as_array().unwrap().clone()
    }

    /// Some columns of all rows of a table.
    pub(crate) fn short(&self, table: &str, query: &str, columns: &str) -> Vec<Value> {
        let query = query.replace('^', "%5E").replace('=', "%3D");
        let path = format!(
            "/api/now/table/{table}?sysparm_query={query}&sysparm_fields={columns}&sysparm_exclude_reference_link=true&sysparm_limit=30000"
        );
        self.send("GET", &path, None)["result"].as_array().unwrap().clone()
    }

    /// The articles of this project, by title.
    pub(crate) fn articles(&self, project: &str) -> BTreeMap<String, Value> {
        let rows = self.rows("kb_knowledge", &format!("descriptionSTARTSWITHkb-publish-1/{project}/"));
        let count = rows.len();
        let by_title: BTreeMap<String, Value> = rows
            .into_iter()
            .map(|row| (row["short_description"].as_str().unwrap().to_owned(), row))
            .collect();
        assert_eq!(by_title.len(), count, "two articles with one title");
        by_title
    }

    /// The one article with this title.
    pub(crate) fn article(&self, title: &str) -> Value {
        let mut rows = self.rows("kb_knowledge", &format!("short_description={title}"));
        assert_eq!(rows.len(), 1, "articles called `{title}`");
        rows.remove(0)
    }

    /// Requests by method of the account that publishes since the log was last reset: (GET, POST, PATCH, DELETE).
    pub(crate) fn requests(&self) -> (usize, usize, usize, usize) {
        let log = self.send("GET", "/sandbox/log", None)["result"].take();
        let count = |method: &str| {
            let api = |entry: &&Value| {
                entry["method"] == method
                    && entry["user"] == US
                    && entry["target"].as_str().unwrap().starts_with("/api/")
            };
            log.as_array().unwrap().iter().filter(api).count()
        };
        (count("GET"), count("POST"), count("PATCH"), count("DELETE"))
    }

    /// What the account that publishes asked for since the log was last reset.
    pub(crate) fn targets(&self) -> Vec<String> {
        let log = self.send("GET", "/sandbox/log", None)["result"].take();
        let own = log.as_array().unwrap().iter().filter(|entry| entry["user"] == US);
        own.map(|entry| {
            format!("{} {}", entry["method"].as_str().unwrap(), entry["target"].as_str().unwrap())
        })
        .collect()
    }

    /// How many requests began with this path since the log was last reset.
    pub(crate) fn log_of(&self, path: &str) -> usize {
        let log = self.send("GET", "/sandbox/log", None)["result"].take();
        let asked = |entry: &&Value| entry["target"].as_str().unwrap().starts_with(path);
        log.as_array().unwrap().iter().filter(asked).count()
    }

    /// Forgets the log.
    pub(crate) fn reset_log(&self) {
        self.send("POST", "/sandbox/reset-log", None);
    }

    /// Everything of a project that readers could see, without what differs between two equal runs: ids of files
    /// stand for their content, numbers for their articles' titles.
    pub(crate) fn state(&self, project: &str) -> BTreeMap<String, Value> {
        self.state_of(&self.articles(project))
    }

    /// The same of these articles, by title.
    pub(crate) fn state_of(&self, articles: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let titles: BTreeMap<String, String> = articles
            .iter()
            .map(|(title, row)| (row["number"].as_str().unwrap().to_owned(), title.clone()))
            .collect();
        let categories = self.rows("kb_category", "active=true");
        let category = |id: &str| {
            categories
                .iter()
                .find(|row| row["sys_id"] == id)
                .map_or(Value::Null, |row| row["full_category"].clone())
        };
        let files = self.rows("sys_attachment", "table_name=kb_knowledge");
        let state = |row: &Value| {
            let mut text = row["text"].as_str().unwrap().to_owned();
            let own: Vec<&Value> =
                files.iter().filter(|file| file["table_sys_id"] == row["sys_id"]).collect();
            let mut names = Vec::new();
            for file in own {
                text = text.replace(file["sys_id"].as_str().unwrap(), file["file_name"].as_str().unwrap());
                names.push(file["file_name"].clone());
            }
            names.sort_by_key(ToString::to_string);
            for (number, title) in &titles {
                text = text.replace(number, title);
            }
            json!({
                "state": row["workflow_state"], "text": text, "files": names,
                "base": row["kb_knowledge_base"], "category": category(row["kb_category"].as_str().unwrap()),
                "source": row["description"].as_str().unwrap().split(' ').find(|word| word.starts_with("s=")).map(|s| s == "s=open"),
            })
        };
        let mut all: BTreeMap<String, Value> =
            articles.iter().map(|(title, row)| (title.clone(), state(row))).collect();
        let mut labels: Vec<Value> = categories.iter().map(|row| row["full_category"].clone()).collect();
        labels.sort_by_key(ToString::to_string);
        all.insert("(categories)".to_owned(), Value::Array(labels));
        all
    }
}

/// A doc tree with its `publish.toml`.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    instance: Arc<Instance>,
    variables: Vec<(String, String)>,
}

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Demands an exit code.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The one document of the JSON whose path ends so.
    pub(crate) fn document(&self, path: &str) -> Value {
        let json = self.json();
        let found = json["documents"]
            .as_array()
            .unwrap()
            .iter()
            .find(|document| document["path"].as_str().is_some_and(|own| own.ends_with(path)));
        found.unwrap_or_else(|| panic!("no `{path}` in {json:#}")).clone()
    }

    /// Finding codes in the JSON.
    pub(crate) fn codes(&self) -> Vec<String> {
        let json = self.json();
        json["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| problem["code"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Project {
    /// The newest run that a journal tells of.
    pub(crate) fn last_run(&self) -> String {
        self.json(&["runs"]).exits(0).json()["runs"][0]["run"].as_str().unwrap().to_owned()
    }

    /// Project `acme` on this instance, in base "IT", to be published.
    pub(crate) fn on(instance: &Arc<Instance>) -> Self {
        Self::named(instance, "acme")
    }

    /// A project of this name.
    pub(crate) fn named(instance: &Arc<Instance>, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder, instance: Arc::clone(instance), variables: Vec::new() };
        project.config(&format!(
            "project = \"{name}\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"{}\"\nmax_wait_seconds = 8\n\
             timeout_seconds = 5\n[auth]\nmethod = \"basic\"\nusername = \"{US}\"\n[publish]\nknowledge_base = \"IT\"\nstatus = \"published\"\n",
            instance.url()
        ));
        project.variable("KB_PUBLISH_PASSWORD", US)
    }

    /// Replaces `publish.toml`.
    pub(crate) fn config(&self, text: &str) {
        std::fs::write(self.path("publish.toml"), text).unwrap();
    }

    /// Replaces a piece of `publish.toml`.
    pub(crate) fn reconfigure(&self, from: &str, to: &str) {
        let whole = std::fs::read_to_string(self.path("publish.toml")).unwrap();
        assert!(whole.contains(from), "{whole}");
        self.config(&whole.replace(from, to));
    }

    /// Sets an environment variable of all runs.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path below the project's folder.
    pub(crate) fn path(&self, path: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join(path)
    }

    /// Writes a file of the doc tree.
    pub(crate) fn doc(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path("docs").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Removes a file of the doc tree.
    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.path("docs").join(path)).unwrap();
    }

    /// The program, ready to run in the project's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kb-publish"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(&self.command(arguments).output().unwrap())
    }

    /// Runs a verb for its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Ran {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        self.run(&all)
    }

    /// Publishes and demands that all is well.
    pub(crate) fn publish(&self) -> Ran {
        self.json(&["publish"]).exits(0)
    }

    /// Publishes once more and demands that nothing is written.
    pub(crate) fn publishes_nothing(&self) {
        self.instance.reset_log();
        self.publish();
        let (gets, posts, patches, deletes) = self.instance.requests();
        assert_eq!((posts, patches, deletes), (0, 0, 0), "writes of a second run");
        assert!(gets <= 9, "{gets} reads of a second run: {:#?}", self.instance.targets());
    }
}

/// What came of a run.
pub(crate) fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// A small PNG whose bytes depend on `shade`.
pub(crate) fn png(shade: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde".to_vec();
    bytes.extend(
        [b"\0\0\0\x04tEXt".as_slice(), &[b'a', 0, b'0', shade], b"\0\0\0\0\0\0\0\0IEND\xaeB`\x82"].concat(),
    );
    bytes
}

/// A tree with everything that makes publishing hard: links in circles, shared images, nested folders.
pub(crate) fn handbook(project: &Project) {
    project
        .doc("index.md", "# Handbook\n\nSee [VPN](guides/vpn.md#setup) and [Mail](guides/mail.md).\n\n![logo](img/logo.png)\n")
        .doc("guides/index.md", "---\ntitle: Guides\n---\nAll: [VPN](vpn.md), [Mail](mail.md), [deep](deep/a.md).\n")
        .doc("guides/vpn.md", "# VPN\n\n![net](../img/net.png)\n\n## Setup\n\nBack [home](../index.md), see [mail](mail.md).\n")
        .doc("guides/mail.md", "# Mail\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nSee [VPN](vpn.md#setup).\n\n![logo](../img/logo.png)\n")
        .doc("guides/deep/a.md", "# Alpha\n\nNext: [Beta](b.md).\n")
        .doc("guides/deep/b.md", "# Beta\n\nNext: [Gamma](c.md).\n")
        .doc("guides/deep/c.md", "# Gamma\n\nNext: [Alpha](a.md).\n\n```sh\nls -l | wc\n```\n")
        .doc("plain.md", "# Plain\n\nNothing special.\n")
        .doc("img/logo.png", png(b'1'))
        .doc("img/net.png", png(b'2'));
}
