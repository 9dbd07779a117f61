//! From a byte stream to events in order.

use ahash::AHashMap;

use super::check::{Check, SYSCALL_P, TIMER_P};
use super::convert::Converter;
use super::index::{Index, too_large};
use super::merge::merge;
use super::track::Record;
use super::{futile, spec};
use crate::trace::error::{Error, ErrorKind};
use crate::trace::event::{Event, GoroutineId, Happening, ProcId, StackId, ThreadId, Time};
use crate::trace::reader::{Loss, Version};
use crate::trace::symbols::Symbols;
use crate::trace::wire::Input;

/// Events that are converted at a time.
const READY: usize = 512;

/// Reads the events of a trace in order; [`trace::Reader`](crate::trace::Reader) documents what it gives.
///
/// Go refuses a trace that is cut, damaged or inconsistent. Here it is used up to where it is that, if the frequency of its
/// clock, which stands behind all its events, comes before; the rest is a loss. So a trace whose end is missing is of use
/// only as far as the end consists of stacks. One whose times go backwards is refused: it has no right order.
pub(crate) struct Reader {
    symbols: Symbols,
    events: std::vec::IntoIter<Record>,
    /// How many events there were.
    all: usize,
    check: Check,
    converter: Converter,
    /// Events that are in order; those before `taken` have been given out.
    ready: Vec<Event>,
    taken: usize,
    start: Time,
    last: Time,
    bytes_read: u64,
    valid_bytes: u64,
    /// What is wrong; a loss when the last event is there.
    problem: Option<Error>,
    losses: Vec<Loss>,
    ended: bool,
}

impl Reader {
    /// Reads the whole trace, after the header.
    pub(crate) fn new(mut input: Input, version: Version) -> Result<Self, Error> {
        let header = input.offset();
        let mut data = Vec::new();
        let unread = input.append_all(&mut data).err();
        let mut index = Index::new(&data, version, header);
        let end = header + index.end as u64;
        // Where the input fails, it is no wonder that the rest does not have the format.
        let mut problem = unread.or_else(|| index.cut.take());
        if index.ticks_per_second == 0 {
            const MISSING: &str = "the frequency of its clock, which stands at its end, is missing";
            return Err(match problem {
                Some(Error { kind: ErrorKind::Truncated, offset }) => {
                    Error::new(offset, ErrorKind::Malformed(format!("it is cut off here, so {MISSING}")))
                }
                Some(problem) => problem,
                None if data.is_empty() => input.error(ErrorKind::NoEvents),
                None => input.error(ErrorKind::Malformed(MISSING.into())),
            });
        }
        let merged = merge(&mut index, &data).map_err(|kind| Error::new(end, kind))?;
        drop(data);
        let mut events = merged.events;
        let mut valid_bytes = end;
        // Where the trace is cut, it is no wonder that events are missing.
        if let (Some(stuck), None) = (merged.stuck, &problem) {
            problem = Some(Error::new(end, ErrorKind::Inconsistent(stuck)));
            valid_bytes = 0;
        }
        settle_times(&mut events, index.ticks_per_second);
        for record in &mut events {
            match record.kind {
                spec::GO_UNBLOCK if index.timers.contains(&record.g) => record.p = TIMER_P,
                spec::GO_SYS_EXIT => record.p = SYSCALL_P,
                _ => {}
            }
        }
        futile::remove(&mut events);
        find_blocking_syscalls(&mut events);
        let Some(first) = events.first() else {
            return Err(problem.unwrap_or_else(|| input.error(ErrorKind::NoEvents)));
        };
        let start = Time(first.time.wrapping_sub(1));
        let mut symbols = index.symbols;
        let converter = Converter::new(version, &mut symbols);
        let mut reader = Self {
            symbols,
            all: events.len(),
            events: events.into_iter(),
            check: Check::new(version),
            converter: converter.ok_or_else(|| input.error(too_large()))?,
            ready: Vec::with_capacity(READY + 4),
            taken: 0,
            start,
            last: start,
            bytes_read: input.offset(),
            valid_bytes,
            problem,
            losses: Vec::new(),
            ended: false,
        };
        reader.ready.push(sync(start, 1));
        reader.fill();
        Ok(reader)
    }

