//! The loopback listener that the browser is sent to with the authorization code (contract §7.2).
//!
//! Serves one sign-in, answers in plain pages, must not know: terminals, browsers.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::authorize::Authorization;
use super::error::SignInError;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Most bytes of a request's head.
const HEAD: usize = 16 * 1024;
/// How long a browser may take to send its request.
const SLOW: Duration = Duration::from_secs(10);

/// A bound listener.
#[derive(Debug)]
pub struct Callback {
    listeners: Vec<TcpListener>,
    path: String,
}

impl Callback {
    /// Listens where the redirect URL points; `localhost` is both loopback addresses.
    ///
    /// # Errors
    /// The URL is not one of this machine, or the port is taken.
    pub async fn bind(redirect_url: &str) -> Result<Self, SignInError> {
        let wrong = |message: String| {
            SignInError {
            code: "no-callback",
            message,
            help: "close what uses the port; or run `kb-publish auth login --paste` and paste the address that the \
                   browser ends up at"
                .to_owned(),
        }
        };
        let url = url::Url::parse(redirect_url).map_err(|error| wrong(format!("`redirect_url`: {error}")))?;
        let port = url.port_or_known_default().unwrap_or(80);
        let addresses: Vec<SocketAddr> = match url.host() {
            Some(url::Host::Domain("localhost")) => {
                vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
            }
            Some(url::Host::Ipv4(ip)) if ip.is_loopback() => vec![(ip, port).into()],
            Some(url::Host::Ipv6(ip)) if ip.is_loopback() => vec![(ip, port).into()],
            _ => {
                return Err(wrong(format!(
                    "`redirect_url` = `{redirect_url}` does not lead to this machine"
                )));
            }
        };
        if url.scheme() != "http" {
            return Err(wrong(format!("nothing can listen at `{redirect_url}` without a certificate")));
        }
        let mut listeners = Vec::new();
        let mut refused = None;
        for address in addresses {
            match TcpListener::bind(address).await {
                Ok(listener) => listeners.push(listener),
                Err(error) => refused = refused.or(Some(format!("port {port} cannot be used: {error}"))),
            }
        }
        // Without IPv6 one of the two is enough; a port that another program holds is not.
        match (listeners.is_empty(), refused) {
            (true, why) => Err(wrong(why.unwrap_or_default())),
            (false, _) => Ok(Self { listeners, path: url.path().to_owned() }),
        }
    }

    /// Waits for the browser, five minutes at most; requests that are not the redirect are answered and forgotten.
    ///
    /// # Errors
    /// As [`Authorization::code_in_query`], or nobody came.
    pub async fn wait(self, asked: &Authorization) -> Result<SecretString, SignInError> {
        tokio::time::timeout(PATIENCE, self.serve(asked)).await.unwrap_or_else(|_| {
            Err(SignInError {
                code: "nobody-came",
                message: "no browser came back within five minutes".to_owned(),
                help: format!(
                    "did the page complain of the redirect URL? `{}` must be registered with the OAuth client, \
                     character by character. Run `kb-publish auth login` again; with `--paste` where the browser is \
                     on another machine",
                    asked.redirect_url
                ),
            })
        })
    }

    async fn serve(&self, asked: &Authorization) -> Result<SecretString, SignInError> {
        loop {
            let Some(mut stream) = self.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let head = tokio::time::timeout(SLOW, head(&mut stream)).await.ok().flatten();
            let Some(target) = head.as_deref().and_then(target) else {
                answer(&mut stream, "400 Bad Request", "This is not a request of a browser.").await;
                continue;
            };
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            if path != self.path {
                answer(&mut stream, "404 Not Found", "Nothing is here.").await;
                continue;
            }
            match asked.code_in_query(query) {
                // Somebody else's redirect does not end ours.
                Err(error) if error.code == "wrong-state" => {
                    answer(&mut stream, "400 Bad Request", "This page belongs to another sign-in.").await;
                }
                Err(error) => {
                    answer(&mut stream, "200 OK", "Access was not granted. You can close this page.").await;
                    return Err(error);
                }
                Ok(code) => {
                    answer(
                        &mut stream,
                        "200 OK",
                        "Signed in. You can close this page and go back to the terminal.",
                    )
                    .await;
                    return Ok(code);
                }
            }
        }
    }

    /// The next connection on any of the addresses.
    async fn accept(&self) -> Option<TcpStream> {
        let accepting = self.listeners.iter().map(|listener| Box::pin(listener.accept()));
        let (accepted, _, _) = futures_util::future::select_all(accepting).await;
        accepted.ok().map(|(stream, _)| stream)
    }
}

/// The head of a request, as text.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 2048];
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.ok()?;
        if read == 0 || bytes.len() + read > HEAD {
            return None;
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(bytes).ok()
}

/// `/callback?code=…` of `GET /callback?code=… HTTP/1.1`.
fn target(head: &str) -> Option<&str> {
    let mut words = head.lines().next()?.split(' ');
    (words.next()? == "GET").then(|| words.next()).flatten()
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>kb-publish</title></head>\
         <body style=\"font-family:system-ui,sans-serif;margin:4rem auto;max-width:32rem\"><h1>kb-publish</h1>\
         <p>{text}</p></body></html>"
    );
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\r\n{page}",
        page.len()
    );
    // A browser that is gone has its code delivered all the same.
    let _ = stream.write_all(response.as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn asked(redirect: &str) -> Authorization {
        let url = "https://dev1.service-now.com/oauth_auth.do".parse().unwrap();
        Authorization::new(&url, "client", redirect, None)
    }

    async fn get(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn strangers_are_answered_and_forgotten() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let redirect = format!("http://127.0.0.1:{port}/callback");
        let asked = asked(&redirect);
        let state = asked.url.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
        let callback = Callback::bind(&redirect).await.unwrap();
        let visits = async {
            assert!(get(port, "/favicon.ico").await.starts_with("HTTP/1.1 404"));
            assert!(get(port, "/callback?code=x&state=other").await.starts_with("HTTP/1.1 400"));
            get(port, &format!("/callback?code=the%2Bcode&state={state}")).await
        };
        let (code, page) = tokio::join!(callback.wait(&asked), visits);
        assert_eq!(code.unwrap().expose_secret(), "the+code");
        assert!(page.contains("Signed in") && !page.contains("the+code"));
    }

    #[tokio::test]
    async fn only_this_machine_and_a_free_port() {
        let code = |url: &'static str| async move { Callback::bind(url).await.unwrap_err().message };
        assert!(code("http://example.org/callback").await.contains("this machine"));
        assert!(code("https://localhost/callback").await.contains("certificate"));
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://127.0.0.1:{}/callback", taken.local_addr().unwrap().port());
        assert!(Callback::bind(&url).await.unwrap_err().message.contains("cannot be used"));
    }
}
