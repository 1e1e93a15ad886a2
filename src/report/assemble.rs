//! From a plan, and what a run made of it, to the report.

use std::collections::BTreeMap;

use super::{Action, Article, CategoryReport, DocumentReport, Outcome, Report, RequestCounts};
use crate::config::Settings;
use crate::finding::Finding;
use crate::ids::{InstanceUrl, SysId, display_path};
use crate::plan::{EDITED, Planned, RETIRED};
use crate::publish::{Done, RunResult};
use crate::survey::Surveyed;
use crate::tree::RenderedTree;

/// What a report is made of beside the plan.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The rendered tree.
    pub tree: &'a RenderedTree,
    /// Root of the instance.
    pub instance: &'a InstanceUrl,
    /// What was really sent.
    pub requests: RequestCounts,
}

/// A run, as far as it is over.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Its id.
    pub id: &'a str,
    /// How long it took.
    pub duration: std::time::Duration,
    /// What became of the documents.
    pub result: &'a RunResult,
}

/// The report of a plan, or of a run; `problems` are those of the tree.
pub fn of_plan(
    frame: Frame<'_>,
    surveyed: &Surveyed,
    run: Option<Run<'_>>,
    mut problems: Vec<Finding>,
) -> Report {
    let titles: BTreeMap<SysId, &str> =
        surveyed.remote.bases.iter().map(|base| (base.sys_id, base.title.as_str())).collect();
    let shown = surveyed.plan.documents.iter().enumerate().filter(|(_, planned)| !planned.filtered);
    let documents = shown.map(|(at, planned)| {
        let done = run.map(|run| run.result.done.get(&at));
        let mut shown = document(frame, surveyed, planned, &titles);
        if let Some(done) = done {
            after(&mut shown, frame, planned, done);
        }
        shown
    });
    problems.extend(surveyed.plan.problems.iter().cloned());
    if let Some(run) = run {
        problems.extend(run.result.problems.iter().cloned());
        let mut noted: Vec<(&usize, &Done)> = run.result.done.iter().collect();
        noted.sort_by_key(|(at, _)| **at);
        problems.extend(noted.into_iter().flat_map(|(_, done)| done.notes.iter().cloned()));
    }
    let mut report = report(frame, documents.collect(), problems);
    report.categories = surveyed
        .plan
        .categories
        .iter()
        .map(|(_, labels)| CategoryReport { path: labels.join(" / "), action: Action::Create })
        .collect();
    report.hints = hints(&report);
    report.run = run.map(|run| run.id.to_owned());
    report.duration_ms = run.map(|run| u64::try_from(run.duration.as_millis()).unwrap_or(u64::MAX));
    report
}

/// Whether `--take` settles a conflict: only where a person changed an article of ours.
fn can_be_taken(document: &DocumentReport) -> bool {
    let ours = |reason: &String| reason.starts_with(EDITED) || reason.starts_with(RETIRED);
    document.reasons.iter().any(ours)
}

/// The next step for what waits for a person.
fn hints(report: &Report) -> Vec<String> {
    let mut hints = Vec::new();
    let conflicts: Vec<&str> = report
        .documents
        .iter()
        .filter(|document| document.action == Action::Conflict && can_be_taken(document))
        .filter_map(|document| document.path.as_deref())
        .collect();
    if let Some(first) = conflicts.first() {
        let what = if conflicts.len() == 1 { first } else { "PATHS" };
        hints.push(format!(
            "a conflict is left as it is in ServiceNow: take over into the document what is worth keeping, then write \
             it with `kb-publish publish --take local {what}`"
        ));
    }
    let orphan = |document: &DocumentReport| document.path.is_none() && document.action == Action::Skip;
    if report.documents.iter().any(orphan) {
        hints.push(
            "articles whose document is gone stay as they are; `orphans = \"retire\"` in `[publish]` retires them, \
             `[redirects]` names a successor"
                .to_owned(),
        );
    }
    hints
}

fn report(frame: Frame<'_>, documents: Vec<DocumentReport>, problems: Vec<Finding>) -> Report {
    Report {
        project: frame.settings.project.to_string(),
        instance: frame.instance.to_string(),
        profile: frame.settings.profile.clone(),
        run: None,
        duration_ms: None,
        documents,
        categories: Vec::new(),
        problems,
        requests: frame.requests,
        hints: Vec::new(),
    }
}

fn document(
    frame: Frame<'_>,
    surveyed: &Surveyed,
    planned: &Planned,
    bases: &BTreeMap<SysId, &str>,
) -> DocumentReport {
    let row = planned.row.as_ref().map(|row| &row.index);
    let document = planned.document.and_then(|number| Some((number, frame.tree.documents.get(number)?)));
    let base = match document {
        Some((number, _)) => surveyed.bases.get(number).copied(),
        None => row.and_then(|row| row.kb_knowledge_base),
    };
    let category = match document {
        Some((_, document)) => {
            document.category.as_ref().filter(|labels| !labels.is_empty()).map(|labels| labels.join(" / "))
        }
        None => row.and_then(|row| row.kb_category).and_then(|id| surveyed.categories.path(id)),
    };
    DocumentReport {
        id: document.map(|(_, document)| document.id.to_string()),
        path: document
            .map(|(_, document)| display_path(&frame.settings.source.root, &document.path).into_string()),
        action: planned.action,
        reasons: planned.reasons.clone(),
        article: row.map(|row| article(frame.instance, row.sys_id, &row.number, &row.workflow_state)),
        base: base.and_then(|id| bases.get(&id)).map(|title| (*title).to_owned()),
        category,
        title: match document {
            Some((_, document)) => document.title.clone(),
            None => row.map(|row| row.short_description.clone()).unwrap_or_default(),
        },
        diff: planned.diff.clone(),
        changes: planned.changes.clone(),
        outcome: None,
        error: None,
    }
}

/// What the run made of it. What was not reached is skipped, and says so.
fn after(shown: &mut DocumentReport, frame: Frame<'_>, planned: &Planned, done: Option<&Done>) {
    let Some(done) = done else {
        shown.outcome = Some(match planned.action {
            Action::Unchanged => Outcome::Unchanged,
            Action::Conflict => Outcome::Conflict,
            Action::Skip | Action::Create | Action::Update | Action::Retire => Outcome::Skipped,
        });
        if matches!(planned.action, Action::Create | Action::Update | Action::Retire) {
            shown.error = Some("the run ended before its turn".to_owned());
        }
        return;
    };
    shown.outcome = Some(done.outcome);
    shown.error.clone_from(&done.error);
    if let Some(written) = &done.article {
        let state = done.state.as_deref().unwrap_or_default();
        shown.article = written.sys_id.map(|id| article(frame.instance, id, &written.number, state));
    }
}

fn article(instance: &InstanceUrl, sys_id: SysId, number: &str, state: &str) -> Article {
    Article {
        sys_id: sys_id.to_string(),
        number: number.to_owned(),
        state: state.to_owned(),
        url: format!("{instance}/kb_view.do?sysparm_article={number}"),
    }
}
