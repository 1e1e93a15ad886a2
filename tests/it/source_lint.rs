//! `lint` and `build` on trees that are wrong in one way each: exit code, finding code, place.

use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

/// The begin of a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

/// A doc tree in a folder of its own.
pub(crate) struct Tree(tempfile::TempDir);

impl Tree {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("publish.toml", b"project = \"p\"\n");
        for (path, bytes) in files {
            tree.write(path, bytes);
        }
        tree
    }

    pub(crate) fn path(&self, path: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.0.path()).unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kb-publish"));
        command.args(args).current_dir(self.path(".")).env_clear().env("HOME", self.path("home"));
        command
    }

    /// Exit code and `code path:line:column` of each problem.
    pub(crate) fn lint(&self) -> (Option<i32>, Vec<String>) {
        self.lint_with(&[])
    }

    /// The same with further arguments.
    pub(crate) fn lint_with(&self, more: &[&str]) -> (Option<i32>, Vec<String>) {
        let output = self.run(&[&["lint", "--format", "json"], more].concat());
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let word = |problem: &Value| {
            let place = |key: &str| problem[key].as_u64().map(|n| format!(":{n}")).unwrap_or_default();
            let code = problem["code"].as_str().unwrap_or_default();
            let path = problem["path"].as_str().unwrap_or("-");
            format!("{code} {path}{}{}", place("line"), place("column"))
        };
        (output.status.code(), report["problems"].as_array().into_iter().flatten().map(word).collect())
    }
}

#[track_caller]
fn one(files: &[(&str, &[u8])], problem: &str) {
    assert_eq!(Tree::new(files).lint(), (Some(1), vec![problem.to_owned()]));
}

#[test]
fn a_good_tree_is_silent() {
    assert_eq!(Tree::new(&[("docs/a.md", b"# A\n")]).lint(), (Some(0), vec![]));
}

#[test]
fn every_bad_document_is_told_by_code_and_place() {
    one(&[("docs/a.txt", b"")], "empty-tree -");
    one(&[("other/a.md", b"# A\n")], "empty-tree -");
    one(&[("docs/a.md", b"# A\n"), ("docs/a/index.md", b"# B\n")], "duplicate-id docs/a/index.md");
    one(&[("docs/a.md", b"# A\n\nok\n\nn\xe4ch\n")], "not-utf8 docs/a.md:5:2");
    one(&[("docs/a.md", b"---\nkb:\n  staus: draft\n---\n# A\n")], "front-matter docs/a.md:3:3");
    let title = format!("# {}\n", "x".repeat(101));
    one(&[("docs/a.md", title.as_bytes())], "title-too-long docs/a.md:1:1");
}

#[test]
fn every_bad_link_and_file_is_told_by_code_and_place() {
    one(&[("docs/a.md", b"# A\n\n[x](b.md)\n")], "broken-link docs/a.md:3:1");
    one(&[("docs/a.md", b"# A\n\n[x](#b)\n")], "broken-anchor docs/a.md:3:1");
    let beside: &[(&str, &[u8])] = &[
        ("docs/a.md", b"# A\n\n[x](b.html) [y](b.mdx) [z](old.html) [no](b.pdf)\n"),
        ("docs/b.md", b"---\nkb:\n  aliases: [old]\n---\n# B\n"),
    ];
    one(beside, "broken-link docs/a.md:3:38");
    one(&[("docs/a.md", b"# A\n\n![x](b.png)\n")], "missing-image docs/a.md:3:1");
    one(&[("docs/a.md", b"# A\n\n![x](b.md)\n"), ("docs/b.md", b"# B\n")], "missing-image docs/a.md:3:1");
    let outside: &[(&str, &[u8])] = &[("docs/a.md", b"# A\n\n![x](../b.png)\n"), ("b.png", PNG)];
    one(outside, "outside-root docs/a.md:3:1");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    one(&[("docs/a.md", b"# A\n\n![x](b.png)\n"), ("docs/b.png", pointer)], "lfs-pointer docs/a.md:3:1");
    let limit: &[u8] = b"project = \"p\"\n[source]\nmax_file_bytes = 5\n";
    let large: &[(&str, &[u8])] =
        &[("publish.toml", limit), ("docs/a.md", b"# A\n\n![x](b.png)\n"), ("docs/b.png", PNG)];
    one(large, "image-too-large docs/a.md:3:1");
    let odd = Tree::new(&[("docs/a.md", b"# A\n\n![x](b.png)\n"), ("docs/b.png", b"<!DOCTYPE html><html>")]);
    assert_eq!(odd.lint(), (Some(0), vec!["file-type-mismatch docs/a.md:3:1".into()]), "a warning");
}

