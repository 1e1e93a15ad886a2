//! The plan never lies: whatever was edited on either side, `publish` does what `plan` said, and a plan after it is
//! empty. Where only a write tells, the plan says so beforehand. Random trees, edits, accounts and instances;
//! `PROPTEST_CASES` raises their number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError};
use serde_json::{Value, json};

use crate::project::{Instance, Project, png};

/// Documents of a tree, by number.
const DOCUMENTS: usize = 5;

/// What happens between two runs.
#[derive(Debug, Clone)]
enum Edit {
    /// A document is written, in one of its forms.
    Write { document: usize, form: Form },
    /// A document goes, if it is there.
    Remove(usize),
    /// The picture becomes another one.
    Picture(u8),
    /// A person writes into an article.
    Person { document: usize, column: &'static str, value: &'static str },
    /// A person retires an article.
    Retire(usize),
    /// A reader looks at an article.
    View(usize),
    /// A person checks a published article out, where there are versions.
    Checkout(usize),
    /// A person publishes what waits: a checkout, a draft, what is in review.
    Publish(usize),
    /// Access rules hide each how many-th article from now on; 0 for none.
    Hide(u32),
}

/// What stands in a document.
#[derive(Debug, Clone)]
struct Form {
    title: &'static str,
    text: &'static str,
    link: Option<usize>,
    picture: bool,
    status: Option<&'static str>,
    keywords: Option<&'static str>,
    category: Option<&'static str>,
}

fn path(document: usize) -> String {
    let folder = ["", "guides/", "guides/deep/", "", "plain/"][document];
    format!("{folder}d{document}.md")
}

impl Form {
    fn markdown(&self, own: usize) -> String {
        let up = "../".repeat(path(own).matches('/').count());
        let mut front = format!("title: {} {own}\n", self.title);
        front.extend(self.keywords.map(|words| format!("keywords: [{words}]\n")));
        front.push_str("kb:\n  publish: true\n");
        front.extend(self.status.map(|status| format!("  status: {status}\n")));
        front.extend(self.category.map(|category| format!("  category: {category}\n")));
        let mut text = format!("---\n{front}---\n{}\n", self.text);
        text.extend(
            self.link.filter(|to| *to != own).map(|to| format!("\nSee [other]({up}{}).\n", path(to))),
        );
        if self.picture {
            text.extend(["\n![net](", &up, "net.png)\n"]);
        }
        text
    }
}

fn form() -> impl Strategy<Value = Form> {
    let texts = [
        "One word.",
        "Another word.",
        "# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "- x\n- y\n\n> q &amp; <b>z</b>",
    ];
    (
        select(&["Page", "Sheet"][..]),
        select(texts.to_vec()),
        proptest::option::of(0..DOCUMENTS),
        any::<bool>(),
        proptest::option::of(select(&["draft", "published"][..])),
        proptest::option::of(select(&["vpn", "vpn, home"][..])),
        proptest::option::of(select(&["Own", "Own / Deep"][..])),
    )
        .prop_map(|(title, text, link, picture, status, keywords, category)| Form {
            title,
            text,
            link,
            picture,
            status,
            keywords,
            category,
        })
}

fn edit() -> impl Strategy<Value = Edit> {
    let person = select(vec![
        ("text", "<p>Typed by a person.</p>"),
        ("short_description", "Renamed by a person"),
        ("meta", "typed"),
    ]);
    prop_oneof![
        5 => (0..DOCUMENTS, form()).prop_map(|(document, form)| Edit::Write { document, form }),
        1 => (0..DOCUMENTS).prop_map(Edit::Remove),
        1 => (b'0'..=b'9').prop_map(Edit::Picture),
        2 => (0..DOCUMENTS, person).prop_map(|(document, (column, value))| Edit::Person { document, column, value }),
        1 => (0..DOCUMENTS).prop_map(Edit::Retire),
        1 => (0..DOCUMENTS).prop_map(Edit::View),
        2 => (0..DOCUMENTS).prop_map(Edit::Checkout),
        1 => (0..DOCUMENTS).prop_map(Edit::Publish),
        1 => select(&[0, 2, 3][..]).prop_map(Edit::Hide),
    ]
}

/// Who publishes, and what is configured for it.
#[derive(Debug, Clone)]
struct Account {
    user: &'static str,
    /// The account manages the base.
    manages: bool,
    /// `[publish]`.
    keys: String,
}

