//! Changes to what was sent are saved to go on later, too.

use std::thread;

use image::ImageFormat;

use crate::{
    chromium::Browser,
    desk::{
        ANN_AND_BO, Conversation, assert_done, assert_page, assert_without, id_and_key, settled,
    },
    pictures::{multipart, photo},
    support::{Answers, Intake, Postgres, Visitor, eventually, value_of},
};

/// What an edit page knows of what stood when it was opened.
struct Opened {
    version: String,
    revision: String,
    saved: String,
}

impl Opened {
    #[track_caller]
    fn of(page: &str) -> Self {
        let value = |name| value_of(page, name).expect(name);
        Self {
            version: value("version"),
            revision: value("revision"),
            saved: value("saved"),
        }
    }

    fn with<'a>(&'a self, answers: &'a Answers, action: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut fields = answers.sent("", action);
        fields.extend([
            ("version", self.version.as_str()),
            ("revision", &self.revision),
            ("saved", &self.saved),
        ]);
        fields
    }
}

/// Saves these answers from the edit page as it is now.
#[track_caller]
fn save(intake: &Intake, private: &str, answers: &Answers) {
    let edit = format!("{private}/edit");
    let opened = Opened::of(&intake.get(&edit).body);
    let answer = intake.post(&edit, &opened.with(answers, "save"));
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.location, format!("{edit}?saved"));
}

fn with_title(title: &str) -> Answers {
    Answers {
        title: title.to_owned(),
        ..Answers::seed()
    }
}

#[test]
fn corrections_are_begun_on_one_device_and_sent_from_another() {
    let mut talk = Conversation::begin();
    let before = settled(&talk.intake, &talk.id);
    let laptop = Browser::start();
    let url = |path: &str| format!("{}{path}", talk.intake.url);
    laptop.open(&url(&talk.private));
    laptop.follow("Correct a mistake");
    assert!(!laptop.text("main").contains("Last saved on"));
    let long = "canary ".repeat(40);
    laptop.set("title", &long);
    laptop.press("save");
    let said = laptop.text("main");
    assert!(said.contains("Your changes are saved"), "{said}");
    assert!(said.contains("Last saved on"), "{said}");
    assert_eq!(laptop.value("title"), long.trim(), "also what is too long");
    laptop.look_closely("mine-edit-saved");

    // From now on it saves by itself.
    laptop.set("organisation", "Prospect");
    eventually("it says that it is saved", || {
        laptop
            .text("#saving")
            .starts_with("Saved at ")
            .then_some(())
    });
    assert_eq!(settled(&talk.intake, &talk.id), before, "nothing is sent");
    for path in [talk.desk.as_str(), "/desk", "/desk?q=canary"] {
        let desk = talk.ann.get(&talk.intake, path).body;
        assert_without("the desk", &desk, &["canary canary", "Prospect"]);
    }
    let shown = talk.intake.run(&["show", &talk.id]);
    assert_without("the record", &shown.out, &["canary canary"]);
    assert_without("the log", &talk.intake.log(), &["canary canary"]);

    let phone = Browser::without_javascript();
    phone.open(&url(&talk.private));
    let said = phone.text("section[aria-labelledby=saved]");
    assert!(said.contains("The editors can’t see them."), "{said}");
    let eyes = Browser::start();
    eyes.open(&url(&talk.private));
    eyes.look_closely("mine-saved");
    phone.follow("Continue with your changes");
    assert_eq!(phone.value("title"), long.trim());
    assert_eq!(phone.value("organisation"), "Prospect");
    phone.press("correct");
    assert_eq!(phone.texts(".summary li a").len(), 1, "too long to be sent");
    phone.set("title", "Short enough");
    phone.press("correct");
    assert!(phone.text("main").contains("Your correction is saved."));
    assert!(phone.texts("section[aria-labelledby=saved]").is_empty());
    assert_eq!(talk.intake.table("saved_form"), "", "it was sent");

    // The other device has not heard of that.
    laptop.set("organisation", "Prospect and others");
    laptop.press("save");
    let said = laptop.text("main");
    assert!(said.contains("Other changes were saved"), "{said}");
    assert!(said.contains("Short enough"), "both are shown: {said}");
    assert_eq!(laptop.value("organisation"), "Prospect and others");
    assert_eq!(talk.intake.table("saved_form"), "");
    laptop.press("save");
    assert!(laptop.text("main").contains("Your changes are saved"));
}

