//! A table for a terminal: units, light lines, shortened to the width there is, and a last line that says what is not
//! shown. Widths are those that the first rows need; a column gets wider where later ones need more.

use std::fmt::Write as _;
use std::io;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle,
    Table as Grid, TableStyle, Width,
};
use unicode_width::UnicodeWidthStr as _;

use super::cell::{self, Detail};
use super::layout::{self, Need};
use super::types::Type;
use super::{Error, Options, Summary, Writer, escape, human};

/// The widest cell there is, in terminal columns, also where the output has no width: the grid counts in 16 bits.
const WIDEST: usize = 10_000;

/// Rows that are held, to see how wide columns must be.
const PAGE: usize = 10_000;

const STYLE: TableStyle = NOTHING
    .header_lines(ContentLineStyle::none().junction('│'))
    .header_separator(LineStyle::none().fill('─').junction('┼'))
    .content_lines(ContentLineStyle::none().junction('│'));

pub(super) struct Table<W> {
    out: W,
    options: Options,
    columns: Vec<Column>,
    /// Cells as texts, safe for a terminal; None is null. Of the rows that are not written yet.
    rows: Vec<Vec<Option<String>>>,
    /// The columns' widths, once rows have been written.
    widths: Option<Vec<usize>>,
    shortened: usize,
    shown: u64,
    total: u64,
}

struct Column {
    name: String,
    kind: Type,
}

impl<W: io::Write + Send> Table<W> {
    pub(super) fn new(schema: &Schema, options: &Options, out: W) -> Self {
        let columns = schema.fields().iter();
        let columns = columns
            .map(|field| Column { name: escape::terminal(field.name()).into_owned(), kind: Type::of(field) });
        Self {
            out,
            options: options.clone(),
            columns: columns.collect(),
            rows: Vec::new(),
            widths: None,
            shortened: 0,
            shown: 0,
            total: 0,
        }
    }

    /// Writes the rows so far, the first time with the header.
    fn write_page(&mut self) -> Result<(), Error> {
        let before = self.widths.take();
        let widths = self.fit(before.as_deref());
        if !widths.is_empty() {
            let (grid, shortened) = self.grid(&widths, before.is_none());
            self.shortened += shortened;
            for line in grid.lines() {
                writeln!(self.out, "{}", line.trim_end())?;
            }
        }
        self.shown += self.rows.len() as u64;
        self.rows.clear();
        self.widths = Some(widths);
        Ok(())
    }

    /// The grid, and how many of its cells are shortened.
    fn grid(&self, widths: &[usize], header: bool) -> (Grid, usize) {
        let mut shortened = 0;
        let mut grid = Grid::new();
        grid.load_style(STYLE).force_no_tty();
        if self.options.color {
            grid.enforce_styling().style_text_only();
        }
        if header {
            grid.set_header(self.columns.iter().zip(widths).map(|(column, &width)| {
                let name = layout::shorten(&column.name, width).unwrap_or_else(|| column.name.clone());
                Cell::new(name).set_alignment(column.alignment()).add_attribute(Attribute::Bold)
            }));
        }
        let wraps = self.options.wraps;
        for row in &self.rows {
            grid.add_row(self.columns.iter().zip(row).zip(widths).map(|((column, text), &width)| {
                let cell = match text {
                    None if wraps => Cell::new(""),
                    None => Cell::new(cell::NULL).add_attribute(Attribute::Dim),
                    Some(text) => match layout::shorten(text, width).filter(|_| !wraps) {
                        None => Cell::new(text),
                        Some(text) => {
                            shortened += 1;
                            Cell::new(text)
                        }
                    },
                };
                cell.set_alignment(column.alignment())
            }));
        }
        let padded = |width: usize| Width::Fixed(u16::try_from(width + 2).unwrap_or(u16::MAX));
        let constraint = if wraps { ColumnConstraint::Absolute } else { ColumnConstraint::LowerBoundary };
        grid.set_constraints(widths.iter().map(|&width| constraint(padded(width))));
        if wraps {
            grid.set_content_arrangement(ContentArrangement::Dynamic);
        }
        (grid, shortened)
    }

