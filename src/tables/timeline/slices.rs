//! The rows of `slices`.

use std::sync::Arc;

use ahash::AHashMap;
use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::super::builder::{Context, Gap};
use super::super::columns::{Column, assemble, columns};
use super::super::intern::{Interner, StackNumber, TextId};
use super::held::Held;
use super::nesting::Nesting;
use crate::trace::{GoroutineId, ProcId, StackId, TaskId, ThreadId};

columns! {
    SliceColumns {
        slice: Ints,
        lane: Words,
        id: OptInts,
        name: Texts,
        category: Words,
        g: OptInts,
        task: OptInts,
        blocked: Bools,
        parent: OptInts,
        start: Ints,
        end: Ints,
        dur: Ints,
        own: Ints,
        start_stack: StackColumn,
        end_stack: StackColumn,
        incoming: OptInts,
        open_start: Bools,
        open_end: Bools,
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

/// A slice.
#[derive(Debug)]
struct Slice {
    what: New,
    blocked: bool,
    start: i64,
    /// Whether it began before what is known.
    open_start: bool,
    /// None: it goes on.
    end: Option<i64>,
    /// Whether it is only what is known that ended.
    cut: bool,
    /// Of a task that goes on: nothing has been heard of it since this gap.
    lost_at: Option<i64>,
    end_stack: StackNumber,
    /// How long the slices are that it directly encloses.
    enclosed: i64,
    incoming: Option<i64>,
    outgoing: Outgoing,
    /// What happened in it and may still become a flow from it.
    causes: u32,
}

/// Flows that start from a slice: most often one at most.
#[derive(Debug, Default)]
struct Outgoing {
    first: Option<i64>,
    others: Vec<i64>,
}

/// A lane's slices, as far as they matter for those that come.
#[derive(Debug, Default)]
struct LaneState {
    /// Those that are open, in order of their starts; of equal starts, as they were heard of.
    open: Vec<usize>,
    /// How long those were in all that nothing encloses.
    free: i64,
}

/// When a slice becomes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// As soon as all is known of it.
    Known,
    /// And of those before it.
    InOrder,
    /// At the trace's end.
    AtEnd,
}

/// Slices, numbered in the order in which they are first heard of.
pub(super) struct Slices {
    columns: SliceColumns,
    outgoing: Option<Vec<Outgoing>>,
    /// Rows in the columns.
    ready: usize,
    /// Those that are no rows yet.
    slices: Held<Slice>,
    lanes: AHashMap<Lane, LaneState>,
    /// The kinds of lanes that are wanted; None: all.
    only: Option<Vec<&'static str>>,
    when: When,
    /// What was going on already is known since this moment.
    known_since: i64,
    /// Slices before this number have ended, or are of tasks.
    settled: usize,
    /// Slices of tasks of which something has been heard since the last gap, of those before that number.
    heard: Vec<usize>,
    /// Those of which all may be known now.
    touched: Vec<usize>,
}

impl Slices {
    /// `only`: the kinds of lanes that are wanted, if not all.
    pub(super) fn new(schema: &Schema, only: Option<Vec<&'static str>>, when: When) -> Self {
        let wants = |name: &str| schema.column_with_name(name).is_some();
        let mut columns = SliceColumns::new(schema);
        columns.own = Column::new(wants("self"));
        Self {
            columns,
            outgoing: wants("outgoing").then(Vec::new),
            ready: 0,
            slices: Held::new(),
            lanes: AHashMap::new(),
            only,
            when,
            known_since: 0,
            settled: 0,
            heard: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// Adds a slice that goes on until it is closed; `None`: since before the trace.
    pub(super) fn open(&mut self, since: Option<i64>, new: New) -> Open {
        let open = Open { row: self.slices.next(), lane: new.lane };
        if self.only.as_ref().is_some_and(|only| !only.contains(&new.lane.name())) {
            self.slices.push(None);
            return open;
        }
        let start = since.unwrap_or(self.known_since);
        let enclosed = self.lay(open, start);
        let slice = Slice {
            what: new,
            blocked: false,
            start,
            open_start: since.is_none(),
            end: None,
            cut: false,
            lost_at: None,
            end_stack: StackNumber::NONE,
            enclosed,
            incoming: None,
            outgoing: Outgoing::default(),
            causes: 0,
        };
        self.slices.push(Some(slice));
        open
    }

    /// Puts a slice on its lane; says how long the slices are there that it encloses, for it may have begun long before.
    fn lay(&mut self, open: Open, start: i64) -> i64 {
        let Self { lanes, slices, known_since, .. } = self;
        let begin = |row: usize| slices.get(row).map_or(0, |slice| slice.start);
        let state = lanes.entry(open.lane).or_default();
        let place = state.open.partition_point(|&row| begin(row) <= start);
        let around = place.checked_sub(1).map(|before| state.open[before]);
        state.open.insert(place, open.row);
        match around {
            None if start == *known_since => std::mem::take(&mut state.free),
            Some(around) if begin(around) == start => {
                slices.get_mut(around).map_or(0, |around| std::mem::take(&mut around.enclosed))
            }
            _ => 0,
        }
    }

    pub(super) fn close(&mut self, open: Open, end: i64, stack: StackNumber) {
        let Some(slice) = self.slice(open.row).filter(|slice| slice.end.is_none()) else { return };
        slice.end = Some(end);
        slice.end_stack = stack;
        let (start, dur) = (slice.start, end - slice.start);
        let Self { lanes, slices, touched, .. } = self;
        touched.push(open.row);
        let Some(state) = lanes.get_mut(&open.lane) else { return };
        let Some(place) = state.open.iter().rposition(|&row| row == open.row) else { return };
        state.open.remove(place);
        let begin = |row: usize| slices.get(row).map_or(0, |slice| slice.start);
        let around = state.open.partition_point(|&row| begin(row) <= start).checked_sub(1);
        match around.and_then(|around| slices.get_mut(state.open[around])) {
            Some(around) => around.enclosed = around.enclosed.saturating_add(dur),
            None => state.free = state.free.saturating_add(dur),
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

    /// Nothing will lie on a lane any more.
    pub(super) fn forget(&mut self, lane: Lane) {
        self.lanes.remove(&lane);
    }

    /// The innermost slice that is open on a lane.
    pub(super) fn innermost(&self, lane: Lane) -> Option<usize> {
        self.lanes.get(&lane).and_then(|state| state.open.last()).copied()
    }

    /// When a slice that is open began; `None`: before what is known.
    pub(super) fn start(&self, row: usize) -> Option<i64> {
        self.slices.get(row).filter(|slice| !slice.open_start).map(|slice| slice.start)
    }

    /// A slice that was thought to be older begins.
    pub(super) fn begin(&mut self, row: usize, now: i64, name: TextId, g: GoroutineId, stack: StackNumber) {
        let Some(slice) = self.slice(row).filter(|slice| slice.end.is_none()) else { return };
        (slice.start, slice.open_start) = (now, false);
        slice.what.stack = stack;
        slice.what.name = name;
        if g != GoroutineId::NONE {
            slice.what.g = g;
        }
    }

    pub(super) fn rename(&mut self, row: usize, name: TextId) {
        if let Some(slice) = self.slice(row) {
            slice.what.name = name;
        }
    }

    pub(super) fn wants_names(&self) -> bool {
        self.columns.name.is_wanted()
    }

    pub(super) fn set_blocked(&mut self, row: usize) {
        if let Some(slice) = self.slice(row) {
            slice.blocked = true;
        }
    }

    /// A stack, if any are wanted.
    pub(super) fn stack(&self, stack: StackId, cx: &mut Context<'_>) -> StackNumber {
        let wanted = self.columns.start_stack.is_wanted() || self.columns.end_stack.is_wanted();
        if wanted { cx.stack(stack) } else { StackNumber::NONE }
    }

    /// Something happened in a slice that may become a flow.
    pub(super) fn add_cause(&mut self, row: Option<usize>) {
        if let Some(slice) = row.and_then(|row| self.slice(row)) {
            slice.causes += 1;
        }
    }

    /// What happened in a slice will not become a flow.
    pub(super) fn drop_cause(&mut self, row: Option<usize>) {
        let Some(row) = row else { return };
        if let Some(slice) = self.slice(row) {
            slice.causes = slice.causes.saturating_sub(1);
            self.touched.push(row);
        }
    }

    /// Joins two slices by a flow.
    pub(super) fn connect(&mut self, flow: i64, from: Option<usize>, to: usize) {
        if let Some(to) = self.slice(to) {
            to.incoming = Some(flow);
        }
        if let Some(from) = from.and_then(|from| self.slice(from)) {
            if from.outgoing.first.is_none() {
                from.outgoing.first = Some(flow);
            } else {
                from.outgoing.others.push(flow);
            }
        }
    }

    fn slice(&mut self, row: usize) -> Option<&mut Slice> {
        self.slices.get_mut(row)
    }

    /// How many slices there were so far.
    pub(super) fn len(&self) -> usize {
        self.slices.next()
    }

    /// Lane and ends of the slices that are no rows yet.
    pub(super) fn bounds(&self) -> impl Iterator<Item = (Lane, i64, i64)> {
        self.slices.iter().map(|(_, slice)| (slice.what.lane, slice.start, slice.end.unwrap_or(0)))
    }

    /// Makes rows of the slices of which all is known. Not while an event is being followed, which may tell more of them.
    pub(super) fn advance(&mut self) {
        match self.when {
            When::Known => {
                while let Some(number) = self.touched.pop() {
                    if self.slices.get(number).is_some_and(|slice| self.is_known(slice))
                        && let Some(slice) = self.slices.remove(number)
                    {
                        self.push(number, slice, None);
                    }
                }
            }
            When::InOrder if !self.touched.is_empty() => {
                self.touched.clear();
                while let Some((number, slice)) = self.slices.first()
                    && self.is_known(slice)
                    && let Some(slice) = self.slices.remove(number)
                {
                    self.push(number, slice, None);
                }
            }
            _ => self.touched.clear(),
        }
    }

    fn is_known(&self, slice: &Slice) -> bool {
        // Until the trace's end, a flow may start from a task or from what let a goroutine run that has not run yet.
        let starts_flows = slice.causes > 0 || matches!(slice.what.lane, Lane::Task(_));
        slice.end.is_some() && !(starts_flows && self.outgoing.is_some())
    }

    /// Cuts what is still open at the trace's end.
    pub(super) fn finish(&mut self, trace_end: i64) {
        for open in self.open_since(0) {
            self.cut(open, trace_end);
        }
    }

    /// Cuts what goes on at a gap. A task may turn out to go on behind it, at the latest when the trace ends.
    pub(super) fn lost(&mut self, gap: Gap) {
        // There may be as many gaps as slices: only those are looked at of which something was heard since the last one.
        for open in self.open_since(self.settled) {
            match open.lane {
                Lane::Task(_) => self.heard.push(open.row),
                _ => self.cut(open, gap.from),
            }
        }
        for row in std::mem::take(&mut self.heard) {
            if let Some(slice) = self.slice(row) {
                slice.lost_at = Some(gap.from);
            }
        }
        self.settled = self.slices.next();
        self.lanes = AHashMap::new();
        self.known_since = gap.to;
        self.advance();
    }

    /// A task goes on behind a gap.
    pub(super) fn resume(&mut self, open: Open) {
        if self.slice(open.row).is_some_and(|slice| slice.lost_at.take().is_some()) {
            self.heard.push(open.row);
        }
    }

    /// The slices that go on, of those since some number, the innermost first.
    fn open_since(&self, number: usize) -> Vec<Open> {
        let open = self.slices.since(number).rev().filter(|(_, slice)| slice.end.is_none());
        open.map(|(row, slice)| Open { row, lane: slice.what.lane }).collect()
    }

    /// Ends what is known of a slice that goes on.
    fn cut(&mut self, open: Open, now: i64) {
        let Some(slice) = self.slice(open.row) else { return };
        slice.cut = true;
        let end = slice.lost_at.unwrap_or(now);
        self.close(open, end, StackNumber::NONE);
    }

    /// Makes rows of all that is left.
    pub(super) fn push_all(&mut self, nesting: Option<&Nesting>) {
        while let Some((number, _)) = self.slices.first()
            && let Some(slice) = self.slices.remove(number)
        {
            self.push(number, slice, nesting);
        }
    }

    /// Makes rows of some of the slices, by their numbers.
    pub(super) fn push_some(&mut self, numbers: &[usize], nesting: Option<&Nesting>) {
        for &number in numbers {
            if let Some(slice) = self.slices.remove(number) {
                self.push(number, slice, nesting);
            }
        }
    }

    fn push(&mut self, number: usize, slice: Slice, nesting: Option<&Nesting>) {
        let as_number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let (start, end) = (slice.start, slice.end.unwrap_or(0));
        let New { lane, category, name, g, task, stack } = slice.what;
        let c = &mut self.columns;
        c.slice.push(as_number(number));
        c.lane.push(lane.name());
        c.id.push(lane.id());
        c.name.push(name);
        c.category.push(category);
        c.g.push(g.known());
        c.task.push(task.known());
        c.blocked.push(slice.blocked);
        c.parent.push(nesting.and_then(|nesting| nesting.parent(number)).map(as_number));
        c.start.push(start);
        c.end.push(end);
        c.dur.push(end - start);
        // Those of which the parts overlap have no time of their own.
        c.own.push((end - start).saturating_sub(slice.enclosed).max(0));
        c.start_stack.push(stack);
        c.end_stack.push(slice.end_stack);
        c.incoming.push(slice.incoming);
        c.open_start.push(slice.open_start);
        c.open_end.push(slice.cut);
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.push(slice.outgoing);
        }
        self.ready += 1;
    }

    /// Rows that can be taken.
    pub(super) fn rows(&self) -> usize {
        self.ready
    }

    pub(super) fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let rows = std::mem::take(&mut self.ready);
        assemble(schema, rows, |name| match name {
            "self" => Some(self.columns.own.finish(interner)),
            "outgoing" => self.outgoing.as_mut().map(|flows| lists(std::mem::take(flows))),
            _ => self.columns.array(name, interner),
        })
    }
}

fn lists(lists: Vec<Outgoing>) -> ArrayRef {
    let lengths = lists.iter().map(|flows| usize::from(flows.first.is_some()) + flows.others.len());
    let offsets = OffsetBuffer::from_lengths(lengths);
    let items: Int64Array =
        lists.iter().flat_map(|flows| flows.first.iter().chain(&flows.others)).copied().collect();
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    Arc::new(ListArray::new(item, offsets, Arc::new(items), None))
}
