//! A conversation with a mail server, step by step: which step failed says whether a refusal is about
//! this message, its recipient, or us; and no step takes longer, or more memory, than it should.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout},
};
use url::Url;

/// How long a mail server may take for each step. RFC 5321, section 4.5.3.2, would allow minutes, but
/// a server that hangs is better left alone and asked again.
const STEP: Duration = Duration::from_secs(30);
/// How long each of its addresses may take to answer at all.
const CONNECT: Duration = Duration::from_secs(10);
/// The same for the message itself, which it may want to look at before it answers.
const MESSAGE: Duration = Duration::from_secs(90);
/// How much a server may say before it is our turn again; a certificate is among it.
const LONGEST_ANSWER: usize = 256 << 10;
/// How long a connection that is not needed is kept for the next message.
const KEPT: Duration = Duration::from_secs(3);
const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];

/// Where a mail server is, and how it wants to be spoken to.
pub(super) struct MailServer {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    kept: tokio::sync::Mutex<Option<(AsyncSmtpConnection, Instant)>>,
}

enum Encryption {
    None,
    /// `STARTTLS`, or nothing is sent.
    Required(Box<TlsParameters>),
    /// From the first byte.
    FromTheStart(Box<TlsParameters>),
}

/// At which step it failed: what a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Until it takes mail at all: greeting, encryption, password. It is about us.
    Greeting,
    /// Whether we may send. It is about us.
    Sender,
    /// It is about whoever the message is for.
    Recipient,
    /// It is about the message.
    Message,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The server said so, or the connection broke.
    #[error("{0}")]
    Smtp(#[from] SmtpError),
    /// It took longer than it may.
    #[error("the mail server took too long")]
    TooSlow,
    /// The connection could not be made.
    #[error("Connection error: {0}")]
    NoConnection(io::Error),
}

impl Trouble {
    /// The code of the answer, where there was one.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Self::Smtp(error) => error.status().map(u16::from),
            Self::TooSlow | Self::NoConnection(_) => None,
        }
    }
}

/// The answer of a step within its time.
async fn within<T, E>(
    most: Duration,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble>
where
    Trouble: From<E>,
{
    match timeout(most, step).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Trouble::TooSlow),
    }
}

impl MailServer {
    /// The server at this address, which was judged before: `smtp://` or `smtps://`. `None` where it
    /// cannot be read.
    pub(super) fn at(address: &str, is_encryption_required: bool) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let host = url.host_str()?.to_owned();
        let name = host.trim_matches(['[', ']']).to_owned();
        let parameters = || TlsParameters::new(name.clone()).ok().map(Box::new);
        // RFC 5321, RFC 6409 and RFC 8314.
        let (encryption, port) = match (url.scheme(), is_encryption_required) {
            ("smtps", _) => (Encryption::FromTheStart(parameters()?), 465),
            (_, true) => (Encryption::Required(parameters()?), 587),
            (_, false) => (Encryption::None, 25),
        };
        let decoded = |text: &str| {
            let text = percent_encoding::percent_decode_str(text).decode_utf8();
            text.ok().map(std::borrow::Cow::into_owned)
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(
                decoded(url.username())?,
                decoded(password)?,
            )),
            None => None,
        };
        Some(Self {
            port: url.port().unwrap_or(port),
            host: name,
            encryption,
            credentials,
            kept: tokio::sync::Mutex::default(),
        })
    }

    /// Whether it takes mail from us, as far as that can be told without sending any.
    pub(super) async fn test(&self) -> Result<(), Trouble> {
        let mut connection = self.open().await?;
        let _ = timeout(STEP, connection.quit()).await;
        Ok(())
    }

    /// Gets as far as it can be left off without anything being sent twice: the server waits for the
    /// message then.
    pub(super) async fn announce(
        &self,
        envelope: &Envelope,
        is_ascii: bool,
    ) -> Result<AsyncSmtpConnection, (Step, Trouble)> {
        let mut connection = match self.kept_open().await {
            Some(connection) => connection,
            None => self
                .open()
                .await
                .map_err(|trouble| (Step::Greeting, trouble))?,
        };
        let mut options = Vec::new();
        if !is_ascii
            && connection
                .server_info()
                .supports_feature(Extension::EightBitMime)
        {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let sender = Mail::new(envelope.from().cloned(), options);
        let at = |step| move |trouble| (step, trouble);
        within(STEP, connection.command(sender))
            .await
            .map_err(at(Step::Sender))?;
        for to in envelope.to() {
            let recipient = Rcpt::new(to.clone(), Vec::new());
            within(STEP, connection.command(recipient))
                .await
                .map_err(at(Step::Recipient))?;
        }
        within(STEP, connection.command(Data))
            .await
            .map_err(at(Step::Message))?;
        Ok(connection)
    }

    /// Hands the message over that was announced.
    pub(super) async fn hand_over(
        &self,
        mut connection: AsyncSmtpConnection,
        message: &[u8],
    ) -> Result<(), Trouble> {
        within(MESSAGE, connection.message(message)).await?;
        *self.kept.lock().await = Some((connection, Instant::now()));
        Ok(())
    }

    /// The connection of the message before, if it is still good.
    async fn kept_open(&self) -> Option<AsyncSmtpConnection> {
        let (mut connection, since) = self.kept.lock().await.take()?;
        let is_good =
            since.elapsed() < KEPT && timeout(STEP, connection.test_connected()).await == Ok(true);
        is_good.then_some(connection)
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let hello = ClientId::default();
        let address = (self.host.as_str(), self.port);
        let mut connection = match &self.encryption {
            Encryption::FromTheStart(parameters) => {
                let parameters = Some((**parameters).clone());
                let connecting = AsyncSmtpConnection::connect_tokio1(
                    address,
                    Some(CONNECT),
                    &hello,
                    parameters,
                    None,
                );
                within(MESSAGE, connecting).await?
            }
            Encryption::None | Encryption::Required(_) => {
                let stream = Box::new(Bounded {
                    stream: connect(address).await?,
                    left: LONGEST_ANSWER,
                });
                let greeting = AsyncSmtpConnection::connect_with_transport(stream, &hello);
                within(STEP, greeting).await?
            }
        };
        if let Encryption::Required(parameters) = &self.encryption {
            within(STEP, connection.starttls((**parameters).clone(), &hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            within(STEP, connection.auth(MECHANISMS, credentials)).await?;
        }
        Ok(connection)
    }
}

/// A connection to the first of its addresses that answers: where one way is cut, the next is tried.
async fn connect(address: (&str, u16)) -> Result<TcpStream, Trouble> {
    let found = timeout(CONNECT, tokio::net::lookup_host(address)).await;
    let found = found.map_err(|_| Trouble::TooSlow)?;
    let mut trouble = Trouble::TooSlow;
    for address in found.map_err(Trouble::NoConnection)? {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => trouble = Trouble::NoConnection(error),
            Err(_) => trouble = Trouble::TooSlow,
        }
    }
    Err(trouble)
}

/// A connection on which nobody can say more at once than fits in little memory.
#[derive(Debug)]
struct Bounded {
    stream: TcpStream,
    left: usize,
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("the mail server’s answer has no end")));
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        let read = into.filled().len() - before;
        self.left = self.left.saturating_sub(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.left = LONGEST_ANSWER;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Bounded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
