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
    parents: Vec<Option<usize>>,
    own: Vec<i64>,
}

impl Nesting {
    pub(super) fn of(slices: &Slices) -> Self {
        let mut rows: Vec<usize> = (0..slices.len()).collect();
        rows.sort_unstable_by_key(|&row| {
            let (start, end) = slices.bounds(row);
            (slices.lane(row), start, Reverse(end), row)
        });
        let dur = |row: usize| slices.bounds(row).1 - slices.bounds(row).0;
        let mut parents = vec![None; slices.len()];
        let mut own: Vec<i64> = (0..slices.len()).map(dur).collect();
        let mut around: Vec<usize> = Vec::new();
        for row in rows {
            let encloses = |outer: usize| {
                slices.lane(outer) == slices.lane(row) && slices.bounds(outer).1 >= slices.bounds(row).1
            };
            while around.last().is_some_and(|&outer| !encloses(outer)) {
                around.pop();
            }
            if let Some(&outer) = around.last() {
                parents[row] = Some(outer);
                own[outer] = own[outer].saturating_sub(dur(row));
            }
            around.push(row);
        }
        Self { parents, own }
    }

    /// Those of which the parts overlap have no time of their own.
    pub(super) fn own_times(&self) -> ArrayRef {
        ints(self.own.iter().map(|&own| own.max(0)))
    }

    /// `numbers`: of the slices, by their rows.
    pub(super) fn parents(&self, numbers: &[i64]) -> ArrayRef {
        let parents = self.parents.iter().map(|parent| parent.and_then(|row| numbers.get(row)).copied());
        Arc::new(parents.collect::<Int64Array>())
    }
}
