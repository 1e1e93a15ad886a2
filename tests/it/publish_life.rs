//! The life of articles: approvals, validity, translations, moves, retirement, and what is left behind.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::project::{Instance, Project, handbook, png};

fn finding(json: &Value, code: &str) -> Vec<String> {
    let problems = json["problems"].as_array().unwrap().iter().filter(|problem| problem["code"] == code);
    problems.map(|problem| problem["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_run_waits_for_approvals_and_a_later_one_says_what_still_waits() {
    let instance = Instance::with("publish = \"approval_review\"");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n").doc("b.md", "# B\n\nTwo.\n");
    let run = project.json(&["publish", "--wait", "0"]).exits(7);
    assert_eq!(run.document("a.md")["outcome"], "in-review");
    // Nothing to write, and not silent about what waits.
    let again = project.run(&["publish"]).exits(0);
    assert!(
        again.stdout.contains("asked for published; the instance keeps it in review"),
        "{}",
        again.stdout
    );
    let approver = Arc::clone(&instance);
    let approving = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        for title in ["A", "B"] {
            approver.act(&json!({ "act": "approve", "sys_id": approver.article(title)["sys_id"] }));
        }
    });
    let waited = project.json(&["publish", "--wait", "1"]).exits(0);
    approving.join().unwrap();
    assert_eq!(waited.document("a.md")["article"]["state"], "published");
    project.publishes_nothing();
    // One is sent back: that is told, and not waited for.
    project.doc("a.md", "# A\n\nThree.\n");
    let id = instance.article("A")["sys_id"].clone();
    instance.act(
        &json!({ "user": "admin", "act": "set", "sys_id": id, "columns": { "workflow_state": "draft" } }),
    );
    let reviewer = Arc::clone(&instance);
    let sending_back = std::thread::spawn(move || {
        while reviewer.article("A")["workflow_state"] != "review" {
            std::thread::sleep(Duration::from_millis(50));
        }
        reviewer.act(&json!({ "act": "reject", "sys_id": id }));
    });
    let rejected = project.json(&["publish", "--wait", "1"]).exits(7);
    sending_back.join().unwrap();
    assert_eq!(rejected.document("a.md")["outcome"], "left-draft");
}

#[test]
fn an_article_never_vanishes_from_search_in_silence() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project
        .doc("a.md", "# A\n\nOne.\n")
        .doc("own.md", "---\nkb:\n  valid_to: 2020-01-31\n---\n# Own\n\nTwo.\n")
        .doc("far.md", "# Far\n\nThree.\n");
    project.publish();
    let soon = jiff::Zoned::now().saturating_add(jiff::Span::new().days(10)).date().to_string();
    let id = instance.article("A")["sys_id"].clone();
    instance.act(&json!({ "act": "edit", "sys_id": id, "columns": { "valid_to": soon } }));
    let told = finding(&project.publish().json(), "expiring");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("search hides it in") && told[1].contains("2020-01-31"), "{told:?}");
    project.publishes_nothing();
    project.reconfigure("status = \"published\"", "status = \"published\"\nextend_expiry_days = 400");
    let run = project.publish();
    assert!(run.document("a.md")["reasons"][0].as_str().unwrap().starts_with(&format!("valid to {soon} → ")));
    assert!(instance.article("A")["valid_to"].as_str().unwrap() > soon.as_str());
    assert_eq!(instance.article("Own")["valid_to"], "2020-01-31", "the document's own day is the document's");
    project.publishes_nothing();
    project.reconfigure("extend_expiry_days = 400", "warn_expiry_days = 0");
    assert!(finding(&project.publish().json(), "expiring").is_empty());
}

#[test]
fn translations_hang_under_their_article_and_go_out_with_it() {
    let instance = Instance::with("plugins = [\"i18n\"]");
    let project = Project::on(&instance);
    let german = "---\nkb:\n  language: de\n  translation_of: vpn\n---\n# Tunnel\n\nErst verbinden.\n";
    project
        .doc("vpn.md", "# VPN\n\nConnect first.\n")
        .doc("de/vpn.md", german)
        .doc("mail.md", "# Mail\n\nx\n");
    // Naming the translation names its group.
    let run = project.json(&["publish", "docs/de/vpn.md"]).exits(0);
    assert_eq!(run.json()["summary"]["create"], 2);
    let (base, translation) = (instance.article("VPN"), instance.article("Tunnel"));
    assert_eq!((&translation["parent"], &translation["language"]), (&base["sys_id"], &json!("de")));
    project.publish();
    project.publishes_nothing();
}

