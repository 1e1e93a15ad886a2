//! What the program tells of itself: help, completions, manual, schemas; and the sandbox it serves.

use std::process::Stdio;

use clap::CommandFactory as _;
use kb_publish::cli::Cli;
use kb_publish::sandbox::{Options, Sandbox, start};
use serde_json::Value;

use super::program::{Program, finished};

fn offline() -> Program {
    Program::new("project = \"acme-docs\"\n[source]\nroot = \"docs\"\n")
}

/// Every verb as it is typed, those of verbs included.
fn verbs(command: &clap::Command, before: &[String]) -> Vec<Vec<String>> {
    let inner = command.get_subcommands().flat_map(|verb| {
        let words = [before, &[verb.get_name().to_owned()]].concat();
        [vec![words.clone()], verbs(verb, &words)].concat()
    });
    inner.collect()
}

#[test]
fn what_ends_a_command_early_is_told_in_the_format_that_was_asked_for() {
    let program = offline();
    let told = |verb: &str, format: &str| program.run(&[verb, "--format", format]).ended(2);
    assert!(told("plan", "github").stdout.starts_with("::error title="), "{}", told("plan", "github").stdout);
    assert!(told("publish", "junit").stdout.contains("failures=\"1\""));
    assert!(told("check", "markdown").stdout.contains("❌ error"));
    let person = told("plan", "human");
    assert!(person.stdout.is_empty() && person.stderr.starts_with("error: "), "{}", person.stderr);
    // What has no form of its own for a pipeline says so.
    let config = program.run(&["config", "--format", "junit"]).ended(0);
    assert!(
        config.stderr.contains("--format json") && config.stdout.contains("project"),
        "{}",
        config.stderr
    );
}

