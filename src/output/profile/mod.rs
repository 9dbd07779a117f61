//! A profile for pprof: stacks with what they count, as a gzipped `profile.proto`.
//!
//! Holds each distinct stack once, until the end. The bytes depend on the rows, but not on their order.

mod message;

use std::collections::HashMap;
use std::io;

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use flate2::{Compression, GzBuilder};
use prost::Message as _;

use super::frames::Frame;
use super::types::Type;
use super::{Error, Options, Summary, Writer, cell, stacks};
use message::{Function, Line, Location, Profile, Sample, ValueType};

pub(super) struct Pprof<W> {
    out: W,
    stack: usize,
    measures: Vec<Measure>,
    /// For each distinct stack (frames, leaf first) the sums of its rows.
    samples: AHashMap<Vec<String>, Vec<i64>>,
    rows: u64,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Measure {
    /// None: rows.
    column: Option<usize>,
    name: String,
    unit: &'static str,
    /// Whether it is shown first.
    is_default: bool,
}

impl<W: io::Write + Send> Pprof<W> {
    pub(super) fn new(schema: &Schema, options: &Options, out: W) -> Result<Self, Error> {
        let Some(stack) = stacks::stack_column(schema, options) else {
            return Err(Error::Unfit(
                "pprof takes a result with a column of stacks and what they count, such as \
                 `… |> aggregate count() as count, sum(dur) as time group by stack`"
                    .into(),
            ));
        };
        let measures = measures(schema, options);
        Ok(Self { out, stack, measures, samples: AHashMap::new(), rows: 0 })
    }
}

/// What a profile counts: the columns `count` and `time` and the weight of a flame graph; without these, every column
/// that adds up; without any, rows. `count` and `time` have the names that Go's blocking profiles give them.
fn measures(schema: &Schema, options: &Options) -> Vec<Measure> {
    let weight = stacks::flamegraph_part(options, "weight");
    let all = schema.fields().iter().enumerate().filter_map(|(column, field)| {
        let (name, unit) = match (field.name().as_str(), Type::of(field)) {
            ("count", Type::Int) => ("contentions", "count"),
            ("time", Type::Duration) => ("delay", "nanoseconds"),
            (name, Type::Int) => (name, "count"),
            (name, Type::Duration) => (name, "nanoseconds"),
            (name, Type::Bytes) => (name, "bytes"),
            _ => return None,
        };
        let is_default = weight == Some(column);
        Some(Measure { column: Some(column), name: name.to_owned(), unit, is_default })
    });
    let all: Vec<Measure> = all.collect();
    let known = |m: &&Measure| m.is_default || m.name == "contentions" || m.name == "delay";
    let chosen: Vec<Measure> = all.iter().filter(known).cloned().collect();
    if !chosen.is_empty() {
        chosen
    } else if !all.is_empty() {
        all
    } else {
        vec![Measure { column: None, name: "samples".into(), unit: "count", is_default: false }]
    }
}

impl<W: io::Write + Send> Writer for Pprof<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        for row in 0..batch.num_rows() {
            let frames = stacks::frames(batch.column(self.stack), row).unwrap_or_default();
            let sums = self.samples.entry(frames).or_insert_with(|| vec![0; self.measures.len()]);
            for (sum, measure) in sums.iter_mut().zip(&self.measures) {
                let value = match measure.column {
                    Some(column) => cell::whole(batch.column(column), row).unwrap_or(0),
                    None => 1,
                };
                *sum = sum.saturating_add(value);
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Summary, Error> {
        let Self { out, measures, samples, rows, .. } = *self;
        let mut samples: Vec<_> = samples.into_iter().collect();
        samples.sort_unstable();
        let mut builder = Builder::new(&measures);
        for (frames, values) in &samples {
            builder.sample(frames, values.clone());
        }
        // No name and no time in gzip's header: the same result gives the same bytes.
        let mut encoder = GzBuilder::new().write(out, Compression::default());
        io::Write::write_all(&mut encoder, &builder.profile.encode_to_vec())?;
        encoder.finish()?.flush()?;
        Ok(Summary::whole(rows))
    }
}

/// Gives ids to what a profile says once: texts, functions, places.
#[derive(Default)]
struct Builder<'a> {
    profile: Profile,
    texts: HashMap<&'a str, i64>,
    functions: HashMap<(&'a str, &'a str), u64>,
    locations: HashMap<Frame<'a>, u64>,
}

impl<'a> Builder<'a> {
    fn new(measures: &'a [Measure]) -> Self {
        let mut builder = Self::default();
        builder.text("");
        for measure in measures {
            let r#type = builder.text(&measure.name);
            let unit = builder.text(measure.unit);
            builder.profile.sample_type.push(ValueType { r#type, unit });
            if measure.is_default {
                builder.profile.default_sample_type = r#type;
            }
        }
        let period = ValueType { r#type: builder.text("trace"), unit: builder.text("count") };
        builder.profile.period_type = Some(period);
        builder.profile.period = 1;
        builder
    }

    fn sample(&mut self, frames: &'a [String], value: Vec<i64>) {
        let location_id = frames.iter().map(|frame| self.location(Frame::parse(frame))).collect();
        self.profile.sample.push(Sample { location_id, value });
    }

    fn location(&mut self, frame: Frame<'a>) -> u64 {
        if let Some(&id) = self.locations.get(&frame) {
            return id;
        }
        let function_id = self.function(frame);
        let id = self.profile.location.len() as u64 + 1;
        let line = vec![Line { function_id, line: frame.line }];
        self.profile.location.push(Location { id, line });
        self.locations.insert(frame, id);
        id
    }

    fn function(&mut self, frame: Frame<'a>) -> u64 {
        if let Some(&id) = self.functions.get(&(frame.func, frame.file)) {
            return id;
        }
        let (name, filename) = (self.text(frame.func), self.text(frame.file));
        let id = self.profile.function.len() as u64 + 1;
        self.profile.function.push(Function { id, name, system_name: name, filename });
        self.functions.insert((frame.func, frame.file), id);
        id
    }

    fn text(&mut self, text: &'a str) -> i64 {
        let table = &mut self.profile.string_table;
        *self.texts.entry(text).or_insert_with(|| {
            table.push(text.to_owned());
            // The table is in memory, so that its length fits.
            i64::try_from(table.len() - 1).unwrap_or(0)
        })
    }
}
