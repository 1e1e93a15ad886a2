//! A 2xx is not proof: what came back is compared with what was sent.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::project::{Instance, Project, png, ran};

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

/// What an instance's own rules make of each body and title is no column that was passed over, and no edit.
#[test]
fn what_rules_make_of_every_version_is_no_conflict() {
    for versioning in ["versioning = \"off\"\nplugins = [\"advanced\"]", "versioning = \"on_admin_bypass\""] {
        let instance = Instance::with(&format!(
            "{versioning}\nsanitizer_excluded = [\"style\"]\n[column_rules]\n\"kb_knowledge.short_description\" = \"prefixed\""
        ));
        let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "admin");
        project.reconfigure("username = \"kb.publisher\"", "username = \"admin\"");
        project.reconfigure("[publish]", "[publish]\nadmin_in_place = true");
        project.doc("a.md", "# A\n\nText with `code`.\n").doc("b.md", "# B\n\nText with `code`.\n");
        let run = project.publish();
        assert!(run.codes().contains(&"unsupported-html".to_owned()), "{:?}", run.codes());
        let b = instance.article("[KB] B");
        instance.control("clock", &json!({ "advance_seconds": 60 }));
        let topic = json!({ "topic": "Other" });
        instance.act(&json!({ "act": "edit", "sys_id": b["sys_id"], "user": "admin", "columns": topic }));
        project.publishes_nothing();
        project.doc("a.md", "---\nkeywords: [one]\n---\n# A\n\nText with `code`.\n");
        project.doc("b.md", "# B\n\nOther text with `code`.\n");
        let run = project.json(&["publish"]).exits(0);
        for name in ["a.md", "b.md"] {
            assert_eq!(run.document(name)["outcome"], "updated", "{versioning}");
        }
        assert_eq!(instance.article("[KB] A")["meta"], "one");
        project.publishes_nothing();
    }
}

#[test]
fn an_article_that_was_stored_without_its_title_has_failed() {
    for versioning in ["off", "on_blocked_403"] {
        let instance = Instance::with(&format!(
            "versioning = \"{versioning}\"\nprotected_columns = [\"kb_knowledge.short_description\"]"
        ));
        let project = Project::on(&instance);
        project.doc("a.md", "# A\n\nText.\n");
        let run = project.json(&["publish"]).exits(6);
        assert!(run.document("a.md")["error"].as_str().unwrap().contains("`short_description`"));
    }
}

/// A table that a gateway does not let through is a table that this account may not read.
#[test]
fn a_page_that_says_not_found_is_about_its_table_alone() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    instance.fault(&json!({ "path": "*/sys_*", "count": 0, "fault": { "kind": "not_found_page" } }));
    project.run(&["check"]).exits(0);
    project.publish();
    project.publishes_nothing();
    instance.heal_struck();
    instance.fault(&json!({ "path": "*", "count": 0, "fault": { "kind": "not_found_page" } }));
    let run = project.json(&["publish"]).exits(4);
    assert_eq!(run.json()["error"]["code"], "not-an-instance");
}

/// How an instance says that a sys_id is taken is not known; as a failure it is another run's article all the same.
#[test]
fn an_article_that_another_run_makes_meanwhile_is_known_whatever_the_answer() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    project.publish();
    let mut row = instance.article("A");
    instance
        .act(&json!({ "act": "delete", "table": "kb_knowledge", "sys_id": row["sys_id"], "user": "admin" }));
    let columns = ["sys_id", "short_description", "text", "kb_knowledge_base", "description"];
    row.as_object_mut().unwrap().retain(|column, _| columns.contains(&column.as_str()));
    instance.fault(&json!({ "method": "GET", "table": "kb_knowledge", "query": row["sys_id"],
        "fault": { "kind": "person", "when": "after",
                   "act": { "act": "insert", "table": "kb_knowledge", "user": "admin", "columns": row } } }));
    instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "count": 0, "fault": { "kind": "status", "status": 500 } }));
    project.doc("a.md", "# A\n\nOther text.\n");
    let run = project.json(&["publish"]).exits(5);
    assert!(run.document("a.md")["error"].as_str().unwrap().contains("another run"), "{}", run.stdout);
    instance.heal_struck();
    assert_eq!(instance.article("A")["text"], row["text"]);
}

