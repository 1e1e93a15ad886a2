//! Random worlds for properties that hold in each: a tree, an account, an instance, and what happens between runs.

mod edits;
mod forms;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::test_runner::Config;
use serde_json::Value;

use crate::project::{Instance, Project, png};

pub(crate) use edits::{Edit, edit, local};
use forms::{DOCUMENTS, Form};
use settings::Account;
pub(crate) use settings::{account, first, switches};

/// A tree and an instance, and what is known of them.
pub(crate) struct World {
    pub(crate) instance: Arc<Instance>,
    pub(crate) project: Project,
    pub(crate) forms: BTreeMap<usize, Form>,
    stamp_field: &'static str,
    /// Articles have versions.
    pub(crate) versioned: bool,
    /// Access rules hide some articles.
    pub(crate) hides: bool,
}

/// A handful of cases; `PROPTEST_CASES` raises their number.
pub(crate) fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5);
    Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() }
}

impl World {
    /// With the tree written, and nothing published.
    pub(crate) fn new(switches: &str, account: &Account, forms: BTreeMap<usize, Form>) -> Self {
        let instance = Instance::with(switches);
        let project = Project::on(&instance).variable("KB_PUBLISH_PASSWORD", account.user);
        project.reconfigure("username = \"kb.publisher\"", &format!("username = \"{}\"", account.user));
        let keys = format!("{}[render]\nhighlight = \"github-light\"", account.keys());
        project.reconfigure("status = \"published\"", &keys);
        if account.manages {
            instance.manage("IT", account.user);
            instance.manage("Knowledge", account.user);
        }
        project.doc("net.png", png(b'0'));
        let versioned = switches.contains("versioning");
        let world =
            Self { instance, project, forms, stamp_field: account.stamp_field, versioned, hides: false };
        world.write();
        world
    }

    /// Writes the tree; links to documents that are gone are left out.
    pub(crate) fn write(&self) {
        for document in 0..DOCUMENTS {
            let file = self.project.path("docs").join(forms::path(document));
            match self.forms.get(&document) {
                Some(form) => {
                    let form = form.among(|to| self.forms.contains_key(&to));
                    let markdown = form.markdown(document, self.forms.get(&0));
                    self.project.doc(&forms::path(document), markdown);
                }
                None => drop(std::fs::remove_file(file)),
            }
        }
    }

    fn look(&self, highlight: &str) {
        let other = if highlight == "off" { "github-light" } else { "off" };
        let whole = std::fs::read_to_string(self.project.path("publish.toml")).unwrap();
        let (from, to) = (format!("highlight = \"{other}\""), format!("highlight = \"{highlight}\""));
        self.project.config(&whole.replace(&from, &to));
    }

    /// All rows with a stamp of the project.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.instance.rows("kb_knowledge", &format!("{}STARTSWITHkb-publish-1/acme/", self.stamp_field))
    }

    /// A document's article is found by what its stamp names: of its versions the last that is not outdated. Copies
    /// are left out.
    pub(crate) fn article(&self, document: usize) -> Option<Value> {
        let identities = forms::ids(document).map(|id| identity(&id));
        let said = |row: &Value| row[self.stamp_field].as_str().unwrap().to_owned();
        let mut own: Vec<Value> = self
            .rows()
            .into_iter()
            .filter(|row| identities.iter().any(|identity| said(row).contains(identity)))
            .collect();
        own.sort_by_key(|row| {
            (row["sys_created_on"].as_str().unwrap().to_owned(), row["number"].as_str().unwrap().to_owned())
        });
        let number = own.first()?["number"].clone();
        own.retain(|row| row["number"] == number && row["workflow_state"] != "outdated");
        own.pop()
    }

    /// All articles of the instance, by sys_id, whoever's they are.
    pub(crate) fn everything(&self) -> BTreeMap<String, Seen> {
        let rows = self.instance.rows("kb_knowledge", "");
        let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
        let seen = |row: Value| {
            let seen = Seen {
                number: text(&row, "number"),
                count: text(&row, "sys_mod_count"),
                state: text(&row, "workflow_state"),
                says: [text(&row, "short_description"), text(&row, "text")],
            };
            (text(&row, "sys_id"), seen)
        };
        rows.into_iter().map(seen).collect()
    }
}

/// A row, as far as properties ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) number: String,
    /// How often it was written.
    pub(crate) count: String,
    pub(crate) state: String,
    /// Title and body.
    pub(crate) says: [String; 2],
}

fn identity(id: &str) -> String {
    let project = kb_publish::ids::Project::parse("acme").unwrap();
    kb_publish::ids::DocumentId::parse(id).unwrap().identity(&project, 1).to_string()
}

/// What stands for a document in both reports: its id, or its article.
fn key(document: &Value) -> String {
    document["id"].as_str().or(document["article"]["sys_id"].as_str()).unwrap_or_default().to_owned()
}

/// Documents of a report.
pub(crate) fn documents(report: &Value) -> BTreeMap<String, Value> {
    report["documents"].as_array().unwrap().iter().map(|one| (key(one), one.clone())).collect()
}
