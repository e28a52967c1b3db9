//! What an editor and a campaigner see beside the usual: questions about what may harm somebody, two
//! that tell the same, and an editor's change that waits for agreement. Each page is as good as the
//! others.

use crate::{
    chromium::Browser,
    desk::{ANN, ANN_AND_BO, id_and_key},
    support::{Answers, Intake, Visitor},
    valid::Pages,
};

use super::words::let_in;

const UNFOLD: &str =
    "document.querySelectorAll('details:has(mark)').forEach((it) => { it.open = true; })";

fn told_twice() -> [Answers; 2] {
    let seed = Answers::seed();
    let names = "Call Maria Fernandez of 12 Mill Lane on +44 20 7946 0958, or write to \
        maria@example.org.";
    let first = Answers {
        story: format!("{}\n\n{names}", seed.story),
        ..seed
    };
    let second = Answers {
        title: "Trade Union Campaign".into(),
        contact_email: "otto@canary.example".into(),
        ..Answers::seed()
    };
    [first, second]
}

#[test]
fn questions_duplicates_and_what_waits_for_agreement_are_as_good_as_all_other_pages() {
    let mut intake = Intake::at_rest_with(&[
        ("INTAKE__EDITORS", ANN_AND_BO),
        ("INTAKE__FORMS", "[case-study]"),
    ]);
    let asks = "noun: case study\nsign_off: require\nsign_off_within: 7 days\n";
    intake.case_study(&[("noun: case study\n", asks)]);
    intake.start_again();
    let mut pages = Pages::default();
    let [first, second] = told_twice();

    let zelda = Browser::start();
    zelda.open(&intake.url);
    zelda.type_in(&first);
    zelda.press("check");
    zelda.run(UNFOLD);
    assert!(zelda.texts("mark").iter().any(|it| it.contains("7946")));
    zelda.look_closely("check-with-questions");
    let check = intake.post("/", &first.sent(&intake.token(), "check"));
    pages.keep("check-with-questions", 200, &check);

    let private = intake.submit(&first);
    let (id, _) = id_and_key(&private);
    let (other, _) = id_and_key(&intake.submit(&second));
    let (review, beside) = (
        format!("/desk/{id}"),
        format!("/desk/{id}/duplicate?of={other}"),
    );
    let mut editor = Visitor::sign_in(&intake, ANN);
    let ann = Browser::start();
    let_in(&intake, &ann);
    ann.open(&format!("{}{review}", intake.url));
    assert!(ann.text("main").contains("This may be a duplicate"));
    ann.run(UNFOLD);
    ann.look_closely("review-with-questions-and-duplicate");
    ann.open(&format!("{}{beside}", intake.url));
    ann.look_closely("duplicate");
    pages.keep("review-asked", 200, &editor.get(&intake, &review));
    pages.keep("duplicate", 200, &editor.get(&intake, &beside));

    // An editor's change is to be agreed to.
    ann.open(&format!("{}{review}/edit", intake.url));
    ann.rewrite("title", "Trade unions and data");
    ann.push("Save");
    ann.press("approve");
    ann.look_closely("decide-asks-to-agree");
    ann.press("approve");
    ann.look_closely("review-waits-for-agreement");
    pages.keep("review-waits", 200, &editor.get(&intake, &review));
    pages.keep("private-page-to-agree", 200, &intake.get(&private));
    zelda.open(&format!("{}{private}", intake.url));
    zelda.look_closely("private-page-to-agree");
    pages.assert_valid();
}
