//! `intake serve`: the web service and its jobs.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener},
    os::unix::process::CommandExt,
    path::Path,
    pin::pin,
    sync::Arc,
};

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{ONLY_CAPTURES, assemble, configuration, only_captures, public_url};
use crate::{jobs, service::Service, web};

/// How long a stop waits for the mail under way; service managers lose patience after 90 s.
const LAST_MAIL: std::time::Duration = std::time::Duration::from_secs(30);

/// `operator_listen` as it is shipped.
const DEFAULT_OPERATOR_LISTEN: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8081));

pub(super) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = configuration(file)?;
    give_memory_back();
    open_more_files();
    let people = TcpListener::bind(config.listen).with_context(|| {
        format!(
            "cannot listen on {}; stop what listens there, or set `listen`",
            config.listen
        )
    })?;
    let operators = for_operators(config.operator_listen)?;
    let (address, operator_address) = (people.local_addr()?, operators.local_addr()?);
    let listeners = web::Listeners { people, operators };
    let url = public_url(&config, address);
    let service = Arc::new(assemble(config, url)?);
    anyhow::ensure!(!only_captures(&service), ONLY_CAPTURES);
    if let Err(reason) = service.blog.open() {
        tracing::error!(reason, "the blog cannot be read; see `intake check`");
    }
    let editors = &service.config.editors;
    let is_editor = |email: &str| editors.iter().any(|editor| editor.email == email);
    service.store.sign_out_all_but(is_editor)?;
    service.store.listen();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let jobs = actix_web::rt::spawn(jobs::run(Arc::clone(&service), stopped));
    let mut serving = pin!(web::run(Arc::clone(&service), listeners));
    // Its first step takes hold of the stop signals; only then are people told where it is.
    let served = tokio::select! {
        biased;
        served = &mut serving => served,
        () = std::future::ready(()) => {
            announce(&service, address, operator_address);
            serving.await
        }
    };
    // Requests are finished; now the mail under way, if there is any.
    service.blog.stop();
    let _ = stop.send(true);
    // Mail that is cut off here goes again after the next start, under the same Message-ID.
    match tokio::time::timeout(LAST_MAIL, jobs).await {
        Ok(jobs) => jobs.context("the jobs failed")?,
        Err(_) => tracing::warn!("the mail server took too long for the mail under way"),
    }
    // What was answered is safe without; a database that is away must not hide how serving ended.
    if let Err(error) = service.store.close() {
        tracing::warn!(%error, "the store could not be tidied up at the end");
    }
    served.context("the web service failed")
}

/// How glibc is told to give large pieces of memory back, and to keep small ones in few places.
/// Others pass over it.
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

/// Says that this was done: where a program has more rights than who starts it, glibc takes the others
/// out of its environment.
const BEGUN_ANEW: &str = "INTAKE_BEGUN_ANEW";

/// Begins anew as the same process with these settings, which are read only then: without them a
/// hundred large pages at once leave 160 MB behind, with them 90. Whoever has set one of them knows
/// better.
fn give_memory_back() {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    if is_set(BEGUN_ANEW) || ALLOCATOR.iter().any(|(name, _)| is_set(name)) {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .envs(ALLOCATOR)
        .env(BEGUN_ANEW, "1")
        .exec();
    tracing::warn!(%error, "memory will not be given back");
}

/// Takes as many open files as the system allows: what is usual by default, 1,024, a few clients with
/// slow connections would use up.
fn open_more_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit on open files could not be raised");
    }
}

/// Two services on one machine need not be told apart before they start: where the port that is
/// meant for operators by default is taken, any other does.
fn for_operators(wanted: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(wanted) {
        Err(error) if wanted == DEFAULT_OPERATOR_LISTEN => {
            tracing::warn!(%wanted, %error, "operators are listened to on another port");
            Ok(TcpListener::bind((wanted.ip(), 0))?)
        }
        other => other.with_context(|| {
            format!("cannot listen on {wanted}; stop what listens there, or set `operator_listen`")
        }),
    }
}

/// The first lines on the terminal. Nobody need be there to read them.
fn announce(service: &Service, address: SocketAddr, operators: SocketAddr) {
    let mail = match service.outbox.folder() {
        Some(folder) if address.ip().is_loopback() => format!(
            "Captured mail: http://{address}{}{} (files in {}/)",
            service.public_url.base_path(),
            web::mailbox_path(service),
            folder.display()
        ),
        Some(folder) => format!("Captured mail: files in {}/", folder.display()),
        None => "Mail:          sent through the configured server".to_owned(),
    };
    let url = &service.public_url;
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "Form:          {url}/\nDesk:          {url}/desk\n{mail}\nFor operators: http://{operators}/metrics and /readyz"
    );
    let _ = out.flush();
}
