//! Two editors and a campaigner bring a draft to a decision, each in a browser. The letters are
//! their only way to the links.

mod forty;
mod live;
mod queue;
mod reading;
mod states;
pub mod words;

use crate::{
    chromium::Browser,
    support::{Answers, Intake, Letter, MailServer},
};

const EDITORS: (&str, &str) = (
    "INTAKE__EDITORS",
    "[{name: Ann, email: ann@example.org}, {name: Ben, email: ben@example.org}]",
);
const CAMPAIGNER: &str = "zelda.quince@canary.example";

/// What the post brings, letter by letter.
struct Post<'a> {
    intake: &'a Intake,
    read: Vec<String>,
}

impl Post<'_> {
    /// The letters that have come since the last call, which must be these: to whom, and how the
    /// subject begins. In that order.
    #[track_caller]
    fn brings(&mut self, expected: &[(&str, &str)]) -> Vec<Letter> {
        let letters = self.intake.letters(self.read.len() + expected.len());
        let mut new: Vec<Letter> = letters
            .into_iter()
            .filter(|letter| !self.read.contains(&letter.raw))
            .collect();
        self.read
            .extend(new.iter().map(|letter| letter.raw.clone()));
        let mut in_order = Vec::new();
        for (to, subject) in expected {
            let place = new.iter().position(|letter| {
                letter.headers["To"].contains(to) && letter.headers["Subject"].starts_with(subject)
            });
            let Some(place) = place else {
                let others: Vec<_> = new.iter().map(|letter| &letter.headers).collect();
                panic!("no letter to {to}: {subject}…, only {others:#?}");
            };
            in_order.push(new.remove(place));
        }
        in_order
    }
}

/// Asks for a link to the desk and follows it.
#[track_caller]
pub fn sign_in(browser: &Browser, url: &str, email: &str, link: impl FnOnce() -> String) {
    browser.open(&format!("{url}/desk"));
    assert_eq!(browser.text("h1"), "Sign in to the desk");
    browser.write("email", email);
    browser.push("Send me a link");
    assert_eq!(browser.text("h1"), "Check your email");
    browser.open(&link());
    assert_eq!(browser.text("h1"), "The queue");
}

#[track_caller]
fn sees_the_stage(browser: &Browser, stage: &str) {
    assert_eq!(browser.text("h1 + .facts .stage"), stage);
}

