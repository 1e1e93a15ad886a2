//! A saved plan: killed and applied again, and refused after anything that matters has moved.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::project::{Instance, Project, handbook, png};

/// The handbook as published, changed in every way that a plan can hold, and the plan of it saved.
fn planned(switches: &str) -> (Arc<Instance>, Project) {
    let instance = Instance::with(switches);
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project
        .doc("plain.md", "---\nkeywords: [new]\n---\n# Plain\n\nNew text, see [fresh](fresh.md).\n")
        .doc("fresh.md", "# Fresh\n\n![l](img/logo.png)\n")
        .doc("img/net.png", png(b'9'));
    project.json(&["plan", "-o", "plan.json"]).exits(0);
    (instance, project)
}

#[test]
fn a_plan_that_asks_again_is_applied_so() {
    let instance = Instance::with("publish = \"stays_draft\"");
    let project = Project::on(&instance);
    handbook(&project);
    project.json(&["publish"]).exits(7);
    instance.switch(&json!({ "publish": "direct" }));
    project.json(&["plan", "--ask-again", "-o", "plan.json"]).exits(0);
    project.json(&["apply", "plan.json"]).exits(0);
    assert_eq!(instance.article("Plain")["workflow_state"], "published");
}

#[test]
fn a_plan_that_verified_is_applied_so() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n");
    project.publish();
    project.doc("a.md", "# A\n\nTwo.\n").doc("fresh.md", "# Fresh\n\nNew.\n");
    // A script changed the text, and nothing else: only a look at it tells.
    instance.fault(&json!({
        "method": "GET", "table": "kb_knowledge", "query": "text,meta", "count": 0,
        "fault": { "kind": "alter", "set": { "text": "<p>A script was here.</p>" } }
    }));
    project.json(&["plan", "--verify", "-o", "plan.json"]).exits(5);
    let run = project.json(&["apply", "plan.json"]).exits(5);
    assert_eq!(run.document("a.md")["outcome"], "conflict");
    assert_eq!(run.document("fresh.md")["outcome"], "created");
    assert!(instance.article("A")["text"].as_str().unwrap().contains("One."));
}

#[test]
fn an_apply_killed_at_any_moment_is_applied_again() {
    let switches = "latency_ms = 15\n";
    let (instance, project) = planned(switches);
    let started = Instant::now();
    project.json(&["apply", "plan.json"]).exits(0);
    let whole = started.elapsed();
    let expected = instance.state("acme");
    let mut killed = 0;
    for step in 1..=6 {
        let (instance, project) = planned(switches);
        let mut child = project
            .command(&["apply", "plan.json", "-q"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * step / 6);
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // The instance goes on with what it had received.
        std::thread::sleep(Duration::from_millis(100));
        project.json(&["apply", "plan.json"]).exits(0);
        assert_eq!(instance.state("acme"), expected, "killed at {step}/6");
        project.publishes_nothing();
    }
    assert!(killed >= 2, "only {killed} were still going when they were killed");
}

/// Refused, with this in what it says, and nothing written.
#[track_caller]
fn refused(instance: &Instance, project: &Project, words: &str) {
    instance.reset_log();
    let ran = project.json(&["apply", "plan.json"]).exits(8);
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0), "written although {words}");
    let report = ran.json();
    let moved: Vec<&Value> =
        report["problems"].as_array().unwrap().iter().filter(|one| one["code"] == "plan-moved").collect();
    assert!(!moved.is_empty(), "{report:#}");
    assert!(moved.iter().any(|one| one["message"].as_str().unwrap().contains(words)), "{words}: {moved:#?}");
}

