//! The events of all Ps in one order.
//!
//! Each P writes its own events in order. An event that depends on what another P did (a goroutine starts here that was
//! unblocked there) carries its number among such events of the goroutine, so it is known when it is ready; of those that are
//! ready, the earliest comes next. Source: `order.go` of `internal/trace/internal/tracev1` of Go 1.27.
//!
//! Equal times are told apart as Go's heap does it: mostly, who has been ready longer comes first. (Where it depends on the
//! order of a map there, here it depends on the order of the file.) Go tries the waiting Ps again and again; here a P waits
//! for a state of a goroutine and is found when that is reached, so that time grows with the number of events only.

use ahash::AHashMap;

use super::index::Index;
use super::spec;
use super::track::{Head, Record, Track};
use crate::trace::error::ErrorKind;
use crate::trace::heap::Heap;

/// All events in order, their times still in ticks.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) events: Vec<Record>,
    /// Why the rest can't be put in order.
    pub(super) stuck: Option<String>,
    /// The time of the last event, as it was written.
    last: i64,
    /// When each goroutine's syscall was seen to block.
    blocked: AHashMap<u64, i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Status {
    #[default]
    Dead,
    Runnable,
    Running,
    Waiting,
}

/// The state of a goroutine, or of the garbage collector.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    number: u64,
    status: Status,
}

/// The garbage collector, as if it were a goroutine.
const COLLECTOR: u64 = u64::MAX;

/// What an event makes of a goroutine.
#[derive(Debug, Clone, Copy)]
struct Transition {
    of: u64,
    /// The goroutine must be in this state, with this number, if it matters.
    from: Status,
    number: Option<u64>,
    to: Status,
    /// Whether the number goes up.
    counts: bool,
}

impl Transition {
    /// None: the event depends on nothing.
    fn of(head: &Head) -> Option<Self> {
        use Status::{Dead, Runnable, Running, Waiting};
        let Head { record: Record { kind, g, a, .. }, number } = *head;
        let (of, from, number, to, counts) = match kind {
            spec::GO_CREATE => (a, Dead, Some(0), Runnable, true),
            spec::GO_WAITING | spec::GO_IN_SYSCALL => (g, Runnable, Some(1), Waiting, true),
            spec::GO_START | spec::GO_START_LABEL => (g, Runnable, Some(number), Running, true),
            // What went before it happened on the same P.
            spec::GO_START_LOCAL => (g, Runnable, None, Running, true),
            spec::GO_SLEEP
            | spec::GO_BLOCK
            | spec::GO_BLOCK_SEND..=spec::GO_BLOCK_NET
            | spec::GO_BLOCK_GC
            | spec::GO_SYS_BLOCK => (g, Running, None, Waiting, false),
            spec::GO_SCHED | spec::GO_PREEMPT => (g, Running, None, Runnable, false),
            spec::GO_UNBLOCK => (a, Waiting, Some(number), Runnable, true),
            spec::GO_UNBLOCK_LOCAL => (a, Waiting, None, Runnable, true),
            spec::GO_SYS_EXIT => (g, Waiting, Some(number), Runnable, true),
            spec::GO_SYS_EXIT_LOCAL => (g, Waiting, None, Runnable, true),
            spec::GC_START => (COLLECTOR, Dead, Some(number), Dead, true),
            _ => return None,
        };
        Some(Self { of, from, number, to, counts })
    }

    fn is_ready(&self, state: State) -> bool {
        self.from == state.status && self.number.is_none_or(|number| number == state.number)
    }
}

/// Merges the events of all Ps.
pub(super) fn merge(index: &mut Index, data: &[u8]) -> Result<Merged, ErrorKind> {
    let procs = std::mem::take(&mut index.procs);
    let tracks = procs.into_iter().map(|proc| Track::new(proc.id, proc.batches)).collect();
    let mut merged = if index.version < spec::SYMBOLS {
        by_number(tracks, index, data)?
    } else {
        by_state(tracks, index, data)?
    };
    merged.events.sort_by_key(|record| record.time);
    Ok(merged)
}

/// Before Go 1.7 all events of a trace are numbered.
fn by_number(tracks: Vec<Track>, index: &mut Index, data: &[u8]) -> Result<Merged, ErrorKind> {
    let mut heads = Vec::new();
    for mut track in tracks {
        while let Some(head) = track.next(data, index)? {
            heads.push(head);
        }
    }
    heads.sort_by_key(|head| head.number.cast_signed());
    let events: Vec<Record> = heads.into_iter().map(|head| head.record).collect();
    if events.is_sorted_by_key(|record| record.time) {
        Ok(Merged { events, ..Merged::default() })
    } else {
        Err(time_order())
    }
}

fn by_state(mut tracks: Vec<Track>, index: &mut Index, data: &[u8]) -> Result<Merged, ErrorKind> {
    let sources = tracks.len() + 1;
    let mut merged = Merged::default();
    // Samples depend on nothing, as if they were of a P of their own.
    let mut samples = std::mem::take(&mut index.samples).into_iter();
    let mut next = |i: usize, index: &mut Index| match tracks.get_mut(i) {
        Some(track) => track.next(data, index),
        None => {
            Ok(samples.next().map(|sample| Head { record: Record::of_sample(&sample, index), number: 0 }))
        }
    };
    let mut frontier = Frontier::new(sources);
    for i in 0..sources {
        frontier.place(i, next(i, index)?);
    }
    while let Some((i, head)) = frontier.pop() {
        let reached = match frontier.apply(&head) {
            Ok(reached) => reached,
            Err(stuck) => {
                merged.stuck = Some(stuck);
                break;
            }
        };
        merged.push(head.record)?;
        frontier.wake(reached);
        frontier.place(i, next(i, index)?);
    }
    if merged.stuck.is_none() {
        let waiting = frontier.first_waiting();
        merged.stuck = waiting.map(|head| format!("{} waits for an event that never comes", about(&head)));
    }
    Ok(merged)
}