#[test]
fn two_devices_that_save_changes_are_shown_both_versions() {
    let talk = Conversation::begin();
    let edit = format!("{}/edit", talk.private);
    // Both have opened the page before anything was saved.
    let opened = Opened::of(&talk.intake.get(&edit).body);
    let post = |opened: &Opened, title: &str, action: &str| {
        let answers = with_title(title);
        talk.intake.post(&edit, &opened.with(&answers, action))
    };
    assert_eq!(post(&opened, "From the phone", "save").status, 303);
    for action in ["save", "correct"] {
        let conflict = post(&opened, "From the laptop", action);
        assert_page(&conflict, 409);
        for words in [
            "From the phone",
            "From the laptop",
            "Other changes were saved",
        ] {
            assert!(conflict.body.contains(words), "{action}: {words}");
        }
    }
    assert!(talk.intake.get(&edit).body.contains("From the phone"));
    let conflict = post(&opened, "From the laptop", "save");
    let opened = Opened::of(&conflict.body);
    assert_done(&post(&opened, "From both", "correct"));
    assert_eq!(talk.intake.table("saved_form"), "");
}

#[test]
fn what_an_editor_changes_beside_saved_changes_is_not_lost() {
    let mut talk = Conversation::begin();
    let asked = [("action", "request_changes"), ("note", "Which year?")];
    assert_done(&talk.on_the_desk(&asked));
    save(&talk.intake, &talk.private, &with_title("My title"));
    let organisation = "The editors’ organisation";
    let theirs = Answers {
        organisation: organisation.to_owned(),
        ..Answers::seed()
    };
    assert_done(&talk.edit(&theirs));
    let edit = format!("{}/edit", talk.private);
    let page = talk.intake.get(&edit).body;
    assert!(page.contains("Other changes were saved"), "{page}");
    for words in ["My title", organisation] {
        assert!(
            page.contains(&format!("value=\"{words}\"")),
            "{words}: {page}"
        );
    }
}

#[test]
fn saved_changes_that_cannot_be_sent_any_more_can_be_copied_and_deleted() {
    let mut talk = Conversation::begin();
    save(&talk.intake, &talk.private, &with_title("My own title"));
    let opened = Opened::of(&talk.intake.get(&format!("{}/edit", talk.private)).body);
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    let page = talk.private_page();
    let (_, saved) = page.split_once("id=\"saved\"").expect("what is saved");
    for words in ["They can’t be sent at this stage.", "My own title"] {
        assert!(saved.contains(words), "{words}: {saved}");
    }
    assert!(!saved.contains("Continue with your changes"));
    let edit = format!("{}/edit", talk.private);
    let late = with_title("Late words");
    let late = talk.intake.post(&edit, &opened.with(&late, "save"));
    assert_page(&late, 409);
    assert!(late.body.contains("Late words"));

    let unsure = talk.intake.post(&edit, &[("action", "discard")]);
    assert_page(&unsure, 422);
    assert!(unsure.body.contains("Nothing was deleted"));
    let sure = [("action", "discard"), ("sure", "yes")];
    let deleted = talk.intake.post(&edit, &sure);
    assert_eq!(deleted.location, format!("{}?deleted", talk.private));
    assert!(!talk.private_page().contains("My own title"));
    assert_eq!(talk.intake.table("saved_form"), "");
}

#[test]
fn nobody_reads_saved_changes_with_a_link_that_was_changed_and_erasing_erases_them() {
    for database in ["", "postgresql"] {
        let database = match database {
            "" => String::new(),
            _ => Postgres::shared().database(),
        };
        let data: &[(&str, &str)] = match database.as_str() {
            "" => &[],
            database => &[("INTAKE__DATA", database)],
        };
        let talk = Conversation::begin_with(data);
        save(&talk.intake, &talk.private, &with_title("Secretwords"));
        let (id, key) = id_and_key(&talk.private);
        let changed = talk.in_private(&[("action", "change_link")]);
        assert_done(&changed);
        let new = changed.location.replace("?done", "");
        assert_ne!(new, talk.private);
        for path in [talk.private.clone(), format!("/mine/{id}/{key}/edit")] {
            let answer = talk.intake.get(&path);
            assert_eq!(answer.status, 404, "{path}");
            assert_without(&path, &answer.body, &["Secretwords"]);
            let fields = [("action", "check"), ("revision", "1")];
            assert_eq!(talk.intake.post(&path, &fields).status, 404, "{path}");
        }
        let page = talk.intake.get(&format!("{new}/edit"));
        assert!(page.body.contains("Secretwords"));
        let erase = [("action", "erase"), ("sure", "yes")];
        let erased = Visitor::new().fill_in(&talk.intake, &new, &new, &erase);
        assert_done(&erased);
        let all = talk.intake.table("saved_form");
        assert_eq!(all, "", "what was saved is erased too");
    }
}

