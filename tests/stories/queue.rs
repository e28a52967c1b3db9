//! What a campaigner was told is safe is safe: when the process is killed at any step, the disk is
//! full, two processes share the queue, or somebody spoils a file.

mod drafts;
mod faults;
mod instances;
mod kills;
mod postgres_faults;
mod records;
mod trouble;
mod upgrade;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::support::{Answers, Intake, eventually, names};

/// The id that a form token stands for.
pub fn id_of(token: &str) -> &str {
    token.split('.').next().expect("an id")
}

pub fn send_signal(pid: u32, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

/// Says to other threads that it is over, however it ends.
pub struct SetAtEnd<'a>(pub &'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether the submission is there. If so, all of it must be, and else nothing.
#[track_caller]
fn is_whole(intake: &Intake, token: &str, answers: &Answers) -> bool {
    let id = id_of(token);
    let draft = format!("{id}.md");
    if !intake.ids().iter().any(|known| known == id) {
        let queued = intake.queued("");
        assert!(!queued.contains(&draft), "a draft without its record");
        return false;
    }
    // After a crash it is written anew by a job.
    let draft = eventually("the draft", || {
        let draft = fs::read_to_string(intake.queue().join(&draft)).ok()?;
        (draft.trim_end() == answers.draft()).then_some(draft)
    });
    let record: serde_json::Value =
        serde_json::from_str(&intake.record_text(id)).expect("a record that is JSON");
    assert_eq!(record["draft"], draft);
    assert_eq!(record["contact"]["email"], answers.contact_email);
    assert_eq!(record["mail"].as_array().expect("letters").len(), 2);
    true
}

/// What a kill left half written; the next start must remove it.
pub fn leftovers(intake: &Intake) -> BTreeSet<String> {
    names(&intake.queue().join(".aside"), "")
        .into_iter()
        .collect()
}

/// Starts the service after a kill. Nothing of what the kill left half written may stay; what the
/// service itself writes aside at this moment has other names.
#[track_caller]
pub fn start_after_kill(intake: &mut Intake) -> usize {
    let left = leftovers(intake);
    intake.start_again();
    let still = leftovers(intake);
    let stayed: Vec<&String> = left.intersection(&still).collect();
    assert_eq!(stayed, [""; 0], "left in the queue");
    left.len()
}

/// Whether all letters of a submission are sent, by its record's own words.
fn all_sent(intake: &Intake, token: &str) -> bool {
    let record = intake.record_text(id_of(token));
    !record.contains("\"pending\"")
}

/// A connection that is already accepted, so that nothing of the service but the thread that
/// works on the request does anything.
pub struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub fn open(intake: &Intake) -> Self {
        let address = intake.url.strip_prefix("http://").expect("an address");
        let stream = TcpStream::connect(address).expect("connected");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a limit");
        let mut connection = Self { stream };
        connection.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut head = String::new();
        while !head.ends_with("ok\n") {
            head.push(connection.read_byte().expect("an answer"));
        }
        connection
    }

    pub fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("written");
    }

    fn read_byte(&mut self) -> Option<char> {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(1) => Some(char::from(byte[0])),
            _ => None,
        }
    }

    /// The head of a form post, with these headers besides, and its body.
    pub fn form(path: &str, fields: &[(&str, &str)], more: &str) -> (String, String) {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}Content-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        (head, body)
    }

    /// The whole answer, or as much of it as came before the service died.
    pub fn answer(mut self) -> String {
        let mut answer = String::new();
        while let Some(c) = self.read_byte() {
            answer.push(c);
        }
        answer
    }
}

/// The system calls of a write, one kind at a time; some go by another name on other machines.
pub const STEPS: [&str; 9] = [
    "openat",
    "pwrite64",
    "write",
    "fsync,fdatasync",
    "?rename,renameat,renameat2",
    "close",
    "?unlink,unlinkat",
    "syncfs",
    "fchmod,ftruncate,fallocate",
];

/// Debian's strace, which does something to a process as one of its threads enters a system call:
/// it kills it, or has the call fail.
pub struct Killer {
    pub strace: Child,
    messages: BufReader<ChildStderr>,
    trace: tempfile::NamedTempFile,
}

impl Killer {
    fn new(calls: &str, done: &str, target: &[&str], command: &mut Command) -> Self {
        let trace = tempfile::NamedTempFile::new().expect("a file for the trace");
        let mut strace = command
            .args(["-f", "-y", "-e", "signal=none", "-o"])
            .arg(trace.path())
            .args(["-e", &format!("trace=execve,{calls}")])
            .args(["-e", &format!("inject={calls}:{done}")])
            .args(target)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is missing: tests/run installs it");
        let messages = BufReader::new(strace.stderr.take().expect("its standard error"));
        Self {
            strace,
            messages,
            trace,
        }
    }

    /// Kills the running service as a thread enters its nth call of this kind, counted from now
    /// and for each thread by itself.
    pub fn attach(intake: &Intake, calls: &str, nth: usize) -> Self {
        Self::attach_to(intake, calls, &format!("signal=SIGKILL:when={nth}"))
    }

