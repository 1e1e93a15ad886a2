//! What a reviewer is shown of a change: words, cells, links, columns, files; and nothing of what is no change.

use serde_json::{Value, json};

use crate::project::{Instance, Project, png};

/// The changes of one document, as `what name: before > after`.
fn changes(document: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |change: &Value| {
        let name = change["name"].as_str().map(|name| format!(" {name}")).unwrap_or_default();
        format!("{}{name}: {} > {}", text(&change["what"]), text(&change["before"]), text(&change["after"]))
    };
    document["changes"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn one_word_in_a_long_document_is_one_marked_word() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    let line = |n| format!("Line {n} of the long document, with some words in it.\n\n");
    let text = (0..2000).map(line).collect::<Vec<_>>().concat();
    project.doc("long.md", format!("# Long\n\n{text}"));
    project.publish();
    project.doc(
        "long.md",
        format!("# Long\n\n{}", text.replace("Line 1234 of the long", "Line 1234 of the short")),
    );
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert_eq!(plan.matches("[-").count(), 1, "{plan}");
    assert!(
        plan.contains("~Line 1234 of the [-long-]{+short+} document, with some words in it.\n"),
        "{plan}"
    );
    assert!(plan.lines().count() < 25, "{plan}");
    let document = project.json(&["plan"]).exits(0).document("long.md");
    let diff = document["diff"].as_str().unwrap();
    assert!(
        diff.contains("\n-Line 1234 of the long document") && diff.contains("\n+Line 1234 of the short"),
        "{diff}"
    );
    assert_eq!(document["reasons"], json!(["body"]));
}

#[test]
fn a_rewrapped_paragraph_is_no_change_in_words() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc(
        "a.md",
        "# A\n\nOne two three four five six\nseven eight *nine ten* eleven.\n\n- item one\n  goes on\n",
    );
    project.publish();
    project.doc(
        "a.md",
        "# A\n\nOne two\nthree four five six seven eight *nine\nten* eleven.\n\n-   item one goes\n    on\n",
    );
    let document = project.json(&["plan"]).exits(0).document("a.md");
    assert_eq!((&document["action"], &document["diff"]), (&json!("unchanged"), &Value::Null), "{document}");
    project.publishes_nothing();
}

#[test]
fn a_cell_is_told_by_row_and_column() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    let table = "# Rota\n\n| When | Who |\n|---|---|\n| Days | Ann |\n| Nights | Ben |\n";
    project.doc("rota.md", table);
    project.publish();
    project.doc("rota.md", table.replace("Ben", "Cleo"));
    let document = project.json(&["plan"]).exits(0).document("rota.md");
    assert_eq!(changes(&document), ["cell row “Nights”, column “Who”: Ben > Cleo"]);
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains("cell        row “Nights”, column “Who”: Ben → Cleo"), "{plan}");
    assert!(plan.contains("~| Nights | [-Ben-]{+Cleo+} |"), "{plan}");
}

#[test]
fn columns_files_links_and_states_are_told_with_both_sides() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    let page = |front: &str, link: &str| {
        format!("---\n{front}---\n# Page\n\n![net](net.png)\n\nSee [the page]({link}).\n")
    };
    project.doc("one.md", "# One\n\nText.\n").doc("two.md", "# Two\n\nText.\n").doc("net.png", png(b'1'));
    project.doc("page.md", page("keywords: [vpn]\nkb:\n  status: draft\n  valid_to: 2030-01-01\n", "one.md"));
    project.publish();
    let number = |title: &str| instance.article(title)["number"].as_str().unwrap().to_owned();
    project.doc("net.png", png(b'2'));
    let front = "title: The page\nkeywords: [vpn, home]\ndescription: About it\nkb:\n  status: published\n  \
                 valid_to: 2035-12-31\n  roles: [itil]\n  author: kb.admin\n  category: Guides / Net\n";
    project.doc("page.md", page(front, "two.md"));
    let document = project.json(&["plan"]).exits(0).document("page.md");
    let told = changes(&document);
    let start = |wanted: &str| {
        told.iter()
            .find(|line| line.starts_with(wanted))
            .unwrap_or_else(|| panic!("{wanted}: {told:#?}"))
            .clone()
    };
    assert_eq!(start("title"), "title: Page > The page");
    assert_eq!(start("state"), "state: draft > published");
    assert_eq!(start("category"), "category: - > Guides / Net");
    assert_eq!(start("keywords"), "keywords: vpn > vpn,home");
    // The instance had made one of the text.
    assert!(start("description").ends_with(" > About it"), "{told:?}");
    assert_eq!(start("valid-to"), "valid-to: 2030-01-01 > 2035-12-31");
    assert_eq!(start("roles"), "roles: - > itil");
    assert!(start("author").ends_with("> kb.admin"), "{told:?}");
    let file = start("file");
    assert!(file.starts_with("file net.png: ") && file.matches(" B, ").count() == 2, "{file}");
    let link = start("link the page");
    assert!(link.contains(&number("One")) && link.contains(&number("Two")), "{link}");
    let reasons = document["reasons"].to_string();
    for reason in [
        "title",
        "body",
        "file net.png",
        "keywords",
        "valid to",
        "roles",
        "author",
        "state draft → published",
    ] {
        assert!(reasons.contains(reason), "{reason}: {reasons}");
    }
    assert!(!reasons.contains("columns"), "{reasons}");
    project.publish();
    project.publishes_nothing();
    // What is named anew and stands there already is no change.
    project.doc("page.md", format!("{}\nMore.\n", page(front, "two.md")));
    let document = project.json(&["plan"]).exits(0).document("page.md");
    assert_eq!((changes(&document), &document["reasons"]), (vec![], &json!(["body"])));
}

#[test]
fn values_that_may_be_anybodys_stay_out_of_public_output() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    project.publish();
    let id = instance.article("A")["sys_id"].clone();
    instance.act(&json!({ "user": "kb.admin", "act": "set", "table": "kb_knowledge", "sys_id": id, "columns": { "meta": "internal-word" } }));
    project.doc("a.md", "---\nkeywords: [public]\n---\n# A\n\nText.\n");
    let comment = project.run(&["plan", "--format", "markdown"]).exits(0).stdout;
    assert!(comment.contains("**keywords** (not shown) → public"), "{comment}");
    let comment = project.run(&["plan", "--format", "markdown", "--show-remote"]).exits(0).stdout;
    assert!(comment.contains("**keywords** internal-word → public"), "{comment}");
}
