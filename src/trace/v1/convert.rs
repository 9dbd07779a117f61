//! Says events of format v1 in the terms of format v2. Source: `internal/trace/tracev1.go` of Go 1.27, quirks included.
//!
//! Most events have one that is equal. What the runtime writes down at the beginning of a trace as events of goroutines
//! that exist already (a creation, a start, a wait) becomes the first known state of them; so does the first event of a P. A
//! syscall is an instant in format v1, unless it blocks: it becomes one of 1 ns.

use std::collections::BTreeSet;

use ahash::AHashMap;

use super::spec;
use super::track::Record;
use crate::trace::event::{
    Event, GoroutineId, GoroutineState, Happening, Metric, ProcId, ProcState, Range, RangeKind, Scope,
    StackId, StringId, TaskId, ThreadId, Time,
};
use crate::trace::reader::Version;
use crate::trace::symbols::Symbols;

use GoroutineState::{NotExist, Runnable, Running, Syscall, Undetermined, Waiting};

#[derive(Debug)]
pub(super) struct Converter {
    version: Version,
    reasons: Reasons,
    /// Until the first change of GOMAXPROCS: goroutines of which only their existence is known so far.
    initial: Option<BTreeSet<u64>>,
    procs: AHashMap<i32, Proc>,
    tasks: AHashMap<u64, Task>,
    /// Why the world was stopped last.
    stopped: StringId,
}

/// A P that has been seen to start or stop.
#[derive(Debug, Default)]
struct Proc {
    thread: Option<ThreadId>,
}

#[derive(Debug)]
struct Task {
    parent: TaskId,
    name: StringId,
}

/// Strings that format v1 has no need of.
#[derive(Debug)]
struct Reasons {
    forever: StringId,
    preempted: StringId,
    gosched: StringId,
    sleep: StringId,
    send: StringId,
    receive: StringId,
    network: StringId,
    sync: StringId,
    cond: StringId,
    select: StringId,
    assist: StringId,
    stops: [StringId; STOPS.len()],
}

/// Why the world is stopped, by the numbers that Go 1.21 has for it. 0: not known.
const STOPS: [&str; 17] = [
    "",
    "GC mark termination",
    "GC sweep termination",
    "write heap dump",
    "goroutine profile",
    "goroutine profile cleanup",
    "all goroutine stack trace",
    "read mem stats",
    "AllThreadsSyscall",
    "GOMAXPROCS",
    "start trace",
    "stop trace",
    "CountPagesInUse (test)",
    "ReadMetricsSlow (test)",
    "ReadMemStatsSlow (test)",
    "PageCachePagesLeaked (test)",
    "ResetDebugLog (test)",
];

impl Reasons {
    /// None: there is no room for them.
    fn new(symbols: &mut Symbols) -> Option<Self> {
        let mut add = |text: &str| symbols.add_string(text.as_bytes());
        let mut stops = [StringId::EMPTY; STOPS.len()];
        for (id, text) in stops.iter_mut().zip(STOPS) {
            *id = add(text)?;
        }
        Some(Self {
            forever: add("forever")?,
            preempted: add("preempted")?,
            gosched: add("runtime.Gosched")?,
            sleep: add("sleep")?,
            send: add("chan send")?,
            receive: add("chan receive")?,
            network: add("network")?,
            sync: add("sync")?,
            cond: add("sync.(*Cond).Wait")?,
            select: add("select")?,
            assist: add("GC mark assist wait for work")?,
            stops,
        })
    }

    /// Why a goroutine waits.
    fn of_wait(&self, kind: u8) -> StringId {
        match kind {
            spec::GO_STOP => self.forever,
            spec::GO_SLEEP => self.sleep,
            spec::GO_BLOCK_SEND => self.send,
            spec::GO_BLOCK_RECV => self.receive,
            spec::GO_BLOCK_SELECT => self.select,
            spec::GO_BLOCK_SYNC => self.sync,
            spec::GO_BLOCK_COND => self.cond,
            spec::GO_BLOCK_NET => self.network,
            spec::GO_BLOCK_GC => self.assist,
            _ => StringId::EMPTY,
        }
    }
}

fn goroutine(id: u64) -> GoroutineId {
    if id == 0 { GoroutineId::NONE } else { GoroutineId(id.cast_signed()) }
}

fn transition(id: u64, from: GoroutineState, to: GoroutineState) -> Happening {
    let id = GoroutineId(id.cast_signed());
    Happening::Goroutine { id, from, to, reason: StringId::EMPTY, stack: StackId::NONE }
}

