//! Whether a row matches a [`Query`], and the order of those that do.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use super::super::record::Record;
use super::super::schema::{Kind, Schema, Table};
use super::super::store::View;
use super::{Condition, Group, Operator, Order, Query, Related};

/// What a query is asked with.
pub(crate) struct Context<'a, V: View> {
    /// All rows.
    pub(crate) view: &'a V,
    /// All tables.
    pub(crate) schema: &'a Schema,
    /// The table asked.
    pub(crate) table: &'a Table,
    /// Whether a condition on an unknown column empties the answer, in place of being ignored
    /// (`glide.invalid_query.returns_no_rows`).
    pub(crate) unknown_empties: bool,
}

/// Where a dot-walked path leads: the table and column at its end, and the references on the way.
struct Walk<'p, 's> {
    steps: Vec<(&'p str, &'s Table)>,
    column: &'p str,
    kind: Kind,
}

fn walk<'p, 's>(schema: &'s Schema, table: &'s Table, path: &'p str) -> Option<Walk<'p, 's>> {
    let mut at = table;
    let mut steps = Vec::new();
    let mut rest = path;
    while let Some((step, after)) = rest.split_once('.') {
        let Kind::Reference(to) = at.column(step)?.kind else { return None };
        at = schema.table(to)?;
        steps.push((step, at));
        rest = after;
    }
    let column = at.column(rest)?;
    Some(Walk { steps, column: rest, kind: column.kind })
}

/// Finds a row of a table or of one that extends it, and the table it is in.
pub(crate) fn find<'v, V: View>(
    view: &'v V,
    table: &Table,
    sys_id: &str,
) -> Option<(&'static str, &'v std::sync::Arc<Record>)> {
    table.with_children.iter().find_map(|name| view.get(name, sys_id).map(|row| (*name, row)))
}

impl<V: View> Context<'_, V> {
    fn value<'r>(&'r self, class: &str, row: &'r Record, walk: &Walk<'_, '_>) -> Cow<'r, str> {
        if walk.steps.is_empty() {
            return self.view.text(class, row, walk.column);
        }
        let (mut class, mut row) = (Cow::Borrowed(class), row);
        for (step, to) in &walk.steps {
            let Some((name, next)) = find(self.view, to, row.get(step)) else { return Cow::Borrowed("") };
            (class, row) = (Cow::Borrowed(name), next);
        }
        self.view.text(&class, row, walk.column)
    }

    /// A query made ready to be asked of this table's rows.
    pub(crate) fn ready<'c>(&'c self, query: &'c Query) -> Ready<'c, V> {
        Ready { context: self, groups: query.groups.iter().map(|group| Held::of(self, group)).collect() }
    }
}

/// A query with its columns looked up and its related rows counted, once for all rows it is asked of.
pub(crate) struct Ready<'c, V: View> {
    context: &'c Context<'c, V>,
    groups: Vec<Held<'c>>,
}

impl<V: View> Ready<'_, V> {
    /// Whether a row of the class table `class` matches.
    pub(crate) fn matches(&self, class: &str, row: &Record) -> bool {
        self.groups.is_empty()
            || self.groups.iter().any(|group| {
                group.all.iter().all(|any| any.iter().any(|test| test.holds(self.context, class, row)))
                    && group.related.iter().all(|related| related.holds(self.context, class, row))
            })
    }
}

/// What is left of a group without the conditions that are ignored: an ignored one is as if it were not written.
struct Held<'c> {
    all: Vec<Vec<Test<'c>>>,
    related: Vec<Counted<'c>>,
}

impl<'c> Held<'c> {
    fn of<V: View>(context: &'c Context<'c, V>, group: &'c Group) -> Self {
        let mut all: Vec<Vec<Test<'c>>> = group
            .all
            .iter()
            .map(|any| any.iter().filter_map(|condition| Test::of(context, condition)).collect())
            .filter(|any: &Vec<Test<'c>>| !any.is_empty())
            .collect();
        // What may have to read the file comes last: most rows have failed by then.
        all.sort_by_key(|any| any.iter().any(Test::is_slow));
        let related = group.related.iter().filter_map(|related| Counted::of(context, related)).collect();
        Self { all, related }
    }
}

/// A condition that is asked.
enum Test<'c> {
    /// One column's value.
    Value(Walk<'c, 'c>, &'c Condition),
    /// Two columns' values, and whether they shall be equal.
    Same(Walk<'c, 'c>, Walk<'c, 'c>, bool),
    /// A class name among these.
    Instance(Walk<'c, 'c>, &'c [&'static str]),
    /// Words, each in some text column of these.
    Words(&'c [String], Vec<&'c str>),
    /// Nothing matches.
    Never,
}

