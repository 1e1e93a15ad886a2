//! From settings to a signed-in connection: every verb that needs the instance begins here, and the essential
//! steps of the connection test come before anything else is read or written.

use std::sync::Arc;

use super::credentials::{self, Sources};
use super::{Edges, Failure, Outcome};
use crate::config::{InstanceSettings, InstanceTarget, Settings};
use crate::event::Observer;
use crate::ids::InstanceUrl;
use crate::sandbox;
use crate::servicenow::{ApiError, Base, Credentials, CurrentUser, Options, Reader, Writer};

/// A proven connection.
#[derive(Debug)]
pub struct Connection<C> {
    /// [`Reader`] or [`Writer`].
    pub client: C,
    /// Who is signed in.
    pub user: CurrentUser,
    /// The bases this account sees.
    pub bases: Vec<Base>,
    /// The embedded instance, where it was started for this connection: it lives as long as this does.
    pub sandbox: Option<sandbox::Sandbox>,
}

/// A connection by which the instance has answered; who is signed in is not asked yet.
pub(super) struct Reached<C> {
    pub(super) client: C,
    pub(super) bases: Vec<Base>,
    pub(super) sandbox: Option<sandbox::Sandbox>,
}

impl<C> Reached<C> {
    /// Signed in as this account.
    pub(super) fn signed_in(self, user: CurrentUser) -> Connection<C> {
        Connection { client: self.client, user, bases: self.bases, sandbox: self.sandbox }
    }
}

/// As [`connect_reader`], without the account: whoever reads on asks for it beside what else is read.
///
/// # Errors
/// As [`connect_reader`].
pub(super) async fn reach_reader(
    settings: &Settings,
    edges: &Edges,
    observer: Arc<dyn Observer>,
) -> Result<Reached<Reader>, Failure> {
    let (options, sandbox) = prepare(settings, edges).await?;
    let client = Reader::new(options, observer).map_err(failure)?;
    let bases = prove_bases(&client).await?;
    Ok(Reached { client, bases, sandbox })
}

/// As [`reach_reader`], of one that can write.
///
/// # Errors
/// As [`connect_reader`].
pub(super) async fn reach_writer(
    settings: &Settings,
    edges: &Edges,
    observer: Arc<dyn Observer>,
) -> Result<Reached<Writer>, Failure> {
    let (options, sandbox) = prepare(settings, edges).await?;
    let client = Writer::new(options, observer).map_err(failure)?;
    let bases = prove_bases(&client).await?;
    Ok(Reached { client, bases, sandbox })
}

/// A connection that cannot write.
///
/// # Errors
/// Exit 2 without an instance in the settings, 3 and 4 as design §8 has them.
pub async fn connect_reader(
    settings: &Settings,
    edges: &Edges,
    observer: Arc<dyn Observer>,
) -> Result<Connection<Reader>, Failure> {
    let reached = reach_reader(settings, edges, observer).await?;
    let user = prove_user(&reached.client).await?;
    Ok(reached.signed_in(user))
}

/// A connection that can write.
///
/// # Errors
/// As [`connect_reader`].
pub async fn connect_writer(
    settings: &Settings,
    edges: &Edges,
    observer: Arc<dyn Observer>,
) -> Result<Connection<Writer>, Failure> {
    let reached = reach_writer(settings, edges, observer).await?;
    let user = prove_user(&reached.client).await?;
    Ok(reached.signed_in(user))
}

/// The essential steps: the bases prove address, sign-in and the API; then who is signed in.
pub(super) async fn prove(client: &Reader) -> Result<(CurrentUser, Vec<Base>), Failure> {
    let bases = prove_bases(client).await?;
    Ok((prove_user(client).await?, bases))
}

async fn prove_bases(client: &Reader) -> Result<Vec<Base>, Failure> {
    client.bases().await.map_err(|error| named(client, error))
}

async fn prove_user(client: &Reader) -> Result<CurrentUser, Failure> {
    let user = client.current_user().await.map_err(|error| named(client, error))?;
    tracing::info!("signed in to {} as `{}`", client.instance(), user.user_name);
    Ok(user)
}

fn named(client: &Reader, error: ApiError) -> Failure {
    let mut failure = failure(error);
    failure.report.message = format!("{}: {}", client.instance(), failure.report.message);
    failure
}

/// The instance that the settings name.
///
/// # Errors
/// Exit 2 where they name none.
pub(super) fn instance(settings: &Settings) -> Result<&InstanceSettings, Failure> {
    settings.instance.as_ref().ok_or_else(|| {
        Failure::usage("no-instance", format!("{} names no instance", settings.file_name)).help(
            "set `url` in `[instance]`, or KB_PUBLISH_INSTANCE; `url = \"sandbox\"` is the embedded instance",
        )
    })
}

/// What the client needs, secrets included; starts the embedded instance where that is meant.
async fn prepare(settings: &Settings, edges: &Edges) -> Result<(Options, Option<sandbox::Sandbox>), Failure> {
    let instance = instance(settings)?;
    let network = credentials::network(settings, instance)?;
    let embedded = embedded_credentials(settings, instance).await?;
    let (url, credentials, sandbox) = if let Some(embedded) = embedded {
        embedded
    } else {
        let url = address(instance)?;
        let found = Sources::new(settings, &url, edges, network.clone(), None).credentials()?;
        (url, found, None)
    };
    let options = Options {
        instance: url,
        credentials: Arc::new(credentials),
        network,
        max_wait: instance.max_wait,
        concurrency: settings.publish.concurrency,
        user_name: settings.auth.username.clone(),
    };
    Ok((options, sandbox))
}

/// The address of an instance that is not the embedded one.
pub(super) fn address(instance: &InstanceSettings) -> Result<InstanceUrl, Failure> {
    match &instance.target {
        InstanceTarget::Url(url) => Ok(url.clone()),
        InstanceTarget::Sandbox => Err(Failure::usage("sandbox", "the embedded sandbox signs in by itself")
            .help("choose a profile with another instance: `--profile NAME`")),
    }
}

/// Address and account of the embedded instance, started where it does not run; `None` where another is meant.
pub(super) async fn embedded_credentials(
    settings: &Settings,
    instance: &InstanceSettings,
) -> Result<Option<(InstanceUrl, Credentials, Option<sandbox::Sandbox>)>, Failure> {
    if instance.target != InstanceTarget::Sandbox {
        return Ok(None);
    }
    let attached = sandbox::attach_or_start(&settings.folder).await.map_err(|error| {
        Failure::new(Outcome::Unreachable, "sandbox", format!("no sandbox runs: {error}"))
            .help("see `kb-publish sandbox --help`")
    })?;
    let credentials = Credentials::Basic { user: "kb.publisher".to_owned(), password: "kb.publisher".into() };
    Ok(Some((attached.url, credentials, attached.running)))
}

/// What a failed operation means for the whole run, before there is a plan.
#[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
pub(super) fn failure(error: ApiError) -> Failure {
    let outcome = match error.exit() {
        3 => Outcome::Credentials,
        // The table is closed to this account: other credentials, or rights, are needed.
        _ if error.is_forbidden() => Outcome::Credentials,
        _ => Outcome::Unreachable,
    };
    Failure::new(outcome, error.code(), error.to_string()).help(error.help())
}