#[test]
fn pages_of_wikis_are_found_by_name() {
    let config: &[u8] = b"project = \"p\"\n[render.dialects]\nwiki-links = true\n";
    let tree = Tree::new(&[
        ("publish.toml", config),
        ("docs/Home-Page.md", b"# Home\n"),
        ("docs/a/b.md", b"# B\n\n[[Home Page]] [[c#D e]] [[#F g]] ![[n.png|5]] [[d/c]] [[e]]\n\n## F g\n"),
        ("docs/d/c.md", b"# C\n\n## D e\n"),
        ("docs/n.png", PNG),
    ]);
    assert_eq!(tree.lint(), (Some(1), vec!["broken-link docs/a/b.md:3:55".to_owned()]));
    tree.write("docs/e/c.md", b"# Another C\n");
    assert_eq!(tree.lint().1[0], "broken-link docs/a/b.md:3:15");
}

#[test]
fn names_of_pages_are_compared_without_case() {
    let config: &[u8] = b"project = \"p\"\n[render.dialects]\nwiki-links = true\n";
    let tree = Tree::new(&[
        ("publish.toml", config),
        (
            "docs/Home.md",
            "# Home\n\n[[getting started]] [[GUIDES/Vpn]] [[\u{e9}t\u{e9}]] [[twice]] [[Twice]]\n".as_bytes(),
        ),
        ("docs/a/Getting-Started.md", b"# A\n"),
        ("docs/guides/vpn.md", b"# B\n"),
        ("docs/b/\u{c9}t\u{e9}.md", b"# C\n"),
        ("docs/c/twice.md", b"# D\n"),
        ("docs/d/TWICE.md", b"# E\n"),
    ]);
    assert_eq!(tree.lint(), (Some(1), vec!["broken-link docs/Home.md:3:54".to_owned()]));
}

#[test]
fn parts_of_documents_that_are_published_too_are_told() {
    let tree = Tree::new(&[
        ("docs/a.md", b"# A\n\n--8<-- \"parts/one.md\"\n\n{{#include parts/two.md}}\n\n[t](parts/two.md)\n"),
        ("docs/parts/one.md", b"One.\n"),
        ("docs/parts/two.md", b"Two.\n"),
        ("docs/parts/draft.md", b"---\ndraft: true\n---\nThree.\n"),
        ("docs/b.md", b"# B\n\n--8<-- \"parts/draft.md\"\n"),
    ]);
    assert_eq!(tree.lint(), (Some(0), vec!["included-document docs/parts/one.md".to_owned()]));
    tree.write("docs/.kbignore", b"parts/\n");
    assert_eq!(tree.lint().1, ["unpublished-target docs/a.md:7:1"; 1]);
}

#[test]
fn navigation_of_other_tools_is_told() {
    let list = b"# Summary\n\n- [A](a.md)\n- [B](g/b.md)\n";
    let tree = Tree::new(&[
        ("docs/a.md", b"# A\n"),
        ("docs/SUMMARY.md", list),
        ("docs/_Sidebar.md", b"Nothing yet.\n"),
        ("docs/g/b.md", b"# B\n"),
        ("docs/g/SUMMARY.md", b"# What it comes to\n\n[A](../a.md)\n"),
    ]);
    let told = ["navigation-document docs/SUMMARY.md", "navigation-document docs/_Sidebar.md"];
    assert_eq!(tree.lint(), (Some(0), told.map(str::to_owned).to_vec()));
    tree.write("docs/.kbignore", b"/SUMMARY.md\n_Sidebar.md\n");
    assert_eq!(tree.lint(), (Some(0), vec![]));
}

#[test]
fn an_index_of_hugo_is_the_page_of_its_folder() {
    let section = b"---\ntitle: The guides\n---\n\nHere they are.\n";
    let tree = Tree::new(&[
        ("docs/a.md", b"# A\n\n[guides](g/) [the same](g)\n"),
        ("docs/g/_index.md", section),
        ("docs/g/b.md", b"# B\n"),
    ]);
    assert_eq!(tree.lint(), (Some(0), vec![]));
    tree.run(&["build"]);
    let index: Value =
        serde_json::from_slice(&std::fs::read(tree.path("build/index.json")).unwrap()).unwrap();
    let guide = index["documents"].as_array().unwrap().iter().find(|document| document["id"] == "g/b");
    assert_eq!(guide.unwrap()["category"], "The guides");
}

