//! The state of an overlap join: the rows of both sides that are open, per key.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use ahash::AHashSet;
use arrow::array::RecordBatch;

use super::properties::memory;

/// A row that is held.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) batch: Arc<RecordBatch>,
    pub(super) row: usize,
    pub(super) start: i64,
    pub(super) end: i64,
    /// Tells the rows of the left side apart.
    pub(super) number: u64,
}

/// Two rows that intersect.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) left: Held,
    pub(super) right: Held,
}

impl Pair {
    pub(super) fn start(&self) -> i64 {
        self.left.start.max(self.right.start)
    }

    pub(super) fn end(&self) -> i64 {
        self.left.end.min(self.right.end)
    }
}

/// What is open on both sides.
#[derive(Debug, Default)]
pub(super) struct Open {
    left: Vec<Vec<Held>>,
    right: Vec<Vec<Held>>,
    /// Batches that rows may be held of, with what they take.
    batches: Vec<(Weak<RecordBatch>, usize)>,
    rows: usize,
    /// Pairs that were found.
    pub(super) pairs: VecDeque<Pair>,
    /// Rows of the left side that can find no more partners, for outer joins only.
    pub(super) closed: Vec<Held>,
    outer: bool,
    added: usize,
}

/// Rows between two looks at keys that no row may ever ask for again.
const BETWEEN_CLEANINGS: usize = 1 << 18;

impl Open {
    pub(super) fn new(outer: bool) -> Self {
        Self { outer, ..Self::default() }
    }

    /// Makes room for so many keys.
    pub(super) fn grow(&mut self, keys: usize) {
        self.left.resize_with(keys.max(self.left.len()), Vec::new);
        self.right.resize_with(keys.max(self.right.len()), Vec::new);
    }

    pub(super) fn add_left(&mut self, key: Option<usize>, row: Held) {
        self.clean(row.start);
        let Some(key) = key.filter(|_| row.start < row.end) else {
            if self.outer {
                self.closed.push(row);
            }
            return;
        };
        let Some(others) = self.right.get_mut(key) else { return };
        let before = others.len();
        others.retain(|other| other.end > row.start);
        self.rows = (self.rows + others.len()).saturating_sub(before) + 1;
        self.pairs.extend(others.iter().map(|other| Pair { left: row.clone(), right: other.clone() }));
        if let Some(own) = self.left.get_mut(key) {
            own.push(row);
        }
    }

    pub(super) fn add_right(&mut self, key: Option<usize>, row: Held) {
        self.clean(row.start);
        let Some(key) = key.filter(|_| row.start < row.end) else { return };
        let Some(others) = self.left.get_mut(key) else { return };
        let before = others.len();
        close(others, row.start, self.outer.then_some(&mut self.closed));
        self.rows = (self.rows + others.len()).saturating_sub(before) + 1;
        self.pairs.extend(others.iter().map(|other| Pair { left: other.clone(), right: row.clone() }));
        if let Some(own) = self.right.get_mut(key) {
            own.push(row);
        }
    }

    /// Lets go of what has ended, for all keys, now and then.
    fn clean(&mut self, now: i64) {
        self.added += 1;
        if !self.added.is_multiple_of(BETWEEN_CLEANINGS) {
            return;
        }
        for rows in &mut self.left {
            close(rows, now, self.outer.then_some(&mut self.closed));
        }
        for rows in &mut self.right {
            rows.retain(|row| row.end > now);
        }
        self.rows = self.left.iter().chain(&self.right).map(Vec::len).sum();
    }

    /// No more rows come.
    pub(super) fn finish(&mut self) {
        let left = std::mem::take(&mut self.left);
        if self.outer {
            self.closed.extend(left.into_iter().flatten());
        }
        self.right = Vec::new();
        self.rows = 0;
    }

    /// Notes a batch whose rows may be held.
    pub(super) fn note(&mut self, batch: &Arc<RecordBatch>) {
        self.batches.retain(|(batch, _)| batch.strong_count() > 0);
        self.batches.push((Arc::downgrade(batch), memory(batch)));
    }

    /// Bytes that it takes, roughly.
    pub(super) fn memory(&self) -> usize {
        let batches: usize = self.batches.iter().map(|(_, bytes)| bytes).sum();
        let rows = self.rows + self.closed.len() + 2 * self.pairs.len();
        batches + rows * size_of::<Held>() + (self.left.len() + self.right.len()) * size_of::<Vec<Held>>()
    }
}

/// Takes out what has ended.
fn close(rows: &mut Vec<Held>, now: i64, closed: Option<&mut Vec<Held>>) {
    match closed {
        None => rows.retain(|row| row.end > now),
        Some(closed) => closed.extend(rows.extract_if(.., |row| row.end <= now)),
    }
}

/// The rows of the left side that have found a partner.
#[derive(Debug, Default)]
pub(super) struct Matched(AHashSet<u64>);

impl Matched {
    pub(super) fn add(&mut self, number: u64) {
        self.0.insert(number);
    }

    /// Whether a row has; it will not be asked for again.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        self.0.remove(&number)
    }

    pub(super) fn memory(&self) -> usize {
        self.0.capacity() * size_of::<u64>() * 2
    }
}
