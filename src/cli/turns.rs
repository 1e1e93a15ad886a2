//! Articles that two commits write in turn (protocol §8): an old pipeline that was run again, or a branch beside the
//! main one. Told by what stamps carry and what git knows; silent where neither says anything for certain.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::git::{self, Kin};
use crate::finding::{Code, Finding};
use crate::plan::{Plan, Work};
use crate::text;

/// For how long after a write another branch's counts as "in turn", in seconds. A commit that comes after the one
/// checked out is told whenever it was published.
const IN_TURN: i64 = 30 * 60;
/// Most commits that git is asked about: with more of them nothing is new about commits in turn.
const MOST_COMMITS: usize = 20;

/// What was last written from one commit.
#[derive(Debug, Default)]
struct Written {
    articles: usize,
    /// When the newest of them was written, in seconds since 1970.
    time: i64,
}

/// One finding for each commit whose work the plan would write over out of turn. git is asked only where another
/// commit's articles are to be written.
pub(super) fn commits_in_turn(folder: &Utf8Path, plan: &Plan, now: i64) -> Vec<Finding> {
    let mut commits: BTreeMap<String, Written> = BTreeMap::new();
    let written =
        plan.shown().filter(|planned| matches!(planned.work, Work::Write { .. } | Work::Retire { .. }));
    for stamp in written.filter_map(|planned| planned.row.as_ref()?.stamp().ok()) {
        let Some(commit) = stamp.commit else { continue };
        let written = commits.entry(commit).or_default();
        written.articles += 1;
        written.time = written.time.max(stamp.time);
    }
    if commits.is_empty() {
        return Vec::new();
    }
    let Some(head) = git::commit(folder) else { return Vec::new() };
    commits.remove(&head);
    let mut commits: Vec<(String, Written)> = commits.into_iter().collect();
    commits.sort_by_key(|(_, written)| std::cmp::Reverse(written.time));
    commits
        .into_iter()
        .take(MOST_COMMITS)
        .filter_map(|(commit, written)| told(git::kin(folder, &commit, &head), &commit, &head, &written, now))
        .collect()
}

fn told(kin: Kin, commit: &str, head: &str, written: &Written, now: i64) -> Option<Finding> {
    let since = now.saturating_sub(written.time).max(0);
    let in_turn = since <= IN_TURN;
    let (what, help) = match kin {
        Kin::After => (
            format!(
                "which comes after the commit that is checked out (`{head}`): older texts would take their place"
            ),
            "was an old pipeline run again? Publish from the newest commit",
        ),
        Kin::Apart if in_turn => (
            format!(
                "which is not in the history of the commit that is checked out (`{head}`): two branches write in turn"
            ),
            "let one branch publish; on others `plan` shows the changes, or a `project` of their own keeps them apart",
        ),
        Kin::Unknown if in_turn => (
            "which this clone does not know: another branch or repository may write in turn with this one"
                .to_owned(),
            "fetch the other commits to be sure; let one branch of one repository publish",
        ),
        Kin::Before | Kin::Apart | Kin::Unknown | Kin::Untold => return None,
    };
    let articles = text::count(written.articles, "article");
    let was = if written.articles == 1 { "was" } else { "were" };
    let message = format!("{articles} {was} last written {} from commit `{commit}`, {what}", ago(since));
    Some(Finding::new(Code::CommitsInTurn, message).help(help))
}

/// `just now`, `5 minutes ago`, `2 days ago`.
fn ago(seconds: i64) -> String {
    let count = |divisor: i64, unit: &str| {
        format!("{} ago", text::count(usize::try_from(seconds / divisor).unwrap_or_default(), unit))
    };
    match seconds {
        ..60 => "just now".to_owned(),
        60..7_200 => count(60, "minute"),
        7_200..172_800 => count(3_600, "hour"),
        _ => count(86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_is_told() {
        let written = Written { articles: 2, time: 1_000 };
        let told =
            |kin, now| told(kin, "aaaaaaaaaa", "bbbbbbbbbb", &written, now).map(|finding| finding.message);
        let soon = 1_000 + 300;
        assert!(
            told(Kin::After, 1_000 + 3 * 86_400).unwrap().contains("3 days ago from commit `aaaaaaaaaa`")
        );
        assert!(told(Kin::Apart, soon).unwrap().starts_with("2 articles were last written 5 minutes ago"));
        assert!(told(Kin::Unknown, 1_000).unwrap().contains("just now"));
        assert_eq!(told(Kin::Apart, 1_000 + IN_TURN + 1), None);
        assert_eq!(told(Kin::Unknown, 1_000 + IN_TURN + 1), None);
        assert_eq!(told(Kin::Before, soon), None);
        assert_eq!(told(Kin::Untold, soon), None);
    }
}