#[test]
fn a_translation_does_not_go_out_without_its_article() {
    let instance = Instance::with("plugins = [\"i18n\"]");
    let project = Project::on(&instance);
    project
        .doc("vpn.md", "# VPN\n\nConnect first.\n")
        .doc("de/vpn.md", "---\nkb:\n  language: de\n  translation_of: vpn\n---\n# Tunnel\n\nErst.\n");
    let refusal = json!({ "method": "POST", "table": "kb_knowledge", "column": "short_description", "value": "VPN",
                          "count": 0, "fault": { "kind": "status", "status": 403 } });
    instance.fault(&refusal);
    let run = project.json(&["publish"]).exits(6);
    assert_eq!(run.document("de/vpn.md")["outcome"], "failed");
    assert!(instance.articles("acme").is_empty());
    instance.heal();
    project.publish();
    assert_eq!(instance.articles("acme").len(), 2);
}

/// With an image a translation is made as a draft before its files: its article may come later than that, and may
/// itself link to the translation.
#[test]
fn a_translation_with_an_image_is_made_before_or_after_its_article() {
    let instance = Instance::with("plugins = [\"i18n\"]");
    let project = Project::on(&instance);
    let german = "---\nkb:\n  language: de\n  translation_of: vpn\n---\n# Tunnel\n\n![net](../net.png)\n";
    project
        .doc("net.png", png(b'1'))
        .doc("mail.md", "# Mail\n\nx\n")
        .doc("vpn.md", "# VPN\n\nSee [mail](mail.md), [German](de/vpn.md).\n")
        .doc("de/vpn.md", german);
    project.publish();
    let (base, translation) = (instance.article("VPN"), instance.article("Tunnel"));
    assert_eq!(
        (&translation["parent"], &translation["workflow_state"]),
        (&base["sys_id"], &json!("published"))
    );
    project.publishes_nothing();
}

/// Rules may hide the base-language article alone: its translation would lose its place below it.
#[test]
fn a_translation_whose_article_is_hidden_is_a_conflict() {
    let instance = Instance::with("plugins = [\"i18n\"]");
    let project = Project::on(&instance);
    let german = "---\nkb:\n  language: de\n  translation_of: a\n---\n# Deutsch\n\nErst.\n";
    project.doc("a.md", "# A\n\nOne.\n").doc("b.md", german);
    project.publish();
    let first = |title: &str| instance.article(title)["sys_id"].as_str().unwrap()[..8].to_owned();
    let only = u32::from_str_radix(&first("A"), 16).unwrap();
    instance.switch(&json!({ "hide_every": only }));
    // What is as it should be needs no article above it.
    assert_eq!(project.json(&["plan"]).exits(5).document("b.md")["action"], "unchanged");
    project.doc("b.md", german.replace("Erst.", "Zweitens."));
    for command in ["plan", "publish"] {
        let translation = project.json(&[command]).exits(5).document("b.md");
        let reason = translation["reasons"][0].as_str().unwrap();
        assert_eq!(translation["action"], "conflict", "{translation}");
        assert!(
            reason.starts_with("translates `a`")
                && reason.ends_with("let this account read all articles of this project"),
            "{reason}"
        );
    }
    instance.switch(&json!({ "hide_every": 0 }));
    project.publish();
    assert!(instance.article("Deutsch")["text"].as_str().unwrap().contains("Zweitens."));
    project.publishes_nothing();
}

