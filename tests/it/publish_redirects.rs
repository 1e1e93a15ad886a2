//! `[redirects]`: where readers of a document that is gone are sent, whatever became of its successor.

use std::sync::Arc;

use serde_json::json;

use crate::project::{Instance, Project, png};

/// A project with these documents published, and its configuration.
fn published(instance: &Arc<Instance>, documents: &[&str]) -> (Project, String) {
    let project = Project::on(instance);
    for name in documents {
        project.doc(&format!("{name}.md"), format!("# {}\n\nText of {name}.\n", name.to_uppercase()));
    }
    project.publish();
    let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
    (project, config)
}

fn leads(instance: &Instance, from: &str, to: &str) {
    let old = instance.article(from);
    assert_eq!(old["workflow_state"], "retired");
    assert_eq!(old["replacement_article"], instance.article(to)["sys_id"], "{from} → {to}");
}

#[test]
fn redirects_lead_to_what_is_there_in_the_end() {
    let instance = Instance::new();
    let (project, config) = published(&instance, &["a", "b", "c", "d", "e"]);
    // `a` by way of `b`, which goes in the same run; `d` to a former id of `c`.
    project.config(&format!("{config}[redirects]\na = \"b\"\nb = \"c\"\nd = \"former\"\n"));
    project.doc("c.md", "---\nkb:\n  aliases: [former]\n---\n# C\n\nText of c.\n");
    for gone in ["a.md", "b.md", "d.md"] {
        project.remove(gone);
    }
    assert_eq!(project.publish().json()["summary"]["retire"], 3);
    for old in ["A", "B", "D"] {
        leads(&instance, old, "C");
    }
    project.publishes_nothing();
}

#[test]
fn an_article_is_not_taken_from_readers_for_a_successor_that_they_would_not_find() {
    let instance = Instance::new();
    let (project, config) = published(&instance, &["a", "x"]);
    project.config(&format!("{config}[redirects]\na = \"b\"\n"));
    project.remove("a.md");
    project.doc("b.md", "---\ndraft: true\n---\n# B\n\nText.\n");
    let unpublished = project.run(&["publish"]).exits(5);
    assert!(unpublished.stdout.contains("redirected to b, which is not published"), "{}", unpublished.stdout);
    assert_eq!(instance.article("A")["workflow_state"], "published");
    // Nor for one that could not be made.
    project.doc("b.md", "# B\n\nText.\n");
    instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "count": 2, "fault": { "kind": "status", "status": 403 } }));
    let refused = project.run(&["publish"]).exits(6);
    assert!(refused.stdout.contains("has no article"), "{}", refused.stdout);
    assert_eq!(instance.article("A")["workflow_state"], "published");
    project.publish();
    leads(&instance, "A", "B");
    project.publishes_nothing();
}

#[test]
fn an_article_is_not_taken_from_readers_for_a_successor_that_is_not_finished() {
    let instance = Instance::new();
    let (project, config) = published(&instance, &["a", "x"]);
    project.config(&format!("{config}[redirects]\na = \"b\"\n"));
    project.remove("a.md");
    project.doc("b.md", "# B\n\n![p](p.png)\n").doc("p.png", png(b'1'));
    instance.fault(&json!({ "method": "POST", "path": "*/attachment/file", "count": 1,
                            "fault": { "kind": "status", "status": 403 } }));
    let refused = project.run(&["publish"]).exits(6);
    assert!(refused.stdout.contains("could not be written to its end"), "{}", refused.stdout);
    assert_eq!(instance.article("A")["workflow_state"], "published");
    project.publish();
    leads(&instance, "A", "B");
    project.publishes_nothing();
}

#[test]
fn an_article_is_not_taken_from_readers_for_one_that_a_person_retired() {
    let instance = Instance::new();
    let (project, config) = published(&instance, &["a", "b"]);
    project.config(&format!("{config}[redirects]\na = \"b\"\n"));
    project.remove("a.md");
    instance.act(&json!({ "user": "kb.admin", "act": "retire", "sys_id": instance.article("B")["sys_id"] }));
    for verb in ["plan", "publish"] {
        let run = project.run(&[verb]).exits(5);
        assert!(run.stdout.contains("redirected to b, which has no article to be read"), "{}", run.stdout);
    }
    assert_eq!(instance.article("A")["workflow_state"], "published");
    project.json(&["publish", "--take", "local"]).exits(0);
    leads(&instance, "A", "B");
}

