//! Published articles of versioned bases: each road that may be open, and none that was not asked for (contract §2.5).

use std::sync::Arc;

use serde_json::{Value, json};

use crate::project::{Instance, Project, handbook, png};

const ALL_MINOR: &str =
    "minor_edit_fields = [\"text\", \"short_description\", \"description\", \"attachments\"]";

/// The handbook, published by an account with role `admin` on a versioned base.
fn by_admin(switches: &str) -> (Arc<Instance>, Project) {
    let instance = Instance::with(&format!("versioning = \"on_admin_bypass\"\n{switches}"));
    let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "admin");
    project.reconfigure("username = \"kb.publisher\"", "username = \"admin\"");
    handbook(&project);
    project.json(&["publish"]).exits(0);
    (instance, project)
}

fn set(project: &Project, key: &str) {
    project.reconfigure("status = \"published\"", &format!("status = \"published\"\n{key}"));
}

/// All rows of the article with this title, by state.
fn row(instance: &Instance, title: &str, state: &str) -> Value {
    let rows = instance.rows("kb_knowledge", &format!("short_description={title}^workflow_state={state}"));
    assert_eq!(rows.len(), 1, "{title} {state}");
    rows[0].clone()
}

#[test]
fn an_admin_changes_published_rows_in_place_only_where_that_is_configured() {
    let (instance, project) = by_admin("");
    let before = instance.article("VPN");
    project.doc("guides/vpn.md", "# VPN\n\n![net](../img/net.png)\n\n## Setup\n\nRewritten.\n");
    project.doc("plain.md", "# Plain\n\nOther.\n");
    for verb in ["plan", "publish"] {
        let run = project.json(&[verb]).exits(5);
        let document = run.document("vpn.md");
        assert_eq!(document["action"], "conflict", "{verb}");
        let reason = document["reasons"][0].as_str().unwrap();
        for road in
            ["admin_in_place = true", "role `admin`", "minor_edit_fields", "kb-publish companion show"]
        {
            assert!(reason.contains(road), "{verb}: {reason}");
        }
        let writes = &run.json()["requests"];
        assert_eq!((&writes["POST"], &writes["PATCH"]), (&json!(0), &json!(0)), "{verb}");
    }
    assert_eq!(instance.article("VPN"), before);
    set(&project, "admin_in_place = true");
    let plan = project.json(&["plan"]).exits(0).document("vpn.md");
    assert!(plan["reasons"].to_string().contains("changed in place"), "{plan}");
    project.json(&["publish"]).exits(0);
    let after = instance.article("VPN");
    assert!(after["text"].as_str().unwrap().contains("Rewritten."));
    for same in ["sys_id", "number", "article_id", "version", "latest", "workflow_state"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(instance.rows("kb_knowledge", "short_description=Plain").len(), 1);
    let again = project.json(&["publish"]).exits(0);
    assert_eq!(again.json()["requests"]["PATCH"], 0);
}

#[test]
fn minor_edits_and_the_companion_are_open_to_an_admin_too() {
    let (instance, project) = by_admin(ALL_MINOR);
    project.doc("guides/vpn.md", "# VPN\n\n![net](../img/net.png)\n\n## Setup\n\nRewritten.\n");
    project.doc("img/net.png", png(b'9'));
    assert_eq!(project.json(&["publish"]).exits(0).document("vpn.md")["outcome"], "updated");
    // Another category is no minor edit: nothing of the article is touched, not even the stamp.
    let before = instance.article("VPN");
    project.doc("guides/vpn.md", "---\nkb:\n  category: Elsewhere\n---\n# VPN\n\nAgain.\n\n## Setup\n");
    let run = project.json(&["publish"]).exits(5);
    let error = run.document("vpn.md")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("`kb_category`") && error.contains("admin_in_place"), "{error}");
    assert_eq!(instance.article("VPN"), before);

    let (instance, project) = by_admin("companion = true");
    let before = instance.article("Plain");
    project.doc("plain.md", "# Plain\n\nOther.\n");
    let plan = project.json(&["plan"]).exits(0).document("plain.md");
    assert!(plan["reasons"].to_string().contains("by the companion"), "{plan}");
    project.json(&["publish"]).exits(0);
    let after = row(&instance, "Plain", "published");
    assert_ne!(after["sys_id"], before["sys_id"]);
    assert_eq!(after["number"], before["number"]);
    set(&project, "admin_in_place = true");
    project.doc("plain.md", "# Plain\n\nIn place.\n");
    project.json(&["publish"]).exits(0);
    assert_eq!(
        row(&instance, "Plain", "published")["sys_id"],
        after["sys_id"],
        "what is configured comes first"
    );
}

