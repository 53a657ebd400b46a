//! Registration of endpoints, each with what the OpenAPI document says of it.

use actix_web::{
    Handler, HttpResponse, Resource, Responder, Route,
    dev::{AppService, HttpServiceFactory},
    http::{StatusCode, header},
    middleware::from_fn,
    web,
};
use schemars::JsonSchema;
use serde_json::Value;

use crate::{
    http::{
        body::{self, Body},
        code::Code,
        describe::{Answer, Arguments, Operation, Parameter, Token},
    },
    limits::{Scope, guard},
};

/// A group of endpoints under the name that the document gives it.
pub(crate) type Group = (&'static str, Vec<Endpoint>);

/// One path and its handlers; any other method is 405 with `Allow`.
///
/// Extractors and replies of a handler are types, and the document is made from the same types.
/// What they cannot say is chained behind the method it belongs to.
pub(crate) struct Endpoint {
    path: &'static str,
    resource: Resource,
    allow: Vec<&'static str>,
    operations: Vec<Operation>,
    scope: Option<Scope>,
}

/// Begins the endpoint of a path, which ends in a slash.
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
        /// Serves GET, and HEAD with it.
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

    /// Serves PUT and PATCH, which are the same: both change only what is sent.
    #[must_use]
    pub(crate) fn update<F, Args>(self, summary: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: Arguments,
        F::Output: Responder + Answer + 'static,
    {
        self.put(summary, handler.clone()).patch(summary, handler)
    }

    /// Says more about the operation than its summary.
    #[must_use]
    pub(crate) fn about(self, description: &'static str) -> Self {
        self.amend(|operation| operation.about(description))
    }

    /// Names a query parameter that the handler reads.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "routes read better without references")]
    pub(crate) fn query(self, parameter: Parameter) -> Self {
        self.amend(|operation| operation.parameter(parameter.clone()))
    }

    /// Names a refusal that the endpoint decides, with its message.
    #[must_use]
    pub(crate) fn refuses(self, code: Code, message: &'static str) -> Self {
        self.amend(|operation| operation.refusal(code, message, Value::Null))
    }

    /// Names a refusal that carries keys of its own beside the message.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "routes read better without references")]
    pub(crate) fn refuses_with(self, code: Code, message: &'static str, extras: Value) -> Self {
        self.amend(|operation| operation.refusal(code, message, extras.clone()))
    }

    /// Names a reply of a handler that builds its response by hand.
    #[must_use]
    pub(crate) fn replies<T: JsonSchema>(self, status: StatusCode) -> Self {
        self.amend(|operation| operation.reply::<T>(status))
    }

    /// Says that the reply is a file.
    #[must_use]
    pub(crate) fn replies_file(self) -> Self {
        self.amend(Operation::reply_file)
    }

    /// Says that the handler reads a token by itself.
    #[must_use]
    pub(crate) fn reads_token(self, is_needed: bool) -> Self {
        self.amend(|operation| operation.token(is_needed))
    }

    /// Says what body a handler reads by itself.
    #[must_use]
    pub(crate) fn reads<T: Body>(self) -> Self {
        self.amend(body::describe::<T>)
    }

    /// Says how calls are limited, where the operations' tokens do not say it.
    #[must_use]
    pub(crate) fn limited(self, scope: Scope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// How calls are limited: by account where every operation needs one, else by address, unless
    /// the registration said otherwise.
    pub(crate) fn scope(&self) -> Scope {
        let by_account = self.operations.iter().all(|operation| operation.token == Token::Needed);
        self.scope.unwrap_or(if by_account { Scope::Staff } else { Scope::Public })
    }

    /// The path as it was registered.
    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    /// What is served at the path.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Both operations of [`Endpoint::update`] are amended.
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