fn about(head: &Head) -> String {
    let g = Transition::of(head).map_or(head.record.g, |transition| transition.of);
    let name = spec::name(head.record.kind);
    if g == COLLECTOR { name.to_owned() } else { format!("{name} of goroutine {g}") }
}

fn time_order() -> ErrorKind {
    ErrorKind::Inconsistent("time goes backwards: the clocks of its processors differed".into())
}

impl Merged {
    fn push(&mut self, mut record: Record) -> Result<(), ErrorKind> {
        if record.time < self.last && !self.events.is_empty() {
            return Err(time_order());
        }
        self.last = record.time;
        record.kind = match record.kind {
            spec::GO_START_LOCAL => spec::GO_START,
            spec::GO_UNBLOCK_LOCAL => spec::GO_UNBLOCK,
            spec::GO_SYS_EXIT_LOCAL => spec::GO_SYS_EXIT,
            kind => kind,
        };
        match record.kind {
            spec::GO_SYS_BLOCK | spec::GO_IN_SYSCALL => {
                self.blocked.insert(record.g, record.time);
            }
            // It is written when the thread has a P again, maybe long after the syscall.
            spec::GO_SYS_EXIT if record.a != 0 => {
                let time = record.a.cast_signed();
                match self.blocked.get(&record.g) {
                    Some(&blocked) if blocked <= time => record.time = time,
                    Some(_) => return Err(time_order()),
                    None => {
                        let message = format!("goroutine {} leaves a syscall that it is not in", record.g);
                        return Err(ErrorKind::Inconsistent(message));
                    }
                }
            }
            _ => {}
        }
        self.events.push(record);
        Ok(())
    }
}

/// No P, in lists of waiting Ps.
const NOBODY: usize = usize::MAX;

/// A state for which a P waits: of whom, and the number if it matters.
type Wanted = (u64, Status, Option<u64>);

/// The next event of every P.
struct Frontier {
    states: AHashMap<u64, State>,
    heads: Vec<Option<Head>>,
    /// Those that are ready, by time.
    ready: Heap<(i64, usize)>,
    /// The first of the Ps that wait for a state, and the next for each.
    waiting: AHashMap<Wanted, usize>,
    next_waiting: Vec<usize>,
}

impl Frontier {
    fn new(sources: usize) -> Self {
        Self {
            states: AHashMap::new(),
            heads: vec![None; sources],
            ready: Heap::new(Vec::with_capacity(sources), |a, b| a.0 < b.0),
            waiting: AHashMap::new(),
            next_waiting: vec![NOBODY; sources],
        }
    }

    /// The earliest event that is ready, and its P.
    fn pop(&mut self) -> Option<(usize, Head)> {
        let (_, i) = self.ready.pop()?;
        self.heads[i].take().map(|head| (i, head))
    }

    /// Takes the next event of a P.
    fn place(&mut self, i: usize, head: Option<Head>) {
        self.heads[i] = head;
        let Some(head) = head else { return };
        let blocked = Transition::of(&head)
            .filter(|change| !change.is_ready(self.states.get(&change.of).copied().unwrap_or_default()));
        match blocked {
            None => self.ready.push((head.record.time, i)),
            Some(Transition { of, from, number, .. }) => {
                let first = self.waiting.insert((of, from, number), i);
                self.next_waiting[i] = first.unwrap_or(NOBODY);
            }
        }
    }

    /// Does what an event does to its goroutine; returns the state that is reached.
    fn apply(&mut self, head: &Head) -> Result<Option<(u64, State)>, String> {
        let Some(change) = Transition::of(head) else { return Ok(None) };
        let state = self.states.entry(change.of).or_default();
        // Two Ps may have waited for the same state.
        if !change.is_ready(*state) {
            return Err(format!("{} in an impossible state", about(head)));
        }
        state.status = change.to;
        state.number = state.number.wrapping_add(u64::from(change.counts));
        Ok(Some((change.of, *state)))
    }

    /// Those who waited for a state are ready.
    fn wake(&mut self, reached: Option<(u64, State)>) {
        let Some((of, State { number, status })) = reached else { return };
        if self.waiting.is_empty() {
            return;
        }
        for wanted in [(of, status, Some(number)), (of, status, None)] {
            let mut i = self.waiting.remove(&wanted).unwrap_or(NOBODY);
            while let Some(next) = self.next_waiting.get_mut(i) {
                let next = std::mem::replace(next, NOBODY);
                if let Some(head) = self.heads[i] {
                    self.ready.push((head.record.time, i));
                }
                i = next;
            }
        }
    }

    /// The earliest event that still waits.
    fn first_waiting(&self) -> Option<Head> {
        self.heads.iter().flatten().min_by_key(|head| head.record.time).copied()
    }
}
