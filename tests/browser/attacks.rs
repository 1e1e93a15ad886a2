//! Every hostile document, published by the program and opened: nothing runs, nothing is asked of other hosts, and
//! what portals would take for templates is none. On the sandbox's pages with its sanitizer off, and as the files of a
//! build, where no policy of the sandbox helps.

use serde_json::json;

use crate::driver::{Browser, Scheme};
use crate::hostile_cases::HOSTILE;
use crate::project::{Instance, Project, png};

/// What must hold of a page, as a list of what does not. The first argument is a selector of the article.
const WRONG: &str = r"
    const wrong = [], sheet = document.querySelector('ARTICLE');
    for (const e of sheet.querySelectorAll('*')) {
        if (['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'FORM', 'INPUT', 'STYLE', 'LINK', 'META', 'BASE', 'SVG', 'MATH'].includes(e.tagName.toUpperCase()))
            wrong.push('<' + e.tagName + '>');
        for (const a of e.attributes) {
            if (a.name.startsWith('on')) wrong.push(a.name);
            if (a.value.includes('{{') || a.value.includes('${')) wrong.push('braces in ' + a.name);
        }
        for (const url of [e.href, e.src]) if (url && /^(javascript|vbscript|data:text)/i.test(url)) wrong.push(url);
        if (['fixed', 'absolute', 'sticky'].includes(getComputedStyle(e).position)) wrong.push('position of <' + e.tagName + '>');
    }
    for (let n, w = document.createTreeWalker(sheet, NodeFilter.SHOW_TEXT); n = w.nextNode();)
        if (n.data.includes('{{') || n.data.includes('${')) wrong.push('braces in text: ' + n.data);
    for (const r of performance.getEntriesByType('resource'))
        if (!r.name.startsWith(location.origin) && !r.name.startsWith('file:')) wrong.push('asked for ' + r.name);
    return wrong;";

/// The cases as documents, each in a file of its own.
fn project() -> (Project, Vec<String>, Vec<String>) {
    let instance = Instance::with("sanitizer = \"off\"");
    let project = Project::on(&instance);
    let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
    let weights = "[lint.severity]\nbroken-link = \"off\"\nbroken-anchor = \"off\"\nmissing-image = \"off\"\noutside-root = \"off\"\n";
    project.config(&format!(
        "{config}[render.dialects]\nmath = true\nwiki-links = true\ndefinition-lists = true\n{weights}"
    ));
    project.doc("x", png(b'8'));
    for (number, text) in HOSTILE.iter().enumerate() {
        project.doc(&format!("case-{number:03}.md"), text);
    }
    let report = project.publish().json();
    assert_eq!(report["summary"]["create"], HOSTILE.len());
    let pages = report["documents"].as_array().unwrap().iter();
    let pages = pages.map(|document| document["article"]["url"].as_str().unwrap().to_owned()).collect();
    project.run(&["build", "--out", "out"]).exits(0);
    let files = (0..HOSTILE.len())
        .map(|number| format!("file://{}", project.path(&format!("out/case-{number:03}.html"))))
        .collect();
    (project, pages, files)
}

#[tokio::test]
async fn every_hostile_document_is_inert() {
    let (_project, pages, files) = tokio::task::spawn_blocking(project).await.unwrap();
    let browser = Browser::open(1000, 800, Scheme::Light).await;
    for (article, urls) in [(".paper", &pages), ("body", &files)] {
        for (number, url) in urls.iter().enumerate() {
            // A dialog that is open fails this and every further command.
            browser.go(url).await;
            let wrong = browser.evaluate(&WRONG.replace("ARTICLE", article)).await;
            assert_eq!(wrong, json!([]), "{url}: {}", HOSTILE[number]);
            assert_eq!(&browser.url().await, url, "it led elsewhere: {}", HOSTILE[number]);
        }
    }
}
