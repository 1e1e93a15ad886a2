//! The command line: one file a verb, each `settings → core → observer`.
//!
//! Owns what people type. Must not know: HTTP, Markdown, how a report looks.

mod adopt;
mod apply;
mod auth;
mod bases;
mod browser;
mod build;
mod categories;
mod check;
mod companion;
mod completions;
mod config;
mod connect;
mod credentials;
mod edges;
mod exit;
mod external;
mod flags;
mod git;
mod init;
mod interrupts;
mod journey;
mod lint;
mod man;
mod plan;
mod prompt;
mod publish;
mod rollback;
mod runs;
mod sandbox;
mod saved;
mod schema;
mod selection;
mod settings;
mod site;
mod status;
mod turns;
mod writing;

use std::ffi::OsString;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Parser, Subcommand};

pub use connect::{Connection, connect_reader, connect_writer};
pub use edges::{Edges, Terminal};
pub use exit::{Failure, Outcome};
pub use flags::{DiffView, OverrideFlags};
pub use plan::PlanArgs;
pub use publish::PublishArgs;

use crate::panics;
use crate::report::{self, Format, Look, Printer, Report};

/// What was typed.
#[derive(Debug, Parser)]
#[command(
    name = "kb-publish",
    version,
    about = "Keeps a ServiceNow knowledge base equal to a Markdown doc tree",
    long_about = "Keeps a ServiceNow knowledge base equal to a Markdown doc tree: creates, updates and retires \
                  articles, shows beforehand what it would do and why, and makes no write where nothing changed.",
    after_help = "`kb-publish lint` and `kb-publish build` need no instance; `url = \"sandbox\"` in publish.toml \
                  publishes to an embedded one.",
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Read this file instead of the nearest `publish.toml` upward [env: KB_PUBLISH_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<Utf8PathBuf>,
    /// Use the overrides of `[profiles.NAME]` [env: KB_PUBLISH_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// What stdout is written for
    #[arg(long, global = true, value_enum, default_value = "human", value_name = "FORMAT")]
    pub format: Format,
    /// When to colour; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: clap::ColorChoice,
    /// Less on stderr: only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// More on stderr: -v what is done, -vv each request, -vvv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The verbs (design §8).
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the knowledge base equal to the doc tree
    Publish(publish::PublishArgs),
    /// Show what `publish` would do, and why, with diffs; writes nothing
    Plan(plan::PlanArgs),
    /// Write publish.toml: asks, tests the connection, offers the knowledge bases that are there
    Init(init::InitArgs),
    /// Get, show, renew or forget the credentials of a profile
    Auth(auth::AuthArgs),
    /// Carry out exactly a saved plan, or refuse
    Apply(apply::ApplyArgs),
    /// Bind articles that are there already to documents: they get the stamp, nothing else changes
    Adopt(adopt::AdoptArgs),
    /// List the runs that left a journal here
    Runs(runs::RunsArgs),
    /// Undo a run: former texts, columns, states and files, of what is still as the run left it
    Rollback(rollback::RollbackArgs),
    /// Show every document and its article: state, last write, drift, expiry
    Status(status::StatusArgs),
    /// Test the connection, step by step; reads only
    #[command(alias = "test")]
    Check(check::CheckArgs),
    /// List the knowledge bases that this account sees
    Bases(bases::BasesArgs),
    /// Show the categories of a knowledge base
    Categories(categories::CategoriesArgs),
    /// Find everything that can be wrong in the doc tree; needs no instance
    Lint(lint::LintArgs),
    /// Write the HTML as it would be sent into a folder; needs no instance
    Build(build::BuildArgs),
    /// Experimental: a Scripted REST resource for bases with article versions, and its install guide
    #[command(long_about = companion::ABOUT)]
    Companion(companion::CompanionArgs),
    /// Show every setting, its value, and where the value came from
    Config(config::ConfigArgs),
    /// Print a JSON Schema: of publish.toml, or of what `--format json` prints
    Schema(schema::SchemaArgs),
    /// Serve the embedded ServiceNow-compatible instance
    Sandbox(sandbox::SandboxArgs),
    /// Print a completion script for a shell, whatever `--format` says
    Completions(completions::CompletionsArgs),
    /// Print the manual page (roff, whatever `--format` says), or write one page for each command
    Man(man::ManArgs),
}