/// What is not made takes what would hang under it along; who links to that says so once, and not on each run.
#[test]
fn translations_of_what_is_not_made_are_not_made() {
    let instance = Instance::with("plugins = [\"i18n\"]");
    let project = Project::on(&instance);
    let below = |base: &str, title: &str| {
        format!("---\nkb:\n  language: de\n  translation_of: {base}\n---\n# {title}\n\nErst.\n")
    };
    project
        .doc("a.md", "---\nkb:\n  article: KB7777777\n---\n# A\n\nOne.\n")
        .doc("c.md", below("b", "Wieder"))
        .doc("b.md", below("a", "Deutsch"))
        .doc("links.md", "# Links\n\nSee [it](c.md).\n");
    let run = project.json(&["publish"]).exits(5);
    for (path, base) in [("b.md", "`a`"), ("c.md", "`b`")] {
        let translation = run.document(path);
        let reason = translation["reasons"][0].as_str().unwrap();
        assert_eq!(
            (&translation["action"], &translation["outcome"]),
            (&json!("conflict"), &json!("conflict"))
        );
        assert!(reason.contains(&format!("settle the conflict of {base} first")), "{reason}");
    }
    assert_eq!(instance.articles("acme").len(), 1);
    assert_eq!(project.json(&["plan"]).exits(5).document("links.md")["action"], "unchanged");
    // One that is named brings all that it hangs under.
    project.doc("a.md", "# A\n\nOne.\n");
    assert_eq!(project.json(&["publish", "docs/c.md"]).exits(0).json()["summary"]["create"], 3);
    let (german, again) = (instance.article("Deutsch"), instance.article("Wieder"));
    assert_eq!(again["parent"], german["sys_id"]);
    project.publish();
    project.publishes_nothing();
}

#[test]
fn columns_that_the_instance_has_not_are_told() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc(
        "a.md",
        "---\nkb:\n  language: de\n  roles: [itil, admin]\n  display_attachments: true\n---\n# A\n\nOne.\n",
    );
    let run = project.publish().json();
    let told = finding(&run, "column-refused");
    assert!(told.len() == 1 && told[0].contains("`language`") && !told[0].contains("roles"), "{told:?}");
}

#[test]
fn a_category_that_loses_its_last_article_is_named() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project
        .doc("a/one.md", "# One\n\n1\n")
        .doc("a/two.md", "# Two\n\n2\n")
        .doc("b/three.md", "# Three\n\n3\n");
    project.publish();
    project.doc("a/one.md", "---\nkb:\n  category: Elsewhere\n---\n# One\n\n1\n");
    assert!(finding(&project.publish().json(), "empty-category").is_empty(), "one is left in it");
    project.doc("a/two.md", "---\nkb:\n  category: Elsewhere\n---\n# Two\n\n2\n");
    project.remove("b/three.md");
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    let told = finding(&project.publish().json(), "empty-category");
    assert_eq!(told, ["category `A` holds no article any more", "category `B` holds no article any more"]);
    project.publishes_nothing();
}

#[test]
fn articles_of_others_that_link_to_a_retired_one_are_listed() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    let (number, home) = (plain["number"].as_str().unwrap(), &plain["kb_knowledge_base"]);
    let body = |number: &str| format!("<p><a href=\"/kb_view.do?sysparm_article={number}\">it</a></p>");
    for (title, text) in [("Links", body(number)), ("Longer", body(&format!("{number}7")))] {
        let columns = json!({ "short_description": title, "text": text, "kb_knowledge_base": home,
                              "workflow_state": "published" });
        instance.act(&json!({ "user": "admin", "act": "insert", "columns": columns }));
    }
    project.remove("plain.md");
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    let shown = project.json(&["plan"]).exits(0).json();
    let links = finding(&shown, "inbound-link");
    assert_eq!(links.len(), 1, "{links:?}");
    assert!(links[0].contains("“Links” links to") && links[0].contains(number), "{links:?}");
    project.publish();
    assert_eq!(instance.article("Plain")["workflow_state"], "retired");
}

#[test]
fn a_move_between_bases_keeps_article_and_number() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let before = instance.article("Plain");
    project.doc("plain.md", "---\nkb:\n  knowledge_base: Knowledge\n---\n# Plain\n\nNothing special.\n");
    project.publish();
    let after = instance.article("Plain");
    let other = instance.rows("kb_knowledge_base", "title=Knowledge")[0]["sys_id"].clone();
    assert_eq!((&after["number"], &after["sys_id"]), (&before["number"], &before["sys_id"]));
    assert_eq!(after["kb_knowledge_base"], other);
    project.publishes_nothing();
}

