//! What people do in ServiceNow is never overwritten silently.

use serde_json::json;

use crate::project::{Instance, Project, handbook, png};

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
fn a_picture_that_changed_is_no_edit_where_the_instance_tells_no_hashes() {
    let instance = Instance::with("attachment_hash = false");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\n![net](net.png)\n").doc("net.png", png(b'1'));
    project.publish();
    let article = instance.article("A");
    instance
        .act(&json!({ "act": "edit", "sys_id": article["sys_id"], "columns": { "meta": "ann's words" } }));
    project.publishes_nothing();
    project.doc("net.png", png(b'2'));
    let plan = project.json(&["plan", "--verify"]).exits(0).document("a.md");
    assert_eq!(plan["action"], "update", "{plan}");
    let change = &plan["changes"][0];
    assert!(change["before"].as_str().unwrap().contains(", ") && change["name"] == "net.png", "{plan}");
    project.publish();
    project.publishes_nothing();
    assert_eq!(instance.rows("sys_attachment", "").len(), 1);
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
    let preview = project.json(&["publish", "--dry-run", "--take", "local", "docs/plain.md"]).exits(0);
    assert_eq!(preview.document("plain.md")["action"], "update", "the dry run hears what the run would");
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
fn an_edit_between_the_index_and_the_reading_of_bodies_is_seen() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nNew text.\n");
    let plain = instance.article("Plain");
    // Strikes when the index is read and the body is not yet.
    instance.fault(&json!({
        "method": "GET", "table": "kb_knowledge", "query": "author.name",
        "fault": { "kind": "person", "when": "before",
                   "act": { "act": "edit", "sys_id": plain["sys_id"], "columns": { "text": "<p>Ann was faster.</p>" } } }
    }));
    let run = project.json(&["publish"]).exits(5);
    let document = run.document("plain.md");
    assert_eq!(document["outcome"], "conflict", "{}", instance.faults());
    assert!(
        document["reasons"][0].as_str().unwrap().starts_with("edited in ServiceNow by kb.admin"),
        "{document}"
    );
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
fn links_to_an_article_whose_stamp_was_removed_stay_as_they_are() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nSee [b](b.md).\n").doc("b.md", "# B\n\nText.\n");
    project.publish();
    let b = instance.article("B")["sys_id"].clone();
    instance.act(&json!({ "act": "edit", "sys_id": b, "columns": { "description": "" } }));
    for _ in 0..2 {
        let run = project.json(&["publish"]).exits(5);
        assert_eq!(run.document("a.md")["outcome"], "unchanged", "{run:?}");
    }
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
fn a_copy_stays_a_copy_when_its_original_is_renamed_or_retired() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    let copy = instance.act(&json!({ "act": "copy", "sys_id": plain["sys_id"] }));
    let named = json!({ "short_description": "Copy" });
    instance.act(&json!({ "act": "edit", "sys_id": copy["sys_id"], "columns": named }));
    let before = instance.article("Copy");
    project.remove("plain.md");
    project.doc("moved.md", "---\nkb:\n  aliases: [plain]\n---\n# Plain\n\nNew text.\n");
    project.publish();
    let told = project.publish();
    assert_eq!(told.codes(), ["duplicate-article"]);
    assert_eq!(told.json()["problems"][0]["path"], "docs/moved.md");
    // The alias has done its work, and goes.
    project.doc("moved.md", "# Plain\n\nNew text.\n");
    assert_eq!(project.publish().codes(), ["duplicate-article"]);
    // What takes the former id is another document, and does not inherit the copy.
    project.doc("plain.md", "# Another\n\nOther text.\n");
    project.publish();
    assert!(instance.article("Another")["text"].as_str().unwrap().contains("Other text."));
    project.remove("plain.md");
    project.remove("moved.md");
    project.publish();
    project.publishes_nothing();
    for retired in ["Plain", "Another"] {
        assert_eq!(instance.article(retired)["workflow_state"], "retired");
    }
    assert_eq!(instance.article("Copy"), before);
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
    let written = instance.articles("acme").into_values().next().unwrap();
    let documents = run.json()["documents"].as_array().unwrap().clone();
    let failed: Vec<_> = documents.iter().filter(|document| document["outcome"] == "failed").collect();
    assert_eq!(failed.len(), 1, "the one that was written: {documents:?}");
    assert_eq!(failed[0]["article"]["number"], written["number"]);
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

/// A person saves between our last look and our PATCH: strikes right before the PATCH is worked on.
fn a_save_inside_the_window(instance: &Instance, article: &serde_json::Value, columns: &serde_json::Value) {
    instance.fault(&json!({
        "method": "PATCH", "path": format!("*/kb_knowledge/{}", article["sys_id"].as_str().unwrap()),
        "fault": { "kind": "person", "when": "before",
                   "act": { "act": "edit", "sys_id": article["sys_id"], "columns": columns } }
    }));
}

fn journal(project: &Project) -> String {
    let runs = project.json(&["runs"]).exits(0).json();
    let folder = format!("{}/{}", runs["folder"].as_str().unwrap(), runs["runs"][0]["run"].as_str().unwrap());
    std::fs::read_to_string(format!("{folder}/journal.jsonl")).unwrap()
}

#[test]
fn a_save_inside_the_one_request_is_reported_and_its_text_is_in_the_journal() {
    for (switches, kept) in [
        ("audit = true", true),
        ("audit = true\ncount_twice = true", true),
        ("audit = true\nlast_editor = \"system\"", true),
        ("", false),
    ] {
        let instance = Instance::with(switches);
        let project = Project::on(&instance);
        handbook(&project);
        project.publish();
        project.doc("plain.md", "# Plain\n\nNew text.\n").doc("guides/deep/a.md", "# Alpha\n\nNext.\n");
        let plain = instance.article("Plain");
        a_save_inside_the_window(&instance, &plain, &json!({ "text": "<p>Ann in a hurry.</p>" }));
        let run = project.json(&["publish"]).exits(5);
        let document = run.document("plain.md");
        assert_eq!(document["outcome"], "conflict", "{switches}: {document:#} {}", instance.faults());
        let error = document["error"].as_str().unwrap();
        assert!(error.starts_with("conflict: overwritten"), "{error}");
        assert_eq!(error.contains("kb.admin"), kept, "{error}");
        assert!(instance.article("Plain")["text"].as_str().unwrap().contains("New text."));
        assert_eq!(journal(&project).contains("Ann in a hurry."), kept, "{switches}");
        assert!(journal(&project).contains("\"kind\":\"overwritten\""));
        assert_eq!(run.document("deep/a.md")["outcome"], "updated");
        project.publishes_nothing();
    }
}

/// Where a rule counts twice, a second write measures it: a save right before that one is not lost silently either.
#[test]
fn a_save_before_the_write_that_measures_a_rule_is_seen() {
    for (method, kept) in [("PATCH", true), ("PATCH", false), ("GET", true)] {
        let instance = Instance::with(&format!("count_twice = true\naudit = {kept}"));
        let project = Project::on(&instance);
        project.doc("plain.md", "# Plain\n\nOld text.\n");
        project.publish();
        project.doc("plain.md", "# Plain\n\nNew text.\n");
        let plain = instance.article("Plain");
        let id = plain["sys_id"].as_str().unwrap();
        let mut fault = json!({
            "method": method, "table": "kb_knowledge", "from": 2,
            "fault": { "kind": "person", "act": { "act": "edit", "sys_id": id, "columns": { "text": "<p>Ann in a hurry.</p>" } } }
        });
        if method == "GET" {
            fault["query"] = id.into();
            fault["user"] = "kb.publisher".into();
        }
        instance.fault(&fault);
        let run = project.json(&["publish"]);
        assert_eq!(instance.faults()[0]["struck"], 1, "{method}: {:#}", run.json());
        if method == "GET" {
            assert!(instance.article("Plain")["text"].as_str().unwrap().contains("in a hurry"));
            instance.heal();
            project.json(&["plan"]).exits(5);
        } else {
            assert_eq!(run.code, Some(5), "{:#}", run.json());
            assert!(run.document("plain.md")["error"].as_str().unwrap().starts_with("conflict: overwritten"));
            assert_eq!(journal(&project).contains("Ann in a hurry."), kept);
        }
    }
}

#[test]
fn rules_that_count_twice_and_readers_who_look_are_no_person() {
    for switches in ["count_twice = true", "last_editor = \"system\"", "views_count_as_updates = true"] {
        let instance = Instance::with(switches);
        let project = Project::on(&instance);
        handbook(&project);
        project.publish();
        project.publishes_nothing();
        for round in 0..2 {
            project.doc("plain.md", format!("# Plain\n\nRound {round}.\n"));
            project.doc("guides/deep/a.md", format!("# Alpha\n\nRound {round}.\n"));
            let plain = instance.article("Plain");
            instance.fault(&json!({
                "method": "PATCH", "path": format!("*/kb_knowledge/{}", plain["sys_id"].as_str().unwrap()),
                "fault": { "kind": "person", "act": { "act": "view", "sys_id": plain["sys_id"] } }
            }));
            let run = project.publish();
            assert_eq!(run.document("plain.md")["outcome"], "updated", "{switches}");
            project.publishes_nothing();
        }
    }
}

#[test]
fn a_save_before_the_stamp_alone_is_rewritten_is_not_taken_for_ours() {
    // A published row of a versioned base: the stamp goes first, and finds that somebody was faster.
    let instance = minor_edits("\"text\", \"short_description\", \"description\", \"attachments\"");
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nNew text.\n");
    let plain = instance.article("Plain");
    a_save_inside_the_window(&instance, &plain, &json!({ "text": "<p>Ann in a hurry.</p>" }));
    for _ in 0..2 {
        let run = project.json(&["publish"]).exits(5);
        assert_eq!(run.document("plain.md")["outcome"], "conflict", "{:#}", run.document("plain.md"));
        assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Ann in a hurry."));
    }
    project.json(&["publish", "--take", "local"]).exits(0);
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("New text."));
    project.publishes_nothing();
}

