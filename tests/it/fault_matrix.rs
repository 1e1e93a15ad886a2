//! Every kind of fault at every kind of request, at the first, a middle and the last of its requests, while sixty
//! articles are published or changed: after at most one more run the instance is as if nothing had been, and at
//! no moment does a published article show an image or a link that is not there.
//!
//! Each pair of fault and request is tried at one of the three places; `KB_PUBLISH_MATRIX=all` tries all places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::project::{Instance, Project, png};

/// Cells that are worked on at once: most of a cell's time is waiting for an answer that does not come.
const AT_ONCE: usize = 6;

/// Sixty documents in six folders: each links to the next of its folder, in a circle, and some across; each third
/// has a picture.
pub(crate) fn sixty(project: &Project) {
    project.doc("img/shared.png", png(b's'));
    for n in 0..60 {
        project.doc(&path_of(n), text_of(n, "First words."));
        if n.is_multiple_of(9) {
            project.doc(&format!("img/own-{n}.png"), png(n));
        }
    }
}

fn path_of(n: u8) -> String {
    format!("folder-{}/page-{n:02}.md", n / 10)
}

fn text_of(n: u8, words: &str) -> String {
    let next = n / 10 * 10 + (n + 1) % 10;
    let mut text = format!("# Page {n:02}\n\n{words} [Next](page-{next:02}.md).\n");
    if n.is_multiple_of(7) {
        let across = (n + 20) % 60;
        text.extend(["\nSee [across](../", &path_of(across), ").\n"]);
    }
    if n.is_multiple_of(3) {
        text += "\n![shared](../img/shared.png)\n";
    }
    if n.is_multiple_of(9) {
        text.extend(["\n![own](../img/own-", &n.to_string(), ".png)\n"]);
    }
    text
}

/// What changes between the two runs: words, pictures, pages that come and pages that go.
fn change(project: &Project) {
    for n in (0..60).step_by(4) {
        project.doc(&path_of(n), text_of(n, "Second words."));
    }
    project.doc("img/shared.png", png(b't'));
    for n in 60..66 {
        let folder = n - 60;
        project.doc(
            &format!("later-{folder}/new-{n}.md"),
            format!("# New {n}\n\n[Old](../folder-{folder}/page-{folder}1.md)\n\n![s](../img/shared.png)\n"),
        );
    }
    for n in [13_u8, 25, 37] {
        // Nothing links to it any more: it retires.
        project.remove(&path_of(n));
        project.doc(&path_of(n - 1), format!("# Page {:02}\n\nThe last of its row.\n", n - 1));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Nothing is there yet.
    First,
    /// All is there, and much of it changes.
    Later,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) name: &'static str,
    pub(crate) scenario: Scenario,
    pub(crate) rule: fn() -> Value,
}

pub(crate) const REQUESTS: [Request; 6] = [
    Request {
        name: "index page",
        scenario: Scenario::First,
        // Ours alone, not those of who looks on.
        rule: || json!({ "method": "GET", "table": "kb_knowledge", "query": "suppress_pagination" }),
    },
    Request {
        name: "POST article",
        scenario: Scenario::First,
        rule: || json!({ "method": "POST", "table": "kb_knowledge" }),
    },
    Request {
        name: "upload",
        scenario: Scenario::First,
        rule: || json!({ "method": "POST", "path": "/api/now/attachment/file" }),
    },
    Request {
        name: "PATCH",
        scenario: Scenario::Later,
        rule: || json!({ "method": "PATCH", "table": "kb_knowledge", "column": "text" }),
    },
    Request {
        name: "state change",
        scenario: Scenario::Later,
        rule: || json!({ "method": "PATCH", "table": "kb_knowledge", "column": "workflow_state" }),
    },
    Request {
        name: "category POST",
        scenario: Scenario::First,
        rule: || json!({ "method": "POST", "table": "kb_category" }),
    },
];

