//! What the pages read out of the rows: which articles a visitor may see, and how values are written for people.

use std::sync::Arc;

use crate::sandbox::record::Record;
use crate::sandbox::store::View;

use super::markup::{Html, html, query_value};

/// The row that a number stands for: the one that readers have, else the newest that is no older version.
pub(super) fn by_number<'v>(view: &'v impl View, number: &str) -> Option<&'v Arc<Record>> {
    view.rows("kb_knowledge").filter(|row| row.get("number").eq_ignore_ascii_case(number)).min_by_key(|row| {
        (state_rank(row.get("workflow_state")), std::cmp::Reverse(row.get("sys_created_on")))
    })
}

fn state_rank(state: &str) -> u8 {
    match state {
        "published" => 0,
        "outdated" => 4,
        "retired" => 2,
        _ => 1,
    }
}

/// All rows of one article, newest first.
pub(super) fn versions<'v>(view: &'v impl View, article: &Record) -> Vec<&'v Arc<Record>> {
    let id = article.get("article_id");
    if id.is_empty() {
        return view.get("kb_knowledge", article.sys_id()).into_iter().collect();
    }
    let mut rows: Vec<_> = view.rows("kb_knowledge").filter(|row| row.get("article_id") == id).collect();
    rows.sort_by(|a, b| {
        let key = |row: &Record| (version_key(&version(row)), row.get("sys_created_on").to_owned());
        key(b).cmp(&key(a))
    });
    rows
}

/// "3.0" out of "KB0010001 v3.0"; empty on an instance without versions.
pub(super) fn version(article: &Record) -> String {
    article.get("display_number").rsplit_once(" v").map_or("", |(_, version)| version).to_owned()
}

fn version_key(version: &str) -> (u32, u32) {
    let (whole, part) = version.split_once('.').unwrap_or((version, ""));
    (whole.parse().unwrap_or(0), part.parse().unwrap_or(0))
}

/// A category and its ancestors, the topmost first. A loop in the data ends it.
pub(super) fn category_path<'v>(view: &'v impl View, category: &str) -> Vec<&'v Arc<Record>> {
    let mut path: Vec<&Arc<Record>> = Vec::new();
    let mut next = view.get("kb_category", category);
    while let Some(row) = next {
        if path.iter().any(|seen| seen.sys_id() == row.sys_id()) {
            break;
        }
        path.push(row);
        next = match row.get("parent_table") {
            "kb_category" => view.get("kb_category", row.get("parent_id")),
            _ => None,
        };
    }
    path.reverse();
    path
}

/// A state as a small label.
pub(super) fn badge(state: &str) -> Html {
    let label = match state {
        "draft" => "Draft",
        "review" => "In review",
        "published" => "Published",
        "retired" => "Retired",
        "pending_retirement" => "Pending retirement",
        "outdated" => "Outdated",
        other => other,
    };
    let look = match state {
        "draft" | "review" | "published" | "retired" | "outdated" => state,
        "pending_retirement" => "review",
        _ => "outdated",
    };
    html!("<span class=\"badge {}\">{}</span>", look, label)
}

/// `2026-11-22 03:36:00` as people write it, with the machine's form beside it. Empty stays empty.
pub(super) fn moment(stored: &str) -> Html {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (date, time) = stored.split_once(' ').map_or((stored, ""), |(date, time)| (date, time));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|m| m.parse::<usize>().ok()).and_then(|m| MONTHS.get(m.checked_sub(1)?));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return html!("{}", stored) };
    let day = day.trim_start_matches('0');
    match time.get(..5) {
        None => html!("<time datetime=\"{}\">{} {} {}</time>", date, day, *month, year),
        Some(minutes) => {
            html!("<time datetime=\"{}T{}Z\">{} {} {}, {} UTC</time>", date, time, day, *month, year, minutes,)
        }
    }
}

/// Bytes as people write them.
pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let bytes_f = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes_f / 1e3),
        _ => format!("{:.1} MB", bytes_f / 1e6),
    }
}

/// The display name of a user's `sys_id` or user name; what is stored where it is neither.
pub(super) fn person(view: &impl View, stored: &str) -> String {
    if let Some(user) = view.get("sys_user", stored) {
        return user.get("name").to_owned();
    }
    stored.to_owned()
}

/// Where an article's page is: by number, which always leads to the newest version.
pub(super) fn article_url(article: &Record) -> String {
    format!("/kb_view.do?sysparm_article={}", query_value(article.get("number")))
}

/// Where this very row's page is.
pub(super) fn row_url(article: &Record) -> String {
    format!("/kb_view.do?sys_kb_id={}", query_value(article.sys_id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_for_people() {
        assert_eq!(
            moment("2026-01-02 03:04:05").into_string(),
            "<time datetime=\"2026-01-02T03:04:05Z\">2 Jan 2026, 03:04 UTC</time>"
        );
        assert_eq!(moment("2100-01-01").into_string(), "<time datetime=\"2100-01-01\">1 Jan 2100</time>");
        assert_eq!(moment("soon <b>").into_string(), "soon &lt;b&gt;");
        assert_eq!(moment("2026-00-01").into_string(), "2026-00-01");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!([size(0), size(999), size(1000), size(2_500_000)], ["0 B", "999 B", "1.0 kB", "2.5 MB"]);
    }

    #[test]
    fn versions_sort_by_number() {
        assert!(version_key("10.0") > version_key("9.5"));
        assert!(version_key("0.02") > version_key("0.01"));
    }
}
