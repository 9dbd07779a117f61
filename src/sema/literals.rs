//! Literals with the wrong unit: which one was probably meant.

use super::typed::{Expr, ExprKind, Value};
use crate::catalog::Type;

/// Units of time in ns, the largest first.
const TIME_UNITS: &[(&str, u64)] = &[("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

/// Units of size in bytes, the largest first.
const BYTE_UNITS: &[(&str, u64)] = &[
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1_000),
    ("B", 1),
];

/// The literal of type `wanted` that has the number of a literal without a unit, or with another one.
pub(super) fn with_unit(literal: &Expr, wanted: &Type) -> Option<String> {
    let n = match (&literal.kind, &literal.ty) {
        (ExprKind::Value(Value::Int(n)), Type::Int) => *n,
        (ExprKind::Value(Value::Int(n)), Type::Duration) if *wanted == Type::Time => *n,
        (ExprKind::Value(Value::Int(n)), Type::Time) if *wanted == Type::Duration => *n,
        (ExprKind::Value(Value::Float(x)), Type::Float) => whole(*x)?,
        _ => return None,
    };
    let sign = if n < 0 { "-" } else { "" };
    let size = n.unsigned_abs();
    match wanted {
        Type::Duration if n == 0 => Some("0ns".to_owned()),
        Type::Duration => Some(format!("{sign}{}", shortest(size, TIME_UNITS))),
        Type::Time if n == 0 => Some("@0s".to_owned()),
        Type::Time if n > 0 => Some(format!("@{}", shortest(size, TIME_UNITS))),
        Type::Bytes if n == 0 => Some("0B".to_owned()),
        Type::Bytes => Some(format!("{sign}{}", shortest(size, BYTE_UNITS))),
        _ => None,
    }
}

/// A literal's zero, to compare with.
pub(super) fn zero(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Int | Type::Float => Some("0"),
        Type::Duration => Some("0ns"),
        Type::Bytes => Some("0B"),
        Type::Time => Some("@0s"),
        _ => None,
    }
}

/// A float's value as an integer, if it is one that a float holds exactly.
fn whole(x: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within the exact range")]
    let n = x as i64;
    (x.fract() == 0.0 && x.abs() <= EXACT).then_some(n)
}

/// The shortest exact way to write a number with one of the units.
fn shortest(n: u64, units: &[(&str, u64)]) -> String {
    let mut best = String::new();
    for (unit, size) in units {
        let text = match decimal(n, *size) {
            Some(number) => format!("{number}{unit}"),
            None => continue,
        };
        if best.is_empty() || text.len() < best.len() {
            best = text;
        }
    }
    best
}

/// n ÷ size in decimal notation; binary sizes only where that is whole.
fn decimal(n: u64, size: u64) -> Option<String> {
    let (whole, mut rest) = (n / size, n % size);
    if rest == 0 {
        return Some(whole.to_string());
    }
    let mut digits = size.checked_ilog10()? as usize;
    if 10_u64.checked_pow(u32::try_from(digits).ok()?) != Some(size) {
        return None;
    }
    while rest % 10 == 0 {
        rest /= 10;
        digits -= 1;
    }
    Some(format!("{whole}.{rest:0digits$}"))
}
