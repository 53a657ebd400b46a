//! Stops a server on a signal, or because its owner asks for it.

use std::{future::Future, sync::Arc, time::Duration};

use actix_web::{dev::ServerHandle, rt::signal};
use tokio::{sync::Notify, time::timeout};

use super::GRACE;
use crate::app::App;

/// Waits until the server is to stop, and stops it. Requests that are being handled and sockets may end before, except
/// after an interrupt from the keyboard. A signal counts from this call on, not only once the future is awaited.
pub(super) fn stop_when_asked(server: ServerHandle, app: Arc<App>, asked: Arc<Notify>) -> impl Future<Output = ()> {
    let signalled = signalled();
    async move {
        let is_graceful = tokio::select! {
            () = asked.notified() => true,
            is_graceful = signalled => is_graceful,
        };
        stop(&server, &app, is_graceful).await;
    }
}

async fn stop(server: &ServerHandle, app: &App, is_graceful: bool) {
    if is_graceful {
        app.hub.stop();
        // The server waits for its requests only. Sockets have taken over their connections.
        server.pause().await;
        app.sockets.close();
        let _ = timeout(Duration::from_secs(GRACE), app.sockets.wait()).await;
    }
    server.stop(is_graceful).await;
}

/// Waits for a signal that ends the process. Returns whether what it does may end before.
#[cfg(unix)]
fn signalled() -> impl Future<Output = bool> {
    use signal::unix::{SignalKind, signal};

    let wait = |kind| {
        let signals = signal(kind);
        if let Err(error) = &signals {
            tracing::warn!(error = crate::logging::chain(error), "a signal cannot be waited for");
        }
        async move {
            match signals {
                Ok(mut signals) => drop(signals.recv().await),
                Err(_) => std::future::pending().await,
            }
        }
    };
    let [terminate, interrupt, quit] = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()].map(wait);
    async move {
        tokio::select! {
            () = terminate => true,
            () = interrupt => false,
            () = quit => false,
        }
    }
}

#[cfg(not(unix))]
async fn signalled() -> bool {
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    false
}
