//! Who may do what (contract §2.4, §2.5, §3, §4.1).

use std::borrow::Cow;

use super::account::Account;
use super::dictionary;
use super::profile::Profile;
use super::record::Record;
use super::store::View;

/// What every rule looks at.
pub(crate) struct Acl<'a, V: View> {
    /// All rows.
    pub(crate) view: &'a V,
    /// Who asks.
    pub(crate) account: &'a Account,
    /// The switches.
    pub(crate) profile: &'a Profile,
}

impl<V: View> Acl<'_, V> {
    /// Whether the account owns or manages a base.
    pub(crate) fn runs(&self, base: &Record) -> bool {
        self.account.has("knowledge_admin")
            || base.get("owner") == self.account.sys_id
            || base.get("kb_managers").split(',').any(|id| id.trim() == self.account.sys_id)
    }

    fn base(&self, sys_id: &str) -> Option<&Record> {
        self.view.get("kb_knowledge_base", sys_id).map(|row| &**row)
    }

    /// Whether the account may write articles of a base.
    pub(crate) fn contributes(&self, base: &Record) -> bool {
        if self.runs(base) {
            return true;
        }
        if !base.flag("active") || self.criteria("kb_uc_cannot_contribute_mtom", base) == Some(true) {
            return false;
        }
        match self.criteria("kb_uc_can_contribute_mtom", base) {
            Some(fits) => fits,
            None => !self.profile.block_access_with_no_user_criteria && !self.account.roles.is_empty(),
        }
    }

    /// Whether one of a base's criteria fits; `None` where it has none.
    fn criteria(&self, table: &str, base: &Record) -> Option<bool> {
        let mut rows =
            self.view.rows(table).filter(|row| row.get("kb_knowledge_base") == base.sys_id()).peekable();
        rows.peek()?;
        Some(rows.any(|row| self.fits(row.get("user_criteria"))))
    }

    fn fits(&self, criterion: &str) -> bool {
        let Some(criterion) = self.view.get("user_criteria", criterion) else { return false };
        let listed = |column: &str, id: &str| criterion.get(column).split(',').any(|part| part.trim() == id);
        let by_role = || {
            criterion
                .get("role")
                .split(',')
                .filter_map(|role| self.view.get("sys_user_role", role.trim()))
                .any(|role| self.account.has(role.get("name")))
        };
        criterion.flag("active")
            && (listed("user", &self.account.sys_id)
                || by_role()
                || self.groups().any(|group| listed("group", group)))
    }

    fn groups(&self) -> impl Iterator<Item = &str> {
        self.view
            .rows("sys_user_grmember")
            .filter(|row| row.get("user") == self.account.sys_id)
            .map(|row| row.get("group"))
    }

    /// Whether the account may see a row.
    pub(crate) fn reads(&self, table: &str, row: &Record) -> bool {
        if self.account.is_admin() {
            return true;
        }
        match table {
            "kb_knowledge" => self.reads_article(row),
            "kb_knowledge_base" => row.flag("active") || self.account.has("knowledge_admin"),
            "sys_attachment" => self.reads_target(row),
            "sys_audit" => self.profile.audit,
            "sys_user_has_role" => row.get("user") == self.account.sys_id,
            "sys_properties" | "sys_dictionary" | "sys_db_object" | "syslog" | "sys_rate_limit_rules" => {
                false
            }
            _ => true,
        }
    }

    fn reads_article(&self, row: &Record) -> bool {
        if self.hidden_from(row) {
            return false;
        }
        let Some(base) = self.base(row.get("kb_knowledge_base")) else {
            return !self.account.roles.is_empty();
        };
        if self.contributes(base) || row.get("author") == self.account.sys_id {
            return true;
        }
        base.flag("active")
            && matches!(row.get("workflow_state"), "published" | "outdated")
            && self.criteria("kb_uc_cannot_read_mtom", base) != Some(true)
            && self.criteria("kb_uc_can_read_mtom", base) != Some(false)
            && !row.get("cannot_read_user_criteria").split(',').any(|one| self.fits(one.trim()))
            && (row.get("can_read_user_criteria").is_empty()
                || row.get("can_read_user_criteria").split(',').any(|one| self.fits(one.trim())))
    }

    /// The switch "rows hidden after the limit": each n-th article, chosen by the id that all its versions share, as
    /// they share their user criteria.
    fn hidden_from(&self, row: &Record) -> bool {
        let every = self.profile.hide_every;
        let shared = row.get("article_id");
        let id = if shared.is_empty() { row.sys_id() } else { shared };
        every > 0 && u64::from_str_radix(id.get(..8).unwrap_or("0"), 16).unwrap_or(0) % u64::from(every) == 0
    }

    fn reads_target(&self, attachment: &Record) -> bool {
        let table = attachment.get("table_name");
        self.view.get(table, attachment.get("table_sys_id")).is_some_and(|row| self.reads(table, row))
    }

    /// Whether the account may add this row.
    pub(crate) fn inserts(&self, table: &str, row: &Record) -> bool {
        if dictionary::is_computed(table) {
            return false;
        }
        if self.account.is_admin() {
            return true;
        }
        match table {
            "kb_knowledge" => match self.base(row.get("kb_knowledge_base")) {
                Some(base) => self.contributes(base),
                None => self
                    .view
                    .rows("kb_knowledge_base")
                    .any(|base| base.flag("active") && self.contributes(base)),
            },
            "kb_category" => self.edits_categories(row),
            "kb_knowledge_base" => self.account.has("knowledge_admin"),
            _ => self.writes_other(table),
        }
    }

    fn writes_other(&self, table: &str) -> bool {
        let for_itil = matches!(table, "task" | "incident" | "problem" | "change_request");
        let for_knowledge = table.starts_with("kb_uc_") || table == "user_criteria";
        (for_itil && self.account.has("itil")) || (for_knowledge && self.account.has("knowledge_admin"))
    }

    fn edits_categories(&self, category: &Record) -> bool {
        let Some(base) = self.base_of_category(category) else { return self.account.has("knowledge_admin") };
        let Some(base) = self.base(&base) else { return false };
        self.runs(base)
            || (!base.flag("disable_category_editing")
                && !self.profile.disable_category_editing
                && self.contributes(base))
    }

    /// The base a category hangs in, however deep. Chains longer than any real one end.
    pub(crate) fn base_of_category<'r>(&self, category: &'r Record) -> Option<Cow<'r, str>> {
        let mut parent = Cow::Borrowed(category.get("parent_id"));
        let mut table = category.get("parent_table").to_owned();
        for _ in 0..100 {
            if table == "kb_knowledge_base" {
                return Some(parent);
            }
            let above = self.view.get("kb_category", &parent)?;
            above.get("parent_table").clone_into(&mut table);
            parent = Cow::Owned(above.get("parent_id").to_owned());
        }
        None
    }

    /// Whether the account may change a row, leaving versions aside: [`super::knowledge`] asks further.
    pub(crate) fn updates(&self, table: &str, row: &Record) -> bool {
        if dictionary::is_computed(table) {
            return false;
        }
        if self.account.is_admin() {
            return true;
        }
        match table {
            "kb_knowledge" => match self.base(row.get("kb_knowledge_base")) {
                Some(base) => self.contributes(base),
                None => row.get("author") == self.account.sys_id,
            },
            "kb_category" => self.edits_categories(row),
            "kb_knowledge_base" => self.runs(row),
            _ => self.writes_other(table),
        }
    }

    /// Whether the account may remove a row.
    pub(crate) fn deletes(&self, table: &str, row: &Record) -> bool {
        match table {
            _ if dictionary::is_computed(table) => false,
            // Bases cannot be deleted over REST at all (contract §3).
            "kb_knowledge_base" => false,
            "kb_category" => self.deletes_category(row),
            _ if self.account.is_admin() => true,
            "kb_knowledge" => false,
            _ => self.writes_other(table),
        }
    }

    fn deletes_category(&self, row: &Record) -> bool {
        let runs = self
            .base_of_category(row)
            .and_then(|base| self.view.get("kb_knowledge_base", &base))
            .is_some_and(|base| self.runs(base));
        let empty = !self.view.rows("kb_category").any(|child| child.get("parent_id") == row.sys_id())
            && !self.view.rows("kb_knowledge").any(|article| article.get("kb_category") == row.sys_id());
        (runs || self.account.is_admin()) && empty
    }
}
