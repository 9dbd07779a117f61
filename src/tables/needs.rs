//! What a query needs of which tables.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;

use super::schema::schema;
use crate::catalog::{TableCall, table};

/// The columns that are wanted of each table, by their places in the catalog, ascending. What a table function gives for
/// other arguments is another table.
#[derive(Debug, Clone, Default)]
pub struct Needs(BTreeMap<TableCall, Vec<usize>>);

impl Needs {
    /// Wants some columns of a table too.
    pub fn add(&mut self, call: impl Into<TableCall>, columns: &[usize]) {
        let wanted = self.0.entry(call.into()).or_default();
        wanted.extend_from_slice(columns);
        wanted.sort_unstable();
        wanted.dedup();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TableCall, &[usize])> {
        self.0.iter().map(|(call, columns)| (call, columns.as_slice()))
    }

    /// The wanted columns of a table; `None`: not even its rows.
    pub fn columns(&self, call: &TableCall) -> Option<&[usize]> {
        self.0.get(call).map(Vec::as_slice)
    }

    /// Those of a table that depends on no arguments.
    pub(super) fn schema(&self, name: &str) -> Option<SchemaRef> {
        let table = table(name)?;
        self.columns(&table.into()).map(|columns| schema(table, columns))
    }
}
