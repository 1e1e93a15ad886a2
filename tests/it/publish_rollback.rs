//! A run can be undone from its journal, and nothing that people did since is lost by it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::project::{Instance, Project, Ran, handbook, png};

/// All articles by number: every column but those that each write changes, files by name and content, and of the
/// stamp what tells of content.
fn snapshot(instance: &Instance) -> BTreeMap<String, Value> {
    let files = instance.rows("sys_attachment", "table_name=kb_knowledge");
    let mut all = BTreeMap::new();
    for row in instance.rows("kb_knowledge", "") {
        let mut row = row;
        let mut text = row["text"].as_str().unwrap().to_owned();
        let mut names = Vec::new();
        for file in files.iter().filter(|file| file["table_sys_id"] == row["sys_id"]) {
            text = text.replace(file["sys_id"].as_str().unwrap(), file["file_name"].as_str().unwrap());
            names.push(json!([file["file_name"], file["hash"], file["content_type"], file["size_bytes"]]));
        }
        names.sort_by_key(ToString::to_string);
        let kept = |word: &&str| !["n=", "t=", "x=", "c="].iter().any(|key| word.starts_with(key));
        let stamp: Vec<&str> = row["description"].as_str().unwrap().split(' ').filter(kept).collect();
        let stamp = stamp.join(" ");
        let columns = row.as_object_mut().unwrap();
        for column in ["sys_mod_count", "sys_updated_on", "sys_updated_by"] {
            columns.remove(column);
        }
        columns.insert("text".to_owned(), text.into());
        columns.insert("description".to_owned(), stamp.into());
        columns.insert("files".to_owned(), names.into());
        all.insert(columns["number"].as_str().unwrap().to_owned(), row);
    }
    all
}

#[track_caller]
fn same(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
    for (number, row) in before {
        let Some(now) = after.get(number) else { panic!("{number} is gone") };
        for (column, value) in row.as_object().unwrap() {
            assert_eq!(value, &now[column], "`{column}` of {number}");
        }
    }
}

fn rollback(project: &Project, code: i32) -> Ran {
    project.json(&["rollback", &project.last_run(), "--yes"]).exits(code)
}

/// Tree B of the handbook: bodies, a title, a category, images, new articles, retired ones, states.
fn tree_b(project: &Project) {
    project
        .doc("guides/vpn.md", "# VPN access\n\n![net](../img/net.png)\n\n## Setup\n\nRewritten, see [new](new.md).\n")
        .doc("img/net.png", png(b'7'))
        .doc("guides/mail.md", "---\nkb:\n  category: Post / Inbox\n  roles: [itil]\nkeywords: [mail]\n---\n# Mail\n\nShort now.\n")
        .doc("guides/new.md", "# New\n\n![logo](../img/logo.png)\n")
        .doc("guides/deep/c.md", "---\nkb:\n  status: draft\n---\n# Gamma\n\nAs a draft.\n")
        .doc("drafted.md", "---\nkb:\n  status: published\n---\n# Drafted\n\nNow for all.\n");
    project.remove("plain.md");
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
}

#[test]
fn a_run_is_undone_to_the_letter() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.doc("drafted.md", "---\nkb:\n  status: draft\n---\n# Drafted\n\nFor some.\n");
    project.publish();
    let before = snapshot(&instance);
    tree_b(&project);
    project.publish();
    let new = instance.article("New");
    let preview = project.json(&["rollback", &project.last_run(), "--dry-run"]).exits(0).json();
    assert_eq!(preview["run"], Value::Null);
    assert_eq!(instance.article("New"), new, "a preview writes nothing");
    let undone = rollback(&project, 0).json();
    let outcomes = |kind: &str| {
        undone["articles"].as_array().unwrap().iter().filter(|article| article["outcome"] == kind).count()
    };
    assert_eq!((outcomes("restored"), outcomes("retired")), (5, 1), "{undone:#}");
    assert_eq!(undone["categories"], json!(["Post", "Post / Inbox"]));
    let after = snapshot(&instance);
    same(&before, &after);
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(instance.article("New")["workflow_state"], "retired");
    // Once more: nothing is left to do.
    instance.reset_log();
    project.json(&["rollback", undone["undoes"].as_str().unwrap(), "--yes"]).exits(0);
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0));
}

