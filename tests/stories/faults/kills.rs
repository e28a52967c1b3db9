//! Kills at random moments, under load.

use std::time::{Duration, Instant};

use crate::{
    queue::{send_signal, start_after_kill},
    support::Intake,
};

use super::Crowd;

/// A little chance, the same in each run; when exactly a thread is killed, the machine decides.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn what_was_answered_with_yes_outlives_kills_at_random_moments_under_load() {
    let kills = match std::env::var("INTAKE_KILLS") {
        Ok(text) => text.parse().expect("INTAKE_KILLS is a number"),
        Err(_) => 20,
    };
    let mut intake = Intake::start();
    let crowd = Crowd::default();
    let mut chance = Chance(7);
    for _ in 0..kills {
        let wanted = chance.below(12) as usize;
        let moment = Duration::from_micros(chance.below(12_000));
        crowd.meanwhile(&intake, || {
            crowd.more_accepted(wanted);
            let now = Instant::now();
            while now.elapsed() < moment {
                std::hint::spin_loop();
            }
            send_signal(intake.pid(), "-KILL");
        });
        intake.wait();
        start_after_kill(&mut intake);
    }
    crowd.sum_up("killed at random moments", kills, &intake);
}
