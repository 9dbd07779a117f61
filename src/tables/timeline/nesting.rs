//! Which slice lies within which.

use std::cmp::Reverse;

use super::slices::Slices;

/// The slice that directly encloses each.
///
/// As in the viewer, a slice lies within another of its lane if it begins and ends no earlier and no later; slices that
/// only overlap lie side by side.
pub(super) struct Nesting {
    /// Numbers of slices, or [`NONE`].
    parents: Vec<u32>,
}

/// No slice.
const NONE: u32 = u32::MAX;

impl Nesting {
    /// Of slices that all wait, and are all closed.
    pub(super) fn of(slices: &Slices) -> Self {
        let slices: Vec<_> = slices.bounds().collect();
        let mut rows: Vec<u32> = (0..u32::try_from(slices.len()).unwrap_or(NONE)).collect();
        rows.sort_unstable_by_key(|&row| {
            let (lane, start, end) = slices[row as usize];
            (lane, start, Reverse(end), row)
        });
        let mut parents = vec![NONE; slices.len()];
        let mut around: Vec<u32> = Vec::new();
        for row in rows {
            let (lane, _, end) = slices[row as usize];
            let encloses = |&outer: &u32| {
                let (other, _, until) = slices[outer as usize];
                other == lane && until >= end
            };
            while around.last().is_some_and(|outer| !encloses(outer)) {
                around.pop();
            }
            if let Some(&outer) = around.last() {
                parents[row as usize] = outer;
            }
            around.push(row);
        }
        Self { parents }
    }

    /// The slice that directly encloses another.
    pub(super) fn parent(&self, slice: usize) -> Option<usize> {
        self.parents.get(slice).filter(|&&parent| parent != NONE).map(|&parent| parent as usize)
    }

    /// Slices that enclose others, each with one of these.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.parents.len()).filter_map(|slice| Some((self.parent(slice)?, slice)))
    }
}