fn account() -> impl Strategy<Value = Account> {
    (
        select(&["kb.publisher", "kb.publisher", "admin", "kb.admin"][..]),
        any::<bool>(),
        select(&["report", "retire"][..]),
        any::<bool>(),
    )
        .prop_map(|(user, manages, orphans, in_place)| Account {
            user,
            manages,
            keys: format!("orphans = \"{orphans}\"\nadmin_in_place = {in_place}\nmax_changes = 100"),
        })
}

/// Ways in which instances differ, that need not be known before a write.
fn switches() -> impl Strategy<Value = String> {
    let one = |name: &'static str, values: Vec<&'static str>| {
        select(values).prop_map(
            move |value| if value.is_empty() { String::new() } else { format!("{name} = {value}\n") },
        )
    };
    let article = (
        one("client_sys_id", vec!["", "\"admin_only_ignored\"", "\"admin_only_403\""]),
        one(
            "publish",
            vec!["", "", "\"stays_draft\"", "\"approval_review\"", "\"scheduled\"", "\"forbidden\""],
        ),
        one("attachment_hash", vec!["", "false"]),
        one("sanitizer", vec!["", "\"off\""]),
        one("plugins", vec!["", "[\"advanced\", \"i18n\", \"kcs\"]"]),
        one("refuse_duplicate_categories", vec!["", "false"]),
        one("unknown_query_field", vec!["", "\"no_rows\""]),
    );
    let counts = (
        one("count_twice", vec!["", "true"]),
        one("last_editor", vec!["", "\"admin\""]),
        one("views_count_as_updates", vec!["", "true"]),
        one("audit", vec!["", "true"]),
        one("extra_counts", vec!["", "{ \"kb_knowledge.text\" = 1 }"]),
    );
    let versions = (
        one("versioning", vec!["", "\"on_admin_bypass\"", "\"on_blocked_403\"", "\"on_blocked_silent\""]),
        one("minor_edit_fields", vec!["", MINOR_EDITS, "[\"valid_to\"]", "[\"text\", \"description\"]"]),
        one("companion", vec!["", "true"]),
    );
    (article, counts, versions).prop_map(|((a, b, c, d, e, f, g), (h, i, j, k, l), (m, n, o))| {
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o].concat()
    })
}

const MINOR_EDITS: &str =
    "[\"text\", \"short_description\", \"meta\", \"kb_category\", \"description\", \"attachments\"]";

/// The tree, and what is known of it.
struct World {
    instance: Arc<Instance>,
    project: Project,
    forms: BTreeMap<usize, Form>,
    versioned: bool,
}

impl World {
    /// Ids are fixed by the path, so each document's article is found by its stamp's identity: of its versions the
    /// last that is not outdated.
    fn article(&self, document: usize) -> Option<Value> {
        let id = path(document).trim_end_matches(".md").to_owned();
        let rows = self.instance.rows("kb_knowledge", "descriptionSTARTSWITHkb-publish-1/acme/");
        let identity = identity(&id);
        let mut own: Vec<Value> = rows
            .into_iter()
            .filter(|row| row["description"].as_str().unwrap().contains(&identity))
            .filter(|row| row["workflow_state"] != "outdated")
            .collect();
        own.sort_by_key(|row| row["sys_created_on"].as_str().unwrap().to_owned());
        own.pop()
    }

    /// A person acts on a document's article, if it is in one of these states.
    fn person(&self, document: usize, act: &str, states: &[&str]) {
        let row = self
            .article(document)
            .filter(|row| states.is_empty() || states.contains(&row["workflow_state"].as_str().unwrap()));
        if let Some(row) = row {
            self.instance.act(&json!({ "user": "kb.admin", "act": act, "sys_id": row["sys_id"] }));
        }
    }

