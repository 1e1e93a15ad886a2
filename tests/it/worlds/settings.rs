//! Who publishes, with which settings, on which instance: what differs from one world to the next.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::DOCUMENTS;
use super::forms::{Form, form};

/// Who publishes, and what is configured for it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) user: &'static str,
    /// The account manages the bases.
    pub(crate) manages: bool,
    /// The column of the stamp.
    pub(crate) stamp_field: &'static str,
    /// `[publish] status`.
    pub(crate) status: &'static str,
    /// `[publish] on_remote_edit`.
    pub(crate) on_remote_edit: &'static str,
    /// More of `[publish]`.
    keys: String,
}

impl Account {
    /// The keys of `[publish]`.
    pub(crate) fn keys(&self) -> String {
        let Self { stamp_field, status, on_remote_edit, keys, .. } = self;
        format!(
            "status = \"{status}\"\nstamp_field = \"{stamp_field}\"\non_remote_edit = \"{on_remote_edit}\"\n\
             max_changes = 100\n{keys}"
        )
    }
}

pub(crate) fn account() -> impl Strategy<Value = Account> {
    let who = (select(&["kb.publisher", "kb.publisher", "admin", "kb.admin"][..]), any::<bool>());
    let asks = (
        select(&["description", "description", "u_provenance"][..]),
        select(&["published", "published", "published", "draft"][..]),
        select(&["keep", "keep", "keep", "overwrite"][..]),
    );
    let keys = (
        line("orphans", vec!["\"report\"", "\"retire\""]),
        line("admin_in_place", vec!["true", "false"]),
        line("categories", vec!["", "", "\"none\""]),
        line("category_root", vec!["", "", "\"Docs\""]),
        line("create_categories", vec!["", "", "false"]),
        line("companion", vec!["", "", "\"\""]),
        line("restyle", vec!["", "", "\"with-text\""]),
    );
    (who, asks, keys).prop_map(
        |((user, manages), (stamp_field, status, on_remote_edit), (a, b, c, d, e, f, g))| Account {
            user,
            manages,
            stamp_field,
            status,
            on_remote_edit,
            keys: [a, b, c, d, e, f, g].concat(),
        },
    )
}

/// One line of TOML, or none.
fn line(name: &'static str, values: Vec<&'static str>) -> impl Strategy<Value = String> {
    select(values)
        .prop_map(move |value| if value.is_empty() { String::new() } else { format!("{name} = {value}\n") })
}

/// Ways in which instances differ, that need not be known before a write.
pub(crate) fn switches() -> impl Strategy<Value = String> {
    let article = (
        line("client_sys_id", vec!["", "\"admin_only_ignored\"", "\"admin_only_403\""]),
        line(
            "publish",
            vec!["", "", "\"stays_draft\"", "\"approval_review\"", "\"scheduled\"", "\"forbidden\""],
        ),
        line("sanitizer", vec!["", "\"off\""]),
        line("plugins", vec!["[\"i18n\"]", "[\"advanced\", \"i18n\", \"kcs\"]"]),
        line("unknown_query_field", vec!["", "\"no_rows\""]),
        line(
            "column_rules",
            vec![
                "",
                "",
                "{ \"kb_knowledge.meta\" = \"emptied\" }",
                "{ \"kb_knowledge.meta\" = \"encoded\" }",
            ],
        ),
        line("protected_columns", vec!["", "", "[\"kb_knowledge.meta\"]", "[\"kb_knowledge.kb_category\"]"]),
    );
    let beside = (
        line("attachment_hash", vec!["", "false"]),
        line("attachment_secure_names", vec!["", "true"]),
        line("refuse_duplicate_categories", vec!["", "false"]),
        line("disable_category_editing", vec!["", "", "true"]),
        line("fill_published_date", vec!["", "false"]),
        line("over_long", vec!["", "\"error_403\"", "\"keep\""]),
    );
    let counts = (
        line("count_twice", vec!["", "true"]),
        line("last_editor", vec!["", "\"admin\""]),
        line("views_count_as_updates", vec!["", "true"]),
        line("audit", vec!["", "true"]),
        line(
            "extra_counts",
            vec!["", "{ \"kb_knowledge.text\" = 1 }", "{ \"kb_knowledge.workflow_state\" = 1 }"],
        ),
    );
    let versions = (
        line("versioning", vec!["", "\"on_admin_bypass\"", "\"on_blocked_403\"", "\"on_blocked_silent\""]),
        line("minor_edit_fields", vec!["", MINOR_EDITS, "[\"valid_to\"]", "[\"text\", \"description\"]"]),
        line("companion", vec!["", "true"]),
    );
    (article, beside, counts, versions).prop_map(
        |((a, b, c, d, e, f, g), (h, i, j, k, l, m), (n, o, p, q, r), (s, t, u))| {
            let own = "custom_columns = [\"kb_knowledge.u_provenance:200\"]\n".to_owned();
            [own, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u].concat()
        },
    )
}

const MINOR_EDITS: &str = "[\"text\", \"short_description\", \"meta\", \"kb_category\", \"description\", \
    \"u_provenance\", \"kb_knowledge_base\", \"attachments\"]";

/// The documents that are there at first.
pub(crate) fn first() -> impl Strategy<Value = BTreeMap<usize, Form>> {
    proptest::collection::vec(form(), 1..=DOCUMENTS).prop_map(|forms| forms.into_iter().enumerate().collect())
}
