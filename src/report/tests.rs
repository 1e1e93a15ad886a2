//! One report, every format.

use jsonschema::validator_for;
use serde_json::Value;

use super::*;
use crate::finding::{Code, Finding, Position};
use crate::plan::{Change, What};

fn document(path: &str, action: Action, reasons: &[&str]) -> DocumentReport {
    DocumentReport {
        id: Some(path.trim_start_matches("docs/").trim_end_matches(".md").to_owned()),
        path: Some(path.to_owned()),
        action,
        reasons: reasons.iter().map(ToString::to_string).collect(),
        article: None,
        base: Some("IT".to_owned()),
        category: Some("Guides".to_owned()),
        title: "A title".to_owned(),
        diff: None,
        changes: Vec::new(),
        outcome: None,
        error: None,
    }
}

fn article(number: &str, state: &str) -> Article {
    Article {
        sys_id: "0123456789abcdef0123456789abcdef".to_owned(),
        number: number.to_owned(),
        state: state.to_owned(),
        url: format!("https://dev1.service-now.com/kb_view.do?sysparm_article={number}"),
    }
}

/// A plan in which everything occurs.
fn plan() -> Report {
    let mut update = document("docs/guides/vpn.md", Action::Update, &["body", "file net.png"]);
    update.article = Some(article("KB0010001", "published"));
    update.diff = Some(
        "--- KB0010001\n+++ docs/guides/vpn.md\n@@ -3,3 +3,3 @@\n Before.\n-Press the red button.\n+Press the green button.\n After.\n"
            .to_owned(),
    );
    update.changes = vec![
        Change {
            what: What::State,
            name: None,
            before: Some("draft".to_owned()),
            after: Some("published".to_owned()),
        },
        Change {
            what: What::Keywords,
            name: None,
            before: Some("typed in ServiceNow".to_owned()),
            after: Some("vpn".to_owned()),
        },
        Change {
            what: What::File,
            name: Some("net.png".to_owned()),
            before: Some("1.2 KB, 3f2a91c0".to_owned()),
            after: Some("1.4 KB, 9bc12def".to_owned()),
        },
    ];
    let mut conflict = document(
        "docs/a page with a long name/über uns.md",
        Action::Conflict,
        &["edited in ServiceNow by ann.other on 2026-03-01"],
    );
    conflict.article = Some(article("KB0010002", "published"));
    conflict.diff =
        Some("--- KB0010002\n+++ docs/x.md\n@@ -1 +1 @@\n-secret remote text\n+local text\n".to_owned());
    let mut orphan = document("", Action::Skip, &["document gone"]);
    (orphan.id, orphan.path) = (None, None);
    orphan.title = "An old page".to_owned();
    orphan.article = Some(article("KB0010009", "draft"));
    Report {
        project: "acme-docs".to_owned(),
        instance: "https://dev1.service-now.com".to_owned(),
        profile: "default".to_owned(),
        run: None,
        duration_ms: None,
        documents: vec![
            document("docs/new.md", Action::Create, &["new"]),
            update,
            document("docs/same.md", Action::Unchanged, &[]),
            conflict,
            orphan,
        ],
        categories: vec![CategoryReport { path: "Guides / VPN".to_owned(), action: Action::Create }],
        problems: vec![
            Finding {
                excerpt: Some("See [the setup](setup.md) first.".into()),
                ..Finding::new(Code::BrokenLink, "no document `docs/setup.md`")
                    .at("docs/new.md", Some(Position { line: 12, column: 5 }))
                    .help("did you mean `set-up.md`?")
            },
            Finding::new(Code::DuplicateArticle, "`KB0010005` carries the stamp of `docs/new.md`"),
        ],
        requests: RequestCounts { get: 4, ..RequestCounts::default() },
        hints: Vec::new(),
    }
}

fn run() -> Report {
    let mut report = plan();
    report.run = Some("20260301T120000Z-1a2b".to_owned());
    report.duration_ms = Some(2_345);
    let outcomes =
        [Outcome::Created, Outcome::Failed, Outcome::Unchanged, Outcome::Conflict, Outcome::Skipped];
    for (document, outcome) in report.documents.iter_mut().zip(outcomes) {
        document.outcome = Some(outcome);
    }
    report.documents[0].article = Some(article("KB0010010", "published"));
    report.documents[1].error = Some("the instance refused the write (403): ACL".to_owned());
    report.requests = RequestCounts { get: 9, post: 2, patch: 1, delete: 0 };
    report
}

fn checked() -> LintReport {
    LintReport {
        project: "acme-docs".to_owned(),
        profile: "default".to_owned(),
        documents: vec!["docs/new.md".into(), "docs/same.md".into()],
        files: 1,
        problems: plan().problems,
    }
}

fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

