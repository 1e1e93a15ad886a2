//! What a visitor sees: the instance's own access rules for the signed-in, published articles for everybody.

use crate::sandbox::account::Account;
use crate::sandbox::acl::Acl;
use crate::sandbox::profile::Profile;
use crate::sandbox::record::Record;
use crate::sandbox::store::View;

/// The eyes of one visitor.
pub(super) struct Sight<'a, V: View> {
    view: &'a V,
    acl: Option<Acl<'a, V>>,
}

impl<'a, V: View> Sight<'a, V> {
    /// Those of an account, or of somebody who has not signed in.
    pub(super) fn new(view: &'a V, account: Option<&'a Account>, profile: &'a Profile) -> Self {
        Self { view, acl: account.map(|account| Acl { view, account, profile }) }
    }

    /// Whether the visitor may open this row: readers see published and outdated ones (contract §2.3).
    pub(super) fn opens(&self, article: &Record) -> bool {
        match &self.acl {
            Some(acl) => acl.reads("kb_knowledge", article),
            None => {
                matches!(article.get("workflow_state"), "published" | "outdated")
                    && article.get("can_read_user_criteria").is_empty()
                    && self.base(article).is_none_or(|base| base.flag("active"))
            }
        }
    }

    /// Whether the visitor works on this article, and so sees its record and the tools.
    pub(super) fn works_on(&self, article: &Record) -> bool {
        self.acl.as_ref().is_some_and(|acl| {
            acl.account.is_admin()
                || article.get("author") == acl.account.sys_id
                || self.base(article).is_some_and(|base| acl.contributes(base))
        })
    }

    /// Whether the visitor finds this row in lists and searches: for readers it must be valid today, too
    /// (contract §2.2: a past or empty `valid_to` hides). Older versions are in the history only.
    pub(super) fn lists(&self, article: &Record, today: &str) -> bool {
        let state = article.get("workflow_state");
        if state == "outdated" || !self.opens(article) {
            return false;
        }
        self.works_on(article)
            || (state == "published" && article.flag("active") && article.get("valid_to") >= today)
    }

    /// Whether the visitor may have a file: files of articles follow the article, others are for the signed-in.
    pub(super) fn opens_file(&self, file: &Record) -> bool {
        match &self.acl {
            Some(acl) => acl.reads("sys_attachment", file),
            None => {
                file.get("table_name") == "kb_knowledge"
                    && self
                        .view
                        .get("kb_knowledge", file.get("table_sys_id"))
                        .is_some_and(|row| self.opens(row))
            }
        }
    }

    fn base(&self, article: &Record) -> Option<&'a Record> {
        self.view.get("kb_knowledge_base", article.get("kb_knowledge_base")).map(|row| &**row)
    }
}
