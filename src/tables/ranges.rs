//! GC, stop-the-world, sweep and mark-assist ranges.

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::{Interner, TextId};
use super::intervals::Intervals;
use crate::trace::{Event, Happening, Range, Scope};

columns! {
    RangeColumns {
        name: Texts,
        scope: Words,
        id: OptInts,
        g: OptInts,
        p: OptInts,
        stack: StackColumn,
        attributes: TextLists,
        swept: SparseInts,
        reclaimed: SparseInts,
    }
}

struct Ranges {
    schema: SchemaRef,
    columns: RangeColumns,
    intervals: Intervals,
    open: AHashMap<(Scope, TextId), usize>,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let schema = schema("ranges")?;
    let columns = RangeColumns::new(&schema);
    Some(Box::new(Ranges { schema, columns, intervals: Intervals::default(), open: AHashMap::new() }))
}

impl WholeBuilder for Ranges {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        match event.what {
            Happening::RangeBegin(range) => {
                let name = cx.range_name(range.kind);
                let row = self.intervals.open(cx.now);
                self.begin(row, range, name, event, cx);
            }
            Happening::RangeActive(range) => {
                let name = cx.range_name(range.kind);
                if !self.open.contains_key(&(range.scope, name)) {
                    let row = self.intervals.open_before_trace();
                    self.begin(row, range, name, event, cx);
                }
            }
            Happening::RangeEnd { range, swept } => {
                let name = cx.range_name(range.kind);
                let Some(row) = self.open.remove(&(range.scope, name)) else { return };
                self.intervals.close(row, cx.now);
                if let Some((swept, reclaimed)) = swept {
                    self.columns.swept.set(row, swept.cast_signed());
                    self.columns.reclaimed.set(row, reclaimed.cast_signed());
                    let list =
                        || vec![format!("bytes swept={swept}"), format!("bytes reclaimed={reclaimed}")];
                    self.columns.attributes.set(row, list);
                }
            }
            _ => {}
        }
    }

    fn lost(&mut self, gap: Gap, _: &Interner) {
        self.intervals.lost(gap);
        self.open = AHashMap::new();
    }

    fn finish(
        mut self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        self.intervals.finish(end.last);
        let (columns, intervals) = (&mut self.columns, &self.intervals);
        let array = |name: &str| intervals.array(name).or_else(|| columns.array(name, interner));
        let batch = assemble(&self.schema, intervals.len(), array);
        vec![("ranges", self.intervals.sorted(batch))]
    }
}

impl Ranges {
    fn begin(&mut self, row: usize, range: Range, name: TextId, event: &Event, cx: &mut Context<'_>) {
        let (scope, id) = match range.scope {
            Scope::Global => ("global", None),
            Scope::Goroutine(g) => ("g", g.known()),
            Scope::Proc(p) => ("p", p.known()),
        };
        let c = &mut self.columns;
        c.name.push(name);
        c.scope.push(scope);
        c.id.push(id);
        c.g.push(event.g.known());
        c.p.push(event.p.known());
        c.stack.push(cx.stack(event.stack));
        c.attributes.push_empty();
        c.swept.push_null();
        c.reclaimed.push_null();
        self.open.insert((range.scope, name), row);
    }
}
