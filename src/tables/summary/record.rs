//! The books as rows of tables.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{RecordBatch, UInt32Array};
use arrow::datatypes::{Schema, SchemaRef};

use super::super::builder::{Context, Gap};
use super::super::columns::{assemble, columns, reorder};
use super::super::intern::{Interner, StackNumber, TextId};
use super::super::intervals::Intervals;
use super::super::stats::Stats;
use super::goroutine::Goroutine;
use super::is_system;
use crate::trace::{Event, GoroutineId, StackId, TaskId};

columns! {
    TimeColumns {
        total: Ints,
        exec: Ints,
        sched_wait: Ints,
        syscall: Ints,
        syscall_block: Ints,
        net_wait: Ints,
        sync_wait: Ints,
        sleep: Ints,
        gc_assist: Ints,
        gc_sweep: Ints,
        stw: Ints,
        unknown: Ints,
        waits: NamedTimes,
        ranges: NamedTimes,
    }
}

impl TimeColumns {
    fn push(&mut self, stats: &Stats, interner: &Interner) {
        self.total.push(stats.total);
        self.exec.push(stats.exec);
        self.sched_wait.push(stats.sched_wait);
        self.syscall.push(stats.syscall);
        self.syscall_block.push(stats.syscall_block);
        let (mut net, mut sync, mut sleep) = (0, 0, 0);
        for (reason, ns) in stats.block.iter() {
            match interner.text(reason) {
                "network" => net += ns,
                "sleep" => sleep += ns,
                reason if is_synchronization(reason) => sync += ns,
                _ => {}
            }
        }
        self.net_wait.push(net);
        self.sync_wait.push(sync);
        self.sleep.push(sleep);
        let (mut assist, mut sweep, mut stw) = (0, 0, 0);
        for (range, ns) in stats.range.iter() {
            match interner.text(range) {
                "GC mark assist" => assist += ns,
                "GC incremental sweep" => sweep += ns,
                range if range.starts_with("stop-the-world") => stw += ns,
                _ => {}
            }
        }
        self.gc_assist.push(assist);
        self.gc_sweep.push(sweep);
        self.stw.push(stw);
        self.unknown.push(stats.unknown());
        self.waits.push(&stats.block);
        self.ranges.push(&stats.range);
    }
}

/// What Go's synchronization blocking profile counts.
fn is_synchronization(reason: &str) -> bool {
    ["chan", "sync", "select"].iter().any(|word| reason.contains(word))
}

columns! {
    GoroutineColumns {
        g: Ints,
        name: Texts,
        system: Bools,
        parent: OptInts,
        create_stack: StackColumn,
        created: Ints,
        started: OptInts,
        ended: OptInts,
        state: Words,
        open_start: Bools,
        open_end: Bools,
    }
}

pub(super) fn goroutines(
    schema: &SchemaRef,
    goroutines: &[&Goroutine],
    interner: &mut Interner,
) -> RecordBatch {
    let mut c = GoroutineColumns::new(schema);
    let mut times = TimeColumns::new(schema);
    for goroutine in goroutines {
        c.g.push(goroutine.id.0);
        c.name.push(goroutine.name);
        c.system.push(is_system(interner.text(goroutine.name)));
        c.parent.push(goroutine.parent);
        c.create_stack.push(goroutine.create_stack);
        c.created.push(goroutine.created);
        c.started.push(goroutine.started);
        c.ended.push(goroutine.ended);
        c.state.push(goroutine.state.name());
        c.open_start.push(goroutine.open_start);
        c.open_end.push(goroutine.ended.is_none());
        times.push(&goroutine.stats, interner);
    }
    assemble(schema, goroutines.len(), |name| c.array(name, interner).or_else(|| times.array(name, interner)))
}

columns! {
    StatColumns { g: Ints, category: Words, name: Texts, dur: Ints }
}

pub(super) fn goroutine_stats(
    schema: &SchemaRef,
    goroutines: &[&Goroutine],
    interner: &mut Interner,
) -> RecordBatch {
    let mut c = StatColumns::new(schema);
    let mut rows = 0;
    for goroutine in goroutines {
        for (category, times) in [("block", &goroutine.stats.block), ("range", &goroutine.stats.range)] {
            for (name, ns) in times.iter() {
                c.g.push(goroutine.id.0);
                c.category.push(category);
                c.name.push(name);
                c.dur.push(ns);
                rows += 1;
            }
        }
    }
    assemble(schema, rows, |name| c.array(name, interner))
}

