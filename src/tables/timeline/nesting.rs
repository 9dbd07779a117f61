//! Which slice lies within which.

use std::cmp::Reverse;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::super::intervals::ints;
use super::slices::Slices;

/// The slice that directly encloses each, and what is left of each without those that it encloses.
///
/// As in the viewer, a slice lies within another of its lane if it begins and ends no earlier and no later; slices that
/// only overlap lie side by side.
pub(super) struct Nesting {
    /// Rows, or [`NONE`].
    parents: Vec<u32>,
    own: Vec<i64>,
}

/// No slice.
const NONE: u32 = u32::MAX;

impl Nesting {
    /// The columns of slices that are made of it.
    pub(super) const COLUMNS: [&str; 2] = ["self", "parent"];

    pub(super) fn of(slices: &Slices) -> Self {
        let mut rows: Vec<u32> = (0..u32::try_from(slices.len()).unwrap_or(NONE)).collect();
        rows.sort_unstable_by_key(|&row| {
            let (start, end) = slices.bounds(row as usize);
            (slices.lane(row as usize), start, Reverse(end), row)
        });
        let dur = |row: usize| slices.bounds(row).1 - slices.bounds(row).0;
        let mut parents = vec![NONE; slices.len()];
        let mut own: Vec<i64> = (0..slices.len()).map(dur).collect();
        let mut around: Vec<u32> = Vec::new();
        for number in rows {
            let row = number as usize;
            let encloses = |outer: u32| {
                let outer = outer as usize;
                slices.lane(outer) == slices.lane(row) && slices.bounds(outer).1 >= slices.bounds(row).1
            };
            while around.last().is_some_and(|&outer| !encloses(outer)) {
                around.pop();
            }
            if let Some(&outer) = around.last() {
                parents[row] = outer;
                own[outer as usize] = own[outer as usize].saturating_sub(dur(row));
            }
            around.push(number);
        }
        Self { parents, own }
    }

    /// Those of which the parts overlap have no time of their own.
    pub(super) fn own_times(&self) -> ArrayRef {
        ints(self.own.iter().map(|&own| own.max(0)))
    }

    /// The rows of slices that enclose others, each with the row of one of these.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let known = self.parents.iter().enumerate().filter(|(_, parent)| **parent != NONE);
        known.map(|(row, &parent)| (parent as usize, row))
    }

    /// `numbers`: of the slices, by their rows.
    pub(super) fn parents(&self, numbers: &[i64]) -> ArrayRef {
        let parents = self.parents.iter().map(|&row| numbers.get(row as usize).copied());
        Arc::new(parents.collect::<Int64Array>())
    }
}