fn golden(text: &str, name: &str) {
    let path = format!("{}/src/report/goldens/{name}", env!("CARGO_MANIFEST_DIR"));
    snapbox::assert_data_eq!(text, snapbox::Data::read_from(std::path::Path::new(&path), None).raw());
}

#[test]
fn human_plan_at_80_columns() {
    golden(&plain(&report(&plan(), Format::Human, &Look { width: 80, ..Look::default() })), "plan-80.txt");
}

#[test]
fn human_run_at_120_columns() {
    golden(&plain(&report(&run(), Format::Human, &Look { width: 120, ..Look::default() })), "run-120.txt");
}

#[test]
fn human_lint() {
    golden(&plain(&lint(&checked(), Format::Human, &Look::default())), "lint.txt");
}

#[test]
fn markdown_plan() {
    golden(&report(&plan(), Format::Markdown, &Look::default()), "plan.md");
}

#[test]
fn github_run() {
    let look = Look { git_prefix: "site".into(), ..Look::default() };
    golden(&report(&run(), Format::Github, &look), "run.github.txt");
}

#[test]
fn junit_run() {
    golden(&report(&run(), Format::Junit, &Look::default()), "run.xml");
}

#[test]
fn remote_text_is_shown_only_on_demand() {
    let hidden = Look::default();
    let shown = Look { show_remote: true, ..Look::default() };
    for format in [Format::Markdown, Format::Github] {
        let text = report(&plan(), format, &hidden);
        assert!(!text.contains("secret remote text") && !text.contains("An old page"), "{text}");
    }
    let text = report(&plan(), Format::Markdown, &shown);
    assert!(text.contains("secret remote text") && text.contains("An old page"), "{text}");
}

#[test]
fn a_comment_stays_within_the_limit_and_says_so() {
    let mut report = plan();
    let big = report.documents[1].clone();
    for number in 0..40 {
        let mut copy = big.clone();
        copy.path = Some(format!("docs/{number}.md"));
        copy.diff = Some(format!("@@ -1 +1 @@\n+{}\n", "wörd ".repeat(1_000)));
        report.documents.push(copy);
    }
    let text = super::report(&report, Format::Markdown, &Look::default());
    assert!(text.chars().count() <= markdown::LIMIT);
    assert!(text.contains("diffs left out"), "{}", &text[text.len() - 300..]);
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn warnings_do_not_crowd_the_changes_out_of_a_comment() {
    let mut report = plan();
    let warning =
        report.problems.iter().find(|finding| finding.severity == crate::finding::Severity::Warning);
    let warning = warning.expect("the plan has a warning").clone();
    report.problems.extend(std::iter::repeat_n(warning, 5_000));
    let text = super::report(&report, Format::Markdown, &Look::default());
    assert!(text.chars().count() <= super::markdown::LIMIT);
    assert!(text.contains("| [KB0010001]"), "the table is there");
    assert!(text.contains("Press the green button."), "the diff is there");
    assert!(text.contains("warnings left out"));
}

#[test]
fn names_and_texts_of_others_command_no_terminal() {
    let mut report = plan();
    let hostile = "a\u{1b}]0;owned\u{7}\nb\u{202e}.md";
    report.documents[0].path = Some(hostile.to_owned());
    let text = super::report(&report, Format::Human, &Look::default());
    assert!(text.contains("a␛]0;owned␇␊b<U+202E>.md"), "{text}");
    assert!(!text.contains(hostile));
}

fn valid(schema: &Value, text: &str) {
    let validator = validator_for(schema).expect("a schema");
    let value: Value = serde_json::from_str(text).expect("one JSON document");
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
}

#[test]
fn json_is_what_the_schemas_say() {
    let look = Look::default();
    valid(&schema::plan(), &report(&plan(), Format::Json, &look));
    valid(&schema::run(), &report(&run(), Format::Json, &look));
    valid(&schema::lint(), &lint(&checked(), Format::Json, &look));
    valid(&schema::error(), &failure_json(4, &Failure::new("unreachable", "no answer")));
    let plan_as_run: Value = serde_json::from_str(&report(&plan(), Format::Json, &look)).expect("JSON");
    assert!(!validator_for(&schema::run()).expect("a schema").is_valid(&plan_as_run));
}

#[test]
fn json_has_the_fields_of_the_design() {
    let value: Value = serde_json::from_str(&report(&plan(), Format::Json, &Look::default())).expect("JSON");
    assert_eq!(
        value["summary"],
        serde_json::json!({"create":1,"update":1,"unchanged":1,"retire":0,"conflict":1,"skip":1})
    );
    assert_eq!(value["requests"], serde_json::json!({"GET":4,"POST":0,"PATCH":0,"DELETE":0}));
    let orphan = &value["documents"][4];
    assert!(orphan["id"].is_null() && orphan["path"].is_null() && orphan["diff"].is_null());
    assert_eq!(value["problems"][0]["line"], 12);
    assert!(value["problems"][1]["path"].is_null());
}
