//! Articles that were there before are bound to documents, and nothing else of them changes.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::project::{Instance, Project, Ran};

/// An article of nobody's, in base IT or another, by this title.
fn article(instance: &Instance, title: &str, text: &str, further: &Value) -> Value {
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    let mut columns = json!({ "short_description": title, "text": text, "kb_knowledge_base": base,
                              "workflow_state": "published", "article_type": "text" });
    for (name, value) in further.as_object().unwrap() {
        columns[name] = value.clone();
    }
    let made = instance.act(&json!({ "user": "admin", "act": "insert", "columns": columns }));
    instance.rows("kb_knowledge", &format!("sys_id={}", made["sys_id"].as_str().unwrap())).remove(0)
}

fn found(ran: &Ran, id: &str) -> Value {
    let json = ran.json();
    let documents = json["documents"].as_array().unwrap();
    documents
        .iter()
        .find(|document| document["id"] == id)
        .unwrap_or_else(|| panic!("no `{id}`: {json:#}"))
        .clone()
}

fn project(instance: &Arc<Instance>) -> Project {
    let project = Project::on(instance);
    project
        .doc("vpn.md", "# VPN\n\nConnect to the VPN before you open your mail.\n")
        .doc("mail.md", "# Mail\n\nMail is read on the web.\n")
        .doc("guides/index.md", "# Guides\n\nAll of them.\n")
        .doc("guides/deep.md", "---\nkb:\n  article: KB0010002\n---\n# Deep\n\nVery deep.\n")
        .doc("new.md", "# New\n\nNobody has written this before.\n");
    project
}

fn number(row: &Value) -> &str {
    row["number"].as_str().unwrap()
}

#[test]
fn a_draft_by_configuration_unpublishes_nothing_that_it_adopts() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.reconfigure("status = \"published\"\n", "status = \"draft\"\n");
    let live = article(&instance, "Live", "<p>Old.</p>", &json!({}));
    let waiting = article(&instance, "Waiting", "<p>Old.</p>", &json!({ "workflow_state": "review" }));
    for (name, title, row) in [("live.md", "Live", &live), ("waiting.md", "Waiting", &waiting)] {
        project.doc(name, format!("---\nkb: {{article: {}}}\n---\n# {title}\n\nNew.\n", number(row)));
    }
    project.json(&["publish"]).exits(0);
    for (title, state) in [("Live", "published"), ("Waiting", "review")] {
        let row = instance.article(title);
        assert!(row["text"].as_str().unwrap().contains("New."), "{row}");
        assert_eq!(row["workflow_state"], state);
    }
    project.publishes_nothing();
}

#[test]
fn articles_are_found_by_title_by_name_and_by_map_and_only_stamped() {
    let instance = Instance::new();
    let project = project(&instance);
    let vpn =
        article(&instance, "VPN", "<p>Connect to the VPN before you open your <b>mail</b>.</p>", &json!({}));
    let deep = article(&instance, "Deep down", "<p>Very deep.</p>", &json!({}));
    let mail = article(&instance, "E-mail", "<p>Mail is read on the web.</p>", &json!({ "meta": "ann's" }));
    std::fs::write(project.path("map.csv"), format!("document,article\nmail.md, {}\n", number(&mail)))
        .unwrap();
    assert_eq!(number(&deep), "KB0010002");
    let preview = project.json(&["adopt", "--map", "map.csv", "--dry-run"]).exits(0);
    assert_eq!(found(&preview, "vpn")["similarity"], 100);
    assert_eq!(found(&preview, "new")["action"], "skip");
    assert_eq!(instance.article("VPN"), vpn, "a preview writes nothing");
    let run = project.json(&["adopt", "--map", "map.csv", "--yes"]).exits(0);
    for (id, row) in [("vpn", &vpn), ("guides/deep", &deep), ("mail", &mail)] {
        assert_eq!(found(&run, id)["outcome"], "adopted", "{:#}", run.json());
        let mut now = instance.article(row["short_description"].as_str().unwrap());
        assert!(now["description"].as_str().unwrap().starts_with("kb-publish-1/acme/"));
        for column in ["description", "sys_mod_count", "sys_updated_on", "sys_updated_by"] {
            now[column] = row[column].clone();
        }
        assert_eq!(now, *row, "nothing but the stamp changed");
    }
    // Again: all of them are ours now.
    let again = project.json(&["adopt", "--yes"]).exits(0);
    assert!(found(&again, "vpn")["reasons"][0].as_str().unwrap().contains("already"));
    let published = project.publish();
    assert_eq!(published.document("mail.md")["reasons"][0], "adopted", "{:#}", published.document("mail.md"));
    assert_eq!(published.json()["summary"]["create"], 2, "the two that were not found");
    assert_eq!(number(&instance.article("Mail")), number(&mail));
    assert_eq!(instance.article("Mail")["meta"], "ann's", "what nobody names stays");
    assert_eq!(number(&instance.article("Deep")), number(&deep));
    project.publishes_nothing();
}

#[test]
fn an_adoption_can_be_undone() {
    let instance = Instance::new();
    let project = project(&instance);
    let vpn = article(&instance, "VPN", "<p>Connect to the VPN before you open your mail.</p>", &json!({}));
    let run = project.json(&["adopt", "--yes", "docs/vpn.md"]).exits(0).json();
    project.json(&["rollback", run["run"].as_str().unwrap(), "--yes"]).exits(0);
    let now = instance.article("VPN");
    assert_eq!(
        (&now["description"], &now["text"], &now["workflow_state"]),
        (&vpn["description"], &vpn["text"], &vpn["workflow_state"])
    );
}

