//! The virtual tables.

use std::sync::LazyLock;

use super::Type;
use super::domains::{
    Domain, EVENT_KINDS, FLOW_KINDS, FORMATS, GOROUTINE_STATES, LANES, LAST_STATES, METRICS, PROC_STATES,
    REASONS, RESOURCES, SCOPES, SLICE_CATEGORIES, SPAN_KINDS, STAT_CATEGORIES, STATES,
};

/// A virtual table.
#[derive(Debug, PartialEq)]
pub struct Table {
    pub name: &'static str,
    /// What a row is: "goroutine", "stay of a goroutine in a state".
    pub row: &'static str,
    pub columns: Vec<Column>,
    /// The columns by which its rows come ordered, ascending.
    pub order: &'static [&'static str],
}

/// A column of a table.
#[derive(Debug, PartialEq)]
pub struct Column {
    pub name: &'static str,
    pub ty: Type,
    pub nullable: bool,
    pub doc: &'static str,
    pub domain: Option<&'static Domain>,
}

impl Table {
    pub fn column(&'static self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

/// All tables, those that a newcomer needs first.
pub fn tables() -> &'static [Table] {
    &TABLES
}

/// The table called `name`.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|t| t.name == name)
}

/// The column that says what a trace is called, and the table that has it: in others it is what `*` does not list.
pub fn trace_name() -> Option<(&'static Table, &'static Column)> {
    let table = table("traces")?;
    Some((table, table.column("trace")?))
}

pub(super) fn col(name: &'static str, ty: Type, doc: &'static str) -> Column {
    Column { name, ty, nullable: false, doc, domain: None }
}

impl Column {
    /// Its type, with `?` where it may be null.
    pub fn type_text(&self) -> String {
        format!("{}{}", self.ty, if self.nullable { "?" } else { "" })
    }

    /// May be null.
    pub(super) fn null(self) -> Self {
        Self { nullable: true, ..self }
    }

    pub(super) fn of(self, domain: &'static Domain) -> Self {
        Self { domain: Some(domain), ..self }
    }
}

fn open_start() -> Column {
    col(
        "open_start",
        Type::Bool,
        "whether it began before what is known: start is then the trace's start, or the end of what is lost",
    )
}

fn open_end() -> Column {
    col(
        "open_end",
        Type::Bool,
        "whether it goes on after what is known: end is then the trace's end, or the start of what is lost",
    )
}

/// Times by name.
fn times_by_name() -> Type {
    let fields = [("name", Type::String), ("dur", Type::Duration)];
    Type::list(Type::Struct(fields.map(|(name, ty)| (name.to_owned(), ty)).to_vec()))
}

