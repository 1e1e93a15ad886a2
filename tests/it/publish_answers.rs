//! A 2xx is not proof: what came back is compared with what was sent.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::project::{Instance, Project, ran};

#[test]
fn an_article_that_was_stored_without_its_body_has_failed_until_it_has_one() {
    let instance = Instance::with("protected_columns = [\"kb_knowledge.text\"]");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n").doc("only-a-title.md", "# Title\n");
    for (exit, outcome) in [(6, "failed"), (5, "conflict")] {
        let run = project.json(&["publish"]).exits(exit);
        let document = run.document("a.md");
        assert_eq!(document["outcome"], outcome);
        assert!(document["error"].as_str().unwrap().contains("`text`"), "{document}");
    }
    instance.switch(&json!({ "protected_columns": [] }));
    project.publish();
    assert!(instance.article("A")["text"].as_str().unwrap().contains("Text."));
    project.publishes_nothing();
}

#[test]
fn a_save_while_a_write_waits_to_be_repeated_is_seen() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    project.publish();
    let row = instance.article("A");
    project.doc("a.md", "# A\n\nOther text.\n");
    instance.fault(&json!({ "method": "PATCH", "table": "kb_knowledge", "count": 1,
                            "fault": { "kind": "status", "status": 503 } }));
    let mut command = project.command(&["publish", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while instance.faults()[0]["struck"] != 1 {
        assert!(child.try_wait().unwrap().is_none(), "it ended without the fault");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Within the pause, after what a look-up right after the failure would have seen.
    std::thread::sleep(Duration::from_millis(500));
    let words = "<p>Ann was here.</p>";
    instance.act(&json!({ "act": "edit", "sys_id": row["sys_id"], "columns": { "text": words } }));
    let run = ran(&child.wait_with_output().unwrap()).exits(5);
    assert_eq!(run.document("a.md")["outcome"], "conflict");
    assert_eq!(instance.article("A")["text"], words);
}

#[test]
fn an_article_that_is_not_let_back_is_told_and_is_no_conflict() {
    let instance = Instance::with("publish = \"stays_draft\"");
    let project = Project::on(&instance);
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    project.doc("a.md", "# A\n\nText.\n").doc("b.md", "# B\n\nText.\n");
    project.json(&["publish"]).exits(7);
    project.remove("b.md");
    project.json(&["publish"]);
    assert_eq!(instance.article("B")["workflow_state"], "retired");
    project.doc("b.md", "# B\n\nBack again.\n");
    let back = project.json(&["publish"]).exits(7);
    assert_eq!(back.document("b.md")["outcome"], "left-draft");
    assert_eq!(instance.article("B")["workflow_state"], "retired", "the instance did not let it back");
    let after = project.json(&["plan"]).exits(0);
    assert_eq!(after.document("b.md")["action"], "unchanged", "{}", after.document("b.md"));
    // A person who retires it all the same has the last word.
    instance.switch(&json!({ "publish": "direct" }));
    project.json(&["publish", "--ask-again"]).exits(0);
    let row = instance.article("B");
    assert_eq!(row["workflow_state"], "published");
    instance.act(&json!({ "act": "retire", "sys_id": row["sys_id"] }));
    assert_eq!(project.json(&["plan"]).exits(5).document("b.md")["action"], "conflict");
}
