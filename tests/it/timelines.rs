//! Timelines for other viewers: Perfetto's bytes decoded by the field numbers of its `trace.proto`, Chrome's JSON read back.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use gtq::engine::Take;
use gtq::output::timeline::Timeline;
use gtq::output::{Error, Format, Render};
use prost::Message;
use serde_json::{Value, json};

use crate::output::{batch, strings};
use crate::support::{compiled_one, csv, int, rows, trace, written};

#[derive(Clone, PartialEq, Message)]
struct Trace {
    #[prost(message, repeated, tag = "1")]
    packet: Vec<Packet>,
}

#[derive(Clone, PartialEq, Message)]
struct Packet {
    #[prost(uint64, optional, tag = "8")]
    timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "10")]
    sequence: Option<u32>,
    #[prost(message, optional, tag = "11")]
    event: Option<Event>,
    #[prost(message, optional, tag = "12")]
    interned: Option<Interned>,
    #[prost(uint32, optional, tag = "13")]
    flags: Option<u32>,
    #[prost(message, optional, tag = "60")]
    track: Option<Descriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct Descriptor {
    #[prost(uint64, optional, tag = "1")]
    uuid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
    #[prost(message, optional, tag = "3")]
    process: Option<Process>,
    #[prost(uint64, optional, tag = "5")]
    parent: Option<u64>,
    #[prost(message, optional, tag = "8")]
    counter: Option<CounterTrack>,
}

