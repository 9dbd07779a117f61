//! Sorting with the order that Go's `slices.SortFunc` gives to equal elements.
//!
//! Go's reader sorts events and samples by time alone, with an unstable sort; which of two equal times comes first is
//! then a property of that sort. To give events in Go's order, equal elements must end up where Go's pattern-defeating
//! quicksort puts them: same pivots, same swaps, same thresholds (`slices/zsortanyfunc.go` of Go 1.27).

const MAX_INSERTION: usize = 12;
const SHORTEST_SHIFTING: usize = 50;
const SHORTEST_NINTHER: usize = 50;

/// Sorts by `less`, placing equal elements as Go does.
pub(crate) fn sort_like_go<T>(data: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let length = data.len();
    Sorter { data, less }.range(0, length, bit_length(length));
}

fn bit_length(n: usize) -> u32 {
    usize::BITS - n.leading_zeros()
}

#[derive(Clone, Copy, PartialEq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sorter<'a, T, F> {
    data: &'a mut [T],
    less: F,
}

impl<T, F: Fn(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&self, a: usize, b: usize) -> bool {
        (self.less)(&self.data[a], &self.data[b])
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.data.swap(a, b);
    }

    /// Sorts `a..b`. Recursion goes into the shorter side, so its depth is logarithmic.
    fn range(&mut self, mut a: usize, mut b: usize, mut limit: u32) {
        let mut was_balanced = true;
        let mut was_partitioned = true;
        loop {
            let length = b - a;
            if length <= MAX_INSERTION {
                return self.insertion(a, b);
            }
            if limit == 0 {
                return self.heap(a, b);
            }
            if !was_balanced {
                self.break_patterns(a, b);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(a, b);
            if hint == Hint::Decreasing {
                self.data[a..b].reverse();
                pivot = (b - 1) - (pivot - a);
                hint = Hint::Increasing;
            }
            if was_balanced && was_partitioned && hint == Hint::Increasing && self.partial_insertion(a, b) {
                return;
            }
            if a > 0 && !self.less(a - 1, pivot) {
                a = self.partition_equal(a, b, pivot);
                continue;
            }
            let (middle, partitioned) = self.partition(a, b, pivot);
            was_partitioned = partitioned;
            let (left, right) = (middle - a, b - middle);
            let threshold = length / 8;
            if left < right {
                was_balanced = left >= threshold;
                self.range(a, middle, limit);
                a = middle + 1;
            } else {
                was_balanced = right >= threshold;
                self.range(middle + 1, b, limit);
                b = middle;
            }
        }
    }

    fn insertion(&mut self, a: usize, b: usize) {
        for i in a + 1..b {
            let mut j = i;
            while j > a && self.less(j, j - 1) {
                self.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn heap(&mut self, first: usize, b: usize) {
        let length = b - first;
        for i in (0..length.div_ceil(2)).rev() {
            self.sift_down(i, length, first);
        }
        for i in (0..length).rev() {
            self.swap(first, first + i);
            self.sift_down(0, i, first);
        }
    }

    fn sift_down(&mut self, low: usize, high: usize, first: usize) {
        let mut root = low;
        loop {
            let mut child = 2 * root + 1;
            if child >= high {
                return;
            }
            if child + 1 < high && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.swap(first + root, first + child);
            root = child;
        }
    }

    /// Returns where the pivot ended up, and whether nothing had to move.
    fn partition(&mut self, a: usize, b: usize, pivot: usize) -> (usize, bool) {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        let mut partitioned = true;
        loop {
            while i <= j && self.less(i, a) {
                i += 1;
            }
            while i <= j && !self.less(j, a) {
                j -= 1;
            }
            if i > j {
                self.swap(j, a);
                return (j, partitioned);
            }
            partitioned = false;
            self.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Moves what equals the pivot to the front; nothing is smaller. Returns where the rest begins.
    fn partition_equal(&mut self, a: usize, b: usize, pivot: usize) -> usize {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        loop {
            while i <= j && !self.less(a, i) {
                i += 1;
            }
            while i <= j && self.less(a, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Mends a few neighbours that are out of order. True: it is sorted now.
    fn partial_insertion(&mut self, a: usize, b: usize) -> bool {
        let mut i = a + 1;
        for _ in 0..5 {
            while i < b && !self.less(i, i - 1) {
                i += 1;
            }
            if i == b {
                return true;
            }
            if b - a < SHORTEST_SHIFTING {
                return false;
            }
            self.swap(i, i - 1);
            if i - a >= 2 {
                let mut j = i - 1;
                while j >= 1 && self.less(j, j - 1) {
                    self.swap(j, j - 1);
                    j -= 1;
                }
            }
            if b - i >= 2 {
                let mut j = i + 1;
                while j < b && self.less(j, j - 1) {
                    self.swap(j, j - 1);
                    j += 1;
                }
            }
        }
        false
    }

    fn break_patterns(&mut self, a: usize, b: usize) {
        let length = b - a;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let mask = (1u64 << bit_length(length)) - 1;
        let middle = a + (length / 4) * 2;
        for index in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = usize::try_from(random & mask).expect("below twice the length");
            if other >= length {
                other -= length;
            }
            self.swap(index, a + other);
        }
    }

    fn choose_pivot(&self, a: usize, b: usize) -> (usize, Hint) {
        const MAX_SWAPS: u32 = 4 * 3;
        let length = b - a;
        let quarter = length / 4;
        let (mut i, mut j, mut k) = (a + quarter, a + quarter * 2, a + quarter * 3);
        let mut swaps = 0;
        if length >= 8 {
            if length >= SHORTEST_NINTHER {
                i = self.median(i - 1, i, i + 1, &mut swaps);
                j = self.median(j - 1, j, j + 1, &mut swaps);
                k = self.median(k - 1, k, k + 1, &mut swaps);
            }
            j = self.median(i, j, k, &mut swaps);
        }
        match swaps {
            0 => (j, Hint::Increasing),
            MAX_SWAPS => (j, Hint::Decreasing),
            _ => (j, Hint::Unknown),
        }
    }

    fn median(&self, a: usize, b: usize, c: usize, swaps: &mut u32) -> usize {
        let (a, b) = self.ordered(a, b, swaps);
        let (b, _) = self.ordered(b, c, swaps);
        self.ordered(a, b, swaps).1
    }

    fn ordered(&self, a: usize, b: usize, swaps: &mut u32) -> (usize, usize) {
        if self.less(b, a) {
            *swaps += 1;
            (b, a)
        } else {
            (a, b)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts(mut data in prop::collection::vec(0u8..40, 0..300)) {
            let mut expected = data.clone();
            expected.sort_unstable();
            sort_like_go(&mut data, |a, b| a < b);
            prop_assert_eq!(data, expected);
        }
    }

    /// Sorts pairs of a key and the place before; returns the places after.
    fn places(mut data: Vec<(u64, usize)>) -> Vec<usize> {
        sort_like_go(&mut data, |a, b| a.0 < b.0);
        data.into_iter().map(|(_, place)| place).collect()
    }

    /// The expected places are those of Go 1.27's `slices.SortFunc`.
    #[test]
    fn equal_keys_go_where_go_puts_them() {
        let data = (0..60).map(|i| (i * i % 7, usize::try_from(i).unwrap())).collect();
        let expected = [
            35, 49, 28, 56, 0, 21, 14, 7, 42, 22, 6, 43, 1, 8, 27, 15, 41, 36, 48, 34, 20, 50, 13, 55, 29,
            57, 31, 11, 25, 24, 59, 3, 32, 4, 53, 18, 17, 52, 38, 39, 10, 46, 45, 51, 37, 12, 16, 47, 40, 9,
            5, 44, 19, 26, 54, 33, 23, 2, 58, 30,
        ];
        assert_eq!(places(data), expected);
    }

    /// Sizes from 0 to 399, in random, falling and nearly rising order; the FNV-1a hash of all places is Go's.
    #[test]
    fn many_sizes_end_up_as_in_go() {
        let mut seed = 1u64;
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for n in 0..400usize {
            let mut data: Vec<(u64, usize)> = (0..n)
                .map(|i| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    ((seed >> 33) % (1 + n as u64 / 4), i)
                })
                .collect();
            if n % 3 == 1 {
                data.sort_by_key(|d| std::cmp::Reverse(d.0));
            }
            if n % 3 == 2 {
                data.sort_by_key(|d| d.0);
                if n > 5 {
                    data.swap(n / 2, n / 3);
                }
            }
            for place in places(data) {
                for byte in u16::try_from(place).unwrap().to_le_bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
                }
            }
        }
        assert_eq!(hash, 11_314_596_884_342_932_961);
    }
}
