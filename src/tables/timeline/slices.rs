//! The rows of `slices`.

use std::sync::Arc;

use ahash::AHashMap;
use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::super::builder::{Context, Gap};
use super::super::columns::{assemble, columns};
use super::super::intern::{Interner, StackNumber, TextId};
use super::super::intervals::{Intervals, ints};
use super::flows::Flows;
use super::nesting::Nesting;
use crate::trace::{GoroutineId, ProcId, StackId, TaskId, ThreadId};

columns! {
    SliceColumns {
        name: Texts,
        category: Words,
        g: SparseInts,
        task: OptInts,
        blocked: Bools,
        start_stack: StackColumn,
        end_stack: StackColumn,
    }
}

/// Where a slice lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Lane {
    Proc(ProcId),
    Thread(ThreadId),
    Goroutine(GoroutineId),
    Gc,
    Network,
    Syscalls,
    Task(TaskId),
    Region(GoroutineId),
}

impl Lane {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Proc(_) => "proc",
            Self::Thread(_) => "thread",
            Self::Goroutine(_) => "g",
            Self::Gc => "gc",
            Self::Network => "network",
            Self::Syscalls => "syscalls",
            Self::Task(_) => "task",
            Self::Region(_) => "region",
        }
    }

    /// The number of what the lane belongs to.
    fn id(self) -> Option<i64> {
        match self {
            Self::Proc(p) => p.known(),
            Self::Thread(m) => m.known(),
            Self::Goroutine(g) | Self::Region(g) => g.known(),
            Self::Task(task) => task.known(),
            Self::Gc | Self::Network | Self::Syscalls => None,
        }
    }
}

/// A slice that has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) row: usize,
    pub(super) lane: Lane,
}

/// What is known of a slice at its begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct New {
    pub(super) lane: Lane,
    pub(super) category: &'static str,
    pub(super) name: TextId,
    pub(super) g: GoroutineId,
    pub(super) task: TaskId,
    pub(super) stack: StackNumber,
}

impl New {
    pub(super) fn of(lane: Lane, category: &'static str, name: TextId) -> Self {
        Self { lane, category, name, g: GoroutineId::NONE, task: TaskId::NONE, stack: StackNumber::NONE }
    }
}

/// Slices, in the order in which they were first heard of.
pub(super) struct Slices {
    columns: SliceColumns,
    intervals: Intervals,
    lanes: Vec<Lane>,
    /// The rows that are open on a lane, the innermost last.
    open: AHashMap<Lane, Vec<usize>>,
}

