//! Values that a column has: known ones, and those of a trace, which the caller knows.

use super::cursor::Typing;
use super::{CompletionKind, Found};
use crate::sema::facts::{Sight, Wanted};

/// Knows which values a column holds.
pub trait Values {
    /// The distinct values of a table's column, the most frequent first; empty where nothing is known.
    fn values(&self, table: &str, column: &str) -> Vec<String>;
}

/// Where there is no trace.
impl Values for () {
    fn values(&self, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// The values that what is compared may have, as literals.
pub(super) fn beside(found: &mut Found<'_>, sight: &Sight, values: &dyn Values) {
    if found.cursor.typing == Typing::Word {
        for (value, doc) in known(sight, values) {
            let literal = format!("'{}'", value.replace('\'', "''"));
            found.add(CompletionKind::Value, &literal, "string", doc);
        }
    }
}

/// The same within a string; and the names of columns, where the string is one.
pub(super) fn in_string(found: &mut Found<'_>, sight: &Sight, values: &dyn Values) {
    let Typing::String { closed } = found.cursor.typing else { return };
    let quote = if closed { "" } else { "'" };
    if let Some(words) = sight.words {
        // Each of the words may be completed.
        let before = found.cursor.typed.rfind('|').map_or("", |end| &found.cursor.typed[..=end]);
        for word in words.values {
            let text = format!("{before}{word}");
            found.add_as(CompletionKind::Value, &text, format!("{text}{quote}"), words.name, "");
        }
        return;
    }
    if sight.wanted == Wanted::Column {
        for column in sight.columns.iter().filter(|column| !column.qualified_only) {
            let insert = format!("{}{quote}", column.name.replace('\'', "''"));
            found.add_as(CompletionKind::Column, &column.name, insert, column.ty.to_string(), "");
        }
        return;
    }
    for (value, doc) in known(sight, values) {
        let insert = format!("{}{quote}", value.replace('\'', "''"));
        found.add_as(CompletionKind::Value, &value, insert, doc, "");
    }
}

/// Values with what they are values of.
fn known(sight: &Sight, values: &dyn Values) -> Vec<(String, String)> {
    let Some((table, column)) = sight.beside.as_ref().and_then(|beside| beside.column) else {
        return Vec::new();
    };
    let mut all = match column.domain {
        Some(domain) if domain.closed => Vec::new(),
        _ => values.values(table.name, column.name),
    };
    let what = column.domain.map_or_else(|| format!("{}.{}", table.name, column.name), |d| d.name.to_owned());
    let known = column.domain.iter().flat_map(|domain| domain.values).map(|value| (*value).to_owned());
    let new: Vec<String> = known.filter(|value| !all.contains(value)).collect();
    all.extend(new);
    all.into_iter().map(|value| (value, what.clone())).collect()
}
