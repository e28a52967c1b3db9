//! What a campaigner was told is safe is safe: when the process is killed at any step, the disk is
//! full, two processes share the queue, or somebody spoils a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    Answers, Intake, MailServer, assert_every_word_kept, eventually, names, value_of,
};

/// The id that a form token stands for.
fn id_of(token: &str) -> &str {
    token.split('.').next().expect("an id")
}

fn send_signal(pid: u32, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

/// Whether the submission is there. If so, all of it must be, and else nothing.
#[track_caller]
fn is_whole(intake: &Intake, token: &str, answers: &Answers) -> bool {
    let (record, draft) = (
        format!("{}.json", id_of(token)),
        format!("{}.md", id_of(token)),
    );
    let queued = intake.queued("");
    if !queued.contains(&record) {
        assert!(!queued.contains(&draft), "a draft without its record");
        return false;
    }
    let draft = intake.queue_file(&draft);
    assert_eq!(draft.trim_end(), answers.draft());
    let record: serde_json::Value =
        serde_json::from_str(&intake.queue_file(&record)).expect("a record that is JSON");
    assert_eq!(record["draft"], draft);
    assert_eq!(record["contact"]["email"], answers.contact_email);
    assert_eq!(record["letters"].as_array().expect("letters").len(), 2);
    true
}

/// What a kill left half written; the next start must remove it.
fn leftovers(intake: &Intake) -> BTreeSet<String> {
    intake
        .queued("")
        .into_iter()
        .filter(|name| !name.ends_with(".json") && !name.ends_with(".md"))
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
    let record = intake.queue_file(&format!("{}.json", id_of(token)));
    !record.contains("\"owed\"")
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
pub const STEPS: [&str; 10] = [
    "flock",
    "openat",
    "write",
    "fsync",
    "?rename,renameat,renameat2",
    "close",
    "?unlink,unlinkat",
    "?link,linkat",
    "?mkdir,mkdirat",
    "fchmod,ftruncate,fdatasync,fallocate",
];

/// Debian's strace, which kills a process as one of its threads enters a system call.
pub struct Killer {
    pub strace: Child,
    messages: BufReader<ChildStderr>,
    trace: tempfile::NamedTempFile,
}

impl Killer {
    fn new(calls: &str, nth: usize, target: &[&str], command: &mut Command) -> Self {
        let trace = tempfile::NamedTempFile::new().expect("a file for the trace");
        let mut strace = command
            .args(["-f", "-y", "-e", "signal=none", "-o"])
            .arg(trace.path())
            .args(["-e", &format!("trace=execve,{calls}")])
            .args(["-e", &format!("inject={calls}:signal=SIGKILL:when={nth}")])
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
        let pid = intake.pid().to_string();
        let mut killer = Self::new(calls, nth, &["-p", &pid], &mut Command::new("strace"));
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
        Self::new(calls, nth, &[&path], &mut command)
    }

    /// The process that strace has started.
    fn first_pid(&self) -> u32 {
        let trace = fs::read_to_string(self.trace.path()).expect("a trace");
        let pid = trace.split_whitespace().next();
        let pid = pid.expect("strace cannot start the service; this machine must allow ptrace");
        pid.parse().expect("a number")
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
        let (_, call) = line.split_once(char::is_whitespace)?;
        let (name, arguments) = call.trim_start().split_once('(')?;
        let target = arguments
            .rsplit_once(".json\"")
            .map(|_| "record")
            .or_else(|| arguments.contains(".md\"").then_some("draft"))
            .or_else(|| arguments.contains("submissions/.tmp-").then_some("aside"))
            .or_else(|| arguments.contains(".key").then_some("key"))
            .or_else(|| arguments.contains(".tmp-key-").then_some("key"))
            .or_else(|| arguments.contains("mailbox").then_some("mailbox"))
            .or_else(|| arguments.contains("/submissions>").then_some("folder"))
            .or_else(|| arguments.contains("\"submissions\"").then_some("folder"))
            .unwrap_or("elsewhere");
        let name = name.strip_suffix("at2").unwrap_or(name);
        Some(format!("{} {target}", name.trim_end_matches("at")))
    }
}

impl Drop for Killer {
    fn drop(&mut self) {
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

#[test]
fn killed_at_every_step_of_a_write_each_submission_is_wholly_there_or_not_there() {
    let mut intake = Intake::start();
    let mut visited = BTreeSet::new();
    let mut number = 0;
    let mut swept = 0;
    for calls in STEPS {
        // Every run kills one call later, until the request and all its letters come through.
        for nth in 1.. {
            assert!(nth < 100, "{calls} is called without end");
            number += 1;
            let answers = Answers::number(number);
            let token = intake.token();
            let mut connection = Connection::open(&intake);
            let mut killer = Killer::attach(&intake, calls, nth);
            let (head, body) = Connection::form("/", &answers.sent(&token, "submit"), "");
            connection.write(&(head + &body));
            let said_yes = connection.answer().starts_with("HTTP/1.1 303");
            let survived = said_yes
                && eventually("the letters sent, or the end", || {
                    if killer.has_killed() {
                        Some(false)
                    } else {
                        all_sent(&intake, &token).then_some(true)
                    }
                });
            intake.kill();
            killer.strace.wait().expect("it ends");
            if !survived {
                visited.extend(killer.place());
            }

            swept += start_after_kill(&mut intake);
            let there = is_whole(&intake, &token, &answers);
            assert!(
                there || !said_yes,
                "{calls} {nth}: a yes, and nothing there"
            );
            let again = intake.post("/", &answers.sent(&token, "submit"));
            assert_eq!(again.status, 303, "{calls} {nth}");
            assert!(is_whole(&intake, &token, &answers));
            assert_eq!(intake.queued(".json").len(), number);
            assert_eq!(intake.queued(".md").len(), number);
            eventually("the letters sent", || {
                all_sent(&intake, &token).then_some(())
            });
            if survived {
                break;
            }
        }
    }
    println!("{number} runs, {swept} files swept, killed at: {visited:#?}");
    for step in [
        "flock folder",
        "open folder",
        "open record",
        "open aside",
        "write aside",
        "fsync aside",
        "rename record",
        "fsync folder",
        "rename draft",
    ] {
        assert!(visited.contains(step), "never killed at: {step}");
    }
    assert!(swept > 0, "no kill left anything to sweep");
    intake.letters(2 * number);
}

#[test]
fn killed_at_every_step_of_its_very_first_start_the_next_start_is_good() {
    let mut visited = BTreeSet::new();
    for calls in [
        "?mkdir,mkdirat",
        "write",
        "fsync",
        "?rename,renameat,renameat2",
        "?link,linkat",
        "?unlink,unlinkat",
    ] {
        for nth in 1.. {
            assert!(nth < 100, "{calls} is called without end");
            let mut intake = Intake::at_rest_with(&[]);
            let mut killer = Killer::start(&intake, calls, nth);
            let stdout = killer.strace.stdout.take().expect("its standard output");
            let started = BufReader::new(stdout).lines().next().is_some();
            if started {
                // It may meet its call just now.
                let pid = killer.first_pid().to_string();
                let _ = Command::new("kill").args(["-KILL", &pid]).status();
            }
            killer.strace.wait().expect("it ends");
            if !started {
                visited.extend(killer.place());
            }
            start_after_kill(&mut intake);
            intake.submit(&Answers::seed());
            intake.letters(2);
            let key = intake.folder.path().join("submissions.key");
            assert_eq!(fs::read_to_string(&key).expect("a key").trim().len(), 64);
            if started {
                break;
            }
        }
    }
    println!("killed at: {visited:#?}");
    for step in ["mkdir folder", "write key", "fsync key"] {
        assert!(visited.contains(step), "never killed at: {step}");
    }
}

/// A little chance, the same in each run; when exactly a thread is killed, the machine decides.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn what_was_answered_with_yes_outlives_forty_kills_under_load() {
    const THREADS: usize = 3;
    const EACH: usize = 2;
    let mut intake = Intake::start();
    let mut chance = Chance(7);
    let said_yes = Mutex::new(BTreeMap::new());
    let unanswered = Mutex::new(Vec::new());
    let number = AtomicUsize::new(0);
    for _ in 0..40 {
        let yes = AtomicUsize::new(0);
        let begun = AtomicUsize::new(0);
        let wanted = chance.below((THREADS * EACH) as u64) as usize;
        let moment = Duration::from_micros(chance.below(8_000));
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..EACH {
                        // What was not answered is sent again, as a person would.
                        let waiting = unanswered.lock().expect("a list").pop();
                        let form = waiting.or_else(|| {
                            let number = number.fetch_add(1, Ordering::Relaxed);
                            Some((intake.try_token()?, Answers::number(number)))
                        });
                        let Some((token, answers)) = form else { return };
                        begun.fetch_add(1, Ordering::Relaxed);
                        match intake.try_post("/", &answers.sent(&token, "submit")) {
                            Some(answer) => {
                                assert_eq!(answer.status, 303, "{}", answer.body);
                                said_yes.lock().expect("a list").insert(token, answers);
                                yes.fetch_add(1, Ordering::Relaxed);
                            }
                            None => unanswered.lock().expect("a list").push((token, answers)),
                        }
                    }
                });
            }
            eventually("some answers", || {
                let enough = yes.load(Ordering::Relaxed) >= wanted;
                let going = begun.load(Ordering::Relaxed) > wanted;
                (enough && going).then_some(())
            });
            let now = Instant::now();
            while now.elapsed() < moment {
                std::hint::spin_loop();
            }
            send_signal(intake.pid(), "-KILL");
        });
        intake.wait();
        start_after_kill(&mut intake);
    }
    let mut said_yes = said_yes.into_inner().expect("a list");
    let unanswered = unanswered.into_inner().expect("a list");
    println!(
        "{} were told yes, {} not answered",
        said_yes.len(),
        unanswered.len()
    );
    for (token, answers) in &said_yes {
        assert!(is_whole(&intake, token, answers), "{token} is lost");
    }
    for (token, answers) in unanswered {
        is_whole(&intake, &token, &answers);
        let answer = intake.post("/", &answers.sent(&token, "submit"));
        assert_eq!(answer.status, 303);
        said_yes.insert(token, answers);
    }
    assert_eq!(intake.queued(".json").len(), said_yes.len());
    assert_eq!(intake.queued(".md").len(), said_yes.len());
    intake.letters(2 * said_yes.len());
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

