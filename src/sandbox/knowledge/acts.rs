//! What a person does in the UI: no REST call does the same (contract §2.4, §2.5).

use http::StatusCode;

use super::versions::{next_version, set_version};
use crate::sandbox::attachments;
use crate::sandbox::profile::PublishMode;
use crate::sandbox::record::{Record, Value, new_sys_id};
use crate::sandbox::records::{Change, Row, Values};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::View;

/// Columns that a person's version is about; copied with the row, then set anew.
const VERSION_COLUMNS: &[&str] =
    &["sys_id", "version", "display_number", "base_version", "latest", "published", "retired"];

impl Change<'_> {
    /// Edits an article's columns as a person does in the form: title, text, keywords.
    ///
    /// # Errors
    /// No such article, or the rules of access and versions refuse.
    pub(crate) fn edit_article(&self, sys_id: &str, values: &Values) -> Result<Row, Refusal> {
        self.update("kb_knowledge", sys_id, values)
    }

    /// Makes a new draft version of a published row, with its attachments.
    ///
    /// # Errors
    /// Versions are off, the row is not published, or it is checked out already.
    pub(crate) fn checkout(&self, sys_id: &str) -> Result<Row, Refusal> {
        let mut writer = self.app.store.write()?;
        let row = writer.get("kb_knowledge", sys_id).cloned().ok_or_else(Refusal::no_record)?;
        self.may_act(&writer, &row)?;
        let article = row.get("article_id").to_owned();
        let busy = writer
            .rows("kb_knowledge")
            .any(|other| other.get("article_id") == article && other.get("workflow_state") == "draft");
        if !self.profile.versioned() || row.get("workflow_state") != "published" || busy {
            return Err(Refusal::business_rule("kb_knowledge", "Checkout"));
        }
        let id = new_sys_id();
        let mut draft = (*row).clone();
        for (name, value) in row.columns() {
            if *value == Value::Long {
                draft.set(name, &writer.text("kb_knowledge", &row, name));
            }
        }
        for column in VERSION_COLUMNS {
            draft.set(column, "");
        }
        let now = self.app.now_text();
        for (column, value) in [
            ("sys_id", id.as_str()),
            ("workflow_state", "draft"),
            ("base_version", row.sys_id()),
            ("latest", "true"),
            ("revised_by", &self.account.sys_id),
            ("sys_created_on", &now),
            ("sys_updated_on", &now),
            ("sys_created_by", &self.account.user_name),
            ("sys_updated_by", &self.account.user_name),
            ("sys_mod_count", "0"),
        ] {
            draft.set(column, value);
        }
        let version = next_version(&writer, &row, "draft");
        set_version(self, &mut writer, &mut draft, &version)?;
        writer.put("kb_knowledge", (*row).clone().with("latest", "false"))?;
        let copied = attachments::copy_all(self, &mut writer, "kb_knowledge", row.sys_id(), &id)?;
        if let Some(Value::Text(text)) = draft.value("text") {
            let mut text = text.to_string();
            for (from, to) in &copied {
                text = text.replace(from, to);
            }
            draft.set("text", &text);
        }
        let record = writer.put("kb_knowledge", draft)?;
        writer.commit()?;
        Ok(Row { table: "kb_knowledge", record })
    }

    /// Counts a view of an article.
    ///
    /// # Errors
    /// No such article.
    pub(crate) fn view_article(&self, sys_id: &str) -> Result<Row, Refusal> {
        let mut writer = self.app.store.write()?;
        let row = writer.get("kb_knowledge", sys_id).cloned().ok_or_else(Refusal::no_record)?;
        let mut seen = (*row).clone();
        seen.set("sys_view_count", &(row.number("sys_view_count") + 1).to_string());
        if self.profile.views_count_as_updates {
            seen.set("sys_mod_count", &(row.number("sys_mod_count") + 1).to_string());
            seen.set("sys_updated_on", &self.app.now_text());
            seen.set("sys_updated_by", "system");
        }
        let record = writer.put("kb_knowledge", seen)?;
        writer.commit()?;
        Ok(Row { table: "kb_knowledge", record })
    }

    /// "Insert and stay": a copy of an article with a number and an id of its own, all other columns as they are.
    ///
    /// # Errors
    /// No such article, or the account may not add one.
    pub(crate) fn copy_article(&self, sys_id: &str) -> Result<Row, Refusal> {
        let values = {
            let reader = self.app.store.read();
            let row = reader.get("kb_knowledge", sys_id).cloned().ok_or_else(Refusal::no_record)?;
            row.columns()
                .filter(|(name, _)| {
                    !name.starts_with("sys_")
                        && !VERSION_COLUMNS.contains(&&***name)
                        && !matches!(&***name, "number" | "article_id" | "workflow_state")
                })
                .map(|(name, _)| (name.to_string(), reader.text("kb_knowledge", &row, name).into_owned()))
                .collect::<Values>()
        };
        self.insert("kb_knowledge", &values)
    }

    fn may_act(&self, view: &impl View, row: &Record) -> Result<(), Refusal> {
        let contributes = view
            .get("kb_knowledge_base", row.get("kb_knowledge_base"))
            .is_some_and(|base| self.acl(view).contributes(base));
        if contributes || self.account.is_admin() { Ok(()) } else { Err(Refusal::acl("Update")) }
    }

    /// Publishes by the base's workflow: at once, or into review until somebody who runs the base approves.
    ///
    /// # Errors
    /// No such article, it is not in a state that can be published, or the account may not.
    pub(crate) fn publish_article(&self, sys_id: &str) -> Result<Row, Refusal> {
        let approval =
            self.profile.publish == PublishMode::ApprovalReview || self.base_wants_approval(sys_id);
        self.move_state(sys_id, &["draft", "review", "scheduled_publish", "retired"], |runs| {
            if approval && !runs { "review" } else { "published" }
        })
    }

    /// Whether the workflow of an article's base asks for an approval.
    fn base_wants_approval(&self, sys_id: &str) -> bool {
        let reader = self.app.store.read();
        let article = reader.get("kb_knowledge", sys_id);
        let base = article.and_then(|row| reader.get("kb_knowledge_base", row.get("kb_knowledge_base")));
        let workflow = base.and_then(|base| reader.get("wf_workflow", base.get("workflow")));
        workflow.is_some_and(|workflow| workflow.get("name").contains("Approval"))
    }

    /// Retires a published article.
    ///
    /// # Errors
    /// No such article, not published, or the account may not.
    pub(crate) fn retire_article(&self, sys_id: &str) -> Result<Row, Refusal> {
        self.move_state(sys_id, &["published", "draft", "pending_retirement"], |_| "retired")
    }

    /// Sends an article that waits for approval back to draft.
    ///
    /// # Errors
    /// No such article, not in review, or the account may not.
    pub(crate) fn reject_article(&self, sys_id: &str) -> Result<Row, Refusal> {
        self.move_state(sys_id, &["review", "scheduled_publish"], |_| "draft")
    }

    fn move_state(
        &self,
        sys_id: &str,
        from: &[&str],
        to: impl Fn(bool) -> &'static str,
    ) -> Result<Row, Refusal> {
        let mut writer = self.app.store.write()?;
        let row = writer.get("kb_knowledge", sys_id).cloned().ok_or_else(Refusal::no_record)?;
        self.may_act(&writer, &row)?;
        if !from.contains(&row.get("workflow_state")) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "Operation Failed",
                format!("an article in the state '{}' does not take this action", row.get("workflow_state")),
            ));
        }
        let runs = writer
            .get("kb_knowledge_base", row.get("kb_knowledge_base"))
            .is_some_and(|base| self.acl(&writer).runs(base))
            || self.account.is_admin();
        let state = to(runs);
        let values = Values::from([("workflow_state".to_owned(), state.to_owned())]);
        let platform = self.by_platform();
        let row = platform.update_in(&mut writer, "kb_knowledge", sys_id, &values)?;
        writer.commit()?;
        Ok(row)
    }
}
