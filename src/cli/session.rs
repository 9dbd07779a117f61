//! `gtq [TRACE]` without a query: the prompt, or statements from standard input.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;

use clap::CommandFactory as _;

use super::Failure;
use super::answer::{read_source, texts};
use super::args::Args;
use super::progress::progress;
use super::terminal::Terminal;
use crate::engine::Origin;
use crate::output::Format;
use crate::repl::{self, Preset, Repl, Screen, Setup, Streams};
use crate::syntax::similar::closest;

pub(super) fn session(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    if let Some(command) = args.traces.first().and_then(|path| mistyped(path)) {
        let name = args.traces[0].display();
        return Err(Failure::Usage(format!(
            "there is no file and no command `{name}`; did you mean `{command}`?"
        )));
    }
    let trace = match &args.traces[..] {
        [] => None,
        [trace] if trace == Path::new("-") => return Err(no_query()),
        [trace] => Some(trace.clone()),
        _ => {
            let message = "the prompt, and statements from standard input, take one trace: several are asked with -e or -f";
            return Err(Failure::Usage(message.into()));
        }
    };
    let screen = io::stdout().is_terminal().then_some(Screen { size: None, color: terminal.color });
    let prompts = io::stdin().is_terminal();
    if prompts && screen.is_none() {
        return Err(no_query());
    }
    if prompts && args.output.file.is_some() {
        let message = "-o is for the result of a query: at the prompt, .output FILE and .once FILE are";
        return Err(Failure::Usage(message.into()));
    }
    let setup = Setup {
        trace,
        limits: args.limits.of_engine(),
        progress: progress(terminal),
        screen,
        preset: Preset {
            format: args.output.format.or(args.output.usual_format),
            max_rows: args.output.max_rows,
            no_header: args.output.no_header,
            color: terminal.color,
            error_color: terminal.error_color,
            quiet: terminal.quiet,
            strict: args.limits.strict,
        },
    };
    if prompts {
        return repl::converse(setup).map_err(Failure::Usage);
    }
    if io::stdin().lock().fill_buf()?.is_empty() {
        // What is no trace is told first.
        Repl::new(setup).map_err(Failure::Usage)?;
        return Err(no_query());
    }
    // A file, or a form that is one whole, is of all statements together.
    if args.output.file.is_some() || setup.preset.format.is_some_and(Format::is_whole) {
        let source = Path::new("-");
        return texts(&[(read_source(source)?, Origin::File(source.into()))], args, terminal);
    }
    let mut repl = Repl::new(setup).map_err(Failure::Usage)?;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    repl::read(&mut repl, io::stdin().lock(), &mut Streams { out: &mut out, err: &mut err })?;
    if repl.failed() { Err(Failure::Said(1)) } else { Ok(()) }
}

/// The command that is meant by what is no file.
fn mistyped(path: &Path) -> Option<String> {
    let name = path.to_str().filter(|name| !name.contains(['.', '/', '\\']) && *name != "-")?;
    if path.exists() {
        return None;
    }
    let command = Args::command();
    let names = command.get_subcommands().map(clap::Command::get_name);
    closest(name, names).map(str::to_owned)
}

fn no_query() -> Failure {
    Failure::Usage("there is no query: give one with -e, or a file with -f (see gtq --help)".into())
}
