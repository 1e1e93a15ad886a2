//! An article that attacks whoever reads it: nothing of it runs, with the sanitizer on and off.

use kb_publish::sandbox::{Profile, SanitizerMode};
use serde_json::json;

use crate::driver::{Browser, Scheme};
use crate::site::Site;

const ATTACKS: &str = r#"<p id="end">Before</p>
<script>document.title = "script ran"</script>
<img src="/nothing.png" onerror="document.title = 'onerror ran'">
<svg onload="document.title = 'onload ran'"><script>document.title = 'svg ran'</script></svg>
<details open ontoggle="document.title = 'ontoggle ran'"><summary>x</summary>y</details>
<a id="trap" href="javascript:document.title='href ran'">link</a>
<iframe srcdoc="<script>parent.document.title = 'frame ran'</script>"></iframe>
<object data="data:text/html,<script>parent.document.title='object ran'</script>"></object>
<form action="https://evil.invalid/"><button id="steal">Sign in again</button></form>
<meta http-equiv="refresh" content="0;url=https://evil.invalid/">
<base href="https://evil.invalid/">
<style>header.bar { display: none }</style>
<div style="position:fixed;inset:0;z-index:99;background:red" id="curtain">Your session has expired</div>
<input autofocus onfocus="document.title = 'onfocus ran'">
{{constructor.constructor("document.title = 'template ran'")()}}
</div></article></main><h1>Out of the box</h1>"#;

#[tokio::test]
async fn a_hostile_article_runs_nothing_and_stays_in_its_sheet() {
    for sanitizer in [SanitizerMode::Builtin, SanitizerMode::Off] {
        let site = Site::start(Profile { sanitizer, ..Profile::default() }).await;
        let (number, _) = site.article("A hostile article", ATTACKS, &json!({})).await;
        let browser = Browser::open(1200, 900, Scheme::Light).await;
        let page = format!("{}/kb_view.do?sysparm_article={number}", site.url);
        browser.go(&page).await;
        assert_eq!(browser.url().await, page, "{sanitizer:?}");
        assert_eq!(browser.title().await, "A hostile article · kb-publish sandbox", "{sanitizer:?}");
        assert!(!browser.source().await.contains("<script"), "{sanitizer:?}");
        let bar =
            browser.evaluate("return getComputedStyle(document.querySelector('header.bar')).display").await;
        assert_eq!(bar, "block", "its style stayed in its sheet");
        let top = "return document.elementFromPoint(600, 60).closest('header.bar') !== null";
        assert_eq!(browser.evaluate(top).await, true, "nothing of it lies over the page: {sanitizer:?}");
        let inside = "return [...document.querySelectorAll('h1')].filter(h => h.textContent == 'Out of the box')\
                      .every(h => h.closest('.paper'))";
        assert_eq!(
            browser.evaluate(inside).await,
            true,
            "it did not close the page around it: {sanitizer:?}"
        );
        let forms = "return document.querySelectorAll('.paper form, .paper input, .paper iframe, .paper object').length";
        assert_eq!(browser.evaluate(forms).await, 0);
    }
}

/// The policy alone, without the cleaning: a file that is a page runs nothing when opened.
#[tokio::test]
async fn an_attached_page_runs_nothing_when_opened() {
    let site = Site::start(Profile::default()).await;
    let (_, article) = site.article("With files", "<p>x</p>", &json!({})).await;
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>document.title='ran'</script><rect width="9" height="9"/></svg>"#;
    let file = site.file(&article, "net.svg", "image/svg+xml", svg).await;
    let (number, _) = site
        .article(
            "Shows it",
            &format!("<p><img src=\"/sys_attachment.do?sys_id={file}\" alt=\"net\"></p>"),
            &json!({}),
        )
        .await;
    let browser = Browser::open(800, 600, Scheme::Light).await;
    browser.go(&format!("{}/kb_view.do?sysparm_article={number}", site.url)).await;
    let width = browser.evaluate("return document.querySelector('.paper img').naturalWidth").await;
    assert_eq!(width, 9, "an <img> shows the SVG although opening it is a download");
    assert_eq!(browser.title().await, "Shows it · kb-publish sandbox");
}
