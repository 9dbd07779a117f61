//! The Trace Event Format: one JSON object whose events are a line each. A group of lanes is a process, a lane a thread;
//! times are microseconds with decimals. Stacks are in a tree of frames at the end.

use std::io;

use ahash::AHashMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Sink;
use super::lanes::Track;
use super::relation::{Arg, Args, Counter, Flow, Instant, Number, Slice};

/// Counters belong to a process of their own.
const COUNTERS: u32 = 0;

pub(super) struct Chrome<W> {
    out: W,
    is_first: bool,
    has_counters: bool,
    /// The groups of the tracks, in the order of their numbers, from 1.
    groups: Vec<u32>,
    frames: Frames,
}

/// Distinct frames by their callers, numbered from 1: a stack is the number of its leaf.
#[derive(Default)]
struct Frames {
    ids: AHashMap<(u32, String), u32>,
    /// Each with its caller's number; 0 is none.
    all: Vec<(u32, String)>,
}

impl Frames {
    /// The number of a stack, whose frames are leaf first; None where it has none.
    fn stack(&mut self, frames: &[String]) -> Option<u32> {
        let leaf = frames.iter().rev().fold(0, |caller, frame| {
            let all = &mut self.all;
            *self.ids.entry((caller, frame.clone())).or_insert_with_key(|key| {
                all.push(key.clone());
                u32::try_from(all.len()).unwrap_or(u32::MAX)
            })
        });
        (leaf > 0).then_some(leaf)
    }
}

/// A frame as it stands in the file.
#[derive(Serialize)]
struct FrameLine<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<u32>,
}

/// An event; what it has not is left out.
#[derive(Default, Serialize)]
struct Event<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    cat: &'a str,
    ph: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u64,
    /// Of a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    /// A flow ends at the slice around its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    /// An instant is one of its thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    /// Numbers of the stacks at its start and its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    sf: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    esf: Option<u32>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    args: Map<String, Value>,
}

impl<W: io::Write> Chrome<W> {
    pub(super) fn new(mut out: W) -> io::Result<Self> {
        out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
        Ok(Self { out, is_first: true, has_counters: false, groups: Vec::new(), frames: Frames::default() })
    }

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        Ok(serde_json::to_writer(&mut self.out, event)?)
    }

    fn group_of(&self, track: u64) -> u32 {
        let index = usize::try_from(track).ok().and_then(|track| track.checked_sub(1));
        index.and_then(|index| self.groups.get(index)).copied().unwrap_or(0)
    }

    /// A name or another fact of a process or a thread.
    fn fact(&mut self, fact: &str, pid: u32, tid: u64, key: &str, value: Value) -> io::Result<()> {
        let args = Map::from_iter([(key.to_owned(), value)]);
        self.event(&Event { name: fact, ph: "M", pid, tid, args, ..Event::default() })
    }
}

/// ns as microseconds. A file of this format can't have times of more than some hundred days to the nanosecond.
#[expect(clippy::cast_precision_loss)]
fn micros(ns: i64) -> f64 {
    ns as f64 / 1000.0
}

fn value(number: Number) -> Value {
    match number {
        Number::Int(value) => value.into(),
        // JSON has neither NaN nor the infinities: null.
        Number::Float(value) => value.into(),
    }
}

impl Frames {
    /// An event's arguments, but for its stacks, which the format has places for.
    fn put(&mut self, args: &Args, event: &mut Event<'_>) {
        for (name, arg) in args {
            let json = match arg {
                Arg::Stack(frames) if matches!(name.as_str(), "stack" | "start_stack") => {
                    event.sf = self.stack(frames);
                    continue;
                }
                Arg::Stack(frames) if name == "end_stack" => {
                    event.esf = self.stack(frames);
                    continue;
                }
                Arg::Stack(frames) => frames.clone().into(),
                Arg::Bool(value) => (*value).into(),
                Arg::Number(number) => value(*number),
                Arg::Text(text) => text.as_str().into(),
            };
            event.args.insert(name.clone(), json);
        }
    }
}

impl<W: io::Write + Send> Sink for Chrome<W> {
    fn track(&mut self, track: &Track<'_>) -> io::Result<()> {
        let (pid, tid) = (track.group, track.id);
        self.groups.push(pid);
        if let Some(name) = track.new_group {
            self.fact("process_name", pid, 0, "name", name.into())?;
            self.fact("process_sort_index", pid, 0, "sort_index", pid.into())?;
        }
        self.fact("thread_name", pid, tid, "name", track.name.as_str().into())?;
        self.fact("thread_sort_index", pid, tid, "sort_index", track.rank.into())
    }

    fn slice(&mut self, track: u64, slice: &Slice, _closed: &[i64]) -> io::Result<()> {
        let mut event = Event {
            name: &slice.name,
            cat: &slice.category,
            ph: "X",
            ts: Some(micros(slice.start)),
            dur: Some(micros(slice.end.saturating_sub(slice.start))),
            pid: self.group_of(track),
            tid: track,
            ..Event::default()
        };
        self.frames.put(&slice.args, &mut event);
        self.event(&event)
    }

    fn flow(&mut self, from: u64, to: u64, flow: &Flow) -> io::Result<()> {
        let end = |ph, pid, tid, time, bp| {
            let (name, id, ts) = (flow.kind.as_str(), Some(flow.number), Some(micros(time)));
            Event { name, cat: "flow", ph, ts, pid, tid, id, bp, ..Event::default() }
        };
        let from = end("s", self.group_of(from), from, flow.from_time, None);
        let to = end("f", self.group_of(to), to, flow.to_time, Some("e"));
        self.event(&from)?;
        self.event(&to)
    }

    fn instant(&mut self, track: u64, instant: &Instant) -> io::Result<()> {
        let mut event = Event {
            name: &instant.name,
            ph: "i",
            ts: Some(micros(instant.time)),
            pid: self.group_of(track),
            tid: track,
            s: Some("t"),
            ..Event::default()
        };
        self.frames.put(&instant.args, &mut event);
        self.event(&event)
    }

    fn counter(&mut self, counter: &Counter) -> io::Result<()> {
        if !self.has_counters {
            self.has_counters = true;
            self.fact("process_name", COUNTERS, 0, "name", "Counters".into())?;
        }
        let args = Map::from_iter([("value".to_owned(), value(counter.value))]);
        let ts = Some(micros(counter.time));
        self.event(&Event { name: &counter.name, ph: "C", ts, pid: COUNTERS, args, ..Event::default() })
    }

    /// A slice is one event.
    fn close(&mut self, _track: u64, _ends: &[i64]) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n],\"stackFrames\":{")?;
        for (index, (caller, name)) in self.frames.all.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(self.out, "{separator}\n\"{}\":", index + 1)?;
            let parent = (*caller > 0).then_some(*caller);
            serde_json::to_writer(&mut self.out, &FrameLine { name, parent })?;
        }
        self.out.write_all(b"\n}}\n")?;
        self.out.flush()
    }
}
