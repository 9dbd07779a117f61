//! The command line: arguments in, calls down, words out. No logic of its own.
//!
//! `args` says what can be typed and `settings` what is set for every run, `answer` runs queries and writes their results,
//! `traces` those of several traces, `run` finds saved ones, `check` evaluates assertions, `session` opens the prompt, `capture` fetches a trace, `fmt` lays
//! files out, `pages` shows what is in the catalog, how a query is planned, and what shells and `man` want to know. Nothing
//! else in the program prints.

mod answer;
mod args;
mod capture;
mod check;
mod fmt;
mod pages;
mod progress;
mod run;
mod session;
mod settings;
mod target;
mod terminal;
mod traces;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use crate::engine;
use args::{Args, Command};
use settings::Settings;
use terminal::Terminal;

/// How a run ended badly.
enum Failure {
    /// A query has errors or can't be computed. Exit code 1.
    Query(String),
    /// Wrong usage, or an input that can't be read. Exit code 2.
    Usage(String),
    /// What was to be said has been said.
    Said(u8),
    /// Nobody reads the output any more. No failure at all.
    BrokenPipe,
}

impl Failure {
    /// Says which of several traces a query failed on.
    fn on(self, trace: &Path) -> Self {
        match self {
            Self::Query(message) => Self::Query(format!("{}: {message}", trace.display())),
            other => other,
        }
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Output(e) => e.into(),
            engine::Error::Open { .. } | engine::Error::NoTrace => Self::Usage(error.to_string()),
            engine::Error::Memory(_)
            | engine::Error::Run(_)
            | engine::Error::Cancelled
            | engine::Error::Internal(_) => Self::Query(error.to_string()),
        }
    }
}

impl From<crate::capture::Error> for Failure {
    fn from(error: crate::capture::Error) -> Self {
        match error {
            crate::capture::Error::Write(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<crate::output::Error> for Failure {
    fn from(error: crate::output::Error) -> Self {
        if error.is_broken_pipe() {
            return Self::BrokenPipe;
        }
        Self::Usage(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        crate::output::Error::from(error).into()
    }
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(e) => return ExitCode::from(terminal::usage(&e)),
    };
    let settings = match Settings::of_user() {
        Ok(settings) => settings,
        Err(message) => return fail(&Terminal::new(&args.speech), &message, 2),
    };
    args.settle(&settings);
    let terminal = Terminal::new(&args.speech);
    let result = match &args.command {
        None if args.asks() => answer::queries(&args, &terminal),
        None => session::session(&args, &terminal),
        Some(Command::Info { traces, output }) => answer::info(traces, output, &args.limits, &terminal),
        Some(Command::Tables { output }) => pages::tables(output, &terminal),
        Some(Command::Describe { table, output }) => pages::describe(table, output, &terminal),
        Some(Command::Explain { query, trace, analyze }) => {
            let pages = if *analyze { pages::analyze } else { pages::explain };
            pages(query, trace.as_deref(), &args.limits, &terminal)
        }
        Some(Command::Run { words }) => run::run(words, &settings),
        Some(Command::Check { files, format, output }) => {
            check::check(files, *format, output.as_deref(), &args.limits, &terminal)
        }
        Some(Command::Capture(args)) => capture::capture(args, &terminal),
        Some(Command::Fmt { files, check }) => fmt::fmt(files, *check, &terminal),
        Some(Command::Help { topic }) => pages::help(topic.as_deref()),
        Some(Command::Completions { shell }) => pages::completions(*shell),
        Some(Command::Man { output }) => pages::man(output.as_deref()),
        Some(Command::Reference { part }) => pages::reference(*part),
    };
    match result {
        Ok(()) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(Failure::Said(code)) => ExitCode::from(code),
        Err(Failure::Query(message)) => fail(&terminal, &message, 1),
        Err(Failure::Usage(message)) => fail(&terminal, &message, 2),
    }
}

fn fail(terminal: &Terminal, message: &str, code: u8) -> ExitCode {
    terminal.error(message);
    ExitCode::from(code)
}
