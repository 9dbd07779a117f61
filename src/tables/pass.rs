//! One pass over a trace, feeding all the builders that a query needs.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, RowBuilder, TraceEnd, WholeBuilder};
use super::chunks::{Chunk, chunks};
use super::intern::Interner;
use super::needs::{Needs, Want};
use super::stacks::Stacks;
use super::window::Window;
use super::{
    events, gcs, goroutine_states, instants, memory, procs, ranges, schema, stack_tables, subtasks, summary,
    threads, timeline, trace_tables, utilization, wakeups,
};
use crate::catalog::{Table, TableCall, table};
use crate::trace::{Error, Event, Reader};

/// What is known of the trace's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// What people call it: its name without folders.
    pub label: String,
    pub path: String,
    /// None: a pipe or compressed; then its size is what was read from it.
    pub bytes: Option<u64>,
}

/// Where batches go.
pub trait Sink {
    /// Takes a batch; says whether more are wanted.
    fn batch(&mut self, call: &TableCall, batch: RecordBatch) -> ControlFlow<()>;

    /// Hears now and then how much of what has been read is done, from 0 to 1; says whether the pass should go on.
    fn progress(&mut self, share: f64) -> ControlFlow<()>;
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
    /// Whether the input could be read to its end, or as far as it was wanted.
    pub is_whole: bool,
    /// Whether the sink wanted no more.
    pub stopped: bool,
}

/// Rows that are enough for a batch of a table that streams: a few less than operators take at a time, since more of them
/// come together.
const BATCH_ROWS: usize = 7680;
/// Tables whose rows are known as they end, though their order is that of their starts: to put them in order some are held,
/// or all.
const ENDS_FIRST: &[(&str, Held)] = &[("goroutine_states", Held::All), ("slices", Held::Some)];

#[derive(PartialEq, Eq)]
enum Held {
    Some,
    All,
}
/// Events that one builder after the other goes over.
const PIECE: usize = 512;
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
}

impl Pass {
    /// A pass that builds what is needed of a window of the trace, numbering stacks in `stacks`.
    pub fn new(needs: &Needs, window: Window, stacks: Arc<Stacks>) -> Self {
        let mut rows = Vec::new();
        let mut called = Vec::new();
        for (call, want) in needs.iter() {
            if call.is_function() {
                let schema = schema(call.table(), &want.columns);
                called.extend(function_builder(call, schema).map(|builder| (call.clone(), builder)));
            } else if let Some((schema, builder)) = row_builder(call.table(), want, window) {
                rows.push(Streaming { call: call.clone(), schema, builder });
            }
        }
        let schemas = |name: &str| needs.schema(name);
        let whole = [
            summary::builder(&schemas),
            procs::builder(&schemas),
            threads::builder(&schemas),
            ranges::builder(&schemas),
            gcs::builder(&schemas),
            wakeups::builder(&schemas),
            timeline::builder(&schemas),
            memory::builder(&schemas),
            stack_tables::builder(&schemas),
            trace_tables::builder(&schemas),
        ];
        let whole = whole.into_iter().flatten().collect();
        Self { window, interner: Interner::new(stacks), rows, whole, called }
    }

    /// Whether what is wanted of a table comes while the trace is being read.
    pub fn streams(call: &TableCall, want: &Want) -> bool {
        let whole = want.ordered && held(call) == Some(&Held::All);
        !whole && !call.is_function() && row_builder(call.table(), want, Window::default()).is_some()
    }

    /// Whether rows are held to put them in order.
    pub(super) fn waits(call: &TableCall) -> bool {
        held(call).is_some()
    }

