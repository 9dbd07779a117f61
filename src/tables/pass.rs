//! One pass over a trace, feeding all the builders that a query needs.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, RowBuilder, TraceEnd, WholeBuilder};
use super::intern::Interner;
use super::needs::Needs;
use super::stacks::Stacks;
use super::window::Window;
use super::{
    events, gcs, goroutine_states, instants, procs, ranges, schema, stack_tables, subtasks, summary, threads,
    timeline, trace_tables, utilization, wakeups,
};
use crate::catalog::{Table, TableCall, table};
use crate::trace::{Error, Event, Happening, Reader};

/// What is known of the trace's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// What people call it: its name without folders.
    pub label: String,
    pub path: String,
    /// None: a pipe, whose size is what was read from it.
    pub bytes: Option<u64>,
}

/// Where batches go.
pub trait Sink {
    /// Takes a batch; says whether more are wanted.
    fn batch(&mut self, call: &TableCall, batch: RecordBatch) -> ControlFlow<()>;

    /// Hears now and then how many bytes of the trace have been read; says whether to go on.
    fn progress(&mut self, bytes: u64) -> ControlFlow<()>;
}

/// How a pass went.
#[derive(Debug)]
pub struct Outcome {
    pub events: u64,
    /// Generations that were decoded, and those that were passed over.
    pub generations: u64,
    pub skipped: u64,
    pub bytes_read: u64,
    /// Bytes that could not be used, of those that were read.
    pub lost: u64,
    /// Why not.
    pub problem: Option<String>,
    /// Whether the sink wanted no more.
    pub stopped: bool,
}

/// Rows in a batch of a table that streams.
const BATCH_ROWS: usize = 8192;
/// Events between two reports of progress.
const PROGRESS_EVENTS: u64 = 1 << 16;

/// A pass over a trace.
pub struct Pass {
    window: Window,
    interner: Interner,
    rows: Vec<Streaming>,
    whole: Vec<Box<dyn WholeBuilder>>,
    called: Vec<(TableCall, Box<dyn WholeBuilder>)>,
}

struct Streaming {
    call: TableCall,
    schema: SchemaRef,
    builder: Box<dyn RowBuilder>,
    rows: usize,
    columns: usize,
}

impl Pass {
    /// A pass that builds what is needed of a window of the trace, numbering stacks in `stacks`.
    pub fn new(needs: &Needs, window: Window, stacks: Arc<Stacks>) -> Self {
        let mut rows = Vec::new();
        let mut called = Vec::new();
        for (call, columns) in needs.iter() {
            let schema = schema(call.table(), columns);
            if call.is_function() {
                called.extend(function_builder(call, schema).map(|builder| (call.clone(), builder)));
            } else if let Some(builder) = row_builder(call.table(), &schema) {
                rows.push(Streaming { call: call.clone(), schema, builder, rows: 0, columns: columns.len() });
            }
        }
        let schemas = |name: &str| needs.schema(name);
        let whole = [
            summary::builder(&schemas),
            goroutine_states::builder(&schemas, window.resumes()),
            procs::builder(&schemas),
            threads::builder(&schemas),
            ranges::builder(&schemas),
            gcs::builder(&schemas),
            wakeups::builder(&schemas),
            timeline::builder(&schemas),
            stack_tables::builder(&schemas),
            trace_tables::builder(&schemas),
        ];
        let whole = whole.into_iter().flatten().collect();
        Self { window, interner: Interner::new(stacks), rows, whole, called }
    }

    /// Whether rows of a table come while the trace is being read.
    pub fn streams(table: &Table) -> bool {
        row_builder(table, &schema(table, &[])).is_some()
    }

