//! The Table API (contract §1).

use std::sync::Arc;

use http::{Method, StatusCode};

use super::super::query::{self, Query};
use super::super::record::Record;
use super::super::records::Change;
use super::super::refusal::Refusal;
use super::super::schema::Table;
use super::super::shape::RowWriter;
use super::super::store::View;
use super::call::{Call, Reply};
use super::paging;

/// Rows of a page where no limit is given (contract §1.1).
const DEFAULT_LIMIT: usize = 10_000;

/// Answers `/api/now/table/{table}[/{sys_id}]`.
///
/// # Errors
/// As contract §1.6 says.
pub(crate) fn answer(call: &Call<'_>, table: &str, sys_id: Option<&str>) -> Result<Reply, Refusal> {
    let mut change = Change::new(call.app, call.account);
    change.display_input = call.flag("sysparm_input_display_value");
    change.own_stamps = call.flag("sysparm_suppress_auto_sys_field");
    change.table(table)?;
    match (&call.method, sys_id) {
        (&Method::GET, None) => list(call, &change, table),
        (&Method::GET, Some(id)) => one(call, &change, table, id),
        (&Method::POST, None) => {
            let row = change.insert(table, &call.values()?)?;
            let location =
                format!("{}{}/{}", call.app.url(), call.path.trim_end_matches('/'), row.record.sys_id());
            let reply = written(call, &change, row.table, &row.record, StatusCode::CREATED);
            Ok(reply.header("location", &location))
        }
        (&Method::PUT | &Method::PATCH, Some(id)) => {
            let row = change.update(table, id, &call.values()?)?;
            Ok(written(call, &change, row.table, &row.record, StatusCode::OK))
        }
        (&Method::DELETE, Some(id)) => {
            change.delete(table, id)?;
            Ok(Reply::nothing())
        }
        _ => Err(Refusal::method_not_allowed()),
    }
}

/// The row as it stands after a write; columns that the caller may not read are left out.
fn written(call: &Call<'_>, change: &Change<'_>, class: &str, row: &Record, status: StatusCode) -> Reply {
    let quiet = call.headers.get("x-no-response-body").is_some_and(|value| value.as_bytes() == b"true");
    if quiet {
        return Reply { status, ..Reply::nothing() };
    }
    let reader = call.app.store.read();
    let shape = call.shape();
    let mut out = Vec::with_capacity(2048);
    RowWriter { change, view: &reader, shape: &shape, url: call.app.url() }.write(&mut out, class, row);
    Reply::result(status, &out)
}

fn one(call: &Call<'_>, change: &Change<'_>, table: &str, sys_id: &str) -> Result<Reply, Refusal> {
    let reader = call.app.store.read();
    let table = change.table(table)?;
    let (class, row) = query::find(&reader, table, sys_id).ok_or_else(Refusal::no_record)?;
    if !change.acl(&reader).reads(class, row) {
        return Err(Refusal::no_record());
    }
    let shape = call.shape();
    let mut out = Vec::with_capacity(2048);
    RowWriter { change, view: &reader, shape: &shape, url: call.app.url() }.write(&mut out, class, row);
    Ok(Reply::result(StatusCode::OK, &out))
}

