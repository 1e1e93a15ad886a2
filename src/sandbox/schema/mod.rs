//! The tables of the instance: their columns, types, lengths, defaults and references (contract §2–§4, §9).
//!
//! Knows no row.

mod tables;

use std::collections::{BTreeMap, HashMap};

/// What a column holds, and so how it is compared, shown and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// HTML, sanitized on save (contract §6).
    Html,
    /// Wiki text: `null` where it is empty (contract §1.3).
    Wiki,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// `YYYY-MM-DD hh:mm:ss`, UTC.
    DateTime,
    /// `YYYY-MM-DD`.
    Date,
    /// One of the listed values, each with what is shown for it.
    Choice(&'static [(&'static str, &'static str)]),
    /// The sys_id of a row of this table.
    Reference(&'static str),
    /// Comma-joined sys_ids of rows of this table; no link object.
    List(&'static str),
    /// The sys_id of a row of the table that this other column names.
    Document(&'static str),
    /// A sys_id without a link.
    Guid,
    /// Never shown.
    Password,
}

impl Kind {
    /// `internal_type` of the dictionary.
    pub(crate) const fn internal_type(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Html => "html",
            Self::Wiki => "wiki_text",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::DateTime => "glide_date_time",
            Self::Date => "glide_date",
            Self::Choice(_) => "choice",
            Self::Reference(_) => "reference",
            Self::List(_) => "glide_list",
            Self::Document(_) => "document_id",
            Self::Guid => "GUID",
            Self::Password => "password",
        }
    }

    /// The table a reference or list points to.
    pub(crate) const fn refers_to(self) -> Option<&'static str> {
        match self {
            Self::Reference(table) | Self::List(table) => Some(table),
            _ => None,
        }
    }
}

/// Which plugin brings a column (profile switch "kb columns", contract §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Plugin {
    /// Always there.
    Core,
    /// `com.snc.knowledge_advanced`: versions.
    Advanced,
    /// The release Utah, which all in use have behind them (contract §2.2). Recordings of before do not have it: whole
    /// rows without the advanced plugin show such a column only where it is set.
    Utah,
    /// Knowledge internationalization.
    I18n,
    /// Knowledge-centred service.
    Kcs,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Longest value in characters; 0 where it is not limited here.
    pub(crate) length: usize,
    /// What a new row gets where nothing is sent.
    pub(crate) default: &'static str,
    /// What brings it.
    pub(crate) plugin: Plugin,
}

/// A table as the data declares it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableDef {
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// Its label.
    pub(crate) label: &'static str,
    /// The table it extends: its columns are this one's too, its rows are found there too.
    pub(crate) extends: &'static str,
    /// The column shown where a row is referred to.
    pub(crate) display: &'static str,
    /// Prefix of automatic numbers, empty for none.
    pub(crate) number_prefix: &'static str,
    /// Its own columns.
    pub(crate) columns: &'static [Column],
}

/// A table with all of its columns.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// As declared.
    pub(crate) def: TableDef,
    /// All columns, inherited, system and custom ones included, in the order of their names.
    pub(crate) columns: BTreeMap<String, Column>,
    /// This table and all that extend it.
    pub(crate) with_children: Vec<&'static str>,
}

impl Table {
    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        self.def.name
    }

    /// A column by name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
    }
}

/// A column that an administrator added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomColumn {
    /// The table.
    pub(crate) table: String,
    /// `u_…`.
    pub(crate) name: String,
    /// Longest value in characters; 0 where it is not limited.
    pub(crate) length: usize,
    /// Whether it holds `true`/`false` in place of text.
    pub(crate) boolean: bool,
}

/// All tables.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    tables: HashMap<&'static str, Table>,
}

impl Schema {
    /// The tables with the columns that these plugins bring, and these custom ones.
    pub(crate) fn new(plugins: &[Plugin], custom: &[CustomColumn]) -> Self {
        let mut built = HashMap::new();
        for def in tables::TABLES {
            let mut columns = BTreeMap::new();
            let mut chain = vec![def];
            while let Some(parent) =
                tables::TABLES.iter().find(|table| table.name == chain[chain.len() - 1].extends)
            {
                chain.push(parent);
            }
            for column in chain.iter().rev().flat_map(|table| table.columns).chain(tables::SYSTEM) {
                let plugin = match column.plugin {
                    Plugin::Utah if plugins.contains(&Plugin::Advanced) => Plugin::Advanced,
                    plugin => plugin,
                };
                if matches!(plugin, Plugin::Core | Plugin::Utah) || plugins.contains(&plugin) {
                    columns.insert(column.name.to_owned(), Column { plugin, ..*column });
                }
            }
            for column in custom.iter().filter(|column| chain.iter().any(|table| table.name == column.table))
            {
                let kind = if column.boolean { Kind::Boolean } else { Kind::Text };
                let made =
                    Column { name: "u_", kind, length: column.length, default: "", plugin: Plugin::Core };
                columns.entry(column.name.clone()).or_insert(made);
            }
            let table = Table { def: *def, columns, with_children: Vec::new() };
            built.insert(def.name, table);
        }
        let mut schema = Self { tables: built };
        schema.link_children();
        schema
    }

    fn link_children(&mut self) {
        let names: Vec<&'static str> = tables::TABLES.iter().map(|table| table.name).collect();
        for name in names {
            let mut children = vec![name];
            let mut at = 0;
            while at < children.len() {
                let parent = children[at];
                children.extend(
                    tables::TABLES.iter().filter(|table| table.extends == parent).map(|table| table.name),
                );
                at += 1;
            }
            if let Some(table) = self.tables.get_mut(name) {
                table.with_children = children;
            }
        }
    }

    /// A table by name.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// All tables, by name.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        tables::TABLES.iter().filter_map(|def| self.tables.get(def.name))
    }
}
