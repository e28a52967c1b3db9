//! Clients that are slow on purpose, or want much: nobody else notices.

use std::{
    fs,
    io::Write,
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use super::with_limits;
use crate::support::{Answers, Intake, Visitor, eventually};

/// What the service may use at most is 150 MB, of which the release build takes 34 MB once it has
/// answered a few times. What is counted is what comes on top, because this build begins at twice as
/// much: its code is that large.
const LEFT_OF_150_MB: u64 = 116_000;

/// The story needs as many connections as the service.
fn open_more_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).expect("more open files");
}

/// A connection from one of this machine's addresses: 127.0.0.2, 127.0.0.3 …
fn connect(intake: &Intake, from: usize) -> TcpStream {
    let address = intake.url.strip_prefix("http://").expect("an address");
    let address: SocketAddr = address.parse().expect("an address");
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let own = SocketAddr::from(([127, 0, 0, 2 + u8::try_from(from).expect("few")], 0));
    socket
        .bind(&own.into())
        .expect("an address of this machine");
    socket.connect(&address.into()).expect("a connection");
    socket.into()
}

/// What the process uses of memory now, and has used at most, in kilobytes.
fn memory(intake: &Intake) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{}/status", intake.pid())).expect("a process");
    let line = |name: &str| {
        let line = status
            .lines()
            .find(|line| line.starts_with(name))
            .expect("a line");
        let number = line.split_whitespace().nth(1).expect("a number");
        number.parse().expect("kilobytes")
    };
    (line("VmRSS:"), line("VmHWM:"))
}

fn open_sockets(intake: &Intake) -> usize {
    let folder = format!("/proc/{}/fd", intake.pid());
    let entries = fs::read_dir(folder).expect("its files");
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count()
}

/// The machine may be busy with other stories, so the quickest of a few counts.
#[track_caller]
fn assert_quick(intake: &Intake) {
    let quickest = (0..5).map(|_| {
        let begun = Instant::now();
        assert_eq!(intake.get("/").status, 200);
        begun.elapsed()
    });
    let quickest = quickest.min().expect("a few");
    assert!(quickest < Duration::from_secs(1), "{quickest:?}");
}

/// A form post as large as is read, of which this much is in one field.
fn head(length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[test]
fn two_thousand_slow_connections_and_fifty_large_bodies_keep_nobody_waiting() {
    open_more_files();
    let intake = with_limits(&[]);
    assert_quick(&intake);
    let (idle, _) = memory(&intake);
    // Of forty clients, and of one that opens as many again.
    let mut slow: Vec<TcpStream> = (0..2_000)
        .map(|number| connect(&intake, 1 + number % 40))
        .collect();
    slow.extend((0..500).map(|_| connect(&intake, 0)));
    for (number, stream) in slow.iter_mut().enumerate() {
        let begun = match number % 2 {
            0 => "GET / HTTP/1.1\r\nHost: local".to_owned(),
            _ => head(100_000) + "title=a",
        };
        // Those that were one too many are closed already.
        let _ = stream.write_all(begun.as_bytes());
    }
    assert_quick(&intake);
    let body = format!("action=check&story={}", "%22".repeat(340_000));
    std::thread::scope(|scope| {
        for from in 0..50 {
            let (intake, body) = (&intake, &body);
            scope.spawn(move || {
                let mut stream = connect(intake, 50 + from);
                let _ = stream.write_all(head(body.len()).as_bytes());
                let _ = stream.write_all(body.as_bytes());
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            });
        }
        assert_quick(&intake);
    });
    assert_quick(&intake);
    let (_, most) = memory(&intake);
    println!("idle {idle} kB, at most {most} kB");
    assert!(most - idle < LEFT_OF_150_MB, "{idle} kB, then {most} kB");
}

#[test]
fn who_does_not_read_is_left_and_costs_little_meanwhile() {
    open_more_files();
    let intake = with_limits(&[]);
    let mut deaf = Vec::new();
    let (idle, _) = memory(&intake);
    let before = open_sockets(&intake);
    // As much as comes back on a page, each character in the longest way there is.
    let body = format!("action=edit&story={}", "%22".repeat(90_000));
    for number in 0..200 {
        let mut stream = connect(&intake, 1 + number % 100);
        stream.write_all(head(body.len()).as_bytes()).expect("sent");
        stream.write_all(body.as_bytes()).expect("sent");
        deaf.push(stream);
    }
    assert_quick(&intake);
    eventually("all to be left", || {
        (open_sockets(&intake) <= before + 5).then_some(())
    });
    let (now, most) = memory(&intake);
    println!("idle {idle} kB, {now} kB now, at most {most} kB");
    assert!(most - idle < 200_000, "{idle} kB, then {most} kB");
}

#[test]
fn a_form_is_read_up_to_a_bound_beyond_which_its_words_stay_in_the_browser() {
    let intake = with_limits(&[]);
    let mut answers = Answers::seed();
    // Too long, and kept all the same.
    answers.story = "y".repeat(60_000);
    let answer = intake.post("/", &answers.sent(&intake.token(), "check"));
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(&answers.story));
    answers.story = "y".repeat(200_000);
    let answer = intake.post("/", &answers.sent(&intake.token(), "check"));
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("your words are still in the form"));
    let many: Vec<(String, String)> = (0..6_000)
        .map(|n| (format!("f{n}"), String::new()))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let answer = Visitor::new().post(&intake, "/", &many);
    assert_eq!(answer.status, 413);
}
