//! From the batches of a plan to those that people and programs see.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::array::{ListBuilder, StringViewBuilder};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use arrow::error::ArrowError;

use super::error::Error;
use crate::catalog::Type;
use crate::output::Render;
use crate::sema::typed::Query;
use crate::tables::{Stacks, arrow_type, field_metadata};

/// Gives a query's columns their names, says what unit they have, and writes stacks out as lists of frames.
#[derive(Debug)]
pub(super) struct Answer {
    types: Vec<Type>,
    schema: SchemaRef,
    render: Option<Render>,
    stacks: Arc<Stacks>,
}

impl Answer {
    pub(super) fn new(query: &Query, stacks: Arc<Stacks>) -> Self {
        let columns = &query.columns;
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| {
                // A column of nulls is shown as one of strings.
                let ty = if column.ty == Type::Null { &Type::String } else { &column.ty };
                Field::new(&column.name, shown_type(ty), true).with_metadata(field_metadata(ty))
            })
            .collect();
        let types = columns.iter().map(|column| column.ty.clone()).collect();
        let render = query.render.as_ref().map(|hint| Render {
            picture: hint.picture.name,
            parts: (hint.parts.iter())
                .filter_map(|(part, id)| Some((*part, columns.iter().position(|c| c.id == *id)?)))
                .collect(),
        });
        Self { types, schema: Arc::new(Schema::new(fields)), render, stacks }
    }

    pub(super) fn render(&self) -> Option<&Render> {
        self.render.as_ref()
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn present(&self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let columns = batch.columns().iter().zip(&self.types).zip(self.schema.fields());
        let shown = columns
            .map(|((array, ty), field)| {
                let array = self.written_out(array, ty)?;
                if array.data_type() == field.data_type() {
                    Ok(array)
                } else {
                    cast(&array, field.data_type())
                }
            })
            .collect::<Result<Vec<_>, ArrowError>>();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        shown
            .and_then(|arrays| RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options))
            .map_err(|e| Error::Internal(e.to_string()))
    }

    /// Replaces stacks, also within lists, by lists of `func file:line`, leaf first.
    fn written_out(&self, array: &ArrayRef, ty: &Type) -> Result<ArrayRef, ArrowError> {
        match ty {
            Type::Stack => self.frames(array),
            Type::List(item) if contains_stack(item) => {
                let list = array.as_list::<i32>();
                let items = self.written_out(list.values(), item)?;
                let field = Arc::new(Field::new("item", items.data_type().clone(), true));
                Ok(Arc::new(ListArray::try_new(field, list.offsets().clone(), items, list.nulls().cloned())?))
            }
            _ => Ok(array.clone()),
        }
    }

    fn frames(&self, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let numbers = cast(array, &DataType::UInt32)?;
        let view = self.stacks.view();
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        // Each distinct stack is written out once.
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut place = |number: u32| {
            let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
            *places.entry(number).or_insert_with(|| {
                for frame in view.frames(number) {
                    lists.values().append_value(frame.to_string());
                }
                lists.append(true);
                next
            })
        };
        let numbers = numbers.as_primitive::<UInt32Type>().iter();
        let rows: UInt32Array = numbers.map(|number| number.map(&mut place)).collect();
        take(&lists.finish(), &rows, None)
    }
}

fn contains_stack(ty: &Type) -> bool {
    match ty {
        Type::Stack => true,
        Type::List(item) => contains_stack(item),
        _ => false,
    }
}

/// The Arrow type of a column of a result.
fn shown_type(ty: &Type) -> DataType {
    match ty {
        Type::Stack => arrow_type(&Type::list(Type::String)),
        Type::List(item) => DataType::List(Arc::new(Field::new("item", shown_type(item), true))),
        other => arrow_type(other),
    }
}
