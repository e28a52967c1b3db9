//! Starting programs: git, and the blog's own check. The only place that does.
//!
//! Each runs in a process group of its own, so that a signal to ours does not stop it half way, sees
//! none of our settings, and ends within a limit. What it says is passed on without passwords.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, Output, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

/// For everything that talks to the remote, and for work on many files.
const GIT_LIMIT: Duration = Duration::from_secs(300);
/// For the blog's own check.
const CHECK_LIMIT: Duration = Duration::from_secs(900);
/// How long git goes on when the service stops, and the check: what is begun anew costs nothing but
/// time, but a push is better ended and recorded.
const GIT_GRACE: Duration = Duration::from_secs(20);
const CHECK_GRACE: Duration = Duration::ZERO;
/// How often it is looked whether the service stops.
const LOOK: Duration = Duration::from_millis(100);
/// After SIGKILL.
const DYING_LIMIT: Duration = Duration::from_secs(10);
/// How much of what a program says is passed on: its end, where the reason stands.
const SAID_LIMIT: usize = 3_000;

/// Variables that would lead git elsewhere, as they stand in a hook of another repository.
const FOREIGN: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
];

/// Why something could not be done, in words for editors and the person who runs the service.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct GitError(pub String);

impl From<io::Error> for GitError {
    fn from(error: io::Error) -> Self {
        Self(format!("the blog’s clone cannot be used: {error}"))
    }
}

pub(super) fn trouble<T>(words: impl Into<String>) -> Result<T, GitError> {
    Err(GitError(words.into()))
}

/// Runs git to its end, or to the limit.
pub(super) fn ended(
    git: Command,
    stdin: Stdio,
    input: Option<Vec<u8>>,
    stop: &AtomicBool,
) -> Result<Output, GitError> {
    ended_within(GIT_LIMIT, git, stdin, input, stop)
}

/// The same with a limit of its own.
pub(super) fn ended_within(
    limit: Duration,
    mut git: Command,
    stdin: Stdio,
    input: Option<Vec<u8>>,
    stop: &AtomicBool,
) -> Result<Output, GitError> {
    git.stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = started(git)?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // A program that ends early says why; that it did not read on is no news.
        std::thread::spawn(move || drop(pipe.write_all(&input)));
    }
    within(limit, GIT_GRACE, stop, child, Child::wait_with_output)
}

/// Runs the blog's own check to its end, or to the limit. What it leaves running is ended.
pub(super) fn checked(mut shell: Command, stop: &AtomicBool) -> Result<Output, GitError> {
    let failed = |error: io::Error| GitError(format!("what the check says has no place: {error}"));
    // A file, for whatever it leaves running would keep a pipe open.
    let mut says = tempfile::tempfile().map_err(failed)?;
    shell
        .stdin(Stdio::null())
        .stdout(says.try_clone().map_err(failed)?)
        .stderr(says.try_clone().map_err(failed)?);
    let child = started(shell)?;
    let group = child.id();
    let status = within(CHECK_LIMIT, CHECK_GRACE, stop, child, |mut child| {
        child.wait()
    })?;
    kill_group(group);
    let length = says.metadata().map_err(failed)?.len();
    let mut stdout = Vec::new();
    // In bytes, so more than enough for as many characters.
    says.seek(SeekFrom::Start(
        length.saturating_sub(8 * SAID_LIMIT as u64),
    ))
    .and_then(|_| says.read_to_end(&mut stdout))
    .map_err(failed)?;
    Ok(Output {
        status,
        stdout,
        stderr: Vec::new(),
    })
}

/// Starts a program in a process group of its own: a signal to ours must not stop it half way.
fn started(mut command: Command) -> Result<Child, GitError> {
    // The command keeps what the program was given open, the lock too, and so must not outlive this.
    command.process_group(0).spawn().map_err(|error| {
        let name = command.get_program().to_string_lossy();
        GitError(match error.kind() {
            io::ErrorKind::NotFound => format!("{name} is not installed"),
            _ => format!("{name} cannot be run: {error}"),
        })
    })
}

