//! `adopt`: binds articles that are there already to documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::connect::{self, Connection};
use super::flags::WritingFlags;
use super::journey::{self, Prepared};
use super::selection::Selection;
use super::{Context, Failure, Outcome, OverrideFlags, interrupts, prompt, settings, writing};
use crate::event::Observer;
use crate::ids::{DocumentId, display_path};
use crate::publish::{Adopted, RunLock, Stop, Stops, stamp_articles};
use crate::report::Format;
use crate::report::adopt::{
    self as report, AdoptAction, AdoptOutcome, AdoptReport, AdoptedDocument, FoundArticle,
};
use crate::servicenow::{Reader, Writer};
use crate::survey::{self, AdoptOptions, Adopting, Adoption, Options};

/// Flags of `adopt`.
#[derive(Debug, clap::Args)]
pub struct AdoptArgs {
    /// Only these documents or folders
    #[arg(value_name = "PATHS")]
    pub paths: Vec<Utf8PathBuf>,
    /// A CSV file of two columns: document id or path, and article number or sys_id. Without it, articles that
    /// documents name (`kb.article`) and articles with a document's title in its base and category are taken
    #[arg(long, value_name = "FILE")]
    pub map: Option<Utf8PathBuf>,
    /// Least likeness of the texts; less is left for a person [default: 50 for matches by title, 0 for named ones]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min_similarity: Option<u8>,
    /// Show what would be adopted, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How it is written.
    #[command(flatten)]
    pub writing: WritingFlags,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

pub(super) fn run(args: &AdoptArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings =
        settings::resolve(context, &args.settings, |overrides| args.writing.over(overrides))?.settings;
    let settings = Arc::new(settings);
    let map = args.map.as_deref().map(read_map).transpose()?.unwrap_or_default();
    let selection = Selection::new(&args.paths, None, &settings.folder)?;
    let observer = journey::observer(context);
    let runtime = context.runtime()?;
    if args.dry_run {
        let connecting = connect::reach_reader(&settings, &context.edges, Arc::clone(&observer));
        let everything = Selection::default();
        let preparing =
            journey::prepare(&settings, &observer, Options::default(), &everything, connecting, |reader| {
                reader
            });
        let (prepared, connection) = runtime.block_on(preparing)?;
        let found = runtime.block_on(interrupts::reading(find(
            args,
            map,
            &selection,
            &prepared,
            &connection.client,
        )))?;
        let report = describe(&prepared, &found, &connection.client, None, None);
        show(context, &report);
        return Ok(ending(&prepared, &report, None));
    }
    let connecting = connect::reach_writer(&settings, &context.edges, Arc::clone(&observer));
    let everything = Selection::default();
    let preparing =
        journey::prepare(&settings, &observer, Options::default(), &everything, connecting, |writer| {
            &**writer
        });
    let (prepared, connection) = runtime.block_on(preparing)?;
    let found =
        runtime.block_on(interrupts::reading(find(args, map, &selection, &prepared, &connection.client)))?;
    if prepared.has_errors() {
        // As with any write: nothing is stamped for documents that are not what they are meant to be.
        let report = AdoptReport {
            stopped: Some("the documents have errors; nothing was stamped".to_owned()),
            ..describe(&prepared, &found, &connection.client, None, None)
        };
        show(context, &report);
        return Ok(ending(&prepared, &report, None));
    }
    if !confirmed(args, context, &prepared, &found, &connection)? {
        return Err(Failure::new(Outcome::Interrupted, "declined", "not agreed to; nothing was written"));
    }
    runtime.block_on(write(context, &prepared, &found, &connection, observer))
}

/// Reads the map: document, article; a first line that names no article is a heading.
fn read_map(path: &Utf8Path) -> Result<Vec<(String, String)>, Failure> {
    let wrong = |why: String| {
        Failure::usage("adopt-map", format!("`{path}` is no map of documents to articles: {why}")).help(
            "two columns, such as `guides/vpn,KB0010042`: a document id or path, an article number or sys_id",
        )
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_path(path)
        .map_err(|error| wrong(error.to_string()))?;
    let mut pairs = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let (Some(document), Some(article), None) = (record.get(0), record.get(1), record.get(2)) else {
            return Err(wrong(format!("line {} has not two columns", at + 1)));
        };
        let heading = at == 0 && !article.bytes().any(|byte| byte.is_ascii_digit());
        if !heading {
            pairs.push((document.trim_start_matches('\u{feff}').to_owned(), article.to_owned()));
        }
    }
    Ok(pairs)
}

/// Documents may be named by id or by path.
fn by_id(prepared: &Prepared, map: Vec<(String, String)>) -> Result<BTreeMap<DocumentId, String>, Failure> {
    let tree = &prepared.tree;
    let root = &prepared.settings.source.root;
    let mut found = BTreeMap::new();
    for (named, article) in map {
        let document = tree.documents.iter().find(|document| {
            document.id.as_str() == named
                || document.path.as_str() == named
                || display_path(root, &document.path).as_str() == named
        });
        let Some(document) = document else {
            return Err(Failure::usage(
                "adopt-map",
                format!("the map names `{named}`, which is no document"),
            )
            .help("name documents by id or by path"));
        };
        if found.insert(document.id.clone(), article).is_some() {
            return Err(Failure::usage("adopt-map", format!("the map names `{named}` twice")));
        }
    }
    Ok(found)
}

async fn find(
    args: &AdoptArgs,
    map: Vec<(String, String)>,
    selection: &Selection,
    prepared: &Prepared,
    reader: &Reader,
) -> Result<Vec<Adoption>, Failure> {
    let options = AdoptOptions {
        map: by_id(prepared, map)?,
        only: selection.documents(&prepared.tree)?,
        min_similarity: args.min_similarity,
    };
    survey::adoptions(&prepared.settings, &prepared.tree, &prepared.surveyed, reader, &options)
        .await
        .map_err(connect::failure)
}

fn to_stamp(found: &[Adoption]) -> Vec<&Adoption> {
    found.iter().filter(|adoption| adoption.adopting == Adopting::Stamp).collect()
}

/// Shows the preview to a person and asks.
fn confirmed(
    args: &AdoptArgs,
    context: &mut Context,
    prepared: &Prepared,
    found: &[Adoption],
    connection: &Connection<Writer>,
) -> Result<bool, Failure> {
    let asks = context.edges.terminal.can_ask() && !args.writing.yes && !to_stamp(found).is_empty();
    if !asks {
        return Ok(true);
    }
    let preview = describe(prepared, found, &connection.client, None, None);
    context.printer.note(&report::human(&preview));
    prompt::confirm(&format!("Stamp these articles on {}?", connection.client.instance()), false)
}

async fn write(
    context: &mut Context,
    prepared: &Prepared,
    found: &[Adoption],
    connection: &Connection<Writer>,
    observer: Arc<dyn Observer>,
) -> Result<Outcome, Failure> {
    let (settings, stamping) = (&prepared.settings, to_stamp(found));
    if stamping.is_empty() {
        let report = describe(prepared, found, &connection.client, Some((None, &[])), None);
        show(context, &report);
        return Ok(ending(prepared, &report, None));
    }
    let writer = connection.client.clone();
    let state = crate::fs::state_folder(context.edges.env);
    let _lock = RunLock::take(state.as_deref(), writer.instance(), &settings.project).map_err(|busy| {
        Failure::new(Outcome::Refused, "another-run", busy.to_string()).help("wait until it has ended")
    })?;
    let user = &connection.user.user_name;
    let (journal, head) = writing::open_journal(settings, "adopt", &writer, user, None)?;
    let stops = Stops::default();
    let watching = interrupts::watch(stops.clone(), Arc::clone(&observer));
    let edges = (writer, Arc::clone(&journal), user.as_str());
    let (results, stopped) =
        stamp_articles(settings, &prepared.tree, &stamping, edges, &*observer, &stops).await;
    watching.abort();
    let done = Some((Some(head.run.as_str()), results.as_slice()));
    let report = describe(prepared, found, &connection.client, done, stopped.as_ref());
    let outcome = ending(prepared, &report, stopped.as_ref());
    writing::close_journal(&journal, outcome);
    show(context, &report);
    Ok(outcome)
}

fn show(context: &mut Context, report: &AdoptReport) {
    let text = match context.global.format {
        Format::Json => report::json(report),
        _ => report::human(report),
    };
    context.printer.data(&text);
    if report.documents.iter().any(|document| document.outcome == Some(AdoptOutcome::Adopted)) {
        context.printer.hint("the next `kb-publish publish` writes the documents into the articles; `kb-publish plan` shows how");
    }
}

fn ending(prepared: &Prepared, report: &AdoptReport, stopped: Option<&Stop>) -> Outcome {
    let documents =
        report.documents.iter().filter_map(|document| match (document.outcome, document.action) {
            (Some(AdoptOutcome::Failed), _) => Some(Outcome::Failed),
            (Some(AdoptOutcome::Conflict), _) | (None, AdoptAction::Conflict) => Some(Outcome::Conflicts),
            _ => None,
        });
    let tree = prepared.has_errors().then_some(Outcome::Problems);
    Outcome::worst(stopped.map(writing::stop_outcome).into_iter().chain(tree).chain(documents))
}

/// What became of an article that was to be stamped; why not, as a reason more.
fn outcome_of(done: Option<&Adopted>, reasons: &mut Vec<String>) -> AdoptOutcome {
    let (outcome, why) = match done {
        Some(Adopted::Stamped) => (AdoptOutcome::Adopted, None),
        Some(Adopted::Conflict(why)) => (AdoptOutcome::Conflict, Some(why)),
        Some(Adopted::Failed(why)) => (AdoptOutcome::Failed, Some(why)),
        Some(Adopted::NotReached) | None => (AdoptOutcome::Skipped, None),
    };
    reasons.extend(why.cloned());
    outcome
}

/// `done`: the run's id, and what became of those that were to be stamped, in their order.
fn describe(
    prepared: &Prepared,
    found: &[Adoption],
    reader: &Reader,
    done: Option<(Option<&str>, &[Adopted])>,
    stopped: Option<&Stop>,
) -> AdoptReport {
    let mut results = done.map(|(_, results)| results.iter());
    let documents = found.iter().map(|adoption| {
        let document = &prepared.tree.documents[adoption.document];
        let (action, mut reasons) = match &adoption.adopting {
            Adopting::Stamp => (AdoptAction::Adopt, adoption.by.iter().map(crate::plan::By::words).collect()),
            Adopting::Leave(why) => (AdoptAction::Skip, vec![why.clone()]),
            Adopting::Conflict(why) => (AdoptAction::Conflict, vec![why.clone()]),
        };
        let outcome = results.as_mut().map(|results| match action {
            AdoptAction::Skip => AdoptOutcome::Skipped,
            AdoptAction::Conflict => AdoptOutcome::Conflict,
            AdoptAction::Adopt => outcome_of(results.next(), &mut reasons),
        });
        AdoptedDocument {
            id: document.id.to_string(),
            path: display_path(&prepared.settings.source.root, &document.path).into_string(),
            title: document.title.clone(),
            action,
            reasons,
            article: adoption.row.as_ref().map(|row| FoundArticle {
                sys_id: row.sys_id.to_string(),
                number: row.number.clone(),
                title: row.short_description.clone(),
                state: row.workflow_state.clone(),
            }),
            similarity: adoption.similarity,
            outcome,
        }
    });
    let documents = documents.collect();
    AdoptReport {
        schema: "kb-publish/adopt/1",
        run: done.and_then(|(run, _)| run).map(str::to_owned),
        project: prepared.settings.project.to_string(),
        instance: reader.instance().to_string(),
        stopped: stopped.map(|stop| writing::stop_finding(stop).message.into()),
        documents,
        problems: prepared.findings.iter().chain(&prepared.surveyed.plan.problems).cloned().collect(),
        requests: reader.counts().into(),
    }
}
