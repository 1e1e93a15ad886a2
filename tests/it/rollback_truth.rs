//! A run is undone to the letter where nobody else wrote: rows read as before it, what it made is retired, and the plan
//! is the one before it. What cannot be undone is told, and only where the instance explains it. Random trees, edits,
//! accounts and instances; `PROPTEST_CASES` raises their number.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::worlds::{World, account, config, documents, first, local, switches};

/// By row: what readers see of it, and where it lies. Files count by name, which holds their hash.
fn snapshot(world: &World) -> BTreeMap<String, Value> {
    let files = world.instance.rows("sys_attachment", "table_name=kb_knowledge");
    let see = |row: Value| {
        let mut text = row["text"].as_str().unwrap().to_owned();
        let mut names = Vec::new();
        for file in files.iter().filter(|file| file["table_sys_id"] == row["sys_id"]) {
            text = text.replace(file["sys_id"].as_str().unwrap(), file["file_name"].as_str().unwrap());
            names.push(file["file_name"].to_string());
        }
        names.sort();
        // The second write, by which a rule's count is measured, turns the line's end.
        let mut says = json!({ "text": text.trim_end(), "files": names });
        for column in [
            "number",
            "short_description",
            "workflow_state",
            "kb_category",
            "kb_knowledge_base",
            "meta",
            "language",
            "parent",
        ] {
            says[column] = row[column].clone();
        }
        (row["sys_id"].as_str().unwrap().to_owned(), says)
    };
    world.instance.rows("kb_knowledge", "").into_iter().map(see).collect()
}

/// Undoes a run; gives the report's articles by number.
fn undo(world: &World, run: &str) -> Result<BTreeMap<String, Value>, TestCaseError> {
    let articles = |report: &Value| -> BTreeMap<String, Value> {
        let all = report["articles"].as_array().unwrap().iter();
        all.map(|one| (one["number"].as_str().unwrap_or_default().to_owned(), one.clone())).collect()
    };
    let planned = articles(&world.project.json(&["rollback", run, "--dry-run"]).json());
    let ran = world.project.json(&["rollback", run, "--yes"]);
    prop_assert!(matches!(ran.code, Some(0 | 5)), "{ran:?}");
    let done = articles(&ran.json());
    let actions = |articles: &BTreeMap<String, Value>| {
        articles
            .iter()
            .map(|(number, one)| (number.clone(), one["action"].clone()))
            .collect::<BTreeMap<_, _>>()
    };
    prop_assert_eq!(actions(&planned), actions(&done));
    Ok(done)
}

/// Which articles the rollback could not bring back, each with its reason.
fn left_for_a_person(undone: &BTreeMap<String, Value>, switches: &str) -> Result<Vec<String>, TestCaseError> {
    let mut left = Vec::new();
    for (number, article) in undone {
        let outcome = article["outcome"].as_str().unwrap();
        prop_assert!(matches!(outcome, "restored" | "retired" | "left" | "conflict"), "{article}");
        if outcome == "conflict" {
            let explained = ["versioning", "publish = "].iter().any(|switch| switches.contains(switch));
            prop_assert!(explained, "nobody else wrote: {article}");
            prop_assert!(!article["reasons"].as_array().unwrap().is_empty(), "{article}");
            left.push(number.clone());
        }
    }
    Ok(left)
}

fn actions(plan: &Value) -> BTreeMap<String, String> {
    let action = |one: &Value| one["action"].as_str().unwrap().to_owned();
    documents(plan).iter().map(|(id, one)| (id.clone(), action(one))).collect()
}

#[test]
fn a_rollback_brings_back_what_stood_there_and_the_plan_before() {
    let edits = proptest::collection::vec(local(), 1..6);
    proptest!(config(), |(switches in switches(), account in account(), first in first(), edits in edits)| {
        let mut world = World::new(&switches, &account, first);
        world.project.json(&["publish", "--yes"]);
        for edit in &edits {
            world.apply(edit);
        }
        world.write();
        let before = snapshot(&world);
        let planned = world.project.json(&["plan"]).json();
        let ran = world.project.json(&["publish", "--yes"]).json();
        let written = snapshot(&world);
        let wrote = ["POST", "PATCH", "DELETE"].iter().any(|method| ran["requests"][method] != 0);
        if !wrote {
            return Ok(());
        }
        let undone = undo(&world, ran["run"].as_str().unwrap())?;
        let left = left_for_a_person(&undone, &switches)?;
        let after = snapshot(&world);
        for (row, now) in &after {
            let number = now["number"].as_str().unwrap().to_owned();
            let article = undone.get(&number);
            if left.contains(&number) {
                // Told in whole or in part; what a whole conflict left alone was not written.
                let alone = undone[&number]["action"] == "conflict";
                prop_assert!(!alone || now == &written[row], "{:?}: {}", article, now);
            } else if let Some(was) = before.get(row) {
                prop_assert_eq!(was, now, "{:?}", article);
            } else {
                prop_assert_eq!(&now["workflow_state"], "retired", "{:?}", article);
            }
        }
        if left.is_empty() {
            let again = actions(&world.project.json(&["plan"]).json());
            for (id, action) in actions(&planned) {
                // What the run made is there now, retired by us: it comes back.
                let now = if action == "create" { "update" } else { &*action };
                prop_assert_eq!(again.get(&id).map(String::as_str), Some(now), "{}", id);
            }
        }
    });
}
