//! Permissions that are taken away, while the service runs and before it starts.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::support::{Intake, eventually, is_left_out_on_postgres};

use super::Crowd;

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

#[test]
fn permissions_taken_away_for_a_while_are_told_and_cost_nothing() {
    if is_left_out_on_postgres("its files are not ours") {
        return;
    }
    let mut intake = Intake::at_rest_with(&[]);
    intake.be_bound_by_permissions();
    intake.start_again();
    let crowd = Crowd::default();
    let aside = intake.queue().join(".aside");
    let mailbox = intake.folder.path().join("mailbox");
    let said = |words: &str, before: usize| {
        eventually("word of it", || {
            (intake.log().matches(words).count() > before).then_some(())
        });
    };
    crowd.meanwhile(&intake, || {
        // Nothing can be written aside.
        crowd.more_accepted(6);
        permit(&aside, 0o500);
        crowd.more_refused(6);
        assert_eq!(intake.watched("/readyz").status, 503);
        permit(&aside, 0o755);
        // The database is open, and drafts can wait.
        crowd.more_accepted(6);
        permit(&intake.queue(), 0o500);
        said("its draft could not be written", 0);
        crowd.more_accepted(6);
        permit(&intake.queue(), 0o755);
        // Who sends is not touched by mail that cannot be captured.
        eventually("the folder of mail", || mailbox.exists().then_some(()));
        permit(&mailbox, 0o500);
        said("not sent, will be tried again", 0);
        crowd.more_accepted(6);
        permit(&mailbox, 0o755);
    });
    intake.stop();
    let database = intake.queue().join("intake.db");
    for path in [&database, &intake.queue()] {
        let before = fs::metadata(path).expect("it is there").permissions();
        permit(path, 0o000);
        let checked = intake.run(&["check"]);
        assert_eq!(checked.status, Some(1), "{}", checked.out);
        assert!(checked.out.contains("ermission denied"), "{}", checked.out);
        permit(path, before.mode() & 0o777);
    }
    intake.start_again();
    crowd.sum_up("permissions taken away", 5, &intake);
}
