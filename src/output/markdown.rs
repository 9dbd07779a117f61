//! A table for GitHub Markdown (issues, pull requests, READMEs): units for people, but all rows and whole texts (of a stack, the leaf).
//! Streams, so columns are not padded.

use std::io;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::cell::{self, Detail};
use super::types::Type;
use super::{Error, Summary, Writer, escape};

pub(super) struct Markdown<W> {
    out: W,
    kinds: Vec<Type>,
    rows: u64,
}

impl<W: io::Write + Send> Markdown<W> {
    pub(super) fn new(schema: &Schema, mut out: W) -> Result<Self, Error> {
        let kinds: Vec<Type> = schema.fields().iter().map(|field| Type::of(field)).collect();
        line(&mut out, schema.fields().iter().map(|field| escape::markdown(field.name())))?;
        line(&mut out, kinds.iter().map(|kind| if kind.is_number() { "--:" } else { "---" }.to_owned()))?;
        Ok(Self { out, kinds, rows: 0 })
    }
}

fn line(out: &mut impl io::Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    out.write_all(b"|")?;
    for cell in cells {
        write!(out, " {cell} |")?;
    }
    out.write_all(b"\n")
}

impl<W: io::Write + Send> Writer for Markdown<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        for row in 0..batch.num_rows() {
            let columns = batch.columns().iter().zip(&self.kinds);
            let cells =
                columns.map(|(array, kind)| cell::or_null(cell::text(array, kind, row, Detail::Short)));
            line(&mut self.out, cells.map(|text| escape::markdown(&text)))?;
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
