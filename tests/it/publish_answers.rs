//! A 2xx is not proof: what came back is compared with what was sent.

use serde_json::json;

use crate::project::{Instance, Project};

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
