//! Look-ups of single things: an article by what its stamp names, people by their names, children of a category.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ApiError;
use super::paging::table;
use super::query::{Query, is_plain};
use super::reader::Reader;
use super::records::{Category, IndexRow, Record};
use super::wire;
use crate::ids::{Project, SysId};

/// Numbers in one search of bodies.
const NAMED_AT_ONCE: usize = 20;

/// Categories named at once, twice in one query.
const PLACES_AT_ONCE: usize = 20;

/// Tables whose records documents name as people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceTable {
    /// `sys_user`, by user name, e-mail or name.
    User,
    /// `sys_user_group`, by name.
    Group,
    /// `user_criteria`, by name.
    UserCriteria,
}

impl ReferenceTable {
    const fn table(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::User => ("sys_user", &["user_name", "email", "name"]),
            Self::Group => ("sys_user_group", &["name"]),
            Self::UserCriteria => ("user_criteria", &["name"]),
        }
    }
}

/// Articles of a base, made by this user where there is one.
fn made_in(base: SysId, user: &str) -> Query {
    let query = Query::new().and("kb_knowledge_base", "=", &base.to_string());
    if user.is_empty() { query } else { query.and("sys_created_by", "=", user) }
}

/// Whether a row is what [`made_in`] asks for.
fn is_made_in(row: &Record, base: SysId, user: &str) -> bool {
    let by_user = user.is_empty() || row.get("sys_created_by").eq_ignore_ascii_case(user);
    row.get("kb_knowledge_base") == base.to_string() && by_user
}

impl Reader {
    /// The rows with this sys_id or this identity in their stamp, in one request: what a POST without an answer
    /// may have left (protocol §6).
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn rows_by_identity(
        &self,
        stamp_field: &str,
        project: &Project,
        identity: SysId,
        sys_id: SysId,
    ) -> Result<Vec<IndexRow>, ApiError> {
        let stamp = format!("kb-publish-1/{project}/{identity}");
        let query =
            Query::new().and("sys_id", "=", &sys_id.to_string()).or(stamp_field, "STARTSWITH", &stamp);
        let fields = super::reader::row_fields(stamp_field);
        let rows = self.http().all("kb_knowledge", &query, &fields).await?;
        let mut rows: Vec<IndexRow> =
            rows.iter().filter_map(|row| wire::index_row(row, stamp_field)).collect();
        rows.retain(|row| row.sys_id == sys_id || row.stamp.starts_with(&stamp));
        Ok(rows)
    }