#[test]
fn taking_the_remote_side_settles_a_conflict_for_this_run() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let plain = instance.article("Plain");
    instance.act(
        &json!({ "act": "edit", "sys_id": plain["sys_id"], "columns": { "text": "<p>Ann was here.</p>" } }),
    );
    project.doc("guides/deep/a.md", "# Alpha\n\nNext.\n");
    let run = project.json(&["publish", "--take", "remote"]).exits(0);
    let document = run.document("plain.md");
    assert_eq!((&document["action"], &document["outcome"]), (&json!("skip"), &json!("skipped")));
    assert!(document["reasons"][0].as_str().unwrap().ends_with("left so, as asked"));
    assert_eq!(run.document("deep/a.md")["outcome"], "updated");
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Ann was here."));
    // The document still says otherwise: without the flag it is a conflict again.
    project.json(&["publish"]).exits(5);
    project.doc("plain.md", "# Plain\n\nAnn was here.\n");
    project.json(&["publish", "--take", "local"]).exits(0);
    project.publishes_nothing();
}

#[test]
fn nobody_is_told_to_write_over_another_projects_article() {
    let instance = Instance::new();
    let other = Project::named(&instance, "other");
    other.doc("a.md", "# A\n\nTheirs.\n");
    other.publish();
    let project = Project::on(&instance);
    let number = instance.article("A")["number"].as_str().unwrap().to_owned();
    project.doc("a.md", format!("---\nkb:\n  article: {number}\n---\n# A\n\nOurs.\n"));
    let ran = project.run(&["publish"]).exits(5);
    assert!(ran.stdout.contains("another document or project"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("--take local"), "{}", ran.stderr);
    project.json(&["publish", "--take", "local"]).exits(5);
    assert!(instance.article("A")["text"].as_str().unwrap().contains("Theirs."));
}

/// Two articles below "Guides", whose category nobody may make, and one beside it.
fn refused() -> (Arc<Instance>, Project) {
    let instance = Instance::with("disable_category_editing = true");
    let project = Project::on(&instance);
    project
        .doc("guides/deep/a.md", "# A\n\nOne.\n")
        .doc("guides/deep/b.md", "# B\n\nTwo.\n")
        .doc("c.md", "# C\n\nThree.\n");
    let first = project.publish();
    assert!(finding(&first.json(), "category-refused")[0].contains("`Guides`"), "{}", first.stdout);
    assert_eq!(instance.article("A")["kb_category"], "");
    (instance, project)
}

fn category_of(instance: &Instance, title: &str) -> Value {
    let id = instance.article(title)["kb_category"].as_str().unwrap().to_owned();
    instance.rows("kb_category", &format!("sys_id={id}"))[0]["full_category"].clone()
}

#[test]
fn a_category_that_was_refused_is_told_on_each_run_until_it_is_there() {
    let (instance, project) = refused();
    for _ in 0..2 {
        project.publishes_nothing();
        let told = finding(&project.publish().json(), "category-refused");
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("`Guides`") && told[0].contains("2 articles"), "{told:?}");
    }
    // Asked for again and refused again: told, and nothing else is written.
    instance.reset_log();
    let again = project.json(&["publish", "--ask-again"]).exits(0);
    assert!(!finding(&again.json(), "category-refused").is_empty());
    assert_eq!(again.document("a.md")["outcome"], "unchanged");
    assert_eq!(instance.requests().2, 0);
    instance.switch(&json!({ "disable_category_editing": false }));
    project.publishes_nothing();
    let plan = project.json(&["plan", "--ask-again"]).exits(0);
    assert_eq!(plan.json()["summary"]["update"], 2, "{}", plan.stdout);
    assert_eq!(plan.json()["categories"].as_array().unwrap().len(), 2);
    let asked = project.json(&["publish", "--ask-again"]).exits(0);
    assert_eq!(finding(&asked.json(), "category-refused"), Vec::<String>::new());
    assert_eq!(category_of(&instance, "A"), "Guides / Deep");
    assert_eq!(category_of(&instance, "B"), "Guides / Deep");
    project.publishes_nothing();
    assert_eq!(finding(&project.publish().json(), "category-refused"), Vec::<String>::new());
}

