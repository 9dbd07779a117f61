//! Keys of rows, as small numbers.

use ahash::AHashMap;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::Result;

/// Numbers the keys that have been seen, from 0.
pub(super) struct Keys {
    converter: Option<RowConverter>,
    numbers: AHashMap<Box<[u8]>, usize>,
    rows: Vec<OwnedRow>,
    /// Of all keys together, as they are stored.
    bytes: usize,
}

/// The number of a row without a key, where there are no columns to make one of.
const ONLY: usize = 0;

impl Keys {
    /// Keys of the columns in these places.
    pub(super) fn new(schema: &SchemaRef, places: &[usize]) -> Result<Self> {
        let fields = places.iter().filter_map(|&place| schema.fields().get(place));
        let fields: Vec<SortField> = fields.map(|field| SortField::new(field.data_type().clone())).collect();
        let converter = if fields.is_empty() { None } else { Some(RowConverter::new(fields)?) };
        Ok(Self { converter, numbers: AHashMap::new(), rows: Vec::new(), bytes: 0 })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        if self.converter.is_none() { 1 } else { self.rows.len() }
    }

    /// The number of each row's key.
    pub(super) fn number(
        &mut self,
        batch: &RecordBatch,
        places: &[usize],
        numbers: &mut Vec<usize>,
    ) -> Result<()> {
        numbers.clear();
        let Some(converter) = &self.converter else {
            numbers.resize(batch.num_rows(), ONLY);
            return Ok(());
        };
        let columns: Vec<ArrayRef> =
            places.iter().filter_map(|&place| batch.columns().get(place).cloned()).collect();
        let rows = converter.convert_columns(&columns)?;
        let mut last: Option<(usize, usize)> = None;
        for (at, row) in rows.iter().enumerate() {
            // Rows of one key often follow each other.
            if let Some((before, number)) = last
                && rows.row(before) == row
            {
                numbers.push(number);
                continue;
            }
            let number = match self.numbers.get(row.as_ref()) {
                Some(&number) => number,
                None => {
                    let number = self.rows.len();
                    self.numbers.insert(row.as_ref().into(), number);
                    self.bytes += row.as_ref().len();
                    self.rows.push(row.owned());
                    number
                }
            };
            last = Some((at, number));
            numbers.push(number);
        }
        Ok(())
    }

    /// The columns of keys by their numbers.
    pub(super) fn columns(&self, numbers: &[usize]) -> Result<Vec<ArrayRef>> {
        let Some(converter) = &self.converter else { return Ok(Vec::new()) };
        let rows = numbers.iter().filter_map(|&number| self.rows.get(number)).map(OwnedRow::row);
        Ok(converter.convert_rows(rows)?)
    }

    /// Bytes that they take, roughly.
    pub(super) fn memory(&self) -> usize {
        // Each is stored twice: to be found by its bytes, and by its number.
        const EACH: usize = 120;
        self.rows.len() * EACH + 2 * self.bytes
    }
}

/// For each row whether a column of its key is null: such a key equals none.
pub(super) fn has_null(batch: &RecordBatch, places: &[usize], row: usize) -> bool {
    places.iter().any(|&place| batch.columns().get(place).is_some_and(|column| column.is_null(row)))
}
