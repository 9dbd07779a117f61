//! Goroutines that are made runnable: by whom, after which wait, and how long until they run.

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::{Interner, TextId};
use super::intervals::Intervals;
use crate::trace::{Event, GoroutineId, GoroutineState, Happening};

columns! {
    WakeupColumns {
        from_g: OptInts,
        to_g: Ints,
        from_stack: StackColumn,
        reason: Texts,
        wait: Ints,
        open_start: Bools,
    }
}

struct Wakeups {
    schema: SchemaRef,
    columns: WakeupColumns,
    /// From being woken to running: the latencies.
    latencies: Intervals,
    goroutines: AHashMap<GoroutineId, Doing>,
}

/// What a goroutine that does not run is about to do.
enum Doing {
    /// Waits, since when (`None`: before what is known) and why.
    Waits(Option<i64>, TextId),
    /// Is to run; the row of its wakeup.
    IsWoken(usize),
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let schema = schema("wakeups")?;
    Some(Box::new(Wakeups {
        columns: WakeupColumns::new(&schema),
        schema,
        latencies: Intervals::default(),
        goroutines: AHashMap::new(),
    }))
}

impl WholeBuilder for Wakeups {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let Happening::Goroutine { id, from, to, reason, .. } = event.what else { return };
        if from == to {
            return;
        }
        let before = self.goroutines.remove(&id);
        if let Some(Doing::IsWoken(row)) = before {
            self.latencies.close(row, cx.now);
        }
        match (from, to) {
            (GoroutineState::Waiting, GoroutineState::Runnable) => {
                let (since, reason) = match before {
                    Some(Doing::Waits(since, reason)) => (since, reason),
                    _ => (None, TextId::NULL),
                };
                let row = self.wake(event, id, since, reason, cx);
                self.goroutines.insert(id, Doing::IsWoken(row));
            }
            (_, GoroutineState::Waiting) => {
                let since = (from != GoroutineState::Undetermined).then_some(cx.now);
                let reason = if self.columns.reason.is_wanted() { cx.string(reason) } else { TextId::NULL };
                self.goroutines.insert(id, Doing::Waits(since, reason));
            }
            _ => {}
        }
    }

    fn lost(&mut self, gap: Gap, _: &Interner) {
        self.latencies.lost(gap);
        self.goroutines = AHashMap::new();
    }

    fn finish(
        mut self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        self.latencies.finish(end.last);
        let (columns, latencies) = (&mut self.columns, &self.latencies);
        let array = |name: &str| match name {
            "time" => latencies.array("start"),
            "latency" => latencies.array("dur"),
            "open_end" => latencies.array("open_end"),
            _ => columns.array(name, interner),
        };
        vec![("wakeups", assemble(&self.schema, latencies.len(), array))]
    }
}

impl Wakeups {
    fn wake(
        &mut self,
        event: &Event,
        id: GoroutineId,
        since: Option<i64>,
        reason: TextId,
        cx: &mut Context<'_>,
    ) -> usize {
        let c = &mut self.columns;
        c.from_g.push(event.g.known());
        c.to_g.push(id.0);
        if c.from_stack.is_wanted() {
            c.from_stack.push(cx.stack(event.stack));
        }
        c.reason.push(reason);
        c.wait.push(cx.now - since.unwrap_or(self.latencies.known_since()));
        c.open_start.push(since.is_none());
        self.latencies.open(cx.now)
    }
}