#[test]
fn a_full_disk_is_told_at_once_costs_no_word_and_leaves_nothing_behind() {
    let mut intake = Intake::at_rest_with(&[("INTAKE__QUEUE", "disk/submissions")]);
    let disk = SmallDisk::mount(&intake.folder.path().join("disk"), 512);
    intake.start_again();
    let queue = disk.folder.join("submissions");
    let mut answers = Answers::seed();
    answers.story = "A story that goes on and on. ".repeat(650).trim().into();
    let token = intake.token();
    let filler = disk.fill();
    assert_eq!(intake.get("/readyz").status, 503);
    let mut refusals = 0;
    // One page more is free at each try, so that the disk is full at every step of the write.
    loop {
        let answer = intake.post("/", &answers.sent(&token, "submit"));
        if answer.status == 303 {
            break;
        }
        refusals += 1;
        assert_eq!(answer.status, 503);
        assert_every_word_kept(&answer, &answers);
        assert_eq!(value_of(&answer.body, "token").as_ref(), Some(&token));
        assert_eq!(names(&queue, ""), [""; 0], "left behind");
        let length = filler.metadata().expect("its length").len();
        filler.set_len(length - PAGE).expect("a page freed");
    }
    assert!(refusals > 10, "only {refusals} refusals");
    let draft = fs::read_to_string(queue.join(format!("{}.md", id_of(&token))));
    assert_eq!(draft.expect("a draft").trim_end(), answers.draft());

    // How a letter was sent cannot be recorded until there is space again, so no more are sent.
    intake.letters(1);
    filler.set_len(0).expect("the disk freed");
    let id = id_of(&token);
    eventually("the letters recorded", || {
        let states = intake.letter_states(id);
        states
            .iter()
            .all(|(state, _)| state == "sent")
            .then_some(())
    });
    intake.letters(2);
    assert_eq!(names(&queue, "").len(), 2);
    assert_eq!(intake.get("/readyz").status, 200);
    let log = intake.log();
    assert!(log.contains("No space left on device"), "{log}");
    intake.stop();
}

