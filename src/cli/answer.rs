//! Runs queries and writes their results.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Failure;
use super::args::{Args, Limits, Output};
use super::check::Assertions;
use super::progress::progress;
use super::target::Target;
use super::terminal::Terminal;
use super::traces;
use crate::engine::{self, Compiled, Input, Origin, Prepared, Session, Take};
use crate::output::checks::Check;
use crate::output::timeline::Timeline;
use crate::output::{self, Advice, Drawing, Format, Medium, Options};

/// Rows of a table on a terminal, unless `--max-rows` says otherwise.
const MAX_ROWS: usize = 40;

/// What `gtq info` asks. That it is asked as of several traces puts their names in front.
const INFO: &str = "\
from traces
|> select format, go_version, bytes, start_wall, dur, generations, events, problem
|> cross join (select count() as goroutines, count_if(system) as system_goroutines from goroutines)
|> cross join (select count() as procs from procs)
|> cross join (select count() as threads from threads)
|> cross join (select count() as tasks from tasks)
|> cross join (select count() as regions from regions where not inherited)
|> cross join (select count() as logs from logs)
|> cross join (select count() as samples from samples)";

/// What is asked of each trace.
pub(super) struct Question<'q> {
    pub(super) queries: Vec<&'q engine::Query>,
    /// Texts whose assertions should hold.
    pub(super) asserting: &'q [Compiled],
    /// The form where nothing says one.
    pub(super) default: Format,
}

impl<'q> Question<'q> {
    /// All that some texts ask.
    pub(super) fn of(texts: &'q [Compiled]) -> Self {
        let queries = texts.iter().flat_map(|compiled| &compiled.queries).collect();
        Self { queries, asserting: texts, default: Format::Table }
    }

    /// Plans everything, and loads what can be loaded together: a pipe can be read only once.
    pub(super) fn prepare(
        &self,
        session: &Session,
        output: &Output,
        terminal: &Terminal,
    ) -> Result<(Vec<Planned>, Vec<Assertions<'q>>), Failure> {
        let mut planned = self
            .queries
            .iter()
            .map(|query| Planned::new(session, query, output, terminal))
            .collect::<Result<Vec<_>, _>>()?;
        let assertions =
            self.asserting.iter().map(|c| Assertions::prepare(session, c)).collect::<Result<Vec<_>, _>>()?;
        let asserted = assertions.iter().flat_map(|assertions| &assertions.prepared);
        let asserted = asserted.map(|query| (query, None));
        session.load_for(planned.iter_mut().map(Planned::early).chain(asserted))?;
        Ok((planned, assertions))
    }
}

/// A query that is ready to run.
pub(super) struct Planned {
    pub(super) query: Prepared,
    /// The picture that it is drawn as, if that puts rows where they belong itself: then they come in any order, and may come
    /// along with what is loaded.
    drawing: Option<Drawing>,
}

impl Planned {
    fn new(
        session: &Session,
        query: &engine::Query,
        output: &Output,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let mut options = options(output, terminal);
        let picture = query.render.as_ref().map(|render| render.picture.name);
        let medium = match (picture, shown_as(picture, output, &options)) {
            (Some("timeline"), Format::Plot) => Medium::Text,
            (Some("timeline"), Format::Svg) => Medium::Svg,
            _ => return Ok(Self { query: session.prepare(query)?, drawing: None }),
        };
        let query = session.prepare_drawn(query)?;
        options.render = query.render().cloned();
        let drawing = Drawing::new(query.schema(), &options, medium)?;
        Ok(Self { query, drawing: Some(drawing) })
    }

    /// The query, and what may take its rows early.
    fn early(&mut self) -> (&Prepared, Option<Take<'_>>) {
        let take = self.drawing.as_mut().map(|drawing| -> Take<'_> {
            Box::new(|batch| {
                drawing.take(batch);
                Ok(())
            })
        });
        (&self.query, take)
    }

    /// Runs it, and writes its result.
    pub(super) fn write(
        &mut self,
        session: &Session,
        format: Format,
        options: &Options,
        mut out: Box<dyn io::Write + Send + '_>,
    ) -> Result<(), Failure> {
        if let (query, Some(take)) = self.early() {
            session.run(query, take)?;
        }
        if let Some(drawing) = &self.drawing {
            drawing.draw(&mut out)?;
            return Ok(());
        }
        let options = Options { render: self.query.render().cloned(), ..options.clone() };
        let mut writer = output::writer(format, self.query.schema().clone(), &options, out)?;
        session.run(&self.query, |batch| writer.write(batch))?;
        writer.finish()?;
        Ok(())
    }
}

