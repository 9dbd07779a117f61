//! What is known of goroutines, procs, threads, tasks and the garbage collector.

use ahash::AHashMap;

use crate::trace::event::{GoroutineId, ProcId, StringId, TaskId, ThreadId};

use super::Violation;

/// The state of everything that the scheduler handles.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    pub(super) goroutines: AHashMap<GoroutineId, Goroutine>,
    pub(super) procs: AHashMap<ProcId, Proc>,
    threads: AHashMap<ThreadId, ThreadState>,
    pub(super) tasks: AHashMap<TaskId, Task>,
    pub(super) gc: Gc,
}

/// What a thread holds: the goroutine and the proc that it executes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ThreadState {
    pub(super) g: GoroutineId,
    pub(super) p: ProcId,
}

const IDLE_THREAD: ThreadState = ThreadState { g: GoroutineId::NONE, p: ProcId::NONE };

impl Scheduler {
    pub(super) fn thread(&self, id: ThreadId) -> ThreadState {
        self.threads.get(&id).copied().unwrap_or(IDLE_THREAD)
    }

    pub(super) fn known_thread(&self, id: ThreadId) -> Option<ThreadState> {
        self.threads.get(&id).copied()
    }

    pub(super) fn thread_mut(&mut self, id: ThreadId) -> &mut ThreadState {
        self.threads.entry(id).or_insert(IDLE_THREAD)
    }

    /// The thread that holds `p`, and its goroutine.
    pub(super) fn holder(&self, p: ProcId) -> Option<(ThreadId, GoroutineId)> {
        self.threads.iter().filter(|(_, state)| state.p == p).map(|(&m, state)| (m, state.g)).min()
    }

    pub(super) fn goroutine(&mut self, id: GoroutineId) -> Result<&mut Goroutine, Violation> {
        self.goroutines.get_mut(&id).ok_or_else(|| format!("an event of goroutine {}, which does not exist", id.0))
    }

    pub(super) fn proc(&mut self, id: ProcId) -> Result<&mut Proc, Violation> {
        self.procs.get_mut(&id).ok_or_else(|| format!("an event of proc {}, which does not exist", id.0))
    }
}

/// The status of a goroutine as the runtime writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GoStatus {
    Runnable,
    Running,
    Syscall,
    Waiting,
}

/// The status of a proc as the runtime writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcStatus {
    Running,
    Idle,
    Syscall,
    /// It was in a syscall, and which thread it belonged to is lost.
    Abandoned,
}

/// A position in the sequence of a resource's events; sequences begin anew with every generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) generation: u64,
    pub(super) number: u64,
}

impl Sequence {
    /// The start of a generation's sequence.
    pub(super) fn start(generation: u64) -> Self {
        Self { generation, number: 0 }
    }

    pub(super) fn succeeds(self, other: Self) -> bool {
        self.generation == other.generation && self.number == other.number.wrapping_add(1)
    }
}

#[derive(Debug)]
pub(super) struct Goroutine {
    pub(super) status: GoStatus,
    pub(super) sequence: Sequence,
    /// Open user regions, the innermost last.
    pub(super) regions: Vec<(TaskId, NameId)>,
    pub(super) ranges: OpenRanges,
}

impl Goroutine {
    pub(super) fn new(status: GoStatus, generation: u64) -> Self {
        let sequence = Sequence::start(generation);
        Self { status, sequence, regions: Vec::new(), ranges: OpenRanges::default() }
    }

    pub(super) fn require(&self, id: GoroutineId, status: GoStatus, event: &str) -> Result<(), Violation> {
        if self.status == status {
            return Ok(());
        }
        Err(format!("{event} of goroutine {}, which is {:?} and not {status:?}", id.0, self.status))
    }
}

#[derive(Debug)]
pub(super) struct Proc {
    pub(super) status: ProcStatus,
    pub(super) sequence: Sequence,
    pub(super) ranges: OpenRanges,
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) parent: TaskId,
    pub(super) name: NameId,
    /// The name in the symbols of the generation in which the task began.
    pub(super) string: StringId,
    pub(super) generation: u64,
}

#[derive(Debug, Default)]
pub(super) struct Gc {
    /// None: not known yet.
    pub(super) running: Option<bool>,
    pub(super) sequence: u64,
}

/// A kind of range that belongs to a goroutine or a proc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenRange {
    Sweep,
    MarkAssist,
    StopTheWorld(NameId),
}

impl OpenRange {
    fn same_kind(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// The ranges of a goroutine or a proc that are going on.
#[derive(Debug, Default)]
pub(super) struct OpenRanges(Vec<OpenRange>);

impl OpenRanges {
    pub(super) fn begin(&mut self, range: OpenRange) -> Result<(), Violation> {
        if self.0.contains(&range) {
            return Err(format!("a {range:?} range begins that is going on already"));
        }
        self.0.push(range);
        Ok(())
    }

    /// The range is going on at the start of a generation: news in the first, no news later.
    pub(super) fn active(&mut self, range: OpenRange, is_initial: bool) -> Result<(), Violation> {
        if is_initial {
            self.begin(range)
        } else if self.0.contains(&range) {
            Ok(())
        } else {
            Err(format!("a {range:?} range goes on that never began"))
        }
    }

    /// Ends the range of the kind of `range`, and returns it.
    pub(super) fn end(&mut self, range: OpenRange) -> Result<OpenRange, Violation> {
        let place = self.0.iter().position(|open| open.same_kind(range));
        place
            .map(|i| self.0.swap_remove(i))
            .ok_or_else(|| format!("a {range:?} range ends that never began"))
    }
}

/// A name that lives longer than a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameId(u32);

/// Names of tasks, regions and stop-the-worlds, by which events of different generations are compared.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: AHashMap<Box<[u8]>, NameId>,
    names: Vec<Box<[u8]>>,
}

impl Names {
    pub(super) fn id(&mut self, name: &[u8]) -> NameId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        self.ids.insert(name.into(), id);
        id
    }

    pub(super) fn name(&self, id: NameId) -> &[u8] {
        self.names.get(id.0 as usize).map(AsRef::as_ref).unwrap_or_default()
    }
}
