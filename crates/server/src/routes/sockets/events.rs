//! The frames of sockets as streams of server-sent events, for networks that let no socket through.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderMap, HeaderName},
    web,
};

use super::{
    agents, chat, entry,
    wire::{EventWire, Wire},
};
use crate::{
    app::App,
    http::{bearer, error::ApiError, params::Params},
    routes::holder::{NamedSession, admit_counted},
};

/// The id of the last event that a client has, which it sends when it connects again.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Returns the id of the last event that the client has, if it says so.
///
/// # Errors
/// 400 for an id that is not a position.
fn last_event(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let id = id.to_str().ok().and_then(|id| id.trim().parse().ok()).filter(|id| *id >= 0);
    id.map(Some).ok_or_else(|| ApiError::bad_request("Invalid Last-Event-ID header"))
}

/// Streams what happens in a visitor's session.
pub(super) async fn of_visitor(
    named: NamedSession,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    // A client that connects again repeats its query, so the header is the later position.
    let after = match last_event(req.headers())? {
        Some(last) => Some(last),
        None => Params::of(&req).integer("after")?,
    };
    let (visitor, session) = admit_counted(&req, &app, &named.0).await?;
    let (response, wire) = EventWire::open();
    actix_web::rt::spawn(chat::serve_visitor(Wire::Events(wire), app, req, visitor, session, after));
    Ok(response)
}

/// Streams what happens in the company of the calling agent or admin.
pub(super) async fn of_desk(req: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let is_again = last_event(req.headers())?.is_some();
    // The streams of browsers have no headers of their own, so a token or a ticket may be in the query.
    let token = if bearer::is_sent(&req) { Some(bearer::token(&req)?.to_owned()) } else { entry::token(&req) };
    let admitted = agents::admit(&app, token).await.map_err(|refusal| refusal.error)?;
    let (response, wire) = EventWire::open();
    actix_web::rt::spawn(agents::run(Wire::Events(wire), app, req, admitted, is_again));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_last_event_is_a_position() {
        let read = |id: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(LAST_EVENT_ID, HeaderValue::from_static(id));
            last_event(&headers).ok()
        };
        assert_eq!((read("7"), read(" 0 ")), (Some(Some(7)), Some(Some(0))));
        assert_eq!([read("x"), read("-1"), read("")], [None, None, None]);
        assert_eq!(last_event(&HeaderMap::new()).unwrap(), None);
    }
}
