//! `gtq [TRACE]` without a query: the prompt, or statements from standard input.

use std::io::{self, BufRead as _, BufReader, IsTerminal as _};
use std::path::Path;

use super::Failure;
use super::args::Args;
use super::progress::progress;
use super::terminal::Terminal;
use crate::repl::{self, Repl, Screen, Setup, Streams};

pub(super) fn session(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let screen = terminal.width.map(|_| Screen { size: None, color: terminal.color });
    if args.trace.as_deref() == Some(Path::new("-")) {
        return Err(no_query());
    }
    let setup = Setup {
        trace: args.trace.clone(),
        limits: args.limits.of_engine(),
        progress: progress(terminal),
        screen,
    };
    if io::stdin().is_terminal() && screen.is_some() {
        return Ok(repl::converse(&mut Repl::new(setup)?)?);
    }
    let mut input = BufReader::new(io::stdin());
    if input.fill_buf()?.is_empty() {
        return Err(no_query());
    }
    let mut repl = Repl::new(setup)?;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    repl::read(&mut repl, input, &mut Streams { out: &mut out, err: &mut err })?;
    if repl.failed() { Err(Failure::Said(1)) } else { Ok(()) }
}

fn no_query() -> Failure {
    Failure::Usage("there is no query: give one with -e, or a file with -f (see gtq --help)".into())
}
