//! A small disk that fills up and gets room again, and no file left to open.

use std::process::Command;

use crate::{
    queue::SmallDisk,
    support::{Intake, eventually, is_left_out_on_postgres},
};

use super::Crowd;

#[test]
fn a_disk_that_fills_up_and_gets_room_again_under_load_costs_nothing() {
    if is_left_out_on_postgres("its disk is not ours to fill") {
        return;
    }
    let mut intake = Intake::at_rest_with(&[]);
    let disk = SmallDisk::mount(&intake.queue(), 16 * 1024);
    intake.start_again();
    let crowd = Crowd::default();
    let times = 6;
    crowd.meanwhile(&intake, || {
        for _ in 0..times {
            crowd.more_accepted(6);
            let filler = disk.fill();
            crowd.more_refused(6);
            eventually("it to be told", || {
                (intake.watched("/readyz").status == 503).then_some(())
            });
            filler.set_len(0).expect("room");
        }
        crowd.more_accepted(6);
    });
    crowd.sum_up("a small disk full, and room again", times, &intake);
}

/// Debian's prlimit sets how many files the running service may have open.
fn allow_files(intake: &Intake, most: usize) {
    let set = Command::new("prlimit")
        .arg(format!("--pid={}", intake.pid()))
        .arg(format!("--nofile={most}:"))
        .status();
    assert!(set.expect("prlimit is missing").success());
}

#[test]
fn no_file_left_to_open_for_a_while_is_told_and_costs_nothing() {
    let intake = Intake::start();
    let crowd = Crowd::default();
    let times = 6;
    crowd.meanwhile(&intake, || {
        for _ in 0..times {
            crowd.more_accepted(6);
            // Fewer than it has open: not one more, of a file or of a connection.
            allow_files(&intake, 3);
            eventually("word of it", || {
                intake.log().contains("Too many open files").then_some(())
            });
            allow_files(&intake, 1024);
        }
        crowd.more_accepted(6);
    });
    crowd.sum_up("no file to open (EMFILE)", times, &intake);
}
