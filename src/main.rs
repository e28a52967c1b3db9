//! `intake`: arguments → commands → exit status.

use std::process::ExitCode;

use case_study_intake::cli;

fn main() -> ExitCode {
    cli::main()
}
