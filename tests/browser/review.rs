//! The review site of `plan --html`, opened from disk: ten kinds of changes, in every window.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kb_publish::sandbox::Profile;
use serde_json::json;

use crate::driver::{Browser, Scheme};
use crate::looks::{CONTRAST, overflows};
use crate::site::Site;

/// A red or a blue picture of one pixel.
const RED: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
const BLUE: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

struct Project(tempfile::TempDir);

impl Project {
    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kb-publish"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .env("KB_PUBLISH_PASSWORD", "kb.publisher")
            .output()
            .unwrap()
    }

    /// The address of a page of the site, as a reviewer opens it.
    fn page(&self, path: &str) -> String {
        format!("file://{}", self.path(&format!("review/{path}")).display())
    }
}

/// Publishes, changes everything in its own way, and writes the review site.
async fn under_review(site: &Site) -> Project {
    let project = Project(tempfile::tempdir().unwrap());
    let config = |more: &str| {
        format!(
            "project = \"acme\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"{}\"\n[auth]\nmethod = \"basic\"\n\
             username = \"kb.publisher\"\n[publish]\nknowledge_base = \"IT\"\nstatus = \"published\"\n{more}",
            site.url
        )
    };
    project.write("publish.toml", config(""));
    project.write("docs/word.md", "# Word\n\nPress the red button to open the door.\n");
    project.write("docs/title.md", "# Old title\n\nThe text stays.\n");
    project.write("docs/picture.md", "# Picture\n\nThe network:\n\n![The network](net.gif)\n");
    project.write("docs/net.gif", RED);
    project.write("docs/state.md", "---\nkb:\n  status: draft\n---\n# State\n\nA draft so far.\n");
    project.write("docs/moves.md", "---\nkb:\n  category: Here\n---\n# Moves\n\nTo another category.\n");
    project.write("docs/conflict.md", "# Conflict\n\nOur words.\n");
    project.write("docs/orphan.md", "# Orphan\n\nWill be gone.\n");
    project.write("docs/cell.md", "# Cell\n\n| When | Who |\n|---|---|\n| Days | Ann |\n| Nights | Ben |\n");
    project.write("docs/link.md", "# Link\n\nAsk [the desk](word.md) first.\n");
    project.write("docs/same.md", "# Same\n\nStays.\n");
    assert!(project.run(&["publish"]).status.success());
    let rows = site.get("/api/now/table/kb_knowledge?sysparm_query=short_description=Conflict").await;
    let edit = json!({ "user": "kb.admin", "act": "edit", "sys_id": rows[0]["sys_id"], "columns": { "text": "<p>Their words.</p>" } });
    site.post("/sandbox/act", &edit).await;
    project.write("publish.toml", config("orphans = \"retire\"\n"));
    project.write("docs/word.md", "# Word\n\nPress the green button to open the door.\n");
    project.write("docs/title.md", "# New title\n\nThe text stays.\n");
    project.write("docs/net.gif", BLUE);
    project.write("docs/state.md", "---\nkb:\n  status: published\n---\n# State\n\nA draft so far.\n");
    project.write("docs/moves.md", "---\nkb:\n  category: There\n---\n# Moves\n\nTo another category.\n");
    project.write("docs/conflict.md", "# Conflict\n\nOur new words.\n");
    std::fs::remove_file(project.path("docs/orphan.md")).unwrap();
    project.write("docs/cell.md", "# Cell\n\n| When | Who |\n|---|---|\n| Days | Ann |\n| Nights | Cleo |\n");
    project.write("docs/link.md", "# Link\n\nAsk [the desk](same.md) first.\n");
    project.write("docs/new.md", "# New\n\n![The network](net.gif)\n");
    assert_eq!(project.run(&["plan", "--html", "review"]).status.code(), Some(5));
    project
}

