//! The stories of the people who use Intake, told with real parts: the program itself, browsers,
//! mail servers, Jekyll and Ruby, kills. `tests/run` installs those and runs everything.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a story that cannot go on fails by a panic, and says why"
)]
#![allow(missing_docs, reason = "stories are read, not called")]

mod blog;
mod browser;
mod chromium;
mod cli;
mod clock;
mod closing;
mod consent;
mod definitions;
mod desk;
mod desk_browser;
mod erasure;
mod faults;
mod fidelity;
mod form;
mod forms;
mod fuzz;
mod generators;
mod harm;
mod hostile;
mod language;
mod limits;
mod mail;
mod mine;
mod out;
mod pages;
mod pave;
mod pictures;
mod publish;
mod queue;
mod saved;
mod structure;
mod support;
mod team;
mod valid;
mod web_path;
