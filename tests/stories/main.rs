//! The stories of the people who use Intake, told with real parts: the program itself, browsers,
//! mail servers, Jekyll and Ruby, kills. `tests/run` installs those and runs everything.

mod blog;
mod browser;
mod chromium;
mod cli;
mod desk;
mod desk_browser;
mod erasure;
mod fidelity;
mod form;
mod generators;
mod hostile;
mod mail;
mod pages;
mod publish;
mod queue;
mod structure;
mod support;
