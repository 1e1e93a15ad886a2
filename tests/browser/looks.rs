//! Pictures of the pages, wide and narrow, light and dark, to be looked at; and what can be measured of their looks.

use kb_publish::sandbox::{Profile, Versioning};
use serde_json::json;

use crate::driver::{Browser, ENTER, Scheme, TAB};
use crate::site::Site;

const BODY: &str = r#"<p>Use this guide when you work from home or from a customer's office. It takes about <strong>ten minutes</strong>;
you need your badge number and a phone.</p>
<div style="border-left:4px solid #0969da;background:#ddf4ff;padding:8px 16px;margin:16px 0"><p style="font-weight:600;margin:0 0 4px">Note</p>
<p style="margin:0">The old client stops working on 1 December.</p></div>
<h2 id="before">Before you start</h2>
<ol><li>Update your laptop.</li><li>Install the client: <code>sudo apt install corp-vpn</code></li><li>Restart.</li></ol>
<pre style="background:#f6f8fa;padding:12px;border-radius:6px"><code><span style="color:#cf222e">fn</span> <span style="color:#8250df">main</span>() {
    println!(<span style="color:#0a3069">"a rather long line of code that has to scroll on narrow screens and must not widen the page"</span>);
}</code></pre>
<h3>What the settings mean</h3>
<table border="1" style="border-collapse:collapse"><thead><tr><th style="padding:6px 12px">Setting</th><th style="padding:6px 12px">Default</th>
<th style="padding:6px 12px">Meaning</th></tr></thead><tbody><tr><td style="padding:6px 12px">split_tunnel</td><td style="padding:6px 12px">on</td>
<td style="padding:6px 12px">Only office addresses go through the tunnel</td></tr></tbody></table>
<details><summary>More about routing</summary><p>Ask the network team.</p></details>"#;

async fn filled() -> (Site, String) {
    let site = Site::start(Profile { versioning: Versioning::OnAdminBypass, ..Profile::default() }).await;
    let it = "a7e8a78bff0221009b20ffffffffff17";
    let guides = site.category("Guides", "kb_knowledge_base", it).await;
    let remote = site.category("Remote work", "kb_category", &guides).await;
    let reference = site.category("Reference", "kb_knowledge_base", it).await;
    let more = json!({ "kb_category": remote, "meta": "vpn, remote work, network", "display_attachments": "true",
        "meta_description": "Install it, sign in, and fix the three usual problems." });
    let (number, id) = site.article("Connect to the office network from home", BODY, &more).await;
    site.file(&id, "client-setup.txt", "text/plain", b"set up").await;
    for (title, state, category) in [
        ("Reset your password without calling anybody", "published", &guides),
        ("Order a second screen", "draft", &guides),
        ("Which printer is nearest to my desk?", "published", &reference),
        ("How long are backups kept?", "retired", &reference),
        ("Set up two-factor sign-in on a new phone", "published", &remote),
    ] {
        let body = "<p>A few words on what has to be done, in which order, and whom to ask when it does not work.</p>";
        site.article(title, body, &json!({ "workflow_state": state, "kb_category": category })).await;
    }
    site.post("/sandbox/act", &json!({ "user": "kb.admin", "act": "checkout", "sys_id": id })).await;
    (site, number)
}

/// Whether anything makes the page wider than its window.
pub(crate) async fn overflows(browser: &Browser) -> bool {
    let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    browser.evaluate(script).await == true
}

/// The lowest contrast of text against what lies behind it, by WCAG's formula, article bodies apart (their
/// colours are the author's); with the text that has it.
pub(crate) const CONTRAST: &str = r"
    const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
        return .2126 * r + .7152 * g + .0722 * b; };
    const parse = s => { const n = s.match(/[\d.]+/g).map(Number); return { rgb: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 }; };
    const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a > 0) return c.rgb; }
        return [255, 255, 255]; };
    let worst = { ratio: 99, text: '' };
    for (const e of document.querySelectorAll('body *')) {
        if (e.closest('.paper, .unseen, .skip') || ![...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim())) continue;
        const a = light(parse(getComputedStyle(e).color).rgb), b = light(behind(e));
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < worst.ratio) worst = { ratio, text: e.textContent.trim().slice(0, 60) };
    }
    return worst;";