/// What every verb is handed: the global flags, the edges, and the one printer.
#[derive(Debug)]
pub struct Context {
    /// Flags of every command.
    pub global: Global,
    /// Environment and terminal.
    pub edges: Edges,
    /// Where output goes.
    pub printer: Printer,
}

impl Context {
    /// What a report has to fit into: this terminal, and the repository round the folder of `publish.toml`.
    pub fn look(&self, folder: &Utf8Path, show_remote: bool) -> Look {
        Look {
            width: self.edges.terminal.width.unwrap_or(100).clamp(40, 160),
            color: self.printer.is_colored(),
            show_remote,
            git_prefix: edges::git_prefix(folder),
        }
    }

    /// How wide a table may be, in columns: where no person looks, lines stay whole for the next program.
    pub fn table_width(&self) -> usize {
        self.edges.terminal.width.map_or(usize::from(u16::MAX), |width| width.clamp(40, 160))
    }

    /// Shows a plan's or a run's report: its form on stdout, its hints on stderr. For GitHub Actions the job's
    /// step summary gets the Markdown form.
    pub fn show(&mut self, report: &Report, folder: &Utf8Path, show_remote: bool) {
        let look = self.look(folder, show_remote);
        let format = self.global.format;
        self.printer.stream(|stdout| report::write(report, format, &look, stdout));
        if self.global.format == Format::Github {
            self.step_summary(&report::report(report, Format::Markdown, &look));
        }
        for hint in &report.hints {
            self.printer.hint(hint);
        }
    }

    fn step_summary(&self, markdown: &str) {
        let Some(path) = self.edges.var("GITHUB_STEP_SUMMARY") else { return };
        let appended = fs_err::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, markdown.as_bytes()));
        if let Err(error) = appended {
            self.printer.error(&format!("the step summary could not be written: {error}"));
        }
    }

    /// Runs a future to its end on a runtime of its own.
    ///
    /// # Errors
    /// The operating system gives no threads.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Failure> {
        Ok(self.runtime()?.block_on(future))
    }

    /// A runtime, for verbs that are not one future.
    ///
    /// # Errors
    /// The operating system gives no threads.
    pub fn runtime(&self) -> Result<tokio::runtime::Runtime, Failure> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage("runtime", format!("no runtime: {error}")))
    }
}

/// Parses the arguments, runs the verb, and gives its exit code (design §8).
pub fn main_with(arguments: impl IntoIterator<Item = OsString>, edges: Edges) -> ExitCode {
    panics::hush();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => run(cli, edges),
        Err(error) => not_parsed(&error, &arguments),
    }
}

/// Runs one parsed command line.
pub fn run(cli: Cli, edges: Edges) -> ExitCode {
    let Cli { global, command } = cli;
    let format = global.format;
    let printer = edges.printer(&global);
    report::logging::start(global.verbose, global.quiet, printer.stderr());
    let mut context = Context { global, edges, printer };
    if matches!(format, Format::Markdown | Format::Github | Format::Junit) && command.is_for_persons() {
        context.printer.note(
            "this command has no form for a pipeline but `--format json`: what follows is for a person",
        );
    }
    if command.asks_the_instance() {
        interrupts::silence(format);
    }
    let ended = command.run(&mut context);
    let outcome = match ended {
        Ok(outcome) => outcome,
        Err(failure) => {
            let exit = failure.outcome.code();
            if format == Format::Json {
                context.printer.data(&report::failure_json(exit, &failure.report));
            } else {
                let text = report::failure_text(&failure.report, context.edges.terminal.log_width);
                context.printer.error(&text);
            }
            if let Some(text) = report::failure_case(&failure.report, format) {
                context.printer.data(&text);
            }
            failure.outcome
        }
    };
    let written = context.printer.finish();
    match written {
        Ok(()) => outcome.into(),
        Err(error) => {
            context.printer.error(&format!("stdout could not be written: {error}"));
            Outcome::worst([outcome, Outcome::Usage]).into()
        }
    }
}

