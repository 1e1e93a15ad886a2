//! A browser: the few WebDriver commands that the tests use.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

/// The key under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser at a time: several on a small machine only slow each other down.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// One browser window with a profile of its own. Both processes end when it is dropped.
pub(crate) struct Browser {
    _turn: tokio::sync::MutexGuard<'static, ()>,
    driver: Child,
    client: reqwest::Client,
    base: String,
    session: String,
    profile: tempfile::TempDir,
}

/// Colours asked for by the reader's system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

impl Browser {
    /// Starts chromedriver on a free port, and a window of this size.
    pub(crate) async fn open(width: u32, height: u32, scheme: Scheme) -> Self {
        let turn = TURN.lock().await;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need `chromedriver` on the path (Debian: chromium-driver)");
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self {
            _turn: turn,
            driver,
            client: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            base: format!("http://127.0.0.1:{port}"),
            session: String::new(),
            profile,
        };
        browser.wait_until_ready().await;
        let scheme = u8::from(scheme == Scheme::Light);
        let args = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--hide-scrollbars",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            format!("--blink-settings=preferredColorScheme={scheme}"),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", browser.profile.path().display()),
        ]);
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "acceptInsecureCerts": true,
            "goog:chromeOptions": { "args": args },
        }}});
        let session = browser.command(reqwest::Method::POST, "/session", &wanted).await;
        browser.session = session["sessionId"].as_str().expect("a session").to_owned();
        let emulate = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        }});
        browser.post("/goog/cdp/execute", &emulate).await;
        browser
    }

    async fn wait_until_ready(&self) {
        let end = Instant::now() + PATIENCE;
        while self.client.get(format!("{}/status", self.base)).send().await.is_err() {
            assert!(Instant::now() < end, "chromedriver did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn command(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if method == reqwest::Method::POST {
            request = request.json(body);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{path}: {answer}");
        answer["value"].clone()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.command(reqwest::Method::POST, &format!("/session/{}{path}", self.session), body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.command(reqwest::Method::GET, &format!("/session/{}{path}", self.session), &Value::Null).await
    }

    /// Loads a page and waits until it is there.
    pub(crate) async fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url })).await;
    }

    /// The address shown.
    pub(crate) async fn url(&self) -> String {
        self.get("/url").await.as_str().unwrap().to_owned()
    }

    /// The window's title.
    pub(crate) async fn title(&self) -> String {
        self.get("/title").await.as_str().unwrap().to_owned()
    }

    /// The page as it stands after loading.
    pub(crate) async fn source(&self) -> String {
        self.get("/source").await.as_str().unwrap().to_owned()
    }

    async fn element(&self, css: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": css })).await;
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("no {css}")).to_owned()
    }

    /// Clicks the first element that fits.
    pub(crate) async fn click(&self, css: &str) {
        let id = self.element(css).await;
        self.post(&format!("/element/{id}/click"), &json!({})).await;
    }

    /// Replaces what stands in a field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let id = self.element(css).await;
        self.post(&format!("/element/{id}/clear"), &json!({})).await;
        self.post(&format!("/element/{id}/value"), &json!({ "text": text })).await;
    }

    /// Presses keys one after another where the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
            })
            .collect();
        let keys = json!({ "actions": [{ "type": "key", "id": "keys", "actions": strokes }]});
        self.post("/actions", &keys).await;
    }

    /// Moves the focus on by the tab key.
    pub(crate) async fn press_tab(&self) {
        self.press(TAB).await;
    }

    /// Moves the focus on by the tab key until it is on what has this text or label.
    pub(crate) async fn tab_to(&self, text: &str) {
        let name = "const e = document.activeElement; return (e.labels?.[0] ?? e).textContent.trim()";
        for _ in 0..60 {
            self.press_tab().await;
            if self.evaluate(name).await == text {
                return;
            }
        }
        panic!("the tab key never reaches `{text}` at {}", self.url().await);
    }

    /// What a script of ours, run by the driver, returns.
    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Waits until a script of ours, run by the driver, returns true: a click returns before its page is there.
    pub(crate) async fn wait_for(&self, script: &str) {
        let end = Instant::now() + PATIENCE;
        let url = format!("{}/session/{}/execute/sync", self.base, self.session);
        loop {
            let asked = self.client.post(&url).json(&json!({ "script": script, "args": [] })).send().await;
            let answer: Value = asked.unwrap().json().await.unwrap();
            if answer["value"] == true {
                return;
            }
            assert!(Instant::now() < end, "never became true: {script}, at {}", self.url().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the first heading says this.
    pub(crate) async fn wait_for_heading(&self, text: &str) {
        let text = Value::from(text);
        self.wait_for(&format!("return document.querySelector('h1')?.textContent.trim() === {text}")).await;
    }

    /// Messages in the browser's console since the last call.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A picture of the window, kept as `target/screenshots/NAME.png`.
    pub(crate) async fn picture(&self, name: &str) -> Vec<u8> {
        let encoded = self.get("/screenshot").await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.as_str().unwrap()).unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/screenshots");
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(format!("{folder}/{name}.png"), &bytes).unwrap();
        bytes
    }

    /// Signs in on the sandbox's own page.
    pub(crate) async fn sign_in(&self, site: &str, user: &str) {
        self.go(&format!("{site}/login.do")).await;
        self.fill("#ui-user", user).await;
        self.fill("#ui-password", user).await;
        self.click("form:has(#ui-user) button").await;
        self.wait_for("return location.pathname === '/kb' && document.readyState === 'complete'").await;
    }
}

/// The tab key (WebDriver §17.4.2).
pub(crate) const TAB: &str = "\u{e004}";
/// The enter key.
pub(crate) const ENTER: &str = "\u{e006}";

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked first, as it takes the browser with it; a killed driver leaves that behind.
        if !self.session.is_empty() {
            let url = format!("{}/session/{}", self.base, self.session);
            // With a client of its own: the test's keeps its connections on a runtime that waits for this drop.
            let quit = std::thread::spawn(move || {
                let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                if let (Ok(client), Ok(runtime)) = (client, runtime) {
                    let _ = runtime.block_on(async { client.delete(url).send().await });
                }
            });
            let _ = quit.join();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
