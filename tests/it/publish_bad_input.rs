//! Bad trees, bad settings and instances that misbehave: a clear error each, and nothing lost.

use serde_json::json;

use crate::project::{Instance, Project, US, handbook, png};

/// Nothing may have been written.
fn untouched(instance: &Instance) {
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0));
}

#[test]
fn problems_of_the_tree_are_all_told_before_the_first_write() {
    let cases: &[(&str, &str, &[u8])] = &[
        ("title-too-long", "long.md", &[b"# ".as_slice(), &[b'x'; 101], b"\n"].concat()),
        ("duplicate-id", "twin.md", b"---\nkb:\n  id: plain\n---\n# Twin\n\ntext\n"),
        ("not-utf8", "latin.md", b"# Caf\xe9\n"),
        ("front-matter", "front.md", b"---\nkb:\n  satus: draft\n---\n# Front\n"),
        ("broken-link", "link.md", b"# Link\n\n[x](nowhere.md)\n"),
        ("missing-image", "image.md", b"# Image\n\n![x](img/nothing.png)\n"),
        ("outside-root", "out.md", b"# Out\n\n![x](../../secret.png)\n"),
        (
            "lfs-pointer",
            "img/lfs.png",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
        ),
    ];
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.doc("shows.md", "# Shows\n\n![x](img/lfs.png)\n");
    for (_, path, bytes) in cases {
        project.doc(path, bytes);
    }
    let run = project.json(&["publish"]).exits(1);
    let codes = run.codes();
    for (code, path, _) in cases {
        assert!(codes.iter().any(|found| found == code), "{code} in {path}: {codes:?}");
    }
    let problems = run.json()["problems"].as_array().unwrap().clone();
    let link = problems.iter().find(|problem| problem["code"] == "broken-link").unwrap();
    assert_eq!(
        (&link["path"], &link["line"], &link["column"]),
        (&json!("docs/link.md"), &json!(3), &json!(1))
    );
    untouched(&instance);
}

#[test]
fn a_file_over_the_limit_is_an_error_and_a_wrong_extension_a_warning() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.reconfigure("root = \"docs\"", "root = \"docs\"\nmax_file_bytes = 60");
    project.doc("a.md", "# A\n\n![x](big.png) ![y](not.gif)\n").doc("not.gif", &png(b'1')[..40]);
    project.doc("big.png", [png(b'1'), vec![0; 100]].concat());
    let run = project.json(&["publish"]).exits(1);
    assert!(run.codes().contains(&"image-too-large".to_owned()), "{:?}", run.codes());
    assert!(run.codes().contains(&"file-type-mismatch".to_owned()), "{:?}", run.codes());
    untouched(&instance);
}

#[test]
fn an_empty_tree_is_a_wrong_root() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    std::fs::create_dir(project.path("docs")).unwrap();
    assert_eq!(project.json(&["publish"]).exits(1).codes(), ["empty-tree"]);
    untouched(&instance);
}

#[test]
fn a_base_that_cannot_be_had_is_named_with_those_that_can() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.reconfigure("knowledge_base = \"IT\"", "knowledge_base = \"Nowhere\"");
    let message = project.json(&["publish"]).exits(2).json()["error"]["message"].to_string();
    assert!(message.contains("Nowhere") && message.contains("`IT`"), "{message}");
    project.reconfigure("knowledge_base = \"Nowhere\"", "knowledge_base = \"Knowledge\"");
    let base = instance.rows("kb_knowledge_base", "title=Knowledge").remove(0);
    instance.act(&json!({ "user": "admin", "act": "set", "table": "kb_knowledge_base", "sys_id": base["sys_id"], "columns": { "active": "false" } }));
    let message = project.json(&["publish"]).exits(2).json()["error"]["message"].to_string();
    assert!(message.contains("inactive") || message.contains("no knowledge base"), "{message}");
    untouched(&instance);
}

#[test]
fn credentials_that_are_wrong_or_missing_end_with_3() {
    let instance = Instance::new();
    let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "wrong");
    handbook(&project);
    let error = project.json(&["publish"]).exits(3).json()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains(US), "{error}");
    assert!(!error.to_string().contains("wrong\""), "{error}");
    let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "");
    handbook(&project);
    let error = project.json(&["plan"]).exits(3).json()["error"].clone();
    assert!(error["help"].as_str().unwrap().contains("KB_PUBLISH_PASSWORD"), "{error}");
}

#[test]
fn an_account_that_may_not_write_fails_article_by_article() {
    let instance = Instance::new();
    let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "reader");
    project.reconfigure(US, "reader");
    handbook(&project);
    let run = project.json(&["publish"]);
    assert_eq!(run.code, Some(6), "{run:?}");
    let plain = run.document("plain.md");
    assert_eq!(plain["outcome"], "failed");
    assert!(plain["error"].as_str().unwrap().contains("403"), "{plain}");
}

#[test]
fn an_instance_that_answers_with_something_else_is_told_apart() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.reconfigure("max_wait_seconds = 8", "max_wait_seconds = 1");
    for (fault, words) in [
        (json!({ "kind": "hibernating" }), "hibernat"),
        (json!({ "kind": "login" }), "login"),
        (json!({ "kind": "offline" }), "offline"),
    ] {
        instance.fault(&json!({ "count": 0, "path": "/api/*", "fault": fault }));
        let error = project.json(&["publish"]).exits(4).json()["error"].clone();
        assert!(error.to_string().to_lowercase().contains(words), "{error}");
        instance.heal();
    }
    instance.fault(&json!({ "count": 0, "path": "/api/*", "fault": { "kind": "truncate" } }));
    let run = project.json(&["publish"]);
    assert!(matches!(run.code, Some(4 | 6)), "{run:?}");
    instance.heal();
    untouched(&instance);
}

