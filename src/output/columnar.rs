//! Parquet and Arrow files: the columns as they are, with the types of the query language and their units in the
//! metadata of the fields. Streams: Parquet holds one row group in memory, Arrow one batch.

use std::io;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{Error, Summary, Writer};

/// How many rows and bytes a row group of a Parquet file has at most: enough to compress well, few enough to hold in
/// memory.
const ROW_GROUP_ROWS: usize = 128 * 1024;
const ROW_GROUP_BYTES: usize = 64 << 20;

pub(super) struct Parquet<W: io::Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    rows: u64,
}

impl<W: io::Write + Send> Parquet<W> {
    pub(super) fn new(schema: SchemaRef, out: W) -> Result<Self, Error> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .build();
        Ok(Self { writer: ArrowWriter::try_new(out, schema.clone(), Some(properties))?, schema, rows: 0 })
    }
}

impl<W: io::Write + Send> Writer for Parquet<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.writer.write(&conform(batch, &self.schema)?)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Summary, Error> {
        self.writer.into_inner()?.flush()?;
        Ok(Summary::whole(self.rows))
    }
}

/// An IPC *file*, not a stream: readers can map it and read its batches in any order.
pub(super) struct Ipc<W: io::Write> {
    writer: FileWriter<W>,
    schema: SchemaRef,
    rows: u64,
}

impl<W: io::Write> Ipc<W> {
    pub(super) fn new(schema: SchemaRef, out: W) -> Result<Self, Error> {
        Ok(Self { writer: FileWriter::try_new(out, &schema)?, schema, rows: 0 })
    }
}

impl<W: io::Write + Send> Writer for Ipc<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.writer.write(&conform(batch, &self.schema)?)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Summary, Error> {
        self.writer.finish()?;
        Ok(Summary::whole(self.rows))
    }
}

/// The batch under the schema that the file announces. Batches of a plan may have lost metadata on the way, or come in
/// a related type (`Utf8` for `Utf8View`).
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns: Result<Vec<_>, _> = columns
        .map(|(array, field)| {
            if array.data_type() == field.data_type() {
                Ok(array.clone())
            } else {
                cast(array, field.data_type())
            }
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns?, &options)
}