#[test]
fn where_versions_are_switched_off_an_admin_is_like_everybody() {
    let (instance, project) = by_admin("");
    // The property is off: rows keep the columns of versions, and are changed in place.
    instance.switch(&json!({ "versioning": "off", "plugins": ["advanced"] }));
    project.doc("plain.md", "# Plain\n\nOther.\n");
    project.json(&["publish"]).exits(0);
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Other."));
}

#[test]
fn undoing_and_adopting_change_in_place_only_where_that_is_configured() {
    let (instance, project) = by_admin("");
    set(&project, "admin_in_place = true");
    project.doc("plain.md", "# Plain\n\nOther.\n");
    project.json(&["publish"]).exits(0);
    let runs = project.json(&["runs"]).exits(0).json();
    let run = runs["runs"][0]["run"].as_str().unwrap().to_owned();
    project.reconfigure("admin_in_place = true", "admin_in_place = false");
    for arguments in [&["rollback", &run, "--dry-run"][..], &["rollback", &run, "--yes"]] {
        let undone = project.json(arguments).exits(5).json();
        assert!(undone["articles"][0].to_string().contains("admin_in_place"), "{undone:#}");
    }
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Other."));
    project.reconfigure("admin_in_place = false", "admin_in_place = true");
    project.json(&["rollback", &run, "--yes"]).exits(0);
    assert!(instance.article("Plain")["text"].as_str().unwrap().contains("Nothing special."));

    let (instance, project) = by_admin("");
    let other = Project::named(&instance, "other").variable("KB_PUBLISH_PASSWORD", "admin");
    other.reconfigure("username = \"kb.publisher\"", "username = \"admin\"");
    other.doc("plain.md", "# Plain\n\nNothing special.\n");
    let plain = instance.article("Plain");
    instance.act(&json!({ "act": "set", "sys_id": plain["sys_id"], "columns": { "description": "" } }));
    drop(project);
    let named = ["adopt", "--yes", "--min-similarity", "0"];
    other.doc(
        "plain.md",
        format!("---\nkb:\n  article: {}\n---\n# Plain\n\nSpecial.\n", plain["number"].as_str().unwrap()),
    );
    let left = other.json(&named).exits(5).json();
    assert!(left["documents"][0]["reasons"].to_string().contains("admin_in_place"), "{left:#}");
    assert_eq!(instance.article("Plain")["description"], "");
    set(&other, "admin_in_place = true");
    other.json(&named).exits(0);
    assert!(instance.article("Plain")["description"].as_str().unwrap().starts_with("kb-publish-1/other/"));
}

#[test]
fn a_version_of_ours_that_waits_is_the_articles_text_until_somebody_decides() {
    for (versioning, why) in [("on_blocked_403", "not allowed"), ("on_blocked_silent", "silently ignored")] {
        waits_until_somebody_decides(versioning, why);
    }
}

