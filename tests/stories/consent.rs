//! What people agree to: each purpose by itself, kept in the words that were shown.

use serde_json::{Value, json};

use crate::{
    desk::{Conversation, assert_done, assert_page, last_letter, settled},
    support::{Answers, Intake, Visitor},
};

const EDITOR: (&str, &str) = ("INTAKE__EDITORS", "[{name: Ann, email: ann@desk.example}]");

/// The id of a submission in the path of its private page.
fn id_in(private: &str) -> &str {
    private.split('/').nth(2).expect("an id")
}

/// Sends the form with these fields besides those that everybody fills in.
fn sent_with(intake: &Intake, besides: &[(&str, &str)]) -> String {
    let (answers, token) = (Answers::seed(), intake.token());
    let mut fields = answers.sent(&token, "submit");
    fields.extend(besides);
    let answer = intake.post("/", &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location
}

/// Every purpose in the record: its name, and whether it was agreed to.
fn agreed(record: &Value) -> Vec<(String, bool)> {
    let first = &record["consent"];
    let others = first["others"].as_array().into_iter().flatten();
    let view = |it: &Value| {
        let name = it["name"].as_str().unwrap_or("publish").to_owned();
        (name, !it["given"].is_null())
    };
    std::iter::once(first).chain(others).map(view).collect()
}

fn pairs(expected: &[(&str, bool)]) -> Vec<(String, bool)> {
    let owned = |(name, given): &(&str, bool)| ((*name).to_owned(), *given);
    expected.iter().map(owned).collect()
}

#[test]
fn each_purpose_is_agreed_to_by_itself_and_kept_in_its_words() {
    let intake = Intake::start_with(&[EDITOR]);
    // With what was enough before, the others are kept as not given.
    let private = sent_with(&intake, &[]);
    let record = intake.record(id_in(&private));
    let expected = [
        ("publish", true),
        ("contact", false),
        ("pictures", false),
        ("named", false),
    ];
    assert_eq!(agreed(&record), pairs(&expected));
    let first = &record["consent"];
    assert_eq!(first["version"], "2026-11");
    assert_eq!(first["language"], "en");
    let wording = first["wording"].as_str().expect("words");
    assert!(wording.starts_with("I agree that Connected by Data may edit"));

    let form = intake.get("/").body;
    assert!(form.contains("name=\"consent_contact\" value=\"yes\"> <span>You may email me"));
    let token = intake.token();
    let answers = Answers::number(2);
    let mut fields = answers.sent(&token, "check");
    fields.push(("consent_contact", "yes"));
    let check = intake.post("/", &fields);
    assert_page(&check, 200);
    assert!(
        check
            .body
            .contains("name=\"consent_contact\" value=\"yes\"")
    );
    assert!(!check.body.contains("Not ticked:"), "{}", check.body);
    fields.retain(|(name, _)| *name != "action");
    fields.push(("action", "submit"));
    let private = intake.post("/", &fields).location;
    let id = id_in(&private);
    let expected = [
        ("publish", true),
        ("contact", true),
        ("pictures", false),
        ("named", false),
    ];
    assert_eq!(agreed(&intake.record(id)), pairs(&expected));

    let mut ann = Visitor::sign_in(&intake, "ann@desk.example");
    let desk = ann.get(&intake, &format!("/desk/{id}")).body;
    for words in [
        ":</strong> You may email me",
        "Doesn’t apply:</strong> If I add pictures",
    ] {
        assert!(desk.contains(words), "{words}: {desk}");
    }
}

#[test]
fn what_is_required_is_asked_for_at_its_own_box_and_what_is_not_is_not() {
    let mut intake = Intake::at_rest_with(&[EDITOR]);
    intake.case_study(&[(
        "        version: 2026-11\n        wording: You may email",
        "        version: 2026-11\n        required: true\n        enter: Tick this too\n        wording: You may email",
    )]);
    intake.start_again();
    let (answers, token) = (Answers::seed(), intake.token());
    let mut fields = answers.sent(&token, "submit");
    let answer = intake.post("/", &fields);
    assert_page(&answer, 422);
    let told = ("consent_contact".to_owned(), "Tick this too".to_owned());
    assert_eq!(answer.problems(), [told]);
    fields.retain(|(name, _)| *name != "consent");
    fields.push(("consent_contact", "yes"));
    let answer = intake.post("/", &fields);
    assert_page(&answer, 422);
    let told: Vec<String> = answer.problems().into_iter().map(|(at, _)| at).collect();
    assert_eq!(told, ["consent"]);
    assert!(
        answer
            .body
            .contains("name=\"consent_contact\" value=\"yes\" checked")
    );
}

#[test]
fn mistakes_in_the_purposes_are_told_with_line_and_remedy() {
    let mut intake = Intake::at_rest_with(&[EDITOR]);
    intake.case_study(&[(
        "      - name: contact\n        version: 2026-11\n",
        "      - name: publish\n        given_by: picture\n",
    )]);
    assert!(!intake.try_to_start());
    let said = intake.log();
    for told in [
        "another purpose has the name `publish`; rename one",
        "`given_by` is “picture”, which is not known; did you mean `pictures`?",
        "the purpose needs `version`",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    intake.case_study(&[
        (
            "        required: true\n        wording: I agree",
            "        wording: I agree",
        ),
        (
            "consent:\n",
            "consent:\n    contact: nobody\n    wording: All of it.\n",
        ),
    ]);
    assert!(!intake.try_to_start());
    let said = intake.log();
    for told in [
        "`publish`: the first purpose is the one without which nothing is sent; write `required: true`",
        "`consent.contact` must be an email address",
        "`wording` belongs to one of the `purposes`; move it there",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    intake.case_study(&[("given_by: credit", "given_by: pictures")]);
    assert!(!intake.try_to_start());
    let said = intake.log();
    let told = "`named`: another purpose is given by the same choice";
    assert!(said.contains(told), "{told}: {said}");
}

#[test]
fn a_form_says_who_answers_for_it_and_what_it_does_not_say_comes_from_the_configuration() {
    let mut intake = Intake::at_rest_with(&[EDITOR]);
    let besides = "consent:\n    controller: The Tide Fund\n    contact: privacy@tide.example\n    notice: https://tide.example/privacy\n";
    intake.case_study(&[("consent:\n", besides)]);
    intake.start_again();
    let form = intake.get("/").body;
    for words in [
        "Who is responsible: The Tide Fund.",
        "<a href=\"mailto:privacy@tide.example\">",
        "<a href=\"https://tide.example/privacy\" rel=\"noreferrer\">What is done",
    ] {
        assert!(form.contains(words), "{words}: {form}");
    }
    let service = intake.get("/privacy").body;
    assert!(service.contains("Who is responsible: Connected by Data"));
    // Also where it says what was agreed to.
    let private = intake.submit(&Answers::seed());
    for page in ["", "/copy", "/copy.txt"] {
        let answer = intake.get(&format!("{private}{page}"));
        for words in ["The Tide Fund", "privacy@tide.example"] {
            assert!(answer.body.contains(words), "{page}: {}", answer.body);
        }
        assert_eq!(page.is_empty(), answer.body.contains("This doesn’t apply"));
    }
}

#[test]
fn a_record_of_before_there_were_purposes_shows_what_was_agreed_to_then() {
    let mut intake = Intake::start_with(&[EDITOR]);
    let private = sent_with(&intake, &[]);
    let id = id_in(&private).to_owned();
    settled(&intake, &id);
    intake.stop();
    let mut record = intake.record(&id);
    let given = record["consent"]["given"].clone();
    record["consent"] = json!({"wording": "I agree to all of it.", "given": given});
    intake.set_record_text(&id, &record.to_string());
    intake.start_again();
    let mut ann = Visitor::sign_in(&intake, "ann@desk.example");
    let desk = ann.get(&intake, &format!("/desk/{id}")).body;
    assert!(desk.contains(":</strong> I agree to all of it."), "{desk}");
    let path = format!("/desk/{id}");
    let note = [("action", "note"), ("note", "Read.")];
    assert_eq!(ann.fill_in(&intake, &path, &path, &note).status, 303);
    assert_eq!(intake.record(&id)["consent"], record["consent"]);
}

/// Posts from the private page that this purpose is agreed to no more.
fn revoke(talk: &Conversation, purpose: &str, note: &str) -> crate::support::Answer {
    talk.in_private(&[
        ("action", "revoke_consent"),
        ("purpose", purpose),
        ("note", note),
    ])
}

#[test]
fn what_had_to_be_agreed_to_is_taken_back_before_publishing_and_that_withdraws_it_for_good() {
    let mut talk = Conversation::begin();
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    let page = talk.private_page();
    assert!(
        page.contains("Your case study will be withdrawn: it won’t be published"),
        "{page}"
    );
    assert_done(&revoke(&talk, "publish", "I have changed jobs."));
    talk.assert_stage_soon("withdrawn");
    let record = talk.record();
    assert!(record["consent"]["taken_back"].is_string());
    let page = talk.private_page();
    assert!(page.contains(", and took it back on "), "{page}");
    assert!(!page.contains("value=\"undo_withdraw\""), "{page}");
    let letter = talk.mail_of_kind("withdrawn");
    assert_eq!(letter.len(), 2, "{letter:?}");
    // A second time changes nothing.
    let again = revoke(&talk, "publish", "Once more.");
    assert_page(&again, 409);
    assert!(again.body.contains("Once more."));
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(
        desk.contains("<strong>Taken back on ") && desk.contains(":</strong> I agree that"),
        "{desk}"
    );
    assert!(desk.contains("I have changed jobs."));
}

#[test]
fn taken_back_after_publishing_it_is_a_request_with_a_date_and_nothing_is_published_again() {
    let mut talk = Conversation::begin();
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    assert_done(&talk.on_the_desk(&[("action", "publish")]));
    assert_done(&revoke(&talk, "publish", "They threaten us."));
    talk.assert_stage_soon("published");
    let page = talk.private_page();
    assert!(page.contains("You took back: “I agree that"), "{page}");
    assert!(page.contains("An editor will answer by "), "{page}");
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.text.contains("They threaten us."), "{}", letter.text);
    assert!(
        letter
            .text
            .contains("I agree that Connected by Data may edit")
    );
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(
        desk.contains("The campaigner asks to have it taken off the blog</h2><p>They don’t agree")
    );
    assert!(desk.contains("Answer by "), "{desk}");
    let queue = talk.ann.get(&talk.intake, "/desk").body;
    assert!(queue.contains("nswer by "), "{queue}");

    assert_done(&talk.on_the_desk(&[("action", "unpublish")]));
    let page = talk.private_page();
    assert!(page.contains("We took it off the blog on "), "{page}");
    assert!(page.contains("We won’t publish it again."), "{page}");
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(!desk.contains("value=\"approve\""), "{desk}");
    let answer = talk.on_the_desk(&[("action", "approve")]);
    assert_page(&answer, 409);
    talk.assert_stage("received");
}

#[test]
fn what_nothing_hangs_on_is_taken_back_at_any_stage_and_the_editors_are_told() {
    let intake = Intake::start_with(&[EDITOR]);
    let private = sent_with(&intake, &[("consent_contact", "yes")]);
    let id = id_in(&private).to_owned();
    let gives =
        |fields: &[(&str, &str)]| Visitor::new().fill_in(&intake, &private, &private, fields);
    assert_done(&gives(&[("action", "withdraw"), ("note", "")]));
    let fields = [
        ("action", "revoke_consent"),
        ("purpose", "contact"),
        ("note", ""),
    ];
    assert_done(&gives(&fields));
    let record = intake.record(&id);
    assert_eq!(record["stage"], "withdrawn");
    assert!(record["consent"]["others"][0]["taken_back"].is_string());
    assert!(record["consent"]["taken_back"].is_null());
    let letter = last_letter(&intake, &id);
    let subject = &letter.headers["Subject"];
    assert!(subject.starts_with("Agreement taken back: "), "{subject}");
    assert!(
        letter.text.contains("You may email me about it"),
        "{}",
        letter.text
    );
    // What was never given cannot be taken back, nor what no form asks for.
    for purpose in ["pictures", "nothing", ""] {
        let fields = [
            ("action", "revoke_consent"),
            ("purpose", purpose),
            ("note", ""),
        ];
        assert_page(&gives(&fields), 409);
    }
    assert_done(&gives(&[("action", "erase"), ("sure", "yes")]));
    assert!(!intake.get(&private).body.contains("revoke_consent"));
}

#[test]
fn a_copy_of_all_that_was_agreed_and_answered_can_be_printed_and_kept() {
    let mut talk = Conversation::begin();
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "An internal secret.")]));
    let mut changed = talk.answers.clone();
    changed.organisation = "As an editor has it".into();
    assert_done(&talk.edit(&changed));
    assert_done(&revoke(&talk, "publish", ""));
    let link = format!("href=\"{}/copy\"", talk.private);
    assert!(talk.private_page().contains(&link));

    let page = talk.intake.get(&format!("{}/copy", talk.private));
    assert_page(&page, 200);
    let file = talk.intake.get(&format!("{}/copy.txt", talk.private));
    assert_eq!(file.status, 200);
    let disposition = format!("attachment; filename=\"{}.txt\"", talk.id);
    assert_eq!(file.headers["content-disposition"], disposition);
    for answer in [&page, &file] {
        assert_eq!(answer.headers["cache-control"], "no-store");
        let answers = &talk.answers;
        for words in [
            "I agree that Connected by Data may edit this case study",
            "taken back on ",
            "version 2026-11",
            "You may email me about it",
            "Not agreed",
            &talk.id,
            &answers.organisation,
            &answers.methods_used,
            &answers.contact_name,
            &answers.contact_email,
        ] {
            assert!(answer.body.contains(words), "{words}: {}", answer.body);
        }
        for words in [
            "internal secret",
            "As an editor has it",
            "Tim Davies",
            "Ann",
        ] {
            assert!(!answer.body.contains(words), "{words}: {}", answer.body);
        }
    }
    // Only under the link, and not after erasure.
    let wrong = talk.private.replace(&talk.private[45..50], "00000");
    assert_page(&talk.intake.get(&format!("{wrong}/copy")), 404);
    assert_done(&talk.in_private(&[("action", "erase"), ("sure", "yes")]));
    for path in ["copy", "copy.txt"] {
        let gone = talk.intake.get(&format!("{}/{path}", talk.private));
        assert_eq!(gone.status, 404, "{}", gone.body);
    }
}