#[test]
fn after_a_rollback_the_former_tree_has_nothing_to_write_and_the_later_one_all() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project
        .doc("a.md", "# A\n\nOne.\n\n![x](x.png)\n")
        .doc("x.png", png(b'1'))
        .doc("b.md", "# B\n\nStays.\n");
    project.publish();
    project.doc("a.md", "# A\n\nTwo.\n\n![x](x.png)\n").doc("x.png", png(b'2')).doc("c.md", "# C\n");
    project.publish();
    let later = snapshot(&instance);
    rollback(&project, 0);
    project.doc("a.md", "# A\n\nOne.\n\n![x](x.png)\n").doc("x.png", png(b'1'));
    project.remove("c.md");
    instance.reset_log();
    let run = project.publish().json();
    assert_eq!((run["summary"]["update"].clone(), run["summary"]["create"].clone()), (json!(0), json!(0)));
    assert_eq!(instance.requests().2, 0, "no content is written");
    project.doc("a.md", "# A\n\nTwo.\n\n![x](x.png)\n").doc("x.png", png(b'2')).doc("c.md", "# C\n");
    project.publish();
    same(&later, &snapshot(&instance));
    project.publishes_nothing();
}

#[test]
fn a_rollback_can_be_undone_too() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n\n![x](x.png)\n").doc("x.png", png(b'1'));
    project.publish();
    project.doc("a.md", "# A\n\nTwo.\n\n![x](x.png)\n").doc("x.png", png(b'2')).doc("c.md", "# C\n");
    project.publish();
    let later = snapshot(&instance);
    rollback(&project, 0);
    rollback(&project, 0);
    same(&later, &snapshot(&instance));
    project.publishes_nothing();
}

#[test]
fn what_people_did_since_is_listed_and_stays() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    for name in ["a", "b", "c", "d"] {
        project.doc(&format!("{name}.md"), format!("---\nkeywords: [one]\n---\n# {name}\n\nOne.\n"));
    }
    project.publish();
    for name in ["a", "b", "c", "d"] {
        project.doc(&format!("{name}.md"), format!("---\nkeywords: [two]\n---\n# {name}\n\nTwo.\n"));
    }
    project.doc("e.md", "# e\n\nNew.\n");
    project.publish();
    let id = |title: &str| instance.article(title)["sys_id"].clone();
    instance.act(&json!({ "act": "edit", "sys_id": id("a"), "columns": { "text": "<p>Ann.</p>" } }));
    instance.act(&json!({ "act": "edit", "sys_id": id("b"), "columns": { "meta": "ann's" } }));
    instance.act(&json!({ "act": "retire", "sys_id": id("c") }));
    instance.act(&json!({ "act": "edit", "sys_id": id("e"), "columns": { "text": "<p>Ann.</p>" } }));
    let undone = rollback(&project, 5).json();
    let of = |title: &str| {
        undone["articles"]
            .as_array()
            .unwrap()
            .iter()
            .find(|article| article["title"] == title)
            .unwrap()
            .clone()
    };
    for title in ["a", "b", "c", "e"] {
        assert_eq!(of(title)["outcome"], "conflict", "{:#}", of(title));
    }
    assert_eq!(of("d")["outcome"], "restored");
    assert!(instance.article("a")["text"].as_str().unwrap().contains("Ann."));
    let b = instance.article("b");
    assert!(b["text"].as_str().unwrap().contains("One."), "the body was still the run's");
    assert_eq!(b["meta"], "ann's");
    assert_eq!(instance.article("c")["workflow_state"], "retired");
    assert_eq!(instance.article("e")["workflow_state"], "published");
}

#[test]
fn a_persons_text_that_was_overwritten_comes_back_and_is_a_conflict_again() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOurs.\n");
    project.publish();
    let id = instance.article("A")["sys_id"].clone();
    instance.act(&json!({ "act": "edit", "sys_id": id, "columns": { "text": "<p>By Ann.</p>" } }));
    project.json(&["publish"]).exits(5);
    project.json(&["publish", "--take", "local"]).exits(0);
    rollback(&project, 0);
    assert!(instance.article("A")["text"].as_str().unwrap().contains("By Ann."));
    project.json(&["publish"]).exits(5);
    project.doc("a.md", "# A\n\nOurs, later.\n");
    project.json(&["publish"]).exits(5);
}

