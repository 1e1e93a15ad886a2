//! Two commits that write one project in turn are pointed out, and nothing else is.

use std::process::Command;

use camino::Utf8Path;
use serde_json::json;

use crate::project::{Instance, Project, Ran};

fn git(folder: &Utf8Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
    let done = Command::new("git")
        .args(identity)
        .args(["-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {done:?}");
}

fn commit(project: &Project, text: &str) {
    project.doc("a.md", format!("# A\n\n{text}\n"));
    git(&project.path(""), &["add", "docs", "publish.toml"]);
    git(&project.path(""), &["commit", "-qm", text]);
}

/// A project in git, published from its first commit, with a second one on `main`.
fn begun(instance: &std::sync::Arc<Instance>) -> Project {
    let project = Project::on(instance);
    git(&project.path(""), &["init", "-q"]);
    commit(&project, "One.");
    git(&project.path(""), &["tag", "first"]);
    project.publish();
    commit(&project, "Two.");
    project
}

fn told(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let problems = json["problems"].as_array().unwrap().iter();
    problems
        .filter(|problem| problem["code"] == "commits-in-turn")
        .map(|problem| problem["message"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_old_commit_over_a_newer_one_is_told_and_the_way_forward_is_not() {
    let instance = Instance::new();
    let project = begun(&instance);
    assert_eq!(told(&project.publish()), Vec::<String>::new(), "forward");
    git(&project.path(""), &["checkout", "-q", "first"]);
    instance.control("clock", &json!({ "advance_seconds": 5 * 86_400 }));
    let plan = told(&project.json(&["plan"]).exits(0));
    assert!(
        plan[0].contains("1 article was last written 5 days ago") && plan[0].contains("comes after"),
        "{plan:?}"
    );
    let ran = project.publish();
    assert_eq!(told(&ran), plan);
    assert_eq!(ran.document("a.md")["outcome"], "updated", "a warning, no refusal");
    assert_eq!(told(&project.publish()), Vec::<String>::new(), "nothing to write");
    git(&project.path(""), &["checkout", "-q", "main"]);
    let ran = project.publish();
    assert_eq!(told(&ran), Vec::<String>::new(), "forward again");
    assert_eq!(ran.document("a.md")["outcome"], "updated");
}

#[test]
fn two_branches_in_turn_are_told_within_minutes() {
    let instance = Instance::new();
    let project = begun(&instance);
    project.publish();
    git(&project.path(""), &["checkout", "-q", "-b", "feature", "first"]);
    commit(&project, "Three.");
    let branch = told(&project.publish());
    assert!(branch.len() == 1 && branch[0].contains("two branches write in turn"), "{branch:?}");
    git(&project.path(""), &["checkout", "-q", "main"]);
    instance.control("clock", &json!({ "advance_seconds": 300 }));
    let main = told(&project.json(&["plan"]).exits(0));
    assert!(main[0].contains("5 minutes ago"), "{main:?}");
    instance.control("clock", &json!({ "advance_seconds": 3600 }));
    assert_eq!(told(&project.publish()), Vec::<String>::new(), "that was long ago");
}

#[test]
fn a_clone_that_does_not_know_says_so_or_nothing() {
    let instance = Instance::new();
    let project = begun(&instance);
    project.publish();
    commit(&project, "Three.");
    // A shallow clone knows the last commit alone.
    let shallow = Project::on(&instance);
    std::fs::remove_file(shallow.path("publish.toml")).unwrap();
    let from = format!("file://{}", project.path(""));
    git(&shallow.path(""), &["clone", "-q", "--depth", "1", &from, "clone"]);
    for file in ["docs", "publish.toml", ".git"] {
        std::fs::rename(shallow.path("clone").join(file), shallow.path(file)).unwrap();
    }
    let ran = shallow.publish();
    assert_eq!(told(&ran), Vec::<String>::new());
    assert_eq!(ran.document("a.md")["outcome"], "updated");
    // Another repository with the same project.
    let other = Project::on(&instance);
    git(&other.path(""), &["init", "-q"]);
    commit(&other, "Four.");
    let told = told(&other.publish());
    assert!(told.len() == 1 && told[0].contains("does not know"), "{told:?}");
}

#[test]
fn outside_git_nothing_is_told() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project.doc("a.md", "# A\n\nOne.\n");
    project.publish();
    project.doc("a.md", "# A\n\nTwo.\n");
    let ran = project.publish();
    assert_eq!(told(&ran), Vec::<String>::new());
    assert_eq!(ran.document("a.md")["outcome"], "updated");
}

#[test]
fn the_newest_commit_is_told_among_many() {
    let instance = Instance::new();
    let project = Project::on(&instance);
    git(&project.path(""), &["init", "-q"]);
    for number in 0..25 {
        project.doc(&format!("d{number}.md"), format!("# D{number}\n\nText.\n"));
        commit(&project, &format!("{number}."));
        project.publish();
        instance.control("clock", &json!({ "advance_seconds": 60 }));
    }
    git(&project.path(""), &["checkout", "-q", "HEAD~1"]);
    project.reconfigure("[publish]", "[render]\nsource_link = \"https://git.example/{path}\"\n[publish]");
    let told = told(&project.json(&["plan"]));
    assert!(told.len() == 1 && told[0].contains("older texts would take their place"), "{told:?}");
}
