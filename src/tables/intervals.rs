//! The columns that all tables of intervals share.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, UInt32Array};

use super::builder::Gap;
use super::columns::reorder;

/// `start`, `end`, `dur`, `open_start`, `open_end` of rows that are opened first and closed later.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    start: Vec<i64>,
    /// [`OPEN`]: it goes on.
    end: Vec<i64>,
    open_start: Vec<bool>,
    open_end: Vec<bool>,
    /// What was going on already is known since this moment.
    known_since: i64,
    /// Rows before this have ended or been cut.
    done: usize,
}

/// The end of an interval that goes on.
const OPEN: i64 = i64::MAX;

impl Intervals {
    /// Adds an interval that goes on until it is closed; returns its row.
    pub(super) fn open(&mut self, start: i64) -> usize {
        self.add(start, false)
    }

    /// Adds one that was already going on when the trace began, or where it goes on after a gap.
    pub(super) fn open_before_trace(&mut self) -> usize {
        self.open_before(self.known_since)
    }

    /// Adds one that was already going on at some moment.
    pub(super) fn open_before(&mut self, moment: i64) -> usize {
        self.add(moment, true)
    }

    /// Since when what was going on already is known.
    pub(super) fn known_since(&self) -> i64 {
        self.known_since
    }

    fn add(&mut self, start: i64, open_start: bool) -> usize {
        self.start.push(start);
        self.end.push(OPEN);
        self.open_start.push(open_start);
        self.open_end.push(true);
        self.start.len() - 1
    }

    /// Ends an interval. False: it has been cut by a gap.
    pub(super) fn close(&mut self, row: usize, end: i64) -> bool {
        let is_cut = self.is_cut(row);
        if !is_cut {
            self.end[row] = end;
            self.open_end[row] = false;
        }
        !is_cut
    }

    fn is_cut(&self, row: usize) -> bool {
        self.open_end[row] && self.end[row] != OPEN
    }

    /// Ends what is known of an interval.
    pub(super) fn cut(&mut self, row: usize, end: i64) {
        self.end[row] = end;
    }

    /// Whether both its ends are in the trace.
    pub(super) fn is_complete(&self, row: usize) -> bool {
        !self.open_start[row] && !self.open_end[row]
    }

    pub(super) fn len(&self) -> usize {
        self.start.len()
    }

    /// The length of an interval; of one that is open, only after [`finish`](Self::finish).
    pub(super) fn dur(&self, row: usize) -> i64 {
        self.end[row] - self.start[row]
    }

    /// Cuts what goes on at a gap.
    pub(super) fn lost(&mut self, gap: Gap) {
        self.finish(gap.from);
        self.known_since = gap.to;
    }

    /// Cuts what is still open at the trace's end.
    pub(super) fn finish(&mut self, trace_end: i64) {
        for end in self.end.iter_mut().skip(self.done) {
            if *end == OPEN {
                *end = trace_end;
            }
        }
        self.done = self.end.len();
    }

    /// The column called `name`, if it is one of these.
    pub(super) fn array(&self, name: &str) -> Option<ArrayRef> {
        Some(match name {
            "start" => ints(self.start.iter().copied()),
            "end" => ints(self.end.iter().copied()),
            "dur" => ints((0..self.len()).map(|row| self.dur(row))),
            "open_start" => Arc::new(BooleanArray::from(self.open_start.clone())),
            "open_end" => Arc::new(BooleanArray::from(self.open_end.clone())),
            _ => return None,
        })
    }

    /// Puts the rows of `batch` in order of their start; equal starts stay in the order of their rows.
    pub(super) fn sorted(&self, batch: RecordBatch) -> RecordBatch {
        if self.start.is_sorted() {
            return batch;
        }
        reorder(&batch, &self.order())
    }

    /// The rows in order of their start.
    pub(super) fn order(&self) -> UInt32Array {
        let mut rows: Vec<u32> = (0..u32::try_from(self.start.len()).unwrap_or(u32::MAX)).collect();
        rows.sort_by_key(|&row| self.start[row as usize]);
        rows.into()
    }
}

/// A column of numbers, never null.
pub(super) fn ints(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}
