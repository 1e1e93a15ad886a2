//! `publish.example.toml` and the handbook: complete, at their defaults, and publishable as they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::project::{Instance, US};

/// What the handbook needs beside the defaults.
const OWN: [&str; 4] = ["project", "source.root", "instance.url", "publish.knowledge_base"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kb-publish"));
    command.current_dir(folder).args(args);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KB_PUBLISH_")) {
        command.env_remove(name);
    }
    command
}

#[track_caller]
fn json(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}{told}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every key and its value.
fn values(folder: &Path, config: &str) -> BTreeMap<String, Value> {
    let listed =
        json(&program(folder, &["config", "--config", config, "--format", "json"]).output().unwrap());
    let values = listed["values"].as_array().unwrap().iter();
    values.map(|value| (value["key"].as_str().unwrap().to_owned(), value["value"].clone())).collect()
}

#[test]
fn the_example_names_every_key_at_its_default() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bare.toml"), "project = \"bare\"\n").unwrap();
    let example = values(repository(), "publish.example.toml");
    let bare = values(folder.path(), "bare.toml");
    for (key, value) in &bare {
        if !OWN.contains(&key.as_str()) {
            assert_eq!(example.get(key), Some(value), "{key}");
        }
    }
    let extra: Vec<&String> = example.keys().filter(|key| !bare.contains_key(*key)).collect();
    assert!(extra.is_empty(), "{extra:?}");
}

/// The names of all keys of the schema's tables, those of `[lint.severity]` and of profiles apart.
fn names<'s>(schema: &'s Value, out: &mut Vec<&'s str>) {
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        out.push(name);
        if name != "severity" && name != "profiles" {
            names(inner, out);
            names(&inner["items"], out);
        }
    }
}

#[test]
fn the_example_shows_keys_without_a_default_as_comments() {
    let schema = json(&program(repository(), &["schema", "config"]).output().unwrap());
    let text = std::fs::read_to_string(repository().join("publish.example.toml")).unwrap();
    let mut known = Vec::new();
    names(&schema, &mut known);
    assert!(known.len() > 50, "{known:?}");
    for name in known {
        let shown = text.lines().map(|line| line.trim_start_matches(['#', ' '])).any(|line| {
            let key = line.trim_start_matches('[');
            key.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ']', '.']))
                || key.starts_with("render.") && key.contains(&format!(".{name}]"))
                || key.starts_with("lint.") && key.contains(&format!(".{name}]"))
        });
        assert!(shown, "publish.example.toml does not show `{name}`");
    }
}

#[test]
fn the_handbook_is_published_as_it_is_and_then_nothing_is_written() {
    let instance = Instance::new();
    let publish = || {
        let args = ["publish", "--config", "publish.example.toml", "--format", "json", "--journal"];
        let journal = tempfile::tempdir().unwrap();
        let mut command = program(repository(), &args);
        command.arg(journal.path()).env("NO_PROXY", "127.0.0.1");
        command.env("KB_PUBLISH_INSTANCE", instance.url());
        command.env("KB_PUBLISH_USERNAME", US).env("KB_PUBLISH_PASSWORD", US);
        json(&command.output().unwrap())
    };
    let first = publish();
    assert_eq!(first["problems"], Value::Array(Vec::new()));
    assert_eq!(first["summary"]["create"], 18);
    let second = publish();
    assert_eq!(second["summary"]["unchanged"], 18);
    for method in ["POST", "PATCH", "DELETE"] {
        assert_eq!(second["requests"][method], 0, "{method}");
    }
}

#[test]
fn the_readme_lists_every_finding_code() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    for code in kb_publish::finding::Code::ALL {
        let row = format!("| `{code}` | ");
        let weight = format!("{:?}", code.default_severity()).to_lowercase();
        let line = readme.lines().find_map(|line| line.strip_prefix(&row));
        let line = line.unwrap_or_else(|| panic!("README.md does not list `{code}`"));
        assert!(line.trim_start_matches('*').starts_with(&weight), "{code}: {line}");
        assert_eq!(line.starts_with('*'), !code.may_be_lowered(), "{code}: {line}");
    }
}
