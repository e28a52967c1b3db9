//! Full load for long: what it was like at the end against what it was like at the beginning.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::{
    http::Client,
    intake::{self, Intake},
    load::{People, for_a_while, median},
    mail_server::MailServer,
    process::memory,
    table::{Aim, Table},
};

const CLIENTS: usize = 32;

/// Full load for this many seconds; the last of them against as many of the first.
pub fn flat(table: &mut Table, what: &str, seconds: usize, compared: usize) {
    let mail = MailServer::taking();
    let service = Intake::start(&mail.transport());
    let people = People::new();
    let accepted = AtomicUsize::new(0);
    let time = Duration::from_secs(seconds as u64);
    // Each second: how many were accepted in it, and the memory at its end.
    let mut samples: Vec<(f64, f64)> = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for_a_while(CLIENTS, time, |_| {
                let mut client = Client::new(service.address);
                let (people, accepted) = (&people, &accepted);
                move || {
                    intake::send(&mut client, &people.next());
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let started = Instant::now();
        let mut before = 0;
        for second in 1..=seconds as u64 {
            let until = started + Duration::from_secs(second);
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            let now = accepted.load(Ordering::Relaxed);
            samples.push(((now - before) as f64, memory(service.pid())));
            before = now;
        }
    });
    let figures = |samples: &[(f64, f64)]| {
        let (rates, memory): (Vec<f64>, Vec<f64>) = samples.iter().copied().unzip();
        (
            rates.iter().sum::<f64>() / rates.len() as f64,
            median(&memory),
        )
    };
    let first = figures(&samples[..compared]);
    let last = figures(&samples[seconds - compared..]);
    table.ratio(
        &format!("{what}: accepted in its last {compared} s"),
        format!("{:.0}/s", last.0),
        format!("{:.0}/s in its first", first.0),
        last.0 / first.0,
        Aim::AtLeast(0.9),
    );
    table.ratio(
        &format!("{what}: memory in its last {compared} s"),
        format!("{:.1} MB", last.1),
        format!("{:.1} MB in its first", first.1),
        last.1 / first.1,
        Aim::AtMost(1.2),
    );
}
