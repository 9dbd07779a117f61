//! The mean utilization within windows of some length, and where it is low.
//!
//! The mean within a window, as a function of where the window begins, is continuous and consists of straight lines: they
//! meet where either edge of the window comes to a step. That function is not computed as a whole. Each series is cut
//! into bands of equal length, and for windows that begin within a band there is a bound that takes no look at the steps:
//! none has less. Bands are refined from the lowest bound upward, until what is left can't matter to who asks.
//!
//! Source: `MMUCurve` in `internal/trace/gc.go` of Go 1.27. Unlike there, a last band in which no window begins is left
//! out: Go slides such a window past the trace's end, which can only be noticed with bands of less than 1 µs.

use std::ops::ControlFlow;

use super::steps::{Series, Step};
use crate::trace::Heap;

/// Bands of a series.
const BANDS: usize = 1000;

/// The step functions, ready for questions about windows.
pub(super) struct Curve<'a> {
    series: Vec<Banded<'a>>,
}

/// Looks at points of the function that gives the mean within a window by where the window begins.
pub(super) trait Observer {
    /// What follows begins somewhere else in the function; windows are this long from here on.
    fn jump(&mut self, window: i64);

    /// The mean within the window that begins at `start`. Between two points without a jump in between, the function is
    /// a straight line, or it is above the bound that was given after the first. Break: the rest of the band can't matter.
    fn point(&mut self, start: i64, mean: f64) -> ControlFlow<()>;

    /// What is at least this does not matter.
    fn bound(&self) -> f64;
}

/// A step function in bands.
struct Banded<'a> {
    steps: &'a [Step],
    /// The integral up to each step, in ns.
    sums: Vec<f64>,
    /// One more than there are, for the integral at the end.
    bands: Vec<Band>,
    /// How long a band is, in ns.
    width: i64,
}

/// The windows that begin in a band, to be refined.
struct Candidate {
    series: usize,
    band: usize,
    /// None of these windows has less.
    bound: f64,
}

struct Band {
    /// The least utilization in it.
    least: f64,
    /// The integral up to its left edge.
    sum: f64,
    left: Edge,
}

/// An edge of a window that moves to the right: the last step that is not behind it.
#[derive(Debug, Clone, Copy)]
struct Edge(usize);

impl<'a> Curve<'a> {
    /// Series without a length have no windows.
    pub(super) fn new(series: &'a [Series]) -> Self {
        Self::in_bands(series, BANDS)
    }

