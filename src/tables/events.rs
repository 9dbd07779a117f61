//! The table of events.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, RowBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use crate::trace::{Event, Happening, TaskId};

columns! {
    EventColumns {
        time: Ints,
        kind: Words,
        g: OptInts,
        p: OptInts,
        m: OptInts,
        stack: StackColumn,
        resource: Words,
        id: OptInts,
        from_state: Words,
        to_state: Words,
        reason: Texts,
        to_stack: StackColumn,
        name: Texts,
        value: OptInts,
        message: Texts,
        task: OptInts,
        parent_task: OptInts,
    }
}

struct Events {
    columns: EventColumns,
    /// Whether rows are only counted.
    counts: bool,
    rows: usize,
}

pub(super) fn builder(table: &str, schema: &SchemaRef) -> Option<Box<dyn RowBuilder>> {
    let counts = schema.fields().is_empty();
    (table == "events").then(|| Box::new(Events { columns: EventColumns::new(schema), counts, rows: 0 }) as _)
}

impl RowBuilder for Events {
    fn observe_all(&mut self, events: &[Event], start: i64, cx: &mut Context<'_>) {
        self.rows += events.len();
        if self.counts {
            return;
        }
        for event in events {
            cx.now = event.time.0 - start;
            self.observe(event, cx);
        }
    }

    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let c = &mut self.columns;
        c.time.push(cx.now);
        c.kind.push(event.what.kind());
        c.g.push(event.g.known());
        c.p.push(event.p.known());
        c.m.push(event.m.known());
        if c.stack.is_wanted() {
            c.stack.push(cx.stack(event.stack));
        }
        c.transition(event, cx);
        c.details(event, cx);
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows);
        assemble(schema, rows, |name| self.columns.array(name, interner))
    }
}

impl EventColumns {
    /// What only state transitions have.
    fn transition(&mut self, event: &Event, cx: &mut Context<'_>) {
        match event.what {
            Happening::Goroutine { id, from, to, reason, stack } => {
                self.resource.push("g");
                self.id.push(Some(id.0));
                self.from_state.push(from.name());
                self.to_state.push(to.name());
                if self.reason.is_wanted() {
                    self.reason.push(cx.string(reason));
                }
                if self.to_stack.is_wanted() {
                    self.to_stack.push(cx.stack(stack));
                }
                return;
            }
            Happening::Proc { id, from, to } => {
                self.resource.push("p");
                self.id.push(Some(id.0));
                self.from_state.push(from.name());
                self.to_state.push(to.name());
            }
            _ => {
                self.resource.push_null();
                self.id.push(None);
                self.from_state.push_null();
                self.to_state.push_null();
            }
        }
        self.reason.push_null();
        self.to_stack.push_null();
    }

    /// Names, values, messages and tasks.
    fn details(&mut self, event: &Event, cx: &mut Context<'_>) {
        let (mut value, mut task, mut parent) = (None, TaskId::NONE, TaskId::NONE);
        if self.name.is_wanted() {
            let name = match event.what {
                Happening::Metric { metric, .. } => cx.interner.intern(metric.name()),
                Happening::Label { label } => cx.string(label),
                Happening::RangeBegin(range)
                | Happening::RangeActive(range)
                | Happening::RangeEnd { range, .. } => cx.range_name(range.kind),
                Happening::TaskBegin { name, .. }
                | Happening::TaskEnd { name, .. }
                | Happening::RegionBegin { name, .. }
                | Happening::RegionEnd { name, .. } => cx.string(name),
                Happening::Log { category, .. } => cx.string(category),
                Happening::Experimental { kind, .. } => cx.interner.intern(kind.name()),
                Happening::Sync { .. }
                | Happening::Lost { .. }
                | Happening::Goroutine { .. }
                | Happening::Proc { .. }
                | Happening::Sample => super::intern::TextId::NULL,
            };
            self.name.push(name);
        }
        match event.what {
            Happening::Metric { value: v, .. } => value = Some(v.cast_signed()),
            Happening::TaskBegin { task: t, parent: p, .. }
            | Happening::TaskEnd { task: t, parent: p, .. } => {
                (task, parent) = (t, p);
            }
            Happening::RegionBegin { task: t, .. }
            | Happening::RegionEnd { task: t, .. }
            | Happening::Log { task: t, .. } => task = t,
            _ => {}
        }
        match event.what {
            Happening::Log { message, .. } if self.message.is_wanted() => {
                self.message.push(cx.string(message));
            }
            _ => self.message.push_null(),
        }
        self.value.push(value);
        self.task.push(task.known());
        self.parent_task.push(parent.known());
    }
}
