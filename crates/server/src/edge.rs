//! The outermost layer around every request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{ConnectionType, Method, Uri},
    middleware::Next,
    web::Bytes,
};
use identity::Origin;
use tracing::Instrument;

use crate::{
    app::App,
    auth::CallingAgent,
    client::{ClientIp, TrustedProxies},
    connection::Connection,
    http::{compress, cors, envelope, own_headers, paths, redact::Redacted, request_id::RequestId, security_headers},
    limits,
};

/// What the edge knows of the installation.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    /// The proxies that may name a caller's address.
    pub(crate) proxies: TrustedProxies,
    /// Whether clients reach this server over TLS.
    pub(crate) is_https: bool,
}

impl Edge {
    /// Handles one request: gives it an id, notes where it came from, gives its path one spelling,
    /// answers preflights, writes the bodies of refusals and the headers of all responses, and logs
    /// one line. A request that asks for the end of its connection is the last one on it.
    ///
    /// Mounted last, so that it runs first: `App::new()..wrap(from_fn(..))`.
    ///
    /// # Errors
    /// Only what an inner middleware failed with, already as a finished response.
    pub(crate) async fn handle<B>(
        self: Arc<Self>,
        mut req: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<BoxBody>, Error>
    where
        B: MessageBody + 'static,
    {
        let started = Instant::now();
        if req.head().connection_type() == ConnectionType::Close
            && let Some(connection) = req.request().conn_data::<Connection>().cloned()
        {
            connection.close_after_this().await;
        }
        if waits(req.uri()) {
            own_headers::own(req.headers_mut());
        }
        let id = RequestId::generate();
        let method = req.method().clone();
        let takes_gzip = compress::takes_gzip(req.headers());
        let ip = self.proxies.caller(req.peer_addr().map(|peer| peer.ip()), req.headers());
        {
            let mut extensions = req.extensions_mut();
            extensions.insert(id);
            extensions.insert(ClientIp(ip));
            extensions.insert(Origin::of(ip));
        }
        let span = tracing::info_span!(
            "request",
            request_id = %id,
            %method,
            path = %Redacted(req.uri()),
            account = tracing::field::Empty,
            role = tracing::field::Empty,
            company = tracing::field::Empty,
        );
        paths::normalise(&mut req);

        let served = if cors::is_preflight(req.request()) {
            Ok(req.into_response(cors::preflight()))
        } else {
            next.call(req).instrument(span.clone()).await.map(ServiceResponse::map_into_boxed_body)
        };

        let _entered = span.enter();
        let finish = |response: HttpResponse<BoxBody>| {
            let mut response = compress::compress(envelope::seal(response, &id, &method), takes_gzip);
            cors::stamp(response.headers_mut(), &id);
            security_headers::stamp(response.headers_mut(), self.is_https);
            tracing::info!(
                status = response.status().as_u16(),
                duration_ms = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
                "request finished"
            );
            if method == Method::HEAD {
                response.map_body(|_, body| BoxBody::new(Headless(body.size())))
            } else {
                response
            }
        };
        match served {
            Ok(response) => {
                let (req, response) = response.into_parts();
                let mut response = finish(response);
                limits::stamp(&req, response.headers_mut());
                note_presence(&req);
                Ok(ServiceResponse::new(req, response))
            }
            Err(error) => Err(InternalError::from_response("refused", finish(HttpResponse::from_error(error))).into()),
        }
    }
}

/// Returns whether the answer to a request may take long to begin or to end.
fn waits(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.contains("wait=")) || uri.path().ends_with("/events/")
}

/// Notes that the agent who made the request is there.
fn note_presence(req: &HttpRequest) {
    let agent = req.extensions_mut().remove::<CallingAgent>();
    if let (Some(CallingAgent(agent)), Ok(app)) = (agent, App::of(req)) {
        app.note_presence(&agent);
    }
}

/// The size of a body that is not sent, so that HEAD does not read the body.
struct Headless(BodySize);

impl MessageBody for Headless {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests;
