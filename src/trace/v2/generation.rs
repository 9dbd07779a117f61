//! One generation, read into memory.

use std::collections::BTreeMap;
use std::ops::Range;

use ahash::AHashMap;

use super::batches::{Header, Kind};
use super::frontier::{Raw, decode};
use super::spec;
use crate::trace::alloc_free;
use crate::trace::error::{Error, ErrorKind};
use crate::trace::event::{GoroutineId, ProcId, StackId, StringId, ThreadId, Time};
use crate::trace::reader::{GenerationInfo, Version};
use crate::trace::sort::sort_like_go;
use crate::trace::symbols::{Frame, Symbols};
use crate::trace::wire::{Cursor, IdTable, Malformed};

/// A generation: its events still as bytes, the rest decoded. No part of it depends on the generation before.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    /// Where it begins in the input, and how many bytes it has.
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) batches: u64,
    /// The bytes of all batches.
    pub(crate) data: Vec<u8>,
    /// The threads in the order of their first batches.
    pub(crate) threads: Vec<Thread>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) symbols: Symbols,
    pub(crate) strings: IdTable,
    pub(crate) stacks: IdTable,
    /// The earliest time of a batch, in units of the trace's clock.
    pub(crate) first_tick: u64,
    /// ns per unit; 0: not known yet.
    pub(crate) ns_per_tick: f64,
    pub(crate) clock: Option<Snapshot>,
}

/// The event batches of a thread, in the order of the file.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) id: ThreadId,
    pub(crate) batches: Vec<Batch>,
}

/// A batch of events: where its bytes lie in the generation's data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) tick: u64,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A sample of the CPU profiler.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) time: i64,
    pub(crate) m: ThreadId,
    pub(crate) p: ProcId,
    pub(crate) g: GoroutineId,
    pub(crate) stack: u64,
}

/// A near-simultaneous reading of the trace's clock and the wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Snapshot {
    tick: u64,
    /// ns since the Unix epoch.
    pub(crate) wall: i64,
}

impl Generation {
    /// Converts the trace's clock to ns, rounding as Go does.
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "it is what Go computes"
    )]
    pub(crate) fn ns(&self, ticks: u64) -> i64 {
        (ticks as f64 * self.ns_per_tick) as i64
    }

    /// The time of the snapshot on the trace's clock.
    pub(crate) fn snapshot_time(&self, snapshot: Snapshot) -> i64 {
        self.ns(snapshot.tick)
    }

    pub(crate) fn string(&self, id: u64) -> Option<StringId> {
        self.strings.get(id).map(StringId)
    }

    pub(crate) fn stack(&self, id: u64) -> Option<StackId> {
        self.stacks.get(id).map(StackId)
    }
}

/// A generation whose batches have been read and not yet been looked into.
#[derive(Debug)]
pub(crate) struct RawGeneration {
    pub(super) version: Version,
    pub(super) number: u64,
    pub(super) offset: u64,
    /// Of it in the input, with the mark at its end.
    pub(super) size: u64,
    /// The bytes of all batches.
    pub(super) data: Vec<u8>,
    /// Each with the place of its bytes.
    batches: Vec<(Header, Range<usize>)>,
}

/// When a generation's events happen, in ns of the trace's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeSpan {
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Whether the last event is so far from all others that putting them in order leaves it its time.
    pub(crate) clear: bool,
}

/// Events closer than this may be moved behind each other: equal times are told apart by a ns each.
const CLOSE: i64 = 1_000;

impl RawGeneration {
    /// One whose first batch has its bytes in `data`.
    pub(super) fn new(version: Version, first: Header, data: Vec<u8>) -> Self {
        let (number, offset) = (first.generation, first.offset);
        let batches = vec![(first, 0..data.len())];
        Self { version, number, offset, size: 0, data, batches }
    }

    /// Adds a batch whose bytes have been appended to the data, from `start` on.
    pub(super) fn add(&mut self, header: Header, start: usize) {
        self.batches.push((header, start..self.data.len()));
    }

    /// The bytes of its last batch.
    pub(super) fn last_batch(&self) -> &[u8] {
        self.batches.last().and_then(|(_, place)| self.data.get(place.clone())).unwrap_or_default()
    }

    /// When its events happen, as far as that can be told from the batches that say how fast the clock ticks, and from
    /// each thread's last one. None: something is wrong with those, which decoding will tell.
    pub(crate) fn span(&self) -> Option<TimeSpan> {
        let mut clock = Builder::new(self.version);
        let mut last: BTreeMap<ThreadId, (u64, &[u8])> = BTreeMap::new();
        for (header, place) in &self.batches {
            let data = self.data.get(place.clone())?;
            match Content::of(self.version, header, data) {
                Content::Sync => clock.sync(&mut Cursor::new(data), header.tick).ok()?,
                Content::Events => {
                    last.insert(header.m, (header.tick, data));
                }
                _ => {}
            }
        }
        let generation = clock.generation;
        if generation.ns_per_tick == 0.0 {
            return None;
        }
        let first = self.batches.iter().map(|(header, _)| header.tick).min()?;
        let first = generation.ns(first);
        let mut ends = Vec::with_capacity(2 * last.len());
        for (tick, data) in last.values() {
            ends.extend(last_times(&generation, *tick, data)?);
        }
        let last = ends.iter().copied().fold(first, i64::max);
        let clear = ends.iter().filter(|&&end| end > last.saturating_sub(CLOSE)).count() == 1;
        Some(TimeSpan { first, last, clear })
    }

