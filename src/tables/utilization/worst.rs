//! The windows with the least.

use std::ops::ControlFlow;

use super::curve::{Curve, Observer};
use crate::trace::Heap;

/// A window and the mean within it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct UtilizationWindow {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) utilization: f64,
}

/// Keeps some of the worst windows, of those that overlap the worst.
struct Worst {
    most: usize,
    window: i64,
    /// The best of them first.
    windows: Heap<UtilizationWindow>,
}

impl Worst {
    fn is_full(&self) -> bool {
        self.windows.len() >= self.most
    }

    /// The utilization that a window has to be below to be among them, once they are complete.
    fn best(&self) -> Option<f64> {
        self.windows.first().map(|window| window.utilization).filter(|_| self.is_full())
    }

    fn add(&mut self, new: UtilizationWindow) {
        // The old one counts as long as the new one, even if its series is shorter.
        let overlaps = |old: &UtilizationWindow| new.end > old.start && old.start + self.window > new.start;
        let overlapping = self.windows.iter().enumerate().find(|(_, old)| overlaps(old));
        match overlapping.map(|(place, old)| (place, old.utilization)) {
            Some((_, utilization)) if utilization <= new.utilization => return,
            Some((place, _)) => self.windows.remove(place),
            None => {}
        }
        self.windows.push(new);
        if self.windows.len() > self.most {
            self.windows.pop();
        }
    }
}

impl Observer for Worst {
    fn jump(&mut self, window: i64) {
        self.window = window;
    }

    fn point(&mut self, start: i64, mean: f64) -> ControlFlow<()> {
        if self.best().is_none_or(|best| mean < best) {
            self.add(UtilizationWindow { start, end: start + self.window, utilization: mean });
        }
        if self.best() == Some(0.0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn bound(&self) -> f64 {
        self.best().unwrap_or(1.0)
    }
}

impl Curve<'_> {
    /// At most `n` windows of a length, the worst first. Which ones, of those that overlap or have equally little, is as
    /// in Go: `MMUCurve.Examples`.
    pub(super) fn worst(&self, window: i64, n: usize) -> Vec<UtilizationWindow> {
        let better = |a: &UtilizationWindow, b: &UtilizationWindow| {
            b.utilization.total_cmp(&a.utilization).then(b.start.cmp(&a.start)).is_lt()
        };
        let mut worst = Worst { most: n, window, windows: Heap::new(Vec::new(), better) };
        if n > 0 {
            self.search(window, &mut worst);
        }
        let mut windows = worst.windows.into_items();
        windows.sort_by(|a, b| a.utilization.total_cmp(&b.utilization).then(a.start.cmp(&b.start)));
        windows
    }
}
