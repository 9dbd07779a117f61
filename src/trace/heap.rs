//! A heap that sifts as Go's `container/heap` does: which of equal elements comes first is part of results.

/// A heap whose first element is the least by `less`.
#[derive(Debug)]
pub(crate) struct Heap<T> {
    items: Vec<T>,
    less: fn(&T, &T) -> bool,
}

impl<T> Heap<T> {
    pub(crate) fn new(items: Vec<T>, less: fn(&T, &T) -> bool) -> Self {
        let mut heap = Self { items, less };
        for i in (0..heap.items.len() / 2).rev() {
            heap.down(i, heap.items.len());
        }
        heap
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.items.first()
    }

    /// In the order of the heap's own array.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }

    pub(crate) fn push(&mut self, item: T) {
        self.items.push(item);
        self.up(self.items.len() - 1);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.items.len().checked_sub(1)?;
        self.items.swap(0, last);
        self.down(0, last);
        self.items.pop()
    }

    /// Takes out the element in a place of the array.
    pub(crate) fn remove(&mut self, place: usize) {
        let Some(last) = self.items.len().checked_sub(1) else { return };
        if place < last {
            self.items.swap(place, last);
            if !self.down(place, last) {
                self.up(place);
            }
        }
        self.items.pop();
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !(self.less)(&self.items[at], &self.items[parent]) {
                break;
            }
            self.items.swap(parent, at);
            at = parent;
        }
    }

    /// Sifts down among the first `len`; says whether anything moved.
    fn down(&mut self, from: usize, len: usize) -> bool {
        let mut at = from;
        loop {
            let left = 2 * at + 1;
            if left >= len {
                break;
            }
            let right = left + 1;
            let right_first = right < len && (self.less)(&self.items[right], &self.items[left]);
            let child = if right_first { right } else { left };
            if !(self.less)(&self.items[child], &self.items[at]) {
                break;
            }
            self.items.swap(at, child);
            at = child;
        }
        at > from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_in_order_after_removals() {
        let mut heap = Heap::new(vec![5, 1, 9, 3, 7, 2], |a, b| a < b);
        heap.push(4);
        let place = heap.iter().position(|n| *n == 3).expect("it is there");
        heap.remove(place);
        let order: Vec<i32> = std::iter::from_fn(|| heap.pop()).collect();
        assert_eq!(order, [1, 2, 4, 5, 7, 9]);
    }
}
