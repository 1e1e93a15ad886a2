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
