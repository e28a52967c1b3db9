//! PostgreSQL, for data that outlives a machine and for several instances of the service.
//!
//! Everything is bounded in time: a server that hangs is an error after a while, as one that is
//! not there. A connection on which something failed is not used again.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::{Client, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tokio_postgres::{
    AsyncMessage, Config, NoTls,
    config::{Host, SslMode},
    types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    StoreError,
    sql::{Cell, Dialect, Row, Sql, Value},
};

/// How long a connection may take, and how long a statement.
const PATIENCE: Duration = Duration::from_secs(10);
/// After how long a silence to ask whether the server is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long to wait before listening again, where the connection for that was lost.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
const CONNECTIONS: usize = 16;

pub(super) struct Postgres {
    runtime: OwnRuntime,
    pool: Pool,
    config: Config,
}

impl Postgres {
    /// Opens the database at this address, which may hold a password and is never shown.
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url
            .parse()
            .map_err(|_| StoreError::database("`data` is not an address of PostgreSQL, as in postgres://user:password@host/database"))?;
        config.connect_timeout(PATIENCE);
        // A server that is gone without a word is noticed, also where we only listen.
        config.keepalives_idle(KEEP_ALIVE);
        config.tcp_user_timeout(PATIENCE);
        if config.get_application_name().is_none() {
            config.application_name("intake");
        }
        if config.get_ssl_mode() == SslMode::Prefer {
            let is_here = is_this_machine(&config);
            config.ssl_mode(if is_here {
                SslMode::Disable
            } else {
                SslMode::Require
            });
        }
        config.options(with_limits(config.get_options()));
        let method = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = if is_in_clear(&config) {
            Manager::from_config(config.clone(), NoTls, method)
        } else {
            Manager::from_config(config.clone(), tls()?, method)
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(StoreError::database)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(StoreError::database)?;
        Ok(Self {
            runtime: OwnRuntime(Some(runtime)),
            pool,
            config,
        })
    }

    /// Does the work in a transaction; where `tell` says so, all instances are told of it.
    pub(super) fn write<T>(
        &self,
        tell: bool,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let end = if tell {
            "NOTIFY intake; COMMIT"
        } else {
            "COMMIT"
        };
        let mut session = self.session("BEGIN")?;
        let worked = catch_unwind(AssertUnwindSafe(|| work(&mut session)));
        let ended = match worked {
            Ok(Ok(answer)) => session.batch(end).map(|()| answer),
            Ok(Err(error)) => Err(error),
            Err(panic) => {
                session.discard();
                resume_unwind(panic)
            }
        };
        if ended.is_err() {
            session.discard();
        }
        ended
    }

    /// Reads what is committed.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut session = self.session("")?;
        let answer = work(&mut session);
        if answer.is_err() {
            session.discard();
        }
        answer
    }

    /// A connection on which these words went well. One that was lost meanwhile is not told from
    /// a good one before something is said on it.
    fn session(&self, begin: &str) -> Result<Session<'_>, StoreError> {
        let mut attempts = 0;
        let started = Instant::now();
        loop {
            let client = self.wait(self.pool.get())?;
            let session = Session {
                postgres: self,
                client,
            };
            attempts += 1;
            match session.batch(begin) {
                Ok(()) => return Ok(session),
                // One that hangs has taken all our patience; the next would take it again.
                Err(error) if attempts > CONNECTIONS || started.elapsed() >= PATIENCE => {
                    session.discard();
                    return Err(error);
                }
                Err(_) => session.discard(),
            }
        }
    }

    fn wait<T, E: std::error::Error>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError> {
        // Connections and time are the runtime's, which works in a thread of its own; so the caller
        // may be anywhere, in another runtime too.
        let _runtime = self.runtime.enter();
        match futures_executor::block_on(tokio::time::timeout(PATIENCE, work)) {
            Ok(answer) => answer.map_err(|error| said(&error)),
            Err(_) => Err(StoreError::database("PostgreSQL does not answer")),
        }
    }

    /// Passes on what other instances tell of their changes, for as long as this one lives.
    pub(super) fn listen(&self, changed: watch::Sender<()>) {
        let config = self.config.clone();
        let _runtime = self.runtime.enter();
        tokio::spawn(async move {
            loop {
                if let Err(error) = listen_once(&config, &changed).await {
                    tracing::warn!(%error, "changes by other instances are seen late");
                }
                tokio::time::sleep(LISTEN_AGAIN).await;
            }
        });
    }
}

