//! What people, rules, counters and jobs do beside us makes no false conflict, and costs no more reads than
//! protocol §4 allows.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::project::{Instance, Project, handbook};

/// An instance with the handbook published; the exit code that publishing ended with.
fn published(switches: &str) -> (Arc<Instance>, Project, Option<i32>) {
    let instance = Instance::with(switches);
    let project = Project::on(&instance);
    handbook(&project);
    let code = project.json(&["publish"]).code;
    (instance, project, code)
}

fn each_article(instance: &Instance, mut act: impl FnMut(&Value)) {
    for article in instance.articles("acme").values() {
        act(&article["sys_id"]);
    }
}

/// A run with nothing changed: no write, no conflict, and the reads of protocol §4 for this many suspicious rows.
#[track_caller]
fn nothing_to_do(instance: &Instance, project: &Project, suspicious: usize) {
    instance.reset_log();
    let run = project.json(&["publish"]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    let summary = run.json()["summary"].clone();
    assert_eq!((&summary["unchanged"], &summary["conflict"]), (&json!(8), &json!(0)), "{}", run.stdout);
    let (gets, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0), "{:#?}", instance.targets());
    let allowed = 1 + 8 + suspicious.div_ceil(40);
    assert!(gets <= allowed, "{gets} of {allowed}: {:#?}", instance.targets());
}

/// A change of a text goes through afterwards, and then there is nothing to do again.
#[track_caller]
fn goes_on(instance: &Instance, project: &Project, code: i32) {
    project
        .doc("plain.md", "# Plain\n\nNew words.\n")
        .doc("guides/deep/b.md", "# Beta\n\nNo link any more.\n");
    let run = project.json(&["publish"]);
    assert_eq!(run.code, Some(code), "{}\n{}", run.stdout, run.stderr);
    assert_eq!(run.json()["summary"]["update"], 2, "{}", run.stdout);
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("New words."));
}

#[test]
fn an_approval_by_a_person() {
    let (instance, project, code) = published("publish = \"approval_review\"");
    assert_eq!(code, Some(7), "in review");
    each_article(&instance, |id| {
        instance.act(&json!({ "act": "publish", "sys_id": id, "user": "kb.admin" }));
    });
    assert!(instance.articles("acme").values().all(|row| row["workflow_state"] == "published"));
    nothing_to_do(&instance, &project, 8);
    goes_on(&instance, &project, 0);
    nothing_to_do(&instance, &project, 8);
}

#[test]
fn an_approval_by_system() {
    let (instance, project, _) = published("publish = \"approval_review\"");
    // The workflow's own hand, some minutes later: columns of its own besides the state.
    instance.switch(&json!({ "last_editor": "system", "publish": "direct" }));
    advance(&instance, 600);
    each_article(&instance, |id| {
        instance.act(&json!({ "act": "publish", "sys_id": id, "user": "kb.admin" }));
        instance.act(&json!({ "act": "edit", "sys_id": id, "columns": { "flagged": "false", "rating": "3" }, "user": "kb.admin" }));
    });
    assert!(instance.articles("acme").values().all(|row| row["sys_updated_by"] == "system"));
    nothing_to_do(&instance, &project, 8);
    goes_on(&instance, &project, 0);
}

fn advance(instance: &Instance, seconds: u32) {
    instance.control("clock", &json!({ "advance_seconds": seconds }));
}

#[test]
fn a_business_rule_that_counts_twice() {
    let (instance, project, code) = published("count_twice = true\nlast_editor = \"system\"");
    assert_eq!(code, Some(0));
    nothing_to_do(&instance, &project, 8);
    goes_on(&instance, &project, 0);
    nothing_to_do(&instance, &project, 8);
    // A rule that comes later, and one that goes.
    instance.switch(&json!({ "count_twice": false, "last_editor": "" }));
    project.doc("plain.md", "# Plain\n\nOther words.\n");
    project.publish();
    nothing_to_do(&instance, &project, 8);
    instance.switch(&json!({ "count_twice": true }));
    project.doc("plain.md", "# Plain\n\nThird words.\n").doc("guides/deep/b.md", "# Beta\n\nAgain.\n");
    project.publish();
    nothing_to_do(&instance, &project, 8);
}

#[test]
fn view_counters_that_count_as_updates() {
    let (instance, project, _) = published("views_count_as_updates = true");
    advance(&instance, 600);
    for _ in 0..3 {
        each_article(&instance, |id| {
            instance.act(&json!({ "act": "view", "sys_id": id, "user": "reader" }));
        });
    }
    nothing_to_do(&instance, &project, 8);
    // A reader comes by between our last look and the write.
    let plain = instance.article("Plain")["sys_id"].clone();
    instance.fault(&json!({
        "method": "PATCH", "table": "kb_knowledge", "path": format!("*{}", plain.as_str().unwrap()),
        "fault": { "kind": "person", "act": { "act": "view", "sys_id": plain, "user": "reader" } }
    }));
    goes_on(&instance, &project, 0);
    nothing_to_do(&instance, &project, 8);
}

