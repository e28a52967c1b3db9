//! The form opened and sent: how fast, and at what cost.

use std::time::Duration;

use super::{
    bare::{Bare, files_a_second},
    intake::{self, Intake, folder},
    load::{People, in_turn, median, pages_a_second, ratio},
    mail_server::MailServer,
    process::processor_time,
    rival::{self, Rival},
    table::{Aim, Table},
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 64;
const CLIENTS: [usize; 3] = [1, 8, 32];

/// The page of the form, against a handler that does nothing but send the same bytes.
pub fn form_page(table: &mut Table) {
    let service = Intake::start("folder:mailbox");
    let page = service.client().get("/").expect(200).body().to_owned();
    let bare = Bare::start(&page);
    let [ours, bares] = in_turn(
        ROUNDS,
        [
            &mut || pages_a_second(service.address, "/", CONNECTIONS, ROUND),
            &mut || pages_a_second(bare.address, "/", CONNECTIONS, ROUND),
        ],
    );
    table.ratio(
        &format!("form page, {CONNECTIONS} connections"),
        a_second(&ours),
        format!("{} from a bare handler", a_second(&bares)),
        ratio(&ours, &bares),
        Aim::AtLeast(0.8),
    );
}

/// Accepted submissions, against a loop that syncs one file for each, and against the rival. Each
/// is measured with letters apart, as the loop and the rival send none; then once more as the
/// service comes, with two letters for each submission written beside it.
pub fn accepted(table: &mut Table) {
    let people = People::new();
    let mail = MailServer::holding();
    let rival = Rival::start();
    let service = Intake::start(&mail.transport());
    let captured = Intake::start("folder:mailbox");
    let made = folder();
    let (mut cost, mut count) = (Duration::ZERO, 0);
    captured.pause();
    for clients in CLIENTS {
        let mut with_letters_apart = || {
            let before = processor_time(service.pid());
            let done = people.send(service.address, clients, ROUND, intake::send);
            cost += processor_time(service.pid()) - before;
            count += done.count;
            done.a_second()
        };
        // It is at rest while the others are measured: its letters would go on.
        let mut with_letters = || {
            captured.go_on();
            let done = people.send(captured.address, clients, ROUND, intake::send);
            captured.pause();
            done.a_second()
        };
        let mut rivals = || match &rival {
            Ok(rival) => people
                .send(rival.address, clients, ROUND, rival::send)
                .a_second(),
            Err(_) => f64::NAN,
        };
        let [ours, files, captured, rivals] = in_turn(
            ROUNDS,
            [
                &mut with_letters_apart,
                &mut || files_a_second(made.path(), clients, ROUND),
                &mut with_letters,
                &mut rivals,
            ],
        );
        let plural = if clients == 1 { "" } else { "s" };
        let what = format!("accepted submissions, {clients} client{plural}");
        let against_files = format!("{} from a bare loop of synced files", a_second(&files));
        table.ratio(
            &what,
            a_second(&ours),
            against_files.clone(),
            ratio(&ours, &files),
            Aim::AtLeast(0.6),
        );
        table.ratio(
            &format!("{what}, letters captured meanwhile"),
            a_second(&captured),
            against_files,
            ratio(&captured, &files),
            Aim::AtLeast(0.6),
        );
        let what = format!("{what}, and the rival");
        match &rival {
            Ok(_) => table.ratio(
                &what,
                a_second(&ours),
                format!("{} from the rival", a_second(&rivals)),
                ratio(&ours, &rivals),
                Aim::AtLeast(3.0),
            ),
            Err(why) => table.left_out(&what, "≥ 3×", why),
        }
    }
    table.figure(
        "processor time of a submission, its form included, letters apart",
        cost.as_secs_f64() * 1000.0 / count as f64,
        " ms",
        Aim::AtMost(0.35),
    );
}

fn a_second(rates: &[f64]) -> String {
    format!("{:.0}/s", median(rates))
}