impl Converter {
    /// None: the symbols have no room for its strings.
    pub(super) fn new(version: Version, symbols: &mut Symbols) -> Option<Self> {
        Some(Self {
            version,
            reasons: Reasons::new(symbols)?,
            initial: Some(BTreeSet::new()),
            procs: AHashMap::new(),
            tasks: AHashMap::new(),
            stopped: StringId::EMPTY,
        })
    }

    /// Adds what an event means to `ready`: mostly one event.
    pub(super) fn convert(&mut self, record: &Record, ready: &mut Vec<Event>) {
        let p = ProcId(record.p.into());
        if record.kind == spec::PROC_START {
            let thread = ThreadId(record.a.cast_signed());
            let known = self.procs.insert(record.p, Proc { thread: Some(thread) }).is_some();
            let from = if known { ProcState::Idle } else { ProcState::Undetermined };
            return push(ready, record, thread, Happening::Proc { id: p, from, to: ProcState::Running });
        }
        let thread = self.procs.get(&record.p).and_then(|proc| proc.thread);
        if record.kind == spec::PROC_STOP {
            let known = self.procs.insert(record.p, Proc::default()).is_some();
            let from = if known { ProcState::Running } else { ProcState::Undetermined };
            let what = Happening::Proc { id: p, from, to: ProcState::Idle };
            return push(ready, record, thread.unwrap_or(ThreadId::NONE), what);
        }
        let m =
            thread.filter(|_| record.kind != spec::CPU_SAMPLE && record.p != -1).unwrap_or(ThreadId::NONE);
        match record.kind {
            spec::GOMAXPROCS => match self.initial.take() {
                Some(initial) => show(initial, record, ready),
                None => {
                    push(ready, record, m, Happening::Metric { metric: Metric::GoMaxProcs, value: record.a });
                }
            },
            spec::GO_START_LABEL => {
                // Here Go takes thread 0 for none.
                let m = thread.unwrap_or(ThreadId(0));
                push(ready, record, m, transition(record.g, Runnable, Running));
                push(ready, record, m, Happening::Label { label: record.string() });
            }
            spec::GO_SYS_CALL if record.a == 0 => {
                let m = thread.unwrap_or(ThreadId(0));
                push(ready, record, m, leaves(record, Syscall, StringId::EMPTY));
                let end = Record { time: record.time.wrapping_add(1), stack: StackId::NONE, ..*record };
                push(ready, &end, m, transition(record.g, Syscall, Running));
            }
            _ => {
                if let Some(what) = self.what(record) {
                    push(ready, record, m, what);
                }
            }
        }
    }