#[test]
fn a_file_that_changes_between_plan_and_send_fails_alone() {
    let instance = Instance::with("latency_ms = 150");
    let project = Project::on(&instance);
    handbook(&project);
    let mut child = project
        .command(&["publish", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while instance.requests().1 < 1 && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // The last in the order of the plan, so it has not been composed yet.
    project.doc("plain.md", "# Plain\n\nEdited while the run went on.\n");
    let mut stdout = String::new();
    std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut stdout).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(6), "{stdout}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let failed: Vec<&serde_json::Value> = report["documents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|document| document["outcome"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1, "{stdout}");
    assert!(failed[0]["error"].as_str().unwrap().contains("changed since the plan"));
    project.publish();
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Edited while"));
}

#[test]
fn more_retirements_than_allowed_are_refused_as_a_whole() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.reconfigure(
        "status = \"published\"",
        "status = \"published\"\norphans = \"retire\"\nmax_retire = 1",
    );
    project.remove("plain.md");
    project.remove("guides/deep/a.md");
    project.doc("guides/deep/c.md", "# Gamma\n").doc("guides/index.md", "---\ntitle: Guides\n---\nAll.\n");
    instance.reset_log();
    let run = project.json(&["publish"]).exits(8);
    assert!(run.codes().contains(&"max-retire".to_owned()), "{:?}", run.codes());
    untouched(&instance);
    project.json(&["publish", "--max-retire", "2"]).exits(0);
    assert_eq!(instance.article("Plain")["workflow_state"], "retired");
}

#[test]
fn a_saved_plan_is_applied_or_refused() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.json(&["plan", "-o", "plan.json"]).exits(0);
    project.doc("plain.md", "# Plain\n\nSomething else.\n");
    let refused = project.json(&["apply", "plan.json"]).exits(8);
    assert!(refused.json()["problems"].to_string().contains("`plain`"), "{}", refused.stdout);
    untouched(&instance);
    project.doc("plain.md", "# Plain\n\nNothing special.\n");
    project.json(&["apply", "plan.json"]).exits(0);
    project.json(&["apply", "plan.json"]).exits(0);
    project.publishes_nothing();
    let saved = std::fs::read_to_string(project.path("plan.json")).unwrap();
    assert!(!saved.contains("Nothing special"), "a saved plan holds no body");
}

#[test]
fn a_filtered_run_touches_what_was_named_and_nothing_else() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nChanged.\n").doc("guides/deep/c.md", "# Gamma\n\nChanged too.\n");
    project.remove("guides/deep/b.md");
    project.doc("guides/deep/a.md", "# Alpha\n");
    let run = project.json(&["publish", "docs/plain.md"]).exits(0);
    assert_eq!(run.json()["documents"].as_array().unwrap().len(), 1);
    assert!(instance.article("Gamma")["text"].as_str().unwrap().contains("Next"));
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Changed"));
    project.json(&["publish", "docs/nowhere.md"]).exits(2);
}

#[test]
fn review_and_refused_states_are_read_back_and_told() {
    for (mode, outcome, exit) in [
        ("approval_review", "in-review", 7),
        ("stays_draft", "left-draft", 7),
        ("forbidden", "left-draft", 7),
    ] {
        let instance = Instance::with(&format!("publish = \"{mode}\""));
        let project = Project::on(&instance);
        project.doc("a.md", "# A\n\ntext\n");
        let run = project.json(&["publish"]).exits(exit);
        assert_eq!(run.document("a.md")["outcome"], outcome, "{mode}");
        project.publishes_nothing();
    }
}

#[test]
fn a_base_that_nothing_names_is_told_before_anything_is_connected_to() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "---\nkb:\n  knowledge_base: IT\n---\n# A\n\nOne.\n").doc("b.md", "# B\n\nTwo.\n");
    project.reconfigure("knowledge_base = \"IT\"\n", "");
    for verb in ["plan", "publish"] {
        let ran = project.json(&[verb]).exits(2);
        assert_eq!(ran.json()["error"]["code"], "unknown-base");
        assert!(ran.json()["error"]["message"].as_str().unwrap().contains("docs/b.md"), "{}", ran.stdout);
    }
    assert_eq!(instance.log_of("/api/"), 0);
    project.remove("b.md");
    project.publish();
    assert_eq!(instance.articles("acme").len(), 1);
}

#[test]
fn a_configuration_of_another_name_is_named() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n");
    let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
    std::fs::remove_file(project.path("publish.toml")).unwrap();
    std::fs::write(project.path("kb.toml"), format!("{config}[redirects]\na = \"b\"\n")).unwrap();
    let found = project.json(&["lint", "--config", "kb.toml"]).exits(1);
    assert_eq!(found.json()["problems"][0]["path"], "kb.toml", "{}", found.stdout);
    std::fs::write(project.path("kb.toml"), "project = \"acme\"\n[source]\nroot = \"docs\"\n").unwrap();
    let none = project.json(&["plan", "--config", "kb.toml"]).exits(2);
    assert!(none.json()["error"]["message"].as_str().unwrap().starts_with("kb.toml"), "{}", none.stdout);
    let shown = project.run(&["config", "--config", "kb.toml"]).exits(0);
    assert!(shown.stdout.contains("kb.toml") && !shown.stdout.contains("publish.toml"), "{}", shown.stdout);
}