    /// When the trace begins.
    pub(crate) fn start(&self) -> Time {
        self.start
    }

    /// Whether all events have been taken.
    pub(crate) fn is_over(&self) -> bool {
        self.ended && self.taken == self.ready.len()
    }

    pub(crate) fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// How much of those bytes is in order, from 0 to 1.
    pub(crate) fn share_in_order(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = 1.0 - self.events.len() as f64 / self.all.max(1) as f64;
        share
    }

    pub(crate) fn valid_bytes(&self) -> u64 {
        self.valid_bytes
    }

    pub(crate) fn losses(&self) -> &[Loss] {
        &self.losses
    }

    #[inline]
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        self.more();
        let event = self.ready.get(self.taken).copied();
        self.taken += usize::from(event.is_some());
        event
    }

    pub(crate) fn next_events(&mut self) -> Option<(&[Event], &Symbols)> {
        self.more();
        let from = std::mem::replace(&mut self.taken, self.ready.len());
        let events = &self.ready[from..];
        (!events.is_empty()).then_some((events, &self.symbols))
    }

    /// Sees to it that an event is ready, if there is one.
    fn more(&mut self) {
        if self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
            if !self.ended {
                self.fill();
            }
        }
    }

    /// Checks and converts events until there are enough, or no more of them.
    fn fill(&mut self) {
        let from = self.ready.len();
        while self.ready.len() < READY {
            let Some(mut record) = self.events.next() else {
                self.ended = true;
                break;
            };
            if let Err(message) = self.check.next(&mut record) {
                let error = Error::new(self.bytes_read, ErrorKind::Inconsistent(message));
                self.problem.get_or_insert(error);
                self.valid_bytes = 0;
                self.events = Vec::new().into_iter();
                continue;
            }
            self.converter.convert(&record, &mut self.ready);
        }
        for event in &mut self.ready[from..] {
            // Equal times are told apart by their order.
            if event.time <= self.last {
                event.time = Time(self.last.0.saturating_add(1));
            }
            self.last = event.time;
        }
        if self.ended {
            self.ready.push(sync(Time(self.last.0.saturating_add(1)), 2));
            self.losses.extend(self.problem.take().map(|error| Loss {
                offset: self.valid_bytes,
                bytes: self.bytes_read - self.valid_bytes,
                error,
                events: 0,
                since: Some(self.last),
                until: None,
            }));
        }
    }
}

fn sync(time: Time, n: u64) -> Event {
    let what = Happening::Sync { n };
    Event { time, g: GoroutineId::NONE, p: ProcId::NONE, m: ThreadId::NONE, stack: StackId::NONE, what }
}

/// Turns ticks of the trace's clock into ns since the first event, rounding as Go does.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "it is what Go computes")]
fn settle_times(events: &mut [Record], ticks_per_second: u64) {
    /// No trace lasts a century; later times leave no room for those that follow.
    const LATEST: i64 = i64::MAX / 2;
    let first = events.first().map_or(0, |record| record.time);
    let ns_per_tick = 1e9 / ticks_per_second as f64;
    for record in events {
        let ns = (record.time.wrapping_sub(first) as f64 * ns_per_tick) as i64;
        record.time = ns.min(LATEST);
    }
}

/// A syscall blocks if the next event of its goroutine says so.
fn find_blocking_syscalls(events: &mut [Record]) {
    let mut open: AHashMap<u64, usize> = AHashMap::new();
    for i in 0..events.len() {
        let Record { kind, g, .. } = events[i];
        if let Some(begin) = open.remove(&g) {
            events[begin].a = u64::from(kind == spec::GO_SYS_BLOCK);
        }
        if kind == spec::GO_SYS_CALL {
            events[i].a = 0;
            open.insert(g, i);
        }
    }
}