    /// Reads the trace to its end, or as far as it can be used and the sink wants it.
    pub fn run(mut self, reader: &mut Reader, file: &FileInfo, sink: &mut dyn Sink) -> Outcome {
        let mut events = 0u64;
        if let Some(from) = self.window.from {
            reader.skip_to(from);
        }
        let start = reader.start().0;
        let mut last = 0;
        let mut reported = 0;
        let mut stopped = false;
        let (decoder, chunks) = chunks();
        let window = self.window;
        let intervals = self.rows.iter().any(|table| held(&table.call).is_some());
        let all = intervals || !self.whole.is_empty() || !self.called.is_empty();
        // Nothing that comes behind the window matters. But that something has been going on all the while, a generation may
        // tell as late as at its end.
        let goes_on = move |reader: &Reader, last: &Event| {
            let is_over = !all || reader.generation_is_over();
            !is_over || window.to.is_none_or(|to| last.time.0 - start < to)
        };
        let error = thread::scope(|scope| {
            let decoding = scope.spawn(|| decoder.run(reader, goes_on));
            while let Some(chunk) = chunks.next() {
                last = chunk.events.last().map_or(last, |event| event.time.0 - start);
                if let Some(ns) = chunk.lost() {
                    self.lost(Gap { from: last, to: last + ns });
                    continue;
                }
                events += chunk.events.len() as u64;
                stopped |= self.observe(&chunk, start, sink).is_break();
                if events - reported >= PROGRESS_EVENTS {
                    reported = events;
                    stopped |= sink.progress(chunk.share).is_break();
                }
                chunks.give_back(chunk);
                if stopped {
                    break;
                }
            }
            drop(chunks);
            decoding.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        let is_whole = error.is_none();
        let problem = problem(reader, error.as_ref());
        if stopped {
            return Self::outcome(events, reader, problem, is_whole, true);
        }
        let end = TraceEnd { file, reader, events, start, last, problem: problem.as_deref() };
        for table in &mut self.rows {
            table.builder.finish(&end);
            if table.builder.rows() > 0 {
                stopped |= table.flush(&mut self.interner, sink).is_break();
            }
        }
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
        Self::outcome(events, reader, problem, is_whole, stopped)
    }

    fn lost(&mut self, gap: Gap) {
        let called = self.called.iter_mut().map(|(_, builder)| builder);
        for builder in self.whole.iter_mut().chain(called) {
            builder.lost(gap, &self.interner);
        }
        for table in &mut self.rows {
            table.builder.lost(gap);
        }
    }

    fn observe(&mut self, chunk: &Chunk, start: i64, sink: &mut dyn Sink) -> ControlFlow<()> {
        if chunk.begins {
            self.interner.begin_generation();
        }
        let mut cx = Context { symbols: &chunk.symbols, interner: &mut self.interner, now: 0 };
        // In pieces that stay in the cache while all builders go over them.
        for events in chunk.events.chunks(PIECE) {
            let called = self.called.iter_mut().map(|(_, builder)| builder);
            for builder in self.whole.iter_mut().chain(called) {
                builder.observe_all(events, start, &mut cx);
            }
            for table in &mut self.rows {
                table.observe(events, start, &mut cx, sink)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn outcome(
        events: u64,
        reader: &Reader,
        problem: Option<String>,
        is_whole: bool,
        stopped: bool,
    ) -> Outcome {
        Outcome {
            events,
            generations: (reader.generations().len() as u64).saturating_sub(reader.skipped()),
            skipped: reader.skipped(),
            bytes_read: reader.bytes_read(),
            lost: reader.losses().iter().map(|loss| loss.bytes).sum(),
            problem,
            is_whole,
            stopped,
        }
    }
}

fn held(call: &TableCall) -> Option<&'static Held> {
    ENDS_FIRST.iter().find(|(name, _)| *name == call.table().name).map(|(_, held)| held)
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

/// The builder of a table whose rows come while the trace is being read or, where they must be ordered, perhaps at its end.
fn row_builder(table: &Table, want: &Want, window: Window) -> Option<(SchemaRef, Box<dyn RowBuilder>)> {
    let schema = schema(table, &want.columns);
    let builder = events::builder(table.name, &schema)
        .or_else(|| instants::builder(table.name, &schema))
        .or_else(|| goroutine_states::builder(table.name, &schema, want, window.resumes()))
        .or_else(|| timeline::streaming(table.name, &schema, want))?;
    Some((schema, builder))
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
        self.builder.observe_all(run, start, cx);
        if self.builder.rows() < BATCH_ROWS {
            return ControlFlow::Continue(());
        }
        self.flush(cx.interner, sink)
    }

    fn flush(&mut self, interner: &mut Interner, sink: &mut dyn Sink) -> ControlFlow<()> {
        sink.batch(&self.call, self.builder.take(&self.schema, interner))
    }
}
