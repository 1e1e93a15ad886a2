//! What the life of articles asks for beside their content: an end of validity that nears, links to what is retired.

use std::collections::BTreeMap;

use crate::config::{Settings, Status};
use crate::finding::{Code, Finding};
use crate::ids::{SysId, display_path};
use crate::plan::{Action, Plan, Planned, Stamp, Validity, Work, later, validity};
use crate::servicenow::{ApiError, Reader};
use crate::text;
use crate::tree::{RenderedDocument, RenderedTree};

/// Points out articles that search hides soon, or hides already, and extends those whose document leaves the day to
/// the configuration.
pub(super) fn expiring(
    settings: &Settings,
    tree: &RenderedTree,
    planned: &mut [Planned],
    server_time: i64,
) -> Vec<Finding> {
    let within = settings.publish.warn_expiry_days;
    if within == 0 {
        return Vec::new();
    }
    let today = jiff::Timestamp::from_second(server_time).unwrap_or_default();
    let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut findings = Vec::new();
    for planned in planned.iter_mut().filter(|planned| !planned.filtered) {
        let Some(document) = planned.document.and_then(|number| tree.documents.get(number)) else { continue };
        let own = document.columns.valid_to.as_deref();
        let Some((article, valid_to)) = validity_of(planned, document) else { continue };
        let verdict = validity(&valid_to, today, within);
        if verdict == Validity::Fine {
            continue;
        }
        let extends = own.is_none() && settings.publish.extend_expiry_days > 0;
        if extends && matches!(planned.action, Action::Unchanged | Action::Update) {
            extend(planned, &valid_to, later(today, settings.publish.extend_expiry_days));
            continue;
        }
        let when = match verdict {
            Validity::Missing => "has no `valid_to`: search does not show it".to_owned(),
            Validity::Ends(days) if days < 0 => format!("was valid to {valid_to}: search does not show it"),
            Validity::Ends(days) => {
                let days = text::count(usize::try_from(days).unwrap_or_default(), "day");
                format!("is valid to {valid_to}: search hides it in {days}")
            }
            Validity::Fine => continue,
        };
        let help = if own.is_some() {
            "set a later `kb.valid_to` in the document"
        } else {
            "set `extend_expiry_days` in `[publish]`, or `kb.valid_to` in the document"
        };
        findings.push(
            Finding::new(Code::Expiring, format!("{article} {when}"))
                .at(display_path(&settings.source.root, &document.path), None)
                .help(help),
        );
    }
    findings
}

/// A published article, or one that is to be, and the day to which it is or will be valid; empty for none.
fn validity_of(planned: &Planned, document: &RenderedDocument) -> Option<(String, String)> {
    let row = planned.row.as_ref().map(|row| &row.index);
    let article = row
        .map_or_else(|| format!("the article of `{}`", document.id), |row| format!("article {}", row.number));
    let writes = matches!(planned.work, Work::Create(_) | Work::Write { .. });
    let own = document.columns.valid_to.clone();
    if let Some(own) = own.filter(|_| writes && document.status == Status::Published) {
        return Some((article, own));
    }
    let row = row.filter(|row| row.workflow_state == "published")?;
    Some((article, row.valid_to.clone()?))
}

fn extend(planned: &mut Planned, from: &str, to: String) {
    let from = if from.is_empty() { "not set" } else { from };
    planned.reasons.push(format!("valid to {from} → {to}"));
    planned.valid_to = Some(to);
    if let Work::Write { for_category, .. } = &mut planned.work {
        *for_category = false;
    }
    if planned.action == Action::Unchanged {
        planned.action = Action::Update;
        planned.work = Work::Write { ask: false, renamed_from: None, for_category: false };
    }
}

/// Articles of others that link to what is about to be retired. Ours are written by their own documents.
///
/// # Errors
/// As [`ApiError`], where the instance is gone; one that does not search bodies is passed over.
pub(super) async fn inbound_links(
    settings: &Settings,
    plan: &Plan,
    reader: &Reader,
) -> Result<Vec<Finding>, ApiError> {
    let retired: BTreeMap<SysId, &str> = plan
        .documents
        .iter()
        .filter(|planned| matches!(planned.work, Work::Retire { .. }))
        .filter_map(|planned| planned.row.as_ref())
        .map(|row| (row.index.sys_id, row.index.number.as_str()))
        .collect();
    if retired.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<&str> = retired.values().copied().collect();
    let found = match reader.articles_that_name(&numbers, &settings.publish.stamp_field).await {
        Ok(found) => found,
        Err(error) if error.ends_the_run() => return Err(error),
        Err(error) => {
            tracing::debug!("links to retired articles were not looked for: {error}");
            return Ok(Vec::new());
        }
    };
    let mut findings = Vec::new();
    for record in &found {
        let stamp = Stamp::parse(record.get(&settings.publish.stamp_field));
        let ours = stamp.is_ok_and(|stamp| stamp.project == settings.project);
        if ours || record.sys_id().is_none_or(|id| retired.contains_key(&id)) {
            continue;
        }
        for number in numbers.iter().filter(|number| names(record.get("text"), number)) {
            let message = format!(
                "article {} “{}” links to {number}, which is retired",
                record.get("number"),
                record.get("short_description")
            );
            findings.push(Finding::new(Code::InboundLink, message).help(
                "change that link in ServiceNow; `[redirects]` sends readers of the old article to a new one",
            ));
        }
    }
    Ok(findings)
}

/// Whether a body holds a number, and not a longer one that begins with it.
fn names(body: &str, number: &str) -> bool {
    body.match_indices(number)
        .any(|(at, _)| !body[at + number.len()..].starts_with(|next: char| next.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_longer_number_is_another_article() {
        assert!(super::names("see /kb_view.do?sysparm_article=KB0010001#a", "KB0010001"));
        assert!(super::names("KB00100012 and KB0010001", "KB0010001"));
        assert!(!super::names("KB00100012", "KB0010001"));
    }
}
