//! Encoded queries (contract §1.4): read once, then asked of many rows.

mod eval;
mod parse;
mod resolve;

pub(crate) use eval::{Context, find, sort};
pub(crate) use parse::parse;
pub(crate) use resolve::resolve;

/// A whole query: its groups are joined by `^NQ`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// A row matches when one group does; no group matches every row.
    pub(crate) groups: Vec<Group>,
    /// `ORDERBY…`, first one first.
    pub(crate) order: Vec<Order>,
}

/// Alternatives joined by `^`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// All must hold.
    pub(crate) all: Vec<Alternatives>,
    /// All must hold, too.
    pub(crate) related: Vec<Related>,
}

/// `JOIN` and `RLQUERY`: how many rows of another table belong to this row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Related {
    /// The other table.
    pub(crate) table: String,
    /// Its column that names this row.
    pub(crate) column: String,
    /// This row's column that it names.
    pub(crate) own: String,
    /// How their count is compared.
    pub(crate) operator: Operator,
    /// With what.
    pub(crate) count: usize,
    /// Which of them count.
    pub(crate) query: Query,
}

/// Conditions joined by `^OR`: one must hold.
pub(crate) type Alternatives = Vec<Condition>;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// A column, dot-walked or not; empty for a full-text search.
    pub(crate) path: String,
    /// How it is compared.
    pub(crate) operator: Operator,
    /// With what, as written.
    pub(crate) value: String,
    /// The same in lower case, for comparisons that do not tell case.
    pub(crate) folded: String,
    /// The parts of a list or of two bounds, in lower case.
    pub(crate) parts: Vec<String>,
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `BETWEENx@y`
    Between,
    /// `STARTSWITH`
    StartsWith,
    /// `ENDSWITH`
    EndsWith,
    /// `LIKE`, `CONTAINS`
    Like,
    /// `NOT LIKE`
    NotLike,
    /// `IN`
    In,
    /// `NOT IN`
    NotIn,
    /// `ISEMPTY`, `EMPTYSTRING`
    Empty,
    /// `ISNOTEMPTY`
    NotEmpty,
    /// `ANYTHING`
    Anything,
    /// `SAMEAS` another column
    SameAs,
    /// `NSAMEAS` another column
    NotSameAs,
    /// `INSTANCEOF` a table
    InstanceOf,
    /// `DYNAMIC<id>`: a filter option that no sandbox has; nothing matches
    Dynamic,
    /// `123TEXTQUERY321=`
    FullText,
}

/// One `ORDERBY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// A column, dot-walked or not.
    pub(crate) path: String,
    /// `ORDERBYDESC`.
    pub(crate) descending: bool,
}

impl Query {
    /// Every column path that is named, sorting included.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        let conditions = self.groups.iter().flat_map(|group| group.all.iter().flatten());
        conditions
            .map(|condition| condition.path.as_str())
            .chain(self.order.iter().map(|order| order.path.as_str()))
            .filter(|path| !path.is_empty())
    }

    /// The largest `sys_id` below which no row can match: from a `sys_id>…` that always must hold.
    pub(crate) fn after(&self) -> &str {
        let [group] = self.groups.as_slice() else { return "" };
        group
            .all
            .iter()
            .filter_map(|any| match any.as_slice() {
                [only] if only.path == "sys_id" && only.operator == Operator::Greater => {
                    Some(only.value.as_str())
                }
                _ => None,
            })
            .max()
            .unwrap_or("")
    }

    /// The only `sys_id`s that can match, where a condition that always must hold lists them.
    pub(crate) fn only(&self) -> Option<Vec<&str>> {
        let [group] = self.groups.as_slice() else { return None };
        group.all.iter().find_map(|any| {
            let mut ids = Vec::new();
            for condition in any {
                match condition.operator {
                    _ if condition.path != "sys_id" => return None,
                    Operator::Is => ids.push(condition.folded.as_str()),
                    Operator::In => ids.extend(condition.parts.iter().map(String::as_str)),
                    _ => return None,
                }
            }
            Some(ids)
        })
    }
}