/// Who made an article, and when, is asked for the sake of articles without a stamp; where it may not be, all else goes on.
#[test]
fn an_account_that_may_not_ask_who_made_what_publishes() {
    let columns = "\"kb_knowledge.sys_created_by\", \"kb_knowledge.sys_created_on\"";
    let instance = Instance::with(&format!("query_denied_columns = [{columns}]"));
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n").doc("b.md", "# B\n\nText.\n");
    instance.fault(
        &json!({ "method": "POST", "table": "kb_knowledge", "fault": { "kind": "cancelled_after_commit" } }),
    );
    project.publish();
    project.publishes_nothing();
    assert_eq!(instance.articles("acme").len(), 2);
}

#[test]
fn a_refusal_is_explained_by_what_it_says() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\n![net](net.png)\n").doc("net.png", png(b'1'));
    instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "count": 0, "fault": { "kind": "status", "status": 403,
        "message": "Operation Failed", "detail": "Data Policy Exception: The following fields are mandatory: u_owner" } }));
    let error = project.json(&["publish"]).exits(6).document("a.md")["error"].to_string();
    assert!(
        error.contains("u_owner") && error.contains("data policy") && !error.contains("cannot contribute"),
        "{error}"
    );
    instance.heal_struck();
    instance.fault(
        &json!({ "method": "POST", "path": "*/attachment/file", "fault": { "kind": "status", "status": 403,
        "message": "Operation Failed", "detail": "File type is not allowed" } }),
    );
    let error = project.json(&["publish"]).exits(6).document("a.md")["error"].to_string();
    assert!(error.contains("file `net.png`") && error.contains("File type is not allowed"), "{error}");
}

#[test]
fn a_refusal_of_a_repeat_may_be_the_first_tries_success() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    project.publish();
    let row = instance.article("A");
    let id = row["sys_id"].as_str().unwrap();
    project.doc("a.md", "# A\n\nNew text.\n");
    // No answer comes, the row is still as it was when it is looked at, and the write arrives after that.
    instance.fault(&json!({ "method": "PATCH", "path": format!("*/{id}"), "count": 1,
                            "fault": { "kind": "reset", "when": "after" } }));
    instance.fault(&json!({ "method": "PATCH", "path": format!("*/{id}"), "from": 2, "count": 1,
                            "fault": { "kind": "status", "status": 403 } }));
    let former: serde_json::Map<String, serde_json::Value> =
        ["description", "sys_mod_count", "sys_updated_on", "text", "short_description"]
            .iter()
            .map(|column| ((*column).to_owned(), row[*column].clone()))
            .collect();
    instance.fault(
        &json!({ "method": "GET", "table": "kb_knowledge", "query": format!("sys_idIN{id}"), "from": 2,
                            "count": 1, "fault": { "kind": "alter", "set": former } }),
    );
    let run = project.json(&["publish"]).exits(0);
    assert_eq!(run.document("a.md")["outcome"], "updated", "{}", instance.faults());
    assert_eq!(run.json()["requests"]["PATCH"], 2, "{}", instance.faults());
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
fn a_save_between_the_two_writes_of_a_new_article_is_a_conflict() {
    // The stamp is written anew with the sys_id that the instance chose.
    let instance = Instance::with("client_sys_id = \"admin_only_ignored\"");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    instance.fault(&json!({ "method": "PATCH", "table": "kb_knowledge", "count": 1,
                            "fault": { "kind": "status", "status": 503 } }));
    let mut command = project.command(&["publish", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while instance.faults()[0]["struck"] != 1 {
        assert!(child.try_wait().unwrap().is_none(), "it ended without the fault");
        std::thread::sleep(Duration::from_millis(10));
    }
    let words = "<p>Ann was here.</p>";
    let id = instance.article("A")["sys_id"].clone();
    instance.act(&json!({ "act": "edit", "sys_id": id, "columns": { "text": words } }));
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

#[test]
fn an_instance_that_fails_every_write_is_left_in_peace() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    for number in 0..60 {
        project.doc(&format!("{number:02}.md"), format!("# Title {number}\n\nText.\n"));
    }
    // The first shows that the column keeps stamps; the others go side by side.
    instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "from": 2, "count": 0, "fault": { "kind": "status", "status": 500 } }));
    let ran = project.json(&["publish"]).exits(6);
    let report = ran.json();
    let outcomes = |wanted: &str| {
        let documents = report["documents"].as_array().unwrap().iter();
        documents.filter(|document| document["outcome"] == wanted).count()
    };
    assert_eq!(outcomes("created"), 1);
    assert!(outcomes("failed") >= 3 && outcomes("skipped") > 30, "{report:#}");
    assert!(ran.stdout.contains("the run was cut short: ") && ran.stdout.contains("came to nothing"));
    assert!(instance.requests().1 < 60, "{} writes were tried", instance.requests().1);
    instance.heal();
    project.publish();
    assert_eq!(instance.articles("acme").len(), 60);
    project.publishes_nothing();
}

