//! Stamp columns that do not keep a stamp, on instances that take our sys_ids or choose their own: no document ever
//! gets a second article, and what a stopped run made is taken up once the column is mended.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::project::{Instance, Project, Ran, US, png};

/// What is wrong with the column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    /// It is cut at this length.
    Cut(usize),
    /// A rule does this to it.
    Rule(&'static str),
    /// Longer texts are refused.
    TooLong,
    /// Our writes leave it as it is.
    Protected,
    /// We may not read it.
    Unreadable,
    /// There is none of this name.
    Missing,
    /// There is none of this name, and naming it in a query empties the answer.
    MissingAndEmpties,
}

const COLUMNS: [Column; 18] = [
    Column::Cut(5),
    Column::Cut(15),
    Column::Cut(25),
    Column::Cut(49),
    Column::Cut(50),
    Column::Cut(60),
    Column::Cut(90),
    // Long enough for a first write's stamp, too short for a last one's.
    Column::Cut(133),
    Column::Cut(140),
    Column::Rule("refused"),
    Column::Rule("emptied"),
    Column::Rule("emptied_when_published"),
    Column::Rule("encoded"),
    Column::Rule("squeezed"),
    Column::TooLong,
    Column::Protected,
    Column::Unreadable,
    Column::MissingAndEmpties,
];

impl Column {
    fn switches(self) -> Value {
        let column = "kb_knowledge.description";
        match self {
            Self::Cut(length) => json!({ "column_limits": { column: length } }),
            Self::TooLong => json!({ "column_limits": { column: 80 }, "over_long": "error_403" }),
            Self::Rule(rule) => json!({ "column_rules": { column: rule } }),
            Self::Protected => json!({ "protected_columns": [column] }),
            Self::Unreadable => json!({ "unreadable_columns": [column] }),
            Self::Missing => json!({}),
            Self::MissingAndEmpties => json!({ "unknown_query_field": "no_rows" }),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Missing | Self::MissingAndEmpties => "u_gone",
            _ => "description",
        }
    }
}

const MENDED: &str = r#"{ "column_limits": {}, "over_long": "truncate", "column_rules": {}, "protected_columns": [],
    "unreadable_columns": [], "custom_columns": ["kb_knowledge.u_stamp:250"] }"#;

fn tree(project: &Project) {
    project
        .doc("a.md", "# Alpha\n\nThe first of all, see [Beta](b.md).\n")
        .doc("b.md", "# Beta\n\nThe second of all, with a picture.\n\n![net](net.png)\n")
        .doc("c.md", "# Gamma\n\nThe third of all, see [Alpha](a.md) and [Beta](b.md).\n")
        .doc("net.png", png(b'3'));
}

fn start(column: Column, ids: &str) -> (Arc<Instance>, Project) {
    let instance = Instance::with(&format!("client_sys_id = \"{ids}\""));
    instance.switch(&column.switches());
    let project = Project::on(&instance);
    tree(&project);
    project.reconfigure("status =", &format!("stamp_field = \"{}\"\nstatus =", column.name()));
    (instance, project)
}

/// Numbers of the articles that we made, by title.
fn made(instance: &Instance) -> BTreeMap<String, Vec<String>> {
    let mut titles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in instance.short("kb_knowledge", &format!("sys_created_by={US}"), "short_description,number") {
        let number = row["number"].as_str().unwrap().to_owned();
        titles.entry(row["short_description"].as_str().unwrap().to_owned()).or_default().push(number);
    }
    titles
}

fn once_each(instance: &Instance, case: &str, ran: &Ran) {
    let made = made(instance);
    assert!(
        made.values().all(|numbers| numbers.len() == 1),
        "{case}: {made:?}\n{}\n{}",
        ran.stdout,
        ran.stderr
    );
}

