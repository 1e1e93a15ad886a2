//! The main job: a doc tree becomes a knowledge base, and stays equal to it.

use serde_json::json;

use crate::project::{Instance, Project, US, handbook, png};

#[test]
fn everything_is_published_and_the_second_run_writes_nothing() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    let run = project.publish();
    assert_eq!(run.json()["summary"]["create"], 8);
    let articles = instance.articles("acme");
    assert_eq!(articles.len(), 8);
    for (title, article) in &articles {
        assert_eq!(article["workflow_state"], "published", "{title}");
        assert!(!article["published"].as_str().unwrap().is_empty(), "{title}");
        assert_eq!(article["sys_created_by"], US);
    }
    let vpn = instance.article("VPN");
    let home = instance.article("Handbook");
    let text = vpn["text"].as_str().unwrap();
    assert!(text.contains(home["number"].as_str().unwrap()), "a link to the other article: {text}");
    assert!(text.contains("sys_attachment.do"), "its image: {text}");
    assert!(home["text"].as_str().unwrap().contains("#setup"), "the anchor stays");
    let category = instance.rows("kb_category", &format!("sys_id={}", vpn["kb_category"].as_str().unwrap()));
    assert_eq!(category[0]["full_category"], "Guides");
    assert_eq!(instance.rows("sys_attachment", "table_name=kb_knowledge").len(), 3);
    project.publishes_nothing();
}

#[test]
fn one_word_is_one_patch() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("plain.md", "# Plain\n\nNothing unusual.\n");
    instance.reset_log();
    let run = project.publish();
    assert_eq!(run.document("plain.md")["reasons"], json!(["body"]));
    assert!(run.document("plain.md")["diff"].as_str().unwrap().contains("+Nothing unusual."));
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 1, 0));
    project.publishes_nothing();
}

#[test]
fn one_image_is_uploaded_once_for_each_article_that_shows_it() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.doc("img/net.png", png(b'9'));
    instance.reset_log();
    let run = project.publish();
    assert_eq!(run.document("vpn.md")["reasons"], json!(["file net.png"]));
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (1, 1, 1), "one upload, one write, the old file removed");
    project.doc("img/logo.png", png(b'8'));
    instance.reset_log();
    project.publish();
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (2, 2, 2), "two articles show the logo");
    assert_eq!(instance.rows("sys_attachment", "table_name=kb_knowledge").len(), 3);
    project.publishes_nothing();
}

#[test]
fn a_plan_says_what_publish_does_and_writes_nothing() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    let plan = project.json(&["plan", "--exit-code"]).exits(10);
    assert_eq!(plan.json()["schema"], "kb-publish/plan/1");
    assert_eq!(plan.json()["requests"]["POST"], 0);
    let (_, posts, patches, deletes) = instance.requests();
    assert_eq!((posts, patches, deletes), (0, 0, 0));
    let run = project.publish();
    let actions = |json: serde_json::Value| -> Vec<(String, String)> {
        let documents = json["documents"].as_array().unwrap().clone();
        documents.iter().map(|d| (d["id"].to_string(), d["action"].to_string())).collect()
    };
    assert_eq!(actions(plan.json()), actions(run.json()));
    project.json(&["plan", "--exit-code"]).exits(0);
}

#[test]
fn drafts_stay_drafts_and_are_published_when_told() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.reconfigure("status = \"published\"", "status = \"draft\"");
    project.publish();
    assert!(instance.articles("acme").values().all(|article| article["workflow_state"] == "draft"));
    project.publishes_nothing();
    project.reconfigure("status = \"draft\"", "status = \"published\"");
    instance.reset_log();
    project.publish();
    assert!(instance.articles("acme").values().all(|article| article["workflow_state"] == "published"));
    assert_eq!(instance.requests().2, 8);
    project.publishes_nothing();
}

#[test]
fn line_ends_marks_and_composed_names_make_no_difference() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.doc("Büro.md", "# Büro\n\n![x](img/Plän.svg)\n");
    project.doc("img/Plän.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">\n<rect width=\"9\" height=\"9\"/>\n</svg>\n");
    project.publish();
    for path in ["index.md", "guides/index.md", "guides/vpn.md", "guides/mail.md", "plain.md", "img/Plän.svg"]
    {
        let text = std::fs::read_to_string(project.path("docs").join(path)).unwrap();
        project.doc(path, text.replace('\n', "\r\n"));
    }
    let plain = std::fs::read(project.path("docs/plain.md")).unwrap();
    project.doc("plain.md", [b"\xef\xbb\xbf".as_slice(), &plain].concat());
    for (composed, decomposed) in [("Büro.md", "Bu\u{308}ro.md"), ("img/Plän.svg", "img/Pla\u{308}n.svg")] {
        std::fs::rename(project.path("docs").join(composed), project.path("docs").join(decomposed)).unwrap();
    }
    let project = project.variable("LC_ALL", "tr_TR.UTF-8").variable("TZ", "Pacific/Auckland");
    project.publishes_nothing();
}

