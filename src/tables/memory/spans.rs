//! Spans of the heap: runs of pages for objects of one size, or for the runtime itself.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::super::builder::Gap;
use super::super::columns::columns;
use super::super::intern::Interner;
use super::lives::{Lives, Moment};
use crate::trace::{MemoryLayout, SpanClass};

columns! {
    SpanColumns {
        span: Ints,
        size: OptInts,
        kind: Words,
        size_class: OptInts,
        object_size: OptInts,
    }
}

pub(super) struct Spans {
    schema: SchemaRef,
    lives: Lives,
    columns: SpanColumns,
    /// Those that are not freed, by their first page.
    live: BTreeMap<u64, Span>,
}

struct Span {
    row: usize,
    pages: u64,
    class: SpanClass,
}

/// Where an object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Bytes from the beginning of the heap. The runtime tells of the allocation of an object behind its header, if it has
    /// one, or behind others that share its slot; and of the slot itself when it is freed.
    pub(super) offset: u64,
    /// What its span tells. `None`: that is not known.
    pub(super) within: Option<Within>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Within {
    /// Number of the span.
    pub(super) span: usize,
    /// Bytes of the slot.
    pub(super) size: u64,
    /// Whether several objects may share it.
    pub(super) is_shared: bool,
}

impl Spans {
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self { lives: Lives::new(&schema), columns: SpanColumns::new(&schema), schema, live: BTreeMap::new() }
    }

    pub(super) fn begin(
        &mut self,
        page: u64,
        pages: u64,
        class: SpanClass,
        layout: MemoryLayout,
        moment: Moment<'_>,
    ) {
        let size = pages.saturating_mul(layout.page);
        let kind = match class {
            _ if class.is_manual() => "manual",
            _ if class.is_noscan() => "noscan",
            _ => "scan",
        };
        self.columns.size.push(Some(size.cast_signed()));
        self.columns.kind.push(kind);
        self.columns.size_class.push(class.size_class().map(u64::cast_signed));
        self.columns.object_size.push(class.object_size(size).map(u64::cast_signed));
        let row = self.add(page, layout, moment);
        // Whatever was there is gone, though nothing told of it.
        if let Some(before) = self.live.insert(page, Span { row, pages, class }) {
            self.lives.end(before.row, moment.now);
        }
    }

    pub(super) fn end(&mut self, page: u64, layout: MemoryLayout, now: i64) {
        let row = match self.live.remove(&page) {
            Some(span) => span.row,
            None => {
                self.columns.size.push(None);
                self.columns.kind.push_null();
                self.columns.size_class.push(None);
                self.columns.object_size.push(None);
                self.add(page, layout, Moment { now, allocated: None })
            }
        };
        self.lives.end(row, now);
    }

    fn add(&mut self, page: u64, layout: MemoryLayout, moment: Moment<'_>) -> usize {
        let row = self.lives.begin(layout.address(page, layout.page), moment);
        self.columns.span.push(number(row));
        row
    }

    /// Where the object with an id lies.
    pub(super) fn slot(&self, id: u64, layout: MemoryLayout) -> Slot {
        let offset = id.saturating_mul(layout.align);
        let page = offset / layout.page;
        let around = self.live.range(..=page).next_back().filter(|(first, span)| page - *first < span.pages);
        let known = around.and_then(|(first, span)| {
            let size = span.class.object_size(span.pages.saturating_mul(layout.page))?;
            let begin = first * layout.page;
            let slot = begin + (offset - begin) / size * size;
            Some((slot, Within { span: span.row, size, is_shared: span.class.is_shared() }))
        });
        match known {
            Some((offset, within)) => Slot { offset, within: Some(within) },
            None => Slot { offset, within: None },
        }
    }

    pub(super) fn lost(&mut self, gap: Gap) {
        self.lives.lost(gap);
        self.live.clear();
    }

    pub(super) fn finish(mut self, end: i64, interner: &mut Interner) -> RecordBatch {
        self.lives.finish(&self.schema, end, interner, |name, interner| self.columns.array(name, interner))
    }
}

/// The number of a row, for other tables to refer to.
pub(super) fn number(row: usize) -> i64 {
    i64::try_from(row).unwrap_or(i64::MAX)
}
