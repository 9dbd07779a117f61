//! What can be typed.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::settings::Settings;
use crate::engine;
use crate::output::Format;

#[derive(Parser)]
#[command(
    name = "gtq",
    version,
    about = "Queries Go execution traces",
    long_about = "Queries Go execution traces (runtime/trace): the trace is a set of tables, and GTQ asks them questions.",
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    override_usage = "gtq -e QUERY [-e QUERY]… [OPTIONS] [TRACE]…\n       gtq -f FILE [OPTIONS] [TRACE]…\n       gtq [OPTIONS] [TRACE] [< FILE]\n       gtq run NAME [--PARAM VALUE]… [OPTIONS] [TRACE]…\n       gtq COMMAND"
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    /// A query; several run one after the other
    #[arg(short = 'e', long = "execute", value_name = "QUERY", allow_hyphen_values = true)]
    pub(super) execute: Vec<String>,

    /// A file of queries, each ended by a semicolon; - for standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "execute")]
    pub(super) file: Option<PathBuf>,

    /// The trace, also compressed by gzip or zstd; - for standard input. Of several, each is asked by itself: sums, `order by`
    /// and `limit` are those of each, and a column `trace` says which one a row is of
    #[arg(value_name = "TRACE")]
    pub(super) traces: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) output: Output,

    #[command(flatten)]
    pub(super) limits: Limits,

    #[command(flatten)]
    pub(super) speech: Speech,
}

impl Args {
    /// Whether there is a query among the arguments.
    pub(super) fn asks(&self) -> bool {
        self.file.is_some() || !self.execute.is_empty()
    }

    /// Takes the user's settings for what the arguments leave open.
    pub(super) fn settle(&mut self, settings: &Settings) {
        self.limits.settle(settings);
        self.speech.settle(settings);
        self.output.settle(settings);
        if let Some(
            Command::Info { output, .. } | Command::Tables { output } | Command::Describe { output, .. },
        ) = &mut self.command
        {
            output.settle(settings);
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  gtq -e \"select name, count(), sum(exec) as exec from goroutines order by exec desc\" trace.dat
  gtq -e \"from goroutine_states |> where state = 'runnable' and dur > 1ms |> limit 5\" trace.dat
  gtq --format csv -o waits.csv -e \"select reason, sum(dur) as time from goroutine_states\" trace.dat
  gtq --format pprof -o waits.pb.gz -e \"select stack, count() as count, sum(dur) as time from goroutine_states\" trace.dat
  gtq --format perfetto -o g.pftrace -e \"from goroutine_states |> render timeline(g, start, end, state)\" trace.dat
  gtq -e \"select count() from events\" - < trace.dat.gz
  gtq -e \"select count(), sum(exec) as exec from goroutines\" before.trace after.trace
  echo \"select count() from events\" | gtq trace.dat
  gtq trace.dat                     asks for queries at a prompt
  gtq capture localhost:6060 --seconds 5 -o trace.dat
  gtq tables                        what there is to ask about
  gtq describe goroutine_states     the columns of a table
  gtq explain \"select count() from events\"
  gtq run                           the saved queries that there are
  gtq run sched:longest_waits --n 3 trace.dat
  gtq check checks.gtq trace.dat    whether what should hold does

Settings: GTQ_FORMAT, GTQ_MAX_ROWS, GTQ_MEMORY_LIMIT, GTQ_THREADS, GTQ_STRICT, GTQ_COLOR and
GTQ_QUIET stand for the options of these names; so do the keys format, max-rows, … of
gtq/config.toml in the user's configuration folder, or of the file that GTQ_CONFIG names.
An option counts for more than a variable, and a variable for more than the file.

Exit codes: 0 fine, 1 a query or an assertion failed, 2 wrong usage or an input that can't be read.";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show what is in a trace, or in each of several
    #[command(after_help = "Examples:\n  gtq info trace.dat\n  gtq info --format table *.trace")]
    Info {
        /// The trace, or - for standard input
        #[arg(required = true, value_name = "TRACE")]
        traces: Vec<PathBuf>,
        #[command(flatten)]
        output: Output,
    },
    /// List the tables
    #[command(after_help = "Examples:\n  gtq tables\n  gtq tables --format json")]
    Tables {
        #[command(flatten)]
        output: Output,
    },
    /// Show the columns of a table
    #[command(after_help = "Example:\n  gtq describe goroutines")]
    Describe {
        /// The table's name
        table: String,
        #[command(flatten)]
        output: Output,
    },
    /// Show how a query would be run
    #[command(after_help = "Example:\n  gtq explain \"select count() from events where g = 1\"")]
    Explain {
        /// The query
        query: String,
        /// A trace to plan for; none is needed
        trace: Option<PathBuf>,
        /// Run it, and show what each operator did
        #[arg(long, requires = "trace")]
        analyze: bool,
    },
    /// Run a saved query; without a name, list them
    #[command(after_help = RUN_EXAMPLES, disable_help_flag = true, override_usage = RUN_USAGE)]
    Run {
        /// What to run, its parameters, options, and the traces
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "NAME|FILE[:QUERY] ARGS")]
        words: Vec<OsString>,
    },
    /// Evaluate the assertions of query files on traces
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// Query files (*.gtq) and traces, in any order: each file is checked on each trace
        #[arg(required = true, value_name = "FILE|TRACE")]
        files: Vec<PathBuf>,
        /// Form of the result
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
        format: CheckFormat,
        /// Write the result to a file
        #[arg(short = 'o', long = "output", value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Fetch the trace of a running program from its net/http/pprof
    #[command(after_help = CAPTURE_EXAMPLES)]
    Capture(Capture),
    /// Lay out query files in the style of the language
    #[command(after_help = FMT_EXAMPLES)]
    Fmt {
        /// Query files, which are changed in their places; - or nothing for standard input
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Change nothing, but say what would change
        #[arg(long)]
        check: bool,
    },
    /// Explain the code of an error or a warning, or a command
    #[command(after_help = "Examples:\n  gtq help E0201\n  gtq help run")]
    Help {
        /// A code such as E0201, or a command
        topic: Option<String>,
    },
    /// Print a script with which a shell completes gtq's commands and options
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for each command into a folder
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// The folder to write to
        #[arg(short = 'o', long = "output", value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
    /// Print a part of the reference as Markdown
    #[command(hide = true)]
    Reference { part: Reference },
}

