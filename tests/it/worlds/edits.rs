//! What happens between two runs: to the tree, to articles by people, to the instance.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::World;
use super::forms::{DOCUMENTS, Form, form};
use crate::project::png;

/// What happens between two runs.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    /// A document is written, in one of its forms.
    Write { document: usize, form: Form },
    /// A document goes, if it is there.
    Remove(usize),
    /// The picture becomes another one.
    Picture(u8),
    /// `[render] highlight`: the look alone.
    Look(&'static str),
    /// A person writes into an article.
    Person { document: usize, column: &'static str, value: &'static str },
    /// A person puts an article into another state.
    State { document: usize, state: &'static str },
    /// A reader looks at an article.
    View(usize),
    /// A person checks a published article out, where there are versions.
    Checkout(usize),
    /// A person publishes what waits: a checkout, a draft, what is in review.
    Publish(usize),
    /// A person makes a copy of an article, stamp and all.
    Copy(usize),
    /// A person deletes an article; of one with versions nobody may.
    Delete(usize),
    /// A person removes the files of an article; the same.
    Detach(usize),
    /// A person has written an article with a document's title, which is adopted, if the document has none.
    Adopt(usize),
    /// Access rules hide each how many-th article from now on; 0 for none.
    Hide(u32),
    /// What becomes of `published` from now on.
    Policy(&'static str),
}

/// What writers do: to the tree alone.
pub(crate) fn local() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (0..DOCUMENTS, form()).prop_map(|(document, form)| Edit::Write { document, form }),
        1 => (0..DOCUMENTS).prop_map(Edit::Remove),
        1 => (b'0'..=b'9').prop_map(Edit::Picture),
        1 => select(&["off", "github-light"][..]).prop_map(Edit::Look),
    ]
}

/// What others do.
fn remote() -> impl Strategy<Value = Edit> {
    let person = select(vec![
        ("text", "<p>Typed by a person.</p>"),
        ("short_description", "Renamed by a person"),
        ("meta", "typed"),
        ("kb_category", ""),
        ("(stamp)", ""),
        ("(stamp)", "Notes of a person"),
    ]);
    let states = &["retired", "retired", "published", "draft", "review"][..];
    let policies = &["direct", "stays_draft", "approval_review", "forbidden"][..];
    prop_oneof![
        3 => (0..DOCUMENTS, person).prop_map(|(document, (column, value))| Edit::Person { document, column, value }),
        2 => (0..DOCUMENTS, select(states)).prop_map(|(document, state)| Edit::State { document, state }),
        1 => (0..DOCUMENTS).prop_map(Edit::View),
        2 => (0..DOCUMENTS).prop_map(Edit::Checkout),
        1 => (0..DOCUMENTS).prop_map(Edit::Publish),
        1 => (0..DOCUMENTS).prop_map(Edit::Copy),
        1 => (0..DOCUMENTS).prop_map(Edit::Delete),
        1 => (0..DOCUMENTS).prop_map(Edit::Detach),
        1 => (0..DOCUMENTS).prop_map(Edit::Adopt),
        1 => select(&[0, 2, 3][..]).prop_map(Edit::Hide),
        1 => select(policies).prop_map(Edit::Policy),
    ]
}

/// Anything.
pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![local(), remote()]
}

impl World {
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

    /// Somebody sets a column of a document's article, whatever the rules.
    fn set(&self, document: usize, column: &str, value: &str) {
        if let Some(row) = self.article(document) {
            self.instance.act(&json!({ "user": "kb.admin", "act": "set", "table": "kb_knowledge",
                "sys_id": row["sys_id"], "columns": { column: value } }));
        }
    }

    /// Does it, where it can be done.
    pub(crate) fn apply(&mut self, edit: &Edit) {
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
            Edit::Look(highlight) => self.look(highlight),
            Edit::Person { document, column: "(stamp)", value } => {
                self.set(*document, self.stamp_field, value);
            }
            Edit::Person { document, column, value } => self.set(*document, column, value),
            // The instance retires nothing that is checked out.
            Edit::State { document, state: "retired" }
                if self.versioned && !self.can_be_checked_out(*document) => {}
            Edit::State { document, state } => self.set(*document, "workflow_state", state),
            Edit::View(document) => self.person(*document, "view", &[]),
            Edit::Checkout(document) => {
                if self.can_be_checked_out(*document) {
                    self.person(*document, "checkout", &["published"]);
                }
            }
            Edit::Publish(document) => {
                self.person(*document, "publish", &["draft", "review", "scheduled_publish"]);
            }
            Edit::Copy(document) => self.person(*document, "copy", &[]),
            Edit::Delete(document) => self.delete(*document),
            Edit::Detach(document) => self.detach(*document),
            Edit::Adopt(document) => self.adopt(*document),
            Edit::Hide(every) => {
                self.hides = *every > 0;
                self.instance.switch(&json!({ "hide_every": every }));
            }
            Edit::Policy(publish) => self.instance.switch(&json!({ "publish": publish })),
        }
    }

    fn delete(&self, document: usize) {
        if let Some(row) = self.article(document).filter(|_| !self.versioned) {
            self.instance.act(&json!({ "user": "admin", "act": "delete", "table": "kb_knowledge", "sys_id": row["sys_id"] }));
        }
    }

    fn detach(&self, document: usize) {
        let Some(row) = self.article(document).filter(|_| !self.versioned) else { return };
        let own = format!("table_sys_id={}", row["sys_id"].as_str().unwrap());
        for file in self.instance.rows("sys_attachment", &own) {
            self.instance.act(&json!({ "user": "admin", "act": "delete", "table": "sys_attachment",
                "sys_id": file["sys_id"] }));
        }
    }

    fn adopt(&self, document: usize) {
        let Some(form) = self.forms.get(&document).filter(|_| self.article(document).is_none()) else {
            return;
        };
        let base = self.instance.rows("kb_knowledge_base", &format!("title={}", form.base()));
        let made = self.instance.act(
            &json!({ "user": "kb.admin", "act": "insert", "table": "kb_knowledge", "columns": {
            "short_description": form.title(document), "text": "<p>One word.</p>",
            "kb_knowledge_base": base[0]["sys_id"] } }),
        );
        // Whatever the policy says to who asks for it.
        self.instance.act(&json!({ "user": "kb.admin", "act": "set", "table": "kb_knowledge",
            "sys_id": made["sys_id"], "columns": { "workflow_state": "published" } }));
        self.write();
        let adopted = self.project.json(&["adopt", "--yes"]);
        assert!(matches!(adopted.code, Some(0 | 5)), "{adopted:?}");
        let _: Value = adopted.json();
    }
}