/// A versioned base whose published rows take these columns as minor edits, run by the account that publishes.
fn minor_edits(columns: &str) -> std::sync::Arc<Instance> {
    let instance =
        Instance::with(&format!("versioning = \"on_blocked_403\"\nminor_edit_fields = [{columns}]"));
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    let publisher = instance.rows("sys_user", "user_name=kb.publisher")[0]["sys_id"].clone();
    let act = json!({ "user": "admin", "act": "set", "table": "kb_knowledge_base", "sys_id": base,
                      "columns": { "kb_managers": publisher } });
    instance.act(&act);
    instance
}

#[test]
fn minor_edits_are_a_road_as_far_as_they_go() {
    let instance = minor_edits("\"text\", \"short_description\", \"description\", \"attachments\"");
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("guides/vpn.md", "# VPN\n\n![net](../img/net.png)\n\n## Setup\n\nRewritten.\n");
    project.doc("img/net.png", crate::project::png(b'9'));
    let run = project.publish();
    assert_eq!(run.document("vpn.md")["outcome"], "updated");
    let vpn = instance.article("VPN");
    assert!(vpn["text"].as_str().unwrap().contains("Rewritten."));
    assert_eq!(vpn["workflow_state"], "published");
    project.publishes_nothing();
    // Another category is closed: nothing of it is written, and the article is as before.
    project.doc("guides/vpn.md", "---\nkb:\n  category: Elsewhere\n---\n# VPN\n\nAgain.\n\n## Setup\n");
    let run = project.json(&["publish"]).exits(5);
    assert!(run.document("vpn.md")["error"].as_str().unwrap().contains("minor_edit_fields"));
    let after = instance.article("VPN");
    assert_eq!((&after["text"], &after["kb_category"]), (&vpn["text"], &vpn["kb_category"]));
}

