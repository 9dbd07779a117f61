//! `gtq run`: saved queries, with options made from their parameters.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches};

use super::Failure;
use super::answer::{Question, ask, checked, show, spare};
use super::args::{Limits, Output, RUN_EXAMPLES, Speech};
use super::settings::Settings;
use super::terminal::{Terminal, usage};
use crate::engine::{FoundQuery, ParamValue, SavedParam, SavedQuery, Shelves};
use crate::output::{Format, escape};
use crate::pages;

pub(super) fn run(words: &[OsString], settings: &Settings) -> Result<(), Failure> {
    let shelves = Shelves::of_user();
    let is_option = |word: &OsString| word.to_string_lossy().starts_with('-');
    let Some(name) = words.first().filter(|word| !is_option(word)) else {
        return list(&shelves, words, settings);
    };
    let found = shelves.find(&name.to_string_lossy()).map_err(Failure::Usage)?;
    let FoundQuery { text, compiled, query } = found;
    let matches = match command(&text.origin.to_string(), query.as_ref())?.try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(e) => return Err(Failure::Said(usage(&e))),
    };
    let Options { output, limits, terminal } = &Options::new(&matches, settings)?;
    let compiled = checked(compiled, terminal)?;
    let traces: Vec<PathBuf> = matches.get_many("TRACE").into_iter().flatten().cloned().collect();
    spare(compiled.files.iter().chain(&traces), output.file.as_deref())?;
    let Some(query) = query else {
        return ask(&Question::of(&[compiled]), &traces, output, limits, terminal);
    };
    let values: Vec<ParamValue> = query.params.iter().filter_map(|param| value(&matches, param)).collect();
    let typed = compiled.call(&query.name, &values).map_err(|problems| {
        for problem in &problems {
            terminal.error(problem);
        }
        Failure::Said(2)
    })?;
    let question = Question { queries: vec![&typed], asserting: &[], default: Format::Table };
    ask(&question, &traces, output, limits, terminal)
}

/// `gtq run`: all saved queries that can be found.
fn list(shelves: &Shelves, words: &[OsString], settings: &Settings) -> Result<(), Failure> {
    let command = with_options(Command::new("gtq run").no_binary_name(true));
    let command = command.about("Runs a saved query; without a name, lists them").after_help(RUN_EXAMPLES);
    let command = command.override_usage(
        "gtq run NAME|FILE[:QUERY] [--PARAM VALUE]… [OPTIONS] [TRACE]…\n       gtq run [OPTIONS]",
    );
    let matches = match command.try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(e) => return Err(Failure::Said(usage(&e))),
    };
    let Options { output, terminal, .. } = &Options::new(&matches, settings)?;
    // A narrow terminal has room for the names and what they show; --help of each has the rest.
    let is_narrow = output.file.is_none() && terminal.width.is_some_and(|width| width < ROOM);
    let list = if is_narrow { pages::saved_queries_in_brief } else { pages::saved_queries };
    show(&list(shelves), output, terminal)
}

/// Columns of a terminal on which saved queries are listed with their parameters and places.
const ROOM: usize = 140;

/// What is said beside a query's parameters.
struct Options {
    output: Output,
    limits: Limits,
    terminal: Terminal,
}

impl Options {
    fn new(matches: &ArgMatches, settings: &Settings) -> Result<Self, Failure> {
        let (mut output, mut limits) = (given::<Output>(matches)?, given::<Limits>(matches)?);
        let mut speech = given::<Speech>(matches)?;
        output.settle(settings);
        limits.settle(settings);
        speech.settle(settings);
        Ok(Self { output, limits, terminal: Terminal::new(&speech) })
    }
}

fn given<T: FromArgMatches>(matches: &ArgMatches) -> Result<T, Failure> {
    T::from_arg_matches(matches).map_err(|e| Failure::Usage(e.to_string()))
}

/// A command that takes gtq's own options too.
fn with_options(command: Command) -> Command {
    Speech::augment_args(Limits::augment_args(Output::augment_args(command)))
}

/// The command that a saved query is: its parameters and gtq's own options.
fn command(origin: &str, query: Option<&SavedQuery>) -> Result<Command, Failure> {
    let name = query.map_or(origin, |query| &query.name).to_owned();
    let mut command = Command::new(name.clone()).bin_name(format!("gtq run {name}"));
    let own = with_options(Command::new("own"));
    for param in query.into_iter().flat_map(|query| &query.params) {
        let taken =
            own.get_arguments().any(|arg| arg.get_long() == Some(&param.name)) || param.name == "help";
        if taken {
            let message =
                format!("{origin}: the parameter `{}` has the name of an option of `gtq run`", param.name);
            return Err(Failure::Usage(message));
        }
        command = command.arg(parameter(param));
    }
    let trace = Arg::new("TRACE")
        .help("The trace, or several; - for standard input")
        .num_args(0..)
        .value_parser(clap::value_parser!(PathBuf));
    let about = query.map(|query| prose(&query.doc)).unwrap_or_default();
    Ok(with_options(command.arg(trace))
        .about(about)
        .after_help(format!("From {}.", escape::terminal(origin))))
}

/// A comment's lines, safe to show: the file may be anybody's.
fn prose(text: &str) -> String {
    text.lines().map(escape::terminal).collect::<Vec<_>>().join("\n")
}

/// Ids of parameters, apart from those of gtq's own options.
fn id(param: &SavedParam) -> String {
    format!("param {}", param.name)
}

fn parameter(param: &SavedParam) -> Arg {
    let mut help = prose(&param.doc);
    if let Some(default) = param.default.as_ref().filter(|default| *default != "null") {
        let space = if help.is_empty() { "" } else { " " };
        help = format!("{help}{space}[default: {}]", escape::terminal(default));
    }
    Arg::new(id(param))
        .long(param.name.clone())
        .value_name(param.ty.to_string().to_uppercase())
        .help(help)
        .required(param.default.is_none())
        .allow_hyphen_values(true)
        .help_heading("Parameters")
}

fn value(matches: &ArgMatches, param: &SavedParam) -> Option<ParamValue> {
    let text = matches.get_one::<String>(&id(param))?;
    Some(ParamValue { param: param.name.clone(), text: text.clone() })
}
