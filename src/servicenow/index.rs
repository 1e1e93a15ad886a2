//! The remote index: every row of a project in few requests, none believed unchecked (protocol §3).

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::error::ApiError;
use super::http::{Call, Http};
use super::paging::{PAGE, table};
use super::query::Query;
use super::records::{Index, IndexRow, Record};
use super::wire;
use crate::ids::{Project, SysId};

/// More rows than any project has: a count beyond it is a broken answer, not work.
const MOST_ROWS: usize = 5_000_000;
/// Most ranges that are read side by side: each can cost one request more than its share of full pages.
const MOST_RANGES: usize = 4;

/// What a row must be to be ours.
struct Predicate<'a> {
    stamp_field: &'a str,
    prefix: String,
}

/// A stretch of the key space: above `after`, up to and with `upto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    after: Option<SysId>,
    upto: Option<SysId>,
}

/// What a stretch gave.
#[derive(Debug, Default)]
struct Found {
    rows: BTreeMap<SysId, Box<IndexRow>>,
    dropped: usize,
    /// Rows received that do not show the stamp column.
    columnless: usize,
    /// Rows received that `X-Total-Count` of the first page counted.
    current: usize,
    versioned: bool,
}

impl Found {
    fn absorb(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.dropped += other.dropped;
        self.columnless += other.columnless;
        self.current += other.current;
        self.versioned |= other.versioned;
    }
}

/// Which rows of versions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outdated {
    /// No row of state outdated: all that can be asked before a row has shown `latest`.
    None,
    /// Also those that are their article's newest.
    Latest,
    /// Only those.
    Only,
}

/// Reads the whole index. Also says whether a row showed that this instance has versions.
///
/// # Errors
/// Any failure of a page; nothing partial comes back.
pub(super) async fn read(
    http: &Http,
    stamp_field: &str,
    project: &Project,
) -> Result<(Index, Option<bool>), ApiError> {
    let predicate = Predicate { stamp_field, prefix: format!("kb-publish-1/{project}/") };
    let whole = Range { after: None, upto: None };
    let first = page(http, &predicate, whole, Outdated::None, 0).await?;
    let counted = first.total.unwrap_or(first.received);
    let more = first.more() || first.is_cut();
    let last = first.last;
    let mut found = first.found;
    if found.columnless > 0 && found.columnless == first.received {
        // The condition was passed over: what follows are the articles of everybody.
        return Ok((Index { columnless: found.columnless, ..Index::default() }, None));
    }
    if more {
        let after = Range { after: last, upto: None };
        let left = counted.saturating_sub(PAGE);
        let workers = http.options().concurrency;
        let outdated = if found.versioned { Outdated::Latest } else { Outdated::None };
        let ranges = split(after, workers.min(MOST_RANGES).min(left.div_ceil(PAGE)).max(1));
        let rest: Vec<Found> = stream::iter(ranges)
            .map(|range| walk(http, &predicate, range, outdated))
            .buffer_unordered(workers.max(1))
            .try_collect()
            .await?;
        for part in rest {
            found.absorb(part);
        }
    }
    if found.versioned {
        // The first page could not yet name `latest`; where it was all, so could no other.
        let missed = Range { after: None, upto: if more { last } else { None } };
        if !more || last.is_some() {
            found.absorb(walk(http, &predicate, missed, Outdated::Only).await?);
        }
    }
    let hidden = counted.saturating_sub(found.current);
    let versioned = (!found.rows.is_empty()).then_some(found.versioned);
    tracing::debug!(rows = found.rows.len(), found.dropped, hidden, "index of `{project}` read");
    let index = Index {
        rows: found.rows.into_values().collect(),
        dropped: found.dropped,
        hidden,
        columnless: found.columnless,
    };
    Ok((index, versioned))
}

/// All pages of one stretch, one after another.
async fn walk(
    http: &Http,
    predicate: &Predicate<'_>,
    range: Range,
    outdated: Outdated,
) -> Result<Found, ApiError> {
    let mut found = Found::default();
    let (mut range, mut offset) = (range, 0);
    loop {
        let page = page(http, predicate, range, outdated, offset).await?;
        let (more, cut, full, last) = (page.more(), page.is_cut(), page.received >= PAGE, page.last);
        found.absorb(page.found);
        if (cut || (more && full)) && last > range.after {
            (range.after, offset) = (last, 0);
        } else if !more {
            return Ok(found);
        } else {
            // Access rules cut rows out of the page after the limit: the next one begins behind it all the same.
            offset += PAGE;
        }
    }
}

/// One page, checked row by row.
struct PageOf {
    found: Found,
    /// Rows in the answer, ours or not.
    received: usize,
    /// `X-Total-Count`: rows that match from here on, hidden ones included.
    total: Option<usize>,
    offset: usize,
    last: Option<SysId>,
}