#[test]
fn a_category_whose_making_got_no_answer_is_made_by_the_next_run() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("guides/deep/a.md", "# A\n\nOne.\n").doc("c.md", "# C\n\nThree.\n");
    instance.fault(&json!({
        "method": "POST", "table": "kb_category", "count": 0, "fault": { "kind": "status", "status": 502 }
    }));
    let first = project.publish();
    assert!(finding(&first.json(), "category-refused")[0].contains("`Guides`"), "{}", first.stdout);
    assert_eq!(first.document("a.md")["outcome"], "created");
    assert_eq!(instance.article("A")["kb_category"], "");
    let plan = project.json(&["plan"]).exits(0);
    assert_eq!(plan.document("a.md")["action"], "update");
    assert_eq!(plan.document("c.md")["action"], "unchanged");
    // While nothing else changes, no run writes to it in vain.
    instance.reset_log();
    assert_eq!(project.publish().document("a.md")["outcome"], "unchanged");
    assert_eq!(instance.requests().2, 0);
    instance.heal();
    project.publish();
    assert_eq!(category_of(&instance, "A"), "Guides / Deep");
    project.publishes_nothing();
}

#[test]
fn articles_move_to_a_category_that_somebody_made_for_them() {
    let (instance, project) = refused();
    let base = instance.article("A")["kb_knowledge_base"].clone();
    let make = |label: &str, parent: &Value, table: &str| {
        let columns = json!({ "label": label, "value": label, "parent_id": parent, "parent_table": table, "active": "true" });
        instance.act(&json!({ "user": "admin", "act": "insert", "table": "kb_category", "columns": columns }))
    };
    let guides = make("Guides", &base, "kb_knowledge_base");
    let run = project.publish();
    assert_eq!(run.document("a.md")["outcome"], "updated", "{}", run.stdout);
    assert_eq!(category_of(&instance, "B"), "Guides");
    project.publishes_nothing();
    assert!(finding(&project.publish().json(), "category-refused")[0].contains("`Guides / Deep`"));
    // A person puts one elsewhere: that stays, and is no longer told.
    let other = make("Other", &base, "kb_knowledge_base");
    let id = instance.article("B")["sys_id"].clone();
    instance.act(&json!({ "act": "edit", "sys_id": id, "columns": { "kb_category": other["sys_id"] } }));
    make("Deep", &guides["sys_id"], "kb_category");
    let run = project.publish();
    assert_eq!(run.document("b.md")["outcome"], "unchanged");
    assert_eq!(category_of(&instance, "A"), "Guides / Deep");
    assert_eq!(category_of(&instance, "B"), "Other");
    project.publishes_nothing();
}

#[test]
fn a_category_that_is_asked_for_anew_takes_all_that_waited_for_it() {
    let (instance, project) = refused();
    instance.switch(&json!({ "disable_category_editing": false }));
    project.doc("guides/deep/a.md", "# A\n\nOne and a half.\n");
    project.publish();
    assert_eq!(category_of(&instance, "B"), "Guides / Deep");
    project.publishes_nothing();
}

#[test]
fn categories_that_are_not_made_by_configuration_are_told_too() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.reconfigure("status =", "create_categories = false\nstatus =");
    project.doc("guides/a.md", "# A\n\nOne.\n");
    for _ in 0..2 {
        let told = finding(&project.publish().json(), "category-refused");
        assert!(told[0].contains("`Guides`"), "{told:?}");
    }
    project.publishes_nothing();
}

#[test]
fn a_day_that_is_over_is_told_before_the_article_is_made() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project
        .doc("old.md", "---\nkb:\n  valid_to: 2020-01-01\n---\n# Old\n\nText.\n")
        .doc("new.md", "---\nkb:\n  valid_to: 2090-01-01\n---\n# New\n\nText.\n");
    let told = finding(&project.json(&["plan"]).exits(0).json(), "expiring");
    assert!(told.len() == 1 && told[0].contains("`old`") && told[0].contains("2020-01-01"), "{told:?}");
    project.publish();
    project.doc("old.md", "---\nkb:\n  valid_to: 2090-01-01\n---\n# Old\n\nText.\n");
    assert_eq!(finding(&project.publish().json(), "expiring"), Vec::<String>::new());
    project.doc("old.md", "---\nkb:\n  valid_to: 2021-01-01\n---\n# Old\n\nText.\n");
    assert_eq!(finding(&project.publish().json(), "expiring").len(), 1);
}

