//! CSV and TSV: a line per row, whole numbers and all digits, lists and structs as JSON within their cell. Streams.

use std::io::{self, Write as _};

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{FieldRef, Schema};
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::{Error, Options, Summary, Writer, cell};

#[derive(Debug, Clone, Copy)]
pub(super) enum Dialect {
    /// RFC 4180, with `\n` at the end of a line: a field with a comma, a quote or a line break is quoted, and so is the
    /// empty string; null is an empty field without quotes.
    Csv,
    /// As `COPY` of Postgres: nothing is quoted; tab, newline, carriage return and backslash are `\t`, `\n`, `\r`, `\\`;
    /// null is `\N`.
    Tsv,
}

pub(super) struct Delimited<W> {
    out: W,
    dialect: Dialect,
    fields: Vec<FieldRef>,
    rows: u64,
}

impl<W: io::Write + Send> Delimited<W> {
    pub(super) fn new(
        dialect: Dialect,
        schema: &Schema,
        options: &Options,
        mut out: W,
    ) -> Result<Self, Error> {
        if options.header {
            let mut line = Vec::new();
            for (index, field) in schema.fields().iter().enumerate() {
                dialect.separate(index, &mut line);
                dialect.text(field.name(), &mut line);
            }
            line.push(b'\n');
            out.write_all(&line)?;
        }
        let fields = schema.fields().iter().cloned().collect();
        Ok(Self { out, dialect, fields, rows: 0 })
    }
}

impl<W: io::Write + Send> Writer for Delimited<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let json = EncoderOptions::default().with_explicit_nulls(true);
        let columns = batch.columns().iter().zip(&self.fields);
        let columns: Result<Vec<_>, _> =
            columns.map(|(array, field)| Column::new(array, field, &json)).collect();
        let (mut columns, mut line, mut scratch) = (columns?, Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            line.clear();
            for (index, column) in columns.iter_mut().enumerate() {
                self.dialect.separate(index, &mut line);
                column.write(row, self.dialect, &mut line, &mut scratch)?;
            }
            line.push(b'\n');
            self.out.write_all(&line)?;
        }
        self.rows += batch.num_rows() as u64;
        self.out.flush()?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Summary, Error> {
        self.out.flush()?;
        Ok(Summary::whole(self.rows))
    }
}

/// One column of a batch, ready to be read row by row.
struct Column<'a> {
    nulls: Option<NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Text(&'a dyn Array),
    Plain(ArrayFormatter<'a>),
    Nested(NullableEncoder<'a>),
}

impl<'a> Column<'a> {
    fn new(array: &'a ArrayRef, field: &'a FieldRef, json: &'a EncoderOptions) -> Result<Self, ArrowError> {
        let kind = array.data_type();
        let values = if kind.is_string() {
            Values::Text(array)
        } else if kind.is_nested() {
            Values::Nested(make_encoder(field, array, json)?)
        } else {
            Values::Plain(ArrayFormatter::try_new(array, &FormatOptions::new().with_display_error(false))?)
        };
        Ok(Self { nulls: array.logical_nulls(), values })
    }

    /// Appends the field in `row` to `line`; `scratch` is any buffer.
    fn write(
        &mut self,
        row: usize,
        dialect: Dialect,
        line: &mut Vec<u8>,
        scratch: &mut Vec<u8>,
    ) -> Result<(), ArrowError> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            dialect.null(line);
            return Ok(());
        }
        scratch.clear();
        match &mut self.values {
            Values::Text(array) => {
                dialect.text(cell::string(*array, row).unwrap_or_default(), line);
                return Ok(());
            }
            Values::Plain(values) => write!(scratch, "{}", values.value(row))?,
            Values::Nested(values) => values.encode(row, scratch),
        }
        dialect.bytes(scratch, line);
        Ok(())
    }
}

impl Dialect {
    fn separate(self, index: usize, line: &mut Vec<u8>) {
        if index > 0 {
            line.push(match self {
                Self::Csv => b',',
                Self::Tsv => b'\t',
            });
        }
    }

    fn null(self, line: &mut Vec<u8>) {
        match self {
            Self::Csv => {}
            Self::Tsv => line.extend(b"\\N"),
        }
    }

    fn text(self, text: &str, line: &mut Vec<u8>) {
        self.bytes(text.as_bytes(), line);
    }

    /// A field that is not null; `bytes` are UTF-8, and every byte with a meaning is ASCII.
    fn bytes(self, bytes: &[u8], line: &mut Vec<u8>) {
        match self {
            Self::Csv
                if bytes.is_empty()
                    || bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) =>
            {
                line.push(b'"');
                for &byte in bytes {
                    if byte == b'"' {
                        line.push(b'"');
                    }
                    line.push(byte);
                }
                line.push(b'"');
            }
            Self::Csv => line.extend(bytes),
            Self::Tsv => {
                for &byte in bytes {
                    match byte {
                        b'\t' => line.extend(b"\\t"),
                        b'\n' => line.extend(b"\\n"),
                        b'\r' => line.extend(b"\\r"),
                        b'\\' => line.extend(b"\\\\"),
                        byte => line.push(byte),
                    }
                }
            }
        }
    }
}
