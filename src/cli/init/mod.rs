//! `init`: from nothing to a working `publish.toml`. Every question is also a flag, so it runs without a terminal.

mod ask;
mod draft;
mod guess;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use self::draft::Draft;
use super::credentials::{self, Sources};
use super::{Context, Edges, Failure, Outcome, OverrideFlags, auth, connect, interrupts, prompt, settings};
use crate::config::{self, ConfigFile, InstanceTarget, Overrides, Settings};
use crate::event::Silent;
use crate::ids::{InstanceUrl, Project};
use crate::report::{self, Format};
use crate::secrets::{StoreKind, Vault};
use crate::servicenow::{Base, Options, Reader};

/// Flags of `init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Folder of the documents, relative to publish.toml
    #[arg(long, value_name = "DIR")]
    pub root: Option<Utf8PathBuf>,
    /// Change an existing publish.toml without asking; its comments stay
    #[arg(long)]
    pub force: bool,
    /// Do not connect: no credentials are asked for, the knowledge base is taken as given
    #[arg(long)]
    pub no_test: bool,
    /// Where to keep the credentials
    #[arg(long, value_enum, value_name = "STORE")]
    pub store: Option<auth::StoreChoice>,
    /// Answers given beforehand.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    schema: &'static str,
    path: &'a str,
    project: &'a str,
    instance: &'a str,
    root: &'a str,
    knowledge_base: Option<&'a str>,
}

/// The JSON Schema of what `--format json` prints.
pub(super) fn schema() -> serde_json::Value {
    crate::report::schema::of::<Document<'static>>("kb-publish/init/1")
}

pub(super) fn run(args: &InitArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let path = path(context)?;
    let folder = path.parent().unwrap_or(Utf8Path::new(".")).to_owned();
    let before = existing(&path, args, context)?;
    let ask = context.edges.terminal.can_ask();
    let profile = context.global.profile.clone();
    let mut draft = Draft::new(before.as_deref().unwrap_or_default(), profile)?;
    let questions = ask::Questions { ask, flags: &args.settings, edges: &context.edges };
    let status = questions.given_status(&draft)?;
    questions.identity(&mut draft, &folder, args.root.as_deref())?;
    draft.knowledge_base = connected(args, context, &mut draft, &path)?;
    let questions = ask::Questions { ask, flags: &args.settings, edges: &context.edges };
    draft.status = Some(status.map_or_else(|| questions.status(&draft), Ok)?);
    let text = draft.text()?;
    checked(&text, &path, context)?;
    crate::fs::write_atomic(&path, text.as_bytes())
        .map_err(|error| Failure::usage("not-written", format!("`{path}` could not be written: {error}")))?;
    told(context, &draft, &path);
    Ok(Outcome::Done)
}

/// The file that is written: `--config`, else `publish.toml` here.
fn path(context: &Context) -> Result<Utf8PathBuf, Failure> {
    let named = context.global.config.clone();
    let named = named.or_else(|| context.edges.var("KB_PUBLISH_CONFIG").map(Into::into));
    Ok(Edges::working_directory()?.join(named.unwrap_or_else(|| config::FILE_NAME.into())))
}

/// The text of a file that is there already: never overwritten without a yes.
fn existing(path: &Utf8Path, args: &InitArgs, context: &Context) -> Result<Option<String>, Failure> {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::usage("not-readable", format!("`{path}` cannot be read: {error}")));
        }
    };
    let there = || {
        Failure::usage("exists", format!("`{path}` is there already"))
            .help("`--force` changes it (its comments stay); `--profile NAME` adds a profile to it")
    };
    let agreed = args.force || context.global.profile.is_some();
    if !agreed && !context.edges.terminal.can_ask() {
        return Err(there());
    }
    if !agreed
        && !prompt::confirm(&format!("`{path}` is there already. Change it? Its comments stay"), false)?
    {
        return Err(there());
    }
    Ok(Some(text))
}

/// The settings as the draft makes them so far.
fn checked(text: &str, path: &Utf8Path, context: &Context) -> Result<Settings, Failure> {
    let file = ConfigFile { path: path.to_owned(), text: text.to_owned() };
    let overrides = Overrides::default().profile(context.global.profile.clone());
    config::resolve(&overrides, &config::Env::new(), &file)
        .map(|resolved| resolved.settings)
        .map_err(settings::failure)
}

/// Asks for the connection and tries it, again and again while a person wants to mend the answers.
fn connected(
    args: &InitArgs,
    context: &mut Context,
    draft: &mut Draft,
    path: &Utf8Path,
) -> Result<Option<String>, Failure> {
    let ask = context.edges.terminal.can_ask();
    loop {
        ask::Questions { ask, flags: &args.settings, edges: &context.edges }.connection(draft)?;
        if args.no_test {
            return Ok(args.settings.knowledge_base.clone());
        }
        let failure = match tested(args, context, draft, path) {
            Err(failure) if matches!(failure.outcome, Outcome::Credentials | Outcome::Unreachable) => failure,
            outcome => return outcome,
        };
        if !ask {
            return Err(failure);
        }
        context.printer.error(&report::failure_text(&failure.report, context.edges.terminal.log_width));
        if !prompt::confirm("Go through the connection's questions again?", true)? {
            return Err(Failure::new(failure.outcome, "not-connected", "no connection; nothing was written")
                .help(
                    "run `kb-publish init` again; with `--no-test` it writes the file without a connection",
                ));
        }
    }
}