fn waits_until_somebody_decides(versioning: &str, why: &str) {
    let instance = Instance::with(&format!("versioning = \"{versioning}\"\ncompanion = true"));
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    instance.switch(&json!({ "publish": "approval_review" }));
    project.doc("plain.md", "# Plain\n\nOther.\n");
    project.json(&["publish"]).exits(7);
    // Asked for already: nothing is written, nothing is a conflict.
    instance.reset_log();
    let run = project.json(&["publish"]).exits(0);
    let plain = run.document("plain.md");
    assert_eq!(plain["outcome"], "unchanged", "{plain:#}");
    assert!(plain["reasons"].to_string().contains("the instance keeps it in review"), "{plain:#}");
    let (_, posts, patches, _) = instance.requests();
    assert_eq!((posts, patches), (0, 0));
    // What is in review is its approvers'.
    project.doc("plain.md", "# Plain\n\nThird.\n");
    let planned = project.json(&["plan"]).exits(0).document("plain.md");
    assert!(planned["reasons"].to_string().contains("only the write tells"), "{planned:#}");
    let run = project.json(&["publish"]).exits(5);
    let error = run.document("plain.md")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("waits for an approval") && error.contains(why), "{error}");
    // So are its files, which would go before the text.
    project.doc("net.png", png(b'0')).doc("plain.md", "# Plain\n\nThird.\n\n![Net](net.png)\n");
    let error = project.json(&["publish"]).exits(5).document("plain.md")["error"].to_string();
    assert!(error.contains("waits for an approval"), "{error}");
    // Sent back, it is a draft of ours: changed in place, and published.
    instance.act(&json!({ "act": "reject", "sys_id": row(&instance, "Plain", "review")["sys_id"] }));
    instance.switch(&json!({ "publish": "direct" }));
    let draft = row(&instance, "Plain", "draft")["sys_id"].clone();
    project.json(&["publish"]).exits(0);
    let published = row(&instance, "Plain", "published");
    assert_eq!(published["sys_id"], draft);
    assert!(published["text"].as_str().unwrap().contains("Third."));
    project.publishes_nothing();
}

#[test]
fn a_checkout_is_known_to_the_plan_whatever_state_it_is_in() {
    let instance = Instance::with("versioning = \"on_blocked_403\"\nclient_sys_id = \"admin_only_ignored\"");
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    for title in ["VPN", "Plain", "Mail"] {
        let id = instance.article(title)["sys_id"].clone();
        instance.act(&json!({ "act": "checkout", "sys_id": id }));
    }
    instance.switch(&json!({ "publish": "approval_review" }));
    let submitted = row(&instance, "Plain", "draft")["sys_id"].clone();
    instance.act(&json!({ "act": "publish", "sys_id": submitted, "user": "kb.publisher" }));
    assert_eq!(row(&instance, "Plain", "review")["sys_id"], submitted);
    project.publishes_nothing();
    project.doc("guides/vpn.md", "# VPN\n\nRewritten.\n\n## Setup\n").doc("plain.md", "# Plain\n\nOther.\n");
    project.doc("index.md", "# Handbook\n").doc("guides/index.md", "---\ntitle: Guides\n---\nNone.\n");
    project.doc("guides/vpn.md", "# VPN\n\nRewritten.\n\n## Setup\n");
    project.remove("guides/mail.md");
    set(&project, "orphans = \"retire\"");
    for verb in ["plan", "publish"] {
        let run = project.json(&[verb]).exits(5);
        for path in ["vpn.md", "plain.md"] {
            let document = run.document(path);
            assert_eq!(document["action"], "conflict", "{verb} {path}: {document:#}");
            assert!(document["reasons"].to_string().contains("checked out"), "{verb} {path}");
        }
        let json = run.json();
        let orphan = json["documents"].as_array().unwrap().iter().find(|one| one["id"].is_null()).unwrap();
        assert_eq!(orphan["action"], "conflict", "{verb}: {orphan:#}");
        assert!(orphan["reasons"][0].as_str().unwrap().starts_with("checked out"), "{orphan:#}");
    }
    assert_eq!(row(&instance, "Mail", "published")["workflow_state"], "published");
}

#[test]
fn a_published_article_that_may_not_be_retired_is_a_conflict() {
    let open = "minor_edit_fields = [\"text\", \"description\"]";
    for (versioning, open) in [("on_blocked_403", ""), ("on_blocked_silent", ""), ("on_blocked_silent", open)]
    {
        let instance = Instance::with(&format!("versioning = \"{versioning}\"\n{open}"));
        let project = Project::on(&instance);
        project.doc("a.md", "# A\n\nText.\n").doc("b.md", "# B\n\nText.\n");
        project.publish();
        project.remove("b.md");
        set(&project, "orphans = \"retire\"");
        let plan = project.json(&["plan"]).exits(0).json();
        assert!(plan["documents"].to_string().contains("only the write tells"), "{plan:#}");
        let run = project.json(&["publish"]).exits(5).json();
        assert!(run["documents"].to_string().contains("knowledge_admin"), "{versioning}: {run:#}");
        let left = instance.article("B");
        assert_eq!(left["workflow_state"], "published");
        assert!(left["description"].as_str().unwrap().contains(" a=p "), "{left:#}");
    }
}