/// The column is mended, or another one named: then everything is there, once.
fn mended(instance: &Instance, project: &Project, case: &str, another: bool) {
    instance.switch(&serde_json::from_str(MENDED).unwrap());
    if another || case.contains("Missing") {
        let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
        let name = if config.contains("u_gone") { "u_gone" } else { "description" };
        project.reconfigure(&format!("stamp_field = \"{name}\""), "stamp_field = \"u_stamp\"");
    }
    let ran = project.json(&["publish"]);
    once_each(instance, case, &ran);
    assert_eq!(ran.code, Some(0), "{case}: {}\n{}", ran.stdout, ran.stderr);
    assert_eq!(made(instance).len(), 3, "{case}");
    let text = |title: &str| instance.article(title)["text"].as_str().unwrap().to_owned();
    let number = |title: &str| instance.article(title)["number"].as_str().unwrap().to_owned();
    assert!(text("Gamma").contains(&number("Alpha")) && text("Gamma").contains(&number("Beta")), "{case}");
    assert!(text("Beta").contains("sys_attachment.do"), "{case}");
    assert_eq!(instance.rows("sys_attachment", "table_name=kb_knowledge").len(), 1, "{case}");
    project.publishes_nothing();
}

fn no_second_article(ids: &str, every: usize) {
    let columns = COLUMNS.into_iter().chain([Column::Missing]).step_by(every);
    for (at, column) in columns.enumerate() {
        let case = format!("{ids} {column:?}");
        let (instance, project) = start(column, ids);
        let first = project.json(&["publish"]);
        assert_ne!(first.code, Some(0), "{case}: {}", first.stdout);
        once_each(&instance, &case, &first);
        let left = made(&instance);
        for _ in 0..2 {
            let again = project.json(&["publish"]);
            assert_ne!(again.code, Some(0), "{case}: {}", again.stdout);
            once_each(&instance, &case, &again);
            assert_eq!(made(&instance), left, "{case}: {}\n{}", again.stdout, again.stderr);
        }
        mended(&instance, &project, &case, at % 2 == 1);
    }
}

#[test]
fn a_column_that_loses_stamps_makes_no_second_article() {
    no_second_article("honoured", 2);
}

#[test]
fn nor_where_the_instance_chooses_sys_ids() {
    no_second_article("admin_only_ignored", 1);
}

#[test]
fn nor_where_it_refuses_ours() {
    no_second_article("admin_only_403", 4);
}

#[test]
fn an_answer_that_does_not_come_hides_no_article_without_its_stamp() {
    for column in COLUMNS.into_iter().step_by(3) {
        let case = format!("{column:?}, no answer");
        let (instance, project) = start(column, "admin_only_ignored");
        instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "fault": { "kind": "reset", "when": "after" } }));
        let ran = project.json(&["publish"]);
        instance.heal_struck();
        once_each(&instance, &case, &ran);
        let again = project.json(&["publish"]);
        once_each(&instance, &case, &again);
        mended(&instance, &project, &case, false);
    }
}

#[test]
fn what_else_the_account_made_under_a_title_is_told_and_left() {
    let instance = Instance::with("client_sys_id = \"admin_only_ignored\"");
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    let make = |title: &str, text: &str| {
        instance.act(&json!({ "user": US, "act": "insert", "columns": {
            "short_description": title, "text": text, "kb_knowledge_base": base, "workflow_state": "draft" } }));
        instance.rows("kb_knowledge", &format!("short_description={title}")).remove(0)
    };
    let alike = make("Alpha", "<p>The first of all, see Beta and the rest of it.</p>");
    make("Gamma", "<p>Something that has nothing to do with it, whatever its title says.</p>");
    let project = Project::on(&instance);
    tree(&project);
    let ran = project.json(&["publish"]).exits(5);
    let reason = ran.document("a.md")["reasons"][0].as_str().unwrap().to_owned();
    assert!(reason.contains(alike["number"].as_str().unwrap()) && reason.contains("adopt"), "{reason}");
    assert_eq!(instance.rows("kb_knowledge", "short_description=Gamma").len(), 2);
    assert_eq!(instance.article("Alpha")["text"], alike["text"]);
    project.json(&["adopt", "--yes"]).exits(0);
    project.publish();
    project.publishes_nothing();
}
