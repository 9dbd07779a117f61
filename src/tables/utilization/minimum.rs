//! The least mean within any window of a length: minimum mutator utilization.

use std::ops::ControlFlow;

use super::curve::{Curve, Observer, ns, whole};

/// Keeps the least.
struct Least(f64);

impl Observer for Least {
    fn jump(&mut self, _: i64) {}

    fn point(&mut self, _: i64, mean: f64) -> ControlFlow<()> {
        self.0 = self.0.min(mean);
        if mean == 0.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn bound(&self) -> f64 {
        self.0
    }
}

impl Curve<'_> {
    /// The minimum mutator utilization; None where there is nothing to measure.
    pub(super) fn minimum(&self, window: i64) -> Option<f64> {
        let mut least = Least(1.0);
        self.search(window, &mut least);
        (!self.is_empty()).then_some(least.0)
    }

    /// The lengths of windows that `go tool trace` plots: 100 on a logarithmic scale, of six orders of magnitude or up to
    /// the trace's length, the first such that the program can get next to nothing within it. Equal ones are left out.
    pub(super) fn windows(&self) -> Vec<i64> {
        const SAMPLES: u32 = 100;
        const SECOND: i64 = 1_000_000_000;
        /// What is next to nothing.
        const NOTHING: f64 = 0.0001;
        if self.is_empty() {
            return Vec::new();
        }
        let mut from = SECOND;
        while from > 1 && self.minimum(from).is_some_and(|least| least >= NOTHING) {
            from /= 1000;
        }
        let to = from.saturating_mul(1_000_000).min(self.length());
        let (from, to) = (ns(from.min(to)).ln(), ns(to).ln());
        let sample = |i| f64::from(i) / f64::from(SAMPLES - 1) * (to - from) + from;
        let mut windows: Vec<i64> = (0..SAMPLES).map(|i| whole(sample(i).exp()).max(1)).collect();
        windows.dedup();
        windows
    }
}
