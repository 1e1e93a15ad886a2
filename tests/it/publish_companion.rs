//! The companion: published articles of versioned bases are checked out, written and published in one call.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::program::Program;
use crate::project::{Instance, Project, handbook, png};

fn versioned(switches: &str) -> (Arc<Instance>, Project) {
    let instance = Instance::with(&format!("versioning = \"on_blocked_403\"\ncompanion = true\n{switches}"));
    let project = Project::on(&instance);
    handbook(&project);
    (instance, project)
}

/// The rows of an article by title, by state.
fn row(instance: &Instance, title: &str, state: &str) -> Value {
    let rows = instance.rows("kb_knowledge", &format!("short_description={title}^workflow_state={state}"));
    assert_eq!(rows.len(), 1, "{title} {state}");
    rows[0].clone()
}

#[test]
fn a_published_article_gets_a_new_version() {
    let (instance, project) = versioned("");
    project.publish();
    project.publishes_nothing();
    let before = row(&instance, "VPN", "published");
    project.doc(
        "guides/vpn.md",
        "# VPN\n\n![net](../img/net.png)\n\n![logo](../img/logo.png)\n\n## Setup\n\nRewritten.\n",
    );
    project.doc("img/net.png", png(b'9')).doc("plain.md", "# Plain\n\nOther.\n");
    instance.reset_log();
    let run = project.publish();
    let (gets, posts, patches, _) = instance.requests();
    assert_eq!((posts, patches), (2, 0), "one call for each article");
    assert!(gets < 24, "{gets} reads");
    assert_eq!(run.document("vpn.md")["outcome"], "updated");
    let now = row(&instance, "VPN", "published");
    assert_eq!((&now["number"], &now["article_id"]), (&before["number"], &before["article_id"]));
    assert_ne!(now["sys_id"], before["sys_id"]);
    assert_eq!(row(&instance, "VPN", "outdated")["sys_id"], before["sys_id"]);
    let files = instance.rows("sys_attachment", &format!("table_sys_id={}", now["sys_id"].as_str().unwrap()));
    let mut names: Vec<&str> = files.iter().map(|file| file["file_name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names.len(), 2, "the old picture is not carried along: {names:?}");
    for file in &files {
        assert!(now["text"].as_str().unwrap().contains(file["sys_id"].as_str().unwrap()), "{now:#}");
    }
    project.publishes_nothing();
    project.doc("plain.md", "# Plain\n\nOnce more.\n");
    project.publish();
    project.publishes_nothing();
}

#[test]
fn a_checkout_or_an_edit_of_a_person_is_never_touched() {
    let (instance, project) = versioned("");
    project.publish();
    let vpn = row(&instance, "VPN", "published");
    instance.act(&json!({ "act": "checkout", "sys_id": vpn["sys_id"] }));
    project.doc("guides/vpn.md", "# VPN\n\nRewritten.\n\n## Setup\n");
    let run = project.json(&["publish"]).exits(5);
    assert!(run.document("vpn.md")["reasons"][0].as_str().unwrap().contains("checked out"));
    assert_eq!(row(&instance, "VPN", "published")["text"], vpn["text"]);
}

#[test]
fn what_the_companion_refuses_is_a_conflict_and_leaves_nothing_behind() {
    let (instance, project) = versioned("attachment_extensions = [\"png\"]");
    project.publish();
    let rows = instance.rows("kb_knowledge", "").len();
    let before = row(&instance, "VPN", "published");
    project.doc("guides/vpn.md", "# VPN\n\n![net](../img/net.gif)\n\n## Setup\n");
    project.doc("img/net.gif", b"GIF89a\x01\0\x01\0\0\0\0;");
    let run = project.json(&["publish"]).exits(5);
    let error = run.document("vpn.md")["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("the companion: "), "{error}");
    assert_eq!(instance.rows("kb_knowledge", "").len(), rows, "no draft is left");
    assert_eq!(row(&instance, "VPN", "published")["text"], before["text"]);
}

#[test]
fn an_answer_that_does_not_come_makes_no_second_version() {
    for when in ["before", "after"] {
        let (instance, project) = versioned("");
        project.publish();
        project.doc("plain.md", "# Plain\n\nOther.\n");
        instance.fault(&json!({ "method": "POST", "path": "/api/global/kb_publish/*", "fault": { "kind": "reset", "when": when } }));
        project.publish();
        let number = row(&instance, "Plain", "published")["number"].as_str().unwrap().to_owned();
        assert_eq!(instance.rows("kb_knowledge", &format!("number={number}")).len(), 2, "{when}");
        assert!(row(&instance, "Plain", "published")["text"].as_str().unwrap().contains("Other."));
        project.publishes_nothing();
    }
}

#[test]
fn an_approval_is_told_and_the_published_version_stays_until_then() {
    let (instance, project) = versioned("");
    project.publish();
    instance.switch(&json!({ "publish": "approval_review" }));
    project.doc("plain.md", "# Plain\n\nOther.\n");
    let run = project.json(&["publish"]).exits(7);
    assert_eq!(run.document("plain.md")["outcome"], "in-review");
    assert!(row(&instance, "Plain", "published")["text"].as_str().unwrap().contains("Nothing special."));
    instance.act(&json!({ "act": "approve", "sys_id": row(&instance, "Plain", "review")["sys_id"] }));
    project.publishes_nothing();
    assert!(row(&instance, "Plain", "published")["text"].as_str().unwrap().contains("Other."));
}

#[test]
fn it_is_asked_for_only_where_it_could_help() {
    let asked = |instance: &Instance| instance.log_of("/api/global/kb_publish");
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nOther.\n");
    project.publish();
    assert_eq!(asked(&instance), 0, "no versions");
    let (instance, project) = versioned("");
    project.publish();
    assert_eq!(asked(&instance), 0, "new articles");
    project.reconfigure("status = \"published\"", "status = \"published\"\ncompanion = \"\"");
    project.doc("plain.md", "# Plain\n\nOther.\n");
    let run = project.json(&["publish"]).exits(5);
    assert_eq!(asked(&instance), 0, "switched off");
    assert!(run.document("plain.md")["error"].as_str().unwrap().contains("kb-publish companion show"));
}

#[test]
fn the_script_and_its_guide_are_printed() {
    let program = Program::new("");
    let script = program.run(&["companion", "show", "--script"]).ended(0).stdout;
    assert!(script.starts_with("/*") && script.contains("KBVersioning"));
    let guide = program.run(&["companion", "show", "--guide"]).ended(0).stdout;
    assert!(guide.contains("never run on a real instance"), "{guide}");
    let both = program.run(&["companion", "show"]).ended(0).stdout;
    assert!(both.contains(&script) && both.contains(&guide));
    let json = program.run(&["companion", "show", "--format", "json"]).ended(0).json();
    assert_eq!((&json["schema"], &json["script"]), (&"kb-publish/companion/1".into(), &script.into()));
    let only = program.run(&["companion", "show", "--guide", "--format", "json"]).ended(0).json();
    assert_eq!((&only["script"], &only["guide"]), (&serde_json::Value::Null, &guide.into()));
    assert!(program.run(&["companion", "--help"]).ended(0).stdout.contains("EXPERIMENTAL"));
}
