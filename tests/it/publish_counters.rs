//! Views, jobs and rules that move `sys_mod_count` beside us are no conflict for any writer (protocol §4): only title,
//! body, state and stamp count.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::project::{Instance, Project, handbook};

/// Somebody looks at this article right before the n-th read of it by its sys_id, or between read and write.
fn somebody_looks(instance: &Instance, article: &Value, from: u32) {
    let id = article["sys_id"].as_str().unwrap();
    instance.fault(&json!({
        "method": "GET", "table": "kb_knowledge", "query": id, "user": "kb.publisher", "from": from, "count": 0,
        "fault": { "kind": "person", "act": { "act": "view", "sys_id": id, "user": "reader" } }
    }));
}

/// A job writes a column of its own right before each read of this article by its sys_id.
fn a_job_touches(instance: &Instance, article: &Value) {
    let id = article["sys_id"].as_str().unwrap();
    instance.fault(&json!({
        "method": "GET", "table": "kb_knowledge", "query": id, "user": "kb.publisher", "count": 0,
        "fault": { "kind": "person",
                   "act": { "act": "edit", "sys_id": id, "user": "kb.admin", "columns": { "topic": "{sys_id}" } } }
    }));
}

fn published(switches: &str) -> (Arc<Instance>, Project) {
    let instance = Instance::with(switches);
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    (instance, project)
}

#[test]
fn an_orphan_that_is_read_or_touched_is_retired() {
    for touch in [somebody_looks as fn(&Instance, &Value, u32), |instance, article, _| {
        a_job_touches(instance, article);
    }] {
        let (instance, project) = published("views_count_as_updates = true");
        project.remove("plain.md");
        touch(&instance, &instance.article("Plain"), 1);
        let run = project.json(&["publish"]).exits(0);
        assert_eq!(run.json()["summary"]["retire"], 1);
        instance.heal_struck();
        assert_eq!(instance.article("Plain")["workflow_state"], "retired");
    }
}

#[test]
fn an_orphan_that_a_person_edits_meanwhile_is_left() {
    let (instance, project) = published("");
    project.remove("plain.md");
    let plain = instance.article("Plain");
    instance.fault(&json!({
        "method": "GET", "table": "kb_knowledge", "query": plain["sys_id"], "user": "kb.publisher",
        "fault": { "kind": "person", "act": { "act": "edit", "sys_id": plain["sys_id"], "columns": { "text": "<p>Ann.</p>" } } }
    }));
    project.json(&["publish"]).exits(5);
    assert_eq!(instance.article("Plain")["workflow_state"], "published");
}

#[test]
fn undoing_and_adopting_go_on() {
    let (instance, project) = published("views_count_as_updates = true");
    project.doc("plain.md", "# Plain\n\nOther.\n");
    project.publish();
    let run = project.last_run();
    somebody_looks(&instance, &instance.article("Plain"), 1);
    project.json(&["rollback", &run, "--yes"]).exits(0);
    instance.heal_struck();
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Nothing special."));

    let instance = Instance::with("views_count_as_updates = true");
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    instance.act(&json!({ "act": "insert", "table": "kb_knowledge", "user": "kb.admin", "columns": {
        "short_description": "Old", "text": "<p>Old words.</p>", "kb_knowledge_base": base, "workflow_state": "published" } }));
    let article = instance.article("Old");
    let project = Project::on(&instance);
    project.doc(
        "old.md",
        format!("---\nkb:\n  article: {}\n---\n# Old\n\nOld words.\n", article["number"].as_str().unwrap()),
    );
    somebody_looks(&instance, &article, 1);
    project.json(&["adopt", "--yes"]).exits(0);
    instance.heal_struck();
    assert!(instance.article("Old")["description"].as_str().unwrap().starts_with("kb-publish-1/acme/"));
}

#[test]
fn an_edit_that_is_to_be_overwritten_may_be_read_meanwhile() {
    let (instance, project) = published("views_count_as_updates = true");
    let plain = instance.article("Plain");
    instance.act(
        &json!({ "act": "edit", "sys_id": plain["sys_id"], "columns": { "text": "<p>Ann was here.</p>" } }),
    );
    somebody_looks(&instance, &plain, 2);
    project.json(&["publish", "--take", "local"]).exits(0);
    instance.heal_struck();
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Nothing special."));
}

