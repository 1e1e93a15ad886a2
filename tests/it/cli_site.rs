//! `plan --html`: the review site, on real plans.

use serde_json::json;

use crate::project::{Instance, Project, handbook, png};

fn read(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.path("review").join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The body that a document's page frames under this title.
fn framed(project: &Project, page: &str, title: &str) -> String {
    let html = read(project, page);
    let frame = html.lines().find(|line| line.contains(&format!("title=\"{title}\""))).unwrap();
    let source = frame.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    read(project, source.trim_start_matches("../"))
}

#[test]
fn a_reviewer_sees_what_would_happen() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project
        .doc("plain.md", "# Plain\n\nNothing extraordinary.\n")
        .doc("img/logo.png", png(b'9'))
        .doc("new.md", "# New & old\n\nFresh.\n");
    let mail = instance.article("Mail");
    instance.act(&json!({ "user": "kb.admin", "act": "edit", "sys_id": mail["sys_id"],
        "columns": { "text": "<p>Rewritten by hand</p>" } }));
    instance.reset_log();
    let ran = project.run(&["plan", "--html", "review"]).exits(5);
    assert!(ran.stderr.contains("review/index.html"), "{}", ran.stderr);
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0), "a dry run only reads");

    let plain = read(&project, "documents/plain.html");
    assert!(plain.contains("<del>special</del>") && plain.contains("<ins>extraordinary</ins>"), "{plain}");
    assert!(framed(&project, "documents/plain.html", "In ServiceNow").contains("special"));
    assert!(framed(&project, "documents/plain.html", "As planned").contains("extraordinary"));
    assert!(read(&project, "documents/new.html").contains("New &amp; old"));
    assert!(framed(&project, "documents/guides/mail.html", "In ServiceNow").contains("Rewritten by hand"));
    let index = read(&project, "documents/index.html");
    assert!(index.contains(">new</td>") && index.contains(">no longer used</td>"), "{index}");
    let before = framed(&project, "documents/index.html", "In ServiceNow");
    let stored = before.split("../stored/").nth(1).unwrap().split('"').next().unwrap();
    assert!(project.path("review/stored").join(stored).is_file());
}
