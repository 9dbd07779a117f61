//! Numbers and amounts: `1_000`, `0x1f`, `1e6`, `1.5us`, `1m30s`, `64KiB`.
//!
//! Amounts are exact or an error: nothing is rounded to a nanosecond or a byte behind the user's back.

use super::codes;
use super::lexer::{begins_word, continues_word};
use super::similar::closest;
use crate::diag::{Diagnostic, Span};

/// What a numeral means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Amount {
    Int(i64),
    Float(f64),
    /// ns.
    Duration(i64),
    Bytes(i64),
}

/// The units of time and their nanoseconds, largest first. The first spelling of a size is the one to print.
pub(super) const TIME_UNITS: &[(&str, i64)] = &[
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ns", 1),
];

/// The units of size and their bytes, largest first.
pub(super) const BYTE_UNITS: &[(&str, i64)] = &[
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1_000),
    ("B", 1),
];

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// The length of the numeral at the beginning of a text, with all that is glued to it: what is wrong with `10msec` is
/// said of the whole.
pub(super) fn length(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let after = &text[at + c.len_utf8()..];
        let taken = match c {
            // `1..2` is a range, `1.` a number before a dot.
            '.' => after.starts_with(|c: char| c.is_ascii_digit()),
            '+' | '-' => signs_exponent(&text[..at], after),
            _ => continues_word(c),
        };
        if !taken {
            break;
        }
        at += c.len_utf8();
    }
    at
}

/// Whether a sign belongs to an exponent: `1e-6`.
fn signs_exponent(before: &str, after: &str) -> bool {
    let Some(mantissa) = before.strip_suffix(['e', 'E']) else { return false };
    after.starts_with(|c: char| c.is_ascii_digit())
        && !mantissa.is_empty()
        && mantissa.chars().all(|c| c.is_ascii_digit() || c == '_' || c == '.')
}

/// Reads a numeral of [`length`]; `start` is where it begins in the source.
pub(super) fn read(text: &str, start: usize) -> Result<Amount> {
    let whole = Span::new(start, start + text.len());
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return read_radix(digits, 16, text, whole);
    }
    if text.chars().all(|c| c.is_ascii_digit() || c == '_') {
        return read_radix(text, 10, text, whole);
    }
    if text.contains(|c: char| begins_word(c) && c != '_' && c != 'e' && c != 'E') || ends_in_e(text) {
        return read_with_units(text, start);
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    match plain.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Amount::Float(value)),
        Ok(_) => Err(too_large(whole, "number")),
        Err(_) => Err(malformed(text, whole)),
    }
}

/// Whether an `e` is a (wrong) unit and no exponent: `10e`.
fn ends_in_e(text: &str) -> bool {
    text.ends_with(['e', 'E'])
}

fn read_radix(digits: &str, radix: u32, text: &str, span: Span) -> Result<Amount> {
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    if plain.is_empty() || !plain.chars().all(|c| c.is_digit(radix)) {
        return Err(malformed(text, span));
    }
    // Only the size can be wrong with it now.
    i64::from_str_radix(&plain, radix).map(Amount::Int).map_err(|_| too_large(span, "whole number"))
}

/// Reads `1m30s`, `1.5KiB`.
fn read_with_units(text: &str, start: usize) -> Result<Amount> {
    let whole = Span::new(start, start + text.len());
    let mut rest = text;
    let mut total: i128 = 0;
    let mut smallest: Option<i64> = None;
    let mut kind: Option<Kind> = None;
    while !rest.is_empty() {
        let at = start + (text.len() - rest.len());
        let digits_end =
            rest.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits_end);
        let unit_end = behind.find(|c: char| !begins_word(c) || c == '_').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        rest = behind;
        if unit.is_empty() {
            // `1m30`: the last part has no unit.
            return Err(malformed(text, whole));
        }
        let unit_span = Span::new(at + number.len(), at + number.len() + unit.len());
        let Some((size, unit_kind)) = find_unit(unit) else {
            return Err(unknown_unit(unit, kind, unit_span));
        };
        if kind.is_some_and(|kind| kind != unit_kind || kind == Kind::Bytes) {
            return Err(malformed(text, whole));
        }
        if smallest.is_some_and(|smallest| size >= smallest) {
            return Err(Box::new(
                Diagnostic::error(codes::UNIT_ORDER, whole, "the parts of a duration go from large to small")
                    .hint("as in 1h30m or 1m30s, each unit once"),
            ));
        }
        kind = Some(unit_kind);
        smallest = Some(size);
        total = total.saturating_add(exact(number, size, text, whole, unit_kind)?);
    }
    let kind = kind.unwrap_or(Kind::Time);
    let value = i64::try_from(total).map_err(|_| too_large(whole, kind.noun()))?;
    Ok(match kind {
        Kind::Time => Amount::Duration(value),
        Kind::Bytes => Amount::Bytes(value),
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Time,
    Bytes,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Time => "duration",
            Kind::Bytes => "size",
        }
    }
}

