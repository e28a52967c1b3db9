//! What all stories need: the real program in a folder of its own, a client, the seed's answers.

mod answers;
mod intake;
mod letter;
mod mail_server;
mod nginx;
mod oracle;
mod postgres;
mod stored;
mod visitor;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

pub use self::{
    answers::{Answers, SEED, assert_every_word_kept},
    intake::{Intake, Ran, try_post_to, try_token_from},
    letter::Letter,
    mail_server::MailServer,
    nginx::{Nginx, PathIs},
    oracle::Oracle,
    postgres::{Postgres, query},
    stored::{is_left_out_on_postgres, runs_on_postgres},
    visitor::{Answer, Hidden, Visitor, value_of},
};

/// Long enough for a busy machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `look` sees something.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The path of a tool beside these tests.
pub fn tool(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/tools")
        .join(name)
}

/// Names in a folder with this ending, sorted; none if there is no folder.
pub fn names(folder: &Path, ending: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(ending) && name != ".gitignore")
        .collect();
    names.sort();
    names
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

/// A free port that the system gives to nobody who asks for just any, so that it is still free
/// when it is needed, or needed again.
pub fn port_for_later() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 10_000) as u16;
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