    /// Has the running service's calls of this kind fail with this error: the nth of each thread,
    /// counted from now, or with a `+` all from that on.
    fn attach_fault(intake: &Intake, calls: &str, error: &str, nth: &str) -> Self {
        Self::attach_to(intake, calls, &format!("error={error}:when={nth}"))
    }

    fn attach_to(intake: &Intake, calls: &str, done: &str) -> Self {
        let pid = intake.pid().to_string();
        let mut killer = Self::new(calls, done, &["-p", &pid], &mut Command::new("strace"));
        let mut line = String::new();
        killer.messages.read_line(&mut line).expect("a line");
        assert!(
            line.contains("attached"),
            "strace cannot watch the service; this machine must allow ptrace: {line}"
        );
        killer
    }

    /// Starts the service, and kills it as a thread enters its nth call of this kind.
    fn start(intake: &Intake, calls: &str, nth: usize) -> Self {
        let program = intake.command(&[]);
        let path = program.get_program().to_str().expect("a path").to_owned();
        let mut command = Command::new("strace");
        command.current_dir(intake.folder.path());
        for (name, value) in program.get_envs() {
            command.env(name, value.expect("a value"));
        }
        let done = format!("signal=SIGKILL:when={nth}");
        Self::new(calls, &done, &[&path], &mut command)
    }

    /// The process that strace has started.
    fn first_pid(&self) -> u32 {
        let trace = fs::read_to_string(self.trace.path()).expect("a trace");
        let pid = trace.split_whitespace().next();
        let pid = pid.expect("strace cannot start the service; this machine must allow ptrace");
        pid.parse().expect("a number")
    }

    /// Lets the process go; the calls that have failed, each with the kind of file.
    fn let_go(mut self) -> Vec<String> {
        send_signal(self.strace.id(), "-TERM");
        self.strace.wait().expect("it ends");
        let trace = fs::read_to_string(self.trace.path()).expect("a trace");
        let lines: Vec<&str> = trace.lines().collect();
        let failed = (0..lines.len()).filter(|at| lines[*at].contains("(INJECTED)"));
        failed
            .filter_map(|at| {
                // A call that another thread's came between stands in two lines.
                let thread = lines[at].split_whitespace().next()?;
                let own = lines[..=at]
                    .iter()
                    .rev()
                    .filter(|line| line.starts_with(thread));
                let mut whole = own.filter(|line| !line.contains(" resumed>"));
                place(whole.next()?)
            })
            .collect()
    }

    pub fn has_killed(&mut self) -> bool {
        self.strace.try_wait().expect("strace's state").is_some()
    }

    /// The call at which the process was killed, and the kind of file, if it was.
    pub fn place(&self) -> Option<String> {
        let trace = fs::read_to_string(self.trace.path()).expect("a trace");
        // The killed call is the one that never returned and was the last of its thread.
        let line = trace.lines().rev().find(|line| {
            line.contains('(')
                && (line.ends_with("<unfinished ...>")
                    || line.trim_end().ends_with("= ?")
                    || line.contains("= ? "))
        })?;
        place(line)
    }
}

/// A call in a trace, and the kind of file.
fn place(line: &str) -> Option<String> {
    let (_, call) = line.split_once(char::is_whitespace)?;
    let (name, arguments) = call.trim_start().split_once('(')?;
    let holds = |words: &str, name| arguments.contains(words).then_some(name);
    let target = holds(".md\"", "draft")
        .or_else(|| holds(".aside/", "aside"))
        .or_else(|| holds("intake.db-wal", "log"))
        .or_else(|| holds("intake.db-shm", "shared memory"))
        .or_else(|| holds("intake.db", "store"))
        .or_else(|| holds("mailbox", "mailbox"))
        .or_else(|| arguments.contains("/submissions>").then_some("folder"))
        .or_else(|| arguments.contains("\"submissions\"").then_some("folder"))
        .unwrap_or("elsewhere");
    let name = name.strip_suffix("at2").unwrap_or(name);
    Some(format!("{} {target}", name.trim_end_matches("at")))
}

impl Drop for Killer {
    fn drop(&mut self) {
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

/// A small filesystem in memory, which goes when this is dropped.
pub struct SmallDisk {
    pub folder: PathBuf,
}

impl SmallDisk {
    pub fn mount(folder: &Path, kilobytes: usize) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "none"])
            .arg(folder)
            .output()
            .expect("mount is missing");
        assert!(
            output.status.success(),
            "this test mounts a small filesystem, which takes root: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Fills the disk with a file beside the queue.
    pub fn fill(&self) -> File {
        let mut filler = File::create(self.folder.join("filler")).expect("a file");
        while filler.write_all(&[b'x'; PAGE as usize]).is_ok() {}
        filler
    }
}

/// The unit in which the small disk gives space.
const PAGE: u64 = 4096;

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
