//! The embedded ServiceNow-compatible instance (design §10). Must not know: the client, plans, publishing.
//!
//! A server of its own on loopback over one SQLite file: Table, Attachment, Batch and OAuth APIs, and pages.

mod account;
mod api;
mod app;
mod control;
mod log;
mod oauth;
mod pages;
mod profile;
mod record;
mod schema;
mod seed;
mod server;
mod sessions;
mod store;
mod tls;

use std::sync::Arc;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;

pub use self::profile::{OauthErrors, PluginName, Profile, TokenAgain};
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
    let port_error = |source| SandboxError::Port { port: options.port, source };
    oauth::seed(&app.store)?;
    let tls = options.tls.then(tls::Tls::generate).transpose()?;
    if let (Some(tls), Some(path)) = (&tls, &options.ca_file) {
        tls.write_ca(path)?;
    }
    let listener = server::bind(options.port).await.map_err(port_error)?;
    let port = listener.local_addr().map_err(port_error)?.port();
    let url = InstanceUrl::parse(&format!("http://127.0.0.1:{port}"))
        .map_err(|error| port_error(std::io::Error::other(error)))?;
    app.set_url(url.clone());
    let router = server::router(&app);
    let stop = CancellationToken::new();
    let server =
        tokio::spawn(server::run(listener, router, tls.map(|tls| tls.acceptor().clone()), stop.clone()));
    Ok(Sandbox { url, stop, server })
}
