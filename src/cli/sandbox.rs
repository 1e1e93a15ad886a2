//! `sandbox`: serves the embedded instance, empties its data, or fills it.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;
use serde_json::json;

use super::{Context, Edges, Failure, Outcome};
use crate::config;
use crate::ids::InstanceUrl;
use crate::report::Format;
use crate::sandbox::{self, DEFAULT_PORT, DataLocation, Options, Profile, SandboxError, Seed, StoreError};

/// What is fixed in every sandbox (design §10).
const HOLDS: &str = "\
What a sandbox holds:
  users            admin / admin                  role admin
                   kb.admin / kb.admin            role knowledge_admin
                   kb.publisher / kb.publisher    role knowledge, can contribute
                   reader / reader                no role
  OAuth client     kb-publish-sandbox, secret kb-publish-sandbox
  API key          kb-publish-sandbox
  knowledge bases  IT, Knowledge

It listens on loopback only. `url = \"sandbox\"` in publish.toml attaches to a sandbox that is
served on its default data, else starts one inside the process, and signs in as kb.publisher.";

/// Flags of `sandbox`.
#[derive(Debug, clap::Args)]
#[command(after_help = HOLDS, args_conflicts_with_subcommands = true)]
pub struct SandboxArgs {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// How to serve.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Loopback port; 0 takes any free one
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// Write the port into this file once requests are accepted; it is removed at the end
    #[arg(long, value_name = "FILE")]
    pub port_file: Option<Utf8PathBuf>,
    /// Which data.
    #[command(flatten)]
    pub data: DataArgs,
    /// What a fresh instance holds
    #[arg(long, value_enum, value_name = "NAME", default_value = "demo")]
    pub seed: SeedName,
    /// Serve https with a certificate made at start
    #[arg(long)]
    pub tls: bool,
    /// Write the authority of that certificate here, PEM: `ca_file` of `[instance]`
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub ca_file: Option<Utf8PathBuf>,
    /// Read switches from this TOML file: how this instance differs from others
    #[arg(long, value_name = "FILE")]
    pub profile_file: Option<Utf8PathBuf>,
}

/// Which data.
#[derive(Debug, clap::Args)]
pub struct DataArgs {
    /// SQLite file with the instance's rows; `:memory:` keeps nothing; default `.kb-publish/sandbox.db` beside
    /// publish.toml, or in the working directory where there is none
    #[arg(long, value_name = "FILE")]
    pub data: Option<Utf8PathBuf>,
}

/// Other things to do with a sandbox.
#[derive(Debug, clap::Subcommand)]
pub enum Task {
    /// Put a fresh instance in the place of what the data holds
    Reset {
        /// Which data.
        #[command(flatten)]
        data: DataArgs,
        /// What the fresh instance holds
        #[arg(long, value_enum, value_name = "NAME", default_value = "demo")]
        seed: SeedName,
    },
    /// Add published articles of nobody's project to the base "IT"
    Seed {
        /// Which data.
        #[command(flatten)]
        data: DataArgs,
        /// How many
        #[arg(long, value_name = "N")]
        articles: usize,
    },
}

/// What a fresh instance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SeedName {
    /// The users and knowledge bases named below
    Demo,
    /// The same, and the records that PySNC's own tests ask for
    Pysnc,
    /// The users only
    None,
}

impl From<SeedName> for Seed {
    fn from(name: SeedName) -> Self {
        match name {
            SeedName::Demo => Self::Demo,
            SeedName::Pysnc => Self::Pysnc,
            SeedName::None => Self::None,
        }
    }
}

pub(super) fn run(args: &SandboxArgs, context: &mut Context) -> Result<Outcome, Failure> {
    match &args.task {
        None => serve(&args.serve, context),
        Some(Task::Reset { data, seed }) => {
            let data = on_disk(data, context)?;
            sandbox::reset(&data, (*seed).into()).map_err(|error| failure(&error))?;
            context.printer.note(&format!("`{data}` holds a fresh instance"));
            Ok(Outcome::Done)
        }
        Some(Task::Seed { data, articles }) => {
            let data = on_disk(data, context)?;
            sandbox::seed_articles(&data, *articles).map_err(|error| failure(&error))?;
            context.printer.note(&format!("`{data}` holds {articles} articles more"));
            Ok(Outcome::Done)
        }
    }
}