#[test]
fn an_instance_that_chooses_sys_ids_itself_is_served_as_well() {
    for hardened in ["admin_only_ignored", "admin_only_403"] {
        let instance = Instance::with(&format!("client_sys_id = \"{hardened}\""));
        let project = Project::on(&instance);
        handbook(&project);
        let run = project.publish();
        assert_eq!(run.stderr.matches("chooses sys_ids itself").count(), 1, "said once: {}", run.stderr);
        assert_eq!(instance.articles("acme").len(), 8);
        assert!(instance.articles("acme").values().all(|article| article["workflow_state"] == "published"));
        project.publishes_nothing();
        project.doc("plain.md", "# Plain\n\nNothing unusual.\n");
        instance.reset_log();
        project.publish();
        assert_eq!(instance.requests().2, 1);
        project.doc("new.md", "# New\n\nLater.\n");
        project.publish();
        project.publishes_nothing();
    }
}

#[test]
fn two_projects_share_a_base_and_never_touch_each_other() {
    let instance = Instance::new();
    let one = Project::named(&instance, "one");
    let other = Project::named(&instance, "other");
    one.doc("a.md", "# Alpha\n\none\n");
    other.doc("a.md", "# Beta\n\nother\n");
    one.publish();
    other.publish();
    let theirs = instance.article("Beta");
    one.remove("a.md");
    one.doc("b.md", "# Beta\n\nsame title\n");
    one.run(&["publish"]).exits(0);
    let now = instance.rows("kb_knowledge", &format!("sys_id={}", theirs["sys_id"].as_str().unwrap()));
    assert_eq!(now[0]["sys_mod_count"], theirs["sys_mod_count"], "another project's article");
    assert_eq!(instance.rows("kb_knowledge", "short_description=Beta").len(), 2);
}

#[test]
fn an_orphan_is_reported_and_retired_only_when_told() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    project.remove("plain.md");
    let run = project.publish();
    let orphan =
        run.json()["documents"].as_array().unwrap().iter().find(|d| d["id"].is_null()).unwrap().clone();
    assert_eq!((&orphan["action"], &orphan["title"]), (&json!("skip"), &json!("Plain")));
    assert_eq!(instance.article("Plain")["workflow_state"], "published");
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    assert_eq!(project.publish().json()["summary"]["retire"], 1);
    assert_eq!(instance.article("Plain")["workflow_state"], "retired");
    project.publishes_nothing();
    project.doc("plain.md", "# Plain\n\nNothing special.\n");
    project.publish();
    assert_eq!(instance.article("Plain")["workflow_state"], "published", "back with its document");
}

#[test]
fn a_rename_by_alias_keeps_the_article() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("old.md", "# Page\n\ntext\n");
    project.publish();
    let before = instance.article("Page");
    project.remove("old.md");
    project.doc("new.md", "# Page\n\ntext\n");
    let warned = project.json(&["plan"]).exits(0);
    assert!(warned.codes().contains(&"possible-rename".to_owned()), "{:?}", warned.codes());
    project.doc("new.md", "---\nkb:\n  aliases: [old]\n---\n# Page\n\ntext\n");
    assert_eq!(project.publish().document("new.md")["reasons"], json!(["renamed"]));
    let after = instance.article("Page");
    assert_eq!(before["number"], after["number"]);
    project.publishes_nothing();
    project.doc("old.md", "# Other\n\nanother page under the old name\n");
    project.publish();
    assert_eq!(instance.articles("acme").len(), 2);
    project.publishes_nothing();
}

#[test]
fn an_existing_article_is_adopted_by_name() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    let base = "a7e8a78bff0221009b20ffffffffff17";
    let made = instance.act(&json!({
        "act": "insert",
        "columns": { "kb_knowledge_base": base, "short_description": "Printer", "text": "<p>old</p>", "workflow_state": "draft" }
    }));
    let row =
        instance.rows("kb_knowledge", &format!("sys_id={}", made["sys_id"].as_str().unwrap())).remove(0);
    let number = row["number"].as_str().unwrap();
    project.doc("printer.md", format!("---\nkb:\n  article: {number}\n---\n# Printers\n\nnew\n"));
    let refused = project.json(&["plan"]).exits(5);
    assert!(refused.document("printer.md")["reasons"][0].as_str().unwrap().contains("titles"));
    project.doc("printer.md", format!("---\nkb:\n  article: {number}\n---\n# Printer\n\nnew\n"));
    project.publish();
    let after = instance.article("Printer");
    assert_eq!(after["sys_id"], made["sys_id"]);
    assert!(after["text"].as_str().unwrap().contains("new"));
    project.publishes_nothing();
}

