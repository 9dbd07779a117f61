//! The partial order between threads.
//!
//! Each thread writes its own events; their timestamps alone don't say which came first. This is the state of the
//! scheduler as far as the events tell it: an event of a thread can come next only where that state allows it. The
//! rules, and the context that an event gets, are those of `internal/trace/order.go` of Go 1.27.

mod gc;
mod goroutines;
mod procs;
mod regions;
mod slab;
mod state;

use ahash::AHashMap;

use super::event::{
    Event, Experimental, GoroutineId, Happening, Metric, ProcId, StackId, StringId, TaskId, ThreadId, Time,
};
use super::v2::spec::*;
use super::v2::{Generation, Raw};
pub(super) use state::ThreadSlot;
use state::{NameId, Names, Scheduler, ThreadState};

/// Why events can't be put in order.
pub(super) type Violation = String;

/// Whether an event could come next.
pub(super) type Advanced = Result<bool, Violation>;

/// Puts the events of all threads in order.
#[derive(Debug, Default)]
pub(super) struct Order {
    scheduler: Scheduler,
    names: Names,
    initial_generation: Option<u64>,
    /// Whether generations were passed over: what the first one that is seen tells of has been there before.
    resumed: bool,
    /// Names from earlier generations that were added to the strings of this one.
    added: (u64, AHashMap<NameId, StringId>),
}

/// Where an event happens, before it happens.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Context {
    g: GoroutineId,
    p: ProcId,
    m: ThreadId,
}

/// What the handlers of an event see.
struct Step<'a> {
    raw: &'a Raw,
    context: Context,
    generation: &'a mut Generation,
    is_initial: bool,
    /// Events that are in order.
    ready: &'a mut Vec<Event>,
}

/// What a handler says: the thread's context afterwards, or that the event must wait.
type Handled = Result<Option<Context>, Violation>;

impl Order {
    /// An order that begins in the middle of a trace.
    pub(super) fn resumed() -> Self {
        Self { resumed: true, ..Self::default() }
    }

    /// The place of a thread, by which [`advance`](Self::advance) knows it.
    pub(super) fn slot(&mut self, thread: ThreadId) -> ThreadSlot {
        self.scheduler.slot(thread)
    }

    /// Tries to make `raw` the next event of the trace. True: what it makes was added to `ready`. False: another thread
    /// must go first.
    #[inline]
    pub(super) fn advance(
        &mut self,
        raw: &Raw,
        slot: ThreadSlot,
        generation: &mut Generation,
        ready: &mut Vec<Event>,
    ) -> Advanced {
        let initial = *self.initial_generation.get_or_insert(generation.number);
        let is_initial = initial == generation.number;
        let (m, state) = self.scheduler.thread(slot);
        let context = Context { g: state.g, p: state.p, m };
        let mut step = Step { raw, context, generation, is_initial, ready };
        let Some(after) = self.handle(&mut step)? else { return Ok(false) };
        self.scheduler.set_thread(slot, ThreadState { g: after.g, p: after.p });
        Ok(true)
    }

    fn handle(&mut self, step: &mut Step<'_>) -> Handled {
        match step.raw.kind {
            PROC_START => self.proc_start(step),
            PROC_STOP => self.proc_stop(step),
            PROC_STEAL => self.proc_steal(step),
            PROC_STATUS => self.proc_status(step),

            GO_CREATE | GO_CREATE_BLOCKED => self.go_create(step),
            GO_CREATE_SYSCALL => self.go_create_syscall(step),
            GO_START => self.go_start(step),
            GO_DESTROY | GO_STOP | GO_BLOCK => self.go_stop_exec(step),
            GO_DESTROY_SYSCALL => self.go_destroy_syscall(step),
            GO_UNBLOCK => self.go_unblock(step),
            GO_SWITCH | GO_SWITCH_DESTROY => self.go_switch(step),
            GO_SYSCALL_BEGIN => self.go_syscall_begin(step),
            GO_SYSCALL_END => self.go_syscall_end(step),
            GO_SYSCALL_END_BLOCKED => self.go_syscall_end_blocked(step),
            GO_STATUS | GO_STATUS_STACK => self.go_status(step),

            STW_BEGIN | GC_MARK_ASSIST_BEGIN => self.goroutine_range_begin(step),
            GC_MARK_ASSIST_ACTIVE => self.goroutine_range_active(step),
            STW_END | GC_MARK_ASSIST_END => self.goroutine_range_end(step),
            GC_ACTIVE | GC_BEGIN | GC_END => self.gc(step),
            GC_SWEEP_ACTIVE => self.sweep_active(step),
            GC_SWEEP_BEGIN => self.sweep_begin(step),
            GC_SWEEP_END => self.sweep_end(step),

            USER_TASK_BEGIN => self.task_begin(step),
            USER_TASK_END => self.task_end(step),
            USER_REGION_BEGIN | USER_REGION_END => self.region(step),

            PROCS_CHANGE | GO_LABEL | USER_LOG => annotation(step),
            HEAP_ALLOC | HEAP_GOAL => heap_metric(step),
            SPAN..=GOROUTINE_STACK_FREE => experimental(step),
            other => Err(format!("{} can't stand between events", name(other))),
        }
    }
}

