//! Results and diagnostics on their way out.
//!
//! Comes in: Arrow batches with their schema, whose fields may name their type in the query language ([`TYPE_KEY`]);
//! diagnostics with the text they are about. Goes out: bytes in one of the [`Format`]s; text for a terminal.
//!
//! The forms for people (table, vertical, Markdown) have units, and never let a control character of a trace through.
//! The forms for machines have whole nanoseconds and bytes, all digits and all rows, and write batch by batch.
//!
//! What this room does not know: plans, queries, traces, the terminal (its width and colours are [`Options`]).

pub mod checks;
pub mod escape;
pub mod human;
pub mod report;
pub mod timeline;

mod cell;
mod columnar;
mod delimited;
mod error;
mod format;
mod frames;
mod json;
mod label;
mod layout;
mod markdown;
mod picture;
mod profile;
mod stacks;
mod table;
mod types;
mod vertical;

use std::io;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

pub use error::Error;
pub use format::{Format, UnknownFormat};
pub use label::Labels;
pub use picture::{Drawing, Medium};
pub use types::TYPE_KEY;

use picture::Drawn;
use timeline::Timeline;

/// How a result should look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many rows a table, a vertical listing or a plot of a row each shows; None for all. The other formats always have
    /// all rows.
    pub max_rows: Option<usize>,
    /// How wide the terminal is, in columns of text, for tables and plots; None where the output is no terminal: tables have
    /// no limit, plots have 80 columns.
    pub width: Option<usize>,
    /// Whether CSV and TSV begin with a line of names.
    pub header: bool,
    /// Whether tables, vertical listings and plots may use the terminal's colours and weights.
    pub color: bool,
    /// Whether cells of tables that are too wide go on in further lines, and are empty rather than null: for lists that
    /// are read as a text is.
    pub wraps: bool,
    /// What to advise where something is left out.
    pub advice: Advice,
    /// The picture that the query asks for; formats that draw nothing ignore it.
    pub render: Option<Render>,
}

/// How to see what is left out, in the words of whoever shows the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// Shows more rows.
    pub rows: &'static str,
    /// Shows cells and columns whole.
    pub cells: &'static str,
    /// Shows the rows that a picture is made of.
    pub table: &'static str,
}

impl Default for Advice {
    /// Options of the command line.
    fn default() -> Self {
        Self { rows: "--max-rows", cells: "--format vertical", table: "--format table" }
    }
}

/// A hint at how a person should see a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Render {
    /// `table`, `bar`, `histogram`, `line`, `flamegraph`, `timeline`, `mmu`.
    pub picture: &'static str,
    /// The picture's parts (`label`, `size`, …), each with the position of its column.
    pub parts: Vec<(&'static str, usize)>,
}

impl Options {
    fn asks_for_table(&self) -> bool {
        self.render.as_ref().is_some_and(|render| render.picture == "table")
    }
}

impl Default for Options {
    /// For people at a place that is no terminal: 40 rows, any width, no colours.
    fn default() -> Self {
        Self {
            max_rows: Some(40),
            width: None,
            header: true,
            color: false,
            wraps: false,
            advice: Advice::default(),
            render: None,
        }
    }
}

/// Takes the batches of one result, in order, and writes them somewhere.
pub trait Writer: Send {
    /// Takes the next batch, whose columns are those of the schema that the writer was made for.
    ///
    /// # Errors
    /// Where the batch cannot be encoded, or the output fails.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error>;

    /// Writes what is still held back and what ends the format. Without it, the output is not complete.
    ///
    /// # Errors
    /// Where the output fails.
    fn finish(self: Box<Self>) -> Result<Summary, Error>;
}

/// What became of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many rows came in
    pub rows: u64,
    /// How many of them are in the output
    pub rows_shown: u64,
    /// How many columns there was no room for
    pub columns_left_out: usize,
}

impl Summary {
    /// All of so many rows are in the output.
    fn whole(rows: u64) -> Self {
        Self { rows, rows_shown: rows, columns_left_out: 0 }
    }
}

/// A writer of results of this schema in this format. It buffers, so `out` may be slow for small writes.
///
/// # Errors
/// Where the output fails, or the format has no way to hold a column of the schema.
pub fn writer<'w>(
    format: Format,
    schema: SchemaRef,
    options: &Options,
    out: Box<dyn io::Write + Send + 'w>,
) -> Result<Box<dyn Writer + 'w>, Error> {
    let out = io::BufWriter::with_capacity(64 * 1024, out);
    Ok(match format {
        Format::Table => Box::new(table::Table::new(&schema, options, out)),
        Format::Vertical => Box::new(vertical::Vertical::new(&schema, options, out)),
        Format::Markdown => Box::new(markdown::Markdown::new(&schema, out)?),
        Format::Csv => Box::new(delimited::Delimited::new(delimited::Dialect::Csv, &schema, options, out)?),
        Format::Tsv => Box::new(delimited::Delimited::new(delimited::Dialect::Tsv, &schema, options, out)?),
        Format::Json => Box::new(json::array(out)),
        Format::Ndjson => Box::new(json::lines(out)),
        Format::Parquet => Box::new(columnar::Parquet::new(schema, out)?),
        Format::Arrow => Box::new(columnar::Ipc::new(schema, out)?),
        Format::Plot if options.asks_for_table() => Box::new(table::Table::new(&schema, options, out)),
        Format::Plot => Box::new(Drawn::new(Drawing::new(&schema, options, Medium::Text)?, out)),
        Format::Svg => Box::new(Drawn::new(Drawing::new(&schema, options, Medium::Svg)?, out)),
        Format::Flamegraph => Box::new(Drawn::new(Drawing::flamegraph(&schema, options)?, out)),
        Format::Pprof => Box::new(profile::Pprof::new(&schema, options, out)?),
        Format::Perfetto | Format::ChromeJson => {
            let mut timeline = Timeline::new(format, out)?;
            timeline.begin(&schema, options.render.as_ref())?;
            Box::new(timeline)
        }
    })
}
