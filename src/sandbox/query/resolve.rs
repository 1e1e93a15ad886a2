//! Server-side values: `javascript:gs.…` in a query (contract §1.4).

use jiff::{SignedDuration, Timestamp};

use super::super::account::Account;
use super::{Operator, Query};

/// Puts values in the place of the `javascript:` calls that the sandbox knows; others become empty.
pub(crate) fn resolve(query: &mut Query, account: &Account, now: Timestamp) {
    let conditions = query.groups.iter_mut().flat_map(|group| group.all.iter_mut().flatten());
    for condition in conditions {
        let scripted = condition.folded.contains("javascript:");
        if !scripted || condition.operator == Operator::FullText {
            continue;
        }
        if condition.operator == Operator::Between {
            let parts: Vec<String> =
                condition.value.split('@').map(|part| value(part, account, now)).collect();
            condition.parts = parts.iter().map(|part| part.to_lowercase()).collect();
            condition.value = parts.join("@");
        } else {
            condition.value = value(&condition.value, account, now);
            condition.parts = condition.value.to_lowercase().split(',').map(str::to_owned).collect();
        }
        condition.folded = condition.value.to_lowercase();
    }
}

fn value(text: &str, account: &Account, now: Timestamp) -> String {
    let Some(call) = text.strip_prefix("javascript:") else { return text.to_owned() };
    let call = call.trim().trim_end_matches(';').trim();
    let (name, arguments) = call.split_once('(').unwrap_or((call, ""));
    let argument = arguments.trim_end_matches(')').trim().trim_matches(['\'', '"']);
    let amount: i64 = argument.parse::<i32>().unwrap_or(0).into();
    let at = |hours: i64| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
    let full = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let day = |time: Timestamp, end: &str| format!("{} {end}", time.strftime("%Y-%m-%d"));
    match name.trim() {
        "gs.getUserID" | "gs.user_id" => account.sys_id.clone(),
        "gs.getUserName" => account.user_name.clone(),
        "gs.getUserDisplayName" => account.name.clone(),
        "gs.now" => now.strftime("%Y-%m-%d").to_string(),
        "gs.nowDateTime" => full(now),
        "gs.daysAgo" => full(at(24 * amount)),
        "gs.daysAgoStart" => day(at(24 * amount), "00:00:00"),
        "gs.daysAgoEnd" => day(at(24 * amount), "23:59:59"),
        "gs.beginningOfToday" => day(now, "00:00:00"),
        "gs.endOfToday" => day(now, "23:59:59"),
        "gs.beginningOfYesterday" => day(at(24), "00:00:00"),
        "gs.endOfYesterday" => day(at(24), "23:59:59"),
        "gs.hoursAgo" | "gs.hoursAgoStart" => full(at(amount)),
        "gs.minutesAgo" | "gs.minutesAgoStart" => {
            full(now.checked_sub(SignedDuration::from_mins(amount)).unwrap_or(now))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_calls_have_values_and_others_are_empty() {
        let account = Account {
            sys_id: "abc".to_owned(),
            user_name: "ann".to_owned(),
            name: "Ann".to_owned(),
            roles: std::collections::BTreeSet::new(),
        };
        let now: Timestamp = "2026-03-10T12:30:00Z".parse().unwrap();
        for (text, expected) in [
            ("a=javascript:gs.getUserID()", "abc"),
            ("a>javascript:gs.daysAgoEnd(1)", "2026-03-09 23:59:59"),
            ("a=javascript:gs.getUserName();", "ann"),
            ("a=javascript:gs.nope()", ""),
            ("a=plain", "plain"),
        ] {
            let mut query = super::super::parse(text);
            resolve(&mut query, &account, now);
            assert_eq!(query.groups[0].all[0][0].value, expected, "{text}");
        }
    }
}