#[test]
fn a_write_without_an_answer_is_repeated_though_somebody_looked() {
    for (switches, when) in
        [("views_count_as_updates = true", "before"), ("views_count_as_updates = true", "after")]
    {
        let (instance, project) = published(switches);
        project.doc("plain.md", "# Plain\n\nOther.\n");
        let plain = instance.article("Plain");
        instance.fault(&json!({ "method": "PATCH", "table": "kb_knowledge", "fault": { "kind": "reset", "when": when } }));
        somebody_looks(&instance, &plain, 1);
        let run = project.json(&["publish"]).exits(0);
        assert_eq!(run.document("plain.md")["outcome"], "updated", "{when}");
        instance.heal_struck();
        assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Other."));
        project.publishes_nothing();
    }
}

#[test]
fn the_companion_is_called_again() {
    let (instance, project) =
        published("versioning = \"on_blocked_403\"\ncompanion = true\nviews_count_as_updates = true");
    project.doc("plain.md", "# Plain\n\nOther.\n");
    let plain = instance.article("Plain");
    // Between our last look and the call, and once more while its answer is lost.
    instance.fault(&json!({
        "method": "POST", "path": "/api/global/kb_publish/*",
        "fault": { "kind": "person", "act": { "act": "view", "sys_id": plain["sys_id"], "user": "reader" } }
    }));
    instance.fault(&json!({ "method": "POST", "path": "/api/global/kb_publish/*", "from": 2, "fault": { "kind": "reset" } }));
    project.json(&["publish"]).exits(0);
    instance.heal_struck();
    let rows = instance.rows("kb_knowledge", &format!("number={}", plain["number"].as_str().unwrap()));
    assert_eq!(rows.len(), 2, "one new version");
    project.publishes_nothing();
}

/// Rules that count more than once: always, by what is written, by the row, now and then.
#[test]
fn rules_make_no_false_conflict_and_no_extra_write_later() {
    for switches in [
        "count_twice = true",
        "count_twice = true\nlast_editor = \"system\"",
        "last_editor = \"system\"\n[extra_counts]\n\"kb_knowledge.text\" = 1",
        "[extra_counts]\n\"kb_knowledge.text\" = 2",
        "count_twice = true\n[extra_counts]\n\"kb_knowledge.text\" = 1",
    ] {
        let (instance, project) = published(switches);
        project.publishes_nothing();
        for round in 0..2 {
            project.doc("plain.md", format!("# Plain\n\nRound {round}.\n"));
            project.doc("guides/deep/a.md", format!("# Alpha {round}\n\nRound {round}.\n"));
            project.doc("guides/deep/b.md", format!("# Beta\n\nRound {round}.\n"));
            instance.reset_log();
            let run = project.json(&["publish"]);
            assert_eq!(run.code, Some(0), "{switches}, round {round}: {}", run.stdout);
            assert!(instance.requests().2 <= 6, "{switches}: {:#?}", instance.targets());
            project.publishes_nothing();
        }
    }
}

#[test]
fn a_rule_that_counts_where_the_state_changes_is_no_person() {
    let instance = Instance::with("[extra_counts]\n\"kb_knowledge.workflow_state\" = 1");
    let project = Project::on(&instance);
    project.reconfigure("status = \"published\"", "status = \"draft\"");
    handbook(&project);
    project.publish();
    project.reconfigure("status = \"draft\"", "status = \"published\"");
    let run = project.json(&["publish"]).exits(0);
    assert_eq!(run.document("plain.md")["outcome"], "updated");
    project.publishes_nothing();
}

/// What a rule adds to one write it need not add to the next of its kind. A stamp that is ahead of its row would take the
/// next save by somebody else for ours.
#[test]
fn an_edit_is_seen_whatever_rules_added_to_the_rows_before() {
    for column in ["text", "workflow_state"] {
        let instance = Instance::with(&format!("[extra_counts]\n\"kb_knowledge.{column}\" = 1"));
        let project = Project::on(&instance);
        project.reconfigure("[publish]", "[publish]\nconcurrency = 1");
        project.reconfigure("status = \"published\"", "status = \"draft\"");
        project.doc("a.md", "# A\n\nText.\n").doc("b.md", "# B\n\nText.\n").doc("c.md", "# C\n\nText.\n");
        project.publish();
        project.reconfigure("status = \"draft\"", "status = \"published\"");
        project.doc("a.md", "# A\n\nOther text.\n");
        project.doc("b.md", "---\nkeywords: [one]\n---\n# B\n\nText.\n");
        project.doc("c.md", "---\nkb:\n  status: draft\n---\n# C 2\n\nText.\n");
        project.publish();
        project.publishes_nothing();
        for (name, title) in [("a", "A"), ("b", "B"), ("c", "C 2")] {
            let row = instance.article(title);
            let words = format!("<p>Ann on {title}.</p>");
            instance.act(&json!({ "act": "edit", "sys_id": row["sys_id"], "columns": { "text": words } }));
            project.doc(&format!("{name}.md"), format!("# {title}\n\nYet another text.\n"));
            let run = project.json(&["publish"]);
            assert_eq!(instance.article(title)["text"], words, "{column}: {title} was written over");
            assert_eq!(run.document(&format!("{name}.md"))["action"], "conflict", "{column}: {title}");
        }
    }
}