    /// Decodes all but the events, which stay bytes until they are put in order.
    pub(crate) fn decode(mut self) -> Result<Generation, Error> {
        let mut builder = Builder::new(self.version);
        builder.generation.number = self.number;
        builder.generation.offset = self.offset;
        builder.generation.size = self.size;
        let data = std::mem::take(&mut self.data);
        for (header, place) in &self.batches {
            builder.add(header, place.clone(), &data)?;
        }
        builder.generation.data = data;
        let end = self.offset + self.size;
        builder.finish(end)
    }

    pub(crate) fn info(&self, time: Time) -> GenerationInfo {
        GenerationInfo {
            number: self.number,
            offset: self.offset,
            bytes: self.size,
            batches: self.batches.len() as u64,
            events: 0,
            first: time,
            last: time,
        }
    }
}

/// The times of the last two events of a batch.
fn last_times(generation: &Generation, tick: u64, data: &[u8]) -> Option<[i64; 2]> {
    let (mut before, mut time) = (i64::MIN, generation.ns(tick));
    let mut rest = data;
    let mut event = Raw::default();
    while !rest.is_empty() {
        let (ticks, length) = decode(rest, &mut event).ok()?;
        (before, time) = (time, time.wrapping_add(generation.ns(ticks)));
        rest = rest.get(length..)?;
    }
    Some([before, time])
}

/// What a batch is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Strings,
    Stacks,
    Samples,
    Sync,
    Events,
    AllocFree,
    /// Of an experiment that is not known.
    Unknown,
}

impl Content {
    pub(super) fn of(version: Version, header: &Header, data: &[u8]) -> Self {
        let sync = if version.has_clock() { spec::SYNC } else { spec::FREQUENCY };
        match data.first().copied() {
            _ if header.kind == Kind::Experiment(alloc_free::NUMBER) => Self::AllocFree,
            _ if matches!(header.kind, Kind::Experiment(_)) => Self::Unknown,
            Some(spec::STRINGS) => Self::Strings,
            Some(spec::STACKS) => Self::Stacks,
            Some(spec::CPU_SAMPLES) => Self::Samples,
            Some(kind) if kind == sync => Self::Sync,
            _ => Self::Events,
        }
    }
}

/// A generation that is being decoded.
struct Builder {
    version: Version,
    generation: Generation,
    by_thread: AHashMap<ThreadId, usize>,
    frames: Vec<RawFrame>,
    by_pc: AHashMap<u64, u32>,
}

/// A frame whose strings may come later in the generation.
struct RawFrame {
    pc: u64,
    func: u64,
    file: u64,
    line: u64,
}

impl Builder {
    fn new(version: Version) -> Self {
        Self {
            version,
            generation: Generation::default(),
            by_thread: AHashMap::new(),
            frames: Vec::new(),
            by_pc: AHashMap::new(),
        }
    }

    fn add(&mut self, header: &Header, place: Range<usize>, all: &[u8]) -> Result<(), Error> {
        let generation = &mut self.generation;
        generation.batches += 1;
        if generation.first_tick == 0 || header.tick < generation.first_tick {
            generation.first_tick = header.tick;
        }
        let data = all.get(place.clone()).unwrap_or_default();
        let mut cursor = Cursor::new(data);
        match Content::of(self.version, header, data) {
            Content::Strings => self.strings(&mut cursor),
            Content::Stacks => self.stacks(&mut cursor),
            Content::Samples => self.samples(&mut cursor),
            Content::Sync => self.sync(&mut cursor, header.tick),
            Content::Events => {
                self.events(header, place);
                Ok(())
            }
            Content::AllocFree => {
                alloc_free::read(data, &mut generation.symbols);
                Ok(())
            }
            Content::Unknown => Ok(()),
        }
        .map_err(|message| Error::new(header.offset, ErrorKind::Malformed(message)))
    }

    fn events(&mut self, header: &Header, place: Range<usize>) {
        let batch = Batch { tick: header.tick, start: place.start, end: place.end };
        let threads = &mut self.generation.threads;
        let index = *self.by_thread.entry(header.m).or_insert_with(|| {
            threads.push(Thread { id: header.m, batches: Vec::new() });
            threads.len() - 1
        });
        threads[index].batches.push(batch);
    }

    fn strings(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        cursor.byte()?;
        while !cursor.is_empty() {
            expect(cursor, spec::STRING)?;
            let id = cursor.uvarint()?;
            let length = cursor.uvarint()?;
            if length > spec::MAX_STRING {
                return Err(format!("a string of {length} bytes; the most is {}", spec::MAX_STRING));
            }
            let string = self.generation.symbols.add_string(cursor.take(length)?).ok_or(TOO_LARGE)?;
            if !self.generation.strings.insert(id, string.0) {
                return Err(format!("two strings have the id {id}"));
            }
        }
        Ok(())
    }

