//! The connection that a request came on.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
    rc::Rc,
    task::Poll,
};

use actix_http::{ConnectionType, HttpService};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt as _, map_config};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{AppConfig, Extensions, Response, ServiceRequest},
    rt::net::TcpStream,
};

/// A connection, as its requests find it in their connection data.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Rc<State>);

#[derive(Debug, Default)]
struct State {
    local: Option<SocketAddr>,
    /// Whether a request asked for the connection's end.
    is_ending: Cell<bool>,
    /// Whether the dispatcher knows that no further request may be handled.
    is_noticed: Cell<bool>,
}

impl Connection {
    fn new(stream: &TcpStream) -> Self {
        Self(Rc::new(State { local: stream.local_addr().ok(), ..State::default() }))
    }

    /// Returns the server's address of the connection.
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        self.0.local
    }
}

/// Ends the connection after the response to this request, if the request says `Connection: close`.
///
/// Requests that the client sent behind this one are then dropped unread (RFC 9112, 9.6). The function
/// gives way until the dispatcher has looked at the connection's signal, which it does each time it is woken.
pub(crate) async fn end_if_asked(req: &ServiceRequest) {
    if req.head().connection_type() == ConnectionType::Close
        && let Some(connection) = req.conn_data::<Connection>()
    {
        connection.0.is_ending.set(true);
        poll_fn(|cx| {
            if connection.0.is_noticed.get() {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// Makes the service that handles the connections of one worker thread.
///
/// `stopping` returns a future that ends when the server stops. `HttpServer` offers no signal for a single
/// connection, so this function stands in for it.
pub(crate) fn service<A, S, B, Stop>(
    app: A,
    stopping: impl Fn() -> Stop + 'static,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), InitError = ()>
where
    A: IntoServiceFactory<S, actix_http::Request>,
    S: ServiceFactory<actix_http::Request, Config = AppConfig, Error = Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
    Stop: Future<Output = ()> + 'static,
{
    // The connection is made first and its signal right after it, in the same call.
    let newest = Rc::new(RefCell::new(None::<Connection>));
    let made = Rc::clone(&newest);
    let end = move || {
        let (connection, stopping) = (made.borrow_mut().take(), stopping());
        async move {
            let mut stopping = pin!(stopping);
            poll_fn(|cx| match &connection {
                Some(connection) if connection.0.is_ending.get() => Poll::Ready(()),
                _ => stopping.as_mut().poll(cx),
            })
            .await;
            if let Some(connection) = &connection {
                connection.0.is_noticed.set(true);
            }
        }
    };
    let app = app.into_factory().map_err(|error| error.error_response());
    HttpService::build()
        .graceful_shutdown_signal(end)
        .on_connect_ext(move |stream: &TcpStream, data: &mut Extensions| {
            let connection = Connection::new(stream);
            *newest.borrow_mut() = Some(connection.clone());
            data.insert(connection);
        })
        .finish(map_config(app, |()| AppConfig::default()))
        .tcp()
}
