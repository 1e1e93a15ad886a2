//! Rows as the platform writes them: defaults, system columns, numbers, rules, access (contract §1.5, §1.7, §2–§3).
//!
//! Every write passes here, whoever asks: the Table API, a page, or [`super::control`]'s acts of a person.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use http::StatusCode;
use jiff::tz::TimeZone;

use super::account::Account;
use super::acl::Acl;
use super::app::App;
use super::profile::{ClientSysId, ColumnRule, OverLong, Profile};
use super::query::Context;
use super::record::{Record, Value, new_sys_id};
use super::refusal::Refusal;
use super::schema::{Column, Kind, Schema, Table};
use super::store::{View, Writer};
use super::{attachments, knowledge};

/// The first number of a series (contract §2.2): `KB0010001`.
const FIRST_NUMBER: u64 = 10_001;

/// A row and the table it lies in, which may extend the one that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The class table.
    pub(crate) table: &'static str,
    /// The row.
    pub(crate) record: Arc<Record>,
}

/// What a write is given: column and value as text.
pub(crate) type Values = BTreeMap<String, String>;

/// What every write has at hand.
pub(crate) struct Change<'a> {
    /// The instance.
    pub(crate) app: &'a App,
    /// Who writes.
    pub(crate) account: &'a Account,
    /// The switches.
    pub(crate) profile: Arc<Profile>,
    /// The tables.
    pub(crate) schema: Arc<Schema>,
    /// Whether values are display values (`sysparm_input_display_value`).
    pub(crate) display_input: bool,
    /// Whether the caller says who created and changed a row, and when (`sysparm_suppress_auto_sys_field`).
    pub(crate) own_stamps: bool,
    zone: OnceLock<TimeZone>,
    /// Whether the platform itself acts (publishing by a workflow, a checkout): access and versions are not asked.
    pub(crate) internal: bool,
}

impl<'a> Change<'a> {
    /// A write of stored values by an account.
    pub(crate) fn new(app: &'a App, account: &'a Account) -> Self {
        Self {
            app,
            account,
            profile: app.profile(),
            schema: app.schema(),
            display_input: false,
            own_stamps: false,
            zone: OnceLock::new(),
            internal: false,
        }
    }

    /// The same write by the platform itself, which no rule of access or versions stops.
    pub(crate) fn by_platform(&self) -> Self {
        Self { internal: true, ..Self::new(self.app, self.account) }
    }

    /// The account's time zone.
    pub(crate) fn zone(&self, view: &impl View) -> &TimeZone {
        self.zone
            .get_or_init(|| super::zone::of(view.get("sys_user", &self.account.sys_id).map(|row| &**row)))
    }

    /// A table by name.
    ///
    /// # Errors
    /// 400 where there is none.
    pub(crate) fn table(&self, name: &str) -> Result<&Table, Refusal> {
        self.schema.table(name).ok_or_else(|| Refusal::invalid_table(name))
    }