columns! {
    RegionColumns {
        region: Ints,
        name: Texts,
        task: OptInts,
        g: Ints,
        parent: OptInts,
        depth: Ints,
        complete: Bools,
        inherited: Bools,
        start_stack: StackColumn,
        end_stack: StackColumn,
    }
}

/// Regions, in the order in which they were first heard of.
pub(super) struct RegionRows {
    columns: RegionColumns,
    intervals: Intervals,
    stats: Vec<Stats>,
    dropped: Vec<usize>,
}

impl RegionRows {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            columns: RegionColumns::new(schema),
            intervals: Intervals::default(),
            stats: Vec::new(),
            dropped: Vec::new(),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row has that many columns")]
    pub(super) fn begin(
        &mut self,
        name: TextId,
        task: TaskId,
        g: GoroutineId,
        parent: Option<usize>,
        depth: usize,
        now: i64,
        stack: StackNumber,
    ) -> usize {
        let row = self.intervals.open(now);
        self.push(row, name, task, g, (parent, depth), false, stack)
    }

    /// The region of a goroutine that was created within another's.
    pub(super) fn inherit(&mut self, task: TaskId, g: GoroutineId, now: i64, stack: StackNumber) -> usize {
        let row = self.intervals.open(now);
        self.push(row, TextId::NULL, task, g, (None, 0), true, stack)
    }

    pub(super) fn begun_before(&mut self, name: TextId, task: TaskId, g: GoroutineId) -> usize {
        let row = self.intervals.open_before_trace();
        self.push(row, name, task, g, (None, 0), false, StackNumber::NONE)
    }

    #[expect(clippy::too_many_arguments, reason = "a row has that many columns")]
    fn push(
        &mut self,
        row: usize,
        name: TextId,
        task: TaskId,
        g: GoroutineId,
        (parent, depth): (Option<usize>, usize),
        inherited: bool,
        stack: StackNumber,
    ) -> usize {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let c = &mut self.columns;
        c.region.push(number(row));
        c.name.push(name);
        c.task.push(task.known());
        c.g.push(g.0);
        c.parent.push(parent.map(number));
        c.depth.push(number(depth));
        c.complete.push(false);
        c.inherited.push(inherited);
        c.start_stack.push(stack);
        c.end_stack.push(StackNumber::NONE);
        self.stats.push(Stats::default());
        row
    }

    pub(super) fn end(&mut self, row: usize, now: i64, stack: StackNumber, stats: Stats) {
        self.columns.end_stack.set(row, stack);
        self.cut(row, Some(now), stats);
    }

    /// Ends a region without an end of its own: with its goroutine, or (`None`) with the trace.
    pub(super) fn cut(&mut self, row: usize, ended: Option<i64>, stats: Stats) {
        if let Some(now) = ended {
            self.intervals.close(row, now);
        }
        self.stats[row] = stats;
    }

    pub(super) fn drop(&mut self, row: usize) {
        self.dropped.push(row);
    }

    pub(super) fn lost(&mut self, gap: Gap) {
        self.intervals.lost(gap);
    }

    pub(super) fn finish(&mut self, schema: &SchemaRef, end: i64, interner: &mut Interner) -> RecordBatch {
        let rows = self.stats.len();
        self.intervals.finish(end);
        let mut times = TimeColumns::new(schema);
        for (row, stats) in self.stats.iter().enumerate() {
            times.push(stats, interner);
            self.columns.complete.set(row, self.intervals.is_complete(row));
        }
        let (columns, intervals) = (&mut self.columns, &self.intervals);
        let batch = assemble(schema, rows, |name| {
            let array = intervals.array(name).or_else(|| columns.array(name, interner));
            array.or_else(|| times.array(name, interner))
        });
        let order = self.intervals.order();
        let dropped: BTreeSet<usize> = self.dropped.iter().copied().collect();
        let kept: Vec<u32> =
            order.values().iter().copied().filter(|&row| !dropped.contains(&(row as usize))).collect();
        reorder(&batch, &UInt32Array::from(kept))
    }
}

columns! {
    TaskColumns {
        task: Ints,
        name: Texts,
        parent: OptInts,
        g: OptInts,
        complete: Bools,
        logs: Ints,
        regions: Ints,
        goroutines: Ints,
        create_stack: StackColumn,
        end_stack: StackColumn,
    }
}

/// Tasks, by id. A task that is only mentioned is one too.
pub(super) struct TaskRows {
    columns: TaskColumns,
    tasks: BTreeMap<TaskId, Task>,
    gaps: Vec<Gap>,
}

