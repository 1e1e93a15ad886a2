//! What people do in ServiceNow is never overwritten silently.

use serde_json::json;

use crate::project::{Instance, Project, handbook};

#[test]
fn a_persons_edit_survives_every_later_run() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    instance.act(
        &json!({ "act": "edit", "sys_id": plain["sys_id"], "columns": { "text": "<p>Ann was here.</p>" } }),
    );
    for _ in 0..2 {
        let run = project.json(&["publish"]).exits(5);
        let document = run.document("plain.md");
        assert_eq!((&document["action"], &document["outcome"]), (&json!("conflict"), &json!("conflict")));
        assert!(document["reasons"][0].as_str().unwrap().starts_with("edited in ServiceNow by kb.admin"));
        assert!(document["diff"].as_str().unwrap().contains("-Ann was here."));
    }
    project.doc("plain.md", "# Plain\n\nNew text.\n");
    project.json(&["publish"]).exits(5);
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Ann was here."));
    project.json(&["publish", "--take", "local"]).exits(0);
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("New text."));
    project.publishes_nothing();
}

#[test]
fn a_persons_title_is_kept_too() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    instance.act(
        &json!({ "act": "edit", "sys_id": plain["sys_id"], "columns": { "short_description": "Fancy" } }),
    );
    project.json(&["publish"]).exits(5);
    assert_eq!(instance.article("Fancy")["sys_id"], plain["sys_id"]);
}

#[test]
fn other_columns_are_no_conflict() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    instance.act(&json!({ "act": "edit", "sys_id": plain["sys_id"], "columns": { "meta": "ann's words", "valid_to": "2030-01-01" } }));
    project.publishes_nothing();
    project.doc("plain.md", "# Plain\n\nNew text.\n");
    project.publish();
    let after = instance.article("Plain");
    assert_eq!(
        (&after["meta"], &after["valid_to"]),
        (&json!("ann's words"), &json!("2030-01-01")),
        "not ours, not touched"
    );
    assert!(after["text"].as_str().unwrap().contains("New text."));
}

#[test]
fn retired_by_a_person_stays_retired() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    instance.act(&json!({ "act": "retire", "sys_id": plain["sys_id"] }));
    let run = project.json(&["publish"]).exits(5);
    assert!(run.document("plain.md")["reasons"][0].as_str().unwrap().starts_with("retired in ServiceNow"));
    assert_eq!(instance.article("Plain")["workflow_state"], "retired");
    let plan = project.json(&["publish", "--dry-run", "--take", "local", "docs/plain.md"]).exits(0);
    assert_eq!(plan.document("plain.md")["action"], "update", "the dry run hears what the run would");
    project.json(&["publish", "--take", "local", "docs/plain.md"]).exits(0);
    assert_eq!(instance.article("Plain")["workflow_state"], "published");
    project.publishes_nothing();
}

#[test]
fn an_edit_between_plan_and_write_is_seen() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nNew text.\n");
    let plain = instance.article("Plain");
    // Strikes when the row is read right before the write.
    instance.fault(&json!({
        "method": "GET", "table": "kb_knowledge", "query": format!("sys_id={}", plain["sys_id"].as_str().unwrap()),
        "fault": { "kind": "person", "when": "before",
                   "act": { "act": "edit", "sys_id": plain["sys_id"], "columns": { "text": "<p>Ann was faster.</p>" } } }
    }));
    let run = project.json(&["publish"]).exits(5);
    assert_eq!(run.document("plain.md")["outcome"], "conflict", "{}", instance.faults());
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Ann was faster."));
}

#[test]
fn a_stamp_that_was_removed_is_a_conflict_and_no_second_article() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    instance
        .act(&json!({ "act": "edit", "sys_id": plain["sys_id"], "columns": { "description": "my notes" } }));
    let run = project.json(&["publish"]).exits(5);
    assert!(run.document("plain.md")["reasons"][0].as_str().unwrap().contains("no stamp"));
    assert_eq!(instance.article("Plain")["description"], "my notes");
}

#[test]
fn a_copy_made_by_a_person_is_pointed_out_and_left_alone() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    let copy = instance.act(&json!({ "act": "copy", "sys_id": plain["sys_id"] }));
    instance
        .act(&json!({ "act": "edit", "sys_id": copy["sys_id"], "columns": { "short_description": "Copy" } }));
    project.doc("plain.md", "# Plain\n\nNew text.\n");
    let run = project.publish();
    assert!(run.codes().contains(&"duplicate-article".to_owned()));
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("New text."));
    assert!(instance.article("Copy")["text"].as_str().unwrap().contains("Nothing special."));
}

#[test]
fn a_published_article_of_a_versioned_base_is_a_conflict_that_names_the_roads() {
    for versioning in ["on_blocked_403", "on_blocked_silent"] {
        let instance = Instance::with(&format!("versioning = \"{versioning}\""));
        let project = Project::on(&instance);
        handbook(&project);
        project.publish();
        project.publishes_nothing();
        let before = instance.article("VPN");
        project.doc("guides/vpn.md", "# VPN\n\nRewritten.\n\n## Setup\n");
        let run = project.json(&["publish"]).exits(5);
        let error = run.document("vpn.md")["error"].as_str().unwrap().to_owned();
        assert!(error.contains("minor_edit_fields") && error.contains("admin"), "{versioning}: {error}");
        let after = instance.article("VPN");
        assert_eq!(before["text"], after["text"], "{versioning}");
        assert_eq!(before["description"], after["description"], "{versioning}");
    }
}

#[test]
fn a_stamp_column_that_cuts_stops_the_run_before_the_second_article() {
    let instance = Instance::with("[column_limits]\n\"kb_knowledge.description\" = 90\n");
    let project = Project::on(&instance);
    handbook(&project);
    let run = project.json(&["publish"]).exits(6);
    assert!(run.codes().contains(&"stamp-lost".to_owned()));
    assert_eq!(instance.articles("acme").len(), 1);
    project.reconfigure("status =", "stamp_field = \"u_stamp\"\nstatus =");
    instance.switch(&json!({ "custom_columns": ["kb_knowledge.u_stamp:250"] }));
    project.publish();
    project.publishes_nothing();
    assert_eq!(instance.rows("kb_knowledge", "u_stampSTARTSWITHkb-publish-1/acme/").len(), 8);
}

#[test]
fn a_stamp_of_a_later_format_is_not_taken_for_none() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    project.publish();
    let row = instance.article("A");
    let stamp = row["description"].as_str().unwrap().replace("kb-publish-1/", "kb-publish-2/");
    instance.act(&json!({ "act": "set", "sys_id": row["sys_id"], "columns": { "description": stamp } }));
    let run = project.json(&["publish"]).exits(2);
    assert!(run.json()["error"]["help"].as_str().unwrap().contains("upgrade"), "{run:?}");
}