#[test]
fn a_run_that_was_killed_is_undone_as_far_as_it_came() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let before = snapshot(&instance);
    tree_b(&project);
    for from in 1..8 {
        // The process dies without another word when this write is sent: committed or not.
        let when = if from % 2 == 0 { "after" } else { "before" };
        instance.fault(&json!({ "method": ["POST", "PATCH", "DELETE"], "from": from,
                                "fault": { "kind": "hang", "when": when } }));
        let mut child = project.command(&["publish", "--yes"]).spawn().unwrap();
        let struck =
            || instance.faults().as_array().unwrap().iter().any(|fault| fault["struck"].as_u64() > Some(0));
        let begun = std::time::Instant::now();
        while !struck() && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed().as_secs() < 60, "{}", instance.faults());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        instance.heal();
        rollback(&project, 0);
        same(&before, &snapshot(&instance));
        for row in
            snapshot(&instance).values().filter(|row| !before.contains_key(row["number"].as_str().unwrap()))
        {
            assert_eq!(row["workflow_state"], "retired", "{row:#}");
        }
    }
}

#[test]
fn rows_that_refuse_are_listed() {
    let instance = Instance::with("versioning = \"on_admin_bypass\"");
    let project = Project::on(&instance);
    project.reconfigure("status = \"published\"", "status = \"draft\"");
    project.doc("a.md", "# A\n\nOne.\n");
    project.publish();
    project.doc("a.md", "---\nkb:\n  status: published\n---\n# A\n\nTwo.\n");
    project.publish();
    let undone = rollback(&project, 5).json();
    assert_eq!(undone["articles"][0]["outcome"], "conflict");
    assert!(undone["articles"][0]["reasons"].to_string().contains("minor_edit_fields"), "{undone:#}");
    assert!(instance.article("A")["text"].as_str().unwrap().contains("Two."));
}

#[test]
fn an_instance_that_chooses_ids_is_rolled_back_as_well() {
    let instance = Instance::with("client_sys_id = \"admin_only_ignored\"");
    let project = Project::on(&instance);
    project
        .doc("a.md", "# A\n\n![x](x.png)\n")
        .doc("x.png", png(b'1'))
        .doc("b.md", "# B\n\nSee [A](a.md).\n");
    project.publish();
    let undone = rollback(&project, 0).json();
    assert_eq!(undone["articles"].as_array().unwrap().len(), 2, "{undone:#}");
    assert!(instance.articles("acme").values().all(|row| row["workflow_state"] == "retired"));
    project.publish();
    assert!(instance.articles("acme").values().all(|row| row["workflow_state"] == "published"));
}

#[test]
fn runs_are_listed_and_strangers_are_refused() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n");
    project.publish();
    let other = project.path("elsewhere");
    project.doc("a.md", "# A\n\nTwo.\n");
    project.json(&["publish", "--journal", other.as_str()]).exits(0);
    let runs = project.json(&["runs"]).exits(0).json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    let first = &runs["runs"][0];
    assert_eq!(
        (&first["verb"], &first["created"], &first["exit"]),
        (&json!("publish"), &json!(1), &json!(0))
    );
    assert!(project.run(&["runs"]).exits(0).stdout.contains("exit 0"));
    project.json(&["rollback", "nope", "--yes"]).exits(2);
    // The folder that CI saved.
    let undone = project.json(&["rollback", other.as_str(), "--yes"]).exits(0).json();
    assert_eq!(undone["articles"][0]["outcome"], "restored");
    assert!(instance.article("A")["text"].as_str().unwrap().contains("One."));
    project.reconfigure("project = \"acme\"", "project = \"other\"");
    let refused = project.json(&["rollback", other.as_str(), "--yes"]).exits(2).json();
    assert_eq!(refused["error"]["code"], "other-project");
}

/// The second write, by which a rule's count is measured, moves the stamp's count on: it was taken all the same.
#[test]
fn a_rule_that_counts_twice_keeps_nothing_from_being_undone() {
    let instance = Instance::with("count_twice = true");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n");
    project.publish();
    project.doc("a.md", "# A\n\nTwo.\n");
    project.publish();
    rollback(&project, 0);
    project.doc("a.md", "# A\n\nOne.\n");
    project.publishes_nothing();
}

#[test]
fn a_version_in_review_that_ignores_writes_is_a_conflict_and_no_lost_stamp() {
    let instance = Instance::with("versioning = \"on_blocked_silent\"\npublish = \"approval_review\"");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n");
    project.json(&["publish"]).exits(7);
    let undone = rollback(&project, 5).json();
    assert_eq!(undone["articles"][0]["outcome"], "conflict", "{undone:#}");
    assert!(undone["articles"][0]["reasons"].to_string().contains("waits for an approval"), "{undone:#}");
}