#[test]
fn a_move_to_another_base_keeps_the_number_and_says_where_from() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n").doc("sub/b.md", "# B\n");
    project.publish();
    let number = instance.article("B")["number"].clone();
    project.doc("sub/b.md", "---\nkb: {knowledge_base: Knowledge}\n---\n# B\n");
    let plan = project.json(&["plan"]).exits(0);
    assert_eq!(plan.document("b.md")["reasons"], json!(["moved from base IT"]));
    project.publish();
    assert_eq!(instance.article("B")["number"], number);
    project.publishes_nothing();
}

#[test]
fn an_unknown_person_is_told_at_the_document() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "---\nkb: {author: nobody.at.all}\n---\n# A\n");
    let run = project.json(&["publish"]).exits(1);
    let problem = &run.json()["problems"][0];
    assert_eq!((&problem["code"], &problem["path"]), (&json!("unknown-reference"), &json!("docs/a.md")));
    assert_eq!(instance.requests().1, 0);
}

#[test]
fn an_unknown_role_is_told_where_the_instance_shows_its_roles() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "---\nkb: {roles: [knowledge, itl]}\n---\n# A\n");
    let run = project.json(&["publish"]).exits(1).json();
    let problem = &run["problems"][0];
    assert_eq!((&problem["code"], &problem["path"]), (&json!("unknown-reference"), &json!("docs/a.md")));
    assert!(problem["message"].as_str().unwrap().contains("`itl`"), "{run:#}");
    assert_eq!(run["problems"].as_array().unwrap().len(), 1);
    assert_eq!(instance.requests().1, 0);
    instance.fault(
        &json!({ "table": "sys_user_role", "fault": { "kind": "status", "status": 403 }, "count": 0 }),
    );
    project.publish();
    assert_eq!(instance.article("A")["roles"], "knowledge,itl");
}

#[test]
fn status_names_every_document_and_article_on_a_line_of_its_own() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    let long = format!("{}/{}.md", "a-folder-with-a-long-name".repeat(3), "a page ".repeat(8).trim());
    project.doc("a.md", "# A\n").doc(&long, "# Long\n");
    project.publish();
    project.doc("new.md", "# New\n");
    let json = project.json(&["status"]).exits(0);
    assert_eq!(json.document(&long)["article"]["number"], instance.article("Long")["number"]);
    assert_eq!(
        (&json.document("new.md")["article"], json.document("new.md")["action"].as_str()),
        (&json!(null), Some("create"))
    );
    let human = project.run(&["status"]).exits(0).stdout;
    assert!(human.lines().any(|line| line.contains(&long) && line.contains("published")), "{human}");
}

/// Protocol §5.3: in each circle of links one article is written twice, however long the circle is; where all link to
/// all, all but one are.
#[test]
fn circles_of_links_cost_few_second_writes() {
    type Links = dyn Fn(usize, usize) -> Vec<usize>;
    let ring = |n: usize, of: usize| vec![(n + 1) % of];
    let star = |n: usize, of: usize| if n == 0 { (1..of).collect() } else { vec![0] };
    let mesh = |n: usize, of: usize| (0..of).filter(|to| *to != n).collect::<Vec<_>>();
    let shapes: [(&Links, usize, usize); 3] = [(&ring, 12, 1), (&star, 12, 1), (&mesh, 5, 4)];
    for (links, of, second) in shapes {
        let instance = Instance::new();
        let project = Project::on(&instance);
        for n in 0..of {
            let list: Vec<String> = links(n, of).iter().map(|to| format!("- [{to}](p{to}.md)\n")).collect();
            let list = list.concat();
            project.doc(&format!("p{n}.md"), format!("# Page {n}\n\n{list}"));
        }
        project.publish();
        let (_, posts, patches, _) = instance.requests();
        assert_eq!((posts, patches), (of, second));
        project.publishes_nothing();
    }
}

#[test]
fn a_renamed_document_keeps_its_article_though_another_took_its_name_at_once() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nFirst.\n").doc("b.md", "# B\n\nSecond.\n");
    project.publish();
    let numbers = ["A", "B"].map(|title| instance.article(title)["number"].clone());
    project
        .doc("c.md", "---\nkb: {aliases: [a]}\n---\n# A\n\nFirst.\n")
        .doc("a.md", "---\nkb: {aliases: [b]}\n---\n# B\n\nSecond.\n")
        .doc("b.md", "# Anew\n\nThird.\n");
    let run = project.publish();
    assert_eq!(["A", "B"].map(|title| instance.article(title)["number"].clone()), numbers, "{}", run.stdout);
    assert!(instance.article("Anew")["text"].as_str().unwrap().contains("Third."));
    assert_eq!(instance.articles("acme").len(), 3);
    project.publishes_nothing();
}

