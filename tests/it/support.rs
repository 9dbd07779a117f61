//! The traces that the project ships, and queries over them through the library.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use flate2::read::GzDecoder;
use gtq::engine::{Compiled, Error, Input, Limits, Origin, Prepared, Progress, Session};
use gtq::output::{Format, Options, writer};
use gtq::sema::{Analysis, Module, Program, analyze, typed};
use gtq::syntax::ast::{File as Tree, Query, StatementKind};
use serde_json::{Map, Value};

pub(crate) type Row = Map<String, Value>;

/// A trace that the project ships, with the answer that Go's own code gives.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    answer: PathBuf,
}

impl Trace {
    /// What Go's own code computes for the trace.
    #[track_caller]
    pub(crate) fn answer(&self) -> Value {
        let file = File::open(&self.answer).unwrap_or_else(|e| panic!("{}: {e}", self.answer.display()));
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn open(&self) -> Session {
        open(&self.path)
    }
}

pub(crate) fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A trace of the fixtures by its name without `.trace`; `sum-go1.27.3` is the example's.
#[track_caller]
pub(crate) fn trace(name: &str) -> Trace {
    let found = traces().into_iter().find(|trace| trace.name == name);
    found.unwrap_or_else(|| panic!("there is no trace {name}"))
}

/// All of them, by name.
pub(crate) fn traces() -> Vec<Trace> {
    let folder = at("tests/fixtures");
    let mut traces = vec![Trace {
        name: "sum-go1.27.3".into(),
        path: at("examples/sum/trace.dat"),
        answer: folder.join("sum-go1.27.3.json.gz"),
    }];
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "trace") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let answer = folder.join(format!("{name}.json.gz"));
            traces.push(Trace { name, path, answer });
        }
    }
    traces.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(traces.len() >= 20, "fixtures are missing: {traces:?}");
    traces
}

/// Traces that differ most: of every program, and of every version of the format.
///
/// Without optimization it takes some 20 to 50 ms to plan a query. Tests of many queries go over these only.
const VARIOUS: [&str; 10] = [
    "garbage-go1.19.8",
    "garbage-go1.26.6",
    "heap-go1.27.3",
    "locks-go1.21.13",
    "locks-go1.23.9",
    "locks-go1.27.3",
    "server-go1.25.5",
    "sum-go1.22.10",
    "ticker-go1.21.13",
    "ticker-go1.27.3",
];

/// Does `check` for all traces, and fails with all that it says.
#[track_caller]
pub(crate) fn for_all(check: impl Fn(&Trace) -> Result<(), String>) {
    for_each(traces(), check);
}

/// The same for traces that differ.
#[track_caller]
pub(crate) fn for_various(check: impl Fn(&Trace) -> Result<(), String>) {
    for_each(VARIOUS.map(trace), check);
}

#[track_caller]
fn for_each(traces: impl IntoIterator<Item = Trace>, check: impl Fn(&Trace) -> Result<(), String>) {
    let mut failures = String::new();
    for trace in traces {
        if let Err(difference) = check(&trace) {
            writeln!(failures, "{}: {difference}", trace.name).unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[derive(Debug)]
struct Silent;

impl Progress for Silent {
    fn read(&self, _: u64, _: Option<u64>) {}

    fn finish(&self) {}
}

/// One thread: rows come in the same order every time.
pub(crate) fn limits() -> Limits {
    Limits { memory: None, threads: NonZeroUsize::new(1) }
}

pub(crate) fn try_open(path: &Path) -> Result<Session, Error> {
    Session::open(Input::File(path.to_owned()), None, limits(), Arc::new(Silent))
}

#[track_caller]
pub(crate) fn open(path: &Path) -> Session {
    try_open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn compile(text: &str) -> Compiled {
    gtq::engine::compile(text, &Origin::Typed)
}

/// The analysis of a tree that uses nothing.
pub(crate) fn analysis_of(file: &Tree) -> Analysis {
    analyze(&Program::single(Module { file: file.clone(), ..Module::default() }))
}

/// The queries of a text that are to run.
pub(crate) fn queries(file: &Tree) -> Vec<&Query> {
    let queries = file.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Query(query) => Some(query),
        _ => None,
    });
    queries.collect()
}

/// The queries of a text without errors.
#[track_caller]
pub(crate) fn compiled(text: &str) -> Vec<typed::Query> {
    let compiled = compile(text);
    assert!(!compiled.has_errors(), "{text}\n{:#?}", compiled.diagnostics);
    compiled.queries
}

/// The one query of a text.
#[track_caller]
pub(crate) fn compiled_one(text: &str) -> typed::Query {
    let mut queries = compiled(text);
    assert_eq!(queries.len(), 1, "{text}");
    queries.remove(0)
}

/// Runs a query as the command line does, in some format.
pub(crate) fn written(session: &Session, query: &typed::Query, format: Format) -> Result<Vec<u8>, Error> {
    let prepared = session.prepare(query)?;
    session.load([&prepared])?;
    run(session, &prepared, format)
}

pub(crate) fn run(session: &Session, prepared: &Prepared, format: Format) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let options = Options { render: prepared.render().cloned(), ..Options::default() };
    let mut writer =
        writer(format, prepared.schema().clone(), &options, Box::new(&mut out)).map_err(Error::Output)?;
    session.run(prepared, |batch| writer.write(batch))?;
    writer.finish().map_err(Error::Output)?;
    Ok(out)
}

pub(crate) fn try_rows(session: &Session, text: &str) -> Result<Vec<Row>, Error> {
    let bytes = written(session, &compiled_one(text), Format::Ndjson)?;
    let lines = std::str::from_utf8(&bytes).expect("UTF-8").lines();
    Ok(lines.map(|line| serde_json::from_str(line).expect("a JSON object")).collect())
}

/// The rows of a query.
#[track_caller]
pub(crate) fn rows(session: &Session, text: &str) -> Vec<Row> {
    try_rows(session, text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The result of a query as CSV.
#[track_caller]
pub(crate) fn csv(session: &Session, text: &str) -> String {
    let bytes = written(session, &compiled_one(text), Format::Csv).unwrap_or_else(|e| panic!("{text}: {e}"));
    String::from_utf8(bytes).expect("UTF-8")
}

/// The batches of a query: exact values, as they come.
#[track_caller]
pub(crate) fn batches(session: &Session, text: &str) -> Vec<RecordBatch> {
    let prepared = session.prepare(&compiled_one(text)).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut batches = Vec::new();
    session
        .run(&prepared, |batch| {
            batches.push(batch.clone());
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{text}: {e}"));
    batches
}

/// A row's integer.
#[track_caller]
pub(crate) fn int(row: &Row, column: &str) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_else(|| panic!("{column} is no integer in {row:?}"))
}

#[track_caller]
pub(crate) fn text<'r>(row: &'r Row, column: &str) -> Option<&'r str> {
    let value = row.get(column).unwrap_or_else(|| panic!("no {column} in {row:?}"));
    if value.is_null() {
        None
    } else {
        Some(value.as_str().unwrap_or_else(|| panic!("{column} is no text in {row:?}")))
    }
}
