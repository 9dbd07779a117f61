//! From the ids of the file to dense indices.

use ahash::AHashMap;

/// Maps ids to indices. The runtime numbers from 1 without gaps; a hostile file may not, and must not make this large.
#[derive(Debug, Default)]
pub(crate) struct IdTable {
    /// By id; 0 is "none".
    dense: Vec<u32>,
    sparse: AHashMap<u64, u32>,
    /// The number of ids.
    count: u64,
}

impl IdTable {
    /// Maps `id` to `index`, which must not be 0. False: the id is taken (0 always is).
    pub(crate) fn insert(&mut self, id: u64, index: u32) -> bool {
        if id == 0 || self.get(id).is_some() {
            return false;
        }
        let reach = 2 * self.count + 1024;
        self.count += 1;
        if id < reach {
            let at = usize::try_from(id).expect("below a length in memory");
            if at >= self.dense.len() {
                self.dense.resize(at + 1, 0);
            }
            self.dense[at] = index;
        } else {
            self.sparse.insert(id, index);
        }
        true
    }

    /// The index of `id`; id 0 has index 0.
    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        if id == 0 {
            return Some(0);
        }
        let dense = usize::try_from(id).ok().and_then(|i| self.dense.get(i)).copied().unwrap_or(0);
        if dense != 0 {
            return Some(dense);
        }
        if self.sparse.is_empty() { None } else { self.sparse.get(&id).copied() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_and_sparse_ids() {
        let mut table = IdTable::default();
        assert_eq!(table.get(0), Some(0));
        assert!(!table.insert(0, 1));
        for (index, id) in [(1, 1), (2, u64::MAX), (3, 5000), (4, 2), (5, 1 << 40)] {
            assert!(table.insert(id, index));
            assert!(!table.insert(id, 9), "{id} is taken");
            assert_eq!(table.get(id), Some(index));
        }
        assert_eq!(table.get(3), None);
        assert!(table.dense.len() < 10_000);
    }

    #[test]
    fn ids_that_double_do_not_make_it_large() {
        let mut table = IdTable::default();
        for bit in 0..63 {
            assert!(table.insert((1 << bit) + 1, bit + 1));
        }
        assert!(table.dense.len() < 2048);
    }
}
