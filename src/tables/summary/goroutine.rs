//! The books of one goroutine.

use super::super::intern::{StackNumber, TextId};
use super::super::stats::Stats;
use super::OpenRegion;
use super::record::RegionRows;
use crate::trace::{GoroutineId, GoroutineState, ProcId};

/// What is known of a goroutine so far.
pub(super) struct Goroutine {
    pub(super) id: GoroutineId,
    pub(super) name: TextId,
    pub(super) parent: Option<i64>,
    pub(super) create_stack: StackNumber,
    /// When it was created or, if it is older than the trace, first known of.
    pub(super) created: i64,
    pub(super) started: Option<i64>,
    pub(super) ended: Option<i64>,
    pub(super) state: GoroutineState,
    pub(super) open_start: bool,
    pub(super) stats: Stats,
    pub(super) pending: Pending,
    /// Open regions, the innermost last.
    pub(super) regions: Vec<OpenRegion>,
}

/// What it is doing now, and since when.
#[derive(Default)]
pub(super) struct Pending {
    running: Option<i64>,
    pub(super) runnable: Option<i64>,
    pub(super) block: Option<(i64, TextId)>,
    pub(super) syscall: Option<i64>,
    /// Where the syscall began; may be no proc.
    pub(super) syscall_proc: Option<ProcId>,
    /// Since when the syscall is without its proc.
    pub(super) syscall_block: Option<i64>,
    ranges: Vec<(TextId, i64)>,
}

impl Goroutine {
    pub(super) fn new(id: GoroutineId, created: i64, open_start: bool) -> Self {
        Self {
            id,
            name: TextId::NULL,
            parent: None,
            create_stack: StackNumber::NONE,
            created,
            started: None,
            ended: None,
            state: GoroutineState::Undetermined,
            open_start,
            stats: Stats::default(),
            pending: Pending::default(),
            regions: Vec::new(),
        }
    }

    /// Books the time in a state in which it was before it was first heard of.
    pub(super) fn was(&mut self, state: GoroutineState, reason: TextId, ns: i64, has_proc: bool) {
        match state {
            GoroutineState::Running => self.stats.exec = self.stats.exec.saturating_add(ns),
            GoroutineState::Waiting => self.stats.block.add(reason, ns),
            GoroutineState::Runnable => self.stats.sched_wait = self.stats.sched_wait.saturating_add(ns),
            GoroutineState::Syscall if has_proc => self.stats.syscall = self.stats.syscall.saturating_add(ns),
            GoroutineState::Syscall => self.stats.syscall_block = self.stats.syscall_block.saturating_add(ns),
            GoroutineState::Undetermined | GoroutineState::NotExist => {}
        }
    }

    pub(super) fn run(&mut self, now: i64) {
        self.pending.running = Some(now);
        self.started.get_or_insert(now);
    }

    /// Books the time in the state that it leaves.
    pub(super) fn leave(&mut self, state: GoroutineState, now: i64) {
        let pending = &mut self.pending;
        match state {
            GoroutineState::Running => {
                self.stats.exec =
                    self.stats.exec.saturating_add(pending.running.take().map_or(0, |since| now - since));
            }
            GoroutineState::Waiting => {
                if let Some((since, reason)) = pending.block.take() {
                    self.stats.block.add(reason, now - since);
                }
            }
            GoroutineState::Runnable => {
                self.stats.sched_wait = self
                    .stats
                    .sched_wait
                    .saturating_add(pending.runnable.take().map_or(0, |since| now - since));
            }
            GoroutineState::Syscall => {
                let block = pending.syscall_block;
                if let Some(since) = pending.syscall.take() {
                    pending.syscall_block = None;
                    pending.syscall_proc = None;
                    self.stats.syscall = self.stats.syscall.saturating_add(block.unwrap_or(now) - since);
                    self.stats.syscall_block =
                        self.stats.syscall_block.saturating_add(block.map_or(0, |lost| now - lost));
                }
            }
            GoroutineState::Undetermined | GoroutineState::NotExist => {}
        }
    }

    /// A range begins, or goes on (`is_active`) since the last sync.
    pub(super) fn range_begin(&mut self, name: TextId, since: i64, is_active: bool) {
        match self.pending.ranges.iter_mut().find(|(n, _)| *n == name) {
            Some((_, start)) => {
                if is_active {
                    self.stats.range.add(name, since - *start);
                }
                *start = since;
            }
            None => self.pending.ranges.push((name, since)),
        }
    }

    pub(super) fn range_end(&mut self, name: TextId, now: i64) {
        let Some(place) = self.pending.ranges.iter().position(|(n, _)| *n == name) else { return };
        let (_, since) = self.pending.ranges.swap_remove(place);
        self.stats.range.add(name, now - since);
    }

    /// The books as they would be if they were closed now.
    pub(super) fn snapshot(&self, now: i64) -> Stats {
        let mut stats = self.stats.clone();
        let pending = &self.pending;
        let since = |start: Option<i64>| start.map_or(0, |start| now - start);
        if stats.total == 0 {
            stats.total = now - self.created;
        }
        stats.exec = stats.exec.saturating_add(since(pending.running));
        // Go books a blocking syscall that is cut off here as waiting for a proc.
        stats.sched_wait =
            stats.sched_wait.saturating_add(since(pending.runnable) + since(pending.syscall_block));
        if let Some((start, reason)) = pending.block {
            stats.block.add(reason, now - start);
        }
        stats.syscall = stats.syscall.saturating_add(since(pending.syscall));
        for &(name, start) in &pending.ranges {
            stats.range.add(name, now - start);
        }
        stats
    }

    /// Goes on with the books of a goroutine after a time of which nothing is known.
    pub(super) fn go_on(&mut self, later: Self) {
        if self.name == TextId::NULL {
            self.name = later.name;
        }
        self.started = self.started.or(later.started);
        self.ended = later.ended;
        self.state = later.state;
        self.stats.add(&later.stats);
    }

    /// Closes the books, when the goroutine ends or the trace does.
    pub(super) fn finalize(&mut self, now: i64, ended: Option<i64>, is_system: bool, rows: &mut RegionRows) {
        if ended.is_some() {
            self.ended = ended;
        }
        self.stats = self.snapshot(now);
        for region in std::mem::take(&mut self.regions) {
            // The runtime's goroutines only seem to work on a task, because one began within it.
            if is_system {
                rows.drop(region.row);
            } else {
                rows.cut(region.row, ended, self.stats.clone().since(&region.before));
            }
        }
        self.pending = Pending::default();
    }
}
