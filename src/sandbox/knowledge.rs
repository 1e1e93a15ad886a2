//! The rules of the knowledge tables: states, versions, categories, bases (contract §2.3–§2.7, §3).

use std::sync::Arc;

use http::StatusCode;

use super::account::password_hash;
use super::app::new_sys_id;
use super::attachments;
use super::profile::{PublishMode, Versioning};
use super::record::Record;
use super::records::{Change, Row, Values};
use super::refusal::Refusal;
use super::sanitize::plain_text;
use super::store::{View, Writer};

/// Columns that a person's version is about; copied with the row, then set anew.
const VERSION_COLUMNS: &[&str] =
    &["sys_id", "version", "display_number", "base_version", "latest", "published", "retired"];

/// What is set on a row before it is added.
///
/// # Errors
/// As the platform's rules refuse.
pub(crate) fn before_insert(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    record: &mut Record,
    values: &Values,
) -> Result<(), Refusal> {
    match table {
        "kb_knowledge" => before_article(change, writer, record, values),
        "kb_category" => before_category(change, writer, record, None),
        "kb_knowledge_base" => {
            let taken = writer
                .rows("kb_knowledge_base")
                .any(|base| base.get("title").eq_ignore_ascii_case(record.get("title")));
            if taken { Err(Refusal::business_rule(table, "Duplicate Knowledge Base")) } else { Ok(()) }
        }
        "sys_user" => {
            before_user(record, None);
            Ok(())
        }
        "task" | "incident" | "problem" | "change_request" => {
            let now = change.app.now_text();
            if record.get("opened_at").is_empty() {
                record.set("opened_at", &now);
            }
            if record.get("opened_by").is_empty() {
                record.set("opened_by", &change.account.sys_id);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn before_article(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    record: &mut Record,
    values: &Values,
) -> Result<(), Refusal> {
    if record.get("author").is_empty() {
        record.set("author", &change.account.sys_id);
    }
    if record.get("valid_to").is_empty() && !values.contains_key("valid_to") {
        record.set("valid_to", &default_valid_to(change, writer, record));
    }
    if record.get("meta_description").is_empty() {
        fill_meta_description(record);
    }
    if change.profile.duplicate_numbers
        && let Some(other) = writer.rows("kb_knowledge").last()
    {
        let number = other.get("number").to_owned();
        record.set("number", &number);
    }
    enter_state(change, "draft", record)?;
    if change.profile.versioned() && record.get("article_id").is_empty() {
        let id = record.sys_id().to_owned();
        record.set("article_id", &id);
        record.set("latest", "true");
        let version = if record.get("workflow_state") == "published" { "1.0" } else { "0.01" };
        set_version(change, writer, record, version)?;
    }
    Ok(())
}

fn default_valid_to(change: &Change<'_>, view: &impl View, record: &Record) -> String {
    let days = view
        .get("kb_knowledge_base", record.get("kb_knowledge_base"))
        .map_or(0, |base| base.number("article_validity"));
    match i64::try_from(days) {
        Ok(days @ 1..=100_000) => {
            let later = change.app.now() + jiff::SignedDuration::from_hours(24 * days);
            later.strftime("%Y-%m-%d").to_string()
        }
        _ => "2100-01-01".to_owned(),
    }
}

/// The first 100 characters of the body's text (contract §2.2).
fn fill_meta_description(record: &mut Record) {
    if let Some(super::record::Value::Text(text)) = record.value("text") {
        let start: String = plain_text(text).chars().take(100).collect();
        record.set("meta_description", &start);
    }
}

fn set_version(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    record: &mut Record,
    version: &str,
) -> Result<(), Refusal> {
    let id = new_sys_id();
    let now = change.app.now_text();
    let row = Record::of([
        ("sys_id", &id),
        ("version", version),
        ("knowledge", record.sys_id()),
        ("author", &change.account.sys_id),
        ("sys_created_on", &now),
        ("sys_updated_on", &now),
        ("sys_created_by", &change.account.user_name),
        ("sys_updated_by", &change.account.user_name),
        ("sys_mod_count", "0"),
    ]);
    writer.put("kb_version", row)?;
    record.set("version", &id);
    let display = format!("{} v{version}", record.get("number"));
    record.set("display_number", &display);
    Ok(())
}

/// Checks a wanted state against the instance's way of publishing, and fills the dates that go with it.
fn enter_state(change: &Change<'_>, before: &str, record: &mut Record) -> Result<(), Refusal> {
    let wanted = record.get("workflow_state").to_owned();
    if wanted == before {
        return Ok(());
    }
    if wanted == "published" && !change.internal {
        match change.profile.publish {
            PublishMode::Direct => {}
            PublishMode::StaysDraft => record.set("workflow_state", before),
            PublishMode::ApprovalReview => record.set("workflow_state", "review"),
            PublishMode::Scheduled => record.set("workflow_state", "scheduled_publish"),
            PublishMode::Forbidden => return Err(Refusal::acl("Update")),
        }
    }
    let today = change.app.today();
    match record.get("workflow_state") {
        "published" if change.profile.fill_published_date && record.get("published").is_empty() => {
            record.set("published", &today);
        }
        "retired" if record.get("retired").is_empty() => record.set("retired", &today),
        _ => {}
    }
    Ok(())
}

fn before_category(
    change: &Change<'_>,
    view: &impl View,
    record: &mut Record,
    before: Option<&Record>,
) -> Result<(), Refusal> {
    if record.get("value").is_empty() {
        let value: String = record
            .get("label")
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        record.set("value", &value);
    }
    let twin = view.rows("kb_category").any(|other| {
        other.sys_id() != record.sys_id()
            && other.get("parent_id") == record.get("parent_id")
            && other.get("label").eq_ignore_ascii_case(record.get("label"))
    });
    let moved = before.is_none_or(|before| {
        before.get("label") != record.get("label") || before.get("parent_id") != record.get("parent_id")
    });
    if twin && moved && change.profile.refuse_duplicate_categories {
        return Err(Refusal::business_rule("kb_category", "Duplicate Knowledge Category"));
    }
    let path = full_category(view, record);
    record.set("full_category", &path);
    Ok(())
}

/// Labels from the base down, joined by ` / ` (contract §3).
fn full_category(view: &impl View, record: &Record) -> String {
    let mut labels = vec![record.get("label").to_owned()];
    let mut at = (record.get("parent_table").to_owned(), record.get("parent_id").to_owned());
    while at.0 == "kb_category" && labels.len() < 100 {
        let Some(parent) = view.get("kb_category", &at.1) else { break };
        labels.push(parent.get("label").to_owned());
        at = (parent.get("parent_table").to_owned(), parent.get("parent_id").to_owned());
    }
    labels.reverse();
    labels.join(" / ")
}

fn before_user(record: &mut Record, before: Option<&Record>) {
    let full = format!("{} {}", record.get("first_name"), record.get("last_name"));
    record.set("name", full.trim());
    let password = record.get("user_password").to_owned();
    if !password.is_empty() && before.is_none_or(|before| before.get("user_password") != password) {
        let hash = password_hash(record.sys_id(), &password);
        record.set("user_password", &hash);
    }
}

/// What happens once a row is there.
///
/// # Errors
/// The file refused.
pub(crate) fn after_insert(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    record: Arc<Record>,
) -> Result<Arc<Record>, Refusal> {
    if table == "kb_knowledge" { touch(change, writer, record) } else { Ok(record) }
}

/// The switch `last_editor`: a business rule touches the article after a write.
fn touch(change: &Change<'_>, writer: &mut Writer<'_>, record: Arc<Record>) -> Result<Arc<Record>, Refusal> {
    let editor = &change.profile.last_editor;
    if editor.is_empty() || change.internal {
        return Ok(record);
    }
    let mut touched = (*record).clone();
    touched.set("sys_updated_by", editor);
    touched.set("sys_mod_count", &(record.number("sys_mod_count") + 1).to_string());
    Ok(writer.put("kb_knowledge", touched)?)
}

/// Columns of a row that this write leaves as they are.
///
/// # Errors
/// 403 where versioning or the row's state refuses the write as a whole (contract §2.5).
pub(crate) fn locked_columns(
    change: &Change<'_>,
    view: &impl View,
    table: &str,
    before: &Record,
    values: &Values,
) -> Result<Vec<&'static str>, Refusal> {
    if table != "kb_knowledge" || change.internal || !change.profile.versioned() {
        return Ok(Vec::new());
    }
    if may_edit(change, view, before) {
        return Ok(vec!["number", "article_id", "version", "latest", "base_version", "display_number"]);
    }
    let columns = change.schema.table("kb_knowledge").map(|table| &table.columns);
    let named = columns.into_iter().flatten().filter(|(name, _)| values.contains_key(*name));
    let minor = minor_edits(change, view, before);
    let mut locked = Vec::new();
    for (name, column) in named {
        // Custom columns have no static name; they are never minor-edit columns here, so the write as a whole is refused.
        if minor && change.profile.minor_edit_fields.iter().any(|field| field == name) {
            continue;
        }
        locked.push(column.name);
    }
    if !locked.is_empty() && change.profile.versioning != Versioning::OnBlockedSilent {
        return Err(Refusal::acl("Update"));
    }
    Ok(locked)
}

/// Whether a row may be changed as a whole under versioning (contract §2.5).
fn may_edit(change: &Change<'_>, view: &impl View, row: &Record) -> bool {
    let admin = change.account.is_admin() && change.profile.versioning == Versioning::OnAdminBypass;
    let base = view.get("kb_knowledge_base", row.get("kb_knowledge_base"));
    let owner = base.is_some_and(|base| base.get("owner") == change.account.sys_id);
    match row.get("workflow_state") {
        _ if admin => true,
        "draft" => {
            change.account.has("knowledge_admin")
                || owner
                || row.get("author") == change.account.sys_id
                || row.get("revised_by") == change.account.sys_id
                || row.get("sys_created_by") == change.account.user_name
        }
        "review" | "pending_retirement" | "scheduled_publish" => {
            base.is_some_and(|base| change.acl(view).runs(base))
        }
        _ => false,
    }
}

/// Whether minor edits of this published row are open to the account.
fn minor_edits(change: &Change<'_>, view: &impl View, row: &Record) -> bool {
    row.get("workflow_state") == "published"
        && !change.profile.minor_edit_fields.is_empty()
        && view
            .get("kb_knowledge_base", row.get("kb_knowledge_base"))
            .is_some_and(|base| change.acl(view).runs(base))
}

/// Whether files of a row may be added and removed by the account.
pub(crate) fn files_open(change: &Change<'_>, view: &impl View, table: &str, row: &Record) -> bool {
    if table != "kb_knowledge" || change.internal || !change.profile.versioned() {
        return true;
    }
    may_edit(change, view, row)
        || (minor_edits(change, view, row)
            && change.profile.minor_edit_fields.iter().any(|field| field == "attachments"))
}

/// What is set on a row before it is changed.
///
/// # Errors
/// As the platform's rules refuse.
pub(crate) fn before_update(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    before: &Record,
    record: &mut Record,
) -> Result<(), Refusal> {
    match table {
        "kb_knowledge" => {
            enter_state(change, before.get("workflow_state"), record)?;
            let base = record.get("kb_knowledge_base");
            let moved = base != before.get("kb_knowledge_base");
            if moved
                && !change.internal
                && !writer
                    .get("kb_knowledge_base", base)
                    .is_some_and(|base| change.account.is_admin() || change.acl(writer).contributes(base))
            {
                return Err(Refusal::acl("Update"));
            }
            let state = record.get("workflow_state").to_owned();
            if change.profile.versioned() && state != before.get("workflow_state") {
                let version = next_version(writer, before, &state);
                set_version(change, writer, record, &version)?;
            }
            Ok(())
        }
        "kb_category" => before_category(change, writer, record, Some(before)),
        "sys_user" => {
            before_user(record, Some(before));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// State changes add 0.01; publishing jumps to the next whole number (contract §2.5).
fn next_version(view: &impl View, before: &Record, state: &str) -> String {
    let current = view.get("kb_version", before.get("version")).map_or("0.0", |row| row.get("version"));
    let (whole, part) = current.split_once('.').unwrap_or((current, "0"));
    let whole: u64 = whole.parse().unwrap_or(0);
    let part: u64 =
        if part.len() == 1 { part.parse::<u64>().unwrap_or(0) * 10 } else { part.parse().unwrap_or(0) };
    if state == "published" && before.get("workflow_state") != "retired" {
        format!("{}.0", whole + 1)
    } else {
        let next = part + 1;
        format!("{}.{:02}", whole + next / 100, next % 100)
    }
}

/// What happens once a row is changed: an older published version becomes outdated.
///
/// # Errors
/// The file refused.
pub(crate) fn after_update(
    change: &Change<'_>,
    writer: &mut Writer<'_>,
    table: &str,
    before: &Record,
    record: Arc<Record>,
) -> Result<Arc<Record>, Refusal> {
    if table == "kb_category" {
        refresh_paths(writer, record.sys_id())?;
    }
    if table != "kb_knowledge" {
        return Ok(record);
    }
    let published =
        record.get("workflow_state") == "published" && before.get("workflow_state") != "published";
    if published && change.profile.versioned() {
        let older: Vec<Arc<Record>> = writer
            .rows("kb_knowledge")
            .filter(|row| {
                row.get("article_id") == record.get("article_id")
                    && row.sys_id() != record.sys_id()
                    && row.get("workflow_state") == "published"
            })
            .cloned()
            .collect();
        for row in older {
            let mut outdated = (*row).clone();
            outdated.set("workflow_state", "outdated");
            outdated.set("sys_mod_count", &(row.number("sys_mod_count") + 1).to_string());
            outdated.set("sys_updated_on", &change.app.now_text());
            outdated.set("sys_updated_by", &change.account.user_name);
            writer.put("kb_knowledge", outdated)?;
        }
    }
    touch(change, writer, record)
}

/// A category's new label shows in the paths of all below it.
fn refresh_paths(writer: &mut Writer<'_>, category: &str) -> Result<(), Refusal> {
    let mut parents = vec![category.to_owned()];
    let mut done = 0;
    while done < parents.len() && parents.len() < 10_000 {
        let parent = parents[done].clone();
        let children: Vec<Arc<Record>> =
            writer.rows("kb_category").filter(|row| row.get("parent_id") == parent).cloned().collect();
        for child in children {
            let path = full_category(writer, &child);
            if path != child.get("full_category") {
                writer.put("kb_category", (*child).clone().with("full_category", &path))?;
            }
            if !parents.iter().any(|id| id == child.sys_id()) {
                parents.push(child.sys_id().to_owned());
            }
        }
        done += 1;
    }
    Ok(())
}

/// What a person does in the UI: no REST call does the same (contract §2.4, §2.5).
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
            if *value == super::record::Value::Long {
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
        if let Some(super::record::Value::Text(text)) = draft.value("text") {
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
