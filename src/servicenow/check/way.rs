//! The way to the instance: address, name, connection, certificate, and whether what answers is an instance.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, HeaderMap, WWW_AUTHENTICATE};

use super::super::classify::{Expect, classify, title};
use super::super::error::{ApiError, Broken, Page};
use super::super::network::{Network, read_body};
use super::super::wire;
use super::{Checker, Step};
use crate::ids::InstanceUrl;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of the page that is looked at.
const LIMIT: usize = 1 << 20;

/// An answer to a request without a sign-in.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: bytes::Bytes,
}

impl Network {
    /// One row of the bases, asked for without a sign-in: an instance refuses in its own way (contract §9, step 2).
    async fn ask_as_stranger(&self, instance: &InstanceUrl) -> Result<Answer, ApiError> {
        let what = "GET kb_knowledge_base without a sign-in";
        let mut url = instance.url().clone();
        url.set_path("/api/now/table/kb_knowledge_base");
        url.set_query(Some("sysparm_limit=1&sysparm_fields=sys_id"));
        let client = self.client(instance.url(), false)?;
        let outcome = async {
            let response = client.get(url).header(ACCEPT, "application/json").send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, read_body(response, LIMIT).await?))
        };
        let (status, headers, body) =
            outcome.await.map_err(|error| self.lost(what, instance.url(), &error))?;
        Ok(Answer { status, headers, body: body.unwrap_or_default() })
    }
}

impl Checker {
    pub(super) fn address(&self) -> Step {
        let way = if self.proxied() { ", through a proxy" } else { "" };
        Step::ok("address", format!("{}{way}", self.subject.instance))
    }

    pub(super) async fn dns(&self) -> Step {
        let name = "dns";
        if self.proxied() {
            return Step::unknown(name, "the proxy looks the name up");
        }
        let (host, port) = self.host();
        match tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), port))).await {
            Ok(Ok(addresses)) => {
                let count = addresses.count();
                Step::ok(name, format!("`{host}` has {}", crate::text::count(count, "address")))
            }
            Ok(Err(error)) => Step::failed(name, &lost(Broken::Dns, &host, &error.to_string())),
            Err(_) => Step::failed(name, &lost(Broken::Dns, &host, "no answer of the name server")),
        }
    }

    pub(super) async fn tcp(&self) -> Step {
        let name = "connection";
        if self.proxied() {
            return Step::unknown(name, "the proxy makes the connection");
        }
        let (host, port) = self.host();
        let connecting = tokio::net::TcpStream::connect((host.as_str(), port));
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok(_)) => Step::ok(name, format!("port {port} is open")),
            Ok(Err(error)) => Step::failed(name, &lost(Broken::Connect, &host, &error.to_string())),
            Err(_) => Step::failed(name, &lost(Broken::Connect, &host, "no answer")),
        }
    }

    pub(super) async fn tls(&mut self) -> Step {
        let name = "tls";
        match self.subject.network.ask_as_stranger(&self.subject.instance).await {
            Ok(answer) => {
                self.stranger = Some(answer);
                if self.subject.instance.url().scheme() == "https" {
                    let ca = self.subject.network.ca_pem.as_ref().map_or("", |_| ", `ca_file` included");
                    Step::ok(name, format!("the certificate is trusted{ca}"))
                } else {
                    Step::ok(name, "not needed: the instance is on this machine")
                }
            }
            Err(error) => Step::failed(name, &error),
        }
    }

    pub(super) fn instance(&mut self) -> Step {
        let name = "instance";
        let Some(answer) = self.stranger.take() else { return Step::unknown(name, "not asked") };
        let what = "GET kb_knowledge_base without a sign-in";
        match classify(what, Expect::Json, answer.status, &answer.headers, &answer.body) {
            Ok(()) if wire::is_list(&answer.body) => Step::warn(
                name,
                "an instance, awake; it lists knowledge bases without any sign-in",
                "ask an administrator whether anonymous access to the REST API is meant",
            ),
            Ok(()) => {
                let page = Page::Other(title(&answer.body));
                Step { exit: 4, ..Step::failed(name, &ApiError::NotAnInstance { page }) }
            }
            Err(ApiError::Unauthorized { .. }) => {
                let realms = answer.headers.get_all(WWW_AUTHENTICATE).iter();
                let known = realms
                    .filter_map(|value| value.to_str().ok())
                    .any(|value| value.to_ascii_lowercase().contains("realm=\"service-now\""));
                if known {
                    Step::ok(name, "a ServiceNow instance, awake")
                } else {
                    Step::warn(
                        name,
                        "something that wants a sign-in, but does not say that it is ServiceNow",
                        "is there a gateway in front of the instance? If the sign-in fails, check `[instance] url`",
                    )
                }
            }
            Err(error) => Step { exit: 4, ..Step::failed(name, &error) },
        }
    }

    /// A proxy stands in between: names and connections are its matter.
    fn proxied(&self) -> bool {
        self.subject.network.proxied(self.subject.instance.url())
    }

    fn host(&self) -> (String, u16) {
        let url = self.subject.instance.url();
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        (host, url.port_or_known_default().unwrap_or(443))
    }
}

fn lost(broken: Broken, host: &str, detail: &str) -> ApiError {
    ApiError::Transport { what: format!("connecting to `{host}`"), broken, detail: detail.to_owned() }
}
