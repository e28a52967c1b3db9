//! Whatever somebody sends to a port where HTTP is spoken, the answer has the headers of every other.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use crate::support::{Intake, eventually};

fn connect(url: &str) -> TcpStream {
    let address = url.strip_prefix("http://").expect("an address");
    let stream = TcpStream::connect(address).expect("a connection");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a limit");
    stream
}

/// What there is to read until the other side ends it.
fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // Where not all that was sent has been read, the end is a reset.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("text")
}

/// One answer whose length is told, on a connection that is kept.
fn one(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let mut byte = [0];
    while !answer.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        answer.push(char::from(byte[0]));
    }
    let length = answer
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a body");
    answer + &String::from_utf8(body).expect("text")
}

/// The answer has this status and all that every answer has, once, and nothing else.
#[track_caller]
fn assert_answers(answer: &str, status: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some(format!("HTTP/1.1 {status}").as_str()));
    assert_eq!(body, "");
    let mut names: Vec<&str> = lines
        .map(|line| line.split_once(": ").expect("a header").0)
        .filter(|name| *name != "connection")
        .collect();
    names.sort_unstable();
    let expected = [
        "cache-control",
        "content-length",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "date",
        "permissions-policy",
        "referrer-policy",
        "x-content-type-options",
        "x-frame-options",
        "x-request-id",
        "x-robots-tag",
    ];
    assert_eq!(names, expected, "{answer}");
}

const NO_HTTP: &[u8] = b"What is this?\r\n\r\n";
const ROBOTS: &[u8] = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn what_is_no_http_is_answered_with_the_headers_of_every_answer() {
    let intake = Intake::start();
    for url in [&intake.url, &intake.operators] {
        let mut stream = connect(url);
        stream.write_all(NO_HTTP).expect("sent");
        assert_answers(&rest(&mut stream), "400 Bad Request");
    }
    let mut stream = connect(&intake.url);
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}", "b".repeat(200_000));
    // It may be answered, and the connection ended, before all is sent.
    let _ = stream.write_all(long.as_bytes());
    assert_answers(&rest(&mut stream), "431 Request Header Fields Too Large");
    // Also after good ones, on the same connection.
    let mut stream = connect(&intake.url);
    for request in [ROBOTS, &[ROBOTS, ROBOTS].concat()] {
        stream.write_all(request).expect("sent");
        for _ in 0..request.len() / ROBOTS.len() {
            let answer = one(&mut stream);
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.ends_with("Disallow: /mine\n"), "{answer}");
            assert_eq!(answer.matches("x-frame-options").count(), 1, "{answer}");
        }
    }
    stream.write_all(NO_HTTP).expect("sent");
    assert_answers(&rest(&mut stream), "400 Bad Request");
    eventually("a line in the log", || {
        intake
            .log()
            .contains("answered what is no HTTP")
            .then_some(())
    });
    assert!(!intake.log().contains("What is this"), "{}", intake.log());
}

#[test]
fn who_does_not_come_to_an_end_is_told_so_with_the_headers_of_every_answer() {
    let intake = Intake::start();
    let mut stream = connect(&intake.url);
    stream.write_all(b"GET / HTTP/1.1\r\nHos").expect("sent");
    assert_answers(&rest(&mut stream), "408 Request Timeout");
}

#[test]
fn what_a_page_says_of_http_is_left_as_it_is() {
    let intake = Intake::start();
    // A page that was found nowhere, between two requests that are answered in one packet.
    let mut stream = connect(&intake.url);
    let page = "GET /HTTP/1.1%20400%20Bad%20Request HTTP/1.1\r\nHost: x\r\n\r\n";
    let requests = [ROBOTS, page.as_bytes(), ROBOTS].concat();
    stream.write_all(&requests).expect("sent");
    let first = one(&mut stream);
    let missing = one(&mut stream);
    let third = one(&mut stream);
    assert!(missing.starts_with("HTTP/1.1 404 Not Found\r\n"));
    assert_eq!(missing.matches("x-frame-options").count(), 1, "{missing}");
    assert_eq!(first.matches("x-request-id").count(), 1);
    assert!(third.ends_with("Disallow: /mine\n"), "{third}");
    stream.shutdown(Shutdown::Write).expect("ended");
    assert_eq!(rest(&mut stream), "");
}
