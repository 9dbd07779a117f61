//! Timelines: trace files that other viewers open, out of one or several results.
//!
//! Comes in: results, each recognised by its columns (`relation`): slices, flows between them, counters, instants. Goes out: one
//! file for Perfetto (`perfetto`) or in Chrome's format (`chrome`). Writes row by row; what is held is the lanes with what
//! is open in them, distinct texts, and for flows the lane of each slice.

mod chrome;
mod lanes;
mod message;
mod perfetto;
mod relation;

use std::io;

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::{Error, Format, Render, Summary, Writer};
use lanes::{Lanes, Track};
use relation::{Counter, Flow, Instant, Relation, Slice};

/// Where things go.
trait Sink: Send {
    /// A track that is new: a lane, or a further line of one.
    fn track(&mut self, track: &Track<'_>) -> io::Result<()>;

    /// A slice; before it, those of its track that end at `closed` are over.
    fn slice(&mut self, track: u64, slice: &Slice, closed: &[i64]) -> io::Result<()>;

    /// An arrow between tracks.
    fn flow(&mut self, from: u64, to: u64, flow: &Flow) -> io::Result<()>;

    fn instant(&mut self, track: u64, instant: &Instant) -> io::Result<()>;

    fn counter(&mut self, counter: &Counter) -> io::Result<()>;

    /// What of a track is still open, the innermost first.
    fn close(&mut self, track: u64, ends: &[i64]) -> io::Result<()>;

    fn finish(&mut self) -> io::Result<()>;
}

/// A timeline that is being written.
pub struct Timeline<'w> {
    sink: Box<dyn Sink + 'w>,
    lanes: Lanes,
    relation: Option<Relation>,
    /// The track of each slice that has a number.
    slices: AHashMap<i64, u64>,
    /// Flows whose slices have not come yet.
    waiting: Vec<Flow>,
    rows: u64,
    shown: u64,
}

impl<'w> Timeline<'w> {
    /// A timeline in a format that [joins results](Format::joins_results).
    ///
    /// # Errors
    /// Where the output fails, or the format is another one.
    pub fn new(format: Format, out: impl io::Write + Send + 'w) -> Result<Self, Error> {
        let out = io::BufWriter::with_capacity(64 * 1024, out);
        let sink: Box<dyn Sink + 'w> = match format {
            Format::Perfetto => Box::new(perfetto::Perfetto::new(out)),
            Format::ChromeJson => Box::new(chrome::Chrome::new(out)?),
            other => return Err(Error::Unfit(format!("{other} is no format for timelines"))),
        };
        Ok(Self {
            sink,
            lanes: Lanes::default(),
            relation: None,
            slices: AHashMap::new(),
            waiting: Vec::new(),
            rows: 0,
            shown: 0,
        })
    }

    /// A result begins. A hint `timeline(lane, start, end, label)` says what its slices are; else its columns do.
    ///
    /// # Errors
    /// Where the columns are those of nothing on a timeline.
    pub fn begin(&mut self, schema: &Schema, render: Option<&Render>) -> Result<(), Error> {
        self.relation = Some(Relation::of(schema, render)?);
        Ok(())
    }

    /// Rows of the result. Those that have no time, or end before they start, are left out.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let Some(relation) = self.relation.take() else { return Ok(()) };
        for row in 0..batch.num_rows() {
            let is_shown = match &relation {
                Relation::Slices(columns) => self.slice(columns.row(batch, row))?,
                Relation::Flows(columns) => self.flow(columns.row(batch, row))?,
                Relation::Counters(columns) => match columns.row(batch, row) {
                    Some(counter) => self.sink.counter(&counter).map(|()| true)?,
                    None => false,
                },
                Relation::Instants(columns) => self.instant(columns.row(batch, row))?,
            };
            self.shown += u64::from(is_shown);
        }
        self.rows += batch.num_rows() as u64;
        self.relation = Some(relation);
        Ok(())
    }

    fn slice(&mut self, slice: Option<Slice>) -> io::Result<bool> {
        let Some(slice) = slice else { return Ok(false) };
        let place = self.lanes.place(&slice.lane, slice.start, slice.end);
        if let Some(track) = place.new {
            self.sink.track(&track)?;
        }
        if let Some(number) = slice.number {
            self.slices.insert(number, place.track);
        }
        self.sink.slice(place.track, &slice, &place.closed)?;
        Ok(true)
    }

    fn flow(&mut self, flow: Option<Flow>) -> io::Result<bool> {
        let Some(flow) = flow else { return Ok(false) };
        match (self.slices.get(&flow.from), self.slices.get(&flow.to)) {
            (Some(&from), Some(&to)) => self.sink.flow(from, to, &flow)?,
            _ => self.waiting.push(flow),
        }
        Ok(true)
    }

    fn instant(&mut self, instant: Option<Instant>) -> io::Result<bool> {
        let Some(instant) = instant else { return Ok(false) };
        let (track, new) = self.lanes.first(&instant.lane);
        if let Some(new) = new {
            self.sink.track(&new)?;
        }
        self.sink.instant(track, &instant)?;
        Ok(true)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn finish(mut self) -> Result<Summary, Error> {
        for flow in std::mem::take(&mut self.waiting) {
            if let (Some(&from), Some(&to)) = (self.slices.get(&flow.from), self.slices.get(&flow.to)) {
                self.sink.flow(from, to, &flow)?;
            } else {
                self.shown -= 1;
            }
        }
        for (track, ends) in self.lanes.open() {
            self.sink.close(track, &ends)?;
        }
        self.sink.finish()?;
        Ok(Summary { rows: self.rows, rows_shown: self.shown, columns_left_out: 0 })
    }
}

impl Writer for Timeline<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        Timeline::write(self, batch)
    }

    fn finish(self: Box<Self>) -> Result<Summary, Error> {
        Timeline::finish(*self)
    }
}
