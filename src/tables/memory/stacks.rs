//! The memory of goroutines' stacks. A goroutine's stack is a larger or a smaller one after it has grown or shrunk.

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::super::builder::Gap;
use super::super::columns::columns;
use super::super::intern::Interner;
use super::lives::{Lives, Moment};
use crate::trace::{MemoryLayout, goroutine_stack_size};

columns! {
    StackColumns { size: OptInts }
}

pub(super) struct Stacks {
    schema: SchemaRef,
    lives: Lives,
    columns: StackColumns,
    /// Those that are not freed, by id.
    live: AHashMap<u64, usize>,
}

impl Stacks {
    pub(super) fn new(schema: SchemaRef) -> Self {
        let (lives, columns) = (Lives::new(&schema), StackColumns::new(&schema));
        Self { schema, lives, columns, live: AHashMap::new() }
    }

    pub(super) fn begin(&mut self, id: u64, order: u64, layout: MemoryLayout, moment: Moment<'_>) {
        // The runtime tells at the beginning of goroutines without one too.
        let Some(size) = goroutine_stack_size(order) else { return };
        let row = self.add(id, Some(size), layout, moment);
        // Whatever was there is gone, though nothing told of it.
        if let Some(before) = self.live.insert(id, row) {
            self.lives.end(before, moment.now);
        }
    }

    pub(super) fn end(&mut self, id: u64, layout: MemoryLayout, now: i64) {
        let row = self.live.remove(&id);
        let row = row.unwrap_or_else(|| self.add(id, None, layout, Moment { now, allocated: None }));
        self.lives.end(row, now);
    }

    fn add(&mut self, id: u64, size: Option<u64>, layout: MemoryLayout, moment: Moment<'_>) -> usize {
        self.columns.size.push(size.map(u64::cast_signed));
        self.lives.begin(layout.address(id, layout.stack), moment)
    }

    pub(super) fn lost(&mut self, gap: Gap) {
        self.lives.lost(gap);
        self.live = AHashMap::new();
    }

    pub(super) fn finish(mut self, end: i64, interner: &mut Interner) -> RecordBatch {
        self.lives.finish(&self.schema, end, interner, |name, interner| self.columns.array(name, interner))
    }
}
