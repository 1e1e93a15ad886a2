//! Connections on loopback, and everything that answers on them.
//!
//! Must not know what a path means.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::app::App;
use super::faults::Broken;
use super::gate;

/// Requests whose head is larger are refused (hyper's own limit is 400 kB).
const MAX_HEAD: usize = 64 * 1024;

/// How long a request that runs while the server stops may still take.
const FAREWELL: Duration = Duration::from_secs(5);

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
    S: AsyncRead + AsyncWrite + Reset + Unpin + Send + 'static,
{
    let cut = Arc::new(AtomicBool::new(false));
    let stream = Cuttable { stream, cut: Arc::clone(&cut) };
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let (app, router, cut) = (Arc::clone(&app), router.clone(), Arc::clone(&cut));
        async move {
            gate::pass(&app, router, request.map(Body::new)).await.map_err(|Broken| {
                cut.store(true, Ordering::Release);
                std::io::Error::from(std::io::ErrorKind::ConnectionReset)
            })
        }
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
            // A request that a fault holds for ever must not hold the server.
            let _ = tokio::time::timeout(FAREWELL, connection).await;
        }
    }
}

/// A connection that can be reset: a fault's, and a real network's, way of ending it.
struct Cuttable<S: Reset> {
    stream: S,
    cut: Arc<AtomicBool>,
}

/// What can be told to end without a farewell.
trait Reset {
    /// Closing it sends a reset.
    fn reset(&self);
}

impl Reset for TcpStream {
    fn reset(&self) {
        let _ = self.set_zero_linger();
    }
}

impl Reset for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.reset();
    }
}

impl<S: AsyncWrite + Reset + Unpin> Cuttable<S> {
    fn is_cut(&self) -> std::io::Result<()> {
        if self.cut.load(Ordering::Acquire) {
            self.stream.reset();
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        }
        Ok(())
    }
}

impl<S: AsyncRead + Reset + Unpin> AsyncRead for Cuttable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Reset + Unpin> AsyncWrite for Cuttable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.is_cut()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.is_cut()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        self.is_cut()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl<S: Reset> Drop for Cuttable<S> {
    fn drop(&mut self) {
        if self.cut.load(Ordering::Acquire) {
            self.stream.reset();
        }
    }
}
