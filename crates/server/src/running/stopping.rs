//! Stops a server on a signal, or because its owner asks for it.

use std::{sync::Arc, time::Duration};

use actix_web::{dev::ServerHandle, rt::signal};
use tokio::{sync::Notify, time::timeout};

use super::GRACE;
use crate::app::App;

/// Waits until the server is to stop, and stops it. Requests that are being handled and sockets may end before, except
/// after an interrupt from the keyboard.
pub(super) async fn stop_when_asked(server: ServerHandle, app: Arc<App>, asked: Arc<Notify>) {
    let is_graceful = tokio::select! {
        () = asked.notified() => true,
        is_graceful = signalled() => is_graceful,
    };
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
async fn signalled() -> bool {
    use signal::unix::{SignalKind, signal};

    let wait = async |kind| match signal(kind) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(error) => {
            tracing::warn!(error = crate::logging::chain(&error), "a signal cannot be waited for");
            std::future::pending().await
        }
    };
    tokio::select! {
        () = wait(SignalKind::terminate()) => true,
        () = wait(SignalKind::interrupt()) => false,
        () = wait(SignalKind::quit()) => false,
    }
}

#[cfg(not(unix))]
async fn signalled() -> bool {
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    false
}
