//! What it costs to look whether a submission is abuse, where many are kept to compare it with.

use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::{
    http::Client,
    intake::{self, Intake},
    load::{People, in_turn, median, ratio},
    mail_server::MailServer,
    process::processor_time,
    table::{Aim, Table},
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const CLIENTS: usize = 8;
/// So many have come in within the month for which they are compared.
const KEPT: usize = 10_000;
/// The limits as they are shipped, but that nobody is told to wait and nothing is put aside: the texts
/// are made of words of no language, and come faster than anybody types.
const LIMITS: [(&str, &str); 5] = [
    ("INTAKE__LIMITS__ENABLED", "true"),
    ("INTAKE__LIMITS__PROXIES", "[127.0.0.1]"),
    ("INTAKE__LIMITS__PUT_ASIDE_FROM", "1000000"),
    ("INTAKE__LIMITS__MOST_PER_CLIENT", "1000000"),
    ("INTAKE__LIMITS__MOST_IN_ALL", "1000000"),
];

/// Accepted submissions with limits against the same without.
pub fn measure(table: &mut Table) {
    let people = People::new();
    let next = AtomicU32::new(u32::from(Ipv4Addr::new(11, 0, 0, 0)));
    // Each person is somewhere else.
    let send = |client: &mut Client, typed: &_| {
        client.comes_from = Ipv4Addr::from(next.fetch_add(1, Ordering::Relaxed)).to_string();
        intake::send(client, typed);
    };
    let mail = MailServer::holding();
    let with = Intake::start_with(&mail.transport(), &LIMITS);
    let without = Intake::start(&mail.transport());
    for service in [&with, &without] {
        let mut sent = 0;
        while sent < KEPT {
            sent += people.send(service.address, CLIENTS, ROUND, send).count;
        }
    }
    let mut costs = [Duration::ZERO; 2];
    let mut counts = [0; 2];
    let [limited, free] = {
        let [cost, free_cost] = &mut costs;
        let [count, free_count] = &mut counts;
        let round = |service: &Intake, cost: &mut Duration, count: &mut usize| {
            let before = processor_time(service.pid());
            let done = people.send(service.address, CLIENTS, ROUND, send);
            *cost += processor_time(service.pid()) - before;
            *count += done.count;
            done.a_second()
        };
        in_turn(
            ROUNDS,
            [
                &mut || {
                    hours_pass(&with);
                    round(&with, cost, count)
                },
                &mut || round(&without, free_cost, free_count),
            ],
        )
    };
    table.ratio(
        &format!("accepted submissions, {CLIENTS} clients, with limits and {KEPT} to compare with"),
        format!("{:.0}/s", median(&limited)),
        format!("{:.0}/s without limits", median(&free)),
        ratio(&limited, &free),
        Aim::AtLeast(0.8),
    );
    let each = |at: usize| costs[at].as_secs_f64() * 1000.0 / counts[at] as f64;
    table.row(
        "processor time of one, with limits",
        format!("{:.2} ms", each(0)),
        format!("{:.2} ms without limits", each(1)),
        format!("{:.2}×", each(0) / each(1)),
        "≤ 1.2×".to_owned(),
        each(0) <= each(1) * 1.2,
    );
}

/// What limits count in an hour has happened before that, as if it had come in over a month.
fn hours_pass(service: &Intake) {
    let store = rusqlite::Connection::open(service.database()).expect("its database");
    store
        .busy_timeout(Duration::from_secs(60))
        .expect("patience");
    let earlier = "UPDATE trace SET at = at - 7200000 WHERE at > unixepoch() * 1000 - 3600000";
    store.execute(earlier, []).expect("traces");
    // The service need not tidy up after that.
    let tidied = store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    tidied.expect("an empty log");
}
