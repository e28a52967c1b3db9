//! `intake`: arguments → commands → exit status.

use std::process::ExitCode;

use case_study_intake::{cli, picture};

fn main() -> ExitCode {
    // Not a command for people, and before anything else of the program is set up.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == picture::COMMAND)
    {
        return picture::process();
    }
    cli::main()
}