    /// The access rules over these rows.
    pub(crate) fn acl<'v, V: View>(&'v self, view: &'v V) -> Acl<'v, V> {
        Acl { view, account: self.account, profile: &self.profile }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// As the platform refuses.
    pub(crate) fn insert(&self, table: &str, values: &Values) -> Result<Row, Refusal> {
        let values = self.cleaned(table, values)?;
        let mut writer = self.app.store.write()?;
        let row = self.insert_in(&mut writer, table, &values)?;
        writer.commit()?;
        Ok(row)
    }

    /// HTML columns go through the sanitizer before the rows are locked: it is the slow part of a write.
    fn cleaned<'v>(&self, table: &str, values: &'v Values) -> Result<Cow<'v, Values>, Refusal> {
        let Some(table) = self.schema.table(table) else { return Ok(Cow::Borrowed(values)) };
        let mut cleaned = Cow::Borrowed(values);
        for (name, value) in values {
            if table.column(name).is_some_and(|column| column.kind == Kind::Html) {
                if super::sanitize::is_too_deep(value) {
                    return Err(Refusal::cancelled());
                }
                cleaned.to_mut().insert(name.clone(), self.profile.clean(value));
            }
        }
        Ok(cleaned)
    }

    /// Adds a row inside a transaction.
    ///
    /// # Errors
    /// As the platform refuses.
    pub(crate) fn insert_in(
        &self,
        writer: &mut Writer<'_>,
        table: &str,
        values: &Values,
    ) -> Result<Row, Refusal> {
        let table = self.table(table)?;
        let name = table.name();
        let mut record = Record::default();
        for (column, def) in &table.columns {
            record.set(column, def.default);
        }
        self.set_sys_id(&mut record, values)?;
        if Self::find(writer, table, record.sys_id()).is_some() {
            return Err(Refusal::duplicate_id(name));
        }
        self.assign(writer, table, &mut record, values, &[])?;
        self.set_created(table, &mut record, values);
        if !table.def.number_prefix.is_empty() && record.get("number").is_empty() {
            let number = writer.next_number(table.def.number_prefix, FIRST_NUMBER)?;
            record.set("number", &format!("{}{number:07}", table.def.number_prefix));
        }
        knowledge::before_insert(self, writer, name, &mut record, values)?;
        if !self.internal && !self.acl(writer).inserts(name, &record) {
            return Err(Refusal::acl("Insert"));
        }
        self.run_rules(writer, table, &record, "action_insert")?;
        let record = writer.put(name, record)?;
        let record = knowledge::after_insert(self, writer, name, record)?;
        Ok(Row { table: name, record })
    }

    fn set_sys_id(&self, record: &mut Record, values: &Values) -> Result<(), Refusal> {
        let wanted = values.get("sys_id").map_or("", String::as_str);
        let honoured = self.account.is_admin() || self.profile.client_sys_id == ClientSysId::Honoured;
        if !wanted.is_empty() && !honoured && self.profile.client_sys_id == ClientSysId::AdminOnly403 {
            return Err(Refusal::acl("Insert"));
        }
        let fits = wanted.len() == 32 && wanted.bytes().all(|b| b.is_ascii_hexdigit());
        if fits && honoured {
            record.set("sys_id", wanted);
        } else {
            record.set("sys_id", &new_sys_id());
        }
        Ok(())
    }

    fn set_created(&self, table: &Table, record: &mut Record, values: &Values) {
        let now = self.app.now_text();
        for (column, value) in [
            ("sys_created_on", now.as_str()),
            ("sys_updated_on", now.as_str()),
            ("sys_created_by", self.account.user_name.as_str()),
            ("sys_updated_by", self.account.user_name.as_str()),
        ] {
            record.set(column, self.sent_stamp(values, column).unwrap_or(value));
        }
        record.set("sys_mod_count", "0");
        if table.column("sys_class_name").is_some() {
            record.set("sys_class_name", table.name());
        }
    }

    /// Whoever may write a row may say who wrote it and when, when asked to keep it so and unless the instance is
    /// hardened (contract §1.7).
    fn sent_stamp<'v>(&self, values: &'v Values, column: &str) -> Option<&'v str> {
        let may = self.account.is_admin() || self.profile.client_sys_id == ClientSysId::Honoured;
        let sent = values.get(column).filter(|sent| self.own_stamps && may && !sent.is_empty());
        sent.map(String::as_str)
    }

    /// Changes a row; a change that changes nothing leaves it alone (contract §1.5).
    ///
    /// # Errors
    /// As the platform refuses.
    pub(crate) fn update(&self, table: &str, sys_id: &str, values: &Values) -> Result<Row, Refusal> {
        let values = self.cleaned(table, values)?;
        let mut writer = self.app.store.write()?;
        let row = self.update_in(&mut writer, table, sys_id, &values)?;
        writer.commit()?;
        Ok(row)
    }

    /// Changes a row inside a transaction.
    ///
    /// # Errors
    /// As the platform refuses.
    pub(crate) fn update_in(
        &self,
        writer: &mut Writer<'_>,
        table: &str,
        sys_id: &str,
        values: &Values,
    ) -> Result<Row, Refusal> {
        let asked = self.table(table)?;
        let Some((name, before)) = Self::find(writer, asked, sys_id) else {
            return Err(Refusal::no_record());
        };
        let table = self.table(name)?;
        if !self.internal {
            if !self.acl(writer).reads(name, &before) {
                return Err(Refusal::no_record());
            }
            if !self.acl(writer).updates(name, &before) {
                return Err(Refusal::acl("Update"));
            }
        }
        let locked = knowledge::locked_columns(self, writer, name, &before, values)?;
        let mut record = (*before).clone();
        self.assign(writer, table, &mut record, values, &locked)?;
        knowledge::before_update(self, writer, name, &before, &mut record)?;
        if !Self::differs(writer, name, &before, &record) {
            return Ok(Row { table: name, record: before });
        }
        self.run_rules(writer, table, &record, "action_update")?;
        let step = 1 + self.further_counts(writer, name, &before, &record);
        record.set("sys_mod_count", &(before.number("sys_mod_count") + step).to_string());
        let (now, who) = (self.app.now_text(), self.account.user_name.as_str());
        record.set("sys_updated_on", self.sent_stamp(values, "sys_updated_on").unwrap_or(&now));
        record.set("sys_updated_by", self.sent_stamp(values, "sys_updated_by").unwrap_or(who));
        knowledge::audit(self, writer, name, &before, &record)?;
        let record = writer.put(name, record)?;
        let record = knowledge::after_update(self, writer, name, &before, record)?;
        Ok(Row { table: name, record })
    }

    /// What rules add to the count of a write: the switches `count_twice` and `extra_counts`.
    fn further_counts(&self, view: &impl View, table: &str, before: &Record, after: &Record) -> u64 {
        if self.internal {
            return 0;
        }
        let changes = |column: &str| match (before.value(column), after.value(column)) {
            (Some(Value::Long), Some(Value::Text(text))) => view.text(table, before, column) != **text,
            (before, after) => before != after,
        };
        let of_columns = self.profile.extra_counts.iter().filter_map(|(path, times)| {
            let (named, column) = path.split_once('.')?;
            (named == table && changes(column)).then_some(u64::from(*times))
        });
        u64::from(self.profile.count_twice) + of_columns.sum::<u64>()
    }

    /// A row that keeps its long texts in the file still says so; one that got a text of its own is compared with it.
    fn differs(view: &impl View, table: &str, before: &Record, after: &Record) -> bool {
        if before == after {
            return false;
        }
        let mut names: Vec<&Arc<str>> =
            before.columns().chain(after.columns()).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().any(|name| match (before.value(name), after.value(name)) {
            (Some(Value::Long), Some(Value::Text(text))) => view.text(table, before, name) != **text,
            (a, b) => a != b,
        })
    }

    /// Removes a row and its attachments.
    ///
    /// # Errors
    /// As the platform refuses.
    pub(crate) fn delete(&self, table: &str, sys_id: &str) -> Result<(), Refusal> {
        let mut writer = self.app.store.write()?;
        let asked = self.table(table)?;
        let Some((name, row)) = Self::find(&writer, asked, sys_id) else { return Err(Refusal::no_record()) };
        if name == "sys_attachment" {
            attachments::delete_in(self, &mut writer, sys_id)?;
            return Ok(writer.commit()?);
        }
        let acl = self.acl(&writer);
        if !acl.reads(name, &row) {
            return Err(Refusal::no_record());
        }
        if !acl.deletes(name, &row) {
            return Err(Refusal::acl("Delete"));
        }
        attachments::delete_all(&mut writer, sys_id)?;
        writer.delete(name, sys_id)?;
        Ok(writer.commit()?)
    }

    /// Business rules (`sys_script`) that abort a write whose row fits their filter. Their scripts are not run.
    fn run_rules(
        &self,
        view: &impl View,
        table: &Table,
        record: &Record,
        action: &str,
    ) -> Result<(), Refusal> {
        for rule in view.rows("sys_script") {
            let due = rule.flag("active")
                && rule.flag("abort_action")
                && rule.flag(action)
                && rule.get("collection") == table.name();
            if !due {
                continue;
            }
            let filter = super::query::parse(&view.text("sys_script", rule, "filter_condition"));
            if self.context(view, table).ready(&filter).matches(table.name(), record) {
                return Err(Refusal::aborted(table.name(), rule.get("name"), rule.sys_id()));
            }
        }
        Ok(())
    }

    /// A row of a table or of one that extends it.
    pub(crate) fn find(view: &impl View, table: &Table, sys_id: &str) -> Option<(&'static str, Arc<Record>)> {
        super::query::find(view, table, sys_id).map(|(name, row)| (name, Arc::clone(row)))
    }

    /// Writes the sent columns that exist, are not the system's and are not `locked`; the others are dropped
    /// without a word (contract §1.5).
    fn assign(
        &self,
        view: &impl View,
        table: &Table,
        record: &mut Record,
        values: &Values,
        locked: &[String],
    ) -> Result<(), Refusal> {
        for (name, value) in values {
            let Some(column) = table.column(name) else { continue };
            let system = name.starts_with("sys_") && !matches!(name.as_str(), "sys_tags" | "sys_view_count");
            if system || locked.contains(name) || self.is_protected(table, name) {
                continue;
            }
            let rule = self.column_rule(table, name);
            if rule == Some(ColumnRule::Refused) {
                return Err(Refusal::acl("Update"));
            }
            let value = self.stored(view, table, column, name, value)?;
            record.set(name, &rule.map_or_else(|| value.clone(), |rule| rule.written(&value)));
        }
        let published = record.get("workflow_state") == "published";
        let emptied = table
            .columns
            .keys()
            .filter(|name| self.column_rule(table, name).is_some_and(|rule| rule.empties(published)));
        emptied.for_each(|name| record.set(name, ""));
        Ok(())
    }

    /// The switch "column rules" for what anybody but the sandbox itself writes.
    fn column_rule(&self, table: &Table, column: &str) -> Option<ColumnRule> {
        let rules = &self.profile.column_rules;
        (!self.internal && !rules.is_empty())
            .then(|| rules.get(&format!("{}.{column}", table.name())).copied())
            .flatten()
    }

    fn is_protected(&self, table: &Table, column: &str) -> bool {
        !self.internal
            && !self.account.is_admin()
            && self.profile.protected_columns.iter().any(|protected| {
                protected.split_once('.').is_some_and(|(of, name)| of == table.name() && name == column)
            })
    }

    /// A sent value as it is stored.
    fn stored(
        &self,
        view: &impl View,
        table: &Table,
        column: &Column,
        name: &str,
        value: &str,
    ) -> Result<String, Refusal> {
        let value = if self.display_input { self.undisplayed(view, column, value) } else { value.to_owned() };
        let value = match column.kind {
            Kind::Boolean => match value.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => "true".to_owned(),
                _ => "false".to_owned(),
            },
            Kind::Integer => match value.trim().parse::<i64>() {
                Ok(number) => number.to_string(),
                Err(_) => String::new(),
            },
            Kind::Date => value.split([' ', 'T']).next().unwrap_or_default().to_owned(),
            _ => value,
        };
        self.cut(table, column, name, value)
    }

    /// The switch "over-long string", and a column that a switch cuts shorter than the dictionary says.
    fn cut(&self, table: &Table, column: &Column, name: &str, value: String) -> Result<String, Refusal> {
        let own = self.profile.column_limits.get(&format!("{}.{name}", table.name())).copied();
        let limit = own.unwrap_or(column.length);
        if limit == 0 || value.len() <= limit || matches!(column.kind, Kind::Password) {
            return Ok(value);
        }
        match self.profile.over_long {
            OverLong::Keep if own.is_none() => Ok(value),
            OverLong::Keep | OverLong::Truncate => Ok(value.chars().take(limit).collect()),
            OverLong::Error403 if value.chars().count() > limit => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "Operation Failed",
                format!(
                    "Data too long for column '{name}' of table '{}': {limit} characters at most",
                    table.name()
                ),
            )),
            OverLong::Error403 => Ok(value),
        }
    }

    fn undisplayed(&self, view: &impl View, column: &Column, value: &str) -> String {
        match column.kind {
            Kind::Choice(choices) => choices
                .iter()
                .find(|(stored, label)| label.eq_ignore_ascii_case(value) || *stored == value)
                .map_or_else(|| value.to_owned(), |(stored, _)| (*stored).to_owned()),
            Kind::DateTime => super::zone::stored(value, self.zone(view)),
            Kind::Reference(to) => self.by_display(view, to, value),
            Kind::List(to) => value
                .split(',')
                .map(|one| self.by_display(view, to, one.trim()))
                .filter(|id| !id.is_empty())
                .collect::<Vec<_>>()
                .join(","),
            _ => value.to_owned(),
        }
    }

    /// What a filter's value means: a label or a display value stands for the stored one.
    pub(crate) fn meant(&self, view: &impl View, column: &Column, value: &str) -> String {
        let known = |stored: String| if stored.is_empty() { value.to_owned() } else { stored };
        match column.kind {
            Kind::Choice(_) => self.undisplayed(view, column, value),
            Kind::Reference(to) => known(self.by_display(view, to, value)),
            _ => value.to_owned(),
        }
    }

    /// The row with this display value; an id stays, an unknown name is dropped (contract §1.5).
    fn by_display(&self, view: &impl View, table: &str, value: &str) -> String {
        let Some(table) = self.schema.table(table) else { return String::new() };
        if value.is_empty() || super::query::find(view, table, value).is_some() {
            return value.to_owned();
        }
        table
            .with_children
            .iter()
            .flat_map(|name| view.rows(name))
            .find(|row| row.get(table.def.display) == value)
            .map_or_else(String::new, |row| row.sys_id().to_owned())
    }

    /// What a query over a table is asked with.
    pub(crate) fn context<'v, V: View>(&'v self, view: &'v V, table: &'v Table) -> Context<'v, V> {
        Context {
            view,
            schema: &self.schema,
            table,
            unknown_empties: self.profile.unknown_query_field_empties(),
        }
    }
}