#[derive(Clone, PartialEq, Message)]
struct Process {
    #[prost(int32, optional, tag = "1")]
    pid: Option<i32>,
    #[prost(string, optional, tag = "6")]
    name: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct CounterTrack {
    #[prost(int32, optional, tag = "3")]
    unit: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(message, repeated, tag = "4")]
    annotations: Vec<Annotation>,
    #[prost(int32, optional, tag = "9")]
    kind: Option<i32>,
    #[prost(uint64, optional, tag = "10")]
    name: Option<u64>,
    #[prost(uint64, optional, tag = "11")]
    track: Option<u64>,
    #[prost(int64, optional, tag = "30")]
    whole: Option<i64>,
    #[prost(double, optional, tag = "44")]
    real: Option<f64>,
    #[prost(fixed64, repeated, packed = "false", tag = "47")]
    flows: Vec<u64>,
    #[prost(fixed64, repeated, packed = "false", tag = "48")]
    ended_flows: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct Annotation {
    #[prost(uint64, optional, tag = "1")]
    name: Option<u64>,
    #[prost(int64, optional, tag = "4")]
    whole: Option<i64>,
    #[prost(uint64, optional, tag = "17")]
    text: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct Interned {
    #[prost(message, repeated, tag = "2")]
    names: Vec<Name>,
    #[prost(message, repeated, tag = "3")]
    annotations: Vec<Name>,
    #[prost(message, repeated, tag = "29")]
    texts: Vec<Name>,
}

#[derive(Clone, PartialEq, Message)]
struct Name {
    #[prost(uint64, optional, tag = "1")]
    iid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// A proc with two slices one after the other, a goroutine with nested and crossing ones, a lane without a number, and
/// rows that have no place.
fn slices() -> RecordBatch {
    let stack: &[&str] = &["main.f /x.go:1", "main.main /x.go:9"];
    batch(vec![
        ("slice", "int", ints(&[Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), Some(7)])),
        (
            "lane",
            "string",
            texts(&[
                Some("proc"),
                Some("proc"),
                Some("g"),
                Some("g"),
                Some("g"),
                Some("gc"),
                Some("g"),
                Some("g"),
            ]),
        ),
        ("id", "int", ints(&[Some(0), Some(0), Some(7), Some(7), Some(7), None, Some(7), Some(7)])),
        (
            "name",
            "string",
            texts(&[
                Some("G1"),
                Some("G<7>\u{1b}"),
                Some("run"),
                Some(""),
                Some("x"),
                None,
                Some("y"),
                Some("z"),
            ]),
        ),
        ("start", "time", ints(&[Some(0), Some(1_500), Some(0), Some(10), Some(20), Some(5), None, Some(9)])),
        (
            "end",
            "time",
            ints(&[Some(1_500), Some(2_001), Some(100), Some(50), Some(70), Some(5), Some(9), Some(8)]),
        ),
        ("self", "duration", ints(&[Some(1_500), None, Some(60), None, None, None, None, None])),
        (
            "start_stack",
            "stack",
            Arc::new(strings(&[Some(stack), None, Some(stack), None, None, Some(&[]), None, None]))
                as ArrayRef,
        ),
    ])
}

fn flows() -> RecordBatch {
    batch(vec![
        ("flow", "int", ints(&[Some(0), Some(1), Some(2)])),
        ("kind", "string", texts(&[Some("unblock"), Some("go"), None])),
        ("from_slice", "int", ints(&[Some(0), Some(99), None])),
        ("from_time", "time", ints(&[Some(1_400), Some(1), Some(2)])),
        ("to_slice", "int", ints(&[Some(1), Some(1), Some(1)])),
        ("to_time", "time", ints(&[Some(1_600), Some(2), Some(3)])),
    ])
}

fn counters() -> RecordBatch {
    batch(vec![
        ("time", "time", ints(&[Some(0), Some(10), Some(20)])),
        ("name", "string", texts(&[Some("heap"), Some("heap"), Some("heap")])),
        ("value", "int", ints(&[Some(0), Some(i64::MAX), None])),
    ])
}

fn instants() -> RecordBatch {
    batch(vec![
        ("time", "time", ints(&[Some(3), None])),
        ("name", "string", texts(&[Some("log"), Some("lost")])),
        ("lane", "string", texts(&[Some("g"), Some("g")])),
        ("id", "int", ints(&[Some(7), Some(7)])),
        ("message", "string", texts(&[Some("</script>"), None])),
    ])
}

fn file(format: Format, results: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut timeline = Timeline::new(format, &mut out).unwrap();
    for result in results {
        timeline.begin(&result.schema(), None).unwrap();
        timeline.write(result).unwrap();
    }
    timeline.finish().unwrap();
    out
}

/// The packets in words: tracks with their group, events with their track.
fn words(bytes: &[u8]) -> Vec<String> {
    let trace = Trace::decode(bytes).expect("a trace");
    let (mut tracks, mut names, mut labels, mut texts) = (vec![], vec![], vec![], vec![]);
    let mut words = Vec::new();
    for (n, packet) in trace.packet.into_iter().enumerate() {
        assert_eq!(packet.sequence, Some(1));
        assert_eq!(packet.flags, Some(if n == 0 { 3 } else { 2 }));
        if let Some(interned) = packet.interned {
            names.extend(interned.names);
            labels.extend(interned.annotations);
            texts.extend(interned.texts);
        }
        let find = |names: &[Name], iid: Option<u64>| {
            let name = names.iter().find(|name| name.iid == iid);
            name.and_then(|name| name.name.clone()).unwrap_or_else(|| "-".into())
        };
        if let Some(track) = packet.track {
            let parent = track.parent.map(|parent| format!(" in {}", track_name(&tracks, parent)));
            let name = track.process.map_or(track.name, |process| process.name).unwrap();
            let unit = track.counter.map(|counter| format!(" unit {}", counter.unit.unwrap()));
            words.push(format!("track {name}{}{}", parent.unwrap_or_default(), unit.unwrap_or_default()));
            tracks.push((track.uuid.unwrap(), name));
        }
        if let Some(event) = packet.event {
            let kind =
                ["?", "begin", "end", "instant", "counter"][usize::try_from(event.kind.unwrap()).unwrap()];
            let track = track_name(&tracks, event.track.unwrap());
            let mut line = format!("{:>4} {track}: {kind}", packet.timestamp.unwrap());
            if event.name.is_some() {
                line += &format!(" {:?}", find(&names, event.name));
            }
            for value in event.whole.iter().map(i64::to_string).chain(event.real.iter().map(f64::to_string)) {
                line += &format!(" {value}");
            }
            for annotation in &event.annotations {
                let value = annotation.whole.map(|value| value.to_string());
                let value = value.unwrap_or_else(|| format!("{:?}", find(&texts, annotation.text)));
                line += &format!(" {}={value}", find(&labels, annotation.name));
            }
            for (sign, flows) in [("->", &event.flows), ("<-", &event.ended_flows)] {
                for flow in flows {
                    line += &format!(" {sign}{flow}");
                }
            }
            words.push(line);
        }
    }
    words
}

fn track_name(tracks: &[(u64, String)], uuid: u64) -> String {
    let index =
        tracks.iter().position(|track| track.0 == uuid).expect("tracks are told before they are used");
    format!("{}#{index}", tracks[index].1)
}

#[test]
fn several_results_are_one_trace_of_perfetto() {
    let all = [slices(), flows(), counters(), instants()];
    insta::assert_snapshot!(words(&file(Format::Perfetto, &all)).join("\n"));
}

#[test]
fn several_results_are_one_file_of_chrome() {
    let written = file(Format::ChromeJson, &[flows(), slices(), counters(), instants()]);
    let written = String::from_utf8(written).unwrap();
    let read: Value = serde_json::from_str(&written).expect("JSON");
    for event in read["traceEvents"].as_array().unwrap() {
        check(event);
    }
    insta::assert_snapshot!(written);
}

/// An event has what the format asks for.
fn check(event: &Value) {
    let has = |keys: &[&str]| keys.iter().all(|key| event[key].is_number());
    assert!(event["name"].is_string() && has(&["pid", "tid"]), "{event}");
    let fits = match event["ph"].as_str().unwrap() {
        "X" => has(&["ts", "dur"]),
        "s" => has(&["ts", "id"]),
        "f" => has(&["ts", "id"]) && event["bp"] == "e",
        "i" => has(&["ts"]) && event["s"] == "t",
        "C" => has(&["ts"]) && event["args"]["value"].is_number(),
        "M" => !event["args"].as_object().unwrap().is_empty(),
        _ => false,
    };
    assert!(fits, "{event}");
}

/// Slices that name their flows carry them, and the relation of flows says nothing new.
#[test]
fn slices_may_name_their_flows() {
    let slices = batch(vec![
        ("slice", "int", ints(&[Some(0), Some(1)])),
        ("lane", "string", texts(&[Some("g"), Some("g")])),
        ("id", "int", ints(&[Some(1), Some(2)])),
        ("name", "string", texts(&[Some("a"), Some("b")])),
        ("start", "time", ints(&[Some(0), Some(5)])),
        ("end", "time", ints(&[Some(4), Some(9)])),
        ("incoming", "int", ints(&[None, Some(0)])),
        ("outgoing", "int", ints(&[Some(0), None])),
    ]);
    let words = words(&file(Format::Perfetto, &[slices, flows()]));
    let flows: Vec<&String> =
        words.iter().filter(|line| line.contains("->") || line.contains("<-")).collect();
    assert_eq!(flows, ["   0 Goroutine 1#1: begin \"a\" ->1", "   5 Goroutine 2#2: begin \"b\" <-1"]);
}

#[test]
fn a_hint_says_what_the_slices_are() {
    let session = trace("server-go1.27.3").open();
    let query = compiled_one(
        "from goroutine_states |> where g in (1, 18) |> select g, start, end, state, reason |> order by start \
         |> render timeline(g, start, end, state)",
    );
    let bytes = written(&session, &query, Format::Perfetto).unwrap();
    let words = words(&bytes);
    assert_eq!(words[..2], ["track Goroutines", "track Goroutine 1 in Goroutines#0"]);
    let count = |kind: &str| words.iter().filter(|line| line.contains(kind)).count();
    assert!(count("begin \"running\"") > 3);
    assert_eq!(count(": begin"), count(": end"));
    let chrome: Value =
        serde_json::from_slice(&written(&session, &query, Format::ChromeJson).unwrap()).unwrap();
    assert!(chrome["traceEvents"].as_array().unwrap().len() > 10);
}

#[test]
fn what_json_lacks_is_null_and_nothing_is_a_file_too() {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 0.5]));
    let counters = batch(vec![
        ("time", "time", ints(&[Some(0), Some(-1)])),
        ("name", "string", texts(&[Some("load"), Some("load")])),
        ("value", "float", values),
    ]);
    let read: Value = serde_json::from_slice(&file(Format::ChromeJson, &[counters])).unwrap();
    assert_eq!(read["traceEvents"][1]["args"], json!({"value": null}));
    assert_eq!(read["traceEvents"][2]["ts"], json!(-0.001));
    let empty = file(Format::ChromeJson, &[slices().slice(0, 0)]);
    assert_eq!(serde_json::from_slice::<Value>(&empty).unwrap()["traceEvents"], json!([]));
    assert_eq!(file(Format::Perfetto, &[]), b"");
}