#[test]
fn a_redirected_document_sends_its_readers_to_the_successor() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("old.md", "# Old\n\nFormer.\n").doc("new.md", "# New\n\nToday.\n");
    project.publish();
    project.remove("old.md");
    let whole = std::fs::read_to_string(project.path("publish.toml")).unwrap();
    project.config(&format!("{whole}\n[redirects]\nold = \"new\"\n"));
    let run = project.publish();
    assert_eq!(run.json()["summary"]["retire"], 1);
    let old = instance.article("Old");
    assert_eq!(old["workflow_state"], "retired");
    assert_eq!(old["replacement_article"], instance.article("New")["sys_id"]);
    project.publishes_nothing();
}

#[test]
fn a_missing_right_is_named_with_what_is_missing() {
    let instance = Instance::new();
    let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", "reader");
    project.reconfigure(US, "reader");
    project.doc("a.md", "# A\n\nText.\n");
    let ran = project.json(&["publish"]).exits(6);
    let error = ran.document("docs/a.md")["error"].to_string();
    assert!(error.contains("ACL Exception") && error.contains("Can-Contribute"), "{error}");
}

#[test]
fn a_refused_token_is_not_called_a_wrong_password() {
    let instance = Instance::new();
    let project = Project::on(&instance).variable("KB_PUBLISH_ACCESS_TOKEN", "expired");
    project.reconfigure("method = \"basic\"", "method = \"oauth\"\nclient_id = \"any\"");
    project.doc("a.md", "# A\n\nText.\n");
    let refused = project.run(&["plan"]).exits(3);
    assert!(refused.stderr.contains("refused the access token"), "{}", refused.stderr);
    assert!(refused.stderr.contains("KB_PUBLISH_ACCESS_TOKEN") && !refused.stderr.contains("password"));
}

#[test]
fn review_sites_and_plans_can_be_read_by_those_they_are_for() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    std::fs::write(project.path("usual"), "").unwrap();
    project.run(&["plan", "-o", "plan.json", "--html", "site"]).exits(0);
    let may = |path: &str| std::fs::metadata(project.path(path)).unwrap().permissions();
    for path in ["plan.json", "site/index.html"] {
        assert_eq!(may(path), may("usual"), "{path}");
    }
}

#[test]
fn two_documents_that_swap_their_names_keep_their_articles_also_where_a_run_is_cut_short() {
    for cut in [0, 1, 2] {
        let instance = Instance::new();
        let project = Project::on(&instance);
        project
            .doc("a.md", "# Alpha\n\nOne.\n")
            .doc("b.md", "# Beta\n\nTwo.\n")
            .doc("c.md", "# Gamma\n\nThree.\n");
        project.publish();
        let number = |title: &str| instance.article(title)["number"].clone();
        let before = (number("Alpha"), number("Beta"));
        project
            .doc("a.md", "---\nkb:\n  aliases: [b]\n---\n# Beta\n\nTwo and a half.\n")
            .doc("b.md", "---\nkb:\n  aliases: [a]\n---\n# Alpha\n\nOne.\n");
        if cut > 0 {
            instance.fault(&json!({ "method": "PATCH", "table": "kb_knowledge", "from": cut, "count": 0,
                                    "fault": { "kind": "hibernating" } }));
            project.json(&["publish"]).exits(4);
            instance.heal();
        }
        let run = project.publish();
        assert_eq!((number("Alpha"), number("Beta")), before, "cut at {cut}: {}", run.stdout);
        assert_eq!(instance.articles("acme").len(), 3, "cut at {cut}");
        assert!(instance.article("Beta")["text"].as_str().unwrap().contains("Two and a half."));
        project.publishes_nothing();
    }
}

#[test]
fn a_base_that_takes_nothing_is_not_asked_for_each_document() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    for number in 0..20 {
        project.doc(&format!("d{number}.md"), format!("# D{number}\n"));
    }
    instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "count": 0,
                            "fault": { "kind": "status", "status": 403 } }));
    let run = project.json(&["publish"]).exits(6);
    let errors: Vec<String> = run.json()["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| {
            assert_eq!(document["outcome"], "failed", "{document}");
            document["error"].as_str().unwrap().to_owned()
        })
        .collect();
    let not_sent = errors.iter().filter(|error| error.contains("not sent: 3 new articles")).count();
    assert_eq!(not_sent, 17, "{errors:#?}");
    assert!(instance.requests().1 <= 8, "{:#?}", instance.targets());
    instance.heal();
    project.publish();
    project.publishes_nothing();
}