impl PageOf {
    /// A short or empty page is not the end (contract §1.2): the count decides, and only without one the page.
    fn more(&self) -> bool {
        self.total.map_or(self.received >= PAGE, |total| total > self.offset + PAGE)
    }

    /// Fewer rows than counted: hidden from this account, or the instance gives fewer than it is asked for.
    fn is_cut(&self) -> bool {
        let expected = self.total.unwrap_or_default().min(PAGE);
        self.offset == 0 && self.received > 0 && self.received < expected
    }
}

async fn page(
    http: &Http,
    predicate: &Predicate<'_>,
    range: Range,
    outdated: Outdated,
    offset: usize,
) -> Result<PageOf, ApiError> {
    let call = call(predicate, range, outdated, offset);
    let (rows, total, answered) = http
        .send(&call, |answer| {
            let total = answer.number("x-total-count");
            if total.is_some_and(|total| total > MOST_ROWS) {
                return Err(answer.broken("more rows counted than can be"));
            }
            let rows = wire::rows(answer)?;
            Ok((rows, total, answer.broken("pages that do not advance")))
        })
        .await?;
    let mut page = PageOf { found: Found::default(), received: rows.len(), total, offset, last: None };
    for row in &rows {
        page.found.versioned |= row.has("latest");
        page.found.columnless += usize::from(!row.has(predicate.stamp_field));
        if row.get("workflow_state") != "outdated" {
            page.found.current += 1;
        }
        page.last = page.last.max(row.sys_id().filter(|id| within(range, *id)));
        if let Some(row) = accept(predicate, range, outdated, row) {
            page.found.rows.insert(row.sys_id, Box::new(row));
        } else {
            page.found.dropped += 1;
        }
    }
    if page.received > PAGE || (page.received == PAGE && page.last.is_none()) {
        return Err(answered);
    }
    Ok(page)
}

fn call(predicate: &Predicate<'_>, range: Range, outdated: Outdated, offset: usize) -> Call {
    let mut query = Query::new().and(predicate.stamp_field, "STARTSWITH", &predicate.prefix);
    query = match outdated {
        Outdated::None => query.and("workflow_state", "!=", "outdated"),
        Outdated::Latest => query.and("workflow_state", "!=", "outdated").or("latest", "=", "true"),
        Outdated::Only => query.and("workflow_state", "=", "outdated").and("latest", "=", "true"),
    };
    if let Some(after) = range.after {
        query = query.and("sys_id", ">", &after.to_string());
    }
    if let Some(upto) = range.upto {
        query = query.and("sys_id", "<=", &upto.to_string());
    }
    let fields = format!(
        "sys_id,article_id,latest,number,short_description,workflow_state,kb_knowledge_base,kb_category,\
         valid_to,sys_mod_count,sys_created_on,sys_updated_on,sys_updated_by,{}",
        predicate.stamp_field
    );
    table("kb_knowledge", query.order_by("sys_id"), &fields, PAGE, offset)
}

/// The row, if it is what was asked for.
fn accept(predicate: &Predicate<'_>, range: Range, outdated: Outdated, row: &Record) -> Option<IndexRow> {
    let row = wire::index_row(row, predicate.stamp_field)?;
    let state = match outdated {
        Outdated::None => row.workflow_state != "outdated",
        Outdated::Latest => row.workflow_state != "outdated" || row.latest == Some(true),
        Outdated::Only => row.workflow_state == "outdated" && row.latest == Some(true),
    };
    (row.stamp.starts_with(&predicate.prefix) && state && within(range, row.sys_id)).then_some(row)
}

fn within(range: Range, id: SysId) -> bool {
    range.after.is_none_or(|after| id > after) && range.upto.is_none_or(|upto| id <= upto)
}

/// Cuts what lies above `range.after` into stretches of equal width: identities are hashes, so of about equal size.
fn split(range: Range, parts: usize) -> Vec<Range> {
    let number = |id: SysId| u128::from_str_radix(&id.to_string(), 16).unwrap_or_default();
    let low = range.after.map_or(0, number);
    let width = (u128::MAX - low) / u128::try_from(parts.max(1)).unwrap_or(1);
    let mut ranges = Vec::with_capacity(parts);
    let mut after = range.after;
    let mut edge = low;
    for part in 1..=parts {
        edge = edge.saturating_add(width);
        let upto = (part < parts).then(|| SysId::from_bytes(edge.to_be_bytes()));
        ranges.push(Range { after, upto });
        after = upto;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_key_above_lies_in_exactly_one_stretch(after in any::<Option<[u8; 16]>>(), key in any::<[u8; 16]>(), parts in 1_usize..17) {
            let whole = Range { after: after.map(SysId::from_bytes), upto: None };
            let key = SysId::from_bytes(key);
            let hits = split(whole, parts).into_iter().filter(|range| within(*range, key)).count();
            prop_assert_eq!(hits, usize::from(within(whole, key)));
        }
    }
}
