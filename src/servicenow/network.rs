//! The way to an instance: proxy, certificates, time limits, and where on the way a request was lost.
//!
//! Must not know: what is asked, credentials.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper_util::client::proxy::matcher::Matcher;

use super::error::{ApiError, Broken};
use crate::ids::InstanceUrl;

/// Time to make a connection; the rest of the time limit is the instance's.
const CONNECT: Duration = Duration::from_secs(15);

/// The way to an instance and to its token endpoint.
#[derive(Debug, Clone)]
pub struct Network {
    /// PEM text of further certificate authorities.
    pub ca_pem: Option<Vec<u8>>,
    /// A proxy for this instance; `None` is the environment's. Loopback never has one.
    pub proxy: Option<url::Url>,
    /// Time limit of one request.
    pub timeout: Duration,
    /// Who publishes: stands in the user agent.
    pub project: String,
}

impl Network {
    /// Whether requests for this address go through a proxy: the configured one, else the environment's or the
    /// system's. This machine never has one (design §5).
    pub fn proxied(&self, url: &url::Url) -> bool {
        if is_loopback(url) {
            return false;
        }
        let by_system =
            || url.as_str().parse().is_ok_and(|uri| Matcher::from_system().intercept(&uri).is_some());
        self.proxy.is_some() || by_system()
    }

    /// How many certificates a PEM text holds.
    ///
    /// # Errors
    /// Why one of them cannot be read.
    pub fn certificates(pem: &[u8]) -> Result<usize, String> {
        let certificates = reqwest::Certificate::from_pem_bundle(pem);
        certificates.map(|certificates| certificates.len()).map_err(|error| error.to_string())
    }

    /// A client for this address, with its own cookies or without any; redirects are answers, so that credentials
    /// never follow one to another host.
    pub(super) fn client(&self, url: &url::Url, cookies: bool) -> Result<reqwest::Client, ApiError> {
        let build = |error: &reqwest::Error| transport("connecting", error);
        let mut builder = reqwest::Client::builder()
            .user_agent(format!("kb-publish/{} ({})", env!("CARGO_PKG_VERSION"), self.project))
            .cookie_store(cookies)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(self.timeout)
            .connect_timeout(CONNECT.min(self.timeout))
            .pool_max_idle_per_host(1);
        if is_loopback(url) {
            builder = builder.no_proxy();
        } else if let Some(proxy) = &self.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(|error| build(&error))?);
        }
        if let Some(pem) = &self.ca_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| build(&error))?;
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map_err(|error| build(&error))
    }

    /// What a request for this address that got no answer means.
    pub(super) fn lost(&self, what: &str, url: &url::Url, error: &reqwest::Error) -> ApiError {
        match transport(what, error) {
            ApiError::Transport { what, broken: Broken::Connect | Broken::Dns, detail }
                if self.proxied(url) =>
            {
                // Names and connections are the proxy's matter, so it is the proxy that failed.
                let detail = detail.trim_start_matches("tunnel error: ").to_owned();
                ApiError::Transport { what, broken: Broken::Proxy, detail }
            }
            error => error,
        }
    }
}

fn is_loopback(url: &url::Url) -> bool {
    InstanceUrl::parse(url.as_str()).is_ok_and(|url| url.is_loopback())
}

/// The whole body; `None` when it is larger than the limit.
pub(super) async fn read_body(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Option<Bytes>, reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.freeze()))
}

/// Where a connection failed, and the innermost cause in words. URLs are left out: they are in the settings.
fn transport(what: &str, error: &reqwest::Error) -> ApiError {
    let mut causes = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    let tls = causes.iter().any(|cause| {
        let cause = cause.to_lowercase();
        cause.contains("certificate") || cause.contains("tls") || cause.contains("handshake")
    });
    let dns = error.is_dns() || causes.iter().any(|cause| cause.contains("dns error"));
    let broken = if error.is_builder() {
        Broken::Build
    } else if error.is_timeout() {
        if error.is_connect() { Broken::Connect } else { Broken::Timeout }
    } else if dns {
        Broken::Dns
    } else if error.is_connect() && tls {
        Broken::Tls
    } else if error.is_connect() {
        Broken::Connect
    } else {
        Broken::Reset
    };
    ApiError::Transport { what: what.to_owned(), broken, detail: causes.pop().unwrap_or_default() }
}