impl Step<'_> {
    /// Adds an event that happens in the step's context.
    fn push(&mut self, stack: StackId, what: Happening) {
        self.push_in(self.context, stack, what);
    }

    #[inline]
    fn push_in(&mut self, context: Context, stack: StackId, what: Happening) {
        let Context { g, p, m } = context;
        self.ready.push(Event { time: Time(self.raw.time), g, p, m, stack, what });
    }

    fn name(&self) -> &'static str {
        name(self.raw.kind)
    }

    fn string(&self, id: u64) -> Result<StringId, Violation> {
        self.generation.string(id).ok_or_else(|| format!("{} names the missing string {id}", self.name()))
    }

    fn stack(&self, id: u64) -> Result<StackId, Violation> {
        self.generation.stack(id).ok_or_else(|| format!("{} names the missing stack {id}", self.name()))
    }

    fn require(&self, holds: bool, what: &str) -> Result<(), Violation> {
        if holds { Ok(()) } else { Err(format!("{} on thread {} {what}", self.name(), self.context.m.0)) }
    }

    fn require_thread(&self) -> Result<(), Violation> {
        self.require(self.context.m != ThreadId::NONE, "needs a thread")
    }

    fn require_proc(&self) -> Result<(), Violation> {
        self.require_thread()?;
        self.require(self.context.p != ProcId::NONE, "needs a proc")
    }

    fn require_no_proc(&self) -> Result<(), Violation> {
        self.require_thread()?;
        self.require(self.context.p == ProcId::NONE, "must not have a proc")
    }

    fn require_goroutine(&self) -> Result<(), Violation> {
        self.require_thread()?;
        self.require(self.context.g != GoroutineId::NONE, "needs a goroutine")
    }

    fn require_no_goroutine(&self) -> Result<(), Violation> {
        self.require(self.context.g == GoroutineId::NONE, "must not have a goroutine")
    }

    /// What runs user code has a thread, a proc and a goroutine.
    fn require_user_code(&self) -> Result<(), Violation> {
        self.require_proc()?;
        self.require(self.context.g != GoroutineId::NONE, "needs a goroutine")
    }
}

/// Events that a goroutine makes at any time.
fn annotation(step: &mut Step<'_>) -> Handled {
    step.require_user_code()?;
    let [a, b, c, d] = step.raw.args;
    let (stack, what) = match step.raw.kind {
        PROCS_CHANGE => (step.stack(b)?, Happening::Metric { metric: Metric::GoMaxProcs, value: a }),
        GO_LABEL => (StackId::NONE, Happening::Label { label: step.string(a)? }),
        _ => {
            let (category, message) = (step.string(b)?, step.string(c)?);
            (step.stack(d)?, Happening::Log { task: TaskId(a), category, message })
        }
    };
    step.push(stack, what);
    Ok(Some(step.context))
}

fn heap_metric(step: &mut Step<'_>) -> Handled {
    step.require_proc()?;
    let metric = if step.raw.kind == HEAP_ALLOC { Metric::HeapObjects } else { Metric::HeapGoal };
    step.push(StackId::NONE, Happening::Metric { metric, value: step.raw.args[0] });
    Ok(Some(step.context))
}

fn experimental(step: &mut Step<'_>) -> Handled {
    step.require_thread()?;
    let kind = match step.raw.kind {
        SPAN => Experimental::Span,
        SPAN_ALLOC => Experimental::SpanAlloc,
        SPAN_FREE => Experimental::SpanFree,
        HEAP_OBJECT => Experimental::HeapObject,
        HEAP_OBJECT_ALLOC => Experimental::HeapObjectAlloc,
        HEAP_OBJECT_FREE => Experimental::HeapObjectFree,
        GOROUTINE_STACK => Experimental::GoroutineStack,
        GOROUTINE_STACK_ALLOC => Experimental::GoroutineStackAlloc,
        _ => Experimental::GoroutineStackFree,
    };
    let mut args = [0; 3];
    let count = usize::from(ARGUMENTS[usize::from(step.raw.kind)]).min(args.len());
    args[..count].copy_from_slice(&step.raw.args[..count]);
    let what = Happening::Experimental { kind, args };
    step.push(StackId::NONE, what);
    Ok(Some(step.context))
}
