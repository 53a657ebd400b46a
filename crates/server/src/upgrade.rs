//! Requests that ask for another protocol: a socket takes over the connection of its handshake.
//!
//! Without this, actix-http would serve a socket as a response that does not end. It would keep two buffers of 8 KiB
//! for it, and each frame would pass from the socket's task to the connection's task.

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll},
};

use actix_codec::{Encoder as _, Framed, FramedParts};
use actix_http::{
    ConnectionType, Request, Response,
    body::{BodySize, BoxBody, MessageBody as _},
    h1::{Codec, Message},
};
use actix_service::{Service, ServiceFactory};
use actix_web::{http::StatusCode, rt::net::TcpStream, web::BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::OnceCell,
};

use crate::{
    connection::{Connection, Taken, close},
    http::own_headers,
};

/// Most bytes that are read ahead while a request is handled.
const MOST_AHEAD: usize = 64 * 1024;

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// An application that serves ordinary requests and those that ask for another protocol. Clones are the same
/// application.
pub(crate) struct Both<F: ServiceFactory<Request>> {
    factory: Rc<F>,
    service: Rc<OnceCell<Rc<F::Service>>>,
}

impl<F: ServiceFactory<Request, Config = ()> + 'static> Both<F> {
    pub(crate) fn new(factory: F) -> Self {
        Self { factory: Rc::new(factory), service: Rc::default() }
    }

    async fn service(self) -> Result<Rc<F::Service>, F::InitError> {
        let make = async || Ok(Rc::new(self.factory.new_service(()).await?));
        self.service.get_or_try_init(make).await.cloned()
    }
}

impl<F: ServiceFactory<Request>> Clone for Both<F> {
    fn clone(&self) -> Self {
        Self { factory: Rc::clone(&self.factory), service: Rc::clone(&self.service) }
    }
}

impl<F> ServiceFactory<Request> for Both<F>
where
    F: ServiceFactory<Request, Config = ()> + 'static,
{
    type Response = F::Response;
    type Error = F::Error;
    type Config = ();
    type Service = Rc<F::Service>;
    type InitError = F::InitError;
    type Future = LocalFuture<Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        Box::pin(self.clone().service())
    }
}

impl<F> ServiceFactory<(Request, Framed<TcpStream, Codec>)> for Both<F>
where
    F: ServiceFactory<Request, Config = ()> + 'static,
    F::Response: Into<Response<BoxBody>>,
    F::Error: Into<Response<BoxBody>>,
{
    type Response = ();
    type Error = actix_web::Error;
    type Config = ();
    type Service = Upgrade<F::Service>;
    type InitError = F::InitError;
    type Future = LocalFuture<Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let service = self.clone().service();
        Box::pin(async move { service.await.map(Upgrade) })
    }
}

/// Serves requests that ask for another protocol.
pub(crate) struct Upgrade<S>(Rc<S>);

impl<S> Service<(Request, Framed<TcpStream, Codec>)> for Upgrade<S>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
{
    type Response = ();
    type Error = actix_web::Error;
    type Future = LocalFuture<Result<(), Self::Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, (mut req, framed): (Request, Framed<TcpStream, Codec>)) -> Self::Future {
        own(&mut req);
        let connection = req.conn_data::<Connection>().cloned();
        if let Some(connection) = &connection {
            connection.upgrade();
        }
        let service = Rc::clone(&self.0);
        let answer = async move {
            match service.call(req).await {
                Ok(response) => response.into(),
                Err(error) => error.into(),
            }
        };
        Box::pin(async move {
            // An error says that the client has gone, and nobody is left to be told.
            let _ = serve(framed, connection, Box::pin(answer)).await;
            Ok(())
        })
    }
}

/// Gives a request memory of its own. A socket keeps its request, which refers to the buffer that it was read into.
fn own(req: &mut Request) {
    let head = req.head_mut();
    if let Ok(uri) = head.uri.to_string().parse() {
        head.uri = uri;
    }
    own_headers::own(&mut head.headers);
}

/// Answers a request, and has a socket take over the connection if it was a handshake.
///
/// # Errors
/// The connection ended before the answer was sent.
async fn serve(
    framed: Framed<TcpStream, Codec>,
    connection: Option<Connection>,
    answer: LocalFuture<Response<BoxBody>>,
) -> io::Result<()> {
    let FramedParts { mut io, mut codec, read_buf: mut read, write_buf: mut out, .. } = framed.into_parts();
    let response = tokio::select! {
        response = answer => Some(response),
        () = gone(&mut io, &mut read) => None,
    };
    let take_over = connection.as_ref().and_then(Connection::take_over);
    let Some(response) = response else { return Ok(()) };
    match take_over {
        Some(take_over) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
            codec.encode(Message::Item((response.drop_body(), BodySize::Stream)), &mut out)?;
            io.write_all(&out).await?;
            // The buffers are as long as a request may be, and a socket is idle for most of the time.
            let taken = Taken { io, read: BytesMut::from(&read[..]) };
            take_over(taken);
            Ok(())
        }
        _ => respond(io, codec, (read, out), response).await,
    }
}

/// Completes when the client has closed its end. Keeps what it sends meanwhile.
async fn gone(io: &mut TcpStream, read: &mut BytesMut) {
    while read.len() < MOST_AHEAD {
        if !io.read_buf(read).await.is_ok_and(|length| length > 0) {
            return;
        }
    }
    std::future::pending().await
}

/// Sends an ordinary response, and closes the connection: what the client sends behind such a request has no end.
async fn respond(
    mut io: TcpStream,
    mut codec: Codec,
    (mut read, mut out): (BytesMut, BytesMut),
    response: Response<BoxBody>,
) -> io::Result<()> {
    let (mut head, body) = response.into_parts();
    head.head_mut().set_connection_type(ConnectionType::Close);
    let size = body.size();
    codec.encode(Message::Item((head, size)), &mut out)?;
    io.write_all(&out).await?;
    let mut body = pin!(body);
    let mut is_last = matches!(size, BodySize::None | BodySize::Sized(0));
    while !is_last {
        let chunk = tokio::select! {
            chunk = poll_fn(|cx| body.as_mut().poll_next(cx)) => {
                chunk.transpose().map_err(|error| io::Error::other(error.to_string()))?
            }
            () = gone(&mut io, &mut read) => return Ok(()),
        };
        is_last = chunk.is_none();
        out.clear();
        codec.encode(Message::Chunk(chunk), &mut out)?;
        io.write_all(&out).await?;
    }
    close(io).await;
    Ok(())
}
