//! Where a goroutine's time went, as Go's summary accounts for it.

use super::intern::TextId;

/// Times of a goroutine, or of a part of its life, in ns. Source: `GoroutineExecStats` in `internal/trace/summary.go`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stats {
    pub(super) total: i64,
    pub(super) exec: i64,
    pub(super) sched_wait: i64,
    pub(super) syscall: i64,
    pub(super) syscall_block: i64,
    /// By wait reason.
    pub(super) block: Times,
    /// By the range's name; overlaps the others.
    pub(super) range: Times,
}

/// Times by name, in the order of their first appearance. There are few names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Times(Vec<(TextId, i64)>);

impl Times {
    pub(super) fn add(&mut self, name: TextId, ns: i64) {
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some((_, sum)) => *sum = sum.saturating_add(ns),
            None => self.0.push((name, ns)),
        }
    }

    pub(super) fn get(&self, name: TextId) -> i64 {
        self.0.iter().find(|(n, _)| *n == name).map_or(0, |(_, ns)| *ns)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (TextId, i64)> {
        self.0.iter().copied()
    }

    fn extend(&mut self, others: &Self) {
        others.iter().for_each(|(name, ns)| self.add(name, ns));
    }

    fn since(mut self, earlier: &Self) -> Self {
        for (name, ns) in &mut self.0 {
            *ns = ns.saturating_sub(earlier.get(*name));
        }
        self
    }
}

impl Stats {
    /// What was added since an earlier snapshot.
    pub(super) fn since(self, earlier: &Self) -> Self {
        Self {
            total: self.total.saturating_sub(earlier.total),
            exec: self.exec.saturating_sub(earlier.exec),
            sched_wait: self.sched_wait.saturating_sub(earlier.sched_wait),
            syscall: self.syscall.saturating_sub(earlier.syscall),
            syscall_block: self.syscall_block.saturating_sub(earlier.syscall_block),
            block: self.block.since(&earlier.block),
            range: self.range.since(&earlier.range),
        }
    }

    /// Adds what was booked somewhere else.
    pub(super) fn add(&mut self, other: &Self) {
        self.total = self.total.saturating_add(other.total);
        self.exec = self.exec.saturating_add(other.exec);
        self.sched_wait = self.sched_wait.saturating_add(other.sched_wait);
        self.syscall = self.syscall.saturating_add(other.syscall);
        self.syscall_block = self.syscall_block.saturating_add(other.syscall_block);
        self.block.extend(&other.block);
        self.range.extend(&other.range);
    }

    /// What of the total nothing accounts for.
    pub(super) fn unknown(&self) -> i64 {
        let times = [self.exec, self.sched_wait, self.syscall, self.syscall_block];
        let known = times.into_iter().chain(self.block.iter().map(|(_, ns)| ns)).fold(0, i64::saturating_add);
        self.total.saturating_sub(known).max(0)
    }
}