#[test]
fn two_processes_on_one_queue_lose_nothing_and_double_no_letter() {
    let server = MailServer::start("accept");
    let url = server.url();
    let mut first = Intake::start_with(&[("INTAKE__MAIL__TRANSPORT", &url)]);
    let queue = first.queue();
    let second = Intake::start_with(&[
        ("INTAKE__MAIL__TRANSPORT", &url),
        ("INTAKE__QUEUE", queue.to_str().expect("a path")),
    ]);
    // Each form is opened at one of them and sent to the other, and half of them to both.
    let send = |numbers: std::ops::Range<usize>| {
        for number in numbers {
            let answers = Answers::number(number);
            let token = first.token();
            let other = second.post("/", &answers.sent(&token, "submit"));
            assert_eq!(other.status, 303);
            if number.is_multiple_of(2) {
                let again = first.post("/", &answers.sent(&token, "submit"));
                assert_eq!(again.location, other.location);
            }
            first.submit(&Answers::number(1000 + number));
        }
    };
    thread::scope(|scope| {
        for thread in 0..4 {
            let send = &send;
            scope.spawn(move || send(thread * 5..thread * 5 + 5));
        }
    });
    // One of them goes while letters are still owed; the other sends the rest.
    first.stop();
    second.submit(&Answers::number(5000));
    let all = 41;
    let letters = server.letters(2 * all);
    let ids: BTreeSet<&str> = letters
        .iter()
        .map(|(letter, _)| letter.headers["Message-ID"].as_str())
        .collect();
    assert_eq!(ids.len(), 2 * all, "no letter twice");
    let listed = second.run(&["list", "--json"]);
    assert_eq!(listed.status, Some(0), "{}", listed.err);
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed.out).expect("JSON");
    let titles: BTreeSet<&str> = listed
        .iter()
        .map(|summary| summary["title"].as_str().expect("a title"))
        .collect();
    assert_eq!((listed.len(), titles.len()), (all, all));
    assert!(is_sorted_newest_first(&listed));
    assert_eq!(second.run(&["check"]).status, Some(0));
    drop(second);
    assert_eq!(leftovers(&first).len(), 0);
}

