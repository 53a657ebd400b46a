//! What stands around every request.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::Method,
    middleware::Next,
    web::{Bytes, Data},
};
use tracing::Instrument;

use crate::{
    app::App,
    http::{cors, envelope, paths, redact::Redacted, request_id::RequestId, security_headers},
    limits,
};

/// Names the request, gives its path one spelling, answers preflights, writes
/// the bodies of refusals and the headers of all responses, and logs one line.
///
/// Mounted last, so that it runs first: `App::new()..wrap(from_fn(edge))`.
///
/// # Errors
/// Only what an inner middleware failed with, already as a finished response.
pub(crate) async fn edge<B>(mut req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<BoxBody>, Error>
where
    B: MessageBody + 'static,
{
    let started = Instant::now();
    let id = RequestId::generate();
    let method = req.method().clone();
    req.extensions_mut().insert(id);
    let span = tracing::info_span!("request", request_id = %id, %method, path = %Redacted(req.uri()));
    paths::normalise(&mut req);
    let is_https = req.app_data::<Data<App>>().is_some_and(|app| app.public_url.is_https());

    let served = if cors::is_preflight(req.request()) {
        Ok(req.into_response(cors::preflight()))
    } else {
        next.call(req).instrument(span.clone()).await.map(ServiceResponse::map_into_boxed_body)
    };

    let _entered = span.enter();
    let finish = |response: HttpResponse<BoxBody>| {
        let mut response = envelope::seal(response, &id, &method);
        cors::stamp(response.headers_mut(), &id);
        security_headers::stamp(response.headers_mut(), is_https);
        tracing::info!(
            status = response.status().as_u16(),
            duration_ms = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            "request finished"
        );
        if method == Method::HEAD { response.map_body(|_, body| BoxBody::new(Headless(body.size()))) } else { response }
    };
    match served {
        Ok(response) => {
            let (req, response) = response.into_parts();
            let mut response = finish(response);
            limits::stamp(&req, response.headers_mut());
            Ok(ServiceResponse::new(req, response))
        }
        Err(error) => Err(InternalError::from_response("refused", finish(HttpResponse::from_error(error))).into()),
    }
}

/// The size of a body that is not sent, so that HEAD costs no reading.
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
