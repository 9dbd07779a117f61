//! What is known of goroutines, procs, threads, tasks and the garbage collector.

use ahash::AHashMap;

use crate::trace::event::{GoroutineId, ProcId, StringId, TaskId, ThreadId};

use super::Violation;
use super::slab::Goroutines;

/// The state of everything that the scheduler handles.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    pub(super) goroutines: Goroutines,
    pub(super) procs: AHashMap<ProcId, Proc>,
    /// By slot; the first is that of [`ThreadId::NONE`], which never holds anything.
    threads: Vec<Thread>,
    slots: AHashMap<ThreadId, ThreadSlot>,
    pub(super) tasks: AHashMap<TaskId, Task>,
    pub(super) gc: Gc,
}

/// A thread's place among those that are known, to be found without a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ThreadSlot(usize);

/// What a thread holds: the goroutine and the proc that it executes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ThreadState {
    pub(super) g: GoroutineId,
    pub(super) p: ProcId,
}

#[derive(Debug, Clone, Copy)]
struct Thread {
    id: ThreadId,
    state: ThreadState,
    /// Whether anything was heard of it; a slot alone does not count.
    seen: bool,
}

impl Thread {
    fn new(id: ThreadId) -> Self {
        Self { id, state: IDLE_THREAD, seen: false }
    }
}

const IDLE_THREAD: ThreadState = ThreadState { g: GoroutineId::NONE, p: ProcId::NONE };

impl Scheduler {
    /// The place of a thread.
    pub(super) fn slot(&mut self, id: ThreadId) -> ThreadSlot {
        if self.threads.is_empty() {
            self.threads.push(Thread::new(ThreadId::NONE));
        }
        if id == ThreadId::NONE {
            return ThreadSlot(0);
        }
        *self.slots.entry(id).or_insert_with(|| {
            self.threads.push(Thread::new(id));
            ThreadSlot(self.threads.len() - 1)
        })
    }

    /// A thread of which something is heard now.
    #[inline]
    pub(super) fn thread(&mut self, slot: ThreadSlot) -> (ThreadId, ThreadState) {
        match self.threads.get_mut(slot.0) {
            Some(thread) => {
                thread.seen = true;
                (thread.id, thread.state)
            }
            None => (ThreadId::NONE, IDLE_THREAD),
        }
    }

    #[inline]
    pub(super) fn set_thread(&mut self, slot: ThreadSlot, state: ThreadState) {
        if slot.0 > 0
            && let Some(thread) = self.threads.get_mut(slot.0)
        {
            thread.state = state;
            thread.seen = true;
        }
    }

    /// The state of a thread of which something has been heard.
    pub(super) fn known_thread(&self, id: ThreadId) -> Option<(ThreadSlot, ThreadState)> {
        let slot = *self.slots.get(&id)?;
        let thread = self.threads.get(slot.0).filter(|thread| thread.seen)?;
        Some((slot, thread.state))
    }

    /// The thread that holds `p`, and its goroutine.
    pub(super) fn holder(&self, p: ProcId) -> Option<(ThreadId, GoroutineId)> {
        self.threads.iter().find(|thread| thread.state.p == p).map(|thread| (thread.id, thread.state.g))
    }

    pub(super) fn goroutine(&mut self, id: GoroutineId) -> Result<&mut Goroutine, Violation> {
        self.goroutines
            .get_mut(id)
            .ok_or_else(|| format!("an event of goroutine {}, which does not exist", id.0))
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
        place.map(|i| self.0.swap_remove(i)).ok_or_else(|| format!("a {range:?} range ends that never began"))
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