/// A count that is hidden from this account tells nothing: not that nobody has written, either.
#[test]
fn an_edit_is_seen_where_counters_are_hidden() {
    let hidden = ["sys_mod_count", "sys_updated_on", "sys_updated_by"]
        .map(|column| format!("\"kb_knowledge.{column}\""))
        .join(", ");
    let instance = Instance::with(&format!("unreadable_columns = [{hidden}]"));
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n").doc("b.md", "# B\n\nText.\n");
    project.publish();
    project.publishes_nothing();
    let words = "<p>Ann was here.</p>";
    let row = instance.article("A");
    instance.act(&json!({ "act": "edit", "sys_id": row["sys_id"], "columns": { "text": words } }));
    for text in ["Text.", "Other text."] {
        project.doc("a.md", format!("# A\n\n{text}\n"));
        let run = project.json(&["publish"]).exits(5);
        assert_eq!(run.document("a.md")["action"], "conflict");
        assert_eq!(instance.article("A")["text"], words);
    }
}

/// Where what was published is closed, a rule's count cannot be measured: that is tried once, not for each article.
#[test]
fn a_rule_on_rows_that_close_is_measured_once() {
    let instance = Instance::with("versioning = \"on_blocked_403\"\ncount_twice = true");
    let project = Project::on(&instance);
    project.reconfigure("status = \"published\"", "status = \"draft\"");
    for name in ["one", "two", "three"] {
        project.doc(&format!("{name}.md"), format!("# {name}\n\nText.\n"));
    }
    project.publish();
    project.reconfigure("status = \"draft\"", "status = \"published\"");
    instance.reset_log();
    let run = project.json(&["publish"]).exits(0).json();
    assert_eq!(run["summary"]["update"], 3, "{run:#}");
    assert_eq!(instance.requests().2, 4, "three writes and one measurement: {:#?}", instance.targets());
}

#[test]
fn a_rule_that_counts_changed_bodies_is_not_asked_about_a_body_that_stayed() {
    let instance = Instance::with("publish = \"stays_draft\"\nextra_counts = { \"kb_knowledge.text\" = 1 }");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n").doc("b.md", "# B\n\nText.\n");
    project.json(&["publish"]).exits(7);
    project.doc("a.md", "---\nkb:\n  category: Own\n---\n# A\n\nText.\n");
    let run = project.json(&["publish"]).exits(7);
    assert_eq!(run.document("a.md")["outcome"], "left-draft", "{run:?}");
}

/// The second write, by which a rule's count is measured, moves the row on: what is written next knows of it.
#[test]
fn what_measuring_a_rule_wrote_is_no_person() {
    let instance = Instance::with("versioning = \"on_admin_bypass\"\ncount_twice = true");
    let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "admin");
    project.reconfigure("username = \"kb.publisher\"", "username = \"admin\"");
    project.reconfigure("[publish]", "[publish]\nadmin_in_place = true");
    project.doc("a.md", "# A\n\nOne.\n");
    project.publish();
    project.doc("a.md", "# A\n\nTwo.\n");
    let run = project.json(&["publish"]).exits(0);
    assert_eq!(run.document("a.md")["outcome"], "updated", "the stamp alone is sent first");
    project.publishes_nothing();
}

#[test]
fn what_proving_the_stamp_column_wrote_is_no_other_run() {
    let instance = Instance::with("count_twice = true");
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    instance.act(&json!({ "act": "insert", "table": "kb_knowledge", "user": "kb.admin", "columns": {
        "short_description": "Old", "text": "<p>Old words.</p>", "kb_knowledge_base": base, "workflow_state": "published" } }));
    let project = Project::on(&instance);
    let number = instance.article("Old")["number"].as_str().unwrap().to_owned();
    project.doc("old.md", format!("---\nkb:\n  article: {number}\n---\n# Old\n\nNew words.\n"));
    project.doc("new.md", "# New\n");
    let run = project.json(&["publish"]).exits(0);
    assert_eq!(run.document("old.md")["outcome"], "updated");
    project.publishes_nothing();
}