#[test]
fn an_apply_after_a_local_change_that_matters_is_refused() {
    let (instance, project) = planned("");
    let restore = |project: &Project| {
        project.doc("img/net.png", png(b'9')).doc("fresh.md", "# Fresh\n\n![l](img/logo.png)\n");
    };
    project.doc("img/net.png", png(b'8'));
    refused(&instance, &project, "guides/vpn");
    restore(&project);
    project.doc("fresh.md", "# Fresher\n\n![l](img/logo.png)\n");
    refused(&instance, &project, "fresh");
    restore(&project);
    // A document that nobody reviewed.
    project.doc("another.md", "# Another\n");
    refused(&instance, &project, "another");
    project.remove("another.md");
    // One that was to be created is gone, with the link to it.
    project.remove("fresh.md");
    project.doc("plain.md", "---\nkeywords: [new]\n---\n# Plain\n\nNew text, see fresh.\n");
    refused(&instance, &project, "fresh");
    restore(&project);
    project.doc("plain.md", "---\nkeywords: [new]\n---\n# Plain\n\nNew text, see [fresh](fresh.md).\n");
    // Settings that decide what is written.
    project
        .reconfigure("status = \"published\"\n", "status = \"published\"\n[render]\nhighlight = \"off\"\n");
    let ran = project.json(&["apply", "plan.json"]);
    assert!(matches!(ran.code, Some(8)), "{ran:?}");
    project.reconfigure("[render]\nhighlight = \"off\"\n", "");
    project.json(&["apply", "plan.json"]).exits(0);
    project.publishes_nothing();
}

#[test]
fn an_apply_after_a_remote_change_that_matters_is_refused() {
    let person = |row: &Value, columns: Value| json!({ "user": "kb.admin", "act": "set", "table": "kb_knowledge", "sys_id": row["sys_id"], "columns": columns });
    for (what, columns) in [
        ("the text", json!({ "text": "<p>Typed.</p>" })),
        ("the title", json!({ "short_description": "Typed" })),
        ("the state", json!({ "workflow_state": "retired" })),
    ] {
        let (instance, project) = planned("");
        let row = instance.article("Plain");
        instance.act(&person(&row, columns));
        refused(&instance, &project, "plain");
        let left =
            instance.rows("kb_knowledge", &format!("sys_id={}", row["sys_id"].as_str().unwrap())).remove(0);
        assert!(!left["text"].as_str().unwrap().contains("New text"), "{what}");
    }
    // An article of another document, which the plan does not touch, is nobody's business.
    let (instance, project) = planned("");
    instance.act(&person(&instance.article("Beta"), json!({ "text": "<p>Typed.</p>" })));
    project.json(&["apply", "plan.json"]).exits(5);
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("New text"));
}

#[test]
fn a_save_after_the_plan_of_an_article_that_is_not_finished_or_not_ours_yet_is_no_part_of_it() {
    let person = |row: &Value, columns: Value| json!({ "user": "kb.admin", "act": "set", "table": "kb_knowledge", "sys_id": row["sys_id"], "columns": columns });
    // Adopted by front matter: nothing of ours stands on the row.
    let instance = Instance::new();
    let project = Project::on(&instance);
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    instance.act(&json!({ "user": "admin", "act": "insert", "columns": {
        "short_description": "Theirs", "text": "<p>Old.</p>", "kb_knowledge_base": base } }));
    let row = instance.article("Theirs");
    let number = row["number"].as_str().unwrap();
    project.doc("theirs.md", format!("---\nkb: {{article: {number}}}\n---\n# Theirs\n\nNew.\n"));
    project.json(&["plan", "-o", "plan.json"]).exits(0);
    instance.act(&person(&row, json!({ "text": "<p>Typed.</p>" })));
    refused(&instance, &project, "theirs");
    assert!(instance.article("Theirs")["text"].as_str().unwrap().contains("Typed"));
    // Cut short before the plan was made.
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\n![l](l.png)\n").doc("l.png", png(b'1'));
    let fault = json!({ "method": "POST", "path": "*/attachment/file", "count": 1, "fault": { "kind": "status", "status": 403 } });
    instance.fault(&fault);
    project.json(&["publish"]).exits(6);
    project.json(&["plan", "-o", "plan.json"]).exits(0);
    instance.act(&person(&instance.article("A"), json!({ "meta": "typed" })));
    refused(&instance, &project, "a");
    assert_eq!(instance.article("A")["meta"], "typed");
}
