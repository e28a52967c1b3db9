//! The campaigner agrees before it is published: asked, answered or not, on the way to a real blog.

use jiff::{Timestamp, tz::TimeZone};

use crate::support::{Answer, Answers, Visitor, eventually};

use super::{Desk, PERMALINK, letters_of};

const OWN: &str = "https://blog.example/blog/{year}/{month}/{day}/{slug}";

/// A desk whose form has these lines besides.
fn desk_with(settings: &[(&str, &str)], lines: &str) -> Desk {
    Desk::prepared(settings, |intake| {
        let noun = format!("noun: case study\n{lines}\n");
        intake.case_study(&[(PERMALINK, OWN), ("noun: case study\n", &noun)]);
    })
}

/// One that an editor has changed and approved, so that the campaigner is asked; and its private page.
fn asked(desk: &mut Desk, date: &str) -> (String, String) {
    let private = desk.intake.submit(&Answers::seed());
    let id = private.split('/').nth(2).expect("an id").to_owned();
    let edited = Answers {
        title: "Edited title".into(),
        ..Answers::seed()
    };
    desk.edit(&id, &edited, &[("slug", "case-study-tuc"), ("date", date)]);
    desk.decide(&id, "approve");
    eventually("the letter", || letters_of(desk, "Are you happy").pop());
    (id, private)
}

/// Posts from the private page.
fn says(desk: &Desk, private: &str, fields: &[(&str, &str)]) -> Answer {
    Visitor::new().fill_in(&desk.intake, private, private, fields)
}

/// Nothing gets it onto the blog.
#[track_caller]
fn assert_held_back(desk: &mut Desk, id: &str) {
    let answer = desk.press(id, "publish");
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer.body.contains("hasn’t agreed to it yet"),
        "{}",
        answer.body
    );
    let all = desk.publish();
    assert!(
        all.out.contains("nothing to publish"),
        "{}{}",
        all.out,
        all.err
    );
    let named = desk.intake.run(&["publish", id]);
    assert_eq!(named.status, Some(1), "{}", named.out);
    assert!(
        named.err.contains("has not agreed to it yet"),
        "{}",
        named.err
    );
    let version = desk.intake.record(id)["version"].to_string();
    let pick = format!("{id}:{version}");
    let fields = [("action", "publish"), ("pick", pick.as_str())];
    let several = desk.ann.fill_in(&desk.intake, "/desk", "/desk", &fields);
    assert!(
        several.location.contains("done=0-1"),
        "{}",
        several.location
    );
    let all = [("action", "publish"), ("all", "yes")];
    let all = desk.ann.fill_in(&desk.intake, "/desk", "/desk", &all);
    assert!(
        !all.body.contains("Edited title") || all.status == 303,
        "{}",
        all.body
    );
    desk.ended(id);
    assert_eq!(desk.commits(), [""; 0]);
    assert_eq!(desk.stage(id), "approved");
}

/// The time to answer is over.
#[track_caller]
fn time_passes(desk: &mut Desk, id: &str) {
    eventually("the letter sent", || {
        let record = desk.intake.record_text(id);
        (!record.contains("\"pending\"")).then_some(())
    });
    desk.intake.stop();
    let mut record = desk.intake.record(id);
    record["sign_off"]["by"] = "2020-01-01".into();
    desk.intake.set_due(id, &record);
    desk.intake.start_again();
}

