//! The server of HTTP, put together here for one reason: to what is no HTTP the library answers by
//! itself (400, 408, 431), past everything that wraps our pages. Such an answer gets on its way to
//! the client the headers that every other one has.

use std::{
    cell::Cell,
    fmt::{Debug, Write},
    io,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_http::HttpService;
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, map_config};
use actix_web::{
    Error,
    body::{BodySize, BoxBody, MessageBody},
    dev::{AppConfig, Extensions, Response, fn_service},
    http::header,
    rt::net::TcpStream,
    web::Bytes,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{REQUEST_ID, ROBOTS, request_id::RequestId, restrictions};

/// How long the first line and the headers of a request may take.
const HEAD: Duration = Duration::from_secs(10);
/// How long a client may take to end its side of a connection.
const GOODBYE: Duration = Duration::from_secs(1);

/// Has the app answer what comes in. `opened` sees each connection first.
///
/// # Errors
/// When the listener cannot be used.
pub(super) fn listen<A, I, S, B>(
    server: ServerBuilder,
    listener: TcpListener,
    is_https: bool,
    opened: impl Fn(&TcpStream, &mut Extensions) + Send + Clone + 'static,
    app: A,
) -> io::Result<ServerBuilder>
where
    A: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, actix_http::Request>,
    S: ServiceFactory<actix_http::Request, Config = AppConfig, Error = Error> + 'static,
    S::Response: Into<Response<B>> + 'static,
    S::InitError: Debug,
    <S::Service as Service<actix_http::Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let stopping = server.graceful_shutdown_signal();
    server.listen("intake", listener, move || {
        let (opened, stopping) = (opened.clone(), stopping.clone());
        let http = HttpService::build()
            .client_request_timeout(HEAD)
            .client_disconnect_timeout(GOODBYE)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(move |connection: &Connection, kept: &mut Extensions| {
                kept.insert(Rc::clone(&connection.answers));
                opened(&connection.stream, kept);
            })
            .h1(map_config(
                app()
                    .into_factory()
                    .map_err(|error| Response::from(error.error_response())),
                |()| AppConfig::default(),
            ));
        fn_service(move |stream: TcpStream| async move {
            let peer: Option<SocketAddr> = stream.peer_addr().ok();
            Ok((Connection::new(stream, is_https), peer))
        })
        .and_then(http)
    })
}

/// What is known of the answers of one connection.
#[derive(Default)]
pub(super) struct Answers {
    /// Of the app: begun, and not yet given to the library to the last byte.
    under_way: Cell<usize>,
    /// Whether something of them may be among what is still to be written.
    are_written: Cell<bool>,
}

impl Answers {
    /// The app has begun to answer a request; `None` for one that came over no connection.
    pub(super) fn begin(answers: Option<&Rc<Self>>) -> Option<UnderWay> {
        answers.map(|answers| {
            answers.under_way.set(answers.under_way.get() + 1);
            answers.are_written.set(true);
            UnderWay(Rc::clone(answers))
        })
    }
}

/// An answer of the app, until its last byte has been given to the library.
pub(super) struct UnderWay(Rc<Answers>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
    }
}

/// The body of an answer that is under way as long as this is there.
pub(super) struct Body {
    body: BoxBody,
    _under_way: Option<UnderWay>,
}

impl Body {
    pub(super) fn new(body: impl MessageBody + 'static, under_way: Option<UnderWay>) -> Self {
        Self {
            body: body.boxed(),
            _under_way: under_way,
        }
    }
}

impl MessageBody for Body {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A connection on which the library's own answers get headers.
///
/// Nothing is guessed about what is written. The library flushes when all that it had to write has
/// been taken; what comes after a flush while no request is with the app, and none has been since, is
/// not the app's. Only where a request and what is no HTTP came in one packet do both answers go in
/// one, and the second stays as it is.
struct Connection {
    stream: TcpStream,
    answers: Rc<Answers>,
    is_https: bool,
    /// The library's answer with headers, as far as it has not been written.
    waiting: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream, is_https: bool) -> Self {
        Self {
            stream,
            answers: Rc::default(),
            is_https,
            waiting: Vec::new(),
        }
    }

    /// The library's answer to what is no HTTP, with headers; `None` for everything else.
    fn with_headers(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.answers.are_written.get() || !bytes.starts_with(b"HTTP/1.1 4") {
            return None;
        }
        let end = bytes.windows(2).position(|two| two == b"\r\n")? + 2;
        let (status, rest) = bytes.split_at(end);
        let id = RequestId::new();
        let mut headers = format!("{REQUEST_ID}: {id}\r\n");
        let as_on_any_page = [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "same-origin"),
            (ROBOTS, "noindex, nofollow"),
        ];
        for (name, value) in restrictions(self.is_https).chain(as_on_any_page) {
            let _ = write!(headers, "{name}: {value}\r\n");
        }
        let status_text = String::from_utf8_lossy(status);
        tracing::info!(request = %id, status = status_text.trim_end(), "answered what is no HTTP");
        Some([status, headers.as_bytes(), rest].concat())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.waiting.is_empty() {
            match self.with_headers(bytes) {
                Some(answer) => self.waiting = answer,
                None => return Pin::new(&mut self.stream).poll_write(context, bytes),
            }
        }
        // They are asked for again until all is written.
        while !self.waiting.is_empty() {
            let connection = &mut *self;
            let stream = Pin::new(&mut connection.stream);
            let written = ready!(stream.poll_write(context, &connection.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            connection.waiting.drain(..written);
        }
        self.answers.are_written.set(true);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if self.answers.under_way.get() == 0 {
            self.answers.are_written.set(false);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
