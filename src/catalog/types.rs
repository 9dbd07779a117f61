//! The types of GTQ. Units are types: a duration is no number.

use std::fmt;

/// The type of a column or an expression. Every type is nullable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of a bare `null`; goes with every other.
    Null,
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// A 64-bit float.
    Float,
    String,
    /// A size in bytes.
    Bytes,
    /// A length of time in ns.
    Duration,
    /// A point in time, in ns since the trace's first event.
    Time,
    /// A call stack; equal stacks have equal frames.
    Stack,
    List(Box<Type>),
    Struct(Vec<(String, Type)>),
    /// The type of an expression with an error that has been reported; goes with every other.
    Unknown,
}

impl Type {
    /// `ns` for times and durations, `B` for sizes.
    pub fn unit(&self) -> Option<&'static str> {
        match self {
            Type::Duration | Type::Time => Some("ns"),
            Type::Bytes => Some("B"),
            _ => None,
        }
    }

    pub fn list(item: Type) -> Type {
        Type::List(Box::new(item))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Null => f.write_str("null"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Float => f.write_str("float"),
            Type::String => f.write_str("string"),
            Type::Bytes => f.write_str("bytes"),
            Type::Duration => f.write_str("duration"),
            Type::Time => f.write_str("time"),
            Type::Stack => f.write_str("stack"),
            Type::List(item) => write!(f, "list<{item}>"),
            Type::Struct(fields) => {
                f.write_str("struct<")?;
                for (i, (name, ty)) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{name}: {ty}")?;
                }
                f.write_str(">")
            }
            Type::Unknown => f.write_str("unknown"),
        }
    }
}
