//! A full queue against an empty one, or one with few submissions: what the desk takes to answer,
//! the start, memory, and what the service does while nobody is there.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    http::Client,
    intake::{self, Intake, folder},
    load::{in_turn, median, ratio, slowest},
    mail_server::MailServer,
    process::{memory, processor_time, system_calls},
    table::{Aim, Table},
    texts::Texts,
};

const FEW: usize = 100;
/// Whose answers some searches look for; it is among the few, too.
const SOMEBODY: usize = 50;
/// How many clients fill the queue.
const CLIENTS: usize = 32;
/// What is not in the queue by then is not waited for, nor are letters that have not gone.
const FILLING: Duration = Duration::from_secs(20 * 60);
const LETTERS: Duration = Duration::from_secs(20 * 60);
const REQUESTS: usize = 300;
const ROUND: Duration = Duration::from_secs(10);
const ROUNDS: usize = 5;
const STARTS: usize = 5;
/// Upkeep looks at some drafts each minute, however many there are: a whole minute has that once.
const IDLE: Duration = Duration::from_secs(60);
const SETTLING: Duration = Duration::from_secs(12);
/// What two idle services look at again from time to time need not fall into the same minute.
const CALLS_APART: u64 = 100;

/// A service whose queue has been filled.
struct Filled {
    service: Intake,
    count: usize,
    /// Some of the submissions, evenly spread.
    ids: Vec<String>,
    /// How many letters had not gone in time.
    pending: usize,
}

/// All that is measured with this many submissions.
pub fn measure(table: &mut Table, many: usize) {
    let texts = Texts::new();
    let mut empty = Intake::start("folder:mailbox");
    empty.client().get("/healthz").expect(200);
    let aim = Aim::AtMost(20.0);
    table.figure("memory, idle and empty", memory(empty.pid()), " MB", aim);

    let few = fill(&texts, FEW);
    let mut many = fill(&texts, many);
    let count = thousands(many.count);
    if many.pending > 0 {
        let pending = thousands(many.pending);
        table.foot(format!(
            "With {count} submissions, {pending} letters had not gone in time: the service was \
             still sending them meanwhile."
        ));
    }
    let aim = Aim::AtMost(40.0);
    let filled = memory(many.service.pid());
    table.figure(
        &format!("memory, {count} having come in"),
        filled,
        " MB",
        aim,
    );

    start(table, &mut empty, &mut many);
    pages(table, &texts, &few, &many);
    let read = memory(many.service.pid());
    let what = format!("memory, {count} found at the start and read at the desk");
    table.figure(&what, read, " MB", aim);
    idle(table, &few, &many);
}

/// A service with this many submissions, all sent through its form, and an editor signed in.
fn fill(texts: &Texts, wanted: usize) -> Filled {
    let mail = MailServer::taking();
    let mut service = Intake::start(&mail.transport());
    service.sign_in(&mail);
    let until = Instant::now() + FILLING;
    let next = AtomicUsize::new(0);
    let ids = Mutex::new(Vec::new());
    let each = (wanted / REQUESTS).max(1);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = service.client();
                while Instant::now() < until {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= wanted {
                        break;
                    }
                    let id = intake::send(&mut client, &texts.typed(number));
                    if number.is_multiple_of(each) {
                        ids.lock().expect("the ids").push(id);
                    }
                }
            });
        }
    });
    // An idle service has no letters to send.
    let until = Instant::now() + LETTERS;
    let mut pending = service.letters_pending();
    while pending > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(500));
        pending = service.letters_pending();
    }
    Filled {
        service,
        count: next.into_inner().min(wanted),
        ids: ids.into_inner().expect("the ids"),
        pending,
    }
}

/// From the start of the program to its first answer.
fn start(table: &mut Table, empty: &mut Intake, many: &mut Filled) {
    let [full, none] = in_turn(
        STARTS,
        [
            &mut || many.service.start_again().as_secs_f64(),
            &mut || empty.start_again().as_secs_f64(),
        ],
    );
    let (full, none) = (median(&full), median(&none));
    table.row(
        &format!("start with {} to the first answer", thousands(many.count)),
        format!("{full:.3} s"),
        format!("{none:.3} s with none"),
        format!("{:+.3} s", full - none),
        "≤ 0.1 s more".to_owned(),
        full - none <= 0.1,
    );
}

