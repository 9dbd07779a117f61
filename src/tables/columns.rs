//! Columns that grow row by row.
//!
//! A column that the query does not want takes what it is given and keeps nothing.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, Float64Array, Int64Array, NullBufferBuilder, RecordBatch,
    RecordBatchOptions, StringViewArray, UInt32Array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::SchemaRef;

use super::intern::{Interner, StackNumber, TextId};
pub(super) use super::lists::{NamedTimes, TextLists};

/// A column of a table under construction.
pub(super) trait Column {
    fn new(wanted: bool) -> Self;

    /// The column as an array; it is empty afterwards.
    fn finish(&mut self, interner: &mut Interner) -> ArrayRef;
}

/// Declares the columns of a table: a struct with a growing column per field, named as in the catalog.
macro_rules! columns {
    ($name:ident { $($field:ident: $ty:ident),* $(,)? }) => {
        struct $name {
            $($field: $crate::tables::columns::$ty,)*
        }

        impl $name {
            fn new(schema: &arrow::datatypes::Schema) -> Self {
                use $crate::tables::columns::Column as _;
                Self { $($field: $crate::tables::columns::$ty::new(schema.column_with_name(stringify!($field)).is_some()),)* }
            }

            /// The column called `name`, finished.
            fn array(
                &mut self,
                name: &str,
                interner: &mut $crate::tables::intern::Interner,
            ) -> Option<arrow::array::ArrayRef> {
                use $crate::tables::columns::Column as _;
                match name {
                    $(stringify!($field) => Some(self.$field.finish(interner)),)*
                    _ => None,
                }
            }
        }
    };
}
pub(super) use columns;

/// Puts a batch together from finished columns, by name.
pub(super) fn assemble(
    schema: &SchemaRef,
    rows: usize,
    mut column: impl FnMut(&str) -> Option<ArrayRef>,
) -> RecordBatch {
    let arrays = schema
        .fields()
        .iter()
        .map(|field| column(field.name()).expect("a builder has every column of its table"))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
        .expect("a builder makes columns of the catalog's types, one value a row")
}

/// The batch with its rows in the order of `indices`.
pub(super) fn reorder(batch: &RecordBatch, indices: &UInt32Array) -> RecordBatch {
    let arrays =
        batch.columns().iter().map(|c| take(c, indices, None).expect("indices are rows of the batch"));
    let options = RecordBatchOptions::new().with_row_count(Some(indices.len()));
    RecordBatch::try_new_with_options(batch.schema(), arrays.collect(), &options)
        .expect("same columns, same length")
}

/// Numbers of any unit; never null.
pub(super) struct Ints {
    wanted: bool,
    values: Vec<i64>,
}

impl Ints {
    #[inline]
    pub(super) fn push(&mut self, value: i64) {
        if self.wanted {
            self.values.push(value);
        }
    }
}

impl Column for Ints {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new() }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        Arc::new(Int64Array::from(std::mem::take(&mut self.values)))
    }
}

/// Numbers of any unit, or null.
pub(super) struct OptInts {
    wanted: bool,
    values: Vec<i64>,
    valid: NullBufferBuilder,
}

impl OptInts {
    #[inline]
    pub(super) fn push(&mut self, value: Option<i64>) {
        if self.wanted {
            self.values.push(value.unwrap_or_default());
            self.valid.append(value.is_some());
        }
    }
}

impl Column for OptInts {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        Arc::new(Int64Array::new(std::mem::take(&mut self.values).into(), self.valid.finish()))
    }
}

/// Numbers that are null until they are set.
pub(super) struct SparseInts {
    wanted: bool,
    values: Vec<Option<i64>>,
}

impl SparseInts {
    pub(super) fn push_null(&mut self) {
        if self.wanted {
            self.values.push(None);
        }
    }

    pub(super) fn set(&mut self, row: usize, value: i64) {
        if let Some(slot) = self.values.get_mut(row) {
            *slot = Some(value);
        }
    }
}

impl Column for SparseInts {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new() }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        Arc::new(Int64Array::from(std::mem::take(&mut self.values)))
    }
}

/// Fractions, or null.
pub(super) struct OptFloats {
    wanted: bool,
    values: Vec<Option<f64>>,
}

impl OptFloats {
    pub(super) fn push(&mut self, value: Option<f64>) {
        if self.wanted {
            self.values.push(value);
        }
    }
}

