//! Finding a sandbox that runs already, or starting one (design §10), and what `sandbox`'s verbs do.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::app::App;
use super::authenticate::account_by_name;
use super::profile::Profile;
use super::records::{Change, Values};
use super::seed::{BASE_IT, Seed, seed};
use super::store::{DataLocation, Store, StoreError};
use super::{DEFAULT_PORT, Options, Sandbox, SandboxError, start};
use crate::ids::InstanceUrl;

/// The folder beside `publish.toml` that holds the sandbox's data.
const FOLDER: &str = ".kb-publish";
/// The data in it.
const DATA: &str = "sandbox.db";

/// A sandbox to talk to.
#[derive(Debug)]
pub struct Attached {
    /// Where it is.
    pub url: InstanceUrl,
    /// The one that this process started; `None` where another process serves it.
    pub running: Option<Sandbox>,
}

/// What a running sandbox leaves beside its data, so that others find it.
#[derive(Debug, Serialize, Deserialize)]
struct Address {
    url: String,
    token: String,
}

fn address_file(data: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{data}.address"))
}

/// Says where the sandbox on this data is.
///
/// # Errors
/// The file cannot be written.
pub(super) fn announce(data: &Utf8Path, url: &InstanceUrl, token: &str) -> std::io::Result<()> {
    let address = Address { url: url.to_string(), token: token.to_owned() };
    let text = serde_json::to_string(&address).map_err(std::io::Error::other)?;
    let file = address_file(data);
    let beside = Utf8PathBuf::from(format!("{file}.new"));
    fs_err::write(&beside, text)?;
    fs_err::rename(&beside, &file)
}

/// Takes the announcement back.
pub(super) fn withdraw(data: &Utf8Path, token: &str) {
    if read_address(data).is_some_and(|address| address.token == token) {
        let _ = fs_err::remove_file(address_file(data));
    }
}

fn read_address(data: &Utf8Path) -> Option<Address> {
    serde_json::from_str(&fs_err::read_to_string(address_file(data)).ok()?).ok()
}

/// For `url = "sandbox"`: the sandbox on `<folder>/.kb-publish/sandbox.db`, one that runs or one started now, on
/// [`DEFAULT_PORT`] or, where that is taken, any free one.
///
/// # Errors
/// The folder or data cannot be used, or another process has the data open and does not answer.
pub async fn attach_or_start(folder: &Utf8Path) -> Result<Attached, SandboxError> {
    let data = data_in(folder)?;
    let mut last = String::from("an unknown address");
    // Another process may be between opening the data and saying where it is.
    for attempt in 0..50 {
        if let Some(address) = read_address(&data) {
            last.clone_from(&address.url);
            if let Ok(url) = InstanceUrl::parse(&address.url)
                && answers(&url, &address.token).await
            {
                return Ok(Attached { url, running: None });
            }
        }
        match start_on(&data).await {
            Ok(sandbox) => return Ok(Attached { url: sandbox.url().clone(), running: Some(sandbox) }),
            Err(SandboxError::Store(StoreError::Taken { .. })) if attempt < 49 => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(SandboxError::Store(StoreError::Taken { path })) => {
                return Err(SandboxError::NoAnswer { data: path, address: last });
            }
            Err(error) => return Err(error),
        }
    }
    Err(SandboxError::NoAnswer { data, address: last })
}

/// Where `url = "sandbox"` keeps its data, for a `publish.toml` in this folder: a file in `.kb-publish/`, which is
/// made and ignores itself in git.
///
/// # Errors
/// The folder cannot be made.
pub fn data_in(folder: &Utf8Path) -> Result<Utf8PathBuf, SandboxError> {
    let folder = folder.join(FOLDER);
    fs_err::create_dir_all(&folder)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs_err::write(&ignore, "*\n")?;
    }
    Ok(folder.join(DATA))
}

async fn start_on(data: &Utf8Path) -> Result<Sandbox, SandboxError> {
    let options = Options { data: DataLocation::File(data.to_owned()), ..Options::default() };
    match start(options.clone()).await {
        Err(SandboxError::Port { .. }) => start(Options { port: 0, ..options }).await,
        other => other,
    }
}