    fn stacks(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        cursor.byte()?;
        let mut frames = Vec::new();
        while !cursor.is_empty() {
            expect(cursor, spec::STACK)?;
            let id = cursor.uvarint()?;
            let count = cursor.uvarint()?;
            if count > spec::MAX_FRAMES {
                return Err(format!("a stack of {count} frames; the most is {}", spec::MAX_FRAMES));
            }
            frames.clear();
            for _ in 0..count {
                let pc = cursor.uvarint()?;
                let func = cursor.uvarint()?;
                let file = cursor.uvarint()?;
                let line = cursor.uvarint()?;
                // As in Go, the first frame of a program counter is that of all.
                let all = &mut self.frames;
                let next = u32::try_from(all.len()).map_err(|_| TOO_LARGE)?;
                frames.push(*self.by_pc.entry(pc).or_insert_with(|| {
                    all.push(RawFrame { pc, func, file, line });
                    next
                }));
            }
            let stack = self.generation.symbols.add_stack(&frames).ok_or(TOO_LARGE)?;
            if !self.generation.stacks.insert(id, stack.0) {
                return Err(format!("two stacks have the id {id}"));
            }
        }
        Ok(())
    }

    fn samples(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        cursor.byte()?;
        while !cursor.is_empty() {
            expect(cursor, spec::CPU_SAMPLE)?;
            let time = cursor.uvarint()?.cast_signed();
            let m = ThreadId(cursor.uvarint()?.cast_signed());
            let p = ProcId(cursor.uvarint()?.cast_signed());
            let g = cursor.uvarint()?.cast_signed();
            let g = if g == 0 { GoroutineId::NONE } else { GoroutineId(g) };
            let stack = cursor.uvarint()?;
            self.generation.samples.push(Sample { time, m, p, g, stack });
        }
        Ok(())
    }

    fn sync(&mut self, cursor: &mut Cursor<'_>, mut tick: u64) -> Result<(), String> {
        if self.version.has_clock() {
            cursor.byte()?;
        }
        let generation = &mut self.generation;
        while !cursor.is_empty() {
            match cursor.byte()? {
                spec::FREQUENCY if generation.ns_per_tick == 0.0 => {
                    let ticks_per_second = cursor.uvarint()?;
                    if ticks_per_second == 0 {
                        return Err("a clock that never ticks".into());
                    }
                    #[expect(clippy::cast_precision_loss, reason = "it is what Go computes")]
                    let frequency = 1.0 / (ticks_per_second as f64 / 1e9);
                    generation.ns_per_tick = frequency;
                }
                spec::CLOCK_SNAPSHOT if self.version.has_clock() && generation.clock.is_none() => {
                    tick = tick.wrapping_add(cursor.uvarint()?);
                    cursor.uvarint()?; // The monotonic clock.
                    let seconds = cursor.uvarint()?.cast_signed();
                    let ns = cursor.uvarint()?.cast_signed();
                    let wall = seconds.saturating_mul(1_000_000_000).saturating_add(ns);
                    generation.clock = Some(Snapshot { tick, wall });
                }
                other => return Err(format!("the event {} in a sync batch", spec::name(other))),
            }
        }
        Ok(())
    }

    /// `end`: where it ends in the input.
    fn finish(mut self, end: u64) -> Result<Generation, Error> {
        let malformed = |message: String| Error::new(end, ErrorKind::Malformed(message));
        let mut generation = self.generation;
        if generation.ns_per_tick == 0.0 {
            return Err(malformed("a generation without the frequency of its clock".into()));
        }
        if self.version.has_clock() && generation.clock.is_none() {
            return Err(malformed("a generation without a clock snapshot".into()));
        }
        for frame in self.frames.drain(..) {
            let string = |id| {
                let index = generation.strings.get(id);
                index.map(StringId).ok_or_else(|| malformed(format!("a frame names the missing string {id}")))
            };
            let (func, file) = (string(frame.func)?, string(frame.file)?);
            generation.symbols.add_frame(Frame { pc: frame.pc, func, file, line: frame.line });
        }
        let mut samples = std::mem::take(&mut generation.samples);
        for sample in &mut samples {
            sample.time = generation.ns(sample.time.cast_unsigned());
        }
        sort_like_go(&mut samples, |a, b| a.time < b.time);
        generation.samples = samples;
        Ok(generation)
    }
}

const TOO_LARGE: &str = "a generation with more than 4 GiB of strings or stacks";

fn expect(cursor: &mut Cursor<'_>, kind: u8) -> Result<(), String> {
    match cursor.byte()? {
        byte if byte == kind => Ok(()),
        byte => Err(format!("{} was expected, not {}", spec::name(kind), spec::name(byte))),
    }
}

impl From<Malformed> for String {
    fn from(_: Malformed) -> Self {
        "a batch that ends in the middle of an entry".into()
    }
}
