//! The commands of the README's section on CI are run, as they stand there.

use std::process::Command;

use crate::program::Program;
use crate::sandbox_table::sandbox;

/// What follows `run:`, `script:` or `- ` in the section's pipelines, and the commands in its text.
fn commands() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let section = readme.split("\n## In CI\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut commands = Vec::new();
    for line in section.lines() {
        let line = line.trim();
        let command = line.strip_prefix("- ").unwrap_or(line);
        let command = command.strip_prefix("run: ").or(command.strip_prefix("script: ")).unwrap_or(command);
        if command.starts_with("kb-publish ") {
            commands.push(command.to_owned());
        }
        let quoted = line.split('`').skip(1).step_by(2).filter(|text| text.starts_with("kb-publish "));
        commands.extend(quoted.map(str::to_owned));
    }
    commands
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_does_what_it_is_there_for() {
    let commands = commands();
    assert!(commands.len() >= 8, "{commands:?}");
    let sandbox = sandbox("").await;
    let auth = format!(
        "method = \"basic\"\nusername = \"kb.publisher\"\n[profiles.production.instance]\nurl = \"{}\"\n",
        sandbox.url()
    );
    let program = Program::of(&sandbox, &auth)
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .env("KB_PUBLISH_PASSWORD_FILE", "password");
    std::fs::write(program.path("password"), "kb.publisher\n").unwrap();
    // What `--since REF` needs: a history.
    let git = |arguments: &[&str]| {
        let identity =
            ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
        let done =
            Command::new("git").args(identity).args(arguments).current_dir(program.root()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    let binary = env!("CARGO_BIN_EXE_kb-publish");
    for command in &commands {
        std::fs::write(program.path("docs/a.md"), format!("# A\n\nText before {command}.\n")).unwrap();
        let line = command.replace("kb-publish ", &format!("'{binary}' ")).replace("REF", "HEAD");
        // A plan is applied on the ground that it was made on.
        let apply = command.contains("apply ");
        let line = if apply { format!("'{binary}' plan -o plan.json >/dev/null && {line}") } else { line };
        let given = program.command(&[]);
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(&line).current_dir(program.root()).env_clear();
        shell.envs(given.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = shell.output().unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    let summary = std::fs::read_to_string(program.path("summary.md")).unwrap();
    assert!(summary.contains("### Plan: ") && summary.contains("### Published: "), "{summary}");
    for report in ["lint.xml", "publish.xml"] {
        let text = std::fs::read_to_string(program.path(report)).unwrap();
        assert!(text.starts_with("<?xml") && text.contains("<testsuites"), "{report}: {text}");
    }
}
