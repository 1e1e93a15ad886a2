//! `lint`: everything that can be wrong in the doc tree, without an instance.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Context, Edges, Failure, Outcome, OverrideFlags, external, journey, settings};
use crate::config::Settings;
use crate::finding::Severity;
use crate::ids::display_path;
use crate::report::{self, Format, LintReport};
use crate::tree::{self, RenderedTree};

/// Flags of `lint`.
#[derive(Debug, clap::Args)]
pub struct LintArgs {
    /// Show only what is wrong in these documents or folders; the whole tree is checked all the same
    #[arg(value_name = "PATHS")]
    pub paths: Vec<Utf8PathBuf>,
    /// Ask other hosts, too, whether links to them lead somewhere
    #[arg(long)]
    pub external: bool,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

pub(super) fn run(args: &LintArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings = settings::resolve(context, &args.settings, |overrides| overrides)?.settings;
    let only = Only::new(&args.paths, &settings)?;
    let mut tree = tree::load(&settings, &*journey::observer(context));
    if args.external {
        let found = external::findings(&settings, &tree, context);
        tree.findings.extend(found);
        // Stable: what stands at one place stays in its order.
        tree.findings.sort_by(|one, other| one.path.cmp(&other.path).then(one.position.cmp(&other.position)));
    }
    let mut report = checked(&settings, tree);
    if !args.paths.is_empty() {
        report.documents.retain(|path| only.names(&settings, path));
        report
            .problems
            .retain(|finding| finding.path.as_ref().is_none_or(|path| only.names(&settings, path)));
    }
    Ok(show(&report, &settings, context))
}

/// What a checked tree tells.
pub(super) fn checked(settings: &Settings, tree: RenderedTree) -> LintReport {
    let shown = |path| display_path(&settings.source.root, path);
    LintReport {
        project: settings.project.to_string(),
        profile: settings.profile.clone(),
        documents: tree.documents.iter().map(|document| shown(&document.path)).collect(),
        files: tree.files.len(),
        problems: tree.findings,
    }
}

/// Shows the report; for GitHub Actions the job's step summary gets the Markdown form.
pub(super) fn show(report: &LintReport, settings: &Settings, context: &mut Context) -> Outcome {
    let look = context.look(&settings.folder, false);
    let format = context.global.format;
    context.printer.stream(|stdout| report::write_lint(report, format, &look, stdout));
    if context.global.format == Format::Github {
        context.step_summary(&report::lint(report, Format::Markdown, &look));
    }
    if report.count(Severity::Error) > 0 { Outcome::Problems } else { Outcome::Done }
}

/// The documents and folders that were named, as they are on disk.
struct Only(Vec<Utf8PathBuf>);

impl Only {
    fn new(paths: &[Utf8PathBuf], settings: &Settings) -> Result<Self, Failure> {
        let here = Edges::working_directory()?;
        let root = real(&settings.source.absolute_root);
        let named = paths.iter().map(|path| {
            let found = here.join(path).canonicalize_utf8().map_err(|error| {
                Failure::usage("path", format!("`{path}` cannot be found: {error}"))
                    .help("name documents or folders of the doc tree")
            })?;
            if found.starts_with(&root) || root.starts_with(&found) {
                return Ok(found);
            }
            Err(Failure::usage("path", format!("`{path}` does not lie in the doc tree"))
                .help(format!("name documents or folders below `{}`", settings.source.root)))
        });
        Ok(Self(named.collect::<Result<_, _>>()?))
    }

    /// Whether a reported path is one of them, or lies below.
    fn names(&self, settings: &Settings, path: &Utf8Path) -> bool {
        let path = real(&settings.folder.join(path));
        self.0.iter().any(|named| path.starts_with(named))
    }
}

/// The path without symbolic links; as it is where there is nothing.
fn real(path: &Utf8Path) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned())
}
