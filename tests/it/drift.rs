//! What the documentation says is what the program does.

use clap::CommandFactory as _;
use kb_publish::cli::{Cli, Outcome};
use kb_publish::finding::{Code, Severity};

fn readme() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_readme_names_every_exit_code() {
    let readme = readme();
    for outcome in Outcome::ALL {
        let code = outcome.code();
        let rows = [format!("| {code} |"), format!("| `{code}` |")];
        assert!(rows.iter().any(|row| readme.contains(row)), "README.md has no row for exit code {code}");
    }
}

#[test]
fn the_readme_tells_what_each_finding_code_means_and_weighs() {
    let readme = readme();
    for code in Code::ALL {
        let weight = match code.default_severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let weight = if code.may_be_lowered() { weight.to_owned() } else { format!("*{weight}*") };
        let row = format!("| `{code}` | {weight} | {} |", code.description().trim_end_matches('.'));
        assert!(readme.contains(&row), "README.md has no row `{row}`");
    }
}

#[test]
fn the_readme_names_every_command_and_no_other() {
    let readme = readme();
    let command = Cli::command();
    for verb in command.get_subcommands().map(clap::Command::get_name) {
        let typed = [format!("kb-publish {verb}"), format!("`{verb}")];
        assert!(typed.iter().any(|typed| readme.contains(typed)), "README.md does not name `{verb}`");
    }
    for before in ["`kb-publish ", "\nkb-publish ", "$ kb-publish "] {
        for rest in readme.split(before).skip(1) {
            let word: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            let verb = word.is_empty() || word.starts_with('-') || command.find_subcommand(&word).is_some();
            assert!(verb, "README.md names `kb-publish {word}`, which there is not");
        }
    }
}