#[test]
fn two_editors_and_a_campaigner_bring_a_draft_to_a_decision() {
    let seed = Answers::seed();
    let intake = Intake::start_with(&[EDITORS]);
    let mut post = Post {
        intake: &intake,
        read: Vec::new(),
    };
    let (ann, campaigner) = (Browser::without_javascript(), Browser::without_javascript());
    let ben = Browser::start();
    let letter_to_ann = |post: &mut Post| {
        let letters = post.brings(&[("ann@example.org", "Your link to the desk")]);
        letters[0].link(&intake.url)
    };

    // Nothing there yet.
    sign_in(&ann, &intake.url, "ann@example.org", || {
        letter_to_ann(&mut post)
    });
    assert!(ann.text("main .note").starts_with("The queue is empty."));
    sign_in(&ben, &intake.url, "ben@example.org", || {
        let letters = post.brings(&[("ben@example.org", "Your link to the desk")]);
        letters[0].link(&intake.url)
    });

    // The campaigner sends it.
    campaigner.open(&intake.url);
    campaigner.type_in(&seed);
    campaigner.press("check");
    campaigner.press("submit");
    let received = post.brings(&[
        (CAMPAIGNER, "We have received"),
        ("ann@example.org", "New case study: Trade Union Campaigns"),
        ("ben@example.org", "New case study: Trade Union Campaigns"),
    ]);
    let private_page = received[0].link(&intake.url);
    let desk_page = received[1].link(&format!("{}/desk/", intake.url));

    // Ann asks for changes: for the whole, and at one field.
    ann.open(&format!("{}/desk", intake.url));
    assert_eq!(ann.texts(".entries a"), ["Trade Union Campaigns"]);
    ann.follow("Trade Union Campaigns");
    assert_eq!(ann.address(), desk_page);
    sees_the_stage(&ann, "To be reviewed");
    ann.write("note", "It reads well.\nJust one thing is missing.");
    ann.click("details:has(#note_ultimate_goals) summary");
    ann.write("note_ultimate_goals", "By when?");
    ann.press("request_changes");
    assert_eq!(ann.text("h1"), "Ask for changes: “Trade Union Campaigns”");
    let letter = ann.value("letter");
    assert!(letter.contains("Just one thing is missing."), "{letter}");
    assert!(letter.contains("By when?"), "{letter}");
    assert_eq!(post.brings(&[]).len(), 0, "nothing goes before it is seen");
    ann.write("letter", "\nWarm regards, Ann");
    ann.press("request_changes");
    sees_the_stage(&ann, "Waiting for the campaigner");
    let asked = post.brings(&[(CAMPAIGNER, "Please have another look")]);
    assert!(
        asked[0].text.contains("Warm regards, Ann"),
        "{}",
        asked[0].text
    );

    // The campaigner answers.
    campaigner.open(&asked[0].link(&intake.url));
    assert_eq!(campaigner.address(), private_page);
    assert_eq!(campaigner.text("h1"), "An editor has asked for changes");
    campaigner.follow("Change your case study and send it again");
    let asked = campaigner.text("#ultimate_goals-note");
    assert_eq!(asked, "The editor asks:By when?");
    let described_by = campaigner.attribute("ultimate_goals", "aria-describedby");
    assert!(
        described_by.contains("ultimate_goals-note"),
        "{described_by}"
    );
    assert_eq!(campaigner.value("story"), seed.story.as_str());
    campaigner.write("ultimate_goals", " By the year 2030.");
    campaigner.press("resubmit");
    assert_eq!(
        campaigner.text("h1"),
        "Thank you. We’ve received your answers"
    );
    for letter in post.brings(&[
        ("ann@example.org", "Resubmitted: Trade Union Campaigns"),
        ("ben@example.org", "Resubmitted: Trade Union Campaigns"),
    ]) {
        assert!(letter.text.contains("By the year 2030."), "{}", letter.text);
        assert!(letter.text.contains("{+"), "{}", letter.text);
    }

    // Both editors edit at once; nobody loses a word.
    ben.open(&desk_page);
    sees_the_stage(&ben, "To be reviewed");
    ben.follow("Edit");
    ann.open(&desk_page);
    assert_eq!(ann.texts(".changes ins"), ["By the year 2030."]);
    ann.follow("Edit");
    ann.rewrite("title", "Trade unions and their campaigns");
    ann.rewrite("intro", "Ann’s intro.");
    ann.push("Save");
    assert_eq!(ann.text("h1"), "Trade unions and their campaigns");
    ben.rewrite("title", "Campaigns of trade unions");
    ben.rewrite("methods_used", "Ben’s methods.");
    ben.push("Save");
    let summary = ben.text("#error-summary h2");
    assert_eq!(summary, "Other changes were saved while you were editing");
    assert_eq!(ben.focused(), "error-summary");
    assert_eq!(ben.value("title"), "Campaigns of trade unions");
    assert_eq!(ben.value("methods_used"), "Ben’s methods.");
    // Only what both have changed is for Ben to decide; Ann's intro is there already.
    let meanwhile = ben.texts(".meanwhile .kept");
    assert_eq!(meanwhile, ["Trade unions and their campaigns"]);
    assert_eq!(ben.value("intro"), "Ann’s intro.");
    ben.look_closely("desk-edit-conflict");
    ben.rewrite("title", "Trade unions and their campaigns");
    ben.push("Save");
    assert_eq!(ben.text("h1"), "Trade unions and their campaigns");
    let post_body = ben.text(".post-body");
    assert!(post_body.contains("Ann’s intro."), "{post_body}");
    assert!(post_body.contains("Ben’s methods."), "{post_body}");

    // The campaigner sees what was changed, and agrees.
    campaigner.open(&private_page);
    let changes = campaigner.texts(".changes ins");
    assert!(
        changes.contains(&"Ben’s methods.".to_owned()),
        "{changes:?}"
    );
    ben.open(&private_page);
    ben.look_closely("private-page-edited");
    campaigner.press("accept");
    post.brings(&[
        ("ann@example.org", "Campaigner agrees"),
        ("ben@example.org", "Campaigner agrees"),
    ]);

    // Approved, and taken back without a letter.
    ann.open(&desk_page);
    ann.press("approve");
    assert_eq!(
        ann.text("h1"),
        "Approve: “Trade unions and their campaigns”"
    );
    ann.press("approve");
    sees_the_stage(&ann, "Approved");
    post.brings(&[(CAMPAIGNER, "Your case study “Trade unions")]);
    ann.press("take_back");
    ann.click("[name=send]");
    ann.press("take_back");
    sees_the_stage(&ann, "To be reviewed");

    // Declined with words of Ben's own, and taken back with a letter.
    ben.open(&desk_page);
    ben.write("note", "We have just had one like it.");
    ben.press("decline");
    assert!(
        ben.value("letter")
            .contains("We have just had one like it.")
    );
    ben.rewrite("letter", "We have one like it already. Come again!");
    ben.press("decline");
    sees_the_stage(&ben, "Declined");
    let declined = post.brings(&[(CAMPAIGNER, "About your case study")]);
    assert!(
        declined[0].text.contains("Come again!"),
        "{}",
        declined[0].text
    );
    assert!(
        !declined[0].text.contains("We have just"),
        "{}",
        declined[0].text
    );
    campaigner.open(&private_page);
    assert_eq!(campaigner.text("h1"), "Not published");
    ben.press("take_back");
    ben.press("take_back");
    sees_the_stage(&ben, "To be reviewed");
    post.brings(&[(CAMPAIGNER, "We are looking at")]);

    // The campaigner withdraws it.
    campaigner.open(&private_page);
    campaigner.click("details:has(#reason) summary");
    campaigner.write("reason", "We have split up.");
    campaigner.press("withdraw");
    assert_eq!(campaigner.text("h1"), "Withdrawn");
    let told = post.brings(&[
        ("ann@example.org", "Withdrawn: Trade unions"),
        ("ben@example.org", "Withdrawn: Trade unions"),
        (CAMPAIGNER, "Your case study is withdrawn"),
    ]);
    for letter in &told[..2] {
        assert!(letter.text.contains("We have split up."), "{}", letter.text);
    }
    ann.open(&desk_page);
    sees_the_stage(&ann, "Withdrawn");
    let history = ann.texts(".history li > p:first-child");
    let told = [
        "The campaigner sent it on",
        "Ann asked for changes on",
        "The campaigner sent it again on",
        "Ann edited it on",
        "Ben edited it on",
        "The campaigner agreed with the post on",
        "Ann approved it on",
        "Ann withdrew the decision on",
        "Ben declined it on",
        "Ben withdrew the decision on",
        "The campaigner withdrew it on",
    ];
    assert_eq!(history.len(), told.len(), "{history:#?}");
    for (line, beginning) in history.iter().zip(told) {
        assert!(line.starts_with(beginning), "{history:#?}");
    }
    ben.open(&desk_page);
    ben.look_closely("desk-review-withdrawn");

    // Signed out, and back to the door.
    ann.push("Sign out");
    ann.open(&desk_page);
    assert_eq!(ann.text("h1"), "Sign in to the desk");
    for browser in [&ann, &ben, &campaigner] {
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

#[test]
fn no_page_of_the_desk_has_a_barrier_in_light_or_dark_on_a_phone_or_a_desktop() {
    let mut mail = MailServer::start("accept");
    let transport = mail.url();
    let intake = Intake::start_with(&[EDITORS, ("INTAKE__MAIL__TRANSPORT", &transport)]);
    let desk = format!("{}/desk", intake.url);
    let ann = Browser::start();

    ann.open(&desk);
    ann.look_closely("sign-in");
    ann.open(&format!("{desk}/sign-in/forged"));
    ann.look_closely("sign-in-wrong");
    sign_in(&ann, &intake.url, "ann@example.org", || {
        let letters = mail.letters(1);
        letters[0].0.link(&intake.url)
    });
    ann.look_closely("queue-empty");

    let mut private_pages = Vec::new();
    for number in 1..=6 {
        let mut answers = Answers::number(number);
        if number == 2 {
            answers.title = "Donaudampfschifffahrtsgesellschaft".repeat(3);
        }
        private_pages.push(format!("{}{}", intake.url, intake.submit(&answers)));
    }
    mail.letters(1 + 6 * 3);
    let number = |number: usize| {
        let id = private_pages[number - 1].split('/').rev().nth(1);
        format!("{desk}/{}", id.expect("an id in the link"))
    };

    // The first one has been through much, and now a letter fails.
    ann.open(&number(1));
    ann.set("note", "It reads well.\nJust one thing is missing.");
    ann.set("note_ultimate_goals", "By when?\nAnd where?");
    ann.set("note_topics", "Is this all?");
    ann.press("request_changes");
    ann.look_closely("decide");
    ann.press("request_changes");
    mail.letters(20);
    ann.open(&private_pages[0]);
    ann.look_closely("private-page-asked");
    ann.open(&format!("{}/copy", private_pages[0]));
    ann.look_closely("private-page-copy");
    ann.open(&private_pages[0]);
    ann.follow("Change your case study and send it again");
    ann.look_closely("private-page-edit");
    ann.set(
        "ultimate_goals",
        "Better work for all, everywhere, by the year 2030.",
    );
    ann.press("resubmit");
    mail.letters(22);
    ann.open(&number(1));
    ann.follow("Edit");
    ann.look_closely("desk-edit");
    ann.set("slug", "Not An Address");
    ann.push("Save");
    ann.look_closely("desk-edit-with-errors");
    ann.set("slug", "case-study-campaign-3");
    ann.set("title", "Trade unions and what they do");
    ann.push("Save");
    mail.mode("refuse-recipient");
    ann.press("approve");
    ann.press("approve");
    crate::support::eventually("a letter that failed", || {
        ann.open(&number(1));
        (!ann.texts(".failed").is_empty()).then_some(())
    });
    ann.look_closely("review");
    mail.mode("accept");

    for (one, action) in [(3, "decline"), (4, "request_changes")] {
        ann.open(&number(one));
        ann.set("note", "Too short for us.");
        ann.press(action);
        ann.press(action);
    }
    ann.open(&desk);
    ann.look_closely("queue");
    ann.click(".entries input");
    ann.press("approve");
    ann.look_closely("several");
    ann.open(&format!("{desk}?q=nothing+like+it"));
    ann.look_closely("queue-no-match");
    ann.open(&format!("{}/lost-link", intake.url));
    ann.look_closely("lost-link");
    ann.open(&format!("{desk}/new"));
    ann.look_closely("begin-an-entry");
    ann.write("invite_page", "none");
    ann.press("invite");
    assert_eq!(ann.texts(".summary li").len(), 3);
    ann.look_closely("begin-an-entry-with-errors");
}
