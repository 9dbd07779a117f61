//! The events of one P, in the order in which it wrote them.

use std::ops::Range;

use super::index::{Batch, Index, Sample, too_large};
use super::spec;
use super::wire::Raw;
use crate::trace::error::ErrorKind;
use crate::trace::event::{StackId, StringId};
use crate::trace::wire::Cursor;

/// An event, without what is needed only to put it in order: 48 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// First in ticks of the trace's clock; when all are in order, in ns since the first.
    pub(super) time: i64,
    /// The goroutine that runs; 0: none.
    pub(super) g: u64,
    /// | kinds | a | b | c |
    /// |---|---|---|---|
    /// | Gomaxprocs, HeapAlloc, HeapGoal | value | | |
    /// | ProcStart | thread | | |
    /// | STWStart | its kind | | |
    /// | GCSweepDone | bytes swept | reclaimed | |
    /// | GoCreate | goroutine | | its stack |
    /// | GoStartLabel | | | label |
    /// | GoUnblock | goroutine | | |
    /// | GoSysCall | whether it blocks | | |
    /// | GoSysExit | real time, in ticks; 0: that of the event | | |
    /// | UserTaskCreate | task | parent | name |
    /// | UserTaskEnd | task | | |
    /// | UserRegion | task | mode | name |
    /// | UserLog | task | category | message |
    pub(super) a: u64,
    pub(super) b: u64,
    pub(super) c: u32,
    pub(super) stack: StackId,
    pub(super) p: i32,
    pub(super) kind: u8,
}

/// The next event of a P.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) record: Record,
    /// Its place in the events of its goroutine or, before Go 1.7, of the trace.
    pub(super) number: u64,
}

/// A P's place in its batches.
#[derive(Debug)]
pub(super) struct Track {
    p: i32,
    batches: std::vec::IntoIter<Range<usize>>,
    /// What is left of the present batch.
    rest: Range<usize>,
    tick: i64,
    number: i64,
    /// The goroutine that runs.
    g: u64,
}

impl Record {
    pub(super) fn string(self) -> StringId {
        StringId(self.c)
    }

    pub(super) fn of_sample(sample: &Sample, index: &Index) -> Self {
        let Sample { tick, p, g, .. } = *sample;
        let stack = index.stack_of(sample);
        Self { time: tick, g, a: 0, b: 0, c: 0, stack, p, kind: spec::CPU_SAMPLE }
    }
}

impl Track {
    pub(super) fn new(p: i32, batches: Vec<Range<usize>>) -> Self {
        Self { p, batches: batches.into_iter(), rest: 0..0, tick: 0, number: 0, g: 0 }
    }

    /// The P's next event. Messages of logs are added to the strings.
    pub(super) fn next(&mut self, data: &[u8], index: &mut Index) -> Result<Option<Head>, ErrorKind> {
        loop {
            if self.rest.is_empty() {
                let Some(batch) = self.batches.next() else { return Ok(None) };
                self.rest = batch;
            }
            let bytes = data.get(self.rest.clone()).unwrap_or_default();
            let mut cursor = Cursor::new(bytes);
            let raw = Raw::read(&mut cursor, index.version)?;
            self.rest.start += bytes.len() - cursor.remaining();
            if raw.kind == spec::BATCH {
                let batch = Batch::read(&raw, index.version)?;
                (self.tick, self.number) = (batch.tick, batch.number);
            } else if raw.spec.is_timed() && raw.kind != spec::CPU_SAMPLE {
                return self.event(&raw, index).map(Some);
            }
        }
    }

    fn event(&mut self, raw: &Raw<'_>, index: &mut Index) -> Result<Head, ErrorKind> {
        let count = spec::arguments(raw.kind, index.version);
        let own = count + usize::from(raw.spec.stack);
        let args: [u64; 4] = if index.version < spec::SYMBOLS {
            let [number, ticks, args @ ..]: [u64; 6] = raw.numbers(own + 2)?;
            self.number = self.number.wrapping_add(number.cast_signed());
            self.tick = self.tick.wrapping_add(ticks.cast_signed());
            args
        } else {
            let [ticks, args @ ..]: [u64; 5] = raw.numbers(own + 1)?;
            self.tick = self.tick.wrapping_add(ticks.cast_signed());
            args
        };
        let stack = if raw.spec.stack { index.stack(args[count]) } else { StackId::NONE };
        let mut record =
            Record { time: self.tick, g: self.g, a: args[0], b: 0, c: 0, stack, p: self.p, kind: raw.kind };
        // The number of an event that has none does not matter.
        let mut number = args[1];
        match raw.kind {
            spec::GO_START | spec::GO_START_LOCAL | spec::GO_START_LABEL => {
                self.g = args[0];
                record.g = self.g;
                if raw.kind == spec::GO_START_LABEL {
                    record.c = index.string(args[2]).0;
                }
            }
            spec::GO_END
            | spec::GO_STOP
            | spec::GO_SCHED
            | spec::GO_PREEMPT
            | spec::GO_SLEEP
            | spec::GO_BLOCK
            | spec::GO_BLOCK_SEND..=spec::GO_BLOCK_NET
            | spec::GO_BLOCK_GC
            | spec::GO_SYS_BLOCK => self.g = 0,
            spec::GO_WAITING | spec::GO_IN_SYSCALL => record.g = args[0],
            // As in Go, the real time of a local exit is not looked at.
            spec::GO_SYS_EXIT | spec::GO_SYS_EXIT_LOCAL => (record.g, record.a) = (args[0], args[2]),
            spec::GO_CREATE => record.c = index.stack_of_new(args[1]).0,
            spec::GC_START => number = args[0],
            spec::GC_SWEEP_DONE => record.b = args[1],
            spec::USER_TASK_CREATE | spec::USER_REGION => {
                record.b = args[1];
                record.c = index.string(args[2]).0;
            }
            spec::USER_LOG => {
                record.b = u64::from(index.string(args[1]).0);
                record.c = index.symbols.add_string(raw.text).ok_or_else(too_large)?.0;
            }
            _ => {}
        }
        if index.version < spec::SYMBOLS {
            number = self.number.cast_unsigned();
            if raw.kind == spec::GO_SYS_EXIT {
                // It is written when the thread has a P again; its own arguments say when it was.
                number = args[1];
                record.time = if args[2] == 0 { record.time } else { args[2].cast_signed() };
            }
        }
        Ok(Head { record, number })
    }
}

const _: () = assert!(size_of::<Record>() == 48);
