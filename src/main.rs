//! The program: see [`gtq::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    gtq::cli::run(std::env::args_os())
}