pub(crate) fn faults() -> Vec<(&'static str, Value)> {
    vec![
        ("reset before", json!({ "kind": "reset" })),
        ("reset after commit", json!({ "kind": "reset", "when": "after" })),
        ("time-out before", json!({ "kind": "hang" })),
        ("time-out after", json!({ "kind": "hang", "when": "after" })),
        ("500 after commit", json!({ "kind": "cancelled_after_commit" })),
        ("502", json!({ "kind": "status", "status": 502 })),
        ("503", json!({ "kind": "status", "status": 503 })),
        ("429 with Retry-After", json!({ "kind": "status", "status": 429, "retry_after": 1 })),
        ("429 without", json!({ "kind": "status", "status": 429 })),
        ("truncated JSON", json!({ "kind": "truncate" })),
        ("200 with error", json!({ "kind": "error_in_ok" })),
        ("401", json!({ "kind": "status", "status": 401 })),
        ("token revoked", json!({ "kind": "revoke_tokens" })),
        ("403", json!({ "kind": "status", "status": 403 })),
        ("slow body", json!({ "kind": "slow_body", "bytes": 40, "ms": 150 })),
    ]
}

pub(crate) fn project_on(instance: &Arc<Instance>, oauth: bool) -> Project {
    let mut project = Project::on(instance);
    project.reconfigure("timeout_seconds = 5", "timeout_seconds = 1");
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    if oauth {
        project.reconfigure(
            "method = \"basic\"",
            "method = \"oauth\"\ngrant = \"password\"\nclient_id = \"kb-publish-sandbox\"",
        );
        project = project.variable("KB_PUBLISH_CLIENT_SECRET", "kb-publish-sandbox");
    }
    project
}

/// An instance and a project right before the run that is to be disturbed.
pub(crate) fn prepared(scenario: Scenario, oauth: bool) -> (Arc<Instance>, Project) {
    let instance = match scenario {
        Scenario::First => Instance::new(),
        Scenario::Later => Instance::copied(&FILLED),
    };
    let project = project_on(&instance, oauth);
    sixty(&project);
    if scenario == Scenario::Later {
        change(&project);
    }
    (instance, project)
}

/// The data of an instance that holds the sixty articles.
static FILLED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let data = camino::Utf8PathBuf::from_path_buf(folder.path().join("sandbox.db")).unwrap();
    let instance = Instance::at(&data);
    let project = project_on(&instance, false);
    sixty(&project);
    project.publish();
    drop(project);
    instance.stop();
    std::fs::read(data).unwrap()
});

/// What an undisturbed run leaves, and how many requests of each kind it makes.
pub(crate) struct Undisturbed {
    state: BTreeMap<String, Value>,
    pub(crate) requests: Vec<u64>,
}

pub(crate) fn undisturbed(scenario: Scenario, requests: &[Request]) -> Undisturbed {
    let (instance, project) = prepared(scenario, false);
    for request in requests {
        let mut rule = (request.rule)();
        rule["count"] = json!(0);
        rule["fault"] = json!({ "kind": "delay", "ms": 0 });
        instance.fault(&rule);
    }
    project.publish();
    let requests =
        instance.faults().as_array().unwrap().iter().map(|rule| rule["matched"].as_u64().unwrap()).collect();
    instance.heal();
    project.publishes_nothing();
    Undisturbed { state: instance.state("acme"), requests }
}

/// Looks at the published articles while a run goes on.
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    seen: std::thread::JoinHandle<Vec<String>>,
}

impl Watch {
    pub(crate) fn on(instance: &Arc<Instance>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (instance, stopped) = (Arc::clone(instance), Arc::clone(&stop));
        let seen = std::thread::spawn(move || {
            let mut seen = Vec::new();
            while !stopped.load(Ordering::Acquire) {
                seen.extend(broken(&instance));
                std::thread::sleep(Duration::from_millis(250));
            }
            seen.extend(broken(&instance));
            seen
        });
        Self { stop, seen }
    }

    pub(crate) fn ended(self) -> Vec<String> {
        self.stop.store(true, Ordering::Release);
        self.seen.join().unwrap()
    }
}

