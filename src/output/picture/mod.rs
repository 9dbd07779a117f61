//! Results as pictures, of characters for a terminal or as SVG.
//!
//! Comes in: batches, and the [`Render`] hint with the columns that the picture is made of. Goes out: text that fits the
//! terminal, or one SVG document with axes, units and whole texts in titles. A picture holds the values that it shows
//! until the end, since its scale needs them all. What has no place (null, NaN, infinite) is left out and counted.
//!
//! SVG is written by hand (`svg`): the libraries for plots know neither durations nor sizes, let labels overlap, and tell
//! things apart by colour alone. Flame graphs, which people click through, are inferno's.

mod axis;
mod bar;
mod flame;
mod histogram;
mod line;
mod svg;
mod text;
mod timeline;

use std::io;

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::{Int64Type, Schema};

use super::table::{dim, rows};
use super::types::Type;
use super::{Advice, Error, Options, Render, Summary, Writer, cell, escape};
use axis::Unit;
use text::Paper;

/// What a picture is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// Characters on a terminal.
    Text,
    Svg,
}

/// How pictures are asked for.
const PICTURES: &str = "`|> render bar(label, size)`, `histogram(x)`, `line(x, y)`, `flamegraph(stack, weight)`, \
                        `timeline(lane, start, end, label)` or `mmu`";

trait Picture: Send {
    fn take(&mut self, batch: &RecordBatch);

    /// Lines, each ended.
    fn text(&self, paper: &Paper) -> String;

    fn svg(&self) -> Result<String, Error>;
}

/// A column that a picture is made of.
#[derive(Debug, Clone)]
struct Column {
    index: usize,
    /// Safe to show.
    name: String,
    kind: Type,
}

impl Column {
    fn new(schema: &Schema, index: usize) -> Self {
        let field = schema.field(index);
        Self { index, name: escape::terminal(field.name()).into_owned(), kind: Type::of(field) }
    }

    fn unit(&self) -> Unit {
        Unit::of(&self.kind)
    }

    /// NaN where there is no number.
    fn number(&self, batch: &RecordBatch, row: usize) -> f64 {
        cell::number(batch.column(self.index), row).unwrap_or(f64::NAN)
    }

    /// The numbers of a batch; NaN where there is none.
    fn numbers(&self, batch: &RecordBatch) -> Vec<f64> {
        let array = batch.column(self.index);
        match array.as_primitive_opt::<Int64Type>() {
            #[expect(clippy::cast_precision_loss, reason = "as exact as a picture is")]
            Some(ints) => ints.iter().map(|int| int.map_or(f64::NAN, |int| int as f64)).collect(),
            None => (0..array.len()).map(|row| self.number(batch, row)).collect(),
        }
    }

    /// What is the same only for rows of the batch with the same text, if that is cheaper to have than the text.
    fn keys<'b>(&self, batch: &'b RecordBatch) -> Option<impl Fn(usize) -> u128 + use<'b>> {
        let array = batch.column(self.index);
        let (nulls, texts) = (array.nulls(), array.as_string_view_opt());
        let ints = array.as_primitive_opt::<Int64Type>();
        (texts.is_some() || ints.is_some()).then_some(move |row| match (texts, ints) {
            _ if nulls.is_some_and(|nulls| nulls.is_null(row)) => u128::MAX,
            (Some(texts), _) => texts.views()[row],
            (None, Some(ints)) => u128::from(ints.value(row).cast_unsigned()),
            (None, None) => u128::MAX,
        })
    }

    /// As people read it.
    fn text(&self, batch: &RecordBatch, row: usize) -> String {
        let array: &dyn Array = batch.column(self.index);
        cell::or_null(cell::text(array, &self.kind, row, cell::Detail::Short))
    }
}

