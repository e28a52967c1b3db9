//! The drafts beside the store: there before the yes, and mended.

use std::fs;

use crate::support::{Answers, Intake, Visitor, eventually, is_left_out_on_postgres};

#[test]
fn a_draft_that_is_missing_or_altered_is_written_anew() {
    if is_left_out_on_postgres("drafts are written by a job, and mended by upkeep alone") {
        return;
    }
    let mut intake = Intake::start();
    let mut ids = Vec::new();
    for number in 0..4 {
        let link = intake.submit(&Answers::number(number));
        ids.push(link.split('/').nth(2).expect("an id").to_owned());
    }
    intake.letters(8);
    let folder = intake.queue();
    let file = |id: &str| folder.join(format!("{id}.md"));
    let whole: Vec<String> = ids
        .iter()
        .map(|id| fs::read_to_string(file(id)).expect("a draft"))
        .collect();
    let spoil = |at: usize| match at % 2 {
        0 => fs::remove_file(file(&ids[at])).expect("removed"),
        _ => fs::write(file(&ids[at]), "something else").expect("written"),
    };
    let mended = |at: usize| {
        eventually("the draft written anew", || {
            let draft = fs::read_to_string(file(&ids[at])).ok()?;
            (draft == whole[at]).then_some(())
        });
    };
    // At the next change, whatever it is about.
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    for at in [0, 1] {
        spoil(at);
        let desk = format!("/desk/{}", ids[at]);
        let note = [("action", "note"), ("note", "Read.")];
        let noted = editor.fill_in(&intake, &desk, &desk, &note);
        assert_eq!(noted.status, 303, "{}", noted.body);
        let draft = fs::read_to_string(file(&ids[at])).expect("a draft");
        assert_eq!(draft, whole[at]);
    }
    // And by upkeep, which begins with a look at them. What is still noted, the job would mend.
    eventually("all drafts secured", || {
        (!intake.table("todo").contains("draft")).then_some(())
    });
    for at in [2, 3] {
        spoil(at);
    }
    intake.stop();
    intake.start_again();
    for at in 0..4 {
        mended(at);
    }
    eventually("a line about it", || {
        intake.log().contains("missing or altered").then_some(())
    });
}
