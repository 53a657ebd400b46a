//! Registration of endpoints.

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder, Route,
    dev::{AppService, HttpServiceFactory},
    http::header,
    web,
};

/// One path and its handlers; any other method is 405 with `Allow`.
pub(crate) struct Endpoint {
    resource: Resource,
    allow: Vec<&'static str>,
}

/// Begins the endpoint of a path, which ends in a slash.
pub(crate) fn at(path: &str) -> Endpoint {
    Endpoint { resource: web::resource(path), allow: Vec::new() }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident, $allow:literal;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub(crate) fn $name<F, Args>(self, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.route(web::$name().to(handler), $allow)
        }
    )*};
}

impl Endpoint {
    methods! {
        /// Serves GET, and HEAD with it.
        get, "GET, HEAD";
        /// Serves POST.
        post, "POST";
        /// Serves DELETE.
        delete, "DELETE";
    }

    fn route(mut self, route: Route, allow: &'static str) -> Self {
        self.resource = self.resource.route(route);
        self.allow.push(allow);
        self
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let allow = self.allow.join(", ");
        let refuse = move || {
            let response = HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allow.clone())).finish();
            std::future::ready(response)
        };
        self.resource.default_service(web::to(refuse)).register(config);
    }
}