fn find_unit(unit: &str) -> Option<(i64, Kind)> {
    let find = |units: &[(&str, i64)]| units.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
    find(TIME_UNITS)
        .map(|size| (size, Kind::Time))
        .or_else(|| find(BYTE_UNITS).map(|size| (size, Kind::Bytes)))
}

/// `number × size`, if that is whole.
fn exact(number: &str, size: i64, text: &str, whole: Span, kind: Kind) -> Result<i128> {
    let plain: String = number.chars().filter(|c| *c != '_').collect();
    let (int, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if fraction.contains('.') || (int.is_empty() && fraction.is_empty()) {
        return Err(malformed(text, whole));
    }
    let parse = |digits: &str| if digits.is_empty() { Ok(0) } else { digits.parse::<i128>() };
    let fraction = fraction.trim_end_matches('0');
    // No unit has so many decimals; and no number so large fits.
    let too_fine = || {
        let message = match kind {
            Kind::Time => format!("`{text}` is finer than a nanosecond"),
            Kind::Bytes => format!("`{text}` is not a whole number of bytes"),
        };
        Box::new(Diagnostic::error(codes::TOO_FINE, whole, message))
    };
    if fraction.len() > 18 {
        return Err(too_fine());
    }
    let int = match parse(int) {
        Ok(int) if int <= i128::from(i64::MAX) => int,
        _ => return Err(too_large(whole, kind.noun())),
    };
    let scale = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let parts = parse(fraction).map_err(|_| too_fine())? * i128::from(size);
    if parts % scale != 0 {
        return Err(too_fine());
    }
    Ok(int * i128::from(size) + parts / scale)
}

fn malformed(text: &str, span: Span) -> Box<Diagnostic> {
    let mut diagnostic = Diagnostic::error(codes::BAD_NUMBER, span, format!("`{text}` is not a number"));
    let last_has_no_unit = text.ends_with(|c: char| c.is_ascii_digit())
        && find_unit(text.trim_matches(|c: char| c.is_ascii_digit())).is_some();
    if last_has_no_unit {
        diagnostic = diagnostic.hint("each part of a duration needs a unit, as in 1m30s");
    } else if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('_') {
        diagnostic = diagnostic.hint("a name that begins with a digit needs double quotes");
    }
    Box::new(diagnostic)
}

fn too_large(span: Span, noun: &str) -> Box<Diagnostic> {
    let limit = match noun {
        "duration" => "a duration is at most about 292 years",
        "size" => "a size is less than 8 EiB",
        "number" => "the largest number is about 1.8e308",
        _ => "the largest whole number is 9223372036854775807; write a decimal point for a larger one",
    };
    Box::new(Diagnostic::error(codes::OUT_OF_RANGE, span, format!("this {noun} is too large")).hint(limit))
}

fn unknown_unit(unit: &str, kind: Option<Kind>, span: Span) -> Box<Diagnostic> {
    let all = || TIME_UNITS.iter().chain(BYTE_UNITS.iter().rev()).map(|(name, _)| *name);
    let wordy = match unit.to_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "msec" | "msecs" | "millis" => Some("ms"),
        "usec" | "usecs" | "micros" => Some("us"),
        "nsec" | "nsecs" | "nanos" => Some("ns"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hr" | "hour" | "hours" => Some("h"),
        _ => None,
    };
    let meant = wordy
        .or_else(|| all().find(|name| name.eq_ignore_ascii_case(unit)))
        .or_else(|| closest(unit, all()).filter(|_| unit.chars().count() > 2));
    let mut diagnostic = Diagnostic::error(codes::UNKNOWN_UNIT, span, format!("there is no unit `{unit}`"));
    if let Some(meant) = meant {
        diagnostic = diagnostic.hint(format!("did you mean `{meant}`?")).fix(span, meant);
    }
    let times = "ns, us, ms, s, m, h";
    let sizes = "B, KB, KiB, MB, MiB, GB, GiB, TB, TiB";
    Box::new(diagnostic.hint(match kind {
        Some(Kind::Time) => format!("units of time: {times}"),
        Some(Kind::Bytes) => format!("units of size: {sizes}"),
        None => format!("units of time: {times}; units of size: {sizes}"),
    }))
}
