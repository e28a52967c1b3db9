//! The whole way of a campaigner, on a phone.

use image::ImageFormat;

use super::written::paste;
use crate::{
    chromium::{Browser, words_of},
    pictures::{photo, with_notes},
    support::{Answers, Intake, Visitor, eventually},
};

/// What Word puts on the clipboard.
const FROM_WORD: &str = "<p class=MsoNormal>In <b>2021</b> we asked <a \
    href='https://example.org/depot'>the depot</a> how it plans the shifts.<span \
    class=MsoCommentReference><a class=msocomanchor href='#_msocom_1'>[JS1]</a></span><o:p></o:p></p>\
    <p class=MsoNormal>Nobody could say. So two hundred drivers kept a diary of their shifts for a \
    month, and we put the diaries together and showed the company what its own rule had done to \
    them. It has since let the drivers decide with it.</p><div style='mso-element:comment-list'><div \
    style='mso-element:comment'><p class=MsoCommentText>Dave said so in confidence.</p></div></div>";

/// The photo, and what is asked about it.
fn add_a_photo(phone: &Browser, file: &std::path::Path) {
    phone.write("file-photos", file.to_str().expect("a path"));
    phone.leaving(|| phone.click("[value='upload:photos']"));
    for (field, words) in [
        ("alt", "Drivers hold up their diaries"),
        ("credit", "Ana"),
        ("licence", "CC BY 4.0"),
        ("people", "Nobody can be recognised"),
        ("ai", "No"),
    ] {
        phone.set(&format!("photos-0-{field}"), words);
    }
}

#[test]
fn a_campaigner_goes_the_whole_way_on_a_phone() {
    let intake = Intake::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("IMG_2034.JPG");
    std::fs::write(&file, with_notes(&photo(1200, 900, ImageFormat::Jpeg), 1)).expect("a photo");

    // Pastes, and is interrupted.
    let phone = Browser::start();
    phone.open(&intake.url);
    phone.be_a_phone();
    paste(&phone, FROM_WORD, "In 2021 we asked the depot");
    let pasted = eventually("the paste", || {
        Some(phone.value("story")).filter(|story| story.contains("**2021**"))
    });
    // What was noted beside the text in Word stays with whoever noted it.
    assert!(!pasted.contains("JS1") && !pasted.contains("in confidence"));
    phone.press("save");
    phone.set("saved_email", "ana@example.org");
    phone.press("send_link");
    let link = intake.letters(1)[0].link(&intake.url);

    // Goes on elsewhere, adds a photo, and sees the post.
    let other = Browser::start();
    other.open(&link);
    other.be_a_phone();
    assert_eq!(other.value("story"), pasted);
    let height = "return document.querySelector('#file-photos').offsetHeight >= 44";
    assert_eq!(other.run(height), true, "a thumb hits it");
    // No heading asks what the question right below it asks.
    let headings = other.texts("h2");
    for question in other.texts("label, legend") {
        let question = question.trim_end_matches(" (optional)");
        let is_heading = headings.iter().any(|heading| heading.ends_with(question));
        assert!(!is_heading || question == "The story", "{question}");
    }
    add_a_photo(&other, &file);
    let answers = Answers {
        story: pasted,
        ..Answers::seed()
    };
    for (field, words) in words_of(&answers) {
        other.set(field, &words);
    }
    other.click("#consent");
    other.press("check");
    assert_eq!(other.text("h1"), "Check before you send");
    assert_eq!(other.texts(".post-body strong")[0], "2021");
    let width = "return document.querySelector('.post-body img').naturalWidth";
    assert_eq!(other.run(width), 1200);
    other.assert_no_barriers("the check page on a phone");
    other.press("submit");
    assert_eq!(
        other.text("h1"),
        "Thank you. We’ve received your case study"
    );
    assert_eq!(other.address(), link);

    // Is asked something, and answers.
    let [id] = &intake.ids()[..] else {
        panic!("one submission");
    };
    let desk = format!("/desk/{id}");
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let asked = [
        ("action", "request_changes"),
        ("note", "Which company was it?"),
    ];
    assert_eq!(editor.fill_in(&intake, &desk, &desk, &asked).status, 303);
    other.open(&link);
    assert!(other.text("main").contains("Which company was it?"));
    other.follow("Change your case study and send it again");
    assert_eq!(other.value("photos-0-alt"), "Drivers hold up their diaries");
    other.set("organisation", "Drivers of Depot 7");
    other.press("resubmit");
    assert!(other.text("main").contains("Drivers of Depot 7"));

    // Agrees with what an editor has made of it, and takes it all back later.
    let agreed = Answers {
        title: "The depot’s diaries".into(),
        organisation: "Drivers of Depot 7".into(),
        ..answers
    };
    let edit = format!("{desk}/edit");
    let page = editor.get(&intake, &edit).body;
    let photo = crate::support::value_of(&page, "photos-0-picture").expect("the photo");
    let mut fields = agreed.sent("", "");
    fields.retain(|(name, _)| !["token", "action"].contains(name));
    fields.extend([
        ("author", "Guest"),
        ("slug", "the-depots-diaries"),
        ("featured", "no"),
        ("photos-0-picture", photo.as_str()),
        ("photos-0-alt", "Drivers hold up their diaries"),
        ("photos-0-licence", "CC BY 4.0"),
        ("photos-0-people", "Nobody can be recognised"),
        ("photos-0-ai", "No"),
    ]);
    assert_eq!(editor.fill_in(&intake, &edit, &edit, &fields).status, 303);
    let approve = [("action", "approve")];
    assert_eq!(editor.fill_in(&intake, &desk, &desk, &approve).status, 303);
    other.open(&link);
    assert!(other.text(".post-title").contains("The depot’s diaries"));
    other.press("accept");
    assert!(other.texts("[value=accept]").is_empty(), "asked once");
    assert_eq!(other.run(width), 1200);

    other.click("[aria-labelledby='agreed'] summary");
    other.press("revoke_consent");
    assert_eq!(other.text("h1"), "Withdrawn");
    other.assert_no_barriers("the private page of what was taken back");
    assert_eq!(intake.record(id)["stage"], "withdrawn");
}