impl Slices {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            columns: SliceColumns::new(schema),
            intervals: Intervals::default(),
            lanes: Vec::new(),
            open: AHashMap::new(),
        }
    }

    /// Adds a slice that goes on until it is closed; `None`: since before the trace.
    pub(super) fn open(&mut self, since: Option<i64>, new: New) -> Open {
        let row = match since {
            Some(now) => self.intervals.open(now),
            None => self.intervals.open_before_trace(),
        };
        let c = &mut self.columns;
        c.name.push(new.name);
        c.category.push(new.category);
        c.g.push_null();
        c.task.push(new.task.known());
        c.blocked.push(false);
        c.start_stack.push(new.stack);
        c.end_stack.push(StackNumber::NONE);
        if let Some(g) = new.g.known() {
            c.g.set(row, g);
        }
        self.lanes.push(new.lane);
        self.open.entry(new.lane).or_default().push(row);
        Open { row, lane: new.lane }
    }

    pub(super) fn close(&mut self, open: Open, end: i64, stack: StackNumber) {
        if self.intervals.close(open.row, end) {
            self.columns.end_stack.set(open.row, stack);
        }
        let Some(rows) = self.open.get_mut(&open.lane) else { return };
        if let Some(place) = rows.iter().rposition(|&row| row == open.row) {
            rows.remove(place);
        }
        // Goroutines and tasks come and go; procs and threads stay.
        if rows.is_empty() && !matches!(open.lane, Lane::Proc(_) | Lane::Thread(_)) {
            self.open.remove(&open.lane);
        }
    }

    /// Adds a slice without length, on a lane for those.
    pub(super) fn instant(
        &mut self,
        lane: Lane,
        name: TextId,
        g: GoroutineId,
        stack: StackId,
        cx: &mut Context<'_>,
    ) -> usize {
        let new = New { g, stack: self.stack(stack, cx), ..New::of(lane, "instant", name) };
        let open = self.open(Some(cx.now), new);
        self.close(open, cx.now, StackNumber::NONE);
        open.row
    }

    /// The innermost slice that is open on a lane.
    pub(super) fn innermost(&self, lane: Lane) -> Option<usize> {
        self.open.get(&lane).and_then(|rows| rows.last()).copied()
    }

    /// When a slice began; `None`: before the trace.
    pub(super) fn start(&self, row: usize) -> Option<i64> {
        self.intervals.start(row)
    }

    /// A slice that was thought to be older begins.
    pub(super) fn begin(&mut self, row: usize, now: i64, name: TextId, g: GoroutineId, stack: StackNumber) {
        self.intervals.start_at(row, now);
        self.columns.start_stack.set(row, stack);
        self.columns.name.set(row, name);
        if let Some(g) = g.known() {
            self.columns.g.set(row, g);
        }
    }

    pub(super) fn rename(&mut self, row: usize, name: TextId) {
        self.columns.name.set(row, name);
    }

    pub(super) fn wants_names(&self) -> bool {
        self.columns.name.is_wanted()
    }

    pub(super) fn set_blocked(&mut self, row: usize) {
        self.columns.blocked.set(row, true);
    }

    /// A stack, if any are wanted.
    pub(super) fn stack(&self, stack: StackId, cx: &mut Context<'_>) -> StackNumber {
        let wanted = self.columns.start_stack.is_wanted() || self.columns.end_stack.is_wanted();
        if wanted { cx.stack(stack) } else { StackNumber::NONE }
    }

    pub(super) fn len(&self) -> usize {
        self.lanes.len()
    }

    pub(super) fn lane(&self, row: usize) -> Lane {
        self.lanes[row]
    }

    pub(super) fn bounds(&self, row: usize) -> (i64, i64) {
        self.intervals.bounds(row)
    }

    /// A slice that was cut by a gap goes on behind it.
    pub(super) fn resume(&mut self, open: Open) {
        self.intervals.resume(open.row);
    }

    /// Cuts what goes on at a gap.
    pub(super) fn lost(&mut self, gap: Gap) {
        self.intervals.lost(gap);
        self.open = AHashMap::new();
    }

    /// Cuts what is still open at the trace's end.
    pub(super) fn finish(&mut self, trace_end: i64) {
        self.intervals.finish(trace_end);
    }

    /// The numbers of the rows: slices are numbered in order of their starts.
    pub(super) fn numbers(&self) -> Vec<i64> {
        let mut numbers = vec![0; self.len()];
        for (number, &row) in (0..).zip(self.intervals.order().values()) {
            numbers[row as usize] = number;
        }
        numbers
    }

    /// The rows in the order of their numbers. `nesting` is there if a column needs it.
    pub(super) fn batch(
        &mut self,
        schema: &SchemaRef,
        numbers: &[i64],
        nesting: Option<&Nesting>,
        flows: &Flows,
        interner: &mut Interner,
    ) -> RecordBatch {
        let (columns, intervals, lanes) = (&mut self.columns, &self.intervals, &self.lanes);
        let array = |name: &str| match name {
            "slice" => Some(ints(numbers.iter().copied())),
            "lane" => Some(words(lanes)),
            "id" => Some(Arc::new(lanes.iter().map(|lane| lane.id()).collect::<Int64Array>()) as ArrayRef),
            "self" => nesting.map(Nesting::own_times),
            "parent" => nesting.map(|nesting| nesting.parents(numbers)),
            "incoming" => Some(incoming(flows, lanes.len())),
            "outgoing" => Some(outgoing(flows, lanes.len())),
            _ => intervals.array(name).or_else(|| columns.array(name, interner)),
        };
        let batch = assemble(schema, lanes.len(), array);
        self.intervals.sorted(batch)
    }
}

fn words(lanes: &[Lane]) -> ArrayRef {
    Arc::new(arrow::array::StringViewArray::from_iter_values(lanes.iter().map(|lane| lane.name())))
}

/// For each row, the flow that ends at it.
fn incoming(flows: &Flows, rows: usize) -> ArrayRef {
    let mut incoming = vec![None; rows];
    for (flow, _, to) in flows.ends() {
        if let Some(slot) = incoming.get_mut(to) {
            *slot = Some(flow);
        }
    }
    Arc::new(Int64Array::from(incoming))
}

/// For each row, the flows that start at it, ascending.
fn outgoing(flows: &Flows, rows: usize) -> ArrayRef {
    let mut counts = vec![0; rows];
    for (_, from, _) in flows.ends() {
        if let Some(count) = from.and_then(|row| counts.get_mut(row)) {
            *count += 1;
        }
    }
    let offsets = OffsetBuffer::from_lengths(counts);
    let mut places: Vec<usize> =
        offsets.iter().map(|&offset| usize::try_from(offset).unwrap_or_default()).collect();
    let mut items = vec![0; places.last().copied().unwrap_or_default()];
    for (flow, from, _) in flows.ends() {
        if let Some(place) = from.and_then(|row| places.get_mut(row)) {
            items[*place] = flow;
            *place += 1;
        }
    }
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    Arc::new(ListArray::new(item, offsets, Arc::new(Int64Array::from(items)), None))
}
