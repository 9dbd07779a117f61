//! Results of several sources as one: a column in front says where each row comes from.

use std::collections::HashMap;
use std::iter::repeat_n;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::types::TYPE_KEY;
use super::{Error, Render};

/// Puts a column of labels in front of results that have the same schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    schema: SchemaRef,
    /// How many columns come before those of a result.
    added: usize,
}

impl Labels {
    /// For results of this schema. Where one of their columns has the name, it stands for the labels, and none is added.
    #[must_use]
    pub fn new(name: &str, schema: &SchemaRef) -> Self {
        if schema.column_with_name(name).is_some() {
            return Self { schema: schema.clone(), added: 0 };
        }
        let metadata = HashMap::from([(TYPE_KEY.to_owned(), "string".to_owned())]);
        let label = Field::new(name, DataType::Utf8View, true).with_metadata(metadata);
        let fields: Vec<_> =
            std::iter::once(Arc::new(label)).chain(schema.fields().iter().cloned()).collect();
        Self { schema: Arc::new(Schema::new(fields)), added: 1 }
    }

    /// The schema with the labels.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// A hint at a picture, whose columns are further back.
    #[must_use]
    pub fn shift(&self, render: &Render) -> Render {
        let parts = render.parts.iter().map(|(part, column)| (*part, column + self.added));
        Render { picture: render.picture, parts: parts.collect() }
    }

    /// A batch of the results with one label in all its rows.
    ///
    /// # Errors
    /// Where the batch has another schema.
    pub fn add(&self, label: &str, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        if self.added == 0 {
            return Ok(batch.clone());
        }
        let labels = StringViewArray::from_iter_values(repeat_n(label, batch.num_rows()));
        let mut columns = vec![Arc::new(labels) as _];
        columns.extend_from_slice(batch.columns());
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}