#[test]
fn an_article_in_review_that_may_not_be_retired_is_a_conflict() {
    for versioning in ["on_blocked_403", "on_blocked_silent"] {
        let switches = format!("versioning = \"{versioning}\"\npublish = \"approval_review\"");
        let instance = Instance::with(&switches);
        let project = Project::on(&instance);
        set(&project, "orphans = \"retire\"");
        project.doc("a.md", "# A\n\nOne.\n").doc("b.md", "# B\n\nTwo.\n");
        project.json(&["publish"]).exits(7);
        project.remove("a.md");
        let before = instance.article("A");
        let planned = project.json(&["plan"]).exits(0);
        assert!(planned.stdout.contains("only the write tells whether this account may retire it"));
        let run = project.json(&["publish"]).exits(5);
        let orphan = &run.json()["documents"][1];
        assert_eq!(orphan["outcome"], "conflict", "{versioning}: {orphan}");
        assert!(orphan["error"].as_str().unwrap().contains("waits for an approval"), "{orphan}");
        let after = instance.article("A");
        assert_eq!((&after["text"], &after["workflow_state"]), (&before["text"], &before["workflow_state"]));
    }
}

/// What a write to a published row does is not established for every account: a new version of its own is not asked for
/// again, and not for other articles either.
#[test]
fn an_instance_that_answers_with_a_new_version_makes_no_more_of_them() {
    for (called, named) in [("KB0 v1.01", "`KB0 v1.01`"), ("", "`KB00")] {
        let (instance, project) = by_admin("");
        set(&project, "admin_in_place = true\nconcurrency = 1");
        project.doc("plain.md", "# Plain\n\nOther.\n");
        project.doc("guides/deep/b.md", "# Beta\n\nOther.\n");
        let version = json!({ "sys_id": "0123456789abcdef0123456789abcdef", "display_number": called });
        instance.fault(&json!({ "method": "PATCH", "table": "kb_knowledge", "count": 0,
                                "fault": { "kind": "alter", "set": version } }));
        let run = project.json(&["publish"]).exits(5);
        let errors =
            [run.document("plain.md")["error"].to_string(), run.document("b.md")["error"].to_string()];
        assert!(errors.iter().any(|error| error.contains(named)), "{errors:?}");
        assert!(errors.iter().all(|error| error.contains("new version")), "{errors:?}");
        assert_eq!(run.json()["requests"]["PATCH"], 1, "{}", run.stdout);
    }
}

#[test]
fn keywords_alone_need_no_body_to_be_open() {
    let instance =
        Instance::with("versioning = \"on_blocked_403\"\nminor_edit_fields = [\"meta\", \"description\"]");
    instance.manage("IT", "kb.publisher");
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "---\nkeywords: [vpn]\n---\n# Plain\n\nNothing special.\n");
    project.publish();
    assert_eq!(instance.article("Plain")["meta"], "vpn");
    project.publishes_nothing();
}

#[test]
fn what_was_published_at_once_is_not_written_again_for_its_stamps_sake() {
    for versioning in ["on_blocked_403", "on_blocked_silent"] {
        let instance =
            Instance::with(&format!("versioning = \"{versioning}\"\nclient_sys_id = \"admin_only_ignored\""));
        let project = Project::on(&instance);
        project.doc("a.md", "# A\n\nText.\n").doc("b.md", "# B\n\nText.\n");
        let run = project.publish();
        assert_eq!(run.document("a.md")["outcome"], "created");
        project.publishes_nothing();
        instance.act(&json!({ "act": "checkout", "sys_id": instance.article("A")["sys_id"] }));
        project.publishes_nothing();
    }
}

#[test]
fn an_article_that_waits_in_vain_for_a_link_is_not_opened() {
    let (instance, project) = by_admin(ALL_MINOR);
    project.doc("plain.md", "# Plain\n\nText, see [n](n.md).\n").doc("n.md", "# N\n\nText.\n");
    instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "count": 0,
                            "fault": { "kind": "status", "status": 403 } }));
    project.json(&["publish"]).exits(6);
    let left = instance.article("Plain");
    let again = project.json(&["publish"]).exits(6);
    assert_eq!(again.document("plain.md")["outcome"], "unchanged", "{}", again.stdout);
    assert_eq!(instance.article("Plain"), left, "not even its stamp was written");
}
