//! Cycles of the garbage collector.
//!
//! A cycle is the range that Go's viewer shows on its lane "GC": it begins before the world is stopped to end the sweep
//! of the cycle before, and ends in the stop-the-world that ends marking.

use ahash::{AHashMap, AHashSet};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use super::intervals::{Intervals, ints};
use crate::trace::{Event, GoroutineId, Happening, Metric, Range, RangeKind, Scope};

columns! {
    GcColumns { gc: Ints, heap_start: OptInts, heap_end: SparseInts, goal: OptInts }
}

struct Gcs {
    schema: SchemaRef,
    columns: GcColumns,
    intervals: Intervals,
    sums: Vec<Sums>,
    /// The cycle that goes on, and since when.
    open: Option<(usize, i64)>,
    /// Goroutines in mark assist, since when.
    assists: AHashMap<GoroutineId, i64>,
    stop: Stop,
    heap: Option<i64>,
    goal: Option<i64>,
}

/// Times of a cycle.
#[derive(Clone, Copy, Default)]
struct Sums {
    stw: i64,
    pause: i64,
    assist: i64,
}

/// The world while it is stopped.
#[derive(Default)]
struct Stop {
    /// Who stops it: one at a time, in a trace that is right.
    by: AHashSet<GoroutineId>,
    since: i64,
    /// The cycle in which that began.
    cycle: Option<usize>,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let schema = schema("gcs")?;
    Some(Box::new(Gcs {
        columns: GcColumns::new(&schema),
        schema,
        intervals: Intervals::default(),
        sums: Vec::new(),
        open: None,
        assists: AHashMap::new(),
        stop: Stop::default(),
        heap: None,
        goal: None,
    }))
}

impl WholeBuilder for Gcs {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let now = cx.now;
        match event.what {
            Happening::Metric { metric: Metric::HeapObjects, value } => self.heap = Some(value.cast_signed()),
            Happening::Metric { metric: Metric::HeapGoal, value } => self.goal = Some(value.cast_signed()),
            Happening::RangeBegin(range) => self.begin(range, Some(now)),
            Happening::RangeActive(range) => self.begin(range, None),
            Happening::RangeEnd { range, .. } => self.end(range, now),
            _ => {}
        }
    }

    fn lost(&mut self, gap: Gap, _: &Interner) {
        self.cut(gap.from);
        self.intervals.lost(gap);
        self.open = None;
        self.assists = AHashMap::new();
        self.stop = Stop::default();
        (self.heap, self.goal) = (None, None);
    }

    fn finish(
        mut self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        self.cut(end.last);
        self.intervals.finish(end.last);
        let (columns, intervals, sums) = (&mut self.columns, &self.intervals, &self.sums);
        let array = |name: &str| match name {
            "stw" => Some(ints(sums.iter().map(|sums| sums.stw))),
            "pause" => Some(ints(sums.iter().map(|sums| sums.pause))),
            "assist" => Some(ints(sums.iter().map(|sums| sums.assist))),
            _ => intervals.array(name).or_else(|| columns.array(name, interner)),
        };
        let batch = assemble(&self.schema, intervals.len(), array);
        vec![("gcs", self.intervals.sorted(batch))]
    }
}

impl Gcs {
    /// A range begins, or (`None`) goes on.
    fn begin(&mut self, range: Range, since: Option<i64>) {
        let from = since.unwrap_or(self.intervals.known_since());
        match (range.kind, range.scope) {
            (RangeKind::GcMark, Scope::Global) if self.open.is_none() => {
                let row = match since {
                    Some(now) => self.intervals.open(now),
                    None => self.intervals.open_before_trace(),
                };
                self.columns.gc.push(i64::try_from(row + 1).unwrap_or(i64::MAX));
                self.columns.heap_start.push(self.heap.filter(|_| since.is_some()));
                self.columns.heap_end.push_null();
                self.columns.goal.push(self.goal);
                self.sums.push(Sums::default());
                self.open = Some((row, from));
            }
            (RangeKind::GcMarkAssist, Scope::Goroutine(g)) => {
                self.assists.entry(g).or_insert(from);
            }
            (RangeKind::StopTheWorld { .. }, Scope::Goroutine(g)) => {
                if self.stop.by.is_empty() {
                    self.stop.since = from;
                    self.stop.cycle = self.open.map(|(row, _)| row);
                }
                self.stop.by.insert(g);
            }
            _ => {}
        }
    }

    fn end(&mut self, range: Range, now: i64) {
        match (range.kind, range.scope) {
            (RangeKind::GcMark, Scope::Global) => {
                self.close(now);
                if let Some((row, _)) = self.open.take() {
                    self.intervals.close(row, now);
                    if let Some(heap) = self.heap {
                        self.columns.heap_end.set(row, heap);
                    }
                }
            }
            (RangeKind::GcMarkAssist, Scope::Goroutine(g)) => {
                if let (Some(since), Some((row, start))) = (self.assists.remove(&g), self.open) {
                    let assist = &mut self.sums[row].assist;
                    *assist = assist.saturating_add(now - since.max(start));
                }
            }
            (RangeKind::StopTheWorld { .. }, Scope::Goroutine(g))
                if self.stop.by.remove(&g) && self.stop.by.is_empty() =>
            {
                if let Some((row, start)) = self.open {
                    self.sums[row].stw += now - self.stop.since.max(start);
                }
                if let Some(row) = self.stop.cycle.take() {
                    self.sums[row].pause += now - self.stop.since;
                }
            }
            _ => {}
        }
    }

    /// Adds what goes on when nothing more is known.
    fn cut(&mut self, now: i64) {
        self.close(now);
        if !self.stop.by.is_empty()
            && let Some(cycle) = self.stop.cycle
        {
            self.sums[cycle].pause += now - self.stop.since;
        }
    }

    /// Adds what goes on beyond the end of the cycle.
    fn close(&mut self, now: i64) {
        let Some((row, start)) = self.open else { return };
        let sums = &mut self.sums[row];
        let assists = self.assists.values().map(|&since| now - since.max(start));
        sums.assist = assists.fold(sums.assist, i64::saturating_add);
        if !self.stop.by.is_empty() {
            sums.stw += now - self.stop.since.max(start);
        }
    }
}
