//! One generation, read into memory.

use ahash::AHashMap;

use super::sort::sort_like_go;
use super::spec;
use crate::trace::error::{Error, ErrorKind};
use crate::trace::event::{GoroutineId, ProcId, StackId, StringId, ThreadId};
use crate::trace::reader::Version;
use crate::trace::symbols::{Frame, Symbols};
use crate::trace::wire::{Cursor, IdTable, Input, Malformed};

/// A generation: its events still as bytes, the rest decoded. No part of it depends on the generation before.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    /// Where it begins in the input, and how many bytes it has.
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) batches: u64,
    /// The bytes of all event batches.
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

/// A batch that belongs to the next generation.
#[derive(Debug)]
pub(crate) struct Spill {
    header: Header,
    data: Vec<u8>,
}

/// What reading a generation gave.
pub(crate) enum Reading {
    /// The input is at its end.
    End,
    /// A generation, the first batch of the next (before Go 1.26), and the error that cut it short.
    Generation(Box<Generation>, Option<Spill>, Option<Error>),
}

#[derive(Debug, Clone, Copy)]
struct Header {
    kind: Kind,
    generation: u64,
    m: ThreadId,
    tick: u64,
    offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Events,
    /// Data of a runtime experiment.
    Experiment,
    EndOfGeneration,
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

    /// Reads the next generation. Errors lose it; those after which it can still be used come beside it.
    pub(crate) fn read(input: &mut Input, version: Version, spill: Option<Spill>) -> Result<Reading, Error> {
        let mut builder = Builder::new(version);
        if let Some(spill) = spill {
            builder.generation.number = spill.header.generation;
            builder.generation.offset = spill.header.offset;
            builder.add(input, spill.header, &spill.data)?;
        }
        let mut data = Vec::new();
        let mut next = None;
        let mut cut = None;
        loop {
            data.clear();
            let offset = input.offset();
            let header = match read_batch(input, &mut data) {
                Ok(Some(header)) => header,
                Ok(None) if builder.is_empty() => return Ok(Reading::End),
                Ok(None) if version.ends_generations() => return Err(input.error(ErrorKind::Truncated)),
                Ok(None) => break,
                // Without a mark at the end of a generation, this may be the first batch of the next one.
                Err(e) if !version.ends_generations() && !builder.is_empty() => {
                    cut = Some((e, offset));
                    break;
                }
                Err(e) => return Err(e),
            };
            if version.ends_generations() && header.kind == Kind::EndOfGeneration {
                if builder.is_empty() {
                    return Err(malformed(input, "a generation without batches"));
                }
                break;
            }
            if header.generation == 0 {
                return Err(malformed(input, "a batch of generation 0"));
            }
            let generation = &mut builder.generation;
            if builder.is_empty {
                generation.number = header.generation;
                generation.offset = header.offset;
            } else if !version.ends_generations() && header.generation == generation.number.wrapping_add(1) {
                next = Some(Spill { header, data });
                break;
            } else if header.generation != generation.number {
                return Err(malformed(input, "the batches of two generations are mixed"));
            }
            builder.add(input, header, &data)?;
        }
        let end = match (&next, &cut) {
            (Some(spill), _) => spill.header.offset,
            (None, Some((_, offset))) => *offset,
            (None, None) => input.offset(),
        };
        let generation = builder.finish(input, end)?;
        Ok(Reading::Generation(Box::new(generation), next, cut.map(|(e, _)| e)))
    }
}

/// Reads a batch, its bytes into `data`. `None`: the input ends here.
fn read_batch(input: &mut Input, data: &mut Vec<u8>) -> Result<Option<Header>, Error> {
    let offset = input.offset();
    let Some(byte) = input.byte()? else { return Ok(None) };
    let kind = match byte {
        spec::EVENT_BATCH => Kind::Events,
        spec::EXPERIMENTAL_BATCH => {
            input.byte()?.ok_or_else(|| input.error(ErrorKind::Truncated))?;
            Kind::Experiment
        }
        spec::END_OF_GENERATION => {
            return Ok(Some(Header {
                kind: Kind::EndOfGeneration,
                generation: 0,
                m: ThreadId::NONE,
                tick: 0,
                offset,
            }));
        }
        other => return Err(malformed(input, &format!("a batch was expected, not byte {other:#04x}"))),
    };
    let generation = input.uvarint()?;
    let m = ThreadId(input.uvarint()?.cast_signed());
    let tick = input.uvarint()?;
    let size = input.uvarint()?;
    if size > spec::MAX_BATCH_SIZE {
        return Err(malformed(
            input,
            &format!("a batch of {size} bytes; the most is {}", spec::MAX_BATCH_SIZE),
        ));
    }
    input.append(usize::try_from(size).expect("at most 64 KiB"), data)?;
    Ok(Some(Header { kind, generation, m, tick, offset }))
}

fn malformed(input: &Input, message: &str) -> Error {
    input.error(ErrorKind::Malformed(message.into()))
}

/// A generation that is being read.
struct Builder {
    version: Version,
    generation: Generation,
    is_empty: bool,
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
            is_empty: true,
            by_thread: AHashMap::new(),
            frames: Vec::new(),
            by_pc: AHashMap::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.is_empty
    }

    fn add(&mut self, input: &Input, header: Header, data: &[u8]) -> Result<(), Error> {
        self.is_empty = false;
        let generation = &mut self.generation;
        generation.batches += 1;
        if generation.first_tick == 0 || header.tick < generation.first_tick {
            generation.first_tick = header.tick;
        }
        if header.kind == Kind::Experiment {
            return Ok(()); // Its events' own data is not asked for by any table yet.
        }
        let mut cursor = Cursor::new(data);
        let first = data.first().copied();
        let sync = if self.version.has_clock() { spec::SYNC } else { spec::FREQUENCY };
        match first {
            Some(spec::STRINGS) => self.strings(&mut cursor),
            Some(spec::STACKS) => self.stacks(&mut cursor),
            Some(spec::CPU_SAMPLES) => self.samples(&mut cursor),
            Some(kind) if kind == sync => self.sync(&mut cursor, header.tick),
            _ => {
                self.events(header, data);
                Ok(())
            }
        }
        .map_err(|message| malformed(input, &message))
    }

    fn events(&mut self, header: Header, data: &[u8]) {
        let generation = &mut self.generation;
        let start = generation.data.len();
        generation.data.extend_from_slice(data);
        let batch = Batch { tick: header.tick, start, end: generation.data.len() };
        let threads = &mut generation.threads;
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

    fn finish(mut self, input: &Input, end: u64) -> Result<Generation, Error> {
        let mut generation = self.generation;
        if generation.ns_per_tick == 0.0 {
            return Err(malformed(input, "a generation without the frequency of its clock"));
        }
        if self.version.has_clock() && generation.clock.is_none() {
            return Err(malformed(input, "a generation without a clock snapshot"));
        }
        for frame in self.frames.drain(..) {
            let string = |id| {
                let index = generation.strings.get(id);
                index
                    .map(StringId)
                    .ok_or_else(|| malformed(input, &format!("a frame names the missing string {id}")))
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
        generation.size = end.saturating_sub(generation.offset);
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
