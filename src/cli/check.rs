//! `gtq check FILE… TRACE…`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Failure;
use super::answer::{checked, one_standard_input, open, spare, tell_loss};
use super::args::{CheckFormat, Limits, Output};
use super::target::Target;
use super::terminal::Terminal;
use super::traces::labels;
use crate::engine::{self, Assertion, Compiled, Origin, Prepared, Session};
use crate::output::Format;
use crate::output::checks::{self, Check, Outcome};

pub(super) fn check(
    files: &[PathBuf],
    format: CheckFormat,
    output: Option<&Path>,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let (queries, traces): (Vec<&PathBuf>, Vec<&PathBuf>) =
        files.iter().partition(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gtq")));
    if queries.is_empty() || traces.is_empty() {
        let missing = if queries.is_empty() { "query file (*.gtq)" } else { "trace" };
        return Err(Failure::Usage(format!("there is no {missing} among what is to be checked")));
    }
    one_standard_input(traces.iter().copied())?;
    let mut texts = Vec::new();
    for path in queries {
        let text = engine::read_queries(path)
            .map_err(|e| Failure::Usage(format!("can't read {}: {e}", path.display())))?;
        let compiled = checked(engine::compile(&text, &Origin::File(path.clone())), terminal)?;
        if compiled.assertions.is_empty() {
            terminal.warning(&format!("{} has no assertions", path.display()));
        }
        texts.push(compiled);
    }
    spare(texts.iter().flat_map(|compiled| &compiled.files).chain(files), output)?;
    if texts.iter().all(|compiled| compiled.assertions.is_empty()) {
        return Err(Failure::Usage("there is nothing to check".into()));
    }
    let mut all = Vec::new();
    let (mut unreadable, mut lost) = (false, false);
    let are_several = traces.len() > 1;
    for (trace, label) in traces.iter().zip(labels(&traces)) {
        let name = trace.display().to_string();
        match open(Some(trace), Some(label), limits, terminal) {
            Ok(session) => {
                let texts = texts.iter().map(|compiled| Assertions::prepare(&session, compiled));
                let texts = texts.collect::<Result<Vec<_>, _>>()?;
                session.load(texts.iter().flat_map(|assertions| &assertions.prepared))?;
                all.extend(texts.iter().flat_map(|assertions| assertions.evaluate(&session, &name)));
                lost |= tell_loss(&session, if are_several { &name } else { "" }, limits, terminal).is_err();
            }
            Err(Failure::Usage(message)) => {
                terminal.error(&message);
                unreadable = true;
            }
            Err(other) => return Err(other),
        }
    }
    write(&all, format, output, terminal)?;
    if unreadable {
        return Err(Failure::Said(2));
    }
    if all.iter().all(|check| check.outcome.holds()) && !lost { Ok(()) } else { Err(Failure::Said(1)) }
}

/// The assertions of a text, ready to be evaluated on a trace.
pub(super) struct Assertions<'c> {
    compiled: &'c Compiled,
    /// One for each.
    pub(super) prepared: Vec<Prepared>,
}

impl<'c> Assertions<'c> {
    pub(super) fn prepare(session: &Session, compiled: &'c Compiled) -> Result<Self, Failure> {
        let queries = compiled.assertions.iter().map(|assertion| &assertion.query);
        let prepared = queries.map(|query| session.prepare(query)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { compiled, prepared })
    }

    pub(super) fn evaluate(&self, session: &Session, trace: &str) -> Vec<Check> {
        let assertions = self.compiled.assertions.iter().zip(&self.prepared);
        assertions.map(|(assertion, query)| self.check(session, trace, assertion, query)).collect()
    }

    fn check(&self, session: &Session, trace: &str, assertion: &Assertion, query: &Prepared) -> Check {
        let since = Instant::now();
        let mut outcome = None;
        let run = session.run(query, |row| {
            if row.num_rows() > 0 {
                outcome = Some(Outcome::of(row));
            }
            Ok(())
        });
        let outcome = match (run, outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Outcome::Fails(Vec::new()),
            (Err(e), _) => Outcome::Error(e.to_string()),
        };
        let module = self.compiled.program.modules.get(assertion.source.0);
        let condition = module.and_then(|module| module.text.get(assertion.span.start..assertion.span.end));
        Check {
            file: module.map(|module| module.name.clone()).unwrap_or_default(),
            trace: trace.to_owned(),
            name: assertion.name.clone(),
            condition: condition.unwrap_or_default().to_owned(),
            outcome,
            time: since.elapsed(),
        }
    }
}

fn write(
    all: &[Check],
    format: CheckFormat,
    output: Option<&Path>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let (format, color) = match format {
        CheckFormat::Text => (checks::CheckFormat::Text, terminal.color && output.is_none()),
        CheckFormat::Json => (checks::CheckFormat::Json, false),
        CheckFormat::Junit => (checks::CheckFormat::JUnit, false),
    };
    let output = Output { file: output.map(Path::to_owned), ..Output::default() };
    let mut target = Target::new(&output)?;
    checks::write(all, format, color, &mut target.writer(Format::Table)?)?;
    target.finish()
}