    /// Whether articles have versions, and none of this one is checked out.
    fn can_be_checked_out(&self, document: usize) -> bool {
        let Some(row) = self.article(document) else { return false };
        let article = row["article_id"].as_str().unwrap_or_default();
        !article.is_empty()
            && self.versioned
            && self
                .instance
                .rows("kb_knowledge", &format!("article_id={article}^workflow_state=draft"))
                .is_empty()
    }

    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Write { document, form } => {
                self.forms.insert(*document, form.clone());
            }
            Edit::Remove(document) if self.forms.len() > 1 => {
                self.forms.remove(document);
            }
            Edit::Remove(_) => {}
            Edit::Picture(shade) => {
                self.project.doc("net.png", png(*shade));
            }
            Edit::Person { document, column, value } => {
                if let Some(row) = self.article(*document) {
                    self.instance.act(&json!({ "user": "kb.admin", "act": "set", "table": "kb_knowledge",
                        "sys_id": row["sys_id"], "columns": { *column: value } }));
                }
            }
            Edit::Retire(document) => {
                if let Some(row) = self.article(*document) {
                    self.instance.act(&json!({ "user": "kb.admin", "act": "set", "table": "kb_knowledge",
                        "sys_id": row["sys_id"], "columns": { "workflow_state": "retired" } }));
                }
            }
            Edit::View(document) => self.person(*document, "view", &[]),
            Edit::Checkout(document) => {
                if self.can_be_checked_out(*document) {
                    self.person(*document, "checkout", &["published"]);
                }
            }
            Edit::Publish(document) => {
                self.person(*document, "publish", &["draft", "review", "scheduled_publish"]);
            }
            Edit::Hide(every) => self.instance.switch(&json!({ "hide_every": every })),
        }
    }

    /// Writes the tree; links to documents that are gone are left out.
    fn write(&self) {
        for document in 0..DOCUMENTS {
            let file = self.project.path("docs").join(path(document));
            match self.forms.get(&document) {
                Some(form) => {
                    let link = form.link.filter(|to| self.forms.contains_key(to));
                    self.project.doc(&path(document), Form { link, ..form.clone() }.markdown(document));
                }
                None => drop(std::fs::remove_file(file)),
            }
        }
    }

    /// Rows by sys_id: how often each was written.
    fn counts(&self) -> BTreeMap<String, String> {
        let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
        let rows = self.instance.rows("kb_knowledge", "descriptionSTARTSWITHkb-publish-1/acme/");
        rows.iter().map(|row| (text(row, "sys_id"), text(row, "sys_mod_count"))).collect()
    }

    /// Rows by sys_id: title, body and state.
    fn texts(&self) -> BTreeMap<String, [Value; 3]> {
        let rows = self.instance.rows("kb_knowledge", "descriptionSTARTSWITHkb-publish-1/acme/");
        let said =
            |row: &Value| ["short_description", "text", "workflow_state"].map(|column| row[column].clone());
        rows.iter().map(|row| (row["sys_id"].as_str().unwrap().to_owned(), said(row))).collect()
    }

    /// How many articles there are, whatever their versions.
    fn articles(&self) -> usize {
        let rows = self.instance.rows("kb_knowledge", "descriptionSTARTSWITHkb-publish-1/acme/");
        let numbers: BTreeSet<&str> = rows.iter().map(|row| row["number"].as_str().unwrap()).collect();
        numbers.len()
    }
}

fn identity(id: &str) -> String {
    let project = kb_publish::ids::Project::parse("acme").unwrap();
    kb_publish::ids::DocumentId::parse(id).unwrap().identity(&project, 1).to_string()
}

/// What stands for a document in both reports: its id, or its article.
fn key(document: &Value) -> String {
    document["id"].as_str().or(document["article"]["sys_id"].as_str()).unwrap_or_default().to_owned()
}

fn documents(report: &Value) -> BTreeMap<String, Value> {
    report["documents"].as_array().unwrap().iter().map(|one| (key(one), one.clone())).collect()
}