impl Column for OptFloats {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new() }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        Arc::new(Float64Array::from(std::mem::take(&mut self.values)))
    }
}

/// Truth values.
pub(super) struct Bools {
    wanted: bool,
    values: BooleanBufferBuilder,
}

impl Bools {
    /// Whether it need be known at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    pub(super) fn push(&mut self, value: bool) {
        if self.wanted {
            self.values.append(value);
        }
    }

    pub(super) fn set(&mut self, row: usize, value: bool) {
        if row < self.values.len() {
            self.values.set_bit(row, value);
        }
    }
}

impl Column for Bools {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: BooleanBufferBuilder::new(0) }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        Arc::new(BooleanArray::new(self.values.finish(), None))
    }
}

/// Words of a small fixed set, or null: event kinds, states.
pub(super) struct Words {
    wanted: bool,
    words: Vec<&'static str>,
    /// Indices into `words`; [`Words::NULL`] is null.
    values: Vec<u32>,
}

impl Words {
    const NULL: u32 = u32::MAX;

    #[inline]
    pub(super) fn push(&mut self, word: &'static str) {
        if self.wanted {
            let number = self.number(word);
            self.values.push(number);
        }
    }

    #[inline]
    pub(super) fn push_null(&mut self) {
        if self.wanted {
            self.values.push(Self::NULL);
        }
    }

    fn number(&mut self, word: &'static str) -> u32 {
        // The set is small, and equal words are one object but for rare duplicates, which do no harm.
        let found = self.words.iter().position(|w| std::ptr::eq(*w, word));
        let index = found.unwrap_or_else(|| {
            self.words.push(word);
            self.words.len() - 1
        });
        u32::try_from(index).expect("a small set of words")
    }
}

impl Column for Words {
    fn new(wanted: bool) -> Self {
        Self { wanted, words: Vec::new(), values: Vec::new() }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        let words = StringViewArray::from_iter_values(&self.words);
        pick(&words, std::mem::take(&mut self.values), Self::NULL)
    }
}

/// Strings of the trace, or null.
pub(super) struct Texts {
    wanted: bool,
    values: Vec<u32>,
}

impl Texts {
    #[inline]
    pub(super) fn push(&mut self, text: TextId) {
        if self.wanted {
            self.values.push(text.0);
        }
    }

    pub(super) fn push_null(&mut self) {
        self.push(TextId::NULL);
    }

    /// Whether texts need to be interned for it at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }
}

impl Column for Texts {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new() }
    }

    fn finish(&mut self, interner: &mut Interner) -> ArrayRef {
        texts(std::mem::take(&mut self.values), interner)
    }
}

/// The array of strings of the trace, by their ids.
pub(super) fn texts(mut ids: Vec<u32>, interner: &mut Interner) -> ArrayRef {
    let distinct = interner.compact(&mut ids);
    let texts = StringViewArray::from_iter_values(distinct.iter().map(|&id| interner.text(id)));
    pick(&texts, ids, Interner::NULL)
}

/// The array of the words that `indices` name; `null` names none.
fn pick(words: &StringViewArray, indices: Vec<u32>, null: u32) -> ArrayRef {
    let valid: NullBuffer = indices.iter().map(|&i| i != null).collect();
    let valid = (valid.null_count() > 0).then_some(valid);
    take(words, &UInt32Array::new(indices.into(), valid), None).expect("indices of words, or null")
}

/// Stacks, by their numbers, or null.
pub(super) struct StackColumn {
    wanted: bool,
    values: Vec<u32>,
}

impl StackColumn {
    #[inline]
    pub(super) fn push(&mut self, stack: StackNumber) {
        if self.wanted {
            self.values.push(stack.0);
        }
    }

    pub(super) fn push_null(&mut self) {
        self.push(StackNumber::NONE);
    }

    pub(super) fn set(&mut self, row: usize, stack: StackNumber) {
        if let Some(slot) = self.values.get_mut(row) {
            *slot = stack.0;
        }
    }

    /// Whether stacks need to be interned for it at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }
}

impl Column for StackColumn {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new() }
    }

    fn finish(&mut self, _: &mut Interner) -> ArrayRef {
        let values = std::mem::take(&mut self.values);
        let valid: NullBuffer = values.iter().map(|&v| v != StackNumber::NONE.0).collect();
        let valid = (valid.null_count() > 0).then_some(valid);
        Arc::new(UInt32Array::new(values.into(), valid))
    }
}
