//! Two people send the same campaign: what the editors are told, the two side by side, and one of them
//! kept.

use crate::support::{Answers, Intake, Visitor};

use super::{
    ANN, BO, Conversation, NOBODY, ZELDA, assert_done, assert_page, assert_without, id_and_key,
    last_letter, settled,
};

/// The same campaign as somebody else tells it.
fn told_again() -> Answers {
    let seed = Answers::seed();
    Answers {
        title: "Trade Union Campaign".into(),
        story: seed.story.replacen("trade unions", "the unions", 2),
        organisation: "A local branch".into(),
        contact_name: "Otto Other-Canary".into(),
        contact_email: "otto@canary.example".into(),
        ..seed
    }
}

/// Another story.
fn unlike() -> Answers {
    Answers {
        title: "The Gritting Map".into(),
        story: "Every winter the council publishes which streets it has gritted. We laid that list \
            over the postcodes of people who came to the fracture clinic, and saw that two wards had \
            been left out for eleven years. Volunteers telephoned forty households, wrote down what \
            they heard and brought it to the committee in March."
            .into(),
        ..Answers::seed()
    }
}

fn send(intake: &Intake, answers: &Answers) -> String {
    let (id, _) = id_and_key(&intake.submit(answers));
    id
}

/// The path of the page that shows the two.
fn beside(id: &str, other: &str) -> String {
    format!("/desk/{id}/duplicate?of={other}")
}

