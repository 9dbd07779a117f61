//! The event as the rest of the program sees it, whatever format it came from.

/// ns of the trace's own clock. Strictly increasing from event to event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

macro_rules! resource_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            pub const NONE: Self = Self(-1);

            /// The id, if there is one.
            pub fn known(self) -> Option<i64> {
                (self != Self::NONE).then_some(self.0)
            }
        }
    };
}

resource_id!(
    /// A goroutine.
    GoroutineId
);
resource_id!(
    /// A P: what a thread needs to run Go code.
    ProcId
);
resource_id!(
    /// An M: a thread of the operating system.
    ThreadId
);

/// A user task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

impl TaskId {
    /// No task.
    pub const NONE: Self = Self(u64::MAX);
    /// What regions and logs outside of any task belong to.
    pub const BACKGROUND: Self = Self(0);

    /// The id of a task that the program made.
    pub fn known(self) -> Option<i64> {
        (self != Self::NONE && self != Self::BACKGROUND).then_some(self.0.cast_signed())
    }
}

/// A string of the current generation's [`Symbols`](super::Symbols). 0 is the empty string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StringId(pub u32);

/// A stack of the current generation's [`Symbols`](super::Symbols). 0 is no stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StackId(pub u32);

impl StringId {
    pub const EMPTY: Self = Self(0);
}

impl StackId {
    pub const NONE: Self = Self(0);
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    pub time: Time,
    /// Where it happened. For a state transition this is the state before: a goroutine's start has no `g`.
    pub g: GoroutineId,
    pub p: ProcId,
    pub m: ThreadId,
    /// Stack of `g` at that moment.
    pub stack: StackId,
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Happening {
    /// A generation begins, or the trace ends. `n` counts from 1.
    Sync {
        n: u64,
    },
    /// Nothing is known of the next `ns`: what the trace says of them is lost. What went on may have ended, what goes on
    /// after it may have begun before. The next event is the sync of a generation that stands on its own.
    Lost {
        ns: i64,
    },
    Metric {
        metric: Metric,
        value: u64,
    },
    /// A label was set on `g`.
    Label {
        label: StringId,
    },
    RangeBegin(Range),
    /// The range is going on at the beginning of a generation.
    RangeActive(Range),
    /// `swept`: bytes swept and reclaimed, at the end of a sweep.
    RangeEnd {
        range: Range,
        swept: Option<(u64, u64)>,
    },
    TaskBegin {
        task: TaskId,
        parent: TaskId,
        name: StringId,
    },
    TaskEnd {
        task: TaskId,
        parent: TaskId,
        name: StringId,
    },
    RegionBegin {
        task: TaskId,
        name: StringId,
    },
    RegionEnd {
        task: TaskId,
        name: StringId,
    },
    Log {
        task: TaskId,
        category: StringId,
        message: StringId,
    },
    /// `stack` is that of the goroutine itself, which need not be the one on which it happened.
    Goroutine {
        id: GoroutineId,
        from: GoroutineState,
        to: GoroutineState,
        reason: StringId,
        stack: StackId,
    },
    Proc {
        id: ProcId,
        from: ProcState,
        to: ProcState,
    },
    /// The CPU profiler sampled `stack`.
    Sample,
    /// An event of a runtime experiment, with the arguments that its kind has.
    Experimental {
        kind: Experimental,
        args: [u64; 3],
    },
}

impl Happening {
    /// The kind, spelled as in golang.org/x/exp/trace, which knows none that says that something is lost.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sync { .. } => "Sync",
            Self::Lost { .. } => "Lost",
            Self::Metric { .. } => "Metric",
            Self::Label { .. } => "Label",
            Self::RangeBegin(_) => "RangeBegin",
            Self::RangeActive(_) => "RangeActive",
            Self::RangeEnd { .. } => "RangeEnd",
            Self::TaskBegin { .. } => "TaskBegin",
            Self::TaskEnd { .. } => "TaskEnd",
            Self::RegionBegin { .. } => "RegionBegin",
            Self::RegionEnd { .. } => "RegionEnd",
            Self::Log { .. } => "Log",
            Self::Goroutine { .. } | Self::Proc { .. } => "StateTransition",
            Self::Sample => "StackSample",
            Self::Experimental { .. } => "Experimental",
        }
    }
}

/// The kinds of events of the experiment AllocFree (`GODEBUG=traceallocfree=1`). Those named after a thing alone tell that it
/// was there when the trace began.
///
/// Arguments: an id that counts from the beginning of the heap (see [`MemoryLayout`](super::MemoryLayout)), and, unless it is
/// freed, of a span its pages and its [`SpanClass`](super::SpanClass), of an object its type or 0
/// (see [`Symbols::heap_type`](super::Symbols::heap_type)), of a goroutine's stack the order of its size
/// (see [`goroutine_stack_size`](super::goroutine_stack_size)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Experimental {
    Span,
    SpanAlloc,
    SpanFree,
    HeapObject,
    HeapObjectAlloc,
    HeapObjectFree,
    GoroutineStack,
    GoroutineStackAlloc,
    GoroutineStackFree,
}

impl Experimental {
    /// The runtime's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Span => "Span",
            Self::SpanAlloc => "SpanAlloc",
            Self::SpanFree => "SpanFree",
            Self::HeapObject => "HeapObject",
            Self::HeapObjectAlloc => "HeapObjectAlloc",
            Self::HeapObjectFree => "HeapObjectFree",
            Self::GoroutineStack => "GoroutineStack",
            Self::GoroutineStackAlloc => "GoroutineStackAlloc",
            Self::GoroutineStackFree => "GoroutineStackFree",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    GoMaxProcs,
    HeapObjects,
    HeapGoal,
}

impl Metric {
    /// The name in runtime/metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::GoMaxProcs => "/sched/gomaxprocs:threads",
            Self::HeapObjects => "/memory/classes/heap/objects:bytes",
            Self::HeapGoal => "/gc/heap/goal:bytes",
        }
    }
}

/// A special range of time, and what it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    pub kind: RangeKind,
    pub scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RangeKind {
    GcMark,
    GcSweep,
    GcMarkAssist,
    StopTheWorld { why: StringId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Global,
    Goroutine(GoroutineId),
    Proc(ProcId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoroutineState {
    /// Nothing is known yet.
    Undetermined,
    NotExist,
    Runnable,
    Running,
    Waiting,
    Syscall,
}

impl GoroutineState {
    pub const ALL: [Self; 6] =
        [Self::Undetermined, Self::NotExist, Self::Runnable, Self::Running, Self::Waiting, Self::Syscall];

    /// Go's name for it, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undetermined => "undetermined",
            Self::NotExist => "notexist",
            Self::Runnable => "runnable",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Syscall => "syscall",
        }
    }

    /// Whether a goroutine is on a thread.
    pub fn executes(self) -> bool {
        matches!(self, Self::Running | Self::Syscall)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcState {
    /// Nothing is known yet.
    Undetermined,
    NotExist,
    Running,
    Idle,
}

impl ProcState {
    /// Go's name for it, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undetermined => "undetermined",
            Self::NotExist => "notexist",
            Self::Running => "running",
            Self::Idle => "idle",
        }
    }
}