/// Pieces of a text that follow a mark, to the first letter that is not of the piece.
fn after<'t>(text: &'t str, mark: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(mark).skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
        &rest[..end]
    })
}

/// What published articles show that is not there.
fn broken(instance: &Instance) -> Vec<String> {
    let files = |rows: Vec<Value>| -> BTreeSet<String> {
        rows.iter()
            .map(|row| {
                format!("{} {}", row["table_sys_id"].as_str().unwrap(), row["sys_id"].as_str().unwrap())
            })
            .collect()
    };
    let attached = files(instance.short("sys_attachment", "table_name=kb_knowledge", "sys_id,table_sys_id"));
    let articles = instance.short("kb_knowledge", "", "sys_id,number,text,workflow_state,sys_mod_count");
    let numbers: BTreeSet<&str> = articles.iter().map(|row| row["number"].as_str().unwrap()).collect();
    let mut broken = Vec::new();
    for row in articles.iter().filter(|row| row["workflow_state"] == "published") {
        let id = row["sys_id"].as_str().unwrap();
        let text = row["text"].as_str().unwrap().replace("&#61;", "=").replace("&amp;", "&");
        let dangling: Vec<&str> =
            after(&text, "sysparm_article=").filter(|number| !numbers.contains(number)).collect();
        if !dangling.is_empty() {
            broken.push(format!("{} links to {dangling:?}", row["number"]));
        }
        let shown: Vec<String> =
            after(&text, "sys_attachment.do?sys_id=").map(|file| format!("{id} {file}")).collect();
        if shown.iter().all(|file| attached.contains(file)) {
            continue;
        }
        // The files were listed before the articles: they are looked at once more, and so is the article.
        let now =
            files(instance.short("sys_attachment", &format!("table_sys_id={id}"), "sys_id,table_sys_id"));
        let again = instance.short("kb_knowledge", &format!("sys_id={id}"), "sys_mod_count");
        if again.first().is_some_and(|again| again["sys_mod_count"] == row["sys_mod_count"])
            && !shown.iter().all(|file| now.contains(file))
        {
            broken.push(format!("{} shows files that are not there", row["number"]));
        }
    }
    broken
}

/// A fault that strikes the n-th request of a kind.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    pub(crate) fault: (&'static str, Value),
    pub(crate) request: Request,
    pub(crate) from: u64,
}

/// A run that is struck, all in one scenario.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) strikes: Vec<Strike>,
    /// On an instance that chooses sys_ids itself.
    pub(crate) chooses_ids: bool,
}

impl Cell {
    fn has(&self, fault: &str) -> bool {
        self.strikes.iter().any(|strike| strike.fault.0 == fault)
    }

    fn place(&self) -> String {
        let strikes = self.strikes.iter();
        let strikes: Vec<String> =
            strikes.map(|one| format!("{} at {} no. {}", one.fault.0, one.request.name, one.from)).collect();
        let whose = if self.chooses_ids { ", ids chosen by the instance" } else { "" };
        format!("{}{whose}", strikes.join(", "))
    }
}

