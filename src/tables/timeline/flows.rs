//! The rows of `flows`.

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::super::columns::{assemble, columns};
use super::super::intern::{Interner, TextId};

columns! {
    FlowColumns {
        lane: Words,
        kind: Words,
        name: Texts,
        from_time: Ints,
        to_time: Ints,
        from_g: OptInts,
        to_g: OptInts,
        flow: Ints,
        from_slice: OptInts,
        to_slice: Ints,
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
    /// Numbers of slices.
    pub(super) from: Option<usize>,
    pub(super) to: usize,
}

/// Flows, in the order in which they end.
pub(super) struct Flows {
    columns: FlowColumns,
    rows: usize,
    /// The slices that each joins, if they are asked for.
    ends: Option<Vec<(Option<usize>, usize)>>,
    /// What unblocking is called, by the reason of the wait.
    unblocks: AHashMap<TextId, TextId>,
}

impl Flows {
    /// `keeps_ends`: whether the slices that each joins will be asked for.
    pub(super) fn new(schema: &Schema, keeps_ends: bool) -> Self {
        Self {
            columns: FlowColumns::new(schema),
            rows: 0,
            ends: keeps_ends.then(Vec::new),
            unblocks: AHashMap::new(),
        }
    }

    /// Adds a flow; returns its number.
    pub(super) fn push(&mut self, flow: &Flow) -> i64 {
        let as_number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let number = as_number(self.rows);
        self.rows += 1;
        let c = &mut self.columns;
        c.flow.push(number);
        c.lane.push(flow.lane);
        c.kind.push(flow.kind);
        c.name.push(flow.name);
        c.from_slice.push(flow.from.map(as_number));
        c.to_slice.push(as_number(flow.to));
        c.from_time.push(flow.from_time);
        c.to_time.push(flow.to_time);
        c.from_g.push(flow.from_g);
        c.to_g.push(flow.to_g);
        if let Some(ends) = &mut self.ends {
            ends.push((flow.from, flow.to));
        }
        number
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

    /// The slices that each joins.
    pub(super) fn ends(&self) -> impl Iterator<Item = (Option<usize>, usize)> {
        self.ends.iter().flatten().copied()
    }

    pub(super) fn batch(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        assemble(schema, self.rows, |name| self.columns.array(name, interner))
    }
}
