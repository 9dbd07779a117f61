//! Known sets of values of string columns.

/// The values that a column can have.
#[derive(Debug, PartialEq, Eq)]
pub struct Domain {
    /// What a value is, for messages: "event kind".
    pub name: &'static str,
    pub values: &'static [&'static str],
    /// Whether there can be no others: comparing with another literal is an error then, else a warning.
    pub closed: bool,
}

/// Kinds of events, spelled as in golang.org/x/exp/trace.
pub(super) static EVENT_KINDS: Domain = Domain {
    name: "event kind",
    values: &[
        "Sync",
        "Metric",
        "Label",
        "StackSample",
        "RangeBegin",
        "RangeActive",
        "RangeEnd",
        "TaskBegin",
        "TaskEnd",
        "RegionBegin",
        "RegionEnd",
        "Log",
        "StateTransition",
        "Experimental",
    ],
    closed: true,
};

/// States of goroutines, and of anything a state transition can name.
pub(super) static STATES: Domain = Domain {
    name: "state",
    values: &["undetermined", "notexist", "runnable", "running", "waiting", "syscall", "idle"],
    closed: true,
};

/// States in which a goroutine stays.
pub(super) static GOROUTINE_STATES: Domain =
    Domain { name: "goroutine state", values: &["runnable", "running", "waiting", "syscall"], closed: true };

/// A goroutine's last state.
pub(super) static LAST_STATES: Domain = Domain {
    name: "goroutine state",
    values: &["notexist", "runnable", "running", "waiting", "syscall"],
    closed: true,
};

/// States in which a proc stays.
pub(super) static PROC_STATES: Domain =
    Domain { name: "proc state", values: &["running", "idle"], closed: true };

/// What changes its state.
pub(super) static RESOURCES: Domain = Domain { name: "resource", values: &["g", "p", "m"], closed: true };

/// What a range belongs to.
pub(super) static SCOPES: Domain =
    Domain { name: "range scope", values: &["global", "g", "p"], closed: true };

/// Categories of goroutine_stats.
pub(super) static STAT_CATEGORIES: Domain =
    Domain { name: "statistic category", values: &["block", "range"], closed: true };

/// Lanes of the timeline.
pub(super) static LANES: Domain = Domain {
    name: "lane",
    values: &["proc", "thread", "g", "gc", "network", "syscalls", "task", "region"],
    closed: true,
};

/// What a slice of the timeline shows.
pub(super) static SLICE_CATEGORIES: Domain = Domain {
    name: "slice category",
    values: &["goroutine", "syscall", "range", "instant", "task", "region"],
    closed: true,
};

/// What a slice is to the one that `connected` was asked about.
pub(super) static CONNECTIONS: Domain =
    Domain { name: "connection", values: &["itself", "preceding", "following", "connected"], closed: true };

/// Arrows of the timeline, as Go's viewer words them.
pub(super) static FLOW_KINDS: Domain =
    Domain { name: "flow kind", values: &["go", "unblock", "exit blocked syscall", "newTask"], closed: true };

/// Families of trace formats.
pub(super) static FORMATS: Domain = Domain { name: "trace format", values: &["v1", "v2"], closed: true };

/// What a span of the heap holds.
pub(super) static SPAN_KINDS: Domain =
    Domain { name: "kind of span", values: &["scan", "noscan", "manual"], closed: true };

/// Why a goroutine waits or yields, as the runtime words it. New Go versions add to them.
pub(super) static REASONS: Domain = Domain {
    name: "wait reason",
    values: &[
        "GC background sweeper wait",
        "GC mark assist wait for work",
        "GC weak to strong wait",
        "chan receive",
        "chan send",
        "forever",
        "network",
        "preempted",
        "runtime.Gosched",
        "select",
        "sleep",
        "sync",
        "sync.(*Cond).Wait",
        "synctest",
        "system goroutine wait",
        "unspecified",
        "wait for debug call",
        "wait until GC ends",
    ],
    closed: false,
};

/// Metrics of the runtime.
pub(super) static METRICS: Domain = Domain {
    name: "metric",
    values: &["/sched/gomaxprocs:threads", "/memory/classes/heap/objects:bytes", "/gc/heap/goal:bytes"],
    closed: false,
};

/// What the utilization of the mutator accounts for, as the page of `go tool trace` calls it.
pub(super) static UTILIZATION_FLAGS: Domain =
    Domain { name: "flag", values: &["perProc", "stw", "background", "assist", "sweep"], closed: true };
