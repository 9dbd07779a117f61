//! Columns of lists that grow row by row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, ListArray, StringViewArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};

use super::columns::{Column, texts};
use super::intern::Interner;
use super::stats::Times;

/// Lists of strings, made outside of the trace.
pub(super) struct TextLists {
    wanted: bool,
    values: Vec<Vec<String>>,
}

impl TextLists {
    pub(super) fn push_empty(&mut self) {
        if self.wanted {
            self.values.push(Vec::new());
        }
    }

    pub(super) fn set(&mut self, row: usize, list: impl FnOnce() -> Vec<String>) {
        if let Some(slot) = self.values.get_mut(row) {
            *slot = list();
        }
    }
}

impl Column for TextLists {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new() }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        let lists = std::mem::take(&mut self.values);
        let offsets = OffsetBuffer::from_lengths(lists.iter().map(Vec::len));
        let items: StringViewArray = StringViewArray::from_iter_values(lists.iter().flatten());
        let item = Arc::new(Field::new("item", DataType::Utf8View, true));
        Arc::new(ListArray::new(item, offsets, Arc::new(items), None))
    }
}

/// Times by name, the longest first.
pub(super) struct NamedTimes {
    wanted: bool,
    lengths: Vec<usize>,
    names: Vec<u32>,
    times: Vec<i64>,
}

impl NamedTimes {
    pub(super) fn push(&mut self, times: &Times) {
        if !self.wanted {
            return;
        }
        let mut times: Vec<_> = times.iter().filter(|&(_, ns)| ns != 0).collect();
        times.sort_by_key(|&(_, ns)| std::cmp::Reverse(ns));
        self.lengths.push(times.len());
        for (name, ns) in times {
            self.names.push(name.0);
            self.times.push(ns);
        }
    }
}

impl Column for NamedTimes {
    fn new(wanted: bool) -> Self {
        Self { wanted, lengths: Vec::new(), names: Vec::new(), times: Vec::new() }
    }

    fn finish(&mut self, interner: &mut Interner) -> ArrayRef {
        let offsets = OffsetBuffer::from_lengths(std::mem::take(&mut self.lengths));
        let names = texts(std::mem::take(&mut self.names), interner);
        let times: ArrayRef = Arc::new(Int64Array::from(std::mem::take(&mut self.times)));
        let field = |name: &str, array: &ArrayRef| Field::new(name, array.data_type().clone(), true);
        let fields = Fields::from(vec![field("name", &names), field("dur", &times)]);
        let items = StructArray::new(fields, vec![names, times], None);
        let item = Arc::new(Field::new("item", items.data_type().clone(), true));
        Arc::new(ListArray::new(item, offsets, Arc::new(items), None))
    }
}
