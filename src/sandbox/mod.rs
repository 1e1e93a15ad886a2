//! The embedded ServiceNow-compatible instance (design §10). Must not know: the client, plans, publishing.
//!
//! A server of its own on loopback over one SQLite file: Table, Attachment, Batch and OAuth APIs, and pages.

mod account;
mod acl;
mod act;
mod api;
mod app;
mod attach;
mod attachments;
mod authenticate;
mod control;
mod dictionary;
mod faults;
mod gate;
mod knowledge;
mod log;
mod oauth;
mod pages;
mod pool;
mod profile;
mod query;
mod rates;
mod record;
mod records;
mod refusal;
mod sanitize;
mod schema;
mod seed;
mod seed_pysnc;
mod server;
mod sessions;
mod shape;
mod store;
mod tls;
mod zone;

use std::sync::Arc;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;

pub use self::attach::{Attached, attach_or_start, data_in, reset, seed_articles, serve};
pub use self::profile::{
    AuthMode, ClientSysId, OauthErrors, OverLong, PluginName, Profile, ProfileError, PublishMode,
    SanitizerMode, TokenAgain, UnknownQueryField, Versioning,
};
pub use self::seed::Seed;
pub use self::store::{DataLocation, StoreError};
pub use self::tls::TlsError;
use crate::ids::InstanceUrl;

/// The port that `url = "sandbox"` and `kb-publish sandbox` use unless told otherwise.
pub const DEFAULT_PORT: u16 = 8484;

/// How a sandbox is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its rows lie. Default in memory.
    pub data: DataLocation,
    /// Loopback port; 0 is any free one. Default [`DEFAULT_PORT`].
    pub port: u16,
    /// What a fresh instance holds. Default [`Seed::Demo`].
    pub seed: Seed,
    /// Its switches.
    pub profile: Profile,
    /// Whether it speaks TLS under a certificate made at start. Default no.
    pub tls: bool,
    /// Where the certificate authority of that certificate is written, PEM.
    pub ca_file: Option<Utf8PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: DataLocation::Memory,
            port: DEFAULT_PORT,
            seed: Seed::Demo,
            profile: Profile::default(),
            tls: false,
            ca_file: None,
        }
    }
}

/// Why no sandbox runs.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The data could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the data folder could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Another sandbox has the data and does not answer.
    #[error("another sandbox has `{data}` open, but none answers at {address}")]
    NoAnswer {
        /// The data file.
        data: Utf8PathBuf,
        /// Where it said it was.
        address: String,
    },
    /// The port is taken, or not allowed.
    #[error("port {port} cannot be used")]
    Port {
        /// The port asked for.
        port: u16,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no certificate to serve with, or no place for its authority's.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running sandbox. Dropping it stops it at once; [`Sandbox::stop`] lets running requests end.
#[derive(Debug)]
pub struct Sandbox {
    url: InstanceUrl,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<()>,
    announced: Option<(Utf8PathBuf, String)>,
}

impl Sandbox {
    /// Its address.
    pub const fn url(&self) -> &InstanceUrl {
        &self.url
    }

    /// Takes no new requests, lets the running ones end and frees the data.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let _ = (&mut self.server).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some((data, token)) = &self.announced {
            attach::withdraw(data, token);
        }
    }
}

/// Starts a sandbox on the current runtime; it accepts requests when this returns.
///
/// # Errors
/// See [`SandboxError`].
pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
    let store = store::Store::open(&options.data)?;
    let app = Arc::new(app::App::new(store, options.profile));
    seed::seed(&app.store, options.seed, &app.now_text())?;
    oauth::seed(&app.store)?;
    let port_error = |source| SandboxError::Port { port: options.port, source };
    let tls = options.tls.then(tls::Tls::generate).transpose()?;
    if let (Some(tls), Some(path)) = (&tls, &options.ca_file) {
        tls.write_ca(path)?;
    }
    let listener = server::bind(options.port).await.map_err(port_error)?;
    let port = listener.local_addr().map_err(port_error)?.port();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = InstanceUrl::parse(&format!("{scheme}://127.0.0.1:{port}"))
        .map_err(|error| port_error(std::io::Error::other(error)))?;
    app.set_url(url.clone());
    let announced = match &options.data {
        DataLocation::Memory => None,
        DataLocation::File(data) => {
            attach::announce(data, &url, app.token())?;
            Some((data.clone(), app.token().to_owned()))
        }
    };
    let stop = CancellationToken::new();
    let acceptor = tls.map(|tls| tls.acceptor().clone());
    let server = tokio::spawn(server::run(listener, app, acceptor, stop.clone()));
    Ok(Sandbox { url, stop, server, announced })
}