/// Whether the plan said that only the write tells whether the instance takes a change.
fn is_untold(said: &Value) -> bool {
    let reasons = said["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap());
    let mut reasons = reasons.filter(|reason| reason.contains(" version"));
    reasons.any(|reason| ["only the write tells", "as far as"].iter().any(|words| reason.contains(words)))
}

/// Whether a run that was planned like this may end like that.
fn fits(said: &Value, outcome: &str) -> bool {
    match said["action"].as_str().unwrap() {
        "update" | "retire" if outcome == "conflict" && is_untold(said) => true,
        "create" => matches!(outcome, "created" | "in-review" | "left-draft"),
        "update" => matches!(outcome, "updated" | "in-review" | "left-draft"),
        "retire" => outcome == "retired",
        "unchanged" => outcome == "unchanged",
        "conflict" => outcome == "conflict",
        _ => outcome == "skipped",
    }
}

/// One round: what is planned is done, nothing else is, and then nothing is left to do.
fn round(world: &World) -> Result<(), TestCaseError> {
    let planned = world.project.json(&["plan"]);
    prop_assert!(matches!(planned.code, Some(0 | 5)), "{planned:?}");
    let (plan, before, articles) = (documents(&planned.json()), world.counts(), world.articles());
    let texts = world.texts();
    let ran = world.project.json(&["publish", "--yes"]);
    prop_assert!(matches!(ran.code, Some(0 | 5 | 7)), "{ran:?}");
    let (run, after) = (documents(&ran.json()), world.counts());
    let texts_after = world.texts();
    prop_assert_eq!(plan.keys().collect::<BTreeSet<_>>(), run.keys().collect::<BTreeSet<_>>());
    for (id, said) in &plan {
        let done = &run[id];
        for field in ["action", "reasons", "title", "base", "category", "diff", "changes"] {
            prop_assert_eq!(&said[field], &done[field], "{} of {}", field, id);
        }
        let (action, outcome) = (said["action"].as_str().unwrap(), done["outcome"].as_str().unwrap());
        prop_assert!(fits(said, outcome), "{id}: {said} became {outcome}: {done}");
        let row = said["article"]["sys_id"].as_str().unwrap_or_default();
        let written = before.get(row) != after.get(row);
        let may_write = matches!(action, "create" | "update" | "retire");
        prop_assert!(may_write || !written, "{id} was said to be {action}, and was written");
        let left = outcome != "conflict" || texts.get(row) == texts_after.get(row);
        prop_assert!(left, "{id} ended as a conflict, and reads otherwise: {done}");
    }
    let creates = plan.values().filter(|one| one["action"] == "create").count();
    prop_assert_eq!(world.articles() - articles, creates, "articles that came");
    let again = world.project.json(&["plan", "--exit-code"]);
    let changes = |one: &Value| matches!(one["action"].as_str().unwrap(), "create" | "update" | "retire");
    let open = documents(&again.json()).values().any(changes);
    prop_assert!(matches!((open, again.code), (false, Some(0 | 5)) | (true, Some(5 | 10))), "{:?}", again);
    for (id, left) in documents(&again.json()) {
        let action = left["action"].as_str().unwrap();
        // What the instance did not take is still to be done.
        let refused = run.get(&id).is_some_and(|done| done["outcome"] == "conflict");
        let tries_again = refused && plan.get(&id).is_some_and(is_untold) && is_untold(&left);
        prop_assert!(
            matches!(action, "unchanged" | "conflict" | "skip") || tries_again,
            "something is left to do: {id}: {left}, after {:?}",
            run.get(&id)
        );
        let conflict = plan.get(&id).is_some_and(|said| said["action"] == "conflict");
        // A rule may hide what was just made from the account that made it.
        let made = run.get(&id).is_some_and(|done| done["outcome"] == "created");
        let hidden = made && left["reasons"].to_string().contains("hidden from this account");
        prop_assert!(action != "conflict" || conflict || hidden, "{id} became a conflict: {left}");
    }
    Ok(())
}

#[test]
fn publish_does_what_plan_said_and_then_nothing_is_left() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5);
    let config = Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let first = proptest::collection::vec(form(), 1..=DOCUMENTS);
    let rounds = proptest::collection::vec(proptest::collection::vec(edit(), 1..4), 1..3);
    proptest!(config, |(switches in switches(), account in account(), first in first, rounds in rounds)| {
        let instance = Instance::with(&switches);
        let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", account.user);
        project.reconfigure("username = \"kb.publisher\"", &format!("username = \"{}\"", account.user));
        project.reconfigure("status = \"published\"", &format!("status = \"published\"\n{}", account.keys));
        if account.manages {
            instance.manage("IT", account.user);
        }
        project.doc("net.png", png(b'0'));
        let forms = first.into_iter().enumerate().collect();
        let mut world = World { instance, project, forms, versioned: switches.contains("versioning") };
        world.write();
        round(&world)?;
        for edits in rounds {
            for edit in &edits {
                world.apply(edit);
            }
            world.write();
            round(&world)?;
        }
    });
}
