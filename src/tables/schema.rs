//! Arrow schemas, made from the catalog.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use crate::catalog::{Table, Type};

/// The Arrow type of a column within plans. A stack is its number among the session's distinct stacks.
pub fn arrow_type(ty: &Type) -> DataType {
    match ty {
        Type::Null | Type::Unknown => DataType::Null,
        Type::Bool => DataType::Boolean,
        Type::Int | Type::Bytes | Type::Duration | Type::Time => DataType::Int64,
        Type::Float => DataType::Float64,
        Type::String => DataType::Utf8View,
        Type::Stack => DataType::UInt32,
        Type::List(item) => DataType::List(Arc::new(Field::new("item", arrow_type(item), true))),
        Type::Struct(fields) => DataType::Struct(
            fields.iter().map(|(name, ty)| Field::new(name, arrow_type(ty), true)).collect::<Fields>(),
        ),
    }
}

/// What a field of a result says of its type: `gtq.type`, and `unit` where there is one.
pub fn field_metadata(ty: &Type) -> HashMap<String, String> {
    let mut metadata = HashMap::from([("gtq.type".to_owned(), ty.to_string())]);
    if let Some(unit) = ty.unit() {
        metadata.insert("unit".to_owned(), unit.to_owned());
    }
    metadata
}

/// The schema of some columns of a table, by their places in the catalog.
pub fn schema(table: &Table, columns: &[usize]) -> SchemaRef {
    let fields = columns.iter().filter_map(|&i| table.columns.get(i));
    let fields: Vec<Field> = fields.map(|c| Field::new(c.name, arrow_type(&c.ty), c.nullable)).collect();
    Arc::new(Schema::new(fields))
}