/// `gtq -e … TRACE…`, `gtq -f FILE TRACE…`.
pub(super) fn queries(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let is_stdin = |path: &PathBuf| path == Path::new("-");
    if args.file.iter().any(is_stdin) && args.traces.iter().any(is_stdin) {
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
    let inputs = compiled.iter().flat_map(|compiled| &compiled.files).chain(&args.traces);
    spare(inputs, args.output.file.as_deref())?;
    ask(&Question::of(&compiled), &args.traces, &args.output, &args.limits, terminal)
}

/// `gtq info TRACE…`.
pub(super) fn info(
    paths: &[PathBuf],
    output: &Output,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    spare(paths, output.file.as_deref())?;
    let compiled = compile(INFO, terminal)?;
    let question = Question { default: Format::Vertical, ..Question::of(std::slice::from_ref(&compiled)) };
    traces::ask(&question, paths, output, limits, terminal)
}

/// Asks traces, or none: runs the queries, then evaluates the assertions.
pub(super) fn ask(
    question: &Question<'_>,
    paths: &[PathBuf],
    output: &Output,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let trace = match paths {
        [] => None,
        [trace] => Some(trace.as_path()),
        _ => return traces::ask(question, paths, output, limits, terminal),
    };
    let session = open(trace, None, limits, terminal)?;
    let (planned, assertions) = question.prepare(&session, output, terminal)?;
    answer(&session, planned, output, question.default, terminal)?;
    let held = evaluate(&assertions, &session, "", terminal);
    tell_loss(&session, "", limits, terminal).and(held)
}

/// Names the assertions that do not hold.
pub(super) fn evaluate(
    assertions: &[Assertions<'_>],
    session: &Session,
    trace: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let checks = assertions.iter().flat_map(|assertions| assertions.evaluate(session, trace));
    let failed: Vec<Check> = checks.filter(|check| !check.outcome.holds()).collect();
    for check in &failed {
        terminal.error(&format!("assertion {}", check.describe()));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::Said(1)) }
}

/// Refuses to read standard input as two traces.
pub(super) fn one_standard_input<'p>(traces: impl IntoIterator<Item = &'p PathBuf>) -> Result<(), Failure> {
    if traces.into_iter().filter(|trace| trace.as_os_str() == "-").count() > 1 {
        return Err(Failure::Usage("standard input can be read only once".into()));
    }
    Ok(())
}

/// Refuses to write over what is read.
pub(super) fn spare<'p>(
    inputs: impl IntoIterator<Item = &'p PathBuf>,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let Some(output) = output else { return Ok(()) };
    match inputs.into_iter().find(|input| engine::is_same_file(input, output)) {
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

/// Opens a trace, which queries call by its file or as `label` says; without one, a session for queries that need none.
pub(super) fn open(
    trace: Option<&Path>,
    label: Option<String>,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<Session, Failure> {
    let limits = limits.of_engine();
    let input = match trace {
        None => return Ok(Session::without_trace(limits)?),
        Some(path) if path == Path::new("-") => Input::StandardInput,
        Some(path) => Input::File(path.to_owned()),
    };
    Ok(Session::open(input, label, limits, progress(terminal))?)
}

/// Runs queries, for which the session has loaded what it should, and writes their results.
fn answer(
    session: &Session,
    queries: Vec<Planned>,
    output: &Output,
    default: Format,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let format = format_of(output, default);
    check_results(format, queries.len())?;
    let mut target = Target::new(output)?;
    if format.joins_results() {
        let mut timeline = Timeline::new(format, target.writer(format)?)?;
        for Planned { query, .. } in &queries {
            timeline.begin(query.schema(), query.render())?;
            session.run(query, |batch| timeline.write(batch))?;
        }
        timeline.finish()?;
    } else {
        let options = options(output, terminal);
        // What one has drawn is dropped before the next.
        for (i, mut planned) in queries.into_iter().enumerate() {
            let picture = planned.query.render().map(|render| render.picture);
            let format = if format == Format::Table { shown_as(picture, output, &options) } else { format };
            let mut out = target.writer(format)?;
            if i > 0 && has_gaps(format) {
                out.write_all(b"\n")?;
            }
            planned.write(session, format, &options, out)?;
        }
    }
    target.finish()
}

/// Refuses several results where the format's file is one whole.
pub(super) fn check_results(format: Format, queries: usize) -> Result<(), Failure> {
    if format.is_whole() && !format.joins_results() && queries > 1 {
        return Err(Failure::Usage(format!("{format} takes one result, and there are {queries} queries")));
    }
    Ok(())
}

/// Whether results that follow one another have an empty line between them.
pub(super) fn has_gaps(format: Format) -> bool {
    matches!(format, Format::Table | Format::Vertical | Format::Markdown | Format::Plot)
}

/// Says what of the trace could not be used, with the trace's name if it is one of several. That is a failure if the user
/// wants all of it or nothing.
pub(super) fn tell_loss(
    session: &Session,
    trace: &str,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let Some(loss) = session.loss() else { return Ok(()) };
    let name = if trace.is_empty() { String::new() } else { format!("{trace}: ") };
    let said = format!("{name}{loss}");
    if limits.strict {
        terminal.error(&said);
        return Err(Failure::Said(1));
    }
    terminal.warning(&said);
    Ok(())
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
    (options.max_rows, options.wraps) = (None, true);
    let mut writer = output::writer(format, batch.schema(), &options, target.writer(format)?)?;
    writer.write(batch)?;
    writer.finish()?;
    target.finish()
}

/// The format in which people see a result: on a terminal, one that asks for a picture is one.
pub(super) fn shown_as(picture: Option<&str>, output: &Output, options: &Options) -> Format {
    let format = format_of(output, Format::Table);
    let draws = picture.is_some_and(|picture| picture != "table") && options.width.is_some();
    let chosen = output.format.or(output.usual_format).is_some();
    if !chosen && format == Format::Table && draws { Format::Plot } else { format }
}

pub(super) fn format_of(output: &Output, default: Format) -> Format {
    let by_name = || Format::of_file(output.file.as_ref()?.file_name()?.to_str()?);
    output.format.or_else(by_name).or(output.usual_format).unwrap_or(default)
}

pub(super) fn options(output: &Output, terminal: &Terminal) -> Options {
    let to_terminal = output.file.is_none() && terminal.width.is_some();
    let max_rows = match output.max_rows {
        Some(0) => None,
        Some(n) => Some(n),
        None => to_terminal.then_some(MAX_ROWS),
    };
    Options {
        max_rows,
        width: terminal.width.filter(|_| to_terminal),
        header: !output.no_header,
        color: terminal.color && output.file.is_none(),
        wraps: false,
        advice: Advice::default(),
        render: None,
    }
}
