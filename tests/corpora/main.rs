//! Real doc trees, published to the sandbox and published again. They lie beside the checkout, in `../shared/corpora`.
#![expect(clippy::unwrap_used, reason = "in tests a panic is a failed test")]

#[path = "../it/project.rs"]
#[expect(dead_code, reason = "these tests use a part of the harness")]
mod project;
mod recorded;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use project::{Instance, Project};
use serde_json::json;

/// Where a corpus lies.
fn corpus(name: &str) -> Utf8PathBuf {
    let corpus = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora").join(name);
    assert!(corpus.is_dir(), "`{corpus}` is not there");
    corpus
}

/// Copies a corpus into the project: the tests change it.
fn copy(from: &Utf8Path, to: &Utf8Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(entry.path(), &target);
        } else {
            // Read and written, not copied: the corpora are read-only.
            std::fs::write(target, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// Publishes a corpus twice, then once more with one word changed. Their dangling links are warnings.
fn publishes(name: &str, documents: usize) {
    let instance = Instance::new();
    let project = Project::named(&instance, name);
    copy(&corpus(name), &project.path("docs"));
    let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
    project.config(&(config
        + "[lint.severity]\nbroken-link = \"warning\"\nbroken-anchor = \"warning\"\nmissing-image = \"warning\"\noutside-root = \"warning\"\n"));
    let first = project.publish().json();
    assert_eq!(first["summary"]["create"], documents, "{name}");
    let published = |row: &serde_json::Value| row["workflow_state"] == "published";
    let rows = instance.rows("kb_knowledge", &format!("descriptionSTARTSWITHkb-publish-1/{name}/"));
    assert_eq!(rows.iter().filter(|row| published(row)).count(), documents, "{name}");
    instance.reset_log();
    project.publish();
    let (gets, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0), "{name}: writes of the second run");
    assert!(gets <= documents.div_ceil(1000) + 8, "{name}: {gets} reads of the second run");
    let document = first["documents"][0]["path"].as_str().unwrap();
    let path = project.path(document);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text + "\nOneMoreWord.\n").unwrap();
    instance.reset_log();
    let changed = project.publish();
    assert_eq!(changed.document(document)["reasons"], json!(["body"]), "{name}");
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 1, 0), "{name}: one word is one PATCH");
}

/// What `lint` finds in each corpus, by code. A change of these numbers is a change of what writers are told: look at
/// the findings that came or went before you change it here.
const FINDINGS: &[(&str, &[(&str, usize)])] = &[
    (
        "argocd",
        &[
            ("broken-anchor", 8),
            ("broken-link", 28),
            ("file-type-mismatch", 1),
            ("missing-alt", 9),
            ("missing-image", 1),
            ("outside-root", 1),
            ("skipped-heading-level", 10),
            // Bold code in the line below a raw `<hr>`, which is HTML there, too,
            // `{{.app…}}` in a text, and a warning whose text is not indented.
            ("unread-syntax", 13),
            ("unsupported-html", 1),
        ],
    ),
    (
        "psdocs",
        &[
            ("broken-anchor", 3),
            ("broken-link", 2908),
            // All that lies in `includes`.
            ("included-document", 9),
            ("missing-image", 1),
            ("outside-root", 10),
            ("skipped-heading-level", 19),
            // `T~1~`, in a list of the specification, and two Markdown links in a table of raw HTML.
            ("unread-syntax", 3),
            ("unsupported-scheme", 1510),
        ],
    ),
    (
        "wsl",
        &[
            ("broken-anchor", 3),
            ("broken-link", 94),
            ("missing-image", 2),
            ("skipped-heading-level", 3),
            ("unsupported-scheme", 13),
        ],
    ),
];

#[test]
fn findings_are_as_many_as_they_were() {
    let instance = Instance::new();
    for (name, expected) in FINDINGS {
        let project = Project::named(&instance, name);
        copy(&corpus(name), &project.path("docs"));
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for code in project.json(&["lint"]).exits(1).codes() {
            *found.entry(code).or_default() += 1;
        }
        let expected: BTreeMap<String, usize> =
            expected.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn wsl() {
    publishes("wsl", 36);
}

#[test]
fn argocd() {
    publishes("argocd", 249);
}

#[test]
fn psdocs() {
    publishes("psdocs", 1120);
}
