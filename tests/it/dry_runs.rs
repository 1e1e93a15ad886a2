//! A dry run makes no request but GET and OAuth, whatever there is to do, and works for an account that only reads.

use serde_json::{Value, json};

use crate::program::Program;
use crate::project::{Instance, Project, US, handbook, png};
use crate::sandbox_table::{Api, sandbox};

#[test]
fn no_dry_verb_makes_any_other_request_than_a_read() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    // Everything that a run would do: create, update, retire, move, upload, remove, mend, conflict.
    let mail = instance.article("Mail")["sys_id"].clone();
    instance.act(&json!({ "user": "kb.admin", "act": "edit", "sys_id": mail, "columns": { "text": "<p>Theirs.</p>" } }));
    project.remove("guides/deep/c.md");
    project
        .doc("guides/deep/b.md", "# Beta\n\nAlone.\n")
        .doc("guides/mail.md", "# Mail\n\nOurs.\n")
        .doc("plain.md", "---\nkb:\n  category: Elsewhere\n---\n# Plain\n\nMoved.\n")
        .doc("fresh/new.md", "# Fresh\n\n![l](../img/logo.png)\n")
        .doc("img/net.png", png(b'5'));
    project.reconfigure("status = \"published\"\n", "status = \"published\"\norphans = \"retire\"\n");
    project.run(&["plan", "-o", "first.json"]).exits(5);
    instance.reset_log();
    for verb in [
        &["plan"][..],
        &["plan", "--verify", "--take", "local"],
        &["plan", "-o", "plan.json", "--html", "site", "--exit-code"],
        &["plan", "--format", "markdown"],
        &["publish", "--dry-run"],
        &["status"],
        &["status", "--format", "json"],
        &["check"],
        &["bases"],
        &["categories"],
        &["lint"],
        &["build"],
        &["config"],
        &["auth", "status"],
        &["runs"],
    ] {
        let ran = project.run(verb);
        assert!(matches!(ran.code, Some(0 | 5)), "{verb:?}: {ran:?}");
    }
    let (gets, posts, patches, deletes) = instance.requests();
    assert!(gets > 20, "{gets}");
    assert_eq!((posts, patches, deletes), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_oauth_the_token_is_the_only_post() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let program = Program::of(
        &sandbox,
        "method = \"oauth\"\ngrant = \"password\"\nclient_id = \"kb-publish-sandbox\"\nusername = \"kb.publisher\"",
    )
    .env("KB_PUBLISH_PASSWORD", "kb.publisher")
    .env("KB_PUBLISH_CLIENT_SECRET", "kb-publish-sandbox");
    for verb in
        [&["plan"][..], &["plan", "--html", "site"], &["status"], &["check"], &["publish", "--dry-run"]]
    {
        program.run(verb).ended(0);
    }
    let log = api.client.get(format!("{}/sandbox/log", api.root)).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    let writes: Vec<&Value> =
        log["result"].as_array().unwrap().iter().filter(|entry| entry["method"] != "GET").collect();
    assert!(!writes.is_empty());
    assert!(writes.iter().all(|entry| entry["target"] == "/oauth_token.do"), "{writes:#?}");
}

#[test]
fn an_account_that_only_reads_plans_as_the_one_that_writes() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nChanged.\n").doc("fresh.md", "# Fresh\n");
    let plan = |project: &Project| {
        let report = project.json(&["plan"]).exits(0).json();
        let documents = report["documents"].as_array().unwrap().clone();
        documents
            .iter()
            .map(|one| (one["id"].clone(), one["action"].clone(), one["reasons"].clone()))
            .collect::<Vec<_>>()
    };
    let ours = plan(&project);
    let project = project.variable("KB_PUBLISH_PASSWORD", "reader");
    project.reconfigure(US, "reader");
    instance.reset_log();
    assert_eq!(plan(&project), ours);
}

#[test]
fn what_is_hidden_from_a_reader_is_not_called_new() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.reconfigure("status = \"published\"", "status = \"draft\"");
    handbook(&project);
    project.publish();
    // Drafts are for those who may write: this account sees none of them.
    let project = project.variable("KB_PUBLISH_PASSWORD", "reader");
    project.reconfigure(US, "reader");
    let ran = project.json(&["plan"]);
    let report = ran.json();
    let said = report["documents"].as_array().unwrap();
    assert_eq!(said.len(), 8);
    for document in said {
        let reasons = document["reasons"].to_string();
        assert!(
            document["action"] == "unchanged" || reasons.contains("hidden from this account"),
            "{document}"
        );
    }
    let human = project.run(&["plan"]);
    let told = format!("{}{}", human.stdout, human.stderr);
    assert!(told.contains("hidden from this account"), "{told}");
}
