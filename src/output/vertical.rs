//! A record per row, a line per column: nothing is shortened, stacks are shown in full, a frame a line. Streams.

use std::io;

use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::Schema;
use unicode_width::UnicodeWidthStr as _;

use super::cell::{self, Detail};
use super::table::{dim, rows};
use super::types::Type;
use super::{Error, Options, Summary, Writer, escape};

pub(super) struct Vertical<W> {
    out: W,
    options: Options,
    /// Names with a colon, padded to the same width, and types
    columns: Vec<(String, Type)>,
    shown: u64,
    total: u64,
}

impl<W: io::Write + Send> Vertical<W> {
    pub(super) fn new(schema: &Schema, options: &Options, out: W) -> Self {
        let names: Vec<_> = schema.fields().iter().map(|field| escape::terminal(field.name())).collect();
        let widest = names.iter().map(|name| name.width()).max().unwrap_or(0);
        let labels = names.iter().map(|name| format!("{name}:{}", " ".repeat(widest - name.width())));
        let columns = labels.zip(schema.fields().iter().map(|field| Type::of(field))).collect();
        Self { out, options: options.clone(), columns, shown: 0, total: 0 }
    }

    fn record(&mut self, batch: &RecordBatch, row: usize) -> io::Result<()> {
        writeln!(self.out, "{}", dim(&format!("── row {} ──", self.shown + 1), self.options.color))?;
        for (array, (label, kind)) in batch.columns().iter().zip(&self.columns) {
            let stack =
                (*kind == Type::Stack && !array.is_null(row)).then(|| cell::frames(array, row)).flatten();
            if let Some(frames) = stack.filter(|frames| !frames.is_empty()) {
                writeln!(self.out, "{}", label.trim_end())?;
                for frame in frames {
                    writeln!(self.out, "    {frame}")?;
                }
            } else {
                let text = cell::text(array, kind, row, Detail::Full);
                let text = text.unwrap_or_else(|| dim(cell::NULL, self.options.color));
                writeln!(self.out, "{}", format!("{label} {text}").trim_end())?;
            }
        }
        Ok(())
    }
}

impl<W: io::Write + Send> Writer for Vertical<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let most = self.options.max_rows.map_or(u64::MAX, |max| max as u64);
        for row in 0..batch.num_rows() {
            if self.shown >= most {
                break;
            }
            self.record(batch, row)?;
            self.shown += 1;
        }
        self.total += batch.num_rows() as u64;
        self.out.flush()?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Summary, Error> {
        let more = if self.shown < self.total {
            format!("; {} shows more", self.options.advice.rows)
        } else {
            String::new()
        };
        let notice = format!("({}{more})", rows(self.shown, self.total));
        writeln!(self.out, "{}", dim(&notice, self.options.color))?;
        self.out.flush()?;
        Ok(Summary { rows: self.total, rows_shown: self.shown, columns_left_out: 0 })
    }
}
