//! Whatever interrupts a run, the next one ends where an undisturbed one would have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kb_publish::ids::InstanceUrl;
use kb_publish::publish::RunLock;
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::project::{Instance, Project, handbook};

/// What an undisturbed run leaves.
fn undisturbed(switches: &str) -> BTreeMap<String, Value> {
    let instance = Instance::with(switches);
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    instance.state("acme")
}

fn fresh(switches: &str) -> (Arc<Instance>, Project) {
    let instance = Instance::with(switches);
    let project = Project::on(&instance);
    handbook(&project);
    (instance, project)
}

/// Requests of the account that publishes so far.
fn sent(instance: &Instance) -> usize {
    let (gets, posts, patches, deletes) = instance.requests();
    gets + posts + patches + deletes
}

/// Kills a run once it has sent so many requests, then lets another finish; whether it was still going.
fn killed_after(instance: &Instance, project: &Project, requests: usize) -> bool {
    let mut child = project.command(&["publish", "-q"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut running = true;
    while running && sent(instance) < requests {
        std::thread::sleep(Duration::from_millis(2));
        running = child.try_wait().unwrap().is_none();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The instance goes on with what it had received.
    std::thread::sleep(Duration::from_millis(100));
    project.publish();
    assert_eq!(instance.articles("acme").len(), 8);
    running
}

#[test]
fn a_run_killed_at_any_moment_is_finished_by_the_next() {
    for switches in ["latency_ms = 10\n", "latency_ms = 10\nclient_sys_id = \"admin_only_ignored\"\n"] {
        let expected = undisturbed(switches);
        let (instance, project) = fresh(switches);
        project.publish();
        let whole = sent(&instance);
        let mut killed = 0;
        for step in 1..=12 {
            let (instance, project) = fresh(switches);
            killed += usize::from(killed_after(&instance, &project, whole * step / 13));
            assert_eq!(instance.state("acme"), expected, "{switches} killed at {step}/12");
            project.publishes_nothing();
        }
        assert!(killed >= 6, "only {killed} runs were still going when they were killed");
    }
}

#[test]
fn an_update_killed_at_any_moment_is_finished_by_the_next() {
    let change = |project: &Project| {
        project
            .doc("img/net.png", crate::project::png(b'7'))
            .doc("plain.md", "# Plain\n\nNew: see [Mail](guides/mail.md).\n")
            .doc("fresh.md", "# Fresh\n\n[Plain](plain.md)\n\n![l](img/logo.png)\n")
            .doc(
                "guides/mail.md",
                "# Mail\n\n[fresh](../fresh.md), [VPN](vpn.md#setup)\n\n![logo](../img/logo.png)\n",
            );
    };
    let (instance, project) = fresh("latency_ms = 10");
    project.publish();
    change(&project);
    let started = Instant::now();
    project.publish();
    let whole = started.elapsed();
    let expected = instance.state("acme");
    for step in 1..=8 {
        let (instance, project) = fresh("");
        project.publish();
        instance.switch(&json!({ "latency_ms": 10 }));
        change(&project);
        let mut child =
            project.command(&["publish", "-q"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * step / 8);
        child.kill().unwrap();
        child.wait().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        project.publish();
        assert_eq!(instance.state("acme"), expected, "killed at {step}/8");
        project.publishes_nothing();
    }
}

/// Every fault at the first and a later request of its kind: after at most one more run the instance is
/// as if nothing had been.
fn survives(name: &str, faults: &[Value]) {
    let expected = undisturbed("");
    let requests = [
        ("GET", "kb_knowledge", ""),
        ("POST", "kb_knowledge", ""),
        ("PATCH", "kb_knowledge", ""),
        ("PATCH", "kb_knowledge", "workflow_state"),
        ("POST", "kb_category", ""),
        ("POST", "", "/api/now/attachment/file"),
    ];
    for fault in faults {
        for (method, table, further) in requests {
            for from in [1, 3] {
                let (instance, project) = fresh("");
                let mut rule = json!({ "method": method, "from": from, "fault": fault });
                match further {
                    "" => rule["table"] = json!(table),
                    path if path.starts_with('/') => rule["path"] = json!(path),
                    column => {
                        rule["table"] = json!(table);
                        rule["column"] = json!(column);
                    }
                }
                instance.fault(&rule);
                let first = project.json(&["publish"]);
                instance.heal();
                if first.code != Some(0) {
                    project.publish();
                }
                let case = format!("{name}: {rule}\n{}\n{}", first.stdout, first.stderr);
                assert_eq!(instance.state("acme"), expected, "{case}");
                project.publishes_nothing();
            }
        }
    }
}

#[test]
fn answers_that_do_not_come_are_survived() {
    survives(
        "no answer",
        &[
            json!({ "kind": "reset" }),
            json!({ "kind": "reset", "when": "after" }),
            json!({ "kind": "cancelled_after_commit" }),
            json!({ "kind": "truncate" }),
            json!({ "kind": "error_in_ok" }),
        ],
    );
}

#[test]
fn refusals_of_a_moment_are_survived() {
    survives(
        "status",
        &[
            json!({ "kind": "status", "status": 500 }),
            json!({ "kind": "status", "status": 502, "when": "after" }),
            json!({ "kind": "status", "status": 503 }),
            json!({ "kind": "status", "status": 429, "retry_after": 1 }),
            json!({ "kind": "accepted" }),
        ],
    );
}

#[test]
fn an_instance_that_falls_asleep_ends_the_run_and_loses_nothing() {
    let expected = undisturbed("");
    let (instance, project) = fresh("");
    instance.fault(&json!({ "method": "PATCH", "table": "kb_knowledge", "count": 0, "fault": { "kind": "hibernating" } }));
    let run = project.json(&["publish"]).exits(4);
    assert!(run.codes().contains(&"run-stopped".to_owned()));
    instance.heal();
    project.publish();
    assert_eq!(instance.state("acme"), expected);
}

#[test]
fn an_answer_that_is_slow_beyond_the_limit_is_no_answer() {
    let expected = undisturbed("");
    let (instance, project) = fresh("");
    project.reconfigure("timeout_seconds = 5", "timeout_seconds = 1");
    instance.fault(
        &json!({ "method": "POST", "table": "kb_knowledge", "fault": { "kind": "hang", "when": "after" } }),
    );
    project.json(&["publish"]);
    instance.heal();
    project.publish();
    assert_eq!(instance.state("acme"), expected);
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_what_is_in_flight() {
    let (instance, project) = fresh("latency_ms = 60");
    let mut child = project
        .command(&["publish", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while instance.requests().1 < 3 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, Signal::INT);
    let output = {
        let status = child.wait().unwrap();
        let mut stdout = String::new();
        std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut stdout).unwrap();
        (status.code(), stdout)
    };
    assert_eq!(output.0, Some(130), "{}", output.1);
    let report: Value = serde_json::from_str(&output.1).unwrap();
    assert!(report["documents"].as_array().unwrap().iter().any(|document| document["outcome"] == "skipped"));
    project.publish();
    assert_eq!(instance.state("acme"), undisturbed(""));
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_nothing_is_written_yet_is_told_the_same_way() {
    for (verb, pressed) in [("publish", Signal::INT), ("plan", Signal::TERM)] {
        let (instance, project) = fresh("");
        instance.fault(&json!({ "table": "kb_knowledge_base", "fault": { "kind": "hang" } }));
        let child = started(&project, &[verb, "--format", "json"]);
        let deadline = Instant::now() + Duration::from_secs(30);
        while instance.faults()[0]["struck"] != 1 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        // The tree is read meanwhile, and after that it listens.
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, pressed);
        let ran = crate::project::ran(&child.wait_with_output().unwrap()).exits(130);
        assert_eq!(ran.json()["error"]["code"], "interrupted", "{}", ran.stdout);
        assert_eq!(instance.requests().1, 0);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_heard_between_planning_and_the_first_write() {
    let (instance, project) = fresh("");
    project.run(&["plan"]);
    // What `adopt` asks for once its plan is made.
    let from = instance.requests().0 + 1;
    instance.fault(&json!({ "method": "GET", "from": from, "fault": { "kind": "hang" } }));
    let child = started(&project, &["adopt", "--dry-run"]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while instance.faults()[0]["struck"] != 1 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(instance.faults()[0]["struck"], 1);
    signal(&child, Signal::INT);
    crate::project::ran(&child.wait_with_output().unwrap()).exits(130);
    assert_eq!(instance.requests().1, 0);
}

#[cfg(unix)]
#[test]
fn what_only_reads_tells_that_it_was_interrupted() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    handbook(&project);
    project.publish();
    let run = project.last_run();
    let undo = ["rollback", &run];
    let cases: [(&[&str], &str); 7] = [
        (&["bases"], "kb_knowledge_base"),
        (&["categories"], "kb_category"),
        (&["check"], "sys_user"),
        (&["status"], "kb_knowledge"),
        (&undo, "kb_knowledge"),
        (&["rollback", &run, "--dry-run"], "kb_knowledge"),
        (&["adopt"], "kb_knowledge"),
    ];
    for (at, (verb, table)) in cases.into_iter().enumerate() {
        for format in ["human", "json"] {
            let pressed = if at % 2 == 0 { Signal::INT } else { Signal::TERM };
            instance.fault(&json!({ "table": table, "user": "kb.publisher", "fault": { "kind": "hang" } }));
            let child = started(&project, &[verb, &["--format", format]].concat());
            let deadline = Instant::now() + Duration::from_secs(30);
            while instance.faults()[0]["struck"] == 0 && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(500));
            signal(&child, pressed);
            let ran = crate::project::ran(&child.wait_with_output().unwrap()).exits(130);
            if format == "json" {
                assert_eq!(ran.json()["error"]["code"], "interrupted", "{verb:?} {}", ran.stdout);
            } else {
                assert!(ran.stderr.contains("interrupted; nothing was written"), "{verb:?} {}", ran.stderr);
            }
            instance.heal_struck();
        }
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_still_reads_its_files_tells_that_it_was_interrupted() {
    let (instance, project) = fresh("");
    // A pipe holds the reader up until somebody writes into it.
    let pipe = project.path("pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for pressed in [Signal::INT, Signal::TERM] {
        let child = started(&project, &["publish", "--format", "json", "--config", pipe.as_str()]);
        // Comes back once the other side reads.
        let _written = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        signal(&child, pressed);
        let ran = crate::project::ran(&child.wait_with_output().unwrap()).exits(130);
        assert_eq!(ran.json()["error"]["code"], "interrupted", "{}", ran.stdout);
    }
    assert_eq!(instance.requests().1, 0);
}

#[cfg(unix)]
#[test]
fn the_write_probe_clears_up_when_it_is_interrupted() {
    let instance = Instance::with("latency_ms = 300");
    let project = Project::on(&instance);
    let child = started(&project, &["check", "--write-probe", "--yes", "--format", "json"]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while instance.requests().1 == 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, Signal::INT);
    let ran = crate::project::ran(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // This account may delete no article.
    assert_eq!(instance.article("kb-publish write probe")["workflow_state"], "retired");
    assert_eq!(instance.rows("sys_attachment", "file_name=kb-publish-probe.txt"), [] as [Value; 0]);
}

/// A run whose output is read at its end.
#[cfg(unix)]
fn started(project: &Project, args: &[&str]) -> std::process::Child {
    let piped = std::process::Stdio::piped;
    project.command(args).stdout(piped()).stderr(piped()).spawn().unwrap()
}

#[cfg(unix)]
fn signal(child: &std::process::Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    for (first, second) in [(Signal::INT, Signal::INT), (Signal::TERM, Signal::TERM)] {
        for (when, method) in [("before", "POST"), ("after", "POST"), ("after", "PATCH")] {
            let (instance, project) = fresh("");
            project.reconfigure("timeout_seconds = 5", "timeout_seconds = 60");
            let fault = json!({ "kind": "hang", "when": when });
            instance.fault(&json!({ "method": method, "table": "kb_knowledge", "from": 2, "fault": fault }));
            let mut child = project
                .command(&["publish", "--format", "json"])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let struck = || {
                instance.faults().as_array().unwrap().iter().any(|fault| fault["struck"].as_u64() > Some(0))
            };
            let deadline = Instant::now() + Duration::from_secs(30);
            while !struck() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            signal(&child, first);
            std::thread::sleep(Duration::from_millis(700));
            assert!(child.try_wait().unwrap().is_none(), "the first lets what is in flight end");
            let pressed = Instant::now();
            signal(&child, second);
            let ran = crate::project::ran(&child.wait_with_output().unwrap()).exits(130);
            assert!(pressed.elapsed() < Duration::from_secs(20), "{}", ran.stderr);
            let lost: Vec<Value> = ran.json()["documents"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|document| {
                    document["error"].as_str().is_some_and(|error| error.contains("was stopped"))
                })
                .cloned()
                .collect();
            assert!(!lost.is_empty() && lost.iter().all(|one| one["outcome"] == "failed"), "{}", ran.stdout);
            assert!(ran.codes().contains(&"run-stopped".to_owned()));
            assert_eq!(project.json(&["runs"]).exits(0).json()["runs"][0]["exit"], 130);
            instance.heal();
            project.publish();
            assert_eq!(instance.state("acme"), undisturbed(""), "{when} {method}");
        }
    }
}

#[test]
fn rows_that_were_not_asked_for_are_never_touched() {
    let (instance, project) = fresh("");
    let other = Project::named(&instance, "other");
    other.doc("a.md", "# Stranger\n\ntext\n");
    other.publish();
    project.publish();
    let before = instance.article("Stranger");
    project.reconfigure("status = \"published\"", "status = \"published\"\norphans = \"retire\"");
    instance.fault(
        &json!({ "method": "GET", "table": "kb_knowledge", "count": 0, "fault": { "kind": "forget_query" } }),
    );
    project.json(&["publish"]);
    instance.heal();
    assert_eq!(instance.article("Stranger"), before);
    assert!(instance.articles("acme").values().all(|article| article["workflow_state"] == "published"));
}

#[test]
fn a_second_run_on_this_machine_is_refused_and_leaves_no_lock_behind() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nText.\n");
    let url = InstanceUrl::parse(instance.url()).unwrap();
    let name = kb_publish::ids::Project::parse("acme").unwrap();
    let state = project.path("state/kb-publish");
    let held = RunLock::take(Some(&state), &url, &name).unwrap();
    let ran = project.json(&["publish"]).exits(8);
    assert_eq!(ran.json()["schema"], "kb-publish/plan/1");
    assert_eq!(ran.codes(), ["another-run"]);
    assert_eq!(instance.requests().1, 0);
    drop(held);
    project.publish();
    assert_eq!(std::fs::read_dir(state.join("locks")).unwrap().count(), usize::from(!cfg!(unix)));
}