fn list(call: &Call<'_>, change: &Change<'_>, table: &str) -> Result<Reply, Refusal> {
    let table = change.table(table)?;
    let asked = asked(call, change, table)?;
    let limit = number(call, "sysparm_limit")?.unwrap_or(DEFAULT_LIMIT);
    let limit = change.profile.capped(limit);
    let offset = number(call, "sysparm_offset")?.unwrap_or(0);
    let reader = call.app.store.read();
    let found = find_rows(change, &reader, table, &asked, offset, limit);
    let acl = change.acl(&reader);
    let shape = call.shape();
    let writer = RowWriter { change, view: &reader, shape: &shape, url: call.app.url() };
    let mut out = Vec::with_capacity(64 + found.page.len() * 256);
    out.extend_from_slice(b"{\"result\":[");
    for (class, row) in &found.page {
        // The limit counts before access rules do: a page may be short with more rows behind it (contract §1.2).
        if acl.reads(class, row) {
            if out.last() != Some(&b'[') {
                out.push(b',');
            }
            writer.write(&mut out, class, row);
        }
    }
    if change.profile.debug_meta {
        if out.last() != Some(&b'[') {
            out.push(b',');
        }
        let meta = serde_json::json!({ "__meta": { "encodedQuery": call.parameter("sysparm_query") } });
        out.extend_from_slice(meta.to_string().as_bytes());
    }
    out.extend_from_slice(b"]}");
    drop(reader);
    let status = if call.v1 && found.total == 0 { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let mut reply = if status == StatusCode::NOT_FOUND {
        Reply::from(Refusal::new(status, "No Record found", "Records matching query not found"))
    } else {
        Reply::json(status, out)
    };
    if !call.flag("sysparm_no_count") {
        reply = reply.header("x-total-count", &found.total.to_string());
        if !call.flag("sysparm_suppress_pagination_header") {
            reply = reply.header("link", &paging::links(call, offset, limit, found.total));
        }
    }
    Ok(reply)
}

/// The query of a list call, `sysparm_query` or bare `field=value` pairs, with server-side values put in.
fn asked(call: &Call<'_>, change: &Change<'_>, table: &Table) -> Result<Query, Refusal> {
    let text = call.parameter("sysparm_query");
    let mut asked = query::parse(text);
    if text.is_empty() {
        let reader = call.app.store.read();
        let pair = |(name, value): &(String, String)| {
            let column = table.column(name.split('.').next().unwrap_or_default())?;
            // Display values are taken, too, where a column has them (contract §1.1).
            let stored =
                if name.contains('.') { value.clone() } else { change.meant(&reader, column, value) };
            Some(format!("{name}={stored}"))
        };
        asked = query::parse(&call.parameters.iter().filter_map(pair).collect::<Vec<_>>().join("^"));
    }
    query::resolve(&mut asked, call.account, call.app.now());
    let denied =
        |path: &str| {
            change.profile.query_denied_columns.iter().any(|denied| {
                denied.split_once('.').is_some_and(|(of, name)| of == table.name() && name == path)
            })
        };
    if !call.account.is_admin() && asked.paths().any(denied) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Insufficient rights to query records",
            "Field(s) present in the query do not have permission to be read",
        ));
    }
    Ok(asked)
}

/// A number parameter; `None` where it is missing or no number.
///
/// # Errors
/// 400 where it is negative.
pub(super) fn number(call: &Call<'_>, name: &str) -> Result<Option<usize>, Refusal> {
    let text = call.parameter(name);
    if text.is_empty() {
        return Ok(None);
    }
    match text.trim().parse::<i64>() {
        Ok(number) => match usize::try_from(number) {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Refusal::bad(format!("{name} must not be negative"))),
        },
        // What is no number is as if it were not there.
        Err(_) => Ok(None),
    }
}

/// A page of matching rows and how many match.
pub(crate) struct Found {
    /// Class table and row.
    pub(crate) page: Vec<(&'static str, Arc<Record>)>,
    /// Matching rows before access rules.
    pub(crate) total: usize,
}

/// The rows of a table that match, cut to a page.
pub(crate) fn find_rows(
    change: &Change<'_>,
    view: &impl View,
    table: &Table,
    asked: &Query,
    offset: usize,
    limit: usize,
) -> Found {
    let context = change.context(view, table);
    let ready = context.ready(asked);
    let ordered = asked.order.is_empty()
        || matches!(asked.order.as_slice(), [only] if only.path == "sys_id" && !only.descending);
    if ordered && table.with_children.len() == 1 {
        let class = table.name();
        let class = table.with_children.first().copied().unwrap_or(class);
        let mut page = Vec::new();
        let mut total = 0;
        let mut take = |row: &Arc<Record>| {
            if ready.matches(class, row) {
                if total >= offset && page.len() < limit {
                    page.push((class, Arc::clone(row)));
                }
                total += 1;
            }
        };
        match asked.only() {
            Some(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                ids.iter().filter_map(|id| view.get(class, id)).for_each(&mut take);
            }
            None => view.rows_after(class, asked.after()).for_each(&mut take),
        }
        return Found { page, total };
    }
    let mut rows: Vec<(&'static str, Arc<Record>)> = table
        .with_children
        .iter()
        .flat_map(|class| view.rows(class).map(|row| (*class, row)))
        .filter(|(class, row)| ready.matches(class, row))
        .map(|(class, row)| (class, Arc::clone(row)))
        .collect();
    query::sort(&context, &asked.order, &mut rows);
    let total = rows.len();
    let page = rows.into_iter().skip(offset).take(limit).collect();
    Found { page, total }
}