/// How long the slowest of a hundred answers takes, for each kind of page.
fn pages(table: &mut Table, texts: &Texts, few: &Filled, many: &Filled) {
    let mut kinds = vec![
        ("queue".to_owned(), "/desk".to_owned()),
        (
            "queue, filtered".to_owned(),
            "/desk?stage=received".to_owned(),
        ),
    ];
    for (words, typed) in texts.searches(SOMEBODY) {
        let query = form_urlencoded::byte_serialize(typed.as_bytes()).collect::<String>();
        kinds.push((format!("search, {words}"), format!("/desk?q={query}")));
    }
    for (what, path) in kinds {
        let page = Asked {
            what: &what,
            client: Intake::editor,
        };
        page.measure(table, few, many, |_| vec![path.clone()]);
    }
    let page = Asked {
        what: "one submission",
        client: Intake::editor,
    };
    page.measure(table, few, many, |filled| {
        filled.ids.iter().map(|id| format!("/desk/{id}")).collect()
    });
    let page = Asked {
        what: "`/metrics`",
        client: Intake::operator,
    };
    page.measure(table, few, many, |_| vec!["/metrics".to_owned()]);
}

/// A kind of page, and who asks for it.
struct Asked<'a> {
    what: &'a str,
    client: fn(&Intake) -> Client,
}

impl Asked<'_> {
    fn measure(
        &self,
        table: &mut Table,
        few: &Filled,
        many: &Filled,
        paths: impl Fn(&Filled) -> Vec<String>,
    ) {
        let time = |filled: &Filled| {
            let mut client = (self.client)(&filled.service);
            slowest(&mut client, &paths(filled), REQUESTS, ROUND)
        };
        let [full, small] = in_turn(ROUNDS, [&mut || time(many), &mut || time(few)]);
        let (took, times) = (median(&full), ratio(&full, &small));
        table.row(
            &format!(
                "{} at {}, 99th percentile",
                self.what,
                thousands(many.count)
            ),
            format!("{took:.2} ms"),
            format!("{:.2} ms at {}", median(&small), few.count),
            format!("{times:.2}×"),
            "≤ 1.5× and ≤ 5 ms".to_owned(),
            times <= 1.5 && took <= 5.0,
        );
    }
}

/// What the service does while nobody is there, with a full queue and with an empty one at once.
fn idle(table: &mut Table, few: &Filled, many: &Filled) {
    let count = thousands(many.count);
    let what = format!("idle with {count}: processor");
    let calls_what = format!("idle with {count}: system calls in {} s", IDLE.as_secs());
    let (aim, calls_aim) = ("< 0.1 % of one", "as at 100");
    if many.pending > 0 {
        let why = format!("{} letters have not gone yet", many.pending);
        table.left_out(&what, aim, &why);
        table.left_out(&calls_what, calls_aim, &why);
        return;
    }
    // Threads that the requests needed end after a while without any.
    std::thread::sleep(SETTLING);
    let pids = [many.service.pid(), few.service.pid()];
    let before = pids.map(processor_time);
    std::thread::sleep(IDLE);
    let after = pids.map(processor_time);
    let share = |which: usize| {
        let used = after[which] - before[which];
        used.as_secs_f64() / IDLE.as_secs_f64() * 100.0
    };
    table.row(
        &what,
        format!("{:.2} %", share(0)),
        format!("{:.2} % at {FEW}", share(1)),
        String::new(),
        aim.to_owned(),
        share(0) < 0.1,
    );
    let folder = folder();
    match system_calls(pids, IDLE, folder.path()) {
        Ok([full, at_few]) => table.row(
            &calls_what,
            full.to_string(),
            format!("{at_few} at {FEW}"),
            String::new(),
            format!("{calls_aim}, give or take {CALLS_APART}"),
            full.abs_diff(at_few) <= CALLS_APART,
        ),
        Err(why) => table.left_out(&calls_what, calls_aim, &why),
    }
}

/// A number as people read it.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let (first, rest) = digits.split_at(digits.len() % 3);
    let mut groups: Vec<&str> = Vec::new();
    if !first.is_empty() {
        groups.push(first);
    }
    groups.extend((0..rest.len()).step_by(3).map(|at| &rest[at..at + 3]));
    groups.join(",")
}
