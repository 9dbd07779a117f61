//! Decoding, building tables and whole queries, on a generated trace of a million events.
//!
//! `GTQ_BENCH_TRACE` names a file to measure on instead. Compare ratios within a run, not figures of two runs.

mod generate;

use std::fs;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gtq::catalog::{self, TableCall};
use gtq::engine::{Compiled, Input, Limits, Origin, Progress, Session, compile};
use gtq::tables::{FileInfo, Needs, Pass, Sink, Stacks, Want, Window};
use gtq::trace::Reader;

/// The file to measure on: that of the environment, or a generated one.
fn trace() -> PathBuf {
    std::env::var_os("GTQ_BENCH_TRACE").map_or_else(
        || {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated.trace");
            fs::write(&path, generate::trace(1_000_000)).expect("room for a trace");
            path
        },
        PathBuf::from,
    )
}

fn reader(bytes: &Arc<[u8]>) -> Reader {
    Reader::new(std::io::Cursor::new(bytes.clone())).expect("a trace")
}

fn count(bytes: &Arc<[u8]>) -> u64 {
    let mut reader = reader(bytes);
    let mut events = 0;
    while let Some((run, _)) = reader.next_events().expect("a whole trace") {
        events += black_box(run).len() as u64;
    }
    events
}

/// Drops what it gets.
struct Nowhere;

impl Sink for Nowhere {
    fn batch(&mut self, _: &TableCall, batch: RecordBatch) -> ControlFlow<()> {
        black_box(batch);
        ControlFlow::Continue(())
    }

    fn progress(&mut self, _: f64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[derive(Debug)]
struct Silent;

impl Progress for Silent {
    fn read(&self, _: u64, _: Option<u64>) {}

    fn finish(&self) {}
}

fn decode(c: &mut Criterion) {
    let bytes: Arc<[u8]> = fs::read(trace()).expect("the trace").into();
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(count(&bytes)));
    group.bench_function("order", |b| b.iter(|| count(&bytes)));
    group.finish();
}

fn build(c: &mut Criterion) {
    let bytes: Arc<[u8]> = fs::read(trace()).expect("the trace").into();
    let mut group = c.benchmark_group("build");
    group.sample_size(10);
    group.throughput(Throughput::Elements(count(&bytes)));
    for table in catalog::tables() {
        let mut needs = Needs::default();
        needs.add(table, Want::all(&(0..table.columns.len()).collect::<Vec<_>>()));
        group.bench_function(BenchmarkId::from_parameter(table.name), |b| {
            b.iter(|| {
                Pass::new(&needs, Window::default(), Arc::new(Stacks::default())).run(
                    &mut reader(&bytes),
                    &FileInfo { label: "bench".into(), path: "bench".into(), bytes: None },
                    &mut Nowhere,
                )
            });
        });
    }
    group.finish();
}

fn query(c: &mut Criterion) {
    let queries = [
        ("count", "select count() from events"),
        ("kinds", "select kind, count() from events"),
        ("goroutines", "select name, count(), sum(exec) as exec from goroutines order by exec desc"),
        ("waits", "select reason, count(), sum(dur), p99(dur) from goroutine_states where state = 'waiting'"),
        (
            "stacks",
            "select leaf(stack) as leaf, count() from events where stack ~ 'runtime' order by count desc limit 10",
        ),
        ("join", "select r.name, sum(s.dur) from regions r join goroutine_states s on r.g = s.g"),
    ];
    let path = trace();
    let mut group = c.benchmark_group("query");
    group.sample_size(10);
    for (name, text) in queries {
        let compiled = compile(text, &Origin::Typed);
        assert!(!compiled.has_errors(), "{text}: {:?}", compiled.diagnostics);
        group.bench_function(name, |b| {
            b.iter(|| {
                let input = Input::File(path.clone());
                let session =
                    Session::open(input, None, Limits::default(), Arc::new(Silent)).expect("a trace");
                let prepared: Vec<_> =
                    compiled.queries.iter().map(|q| session.prepare(q).expect("a plan")).collect();
                session.load(&prepared).expect("a trace that can be read again");
                for query in &prepared {
                    session
                        .run(query, |batch| {
                            black_box(batch);
                            Ok(())
                        })
                        .expect("an answer");
                }
            });
        });
    }
    group.finish();
}

/// The stages of intervals over tables that are loaded, beside reading those, and an overlap join beside the same as a join
/// on inequalities. That compares every row with every other, so it gets a small trace.
fn intervals(c: &mut Criterion) {
    let running = "from goroutine_states |> where state = 'running'";
    let sums = "aggregate count() as n, sum(dur) as dur";
    let overlap = "from goroutine_states as s |> overlap join proc_states as r on s.p = r.p";
    let inequality = "from goroutine_states as s
        |> join proc_states as r on s.p = r.p and s.start < r.end and r.start < s.end
        |> select least(s.end, r.end) - greatest(s.start, r.start) as dur";
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/garbage-go1.26.6.trace");
    let cases = [
        ("scan", trace(), format!("{running} |> aggregate count() as n, sum(end - start) as dur, max(p) as p")),
        ("overlap join ranges", trace(), format!("{running} |> overlap join ranges as r |> {sums}")),
        ("merge by p", trace(), format!("{running} |> merge by p |> {sums}")),
        ("gaps", trace(), format!("{running} |> gaps |> {sums}")),
        ("depth", trace(), format!("{running} |> depth |> {sums}")),
        ("bucket", trace(), format!("{running} |> bucket 10ms |> {sums}")),
        ("match", trace(), "from goroutine_states |> match by g (a: state = 'runnable') -> (b: state = 'running') |> aggregate count() as n".to_owned()),
        ("overlap join, small", small.clone(), format!("{overlap} |> {sums}")),
        ("join on inequalities, small", small, format!("{inequality} |> {sums}")),
    ];
    // A query that goes over several tables has them loaded.
    let tables = compile(
        "from goroutine_states |> cross join ranges |> cross join proc_states |> cross join traces",
        &Origin::Typed,
    );
    let mut group = c.benchmark_group("intervals");
    group.sample_size(10);
    for (name, path, text) in cases {
        let compiled = compile(&text, &Origin::Typed);
        assert!(!compiled.has_errors(), "{text}: {:?}", compiled.diagnostics);
        let session =
            Session::open(Input::File(path), None, Limits::default(), Arc::new(Silent)).expect("a trace");
        let prepare = |text: &Compiled| session.prepare(&text.queries[0]).expect("a plan");
        session.load(&[prepare(&tables)]).expect("a trace that can be read again");
        let query = prepare(&compiled);
        assert!(!query.reads(), "{text}");
        group.bench_function(name, |b| {
            b.iter(|| {
                session
                    .run(&query, |batch| {
                        black_box(batch);
                        Ok(())
                    })
                    .expect("an answer");
            });
        });
    }
    group.finish();
}

fn compile_queries(c: &mut Criterion) {
    let text = "select name, count(), sum(exec) as exec from goroutines where not system order by exec desc limit 10";
    c.bench_function("compile", |b| b.iter(|| compile(black_box(text), &Origin::Typed)));
}

criterion_group!(benches, decode, build, query, intervals, compile_queries);
criterion_main!(benches);
