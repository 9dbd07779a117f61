//! Stays of goroutines in a state.

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::{Interner, TextId};
use super::intervals::Intervals;
use crate::trace::{Event, GoroutineId, GoroutineState, Happening, StackId};

columns! {
    StateColumns {
        g: Ints,
        name: Texts,
        state: Words,
        reason: Texts,
        stack: StackColumn,
        end_stack: StackColumn,
        p: OptInts,
        m: OptInts,
        waker: OptInts,
        waker_stack: StackColumn,
        seen: Ints,
    }
}

struct GoroutineStates {
    schema: SchemaRef,
    columns: StateColumns,
    intervals: Intervals,
    goroutines: AHashMap<GoroutineId, Goroutine>,
    /// Of each row, to fill in names once all are known.
    owners: Vec<GoroutineId>,
    /// Whether the beginning of the trace was passed over: what is first seen in a state was in it before.
    resumes: bool,
}

#[derive(Default)]
struct Goroutine {
    name: TextId,
    stay: Option<usize>,
}

pub(super) fn builder(
    schema: &dyn Fn(&str) -> Option<SchemaRef>,
    resumes: bool,
) -> Option<Box<dyn WholeBuilder>> {
    let schema = schema("goroutine_states")?;
    Some(Box::new(GoroutineStates {
        columns: StateColumns::new(&schema),
        schema,
        intervals: Intervals::default(),
        goroutines: AHashMap::new(),
        owners: Vec::new(),
        resumes,
    }))
}

impl WholeBuilder for GoroutineStates {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let Happening::Goroutine { id, from, to, reason, stack } = event.what else { return };
        let goes_on = from == to;
        if goes_on && (!self.resumes || self.goroutines.contains_key(&id)) {
            return;
        }
        let goroutine = self.goroutines.entry(id).or_default();
        if self.columns.name.is_wanted() && goroutine.name == TextId::NULL {
            goroutine.name = cx.root(stack);
        }
        if let Some(row) = goroutine.stay.take()
            && self.intervals.close(row, cx.now)
            && self.columns.end_stack.is_wanted()
        {
            self.columns.end_stack.set(row, cx.stack(stack));
        }
        if matches!(to, GoroutineState::NotExist | GoroutineState::Undetermined) {
            return;
        }
        goroutine.stay = Some(match from {
            _ if goes_on => self.intervals.open_before_trace(),
            GoroutineState::Undetermined => self.intervals.open_before_trace(),
            _ => self.intervals.open(cx.now),
        });
        let executes = to.executes();
        let woken = to == GoroutineState::Runnable
            && matches!(from, GoroutineState::Waiting | GoroutineState::NotExist);
        let c = &mut self.columns;
        if c.name.is_wanted() {
            self.owners.push(id);
        }
        c.g.push(id.0);
        c.name.push_null();
        c.state.push(to.name());
        if c.reason.is_wanted() {
            c.reason.push(cx.string(reason));
        }
        if c.stack.is_wanted() {
            c.stack.push(cx.stack(stack));
        }
        c.end_stack.push_null();
        c.p.push(if executes { event.p.known() } else { None });
        c.m.push(if executes { event.m.known() } else { None });
        c.waker.push(if woken { event.g.known() } else { None });
        if c.waker_stack.is_wanted() {
            c.waker_stack.push(cx.stack(if woken { event.stack } else { StackId::NONE }));
        }
        c.seen.push(cx.now);
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
        for (row, id) in self.owners.iter().enumerate() {
            self.columns.name.set(row, self.goroutines.get(id).map_or(TextId::NULL, |g| g.name));
        }
        let (columns, intervals) = (&mut self.columns, &self.intervals);
        let array = |name: &str| intervals.array(name).or_else(|| columns.array(name, interner));
        let batch = assemble(&self.schema, intervals.len(), array);
        vec![("goroutine_states", self.intervals.sorted(batch))]
    }
}