    /// The names of the active roles that the account sees of its own; those of accounts without `admin` are often
    /// hidden.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn roles(&self, user: SysId) -> Result<BTreeSet<String>, ApiError> {
        let own = user.to_string();
        let query = Query::new().and("user", "=", &own).and("state", "=", "active").order_by("sys_id");
        let call = table("sys_user_has_role", query, "user,role.name,state", 500, 0);
        let rows = self.http().send(&call, wire::rows).await?;
        let rows = rows.iter().filter(|row| !row.has("user") || row.get("user") == own);
        Ok(rows.map(|row| row.get("role.name").to_owned()).filter(|role| !role.is_empty()).collect())
    }

    /// Which of these role names the instance does not know. None, where it does not show its roles to the account: the
    /// role `admin`, which is on every instance, tells.
    ///
    /// # Errors
    /// As [`ApiError`], where the instance is gone.
    pub async fn unknown_roles(&self, names: &BTreeSet<String>) -> Result<BTreeSet<String>, ApiError> {
        let asked: Vec<&str> = names.iter().map(String::as_str).filter(|name| is_plain(name)).collect();
        let mut known = BTreeSet::from(["public".to_owned()]);
        for chunk in asked.chunks(NAMED_AT_ONCE) {
            let query =
                Query::new().and("name", "IN", &format!("{},admin", chunk.join(","))).order_by("sys_id");
            let call = table("sys_user_role", query, "name", NAMED_AT_ONCE * 2, 0);
            let rows = match self.http().send(&call, wire::rows).await {
                Ok(rows) => rows,
                Err(error) if error.ends_the_run() => return Err(error),
                Err(_) => return Ok(BTreeSet::new()),
            };
            let shown: BTreeSet<String> = rows.iter().map(|row| row.get("name").to_lowercase()).collect();
            if !shown.contains("admin") {
                return Ok(BTreeSet::new());
            }
            known.extend(shown);
        }
        let unknown = asked.into_iter().filter(|name| !known.contains(&name.to_lowercase()));
        Ok(unknown.map(str::to_owned).collect())
    }

    /// Those of these system properties that the account may read, and their values.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn properties(&self, names: &[&str]) -> Result<BTreeMap<String, String>, ApiError> {
        let query = Query::new().and("name", "IN", &names.join(",")).order_by("sys_id");
        let rows =
            self.http().send(&table("sys_properties", query, "name,value", 100, 0), wire::rows).await?;
        let rows = rows.iter().filter(|row| names.contains(&row.get("name")));
        Ok(rows.map(|row| (row.get("name").to_owned(), row.get("value").trim().to_owned())).collect())
    }

    /// The rows with this number that are not outdated: numbers are not unique (contract §2.2).
    ///
    /// # Errors
    /// As [`ApiError`]; a text that is no number matches nothing and is not asked for.
    pub async fn rows_by_number(&self, stamp_field: &str, number: &str) -> Result<Vec<IndexRow>, ApiError> {
        if !is_plain(number) {
            return Ok(Vec::new());
        }
        let query = Query::new().and("number", "=", number).and("workflow_state", "!=", "outdated");
        let rows = self.http().all("kb_knowledge", &query, &super::reader::row_fields(stamp_field)).await?;
        let rows = rows.iter().filter_map(|row| wire::index_row(row, stamp_field));
        Ok(rows
            .filter(|row| row.number.eq_ignore_ascii_case(number) && row.workflow_state != "outdated")
            .collect())
    }

    /// All rows of a base that are not outdated.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn rows_of_base(&self, stamp_field: &str, base: SysId) -> Result<Vec<IndexRow>, ApiError> {
        let query = Query::new().and("kb_knowledge_base", "=", &base.to_string()).and(
            "workflow_state",
            "!=",
            "outdated",
        );
        let rows = self.http().all("kb_knowledge", &query, &super::reader::row_fields(stamp_field)).await?;
        let rows = rows.iter().filter_map(|row| wire::index_row(row, stamp_field));
        Ok(rows
            .filter(|row| row.kb_knowledge_base == Some(base) && row.workflow_state != "outdated")
            .collect())
    }

    /// The newest rows of a base that this user made, at most `limit`, and whether they show the stamp column at all;
    /// an empty user name stands for everybody. No condition names that column: it may not exist. None, where this
    /// account may not ask who made what (contract §1.4).
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn newest_rows_of(
        &self,
        stamp_field: &str,
        base: SysId,
        user: &str,
        limit: usize,
    ) -> Result<(Vec<IndexRow>, bool), ApiError> {
        let query = made_in(base, user).newest_first("sys_created_on");
        let fields = format!("sys_created_by,{}", super::reader::row_fields(stamp_field));
        let call = table("kb_knowledge", query, &fields, limit, 0);
        let mut rows = match self.http().send(&call, wire::rows).await {
            Ok(rows) => rows,
            Err(ApiError::Forbidden(refusal)) if refusal.message.mentions("rights to query") => Vec::new(),
            Err(error) => return Err(error),
        };
        rows.retain(|row| is_made_in(row, base, user));
        let shown = rows.iter().all(|row| row.has(stamp_field));
        Ok((rows.iter().filter_map(|row| wire::index_row(row, stamp_field)).collect(), shown))
    }

    /// The rows of a base that this user made, that are neither outdated nor retired and whose stamp column does not
    /// hold a stamp of the project; an empty user name stands for everybody.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn unstamped_rows(
        &self,
        stamp_field: &str,
        project: &Project,
        base: SysId,
        user: &str,
    ) -> Result<Vec<IndexRow>, ApiError> {
        let prefix = format!("kb-publish-1/{project}/");
        let query = made_in(base, user)
            .and("workflow_state", "!=", "outdated")
            .and("workflow_state", "!=", "retired")
            .and(stamp_field, "ISEMPTY", "")
            .or(stamp_field, "NOT LIKE", &prefix);
        let fields = format!("sys_created_by,{}", super::reader::row_fields(stamp_field));
        let rows = self.http().all("kb_knowledge", &query, &fields).await?;
        let own = rows.iter().filter(|row| is_made_in(row, base, user));
        Ok(own
            .filter_map(|row| wire::index_row(row, stamp_field))
            .filter(|row| !row.stamp.starts_with(&prefix))
            .filter(|row| !matches!(row.workflow_state.as_str(), "outdated" | "retired"))
            .collect())
    }

    /// Articles whose body holds one of these numbers, with their bodies; those that are outdated or retired apart.
    ///
    /// # Errors
    /// As [`ApiError`]; a text that is no number is not asked for.
    pub async fn articles_that_name(
        &self,
        numbers: &[&str],
        stamp_field: &str,
    ) -> Result<Vec<Record>, ApiError> {
        let fields = format!("sys_id,number,short_description,workflow_state,text,{stamp_field}");
        let plain: Vec<&str> = numbers.iter().copied().filter(|number| is_plain(number)).collect();
        let mut found: BTreeMap<SysId, Record> = BTreeMap::new();
        for chunk in plain.chunks(NAMED_AT_ONCE) {
            let mut query = Query::new().and("text", "LIKE", chunk[0]);
            for number in &chunk[1..] {
                query = query.or("text", "LIKE", number);
            }
            let query = query.and("workflow_state", "!=", "outdated").and("workflow_state", "!=", "retired");
            for row in self.http().all("kb_knowledge", &query, &fields).await? {
                let holds = chunk.iter().any(|number| row.get("text").contains(number));
                let state = row.get("workflow_state");
                if let Some(id) = row.sys_id().filter(|_| holds && !matches!(state, "outdated" | "retired")) {
                    found.insert(id, row);
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// Whether a category holds no article that could be read, and no category.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn is_empty_category(&self, category: SysId) -> Result<bool, ApiError> {
        let query = Query::new()
            .and("kb_category", "=", &category.to_string())
            .and("workflow_state", "!=", "outdated")
            .and("workflow_state", "!=", "retired");
        let call = table("kb_knowledge", query.order_by("sys_id"), "sys_id,kb_category", 1, 0);
        // Rows that this account may not see count as well.
        let held = |answer: &super::http::Answer| {
            Ok(answer.number("x-total-count").unwrap_or_default().max(wire::rows(answer)?.len()))
        };
        if self.http().send(&call, held).await? > 0 {
            return Ok(false);
        }
        Ok(self.subcategories(category).await?.is_empty())
    }

    /// What the newest write of this user to the row replaced in title and body, and who had written that: the audit
    /// trail, where the instance keeps one and shows it to this account; else `None`.
    ///
    /// # Errors
    /// As [`ApiError`], where the instance is gone.
    pub async fn overwritten_texts(
        &self,
        row: SysId,
        user: &str,
    ) -> Result<Option<(Record, Option<String>)>, ApiError> {
        let query = Query::new().and("documentkey", "=", &row.to_string()).newest_first("sys_created_on");
        let fields = "documentkey,fieldname,oldvalue,newvalue,user,record_checkpoint,sys_created_on";
        let mut rows = match self.http().send(&table("sys_audit", query, fields, 40, 0), wire::rows).await {
            Ok(rows) => rows,
            Err(error) if error.ends_the_run() => return Err(error),
            Err(_) => return Ok(None),
        };
        // Several writes within a second: the checkpoint tells which came last.
        rows.sort_by_key(|one| {
            std::cmp::Reverse(one.get("record_checkpoint").parse::<u64>().unwrap_or_default())
        });
        let (mut lost, mut by) = (Record::default(), None);
        for column in ["short_description", "text"] {
            let own = row.to_string();
            let mut trail =
                rows.iter().filter(|one| one.get("documentkey") == own && one.get("fieldname") == column);
            // Ours comes first; what it replaced counts where somebody else's is right behind it.
            let Some(ours) = trail.next().filter(|one| one.get("user") == user) else { continue };
            let Some(theirs) = trail.next().filter(|one| one.get("user") != user) else { continue };
            if theirs.get("newvalue") == ours.get("oldvalue") {
                lost.0.insert(column.to_owned(), ours.get("oldvalue").to_owned());
                by = Some(theirs.get("user").to_owned());
            }
        }
        Ok((!lost.0.is_empty()).then_some((lost, by)))
    }

    /// The records that a name stands for; a sys_id stands for itself where it is there.
    ///
    /// # Errors
    /// As [`ApiError`]. A name that could not stand in a query (contract §1.4) matches nothing.
    pub async fn references(&self, reference: ReferenceTable, name: &str) -> Result<Vec<SysId>, ApiError> {
        let (table_name, columns) = reference.table();
        if let Ok(id) = SysId::parse(name) {
            let query = Query::new().and("sys_id", "=", name).order_by("sys_id");
            let rows = self.http().send(&table(table_name, query, "sys_id", 2, 0), wire::rows).await?;
            return Ok(rows.iter().filter_map(super::Record::sys_id).filter(|found| *found == id).collect());
        }
        if name.contains('^') || name.starts_with("javascript:") || name.chars().any(char::is_control) {
            return Ok(Vec::new());
        }
        let mut query = Query::new().and(columns[0], "=", name);
        for column in &columns[1..] {
            query = query.or(column, "=", name);
        }
        let fields = format!("sys_id,{}", columns.join(","));
        let rows = self
            .http()
            .send(&table(table_name, query.order_by("sys_id"), &fields, 10, 0), wire::rows)
            .await?;
        // The first column that holds the name decides: a person's name may be another's user name.
        for column in columns {
            let found: Vec<SysId> = rows
                .iter()
                .filter(|row| row.get(column).eq_ignore_ascii_case(name))
                .filter_map(super::Record::sys_id)
                .collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// These categories and those right below them, inactive ones too; bases may stand among them.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn categories_at(&self, places: &[SysId]) -> Result<Vec<Category>, ApiError> {
        let mut places = places.to_vec();
        places.sort_unstable();
        places.dedup();
        let mut found = Vec::new();
        for chunk in places.chunks(PLACES_AT_ONCE) {
            let query = Query::new().and_in("parent_id", chunk).or_in("sys_id", chunk);
            let rows =
                self.http().all("kb_category", &query, "sys_id,label,parent_id,parent_table,active").await?;
            let asked =
                |category: &Category| chunk.contains(&category.sys_id) || chunk.contains(&category.parent_id);
            found.extend(rows.iter().filter_map(wire::category).filter(asked));
        }
        Ok(found)
    }

    /// The active categories right below a base or a category.
    ///
    /// # Errors
    /// As [`ApiError`].
    pub async fn subcategories(&self, parent: SysId) -> Result<Vec<Category>, ApiError> {
        let query = Query::new().and("parent_id", "=", &parent.to_string()).and("active", "=", "true");
        let rows =
            self.http().all("kb_category", &query, "sys_id,label,parent_id,parent_table,active").await?;
        let below = |category: &Category| category.active && category.parent_id == parent;
        Ok(rows.iter().filter_map(wire::category).filter(below).collect())
    }
}
