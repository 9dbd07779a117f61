//! What the rows of a result are on a timeline, told by the names of their columns.
//!
//! | columns | rows are |
//! |---|---|
//! | `start`, `end`, `lane`; `id`, `name`, `category`, `slice`, `incoming`, `outgoing` | slices |
//! | the parts of a hint `timeline(lane, start, end, label)` | slices |
//! | `from_slice`, `from_time`, `to_slice`, `to_time`; `flow`, `kind` | flows |
//! | `time`, `name`, `value` | counters |
//! | `time`, `name`; `lane`, `id` | instants |
//!
//! Other columns of slices and instants go with them, as arguments.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::Schema;

use super::super::types::Type;
use super::super::{Error, Render, cell, stacks};
use super::lanes::Lane;

pub(super) enum Relation {
    Slices(Slices),
    Flows(Flows),
    Counters(Counters),
    Instants(Instants),
}

/// Something that lasts.
pub(super) struct Slice {
    pub(super) number: Option<i64>,
    pub(super) lane: Lane,
    pub(super) name: String,
    pub(super) category: String,
    /// ns
    pub(super) start: i64,
    pub(super) end: i64,
    /// Numbers of the flows that lead to it and from it.
    pub(super) incoming: Vec<i64>,
    pub(super) outgoing: Vec<i64>,
    pub(super) args: Args,
}

/// An arrow from a slice to a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) number: i64,
    pub(super) kind: String,
    pub(super) from: i64,
    pub(super) from_time: i64,
    pub(super) to: i64,
    pub(super) to_time: i64,
}

/// A value of a series from a moment on.
pub(super) struct Counter {
    pub(super) name: String,
    pub(super) time: i64,
    pub(super) value: Number,
    pub(super) is_bytes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// Something at a moment.
pub(super) struct Instant {
    pub(super) lane: Lane,
    pub(super) name: String,
    pub(super) time: i64,
    pub(super) args: Args,
}

/// What else is known: names and values that are not null.
pub(super) type Args = Vec<(String, Arg)>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Arg {
    Bool(bool),
    Number(Number),
    /// Also of lists, as people read them.
    Text(String),
    /// Frames, leaf first.
    Stack(Vec<String>),
}

/// A column of arguments.
struct Extra {
    column: usize,
    name: String,
    kind: Type,
}

/// Where the lane of a row is: its kind, and which one of the kind it is.
struct LaneColumns {
    kind: Kind,
    id: Option<usize>,
}

enum Kind {
    Column(usize),
    /// The same for all rows.
    Fixed(String),
}

pub(super) struct Slices {
    lane: LaneColumns,
    start: usize,
    end: usize,
    number: Option<usize>,
    name: Option<usize>,
    category: Option<usize>,
    incoming: Option<usize>,
    outgoing: Option<usize>,
    extras: Vec<Extra>,
}

pub(super) struct Flows {
    number: Option<usize>,
    kind: Option<usize>,
    from: usize,
    from_time: usize,
    to: usize,
    to_time: usize,
}

pub(super) struct Counters {
    time: usize,
    name: usize,
    value: usize,
    is_bytes: bool,
}

pub(super) struct Instants {
    lane: LaneColumns,
    time: usize,
    name: usize,
    extras: Vec<Extra>,
}

impl Relation {
    pub(super) fn of(schema: &Schema, render: Option<&Render>) -> Result<Self, Error> {
        let find = |name: &str| schema.index_of(name).ok();
        if let (Some(from), Some(from_time), Some(to), Some(to_time)) =
            (find("from_slice"), find("from_time"), find("to_slice"), find("to_time"))
        {
            let (number, kind) = (find("flow"), find("kind"));
            return Ok(Self::Flows(Flows { number, kind, from, from_time, to, to_time }));
        }
        let hint = render.filter(|render| render.picture == "timeline");
        let part = |name: &str| hint.and_then(|hint| hint.part(name));
        let (start, end) = (part("start").or_else(|| find("start")), part("end").or_else(|| find("end")));
        if let (Some(start), Some(end), Some(lane)) = (start, end, part("lane").or_else(|| find("lane"))) {
            let field = schema.field(lane).name();
            // A lane that has no kind of its own is one of its column's.
            let lane = match find("id") {
                id if field == "lane" => LaneColumns { kind: Kind::Column(lane), id },
                _ => LaneColumns { kind: Kind::Fixed(field.clone()), id: Some(lane) },
            };
            let mut slices = Slices {
                start,
                end,
                number: find("slice"),
                name: part("label").or_else(|| find("name")),
                category: find("category"),
                incoming: find("incoming"),
                outgoing: find("outgoing"),
                extras: Vec::new(),
                lane,
            };
            let used = [slices.number, slices.name, slices.category, slices.incoming, slices.outgoing];
            let used = used.into_iter().flatten().chain([start, end]).chain(find("dur"));
            slices.extras = extras(schema, &slices.lane, used);
            return Ok(Self::Slices(slices));
        }
        let Some((time, name)) = find("time").zip(find("name")) else { return Err(unfit()) };
        let is_number = |column: &usize| Type::of(schema.field(*column)).is_number();
        if let Some(value) = find("value").filter(is_number) {
            let is_bytes = Type::of(schema.field(value)) == Type::Bytes;
            return Ok(Self::Counters(Counters { time, name, value, is_bytes }));
        }
        let lane = match find("lane") {
            Some(lane) => LaneColumns { kind: Kind::Column(lane), id: find("id") },
            None => LaneColumns { kind: Kind::Fixed("events".into()), id: None },
        };
        let extras = extras(schema, &lane, [time, name].into_iter());
        Ok(Self::Instants(Instants { lane, time, name, extras }))
    }
}

fn unfit() -> Error {
    Error::Unfit(
        "a timeline is made of slices (start, end, lane; name), flows (from_slice, from_time, to_slice, to_time), \
         counters (time, name, value) and instants (time, name), told by these columns; or end the query with \
         `|> render timeline(lane, start, end, label)`"
            .into(),
    )
}

fn extras(schema: &Schema, lane: &LaneColumns, used: impl Iterator<Item = usize>) -> Vec<Extra> {
    let kind = if let Kind::Column(kind) = lane.kind { Some(kind) } else { None };
    let used: Vec<usize> = used.chain(kind).chain(lane.id).collect();
    let others = schema.fields().iter().enumerate().filter(|(column, _)| !used.contains(column));
    let extra = |(column, field): (usize, &arrow::datatypes::FieldRef)| Extra {
        column,
        name: field.name().clone(),
        kind: Type::of(field),
    };
    others.map(extra).collect()
}

impl LaneColumns {
    fn row(&self, batch: &RecordBatch, row: usize) -> Lane {
        let id = self.id.map(|column| plain(batch.column(column), row)).unwrap_or_default();
        match &self.kind {
            Kind::Column(kind) => Lane { kind: plain(batch.column(*kind), row), id },
            // A row without a value is in a lane of its own.
            Kind::Fixed(kind) if self.id.is_some() && id.is_empty() => {
                Lane { kind: kind.clone(), id: "null".into() }
            }
            Kind::Fixed(kind) => Lane { kind: kind.clone(), id },
        }
    }
}

impl Slices {
    pub(super) fn row(&self, batch: &RecordBatch, row: usize) -> Option<Slice> {
        let whole = |column: usize| cell::whole(batch.column(column), row);
        let text = |column: Option<usize>| column.map(|c| plain(batch.column(c), row)).unwrap_or_default();
        let numbers =
            |column: Option<usize>| column.map(|c| numbers(batch.column(c), row)).unwrap_or_default();
        let (start, end) = (whole(self.start)?, whole(self.end)?);
        let lane = self.lane.row(batch, row);
        // What has no name is called what its lane is.
        let name = Some(text(self.name)).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| lane.kind.clone());
        (start <= end).then(|| Slice {
            number: self.number.and_then(whole),
            lane,
            name,
            category: text(self.category),
            start,
            end,
            incoming: numbers(self.incoming),
            outgoing: numbers(self.outgoing),
            args: args(&self.extras, batch, row),
        })
    }
}