#[test]
fn other_results_are_told_what_a_timeline_is_made_of() {
    let mut out = Vec::new();
    let mut timeline = Timeline::new(Format::Perfetto, &mut out).unwrap();
    let names = batch(vec![("name", "string", texts(&[Some("x")]))]);
    let hint = Render { picture: "bar", parts: vec![("label", 0)] };
    for render in [None, Some(&hint)] {
        let error = timeline.begin(&names.schema(), render).unwrap_err();
        assert!(matches!(&error, Error::Unfit(text) if text.contains("from_slice")), "{error}");
    }
}

/// Who draws a timeline gets its rows in the pass that others share.
#[test]
fn rows_may_be_taken_while_others_load() {
    let session = trace("locks-go1.27.3").open();
    let counted = session.prepare(&compiled_one("select count() as n from goroutine_states")).unwrap();
    let query =
        compiled_one("from slices |> where lane = 'proc' |> render timeline(lane, start, end, name, id)");
    let timeline = session.prepare_drawn(&query).unwrap();
    let mut taken = 0;
    let take: Take = Box::new(|batch| {
        taken += batch.num_rows();
        Ok(())
    });
    session.load_for([(&counted, None), (&timeline, Some(take))]).unwrap();
    let slices = rows(&session, "select count() as n from slices where lane = 'proc'");
    assert_eq!(i64::try_from(taken).unwrap(), int(&slices[0], "n"));
    let mut left = 0;
    let mut count = |batch: &RecordBatch| {
        left += batch.num_rows();
        Ok(())
    };
    session.run(&timeline, &mut count).unwrap();
    session.run(&counted, &mut count).unwrap();
    assert_eq!(left, 1);
}

