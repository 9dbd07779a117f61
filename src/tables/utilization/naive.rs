//! The clever against the naive: every window whose edge is at a step, and the whole function of means.

use proptest::prelude::*;

use super::QUANTILES;
use super::curve::Curve;
use super::steps::{Series, Step};

const CLOSE: f64 = 1e-9;

/// Step functions as a trace gives them: times ascend, the last utilization is 0.
fn series() -> impl Strategy<Value = Series> {
    let step = (1i64..400, 0u8..=4);
    (0i64..50, prop::collection::vec(step, 1..80)).prop_map(|(start, steps)| {
        let mut time = start;
        let mut series = Series { p: None, steps: Vec::new() };
        for (length, quarters) in steps {
            let utilization = f64::from(quarters) / 4.0;
            if series.steps.last().is_none_or(|last| last.utilization.total_cmp(&utilization).is_ne()) {
                series.steps.push(Step { time, utilization });
            }
            time += length;
        }
        if series.steps.last().is_some_and(|last| last.utilization != 0.0) {
            series.steps.push(Step { time, utilization: 0.0 });
        }
        series
    })
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn float(n: i64) -> f64 {
    n as f64
}

/// The mean within a window.
fn mean(steps: &[Step], start: i64, window: i64) -> f64 {
    let end = start + window;
    let pieces = steps.windows(2).map(|pair| {
        let length = pair[1].time.min(end) - pair[0].time.max(start);
        pair[0].utilization * float(length.max(0))
    });
    pieces.sum::<f64>() / float(window)
}

/// The points between which the mean is a straight line.
fn points(steps: &[Step], window: i64) -> Vec<(i64, f64)> {
    let (first, last) = (steps[0].time, steps[steps.len() - 1].time);
    let edges = steps.iter().flat_map(|step| [step.time, step.time - window]);
    let mut starts: Vec<i64> = edges.filter(|start| (first..=last - window).contains(start)).collect();
    starts.extend([first, last - window]);
    starts.sort_unstable();
    starts.dedup();
    starts.into_iter().map(|start| (start, mean(steps, start, window))).collect()
}

fn lasting(series: &[Series], window: i64) -> Vec<(&[Step], i64)> {
    let lasting = series.iter().filter(|series| series.length() > 0);
    lasting.map(|series| (&series.steps[..], window.min(series.length()))).collect()
}

fn minimum(series: &[Series], window: i64) -> Option<f64> {
    let all = lasting(series, window).into_iter().flat_map(|(steps, window)| points(steps, window));
    all.map(|(_, mean)| mean).reduce(f64::min)
}

/// For how long windows begin where their mean is at most `most`.
fn time_below(series: &[Series], window: i64, most: f64) -> f64 {
    let lines = lasting(series, window).into_iter().flat_map(|(steps, window)| {
        let points = points(steps, window);
        points.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
    });
    let below = lines.map(|((from, a), (to, b))| {
        let (low, high) = (a.min(b), a.max(b));
        let share = if high <= most {
            1.0
        } else if low >= most {
            0.0
        } else {
            (most - low) / (high - low)
        };
        share * float(to - from)
    });
    below.sum()
}

proptest! {
    #[test]
    fn the_minimum_is_that_of_all_windows(
        series in prop::collection::vec(series(), 1..4),
        window in 1i64..20_000,
        bands in 1usize..60,
    ) {
        let found = Curve::in_bands(&series, bands).minimum(window);
        let wanted = minimum(&series, window);
        prop_assert_eq!(found.is_some(), wanted.is_some());
        if let (Some(found), Some(wanted)) = (found, wanted) {
            prop_assert!((found - wanted).abs() < CLOSE, "{} found, {} wanted", found, wanted);
        }
    }

    #[test]
    fn quantiles_are_those_of_all_windows(
        series in prop::collection::vec(series(), 1..4),
        window in 1i64..20_000,
        bands in 1usize..60,
    ) {
        let curve = Curve::in_bands(&series, bands);
        let fractions = [QUANTILES[0], QUANTILES[1], QUANTILES[2], 0.3, 0.5, 1.0];
        let room = curve.room(window);
        for (fraction, found) in fractions.iter().zip(curve.quantiles(window, fractions)) {
            let Some(found) = found else {
                prop_assert!(curve.is_empty());
                continue;
            };
            if room == 0.0 {
                prop_assert_eq!(Some(found), curve.minimum(window));
                continue;
            }
            // At most the fraction is strictly below, at least the fraction is not above.
            let (below, wanted) = (time_below(&series, window, found - 1e-6), fraction * room);
            prop_assert!(below <= wanted + 1e-6 * room, "{} of {} below {}", below, wanted, found);
            let within = time_below(&series, window, found + 1e-6);
            prop_assert!(within >= wanted - 1e-6 * room, "{} of {} within {}", within, wanted, found);
        }
    }

    #[test]
    fn the_worst_windows_are_windows(
        series in prop::collection::vec(series(), 1..4),
        window in 1i64..5_000,
        n in 1usize..12,
    ) {
        let curve = Curve::in_bands(&series, 20);
        let worst = curve.worst(window, n);
        prop_assert!(worst.len() <= n);
        prop_assert!(worst.is_sorted_by(|a, b| a.utilization <= b.utilization));
        for found in &worst {
            let of_some = lasting(&series, window).into_iter().any(|(steps, window)| {
                found.end - found.start == window
                    && (mean(steps, found.start, window) - found.utilization).abs() < CLOSE
            });
            prop_assert!(of_some, "{:?}", found);
        }
        // The very worst is among them, unless nothing is taken from the program.
        if let Some(least) = curve.minimum(window).filter(|least| *least < 1.0) {
            let first = worst.first().map(|window| window.utilization);
            prop_assert!(first.is_some_and(|first| (first - least).abs() < CLOSE), "{:?}, {}", first, least);
        }
    }
}

/// Nothing that can be asked takes long or fails.
#[test]
fn strange_questions_have_answers() {
    let steps = |steps: &[(i64, f64)]| Series {
        p: None,
        steps: steps.iter().map(|&(time, utilization)| Step { time, utilization }).collect(),
    };
    for series in [
        vec![],
        vec![steps(&[(5, 0.0)])],
        vec![steps(&[(0, 1.0), (1, 0.0)])],
        vec![steps(&[(0, 0.5), (i64::MAX, 0.0)])],
        vec![steps(&[(0, 1.0), (10, 0.0)]), steps(&[(10, 1.0)])],
    ] {
        let curve = Curve::new(&series);
        for window in [i64::MIN, -1, 0, 1, 2, 10, i64::MAX] {
            assert_eq!(curve.minimum(window).is_none(), curve.is_empty());
            let quantiles = curve.quantiles(window, QUANTILES);
            assert!(quantiles.iter().flatten().all(|q| (0.0..=1.0).contains(q)), "{quantiles:?}");
            curve.worst(window, usize::MAX);
            curve.worst(window, 0);
        }
        assert!(curve.windows().iter().all(|window| *window > 0));
    }
}
