//! From flags, environment and `publish.toml` to settings: the first step of most verbs.

use std::fmt::Write as _;

use super::{Context, Edges, Failure, OverrideFlags};
use crate::config::{self, ConfigErrors, Overrides, Resolved};

impl OverrideFlags {
    /// The same, as configuration takes it.
    fn overrides(&self) -> Overrides {
        Overrides::default()
            .set("project", "--project", self.project.clone())
            .set("instance.url", "--instance", self.instance.clone())
            .set("publish.knowledge_base", "--knowledge-base", self.knowledge_base.clone())
            .set("publish.status", "--status", self.status.clone())
            .set("auth.method", "--auth-method", self.auth_method.clone())
            .set("auth.grant", "--grant", self.grant.clone())
            .set("auth.username", "--username", self.username.clone())
            .set("auth.client_id", "--client-id", self.client_id.clone())
    }
}

/// Finds and reads `publish.toml` and lays everything over it; remarks go to the log.
///
/// # Errors
/// Exit 2, with every problem at once.
pub(super) fn resolve(
    context: &Context,
    flags: &OverrideFlags,
    further: impl FnOnce(Overrides) -> Overrides,
) -> Result<Resolved, Failure> {
    let folder = Edges::working_directory()?;
    let named =
        context.global.config.clone().map(Into::into).or_else(|| context.edges.var("KB_PUBLISH_CONFIG"));
    let named = named.map(camino::Utf8PathBuf::from);
    let file = config::find(&folder, named.as_deref()).map_err(failure)?;
    let overrides = further(flags.overrides().profile(context.global.profile.clone()));
    let resolved = config::resolve(&overrides, &context.edges.settings(), &file).map_err(failure)?;
    for note in &resolved.notes {
        context.printer.note(note);
    }
    Ok(resolved)
}

/// Most problems of a configuration that are listed: a file of another kind has one in every line.
const LISTED: usize = 50;

/// One problem is shown at its place; several one below the other.
pub(super) fn failure(errors: ConfigErrors) -> Failure {
    let mut problems = errors.0;
    if problems.len() == 1 {
        let problem = problems.remove(0);
        let mut failure = Failure::usage("config", problem.message);
        failure.report.help = problem.help;
        failure.report.path = problem.path;
        failure.report.position = problem.position;
        failure.report.excerpt = problem.excerpt;
        return failure;
    }
    let mut message = format!("{} problems in the configuration", problems.len());
    for problem in problems.iter().take(LISTED) {
        let _ = write!(message, "\n  {problem}");
    }
    if problems.len() > LISTED {
        let _ = write!(message, "\n  and {} more", problems.len() - LISTED);
    }
    Failure::usage("config", message)
}