    /// What an event means that means one at most.
    fn what(&mut self, record: &Record) -> Option<Happening> {
        let Record { g, a, b, .. } = *record;
        Some(match record.kind {
            spec::GO_CREATE => {
                if let Some(initial) = &mut self.initial {
                    initial.insert(a);
                    return None;
                }
                let id = GoroutineId(a.cast_signed());
                let stack = StackId(record.c);
                Happening::Goroutine { id, from: NotExist, to: Runnable, reason: StringId::EMPTY, stack }
            }
            spec::GO_START => {
                let known = self.settle(g);
                transition(g, if known { Runnable } else { Undetermined }, Running)
            }
            spec::GO_WAITING | spec::GO_IN_SYSCALL => {
                self.settle(g);
                transition(g, Undetermined, if record.kind == spec::GO_WAITING { Waiting } else { Syscall })
            }
            spec::GO_END => transition(g, Running, NotExist),
            spec::GO_SCHED => leaves(record, Runnable, self.reasons.gosched),
            spec::GO_PREEMPT => leaves(record, Runnable, self.reasons.preempted),
            spec::GO_STOP
            | spec::GO_SLEEP
            | spec::GO_BLOCK
            | spec::GO_BLOCK_SEND..=spec::GO_BLOCK_NET
            | spec::GO_BLOCK_GC => leaves(record, Waiting, self.reasons.of_wait(record.kind)),
            spec::GO_SYS_CALL => leaves(record, Syscall, StringId::EMPTY),
            spec::GO_SYS_EXIT => transition(g, Syscall, Runnable),
            spec::GO_UNBLOCK => transition(a, Waiting, Runnable),

            spec::GC_START => Happening::RangeBegin(range(record, RangeKind::GcMark)),
            spec::GC_DONE => ended(range(record, RangeKind::GcMark)),
            spec::STW_START => {
                self.stopped = self.stop_reason(a);
                Happening::RangeBegin(self.stop(record))
            }
            spec::STW_DONE => ended(self.stop(record)),
            spec::GC_SWEEP_START => Happening::RangeBegin(range(record, RangeKind::GcSweep)),
            spec::GC_SWEEP_DONE => {
                let swept = (self.version >= Version(9)).then_some((a, b));
                Happening::RangeEnd { range: range(record, RangeKind::GcSweep), swept }
            }
            spec::GC_MARK_ASSIST_START => Happening::RangeBegin(range(record, RangeKind::GcMarkAssist)),
            spec::GC_MARK_ASSIST_DONE => ended(range(record, RangeKind::GcMarkAssist)),

            spec::HEAP_ALLOC => Happening::Metric { metric: Metric::HeapObjects, value: a },
            spec::HEAP_GOAL => Happening::Metric { metric: Metric::HeapGoal, value: a },

            spec::USER_TASK_CREATE => {
                let (task, name) = (TaskId(a), record.string());
                self.tasks.insert(a, Task { parent: TaskId(b), name });
                let parent = if TaskId(b) == TaskId::BACKGROUND { TaskId::NONE } else { TaskId(b) };
                Happening::TaskBegin { task, parent, name }
            }
            spec::USER_TASK_END => {
                let begun = self.tasks.remove(&a);
                let Task { parent, name } =
                    begun.unwrap_or(Task { parent: TaskId::NONE, name: StringId::EMPTY });
                Happening::TaskEnd { task: TaskId(a), parent, name }
            }
            spec::USER_REGION if b == 0 => Happening::RegionBegin { task: TaskId(a), name: record.string() },
            spec::USER_REGION => Happening::RegionEnd { task: TaskId(a), name: record.string() },
            spec::USER_LOG => {
                let category = StringId(u32::try_from(b).unwrap_or_default());
                Happening::Log { task: TaskId(a), category, message: record.string() }
            }
            spec::CPU_SAMPLE => Happening::Sample,
            // That a syscall blocks shows at its begin.
            _ => return None,
        })
    }

    /// The stop of the world that began last. Before Go 1.10 each P told of its own part, all at the same time.
    fn stop(&self, record: &Record) -> Range {
        let stop = range(record, RangeKind::StopTheWorld { why: self.stopped });
        if self.version < Version(10) {
            Range { scope: Scope::Proc(ProcId(record.p.into())), ..stop }
        } else {
            stop
        }
    }

    /// Takes notice of a goroutine's first known state. True: the beginning is over, the state before is known.
    fn settle(&mut self, g: u64) -> bool {
        match &mut self.initial {
            Some(initial) => {
                initial.remove(&g);
                false
            }
            None => true,
        }
    }

    fn stop_reason(&self, kind: u64) -> StringId {
        let number = match kind {
            // Before Go 1.21: mark termination, sweep termination.
            0 | 1 if self.version < Version(21) => kind + 1,
            _ if self.version < Version(21) => 0,
            _ => kind,
        };
        let known = usize::try_from(number).ok().and_then(|number| self.reasons.stops.get(number));
        known.copied().unwrap_or(StringId::EMPTY)
    }
}

/// The running goroutine does not run any more.
fn leaves(record: &Record, to: GoroutineState, reason: StringId) -> Happening {
    let id = GoroutineId(record.g.cast_signed());
    Happening::Goroutine { id, from: Running, to, reason, stack: record.stack }
}

/// The goroutines that neither ran nor waited when the trace began.
fn show(initial: BTreeSet<u64>, record: &Record, ready: &mut Vec<Event>) {
    for id in initial {
        ready.push(Event {
            time: Time(record.time),
            g: GoroutineId::NONE,
            p: ProcId::NONE,
            m: ThreadId::NONE,
            stack: StackId::NONE,
            what: transition(id, Undetermined, Runnable),
        });
    }
}

fn range(record: &Record, kind: RangeKind) -> Range {
    let scope = match kind {
        RangeKind::GcMark => Scope::Global,
        RangeKind::GcSweep => Scope::Proc(ProcId(record.p.into())),
        RangeKind::GcMarkAssist | RangeKind::StopTheWorld { .. } => Scope::Goroutine(goroutine(record.g)),
    };
    Range { kind, scope }
}

fn ended(range: Range) -> Happening {
    Happening::RangeEnd { range, swept: None }
}

fn push(ready: &mut Vec<Event>, record: &Record, m: ThreadId, what: Happening) {
    let (g, p) = (goroutine(record.g), ProcId(record.p.into()));
    ready.push(Event { time: Time(record.time), g, p, m, stack: record.stack, what });
}
