//! Runs queries and writes their results.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Failure;
use super::args::{Args, Limits, Output};
use super::check::Assertions;
use super::progress::progress;
use super::target::Target;
use super::terminal::Terminal;
use crate::engine::{self, Compiled, Input, Origin, Prepared, Session};
use crate::output::checks::Check;
use crate::output::timeline::Timeline;
use crate::output::{self, Advice, Format};

/// Rows of a table on a terminal, unless `--max-rows` says otherwise.
const MAX_ROWS: usize = 40;

/// What `gtq info` asks.
const INFO: &str = "\
from traces
|> select trace, format, go_version, bytes, start_wall, dur, generations, events, problem
|> cross join (select count() as goroutines, count_if(system) as system_goroutines from goroutines)
|> cross join (select count() as procs from procs)
|> cross join (select count() as threads from threads)
|> cross join (select count() as tasks from tasks)
|> cross join (select count() as regions from regions where not inherited)
|> cross join (select count() as logs from logs)
|> cross join (select count() as samples from samples)";

/// `gtq -e … TRACE`, `gtq -f FILE TRACE`.
pub(super) fn queries(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let is_stdin = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
    if is_stdin(&args.file) && is_stdin(&args.trace) {
        let message = "standard input can't be both the queries and the trace: name a file for one of them";
        return Err(Failure::Usage(message.into()));
    }
    let sources: Vec<(String, Origin)> = match &args.file {
        Some(path) => vec![(read_source(path)?, Origin::File(path.clone()))],
        None => args.execute.iter().map(|text| (text.clone(), Origin::Typed)).collect(),
    };
    texts(&sources, args, terminal)
}

/// Compiles all texts, then runs them.
pub(super) fn texts(sources: &[(String, Origin)], args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let compiled = sources
        .iter()
        .map(|(text, origin)| checked(engine::compile(text, origin), terminal))
        .collect::<Vec<Result<Compiled, Failure>>>()
        .into_iter()
        .collect::<Result<Vec<Compiled>, Failure>>()?;
    let inputs = compiled.iter().flat_map(|compiled| &compiled.files).chain(&args.trace);
    spare(inputs, args.output.file.as_deref())?;
    let session = open(args.trace.as_deref(), &args.limits, terminal)?;
    statements(&session, &compiled, &args.output, &args.limits, terminal)
}

/// Runs the queries of texts, then evaluates their assertions.
pub(super) fn statements(
    session: &Session,
    compiled: &[Compiled],
    output: &Output,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let queries = compiled.iter().flat_map(|c| &c.queries);
    let prepared =
        queries.map(|query| prepare(session, query, output, terminal)).collect::<Result<Vec<_>, _>>()?;
    let assertions =
        compiled.iter().map(|c| Assertions::prepare(session, c)).collect::<Result<Vec<_>, _>>()?;
    // Together: a pipe can be read only once.
    session.load(prepared.iter().chain(assertions.iter().flat_map(|a| &a.prepared)))?;
    answer(session, &prepared, output, Format::Table, terminal)?;
    let told = tell_loss(session, limits, terminal);
    let checks = assertions.iter().flat_map(|assertions| assertions.evaluate(session, ""));
    let failed: Vec<Check> = checks.filter(|check| !check.outcome.holds()).collect();
    for check in &failed {
        terminal.error(&format!("assertion {}", check.describe()));
    }
    if failed.is_empty() { told } else { Err(Failure::Said(1)) }
}

/// `gtq info TRACE`.
pub(super) fn info(
    trace: &Path,
    output: &Output,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let compiled = compile(INFO, terminal)?;
    let session = open(Some(trace), limits, terminal)?;
    let prepared =
        compiled.queries.iter().map(|query| session.prepare(query)).collect::<Result<Vec<_>, _>>()?;
    session.load(&prepared)?;
    answer(&session, &prepared, output, Format::Vertical, terminal)?;
    tell_loss(&session, limits, terminal)
}

/// Refuses to write over what is read.
pub(super) fn spare<'p>(
    inputs: impl IntoIterator<Item = &'p PathBuf>,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let Some(output) = output.and_then(|output| output.canonicalize().ok()) else { return Ok(()) };
    let is_output = |input: &&PathBuf| input.canonicalize().is_ok_and(|input| input == output);
    match inputs.into_iter().find(is_output) {
        Some(input) => Err(Failure::Usage(format!(
            "the result would overwrite {}: name another file with -o",
            input.display()
        ))),
        None => Ok(()),
    }
}

/// Reads a file of queries; `-` is standard input.
pub(super) fn read_source(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    if path != Path::new("-") {
        return engine::read_queries(path)
            .map_err(|e| Failure::Usage(format!("can't read {}: {e}", path.display())));
    }
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|e| Failure::Usage(format!("can't read standard input: {e}")))?;
    Ok(text)
}

/// Reads and checks a query that was typed, showing all that is wrong with it.
pub(super) fn compile(source: &str, terminal: &Terminal) -> Result<Compiled, Failure> {
    checked(engine::compile(source, &Origin::Typed), terminal)
}

