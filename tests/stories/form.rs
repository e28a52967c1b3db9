//! A campaigner fills in the form: what is accepted, what is asked again, and that no word is lost.

use crate::support::{Answers, Intake, SEED};

#[test]
fn the_seed_typed_in_lands_as_that_very_post_and_two_letters_go_out() {
    let intake = Intake::start();
    let link = intake.submit(&Answers::seed());
    let drafts = intake.queued(".md");
    assert_eq!(drafts.len(), 1);
    assert_eq!(intake.queue_file(&drafts[0]).trim_end(), SEED.trim_end());
    let page = intake.get(&link);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Received"));
    let letters = intake.letters(2);
    assert_eq!(letters[0].headers["To"], "zelda.quince@canary.example");
    assert!(letters[0].link(&intake.url).ends_with(&link));
    assert!(letters[1].text.contains(SEED.trim_end()));
}
