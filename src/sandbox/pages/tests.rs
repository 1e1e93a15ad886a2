//! The pages through the router, over rows written beside them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use tower_service::Service as _;

use crate::sandbox::app::App;
use crate::sandbox::profile::Profile;
use crate::sandbox::record::Record;
use crate::sandbox::seed::{BASE_IT, Seed, seed};
use crate::sandbox::store::{DataLocation, Store};
use crate::sandbox::{oauth, server};

/// A sandbox without a socket.
pub(crate) struct Site {
    pub(crate) app: Arc<App>,
    router: Router,
    cookie: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first hidden field of this name.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at =
            self.body.find(&mark).unwrap_or_else(|| panic!("no field {name} in {}", self.body)) + mark.len();
        self.body[at..].split('"').next().unwrap().replace("&amp;", "&")
    }
}

impl Site {
    pub(crate) fn new(profile: Profile) -> Self {
        Self::over(&DataLocation::Memory, profile)
    }

    pub(crate) fn over(data: &DataLocation, profile: Profile) -> Self {
        let store = Store::open(data).unwrap();
        let app = Arc::new(App::new(store, profile));
        seed(&app.store, Seed::Demo, "2026-01-02 03:04:05").unwrap();
        oauth::seed(&app.store).unwrap();
        let router = server::router(&app);
        Self { app, router, cookie: String::new() }
    }

    pub(crate) fn put(&self, table: &str, record: Record) {
        let mut writer = self.app.store.write().unwrap();
        writer.put(table, record).unwrap();
        writer.commit().unwrap();
    }

    pub(crate) async fn send(&mut self, request: http::request::Builder, body: String) -> Answer {
        let request = request
            .header(header::HOST, "localhost:8484")
            .header(header::COOKIE, &self.cookie)
            .body(Body::from(body))
            .unwrap();
        let response = self.router.call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&mut self, target: &str) -> Answer {
        self.send(Request::builder().uri(target), String::new()).await
    }