type Lost = Box<dyn std::error::Error + Send + Sync>;

async fn listen_once(config: &Config, changed: &watch::Sender<()>) -> Result<(), Lost> {
    if is_in_clear(config) {
        let (client, connection) = config.connect(NoTls).await?;
        listen_on(client, connection, changed).await
    } else {
        let (client, connection) = config.connect(tls()?).await?;
        listen_on(client, connection, changed).await
    }
}

/// Until the connection is lost.
async fn listen_on<S, T>(
    client: tokio_postgres::Client,
    mut connection: tokio_postgres::Connection<S, T>,
    changed: &watch::Sender<()>,
) -> Result<(), Lost>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut listening = std::pin::pin!(client.batch_execute("LISTEN intake"));
    let mut listens = false;
    loop {
        let message = std::future::poll_fn(|context| connection.poll_message(context));
        tokio::select! {
            said = &mut listening, if !listens => {
                said?;
                listens = true;
            }
            message = message => match message.transpose()? {
                Some(AsyncMessage::Notification(_)) => {
                    changed.send_replace(());
                }
                Some(_) => {}
                None => return Ok(()),
            },
        }
    }
}

/// The options of a connection, with limits that the server keeps: an instance that stands still in
/// the midst of a transaction, or whose machine is gone without a word, must not keep what it has
/// locked, and others wait for longer than that; but who has given up must not wait on.
fn with_limits(options: Option<&str>) -> String {
    let (idle, lock) = (PATIENCE.as_millis() / 2, PATIENCE.as_millis());
    let own = options.unwrap_or_default();
    // And a yes is on disk, whatever the server's own setting is.
    format!(
        "-c idle_in_transaction_session_timeout={idle} -c lock_timeout={lock} \
         -c synchronous_commit=on {own}"
    )
}

/// What the server, or the way to it, has said; the library's own words leave that to the causes.
/// Never the details, which may quote a row.
fn said(error: &dyn std::error::Error) -> StoreError {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = match error.downcast_ref::<tokio_postgres::error::DbError>() {
            Some(error) => format!("{} ({})", error.message(), error.code().code()),
            None => error.to_string(),
        };
        words = format!("{words}: {more}");
        cause = error.source();
    }
    StoreError::database(words)
}

/// A runtime that may be dropped anywhere. It is there until then.
struct OwnRuntime(Option<tokio::runtime::Runtime>);

impl OwnRuntime {
    fn enter(&self) -> Option<tokio::runtime::EnterGuard<'_>> {
        self.0.as_ref().map(tokio::runtime::Runtime::enter)
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// As with mail: what leaves this machine is encrypted, and the server's name is verified.
fn tls() -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(StoreError::database)?;
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

fn is_in_clear(config: &Config) -> bool {
    config.get_ssl_mode() == SslMode::Disable
}

fn is_this_machine(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
    })
}

struct Session<'a> {
    postgres: &'a Postgres,
    client: Client,
}

impl Session<'_> {
    fn batch(&self, words: &str) -> Result<(), StoreError> {
        if words.is_empty() && !self.client.is_closed() {
            return Ok(());
        }
        self.postgres.wait(self.client.batch_execute(words))
    }

    /// Ends the connection, and with it what was begun on it.
    fn discard(self) {
        let _runtime = self.postgres.runtime.enter();
        drop(Object::take(self.client));
    }

    fn prepared(&self, statement: &str) -> Result<tokio_postgres::Statement, StoreError> {
        self.postgres.wait(self.client.prepare_cached(statement))
    }
}

fn bound<'a>(values: &'a [Value]) -> Vec<&'a (dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

impl Sql for Session<'_> {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<u64, StoreError> {
        let statement = self.prepared(statement)?;
        self.postgres
            .wait(self.client.execute(&statement, &bound(values)))
    }

    fn rows(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(statement)?;
        let rows = self
            .postgres
            .wait(self.client.query(&statement, &bound(values)))?;
        rows.iter()
            .map(|row| {
                let cells = row.columns().iter().enumerate().map(|(at, column)| {
                    Ok(match *column.type_() {
                        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Cell::Int),
                        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Cell::Bytes),
                        _ => row.try_get::<_, Option<String>>(at)?.map(Cell::Text),
                    }
                    .unwrap_or(Cell::Null))
                });
                let cells = cells.collect::<Result<_, tokio_postgres::Error>>();
                cells.map(Row).map_err(StoreError::database)
            })
            .collect()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
