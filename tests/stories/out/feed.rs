//! An editor who follows the queue in a feed reader.

use std::fs;

use super::{asked, send_spam};
use crate::{
    desk::{ANN, ANN_AND_BO, BO, assert_without},
    support::{Answer, Answers, Intake, Visitor, eventually},
};

/// The path of the editor's feed, as the desk shows it.
#[track_caller]
fn feed_of(intake: &Intake, editor: &mut Visitor) -> String {
    let page = editor.get(intake, "/desk/sessions").body;
    let (_, rest) = page.split_once("/feed/").expect("an address");
    let key = rest.split('"').next().expect("its end");
    format!("/feed/{key}")
}

/// What a feed reader finds, after a strict one has found nothing wrong.
#[track_caller]
fn read(feed: &Answer) -> serde_json::Value {
    assert_eq!(feed.status, 200, "{}", feed.body);
    let kind = &feed.headers["content-type"];
    assert_eq!(kind, "application/atom+xml; charset=utf-8");
    let found = asked("/usr/bin/python3", "feed.py", &feed.body);
    let entries = found["entries"].as_array().map(Vec::len);
    let counted = asked("/usr/bin/ruby", "feed.rb", &feed.body);
    assert_eq!(counted.as_u64(), entries.map(|count| count as u64));
    found
}

#[test]
fn a_feed_reader_shows_what_comes_in_and_how_it_stands_and_nothing_private() {
    let intake = Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let feed = feed_of(&intake, &mut ann);
    assert_eq!(read(&intake.get(&feed))["entries"], serde_json::json!([]));

    let mut answers = Answers::seed();
    answers.title = "Łódź & <b>\"東京\"</b> ]]>".into();
    answers.story = format!("The storycanary. {}", answers.story);
    intake.submit(&answers);
    let id = &intake.ids()[0];
    let queue = ann.get(&intake, "/desk").body;
    assert!(queue.contains("href=\"/desk/sessions#feed\""), "{queue}");
    let received = intake.get(&feed);
    let found = read(&received);
    let entry = &found["entries"][0];
    assert_eq!(entry["id"], format!("urn:uuid:{id}"));
    assert_eq!(entry["title"], answers.title);
    assert_eq!(entry["kind"], "text/plain");
    assert_eq!(entry["stage"], "received");
    assert_eq!(entry["link"], format!("{}/desk/{id}", intake.url));
    let private = ["Quince", "canary.example", "storycanary", ANN];
    assert_without("the feed", &received.body, &private);

    // A reader that has it already is told so, until something changes.
    let tag = received.headers["etag"].clone();
    let again =
        |tag: &str| Visitor::new().send(&intake, "GET", &feed, &[("if-none-match", tag)], &[]);
    let unchanged = again(&tag);
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
    assert_eq!(again(&format!("\"other\", W/{tag}")).status, 304);
    let page = format!("/desk/{id}");
    let fields = [("action", "approve"), ("step", "do")];
    ann.fill_in(&intake, &page, &page, &fields);
    let changed = again(&tag);
    let found = read(&changed);
    assert_eq!(found["entries"][0]["stage"], "approved");
    assert_ne!(found["entries"][0]["updated"], entry["updated"]);
}

#[test]
fn a_feed_holds_the_newest_fifty_and_nothing_of_what_looks_like_spam() {
    let mut intake = Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
    for number in 0..52 {
        intake.submit(&Answers::number(number));
    }
    send_spam(&mut intake);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let feed = feed_of(&intake, &mut ann);
    let found = read(&intake.get(&feed));
    let entries = found["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 50);
    assert_eq!(entries[0]["title"], Answers::number(51).title);
    assert_eq!(entries[49]["title"], Answers::number(2).title);
    let aside = ann.get(&intake, "/desk?stage=quarantined").body;
    assert!(aside.contains("spamcanary"), "{aside}");
}

#[test]
fn a_feed_is_one_editors_can_be_changed_and_ends_when_they_leave() {
    let mut intake = Intake::at_rest_with(&[]);
    let file = intake.folder.path().join("config/intake.yaml");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, format!("editors: {ANN_AND_BO}\n")).expect("written");
    intake.start_again();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut bo = Visitor::sign_in(&intake, BO);
    let (anns, bos) = (feed_of(&intake, &mut ann), feed_of(&intake, &mut bo));
    assert_ne!(anns, bos);
    for wrong in ["/feed/", "/feed/0", &anns[..anns.len() - 1]] {
        assert_eq!(intake.get(wrong).status, 404, "{wrong}");
    }

    ann.fill_in(
        &intake,
        "/desk/sessions",
        "/desk/sessions",
        &[("action", "change_feed")],
    );
    let new = feed_of(&intake, &mut ann);
    assert_ne!(anns, new);
    assert_eq!(intake.get(&anns).status, 404);
    assert_eq!(intake.get(&new).status, 200);
    assert_eq!(intake.get(&bos).status, 200);

    let without = "editors: [{name: Ann, email: ann@desk.example}]\n";
    fs::write(&file, without).expect("written");
    eventually("Bo's feed has ended", || {
        // Any change wakes the job that looks who has left.
        intake.post("/lost-link", &[("email", "nobody@canary.example")]);
        (intake.get(&bos).status == 404).then_some(())
    });
    assert_eq!(intake.get(&new).status, 200);
    let key = new.trim_start_matches("/feed/");
    assert_without("the log", &intake.log(), &[key]);
}