    /// The widths that the rows need, no less than those before; on a terminal those before.
    fn fit(&self, before: Option<&[usize]>) -> Vec<usize> {
        if let (Some(before), Some(_)) = (before, self.options.width) {
            return before.to_vec();
        }
        let mut needs: Vec<Need> = (self.columns.iter().enumerate())
            .map(|(n, column)| {
                let name = column.name.width().min(WIDEST);
                // A list is of what its first column names.
                let is_whole = self.options.wraps && n == 0;
                Need { name, full: name, shrinks: !is_whole && !column.kind.is_number() }
            })
            .collect();
        for row in &self.rows {
            for (need, text) in needs.iter_mut().zip(row) {
                let width = text.as_deref().unwrap_or(cell::NULL).width();
                need.full = need.full.max(width.min(WIDEST));
            }
        }
        for (need, &width) in needs.iter_mut().zip(before.unwrap_or_default()) {
            need.full = need.full.max(width);
        }
        layout::fit(&needs, self.options.width)
    }

    /// The last line: how many rows there are, and what of them is not shown.
    fn notice(&self) -> String {
        let (shown, shortened) = (self.widths.as_ref().map_or(0, Vec::len), self.shortened);
        let mut text = rows(self.shown, self.total);
        let left_out: Vec<&str> =
            self.columns.iter().skip(shown).map(|column| column.name.as_str()).collect();
        if shortened > 0 {
            let _ = write!(text, "; {} shortened", plural(shortened as u64, "cell"));
        }
        if !left_out.is_empty() {
            let _ = write!(
                text,
                "; {} left out: {}",
                plural(left_out.len() as u64, "column"),
                left_out.join(", ")
            );
        }
        let advice = self.options.advice;
        let rows_missing = self.shown < self.total;
        match (rows_missing, shortened > 0 || !left_out.is_empty()) {
            (true, true) => {
                let _ = write!(text, "; {}, {} show more", advice.rows, advice.cells);
            }
            (true, false) => {
                let _ = write!(text, "; {} shows more", advice.rows);
            }
            (false, true) => {
                let _ = write!(text, "; {} shows more", advice.cells);
            }
            (false, false) => {}
        }
        dim(&format!("({text})"), self.options.color)
    }
}

impl<W: io::Write + Send> Writer for Table<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let written = usize::try_from(self.shown).unwrap_or(usize::MAX);
        let room = self.options.max_rows.unwrap_or(usize::MAX).saturating_sub(written + self.rows.len());
        for row in 0..batch.num_rows().min(room) {
            let columns = batch.columns().iter().zip(&self.columns);
            let cells = columns.map(|(array, column)| cell::text(array, &column.kind, row, Detail::Short));
            self.rows.push(cells.collect());
        }
        self.total += batch.num_rows() as u64;
        if self.rows.len() >= PAGE { self.write_page() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<Summary, Error> {
        if self.widths.is_none() || !self.rows.is_empty() {
            self.write_page()?;
        }
        let notice = self.notice();
        writeln!(self.out, "{notice}")?;
        self.out.flush()?;
        let shown = self.widths.as_ref().map_or(0, Vec::len);
        let columns_left_out = self.columns.len().saturating_sub(shown);
        Ok(Summary { rows: self.total, rows_shown: self.shown, columns_left_out })
    }
}

impl Column {
    fn alignment(&self) -> CellAlignment {
        if self.kind.is_number() { CellAlignment::Right } else { CellAlignment::Left }
    }
}

/// `12 rows`, or `10 of 12,345 rows shown`.
pub(super) fn rows(shown: u64, total: u64) -> String {
    if shown < total {
        format!("{} of {} shown", human::count(shown), plural(total, "row"))
    } else {
        plural(total, "row")
    }
}

/// `text` in a weak colour, where there are colours.
pub(super) fn dim(text: &str, color: bool) -> String {
    if color { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", human::count(count), if count == 1 { "" } else { "s" })
}