/// What `gtq capture` takes.
#[derive(ClapArgs)]
pub(super) struct Capture {
    /// Where the program serves net/http/pprof: host:port or http://host:port, with a path if it is not
    /// /debug/pprof/trace
    pub(super) address: String,

    /// How long the trace is [default: 5, or what the address says]
    #[arg(long, value_name = "N", value_parser = parse_seconds)]
    pub(super) seconds: Option<f64>,

    /// Where the trace is put, - for standard output [default: the first of trace.dat, trace-2.dat, … that is not there]
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Replace the file if it is there
    #[arg(long)]
    pub(super) force: bool,
}

/// How the results of assertions are written.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(super) enum CheckFormat {
    #[default]
    Text,
    Json,
    Junit,
}

/// The parts of the reference that are made from the catalog.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Reference {
    Tables,
    Functions,
}

const RUN_USAGE: &str = "gtq run NAME|FILE[:QUERY] [--PARAM VALUE]… [OPTIONS] [TRACE]…\n       gtq run";

pub(super) const RUN_EXAMPLES: &str = "\
Saved queries are looked up in a folder `queries` here or above, in gtq/queries in the user's configuration folder,
and in the standard library. `gtq run NAME --help` shows what a query takes.

Examples:
  gtq run                                           what there is
  gtq run states trace.dat
  gtq run sched:longest_waits --n 3 trace.dat       one query of several in sched.gtq
  gtq run ./slow.gtq --min 5ms --format csv trace.dat
  gtq run goroutines before.trace after.trace       a column `trace` says which one a row is of";

const CHECK_EXAMPLES: &str = "\
Examples:
  gtq check checks.gtq trace.dat
  gtq check --format junit -o report.xml checks.gtq *.trace

Exit codes: 0 all assertions hold, 1 one does not, 2 a trace or a file can't be read.";

const CAPTURE_EXAMPLES: &str = "\
Examples:
  gtq capture localhost:6060
  gtq capture http://localhost:6060 --seconds 10 -o slow.trace
  gtq capture http://localhost:6060/own/path/trace
  gtq capture localhost:6060 -o - | gtq -e \"select count() from events\" -

Ctrl-C ends it before its time: what came so far is kept if queries can be asked of it.
The file is there only when the trace has come. https is not supported: use curl.";

