//! The kinds of wire events and how many arguments each has.
//!
//! Source: `internal/trace/tracev2` of Go 1.27.

/// The most bytes that a batch can have.
pub(crate) const MAX_BATCH_SIZE: usize = 64 << 10;
/// The most frames that a stack can have.
pub(crate) const MAX_FRAMES: u64 = 128;
/// The most bytes that a string can have.
pub(crate) const MAX_STRING: u64 = 1 << 10;

macro_rules! wire_events {
    ($($number:literal $constant:ident $name:literal $args:literal)*) => {
        $(pub(crate) const $constant: u8 = $number;)*

        /// The runtime's name of an event.
        pub(crate) fn name(kind: u8) -> &'static str {
            match kind {
                $($number => $name,)*
                _ => "unknown event",
            }
        }

        const fn arguments() -> [u8; 256] {
            let mut table = [NOT_TIMED; 256];
            $(table[$number] = $args;)*
            table
        }
    };
}

/// In [`ARGUMENTS`]: not an event that stands in an event batch.
pub(crate) const NOT_TIMED: u8 = 0xff;

/// By kind: the number of arguments after the time, at most 4.
pub(crate) static ARGUMENTS: [u8; 256] = arguments();

wire_events! {
    // Structure. 255: these do not stand in batches of events.
    1 EVENT_BATCH "EventBatch" 255
    2 STACKS "Stacks" 255
    3 STACK "Stack" 255
    4 STRINGS "Strings" 255
    5 STRING "String" 255
    6 CPU_SAMPLES "CPUSamples" 255
    7 CPU_SAMPLE "CPUSample" 255
    8 FREQUENCY "Frequency" 255
    // Procs.
    9 PROCS_CHANGE "ProcsChange" 2
    10 PROC_START "ProcStart" 2
    11 PROC_STOP "ProcStop" 0
    12 PROC_STEAL "ProcSteal" 3
    13 PROC_STATUS "ProcStatus" 2
    // Goroutines.
    14 GO_CREATE "GoCreate" 3
    15 GO_CREATE_SYSCALL "GoCreateSyscall" 1
    16 GO_START "GoStart" 2
    17 GO_DESTROY "GoDestroy" 0
    18 GO_DESTROY_SYSCALL "GoDestroySyscall" 0
    19 GO_STOP "GoStop" 2
    20 GO_BLOCK "GoBlock" 2
    21 GO_UNBLOCK "GoUnblock" 3
    22 GO_SYSCALL_BEGIN "GoSyscallBegin" 2
    23 GO_SYSCALL_END "GoSyscallEnd" 0
    24 GO_SYSCALL_END_BLOCKED "GoSyscallEndBlocked" 0
    25 GO_STATUS "GoStatus" 3
    // Stop-the-world and garbage collection.
    26 STW_BEGIN "STWBegin" 2
    27 STW_END "STWEnd" 0
    28 GC_ACTIVE "GCActive" 1
    29 GC_BEGIN "GCBegin" 2
    30 GC_END "GCEnd" 1
    31 GC_SWEEP_ACTIVE "GCSweepActive" 1
    32 GC_SWEEP_BEGIN "GCSweepBegin" 1
    33 GC_SWEEP_END "GCSweepEnd" 2
    34 GC_MARK_ASSIST_ACTIVE "GCMarkAssistActive" 1
    35 GC_MARK_ASSIST_BEGIN "GCMarkAssistBegin" 1
    36 GC_MARK_ASSIST_END "GCMarkAssistEnd" 0
    37 HEAP_ALLOC "HeapAlloc" 1
    38 HEAP_GOAL "HeapGoal" 1
    // Annotations.
    39 GO_LABEL "GoLabel" 1
    40 USER_TASK_BEGIN "UserTaskBegin" 4
    41 USER_TASK_END "UserTaskEnd" 2
    42 USER_REGION_BEGIN "UserRegionBegin" 3
    43 USER_REGION_END "UserRegionEnd" 3
    44 USER_LOG "UserLog" 4
    // Coroutines, since Go 1.23.
    45 GO_SWITCH "GoSwitch" 2
    46 GO_SWITCH_DESTROY "GoSwitchDestroy" 2
    47 GO_CREATE_BLOCKED "GoCreateBlocked" 3
    48 GO_STATUS_STACK "GoStatusStack" 4
    49 EXPERIMENTAL_BATCH "ExperimentalBatch" 255
    // Since Go 1.25.
    50 SYNC "Sync" 255
    51 CLOCK_SNAPSHOT "ClockSnapshot" 255
    // Since Go 1.26.
    52 END_OF_GENERATION "EndOfGeneration" 255
    // The experiment AllocFree.
    128 SPAN "Span" 3
    129 SPAN_ALLOC "SpanAlloc" 3
    130 SPAN_FREE "SpanFree" 1
    131 HEAP_OBJECT "HeapObject" 2
    132 HEAP_OBJECT_ALLOC "HeapObjectAlloc" 2
    133 HEAP_OBJECT_FREE "HeapObjectFree" 1
    134 GOROUTINE_STACK "GoroutineStack" 2
    135 GOROUTINE_STACK_ALLOC "GoroutineStackAlloc" 2
    136 GOROUTINE_STACK_FREE "GoroutineStackFree" 1
}