    pub(crate) async fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri(target)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    pub(crate) async fn sign_in(&mut self, user: &str) {
        let token = self.get("/login.do").await.hidden("token");
        let fields =
            [("token", token.as_str()), ("user_name", user), ("user_password", user), ("next", "/kb")];
        let answer = self.post("/login.do", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
}

const GUIDES: &str = "11111111111111111111111111111111";
const VPN: &str = "22222222222222222222222222222222";

pub(crate) fn article(sys_id: &str, number: &str, title: &str, state: &str) -> Record {
    Record::of([
        ("sys_id", sys_id),
        ("number", number),
        ("short_description", title),
        ("workflow_state", state),
        ("kb_knowledge_base", BASE_IT),
        ("active", "true"),
        ("valid_to", "2100-01-01"),
        ("sys_updated_on", "2026-11-22 03:04:05"),
        ("sys_created_on", "2026-11-20 03:04:05"),
        ("text", "<p>Plain words.</p>"),
    ])
}

fn site() -> Site {
    let site = Site::new(Profile::default());
    site.put(
        "kb_category",
        Record::of([
            ("sys_id", GUIDES),
            ("label", "Guides"),
            ("full_category", "Guides"),
            ("parent_table", "kb_knowledge_base"),
            ("parent_id", BASE_IT),
            ("active", "true"),
        ]),
    );
    site.put(
        "kb_category",
        Record::of([
            ("sys_id", VPN),
            ("label", "VPN & <Remote>"),
            ("full_category", "Guides / VPN & <Remote>"),
            ("parent_table", "kb_category"),
            ("parent_id", GUIDES),
            ("active", "true"),
        ]),
    );
    let body = format!(
        "<h2>Before you start</h2><p>{}zebra crossing</p><script>alert(1)</script>{{{{x}}}}",
        "Lorem ipsum ".repeat(60)
    );
    site.put(
        "kb_knowledge",
        article("a1".repeat(16).as_str(), "KB0010001", "Set up the VPN", "published")
            .with("text", &body)
            .with("kb_category", VPN)
            .with("meta", "vpn, remote"),
    );
    site.put("kb_knowledge", article("a2".repeat(16).as_str(), "KB0010002", "A draft", "draft"));
    site
}

#[tokio::test]
async fn the_home_page_lists_what_is_published_and_not_a_draft() {
    let mut site = site();
    let home = site.get("/kb").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.body.contains("Set up the VPN") && !home.body.contains("A draft"), "{}", home.body);
    site.sign_in("kb.publisher").await;
    assert!(site.get("/kb").await.body.contains("A draft"));
}

#[tokio::test]
async fn a_category_holds_what_lies_below_it_and_its_name_is_text() {
    let mut site = site();
    let page = site.get(&format!("/kb?category={GUIDES}")).await;
    assert!(page.body.contains("Set up the VPN"));
    assert!(page.body.contains("VPN &amp; &lt;Remote&gt;") && !page.body.contains("<Remote>"));
    let other = site.get("/kb?base=dfc19531bf2021003f07e2c1ac0739ab").await;
    assert!(!other.body.contains("Set up the VPN"));
}

#[tokio::test]
async fn search_finds_title_keywords_and_text_and_shows_where() {
    let mut site = site();
    for words in ["vpn", "REMOTE", "kb0010001", "zebra", "vpn zebra"] {
        let page = site.get(&format!("/kb?q={}", words.replace(' ', "+"))).await;
        assert!(page.body.contains("/kb_view.do?sysparm_article=KB0010001"), "{words}");
    }
    assert!(site.get("/kb?q=zebra").await.body.contains("<mark>zebra</mark>"));
    for words in ["unicorn", "zebra+unicorn", "alert", "script"] {
        assert!(site.get(&format!("/kb?q={words}")).await.body.contains("Nothing found"), "{words}");
    }
    let echoed = site.get("/kb?q=%22%3E%3Cscript%3E").await;
    assert!(!echoed.body.contains("<script"), "{}", echoed.body);
}

#[tokio::test]
async fn an_article_has_its_page_by_number_id_and_portal() {
    let mut site = site();
    let id = "a1".repeat(16);
    for target in [
        "/kb_view.do?sysparm_article=KB0010001".to_owned(),
        format!("/kb_view.do?sys_kb_id={id}"),
        "/kb?id=kb_article_view&sysparm_article=KB0010001".to_owned(),
        format!("/sp?id=kb_article_view&sys_kb_id={id}"),
        format!("/kb_view.do?sysparm_article=KB0010001&sys_kb_id={}", "a2".repeat(16)),
    ] {
        let page = site.get(&target).await;
        assert_eq!(page.status, StatusCode::OK, "{target}");
        assert!(page.body.contains("<h1 class=\"title\" id=\"ui-title\">Set up the VPN</h1>"), "{target}");
    }
}

#[tokio::test]
async fn a_view_is_counted_and_is_no_edit() {
    use crate::sandbox::store::View as _;
    let mut site = site();
    let id = "a1".repeat(16);
    let before = site.app.store.read().get("kb_knowledge", &id).cloned().unwrap();
    site.get("/kb_view.do?sysparm_article=KB0010001").await;
    site.sign_in("kb.publisher").await;
    site.get("/kb_view.do?sysparm_article=KB0010001").await;
    let after = site.app.store.read().get("kb_knowledge", &id).cloned().unwrap();
    assert_eq!((before.number("sys_view_count"), after.number("sys_view_count")), (0, 2));
    for column in ["sys_mod_count", "sys_updated_on", "sys_updated_by"] {
        assert_eq!(before.get(column), after.get(column));
    }
}

#[tokio::test]
async fn a_page_runs_nothing_and_interpolates_nothing() {
    let mut site = site();
    let page = site.get("/kb_view.do?sysparm_article=KB0010001").await;
    assert!(!page.body.contains("<script") && page.body.contains("{{x}}"));
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("script"), "{policy}");
    assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(page.header(header::X_FRAME_OPTIONS), "DENY");
}