#[tokio::test]
async fn the_pages_fit_every_window_and_can_be_read() {
    let (site, number) = filled().await;
    for (size, width, height) in [("wide", 1280, 1000), ("narrow", 390, 844)] {
        for (colours, scheme) in [("light", Scheme::Light), ("dark", Scheme::Dark)] {
            let browser = Browser::open(width, height, scheme).await;
            for (name, path) in [
                ("home", "/kb".to_owned()),
                ("base", "/kb?base=a7e8a78bff0221009b20ffffffffff17".to_owned()),
                ("search", "/kb?q=phone".to_owned()),
                ("missing", "/kb_view.do?sysparm_article=KB404".to_owned()),
                ("article", format!("/kb_view.do?sysparm_article={number}")),
            ] {
                look(&browser, &format!("{}{path}", site.url), &format!("{name}-{size}-{colours}")).await;
            }
            browser.sign_in(&site.url, "kb.admin").await;
            let article = format!("{}/kb_view.do?sysparm_article={number}", site.url);
            look(&browser, &article, &format!("work-{size}-{colours}")).await;
            browser.click(".tools a.button").await;
            browser.wait_for_heading(&format!("Edit {number}")).await;
            browser.picture(&format!("edit-{size}-{colours}")).await;
            assert!(!overflows(&browser).await, "edit {size}");
        }
    }
}

async fn look(browser: &Browser, url: &str, name: &str) {
    browser.go(url).await;
    browser.picture(name).await;
    assert!(!overflows(browser).await, "{name} is wider than its window");
    let worst = browser.evaluate(CONTRAST).await;
    assert!(worst["ratio"].as_f64().unwrap() >= 4.5, "{name}: too little contrast: {worst}");
    let unnamed = "return [...document.querySelectorAll('input:not([type=hidden]), textarea')].filter(e => !e.labels.length).length";
    assert_eq!(browser.evaluate(unnamed).await, 0, "{name}: a field without a label");
    let complaints: Vec<String> =
        browser.console().await.into_iter().filter(|line| !line.contains("404")).collect();
    assert!(complaints.is_empty(), "{name}: {complaints:?}");
}

#[tokio::test]
async fn the_keyboard_alone_reaches_the_content() {
    let (site, number) = filled().await;
    let browser = Browser::open(1000, 800, Scheme::Light).await;
    browser.go(&format!("{}/kb_view.do?sysparm_article={number}", site.url)).await;
    browser.press_tab().await;
    let focused = "return document.activeElement.textContent";
    assert_eq!(browser.evaluate(focused).await, "Skip to content");
    let ring = "const s = getComputedStyle(document.activeElement); return s.outlineStyle";
    assert_eq!(browser.evaluate(ring).await, "solid", "focus is shown");
}

#[tokio::test]
async fn an_article_is_worked_on_by_the_keyboard_alone() {
    let site = Site::start(Profile { versioning: Versioning::OnAdminBypass, ..Profile::default() }).await;
    let (number, _) = site.article("Order a second screen", "<p>Ask.</p>", &json!({})).await;
    let browser = Browser::open(1000, 800, Scheme::Light).await;
    browser.go(&format!("{}/kb_view.do?sysparm_article={number}", site.url)).await;
    browser.tab_to("Sign in").await;
    browser.press(ENTER).await;
    browser.wait_for("return !!document.querySelector('#ui-user')").await;
    browser.evaluate("document.querySelector('#ui-user').focus()").await;
    browser.press(&format!("kb.admin{TAB}kb.admin{ENTER}")).await;
    browser.wait_for_heading("Order a second screen").await;
    browser.tab_to("Check out").await;
    browser.press(ENTER).await;
    let state = |word: &str| {
        format!(
            "return document.querySelector('.state')?.textContent.trim() === '{word}' || document.body.textContent.includes('{word}')"
        )
    };
    browser.wait_for("return location.search.includes('sys_kb_id')").await;
    browser.wait_for(&state("Draft")).await;
    browser.tab_to("Edit").await;
    browser.press(ENTER).await;
    browser.wait_for_heading(&format!("Edit {number}")).await;
    browser.tab_to("Title").await;
    browser.press(&format!("Order two screens{ENTER}")).await;
    browser.wait_for_heading("Order two screens").await;
    browser.tab_to("Publish").await;
    browser.press(ENTER).await;
    browser.wait_for(&state("Version 2.0")).await;
    browser.tab_to("Retire").await;
    browser.press(ENTER).await;
    browser.wait_for(&state("Retired")).await;
    browser.picture("retired").await;
}
