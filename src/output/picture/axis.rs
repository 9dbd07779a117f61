//! Axes: where a value lies, and the numbers beside it.
//!
//! Comes in: the values' range and unit. Goes out: positions between 0 and 1, and ticks at round values whose labels do
//! not overlap. All labels of a linear axis have the same unit and as many decimals as its step needs.

use super::super::human;
use super::super::types::Type;

/// What the values of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Number,
    Bytes,
    /// ns
    Duration,
    /// ns since the trace's first event
    Time,
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// From 0 to 1.
    pub(super) at: f64,
    pub(super) label: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    unit: Unit,
}

/// Values beyond it, which no trace holds, count as infinite: their differences are not.
const LARGEST: f64 = 1e300;
/// The most ticks there are.
const MOST: usize = 12;

const SECOND: f64 = 1e9;
const MINUTE: f64 = 60.0 * SECOND;
/// Steps of clocks, in seconds.
const CLOCK: [f64; 14] =
    [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10800.0, 21600.0, 43200.0];

/// Whether a value has a place on an axis.
pub(super) fn is_drawable(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// The least and the greatest of the values that can be drawn.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|&value| is_drawable(value)).fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

impl Unit {
    pub(super) fn of(kind: &Type) -> Self {
        match kind {
            Type::Bytes => Self::Bytes,
            Type::Duration => Self::Duration,
            Type::Time => Self::Time,
            _ => Self::Number,
        }
    }

    /// A value with its unit, as tables show it.
    pub(super) fn text(self, value: f64) -> String {
        // The cast keeps within the bounds.
        #[expect(clippy::cast_possible_truncation)]
        let whole = value.round() as i64;
        match self {
            _ if !value.is_finite() => human::float(value),
            Self::Number => human::float(value),
            Self::Bytes => human::bytes(whole),
            Self::Duration => human::duration(whole),
            Self::Time => human::time(whole),
        }
    }
}

impl Axis {
    /// From the least to the greatest value, widened where these are one. Without values, from 0 to 1.
    pub(super) fn linear(range: Option<(f64, f64)>, unit: Unit) -> Self {
        let (low, high) = range.unwrap_or((0.0, 1.0));
        let half = if low < high { 0.0 } else { (low.abs() * 0.1).max(0.5) };
        Self { low: low - half, high: high + half, is_log: false, unit }
    }

    /// The same from or to 0, and on to the next round value.
    pub(super) fn from_zero(range: Option<(f64, f64)>, unit: Unit) -> Self {
        let (low, high) = range.unwrap_or((0.0, 1.0));
        let (low, high) = (low.min(0.0), high.max(0.0));
        let high = if low < high { high } else { 1.0 };
        let step = unit.step(high - low, 5);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, is_log: false, unit }
    }

    /// By powers; linear where a value is not positive.
    pub(super) fn log(range: Option<(f64, f64)>, unit: Unit) -> Self {
        match range {
            Some((low, high)) if 0.0 < low && low < high => Self { low, high, is_log: true, unit },
            _ => Self::linear(range, unit),
        }
    }

    /// Where a value lies, from 0 to 1; what lies outside is at the end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = if self.is_log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    /// As many ticks as fit into `room` without touching, where a label takes `size`.
    pub(super) fn ticks(&self, room: f64, size: impl Fn(&str) -> f64) -> Vec<Tick> {
        let fits = |ticks: &Vec<Tick>| {
            ticks.windows(2).all(|pair| {
                let gap = (pair[1].at - pair[0].at) * room;
                gap >= f64::midpoint(size(&pair[0].label), size(&pair[1].label))
            })
        };
        let all = (1..=MOST).rev().map(|most| if self.is_log { self.powers(most) } else { self.steps(most) });
        all.filter(|ticks| !ticks.is_empty()).find(fits).unwrap_or_default()
    }

    fn steps(&self, most: usize) -> Vec<Tick> {
        let step = self.unit.step(self.high - self.low, most);
        let first = (self.low / step - 1e-9).ceil();
        let values = (0..=most).map(|n| {
            #[expect(clippy::cast_precision_loss, reason = "a few")]
            let value = (first + n as f64) * step;
            value
        });
        let largest = self.low.abs().max(self.high.abs());
        let values = values.take_while(|value| *value <= self.high + step * 1e-9);
        values
            .map(|value| Tick { at: self.place(value), label: self.unit.label(value, step, largest) })
            .collect()
    }

    /// Powers of 10 (of sizes: of 4), between them 2 and 5 where there are few.
    fn powers(&self, most: usize) -> Vec<Tick> {
        let base: f64 = if self.unit == Unit::Bytes { 4.0 } else { 10.0 };
        let exponent = |value: f64| value.ln() / base.ln();
        let (first, last) = (exponent(self.low).floor(), exponent(self.high).ceil());
        // An axis ends at 1e300.
        #[expect(clippy::cast_possible_truncation)]
        let (first, last) = (first as i32, last as i32);
        let count = usize::try_from(last - first + 1).unwrap_or(1);
        let parts: &[f64] =
            if self.unit != Unit::Bytes && 3 * count <= most { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = count.div_ceil(most).max(1);
        let powers = (first..=last).step_by(every).map(|exponent| base.powi(exponent));
        let values = powers.flat_map(|power| parts.iter().map(move |part| part * power));
        let within =
            values.filter(|&value| (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(&value));
        within.map(|value| Tick { at: self.place(value), label: self.unit.text_short(value) }).collect()
    }
}

impl Unit {
    /// The least round step that divides `span` into at most so many.
    pub(super) fn step(self, span: f64, most: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        let rough = span / most.max(1) as f64;
        match self {
            Self::Bytes => rough.log2().ceil().exp2().max(1.0),
            Self::Duration | Self::Time if rough > 5.0 * SECOND => {
                let step = CLOCK.into_iter().map(|seconds| seconds * SECOND).find(|step| *step >= rough);
                step.unwrap_or_else(|| decimal(rough / 86400.0 / SECOND) * 86400.0 * SECOND)
            }
            Self::Duration | Self::Time => decimal(rough).max(1.0),
            Self::Number => decimal(rough),
        }
    }

    /// The label of a tick on a linear axis.
    fn label(self, value: f64, step: f64, largest: f64) -> String {
        let units: &[(f64, &str)] = match self {
            Self::Number => &[(1e12, "T"), (1e9, "G"), (1e6, "M")],
            Self::Duration => &[(SECOND, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")],
            Self::Time => &[(SECOND, "s")],
            Self::Bytes => &[],
        };
        let is_long = self == Self::Duration && largest >= MINUTE && step >= SECOND;
        if self == Self::Bytes || is_long || largest >= 1e15 && self == Self::Number {
            return self.text_short(value);
        }
        if value.abs() < step * 1e-6 {
            return if self == Self::Time { "0s" } else { "0" }.to_owned();
        }
        let unit = units.iter().find(|(size, _)| largest >= *size || self == Self::Time);
        let (size, name) = unit.copied().unwrap_or((1.0, ""));
        let is_round = |decimals: &i32| {
            let scaled = step / size * 10_f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled && scaled > 0.5
        };
        let decimals = (0..9).find(is_round).unwrap_or(9);
        format!("{:.*}{name}", usize::try_from(decimals).unwrap_or(0), value / size)
    }

    fn text_short(self, value: f64) -> String {
        match self {
            Self::Time => Self::Duration.text(value),
            _ => self.text(value),
        }
    }
}

/// 1, 2 or 5 times a power of ten: the least that is not below `rough`.
fn decimal(rough: f64) -> f64 {
    if rough <= 0.0 || !rough.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(rough.log10().floor());
    let part = [1.0, 2.0, 5.0].into_iter().find(|part| part * power >= rough * (1.0 - 1e-9));
    part.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis, room: f64) -> Vec<String> {
        #[expect(clippy::cast_precision_loss, reason = "short texts")]
        let ticks = axis.ticks(room, |label| label.chars().count() as f64 + 2.0);
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_share_a_unit() {
        let axis = |low, high, unit| Axis::linear(Some((low, high)), unit);
        assert_eq!(labels(axis(0.0, 1.5e6, Unit::Duration), 40.0), ["0", "0.5ms", "1.0ms", "1.5ms"]);
        assert_eq!(labels(axis(0.0, 90e9, Unit::Duration), 40.0), ["0ns", "30s", "1m", "1m30s"]);
        assert_eq!(labels(axis(1.25e9, 1.2504e9, Unit::Time), 30.0), ["1.2500s", "1.2502s", "1.2504s"]);
        assert_eq!(labels(axis(0.0, 4e6, Unit::Bytes), 30.0), ["0B", "1MiB", "2MiB", "3MiB"]);
        assert_eq!(
            labels(axis(0.0, 3.0, Unit::Number), 31.0),
            ["0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"]
        );
        assert_eq!(labels(axis(-2e6, 2e6, Unit::Number), 20.0), ["-2M", "-1M", "0", "1M", "2M"]);
        assert_eq!(labels(Axis::log(Some((1e3, 1e9)), Unit::Duration), 40.0).first().unwrap(), "1µs");
        assert_eq!(labels(Axis::log(Some((1e6, 1e7)), Unit::Duration), 80.0), ["1ms", "2ms", "5ms", "10ms"]);
    }

    #[test]
    fn ranges_of_any_kind_have_places() {
        for (low, high) in [(0.0, 0.0), (5.0, 5.0), (-1e300, 1e300), (1e18, 1e18 + 256.0), (1e-300, 2e-300)] {
            for unit in [Unit::Number, Unit::Bytes, Unit::Duration, Unit::Time] {
                for axis in
                    [Axis::linear, Axis::from_zero, Axis::log].map(|axis| axis(Some((low, high)), unit))
                {
                    let ticks = axis.ticks(80.0, |_| 10.0);
                    assert!(ticks.len() <= MOST + 1, "{axis:?}");
                    assert!(ticks.iter().all(|tick| (0.0..=1.0).contains(&tick.at)), "{axis:?}");
                    assert!((0.0..=1.0).contains(&axis.place(low)), "{axis:?}");
                }
            }
        }
        assert_eq!(range([f64::NAN, 3.0, f64::INFINITY, -1.0].into_iter()), Some((-1.0, 3.0)));
        assert_eq!(range([f64::NAN].into_iter()), None);
    }
}