/// What is made of some parts of a table only, in any order or in the table's, is what the whole has there.
#[track_caller]
fn check_parts(table: &str, part: &str, some: &[&str], asked: &[&str]) {
    for name in ["locks-go1.27.3", "server-go1.27.3", "garbage-go1.19.8", "ticker-go1.24.11"] {
        let session = trace(name).open();
        for values in some {
            for columns in asked {
                let (shown, group) = columns.split_once(" group").unwrap_or((columns, ""));
                let group = if group.is_empty() { String::new() } else { format!(" group{group}") };
                let of = |part: &str| {
                    let query = format!("select {shown} from {table} where {part} in ({values}){group}");
                    let mut rows: Vec<String> = csv(&session, &query).lines().map(str::to_owned).collect();
                    rows.sort();
                    rows
                };
                assert_eq!(of(part), of(&format!("{part} || ''")), "{name}: {values}, {columns}");
            }
        }
    }
}

#[test]
fn some_lanes_are_those_of_all() {
    check_parts(
        "slices",
        "lane",
        &["'proc'", "'thread', 'gc'", "'g', 'region'", "'task'", "'network', 'syscalls'", "'gc'"],
        &[
            "lane, id, name, category, g, task, blocked, start, end, self, start_stack, end_stack",
            "slice, lane, id, start, end, self, incoming, outgoing, open_start, open_end",
            "lane, count() as n, sum(self) as self, max(end) as end group by lane",
        ],
    );
}

#[test]
fn some_states_are_those_of_all() {
    check_parts(
        "goroutine_states",
        "state",
        &["'waiting'", "'runnable', 'syscall'", "'running'", "'syscall', 'waiting'"],
        &["*", "state, count() as n, sum(dur) as time, max(end) as end group by state"],
    );
}
