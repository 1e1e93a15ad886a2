//! Two runs of one project at the same time, on one machine and on two; runs killed at random moments.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fault_matrix::{Scenario, Watch, prepared, project_on, sixty};
use crate::project::{Instance, Project, Ran, handbook, png, ran};

fn begun(project: &Project) -> Child {
    project
        .command(&["publish", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(child: Child) -> Ran {
    ran(&child.wait_with_output().unwrap())
}

/// A run that the instance's first fault holds up.
fn waiting_in_its_first_write(instance: &Instance, project: &Project) -> Child {
    let run = begun(project);
    let patience = Instant::now() + Duration::from_secs(60);
    while instance.faults()[0]["struck"] != 1 {
        assert!(Instant::now() < patience, "{}", instance.faults());
        std::thread::sleep(Duration::from_millis(20));
    }
    run
}

/// The same project in another place: another machine, as far as the two know.
fn twin(instance: &std::sync::Arc<Instance>) -> (Project, Project) {
    let both = (Project::on(instance), Project::on(instance));
    handbook(&both.0);
    handbook(&both.1);
    both
}

#[test]
fn the_second_run_on_one_machine_notices_and_writes_nothing() {
    let instance = Instance::with("latency_ms = 40");
    let project = Project::on(&instance);
    handbook(&project);
    let (first, second) = (begun(&project), begun(&project));
    let (first, second) = (ended(first), ended(second));
    let mut codes = [first.code, second.code];
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(8)], "{first:?}\n{second:?}");
    let refused = if first.code == Some(8) { first } else { second };
    assert_eq!(refused.codes(), ["another-run"]);
    assert_eq!(instance.articles("acme").len(), 8);
    project.publishes_nothing();
}

/// Errors and reasons of all documents.
fn told(run: &Ran) -> String {
    run.json()["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| format!("{} {}", document["error"], document["reasons"]))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn two_machines_that_make_the_same_articles_make_each_once() {
    let expected = {
        let instance = Instance::new();
        let project = Project::on(&instance);
        handbook(&project);
        project.publish();
        instance.state("acme")
    };
    let mut noticed = 0;
    for latency in [5, 15, 30] {
        let instance = Instance::with(&format!("latency_ms = {latency}"));
        let (here, there) = twin(&instance);
        let watch = Watch::on(&instance);
        let (first, second) = (begun(&here), begun(&there));
        for run in [ended(first), ended(second)] {
            assert!(matches!(run.code, Some(0 | 5)), "{}\n{}", run.stdout, run.stderr);
            noticed += usize::from(told(&run).contains("another run"));
        }
        here.publish();
        assert_eq!(instance.state("acme"), expected, "{latency} ms");
        assert_eq!(watch.ended(), [""; 0]);
        there.publishes_nothing();
    }
    assert!(noticed > 0, "the two never met");
}

#[test]
fn an_article_that_another_machine_made_of_the_same_source_is_done() {
    let instance = Instance::new();
    let (here, there) = (Project::on(&instance), Project::on(&instance));
    for project in [&here, &there] {
        project.doc("plain.md", "# Plain\n\nText.\n");
    }
    // Whoever comes first waits with its article until the other one has made it.
    instance.fault(&json!({
        "method": "POST", "table": "kb_knowledge", "count": 1, "fault": { "kind": "delay", "ms": 1500 }
    }));
    let (first, second) = (begun(&here), begun(&there));
    for run in [ended(first), ended(second)] {
        assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
        let outcome = &run.document("plain.md")["outcome"];
        assert!(outcome == "created" || outcome == "unchanged", "{}", run.stdout);
        assert_eq!(run.document("plain.md")["article"]["sys_id"], instance.article("Plain")["sys_id"]);
    }
    there.publishes_nothing();
}

#[test]
fn an_article_with_files_that_another_machine_made_meanwhile_is_done() {
    let instance = Instance::new();
    let (here, there) = (Project::on(&instance), Project::on(&instance));
    for project in [&here, &there] {
        project.doc("shown.md", "# Shown\n\n![l](l.png)\n").doc("l.png", png(b'1'));
    }
    instance.fault(&json!({
        "method": "POST", "table": "kb_knowledge", "count": 1, "fault": { "kind": "delay", "ms": 3000 }
    }));
    let first = waiting_in_its_first_write(&instance, &here);
    assert_eq!(ended(begun(&there)).code, Some(0));
    let first = ended(first);
    assert_eq!(first.code, Some(0), "{}", first.stdout);
    assert_eq!(first.document("shown.md")["outcome"], "unchanged");
    assert_eq!(first.document("shown.md")["article"]["sys_id"], instance.article("Shown")["sys_id"]);
    here.publishes_nothing();
}

#[test]
fn where_the_instance_chooses_ids_one_request_lies_between_two_machines() {
    let instance = Instance::with("client_sys_id = \"admin_only_ignored\"");
    let (here, there) = (Project::on(&instance), Project::on(&instance));
    for project in [&here, &there] {
        project.reconfigure("status = \"published\"\n", "status = \"published\"\nconcurrency = 1\n");
        for name in ["One", "Two", "Three"] {
            project.doc(&format!("{}.md", name.to_lowercase()), format!("# {name}\n\nText.\n"));
        }
    }
    // One waits in its first write while the other makes all.
    instance.fault(&json!({
        "method": "POST", "table": "kb_knowledge", "count": 1, "fault": { "kind": "delay", "ms": 3000 }
    }));
    let first = waiting_in_its_first_write(&instance, &here);
    assert_eq!(ended(begun(&there)).code, Some(0));
    let first = ended(first);
    assert_eq!(first.code, Some(0), "{}", first.stdout);
    let rows = instance.rows("kb_knowledge", "");
    assert_eq!(rows.len(), 4, "{rows:#?}");
}

#[test]
fn two_machines_with_different_texts_lose_none_silently() {
    let instance = Instance::with("latency_ms = 15");
    let (here, there) = twin(&instance);
    here.publish();
    there.publishes_nothing();
    for n in ["plain.md", "guides/mail.md", "guides/deep/a.md", "guides/deep/b.md", "guides/deep/c.md"] {
        here.doc(n, format!("# {n}\n\nFrom here.\n"));
        there.doc(n, format!("# {n}\n\nFrom there.\n"));
    }
    let (first, second) = (begun(&here), begun(&there));
    let (first, second) = (ended(first), ended(second));
    let articles = instance.articles("acme");
    let (first, second) = (first.json(), second.json());
    for (loser, winner, words) in [(&first, &second, "From here."), (&second, &first, "From there.")] {
        for document in loser["documents"].as_array().unwrap() {
            let path = document["path"].as_str().unwrap();
            let Some(article) = articles.get(path.trim_start_matches("docs/")) else { continue };
            if article["text"].as_str().unwrap().contains(words) || document["outcome"] == "conflict" {
                continue;
            }
            // It was written and is gone: the other run was shown it in its plan, or says that it overwrote it.
            let other =
                winner["documents"].as_array().unwrap().iter().find(|other| other["path"] == path).unwrap();
            let shown = other["diff"].as_str().is_some_and(|diff| diff.contains(&format!("-{words}")));
            let said = other.to_string().contains("overwritten")
                || winner["problems"].to_string().contains("overwritten");
            assert!(shown || said, "lost without a word: {document}\n{other}\n{article}");
        }
    }
    // The one who speaks last, after having been told, is heard.
    let last = there.json(&["publish", "--take", "local"]).exits(0);
    assert!(!last.stdout.is_empty());
    assert!(
        instance.articles("acme").values().all(|row| !row["text"].as_str().unwrap().contains("From here."))
    );
    there.publishes_nothing();
}

#[test]
fn a_duplicate_on_an_instance_that_chooses_ids_is_reported_and_left() {
    let instance = Instance::with("client_sys_id = \"admin_only_ignored\"");
    let (here, there) = (Project::on(&instance), Project::on(&instance));
    here.doc("a.md", "# Alpha\n\nText.\n");
    there.doc("a.md", "# Alpha\n\nText.\n");
    // Both ask whether it is there before either makes it: the one request that no lock covers.
    instance.fault(&json!({ "method": "POST", "table": "kb_knowledge", "count": 0, "fault": { "kind": "delay", "ms": 1500 } }));
    let (first, second) = (begun(&here), begun(&there));
    let _ = (ended(first), ended(second));
    instance.heal();
    let rows = instance.rows("kb_knowledge", "descriptionSTARTSWITHkb-publish-1/acme/");
    assert_eq!(rows.len(), 2, "the window is one request wide");
    here.doc("a.md", "# Alpha\n\nOther text.\n");
    let run = here.publish();
    assert!(run.codes().contains(&"duplicate-article".to_owned()), "{}", run.stdout);
    let after = instance.rows("kb_knowledge", "descriptionSTARTSWITHkb-publish-1/acme/");
    assert_eq!(after.len(), 2, "left for a person");
    let changed = after.iter().filter(|row| row["text"].as_str().unwrap().contains("Other text.")).count();
    assert_eq!(changed, 1, "and only one of them is ours to write");
    here.publishes_nothing();
}

/// Numbers that differ from run to run of the test.
fn random(below: u64) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    (u64::from(now.subsec_nanos()) / 97).wrapping_mul(0x9E37_79B9) % below
}

/// One run that is killed after `delay`, and the next.
fn killed(scenario: Scenario, switches: &Value, delay: Duration) -> Result<bool, String> {
    let (instance, project) = prepared(scenario, false);
    instance.switch(switches);
    let watch = Watch::on(&instance);
    let mut child =
        project.command(&["publish", "-q"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(delay);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    // The instance goes on with what it had received.
    std::thread::sleep(Duration::from_millis(200));
    let next = project.json(&["publish"]);
    let mut wrong = watch.ended();
    if next.code != Some(0) {
        wrong.push(format!("the next run ended with {:?}\n{}\n{}", next.code, next.stdout, next.stderr));
    }
    let expected = expected(scenario);
    let state = instance.state("acme");
    if state != *expected {
        let keys = state.keys().chain(expected.keys());
        let differ = keys.filter(|key| state.get(*key) != expected.get(*key));
        wrong.extend(
            differ.map(|key| format!("{key}: {:?} in place of {:?}", state.get(key), expected.get(key))),
        );
    }
    if wrong.is_empty() { Ok(running) } else { Err(format!("killed after {delay:?}:\n{}", wrong.join("\n"))) }
}

fn expected(scenario: Scenario) -> &'static std::collections::BTreeMap<String, Value> {
    use std::sync::LazyLock;
    static FIRST: LazyLock<std::collections::BTreeMap<String, Value>> =
        LazyLock::new(|| left_by(Scenario::First));
    static LATER: LazyLock<std::collections::BTreeMap<String, Value>> =
        LazyLock::new(|| left_by(Scenario::Later));
    match scenario {
        Scenario::First => &FIRST,
        Scenario::Later => &LATER,
    }
}

fn left_by(scenario: Scenario) -> std::collections::BTreeMap<String, Value> {
    let (instance, project) = prepared(scenario, false);
    project.publish();
    instance.state("acme")
}

/// `KB_PUBLISH_KILLS=200` asks for more than the usual number.
#[test]
fn a_run_killed_at_a_random_moment_is_finished_by_the_next() {
    let many: usize = std::env::var("KB_PUBLISH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    let whole = {
        let instance = Instance::with("latency_ms = 8");
        let project = project_on(&instance, false);
        sixty(&project);
        let started = Instant::now();
        project.publish();
        started.elapsed()
    };
    let (next, running) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::AcqRel);
                    if n >= many {
                        return;
                    }
                    let scenario = if n % 2 == 0 { Scenario::First } else { Scenario::Later };
                    let sys_id = if n % 4 < 3 { "honoured" } else { "admin_only_ignored" };
                    let switches = json!({ "latency_ms": 8, "client_sys_id": sys_id });
                    let delay = Duration::from_millis(random(u64::try_from(whole.as_millis()).unwrap()));
                    match killed(scenario, &switches, delay) {
                        Ok(was_running) => {
                            running.fetch_add(usize::from(was_running), Ordering::AcqRel);
                        }
                        Err(why) => wrong.lock().unwrap().push(format!("{scenario:?} {switches}: {why}")),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {many}\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(running.into_inner() * 3 >= many, "most runs had ended before they were killed");
}
