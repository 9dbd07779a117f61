//! The tables of the experiment AllocFree: objects on the heap, the spans in which they lie, goroutines' stacks.
//!
//! What was there when the trace began is told at its beginning. A trace of the flight recorder has lost that, and the
//! experiment's batches: it tells neither types nor where the heap lies, and of what was there before only that it is freed.

mod lives;
mod objects;
mod spans;
mod stacks;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use self::lives::Moment;
use self::objects::Objects;
use self::spans::Spans;
use self::stacks::Stacks;
use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::intern::Interner;
use crate::trace::{Event, Experimental, Happening, MemoryLayout, SpanClass};

struct Memory {
    layout: MemoryLayout,
    wants_spans: bool,
    /// Also when only objects are wanted: what slots they are in is known from their spans.
    spans: Spans,
    objects: Option<Objects>,
    stacks: Option<Stacks>,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    Some(Box::new(Memory::new(schema)?))
}

impl WholeBuilder for Memory {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        match event.what {
            Happening::Sync { .. } => self.layout = cx.symbols.memory_layout().unwrap_or(self.layout),
            Happening::Experimental { kind, args } => self.happened(kind, args, event, cx),
            _ => {}
        }
    }

    fn lost(&mut self, gap: Gap, _: &Interner) {
        self.spans.lost(gap);
        self.objects.iter_mut().for_each(|objects| objects.lost(gap));
        self.stacks.iter_mut().for_each(|stacks| stacks.lost(gap));
    }

    fn finish(
        self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        self.tables(end.last, interner)
    }
}