#[test]
fn bad_configurations_end_with_2() {
    for (text, told) in [
        ("project = \"p\"\n[publish]\nstauts = \"draft\"\n", "status"),
        ("project = \"p\"\n[publish]\nconcurrency = \"many\"\n", "whole number"),
        ("project = \"p\"\n[auth]\npassword = \"hunter2\"\n", "KB_PUBLISH_PASSWORD"),
        ("[source]\nroot = \"docs\"\n", "project"),
        ("project = \"p\"\n[[paths]]\nmatch = \"**\"\nroles = [\"a, b\"]\n", "publish.toml:4:9"),
        ("project = \n", "TOML"),
    ] {
        let tree = Tree::new(&[("publish.toml", text.as_bytes()), ("docs/a.md", b"# A\n")]);
        let output = tree.run(&["lint"]);
        let shown =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{text}: {shown}");
        assert!(shown.contains(told) && !shown.contains("hunter2"), "{text}: {shown}");
    }
    let tree = Tree::new(&[]);
    std::fs::remove_file(tree.path("publish.toml")).unwrap();
    assert_eq!(tree.run(&["lint"]).status.code(), Some(2), "no configuration at all");
    assert_eq!(tree.run(&["lint", "--config", "gone.toml"]).status.code(), Some(2));
}

