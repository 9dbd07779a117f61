//! What the tables of memory have in common: where it lies, who allocated it, and for how long.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};

use super::super::builder::Gap;
use super::super::columns::{assemble, columns};
use super::super::intern::Interner;
use super::super::intervals::Intervals;
use crate::trace::Event;

columns! {
    LifeColumns { address: OptInts, g: OptInts, p: OptInts, m: OptInts }
}

/// When the trace tells of memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: i64,
    /// Its allocation. `None`: it was there when the trace began.
    pub(super) allocated: Option<&'a Event>,
}

pub(super) struct Lives {
    intervals: Intervals,
    columns: LifeColumns,
}

impl Lives {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { intervals: Intervals::default(), columns: LifeColumns::new(schema) }
    }

    /// Adds memory that is not freed yet; returns its row.
    pub(super) fn begin(&mut self, address: Option<u64>, moment: Moment<'_>) -> usize {
        let by = moment.allocated;
        self.columns.address.push(address.map(u64::cast_signed));
        self.columns.g.push(by.and_then(|event| event.g.known()));
        self.columns.p.push(by.and_then(|event| event.p.known()));
        self.columns.m.push(by.and_then(|event| event.m.known()));
        match by {
            Some(_) => self.intervals.open(moment.now),
            None => self.intervals.open_before_trace(),
        }
    }

    pub(super) fn lost(&mut self, gap: Gap) {
        self.intervals.lost(gap);
    }

    pub(super) fn end(&mut self, row: usize, now: i64) {
        self.intervals.close(row, now);
    }

    /// The table; `columns`: those that are its own.
    pub(super) fn finish(
        mut self,
        schema: &SchemaRef,
        end: i64,
        interner: &mut Interner,
        mut columns: impl FnMut(&str, &mut Interner) -> Option<ArrayRef>,
    ) -> RecordBatch {
        self.intervals.finish(end);
        let batch = assemble(schema, self.intervals.len(), |name| {
            let shared = self.intervals.array(name).or_else(|| self.columns.array(name, interner));
            shared.or_else(|| columns(name, interner))
        });
        self.intervals.sorted(batch)
    }
}