fn is_sorted_newest_first(listed: &[serde_json::Value]) -> bool {
    listed.is_sorted_by(|a, b| a["id"].as_str() >= b["id"].as_str())
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_hides_no_other() {
    let mut intake = Intake::start();
    let good = Answers::number(1);
    intake.submit(&good);
    intake.letters(2);
    let token = intake.token();
    let answer = intake.post("/", &Answers::seed().sent(&token, "submit"));
    assert_eq!(answer.status, 303);
    intake.letters(4);
    eventually("the letters recorded", || {
        all_sent(&intake, &token).then_some(())
    });
    let record = intake.queue_file(&format!("{}.json", id_of(&token)));
    intake.stop();

    let spoilt: [(&str, &[u8]); 6] = [
        ("00000000-0000-7000-8000-00000000000a", b""),
        ("00000000-0000-7000-8000-00000000000b", b"\xff\xfe\0garbage"),
        (
            "00000000-0000-7000-8000-00000000000c",
            &record.as_bytes()[..record.len() / 2],
        ),
        // The record of another submission under a wrong name.
        ("00000000-0000-7000-8000-00000000000d", record.as_bytes()),
        ("00000000-0000-7000-8000-00000000000e", b"{}"),
        ("00000000-0000-7000-8000-00000000000f", b"[null]"),
    ];
    for (id, bytes) in spoilt {
        fs::write(intake.queue().join(format!("{id}.json")), bytes).expect("written");
    }
    let lost = intake
        .queue()
        .join("00000000-0000-7000-8000-000000000001.md");
    fs::write(&lost, "a draft whose record was lost").expect("written");

    intake.start_again();
    for (id, _) in spoilt {
        assert!(intake.log().contains(id), "{id} in the log");
    }
    let listed = intake.run(&["list"]);
    assert_eq!(listed.status, Some(1));
    assert!(listed.out.contains("Campaign 1 ("), "{}", listed.out);
    assert!(listed.out.contains("Trade Union Campaigns ("));
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(1));
    for (id, bytes) in spoilt {
        let name = format!("{id}.json");
        assert!(listed.err.contains(&name), "{name} in: {}", listed.err);
        let judged = checked.out.lines().find(|line| line.contains(&name));
        assert!(judged.is_some_and(|line| line.starts_with("WRONG")));
        let left = fs::read(intake.queue().join(name)).expect("still there");
        assert_eq!(left, bytes, "left as it was, for people to mend");
    }
    assert!(checked.out.contains("000000000001.md has no record"));
    for said in [&listed.err, &checked.out, &checked.err, &intake.log()] {
        assert!(!said.contains("zelda"), "what records hold is private");
    }
    intake.submit(&Answers::number(2));
    intake.letters(6);
    assert!(intake.get("/metrics").body.contains("unreadable 6"));
}

