//! JSON: an object per row with every column, null where there is no value. Whole numbers are written as they are, also
//! beyond 2⁵³; NaN and the infinities, which JSON lacks, are null. Streams.

use std::io;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonFormat, LineDelimited, Writer as Encoder, WriterBuilder};

use super::{Error, Summary, Writer};

/// A line per object and nothing else.
pub(super) fn lines<W: io::Write + Send>(out: W) -> Json<W, LineDelimited> {
    Json::new(out)
}

/// One array, with a line per object.
pub(super) fn array<W: io::Write + Send>(out: W) -> Json<W, ArrayOfLines> {
    Json::new(out)
}

pub(super) struct Json<W: io::Write, F: JsonFormat> {
    encoder: Encoder<W, F>,
    rows: u64,
}

impl<W: io::Write, F: JsonFormat> Json<W, F> {
    fn new(out: W) -> Self {
        Self { encoder: WriterBuilder::new().with_explicit_nulls(true).build(out), rows: 0 }
    }
}

impl<W: io::Write + Send, F: JsonFormat + Send> Writer for Json<W, F> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.encoder.write(batch)?;
        self.encoder.get_mut().flush()?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Summary, Error> {
        self.encoder.finish()?;
        self.encoder.get_mut().flush()?;
        Ok(Summary::whole(self.rows))
    }
}

#[derive(Debug, Default)]
pub(super) struct ArrayOfLines;

impl JsonFormat for ArrayOfLines {
    fn start_stream<W: io::Write>(&self, out: &mut W) -> Result<(), ArrowError> {
        Ok(out.write_all(b"[")?)
    }

    fn start_row<W: io::Write>(&self, out: &mut W, is_first_row: bool) -> Result<(), ArrowError> {
        Ok(out.write_all(if is_first_row { b"\n" } else { b",\n" })?)
    }

    fn end_stream<W: io::Write>(&self, out: &mut W) -> Result<(), ArrowError> {
        Ok(out.write_all(b"\n]\n")?)
    }
}