/// The columns of `slices`, and of the functions that choose some of them.
pub(super) fn slice_columns() -> Vec<Column> {
    vec![
                col("slice", Type::Int, "number of the slice, in the order in which the trace tells of them"),
                col(
                    "lane",
                    Type::String,
                    "kind of lane; 'network' and 'syscalls' have instants only: unblocked by the network, back from a blocking syscall",
                )
                .of(&LANES),
                col("id", Type::Int, "number of the lane's proc, thread, goroutine (also for 'region') or task").null(),
                col("name", Type::String, "what is written on it").null(),
                col("category", Type::String, "what it shows").of(&SLICE_CATEGORIES),
                col("g", Type::Int, "goroutine that it is about, or on which it began").null(),
                col("task", Type::Int, "tasks and regions: the task").null(),
                col("blocked", Type::Bool, "syscalls: whether it lost its P"),
                col("parent", Type::Int, "slice of the same lane that directly encloses it").null(),
                col("start", Type::Time, "when it began"),
                col("end", Type::Time, "when it ended"),
                col("dur", Type::Duration, "end - start"),
                col("self", Type::Duration, "dur without the slices that it directly encloses; clip does not cut it"),
                col(
                    "start_stack",
                    Type::Stack,
                    "stack at its begin; for a running goroutine, that at which it last stopped",
                )
                .null(),
                col("end_stack", Type::Stack, "stack at its end").null(),
                col("incoming", Type::Int, "flow that ends at it").null(),
                col("outgoing", Type::list(Type::Int), "flows that start from it"),
                open_start(),
                open_end(),
    ]
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    vec![
        Table {
            name: "goroutines",
            row: "goroutine",
            order: &[],
            columns: vec![
                col("g", Type::Int, "goroutine id"),
                col("name", Type::String, "entry function").null(),
                col("system", Type::Bool, "whether it belongs to the runtime"),
                col("parent", Type::Int, "goroutine that created it").null(),
                col("create_stack", Type::Stack, "stack of the creating goroutine at the go statement")
                    .null(),
                col("created", Type::Time, "when it was created, or the trace's start"),
                col("started", Type::Time, "when it first ran").null(),
                col("ended", Type::Time, "when it ended, or blocked forever").null(),
                col("state", Type::String, "last state").of(&LAST_STATES),
                col("total", Type::Duration, "time from its creation to its end, or to the trace's ends"),
                col("exec", Type::Duration, "time running"),
                col(
                    "sched_wait",
                    Type::Duration,
                    "time runnable, waiting for a P; as in Go, a blocking syscall cut off by the trace's end counts here too",
                ),
                col("syscall", Type::Duration, "time in syscalls while holding a P"),
                col("syscall_block", Type::Duration, "time in syscalls after losing the P"),
                col("net_wait", Type::Duration, "time blocked on the network"),
                col("sync_wait", Type::Duration, "time blocked on channels, select, mutexes and the like"),
                col("sleep", Type::Duration, "time in time.Sleep"),
                col("gc_assist", Type::Duration, "time in GC mark assist; overlaps the other times"),
                col("gc_sweep", Type::Duration, "time in incremental sweeping; overlaps the other times"),
                col("stw", Type::Duration, "time with the world stopped by it; overlaps the other times"),
                col("unknown", Type::Duration, "part of total that no other time accounts for"),
                col(
                    "waits",
                    times_by_name(),
                    "time blocked, by reason, the longest first; no reason is null",
                ),
                col(
                    "ranges",
                    times_by_name(),
                    "time in GC and stop-the-world ranges, by name, the longest first; overlaps the other times",
                ),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "goroutine_states",
            row: "stay of a goroutine in a state",
            order: &["start"],
            columns: vec![
                col("g", Type::Int, "goroutine id"),
                col("name", Type::String, "the goroutine's entry function").null(),
                col("state", Type::String, "what it was doing").of(&GOROUTINE_STATES),
                col("reason", Type::String, "why it waits or yielded").null().of(&REASONS),
                col("start", Type::Time, "when it entered the state"),
                col("end", Type::Time, "when it left the state"),
                col("dur", Type::Duration, "end - start"),
                col("stack", Type::Stack, "the goroutine's stack on entering the state").null(),
                col("end_stack", Type::Stack, "the goroutine's stack on leaving the state").null(),
                col("p", Type::Int, "proc on which it ran or entered the syscall").null(),
                col("m", Type::Int, "thread on which it ran or entered the syscall").null(),
                col("waker", Type::Int, "for runnable: goroutine that made it so").null(),
                col("waker_stack", Type::Stack, "for runnable: the waker's stack at that moment").null(),
                col(
                    "seen",
                    Type::Time,
                    "when the trace first tells of it: its start, or later if that is open",
                ),
                col(
                    "before_run",
                    Type::Bool,
                    "whether it was over before the goroutine first ran in the trace; false if that never did",
                ),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "wakeups",
            row: "goroutine made runnable after a wait; from_g is null where no goroutine did it (network, timers)",
            order: &["time"],
            columns: vec![
                col("time", Type::Time, "when it was made runnable"),
                col("from_g", Type::Int, "goroutine that did it").null(),
                col("to_g", Type::Int, "goroutine that was made runnable"),
                col("from_stack", Type::Stack, "stack of from_g at that moment").null(),
                col("reason", Type::String, "why to_g had waited").null().of(&REASONS),
                col(
                    "wait",
                    Type::Duration,
                    "how long it had waited; with open_start: since the trace's start",
                ),
                col("latency", Type::Duration, "how long until it ran; with open_end: until the trace's end"),
                col("open_start", Type::Bool, "whether its wait began before the trace"),
                col("open_end", Type::Bool, "whether it did not run before the trace's end"),
            ],
        },
        Table {
            name: "goroutine_stats",
            row: "goroutine and statistic",
            order: &[],
            columns: vec![
                col("g", Type::Int, "goroutine id"),
                col("category", Type::String, "'block': blocked for a reason; 'range': within a range")
                    .of(&STAT_CATEGORIES),
                col("name", Type::String, "wait reason or range name").null(),
                col("dur", Type::Duration, "time spent so"),
            ],
        },
        Table {
            name: "events",
            row: "event, in order",
            order: &["time"],
            columns: vec![
                col("time", Type::Time, "when it happened"),
                col("kind", Type::String, "kind of event, as in golang.org/x/exp/trace").of(&EVENT_KINDS),
                col("g", Type::Int, "goroutine on which it happened").null(),
                col("p", Type::Int, "proc on which it happened").null(),
                col("m", Type::Int, "thread on which it happened").null(),
                col("stack", Type::Stack, "stack of the goroutine on which it happened").null(),
                col("resource", Type::String, "state transitions: what changed its state")
                    .null()
                    .of(&RESOURCES),
                col("id", Type::Int, "state transitions: id of the resource").null(),
                col("from_state", Type::String, "state transitions: state before").null().of(&STATES),
                col("to_state", Type::String, "state transitions: state after").null().of(&STATES),
                col("reason", Type::String, "state transitions: why").null().of(&REASONS),
                col("to_stack", Type::Stack, "state transitions: stack of the resource itself").null(),
                col(
                    "name",
                    Type::String,
                    "name of the range, metric, label, task, region, log category or experimental event",
                )
                .null(),
                col("value", Type::Int, "metrics: the value").null(),
                col("message", Type::String, "logs: the message").null(),
                col("task", Type::Int, "user task that it belongs to").null(),
                col("parent_task", Type::Int, "tasks: parent task").null(),
            ],
        },
        Table {
            name: "tasks",
            row: "user task",
            order: &["start"],
            columns: vec![
                col("task", Type::Int, "task id"),
                col("name", Type::String, "task type").null(),
                col("parent", Type::Int, "parent task").null(),
                col("g", Type::Int, "goroutine that began it").null(),
                col("start", Type::Time, "when it began"),
                col("end", Type::Time, "when it ended"),
                col("dur", Type::Duration, "end - start"),
                col("complete", Type::Bool, "whether its begin and its end are in the trace"),
                col("logs", Type::Int, "number of log messages"),
                col("regions", Type::Int, "number of regions"),
                col("goroutines", Type::Int, "number of goroutines that worked on it"),
                col("create_stack", Type::Stack, "stack at its begin").null(),
                col("end_stack", Type::Stack, "stack at its end").null(),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "regions",
            row: "user region",
            order: &["start"],
            columns: vec![
                col("region", Type::Int, "region id, numbered by this table"),
                col("name", Type::String, "region type").null(),
                col("task", Type::Int, "task that it belongs to").null(),
                col("g", Type::Int, "goroutine id"),
                col("parent", Type::Int, "enclosing region of the same goroutine").null(),
                col("depth", Type::Int, "number of enclosing regions"),
                col("start", Type::Time, "when it began"),
                col("end", Type::Time, "when it ended"),
                col("dur", Type::Duration, "end - start"),
                col("complete", Type::Bool, "whether its begin and its end are in the trace"),
                col(
                    "inherited",
                    Type::Bool,
                    "synthetic: the time of a goroutine that was created within a region",
                ),
                col("start_stack", Type::Stack, "stack at its begin").null(),
                col("end_stack", Type::Stack, "stack at its end").null(),
                col("total", Type::Duration, "time within the region"),
                col("exec", Type::Duration, "time running, within the region"),
                col("sched_wait", Type::Duration, "time runnable, within the region"),
                col("syscall", Type::Duration, "time in syscalls while holding a P, within the region"),
                col(
                    "syscall_block",
                    Type::Duration,
                    "time in syscalls after losing the P, within the region",
                ),
                col("net_wait", Type::Duration, "time blocked on the network, within the region"),
                col(
                    "sync_wait",
                    Type::Duration,
                    "time blocked on channels, select, mutexes and the like, within the region",
                ),
                col("sleep", Type::Duration, "time in time.Sleep, within the region"),
                col(
                    "gc_assist",
                    Type::Duration,
                    "time in GC mark assist, within the region; overlaps the other times",
                ),
                col(
                    "gc_sweep",
                    Type::Duration,
                    "time in incremental sweeping, within the region; overlaps the other times",
                ),
                col(
                    "stw",
                    Type::Duration,
                    "time with the world stopped by it, within the region; overlaps the other times",
                ),
                col("unknown", Type::Duration, "part of total that no other time accounts for"),
                col("waits", times_by_name(), "time blocked within the region, by reason, the longest first"),
                col(
                    "ranges",
                    times_by_name(),
                    "time in GC and stop-the-world ranges within the region, by name, the longest first; overlaps the other times",
                ),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "logs",
            row: "trace.Log message",
            order: &["time"],
            columns: vec![
                col("time", Type::Time, "when it was logged"),
                col("g", Type::Int, "goroutine that logged it").null(),
                col("task", Type::Int, "task that it belongs to").null(),
                col("category", Type::String, "category").null(),
                col("message", Type::String, "message").null(),
                col("stack", Type::Stack, "stack of the goroutine that logged it").null(),
            ],
        },
        Table {
            name: "procs",
            row: "P",
            order: &["p"],
            columns: vec![
                col("p", Type::Int, "proc id"),
                col("first", Type::Time, "when it was first seen"),
                col("last", Type::Time, "when it was last seen"),
                col("running", Type::Duration, "time running"),
                col("idle", Type::Duration, "time idle"),
                col("goroutines", Type::Int, "number of goroutines that ran on it"),
                col("switches", Type::Int, "number of times that a goroutine began to run on it"),
                col("utilization", Type::Float, "running / (running + idle)").null(),
            ],
        },
        Table {
            name: "proc_states",
            row: "stay of a P in a state",
            order: &["start"],
            columns: vec![
                col("p", Type::Int, "proc id"),
                col("state", Type::String, "whether it was running").of(&PROC_STATES),
                col("start", Type::Time, "when it entered the state"),
                col("end", Type::Time, "when it left the state"),
                col("dur", Type::Duration, "end - start"),
                col("m", Type::Int, "for running: the thread that ran it").null(),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "threads",
            row: "M",
            order: &["m"],
            columns: vec![
                col("m", Type::Int, "thread id"),
                col("first", Type::Time, "time of its first event"),
                col("last", Type::Time, "time of its last event"),
                col("events", Type::Int, "number of its events"),
            ],
        },
        Table {
            name: "ranges",
            row: "GC, stop-the-world, sweep or mark-assist range",
            order: &["start"],
            columns: vec![
                col("name", Type::String, "what went on"),
                col("scope", Type::String, "what it belongs to").of(&SCOPES),
                col("id", Type::Int, "id of the goroutine or proc that it belongs to").null(),
                col("start", Type::Time, "when it began"),
                col("end", Type::Time, "when it ended"),
                col("dur", Type::Duration, "end - start"),
                col("g", Type::Int, "goroutine on which it began").null(),
                col("p", Type::Int, "proc on which it began").null(),
                col("stack", Type::Stack, "stack at its begin").null(),
                col("attributes", Type::list(Type::String), "what it reported at its end, as 'name=value'"),
                col("swept", Type::Bytes, "sweeps: memory swept").null(),
                col("reclaimed", Type::Bytes, "sweeps: memory reclaimed").null(),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "gcs",
            row: "GC cycle: Go's range 'GC concurrent mark phase'",
            order: &["start"],
            columns: vec![
                col("gc", Type::Int, "number of the cycle within the trace, from 1"),
                col("start", Type::Time, "when it began, before the world was stopped for it"),
                col("end", Type::Time, "when it ended, before the world went on"),
                col("dur", Type::Duration, "end - start"),
                col(
                    "stw",
                    Type::Duration,
                    "time between start and end in which the world was stopped, for any reason",
                ),
                col(
                    "pause",
                    Type::Duration,
                    "time of the stop-the-worlds that began in it, to their ends: the last one outlasts it",
                ),
                col(
                    "assist",
                    Type::Duration,
                    "time between start and end in mark assist, summed over goroutines, their waits included",
                ),
                col("heap_start", Type::Bytes, "heap objects when it began, if the trace told by then")
                    .null(),
                col("heap_end", Type::Bytes, "heap objects when it ended: those that it found alive").null(),
                col("goal", Type::Bytes, "heap goal when it began: the one that it ran for").null(),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "metrics",
            row: "change of a runtime metric",
            order: &["time"],
            columns: vec![
                col("time", Type::Time, "when it changed"),
                col("name", Type::String, "metric, as in runtime/metrics").of(&METRICS),
                col("value", Type::Int, "new value, in the unit that the name ends with"),
                col("p", Type::Int, "proc on which it was seen").null(),
                col("g", Type::Int, "goroutine on which it was seen").null(),
            ],
        },
        Table {
            name: "samples",
            row: "CPU profile sample",
            order: &["time"],
            columns: vec![
                col("time", Type::Time, "when it was taken"),
                col("g", Type::Int, "goroutine that ran").null(),
                col("p", Type::Int, "proc that ran").null(),
                col("m", Type::Int, "thread that ran").null(),
                col("stack", Type::Stack, "stack that ran").null(),
            ],
        },
        Table {
            name: "labels",
            row: "label set on a goroutine",
            order: &["time"],
            columns: vec![
                col("time", Type::Time, "when it was set"),
                col("g", Type::Int, "goroutine id").null(),
                col("label", Type::String, "label").null(),
            ],
        },
        Table {
            name: "slices",
            row: "box on the timeline, as Go's viewer draws it; a running goroutine is one on each of the lanes 'proc', \
                  'thread' and 'g'",
            order: &["slice"],
            columns: slice_columns(),
        },
        Table {
            name: "flows",
            row: "flow, an arrow on the timeline: what let a goroutine run, for each of the lanes 'proc', 'thread' and 'g', \
                  or what task another began in",
            order: &["to_time"],
            columns: vec![
                col("flow", Type::Int, "number of the flow, in order of to_time"),
                col("lane", Type::String, "kind of the lanes that it joins").of(&LANES),
                col("kind", Type::String, "what it stands for").of(&FLOW_KINDS),
                col("name", Type::String, "the same as the viewer words it, with the reason of the wait"),
                col(
                    "from_slice",
                    Type::Int,
                    "innermost slice in which the cause lies; the parent task's, even if that has ended",
                )
                .null(),
                col(
                    "from_time",
                    Type::Time,
                    "when the goroutine was created, unblocked or back, or the task began",
                ),
                col("to_slice", Type::Int, "slice that it let begin"),
                col("to_time", Type::Time, "when the goroutine ran, or the task began"),
                col("from_g", Type::Int, "goroutine that caused it").null(),
                col("to_g", Type::Int, "goroutine that ran, or that began the task").null(),
            ],
        },
        Table {
            name: "stacks",
            row: "distinct stack that events refer to",
            order: &[],
            columns: vec![
                col("stack", Type::Stack, "the stack"),
                col("depth", Type::Int, "number of frames"),
                col("leaf", Type::String, "function of the innermost frame").null(),
                col("root", Type::String, "function of the outermost frame").null(),
                col("folded", Type::String, "functions from root to leaf, joined by ';'").null(),
            ],
        },
        Table {
            name: "frames",
            row: "frame of a distinct stack",
            order: &[],
            columns: vec![
                col("stack", Type::Stack, "the stack"),
                col("position", Type::Int, "place in the stack: 0 is the leaf"),
                col("func", Type::String, "function").null(),
                col("file", Type::String, "source file").null(),
                col("line", Type::Int, "line in the source file"),
                col("pc", Type::Int, "program counter, of the first of the equal stacks"),
            ],
        },
        Table {
            name: "heap_objects",
            row: "heap object; only of programs run with GODEBUG=traceallocfree=1",
            order: &["start"],
            columns: vec![
                col("address", Type::Int, "where it lies, if the trace still has its beginning").null(),
                col(
                    "type",
                    Type::String,
                    "its type, or that of its elements; null for texts, most of what is older than the trace, and in the flight recorder's traces",
                )
                .null(),
                col("type_size", Type::Bytes, "size of one value of the type").null(),
                col(
                    "size",
                    Type::Bytes,
                    "memory that it takes up; 0 if it shares that of another tiny one",
                )
                .null(),
                col("span", Type::Int, "span in which it lies: see heap_spans").null(),
                col("g", Type::Int, "goroutine that allocated it").null(),
                col("p", Type::Int, "proc on which it was allocated").null(),
                col("m", Type::Int, "thread on which it was allocated").null(),
                col("start", Type::Time, "when it was allocated"),
                col("end", Type::Time, "when it was swept, some time after its last use"),
                col("dur", Type::Duration, "end - start"),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "heap_spans",
            row: "span of the heap's pages in one use; only of programs run with GODEBUG=traceallocfree=1",
            order: &["start"],
            columns: vec![
                col("span", Type::Int, "number of the span, by this table"),
                col("address", Type::Int, "where it begins, if the trace still has its beginning").null(),
                col("size", Type::Bytes, "size of its pages").null(),
                col(
                    "kind",
                    Type::String,
                    "objects that may hold pointers, objects that hold none, or the runtime's own: goroutines' stacks and the like",
                )
                .null()
                .of(&SPAN_KINDS),
                col("size_class", Type::Int, "runtime's number for the size of its objects; 0 is one large object")
                    .null(),
                col("object_size", Type::Bytes, "memory that each of its objects takes up").null(),
                col("g", Type::Int, "goroutine on which it was allocated").null(),
                col("p", Type::Int, "proc on which it was allocated").null(),
                col("m", Type::Int, "thread on which it was allocated").null(),
                col("start", Type::Time, "when it was allocated"),
                col("end", Type::Time, "when it was freed"),
                col("dur", Type::Duration, "end - start"),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "goroutine_stacks",
            row: "stack's memory: a goroutine gets other memory when its stack grows or shrinks; only of programs run with \
                  GODEBUG=traceallocfree=1",
            order: &["start"],
            columns: vec![
                col("address", Type::Int, "where it begins, if the trace still has its beginning").null(),
                col("size", Type::Bytes, "its size").null(),
                col(
                    "g",
                    Type::Int,
                    "goroutine on which it was allocated: the one that grew, the creator of a new one, or the collector's",
                )
                .null(),
                col("p", Type::Int, "proc on which it was allocated").null(),
                col("m", Type::Int, "thread on which it was allocated").null(),
                col("start", Type::Time, "when it was allocated"),
                col("end", Type::Time, "when it was freed; a goroutine that ends may leave its own to the next"),
                col("dur", Type::Duration, "end - start"),
                open_start(),
                open_end(),
            ],
        },
        Table {
            name: "generations",
            row: "generation of a trace of Go 1.22 or later",
            order: &["start"],
            columns: vec![
                col("generation", Type::Int, "number that the runtime gave it"),
                col("start", Type::Time, "time of its first event"),
                col("end", Type::Time, "time of its last event"),
                col("offset", Type::Bytes, "where it begins in the trace's bytes"),
                col("bytes", Type::Bytes, "its size there"),
                col("batches", Type::Int, "number of its batches"),
                col("events", Type::Int, "number of its events"),
            ],
        },
        Table {
            name: "traces",
            row: "file",
            order: &[],
            columns: vec![
                col("trace", Type::String, "the file's name; also beside other tables, where an expression asks for it"),
                col("path", Type::String, "path of the file, or '-'"),
                col("go_version", Type::String, "Go version that introduced the file's format"),
                col("format", Type::String, "family of formats").of(&FORMATS),
                col("bytes", Type::Bytes, "size of the trace, decompressed"),
                col("valid_bytes", Type::Bytes, "size of the part that could be used"),
                col("events", Type::Int, "number of events"),
                col("generations", Type::Int, "number of generations"),
                col("start_wall", Type::String, "wall-clock time of the trace's start (UTC, RFC 3339)")
                    .null(),
                col("start_unix", Type::Int, "the same in ns since the Unix epoch").null(),
                col("dur", Type::Duration, "time from the first event to the last"),
                col("problem", Type::String, "why some of the trace could not be used").null(),
            ],
        },
    ]
});
