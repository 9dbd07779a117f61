//! Numbers as people read them: durations, times, sizes, floats, counts.
//!
//! Comes in: a number in the unit that the columns hold (ns, bytes). Goes out: a short text with its unit. Everything
//! here loses digits on purpose; machine formats never come through this file. Durations and sizes keep at most four
//! significant digits, zeros at the end left out, and what is printed is a literal of the query language.

use std::fmt::Write as _;

/// A duration of `ns` nanoseconds in the largest unit that keeps it at or above one.
///
/// Below a minute: four significant digits in ns, µs, ms or s. Below an hour: minutes and seconds to a tenth. From an
/// hour on: hours, minutes and whole seconds. Rounded half up; parts that are zero are left out.
///
/// ```
/// use gtq::output::human::duration;
/// assert_eq!(duration(980), "980ns");
/// assert_eq!(duration(1_250_000), "1.25ms");
/// assert_eq!(duration(2_500_000_000), "2.5s");
/// assert_eq!(duration(90_000_000_000), "1m30s");
/// assert_eq!(duration(999_999), "1ms");
/// ```
#[must_use]
pub fn duration(ns: i64) -> String {
    let size = ns.unsigned_abs();
    let text = (size < 60 * SECOND).then(|| scaled(size, DURATION_UNITS)).flatten();
    let text = text.unwrap_or_else(|| clock(size));
    if ns < 0 { format!("-{text}") } else { text }
}

/// An instant, `ns` nanoseconds since the trace's first event, as seconds with six decimals: `1.250345s`.
///
/// All times have the same number of decimals, so they line up. Digits below a microsecond are cut, not rounded: a
/// printed time is never later than the event, and a window that begins with it holds the event.
///
/// ```
/// use gtq::output::human::time;
/// assert_eq!(time(1_250_345_999), "1.250345s");
/// ```
#[must_use]
pub fn time(ns: i64) -> String {
    let micros = ns.div_euclid(1_000);
    let sign = if micros < 0 { "-" } else { "" };
    let size = micros.unsigned_abs();
    format!("{sign}{}.{:06}s", size / 1_000_000, size % 1_000_000)
}

/// A size of `bytes` bytes, in powers of 1024.
///
/// ```
/// use gtq::output::human::bytes;
/// assert_eq!(bytes(512), "512B");
/// assert_eq!(bytes(1536), "1.5KiB");
/// assert_eq!(bytes(65_536), "64KiB");
/// ```
#[must_use]
pub fn bytes(bytes: i64) -> String {
    let size = bytes.unsigned_abs();
    let text = scaled(size, BYTE_UNITS).unwrap_or_else(|| format!("{size}B"));
    if bytes < 0 { format!("-{text}") } else { text }
}

/// A float with at most six significant digits. The digits before the point are never rounded away below 10¹⁵; from
/// there on, and below 10⁻⁴, an exponent follows.
///
/// ```
/// use gtq::output::human::float;
/// assert_eq!(float(0.1 + 0.2), "0.3");
/// assert_eq!(float(1234567.8), "1234568");
/// assert_eq!(float(1.0 / 30_000.0), "3.33333e-5");
/// ```
#[must_use]
pub fn float(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else if size == 0.0 {
        "0".to_owned()
    } else if (1e-4..1e15).contains(&size) {
        // Between 10⁻⁴ and 10¹⁵ the exponent is within -4..=15: the cast keeps it.
        #[expect(clippy::cast_possible_truncation)]
        let exponent = size.log10().floor() as i32;
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        trim_zeros(&format!("{value:.decimals$}")).to_owned()
    } else {
        let text = format!("{value:.5e}");
        match text.split_once('e') {
            Some((digits, exponent)) => format!("{}e{exponent}", trim_zeros(digits)),
            None => text,
        }
    }
}

/// A whole number with separators, for notices: `12,345`.
///
/// ```
/// assert_eq!(gtq::output::human::count(12_345), "12,345");
/// ```
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const SECOND: u64 = 1_000_000_000;