    /// Reads the trace to its end, or as far as it can be used and the sink wants it.
    pub fn run(mut self, reader: &mut Reader, file: &FileInfo, sink: &mut dyn Sink) -> Outcome {
        let mut events = 0u64;
        let mut error = None;
        if let Some(from) = self.window.from {
            reader.skip_to(from);
        }
        let start = reader.start().0;
        let mut last = 0;
        let mut reported = 0;
        let mut stopped = false;
        loop {
            let (run, symbols) = match reader.next_events() {
                Ok(Some(run)) => run,
                Ok(None) => break,
                Err(e) => {
                    error = Some(e);
                    break;
                }
            };
            last = run.last().map_or(last, |event| event.time.0 - start);
            if let &[Event { what: Happening::Lost { ns }, .. }] = run {
                let gap = Gap { from: last, to: last + ns };
                let called = self.called.iter_mut().map(|(_, builder)| builder);
                self.whole.iter_mut().chain(called).for_each(|builder| builder.lost(gap, &self.interner));
                continue;
            }
            events += run.len() as u64;
            if let Some(Event { what: Happening::Sync { .. }, .. }) = run.first() {
                self.interner.begin_generation();
            }
            let mut cx = Context { symbols, interner: &mut self.interner, now: 0 };
            let called = self.called.iter_mut().map(|(_, builder)| builder);
            for builder in self.whole.iter_mut().chain(called) {
                for event in run {
                    cx.now = event.time.0 - start;
                    builder.observe(event, &mut cx);
                }
            }
            for table in &mut self.rows {
                stopped |= table.observe(run, start, &mut cx, sink).is_break();
            }
            if events - reported >= PROGRESS_EVENTS {
                reported = events;
                stopped |= sink.progress(reader.bytes_read()).is_break();
            }
            if stopped {
                return Self::outcome(events, reader, problem(reader, error.as_ref()), true);
            }
            // Nothing that comes is before this. But that something has been going on all the while, a generation may tell
            // as late as at its end.
            let over = self.whole.is_empty() && self.called.is_empty() || reader.generation_is_over();
            if over && self.window.to.is_some_and(|to| last >= to) {
                break;
            }
        }
        let problem = problem(reader, error.as_ref());
        for table in &mut self.rows {
            if table.rows > 0 && table.flush(&mut self.interner, sink).is_break() {
                return Self::outcome(events, reader, problem, true);
            }
        }
        let end = TraceEnd { file, reader, events, start, last, problem: problem.as_deref() };
        for builder in std::mem::take(&mut self.whole) {
            for (name, batch) in builder.finish(&end, &mut self.interner) {
                // A builder names tables of the catalog.
                if let Some(table) = table(name) {
                    stopped |= sink.batch(&table.into(), batch).is_break();
                }
            }
        }
        for (call, builder) in std::mem::take(&mut self.called) {
            for (_, batch) in builder.finish(&end, &mut self.interner) {
                stopped |= sink.batch(&call, batch).is_break();
            }
        }
        Self::outcome(events, reader, problem, stopped)
    }

    fn outcome(events: u64, reader: &Reader, problem: Option<String>, stopped: bool) -> Outcome {
        Outcome {
            events,
            generations: (reader.generations().len() as u64).saturating_sub(reader.skipped()),
            skipped: reader.skipped(),
            bytes_read: reader.bytes_read(),
            lost: reader.losses().iter().map(|loss| loss.bytes).sum(),
            problem,
            stopped,
        }
    }
}

/// Why some of a trace could not be used: what was wrong first, and whether that was all.
fn problem(reader: &Reader, error: Option<&Error>) -> Option<String> {
    let losses = reader.losses().iter().map(|loss| &loss.error);
    let mut errors = losses.chain(error);
    let first = errors.next()?.to_string();
    match errors.count() {
        0 => Some(first),
        more => Some(format!("{first} (and {more} more)")),
    }
}

/// The builder of a table whose rows come with the events.
fn row_builder(table: &Table, schema: &SchemaRef) -> Option<Box<dyn RowBuilder>> {
    events::builder(table.name, schema).or_else(|| instants::builder(table.name, schema))
}

/// The builder of what a table function gives.
fn function_builder(call: &TableCall, schema: SchemaRef) -> Option<Box<dyn WholeBuilder>> {
    utilization::builder(call, schema.clone())
        .or_else(|| timeline::function_builder(call, schema.clone()))
        .or_else(|| subtasks::builder(call, schema))
}

impl Streaming {
    fn observe(
        &mut self,
        run: &[Event],
        start: i64,
        cx: &mut Context<'_>,
        sink: &mut dyn Sink,
    ) -> ControlFlow<()> {
        for event in run {
            if !self.builder.accepts(event) {
                continue;
            }
            if self.columns > 0 {
                cx.now = event.time.0 - start;
                self.builder.observe(event, cx);
            }
            self.rows += 1;
            if self.rows == BATCH_ROWS {
                self.flush(cx.interner, sink)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn flush(&mut self, interner: &mut Interner, sink: &mut dyn Sink) -> ControlFlow<()> {
        let rows = std::mem::take(&mut self.rows);
        sink.batch(&self.call, self.builder.take(&self.schema, rows, interner))
    }
}