#[test]
fn minor_edits_without_the_stamp_column_touch_nothing() {
    let instance = minor_edits("\"text\", \"short_description\", \"attachments\"");
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let files = || instance.rows("sys_attachment", "table_name=kb_knowledge").len();
    let before = instance.article("VPN");
    project.doc("guides/vpn.md", "# VPN\n\n![net](../img/net.png)\n\n## Setup\n\nRewritten.\n");
    project.doc("img/net.png", crate::project::png(b'9'));
    project.json(&["publish"]).exits(5);
    assert_eq!(instance.article("VPN"), before);
    assert_eq!(files(), 3, "no upload");
}

#[test]
fn rows_that_others_touched_cost_a_fortieth_of_a_request_each() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    for number in 0..100 {
        project.doc(&format!("d{number}.md"), format!("# Doc {number}\n\nText.\n"));
    }
    project.publish();
    for row in instance.articles("acme").values() {
        instance.act(&json!({ "act": "edit", "sys_id": row["sys_id"], "columns": { "meta": "theirs" } }));
    }
    instance.reset_log();
    project.publish();
    assert_eq!(instance.requests(), (3 + 3, 0, 0, 0));
}

#[test]
fn many_touched_articles_that_show_images_cost_no_more() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("img/net.png", crate::project::png(b'1'));
    for number in 0..260 {
        project.doc(&format!("d{number}.md"), format!("# Doc {number}\n\n![net](img/net.png)\n"));
    }
    project.publish();
    for row in instance.articles("acme").values() {
        instance.act(&json!({ "act": "edit", "sys_id": row["sys_id"], "columns": { "meta": "theirs" } }));
    }
    // The body of one was edited, too.
    let one = instance.article("Doc 7");
    instance.act(&json!({ "act": "edit", "sys_id": one["sys_id"], "columns": { "text": "<p>Ann.</p>" } }));
    instance.reset_log();
    let run = project.json(&["publish"]).exits(5);
    let summary = &run.json()["summary"];
    assert_eq!((&summary["unchanged"], &summary["conflict"]), (&json!(259), &json!(1)));
    let (gets, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0));
    assert!(gets <= 1 + 8 + 260_usize.div_ceil(40), "{gets}: {:#?}", instance.targets());
}