/// A unit: its name, its size, and how many of it make the next one.
type Unit = (&'static str, u64, u64);

const DURATION_UNITS: &[Unit] =
    &[("ns", 1, 1_000), ("µs", 1_000, 1_000), ("ms", 1_000_000, 1_000), ("s", SECOND, 60)];

const BYTE_UNITS: &[Unit] = &[
    ("B", 1, 1024),
    ("KiB", 1 << 10, 1024),
    ("MiB", 1 << 20, 1024),
    ("GiB", 1 << 30, 1024),
    ("TiB", 1 << 40, 1024),
    ("PiB", 1 << 50, 1024),
    ("EiB", 1 << 60, 1024),
];

/// `size` in the first of the `units` in which it stays below the next one even after rounding to four digits.
fn scaled(size: u64, units: &[Unit]) -> Option<String> {
    units.iter().find_map(|&(name, unit, next)| {
        let decimals = match size / unit {
            _ if unit == 1 => 0,
            0..10 => 3,
            10..100 => 2,
            100..1000 => 1,
            _ => 0,
        };
        let power = 10_u128.pow(decimals);
        let rounded = (u128::from(size) * power + u128::from(unit / 2)) / u128::from(unit);
        (rounded / power < u128::from(next)).then(|| {
            let decimals = decimals as usize;
            let fraction =
                if decimals == 0 { String::new() } else { format!(".{:0decimals$}", rounded % power) };
            format!("{}{}{name}", rounded / power, trim_zeros(&fraction))
        })
    })
}

/// A duration of a minute or more (or one that rounds to a minute) as hours, minutes and seconds.
fn clock(ns: u64) -> String {
    let tenths = (u128::from(ns) + 50_000_000) / 100_000_000;
    let tenths = if tenths < 36_000 { tenths } else { (tenths + 5) / 10 * 10 };
    let mut text = String::new();
    for (part, name) in [(tenths / 36_000, 'h'), (tenths / 600 % 60, 'm')] {
        if part > 0 {
            // Writing to a string cannot fail, here and below.
            let _ = write!(text, "{part}{name}");
        }
    }
    let _ = match (tenths / 10 % 60, tenths % 10) {
        (0, 0) => Ok(()),
        (seconds, 0) => write!(text, "{seconds}s"),
        (seconds, tenth) => write!(text, "{seconds}.{tenth}s"),
    };
    text
}

/// Without zeros after the decimal point, and without a point that nothing follows.
fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_round_into_the_next_unit() {
        let cases = [
            (0, "0ns"),
            (1, "1ns"),
            (-1_500, "-1.5µs"),
            (999, "999ns"),
            (1_000, "1µs"),
            (12_345, "12.35µs"),
            (123_456, "123.5µs"),
            (999_949, "999.9µs"),
            (999_950, "1ms"),
            (59_994_000_000, "59.99s"),
            (59_996_000_000, "1m"),
            (60_000_000_000, "1m"),
            (90_549_000_000, "1m30.5s"),
            (3_599_950_000_000, "1h"),
            (3_605_000_000_000, "1h5s"),
            (3_600_500_000_000, "1h1s"),
            (86_400_000_000_000, "24h"),
            (i64::MAX, "2562047h47m17s"),
            (i64::MIN, "-2562047h47m17s"),
        ];
        for (ns, text) in cases {
            assert_eq!(duration(ns), text, "{ns}");
        }
    }

    #[test]
    fn times_are_cut_to_the_microsecond() {
        let cases =
            [(0, "0.000000s"), (999, "0.000000s"), (-1, "-0.000001s"), (61_000_001_999, "61.000001s")];
        for (ns, text) in cases {
            assert_eq!(time(ns), text, "{ns}");
        }
        assert_eq!(time(i64::MIN), "-9223372036.854776s");
    }

    #[test]
    fn sizes_round_into_the_next_unit() {
        let cases = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1KiB"),
            (-2048, "-2KiB"),
            (1_048_064, "1MiB"),
            (1_047_500, "1023KiB"),
            (123_456_789, "117.7MiB"),
            (i64::MAX, "8EiB"),
            (i64::MIN, "-8EiB"),
        ];
        for (size, text) in cases {
            assert_eq!(bytes(size), text, "{size}");
        }
    }

    #[test]
    fn floats_keep_six_digits() {
        let cases = [
            (-0.0, "0"),
            (1.0, "1"),
            (9.999_999_9, "10"),
            (0.000_123_456_789, "0.000123457"),
            (0.000_099, "9.9e-5"),
            (123_456_789_012.3, "123456789012"),
            (1e15, "1e15"),
            (-1.5e300, "-1.5e300"),
            (5e-324, "4.94066e-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(float(value), text, "{value}");
        }
    }

    #[test]
    fn counts_have_separators() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }
}
