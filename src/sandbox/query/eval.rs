//! Whether a row matches a [`Query`], and the order of those that do.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::super::record::Record;
use super::super::schema::{Kind, Schema, Table};
use super::super::store::View;
use super::{Condition, Operator, Order, Query, Related};

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
        let (mut class, mut row) = (Cow::Borrowed(class), row);
        for (step, to) in &walk.steps {
            let Some((name, next)) = find(self.view, to, row.get(step)) else { return Cow::Borrowed("") };
            (class, row) = (Cow::Borrowed(name), next);
        }
        self.view.text(&class, row, walk.column)
    }
}

/// Whether a row of the class table `class` matches.
pub(crate) fn matches<V: View>(context: &Context<'_, V>, query: &Query, class: &str, row: &Record) -> bool {
    query.groups.is_empty()
        || query.groups.iter().any(|group| {
            group.related.iter().all(|related| counts(context, related, class, row))
                && group.all.iter().all(|any| {
                    // An ignored condition is as if it were not written.
                    let mut asked = any.iter().filter_map(|condition| holds(context, condition, class, row));
                    match asked.next() {
                        None => true,
                        Some(first) => first || asked.any(|holds| holds),
                    }
                })
        })
}

/// Whether as many rows of another table belong to this one as a `JOIN` or `RLQUERY` wants.
fn counts<V: View>(context: &Context<'_, V>, related: &Related, class: &str, row: &Record) -> bool {
    let Some(table) = context.schema.table(&related.table) else { return !context.unknown_empties };
    let own = context.view.text(class, row, &related.own);
    let inner = Context { view: context.view, schema: context.schema, table, ..*context };
    let count = table
        .with_children
        .iter()
        .flat_map(|name| context.view.rows(name).map(|other| (*name, other)))
        .filter(|(name, other)| {
            other.get(&related.column) == own && matches(&inner, &related.query, name, other)
        })
        .count();
    match related.operator {
        Operator::Is => count == related.count,
        Operator::IsNot => count != related.count,
        Operator::Less => count < related.count,
        Operator::AtMost => count <= related.count,
        Operator::AtLeast => count >= related.count,
        _ => count > related.count,
    }
}

/// `None` where the condition names no known column and is ignored.
fn holds<V: View>(
    context: &Context<'_, V>,
    condition: &Condition,
    class: &str,
    row: &Record,
) -> Option<bool> {
    if condition.operator == Operator::FullText {
        return Some(full_text(context, condition, class, row));
    }
    let Some(walk) = walk(context.schema, context.table, &condition.path) else {
        return context.unknown_empties.then_some(false);
    };
    let value = context.value(class, row, &walk);
    Some(match condition.operator {
        Operator::SameAs | Operator::NotSameAs => {
            let other = super::eval::walk(context.schema, context.table, &condition.value)?;
            let same = value == context.value(class, row, &other);
            same == (condition.operator == Operator::SameAs)
        }
        Operator::InstanceOf => context
            .schema
            .table(&condition.value)
            .is_some_and(|table| table.with_children.contains(&value.as_ref())),
        _ => compare(condition, walk.kind, &value),
    })
}

fn full_text<V: View>(context: &Context<'_, V>, condition: &Condition, class: &str, row: &Record) -> bool {
    condition.parts.iter().all(|word| {
        row.columns().any(|(name, _)| {
            let searched = context
                .table
                .column(name)
                .is_some_and(|column| matches!(column.kind, Kind::Text | Kind::Html | Kind::Wiki));
            searched && context.view.text(class, row, name).to_lowercase().contains(word.as_str())
        })
    })
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
