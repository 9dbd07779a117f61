//! What a query needs of which tables.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use arrow::datatypes::SchemaRef;

use super::schema::schema;
use crate::catalog::{TableCall, table};

/// What is wanted of each table. What a table function gives for other arguments is another table.
#[derive(Debug, Clone, Default)]
pub struct Needs(BTreeMap<TableCall, Want>);

/// What is wanted of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Want {
    /// Columns by their places in the catalog, ascending.
    pub columns: Vec<usize>,
    /// Whether rows must come in the table's order.
    pub ordered: bool,
    /// The parts of the table that are wanted; None: all.
    pub only: Option<Vec<&'static str>>,
}

impl Want {
    pub fn new(columns: &[usize], ordered: bool, only: Option<Vec<&'static str>>) -> Self {
        let mut columns = columns.to_vec();
        columns.sort_unstable();
        columns.dedup();
        Self { columns, ordered, only }
    }

    /// Some columns of all rows, in order.
    pub fn all(columns: &[usize]) -> Self {
        Self::new(columns, true, None)
    }

    fn merge(&mut self, other: Self) {
        let columns = [self.columns.as_slice(), &other.columns].concat();
        let only = self.only.take().zip(other.only).map(|(ours, theirs)| [ours, theirs].concat());
        *self = Self::new(&columns, self.ordered || other.ordered, only);
    }
}

impl Needs {
    /// Wants something of a table too.
    pub fn add(&mut self, call: impl Into<TableCall>, want: Want) {
        match self.0.entry(call.into()) {
            Entry::Vacant(entry) => {
                entry.insert(want);
            }
            Entry::Occupied(mut entry) => entry.get_mut().merge(want),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TableCall, &Want)> {
        self.0.iter()
    }

    /// The wanted columns of a table; `None`: not even its rows.
    pub fn columns(&self, call: &TableCall) -> Option<&[usize]> {
        self.0.get(call).map(|want| want.columns.as_slice())
    }

    /// Those of a table that depends on no arguments.
    pub(super) fn schema(&self, name: &str) -> Option<SchemaRef> {
        let table = table(name)?;
        self.columns(&table.into()).map(|columns| schema(table, columns))
    }
}