#[test]
fn what_is_somebody_elses_or_not_alike_is_left_for_a_person() {
    let instance = Instance::new();
    let project = project(&instance);
    article(&instance, "VPN", "<p>Something else entirely stands here.</p>", &json!({}));
    let deep = article(&instance, "Deep", "<p>Very deep.</p>", &json!({ "description": "my own notes" }));
    assert_eq!(number(&deep), "KB0010002");
    article(&instance, "Mail", "<p>Mail is read on the web.</p>", &json!({}));
    article(&instance, "Mail", "<p>Mail is read on the web.</p>", &json!({}));
    let other = Project::named(&instance, "other");
    other.doc("new.md", "# New\n\nNobody has written this before.\n");
    other.publish();
    let run = project.json(&["adopt", "--yes"]).exits(5);
    let reason = |id: &str| found(&run, id)["reasons"][0].as_str().unwrap().to_owned();
    assert!(reason("vpn").contains("% alike"), "{}", reason("vpn"));
    assert!(reason("guides/deep").contains("`stamp_field`"), "{}", reason("guides/deep"));
    assert!(reason("mail").contains("several"), "{}", reason("mail"));
    assert!(reason("new").contains("another document or project"), "{}", reason("new"));
    assert!(instance.articles("acme").is_empty(), "nothing was stamped");
    project.json(&["adopt", "--yes", "--min-similarity", "0", "docs/vpn.md"]).exits(0);
    assert_eq!(instance.articles("acme").len(), 1);
}

#[test]
fn a_title_in_another_category_or_base_is_no_match() {
    let instance = Instance::new();
    let project = project(&instance);
    let other = instance.rows("kb_knowledge_base", "title=Knowledge")[0]["sys_id"].clone();
    article(
        &instance,
        "VPN",
        "<p>Connect to the VPN before you open your mail.</p>",
        &json!({ "kb_knowledge_base": other }),
    );
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    let category =
        json!({ "label": "Old", "value": "old", "parent_id": base, "parent_table": "kb_knowledge_base" });
    let category = instance
        .act(&json!({ "user": "admin", "act": "insert", "table": "kb_category", "columns": category }));
    article(&instance, "Guides", "<p>All of them.</p>", &json!({ "kb_category": category["sys_id"] }));
    let run = project.json(&["adopt", "--yes", "docs/vpn.md", "docs/guides/index.md"]).exits(0);
    assert_eq!(found(&run, "vpn")["action"], "skip");
    assert!(
        found(&run, "guides")["reasons"][0].as_str().unwrap().contains("another category"),
        "{:#}",
        run.json()
    );
}

#[test]
fn a_bad_map_is_refused_before_anything_is_read() {
    let instance = Instance::new();
    let project = project(&instance);
    for (map, word) in
        [("mail.md\n", "two columns"), ("nope.md,KB1\n", "`nope.md`"), ("mail,KB1\nmail.md,KB2\n", "twice")]
    {
        std::fs::write(project.path("map.csv"), map).unwrap();
        let ran = project.json(&["adopt", "--map", "map.csv", "--yes"]).exits(2).json();
        assert!(ran["error"]["message"].as_str().unwrap().contains(word), "{ran:#}");
    }
    std::fs::write(project.path("map.csv"), "mail,KB0099999\n").unwrap();
    let run = project.json(&["adopt", "--map", "map.csv", "--yes", "docs/mail.md"]).exits(5);
    assert!(found(&run, "mail")["reasons"][0].as_str().unwrap().contains("no article"));
}

#[test]
fn a_published_article_of_a_versioned_base_names_the_roads() {
    for versioning in ["on_blocked_403", "on_blocked_silent"] {
        let instance = Instance::with(&format!("versioning = \"{versioning}\""));
        let project = project(&instance);
        let vpn =
            article(&instance, "VPN", "<p>Connect to the VPN before you open your mail.</p>", &json!({}));
        let run = project.json(&["adopt", "--yes", "docs/vpn.md"]).exits(5);
        let document = found(&run, "vpn");
        assert!(document["reasons"].to_string().contains("minor_edit_fields"), "{document:#}");
        assert_eq!(instance.article("VPN"), vpn);
    }
}

#[test]
fn nothing_is_stamped_while_a_document_has_an_error() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("vpn.md", "# VPN\n\nConnect.\n").doc("other.md", "# Other\n\n[gone](gone.md)\n");
    let vpn = article(&instance, "VPN", "<p>Connect.</p>", &json!({}));
    for arguments in [&["adopt", "--dry-run"][..], &["adopt", "--yes"]] {
        let run = project.json(arguments).exits(1);
        let problem = &run.json()["problems"][0];
        assert_eq!((&problem["code"], &problem["line"]), (&json!("broken-link"), &json!(3)), "{problem}");
        assert_eq!(found(&run, "vpn")["action"], "adopt");
        assert_eq!(instance.article("VPN"), vpn);
    }
    let told = project.run(&["adopt", "--yes"]).exits(1).stdout;
    assert!(told.contains("error[broken-link]") && told.contains("other.md:3:1"), "{told}");
    assert!(told.contains("nothing was stamped"), "{told}");
    project.doc("other.md", "# Other\n\nMended.\n");
    assert_eq!(project.json(&["adopt", "--yes"]).exits(0).json()["problems"], json!([]));
    assert_ne!(instance.article("VPN"), vpn);
}