#[test]
fn an_article_is_not_taken_from_readers_for_one_that_is_not_let_back() {
    let instance = Instance::new();
    let (project, config) = published(&instance, &["a", "b"]);
    let retiring = config.replace("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    assert_ne!(config, retiring);
    project.config(&retiring);
    project.remove("b.md");
    project.publish();
    // It is asked to come back in this run, and was in the one before.
    project.config(&format!("{config}[redirects]\na = \"b\"\n"));
    project.doc("b.md", "# B\n\nText of b.\n");
    project.remove("a.md");
    instance.switch(&json!({ "publish": "stays_draft" }));
    let asked = project.run(&["publish"]).exits(6);
    assert!(asked.stdout.contains("could not be written to its end, or stayed"), "{}", asked.stdout);
    for verb in ["plan", "publish"] {
        let told = project.run(&[verb]).exits(5);
        assert!(told.stdout.contains("redirected to b, which has no article to be read"), "{}", told.stdout);
    }
    assert_eq!(instance.article("A")["workflow_state"], "published");
    instance.switch(&json!({ "publish": "direct" }));
    project.json(&["publish", "--ask-again"]).exits(0);
    leads(&instance, "A", "B");
}

#[test]
fn an_article_that_may_not_come_back_goes_on_to_send_its_readers() {
    for refused in [true, false] {
        let instance = Instance::new();
        let (project, config) = published(&instance, &["a", "b"]);
        let redirected = format!("{config}[redirects]\na = \"b\"\n");
        project.config(&redirected);
        project.remove("a.md");
        project.publish();
        leads(&instance, "A", "B");
        project.config(&config);
        project.doc("a.md", "# A\n\nText of a.\n");
        if refused {
            instance.fault(&json!({ "method": "PATCH", "column": "workflow_state", "count": 1,
                                    "fault": { "kind": "status", "status": 403 } }));
        } else {
            instance.switch(&json!({ "publish": "stays_draft" }));
        }
        project.json(&["publish"]).exits(7);
        leads(&instance, "A", "B");
        // Gone again: whatever was asked for last, its readers are sent on.
        project.config(&redirected);
        project.remove("a.md");
        project.json(&["publish"]).exits(0);
        leads(&instance, "A", "B");
        project.publishes_nothing();
    }
}

#[test]
fn paths_in_the_place_of_ids_are_told_before_they_make_a_second_article() {
    let instance = Instance::new();
    let (project, config) = published(&instance, &["guides/a", "guides/index", "x"]);
    project.remove("guides/a.md");
    project.remove("guides/index.md");
    project.config(&format!("{config}[redirects]\n\"guides/index.md\" = \"x\"\n"));
    project.doc("b.md", "---\nkb:\n  aliases: [guides/a.md]\n---\n# B\n\nOther words.\n");
    let refused = project.json(&["publish"]).exits(1);
    let problems = refused.json()["problems"].to_string();
    assert!(problems.contains("`kb.aliases` names the path `guides/a.md`"), "{problems}");
    assert!(problems.contains("is `guides/a`") && problems.contains("is `guides`"), "{problems}");
    let json = refused.json();
    let told = json["problems"].as_array().unwrap().iter();
    let places: Vec<_> = told.filter(|one| one["path"] == "publish.toml").map(|one| &one["line"]).collect();
    assert_eq!(places, [&json!(config.lines().count() + 2)], "{problems}");
    project.config(&format!("{config}[redirects]\nguides = \"x\"\n"));
    project.doc("b.md", "---\nkb:\n  aliases: [guides/a]\n---\n# B\n\nOther words.\n");
    let run = project.publish();
    assert_eq!((&run.json()["summary"]["retire"], &run.json()["summary"]["create"]), (&json!(1), &json!(0)));
    project.publishes_nothing();
}

#[test]
fn a_redirect_that_comes_after_the_retirement_is_made_all_the_same() {
    let instance = Instance::with("plugins = [\"advanced\"]");
    let (project, config) = published(&instance, &["a", "b", "c"]);
    project.config(&config.replace("[publish]", "[publish]\norphans = \"retire\""));
    project.remove("a.md");
    project.publish();
    let retired = instance.article("A")["retired"].clone();
    assert_eq!(instance.article("A")["replacement_article"], "");
    for successor in ["b", "c"] {
        project.config(&format!("{config}[redirects]\na = \"{successor}\"\n"));
        assert_eq!(project.publish().json()["summary"]["retire"], 1);
        leads(&instance, "A", &successor.to_uppercase());
        assert_eq!(instance.article("A")["retired"], retired);
        project.publishes_nothing();
    }
    // And the document may still come back.
    project.config(&config);
    project.doc("a.md", "# A\n\nText of a.\n").publish();
    assert_eq!(instance.article("A")["workflow_state"], "published");
    assert_eq!(instance.article("A")["replacement_article"], "");
    project.publishes_nothing();
}

#[test]
fn a_successor_that_the_instance_does_not_take_is_told() {
    let instance = Instance::with("protected_columns = [\"kb_knowledge.replacement_article\"]");
    let (project, config) = published(&instance, &["a", "b"]);
    project.config(&format!("{config}[redirects]\na = \"b\"\n"));
    project.remove("a.md");
    let run = project.publish();
    assert!(run.stdout.contains("did not take `replacement_article`"), "{}", run.stdout);
    project.publishes_nothing();
}

#[test]
fn a_redirect_that_this_account_may_not_make_is_left_to_a_person() {
    let instance = Instance::with("plugins = [\"advanced\"]");
    let (project, config) = published(&instance, &["a", "b"]);
    project.config(&config.replace("[publish]", "[publish]\norphans = \"retire\""));
    project.remove("a.md");
    project.publish();
    instance.switch(&json!({ "versioning": "on_blocked_403" }));
    project.config(&format!("{config}[redirects]\na = \"b\"\n"));
    let refused = project.run(&["publish"]).exits(5);
    assert!(refused.stdout.contains("set its replacement article in ServiceNow"), "{}", refused.stdout);
    let columns = json!({ "replacement_article": instance.article("B")["sys_id"] });
    let id = instance.article("A")["sys_id"].clone();
    instance.act(&json!({ "user": "admin", "act": "set", "sys_id": id, "columns": columns }));
    // Seen, and not asked for again.
    assert_eq!(project.json(&["plan", "--exit-code"]).exits(0).json()["summary"]["retire"], 0);
    project.publishes_nothing();
    project.publishes_nothing();
    // Sent elsewhere, it is told again.
    instance.act(
        &json!({ "user": "admin", "act": "set", "sys_id": id, "columns": { "replacement_article": id } }),
    );
    project.run(&["publish"]).exits(5);
}