/// Waits for a program's end; after `limit`, or `grace` after the service has begun to stop, it and
/// all that it has started are killed.
fn within<T: Send + 'static>(
    limit: Duration,
    grace: Duration,
    stop: &AtomicBool,
    child: Child,
    wait: impl FnOnce(Child) -> io::Result<T> + Send + 'static,
) -> Result<T, GitError> {
    let group = child.id();
    let (done, end) = mpsc::channel();
    std::thread::spawn(move || drop(done.send(wait(child))));
    let started = Instant::now();
    let mut stopping = None;
    loop {
        match end.recv_timeout(LOOK) {
            Ok(Ok(ended)) => return Ok(ended),
            Ok(Err(error)) => {
                return trouble(format!("a program cannot be waited for: {error}"));
            }
            Err(_) => {}
        }
        if stopping.is_none() && stop.load(Ordering::Relaxed) {
            stopping = Some(Instant::now());
        }
        let is_over = stopping.is_some_and(|since| since.elapsed() >= grace);
        if is_over || started.elapsed() >= limit {
            kill_group(group);
            let _ = end.recv_timeout(DYING_LIMIT);
            let time = match limit.as_secs() {
                seconds if seconds < 60 => format!("{seconds} s"),
                seconds => format!("{} minutes", seconds / 60),
            };
            return trouble(match is_over {
                true => "It was stopped, as the service stops.".to_owned(),
                false => format!("It did not end within {time} and was stopped."),
            });
        }
    }
}

fn kill_group(leader: u32) {
    let group = i32::try_from(leader)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// Our settings hold secrets that no other program needs.
pub(super) fn without_our_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"INTAKE_") {
            command.env_remove(name);
        }
    }
    for name in FOREIGN {
        command.env_remove(name);
    }
    command
}

pub(super) fn succeeded(output: Output) -> Result<Output, GitError> {
    if output.status.success() {
        return Ok(output);
    }
    match plain(&output.stderr) {
        said if said.is_empty() => trouble(format!("git ended with {}", output.status)),
        said => trouble(said),
    }
}

pub(super) fn first_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().to_owned()
}

pub(super) fn said(output: &Output) -> String {
    plain(&[output.stdout.as_slice(), &output.stderr].concat())
}

/// What a program said last, as plain text and without the passwords that addresses may hold.
pub(super) fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            // A terminal's colours: ESC, [, numbers, a letter.
            '\u{1b}' => {
                let _ = rest.find(|c| c.is_ascii_alphabetic());
            }
            '\n' => plain.push(c),
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    let plain = masked(plain.trim());
    match plain.char_indices().nth_back(SAID_LIMIT) {
        Some((start, _)) => format!("…{}", &plain[start..]),
        None => plain,
    }
}

/// Takes the secrets out of addresses: `https://name:password@host/x?token=y` → `https://host/x?…`,
/// `name:password@host` → `host`.
fn masked(text: &str) -> String {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '<' | '>');
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(is_edge) {
        let (scheme, rest) = match word.find("://") {
            Some(at) => word.split_at(at + 3),
            None => ("", word),
        };
        let (rest, end) = rest.split_at(rest.trim_end_matches(is_edge).len());
        // A password may hold what it should not: a slash, another @.
        let host = match rest.rfind('@') {
            Some(at) if !scheme.is_empty() || rest[..at].contains(':') => &rest[at + 1..],
            _ => rest,
        };
        out.push_str(scheme);
        match host.split_once('?') {
            Some((host, _)) if !scheme.is_empty() => out.extend([host, "?…"]),
            _ => out.push_str(host),
        }
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_say_is_passed_on_without_passwords() {
        for (text, shown) in [
            (
                "fatal: unable to access 'https://ann:s3cret@example.org/blog.git/': no",
                "fatal: unable to access 'https://example.org/blog.git/': no",
            ),
            (
                "ssh://git@example.org/x and a@b.org",
                "ssh://example.org/x and a@b.org",
            ),
            ("http://u:s3/cr@et@example.org/x", "http://example.org/x"),
            (
                "http://example.org/x?token=s3cret, and",
                "http://example.org/x?… and",
            ),
            (
                "unable to look up u:s3cret@example.org (port",
                "unable to look up example.org (port",
            ),
            (
                "git@example.org:blog.git: denied",
                "git@example.org:blog.git: denied",
            ),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
