//! Literals as text: amounts in the largest units that give them exactly.

use crate::syntax::amount::{BYTE_UNITS, TIME_UNITS};
use crate::syntax::ast::Literal;
use crate::syntax::clock;

pub(super) fn text(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_string(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        // Debug writes the point or exponent that makes it a float.
        Literal::Float(value) => format!("{value:?}"),
        Literal::String(value) => format!("'{}'", value.replace('\'', "''")),
        Literal::Duration(nanos) => duration(*nanos),
        Literal::Bytes(bytes) => size(*bytes),
        Literal::Time(nanos) => format!("@{}", duration(*nanos)),
        Literal::TimeEnd => "@end".to_string(),
        Literal::WallClock(nanos) => format!("@'{}'", clock::format_rfc3339(*nanos)),
    }
}

/// `1h2m3.5s`, `1.5ms`: hours and minutes apart, the rest in one unit.
fn duration(nanos: i64) -> String {
    let mut text = if nanos < 0 { "-".to_string() } else { String::new() };
    let mut left = nanos.unsigned_abs();
    if left == 0 {
        return "0s".to_string();
    }
    for (unit, size) in TIME_UNITS {
        let size = size.unsigned_abs();
        if left < size {
            continue;
        }
        let whole = left / size;
        if matches!(*unit, "h" | "m") {
            text.push_str(&format!("{whole}{unit}"));
            left %= size;
            continue;
        }
        let digits = size.ilog10() as usize;
        let fraction = format!("{:0digits$}", left % size);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        text.push_str(&format!("{whole}{point}{fraction}{unit}"));
        break;
    }
    text
}

fn size(bytes: i64) -> String {
    let unit = BYTE_UNITS.iter().find(|(_, size)| bytes != 0 && bytes % size == 0);
    match unit {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => format!("{bytes}B"),
    }
}
