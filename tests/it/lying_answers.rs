//! Answers that are no faults to look at, and are not so: pages with 200, redirects, rows of others, columns left out,
//! what is not compressed; and two faults in one run. After at most one more run the instance is as if nothing had been.

use serde_json::{Value, json};

use crate::fault_matrix::{
    Cell, REQUESTS, Request, Scenario, Strike, all_places, all_survived, faults, matrix, undisturbed,
};
use crate::project::{Instance, Project, handbook};

/// Further requests of a run that changes things.
const FURTHER: [Request; 4] = [
    Request {
        name: "look before a write",
        scenario: Scenario::Later,
        rule: || json!({ "method": "GET", "table": "kb_knowledge", "query": "sys_mod_count,sys_updated_on,sys_updated_by,sys_view_count" }),
    },
    Request {
        name: "list of files",
        scenario: Scenario::Later,
        rule: || json!({ "method": "GET", "path": "/api/now/attachment", "user": "kb.publisher" }),
    },
    Request {
        name: "removal of a file",
        scenario: Scenario::Later,
        rule: || json!({ "method": "DELETE", "path": "/api/now/attachment/*" }),
    },
    Request {
        name: "retirement",
        scenario: Scenario::Later,
        rule: || json!({ "method": "PATCH", "table": "kb_knowledge", "column": "retired" }),
    },
];

/// An id that no row has.
const NOBODY: &str = "ffffffffffffffffffffffffffffffff";

fn lies() -> Vec<(&'static str, Value)> {
    vec![
        ("login page", json!({ "kind": "login" })),
        ("login page after", json!({ "kind": "login", "when": "after" })),
        ("redirect", json!({ "kind": "redirect", "to": "https://elsewhere.example/api" })),
        ("redirect after", json!({ "kind": "redirect", "to": "/login.do", "when": "after" })),
        ("hibernating", json!({ "kind": "hibernating" })),
        ("broken gzip", json!({ "kind": "broken_gzip" })),
        ("connection cut in the body", json!({ "kind": "cut" })),
        ("202", json!({ "kind": "accepted" })),
        (
            "a row of somebody else",
            json!({ "kind": "alter", "set": { "sys_id": NOBODY, "file_name": "theirs.png" } }),
        ),
        ("no number", json!({ "kind": "alter", "without": ["number"] })),
        ("no state, no count", json!({ "kind": "alter", "without": ["workflow_state", "sys_mod_count"] })),
        ("no stamp", json!({ "kind": "alter", "without": ["description"] })),
        ("no body", json!({ "kind": "alter", "without": ["text", "short_description"] })),
        (
            "numbers for texts",
            json!({ "kind": "alter", "set": { "sys_view_count": 3, "active": true, "rating": null } }),
        ),
        ("negative Retry-After", json!({ "kind": "status", "status": 429, "retry_after": "-5" })),
        (
            "huge Retry-After",
            json!({ "kind": "status", "status": 429, "retry_after": "99999999999999999999" }),
        ),
        (
            "Retry-After that is past",
            json!({ "kind": "status", "status": 429, "retry_after": "Sun, 06 Nov 1994 08:49:37 GMT" }),
        ),
    ]
}

#[test]
fn every_lie_at_every_request_is_survived() {
    let requests: Vec<Request> = REQUESTS.into_iter().chain(FURTHER).collect();
    let expected = [undisturbed(Scenario::First, &requests), undisturbed(Scenario::Later, &requests)];
    let mut cells = matrix(&lies(), &requests, &expected);
    // The answer to a removal has no row that could be altered.
    let says_nothing =
        |strike: &Strike| strike.fault.1["kind"] == "alter" && strike.request.name == "removal of a file";
    if !all_places() {
        // Each third, so that every lie, every request and every place is met.
        let met = |n: usize| (n / requests.len()) % 3 == (n % requests.len()) % 3;
        cells = cells.into_iter().enumerate().filter(|(n, _)| met(*n)).map(|(_, cell)| cell).collect();
    }
    cells.retain(|cell| !says_nothing(&cell.strikes[0]));
    assert_eq!(all_survived(&cells, &expected), cells.len());
}

/// A row of pseudo-random numbers, the same in each run.
fn dice() -> impl FnMut(usize) -> usize {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    move |sides| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(sides).unwrap()).unwrap()
    }
}

#[test]
fn two_faults_in_one_run_are_survived() {
    let requests: Vec<Request> = REQUESTS.into_iter().chain(FURTHER).collect();
    let expected = [undisturbed(Scenario::First, &requests), undisturbed(Scenario::Later, &requests)];
    let all: Vec<(&'static str, Value)> = faults().into_iter().chain(lies()).collect();
    let mut throw = dice();
    let mut cells = Vec::new();
    for n in 0..if all_places() { 240 } else { 24 } {
        let scenario = [Scenario::First, Scenario::Later][n % 2];
        let of: Vec<usize> = (0..requests.len()).filter(|&r| requests[r].scenario == scenario).collect();
        let mut strike = || {
            let r = of[throw(of.len())];
            let count = expected[n % 2].requests[r];
            let from = 1 + u64::try_from(throw(usize::try_from(count).unwrap())).unwrap();
            Strike { fault: all[throw(all.len())].clone(), request: requests[r], from }
        };
        cells.push(Cell { strikes: vec![strike(), strike()], chooses_ids: n % 5 == 4 });
    }
    let both = all_survived(&cells, &expected);
    assert!(both * 2 >= cells.len(), "both faults struck in {both} of {} runs", cells.len());
}

/// A stranger's article is never written, whatever an answer says.
#[test]
fn an_answer_about_a_strangers_article_changes_none() {
    let instance = Instance::new();
    let base = instance.rows("kb_knowledge_base", "title=IT")[0]["sys_id"].clone();
    instance.act(&json!({ "act": "insert", "table": "kb_knowledge", "user": "kb.admin", "columns": {
        "short_description": "Theirs", "text": "<p>Their words.</p>", "kb_knowledge_base": base, "workflow_state": "published" } }));
    let theirs = instance.article("Theirs");
    for table in ["POST", "PATCH"] {
        instance.fault(&json!({ "method": table, "table": "kb_knowledge", "every": 2, "count": 3,
            "fault": { "kind": "alter", "set": { "sys_id": theirs["sys_id"], "number": theirs["number"] } } }));
    }
    let project = Project::on(&instance);
    handbook(&project);
    project.json(&["publish"]);
    instance.heal_struck();
    assert_eq!(instance.article("Theirs"), theirs);
    project.publish();
    assert_eq!(instance.article("Theirs"), theirs);
    assert_eq!(instance.articles("acme").len(), 8);
    project.publishes_nothing();
}