#[test]
fn where_agreement_is_required_the_campaigner_agrees_and_then_it_is_published() {
    let mut desk = desk_with(&[], "sign_off: require\nsign_off_within: 7 days");
    let (id, private) = asked(&mut desk, "2025-02-05");
    let letter = letters_of(&desk, "Are you happy")
        .pop()
        .expect("the letter");
    let words = [
        "{+Edited title+}",
        "We won’t publish it until",
        "{+_An intro._+}",
        &private,
    ];
    for words in words {
        assert!(letter.text.contains(words), "{words} in {}", letter.text);
    }
    assert!(letters_of(&desk, "will be published").is_empty());
    let page = desk.intake.get(&private).body;
    let day = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    let by = day.saturating_add(jiff::Span::new().days(7));
    let by = by.strftime("%-d %B %Y").to_string();
    for words in [
        "<h1>Are you happy with the edited post?</h1>",
        "<ins>Edited title</ins>",
        "<del>Trade Union Campaigns</del>",
        "I’m happy with the edited post",
        "We won’t publish it until",
        &format!("Please answer by {by}."),
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(letter.text.contains(&format!("Please answer by {by}.")));
    let review = desk.review(&id);
    assert!(
        review.contains("Waiting for the campaigner’s agreement"),
        "{review}"
    );
    assert!(!review.contains("value=\"publish\""), "{review}");
    let queue = desk.ann.get(&desk.intake, "/desk").body;
    assert!(
        queue.contains("waiting for the campaigner’s agreement"),
        "{queue}"
    );
    assert_held_back(&mut desk, &id);

    let agreed = says(&desk, &private, &[("action", "accept")]);
    assert_eq!(agreed.status, 303, "{}", agreed.body);
    let page = desk.intake.get(&private).body;
    assert!(page.contains("<h1>Approved</h1>"), "{page}");
    eventually("the editors told", || {
        letters_of(&desk, "Campaigner agrees").pop()
    });
    desk.publish_well();
    let there = desk.on_the_host(super::SEED_FILE).expect("published");
    assert!(there.contains("Edited title"), "{there}");

    // A change of what is published is asked about again.
    let again = Answers {
        title: "Edited again".into(),
        ..Answers::seed()
    };
    desk.edit(
        &id,
        &again,
        &[("slug", "case-study-tuc"), ("date", "2025-02-05")],
    );
    let review = desk.review(&id);
    assert!(
        review.contains("Ask the campaigner to agree</h2>"),
        "{review}"
    );
    let refused = desk.press(&id, "publish");
    assert_eq!(refused.status, 409, "{}", refused.body);
    desk.decide(&id, "ask_to_agree");
    let page = desk.intake.get(&private).body;
    assert!(
        page.contains("<h1>Are you happy with the changes?</h1>"),
        "{page}"
    );
    assert!(page.contains("<ins>again</ins>"), "{page}");
    let agreed = says(&desk, &private, &[("action", "accept")]);
    assert_eq!(agreed.status, 303, "{}", agreed.body);
    desk.publish_well();
    let there = desk.on_the_host(super::SEED_FILE).expect("published");
    assert!(there.contains("Edited again"), "{there}");
}

#[test]
fn the_editor_sees_that_the_campaigner_is_asked_and_what_they_will_read() {
    let mut desk = desk_with(&[], "sign_off: ask\nno_answer: publish");
    let id = desk.submitted(&Answers::seed());
    desk.edit(&id, &Answers::seed(), &[("slug", "case-study-tuc")]);
    let page = format!("/desk/{id}");
    let show = [
        ("action", "approve"),
        ("step", "show"),
        ("note", "Well done."),
    ];
    let shown = desk.ann.fill_in(&desk.intake, &page, &page, &show);
    assert_eq!(shown.status, 200);
    for words in [
        "asks them whether they agree",
        "Well done.",
        "{+_An intro._+}",
        "If we don’t hear from you by then, we’ll publish it as it is now.",
    ] {
        let body = shown.body.replace("&#39;", "'").replace("&#x27;", "'");
        assert!(body.contains(words), "{words} in {body}");
    }
    assert_eq!(desk.stage(&id), "received");
}

#[test]
fn a_suggestion_holds_it_back_until_the_campaigner_agrees_after_all() {
    for lines in ["sign_off: require", "sign_off: ask\nno_answer: publish"] {
        let mut desk = desk_with(&[], lines);
        let (id, private) = asked(&mut desk, "2025-02-05");
        let words = [("action", "suggest"), ("note", "Say that it was in May.")];
        assert_eq!(says(&desk, &private, &words).status, 303);
        let page = desk.intake.get(&private).body;
        assert!(page.contains("<h1>We have your suggestion</h1>"), "{page}");
        let problems = desk.ann.get(&desk.intake, "/desk?problems=yes").body;
        assert!(
            problems.contains("the campaigner suggests a change"),
            "{problems}"
        );
        let review = desk.review(&id);
        assert!(review.contains("Say that it was in May."), "{review}");
        assert_held_back(&mut desk, &id);
        // Asked again without a further edit, which the page that shows the email does not invent.
        let path = format!("/desk/{id}");
        let shows = [("action", "ask_to_agree"), ("step", "show")];
        let shown = desk.ann.fill_in(&desk.intake, &path, &path, &shows).body;
        assert!(
            shown.contains("The post has changes that the campaigner hasn’t agreed to"),
            "{shown}"
        );
        desk.decide(&id, "ask_to_agree");
        assert_held_back(&mut desk, &id);
        assert_eq!(says(&desk, &private, &[("action", "accept")]).status, 303);
        desk.publish_well();
        assert_eq!(desk.stage(&id), "published");
    }
}

#[test]
fn silence_leads_where_the_file_says_and_the_editors_are_told() {
    for (lines, agrees) in [
        ("sign_off: require", false),
        ("sign_off: ask", false),
        ("sign_off: ask\nno_answer: publish", true),
    ] {
        let mut desk = desk_with(&[], lines);
        let (id, private) = asked(&mut desk, "2025-02-05");
        assert_held_back(&mut desk, &id);
        time_passes(&mut desk, &id);
        let letter = eventually("the editors told", || {
            letters_of(&desk, "No answer from the campaigner").pop()
        });
        let can = letter.text.contains("it can be published now");
        assert_eq!(can, agrees, "{}", letter.text);
        let problems = desk.ann.get(&desk.intake, "/desk?problems=yes").body;
        let is_listed = problems.contains("no answer from the campaigner");
        assert_eq!(is_listed, !agrees, "{problems}");
        let page = desk.intake.get(&private).body;
        if agrees {
            assert!(page.contains("haven’t heard from you by"), "{page}");
            desk.publish_well();
        } else {
            assert!(page.contains("You still can."), "{page}");
            assert_held_back(&mut desk, &id);
            assert_eq!(says(&desk, &private, &[("action", "accept")]).status, 303);
            desk.decide(&id, "publish");
        }
        assert_eq!(desk.stage(&id), "published");
    }
}

#[test]
fn what_was_agreed_to_is_published_by_itself_where_the_file_says_so() {
    let silence = "sign_off: ask\nagreed: publish\nno_answer: publish";
    for (lines, answers) in [
        ("sign_off: require\nagreed: publish", true),
        (silence, false),
    ] {
        let mut desk = desk_with(&[], lines);
        let (id, private) = asked(&mut desk, "2025-02-05");
        assert_held_back(&mut desk, &id);
        let subject = match answers {
            true => {
                assert_eq!(says(&desk, &private, &[("action", "accept")]).status, 303);
                "Campaigner agrees"
            }
            false => {
                time_passes(&mut desk, &id);
                "No answer from the campaigner"
            }
        };
        eventually("its publication", || {
            (desk.stage(&id) == "published").then_some(())
        });
        assert_eq!(desk.commits().len(), 1);
        let told = eventually("the editors told", || letters_of(&desk, subject).pop());
        assert!(
            told.text.contains("on its way to the blog"),
            "{}",
            told.text
        );
        eventually("the address told", || {
            letters_of(&desk, "is on the blog").pop()
        });
        let review = desk.review(&id);
        assert!(review.contains("Ann Editor published it"), "{review}");
    }
}

#[test]
fn what_a_change_is_suggested_to_is_reviewed_again_where_the_file_says_so() {
    let mut desk = desk_with(&[], "sign_off: require\nsuggested: review");
    let (id, private) = asked(&mut desk, "2025-02-05");
    let words = [("action", "suggest"), ("note", "Say that it was in May.")];
    assert_eq!(says(&desk, &private, &words).status, 303);
    assert_eq!(desk.stage(&id), "received");
    let letter = eventually("the editors told", || {
        letters_of(&desk, "A suggestion by the campaigner").pop()
    });
    assert!(
        letter.text.contains("Say that it was in May."),
        "{}",
        letter.text
    );
    assert!(letters_of(&desk, "We are looking at your").is_empty());
    let page = desk.intake.get(&private).body;
    assert!(page.contains("We have your suggestion"), "{page}");
    assert!(!page.contains("withdrawn our decision"), "{page}");
    let review = desk.review(&id);
    for words in [
        "The campaigner suggests a change",
        "The service withdrew the decision",
    ] {
        assert!(review.contains(words), "{words} in {review}");
    }
    desk.decide(&id, "approve");
    assert_held_back(&mut desk, &id);
    assert_eq!(says(&desk, &private, &[("action", "accept")]).status, 303);
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
}

#[test]
fn an_order_for_a_day_waits_for_the_agreement_through_a_kill_and_goes_on_with_it() {
    let (behind, ahead) = ("Pacific/Pago_Pago", "Pacific/Kiritimati");
    let mut desk = desk_with(&[("INTAKE__BLOG__TIMEZONE", behind)], "sign_off: require");
    let zone = TimeZone::get(ahead).expect("a time zone");
    let to_come = Timestamp::now().to_zoned_datetime(zone).date().to_string();
    let (id, private) = asked(&mut desk, &to_come);
    let page = format!("/desk/{id}");
    let publish = [("action", "publish"), ("on", to_come.as_str())];
    let ordered = desk.ann.fill_in(&desk.intake, &page, &page, &publish);
    assert_eq!(ordered.status, 303, "{}", ordered.body);
    let review = desk.review(&id);
    assert!(
        review.contains("or later, once the campaigner has agreed"),
        "{review}"
    );
    desk.intake.kill();
    // Its day has come.
    desk.intake.set("INTAKE__BLOG__TIMEZONE", ahead);
    desk.intake.start_again();
    desk.seen();
    desk.seen();
    assert_eq!(desk.stage(&id), "approved");
    let named = desk.intake.run(&["publish", &id]);
    assert_eq!(named.status, Some(1), "{}", named.out);
    assert_eq!(desk.commits(), [""; 0]);
    assert_eq!(desk.intake.record(&id)["order"]["on"], to_come);
    let review = desk.review(&id);
    assert!(
        review.contains("or later, once the campaigner has agreed"),
        "{review}"
    );
    assert_eq!(says(&desk, &private, &[("action", "accept")]).status, 303);
    eventually("its publication", || {
        (desk.stage(&id) == "published").then_some(())
    });
    assert_eq!(desk.commits().len(), 1);
}

#[test]
fn what_nobody_was_asked_about_is_not_published_by_itself() {
    let mut desk = desk_with(&[], "sign_off: require\nagreed: publish");
    let (id, private) = asked(&mut desk, "2025-02-05");
    let half = Answers {
        title: "Half done".into(),
        ..Answers::seed()
    };
    desk.edit(
        &id,
        &half,
        &[("slug", "case-study-tuc"), ("date", "2025-02-05")],
    );
    let page = desk.intake.get(&private).body;
    assert!(!page.contains("I’m happy with"), "{page}");
    // Somebody still has the page open that had the button.
    says(&desk, &private, &[("action", "accept")]);
    desk.seen();
    assert_eq!(desk.stage(&id), "approved");
    assert_eq!(desk.commits(), [""; 0]);
}

#[test]
fn an_order_for_a_day_goes_on_after_an_edit_and_ends_with_another_day_or_a_message() {
    let (behind, ahead) = ("Pacific/Pago_Pago", "Pacific/Kiritimati");
    let mut desk = desk_with(&[("INTAKE__BLOG__TIMEZONE", behind)], "");
    let zone = TimeZone::get(ahead).expect("a time zone");
    let to_come = Timestamp::now().to_zoned_datetime(zone).date().to_string();
    let order = |desk: &mut Desk| {
        let private = desk.intake.submit(&Answers::seed());
        let id = private.split('/').nth(2).expect("an id").to_owned();
        let slug = format!("case-study-{}", &id[24..]);
        let set = [("slug", slug.as_str()), ("date", to_come.as_str())];
        desk.edit(&id, &Answers::seed(), &set);
        desk.decide(&id, "approve");
        let page = format!("/desk/{id}");
        let publish = [("action", "publish"), ("on", to_come.as_str())];
        let ordered = desk.ann.fill_in(&desk.intake, &page, &page, &publish);
        assert_eq!(ordered.status, 303, "{}", ordered.body);
        (id, slug, private)
    };
    let (goes_on, slug, _) = order(&mut desk);
    let better = Answers {
        title: "A better title".into(),
        ..Answers::seed()
    };
    desk.edit(&goes_on, &better, &[("slug", &slug), ("date", &to_come)]);
    let (moved, slug, _) = order(&mut desk);
    desk.edit(
        &moved,
        &Answers::seed(),
        &[("slug", &slug), ("date", "2999-01-01")],
    );
    let (doubted, _, private) = order(&mut desk);
    let words = [("action", "message"), ("note", "Please wait with it.")];
    assert_eq!(says(&desk, &private, &words).status, 303);
    for id in [&moved, &doubted] {
        let review = desk.review(id);
        assert!(
            review.contains("It was changed after you asked"),
            "{review}"
        );
        assert!(!review.contains("It will be published on"), "{review}");
    }
    let page = desk.intake.get(&private).body;
    assert!(!page.contains("It will be published on"), "{page}");
    assert!(desk.review(&goes_on).contains("It will be published on"));
    desk.intake.stop();
    // The day of the first has come; the service need not look at the blog again to see that.
    desk.intake.set("INTAKE__BLOG__TIMEZONE", ahead);
    desk.intake.set("INTAKE__BLOG__FETCH_EVERY", "1 hour");
    desk.intake.start_again();
    eventually("its publication", || {
        (desk.stage(&goes_on) == "published").then_some(())
    });
    assert!(desk.review(&goes_on).contains("A better title"));
    for id in [&moved, &doubted] {
        assert_eq!(desk.stage(id), "approved");
    }
}