#[test]
fn a_build_writes_pages_index_and_files() {
    let tree = Tree::new(&[
        ("docs/index.md", b"# Start\n\n[vpn](guides/vpn.md) ![i](i.svg)\n"),
        ("docs/guides/vpn.md", b"# VPN\n"),
        ("docs/i.svg", b"<svg/>\n"),
    ]);
    let output = tree.run(&["build", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(tree.path("out/index.html")).unwrap();
    assert!(page.contains("href=\"guides/vpn.html\""), "{page}");
    let index: Value = serde_json::from_slice(&std::fs::read(tree.path("out/index.json")).unwrap()).unwrap();
    let file =
        index["documents"][1]["files"][0].as_str().or(index["documents"][0]["files"][0].as_str()).unwrap();
    assert_eq!(std::fs::read(tree.path("out").join(file)).unwrap(), b"<svg/>\n");
    let links =
        index["documents"].as_array().unwrap().iter().flat_map(|entry| entry["links"].as_array().unwrap());
    let expected = serde_json::json!([
        { "line": 3, "column": 1, "document": "guides/vpn" },
        { "line": 3, "column": 22, "file": file },
    ]);
    assert_eq!(links.cloned().collect::<Value>(), expected);
    assert_eq!(index["problems"], serde_json::json!([]));
}

#[test]
fn a_build_shortens_names_that_no_file_can_have() {
    let long = |letter: &str| letter.repeat(252);
    let (one, other, name) = (long("a"), long("a").replacen('a', "b", 1), "ä".repeat(125));
    let text = format!("# A\n\n[b]({other}.md) [c]({name}.md)\n");
    let tree = Tree::new(&[
        (&format!("docs/{one}.md"), text.as_bytes()),
        (&format!("docs/{other}.md"), b"# B\n"),
        (&format!("docs/{name}.md"), b"---\nkb:\n  id: x/y\n---\n# C\n"),
        ("docs/d.md", format!("---\nkb:\n  id: {}/d\n---\n# D\n", long("é")[..480].to_owned()).as_bytes()),
    ]);
    let output = tree.run(&["build", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let index: Value = serde_json::from_slice(&std::fs::read(tree.path("out/index.json")).unwrap()).unwrap();
    let entries = index["documents"].as_array().unwrap();
    let html = |title: &str| {
        let entry = entries.iter().find(|entry| entry["title"] == title).unwrap();
        let path = entry["html"].as_str().unwrap();
        (path.to_owned(), std::fs::read_to_string(tree.path("out").join(path)).unwrap())
    };
    let (path, page) = html("A");
    assert!(path.starts_with("aaaa") && path.len() < 230, "{path}");
    assert!(page.contains(&format!("href=\"{}\"", html("B").0)), "{page}");
    assert!(page.contains("href=\"x/y.html\""), "{page}");
    assert_ne!(html("A").0, html("B").0);
    assert!(html("D").0.ends_with("/d.html"));
}

#[test]
fn front_matter_of_hugo_may_be_json() {
    let json =
        b"{\n\t\"title\": \"From {JSON}\",\n\t\"weight\": 3,\n\t\"kb\": {\"staus\": \"draft\"}\n}\n\ntext\n";
    one(&[("docs/a.md", json)], "front-matter docs/a.md:4:9");
    one(&[("docs/a.md", b"---json\n{\"kb\": {\"staus\": 1}}\n---\ntext\n")], "front-matter docs/a.md:2:9");
    one(&[("docs/a.md", b"{\"title\": \"A\"\n\"draft\": 1}\ntext\n")], "front-matter docs/a.md:2:1");
    let good = Tree::new(&[
        ("docs/a.md", b"{\"title\": \"A \\\"}\\\"\"}\n\nThe text.\n"),
        ("docs/b.md", b"---toml\ntitle = 'B'\n---\nThe text.\n"),
        ("docs/c.md", b"---yaml\ntitle: C\n---\nThe text.\n"),
        ("docs/d.md", b"{ is a brace, and so is }\n\nThe text.\n"),
    ]);
    assert_eq!(good.run(&["build", "--out", "out"]).status.code(), Some(0));
    let index: Value = serde_json::from_slice(&std::fs::read(good.path("out/index.json")).unwrap()).unwrap();
    let titles: Vec<_> = index["documents"].as_array().unwrap().iter().map(|one| &one["title"]).collect();
    assert_eq!(titles, ["A \"}\"", "B", "C", "d"]);
    for name in ["a", "b", "c"] {
        let page = std::fs::read_to_string(good.path(&format!("out/{name}.html"))).unwrap();
        assert!(page.ends_with(">The text.</p>\n") && page.starts_with("<p"), "{page}");
        assert!(!page.contains("title"), "{page}");
    }
}

#[test]
fn what_cannot_be_told_apart_on_an_instance_is_told() {
    let circle: &[(&str, &[u8])] = &[
        ("docs/a.md", b"---\nkb:\n  translation_of: b\n---\n# A\n"),
        ("docs/b.md", b"---\nkb:\n  translation_of: c\n---\n# B\n"),
        ("docs/c.md", b"---\nkb:\n  translation_of: a\n---\n# C\n"),
        ("docs/d.md", b"---\nkb:\n  translation_of: a\n---\n# D\n"),
    ];
    one(circle, "front-matter docs/a.md:3:19");
    let output = Tree::new(circle).run(&["lint"]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    for path in ["docs/a.md", "docs/b.md", "docs/c.md"] {
        assert!(shown.contains(&format!("`{path}`")), "{shown}");
    }
    let config: &[u8] =
        b"project = \"p\"\n[[paths]]\nmatch = \"fr/**\"\nlanguage = \"fr\"\n[[paths]]\nmatch = \"**\"\nroles = [\"r\"]\n";
    let twice: &[(&str, &[u8])] = &[
        ("publish.toml", config),
        ("docs/a.md", b"# A\n"),
        ("docs/de.md", b"---\nkb: {translation_of: a, language: de}\n---\n# A\n"),
        ("docs/fr/a.md", b"---\nkb: {translation_of: a}\n---\n# A\n"),
        ("docs/fr/b.md", b"---\nkb: {translation_of: a}\n---\n# A\n"),
    ];
    one(twice, "front-matter docs/fr/b.md:2:22");
    one(&[("docs/a.md", b"---\nkb:\n  roles: [r, \"s, t\"]\n---\n# A\n")], "front-matter docs/a.md:3:14");
    let redirects: &[(&str, &[u8])] = &[
        ("publish.toml", b"project = \"p\"\n[redirects]\na = \"b\"\n\"old/b\" = \"x\"\n"),
        ("docs/a.md", b"# A\n"),
    ];
    let (code, told) = Tree::new(redirects).lint();
    let places = ["unknown-reference publish.toml:3:5", "unknown-reference publish.toml:4:11"];
    assert_eq!((code, told), (Some(1), places.map(str::to_owned).to_vec()));
}

#[test]
fn a_vault_of_obsidian_finds_its_files_by_name() {
    let tree = Tree::new(&[
        ("docs/Note.md", b"# Note\n\n![[net.png]] ![[files/a b.pdf]] [[a b.pdf#page=2|b]] ![[two.png]]\n"),
        ("docs/files/net.png", PNG),
        ("docs/files/a b.pdf", b"%PDF-1.7\n"),
        ("docs/x/two.png", PNG),
        ("docs/y/two.png", PNG),
        ("docs/.obsidian/net.png", PNG),
    ]);
    tree.write("publish.toml", b"project = \"p\"\n[render.dialects]\nwiki-links = true\n");
    let found = ["unsupported-html docs/Note.md:3:14", "missing-image docs/Note.md:3:54"];
    assert_eq!(tree.lint(), (Some(1), found.map(str::to_owned).to_vec()));
}
