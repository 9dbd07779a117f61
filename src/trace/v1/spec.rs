//! The kinds of events and which arguments each has.
//!
//! Source: `internal/trace/parser.go` of Go 1.21.

use crate::trace::reader::Version;

/// The version before which events have sequence numbers, and stacks have program counters only.
pub(super) const SYMBOLS: Version = Version(7);

/// What is known of a kind.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    /// The first version that has it; `u32::MAX`: there is no such kind.
    since: u32,
    /// Arguments between the time and the stack.
    args: usize,
    /// Whether the last argument is a stack.
    pub(super) stack: bool,
}

/// In [`Spec`]: not an event that has a time.
const NOT_TIMED: usize = usize::MAX;

macro_rules! events {
    ($($number:literal $constant:ident $name:literal $since:literal $args:tt $stack:literal)*) => {
        $(pub(super) const $constant: u8 = $number;)*

        static SPECS: [Spec; 50] = {
            let mut specs = [const { Spec { name: "unknown event", since: u32::MAX, args: 0, stack: false } }; 50];
            $(specs[$number] = Spec { name: $name, since: $since, args: $args, stack: $stack };)*
            specs
        };
    };
}

events! {
    1 BATCH "Batch" 5 NOT_TIMED false
    2 FREQUENCY "Frequency" 5 NOT_TIMED false
    3 STACK "Stack" 5 NOT_TIMED false
    4 GOMAXPROCS "Gomaxprocs" 5 1 true
    5 PROC_START "ProcStart" 5 1 false
    6 PROC_STOP "ProcStop" 5 0 false
    7 GC_START "GCStart" 5 1 true
    8 GC_DONE "GCDone" 5 0 false
    9 STW_START "STWStart" 5 1 false
    10 STW_DONE "STWDone" 5 0 false
    11 GC_SWEEP_START "GCSweepStart" 5 0 true
    12 GC_SWEEP_DONE "GCSweepDone" 5 2 false
    13 GO_CREATE "GoCreate" 5 2 true
    14 GO_START "GoStart" 5 2 false
    15 GO_END "GoEnd" 5 0 false
    16 GO_STOP "GoStop" 5 0 true
    17 GO_SCHED "GoSched" 5 0 true
    18 GO_PREEMPT "GoPreempt" 5 0 true
    19 GO_SLEEP "GoSleep" 5 0 true
    20 GO_BLOCK "GoBlock" 5 0 true
    21 GO_UNBLOCK "GoUnblock" 5 2 true
    22 GO_BLOCK_SEND "GoBlockSend" 5 0 true
    23 GO_BLOCK_RECV "GoBlockRecv" 5 0 true
    24 GO_BLOCK_SELECT "GoBlockSelect" 5 0 true
    25 GO_BLOCK_SYNC "GoBlockSync" 5 0 true
    26 GO_BLOCK_COND "GoBlockCond" 5 0 true
    27 GO_BLOCK_NET "GoBlockNet" 5 0 true
    28 GO_SYS_CALL "GoSysCall" 5 0 true
    29 GO_SYS_EXIT "GoSysExit" 5 3 false
    30 GO_SYS_BLOCK "GoSysBlock" 5 0 false
    31 GO_WAITING "GoWaiting" 5 1 false
    32 GO_IN_SYSCALL "GoInSyscall" 5 1 false
    33 HEAP_ALLOC "HeapAlloc" 5 1 false
    34 HEAP_GOAL "HeapGoal" 5 1 false
    35 TIMER_GOROUTINE "TimerGoroutine" 5 NOT_TIMED false
    36 FUTILE_WAKEUP "FutileWakeup" 5 0 false
    37 STRING "String" 7 NOT_TIMED false
    38 GO_START_LOCAL "GoStartLocal" 7 1 false
    39 GO_UNBLOCK_LOCAL "GoUnblockLocal" 7 1 true
    40 GO_SYS_EXIT_LOCAL "GoSysExitLocal" 7 2 false
    41 GO_START_LABEL "GoStartLabel" 8 3 false
    42 GO_BLOCK_GC "GoBlockGC" 8 0 true
    43 GC_MARK_ASSIST_START "GCMarkAssistStart" 9 0 true
    44 GC_MARK_ASSIST_DONE "GCMarkAssistDone" 9 0 false
    45 USER_TASK_CREATE "UserTaskCreate" 11 3 true
    46 USER_TASK_END "UserTaskEnd" 11 1 true
    47 USER_REGION "UserRegion" 11 3 true
    48 USER_LOG "UserLog" 11 2 true
    49 CPU_SAMPLE "CPUSample" 19 3 true
}

/// A kind that a version has.
pub(super) fn of(kind: u8, version: Version) -> Option<&'static Spec> {
    SPECS.get(usize::from(kind)).filter(|spec| version >= Version(spec.since))
}

/// The name of a kind.
pub(super) fn name(kind: u8) -> &'static str {
    SPECS.get(usize::from(kind)).map_or("unknown event", |spec| spec.name)
}

impl Spec {
    pub(super) fn is_timed(&self) -> bool {
        self.args != NOT_TIMED
    }
}

/// How many arguments a timed event has between the time and the stack.
pub(super) fn arguments(kind: u8, version: Version) -> usize {
    let args = SPECS.get(usize::from(kind)).map_or(0, |spec| spec.args);
    match kind {
        // Bytes swept and reclaimed.
        GC_SWEEP_DONE if version < Version(9) => 0,
        // Its kind.
        STW_START if version < Version(10) => 0,
        // A sequence number, which every event has there.
        GC_START | GO_START | GO_UNBLOCK if version < SYMBOLS => args - 1,
        _ => args,
    }
}