#[tokio::test]
async fn a_draft_asks_for_a_sign_in_and_comes_back_to_the_article() {
    let mut site = site();
    let asked = site.get("/kb_view.do?sysparm_article=KB0010002").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let login = site.get(asked.header(header::LOCATION)).await;
    assert_eq!(login.hidden("next"), "/kb_view.do?sysparm_article=KB0010002");
    site.sign_in("reader").await;
    assert_eq!(site.get("/kb_view.do?sysparm_article=KB0010002").await.status, StatusCode::NOT_FOUND);
    site.sign_in("kb.publisher").await;
    assert_eq!(site.get("/kb_view.do?sysparm_article=KB0010002").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_retired_article_leads_to_its_replacement_or_nowhere() {
    let mut site = site();
    let (gone, moved) = ("b1".repeat(16), "b2".repeat(16));
    site.put("kb_knowledge", article(&gone, "KB0010003", "Gone", "retired"));
    site.put(
        "kb_knowledge",
        article(&moved, "KB0010004", "Moved", "retired").with("replacement_article", &"a1".repeat(16)),
    );
    let page = site.get("/kb_view.do?sysparm_article=KB0010003").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("Knowledge record not found"));
    let page = site.get("/kb_view.do?sysparm_article=KB0010004").await;
    assert_eq!(page.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(page.header(header::LOCATION), "/kb_view.do?sysparm_article=KB0010001");
    site.put(
        "kb_knowledge",
        article(&gone, "KB0010003", "Gone", "retired").with("replacement_article", &gone),
    );
    assert_eq!(site.get("/kb_view.do?sysparm_article=KB0010003").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/kb_view.do").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_is_served_to_those_who_may_open_its_article() {
    let mut site = site();
    let (image, secret) = ("c1".repeat(16), "c2".repeat(16));
    for (id, owner) in [(&image, "a1".repeat(16)), (&secret, "a2".repeat(16))] {
        site.put(
            "sys_attachment",
            Record::of([
                ("sys_id", id),
                ("table_name", "kb_knowledge"),
                ("table_sys_id", &owner),
                ("file_name", "net.svg"),
                ("content_type", "image/svg+xml"),
                ("size_bytes", "6"),
            ]),
        );
        let mut writer = site.app.store.write().unwrap();
        writer.put_bytes(id, b"<svg/>").unwrap();
        writer.commit().unwrap();
    }
    let file = site.get(&format!("/sys_attachment.do?sys_id={image}")).await;
    assert_eq!((file.status, file.body.as_str()), (StatusCode::OK, "<svg/>"));
    assert_eq!(file.header(header::CONTENT_TYPE), "image/svg+xml");
    assert!(file.header(header::CONTENT_DISPOSITION).starts_with("attachment;"));
    assert_eq!(site.get(&format!("/sys_attachment.do?sys_id={secret}")).await.status, StatusCode::SEE_OTHER);
    site.sign_in("reader").await;
    assert_eq!(site.get(&format!("/sys_attachment.do?sys_id={secret}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/sys_attachment.do?sys_id=none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_without_this_sessions_token_is_refused() {
    let mut site = site();
    let fields = [("token", "made-up"), ("user_name", "admin"), ("user_password", "admin")];
    assert_eq!(site.post("/login.do", &fields).await.status, StatusCode::FORBIDDEN);
    site.get("/login.do").await;
    assert_eq!(site.post("/login.do", &fields).await.status, StatusCode::FORBIDDEN);
    let token = site.get("/login.do").await.hidden("token");
    let wrong = [("token", token.as_str()), ("user_name", "admin"), ("user_password", "wrong")];
    assert_eq!(site.post("/login.do", &wrong).await.status, StatusCode::UNAUTHORIZED);
    let before = site.cookie.clone();
    site.sign_in("admin").await;
    assert_ne!(site.cookie, before, "a sign-in begins another session");
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let mut site = site();
    for n in 0..60_u32 {
        let number = format!("KB002{n:04}");
        site.put("kb_knowledge", article(&format!("{n:032x}"), &number, &format!("Title {n}"), "published"));
    }
    let first = site.get("/kb").await;
    assert!(first.body.contains("Page 1 of 3") && first.body.contains("61 articles"));
    let last = site.get("/kb?page=3").await;
    assert_eq!(last.body.matches("<h2><a href").count(), 11);
    assert!(site.get("/kb?page=99").await.body.contains("Page 3 of 3"));
}

const VERSIONED: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

/// What a button of the article's bar sends.
async fn press(site: &mut Site, sys_id: &str, act: &str) -> Answer {
    let page = site.get(&format!("/kb_view.do?sys_kb_id={sys_id}")).await;
    assert!(page.body.contains(&format!("value=\"{act}\"")), "no button {act} in {}", page.body);
    let token = page.hidden("token");
    site.post("/kb_act.do", &[("token", &token), ("sys_kb_id", sys_id), ("act", act)]).await
}

async fn save(site: &mut Site, sys_id: &str, title: &str, text: &str) -> Answer {
    let page = site.get(&format!("/kb_edit.do?sys_kb_id={sys_id}")).await;
    let token = page.hidden("token");
    let fields = [
        ("token", token.as_str()),
        ("sys_kb_id", sys_id),
        ("short_description", title),
        ("text", text),
        ("meta", "vpn, remote"),
        ("valid_to", "2100-01-01"),
    ];
    site.post("/kb_edit.do", &fields).await
}

#[tokio::test]
async fn a_person_edits_publishes_and_retires_by_hand() {
    let mut site = site();
    site.sign_in("kb.admin").await;
    let draft = "a2".repeat(16);
    let answer = save(&mut site, &draft, "A better <draft>", "<p>New.</p>").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = site.get(&format!("/kb_view.do?sys_kb_id={draft}")).await;
    assert!(page.body.contains("A better &lt;draft&gt;") && page.body.contains("<p>New.</p>"));
    assert_eq!(press(&mut site, &draft, "publish").await.status, StatusCode::SEE_OTHER);
    assert_eq!(press(&mut site, &draft, "retire").await.status, StatusCode::SEE_OTHER);
    let page = site.get(&format!("/kb_view.do?sys_kb_id={draft}")).await;
    assert!(page.body.contains("Publish again"));
}

#[tokio::test]
async fn a_person_checks_out_a_version_and_publishes_it() {
    use crate::sandbox::profile::Versioning;
    let mut site = site();
    site.app.switch(Profile { versioning: Versioning::OnBlocked403, ..Profile::default() });
    site.put(
        "kb_knowledge",
        article(VERSIONED, "KB0010001", "Set up the VPN", "published")
            .with("article_id", VERSIONED)
            .with("latest", "true")
            .with("display_number", "KB0010001 v1.0"),
    );
    site.sign_in("kb.admin").await;
    let refused = save(&mut site, VERSIONED, "In place", "<p>In place.</p>").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("In place"), "what was typed is still there");
    let made = press(&mut site, VERSIONED, "checkout").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let draft = made.header(header::LOCATION).rsplit('=').next().unwrap().to_owned();
    let published = site.get(&format!("/kb_view.do?sys_kb_id={VERSIONED}")).await;
    assert!(published.body.contains("Checked out by Knowledge Admin"), "{}", published.body);
    assert_eq!(save(&mut site, &draft, "Second", "<p>Second.</p>").await.status, StatusCode::SEE_OTHER);
    assert_eq!(press(&mut site, &draft, "publish").await.status, StatusCode::SEE_OTHER);
    let page = site.get("/kb_view.do?sysparm_article=KB0010001").await;
    assert!(page.body.contains("Second.") && page.body.contains("Version history"), "{}", page.body);
}

#[tokio::test]
async fn who_may_not_work_on_it_gets_no_tools_and_no_form() {
    let mut site = site();
    site.sign_in("reader").await;
    let id = "a1".repeat(16);
    assert!(!site.get(&format!("/kb_view.do?sys_kb_id={id}")).await.body.contains("kb_edit.do"));
    assert_eq!(site.get(&format!("/kb_edit.do?sys_kb_id={id}")).await.status, StatusCode::NOT_FOUND);
    let token = site.get("/kb").await.hidden("token");
    let sent = [("token", token.as_str()), ("sys_kb_id", &id), ("act", "retire")];
    assert_eq!(site.post("/kb_act.do", &sent).await.status, StatusCode::FORBIDDEN);
    let sent = [("token", token.as_str()), ("sys_kb_id", &id), ("short_description", "Mine"), ("text", "")];
    assert_eq!(site.post("/kb_edit.do", &sent).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        site.post("/kb_act.do", &[("token", "x"), ("sys_kb_id", &id), ("act", "retire")]).await.status,
        StatusCode::FORBIDDEN
    );
}