/// Signs in, keeps the credentials, and lets the base be chosen from what is there.
fn tested(
    args: &InitArgs,
    context: &mut Context,
    draft: &Draft,
    path: &Utf8Path,
) -> Result<Option<String>, Failure> {
    let settings = checked(&draft.text()?, path, context)?;
    let instance = connect::instance(&settings)?;
    let chosen = |bases: Vec<Base>, reload: &dyn Fn() -> Result<Vec<Base>, Failure>| {
        let ask = context.edges.terminal.can_ask();
        ask::base(bases, args.settings.knowledge_base.as_deref(), ask, reload)
    };
    if instance.target == InstanceTarget::Sandbox {
        let runtime = context.runtime()?;
        let connecting = connect::connect_reader(&settings, &context.edges, Arc::new(Silent));
        let connection = runtime.block_on(interrupts::reading(connecting))?;
        let again = || {
            let bases = async { connection.client.bases().await.map_err(connect::failure) };
            runtime.block_on(interrupts::reading(bases))
        };
        return chosen(connection.bases.clone(), &again).map(Some);
    }
    let url = connect::address(instance)?;
    let network = credentials::network(&settings, instance)?;
    let edges = context.edges;
    let sources = Sources::new(&settings, &url, &edges, network, args.store.map(Into::into)).anew();
    let how = auth::How { paste: false, no_browser: false };
    let signed_in = auth::sign_in(how, &sources, context)?;
    let runtime = context.runtime()?;
    let credentials = Arc::new(signed_in.credentials);
    let bases = || {
        let options = Options {
            instance: url.clone(),
            credentials: Arc::clone(&credentials),
            network: sources.network().clone(),
            max_wait: instance.max_wait,
            concurrency: 1,
            user_name: settings.auth.username.clone(),
        };
        let reader = Reader::new(options, Arc::new(Silent)).map_err(connect::failure)?;
        let proving = interrupts::reading(connect::prove(&reader));
        runtime.block_on(proving).map(|(user, bases)| (user.user_name, bases))
    };
    let (user, found) = bases()?;
    context.printer.note(&format!("signed in to {url} as `{user}`"));
    let base = chosen(found, &|| bases().map(|(_, bases)| bases))?;
    keep(args, context, &sources, signed_in.kept)?;
    Ok(Some(base))
}

/// Keeps what was typed; what came by environment stays there unless a store was asked for.
fn keep(
    args: &InitArgs,
    context: &Context,
    sources: &Sources<'_>,
    kept: crate::secrets::Kept,
) -> Result<(), Failure> {
    let ask = context.edges.terminal.can_ask();
    if kept.is_empty() || (args.store.is_none() && !ask) {
        return Ok(());
    }
    let save = |vault: &Vault| {
        vault.save(kept).map_err(credentials::failure)?;
        context.printer.note(&format!("credentials kept in {}", vault.place()));
        Ok(())
    };
    let Some(why) = sources.vault.unavailable() else { return save(&sources.vault) };
    let question =
        format!("There is no keyring ({why}). Keep the credentials in a file that only you can read?");
    if ask && prompt::confirm(&question, true)? {
        return save(&sources.vault.of_kind(StoreKind::File));
    }
    context.printer.hint("the credentials were not kept: give them by environment variable or file");
    Ok(())
}

fn told(context: &mut Context, draft: &Draft, path: &Utf8Path) {
    if context.global.format == Format::Json {
        let document = Document {
            schema: "kb-publish/init/1",
            path: path.as_str(),
            project: &draft.project,
            instance: &draft.url,
            root: &draft.root,
            knowledge_base: draft.knowledge_base.as_deref(),
        };
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        context.printer.data(&format!("{text}\n"));
        return;
    }
    let profile =
        context.global.profile.as_ref().map(|name| format!(" --profile {name}")).unwrap_or_default();
    let blank = " ".repeat(profile.len());
    context.printer.data(&format!(
        "wrote `{path}`\n\nnext:\n  kb-publish check{profile}     test the connection, step by step\n  \
         kb-publish lint{blank}      what is wrong in the documents\n  kb-publish plan{profile}      what would be \
         published\n  kb-publish publish{profile}   publish it\n"
    ));
}

/// A project name made of a folder's.
fn project_of(folder: &Utf8Path) -> String {
    let name = folder.file_name().unwrap_or("docs").to_lowercase();
    let dashed: String =
        name.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    let parts: Vec<&str> = dashed.split('-').filter(|part| !part.is_empty()).collect();
    let mut joined = parts.join("-");
    joined.truncate(24);
    let joined = joined.trim_end_matches('-');
    if Project::parse(joined).is_ok() { joined.to_owned() } else { "docs".to_owned() }
}

/// What people paste, as it is written into the file: the subdomain where it is one of ServiceNow's.
fn short_url(url: &InstanceUrl) -> String {
    let text = url.as_str();
    let subdomain = text.strip_prefix("https://").and_then(|host| host.strip_suffix(".service-now.com"));
    subdomain.filter(|name| !name.contains(['.', ':'])).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_a_project_name() {
        let name = |folder: &str| project_of(Utf8Path::new(folder));
        assert_eq!(name("/home/ann/Acme Docs"), "acme-docs");
        assert_eq!(name("/x/__v2.1__"), "v2-1");
        assert_eq!(name("/x/Ωmega"), "mega");
        assert_eq!(name("/"), "docs");
        assert_eq!(name("/a-very-long-folder-name-of-a-repository"), "a-very-long-folder-name");
    }

    #[test]
    fn an_address_is_written_short() {
        let short = |text: &str| short_url(&InstanceUrl::parse(text).unwrap());
        assert_eq!(short("https://dev12345.service-now.com/nav_to.do"), "dev12345");
        assert_eq!(short("kb.example.org"), "https://kb.example.org");
        assert_eq!(short("http://localhost:8484"), "http://localhost:8484");
    }
}
