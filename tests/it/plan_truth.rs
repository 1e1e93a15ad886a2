//! The plan never lies: whatever was edited on either side, `publish` does what `plan` said, and a plan after it is
//! empty. Where only a write tells, the plan says so beforehand. What people typed stays unless a run was told
//! otherwise. Random trees, edits, accounts and instances; `PROPTEST_CASES` raises their number.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use crate::project::Ran;
use crate::worlds::{Edit, Seen, World, account, config, documents, edit, first, switches};

/// How a tree is published.
#[derive(Debug, Clone)]
struct How {
    /// Of the plan, and of the run.
    flags: &'static [&'static str],
    /// By `plan -o` and `apply`.
    saved: bool,
}

fn how() -> impl Strategy<Value = How> {
    let flags: Vec<&'static [&'static str]> =
        vec![&[], &[], &[], &["--take", "local"], &["--take", "remote"], &["--ask-again"], &["--verify"]];
    (select(flags), proptest::bool::weighted(0.2)).prop_map(|(flags, saved)| How { flags, saved })
}

impl How {
    fn plan(&self, world: &World) -> Ran {
        let mut arguments = vec!["plan"];
        arguments.extend(self.flags);
        arguments.extend(if self.saved { &["-o", "plan.json"][..] } else { &[] });
        world.project.json(&arguments)
    }

    fn run(&self, world: &World) -> Ran {
        if self.saved {
            return world.project.json(&["apply", "plan.json", "--yes"]);
        }
        let mut arguments = vec!["publish", "--yes"];
        arguments.extend(self.flags);
        world.project.json(&arguments)
    }

    /// What is asked for anew each time is left to do each time.
    fn again(&self, world: &World) -> Ran {
        let mut arguments = vec!["plan", "--exit-code"];
        arguments.extend(self.flags.iter().filter(|flag| **flag != "--ask-again"));
        world.project.json(&arguments)
    }
}