/// The post in a record.
fn draft(intake: &Intake, private: &str) -> String {
    let record = intake.record(id_in(private));
    record["draft"].as_str().expect("a draft").to_owned()
}

#[test]
fn a_campaigner_is_named_as_they_choose_and_not_at_all_without_a_choice() {
    let intake = Intake::start_with(&[EDITOR]);
    let answers = Answers::seed();
    let nothing = draft(&intake, &sent_with(&intake, &[]));
    assert_eq!(nothing.trim_end(), answers.draft());
    for (credit, named, shown) in [
        ("none", "A name that is not wanted", ""),
        ("", "A name that is not wanted", ""),
        ("name", "", "Zelda Quince-Canary"),
        (
            "organisation",
            "",
            "Trade Unions Congress and other unions.",
        ),
        (
            "other",
            "Ana *the* [Bold] <b> Souza",
            r"Ana \*the\* [Bold] &lt;b&gt; Souza",
        ),
    ] {
        let besides = [("credit", credit), ("credit_name", named)];
        let private = sent_with(&intake, &besides);
        let draft = draft(&intake, &private);
        let line = format!("\nTold by {}.\n", shown.trim_end_matches('.'));
        let expected = match shown {
            "" => nothing.clone(),
            _ => {
                let (above, below) = nothing.split_once("\n\n**Campaign type:**").expect("both");
                format!("{above}\n{line}\n**Campaign type:**{below}")
            }
        };
        assert_eq!(draft, expected, "{credit}");
        let agreed = agreed(&intake.record(id_in(&private)));
        assert!(
            agreed.contains(&("named".to_owned(), !shown.is_empty())),
            "{agreed:?}"
        );
        assert!(!draft.contains("not wanted"));
    }
    // Another name has to be said, and what is no way is told.
    let token = intake.token();
    for (credit, at) in [("other", "credit_name"), ("both", "credit")] {
        let mut fields = answers.sent(&token, "submit");
        fields.push(("credit", credit));
        let answer = intake.post("/", &fields);
        assert_page(&answer, 422);
        let told: Vec<String> = answer.problems().into_iter().map(|(at, _)| at).collect();
        assert_eq!(told, [at]);
    }
}