impl<'c> Test<'c> {
    /// `None` where the condition names no known column and is ignored.
    fn of<V: View>(context: &'c Context<'c, V>, condition: &'c Condition) -> Option<Self> {
        if condition.operator == Operator::FullText {
            let searched = context
                .table
                .columns
                .iter()
                .filter(|(_, column)| matches!(column.kind, Kind::Text | Kind::Html | Kind::Wiki));
            return Some(Self::Words(&condition.parts, searched.map(|(name, _)| name.as_str()).collect()));
        }
        let to = |path: &'c str| walk(context.schema, context.table, path);
        let unknown = || context.unknown_empties.then_some(Self::Never);
        let Some(walk) = to(&condition.path) else { return unknown() };
        Some(match condition.operator {
            Operator::SameAs | Operator::NotSameAs => match to(&condition.value) {
                Some(other) => Self::Same(walk, other, condition.operator == Operator::SameAs),
                None => return unknown(),
            },
            Operator::InstanceOf => match context.schema.table(&condition.value) {
                Some(table) => Self::Instance(walk, &table.with_children),
                None => Self::Never,
            },
            Operator::Dynamic => Self::Never,
            _ => Self::Value(walk, condition),
        })
    }

    fn is_slow(&self) -> bool {
        match self {
            Self::Value(walk, _) => matches!(walk.kind, Kind::Html | Kind::Wiki),
            Self::Words(..) => true,
            Self::Same(..) | Self::Instance(..) | Self::Never => false,
        }
    }

    fn holds<V: View>(&self, context: &Context<'_, V>, class: &str, row: &Record) -> bool {
        match self {
            Self::Value(walk, condition) => compare(condition, walk.kind, &context.value(class, row, walk)),
            Self::Same(walk, other, same) => {
                (context.value(class, row, walk) == context.value(class, row, other)) == *same
            }
            Self::Instance(walk, among) => among.contains(&context.value(class, row, walk).as_ref()),
            Self::Words(words, columns) => {
                let mut left: Vec<&str> = words.iter().map(String::as_str).collect();
                for name in columns {
                    if left.is_empty() {
                        break;
                    }
                    let text = context.view.text(class, row, name).to_lowercase();
                    left.retain(|word| !text.contains(word));
                }
                left.is_empty()
            }
            Self::Never => false,
        }
    }
}

/// How many rows of another table belong to each value of a column: what a `JOIN` or `RLQUERY` asks.
struct Counted<'c> {
    operator: Operator,
    wanted: usize,
    /// This row's column, and the counts by its value. Nothing matches where it is `None`.
    counts: Option<(Walk<'c, 'c>, HashMap<String, usize>)>,
}

impl<'c> Counted<'c> {
    /// `None` where it names no known table or column and is ignored.
    fn of<V: View>(context: &'c Context<'c, V>, related: &'c Related) -> Option<Self> {
        let asked = |counts| Self { operator: related.operator, wanted: related.count, counts };
        let own = walk(context.schema, context.table, &related.own);
        let table = context.schema.table(&related.table);
        let table = table.filter(|table| table.column(&related.column).is_some());
        let (Some(own), Some(table)) = (own, table) else {
            return context.unknown_empties.then(|| asked(None));
        };
        let inner = Context { view: context.view, schema: context.schema, table, ..*context };
        let ready = inner.ready(&related.query);
        let mut counts = HashMap::new();
        for name in &table.with_children {
            for row in context.view.rows(name).filter(|row| ready.matches(name, row)) {
                *counts.entry(row.get(&related.column).to_owned()).or_insert(0) += 1;
            }
        }
        Some(asked(Some((own, counts))))
    }

    fn holds<V: View>(&self, context: &Context<'_, V>, class: &str, row: &Record) -> bool {
        let Some((own, counts)) = &self.counts else { return false };
        let count = counts.get(context.value(class, row, own).as_ref()).copied().unwrap_or(0);
        match self.operator {
            Operator::Is => count == self.wanted,
            Operator::IsNot => count != self.wanted,
            Operator::Less => count < self.wanted,
            Operator::AtMost => count <= self.wanted,
            Operator::AtLeast => count >= self.wanted,
            _ => count > self.wanted,
        }
    }
}

fn compare(condition: &Condition, kind: Kind, value: &str) -> bool {
    let wanted = condition.folded.as_str();
    match condition.operator {
        Operator::Is => equal(value, wanted, kind),
        Operator::IsNot => !equal(value, wanted, kind),
        Operator::Less => !value.is_empty() && order(kind, value, wanted) == Ordering::Less,
        Operator::AtMost => !value.is_empty() && order(kind, value, wanted) != Ordering::Greater,
        Operator::Greater => !value.is_empty() && order(kind, value, wanted) == Ordering::Greater,
        Operator::AtLeast => !value.is_empty() && order(kind, value, wanted) != Ordering::Less,
        Operator::Between => {
            let low = condition.parts.first().map_or("", String::as_str);
            let high = condition.parts.get(1).map_or("", String::as_str);
            !value.is_empty()
                && order(kind, value, low) != Ordering::Less
                && order(kind, value, high) != Ordering::Greater
        }
        Operator::StartsWith => starts_with(value, wanted),
        Operator::EndsWith => value.to_lowercase().ends_with(wanted),
        Operator::Like => contains(value, wanted),
        Operator::NotLike => !contains(value, wanted),
        Operator::In => condition.parts.iter().any(|part| equal(value, part, kind)),
        Operator::NotIn => !condition.parts.iter().any(|part| equal(value, part, kind)),
        Operator::Empty => value.is_empty(),
        Operator::NotEmpty => !value.is_empty(),
        Operator::Anything => true,
        Operator::Dynamic
        | Operator::SameAs
        | Operator::NotSameAs
        | Operator::InstanceOf
        | Operator::FullText => false,
    }
}

