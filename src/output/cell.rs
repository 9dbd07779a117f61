//! One value of a batch as a text for people: with units, on one line, safe for a terminal.
//!
//! An array whose Arrow type does not fit the column's type (a duration held as a float, a list tagged as a number) is
//! shown as Arrow shows it, so no pair of types is wrong.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::frames::function;
use super::types::Type;
use super::{escape, human};

/// How null looks, also within lists.
pub(super) const NULL: &str = "null";

/// How much of a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// A stack is its leaf function and how many frames lie below it: `main.work … +7`
    Short,
    /// A stack is all of its frames, as they are
    Full,
}

/// The value in `row` of `array` (a row that exists); None is null.
pub(super) fn text(array: &dyn Array, kind: &Type, row: usize, detail: Detail) -> Option<String> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return None;
    }
    let text = match kind {
        Type::Bool => array.as_boolean_opt().map(|values| values.value(row).to_string()),
        Type::Int => integer(array, row).map(|value| value.to_string()),
        Type::Float => real(array, row).map(human::float),
        Type::Bytes => quantity(array, row).map(human::bytes),
        Type::Duration => quantity(array, row).map(human::duration),
        Type::Time => quantity(array, row).map(human::time),
        Type::String => string(array, row).map(|value| escape::terminal(value).into_owned()),
        Type::Stack if detail == Detail::Short => list(array, row).map(|frames| short_stack(&frames)),
        Type::Stack => list(array, row).map(|frames| items(&frames, &Type::String, detail)),
        Type::List(item) => list(array, row).map(|values| items(&values, item, detail)),
        Type::Struct(kinds) => fields(array, kinds, row, detail),
        Type::Other => None,
    };
    Some(text.unwrap_or_else(|| as_arrow_shows_it(array, row)))
}

/// The frames of a stack, leaf first, each safe for a terminal; None where `array` holds no lists.
pub(super) fn frames(array: &dyn Array, row: usize) -> Option<Vec<String>> {
    let frames = list(array, row)?;
    Some((0..frames.len()).map(|index| or_null(text(&frames, &Type::String, index, Detail::Full))).collect())
}

/// The text of a value that may be null.
pub(super) fn or_null(text: Option<String>) -> String {
    text.unwrap_or_else(|| NULL.to_owned())
}

/// The string in `row`, unescaped; None where it is null or `array` holds no strings.
pub(super) fn string(array: &dyn Array, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8View => array.as_string_view_opt().map(|values| values.value(row)),
        DataType::Utf8 => array.as_string_opt::<i32>().map(|values| values.value(row)),
        DataType::LargeUtf8 => array.as_string_opt::<i64>().map(|values| values.value(row)),
        _ => None,
    }
}

/// The items of a list; None where it is null or `array` holds no lists.
pub(super) fn list(array: &dyn Array, row: usize) -> Option<ArrayRef> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::List(_) => array.as_list_opt::<i32>().map(|values| values.value(row)),
        DataType::LargeList(_) => array.as_list_opt::<i64>().map(|values| values.value(row)),
        DataType::FixedSizeList(..) => array.as_fixed_size_list_opt().map(|values| values.value(row)),
        _ => None,
    }
}

/// The truth value in `row`; None where it is null or `array` holds none.
pub(super) fn boolean(array: &dyn Array, row: usize) -> Option<bool> {
    array.as_boolean_opt().filter(|values| values.is_valid(row)).map(|values| values.value(row))
}

/// The whole number in `row`, at the ends of 64 bits where it lies beyond them; None where it is null or `array` holds none.
pub(super) fn whole(array: &dyn Array, row: usize) -> Option<i64> {
    if array.is_null(row) { None } else { quantity(array, row) }
}

/// The number in `row`; None where it is null or `array` holds no numbers.
pub(super) fn number(array: &dyn Array, row: usize) -> Option<f64> {
    if array.is_null(row) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "for pictures")]
    integer(array, row).map(|value| value as f64).or_else(|| real(array, row))
}