/// The picture that a result asks for.
fn picture(schema: &Schema, options: &Options, medium: Medium) -> Result<Box<dyn Picture>, Error> {
    let format = if medium == Medium::Text { "plot" } else { "svg" };
    let drawn = options.render.as_ref().filter(|render| render.picture != "table");
    let Some(render) = drawn else {
        let message = format!("{format} draws the picture that a query ends with: {PICTURES}");
        return Err(Error::Unfit(message));
    };
    let part = |name: &str| {
        let index = render.part(name).filter(|index| *index < schema.fields().len());
        let missing = || Error::Unfit(format!("the picture `{}` lacks its `{name}`", render.picture));
        index.map(|index| Column::new(schema, index)).ok_or_else(missing)
    };
    Ok(match render.picture {
        "bar" => Box::new(bar::Bars::new(part("label")?, part("size")?)),
        "histogram" => Box::new(histogram::Histogram::new(part("x")?)),
        "line" => Box::new(line::Lines::new(part("x")?, part("y")?)),
        "flamegraph" => Box::new(flame::Flame::new(part("stack")?, Some(part("weight")?))),
        "timeline" => {
            let label = render.part("label").map(|_| part("label")).transpose()?;
            let id = render.part("id").map(|_| part("id")).transpose()?;
            let lane = timeline::Lane { kind: part("lane")?, id };
            Box::new(timeline::Timeline::new(lane, part("start")?, part("end")?, label))
        }
        "mmu" => Box::new(line::Lines::mmu(schema)?),
        other => return Err(Error::Unfit(format!("{format} can't draw `{other}`: it draws {PICTURES}"))),
    })
}

/// A picture of rows, which it takes until it is drawn.
pub struct Drawing {
    picture: Box<dyn Picture>,
    medium: Medium,
    paper: Paper,
    advice: Advice,
    rows: u64,
}

impl Drawing {
    /// The picture that the options' hint asks for, of rows of this schema.
    ///
    /// # Errors
    /// Where there is no hint, or the rows do not fit it.
    pub fn new(schema: &Schema, options: &Options, medium: Medium) -> Result<Self, Error> {
        Ok(Self::of(picture(schema, options, medium)?, options, medium))
    }

    /// A flame graph as SVG, also without a hint.
    pub(super) fn flamegraph(schema: &Schema, options: &Options) -> Result<Self, Error> {
        let Some(stack) = super::stacks::stack_column(schema, options) else {
            let message = "flamegraph takes a result with a column of stacks and their weight, such as \
                           `… |> aggregate sum(dur) as time group by stack`";
            return Err(Error::Unfit(message.into()));
        };
        let weight = super::stacks::weight_column(schema, options).map(|index| Column::new(schema, index));
        let flame = flame::Flame::new(Column::new(schema, stack), weight);
        Ok(Self::of(Box::new(flame), options, Medium::Svg))
    }

    fn of(picture: Box<dyn Picture>, options: &Options, medium: Medium) -> Self {
        let paper = Paper::new(options.width, options.max_rows, options.color);
        Self { picture, medium, paper, advice: options.advice, rows: 0 }
    }

    /// Takes the next rows.
    pub fn take(&mut self, batch: &RecordBatch) {
        self.picture.take(batch);
        self.rows += batch.num_rows() as u64;
    }

    /// Draws what it has taken.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn draw(&self, out: &mut dyn io::Write) -> Result<Summary, Error> {
        match self.medium {
            Medium::Svg => out.write_all(self.picture.svg()?.as_bytes())?,
            Medium::Text => {
                out.write_all(self.picture.text(&self.paper).as_bytes())?;
                let notice = format!("({}; {} shows them)", rows(self.rows, self.rows), self.advice.table);
                writeln!(out, "{}", dim(&notice, self.paper.color))?;
            }
        }
        out.flush()?;
        Ok(Summary::whole(self.rows))
    }
}

/// Writes a picture.
pub(super) struct Drawn<W> {
    drawing: Drawing,
    out: W,
}

impl<W> Drawn<W> {
    pub(super) fn new(drawing: Drawing, out: W) -> Self {
        Self { drawing, out }
    }
}

impl<W: io::Write + Send> Writer for Drawn<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.drawing.take(batch);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Summary, Error> {
        self.drawing.draw(&mut self.out)
    }
}

impl Render {
    /// The position of the column that is a part of the picture.
    pub(super) fn part(&self, name: &str) -> Option<usize> {
        self.parts.iter().find(|(part, _)| *part == name).map(|(_, column)| *column)
    }
}

/// How many of something have no place in a picture, as a line for people; nothing where all have.
fn left_out(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 row {what} is not shown")),
        count => Some(format!("{count} rows {what} are not shown")),
    }
}
