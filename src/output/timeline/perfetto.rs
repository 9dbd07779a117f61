//! Perfetto's own format: track events in the order in which each track has them, texts interned.
//!
//! A group of lanes is a process, whose tracks are its lanes: a lane is no thread, since what viewers know of threads (a
//! number, time on a CPU) is not true of it. A flow is part of the slices that name it; where none do, an instant at each of
//! its ends carries it.

use std::io;

use ahash::AHashMap;
use prost::Message as _;

use super::Sink;
use super::lanes::Track;
use super::message::{
    COUNTER, CounterDescriptor, DebugAnnotation, EXPLICIT, INSTANT, InternedData, InternedString, Name,
    ProcessDescriptor, SLICE_BEGIN, SLICE_END, Trace, TracePacket, TrackDescriptor, TrackEvent, UNIT_COUNT,
    UNIT_SIZE_BYTES,
};
use super::relation::{Arg, Args, Counter, Flow, Instant, Number, Slice};

/// All packets are of one sequence, which texts are interned in.
const SEQUENCE: u32 = 1;
/// The first packet begins the state that the later ones need.
const STATE_CLEARED: u32 = 1;
const NEEDS_STATE: u32 = 2;

/// Tracks of groups and of counters are told apart from those of lanes by their high bits.
const GROUPS: u64 = 1 << 62;
const COUNTERS: u64 = 1 << 61;

pub(super) struct Perfetto<W> {
    out: W,
    has_begun: bool,
    categories: Interned,
    names: Interned,
    arg_names: Interned,
    texts: Interned,
    counters: AHashMap<String, u64>,
    /// Whether slices name their flows.
    has_flows: bool,
    buffer: Vec<u8>,
}

/// Texts with numbers, from 1.
#[derive(Default)]
struct Interned(AHashMap<String, u64>);

impl Interned {
    /// The number of a text, and whether it is new.
    fn number(&mut self, text: &str) -> (u64, bool) {
        if let Some(&number) = self.0.get(text) {
            return (number, false);
        }
        let number = self.0.len() as u64 + 1;
        self.0.insert(text.to_owned(), number);
        (number, true)
    }
}

impl<W: io::Write> Perfetto<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            has_begun: false,
            categories: Interned::default(),
            names: Interned::default(),
            arg_names: Interned::default(),
            texts: Interned::default(),
            counters: AHashMap::new(),
            has_flows: false,
            buffer: Vec::new(),
        }
    }

    fn packet(&mut self, packet: TracePacket) -> io::Result<()> {
        let state = if self.has_begun { NEEDS_STATE } else { STATE_CLEARED | NEEDS_STATE };
        self.has_begun = true;
        let packet =
            TracePacket { trusted_packet_sequence_id: Some(SEQUENCE), sequence_flags: Some(state), ..packet };
        self.buffer.clear();
        // A vector grows as is needed.
        let _ = Trace { packet: vec![packet] }.encode(&mut self.buffer);
        self.out.write_all(&self.buffer)
    }

    fn event(&mut self, time: i64, event: TrackEvent, interned: InternedData) -> io::Result<()> {
        self.packet(TracePacket {
            // A time before the trace began is none that a trace has.
            timestamp: Some(u64::try_from(time).unwrap_or(0)),
            track_event: Some(event),
            interned_data: (interned != InternedData::default()).then_some(interned),
            ..TracePacket::default()
        })
    }

    fn describe(&mut self, track: TrackDescriptor) -> io::Result<()> {
        self.packet(TracePacket { track_descriptor: Some(track), ..TracePacket::default() })
    }

    fn group(&mut self, group: u32, name: &str) -> io::Result<()> {
        let process = ProcessDescriptor {
            pid: Some(i32::try_from(group).unwrap_or(i32::MAX)),
            process_name: Some(name.to_owned()),
        };
        self.describe(TrackDescriptor {
            uuid: Some(GROUPS + u64::from(group)),
            process: Some(process),
            child_ordering: Some(EXPLICIT),
            ..TrackDescriptor::default()
        })
    }

    fn name(&mut self, text: &str, interned: &mut InternedData) -> u64 {
        let (iid, is_new) = self.names.number(text);
        if is_new {
            interned.event_names.push(Name { iid: Some(iid), name: Some(text.to_owned()) });
        }
        iid
    }

    fn category(&mut self, text: &str, interned: &mut InternedData) -> u64 {
        let (iid, is_new) = self.categories.number(text);
        if is_new {
            interned.event_categories.push(Name { iid: Some(iid), name: Some(text.to_owned()) });
        }
        iid
    }

    fn annotations(&mut self, args: &Args, interned: &mut InternedData) -> Vec<DebugAnnotation> {
        let annotations = args.iter().map(|(name, arg)| {
            let (iid, is_new) = self.arg_names.number(name);
            if is_new {
                let name = Name { iid: Some(iid), name: Some(name.clone()) };
                interned.debug_annotation_names.push(name);
            }
            let mut text = |text: String| {
                let (iid, is_new) = self.texts.number(&text);
                if is_new {
                    let text = InternedString { iid: Some(iid), str: Some(text.into_bytes()) };
                    interned.debug_annotation_string_values.push(text);
                }
                Some(iid)
            };
            let mut annotation = DebugAnnotation { name_iid: Some(iid), ..DebugAnnotation::default() };
            match arg {
                Arg::Bool(value) => annotation.bool_value = Some(*value),
                Arg::Number(Number::Int(value)) => annotation.int_value = Some(*value),
                Arg::Number(Number::Float(value)) => annotation.double_value = Some(*value),
                Arg::Text(value) => annotation.string_value_iid = text(value.clone()),
                Arg::Stack(frames) => annotation.string_value_iid = text(frames.join("\n")),
            }
            annotation
        });
        annotations.collect()
    }

    fn end(&mut self, track: u64, time: i64) -> io::Result<()> {
        let event = TrackEvent { r#type: Some(SLICE_END), track_uuid: Some(track), ..TrackEvent::default() };
        self.event(time, event, InternedData::default())
    }

    /// An instant that has nothing but a name and the end of a flow.
    fn flow_end(
        &mut self,
        track: u64,
        time: i64,
        kind: &str,
        from: Vec<u64>,
        to: Vec<u64>,
    ) -> io::Result<()> {
        let mut interned = InternedData::default();
        let event = TrackEvent {
            r#type: Some(INSTANT),
            track_uuid: Some(track),
            name_iid: Some(self.name(kind, &mut interned)),
            flow_ids: from,
            terminating_flow_ids: to,
            ..TrackEvent::default()
        };
        self.event(time, event, interned)
    }
}

