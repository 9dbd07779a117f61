//! One pass over a trace, feeding all the builders that a query needs.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, RowBuilder, TraceEnd, WholeBuilder};
use super::intern::Interner;
use super::needs::Needs;
use super::stacks::Stacks;
use super::window::Window;
use super::{
    events, gcs, goroutine_states, instants, procs, ranges, schema, stack_tables, summary, threads, timeline,
    trace_tables, wakeups,
};
use crate::catalog::Table;
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
    fn batch(&mut self, table: &'static str, batch: RecordBatch) -> ControlFlow<()>;

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
    pub valid_bytes: u64,
    pub bytes_read: u64,
    /// Why the rest of the trace could not be used.
    pub problem: Option<Error>,
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
}

struct Streaming {
    table: &'static str,
    schema: SchemaRef,
    builder: Box<dyn RowBuilder>,
    rows: usize,
    columns: usize,
}

impl Pass {
    /// A pass that builds what is needed of a window of the trace, numbering stacks in `stacks`.
    pub fn new(needs: &Needs, window: Window, stacks: Arc<Stacks>) -> Self {
        let mut rows = Vec::new();
        for (table, columns) in needs.iter() {
            let schema = schema(table, columns);
            let builder =
                events::builder(table.name, &schema).or_else(|| instants::builder(table.name, &schema));
            if let Some(builder) = builder {
                rows.push(Streaming { table: table.name, schema, builder, rows: 0, columns: columns.len() });
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
        Self { window, interner: Interner::new(stacks), rows, whole: whole.into_iter().flatten().collect() }
    }

    /// Whether rows of a table come while the trace is being read.
    pub fn streams(table: &Table) -> bool {
        let none = schema(table, &[]);
        events::builder(table.name, &none).or_else(|| instants::builder(table.name, &none)).is_some()
    }

    /// Reads the trace to its end, or as far as it can be used and the sink wants it.
    pub fn run(mut self, reader: &mut Reader, file: &FileInfo, sink: &mut dyn Sink) -> Outcome {
        let mut events = 0u64;
        let mut problem = self.window.from.and_then(|from| reader.skip_to(from).err());
        let start = reader.start().0;
        let mut last = 0;
        let mut reported = 0;
        let mut stopped = false;
        while problem.is_none() {
            let (run, symbols) = match reader.next_events() {
                Ok(Some(run)) => run,
                Ok(None) => break,
                Err(e) => {
                    problem = Some(e);
                    break;
                }
            };
            last = run.last().map_or(last, |event| event.time.0 - start);
            events += run.len() as u64;
            if let Some(Event { what: Happening::Sync { .. }, .. }) = run.first() {
                self.interner.begin_generation();
            }
            let mut cx = Context { symbols, interner: &mut self.interner, now: 0 };
            for builder in &mut self.whole {
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
                return Self::outcome(events, reader, problem, true);
            }
            // Nothing that comes is before this. But that something has been going on all the while, a generation may tell
            // as late as at its end.
            let over = self.whole.is_empty() || reader.generation_is_over();
            if over && self.window.to.is_some_and(|to| last >= to) {
                break;
            }
        }
        for table in &mut self.rows {
            if table.rows > 0 && table.flush(&mut self.interner, sink).is_break() {
                return Self::outcome(events, reader, problem, true);
            }
        }
        let end = TraceEnd { file, reader, events, start, last, problem: problem.as_ref() };
        for builder in std::mem::take(&mut self.whole) {
            for (table, batch) in builder.finish(&end, &mut self.interner) {
                stopped |= sink.batch(table, batch).is_break();
            }
        }
        Self::outcome(events, reader, problem, stopped)
    }

    fn outcome(events: u64, reader: &Reader, problem: Option<Error>, stopped: bool) -> Outcome {
        Outcome {
            events,
            generations: (reader.generations().len() as u64).saturating_sub(reader.skipped()),
            skipped: reader.skipped(),
            valid_bytes: reader.valid_bytes(),
            bytes_read: reader.bytes_read(),
            problem,
            stopped,
        }
    }
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
        sink.batch(self.table, self.builder.take(&self.schema, rows, interner))
    }
}