#[test]
fn no_page_says_of_a_name_that_it_is_not_published_where_it_is() {
    let mut intake = Intake::start_with(&[EDITOR]);
    intake.case_study(&[
        ("    lead: Only the editors see your name and email address. We never publish the address, and your name only if you ask us to below.\n", ""),
        ("        hint: So we know who to write to. It won’t be published unless you ask us to.\n", ""),
    ]);
    intake.start_again();
    let form = intake.get("/").body;
    assert!(!form.contains("We never publish them."), "{form}");
    assert!(!form.contains("It won’t be published."), "{form}");
    for (credit, is_hidden) in [("", true), ("name", false), ("organisation", true)] {
        let token = intake.token();
        let answers = Answers::seed();
        let mut fields = answers.sent(&token, "check");
        fields.push(("credit", credit));
        let check = intake.post("/", &fields).body;
        let private = sent_with(&intake, &[("credit", credit)]);
        let page = intake.get(&format!("{private}/copy")).body;
        let file = intake.get(&format!("{private}/copy.txt")).body;
        for (words, label) in [
            (&check, "Your name <span class=\"optional\">(not published)"),
            (&page, "Your name <span class=\"optional\">(not published)"),
            (&file, "Your name (not published):"),
        ] {
            assert_eq!(words.contains(label), is_hidden, "{credit}: {words}");
        }
        let (_, row) = check.split_once("<dt>The name to show").expect("its row");
        let (row, _) = row.split_once("</div>").expect("its end");
        assert!(!row.contains("You didn’t choose any"), "{row}");
    }
}