#[derive(Default)]
struct Task {
    name: TextId,
    parent: Option<TaskId>,
    g: Option<i64>,
    begin: Option<(i64, StackNumber)>,
    end: Option<(i64, StackNumber)>,
    logs: i64,
    regions: i64,
    goroutines: BTreeSet<GoroutineId>,
    /// The gaps before it was first, and last, heard of.
    gaps: Option<(usize, usize)>,
}

impl TaskRows {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { columns: TaskColumns::new(schema), tasks: BTreeMap::new(), gaps: Vec::new() }
    }

    pub(super) fn begin(
        &mut self,
        id: TaskId,
        parent: TaskId,
        name: TextId,
        event: &Event,
        cx: &mut Context<'_>,
    ) {
        let at = (cx.now, self.stack(event.stack, cx));
        let task = self.mention(id, parent, name, event.g);
        // Only a damaged trace begins a task that has ended.
        if task.end.is_none() {
            task.g = event.g.known();
            task.begin = Some(at);
        }
    }

    pub(super) fn end(
        &mut self,
        id: TaskId,
        parent: TaskId,
        name: TextId,
        event: &Event,
        cx: &mut Context<'_>,
    ) {
        let at = (cx.now, self.stack(event.stack, cx));
        self.mention(id, parent, name, event.g).end = Some(at);
    }

    fn stack(&self, id: StackId, cx: &mut Context<'_>) -> StackNumber {
        let wanted = self.columns.create_stack.is_wanted() || self.columns.end_stack.is_wanted();
        if wanted { cx.stack(id) } else { StackNumber::NONE }
    }

    fn mention(&mut self, id: TaskId, parent: TaskId, name: TextId, g: GoroutineId) -> &mut Task {
        if parent != TaskId::NONE {
            self.task(parent);
        }
        let task = self.task(id);
        // After a gap, the end of a task does not tell its name.
        if name != TextId::NULL {
            task.name = name;
        }
        task.goroutines.insert(g);
        if parent != TaskId::NONE {
            task.parent.get_or_insert(parent);
        }
        task
    }

    /// A task that is heard of.
    fn task(&mut self, id: TaskId) -> &mut Task {
        let gaps = self.gaps.len();
        let task = self.tasks.entry(id).or_default();
        task.gaps = Some((task.gaps.map_or(gaps, |(first, _)| first), gaps));
        task
    }

    pub(super) fn lost(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    pub(super) fn region(&mut self, id: TaskId, g: GoroutineId) {
        let task = self.task(id);
        task.regions += 1;
        task.goroutines.insert(g);
    }

    pub(super) fn log(&mut self, id: TaskId, g: GoroutineId) {
        let task = self.task(id);
        task.logs += 1;
        task.goroutines.insert(g);
    }

    pub(super) fn finish(&mut self, schema: &SchemaRef, end: i64, interner: &mut Interner) -> RecordBatch {
        let (columns, mut intervals) = (&mut self.columns, Intervals::default());
        for (id, task) in &self.tasks {
            let Some(id) = id.known() else { continue };
            let (first, last) = task.gaps.unwrap_or_default();
            let known_since = first.checked_sub(1).map_or(0, |gap| self.gaps[gap].to);
            let row = match task.begin {
                Some((start, _)) => intervals.open(start),
                None => intervals.open_before(known_since),
            };
            match (task.end, self.gaps.get(last)) {
                (Some((end, _)), _) => {
                    intervals.close(row, end);
                }
                (None, Some(gap)) => intervals.cut(row, gap.from),
                (None, None) => {}
            }
            let stack = |at: Option<(i64, StackNumber)>| at.map_or(StackNumber::NONE, |(_, stack)| stack);
            columns.task.push(id);
            columns.name.push(task.name);
            columns.parent.push(task.parent.and_then(TaskId::known));
            columns.g.push(task.g);
            columns.complete.push(task.begin.is_some() && task.end.is_some());
            columns.logs.push(task.logs);
            columns.regions.push(task.regions);
            columns.goroutines.push(i64::try_from(task.goroutines.len()).unwrap_or(i64::MAX));
            columns.create_stack.push(stack(task.begin));
            columns.end_stack.push(stack(task.end));
        }
        intervals.finish(end);
        let array = |name: &str| intervals.array(name).or_else(|| columns.array(name, interner));
        let batch = assemble(schema, intervals.len(), array);
        intervals.sorted(batch)
    }
}
