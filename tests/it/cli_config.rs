//! What is said of a configuration that cannot be used, and of one that can.

use super::program::Program;

const GOOD: &str = "project = \"acme-docs\"\n[source]\nroot = \"docs\"\n";

#[test]
fn without_a_configuration_the_next_step_is_named() {
    let ran = Program::new("").run(&["lint"]).ended(2);
    assert!(ran.stderr.contains("kb-publish init") && ran.stderr.contains("--config"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let json = Program::new("").run(&["lint", "--format", "json"]).ended(2).json();
    assert_eq!(json["schema"], "kb-publish/error/1");
    assert_eq!((json["exit"].as_i64(), json["error"]["code"].as_str()), (Some(2), Some("config")));
}

#[test]
fn a_file_that_was_named_and_is_not_there_is_no_reason_to_look_elsewhere() {
    let program = Program::new(GOOD);
    let ran = program.run(&["lint", "--config", "other.toml"]).ended(2);
    assert!(ran.stderr.contains("other.toml"), "{}", ran.stderr);
    let ran = program.run(&["lint", "--config", "docs"]).ended(2);
    assert!(ran.stderr.contains("name the file"), "{}", ran.stderr);
    std::fs::write(program.path("latin.toml"), b"project = \"a\"\n# \xe4\n").unwrap();
    let ran = program.run(&["lint", "--config", "latin.toml"]).ended(2);
    assert!(ran.stderr.contains("line 2") && ran.stderr.contains("UTF-8"), "{}", ran.stderr);
}

#[test]
fn an_unknown_key_is_shown_at_its_line_with_the_nearest_known_one() {
    let ran = Program::new(&format!("{GOOD}[publish]\nstats = \"draft\"\n")).run(&["lint"]).ended(2);
    for part in ["publish.toml:5:1", "stats = \"draft\"", "`publish.stats`", "did you mean `status`?"] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let config =
        format!("{GOOD}[publish]\nconcurrency = \"four\"\nstatus = \"public\"\n[render]\nhiglight = true\n");
    let ran = Program::new(&config).run(&["build"]).ended(2);
    for part in [":5:15:", "a whole number, not a text", ":6:10:", "\"draft\"", ":8:1:", "`highlight`"] {
        assert!(ran.stderr.contains(part.trim_matches('"')), "no `{part}` in {}", ran.stderr);
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let config = format!("{GOOD}[auth]\npassword = \"hunter2hunter2\"\n");
    for format in ["human", "json"] {
        let ran = Program::new(&config).run(&["lint", "--format", format]).ended(2);
        assert!(!ran.all().contains("hunter2"), "{}", ran.all());
        assert!(ran.all().contains("KB_PUBLISH_PASSWORD"), "{}", ran.all());
    }
}

#[test]
fn config_tells_every_value_and_who_said_it() {
    let config = format!(
        "{GOOD}[instance]\nurl = \"dev1\"\n[publish]\nknowledge_base = \"IT\"\nconcurrency = 2\n\
         [profiles.production.instance]\nurl = \"acme\"\n[profiles.production.publish]\nknowledge_base = \"Knowledge\"\n"
    );
    let program =
        Program::new(&config).env("KB_PUBLISH_USERNAME", "kb.bot").env("KB_PUBLISH_STATUS", "published");
    let arguments = ["config", "--profile", "production", "--status", "draft"];
    let json = program.run(&[&arguments[..], &["--format", "json"]].concat()).ended(0).json();
    assert_eq!(json["profile"], "production");
    let value = |key: &str| {
        let values = json["values"].as_array().unwrap();
        let found = values.iter().find(|value| value["key"] == key);
        let found = found.unwrap_or_else(|| panic!("no `{key}`"));
        (found["value"].clone(), found["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(value("publish.status"), ("draft".into(), "flag --status".to_owned()));
    assert_eq!(value("auth.username"), ("kb.bot".into(), "environment KB_PUBLISH_USERNAME".to_owned()));
    assert_eq!(value("instance.url"), ("acme".into(), "profile production, publish.toml:10:7".to_owned()));
    assert_eq!(value("publish.concurrency"), (2.into(), "publish.toml:8:15".to_owned()));
    assert_eq!(value("publish.max_retire"), (10.into(), "default".to_owned()));
    assert_eq!(value("auth.client_id"), (serde_json::Value::Null, "default".to_owned()));
    let table = program.run(&arguments).ended(0).stdout;
    let line = table.lines().find(|line| line.starts_with("publish.status ")).unwrap();
    assert!(line.contains("\"draft\"") && line.ends_with("flag --status"), "{line}");
}

#[test]
fn a_file_of_another_name_is_called_by_it() {
    let program = Program::new("");
    std::fs::write(program.path("other.toml"), GOOD).unwrap();
    let ran = program.run(&["config", "--config", "other.toml"]).ended(0);
    assert!(
        ran.stdout.contains("other.toml, profile default") && ran.stdout.contains("other.toml:1:11"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("publish.toml"), "{}", ran.stdout);
}

#[test]
fn a_misspelt_variable_and_an_unknown_profile_are_not_silent() {
    let ran = Program::new(GOOD).env("KB_PUBLISH_STATUSS", "draft").run(&["config"]).ended(0);
    assert!(ran.stderr.contains("did you mean `KB_PUBLISH_STATUS`?"), "{}", ran.stderr);
    let config = format!("{GOOD}[profiles.production.publish]\nstatus = \"draft\"\n");
    let ran = Program::new(&config).run(&["config", "--profile", "producton"]).ended(2);
    assert!(ran.stderr.contains("did you mean `production`?"), "{}", ran.stderr);
}

#[test]
fn a_file_of_authorities_without_any_is_no_untrusted_instance() {
    for (file, told) in [("publish.toml", "holds no certificate"), ("nowhere.pem", "cannot be read")] {
        let program = Program::new(&format!(
            "project = \"acme-docs\"\n[instance]\nurl = \"https://127.0.0.1:1\"\nca_file = \"{file}\"\n[auth]\n\
             username = \"ann\"\n[publish]\nknowledge_base = \"IT\"\n"
        ));
        std::fs::create_dir_all(program.path("docs")).unwrap();
        std::fs::write(program.path("docs/a.md"), "# A\n\nText.\n").unwrap();
        let ran = program.env("KB_PUBLISH_PASSWORD", "any").run(&["plan"]).ended(2);
        assert!(ran.stderr.contains(told) && ran.stderr.contains(file), "{}", ran.stderr);
    }
}