#[test]
fn who_was_named_takes_it_back_and_no_editor_can_undo_that() {
    let mut talk = Conversation::begin();
    let edit = format!("{}/edit", talk.private);
    let mut fields = talk.answers.sent("", "correct");
    fields.push(("credit", "name"));
    let corrected = Visitor::new().fill_in(&talk.intake, &edit, &edit, &fields);
    assert_done(&corrected);
    let draft = |talk: &Conversation| talk.record()["draft"].to_string();
    assert!(draft(&talk).contains("Told by Zelda Quince-Canary."));
    let record = talk.record();
    assert!(agreed(&record).contains(&("named".to_owned(), true)));

    // The editors do not see it among what they can change, and cannot change it.
    let page = talk
        .ann
        .get(&talk.intake, &format!("{}/edit", talk.desk))
        .body;
    assert!(!page.contains("name=\"credit\""), "{page}");
    assert_done(&revoke(&talk, "named", ""));
    assert!(!draft(&talk).contains("Told by"));
    let path = format!("{}/edit", talk.desk);
    let mut fields = talk.answers.sent("", "");
    fields.retain(|(name, _)| !["token", "action"].contains(name));
    fields.extend([("author", "Guest"), ("slug", "edited"), ("featured", "no")]);
    fields.extend([("credit", "other"), ("credit_name", "Zelda")]);
    assert_done(&talk.ann.fill_in(&talk.intake, &path, &path, &fields));
    assert!(!draft(&talk).contains("Told by"));
}

#[test]
fn a_name_that_was_chosen_goes_with_the_other_details_where_nothing_is_published() {
    let intake = Intake::start_with(&[EDITOR]);
    let private = sent_with(&intake, &[("credit", "name")]);
    assert!(draft(&intake, &private).contains("Told by Zelda Quince-Canary."));
    let erase = [("action", "erase"), ("sure", "yes")];
    let answer = Visitor::new().fill_in(&intake, &private, &private, &erase);
    assert_done(&answer);
    let record = intake.record(id_in(&private)).to_string();
    assert!(!record.contains("Quince-Canary"), "{record}");
}