#[test]
fn a_campaign_that_two_people_send_is_told_when_it_comes_in_and_on_both_pages() {
    let mut talk = Conversation::begin();
    let second = send(&talk.intake, &told_again());
    let letter = last_letter(&talk.intake, &second);
    assert!(letter.headers["To"].contains(BO), "{letter:?}");
    let words = "It may be a duplicate of “Trade Union Campaigns”, received on";
    assert!(letter.text.contains(words), "{}", letter.text);
    let page = beside(&second, &talk.id);
    assert!(letter.text.contains(&page), "{}", letter.text);
    assert!(letter.html.contains(&page), "{}", letter.html);
    // It names nobody who has sent one of the two.
    let said = format!("{}{}", letter.text, letter.html);
    assert_without("the letter", &said, &[ZELDA, "Quince", "Otto", "otto@"]);

    for (id, other, title) in [
        (&second, &talk.id, "Trade Union Campaigns"),
        (&talk.id, &second, "Trade Union Campaign"),
    ] {
        let desk = talk.ann.get(&talk.intake, &format!("/desk/{id}")).body;
        let (_, notice) = desk
            .split_once("This may be a duplicate")
            .expect("a notice");
        let notice = notice.lines().next().expect("a line");
        assert!(notice.contains(&beside(id, other)), "{notice}");
        assert!(notice.contains(title), "{notice}");
        assert!(
            notice.contains("(to be reviewed): nearly the same title and text"),
            "{notice}"
        );
    }
    let queue = talk.ann.get(&talk.intake, "/desk").body;
    assert_eq!(queue.matches("possible duplicate").count(), 1, "{queue}");

    // Side by side: what differs is marked, what is the same is folded.
    let page = talk.ann.get(&talk.intake, &page);
    assert_page(&page, 200);
    for words in [
        "<mark>A local branch</mark>",
        "<mark>Trade Unions Congress and other unions.</mark>",
        "The same in both",
        "Otto Other-Canary",
        "Zelda Quince-Canary",
        "Keep this one …",
        "Keep the other one …",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    // Who has left no link, and what is not there.
    let mut stranger = Visitor::new();
    let answer = stranger.get(&talk.intake, &beside(&second, &talk.id));
    assert_ne!(answer.status, 200);
    for nothing in [&second, NOBODY, "_config.yml", "_posts/none.md", ""] {
        let answer = talk.ann.get(&talk.intake, &beside(&second, nothing));
        assert_page(&answer, 404);
    }
}

#[test]
fn the_same_form_sent_again_and_an_unlike_story_of_the_same_people_are_no_duplicates() {
    let mut talk = Conversation::begin();
    let token = talk.intake.token();
    let answers = unlike();
    for _ in 0..2 {
        let answer = talk.intake.post("/", &answers.sent(&token, "submit"));
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let ids = talk.intake.ids();
    assert_eq!(ids.len(), 2);
    for id in &ids {
        let desk = talk.ann.get(&talk.intake, &format!("/desk/{id}")).body;
        assert!(!desk.contains("may be a duplicate"), "{desk}");
        assert!(!last_letter(&talk.intake, id).text.contains("duplicate"));
    }
    assert!(
        !talk
            .ann
            .get(&talk.intake, "/desk")
            .body
            .contains("possible duplicate")
    );
    // An edit makes them alike, and one of them unlike again.
    let other = ids
        .iter()
        .find(|id| **id != talk.id)
        .expect("another")
        .clone();
    assert_done(&talk.edit(&answers));
    let desk = talk.ann.get(&talk.intake, &format!("/desk/{other}")).body;
    assert!(desk.contains("may be a duplicate"), "{desk}");
    assert_done(&talk.edit(&Answers::seed()));
    let desk = talk.ann.get(&talk.intake, &format!("/desk/{other}")).body;
    assert!(!desk.contains("may be a duplicate"), "{desk}");
}

#[test]
fn what_an_editor_has_said_is_none_is_asked_no_more_on_either_page() {
    let mut talk = Conversation::begin();
    let second = send(&talk.intake, &told_again());
    settled(&talk.intake, &second);
    let id = talk.id.clone();
    let fields = [("action", "not_duplicate"), ("of", second.as_str())];
    assert_done(
        &talk
            .ann
            .fill_in(&talk.intake, &beside(&id, &second), &talk.desk, &fields),
    );
    for one in [&id, &second] {
        let desk = talk.ann.get(&talk.intake, &format!("/desk/{one}")).body;
        assert!(!desk.contains("may be a duplicate"), "{desk}");
    }
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(
        desk.contains("Ann said that it’s not a duplicate on"),
        "{desk}"
    );
    assert!(desk.contains("Trade Union Campaign"), "{desk}");
    let page = talk.ann.get(&talk.intake, &beside(&second, &id)).body;
    assert!(page.contains("aren’t duplicates."), "{page}");
    assert!(!page.contains("value=\"not_duplicate\""), "{page}");
    // Another editor still has the page open on which one of them was to be kept.
    let keep = [("action", "merge"), ("of", id.as_str())];
    let late = talk.ann.fill_in(
        &talk.intake,
        &beside(&second, &id),
        &format!("/desk/{second}"),
        &keep,
    );
    assert_eq!(late.status, 409, "{}", late.body);
    let queue = talk.ann.get(&talk.intake, "/desk").body;
    assert!(!queue.contains("possible duplicate"), "{queue}");
    // A third one is asked about, and the answer about the second stands after a restart.
    talk.intake.stop();
    talk.intake.start_again();
    let third = send(&talk.intake, &told_again());
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(desk.contains(&beside(&id, &third)), "{desk}");
    assert!(!desk.contains(&beside(&id, &second)), "{desk}");
}

#[test]
fn merging_keeps_one_links_the_other_tells_its_campaigner_and_can_be_taken_back() {
    let mut talk = Conversation::begin();
    let link = talk.intake.submit(&told_again());
    let (second, _) = id_and_key(&link);
    settled(&talk.intake, &second);
    let desk = format!("/desk/{second}");
    // Nothing that is not there can be kept.
    for (nothing, status) in [(NOBODY, 409), (second.as_str(), 409), ("", 422)] {
        let fields = [("action", "merge"), ("of", nothing), ("step", "show")];
        let answer = talk.ann.fill_in(&talk.intake, &desk, &desk, &fields);
        assert_page(&answer, status);
    }
    let fields = [
        ("action", "merge"),
        ("of", talk.id.as_str()),
        ("step", "show"),
    ];
    let shown = talk.ann.fill_in(&talk.intake, &desk, &desk, &fields);
    assert_page(&shown, 200);
    assert!(
        shown.body.contains("already have another case study"),
        "{}",
        shown.body
    );
    assert_without("the mail", &shown.body, &[ZELDA, "Quince"]);
    assert!(
        shown
            .body
            .contains(&format!("name=\"of\" value=\"{}\"", talk.id))
    );
    let fields = [
        ("action", "merge"),
        ("of", talk.id.as_str()),
        ("letter", "We have it already.\n\nThank you!"),
        ("send", "yes"),
    ];
    assert_done(&talk.ann.fill_in(&talk.intake, &desk, &desk, &fields));
    let record = settled(&talk.intake, &second);
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    assert_eq!(record["stage"], "declined");
    assert_eq!(record["duplicates"]["merged_into"]["submission"], talk.id);
    assert_eq!(
        record["revisions"][0]["answers"]["title"],
        "Trade Union Campaign"
    );
    let letter = last_letter(&talk.intake, &second);
    assert!(
        letter.headers["To"].contains("otto@canary.example"),
        "{letter:?}"
    );
    assert!(
        letter.text.contains("We have it already."),
        "{}",
        letter.text
    );

    // Each page leads to the other, and neither asks any more.
    let page = talk.ann.get(&talk.intake, &desk).body;
    assert!(page.contains("Another one is kept instead"), "{page}");
    assert!(
        page.contains(&format!("href=\"/desk/{}\"", talk.id)),
        "{page}"
    );
    assert!(page.contains("Ann merged it into another one on"), "{page}");
    let kept = talk.ann.get(&talk.intake, &talk.desk).body;
    let (_, merged) = kept.split_once("Merged into this one").expect("a notice");
    assert!(merged.contains(&format!("href=\"{desk}\"")), "{kept}");
    for page in [&page, &kept] {
        assert!(!page.contains("may be a duplicate"), "{page}");
    }
    let queue = talk.ann.get(&talk.intake, "/desk").body;
    assert!(queue.contains("<span>merged</span>") && !queue.contains("possible duplicate"));
    // The campaigner is told the truth, and nothing of the other one.
    let own = talk.intake.get(&link).body;
    assert!(
        own.contains("another case study that’s almost the same"),
        "{own}"
    );
    assert_without("the private page", &own, &[ZELDA, "Quince", &talk.id]);

    // What is merged cannot be kept itself.
    let fields = [("action", "merge"), ("of", second.as_str())];
    let answer = talk.on_the_desk(&fields);
    assert_page(&answer, 409);
    assert!(
        answer.body.contains("The other one can’t be kept"),
        "{}",
        answer.body
    );

    let fields = [("action", "take_back")];
    assert_done(&talk.ann.fill_in(&talk.intake, &desk, &desk, &fields));
    let record = talk.intake.record(&second);
    assert_eq!(record["stage"], "received");
    assert!(record["duplicates"]["merged_into"].is_null(), "{record}");
    let kept = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(!kept.contains("Merged into this one"), "{kept}");
    assert!(kept.contains("may be a duplicate"), "{kept}");
    assert!(!talk.intake.get(&link).body.contains("almost the same"));
}

#[test]
fn two_editors_who_keep_one_each_keep_one() {
    let talk = Conversation::begin();
    let second = send(&talk.intake, &told_again());
    settled(&talk.intake, &second);
    let mut ann = Visitor::sign_in(&talk.intake, ANN);
    let mut bo = Visitor::sign_in(&talk.intake, BO);
    for _ in 0..5 {
        let merge = |who: &mut Visitor, id: &str, kept: &str| {
            let desk = format!("/desk/{id}");
            let fields = [("action", "merge"), ("of", kept)];
            who.fill_in(&talk.intake, &desk, &desk, &fields).status
        };
        let mut statuses = std::thread::scope(|scope| {
            let first = scope.spawn(|| merge(&mut ann, &talk.id, &second));
            let other = scope.spawn(|| merge(&mut bo, &second, &talk.id));
            [first, other].map(|one| one.join().expect("an answer"))
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        for id in [&talk.id, &second] {
            if talk.intake.record(id)["stage"] == "declined" {
                let desk = format!("/desk/{id}");
                let fields = [("action", "take_back")];
                assert_done(&ann.fill_in(&talk.intake, &desk, &desk, &fields));
            }
        }
    }
}

#[test]
fn what_is_published_is_not_merged_away_and_what_is_erased_keeps_no_more_than_its_draft() {
    let mut talk = Conversation::begin();
    let second = send(&talk.intake, &told_again());
    settled(&talk.intake, &second);
    for action in ["approve", "publish"] {
        assert_done(&talk.on_the_desk(&[("action", action)]));
    }
    let page = talk.ann.get(&talk.intake, &beside(&second, &talk.id)).body;
    assert!(
        page.contains("The other one is on the blog. To keep this one instead"),
        "{page}"
    );
    assert!(page.contains("Keep the other one …") && !page.contains("Keep this one …"));
    let answer = talk.on_the_desk(&[("action", "merge"), ("of", &second)]);
    assert_page(&answer, 409);

    // The other one is erased: its numbers are those of what its draft shows.
    let numbers = |intake: &Intake| {
        let table = intake.table("likeness");
        let of = |line: &str| line.split('|').nth(1).map(str::to_owned);
        let second = table
            .lines()
            .filter(|line| of(line).as_deref() == Some("2"));
        second.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = numbers(&talk.intake);
    assert!(before.len() > 10, "{before:?}");
    let ran = talk.intake.run(&["erase", &second]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(numbers(&talk.intake), before);
    let page = talk.ann.get(&talk.intake, &beside(&talk.id, &second)).body;
    assert_without("the page", &page, &["Otto", "otto@"]);
}

#[test]
fn a_store_of_before_finds_what_came_in_then() {
    let mut talk = Conversation::begin();
    talk.intake.stop();
    talk.intake.change("DELETE FROM likeness");
    talk.intake
        .change("DELETE FROM fact WHERE name = 'search index'");
    talk.intake.start_again();
    let desk = talk.desk.clone();
    crate::support::eventually("the index", || {
        (talk.intake.table("likeness").lines().count() > 10).then_some(())
    });
    let second = send(&talk.intake, &told_again());
    let letter = last_letter(&talk.intake, &second);
    assert!(
        letter.text.contains("It may be a duplicate of"),
        "{}",
        letter.text
    );
    assert!(
        talk.ann
            .get(&talk.intake, &desk)
            .body
            .contains("may be a duplicate")
    );
}