/// Whether the sandbox that left this address is still there, and not another server on its port.
async fn answers(url: &InstanceUrl, token: &str) -> bool {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        // Only this machine is asked, and only for a token that it was told: any certificate will do.
        .danger_accept_invalid_certs(url.is_loopback());
    let Ok(client) = client.build() else { return false };
    let Ok(response) = client.get(format!("{url}/sandbox/status")).send().await else { return false };
    let Ok(body) = response.json::<serde_json::Value>().await else { return false };
    body.get("token").and_then(serde_json::Value::as_str) == Some(token)
}

/// Serves until Ctrl-C or SIGTERM. Once requests are accepted, `ready` is told the address and the port file is
/// written; it is removed at the end.
///
/// # Errors
/// See [`SandboxError`].
pub async fn serve(
    options: Options,
    port_file: Option<&Utf8Path>,
    ready: impl FnOnce(&InstanceUrl),
) -> Result<(), SandboxError> {
    let sandbox = start(options).await?;
    ready(sandbox.url());
    if let Some(file) = port_file {
        let port = sandbox.url().url().port_or_known_default().unwrap_or(DEFAULT_PORT);
        let beside = Utf8PathBuf::from(format!("{file}.new"));
        fs_err::write(&beside, format!("{port}\n"))?;
        fs_err::rename(&beside, file)?;
    }
    ended().await;
    sandbox.stop().await;
    if let Some(file) = port_file {
        let _ = fs_err::remove_file(file);
    }
    Ok(())
}

/// Ctrl-C, or SIGTERM where there is such a thing.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// `sandbox reset`: an empty instance with this seed in the place of what the data holds.
///
/// # Errors
/// A sandbox is serving the data, or the file cannot be removed.
pub fn reset(data: &Utf8Path, fresh: Seed) -> Result<(), SandboxError> {
    if data.exists() {
        // Opening it takes the lock: data that is being served, or is no sandbox's, stays.
        drop(Store::open(&DataLocation::File(data.to_owned()))?);
        for suffix in ["", "-wal", "-shm", "-journal", ".address"] {
            match fs_err::remove_file(format!("{data}{suffix}")) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
    }
    let app = App::new(Store::open(&DataLocation::File(data.to_owned()))?, Profile::default());
    seed(&app.store, fresh, &app.now_text())?;
    super::oauth::seed(&app.store)?;
    Ok(())
}

/// `sandbox seed --articles N`: adds articles of nobody's project to the base "IT", as a full instance has them.
///
/// # Errors
/// A sandbox is serving the data, or the file refuses.
pub fn seed_articles(data: &Utf8Path, articles: usize) -> Result<(), SandboxError> {
    let app = App::new(Store::open(&DataLocation::File(data.to_owned()))?, Profile::default());
    seed(&app.store, Seed::Demo, &app.now_text())?;
    super::oauth::seed(&app.store)?;
    add_articles(&app, articles)
}

/// Articles in the base "IT" by `kb.admin`, all in one transaction.
///
/// # Errors
/// The file refuses.
pub(super) fn add_articles(app: &App, articles: usize) -> Result<(), SandboxError> {
    let refused = |reason: String| SandboxError::Store(StoreError::NotOurs { path: DATA.into(), reason });
    let account =
        account_by_name(app, "kb.admin").ok_or_else(|| refused("it has no user `kb.admin`".to_owned()))?;
    let change = Change::new(app, &account);
    let mut writer = app.store.write()?;
    for n in 1..=articles {
        let values: Values = [
            ("short_description", format!("Seeded article {n}")),
            (
                "text",
                format!("<h2>Article {n}</h2><p>{}</p>", "Plain words of a seeded article. ".repeat(20)),
            ),
            ("kb_knowledge_base", BASE_IT.to_owned()),
            ("workflow_state", "published".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        change.insert_in(&mut writer, "kb_knowledge", &values).map_err(|refusal| refused(refusal.message))?;
    }
    Ok(writer.commit()?)
}
