//! Procs, and their stays in a state.

use std::collections::BTreeMap;

use ahash::AHashSet;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use super::intervals::Intervals;
use crate::trace::{Event, GoroutineId, GoroutineState, Happening, ProcId, ProcState};

columns! {
    ProcColumns {
        p: Ints,
        first: Ints,
        last: Ints,
        running: Ints,
        idle: Ints,
        goroutines: Ints,
        switches: Ints,
        utilization: OptFloats,
    }
}

columns! {
    StateColumns { p: Ints, state: Words, m: OptInts }
}

struct Procs {
    procs: Option<SchemaRef>,
    states: Option<SchemaRef>,
    state_columns: StateColumns,
    intervals: Intervals,
    /// For each stay: whether it is running, and its proc.
    stays: Vec<(bool, ProcId)>,
    by_id: BTreeMap<ProcId, Proc>,
}

struct Proc {
    first: i64,
    last: i64,
    stay: Option<usize>,
    goroutines: AHashSet<GoroutineId>,
    switches: i64,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let (procs, states) = (schema("procs"), schema("proc_states"));
    if procs.is_none() && states.is_none() {
        return None;
    }
    let state_columns = StateColumns::new(states.as_deref().unwrap_or(&arrow::datatypes::Schema::empty()));
    Some(Box::new(Procs {
        procs,
        states,
        state_columns,
        intervals: Intervals::default(),
        stays: Vec::new(),
        by_id: BTreeMap::new(),
    }))
}

impl WholeBuilder for Procs {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        if self.procs.is_some() && event.p != ProcId::NONE {
            let proc = self.seen(event.p, cx.now);
            if let Happening::Goroutine { id, from, to: GoroutineState::Running, .. } = event.what
                && from != GoroutineState::Running
                && from != GoroutineState::Syscall
            {
                proc.goroutines.insert(id);
                proc.switches += 1;
            }
        }
        if let Happening::Proc { id, from, to } = event.what {
            self.seen(id, cx.now);
            if from != to {
                self.enter(id, from, to, event, cx.now);
            }
        }
    }

    fn lost(&mut self, gap: Gap, _: &Interner) {
        self.intervals.lost(gap);
    }

    fn finish(
        mut self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        self.intervals.finish(end.last);
        let mut tables = Vec::new();
        if let Some(schema) = self.procs.take() {
            tables.push(("procs", self.summarize(&schema, interner)));
        }
        if let Some(schema) = self.states.take() {
            let (columns, intervals) = (&mut self.state_columns, &self.intervals);
            let array = |name: &str| intervals.array(name).or_else(|| columns.array(name, interner));
            let batch = assemble(&schema, intervals.len(), array);
            tables.push(("proc_states", self.intervals.sorted(batch)));
        }
        tables
    }
}

impl Procs {
    fn seen(&mut self, id: ProcId, now: i64) -> &mut Proc {
        let new = || Proc { first: now, last: now, stay: None, goroutines: AHashSet::new(), switches: 0 };
        let proc = self.by_id.entry(id).or_insert_with(new);
        proc.last = now;
        proc
    }

    fn enter(&mut self, id: ProcId, from: ProcState, to: ProcState, event: &Event, now: i64) {
        let before = self.by_id.get_mut(&id).and_then(|proc| proc.stay.take());
        if let Some(row) = before {
            self.intervals.close(row, now);
        }
        if !matches!(to, ProcState::Running | ProcState::Idle) {
            return;
        }
        let row = if from == ProcState::Undetermined {
            self.intervals.open_before_trace()
        } else {
            self.intervals.open(now)
        };
        let running = to == ProcState::Running;
        self.stays.push((running, id));
        self.state_columns.p.push(id.0);
        self.state_columns.state.push(to.name());
        self.state_columns.m.push(if running { event.m.known() } else { None });
        if let Some(proc) = self.by_id.get_mut(&id) {
            proc.stay = Some(row);
        }
    }

    fn summarize(&self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let mut times: BTreeMap<ProcId, (i64, i64)> = BTreeMap::new();
        for (row, &(running, id)) in self.stays.iter().enumerate() {
            let (run, idle) = times.entry(id).or_default();
            *(if running { run } else { idle }) += self.intervals.dur(row);
        }
        let mut columns = ProcColumns::new(schema);
        for (&id, proc) in &self.by_id {
            let (running, idle) = times.get(&id).copied().unwrap_or_default();
            columns.p.push(id.0);
            columns.first.push(proc.first);
            columns.last.push(proc.last);
            columns.running.push(running);
            columns.idle.push(idle);
            columns.goroutines.push(i64::try_from(proc.goroutines.len()).unwrap_or(i64::MAX));
            columns.switches.push(proc.switches);
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let utilization = (running + idle > 0).then(|| running as f64 / (running + idle) as f64);
            columns.utilization.push(utilization);
        }
        assemble(schema, self.by_id.len(), |name| columns.array(name, interner))
    }
}
