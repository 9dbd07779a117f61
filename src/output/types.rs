//! What a column holds, in the terms of the query language: read from a field's metadata, else from its Arrow type.
//!
//! Arrow says `Int64`; whether that is a count, a duration or a size is in the metadata under [`TYPE_KEY`].

use arrow::datatypes::{DataType, Field};

/// The key of a field's metadata that holds the name of its type in the query language, such as `list<duration>`.
pub const TYPE_KEY: &str = "gtq.type";

/// The type of a column, as far as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Float,
    String,
    /// A size in bytes
    Bytes,
    /// A length of time in ns
    Duration,
    /// An instant in ns since the trace's first event
    Time,
    /// A list of frames `func file:line`, leaf first
    Stack,
    List(Box<Type>),
    /// The types of the fields, in their order; the names are in the Arrow type
    Struct(Vec<Type>),
    /// Something that the query language has no type for: shown as Arrow shows it
    Other,
}

impl Type {
    /// The type of a field. Metadata that cannot be read counts as missing.
    pub(super) fn of(field: &Field) -> Self {
        field
            .metadata()
            .get(TYPE_KEY)
            .and_then(|name| parse(name))
            .unwrap_or_else(|| from_arrow(field.data_type()))
    }

    /// Whether values line up at their right end.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Bytes | Self::Duration | Self::Time)
    }
}

/// Reads a type's name: `bool`, …, `list<T>`, `struct<name: T, …>`.
fn parse(name: &str) -> Option<Type> {
    let name = name.trim();
    let within = |opening: &str| name.strip_prefix(opening)?.strip_suffix('>');
    if let Some(item) = within("list<") {
        return Some(Type::List(Box::new(parse(item)?)));
    }
    if let Some(fields) = within("struct<") {
        let fields = split(fields).into_iter().filter(|field| !field.trim().is_empty());
        return fields.map(|field| parse(field.split_once(':')?.1)).collect::<Option<_>>().map(Type::Struct);
    }
    Some(match name {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "float" => Type::Float,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "duration" => Type::Duration,
        "time" => Type::Time,
        "stack" => Type::Stack,
        _ => return None,
    })
}

/// The parts between the commas that are not within angle brackets.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|c| {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn from_arrow(data_type: &DataType) -> Type {
    match data_type {
        DataType::Boolean => Type::Bool,
        data_type if data_type.is_integer() => Type::Int,
        data_type if data_type.is_floating() => Type::Float,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::String,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Type::List(Box::new(Type::of(item)))
        }
        DataType::Struct(fields) => Type::Struct(fields.iter().map(|field| Type::of(field)).collect()),
        _ => Type::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn names_of_types_are_read() {
        let list = |item| Type::List(Box::new(item));
        assert_eq!(parse(" duration "), Some(Type::Duration));
        assert_eq!(parse("list<list<time>>"), Some(list(list(Type::Time))));
        assert_eq!(
            parse("struct<a: struct<x: bytes, y: int>, b: list<stack>>"),
            Some(Type::Struct(vec![Type::Struct(vec![Type::Bytes, Type::Int]), list(Type::Stack)]))
        );
        for name in ["", "decimal", "list<", "list<nope>", "struct<a>", "struct<a: int, b: nope>"] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn metadata_comes_first_and_arrow_fills_in() {
        let item = Field::new("item", DataType::Int64, true)
            .with_metadata(HashMap::from([(TYPE_KEY.into(), "bytes".into())]));
        let field = Field::new("a", DataType::new_list(DataType::UInt64, true), true);
        assert_eq!(Type::of(&field), Type::List(Box::new(Type::Int)));
        assert_eq!(
            Type::of(&Field::new("a", DataType::List(item.into()), true)),
            Type::List(Box::new(Type::Bytes))
        );
        let unreadable = field.with_metadata(HashMap::from([(TYPE_KEY.into(), "list<?>".into())]));
        assert_eq!(Type::of(&unreadable), Type::List(Box::new(Type::Int)));
    }
}