fn serve(args: &ServeArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let data = location(&args.data, context)?;
    let profile = args.profile_file.as_deref().map(switches).transpose()?.unwrap_or_default();
    let options = Options {
        data: data.clone(),
        port: args.port,
        seed: args.seed.into(),
        profile,
        tls: args.tls,
        ca_file: args.ca_file.clone(),
    };
    let runtime = context.runtime()?;
    let served = sandbox::serve(options, args.port_file.as_deref(), |url| ready(url, &data, args, context));
    runtime.block_on(served).map_err(|error| failure(&error))?;
    Ok(Outcome::Done)
}

/// Says where to look.
fn ready(url: &InstanceUrl, data: &DataLocation, args: &ServeArgs, context: &mut Context) {
    if context.global.format == Format::Json {
        context
            .printer
            .data(&format!("{}\n", json!({ "schema": "kb-publish/sandbox/1", "url": url.to_string() })));
    }
    let kept = match data {
        DataLocation::Memory => "in memory, gone at the end".to_owned(),
        DataLocation::File(path) => path.to_string(),
    };
    let mut text = format!(
        "the sandbox is ready; Ctrl-C stops it\n  \
         look at   {url}/kb\n  \
         sign in   kb.publisher / kb.publisher, or admin / admin\n  \
         data      {kept}"
    );
    if let Some(file) = &args.ca_file {
        let _ = write!(text, "\n  trust     {file}");
    }
    context.printer.note(&text);
}

/// Reads `--profile-file`.
fn switches(path: &Utf8Path) -> Result<Profile, Failure> {
    let text =
        fs_err::read_to_string(path).map_err(|error| Failure::usage("profile-file", error.to_string()))?;
    Profile::from_toml(&text).map_err(|error| {
        let mut failure = Failure::usage("profile-file", error.to_string());
        failure.report.path = Some(path.to_owned());
        failure
    })
}

fn location(args: &DataArgs, context: &Context) -> Result<DataLocation, Failure> {
    match &args.data {
        Some(path) if path == ":memory:" => Ok(DataLocation::Memory),
        Some(path) => Ok(DataLocation::File(path.clone())),
        None => {
            let folder = project_folder(context)?;
            let data = sandbox::data_in(&folder).map_err(|error| failure(&error))?;
            Ok(DataLocation::File(data))
        }
    }
}

fn on_disk(args: &DataArgs, context: &Context) -> Result<Utf8PathBuf, Failure> {
    match location(args, context)? {
        DataLocation::File(path) => Ok(path),
        DataLocation::Memory => {
            Err(Failure::usage("data", "data in memory is always fresh")
                .help("name a file with `--data FILE`"))
        }
    }
}

/// The folder of `publish.toml`, so that `url = "sandbox"` there finds this sandbox; else the working directory.
fn project_folder(context: &Context) -> Result<Utf8PathBuf, Failure> {
    let here = Edges::working_directory()?;
    let named =
        context.global.config.clone().map(Into::into).or_else(|| context.edges.var("KB_PUBLISH_CONFIG"));
    let named = named.map(Utf8PathBuf::from);
    match config::find(&here, named.as_deref()) {
        Ok(file) => Ok(file.folder().to_owned()),
        Err(_) if named.is_none() => Ok(here),
        Err(errors) => Err(super::settings::failure(errors)),
    }
}

fn failure(error: &SandboxError) -> Failure {
    let (code, help) = match error {
        SandboxError::Port { .. } => ("port", "`--port 0` takes any free port"),
        SandboxError::Store(StoreError::Taken { .. }) | SandboxError::NoAnswer { .. } => {
            ("data", "stop that sandbox, or name other data with `--data FILE`")
        }
        SandboxError::Store(StoreError::Newer { .. }) => {
            ("data", "upgrade kb-publish, or name other data with `--data FILE`")
        }
        SandboxError::Store(_) | SandboxError::Io(_) => (
            "data",
            "name a file that can be written with `--data FILE`; `kb-publish sandbox reset` starts anew",
        ),
        SandboxError::Tls(_) => ("tls", "name a file that can be written with `--ca-file FILE`"),
    };
    Failure::usage(code, error.to_string()).because(error).help(help)
}
