//! The first way through the bytes: what is not an event of a P, and where the batches of each P lie.

use std::ops::Range;

use ahash::{AHashMap, AHashSet};

use super::spec;
use super::wire::Raw;
use crate::trace::error::{Error, ErrorKind};
use crate::trace::event::{StackId, StringId};
use crate::trace::reader::{Version, is_trace};
use crate::trace::sort::sort_like_go;
use crate::trace::symbols::{Frame, Symbols};
use crate::trace::wire::{Cursor, IdTable};

/// The most frames that a stack can have.
const MAX_FRAMES: u64 = 1000;

/// All of a trace but its events.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) version: Version,
    pub(super) symbols: Symbols,
    strings: IdTable,
    stacks: IdTable,
    /// Before Go 1.7, the entry of a new goroutine is a program counter: its stack of that one frame.
    entries: AHashMap<u64, StackId>,
    /// In the order of their first batches.
    pub(super) procs: Vec<Proc>,
    pub(super) samples: Vec<Sample>,
    /// Goroutines that run timers.
    pub(super) timers: AHashSet<u64>,
    /// 0: not known.
    pub(super) ticks_per_second: u64,
    /// Bytes that were read; and why not the rest.
    pub(super) end: usize,
    pub(super) cut: Option<Error>,
}

/// A P and its batches.
#[derive(Debug)]
pub(super) struct Proc {
    pub(super) id: i32,
    pub(super) batches: Vec<Range<usize>>,
}

/// A sample of the CPU profiler.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) tick: i64,
    pub(super) p: i32,
    pub(super) g: u64,
    stack: u64,
}

/// The header of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub(super) p: i32,
    pub(super) number: i64,
    pub(super) tick: i64,
}

/// A frame whose strings may come later.
struct RawFrame {
    pc: u64,
    func: u64,
    file: u64,
    line: u64,
}

struct Builder {
    index: Index,
    by_id: AHashMap<i32, usize>,
    /// The P of the present batch.
    proc: Option<usize>,
    frames: Vec<RawFrame>,
    by_key: AHashMap<[u64; 4], u32>,
}

impl Index {
    /// Reads the bytes that follow a header of `header` bytes, as far as they have the format.
    pub(super) fn new(data: &[u8], version: Version, header: u64) -> Self {
        let mut builder = Builder {
            index: Self { version, ..Self::default() },
            by_id: AHashMap::new(),
            proc: None,
            frames: Vec::new(),
            by_key: AHashMap::new(),
        };
        let mut cursor = Cursor::new(data);
        while !cursor.is_empty() {
            let at = data.len() - cursor.remaining();
            let read = Raw::read(&mut cursor, version).and_then(|raw| builder.add(&raw, at));
            if let Err(kind) = read {
                let another = is_trace(&data[at..]);
                let kind = if another { ErrorKind::AnotherTrace } else { kind };
                builder.index.cut = Some(Error::new(header + at as u64, kind));
                break;
            }
            let end = data.len() - cursor.remaining();
            builder.index.end = end;
            if let Some(batch) = builder.proc.and_then(|proc| builder.index.procs[proc].batches.last_mut()) {
                batch.end = end;
            }
        }
        builder.finish()
    }

    /// A string; the empty one for an unknown id.
    pub(super) fn string(&self, id: u64) -> StringId {
        self.strings.get(id).map_or(StringId::EMPTY, StringId)
    }

    /// A stack; none for an unknown id.
    pub(super) fn stack(&self, id: u64) -> StackId {
        self.stacks.get(id & u64::from(u32::MAX)).map_or(StackId::NONE, StackId)
    }

    /// The stack of a goroutine that has not run yet.
    pub(super) fn stack_of_new(&self, id: u64) -> StackId {
        if self.version < spec::SYMBOLS {
            self.entries.get(&id).copied().unwrap_or_default()
        } else {
            self.stack(id)
        }
    }

    pub(super) fn stack_of(&self, sample: &Sample) -> StackId {
        self.stack(sample.stack)
    }
}

impl Batch {
    pub(super) fn read(raw: &Raw<'_>, version: Version) -> Result<Self, ErrorKind> {
        let (p, number, tick) = if version < spec::SYMBOLS {
            let [p, number, tick] = raw.numbers(3)?;
            (p, number, tick)
        } else {
            let [p, tick] = raw.numbers(2)?;
            (p, 0, tick)
        };
        let p = i32::try_from(p.cast_signed()).ok().filter(|&p| p >= -1);
        let p = p.ok_or_else(|| raw.malformed("of a P that can't be"))?;
        Ok(Self { p, number: number.cast_signed(), tick: tick.cast_signed() })
    }
}

impl Builder {
    fn add(&mut self, raw: &Raw<'_>, at: usize) -> Result<(), ErrorKind> {
        let version = self.index.version;
        // Before Go 1.7, these have an argument that is not used.
        let one = 1 + usize::from(version < spec::SYMBOLS);
        match raw.kind {
            spec::BATCH => self.batch(Batch::read(raw, version)?, at),
            spec::STRING => self.string(raw)?,
            spec::STACK => self.stack(raw)?,
            spec::FREQUENCY => {
                let [ticks_per_second, _] = raw.numbers(one)?;
                if ticks_per_second == 0 || ticks_per_second.cast_signed() < 0 {
                    return Err(raw.malformed("of a clock that does not go forward"));
                }
                self.index.ticks_per_second = ticks_per_second;
            }
            spec::TIMER_GOROUTINE => {
                let [g, _] = raw.numbers(one)?;
                self.index.timers.insert(g);
            }
            _ => {
                let before = if version < spec::SYMBOLS { 2 } else { 1 };
                let count = before + spec::arguments(raw.kind, version) + usize::from(raw.spec.stack);
                let numbers: [u64; 5] = raw.numbers(count)?;
                if self.proc.is_none() {
                    return Err(raw.malformed("stands before the first batch"));
                }
                self.event(raw.kind, numbers)?;
            }
        }
        Ok(())
    }