/// One cell: what is wrong with it, if anything, and whether all its faults struck.
fn cell(cell: &Cell, expected: &Undisturbed) -> (Option<String>, bool) {
    let (instance, project) = prepared(cell.strikes[0].request.scenario, cell.has("token revoked"));
    if cell.chooses_ids {
        instance.switch(&json!({ "client_sys_id": "admin_only_ignored" }));
    }
    for strike in &cell.strikes {
        let mut rule = (strike.request.rule)();
        rule["from"] = json!(strike.from);
        rule["fault"] = strike.fault.1.clone();
        instance.fault(&rule);
    }
    let watch = Watch::on(&instance);
    let first = project.json(&["publish"]);
    let faults = instance.faults();
    let struck = faults.as_array().unwrap().iter().filter(|rule| rule["struck"] == 1).count();
    instance.heal();
    let mut told = vec![format!("first run: {:?}\n{}\n{}", first.code, first.stdout, first.stderr)];
    let mut wrong = Vec::new();
    // Of several the first may keep the others from their requests.
    if struck == 0 {
        wrong.push("the fault never struck".to_owned());
    }
    if first.code != Some(0) {
        // A state that was refused was asked for already: it is asked for again only when told (protocol §5.5).
        let left = first.stdout.contains("\"left-draft\"");
        let asks = first.code == Some(7) || (left && cell.strikes.len() > 1);
        let again = if asks { &["publish", "--ask-again"][..] } else { &["publish"] };
        if first.code == Some(7) && !(cell.has("403") && left) {
            wrong.push("a draft was left without a refusal".to_owned());
        }
        let second = project.json(again);
        told.push(format!("second run: {:?}\n{}\n{}", second.code, second.stdout, second.stderr));
        if second.code != Some(0) {
            wrong.push(format!("the second run ended with {:?}", second.code));
        }
    }
    // Files that could not be removed are left to the next run, which is no failure (protocol §2, `x`).
    if first.code == Some(0) && cell.strikes.iter().any(|strike| strike.request.name.starts_with("removal")) {
        project.publish();
    }
    wrong.extend(watch.ended());
    let state = instance.state("acme");
    for key in state.keys().chain(expected.state.keys()).collect::<BTreeSet<_>>() {
        let (got, wanted) = (state.get(key), expected.state.get(key));
        if got != wanted {
            wrong.push(format!("{key}: {got:?} in place of {wanted:?}"));
        }
    }
    let wrong =
        (!wrong.is_empty()).then(|| format!("{}:\n{}\n{}", cell.place(), wrong.join("\n"), told.join("\n")));
    (wrong, struck == cell.strikes.len())
}

/// All cells, several at once; panics with what is wrong. In how many all faults struck.
pub(crate) fn all_survived(cells: &[Cell], expected: &[Undisturbed; 2]) -> usize {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let whole = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(one) = cells.get(next.fetch_add(1, Ordering::AcqRel)) {
                    let later = one.strikes[0].request.scenario == Scenario::Later;
                    let (found, all_struck) = cell(one, &expected[usize::from(later)]);
                    whole.fetch_add(usize::from(all_struck), Ordering::AcqRel);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} cells\n{}", wrong.len(), cells.len(), wrong.join("\n\n"));
    whole.into_inner()
}

/// Whether every place is tried.
pub(crate) fn all_places() -> bool {
    std::env::var("KB_PUBLISH_MATRIX").is_ok_and(|value| value == "all")
}

/// Each fault at each request: at the first, a middle or the last in turn, or at all three.
pub(crate) fn matrix(
    faults: &[(&'static str, Value)],
    requests: &[Request],
    expected: &[Undisturbed; 2],
) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (f, fault) in faults.iter().enumerate() {
        for (r, request) in requests.iter().enumerate() {
            let count = expected[usize::from(request.scenario == Scenario::Later)].requests[r];
            assert!(count >= 1, "{} {}s", count, request.name);
            let places = [1, count.div_ceil(2), count];
            let chosen = if all_places() { &places[..] } else { &places[(f + r) % 3..][..1] };
            // Each fourth on an instance that chooses sys_ids itself.
            let chooses_ids = (f + r) % 4 == 3;
            cells.extend(chosen.iter().map(|&from| {
                let strike = Strike { fault: fault.clone(), request: *request, from };
                Cell { strikes: vec![strike], chooses_ids }
            }));
        }
    }
    cells
}

#[test]
fn every_fault_at_every_request_is_survived() {
    let expected = [undisturbed(Scenario::First, &REQUESTS), undisturbed(Scenario::Later, &REQUESTS)];
    for (n, request) in REQUESTS.iter().enumerate() {
        let count = expected[usize::from(request.scenario == Scenario::Later)].requests[n];
        assert!(count >= 3, "{count} {}s have no first, middle and last", request.name);
    }
    let cells = matrix(&faults(), &REQUESTS, &expected);
    assert_eq!(all_survived(&cells, &expected), cells.len());
}