/// Flows are told apart by any number but 0.
fn flow_id(number: i64) -> u64 {
    number.cast_unsigned().wrapping_add(1)
}

impl<W: io::Write + Send> Sink for Perfetto<W> {
    fn track(&mut self, track: &Track<'_>) -> io::Result<()> {
        if let Some(name) = track.new_group {
            self.group(track.group, name)?;
        }
        self.describe(TrackDescriptor {
            uuid: Some(track.id),
            name: Some(track.name.clone()),
            parent_uuid: Some(GROUPS + u64::from(track.group)),
            sibling_order_rank: Some(i32::try_from(track.rank).unwrap_or(i32::MAX)),
            ..TrackDescriptor::default()
        })
    }

    fn slice(&mut self, track: u64, slice: &Slice, closed: &[i64]) -> io::Result<()> {
        self.close(track, closed)?;
        let mut interned = InternedData::default();
        let category = (!slice.category.is_empty()).then(|| self.category(&slice.category, &mut interned));
        self.has_flows |= !slice.incoming.is_empty() || !slice.outgoing.is_empty();
        let event = TrackEvent {
            r#type: Some(SLICE_BEGIN),
            track_uuid: Some(track),
            name_iid: Some(self.name(&slice.name, &mut interned)),
            category_iids: category.into_iter().collect(),
            debug_annotations: self.annotations(&slice.args, &mut interned),
            flow_ids: slice.outgoing.iter().map(|&flow| flow_id(flow)).collect(),
            terminating_flow_ids: slice.incoming.iter().map(|&flow| flow_id(flow)).collect(),
            ..TrackEvent::default()
        };
        self.event(slice.start, event, interned)
    }

    fn flow(&mut self, from: u64, to: u64, flow: &Flow) -> io::Result<()> {
        if self.has_flows {
            return Ok(());
        }
        let id = flow_id(flow.number);
        self.flow_end(from, flow.from_time, &flow.kind, vec![id], Vec::new())?;
        self.flow_end(to, flow.to_time, &flow.kind, Vec::new(), vec![id])
    }

    fn instant(&mut self, track: u64, instant: &Instant) -> io::Result<()> {
        let mut interned = InternedData::default();
        let event = TrackEvent {
            r#type: Some(INSTANT),
            track_uuid: Some(track),
            name_iid: Some(self.name(&instant.name, &mut interned)),
            debug_annotations: self.annotations(&instant.args, &mut interned),
            ..TrackEvent::default()
        };
        self.event(instant.time, event, interned)
    }

    fn counter(&mut self, counter: &Counter) -> io::Result<()> {
        let track = if let Some(&track) = self.counters.get(&counter.name) {
            track
        } else {
            let track = COUNTERS + self.counters.len() as u64;
            self.counters.insert(counter.name.clone(), track);
            let unit = if counter.is_bytes { UNIT_SIZE_BYTES } else { UNIT_COUNT };
            self.describe(TrackDescriptor {
                uuid: Some(track),
                name: Some(counter.name.clone()),
                counter: Some(CounterDescriptor { unit: Some(unit) }),
                ..TrackDescriptor::default()
            })?;
            track
        };
        let mut event =
            TrackEvent { r#type: Some(COUNTER), track_uuid: Some(track), ..TrackEvent::default() };
        match counter.value {
            Number::Int(value) => event.counter_value = Some(value),
            Number::Float(value) => event.double_counter_value = Some(value),
        }
        self.event(counter.time, event, InternedData::default())
    }

    fn close(&mut self, track: u64, ends: &[i64]) -> io::Result<()> {
        ends.iter().try_for_each(|&end| self.end(track, end))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