fn integer(array: &dyn Array, row: usize) -> Option<i128> {
    macro_rules! value {
        ($kind:ty) => {
            array.as_primitive_opt::<$kind>().map(|values| i128::from(values.value(row)))
        };
    }
    match array.data_type() {
        DataType::Int8 => value!(Int8Type),
        DataType::Int16 => value!(Int16Type),
        DataType::Int32 => value!(Int32Type),
        DataType::Int64 => value!(Int64Type),
        DataType::UInt8 => value!(UInt8Type),
        DataType::UInt16 => value!(UInt16Type),
        DataType::UInt32 => value!(UInt32Type),
        DataType::UInt64 => value!(UInt64Type),
        _ => None,
    }
}

fn real(array: &dyn Array, row: usize) -> Option<f64> {
    match array.data_type() {
        DataType::Float64 => array.as_primitive_opt::<Float64Type>().map(|values| values.value(row)),
        DataType::Float32 => {
            array.as_primitive_opt::<Float32Type>().map(|values| f64::from(values.value(row)))
        }
        _ => None,
    }
}

/// A whole number of ns or bytes. What does not fit, no trace holds; it is shown as the largest that does.
fn quantity(array: &dyn Array, row: usize) -> Option<i64> {
    let value = integer(array, row)?;
    Some(i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX }))
}

fn items(values: &ArrayRef, kind: &Type, detail: Detail) -> String {
    let mut text = String::from("[");
    for row in 0..values.len() {
        if row > 0 {
            text.push_str(", ");
        }
        text.push_str(&or_null(self::text(values, kind, row, detail)));
    }
    text.push(']');
    text
}

fn fields(array: &dyn Array, kinds: &[Type], row: usize, detail: Detail) -> Option<String> {
    let values = array.as_struct_opt()?;
    let mut text = String::from("{");
    for (index, (field, column)) in values.fields().iter().zip(values.columns()).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        let value = or_null(self::text(column, kinds.get(index).unwrap_or(&Type::Other), row, detail));
        // Writing to a string cannot fail.
        let _ = write!(text, "{}: {value}", escape::terminal(field.name()));
    }
    text.push('}');
    Some(text)
}

fn short_stack(frames: &ArrayRef) -> String {
    if frames.is_empty() {
        return "[]".to_owned();
    }
    let leaf = or_null(text(frames, &Type::String, 0, Detail::Full));
    let leaf = function(&leaf);
    match frames.len() - 1 {
        0 => leaf.to_owned(),
        more => format!("{leaf} … +{more}"),
    }
}

fn as_arrow_shows_it(array: &dyn Array, row: usize) -> String {
    let options = FormatOptions::new().with_null(NULL);
    let text = ArrayFormatter::try_new(array, &options).and_then(|values| {
        let mut text = String::new();
        values.value(row).write(&mut text)?;
        Ok(text)
    });
    match text {
        Ok(text) => escape::terminal(&text).into_owned(),
        Err(_) => format!("<{}>", escape::terminal(&array.data_type().to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Float64Array, Int64Array, NullArray, StringArray, StringDictionaryBuilder, UInt64Array,
    };
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn types_that_do_not_fit_are_shown_as_they_are() {
        let cases: [(ArrayRef, Type, &str); 5] = [
            (Arc::new(Float64Array::from(vec![1.5])), Type::Duration, "1.5"),
            (Arc::new(UInt64Array::from(vec![u64::MAX])), Type::Int, "18446744073709551615"),
            (Arc::new(UInt64Array::from(vec![u64::MAX])), Type::Bytes, "8EiB"),
            (Arc::new(StringArray::from(vec!["a\nb"])), Type::Int, "a\\nb"),
            (Arc::new(Int64Array::from(vec![7])), Type::List(Box::new(Type::Int)), "7"),
        ];
        for (array, kind, expected) in cases {
            assert_eq!(text(&array, &kind, 0, Detail::Short).as_deref(), Some(expected));
        }
        assert_eq!(text(&NullArray::new(1), &Type::Int, 0, Detail::Short), None);
        let mut words = StringDictionaryBuilder::<Int32Type>::new();
        words.append_value("\u{1b}x");
        assert_eq!(text(&words.finish(), &Type::Other, 0, Detail::Short).as_deref(), Some("\\u{1b}x"));
    }
}
