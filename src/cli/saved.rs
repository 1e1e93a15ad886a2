//! Saving a plan and comparing it with the ground it was made on (protocol §9).

use camino::Utf8Path;

use super::journey::Prepared;
use super::{Failure, Outcome};
use crate::finding::{Code, Finding};
use crate::ids::{Digest, InstanceUrl, SysId};
use crate::plan::{
    Action, DigestContext, LinkNumber, Pin, Row, SAVED_PLAN_SCHEMA, SavedGround, SavedPlan, Stamp,
    source_digest,
};
use crate::survey::Options;

impl Prepared {
    /// The plan as it is saved.
    pub(super) fn saved(&self, instance: &InstanceUrl, options: Options) -> SavedPlan {
        let (settings, plan) = (&self.settings, &self.surveyed.plan);
        let content = |number: usize| self.content(number);
        let number = |target: usize| {
            let planned = plan.documents.get(target)?;
            planned.row.as_ref().map(|row| row.index.number.clone())
        };
        let decisive = (
            (
                &settings.publish.categories,
                &settings.publish.category_root,
                settings.publish.create_categories,
            ),
            (&settings.publish.restyle, &settings.publish.stamp_field, &settings.publish.orphans),
            (settings.publish.admin_in_place, &settings.publish.companion),
            (&settings.render, &settings.redirects),
        );
        let categories = plan
            .categories
            .iter()
            .map(|(base, labels)| std::iter::once(base.to_string()).chain(labels.iter().cloned()).collect());
        SavedPlan {
            schema: SAVED_PLAN_SCHEMA.to_owned(),
            ground: SavedGround {
                project: settings.project.to_string(),
                instance: instance.to_string(),
                profile: settings.profile.clone(),
                config: Digest::of(format!("{decisive:?}").as_bytes()).prefix(16),
                renderer: format!(
                    "{} {}",
                    crate::render::RENDERER,
                    crate::render::look_digest(&crate::tree::options(settings))
                ),
                on_remote_edit: format!("{:?}", settings.publish.on_remote_edit).to_lowercase(),
                take: options.take,
                ask_again: options.ask_again,
                verify: options.verify,
            },
            filtered: plan.documents.iter().any(|planned| planned.filtered),
            documents: plan.pins(&self.tree, &content, &number),
            categories: categories.collect(),
        }
    }

    /// Digest of everything the document asks for, link numbers apart.
    fn content(&self, number: usize) -> String {
        let context = DigestContext {
            tree: &self.tree,
            project: &self.settings.project,
            link_template: &self.settings.render.link_template,
            as_drawn: false,
        };
        let document = &self.tree.documents[number];
        let place = (self.surveyed.bases[number], document.category.as_deref());
        source_digest(context, document, place, document.status.into(), &|_| LinkNumber::Plain)
            .unwrap_or_default()
    }

    /// Whether a write of ours, cut short, is the last that the row has seen since the plan was saved. A stamp that stood
    /// there then tells of no such write: who saved the row since did so unseen by the reviewer.
    fn begun(&self, row: &Row, pin: &Pin) -> bool {
        let user = &self.surveyed.remote.user.user_name;
        let new = !row.is_assumed() && pin.unfinished.as_ref() != Some(&row.index.stamp);
        let ours = |stamp: &Stamp| row.index.is_at(stamp.mod_count) || row.looks_ours(stamp, user);
        new && row.stamp().is_ok_and(|stamp| stamp.source.is_none() && ours(&stamp))
    }

    /// What has moved since the plan was saved, as findings.
    pub(super) fn moved(&self, saved: &SavedPlan, instance: &InstanceUrl) -> Vec<Finding> {
        let plan = &self.surveyed.plan;
        let find = |name: &str| {
            plan.documents.iter().find(|planned| {
                let document = planned.document.and_then(|number| self.tree.documents.get(number));
                document.is_some_and(|document| document.id.as_str() == name)
            })
        };
        let done = |name: &str, pin: &Pin| match name.strip_prefix("orphan:") {
            Some(row) => SysId::parse(row).is_ok_and(|id| {
                self.surveyed
                    .rows
                    .iter()
                    .any(|row| row.index.sys_id == id && row.index.workflow_state == "retired")
            }),
            None => find(name).is_some_and(|planned| {
                planned.action == Action::Unchanged
                    && planned.document.is_some_and(|number| self.content(number) == pin.content)
            }),
        };
        let begun = |name: &str, pin: &Pin| {
            find(name).and_then(|planned| planned.row.as_ref()).is_some_and(|row| self.begun(row, pin))
        };
        let moved = saved.moved(&self.saved(instance, Options::default()), &done, &begun);
        let finding = |what: String| {
            Finding::new(Code::PlanMoved, format!("moved since the plan was saved: {what}"))
                .help("make a new plan with `kb-publish plan -o`, and have it reviewed")
        };
        moved.into_iter().map(finding).collect()
    }
}

/// Writes a plan whole or not at all.
///
/// # Errors
/// Exit 2: the file cannot be written.
pub(super) fn write(path: &Utf8Path, saved: &SavedPlan) -> Result<(), Failure> {
    let wrong = |why: String| Failure::usage("plan-file", format!("`{path}` cannot be written: {why}"));
    let mut text = serde_json::to_string_pretty(saved).map_err(|error| wrong(error.to_string()))?;
    text.push('\n');
    crate::fs::write_atomic(path, text.as_bytes()).map_err(|error| wrong(error.to_string()))
}

/// Reads a saved plan.
///
/// # Errors
/// Exit 2: not there, or no plan of this program's.
pub(super) fn read(path: &Utf8Path) -> Result<SavedPlan, Failure> {
    let wrong = |why: String| {
        Failure::new(Outcome::Usage, "plan-file", format!("`{path}` is not a saved plan: {why}"))
            .help("make one with `kb-publish plan -o FILE`")
    };
    let text = fs_err::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let saved: SavedPlan = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if saved.schema == SAVED_PLAN_SCHEMA {
        Ok(saved)
    } else {
        Err(wrong(format!("its schema is `{}`", saved.schema)))
    }
}
