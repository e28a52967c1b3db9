//! What happens while a page of the desk is open is told there.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::{
    chromium::Browser,
    desk::{ANN, BO},
    support::{Answers, Visitor, eventually},
};

use super::forty::Forty;

/// Until the page says this; what it said before is in the way of nobody.
#[track_caller]
fn is_told(browser: &Browser, words: &str) {
    eventually(words, || (browser.text(".told") == words).then_some(()));
}

#[test]
fn two_editors_see_what_comes_in_and_what_the_other_does() {
    let forty = Forty::begin_with(2);
    let (intake, ids) = (&forty.intake, &forty.ids);
    let (ann, bo) = (Browser::start(), Browser::start());
    forty.let_in(&ann, ANN);
    forty.let_in(&bo, BO);
    let page = format!("{}/desk/{}", intake.url, ids[0]);

    // In the queue, what comes in.
    assert_eq!(ann.text(".told"), "");
    assert_eq!(ann.text("[data-count=all]"), "2");
    let mut more = Answers::number(7);
    more.title = "What came in meanwhile".into();
    intake.submit(&more);
    is_told(&ann, "A new submission has come in. Show it as it is now");
    assert_eq!(ann.text("[data-count=all]"), "3");
    assert_eq!(ann.text("[data-count=received]"), "3");
    ann.look_closely("live-queue");
    ann.follow("Show it as it is now");
    assert!(ann.texts(".entries a").contains(&more.title));
    assert_eq!(ann.text(".told"), "");

    // On a submission, who else looks at it, and what they have done.
    ann.open(&page);
    bo.open(&page);
    is_told(&ann, "Bo is looking at this too.");
    is_told(&bo, "Ann is looking at this too.");
    bo.open(&format!("{page}/edit"));
    is_told(&bo, "Ann is looking at this too.");
    bo.rewrite("title", "As Bo would have it");
    bo.push("Save");
    is_told(
        &ann,
        "Bo has changed this since you opened the page. Bo is looking at this too. Show it as it is now",
    );
    ann.look_closely("live-submission");
    ann.follow("Show it as it is now");
    assert_eq!(ann.text("h1"), "As Bo would have it");
    is_told(&ann, "Bo is looking at this too.");

    // Whoever has gone on does not look any more, and nobody is told of themselves.
    bo.open(&format!("{}/desk", intake.url));
    is_told(&ann, "");
    let elsewhere = ann.open_in_another_tab(&page);
    drop(elsewhere);
    is_told(&ann, "");
}

#[test]
fn a_stream_ends_with_its_session_and_holds_up_no_stop() {
    let mut forty = Forty::begin_with(1);
    let mut ann = Visitor::sign_in(&forty.intake, ANN);
    let paths = [
        "/desk/events".to_owned(),
        format!("/desk/{}/events", forty.ids[0]),
    ];
    let host = forty.intake.url.replace("http://", "");
    let listens = |ann: &Visitor, path: &str| {
        let mut stream = TcpStream::connect(&host).expect("the service");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("a limit");
        let cookies = ann.cookie_header();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut lines = BufReader::new(stream).lines();
        let head = lines.next().expect("an answer").expect("a line");
        assert_eq!(head, "HTTP/1.1 200 OK");
        let kind =
            lines.find_map(|line| line.ok()?.strip_prefix("content-type: ").map(String::from));
        assert_eq!(kind.as_deref(), Some("text/event-stream"));
        let data = lines.find_map(|line| line.ok()?.strip_prefix("data: ").map(String::from));
        let data = data.expect("an event");
        assert!(data.starts_with("{\"text\":\""), "{data}");
        lines
    };
    // Both end with the session, at the next beat.
    let open: Vec<_> = paths.iter().map(|path| listens(&ann, path)).collect();
    let out = ann.fill_in(&forty.intake, "/desk", "/desk/sign-out", &[]);
    assert_eq!(out.status, 303);
    for lines in open {
        assert!(lines.map_while(Result::ok).count() < 50);
    }
    let refused = ann.get(&forty.intake, "/desk/events");
    assert_eq!(
        (refused.status, refused.location.as_str()),
        (303, "/desk/sign-in")
    );

    // The service does not wait for those that are open, though their pages are.
    let ann = Visitor::sign_in(&forty.intake, ANN);
    let open: Vec<_> = paths.iter().map(|path| listens(&ann, path)).collect();
    let asked = Instant::now();
    forty.intake.stop();
    let needed = asked.elapsed();
    assert!(needed < Duration::from_secs(10), "{needed:?}");
    drop(open);
}
