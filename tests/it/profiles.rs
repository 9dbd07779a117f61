//! Profiles, decoded by the field numbers of pprof's `profile.proto`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use flate2::read::GzDecoder;
use gtq::output::{Format, Options, Render, writer};
use prost::Message;

use crate::output::{batch, strings, write};
use crate::support::{compiled_one, int, rows, trace, written};

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "14")]
    default_sample_type: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

#[track_caller]
fn decoded(bytes: &[u8]) -> Profile {
    let mut profile = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut profile).expect("gzip");
    Profile::decode(&profile[..]).expect("a profile")
}

/// What a profile counts, and how much of it each stack has.
pub(crate) fn contents(bytes: &[u8]) -> (Vec<String>, BTreeMap<Vec<String>, Vec<i64>>) {
    let profile = decoded(bytes);
    let samples = profile.sample.iter().map(|sample| (profile.frames(sample), sample.value.clone()));
    (profile.kinds(), samples.collect())
}

impl Profile {
    fn text(&self, position: i64) -> &str {
        &self.string_table[usize::try_from(position).unwrap()]
    }

    fn kinds(&self) -> Vec<String> {
        let kinds = self.sample_type.iter();
        kinds.map(|kind| format!("{}/{}", self.text(kind.kind), self.text(kind.unit))).collect()
    }

    /// A sample's frames, leaf first, as results show them.
    fn frames(&self, sample: &Sample) -> Vec<String> {
        let frame = |id: &u64| {
            let location = self.location.iter().find(|location| location.id == *id).unwrap();
            let [line] = location.line[..] else { panic!("a place is a line") };
            let function = self.function.iter().find(|function| function.id == line.function_id).unwrap();
            assert_eq!(function.name, function.system_name);
            format!("{} {}:{}", self.text(function.name), self.text(function.filename), line.line)
        };
        sample.location_id.iter().map(frame).collect()
    }
}

fn waits() -> RecordBatch {
    let a: &[&str] = &["a.f[go.shape.struct { x int }] /a b/f:2.go:1", "main.main C:\\x.go:2"];
    let b: &[&str] = &["main.main C:\\x.go:2"];
    let ints = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
    batch(vec![
        ("stack", "stack", Arc::new(strings(&[Some(a), Some(b), None, Some(a), Some(&[])]))),
        ("g", "int", ints(vec![Some(1), Some(2), Some(3), Some(4), Some(5)])),
        ("count", "int", ints(vec![Some(1), Some(10), Some(3), Some(4), None])),
        ("time", "duration", ints(vec![Some(100), Some(i64::MAX), None, Some(400), Some(7)])),
    ])
}

fn profile(options: &Options, rows: &RecordBatch) -> Profile {
    decoded(&write(Format::Pprof, options, rows.schema(), std::slice::from_ref(rows)).0)
}

#[test]
fn equal_stacks_functions_and_places_are_one() {
    let profile = profile(&Options::default(), &waits());
    assert_eq!(profile.kinds(), ["contentions/count", "delay/nanoseconds"]);
    let samples: Vec<(Vec<String>, &[i64])> =
        profile.sample.iter().map(|sample| (profile.frames(sample), &sample.value[..])).collect();
    let (f, main) = ("a.f[go.shape.struct { x int }] /a b/f:2.go:1", "main.main C:\\x.go:2");
    assert_eq!(
        samples,
        [
            (vec![], &[3, 7][..]),
            (vec![f.to_owned(), main.to_owned()], &[5, 500]),
            (vec![main.to_owned()], &[10, i64::MAX]),
        ]
    );
    assert_eq!((profile.location.len(), profile.function.len()), (2, 2));
    assert_eq!(profile.string_table[0], "");
    let mut texts = profile.string_table.clone();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), profile.string_table.len());
}

#[test]
fn the_bytes_do_not_depend_on_the_order_of_rows() {
    let rows = waits();
    let (all, _) = write(Format::Pprof, &Options::default(), rows.schema(), std::slice::from_ref(&rows));
    let pieces: Vec<RecordBatch> = [3, 4, 1, 0, 2].map(|row| rows.slice(row, 1)).to_vec();
    assert_eq!(all, write(Format::Pprof, &Options::default(), rows.schema(), &pieces).0);
}

#[test]
fn what_is_counted_is_told_by_names_and_the_hint() {
    let render = Render { picture: "flamegraph", parts: vec![("stack", 0), ("weight", 1)] };
    let options = Options { render: Some(render), ..Options::default() };
    let with_hint = profile(&options, &waits());
    assert_eq!(with_hint.kinds(), ["g/count", "contentions/count", "delay/nanoseconds"]);
    assert_eq!(with_hint.text(with_hint.default_sample_type), "g");
    let only_stacks = waits().project(&[0]).unwrap();
    let rows = profile(&Options::default(), &only_stacks);
    assert_eq!(rows.kinds(), ["samples/count"]);
    assert_eq!(rows.sample.iter().map(|sample| sample.value[0]).sum::<i64>(), 5);
    let others = profile(&Options::default(), &waits().project(&[0, 1]).unwrap());
    assert_eq!(others.kinds(), ["g/count"]);
}

#[test]
fn no_rows_are_a_profile_too_and_no_stack_is_an_error() {
    let none = profile(&Options::default(), &waits().slice(0, 0));
    assert_eq!((none.kinds().len(), none.sample.len()), (2, 0));
    let names = batch(vec![("name", "string", Arc::new(StringArray::from(vec!["x"])) as ArrayRef)]);
    for format in [Format::Pprof, Format::Flamegraph] {
        let made = writer(format, names.schema(), &Options::default(), Box::new(std::io::sink()));
        let error = made.err().expect("there is no stack").to_string();
        assert!(error.contains("group by stack"), "{error}");
    }
}

/// A real one: what the profile says adds up to what the query says, stack by stack.
#[test]
fn a_profile_of_a_trace_has_what_the_query_has() {
    let session = trace("server-go1.27.3").open();
    let query = "from goroutine_states |> where state = 'waiting' and stack is not null \
                 |> aggregate count() as count, sum(dur) as time group by stack |> order by time desc";
    let bytes = written(&session, &compiled_one(query), Format::Pprof).unwrap();
    let profile = decoded(&bytes);
    let found: BTreeMap<Vec<String>, (i64, i64)> = profile
        .sample
        .iter()
        .map(|sample| (profile.frames(sample), (sample.value[0], sample.value[1])))
        .collect();
    let frames = |row: &serde_json::Map<String, serde_json::Value>| {
        let frames = row["stack"].as_array().unwrap().iter();
        frames.map(|frame| frame.as_str().unwrap().to_owned()).collect()
    };
    let expected: BTreeMap<Vec<String>, (i64, i64)> = rows(&session, query)
        .iter()
        .map(|row| (frames(row), (int(row, "count"), int(row, "time"))))
        .collect();
    assert!(expected.len() > 5);
    assert_eq!(found, expected);
}