const FMT_EXAMPLES: &str = "\
Examples:
  gtq fmt queries/*.gtq
  gtq fmt --check queries/*.gtq
  gtq fmt < query.gtq

Exit codes: 0 fine, 1 a file has errors or, with --check, would change, 2 a file can't be read.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(gtq completions bash)                                       in ~/.bashrc
  gtq completions bash > ~/.local/share/bash-completion/completions/gtq
  gtq completions zsh > ~/.zfunc/_gtq                                  with ~/.zfunc in fpath, before compinit
  gtq completions fish > ~/.config/fish/completions/gtq.fish
  gtq completions powershell >> $PROFILE";

const MAN_EXAMPLES: &str = "\
Examples:
  gtq man | man -l -
  gtq man -o ~/.local/share/man/man1";

/// How results are written.
#[derive(ClapArgs, Clone, Default)]
pub(super) struct Output {
    /// Form of the result [default: table (on a terminal the picture that a query renders), or what the name given to -o
    /// ends with]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub(super) format: Option<Format>,

    /// The form where neither option says one.
    #[arg(skip)]
    pub(super) usual_format: Option<Format>,

    /// Write the result to a file
    #[arg(short = 'o', long = "output", id = "output", value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    /// Rows to show in a table or a plot, 0 for all [default: 40 on a terminal, else all]
    #[arg(long, value_name = "N", value_parser = parse_rows)]
    pub(super) max_rows: Option<usize>,

    /// Leave out the header of csv and tsv
    #[arg(long)]
    pub(super) no_header: bool,
}

impl Output {
    pub(super) fn settle(&mut self, settings: &Settings) {
        self.usual_format = settings.format;
        self.max_rows = self.max_rows.or(settings.max_rows);
    }
}

/// How much of the machine queries may use.
#[derive(ClapArgs, Clone)]
pub(super) struct Limits {
    /// Memory that a query's operators may hold, such as 512MB or 2GiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size, global = true)]
    pub(super) memory_limit: Option<usize>,

    /// Threads, at most 1024 [default: one per core]
    #[arg(long, value_name = "N", value_parser = parse_threads, global = true)]
    pub(super) threads: Option<NonZeroUsize>,

    /// Fail, with exit code 1, if some of the trace could not be used
    #[arg(long, global = true)]
    pub(super) strict: bool,
}

impl Limits {
    pub(super) fn settle(&mut self, settings: &Settings) {
        self.memory_limit = self.memory_limit.or(settings.memory_limit);
        self.threads = self.threads.or(settings.threads);
        self.strict |= settings.strict.unwrap_or(false);
    }

    pub(super) fn of_engine(&self) -> engine::Limits {
        engine::Limits { memory: self.memory_limit, threads: self.threads }
    }
}

/// How the program speaks.
#[derive(ClapArgs, Clone)]
pub(super) struct Speech {
    /// Whether to use colours [default: auto: on a terminal, as NO_COLOR, CLICOLOR and CLICOLOR_FORCE say]
    #[arg(long, value_name = "WHEN", value_enum, hide_possible_values = true, global = true)]
    pub(super) color: Option<Color>,

    /// Say nothing beside results and errors: no progress, no warnings, no notices
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
}

impl Speech {
    pub(super) fn settle(&mut self, settings: &Settings) {
        self.color = self.color.or(settings.color);
        self.quiet |= settings.quiet.unwrap_or(false);
    }
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// Takes the names of formats, and lists them where the name is wrong.
fn formats() -> impl TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(Format::ALL.iter().map(|format| format.name()));
    names.try_map(|name| name.parse::<Format>())
}

/// Reads a number of rows.
pub(super) fn parse_rows(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "a number of rows is a whole number, 0 for all".to_owned())
}

/// Reads a number of threads.
pub(super) fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    const MOST: usize = 1024;
    let threads = text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= MOST);
    threads.ok_or_else(|| format!("a number of threads is from 1 to {MOST}"))
}

/// Reads `512MB`, `2GiB`, `1000000`.
pub(super) fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "k" | "kib" => 1 << 10,
        "mb" => 1_000_000,
        "m" | "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "g" | "gib" => 1 << 30,
        _ => return Err(format!("`{unit}` is no unit of size; B, KB, KiB, MB, MiB, GB and GiB are")),
    };
    let number: usize =
        number.parse().map_err(|_| "a size is a number with a unit, such as 512MB".to_owned())?;
    number
        .checked_mul(factor)
        .filter(|&n| n > 0)
        .ok_or_else(|| "a size must be positive and fit in memory".to_owned())
}

/// Reads a number of seconds.
fn parse_seconds(text: &str) -> Result<f64, String> {
    const DAY: f64 = 86_400.0;
    let seconds = text.parse().ok().filter(|seconds| (f64::MIN_POSITIVE..=DAY).contains(seconds));
    seconds.ok_or_else(|| format!("a number of seconds is more than 0 and at most {DAY}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn seconds() {
        assert_eq!((parse_seconds("5"), parse_seconds("0.5")), (Ok(5.0), Ok(0.5)));
        for wrong in ["", "0", "-1", "5s", "nan", "inf", "86401"] {
            assert!(parse_seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("512MB"), Ok(512_000_000));
        assert_eq!(parse_size("2GiB"), Ok(2 << 30));
        assert_eq!(parse_size("64 KiB"), Ok(65536));
        assert_eq!(parse_size("7"), Ok(7));
        for wrong in ["", "MB", "0", "-1", "1.5GB", "3 apples", "99999999999GiB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