#[test]
fn saved_changes_are_kept_for_their_time_and_come_back_out_of_a_backup() {
    let mut intake = Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
    let private = intake.submit(&Answers::seed());
    save(&intake, &private, &with_title("In the middle of it"));
    let ran = intake.run(&["backup", "all.backup"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let backup = intake.folder.path().join("all.backup");
    let mut other = Intake::at_rest_with(&[]);
    let ran = other.run(&["restore", backup.to_str().expect("a path")]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    other.start_again();
    let page = other.get(&format!("{private}/edit")).body;
    assert!(page.contains("In the middle of it") && page.contains("Last saved on"));
    assert!(
        other
            .get(&private)
            .body
            .contains("Changes you haven’t sent")
    );

    intake.set("INTAKE__DRAFTS_KEPT", "1 second");
    intake.start_again();
    let page = intake.get(&format!("{private}/edit")).body;
    assert!(page.contains("In the middle of it"), "saved for longer");
    save(&intake, &private, &with_title("Not for long"));
    eventually("its time is over", || {
        intake.start_again();
        (intake.table("saved_form").is_empty()).then_some(())
    });
    let page = intake.get(&private);
    assert_page(&page, 200);
    assert!(!page.body.contains("Changes you haven’t sent"));
}

#[test]
fn saving_changes_counts_against_a_limit() {
    let talk = Conversation::begin_with(&[("INTAKE__LIMITS__ENABLED", "true")]);
    let edit = format!("{}/edit", talk.private);
    let opened = Opened::of(&talk.intake.get(&edit).body);
    let answers = with_title("Again and again");
    let fields = opened.with(&answers, "save");
    let taken = (0..301).filter(|_| talk.intake.post(&edit, &fields).status == 303);
    assert_eq!(taken.count(), 300);
    let answer = talk.intake.post(&edit, &fields);
    assert_page(&answer, 429);
    assert!(answer.body.contains("Again and again"));
}

#[test]
fn changes_that_save_themselves_in_the_moment_of_sending_leave_nothing_behind() {
    let talk = Conversation::begin();
    let edit = format!("{}/edit", talk.private);
    for number in 0..10 {
        let opened = Opened::of(&talk.intake.get(&edit).body);
        let answers = with_title(&format!("Title {number}"));
        thread::scope(|scope| {
            let save = || talk.intake.post(&edit, &opened.with(&answers, "save"));
            let saving = scope.spawn(save);
            assert_done(&talk.intake.post(&edit, &opened.with(&answers, "correct")));
            // The other was there first, or came too late.
            let saved = saving.join().expect("an answer").status;
            assert!([303, 409].contains(&saved), "{saved}");
        });
        assert_eq!(talk.intake.table("saved_form"), "");
    }
}

#[test]
fn a_picture_of_saved_changes_is_there_until_they_are_deleted() {
    let intake = Intake::start();
    let private = intake.submit(&Answers::seed());
    let edit = format!("{private}/edit");
    let opened = Opened::of(&intake.get(&edit).body);
    let answers = with_title("With a picture");
    let fields = opened.with(&answers, "upload:photos");
    let photo = photo(300, 200, ImageFormat::Jpeg);
    let (kind, body) = multipart(&fields, ("file-photos", &photo));
    let uploaded = intake.post_bytes(&edit, &kind, &body);
    assert_eq!(uploaded.status, 200, "{}", uploaded.body);
    let file = value_of(&uploaded.body, "photos-0-picture").expect("a picture");
    let mut fields = opened.with(&answers, "save");
    fields.push(("photos-0-picture", &file));
    assert_eq!(intake.post(&edit, &fields).status, 303);
    let picture = format!("{private}/pictures/{file}");
    assert!(intake.get(&edit).body.contains(&picture));
    assert_eq!(intake.get(&picture).status, 200);
    let sure = [("action", "discard"), ("sure", "yes")];
    assert_eq!(intake.post(&edit, &sure).status, 303);
    assert_eq!(intake.get(&picture).status, 404);
}