#[test]
fn a_translation_job() {
    let (instance, project, _) = published("plugins = [\"i18n\"]\nlast_editor = \"\"");
    advance(&instance, 600);
    each_article(&instance, |id| {
        instance.act(&json!({ "act": "edit", "sys_id": id, "user": "kb.admin",
            "columns": { "language": "en", "topic": "Translated" } }));
    });
    // Its translations are articles of their own, made by copying: with our stamp, and not ours.
    let plain = instance.article("Plain")["sys_id"].clone();
    let copy = instance.act(&json!({ "act": "copy", "sys_id": plain, "user": "kb.admin" }));
    instance.act(&json!({ "act": "edit", "sys_id": copy["sys_id"], "user": "kb.admin", "columns": {
        "short_description": "Schlicht", "text": "<p>Nichts Besonderes.</p>", "language": "de", "parent": plain } }));
    instance.reset_log();
    let run = project.json(&["publish"]).exits(0);
    assert_eq!(run.json()["summary"]["unchanged"], 8);
    let (gets, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0));
    assert!(gets <= 10, "{:#?}", instance.targets());
    goes_on(&instance, &project, 0);
    assert!(instance.article("Schlicht")["text"].as_str().unwrap().contains("Nichts"));
}

#[test]
fn a_checkout_of_what_has_nothing_to_write() {
    let (instance, project, _) = published("versioning = \"on_admin_bypass\"\nminor_edit_fields = []");
    let (vpn, plain) =
        (instance.article("VPN")["sys_id"].clone(), instance.article("Plain")["sys_id"].clone());
    for id in [&vpn, &plain] {
        instance.act(&json!({ "act": "checkout", "sys_id": id, "user": "kb.admin" }));
    }
    instance.reset_log();
    let run = project.json(&["publish"]).exits(0);
    assert_eq!(run.json()["summary"]["conflict"], 0, "{}", run.stdout);
    let (gets, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0));
    assert!(gets <= 10, "{:#?}", instance.targets());
    // Published again without a change of ours: a version of somebody else's, with our text.
    let drafts = instance.rows("kb_knowledge", "workflow_state=draft");
    for draft in &drafts {
        instance.act(&json!({ "act": "publish", "sys_id": draft["sys_id"], "user": "kb.admin" }));
    }
    assert_eq!(drafts.len(), 2);
    nothing_to_do(&instance, &project, 2);
    // With something to write, a checkout is a conflict and stays untouched.
    let draft = instance
        .act(&json!({ "act": "checkout", "sys_id": current(&instance, "Plain"), "user": "kb.admin" }));
    project.doc("plain.md", "# Plain\n\nNew words.\n");
    let run = project.json(&["publish"]).exits(5);
    assert_eq!(run.document("plain.md")["outcome"], "conflict");
    let row =
        instance.rows("kb_knowledge", &format!("sys_id={}", draft["sys_id"].as_str().unwrap())).remove(0);
    assert!(!row["text"].as_str().unwrap().contains("New words."));
}

fn current(instance: &Instance, title: &str) -> Value {
    let rows = instance.rows("kb_knowledge", &format!("short_description={title}^workflow_state=published"));
    assert_eq!(rows.len(), 1);
    rows[0]["sys_id"].clone()
}

#[test]
fn a_rotated_service_account_and_two_accounts_in_turn() {
    let (instance, project, _) = published("");
    let ci = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "kb.admin");
    ci.reconfigure("username = \"kb.publisher\"", "username = \"kb.admin\"");
    handbook(&ci);
    // Another account, the same tree.
    let run = ci.json(&["publish"]).exits(0);
    assert_eq!(
        (&run.json()["summary"]["unchanged"], &run.json()["summary"]["conflict"]),
        (&json!(8), &json!(0))
    );
    for turn in 0..3 {
        advance(&instance, 3600);
        for (at, one) in [&project, &ci].into_iter().enumerate() {
            let text = format!("# Plain\n\nTurn {turn}, by number {at}.\n\n![n](img/net.png)\n");
            one.doc("plain.md", &text);
            let run = one.json(&["publish"]).exits(0);
            assert_eq!(run.json()["summary"]["update"], 1, "{}", run.stdout);
            assert!(instance.article("Plain")["text"].as_str().unwrap().contains(&format!("number {at}.")));
            // The other, brought to the same commit, has nothing to do.
            let other = [&ci, &project][at];
            other.doc("plain.md", &text);
            instance.reset_log();
            let run = other.json(&["publish"]).exits(0);
            assert_eq!(run.json()["summary"]["unchanged"], 8, "{}", run.stdout);
            assert_eq!(instance.requests().2, 0);
        }
    }
}