/// The database's collation does not tell case (contract §1.4); `wanted` is in lower case already.
fn equal(value: &str, wanted: &str, kind: Kind) -> bool {
    if value.eq_ignore_ascii_case(wanted) {
        return true;
    }
    match kind {
        Kind::Boolean => match wanted {
            "1" => value == "true",
            "0" | "" => value != "true",
            "false" => value.is_empty(),
            _ => false,
        },
        Kind::Integer => matches!((value.parse::<i64>(), wanted.parse::<i64>()), (Ok(a), Ok(b)) if a == b),
        _ => !value.is_ascii() && value.to_lowercase() == wanted,
    }
}

fn starts_with(value: &str, wanted: &str) -> bool {
    match value.as_bytes().get(..wanted.len()) {
        Some(head) if head.eq_ignore_ascii_case(wanted.as_bytes()) => true,
        _ if value.is_ascii() => false,
        _ => value.to_lowercase().starts_with(wanted),
    }
}

fn contains(value: &str, wanted: &str) -> bool {
    if wanted.is_empty() {
        return true;
    }
    if value.is_ascii() {
        return value
            .as_bytes()
            .windows(wanted.len())
            .any(|window| window.eq_ignore_ascii_case(wanted.as_bytes()));
    }
    value.to_lowercase().contains(wanted)
}

fn order(kind: Kind, a: &str, b: &str) -> Ordering {
    if kind == Kind::Integer {
        return a.parse::<i64>().unwrap_or(i64::MIN).cmp(&b.parse::<i64>().unwrap_or(i64::MIN));
    }
    if a.is_ascii() && b.is_ascii() {
        return a.bytes().map(|c| c.to_ascii_lowercase()).cmp(b.bytes().map(|c| c.to_ascii_lowercase()));
    }
    a.to_lowercase().cmp(&b.to_lowercase())
}

/// Sorts rows (class table, row) as the query asks; those that are equal stay in the order of their `sys_id`s.
pub(crate) fn sort<V: View, R: AsRef<Record>>(
    context: &Context<'_, V>,
    orders: &[Order],
    rows: &mut [(&'static str, R)],
) {
    let walks: Vec<_> = orders
        .iter()
        .filter_map(|order| {
            walk(context.schema, context.table, &order.path).map(|walk| (walk, order.descending))
        })
        .collect();
    let plain_ids =
        matches!(walks.as_slice(), [(only, false)] if only.column == "sys_id" && only.steps.is_empty());
    if walks.is_empty() || (plain_ids && context.table.with_children.len() == 1) {
        return;
    }
    let mut keyed: Vec<(Vec<String>, usize)> = rows
        .iter()
        .enumerate()
        .map(|(at, (class, row))| {
            let keys = walks
                .iter()
                .map(|(walk, _)| {
                    let value = context.value(class, row.as_ref(), walk);
                    match walk.kind {
                        // A reference is sorted by what is shown for it.
                        Kind::Reference(to) => display(context, to, &value).to_lowercase(),
                        _ => value.to_lowercase(),
                    }
                })
                .collect();
            (keys, at)
        })
        .collect();
    keyed.sort_by(|(a, at), (b, bt)| {
        for (index, (walk, descending)) in walks.iter().enumerate() {
            let by = order(walk.kind, &a[index], &b[index]);
            let by = if *descending { by.reverse() } else { by };
            if by != Ordering::Equal {
                return by;
            }
        }
        at.cmp(bt)
    });
    let mut place = vec![0; rows.len()];
    for (to, (_, from)) in keyed.iter().enumerate() {
        place[*from] = to;
    }
    for at in 0..rows.len() {
        while place[at] != at {
            let to = place[at];
            rows.swap(at, to);
            place.swap(at, to);
        }
    }
}

fn display<V: View>(context: &Context<'_, V>, table: &str, sys_id: &str) -> String {
    context
        .schema
        .table(table)
        .and_then(|table| {
            find(context.view, table, sys_id).map(|(_, row)| row.get(table.def.display).to_owned())
        })
        .unwrap_or_default()
}
