//! Tables of points in time: logs, metrics, samples, labels.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, RowBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use crate::trace::{Event, Happening};

pub(super) fn builder(table: &str, schema: &SchemaRef) -> Option<Box<dyn RowBuilder>> {
    Some(match table {
        "logs" => Box::new(Logs { columns: LogColumns::new(schema), rows: 0 }),
        "metrics" => Box::new(Metrics { columns: MetricColumns::new(schema), rows: 0 }),
        "samples" => Box::new(Samples { columns: SampleColumns::new(schema), rows: 0 }),
        "labels" => Box::new(Labels { columns: LabelColumns::new(schema), rows: 0 }),
        _ => return None,
    })
}

columns! {
    LogColumns { time: Ints, g: OptInts, task: OptInts, category: Texts, message: Texts, stack: StackColumn }
}

struct Logs {
    columns: LogColumns,
    rows: usize,
}

impl RowBuilder for Logs {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let Happening::Log { task, category, message } = event.what else { return };
        self.rows += 1;
        self.columns.time.push(cx.now);
        self.columns.g.push(event.g.known());
        self.columns.task.push(task.known());
        self.columns.category.push(cx.string(category));
        if self.columns.message.is_wanted() {
            self.columns.message.push(cx.string(message));
        }
        if self.columns.stack.is_wanted() {
            self.columns.stack.push(cx.stack(event.stack));
        }
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows);
        assemble(schema, rows, |name| self.columns.array(name, interner))
    }
}

columns! {
    MetricColumns { time: Ints, name: Words, value: Ints, p: OptInts, g: OptInts }
}

struct Metrics {
    columns: MetricColumns,
    rows: usize,
}

impl RowBuilder for Metrics {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let Happening::Metric { metric, value } = event.what else { return };
        self.rows += 1;
        self.columns.time.push(cx.now);
        self.columns.name.push(metric.name());
        self.columns.value.push(value.cast_signed());
        self.columns.p.push(event.p.known());
        self.columns.g.push(event.g.known());
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows);
        assemble(schema, rows, |name| self.columns.array(name, interner))
    }
}

columns! {
    SampleColumns { time: Ints, g: OptInts, p: OptInts, m: OptInts, stack: StackColumn }
}

struct Samples {
    columns: SampleColumns,
    rows: usize,
}

impl RowBuilder for Samples {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        if !matches!(event.what, Happening::Sample) {
            return;
        }
        self.rows += 1;
        self.columns.time.push(cx.now);
        self.columns.g.push(event.g.known());
        self.columns.p.push(event.p.known());
        self.columns.m.push(event.m.known());
        if self.columns.stack.is_wanted() {
            self.columns.stack.push(cx.stack(event.stack));
        }
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows);
        assemble(schema, rows, |name| self.columns.array(name, interner))
    }
}

columns! {
    LabelColumns { time: Ints, g: OptInts, label: Texts }
}

struct Labels {
    columns: LabelColumns,
    rows: usize,
}

impl RowBuilder for Labels {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let Happening::Label { label } = event.what else { return };
        self.rows += 1;
        self.columns.time.push(cx.now);
        self.columns.g.push(event.g.known());
        self.columns.label.push(cx.string(label));
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows);
        assemble(schema, rows, |name| self.columns.array(name, interner))
    }
}
