//! `lint` and `build` through the program: no instance is named anywhere here.

use std::collections::BTreeMap;
use std::path::Path;

use super::program::Program;

const CONFIG: &str = "project = \"acme-docs\"\n[source]\nroot = \"docs\"\n";

/// A tree with one clean document and one in which much is wrong.
fn faulty(more: &str) -> Program {
    let program = Program::new(&format!("{CONFIG}{more}"));
    std::fs::create_dir_all(program.path("docs/guides")).unwrap();
    std::fs::write(
        program.path("docs/guides/vpn.md"),
        "# VPN\n\nSee [mail](mial.md) and [a](../a.md#nope).\n\n![plan](none.png)\n",
    )
    .unwrap();
    std::fs::write(program.path("docs/guides/mail.md"), "# Mail\n\nBack to [A](../a.md).\n").unwrap();
    program
}

#[test]
fn a_clean_tree_is_success() {
    let ran = Program::new(CONFIG).run(&["lint"]).ended(0);
    assert!(ran.stdout.contains("1 document") && ran.stdout.contains("nothing wrong"), "{}", ran.stdout);
}

#[test]
fn each_finding_has_its_place_its_line_and_its_advice() {
    let ran = faulty("").run(&["lint"]).ended(1);
    for part in [
        "error[broken-link]",
        "docs/guides/vpn.md:3:5",
        "See [mail](mial.md)",
        "`mail.md`",
        "error[broken-anchor]",
        "docs/guides/vpn.md:3:25",
        "error[missing-image]",
        "docs/guides/vpn.md:5:1",
        "3 errors in 3 documents",
    ] {
        assert!(ran.stdout.contains(part), "no `{part}` in\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'), "colour without a terminal");
    assert!(faulty("").run(&["lint", "--color", "always"]).ended(1).stdout.contains('\u{1b}'));
}

#[test]
fn a_text_at_which_the_parser_panics_is_read_without_attributes() {
    let program = Program::new(CONFIG);
    let text = "# T\n\n- a\n     {.t}\n   ---\n\n> b\n>  {#c}\n> ===\n\nd\n";
    std::fs::write(program.path("docs/a.md"), text).unwrap();
    for verbs in [&["lint"][..], &["build"]] {
        let ran = program.run(verbs).ended(0);
        assert!(ran.stdout.contains("docs/a.md:4:1"), "{}", ran.stdout);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
    let html = std::fs::read_to_string(program.path("build/a.html")).unwrap();
    assert!(["a\n{.t}</h2>", "b\n{#c}</h2>", ">d</p>"].iter().all(|part| html.contains(part)), "{html}");
}

#[test]
fn paths_narrow_what_is_shown_and_not_what_is_known() {
    let program = faulty("");
    let ran = program.run(&["lint", "docs/guides/mail.md"]).ended(0);
    assert!(ran.stdout.contains("1 document"), "{}", ran.stdout);
    program.run(&["lint", "docs/guides"]).ended(1);
    let ran = program.run(&["lint", "docs/nowhere.md"]).ended(2);
    assert!(ran.stderr.contains("docs/nowhere.md"), "{}", ran.stderr);
    let ran = program.run(&["lint", "publish.toml"]).ended(2);
    assert!(ran.stderr.contains("`docs`"), "{}", ran.stderr);
}

#[test]
fn severities_decide_the_exit_code() {
    let lowered =
        "[lint.severity]\nbroken-link = \"warning\"\nbroken-anchor = \"off\"\nmissing-image = \"warning\"\n";
    let json = faulty(lowered).run(&["lint", "--format", "json"]).ended(0).json();
    assert_eq!(
        (json["summary"]["errors"].as_u64(), json["summary"]["warnings"].as_u64()),
        (Some(0), Some(2))
    );
}

#[test]
fn every_format_tells_the_same() {
    let program = faulty("");
    let json = program.run(&["lint", "--format", "json"]).ended(1).json();
    let problems = json["problems"].as_array().unwrap();
    let github = program.run(&["lint", "--format", "github"]).ended(1).stdout;
    let junit = program.run(&["lint", "--format", "junit"]).ended(1).stdout;
    let markdown = program.run(&["lint", "--format", "markdown"]).ended(1).stdout;
    assert_eq!(problems.len(), 3);
    for problem in problems {
        let (path, line, column) = (problem["path"].as_str().unwrap(), &problem["line"], &problem["column"]);
        let code = problem["code"].as_str().unwrap();
        assert!(
            github.contains(&format!("::error file={path},line={line},col={column},title={code}::")),
            "{github}"
        );
        assert!(junit.contains(&format!("{path}:{line}:{column}: {code}")), "{junit}");
        assert!(markdown.contains(&format!("{path}:{line}")) && markdown.contains(code), "{markdown}");
    }
}

#[test]
fn for_github_paths_start_at_the_git_root_and_the_summary_is_written() {
    let program = faulty("");
    let inner = program.path("handbook");
    std::fs::create_dir_all(inner.join("docs")).unwrap();
    std::fs::create_dir_all(program.path(".git")).unwrap();
    std::fs::write(inner.join("publish.toml"), CONFIG).unwrap();
    std::fs::write(inner.join("docs/a.md"), "# A\n\n[x](y.md)\n").unwrap();
    let program = program.env("GITHUB_STEP_SUMMARY", "summary.md");
    let ran = program.run(&["lint", "--config", "handbook/publish.toml", "--format", "github"]).ended(1);
    assert!(ran.stdout.starts_with("::error file=handbook/docs/a.md,line=3,col=1"), "{}", ran.stdout);
    assert!(std::fs::read_to_string(program.path("summary.md")).unwrap().contains("broken-link"));
}

#[test]
fn an_empty_tree_is_a_wrong_root() {
    let program = Program::new("project = \"acme-docs\"\n[source]\nroot = \"nowhere\"\n");
    let ran = program.run(&["lint"]).ended(1);
    assert!(ran.stdout.contains("empty-tree") && ran.stdout.contains("`root`"), "{}", ran.stdout);
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn building_twice_gives_the_same_bytes() {
    let program =
        faulty("[lint.severity]\nbroken-link = \"off\"\nbroken-anchor = \"off\"\nmissing-image = \"off\"\n");
    program.run(&["build"]).ended(0);
    program.run(&["build", "--out", "again"]).ended(0);
    let (one, other) = (files(&program.path("build")), files(&program.path("again")));
    let names: Vec<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(names, ["a.html", "guides/mail.html", "guides/vpn.html", "index.json"]);
    assert_eq!(one, other);
    let mail = String::from_utf8(one["guides/mail.html"].clone()).unwrap();
    assert!(mail.contains("href=\"../a.html\""), "{mail}");
    let index: serde_json::Value = serde_json::from_slice(&one["index.json"]).unwrap();
    assert_eq!(index["documents"].as_array().unwrap().len(), 3);
}

#[test]
fn a_build_with_errors_writes_what_it_can_and_says_so() {
    let program = faulty("");
    let ran = program.run(&["build"]).ended(1);
    assert!(ran.stdout.contains("broken-link"), "{}", ran.stdout);
    assert!(files(&program.path("build")).contains_key("guides/vpn.html"));
    std::fs::write(program.path("taken"), "").unwrap();
    let ran = program.run(&["build", "--out", "taken"]).ended(2);
    assert!(ran.stderr.contains("--out"), "{}", ran.stderr);
}