/// Shows all that is wrong with a text; it goes on only without errors.
pub(super) fn checked(compiled: Compiled, terminal: &Terminal) -> Result<Compiled, Failure> {
    terminal.diagnostics(&compiled);
    if compiled.has_errors() {
        let count = compiled.diagnostics.iter().filter(|d| d.is_error()).count();
        let errors = if count == 1 { "an error".to_owned() } else { format!("{count} errors") };
        let what = match compiled.sources().next() {
            Some((name, _)) if name != Origin::Typed.to_string() => name,
            _ => "the query",
        };
        return Err(Failure::Query(format!("{what} has {errors} and was not run")));
    }
    Ok(compiled)
}

/// Opens a trace; without one, a session for queries that need none.
pub(super) fn open(trace: Option<&Path>, limits: &Limits, terminal: &Terminal) -> Result<Session, Failure> {
    let limits = limits.of_engine();
    let input = match trace {
        None => return Ok(Session::without_trace(limits)?),
        Some(path) if path == Path::new("-") => Input::StandardInput,
        Some(path) => Input::File(path.to_owned()),
    };
    Ok(Session::open(input, limits, progress(terminal))?)
}

/// Plans a query for what is to be seen of it: a timeline that is drawn puts its slices where they belong itself.
pub(super) fn prepare(
    session: &Session,
    query: &engine::Query,
    output: &Output,
    terminal: &Terminal,
) -> Result<Prepared, engine::Error> {
    let picture = query.render.as_ref().map(|render| render.picture.name);
    let drawn = matches!(shown_as(picture, output, &options(output, terminal)), Format::Plot | Format::Svg);
    if drawn && picture == Some("timeline") { session.prepare_drawn(query) } else { session.prepare(query) }
}

/// Runs queries, for which the session has loaded what it should, and writes their results.
pub(super) fn answer(
    session: &Session,
    queries: &[Prepared],
    output: &Output,
    default: Format,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let format = format_of(output, default);
    if format.is_whole() && !format.joins_results() && queries.len() > 1 {
        return Err(Failure::Usage(format!(
            "{format} takes one result, and there are {} queries",
            queries.len()
        )));
    }
    let mut target = Target::new(output)?;
    if format.joins_results() {
        let mut timeline = Timeline::new(format, target.writer(format)?)?;
        for query in queries {
            timeline.begin(query.schema(), query.render())?;
            session.run(query, |batch| timeline.write(batch))?;
        }
        timeline.finish()?;
    } else {
        for (i, query) in queries.iter().enumerate() {
            let mut options = options(output, terminal);
            options.render = query.render().cloned();
            let picture = query.render().map(|render| render.picture);
            let format = if format == Format::Table { shown_as(picture, output, &options) } else { format };
            let mut out = target.writer(format)?;
            let has_gaps =
                matches!(format, Format::Table | Format::Vertical | Format::Markdown | Format::Plot);
            if i > 0 && has_gaps {
                out.write_all(b"\n")?;
            }
            let mut writer = output::writer(format, query.schema().clone(), &options, out)?;
            session.run(query, |batch| writer.write(batch))?;
            writer.finish()?;
        }
    }
    target.finish()
}

/// Says what of the trace could not be used. That is a failure if the user wants all of it or nothing.
pub(super) fn tell_loss(session: &Session, limits: &Limits, terminal: &Terminal) -> Result<(), Failure> {
    match session.loss() {
        None => Ok(()),
        Some(loss) if limits.strict => {
            terminal.error(&loss.to_string());
            Err(Failure::Said(1))
        }
        Some(loss) => {
            terminal.warning(&loss.to_string());
            Ok(())
        }
    }
}

/// Writes rows that are already there.
pub(super) fn show(
    batch: &arrow::array::RecordBatch,
    output: &Output,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let format = format_of(output, Format::Table);
    let mut target = Target::new(output)?;
    let mut options = options(output, terminal);
    // These lists are short and meant to be read whole.
    options.max_rows = None;
    let mut writer = output::writer(format, batch.schema(), &options, target.writer(format)?)?;
    writer.write(batch)?;
    writer.finish()?;
    target.finish()
}

/// The format in which people see a result: on a terminal, one that asks for a picture is one.
fn shown_as(picture: Option<&str>, output: &Output, options: &output::Options) -> Format {
    let format = format_of(output, Format::Table);
    let draws = picture.is_some_and(|picture| picture != "table") && options.width.is_some();
    let chosen = output.format.or(output.usual_format).is_some();
    if !chosen && format == Format::Table && draws { Format::Plot } else { format }
}

fn format_of(output: &Output, default: Format) -> Format {
    let by_name = || Format::of_file(output.file.as_ref()?.file_name()?.to_str()?);
    output.format.or_else(by_name).or(output.usual_format).unwrap_or(default)
}

fn options(output: &Output, terminal: &Terminal) -> output::Options {
    let to_terminal = output.file.is_none() && terminal.width.is_some();
    let max_rows = match output.max_rows {
        Some(0) => None,
        Some(n) => Some(n),
        None => to_terminal.then_some(MAX_ROWS),
    };
    output::Options {
        max_rows,
        width: terminal.width.filter(|_| to_terminal),
        header: !output.no_header,
        color: terminal.color && output.file.is_none(),
        advice: Advice::default(),
        render: None,
    }
}
