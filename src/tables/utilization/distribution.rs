//! How the means within windows of a length are distributed over all windows.
//!
//! The distribution says for how much time of windows' beginnings the mean is where. It is a sum of even spreads between
//! two means, one for each straight line of the function that [`Curve::search`] shows.
//!
//! Source: `MUD` in `internal/trace/gc.go` and `mud.go` of Go 1.27.

use std::ops::ControlFlow;

use super::curve::{Curve, Observer, ns};

/// Buckets of the histogram that says how far the distribution is known.
const BUCKETS: usize = 1024;

/// The distribution of what has been shown so far.
struct Distribution {
    edges: Vec<Edge>,
    /// The time in each bucket.
    histogram: Vec<f64>,
    /// What is beyond this much time, counted from the lowest mean, does not matter.
    wanted: f64,
    /// The bucket in which that much time is reached, and the time in the buckets before it.
    bucket: usize,
    before: f64,
    /// Where the last point was.
    last: Option<(i64, f64)>,
}

/// At a mean, the density changes, and some time is spent at just that mean.
#[derive(Debug, Clone, Copy)]
struct Edge {
    mean: f64,
    change: f64,
    time: f64,
}

impl Distribution {
    fn new(wanted: f64) -> Self {
        Self { edges: Vec::new(), histogram: vec![0.0; BUCKETS], wanted, bucket: 0, before: 0.0, last: None }
    }

    /// Spreads a time evenly between two means.
    fn spread(&mut self, a: f64, b: f64, time: f64) {
        let (low, high) = (a.min(b), a.max(b));
        if time <= 0.0 {
            return;
        }
        if low < high {
            let density = time / (high - low);
            self.edges.push(Edge { mean: low, change: density, time: 0.0 });
            self.edges.push(Edge { mean: high, change: -density, time: 0.0 });
        } else {
            self.edges.push(Edge { mean: low, change: 0.0, time });
        }
        self.count(low, high, time);
        let edge = position(self.bucket);
        if low < edge {
            self.before += if high < edge { time } else { time * (edge - low) / (high - low) };
            if self.before >= self.wanted {
                self.track();
            }
        }
    }

    fn count(&mut self, low: f64, high: f64, time: f64) {
        let (first, last) = (bucket_of(low), bucket_of(high));
        if first == last {
            self.histogram[first] += time;
            return;
        }
        for bucket in first..=last {
            let part = high.min(position(bucket + 1)) - low.max(position(bucket));
            self.histogram[bucket] += time * part / (high - low);
        }
    }

    /// Finds the bucket in which the wanted time is reached.
    fn track(&mut self) {
        let mut sum = 0.0;
        for (bucket, time) in self.histogram.iter().enumerate() {
            if sum + time > self.wanted {
                (self.bucket, self.before) = (bucket, sum);
                return;
            }
            sum += time;
        }
        (self.bucket, self.before) = (BUCKETS, sum);
    }

    /// The mean that windows do not exceed for so much time, for each of some times in ascending order; None: there are
    /// no windows.
    fn reached(mut self, times: &[f64]) -> Vec<Option<f64>> {
        self.edges.sort_by(|a, b| a.mean.total_cmp(&b.mean));
        let Some(last) = self.edges.last().map(|edge| edge.mean) else { return vec![None; times.len()] };
        let mut found = Vec::with_capacity(times.len());
        let (mut sum, mut density, mut before) = (0.0, Sum::default(), 0.0);
        for edge in &self.edges {
            let rate = density.value();
            let reached = sum + (edge.mean - before) * rate;
            while let Some(&time) = times.get(found.len())
                && reached >= time
            {
                found.push(Some(if rate > 0.0 { (time - sum) / rate + before } else { edge.mean }));
            }
            sum = reached + edge.time;
            while let Some(&time) = times.get(found.len())
                && sum >= time
            {
                found.push(Some(edge.mean));
            }
            density.add(edge.change);
            before = edge.mean;
        }
        found.resize(times.len(), Some(last));
        found
    }
}

impl Observer for Distribution {
    fn jump(&mut self, _: i64) {
        self.last = None;
    }

    fn point(&mut self, start: i64, mean: f64) -> ControlFlow<()> {
        if let Some((before, from)) = self.last.replace((start, mean)) {
            self.spread(from, mean, ns(start - before));
        }
        ControlFlow::Continue(())
    }

    fn bound(&self) -> f64 {
        // As long as too little is known, everything matters.
        if self.bucket == BUCKETS { f64::INFINITY } else { position(self.bucket + 1) }
    }
}

/// Where a bucket begins.
#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn position(bucket: usize) -> f64 {
    bucket as f64 / BUCKETS as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean is from 0 to 1")]
fn bucket_of(mean: f64) -> usize {
    ((mean * position(BUCKETS * BUCKETS)) as usize).min(BUCKETS - 1)
}

/// A sum that keeps what rounding cuts off: densities of steep and of flat lines differ by many orders of magnitude, and
/// what one adds it takes away again.
#[derive(Debug, Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        self.lost += if self.sum.abs() >= x.abs() { self.sum - sum + x } else { x - sum + self.sum };
        self.sum = sum;
    }

    fn value(&self) -> f64 {
        self.sum + self.lost
    }
}

impl Curve<'_> {
    /// The means that windows of a length do not exceed for these fractions of all windows, which are in ascending order.
    /// Where windows have only one place, the mean there; None where there is nothing to measure.
    pub(super) fn quantiles<const N: usize>(&self, window: i64, fractions: [f64; N]) -> [Option<f64>; N] {
        let room = self.room(window);
        let times = fractions.map(|fraction| room * fraction);
        let mut distribution = Distribution::new(times.last().copied().unwrap_or_default());
        distribution.track();
        self.search(window, &mut distribution);
        let minimum = self.minimum(window);
        let found = distribution.reached(&times);
        std::array::from_fn(|n| found.get(n).copied().flatten().or(minimum))
    }
}
