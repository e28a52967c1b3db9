//! What the service takes and how fast it is, measured on the program itself from outside, over
//! the loopback interface. `cargo bench` runs it and prints one table.
//!
//! Machines differ, so everything is measured against something within the same run, in turn with
//! it, and the aims are ratios where that makes sense. The aims are for two processors, which
//! service and load share. Settings:
//!
//! | variable | is |
//! | --- | --- |
//! | `INTAKE_BENCH_SUBMISSIONS` | how many submissions a full queue has; 100000 unless set |
//! | `INTAKE_BENCH_LONG=1` | to measure ten minutes of full load as well |
//! | `INTAKE_RIVAL` | the folder of another service to compare with; see `rival.rs` |
//!
//! `cargo bench -- WORD` measures only the groups with that word in their names: form page,
//! accepted, limits, many, full load.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a measurement that cannot go on fails by a panic, and the table is printed"
)]
#![allow(missing_docs, reason = "measurements are read, not called")]

mod accepting;
mod bare;
mod full_load;
mod http;
mod intake;
mod limits;
mod load;
mod mail_server;
mod many;
mod process;
mod rival;
mod table;
mod texts;

use std::{env, fs, thread, time::Instant};

use table::Table;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let given = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    if given(bare::ARGUMENT) {
        return bare::serve();
    }
    // `cargo test --all-targets` runs this program, too, and should not wait for it.
    if !given("--bench") {
        return;
    }
    let submissions = env::var("INTAKE_BENCH_SUBMISSIONS").map_or(100_000, |count| {
        count.parse().expect("INTAKE_BENCH_SUBMISSIONS is a number")
    });
    let long = env::var("INTAKE_BENCH_LONG").is_ok_and(|long| long == "1");
    let words: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let wanted = |group: &str| words.is_empty() || words.iter().any(|word| group.contains(*word));

    let started = Instant::now();
    let mut table = Table::default();
    if wanted("form page") {
        accepting::form_page(&mut table);
    }
    if wanted("accepted") {
        accepting::accepted(&mut table);
    }
    if wanted("limits") {
        limits::measure(&mut table);
    }
    if wanted("many") {
        many::measure(&mut table, submissions);
    }
    if wanted("full load") {
        full_load::flat(&mut table, "a minute of full load", 60, 10);
        let what = "ten minutes of full load";
        if long {
            full_load::flat(&mut table, what, 600, 60);
        } else {
            let aim = "≥ 0.9× accepted, ≤ 1.2× memory";
            table.left_out(what, aim, "only with INTAKE_BENCH_LONG=1");
        }
    }
    let size = fs::metadata(intake::PROGRAM).expect("the program").len();
    let processors = thread::available_parallelism().map_or(0, usize::from);
    table.foot(format!(
        "The program has {:.1} MB. Measured in {} s on {processors} processors.",
        size as f64 / 1_048_576.0,
        started.elapsed().as_secs()
    ));
    table.foot(
        "Figures are medians of rounds measured in turn; a ratio is the median of the rounds' ratios."
            .to_owned(),
    );
    table.print();
}
