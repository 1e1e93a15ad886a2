//! Connections and the way of a request through the instance: log, faults, router, headers.
//!
//! Must not know what a path means.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service as _;

use super::api::Caller;
use super::app::App;
use super::log::Entry;

/// Requests whose head is larger are refused (hyper's own limit is 400 kB).
const MAX_HEAD: usize = 64 * 1024;

/// Everything that answers.
pub(crate) fn router(app: &Arc<App>) -> Router {
    Router::new()
        .merge(super::pages::router())
        .merge(super::oauth::router())
        .merge(super::api::router())
        .merge(super::control::router())
        .with_state(Arc::clone(app))
}

/// Binds a loopback port: the wanted one, or any where it is 0.
///
/// # Errors
/// The port is taken.
pub(crate) async fn bind(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Accepts connections until `stop`; then those that are open end after the request they are in.
pub(crate) async fn run(
    listener: TcpListener,
    app: Arc<App>,
    tls: Option<tokio_rustls::TlsAcceptor>,
    stop: CancellationToken,
) {
    let tracker = TaskTracker::new();
    let router = router(&app);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        // A connection that broke while it was accepted, or no free descriptor: neither ends the server.
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (app, router, tls, stop) = (Arc::clone(&app), router.clone(), tls.clone(), stop.clone());
        tracker.spawn(async move {
            match tls {
                None => serve(stream, app, router, stop).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, app, router, stop).await;
                    }
                }
            }
        });
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
}

async fn serve<S>(stream: S, app: Arc<App>, router: Router, stop: CancellationToken)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let (app, router) = (Arc::clone(&app), router.clone());
        async move { Ok::<_, Infallible>(answer(&app, router, request.map(Body::new)).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Answers a request and writes it down.
async fn answer(app: &App, mut router: Router, request: http::Request<Body>) -> axum::response::Response {
    let start = Instant::now();
    let method = request.method().to_string();
    let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let bytes = request
        .headers()
        .get(http::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0);
    let response = match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    // Looking at the instance leaves no trace in what is looked at.
    if !target.starts_with("/sandbox/") {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        app.log.add(Entry {
            n: 0,
            method,
            target,
            status: response.status().as_u16(),
            user: response
                .extensions()
                .get::<Caller>()
                .map_or_else(String::new, |caller| caller.0.user_name.clone()),
            milliseconds: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            transaction: header("x-transaction-id").unwrap_or_default().to_owned(),
            bytes,
            fault: String::new(),
        });
    }
    response
}