/// Every page below a folder of the site.
fn pages(folder: &Path) -> Vec<String> {
    let mut pages: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "html"))
        .map(|path| {
            format!("{}/{}", folder.file_name().unwrap().display(), path.file_name().unwrap().display())
        })
        .collect();
    pages.sort();
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_can_tell_what_will_happen_from_the_pages_alone() {
    let site = Site::start(Profile::default()).await;
    let project = under_review(&site).await;
    let mut all = vec!["index.html".to_owned()];
    all.extend(pages(&project.path("review/documents")));
    all.extend(pages(&project.path("review/articles")));
    assert_eq!(all.len(), 11, "{all:?}");
    for (size, width, height) in [("wide", 1200, 1400), ("narrow", 390, 1400)] {
        for (colours, scheme) in [("light", Scheme::Light), ("dark", Scheme::Dark)] {
            let browser = Browser::open(width, height, scheme).await;
            for page in &all {
                browser.go(&project.page(page)).await;
                let name = format!("review-{}-{size}-{colours}", page.replace(['/', '.'], "-"));
                browser.picture(&name).await;
                assert!(!overflows(&browser).await, "{name} is wider than its window");
                let worst = browser.evaluate(CONTRAST).await;
                assert!(worst["ratio"].as_f64().unwrap() >= 4.5, "{name}: too little contrast: {worst}");
                let complaints = browser.console().await;
                assert!(complaints.is_empty(), "{name}: {complaints:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_says_what_happens() {
    let site = Site::start(Profile::default()).await;
    let project = under_review(&site).await;
    let browser = Browser::open(1000, 1200, Scheme::Light).await;
    for (page, words) in [
        ("documents/word.html", &["red", "green", "The article is changed"][..]),
        ("documents/title.html", &["Old title", "New title"]),
        ("documents/state.html", &["draft", "published", "state draft → published"]),
        ("documents/moves.html", &["moved from category Here", "There"]),
        (
            "documents/conflict.html",
            &["Nothing is written", "By the document: not written", "edited in ServiceNow by kb.admin"],
        ),
        ("documents/cell.html", &["cell row “Nights”, column “Who”", "Ben", "Cleo"]),
        ("documents/link.html", &["link the desk", "KB00"]),
        ("documents/new.html", &["A new article is made", "left to ServiceNow"]),
        ("documents/picture.html", &["file net.gif", "no longer used"]),
    ] {
        browser.go(&project.page(page)).await;
        let text = browser.evaluate("return document.body.innerText").await;
        for word in words {
            assert!(text.as_str().unwrap().contains(word), "{page}: no `{word}` in {text}");
        }
    }
    browser.go(&project.page(&pages(&project.path("review/articles"))[0])).await;
    let text = browser.evaluate("return document.body.innerText").await;
    assert!(text.as_str().unwrap().contains("readers will no longer find it"), "{text}");
    let states = "return [...document.querySelectorAll('.fields tr')].filter(r => r.cells[0].innerText === 'State').map(r => [...r.cells].map(c => c.innerText).join(' '))";
    assert_eq!(browser.evaluate(states).await, json!(["State published retired"]));
    // Both pictures show, in the table and in both bodies.
    let shown = "return [...document.images].map(i => i.complete && i.naturalWidth > 0)";
    browser.go(&project.page("documents/picture.html")).await;
    assert_eq!(browser.evaluate(shown).await, json!([true, true]));
    let frames = browser.evaluate("return [...document.querySelectorAll('iframe')].map(f => f.src)").await;
    assert_eq!(frames.as_array().unwrap().len(), 2);
    for frame in frames.as_array().unwrap() {
        browser.go(frame.as_str().unwrap()).await;
        assert_eq!(browser.evaluate(shown).await, json!([true]), "{frame}");
    }
    // The filters need no script.
    browser.go(&project.page("index.html")).await;
    let rows =
        "return [...document.querySelectorAll('.documents tbody tr')].filter(r => r.offsetHeight > 0).length";
    assert_eq!(browser.evaluate(rows).await, 10);
    browser.click("#show-update").await;
    assert_eq!(browser.evaluate(rows).await, 3);
    browser.click("#show-unchanged").await;
    assert_eq!(browser.evaluate(rows).await, 4);
}
