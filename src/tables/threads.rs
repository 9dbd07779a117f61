//! Threads.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use crate::trace::{Event, ThreadId};

columns! {
    ThreadColumns { m: Ints, first: Ints, last: Ints, events: Ints }
}

struct Threads {
    schema: SchemaRef,
    by_id: BTreeMap<ThreadId, Thread>,
}

struct Thread {
    first: i64,
    last: i64,
    events: i64,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    Some(Box::new(Threads { schema: schema("threads")?, by_id: BTreeMap::new() }))
}

impl WholeBuilder for Threads {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        if event.m == ThreadId::NONE {
            return;
        }
        let thread = self.by_id.entry(event.m).or_insert(Thread { first: cx.now, last: cx.now, events: 0 });
        thread.last = cx.now;
        thread.events += 1;
    }

    fn lost(&mut self, _: Gap, _: &Interner) {}

    fn finish(
        self: Box<Self>,
        _: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        let mut columns = ThreadColumns::new(&self.schema);
        for (id, thread) in &self.by_id {
            columns.m.push(id.0);
            columns.first.push(thread.first);
            columns.last.push(thread.last);
            columns.events.push(thread.events);
        }
        vec![("threads", assemble(&self.schema, self.by_id.len(), |name| columns.array(name, interner)))]
    }
}