impl Flows {
    pub(super) fn row(&self, batch: &RecordBatch, row: usize) -> Option<Flow> {
        let whole = |column: usize| cell::whole(batch.column(column), row);
        Some(Flow {
            number: self.number.and_then(whole).or_else(|| i64::try_from(row).ok())?,
            kind: self.kind.map(|column| plain(batch.column(column), row)).unwrap_or_default(),
            from: whole(self.from)?,
            from_time: whole(self.from_time)?,
            to: whole(self.to)?,
            to_time: whole(self.to_time)?,
        })
    }
}

impl Counters {
    pub(super) fn row(&self, batch: &RecordBatch, row: usize) -> Option<Counter> {
        Some(Counter {
            name: plain(batch.column(self.name), row),
            time: cell::whole(batch.column(self.time), row)?,
            value: number(batch.column(self.value), row)?,
            is_bytes: self.is_bytes,
        })
    }
}

impl Instants {
    pub(super) fn row(&self, batch: &RecordBatch, row: usize) -> Option<Instant> {
        Some(Instant {
            lane: self.lane.row(batch, row),
            name: plain(batch.column(self.name), row),
            time: cell::whole(batch.column(self.time), row)?,
            args: args(&self.extras, batch, row),
        })
    }
}

/// A value as plain text: whole numbers without a unit, texts as they are, nothing for null.
fn plain(array: &dyn Array, row: usize) -> String {
    if let Some(text) = cell::string(array, row) {
        return text.to_owned();
    }
    let whole = cell::whole(array, row).map(|value| value.to_string());
    whole.or_else(|| cell::text(array, &Type::Other, row, cell::Detail::Full)).unwrap_or_default()
}

fn number(array: &dyn Array, row: usize) -> Option<Number> {
    let whole = cell::whole(array, row).map(Number::Int);
    whole.or_else(|| cell::number(array, row).map(Number::Float))
}

/// One number, or a list of them.
fn numbers(array: &dyn Array, row: usize) -> Vec<i64> {
    match cell::list(array, row) {
        Some(items) => (0..items.len()).filter_map(|item| cell::whole(&items, item)).collect(),
        None => cell::whole(array, row).into_iter().collect(),
    }
}

fn args(extras: &[Extra], batch: &RecordBatch, row: usize) -> Args {
    let value = |extra: &Extra| {
        let array: &dyn Array = batch.column(extra.column);
        match &extra.kind {
            _ if array.is_null(row) => None,
            Type::Stack => stacks::frames(array, row).filter(|frames| !frames.is_empty()).map(Arg::Stack),
            Type::String => cell::string(array, row).map(|text| Arg::Text(text.to_owned())),
            Type::Bool => cell::boolean(array, row).map(Arg::Bool),
            kind if kind.is_number() => number(array, row).map(Arg::Number),
            kind => cell::text(array, kind, row, cell::Detail::Full).map(Arg::Text),
        }
    };
    extras.iter().filter_map(|extra| Some((extra.name.clone(), value(extra)?))).collect()
}