impl Memory {
    fn new(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Self> {
        let [spans, objects, stacks] = ["heap_spans", "heap_objects", "goroutine_stacks"].map(schema);
        if spans.is_none() && objects.is_none() && stacks.is_none() {
            return None;
        }
        Some(Self {
            layout: MemoryLayout::default(),
            wants_spans: spans.is_some(),
            spans: Spans::new(spans.unwrap_or_else(|| Schema::empty().into())),
            objects: objects.map(Objects::new),
            stacks: stacks.map(Stacks::new),
        })
    }

    fn tables(self, end: i64, interner: &mut Interner) -> Vec<(&'static str, RecordBatch)> {
        let spans = self.wants_spans.then(|| ("heap_spans", self.spans.finish(end, interner)));
        let objects = self.objects.map(|objects| ("heap_objects", objects.finish(end, interner)));
        let stacks = self.stacks.map(|stacks| ("goroutine_stacks", stacks.finish(end, interner)));
        [spans, objects, stacks].into_iter().flatten().collect()
    }

    fn happened(&mut self, kind: Experimental, args: [u64; 3], event: &Event, cx: &mut Context<'_>) {
        let [id, what, more] = args;
        let (layout, spans) = (self.layout, &mut self.spans);
        let existed =
            matches!(kind, Experimental::Span | Experimental::HeapObject | Experimental::GoroutineStack);
        let moment = Moment { now: cx.now, allocated: (!existed).then_some(event) };
        match kind {
            Experimental::Span | Experimental::SpanAlloc => {
                spans.begin(id, what, SpanClass(more), layout, moment);
            }
            Experimental::SpanFree => spans.end(id, layout, cx.now),
            Experimental::HeapObject | Experimental::HeapObjectAlloc => {
                let Some(objects) = &mut self.objects else { return };
                let slot = spans.slot(id, layout);
                objects.begin(slot, layout.address(id, layout.align), what, cx, moment);
            }
            Experimental::HeapObjectFree => {
                let Some(objects) = &mut self.objects else { return };
                objects.end(spans.slot(id, layout), layout.address(id, layout.align), cx.now);
            }
            Experimental::GoroutineStack | Experimental::GoroutineStackAlloc => {
                let Some(stacks) = &mut self.stacks else { return };
                stacks.begin(id, what, layout, moment);
            }
            Experimental::GoroutineStackFree => {
                let Some(stacks) = &mut self.stacks else { return };
                stacks.end(id, layout, cx.now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::AsArray as _;
    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    use super::super::stacks::Stacks;
    use super::*;
    use crate::catalog::table;
    use crate::tables::schema;
    use crate::trace::{GoroutineId, ProcId, StackId, Symbols, ThreadId, Time};

    const TABLES: [&str; 3] = ["heap_objects", "heap_spans", "goroutine_stacks"];

    /// The tables of these events, a ns after each other.
    fn tables(events: &[(Experimental, [u64; 3])]) -> Vec<(&'static str, RecordBatch)> {
        let schemas = |name: &str| {
            let table = table(name)?;
            Some(schema(table, &(0..table.columns.len()).collect::<Vec<_>>()))
        };
        let mut memory = Memory::new(&schemas).expect("all of them");
        let mut interner = Interner::new(Arc::new(Stacks::default()));
        let symbols = Symbols::default();
        for (now, &(kind, args)) in (0..).zip(events) {
            let event = Event {
                time: Time(now),
                g: GoroutineId(1),
                p: ProcId(0),
                m: ThreadId(7),
                stack: StackId::NONE,
                what: Happening::Experimental { kind, args },
            };
            memory.observe(&event, &mut Context { symbols: &symbols, interner: &mut interner, now });
        }
        memory.tables(i64::try_from(events.len()).expect("few"), &mut interner)
    }

    fn ints(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
        let column = batch.column_by_name(column).expect("a column of the table");
        column.as_primitive::<Int64Type>().iter().collect()
    }

    const SCAN_48: u64 = 5 << 2;
    const TINY: u64 = 2 << 2 | 1 << 1;

    /// Two tiny objects that share a slot; an object that lies behind its header, of a slot that is freed.
    #[test]
    fn objects_go_with_their_slots() {
        let tables = tables(&[
            (Experimental::SpanAlloc, [3, 1, TINY]),
            (Experimental::SpanAlloc, [4, 1, SCAN_48]),
            (Experimental::HeapObjectAlloc, [3 * 1024, 0, 0]),
            (Experimental::HeapObjectAlloc, [3 * 1024 + 1, 0, 0]),
            (Experimental::HeapObjectAlloc, [4 * 1024 + 7, 0, 0]),
            (Experimental::HeapObjectFree, [4 * 1024 + 6, 0, 0]),
            (Experimental::HeapObjectFree, [3 * 1024, 0, 0]),
        ]);
        let (_, objects) = &tables[1];
        assert_eq!(ints(objects, "start"), [Some(2), Some(3), Some(4)]);
        assert_eq!(ints(objects, "end"), [Some(6), Some(6), Some(5)]);
        assert_eq!(ints(objects, "size"), [Some(16), Some(0), Some(48)]);
        assert_eq!(ints(objects, "span"), [Some(0), Some(0), Some(1)]);
        assert_eq!(ints(objects, "address"), [None; 3], "nothing tells where the heap lies");
    }

    /// The beginning of the trace is not there.
    #[test]
    fn what_is_only_freed_is_older_than_the_trace() {
        let tables = tables(&[
            (Experimental::HeapObjectFree, [8, 0, 0]),
            (Experimental::SpanFree, [1, 0, 0]),
            (Experimental::GoroutineStackFree, [1, 0, 0]),
        ]);
        for ((name, batch), end) in tables.iter().zip([1, 0, 2]) {
            assert_eq!(ints(batch, "start"), [Some(0)], "{name}");
            assert_eq!(ints(batch, "end"), [Some(end)], "{name}");
            assert_eq!(ints(batch, "size"), [None], "{name}");
            assert!(batch.column_by_name("open_start").expect("a column").as_boolean().value(0), "{name}");
        }
    }

    /// Two objects that share a slot, in a span that is not known.
    #[test]
    fn objects_in_unknown_spans() {
        let tables = tables(&[
            (Experimental::HeapObjectAlloc, [8, 0, 0]),
            (Experimental::HeapObjectAlloc, [8, 0, 0]),
            (Experimental::HeapObjectFree, [8, 0, 0]),
        ]);
        let (_, objects) = &tables[1];
        assert_eq!(ints(objects, "end"), [Some(2), Some(2)]);
        assert_eq!(ints(objects, "size"), [None, None]);
    }

    fn any_event() -> impl Strategy<Value = (Experimental, [u64; 3])> {
        let kinds = [
            Experimental::Span,
            Experimental::SpanAlloc,
            Experimental::SpanFree,
            Experimental::HeapObject,
            Experimental::HeapObjectAlloc,
            Experimental::HeapObjectFree,
            Experimental::GoroutineStack,
            Experimental::GoroutineStackAlloc,
            Experimental::GoroutineStackFree,
        ];
        let number = prop_oneof![0..16u64, 1000..1100u64, any::<u64>()];
        (prop::sample::select(kinds.to_vec()), [number.clone(), number.clone(), number])
    }

    proptest! {
        #[test]
        fn any_events_make_intervals(events in prop::collection::vec(any_event(), 0..40)) {
            let tables = tables(&events);
            prop_assert_eq!(tables.iter().filter(|(name, _)| TABLES.contains(name)).count(), 3);
            for (name, batch) in tables {
                let (starts, ends) = (ints(&batch, "start"), ints(&batch, "end"));
                prop_assert!(starts.is_sorted(), "{}", name);
                prop_assert!(starts.iter().zip(ends).all(|(&start, end)| start <= end), "{}", name);
                prop_assert!(batch.num_rows() <= events.len());
            }
        }
    }
}
