//! The rows of `flows`.

use std::sync::Arc;

use ahash::AHashMap;
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};

use super::super::columns::{assemble, columns};
use super::super::intern::{Interner, TextId};
use super::super::intervals::ints;

columns! {
    FlowColumns {
        lane: Words,
        kind: Words,
        name: Texts,
        from_time: Ints,
        to_time: Ints,
        from_g: OptInts,
        to_g: OptInts,
    }
}

/// An arrow, from one slice to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    pub(super) lane: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: TextId,
    pub(super) from_time: i64,
    pub(super) to_time: i64,
    pub(super) from_g: Option<i64>,
    pub(super) to_g: Option<i64>,
    /// Rows of slices.
    pub(super) from: Option<usize>,
    pub(super) to: usize,
}

/// Flows, in the order in which they end.
pub(super) struct Flows {
    columns: FlowColumns,
    from: Vec<u32>,
    to: Vec<u32>,
    /// What unblocking is called, by the reason of the wait.
    unblocks: AHashMap<TextId, TextId>,
}

/// No slice.
const NONE: u32 = u32::MAX;

impl Flows {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            columns: FlowColumns::new(schema),
            from: Vec::new(),
            to: Vec::new(),
            unblocks: AHashMap::new(),
        }
    }

    pub(super) fn push(&mut self, flow: &Flow) {
        let row = |row: usize| u32::try_from(row).unwrap_or(NONE);
        let c = &mut self.columns;
        c.lane.push(flow.lane);
        c.kind.push(flow.kind);
        c.name.push(flow.name);
        c.from_time.push(flow.from_time);
        c.to_time.push(flow.to_time);
        c.from_g.push(flow.from_g);
        c.to_g.push(flow.to_g);
        self.from.push(flow.from.map_or(NONE, row));
        self.to.push(row(flow.to));
    }

    pub(super) fn unblock_name(&mut self, reason: TextId, interner: &mut Interner) -> TextId {
        *self.unblocks.entry(reason).or_insert_with(|| {
            if reason == TextId::NULL {
                interner.intern("unblock")
            } else {
                interner.intern(&format!("unblock ({})", interner.text(reason)))
            }
        })
    }

    /// The number of each flow, and the rows of the slices that it joins.
    pub(super) fn ends(&self) -> impl Iterator<Item = (i64, Option<usize>, usize)> {
        let rows = self.from.iter().zip(&self.to);
        let row = |row: u32| (row != NONE).then_some(row as usize);
        (0..).zip(rows).map(move |(flow, (&from, &to))| (flow, row(from), to as usize))
    }

    /// `numbers`: of the slices, by their rows.
    pub(super) fn batch(
        &mut self,
        schema: &SchemaRef,
        numbers: &[i64],
        interner: &mut Interner,
    ) -> RecordBatch {
        let rows = self.from.len();
        let slices = |rows: &[u32]| {
            let numbers = rows.iter().map(|&row| numbers.get(row as usize).copied());
            Arc::new(numbers.collect::<Int64Array>()) as ArrayRef
        };
        let (columns, from, to) = (&mut self.columns, &self.from, &self.to);
        assemble(schema, rows, |name| match name {
            "flow" => Some(ints((0..).take(rows))),
            "from_slice" => Some(slices(from)),
            "to_slice" => Some(slices(to)),
            _ => columns.array(name, interner),
        })
    }
}