#[test]
fn a_redirected_document_that_comes_back_redirects_no_more() {
    let instance = Instance::with("plugins = [\"advanced\"]");
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n").doc("b.md", "# B\n\nTwo.\n");
    project.publish();
    let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
    project.config(&format!("{config}[redirects]\na = \"b\"\n"));
    project.remove("a.md");
    project.publish();
    assert_eq!(instance.article("A")["replacement_article"], instance.article("B")["sys_id"]);
    project.config(&config);
    project.doc("a.md", "# A\n\nOne.\n");
    project.publish();
    assert_eq!(instance.article("A")["workflow_state"], "published");
    assert_eq!(instance.article("A")["replacement_article"], "");
    project.publishes_nothing();
}

/// What is told of categories that could not be made.
fn refusals(ran: &crate::project::Ran) -> Vec<Value> {
    let json = ran.json();
    let problems = json["problems"].as_array().unwrap().iter();
    problems.filter(|problem| problem["code"] == "category-refused").cloned().collect()
}

#[test]
fn an_inactive_category_keeps_the_articles_that_are_in_it() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("hr/a.md", "# A\n\nOne.\n");
    project.publish();
    let category = instance.article("A")["kb_category"].clone();
    instance.act(
        &json!({ "user": "admin", "act": "set", "table": "kb_category", "sys_id": category, "columns": { "active": "false" } }),
    );
    project.doc("hr/a.md", "# A\n\nTwo.\n");
    let run = project.publish();
    assert_eq!(run.document("hr/a.md")["reasons"], json!(["body"]));
    assert!(
        finding(&run.json(), "category-refused").is_empty()
            && finding(&run.json(), "empty-category").is_empty()
    );
    assert_eq!(instance.article("A")["kb_category"], category);
    // It takes no new ones.
    project.doc("hr/b.md", "# B\n\nText.\n");
    let told = refusals(&project.publish());
    assert_eq!(told.len(), 1);
    assert!(told[0]["message"].as_str().unwrap().contains("an inactive category has this name"), "{told:#?}");
    assert!(told[0]["help"].as_str().unwrap().contains("activate"), "{told:#?}");
    assert_eq!(instance.article("B")["kb_category"], "");
    assert_eq!(instance.article("A")["kb_category"], category);
    let told = refusals(&project.publish());
    assert!(told[0]["help"].as_str().unwrap().contains("`Hr` is inactive"), "{told:#?}");
}

#[test]
fn a_category_below_an_inactive_one_is_told_as_that() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("hr/a.md", "---\nkb: { id: a }\n---\n# A\n\nOne.\n");
    project.publish();
    let category = instance.article("A")["kb_category"].clone();
    let active = |active: &str| {
        let columns = json!({ "active": active });
        instance.act(&json!({ "user": "admin", "act": "set", "table": "kb_category", "sys_id": category, "columns": columns }));
    };
    active("false");
    project.remove("hr/a.md");
    project.doc("hr/pay/a.md", "---\nkb: { id: a }\n---\n# A\n\nTwo.\n");
    instance.reset_log();
    let told = refusals(&project.publish());
    assert_eq!(told.len(), 1);
    assert!(told[0]["message"].as_str().unwrap().contains("`Hr` above it is inactive"), "{told:#?}");
    assert!(told[0]["help"].as_str().unwrap().contains("activate"), "{told:#?}");
    assert_eq!(instance.requests().1, 0, "nothing is asked for that cannot be");
    assert_eq!(instance.article("A")["kb_category"], category);
    // Told as long as it is so, and no write.
    project.publishes_nothing();
    let told = refusals(&project.publish());
    assert_eq!(told.len(), 1);
    assert!(told[0]["help"].as_str().unwrap().contains("`Hr` is inactive"), "{told:#?}");
    active("true");
    project.json(&["publish", "--ask-again"]).exits(0);
    assert_ne!(instance.article("A")["kb_category"], category);
}