    pub(super) fn in_bands(series: &'a [Series], bands: usize) -> Self {
        let lasting = series.iter().filter(|series| series.length() > 0);
        Self { series: lasting.map(|series| Banded::new(&series.steps, bands)).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// From the first step of all series to the last.
    pub(super) fn length(&self) -> i64 {
        let first = self.series.iter().map(Banded::start).min().unwrap_or_default();
        let last = self.series.iter().map(Banded::end).max().unwrap_or_default();
        last.saturating_sub(first)
    }

    /// How long windows have a place to begin at, of all series together, in ns.
    pub(super) fn room(&self, window: i64) -> f64 {
        self.series.iter().map(|series| ns(series.length().saturating_sub(window).max(0))).sum()
    }

    /// Shows an observer the windows of a length, the worst bands first, until the rest can't matter to it. Where a
    /// series is shorter than the window, that is as long as the series.
    pub(super) fn search(&self, window: i64, observer: &mut impl Observer) {
        let window = window.max(1);
        let mut candidates = Vec::new();
        for (n, series) in self.series.iter().enumerate() {
            series.candidates(n, window.min(series.length()), &mut candidates);
        }
        let mut candidates = Heap::new(candidates, |a, b| a.bound < b.bound);
        while let Some(&Candidate { series, band, bound }) = candidates.first() {
            if bound >= observer.bound() {
                break;
            }
            let series = &self.series[series];
            series.refine(band, window.min(series.length()), observer);
            candidates.pop();
        }
    }
}

impl<'a> Banded<'a> {
    fn new(steps: &'a [Step], bands: usize) -> Self {
        let mut sums = Vec::with_capacity(steps.len());
        let (mut sum, mut before) = (0.0, Step { time: 0, utilization: 0.0 });
        for step in steps {
            sum += before.utilization * ns(step.time - before.time);
            sums.push(sum);
            before = *step;
        }
        // Few steps need few bands.
        let count = bands.min(steps.len());
        let mut series = Self { steps, sums, bands: Vec::with_capacity(count + 1), width: 1 };
        let pieces = i64::try_from(count).unwrap_or(i64::MAX).max(1);
        series.width = series.length().saturating_add(pieces - 1).div_euclid(pieces).max(1);
        let mut left = Edge(0);
        for band in 0..=count {
            let (start, end) = series.span(band);
            let sum = series.integral(&mut left, start);
            let steps = steps.iter().skip(left.0).take_while(|step| step.time < end);
            let least = steps.fold(1.0, |least: f64, step| least.min(step.utilization));
            series.bands.push(Band { least, sum, left });
        }
        series
    }

    fn start(&self) -> i64 {
        self.steps.first().map_or(0, |step| step.time)
    }

    fn end(&self) -> i64 {
        self.steps.last().map_or(0, |step| step.time)
    }

    fn length(&self) -> i64 {
        self.end().saturating_sub(self.start())
    }

    /// From when to when a band is.
    fn span(&self, band: usize) -> (i64, i64) {
        let band = i64::try_from(band).unwrap_or(i64::MAX);
        let start = band.saturating_mul(self.width).saturating_add(self.start());
        (start, start.saturating_add(self.width))
    }

    /// The bands in which windows begin, with the least that any of these can have.
    fn candidates(&self, series: usize, window: i64, candidates: &mut Vec<Candidate>) {
        let count = |ns: i64| usize::try_from(ns / self.width).unwrap_or(usize::MAX);
        // How many bands a window lies in, at least and at most.
        let fewest = count(window.saturating_add(self.width - 1));
        let most = count(window.saturating_add(2 * (self.width - 1)));
        let tail = window % self.width;
        let least = |band: usize| self.bands[band].least;
        for band in 0..(self.bands.len() + 1).saturating_sub(most) {
            // Those that some window lies in only in part count with their least, those that every window covers with
            // their mean. The worst window lies as much as it can in the worst of the former, and then in the second.
            let (left, near, far) = (least(band), least(band + fewest - 1), least(band + most - 1));
            let worst = left.min(near.min(far));
            let mut sum = 0.0;
            if fewest == 1 {
                sum += worst * ns(window);
            } else {
                #[expect(clippy::float_cmp, reason = "it is one of them")]
                let second = if worst == left {
                    near.min(far)
                } else if worst == near {
                    left.min(far)
                } else {
                    left.min(near)
                };
                sum += worst * ns(self.width);
                sum += second * ns(tail);
            }
            if fewest > 2 {
                sum += self.bands[band + fewest - 1].sum - self.bands[band + 1].sum;
            }
            candidates.push(Candidate { series, band, bound: sum / ns(window) });
        }
    }

    /// Shows the windows that begin in a band.
    fn refine(&self, band: usize, window: i64, observer: &mut impl Observer) {
        let (mut start, end) = self.span(band);
        let end = end.min(self.end() - window);
        if start > end {
            return;
        }
        let mut left = self.bands[band].left;
        let mut right = left;
        observer.jump(window);
        loop {
            let within = self.integral(&mut right, start + window) - self.integral(&mut left, start);
            let mean = within / ns(window);
            if observer.point(start, mean).is_break() || start == end {
                return;
            }
            // The function changes where an edge comes to a step. It falls by at most 1 in the length of a window, so
            // that it can be below the bound only after a while.
            let change = self.next(left, start).min(self.next(right, start + window).saturating_sub(window));
            let safe = start.saturating_add(whole((mean - observer.bound()) * ns(window)));
            start = change.max(safe).min(end);
        }
    }

    /// Moves an edge to a time; gives the integral up to there.
    fn integral(&self, edge: &mut Edge, time: i64) -> f64 {
        /// Further steps are searched for.
        const NEAR: usize = 8;
        let at = edge.0;
        let behind = |from: usize| self.steps.get(from..).unwrap_or_default();
        edge.0 = if self.steps.get(at + NEAR).is_some_and(|step| step.time > time) {
            at + behind(at + 1).iter().take_while(|step| step.time <= time).count()
        } else {
            (at + behind(at).partition_point(|step| step.time <= time)).saturating_sub(1)
        };
        let step = self.steps[edge.0];
        self.sums[edge.0] + step.utilization * ns(time - step.time)
    }

    /// The next step behind a time.
    fn next(&self, edge: Edge, time: i64) -> i64 {
        let steps = self.steps.iter().skip(edge.0);
        steps.map(|step| step.time).find(|step| *step > time).unwrap_or(i64::MAX)
    }
}

#[expect(clippy::cast_precision_loss, reason = "as in Go: a length of time as a float")]
pub(super) fn ns(length: i64) -> f64 {
    length as f64
}

/// Whole ns, rounded towards 0.
#[expect(clippy::cast_possible_truncation, reason = "it saturates")]
pub(super) fn whole(length: f64) -> i64 {
    length as i64
}
