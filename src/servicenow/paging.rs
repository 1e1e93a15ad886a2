//! Lists of rows: how they are asked for, and page after page to their end.
//!
//! Must not know: what the rows are.

use std::collections::BTreeSet;

use reqwest::Method;

use super::classify::Expect;
use super::error::ApiError;
use super::http::{Body, Call, Http};
use super::query::Query;
use super::records::Record;
use super::wire;
use crate::ids::SysId;

/// Rows of a page.
pub(super) const PAGE: usize = 1000;
/// Pages without a row, one after another, after which a count is not believed any more.
const MOST_EMPTY: usize = 50;

impl Http {
    /// All rows of a table that match.
    pub(super) async fn all(&self, name: &str, query: &Query, fields: &str) -> Result<Vec<Record>, ApiError> {
        self.paged(query, |query, offset| table(name, query, fields, PAGE, offset)).await
    }

    /// Pages by key; the count decides where the end is, a page that access rules cut short does not.
    pub(super) async fn paged(
        &self,
        query: &Query,
        call: impl Fn(String, usize) -> Call,
    ) -> Result<Vec<Record>, ApiError> {
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        let (mut after, mut offset): (Option<SysId>, usize) = (None, 0);
        loop {
            let query = match after {
                Some(id) => query.clone().and("sys_id", ">", &id.to_string()),
                None => query.clone(),
            };
            let call = call(query.order_by("sys_id"), offset);
            let (rows, total, stuck) = self
                .send(&call, |answer| {
                    Ok((
                        wire::rows(answer)?,
                        answer.number("x-total-count"),
                        answer.broken("pages that do not advance"),
                    ))
                })
                .await?;
            let received = rows.len();
            let last = rows.iter().filter_map(Record::sys_id).max();
            // A page may repeat what the one before it ended with.
            all.extend(rows.into_iter().filter(|row| row.sys_id().is_none_or(|id| seen.insert(id))));
            let more = total.map_or(received >= PAGE, |total| total > offset + PAGE);
            // Hidden from this account, or cut off: an instance may give fewer rows than it is asked for.
            let cut = offset == 0 && received > 0 && total.is_some_and(|total| total > received);
            if received >= PAGE && more && (last <= after || received > PAGE) {
                return Err(stuck);
            }
            if (received >= PAGE && more) || (cut && last > after) {
                (after, offset) = (last, 0);
            } else if !more {
                return Ok(all);
            } else if offset > MOST_EMPTY * PAGE {
                return Err(stuck);
            } else {
                offset += PAGE;
            }
        }
    }
}

/// A GET of a table's rows: stored values, no reference links.
pub(super) fn table(name: &str, query: String, fields: &str, limit: usize, offset: usize) -> Call {
    let mut parameters = vec![
        ("sysparm_query", query),
        ("sysparm_fields", fields.to_owned()),
        ("sysparm_limit", limit.to_string()),
        ("sysparm_exclude_reference_link", "true".to_owned()),
        ("sysparm_suppress_pagination_header", "true".to_owned()),
    ];
    if offset > 0 {
        parameters.push(("sysparm_offset", offset.to_string()));
    }
    Call {
        method: Method::GET,
        path: format!("/api/now/table/{name}"),
        query: parameters,
        body: Body::None,
        expect: Expect::Json,
        what: format!("GET {name}"),
    }
}

/// A GET of files.
pub(super) fn files(query: String, limit: usize, offset: usize) -> Call {
    Call {
        method: Method::GET,
        path: "/api/now/attachment".to_owned(),
        query: vec![
            ("sysparm_query", query),
            ("sysparm_limit", limit.to_string()),
            ("sysparm_offset", offset.to_string()),
            ("sysparm_suppress_pagination_header", "true".to_owned()),
        ],
        body: Body::None,
        expect: Expect::Json,
        what: "GET attachment".to_owned(),
    }
}
