//! What a reviewer sees of a plan, in every form.

use std::collections::BTreeSet;

use serde_json::json;

use super::project::{Instance, Project};

const REMOTE: &str = "Words that only ServiceNow has.";

/// One document that changed, one that both sides changed, one that is new, one that is gone.
fn under_review() -> Project {
    let instance = Instance::new();
    let project = Project::on(&instance);
    project
        .doc("guides/vpn.md", "# VPN\n\nPress the red button.\n")
        .doc("guides/mail.md", "# Mail\n\nOpen the mailbox.\n")
        .doc("guides/old.md", "# Old\n\nGone soon.\n")
        .doc("same.md", "# Same\n\nAs it was.\n");
    project.publish();
    let mail = instance.article("Mail");
    let columns = json!({ "text": format!("<p>{REMOTE}</p>") });
    instance.act(&json!({ "act": "edit", "sys_id": mail["sys_id"], "columns": columns }));
    project.remove("guides/old.md");
    project
        .doc("guides/vpn.md", "# VPN\n\nPress the green button.\n")
        .doc("guides/mail.md", "# Mail\n\nOpen the new mailbox.\n")
        .doc("new/b c.md", "---\ntitle: 'A <b> & \"c\"'\n---\nNew.\n");
    project
}

#[test]
fn a_person_sees_what_changes_and_what_to_do() {
    let project = under_review();
    let ran = project.run(&["plan"]).exits(5);
    for part in [
        "base IT",
        "~Press the [-red-]{+green+} button.\n",
        "-Words that only ServiceNow has.\n",
        "edited in ServiceNow by kb.admin on ",
        "“Old”",
        "1 to create, 1 to update, 1 conflict, 1 skipped, 1 unchanged",
    ] {
        assert!(ran.stdout.contains(part), "no `{part}` in\n{}", ran.stdout);
    }
    assert!(ran.stderr.contains("kb-publish publish --take local docs/guides/mail.md"), "{}", ran.stderr);
    assert!(ran.stderr.contains("orphans = \"retire\""), "{}", ran.stderr);
    assert!(!ran.stdout.contains('\u{1b}'), "colour without a terminal");
    let html = project.run(&["plan", "--diff", "html"]).exits(5).stdout;
    assert!(
        html.contains(">Press the [-red-]{+green+} button.</p>\n")
            && html.contains("\n <a id=\"vpn\"></a>\n"),
        "{html}"
    );
    assert!(!project.run(&["plan", "--diff", "none"]).exits(5).stdout.contains("button"));
    let narrow = project.command(&["plan"]).env("COLUMNS", "80").output().unwrap();
    let wide = String::from_utf8(narrow.stdout).unwrap();
    assert!(wide.lines().all(|line| line.chars().count() <= 100), "{wide}");
}

#[test]
fn what_errors_stop_is_said() {
    let project = Project::on(&Instance::new());
    project.doc("a.md", "# A\n\n[x](y.md)\n");
    let ran = project.run(&["publish"]).exits(1);
    assert!(ran.stdout.contains("1 error: nothing is written until the error is resolved"), "{}", ran.stdout);
}

#[test]
fn a_comment_finds_itself_again_and_keeps_foreign_text_to_itself() {
    let project = under_review();
    let markdown = project.run(&["plan", "--format", "markdown"]).exits(5).stdout;
    assert!(markdown.starts_with("<!-- kb-publish plan acme default -->\n"), "{markdown}");
    assert!(markdown.contains("+Press the green button.") && markdown.contains("in IT / New"), "{markdown}");
    assert!(!markdown.contains(REMOTE) && !markdown.contains("Old"), "{markdown}");
    let shown = project.run(&["plan", "--format", "markdown", "--show-remote"]).exits(5).stdout;
    assert!(shown.contains(REMOTE) && shown.contains("Old"), "{shown}");
    let github = project.run(&["plan", "--format", "github"]).exits(5).stdout;
    assert!(github.contains("::warning file=docs/guides/mail.md,title=conflict::"), "{github}");
    assert!(!github.contains(REMOTE), "{github}");
}

#[test]
fn a_long_plan_fits_into_a_comment_and_says_what_it_left_out() {
    let project = Project::on(&Instance::new());
    let text = |word: &str| format!("# Page\n\n{}", format!("A {word} line of text.\n\n").repeat(400));
    for number in 0..8 {
        project.doc(&format!("p{number}.md"), text("red").replace("Page", &format!("Page {number}")));
    }
    project.publish();
    for number in 0..8 {
        project.doc(&format!("p{number}.md"), text("green").replace("Page", &format!("Page {number}")));
    }
    let markdown = project.run(&["plan", "--format", "markdown"]).exits(0).stdout;
    assert!(markdown.chars().count() <= 65_536, "{}", markdown.chars().count());
    assert!(markdown.contains("left out: a comment holds at most 65,536 characters"));
    assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
}

/// What stands between these two, wherever they occur.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

#[test]
fn the_review_site_is_whole() {
    let project = under_review();
    let ran = project.run(&["plan", "--html", "review"]).exits(5);
    assert!(ran.stderr.contains("review/index.html"), "{}", ran.stderr);
    let index = std::fs::read_to_string(project.path("review/index.html")).unwrap();
    for part in ["update (1)", "conflict (1)", "create (1)", "skip (1)", "unchanged (1)", "1 conflict"] {
        assert!(index.contains(part), "no `{part}` in {index}");
    }
    let mut seen = BTreeSet::new();
    let mut open = vec![project.path("review/index.html")];
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let html = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{path}");
        for forbidden in ["<script", "<link", " src=\"http", " src=\"/", "<b>", "url("] {
            assert!(!html.contains(forbidden), "`{forbidden}` in {path}");
        }
        let own = between(&html, "href=\"", "\"").into_iter().filter(|target| !target.starts_with("http"));
        open.extend(own.map(|target| {
            let target = percent_encoding::percent_decode_str(target).decode_utf8().unwrap().into_owned();
            path.parent().unwrap().join(target).canonicalize_utf8().unwrap()
        }));
    }
    // The overview is reached under its real path too.
    assert_eq!(seen.iter().filter(|path| path.file_name() != Some("index.html")).count(), 4, "{seen:?}");
    let vpn = std::fs::read_to_string(project.path("review/documents/guides/vpn.html")).unwrap();
    assert!(vpn.contains("Press the <del>red</del> button.") && vpn.contains("<ins>green</ins>"), "{vpn}");
    let mail = std::fs::read_to_string(project.path("review/documents/guides/mail.html")).unwrap();
    assert!(mail.contains(REMOTE) && mail.contains("edited in ServiceNow by kb.admin"), "{mail}");
    let again = project.run(&["plan", "--html", "publish.toml"]).exits(2);
    assert!(again.stderr.contains("--html DIR"), "{}", again.stderr);
}