#[test]
fn one_form_sent_from_sixteen_places_at_once_is_one_submission() {
    let intake = Intake::start();
    let answers = Answers::seed();
    let token = intake.token();
    let links: BTreeSet<String> = thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let answer = intake.post("/", &answers.sent(&token, "submit"));
                    assert_eq!(answer.status, 303, "{}", answer.body);
                    answer.location
                })
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    assert_eq!(links.len(), 1, "the same answer to all");
    assert_eq!(intake.queued(".json").len(), 1);
    assert!(is_whole(&intake, &token, &answers));
    intake.letters(2);

    let mut other = answers.clone();
    other.story = "Quite another story, of another campaign. ".repeat(9);
    other.story = other.story.trim().into();
    let answer = intake.post("/", &other.sent(&token, "submit"));
    assert_eq!(answer.status, 409);
    assert_every_word_kept(&answer, &other);
    assert!(is_whole(&intake, &token, &answers), "the first stands");
}

#[test]
fn of_different_texts_sent_at_once_with_one_token_one_wins_and_the_others_are_told() {
    let intake = Intake::start();
    let token = intake.token();
    let told: Vec<(usize, u16)> = thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|number| {
                let (intake, token) = (&intake, &token);
                scope.spawn(move || {
                    let answers = Answers::number(number);
                    let answer = intake.post("/", &answers.sent(token, "submit"));
                    if answer.status == 409 {
                        assert_every_word_kept(&answer, &answers);
                    }
                    (number, answer.status)
                })
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    let winners: Vec<usize> = told
        .iter()
        .filter(|(_, status)| *status == 303)
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(winners.len(), 1, "{told:?}");
    assert!(told.iter().all(|(_, status)| [303, 409].contains(status)));
    assert!(is_whole(&intake, &token, &Answers::number(winners[0])));
    intake.letters(2);
}

#[test]
fn a_stop_signal_lets_the_request_under_way_finish() {
    let mut intake = Intake::start();
    let answers = Answers::seed();
    let token = intake.token();
    let mut connection = Connection::open(&intake);
    let fields = answers.sent(&token, "submit");
    let (head, body) = Connection::form("/", &fields, "Expect: 100-continue\r\n");
    connection.write(&head);
    let mut under_way = String::new();
    while !under_way.ends_with("\r\n\r\n") {
        under_way.push(connection.read_byte().expect("the service wants the body"));
    }
    assert!(under_way.starts_with("HTTP/1.1 100"), "{under_way}");
    let (early, late) = body.split_at(body.len() / 2);
    connection.write(early);

    send_signal(intake.pid(), "-TERM");
    let address = intake.url.strip_prefix("http://").expect("an address");
    eventually("no new connections", || {
        TcpStream::connect(address).is_err().then_some(())
    });
    connection.write(late);
    let answer = connection.answer();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(is_whole(&intake, &token, &answers));
    let status = intake.wait();
    assert!(status.success(), "ended with {status}:\n{}", intake.log());

    intake.start_again();
    intake.letters(2);
}

#[test]
fn what_is_private_is_for_the_owner_s_eyes_only() {
    let intake = Intake::start();
    intake.submit(&Answers::seed());
    intake.letters(2);
    let mode = |path: PathBuf| {
        let meta = fs::metadata(&path).expect("a file");
        (meta.permissions().mode() & 0o777, path)
    };
    let record = intake.queue().join(&intake.queued(".json")[0]);
    let draft = intake.queue().join(&intake.queued(".md")[0]);
    let key = intake.folder.path().join("submissions.key");
    for (found, path) in [mode(record), mode(key)] {
        assert_eq!(found, 0o600, "{}", path.display());
    }
    let (found, _) = mode(draft);
    assert_eq!(found & 0o133, 0, "a draft is for reading");
}
