//! What a query needs of which tables.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;

use super::schema::schema;
use crate::catalog::Table;

/// The columns that are wanted of each table, by their places in the catalog, ascending.
#[derive(Debug, Clone, Default)]
pub struct Needs(BTreeMap<&'static str, (&'static Table, Vec<usize>)>);

impl Needs {
    /// Wants some columns of a table too.
    pub fn add(&mut self, table: &'static Table, columns: &[usize]) {
        let (_, wanted) = self.0.entry(table.name).or_insert_with(|| (table, Vec::new()));
        wanted.extend_from_slice(columns);
        wanted.sort_unstable();
        wanted.dedup();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static Table, &[usize])> {
        self.0.values().map(|(table, columns)| (*table, columns.as_slice()))
    }

    /// The wanted columns of a table; `None`: not even its rows.
    pub fn columns(&self, table: &str) -> Option<&[usize]> {
        self.0.get(table).map(|(_, columns)| columns.as_slice())
    }

    pub(super) fn schema(&self, table: &str) -> Option<SchemaRef> {
        self.0.get(table).map(|(table, columns)| schema(table, columns))
    }
}