#[test]
fn a_script_that_leaves_counts_and_dates_alone_is_seen() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nNew text.\n");
    let plain = instance.article("Plain");
    // The row is as it was in all that counts a change, but for its text.
    instance.fault(&json!({
        "method": "GET", "table": "kb_knowledge", "query": "sys_updated_by,sys_view_count", "user": "kb.publisher",
        "fault": { "kind": "alter", "set": { "text": "<p>A script was here.</p>" } }
    }));
    let run = project.json(&["publish"]).exits(5);
    assert_eq!(run.document("plain.md")["outcome"], "conflict");
    assert_eq!(instance.article("Plain")["text"], plain["text"]);
    project.publish();
}

#[test]
fn what_is_taken_in_part_is_put_back_whole() {
    for lost in [false, true] {
        let instance = Instance::new();
        let project = Project::on(&instance);
        project.doc("a.md", "---\nkeywords: [one]\n---\n# A\n\nText.\n");
        project.publish();
        let before = instance.article("A");
        instance.switch(&json!({ "protected_columns": ["kb_knowledge.text"] }));
        project.doc("a.md", "---\nkeywords: [two]\ndescription: Other\n---\n# B\n\nOther text.\n");
        if lost {
            instance.fault(
                &json!({ "method": "PATCH", "table": "kb_knowledge", "from": 2, "fault": { "kind": "reset" } }),
            );
        }
        let run = project.json(&["publish"]).exits(5);
        let error = run.document("a.md")["error"].as_str().unwrap().to_owned();
        assert!(error.contains("`text` was not taken") && !error.contains("companion"), "{error}");
        instance.heal_struck();
        let after = instance.article("A");
        for column in
            ["short_description", "text", "meta", "meta_description", "description", "workflow_state"]
        {
            assert_eq!(after[column], before[column], "{column}");
        }
        instance.switch(&json!({ "protected_columns": [] }));
        project.publish();
        assert_eq!(instance.article("B")["meta"], "two");
        project.publishes_nothing();
    }
}

#[test]
fn a_leftover_that_a_body_shows_again_is_no_leftover() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\n![n](n.png)\n").doc("n.png", crate::project::png(b'1'));
    project.publish();
    let file = instance.rows("sys_attachment", "table_name=kb_knowledge")[0]["sys_id"].clone();
    project.doc("n.png", crate::project::png(b'2'));
    instance.fault(&json!({ "method": "DELETE", "fault": { "kind": "status", "status": 403 } }));
    project.publish();
    assert_eq!(instance.rows("sys_attachment", "table_name=kb_knowledge").len(), 2);
    // Another run writes a body with it, right after ours has listed the files.
    let article = instance.article("A")["sys_id"].clone();
    let text = format!("<p><img src=\"/sys_attachment.do?sys_id={}\"></p>", file.as_str().unwrap());
    instance.fault(&json!({
        "method": "GET", "path": "/api/now/attachment", "user": "kb.publisher",
        "fault": { "kind": "person", "when": "after", "act": { "act": "set", "table": "kb_knowledge",
                   "sys_id": article, "user": "admin", "columns": { "text": text } } }
    }));
    project.json(&["publish"]);
    assert!(instance.article("A")["text"].as_str().unwrap().contains(file.as_str().unwrap()));
    assert_eq!(instance.rows("sys_attachment", &format!("sys_id={}", file.as_str().unwrap())).len(), 1);
    instance.heal_struck();
}

#[test]
fn a_file_that_minor_edits_do_not_open_is_a_conflict() {
    let instance = minor_edits("\"text\", \"short_description\", \"description\"");
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("img/net.png", crate::project::png(b'9'));
    let run = project.json(&["publish"]).exits(5);
    assert!(run.document("vpn.md")["error"].as_str().unwrap().contains("`attachments`"));
}