    fn batch(&mut self, batch: Batch, at: usize) {
        let procs = &mut self.index.procs;
        let proc = *self.by_id.entry(batch.p).or_insert_with(|| {
            procs.push(Proc { id: batch.p, batches: Vec::new() });
            procs.len() - 1
        });
        procs[proc].batches.push(at..at);
        self.proc = Some(proc);
    }

    fn event(&mut self, kind: u8, numbers: [u64; 5]) -> Result<(), ErrorKind> {
        match kind {
            spec::CPU_SAMPLE => {
                let [_, tick, p, g, stack] = numbers;
                #[expect(clippy::cast_possible_truncation, reason = "it is what Go does")]
                let p = p as i32;
                self.index.samples.push(Sample { tick: tick.cast_signed(), p, g, stack });
            }
            spec::GO_CREATE if self.index.version < spec::SYMBOLS => {
                let pc = numbers[3];
                if !self.index.entries.contains_key(&pc) {
                    let frame = self.frame_without_symbols(pc)?;
                    let stack = self.index.symbols.add_stack(&[frame]).ok_or_else(too_large)?;
                    self.index.entries.insert(pc, stack);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn string(&mut self, raw: &Raw<'_>) -> Result<(), ErrorKind> {
        let [id] = raw.numbers(1)?;
        if raw.text.is_empty() {
            return Err(raw.malformed("without text"));
        }
        let string = self.index.symbols.add_string(raw.text).ok_or_else(too_large)?;
        if !self.index.strings.insert(id, string.0) {
            return Err(raw.malformed(&format!("has the id {id}, which is taken")));
        }
        Ok(())
    }

    fn stack(&mut self, raw: &Raw<'_>) -> Result<(), ErrorKind> {
        let mut cursor = raw.cursor();
        let mut number = || cursor.uvarint().map_err(|_| raw.malformed("ends before its last frame"));
        let (id, size) = (number()?, number()?);
        if size > MAX_FRAMES {
            return Err(raw.malformed(&format!("has {size} frames; the most is {MAX_FRAMES}")));
        }
        let mut frames = Vec::new();
        for _ in 0..size {
            let pc = number()?;
            frames.push(if self.index.version < spec::SYMBOLS {
                self.frame_without_symbols(pc)?
            } else {
                let (func, file, line) = (number()?, number()?, number()?);
                self.frame(RawFrame { pc, func, file, line })?
            });
        }
        if !cursor.is_empty() {
            return Err(raw.malformed("goes on after its last frame"));
        }
        if !frames.is_empty() {
            let stack = self.index.symbols.add_stack(&frames).ok_or_else(too_large)?;
            // Of two stacks with the same id the first counts.
            self.index.stacks.insert(id & u64::from(u32::MAX), stack.0);
        }
        Ok(())
    }

    /// As in Go, the first frame of a program counter is that of all, since traces of Go 1.11.
    fn frame(&mut self, frame: RawFrame) -> Result<u32, ErrorKind> {
        let RawFrame { pc, func, file, line } = frame;
        let key = if self.index.version < Version(11) { [pc, func, file, line] } else { [pc, 0, 0, 0] };
        self.frame_of(key, |_| Some(frame))
    }

    /// A frame of a trace that has no symbols: what is known of its function is an address.
    fn frame_without_symbols(&mut self, pc: u64) -> Result<u32, ErrorKind> {
        self.frame_of([pc, 0, 0, 0], |index| {
            let name = index.symbols.add_string(format!("{pc:#x}").as_bytes())?;
            // Nothing else has the ids of strings here.
            let func = u64::from(name.0);
            index.strings.insert(func, name.0).then_some(RawFrame { pc, func, file: 0, line: 0 })
        })
    }

    fn frame_of(
        &mut self,
        key: [u64; 4],
        make: impl FnOnce(&mut Index) -> Option<RawFrame>,
    ) -> Result<u32, ErrorKind> {
        if let Some(&number) = self.by_key.get(&key) {
            return Ok(number);
        }
        let number = u32::try_from(self.frames.len()).map_err(|_| too_large())?;
        self.frames.push(make(&mut self.index).ok_or_else(too_large)?);
        self.by_key.insert(key, number);
        Ok(number)
    }

    fn finish(self) -> Index {
        let mut index = self.index;
        for RawFrame { pc, func, file, line } in self.frames {
            let (func, file) = (index.string(func), index.string(file));
            index.symbols.add_frame(Frame { pc, func, file, line });
        }
        // Samples are written when the profiler's buffer is, some time after they were taken.
        sort_like_go(&mut index.samples, |a, b| a.tick < b.tick);
        index
    }
}

pub(super) fn too_large() -> ErrorKind {
    ErrorKind::Malformed("more than 4 GiB of strings or stacks".into())
}