#[test]
fn an_instance_that_gives_fewer_rows_than_asked_for_is_read_to_the_end() {
    let instance = Instance::with("refuse_duplicate_categories = false");
    let project = Project::on(&instance);
    for number in 0..12 {
        project.doc(&format!("f{number:02}/a.md"), format!("# Title {number}\n\nText.\n"));
    }
    instance.switch(&json!({ "most_rows": 3 }));
    project.publish();
    for number in 0..12 {
        project.doc(&format!("f{number:02}/a.md"), format!("# Title {number}\n\nMore.\n"));
    }
    let run = project.publish();
    assert_eq!(run.json()["summary"]["update"], 12, "{}", run.stdout);
    assert_eq!(project.publish().json()["summary"]["unchanged"], 12);
    instance.switch(&json!({ "most_rows": 0 }));
    assert_eq!(instance.articles("acme").len(), 12);
    let labels = instance.rows("kb_category", "labelSTARTSWITHF");
    assert_eq!(labels.len(), 12, "{labels:#?}");
    project.publishes_nothing();
}

#[test]
fn a_title_that_a_rule_changes_is_told_as_that() {
    let instance = Instance::with("column_rules = { \"kb_knowledge.short_description\" = \"squeezed\" }");
    let project = Project::on(&instance);
    project.doc("a.md", "# Two  `a   b`\n\nText.\n");
    let told = project.publish().json()["problems"].clone();
    assert_eq!(told[0]["code"], "column-refused", "{told:#}");
    assert!(told[0]["message"].as_str().unwrap().contains("another title"), "{told:#}");
    assert_eq!(told.as_array().unwrap().len(), 1, "{told:#}");
    project.publishes_nothing();
}

#[test]
fn what_steps_in_midway_is_not_blamed_on_the_settings() {
    let login = json!({ "kind": "login" });
    let refused = json!({ "kind": "status", "status": 401 });
    for (fault, code, says) in [(login, 4, "answered till then"), (refused, 3, "taken till then")] {
        let instance = Instance::new();
        let project = Project::on(&instance);
        project.doc("a.md", "# A\n\nOne.\n").doc("b.md", "# B\n\nTwo.\n");
        instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "from": 2, "fault": fault }));
        let report = project.json(&["publish"]).exits(code).json();
        let help = report["problems"][0]["help"].as_str().unwrap();
        assert!(help.contains(says), "{report:#}");
    }
}

#[test]
fn a_token_endpoint_that_limits_requests_is_not_asked_for_ever() {
    let instance = Instance::new();
    let project = Project::on(&instance).variable("KB_PUBLISH_CLIENT_SECRET", "kb-publish-sandbox");
    project.reconfigure(
        "method = \"basic\"",
        "method = \"oauth\"\ngrant = \"password\"\nclient_id = \"kb-publish-sandbox\"",
    );
    project.doc("a.md", "# A\n\nOne.\n");
    let limited = json!({ "kind": "status", "status": 429, "retry_after": 2 });
    let rule = |count: u64| json!({ "path": "/oauth_token.do", "count": count, "fault": limited });
    instance.fault(&rule(0));
    assert_eq!(project.json(&["publish"]).exits(4).json()["error"]["code"], "rate-limited");
    let asked = instance.log_of("/oauth_token.do");
    assert!((2..=8).contains(&asked), "asked {asked} times in 8 s, told to wait 2 s each time");
    instance.heal();
    instance.fault(&rule(1));
    project.publish();
}
