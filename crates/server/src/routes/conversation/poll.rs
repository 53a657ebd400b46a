//! Long polls: a read that waits until there is something new.
//!
//! While it waits, a poll holds its subscription and what it has read, but no connection to the database.

use std::time::Duration;

use handoff::visitor::{self, Page, Window};
use tenancy::access::{Refused, SessionAccess, Visitor};
use tokio::time::{Instant, timeout_at};

use super::{asked::Asked, version};
use crate::{
    app::App,
    http::error::ApiError,
    realtime::{QUEUE_PAUSE, Waiting, Wake},
};

/// When a client may come back after the database was lost.
const RETRY: Duration = Duration::from_secs(2);

/// Reads the conversation, and waits for news if there are none.
pub(super) async fn read(
    app: &App,
    visitor: &Visitor,
    session: SessionAccess,
    asked: &Asked,
) -> Result<Page, ApiError> {
    if asked.wait.is_zero() || !matches!(asked.window, Window::After(_)) {
        return page(app, visitor, asked).await;
    }
    // Subscribe before reading, so that nothing is missed in between.
    let waiting = app.hub.subscribe(session);
    let deadline = Instant::now() + asked.wait;
    // Boxed because a waiting poll would hold room for it.
    let mut known = Box::pin(page(app, visitor, asked)).await?;
    if !known.messages.is_empty() || asked.version.as_ref().is_some_and(|sent| *sent != version(&known.overview)) {
        return Ok(known);
    }
    loop {
        waiting.has_read(known.overview.session.head(), known.overview.queue.is_some());
        match timeout_at(deadline, woken(&waiting)).await {
            Err(_) | Ok(Wake::Stopping) => return Ok(known),
            Ok(Wake::DatabaseLost) => return Err(ApiError::overloaded(RETRY)),
            Ok(Wake::Changed | Wake::StaffChanged | Wake::QueueMoved) => {}
        }
        let now = Box::pin(page(app, visitor, asked)).await?;
        let is_same = version(&now.overview) == version(&known.overview) && now.overview.queue == known.overview.queue;
        if !now.messages.is_empty() || !is_same {
            return Ok(now);
        }
        known = now;
    }
}

/// Waits until there is a reason to read again.
async fn woken(waiting: &Waiting) -> Wake {
    let wake = waiting.woken().await;
    if wake != Wake::QueueMoved {
        return wake;
    }
    let pause_ends = Instant::now() + QUEUE_PAUSE;
    loop {
        match timeout_at(pause_ends, waiting.woken()).await {
            Err(_) => return Wake::QueueMoved,
            Ok(Wake::QueueMoved) => {}
            Ok(wake) => return wake,
        }
    }
}

async fn page(app: &App, visitor: &Visitor, asked: &Asked) -> Result<Page, ApiError> {
    let (window, limit, now) = (asked.window, asked.limit, app.now());
    let read = app
        .db
        .read(visitor.clone(), move |store| visitor::page(store, window, limit, now)?.ok_or(Refused::SessionNotFound));
    Ok(read.await?)
}
