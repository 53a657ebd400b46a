//! Registers endpoints, each with its description for the OpenAPI document.

use actix_web::{
    Handler, HttpResponse, Resource, Responder, Route,
    dev::{AppService, HttpServiceFactory},
    http::{StatusCode, header},
    middleware::from_fn,
    web,
};
use schemars::JsonSchema;

use crate::{
    http::{
        body::{self, Body},
        describe::{Answer, Arguments, Operation, Parameter, Token},
        error::ApiError,
    },
    limits::{Scope, guard},
};

/// A group of endpoints under the name that the document gives it.
pub(crate) type Group = (&'static str, Vec<Endpoint>);

/// One path and its handlers. Any other method is answered with 405 and `Allow`.
///
/// The document is made from the types of a handler's extractors and reply. Calls chained after a
/// method add what these types do not show.
pub(crate) struct Endpoint {
    path: &'static str,
    resource: Resource,
    allow: Vec<&'static str>,
    operations: Vec<Operation>,
    scope: Option<Scope>,
}

/// Starts the endpoint of a path, which ends with a slash.
pub(crate) fn at(path: &'static str) -> Endpoint {
    Endpoint { path, resource: web::resource(path), allow: Vec::new(), operations: Vec::new(), scope: None }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident, $allow:literal;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub(crate) fn $name<F, Args>(self, summary: &'static str, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: Arguments,
            F::Output: Responder + Answer + 'static,
        {
            let operation = Operation::new(stringify!($name), summary).arguments::<Args>().answer::<F::Output>();
            self.route(web::$name().to(handler), $allow, operation)
        }
    )*};
}

impl Endpoint {
    methods! {
        /// Serves GET and HEAD.
        get, "GET, HEAD";
        /// Serves POST.
        post, "POST";
        /// Serves PUT.
        put, "PUT";
        /// Serves PATCH.
        patch, "PATCH";
        /// Serves DELETE.
        delete, "DELETE";
    }

    /// Serves PUT and PATCH with one handler: both change only the fields that are sent.
    #[must_use]
    pub(crate) fn update<F, Args>(self, summary: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: Arguments,
        F::Output: Responder + Answer + 'static,
    {
        self.put(summary, handler.clone()).patch(summary, handler)
    }

    /// Adds a description to the operation's summary.
    #[must_use]
    pub(crate) fn about(self, description: &'static str) -> Self {
        self.amend(|operation| operation.about(description))
    }

    /// Documents a query parameter that the handler reads.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "routes read better without references")]
    pub(crate) fn query(self, parameter: Parameter) -> Self {
        self.amend(|operation| operation.parameter(parameter.clone()))
    }

    /// Documents a refusal, given as the value that the handler fails with.
    #[must_use]
    pub(crate) fn refuses(self, refusal: impl Into<ApiError>) -> Self {
        let refusal = refusal.into();
        self.amend(|operation| operation.refusal(refusal.clone()))
    }

    /// Documents the reply of a handler that builds its response itself.
    #[must_use]
    pub(crate) fn replies<T: JsonSchema>(self, status: StatusCode) -> Self {
        self.amend(|operation| operation.reply::<T>(status))
    }

    /// Documents that the reply is a file.
    #[must_use]
    pub(crate) fn replies_file(self) -> Self {
        self.amend(Operation::reply_file)
    }

    /// Documents that the handler reads the bearer token itself.
    #[must_use]
    pub(crate) fn reads_token(self, is_needed: bool) -> Self {
        self.amend(|operation| operation.token(is_needed))
    }

    /// Documents the body that a handler reads itself.
    #[must_use]
    pub(crate) fn reads<T: Body>(self) -> Self {
        self.amend(body::describe::<T>)
    }

    /// Sets how calls are limited, where this does not follow from the operations' tokens.
    #[must_use]
    pub(crate) fn limited(self, scope: Scope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// Returns how calls are limited: as [`Endpoint::limited`] set it, else by account if every
    /// operation needs a token, else by address.
    pub(crate) fn scope(&self) -> Scope {
        let by_account = self.operations.iter().all(|operation| operation.token == Token::Needed);
        self.scope.unwrap_or(if by_account { Scope::Staff } else { Scope::Public })
    }

    /// Returns the path as it was registered.
    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    /// Returns the operations of the path.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Changes the last operation; after [`Endpoint::update`], both of its operations.
    fn amend(mut self, change: impl Fn(Operation) -> Operation) -> Self {
        let pair = matches!(self.operations.as_slice(), [.., put, patch] if put.is_twin_of(patch));
        let tail = self.operations.split_off(self.operations.len().saturating_sub(if pair { 2 } else { 1 }));
        self.operations.extend(tail.into_iter().map(change));
        self
    }

    fn route(mut self, route: Route, allow: &'static str, operation: Operation) -> Self {
        self.resource = self.resource.route(route);
        self.allow.push(allow);
        self.operations.push(operation);
        self
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let (allow, scope) = (self.allow.join(", "), self.scope());
        let refuse = move || {
            let response = HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allow.clone())).finish();
            std::future::ready(response)
        };
        let guard = from_fn(move |req, next| guard(scope, req, next));
        self.resource.default_service(web::to(refuse)).wrap(guard).register(config);
    }
}
