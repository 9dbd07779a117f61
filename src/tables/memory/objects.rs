//! Objects on the heap.

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::super::builder::{Context, Gap};
use super::super::columns::{Column as _, Texts, columns};
use super::super::intern::{Interner, TextId};
use super::lives::{Lives, Moment};
use super::spans::{Slot, number};

columns! {
    ObjectColumns { span: OptInts, size: OptInts, type_size: OptInts }
}

pub(super) struct Objects {
    schema: SchemaRef,
    lives: Lives,
    columns: ObjectColumns,
    /// The column `type`.
    types: Texts,
    /// The first object in each slot that is not free, by the slot's offset.
    live: AHashMap<u64, usize>,
    /// The others in it, of slots that are shared.
    sharing: AHashMap<u64, Vec<usize>>,
}

impl Objects {
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self {
            lives: Lives::new(&schema),
            columns: ObjectColumns::new(&schema),
            types: Texts::new(schema.column_with_name("type").is_some()),
            schema,
            live: AHashMap::new(),
            sharing: AHashMap::new(),
        }
    }

    /// `ty`: the type's id in the generation.
    pub(super) fn begin(
        &mut self,
        slot: Slot,
        address: Option<u64>,
        ty: u64,
        cx: &mut Context<'_>,
        moment: Moment<'_>,
    ) {
        let ty = cx.symbols.heap_type(ty);
        self.types.push(ty.map_or(TextId::NULL, |ty| cx.string(ty.name)));
        self.columns.type_size.push(ty.map(|ty| ty.size.cast_signed()));
        // Of what kind a span is, a trace without its beginning may not tell.
        let may_share = slot.within.is_none_or(|within| within.is_shared);
        if may_share && self.live.contains_key(&slot.offset) {
            let row = self.add(slot, slot.within.map(|_| 0), address, moment);
            self.sharing.entry(slot.offset).or_default().push(row);
            return;
        }
        let row = self.add(slot, slot.within.map(|within| within.size), address, moment);
        // Whatever was there is gone, though nothing told of it.
        if let Some(before) = self.live.insert(slot.offset, row) {
            self.lives.end(before, moment.now);
        }
    }

    pub(super) fn end(&mut self, slot: Slot, address: Option<u64>, now: i64) {
        let row = self.live.remove(&slot.offset).unwrap_or_else(|| {
            self.types.push_null();
            self.columns.type_size.push(None);
            self.add(slot, slot.within.map(|within| within.size), address, Moment { now, allocated: None })
        });
        self.lives.end(row, now);
        for row in self.sharing.remove(&slot.offset).into_iter().flatten() {
            self.lives.end(row, now);
        }
    }

    fn add(&mut self, slot: Slot, size: Option<u64>, address: Option<u64>, moment: Moment<'_>) -> usize {
        self.columns.span.push(slot.within.map(|within| number(within.span)));
        self.columns.size.push(size.map(u64::cast_signed));
        self.lives.begin(address, moment)
    }

    pub(super) fn lost(&mut self, gap: Gap) {
        self.lives.lost(gap);
        self.live = AHashMap::new();
        self.sharing = AHashMap::new();
    }

    pub(super) fn finish(mut self, end: i64, interner: &mut Interner) -> RecordBatch {
        self.lives.finish(&self.schema, end, interner, |name, interner| match name {
            "type" => Some(self.types.finish(interner)),
            name => self.columns.array(name, interner),
        })
    }
}
