//! A clock that jumps by a day, either way, while the service runs.

use std::fs;

use crate::{clock::preload, support::Intake};

use super::Crowd;

#[test]
fn a_clock_that_jumps_by_a_day_either_way_costs_nothing_and_mail_goes() {
    let mut intake = Intake::at_rest_with(&[("FAKETIME_NO_CACHE", "1")]);
    let clock = intake.folder.path().join("clock");
    let jump = |days: &str| {
        let aside = clock.with_extension("new");
        fs::write(&aside, days).expect("written");
        fs::rename(aside, &clock).expect("renamed");
    };
    jump("+0d");
    preload(&mut intake);
    intake.set("FAKETIME_TIMESTAMP_FILE", clock.to_str().expect("a path"));
    intake.start_again();
    let crowd = Crowd::default();
    let jumps = ["+1d", "+0d", "-1d", "+0d", "+1d", "-1d", "+0d", "+1d"];
    crowd.meanwhile(&intake, || {
        for days in jumps {
            crowd.more_accepted(6);
            jump(days);
        }
        crowd.more_accepted(6);
    });
    jump("+0d");
    // At a start all pending mail is attempted, also what was written in the other time.
    intake.stop();
    intake.start_again();
    crowd.sum_up("the clock jumps by a day or two", jumps.len() + 1, &intake);
}