/// Whether the plan said that only the write tells whether the instance takes a change.
fn is_untold(said: &Value) -> bool {
    let reasons = said["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap());
    let mut reasons = reasons.filter(|reason| reason.contains(" version"));
    reasons.any(|reason| ["only the write tells", "as far as"].iter().any(|words| reason.contains(words)))
}

/// Whether the plan said that it writes nothing where a category is refused again.
fn may_stay(said: &Value) -> bool {
    said["reasons"].to_string().contains("if its category can be made")
}

/// Whether an article was made and could not be completed: rules hide it from the account that made it.
fn was_made_hidden(said: &Value, done: &Value) -> bool {
    let not_seen = done["error"].as_str().is_some_and(|error| error.contains("No Record found"));
    said["action"] == "create" && done["outcome"] == "failed" && not_seen
}

/// Whether a run that was planned like this may end like that.
fn fits(said: &Value, outcome: &str) -> bool {
    match said["action"].as_str().unwrap() {
        "update" | "retire" if outcome == "conflict" && is_untold(said) => true,
        "update" if outcome == "unchanged" && may_stay(said) => true,
        "create" => matches!(outcome, "created" | "in-review" | "left-draft"),
        "update" => matches!(outcome, "updated" | "in-review" | "left-draft"),
        "retire" => outcome == "retired",
        "unchanged" => outcome == "unchanged",
        "conflict" => outcome == "conflict",
        _ => outcome == "skipped",
    }
}

/// One round: what is planned is done, nothing else is, and then nothing is left to do.
fn round(world: &World, how: &How) -> Result<(), TestCaseError> {
    let planned = how.plan(world);
    prop_assert!(matches!(planned.code, Some(0 | 5)), "{planned:?}");
    let (plan, before) = (documents(&planned.json()), world.everything());
    let ran = how.run(world);
    let (run, after) = (documents(&ran.json()), world.everything());
    prop_assert_eq!(plan.keys().collect::<BTreeSet<_>>(), run.keys().collect::<BTreeSet<_>>());
    let hidden: BTreeSet<&String> =
        plan.keys().filter(|id| world.hides && was_made_hidden(&plan[*id], &run[*id])).collect();
    let fails = !hidden.is_empty();
    prop_assert!(matches!((fails, ran.code), (false, Some(0 | 5 | 7)) | (true, Some(6))), "{ran:?}");
    for (id, said) in &plan {
        let done = &run[id];
        for field in ["action", "reasons", "title", "base", "category", "diff", "changes"] {
            prop_assert_eq!(&said[field], &done[field], "{} of {}", field, id);
        }
        let outcome = done["outcome"].as_str().unwrap();
        prop_assert!(fits(said, outcome) || hidden.contains(id), "{id}: {said} became {outcome}: {done}");
        let row = said["article"]["sys_id"].as_str().unwrap_or_default();
        let reads =
            |rows: &BTreeMap<String, Seen>| rows.get(row).map(|row| (row.says.clone(), row.state.clone()));
        let left = outcome != "conflict" || reads(&before) == reads(&after);
        prop_assert!(left, "{id} ended as a conflict, and reads otherwise: {done}");
    }
    nothing_else_was_written(&plan, &before, &after)?;
    nothing_is_left(&how.again(world), &plan, &run, world.hides)
}

/// Rows that were written are of articles that the plan said would be, and as many came as it said.
fn nothing_else_was_written(
    plan: &BTreeMap<String, Value>,
    before: &BTreeMap<String, Seen>,
    after: &BTreeMap<String, Seen>,
) -> Result<(), TestCaseError> {
    let changes = |one: &&Value| matches!(one["action"].as_str().unwrap(), "update" | "retire");
    let may_be_written: BTreeSet<&str> =
        plan.values().filter(changes).map(|one| one["article"]["number"].as_str().unwrap()).collect();
    for (row, was) in before {
        let Some(is) = after.get(row) else {
            prop_assert!(false, "{row} is gone");
            continue;
        };
        let may = may_be_written.contains(was.number.as_str());
        prop_assert!(may || was == is, "{} was to be left, and was written", was.number);
    }
    let numbers =
        |rows: &BTreeMap<String, Seen>| rows.values().map(|row| row.number.clone()).collect::<BTreeSet<_>>();
    let creates = plan.values().filter(|one| one["action"] == "create").count();
    prop_assert_eq!(numbers(after).len() - numbers(before).len(), creates, "articles that came");
    Ok(())
}

fn nothing_is_left(
    again: &Ran,
    plan: &BTreeMap<String, Value>,
    run: &BTreeMap<String, Value>,
    hides: bool,
) -> Result<(), TestCaseError> {
    let changes = |one: &Value| matches!(one["action"].as_str().unwrap(), "create" | "update" | "retire");
    let open = documents(&again.json()).values().any(changes);
    prop_assert!(matches!((open, again.code), (false, Some(0 | 5)) | (true, Some(5 | 10))), "{:?}", again);
    // What the instance did not take is still to be done, and what waits for its category joins in.
    let tries_again = |id: &String, left: &Value| {
        let refused = run.get(id).is_some_and(|done| done["outcome"] == "conflict");
        refused && plan.get(id).is_some_and(is_untold) && is_untold(left)
    };
    let some_do = documents(&again.json()).iter().any(|(id, left)| tries_again(id, left));
    for (id, left) in documents(&again.json()) {
        let action = left["action"].as_str().unwrap();
        let tries_again = tries_again(&id, &left) || (some_do && may_stay(&left));
        prop_assert!(
            matches!(action, "unchanged" | "conflict" | "skip") || tries_again,
            "something is left to do: {id}: {left}, after {:?}",
            run.get(&id)
        );
        let conflict = plan.get(&id).is_some_and(|said| said["action"] == "conflict");
        // A rule may hide what was just made from the account that made it.
        let made = plan.get(&id).is_some_and(|said| said["action"] == "create");
        let hidden = hides && made && left["reasons"].to_string().contains("hidden from this account");
        prop_assert!(action != "conflict" || conflict || hidden, "{id} became a conflict: {left}");
    }
    Ok(())
}

/// Titles and bodies that people typed, by row: they stay until a run is told to overwrite them.
#[derive(Debug, Default)]
struct Typed(BTreeMap<String, [String; 2]>);

impl Typed {
    fn note(&mut self, before: &BTreeMap<String, Seen>, after: BTreeMap<String, Seen>) {
        let is_new = |(row, now): &(String, Seen)| before.get(row).is_some_and(|was| was.says != now.says);
        self.0.extend(after.into_iter().filter(is_new).map(|(row, now)| (row, now.says)));
    }

    fn stays(&self, now: &BTreeMap<String, Seen>) -> Result<(), TestCaseError> {
        for (row, typed) in self.0.iter().filter(|(row, _)| now.contains_key(*row)) {
            prop_assert_eq!(typed, &now[row].says, "what a person typed into {}", row);
        }
        Ok(())
    }
}

fn rounds() -> impl Strategy<Value = Vec<(Vec<Edit>, How)>> {
    proptest::collection::vec((proptest::collection::vec(edit(), 1..4), how()), 1..3)
}

#[test]
fn publish_does_what_plan_said_and_then_nothing_is_left() {
    let seen = How { flags: &[], saved: false };
    proptest!(config(), |(switches in switches(), account in account(), first in first(), rounds in rounds())| {
        let mut world = World::new(&switches, &account, first);
        let mut typed = Typed::default();
        round(&world, &seen)?;
        for (edits, how) in rounds {
            let before = world.everything();
            for edit in &edits {
                world.apply(edit);
            }
            world.write();
            typed.note(&before, world.everything());
            round(&world, &how)?;
            if account.on_remote_edit == "overwrite" || how.flags.contains(&"local") {
                typed = Typed::default();
            }
            typed.stays(&world.everything())?;
        }
    });
}