#[test]
fn every_verb_has_help_in_plain_words() {
    let program = Program::new("");
    let mut seen = 0;
    for words in verbs(&Cli::command(), &[]) {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = program.run(&arguments).ended(0).stdout;
        assert!(help.contains("Usage: kb-publish ") && help.lines().next().unwrap().len() > 10, "{help}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} verbs");
    let version = program.run(&["--version"]).ended(0).stdout;
    assert_eq!(version, format!("kb-publish {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_sandbox_tells_what_it_holds() {
    let help = Program::new("").run(&["sandbox", "--help"]).ended(0).stdout;
    for fixed in [
        "admin / admin ",
        "kb.admin / kb.admin ",
        "kb.publisher / kb.publisher ",
        "reader / reader ",
        "secret kb-publish-sandbox",
        "API key          kb-publish-sandbox",
        "IT, Knowledge",
        "[default: 8484]",
    ] {
        assert!(help.contains(fixed), "no `{fixed}` in\n{help}");
    }
}

#[test]
fn usage_errors_are_exit_2_and_json_where_asked_for() {
    let program = Program::new("");
    let ran = program.run(&["publihs"]).ended(2);
    assert!(ran.stderr.contains("publish"), "{}", ran.stderr);
    let json = program.run(&["plan", "--nope", "--format", "json"]).ended(2).json();
    assert_eq!((json["schema"].as_str(), json["exit"].as_i64()), (Some("kb-publish/error/1"), Some(2)));
}

#[test]
fn completions_and_manual_come_from_the_same_commands() {
    let program = Program::new("");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = program.run(&["completions", shell]).ended(0).stdout;
        assert!(script.contains("kb-publish") && script.contains("categories"), "{shell}");
    }
    let page = program.run(&["man"]).ended(0).stdout;
    assert!(page.contains(".TH kb-publish") && page.contains("publish"), "{page}");
    program.run(&["man", "--out", "man"]).ended(0);
    assert!(program.path("man/kb-publish.1").is_file() && program.path("man/kb-publish-plan.1").is_file());
}

#[test]
fn a_reader_that_had_enough_is_no_failure() {
    let program = offline();
    for arguments in [&["schema", "plan"][..], &["config"], &["lint"], &["man"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = program.command(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ran = finished(child).ended(0);
        assert_eq!(ran.stderr, "", "{arguments:?}");
    }
}

fn schema(name: &str) -> jsonschema::Validator {
    let text = Program::new("").run(&["schema", name]).ended(0).json();
    jsonschema::validator_for(&text).unwrap()
}

#[track_caller]
fn valid(name: &str, document: &Value) {
    let schema = schema(name);
    let wrong: Vec<String> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{document:#}");
    let id = document["schema"].as_str().unwrap();
    let mut other = document.clone();
    other["schema"] = id.replace("/1", "/0").into();
    assert!(!schema.is_valid(&other), "{name} takes any document");
}

#[test]
fn schemas_hold_for_what_offline_commands_print() {
    let program = offline();
    std::fs::write(program.path("docs/b.md"), "# B\n\n[x](y.md)\n").unwrap();
    valid("lint", &program.run(&["lint", "--format", "json"]).ended(1).json());
    valid("error", &Program::new("").run(&["lint", "--format", "json"]).ended(2).json());
    valid("error", &program.run(&["plan", "--format", "json"]).ended(2).json());
    let config = schema("config");
    let file = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    assert!(config.is_valid(&file("project = \"a\"\n[publish]\nstatus = \"draft\"\n")));
    assert!(!config.is_valid(&file("project = \"a\"\n[publish]\nstats = \"draft\"\n")));
    assert!(!config.is_valid(&file("[publish]\nstatus = \"draft\"\n")), "`project` is required");
}

fn sandbox() -> (tokio::runtime::Runtime, Sandbox) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(start(Options { port: 0, ..Options::default() })).unwrap();
    (runtime, sandbox)
}

#[test]
fn schemas_hold_for_what_is_printed_of_an_instance() {
    let (_runtime, sandbox) = sandbox();
    let program = Program::of(&sandbox, "method = \"basic\"\nusername = \"kb.publisher\"\n")
        .env("KB_PUBLISH_PASSWORD", "kb.publisher");
    let json = |arguments: &[&str], code| {
        program.run(&[arguments, &["--format", "json"]].concat()).ended(code).json()
    };
    valid("check", &json(&["check"], 0));
    valid("plan", &json(&["plan", "--exit-code"], 10));
    valid("run", &json(&["publish"], 0));
    std::fs::write(program.path("docs/a.md"), "# A\n\nOther text.\n").unwrap();
    std::fs::write(program.path("docs/b.md"), "# B\n\nNew.\n").unwrap();
    let plan = json(&["plan"], 0);
    valid("plan", &plan);
    assert!(plan["documents"][0]["diff"].as_str().unwrap().contains("+Other text."), "{plan:#}");
    valid("run", &json(&["publish"], 0));
    valid("status", &json(&["status"], 0));
    valid("adopt", &json(&["adopt"], 0));
    valid("bases", &json(&["bases"], 0));
    valid("categories", &json(&["categories"], 0));
    valid("auth", &json(&["auth", "status"], 0));
    valid("settings", &json(&["config"], 0));
    let runs = json(&["runs"], 0);
    valid("runs", &runs);
    valid("rollback", &json(&["rollback", runs["runs"][0]["run"].as_str().unwrap()], 0));
    let wrong = Program::of(&sandbox, "method = \"basic\"\nusername = \"kb.publisher\"\n")
        .env("KB_PUBLISH_PASSWORD", "wrong");
    let ran = wrong.run(&["plan", "--format", "json"]).ended(3).json();
    valid("error", &ran);
}

#[test]
fn the_served_sandbox_announces_itself_and_stops_when_told() {
    let program = Program::new("");
    program.run(&["sandbox", "reset", "--data", "rows.db"]).ended(0);
    program.run(&["sandbox", "seed", "--data", "rows.db", "--articles", "3"]).ended(0);
    let arguments = ["sandbox", "--port", "0", "--port-file", "port", "--data", "rows.db"];
    let mut child = program.spawn(&arguments);
    let file = program.path("port");
    while !file.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was ready");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let port = std::fs::read_to_string(&file).unwrap();
    let url = format!("http://127.0.0.1:{}", port.trim());
    let rows = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request =
            client.get(format!("{url}/api/now/table/kb_knowledge")).basic_auth("admin", Some("admin"));
        request.send().await.unwrap().json::<Value>().await.unwrap()
    });
    assert_eq!(rows["result"].as_array().unwrap().len(), 3);
    let ran = program.run(&["sandbox", "--port", "0", "--data", "rows.db"]).ended(2);
    assert!(ran.stderr.contains("--data FILE"), "{}", ran.stderr);
    let ran = program.run(&["sandbox", "--port", port.trim(), "--data", ":memory:"]).ended(2);
    assert!(ran.stderr.contains("--port 0"), "{}", ran.stderr);
    child.kill().unwrap();
    let ran = finished(child);
    assert!(ran.stderr.contains(&format!("{url}/kb")), "{}", ran.stderr);
}

#[test]
fn a_switch_that_there_is_not_is_named_with_the_nearest() {
    let program = Program::new("");
    std::fs::write(program.path("p.toml"), "versionin = \"on\"\n").unwrap();
    let ran = program.run(&["sandbox", "--data", ":memory:", "--profile-file", "p.toml"]).ended(2);
    assert!(ran.stderr.contains("p.toml") && ran.stderr.contains("versioning"), "{}", ran.stderr);
}