impl Command {
    /// Whether it is written for a person in every format but JSON.
    const fn is_for_persons(&self) -> bool {
        matches!(
            self,
            Self::Init(_)
                | Self::Auth(_)
                | Self::Adopt(_)
                | Self::Runs(_)
                | Self::Rollback(_)
                | Self::Bases(_)
                | Self::Categories(_)
                | Self::Config(_)
        )
    }

    /// Whether it connects to an instance.
    const fn asks_the_instance(&self) -> bool {
        matches!(
            self,
            Self::Publish(_)
                | Self::Plan(_)
                | Self::Init(_)
                | Self::Auth(_)
                | Self::Apply(_)
                | Self::Adopt(_)
                | Self::Rollback(_)
                | Self::Status(_)
                | Self::Check(_)
                | Self::Bases(_)
                | Self::Categories(_)
        )
    }

    fn run(&self, context: &mut Context) -> Result<Outcome, Failure> {
        match self {
            Self::Publish(args) => publish::run(args, context),
            Self::Plan(args) => plan::run(args, context),
            Self::Init(args) => init::run(args, context),
            Self::Auth(args) => auth::run(args, context),
            Self::Apply(args) => apply::run(args, context),
            Self::Adopt(args) => adopt::run(args, context),
            Self::Runs(args) => runs::run(args, context),
            Self::Rollback(args) => rollback::run(args, context),
            Self::Status(args) => status::run(args, context),
            Self::Check(args) => check::run(args, context),
            Self::Bases(args) => bases::run(args, context),
            Self::Categories(args) => categories::run(args, context),
            Self::Lint(args) => lint::run(args, context),
            Self::Build(args) => build::run(args, context),
            Self::Companion(args) => Ok(companion::run(args, context)),
            Self::Config(args) => config::run(args, context),
            Self::Schema(args) => Ok(schema::run(args, context)),
            Self::Sandbox(args) => sandbox::run(args, context),
            Self::Completions(args) => Ok(completions::run(args, context)),
            Self::Man(args) => man::run(args, context),
        }
    }
}

/// Lines without the spaces at their ends that tables pad with.
fn trimmed(table: &str) -> String {
    let mut text = String::with_capacity(table.len());
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Help and version are success on stdout; a usage error is exit 2 on stderr, and with `--format json` a
/// JSON document on stdout as well (design §9).
fn not_parsed(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if error.use_stderr() && asks_for_json(arguments) {
        let text = error.render().to_string();
        let message = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
        let failure = Failure::usage("usage", message.split("\n\nUsage:").next().unwrap_or(message).trim())
            .help("see `kb-publish --help`");
        let mut printer = Printer::plain();
        printer.data(&report::failure_json(failure.outcome.code(), &failure.report));
        // A closed pipe is success, and there is nobody left to tell of anything else.
        let _ = printer.finish();
        return Outcome::Usage.into();
    }
    // The only failure here is a closed pipe.
    let _ = error.print();
    if error.use_stderr() { Outcome::Usage.into() } else { Outcome::Done.into() }
}

fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--format=json")
        || arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn clap_finds_no_contradiction() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn json_is_asked_for_in_both_spellings() {
        let words = |text: &str| text.split(' ').map(Into::into).collect::<Vec<_>>();
        assert!(super::asks_for_json(&words("kb-publish plan --format json --nope")));
        assert!(super::asks_for_json(&words("kb-publish plan --format=json --nope")));
        assert!(!super::asks_for_json(&words("kb-publish plan --format human json")));
    }
}
