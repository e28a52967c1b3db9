//! PostgreSQL: Debian's, with clusters of our own in temporary folders.

use std::{
    fs, io,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// What a server does at its end, be it that the tests are through or that somebody has killed
/// them: the pipe that it reads from is closed by the kernel.
const AT_THE_END: &str = r#"
read -r _
pid=$(head -n 1 "$2/data/postmaster.pid") && pkill -CONT -P "$pid" && kill -CONT "$pid"
"$1/pg_ctl" -D "$2/data" -m immediate stop
cd / && rm -rf "$2"
"#;

/// A server that is reached through a socket in its folder. It syncs as in earnest.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    watcher: Child,
    open: Option<ChildStdin>,
    databases: AtomicUsize,
}

impl Postgres {
    /// The server that all stories share which do it no harm.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A server of its own.
    pub fn start() -> Self {
        let programs = programs();
        let made = run(as_postgres("mktemp").args(["-d", "-t", "intake-postgres-XXXXXX"]));
        let folder = PathBuf::from(made.trim());
        let mut watcher = as_postgres("sh")
            .args(["-c", AT_THE_END, "at-the-end"])
            .args([&programs, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What is typed at the terminal of the tests is not for it.
            .process_group(0)
            .spawn()
            .expect("the watcher starts");
        let server = Self {
            open: watcher.stdin.take(),
            watcher,
            programs,
            folder,
            databases: AtomicUsize::new(0),
        };
        run(server
            .program("initdb")
            .args(["--username=postgres", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--locale=C.UTF-8", "-D", "data"]));
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 500\n",
            server.folder.display()
        );
        let file = server.folder.join("data/postgresql.conf");
        let shipped = fs::read_to_string(&file).expect("its settings");
        fs::write(&file, shipped + &settings).expect("its settings");
        server.up();
        server
    }

    fn program(&self, name: &str) -> Command {
        let mut command = as_postgres(self.programs.join(name));
        command.current_dir(&self.folder);
        command
    }

    /// Starts it, or starts it again.
    pub fn up(&self) {
        run(self
            .program("pg_ctl")
            .args(["-D", "data", "-l", "log", "-w", "start"]));
    }

    /// Stops it as a crash would: what was not committed is lost, and connections are cut.
    pub fn down(&self) {
        run(self
            .program("pg_ctl")
            .args(["-D", "data", "-m", "immediate", "-w", "stop"]));
    }

    /// All its processes stand still, or go on: `-STOP` or `-CONT`.
    pub fn signal_all(&self, signal: &str) {
        let file = self.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(file).expect("the number of its process");
        let first = text.lines().next().expect("a number");
        // No child is born after its parent stands still.
        run(Command::new("kill").args([signal, first]));
        run(Command::new("pkill").args([signal, "-P", first]));
    }

    /// A database of this name, or the way to it.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.display();
        format!("postgres:///{database}?user=postgres&host={folder}")
    }

    /// A new database: its address.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("intake{number}");
        let statement = format!("CREATE DATABASE {name} TEMPLATE template0");
        query(&self.url("postgres"), &statement).expect("a database");
        self.url(&name)
    }

    /// Cuts all connections to this database but the one that asks for it; how many these were.
    pub fn cut_all(&self, database: &str) -> usize {
        let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        query(database, statement).map_or(0, |rows| rows.len())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.open.take());
        let _ = self.watcher.wait();
    }
}

/// What a statement brings back, all of it as text; nothing is the empty text.
pub fn query(url: &str, statement: &str) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(statement).await?;
        drop(client);
        connection.await.expect("it does not panic")?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|at| row.get(at).unwrap_or_default().to_owned())
                    .collect(),
            ),
            _ => None,
        });
        Ok(rows.collect())
    })
}

/// A text as it stands in a statement.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Root cannot run PostgreSQL, and Debian has a user for it.
fn as_postgres(program: impl AsRef<Path>) -> Command {
    if rustix::process::geteuid().is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program.as_ref());
        command
    } else {
        Command::new(program.as_ref())
    }
}

/// Runs a program to its end; what it said.
#[track_caller]
fn run(command: &mut Command) -> String {
    // A server that is started keeps the pipes of whoever started it, so a file takes the words.
    let mut said = tempfile::tempfile().expect("a file");
    let out = || -> io::Result<Stdio> { Ok(said.try_clone()?.into()) };
    command.stdout(out().expect("a file"));
    command.stderr(out().expect("a file"));
    let status = command.stdin(Stdio::null()).status();
    let mut words = String::new();
    io::Seek::rewind(&mut said).expect("a file");
    said.read_to_string(&mut words).expect("words");
    let status = status.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {words}");
    words
}

/// The folder of the newest server's programs.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|version| version.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .expect("PostgreSQL is missing: tests/run installs it");
    PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"))
}
