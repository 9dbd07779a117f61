//! The one `TableProvider` over all tables.

use std::fmt::Debug;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use super::schema::schema;
use crate::catalog::Table;

/// Where a table's rows come from.
pub trait RowSource: Debug + Send + Sync {
    /// The rows of a table that has been loaded with at least these columns, which are places in the catalog.
    fn loaded(&self, table: &'static Table, columns: &[usize]) -> Option<Vec<RecordBatch>>;

    /// The rows of a table as a pass over the trace yields them.
    fn stream(self: Arc<Self>, table: &'static Table, columns: &[usize]) -> SendableRecordBatchStream;
}

/// A table of the catalog, over a trace.
#[derive(Debug)]
pub struct TraceTable {
    table: &'static Table,
    source: Arc<dyn RowSource>,
}

impl TraceTable {
    pub fn new(table: &'static Table, source: Arc<dyn RowSource>) -> Self {
        Self { table, source }
    }

    pub fn table(&self) -> &'static Table {
        self.table
    }

    fn plan(&self, projection: Option<&Vec<usize>>, limit: Option<usize>) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..self.table.columns.len()).collect();
        let columns: Vec<usize> = projection.cloned().unwrap_or_else(all);
        let schema = schema(self.table, &columns);
        let order = self.order(&schema)?;
        if let Some(batches) = self.source.loaded(self.table, &columns) {
            let source = MemorySourceConfig::try_new(&[batches], schema, None)?
                .with_limit(limit)
                .try_with_sort_information(order.into_iter().collect())?;
            return Ok(datafusion::datasource::source::DataSourceExec::from_data_source(source));
        }
        let partition =
            Partition { table: self.table, columns, schema: schema.clone(), source: self.source.clone() };
        Ok(Arc::new(StreamingTableExec::try_new(
            schema,
            vec![Arc::new(partition)],
            None,
            order,
            false,
            limit,
        )?))
    }

    /// The order in which rows come, as far as the projection keeps its columns.
    fn order(&self, schema: &SchemaRef) -> Result<Option<LexOrdering>> {
        let ascending = SortOptions { descending: false, nulls_first: false };
        let keys: Vec<PhysicalSortExpr> = self
            .table
            .order
            .iter()
            .take_while(|name| schema.column_with_name(name).is_some())
            .map(|name| Ok(PhysicalSortExpr::new(col(name, schema)?, ascending)))
            .collect::<Result<_>>()?;
        Ok(LexOrdering::new(keys))
    }
}

impl TableProvider for TraceTable {
    fn schema(&self) -> SchemaRef {
        schema(self.table, &(0..self.table.columns.len()).collect::<Vec<_>>())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    // Written out: `#[async_trait]` makes this file ten times slower to compile.
    fn scan<'a, 'b, 'c, 'd, 'e>(
        &'a self,
        _: &'b dyn Session,
        projection: Option<&'c Vec<usize>>,
        _: &'d [Expr],
        limit: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 'e>>
    where
        'a: 'e,
        'b: 'e,
        'c: 'e,
        'd: 'e,
        Self: 'e,
    {
        Box::pin(ready(self.plan(projection, limit)))
    }
}

/// The one partition of a streamed table.
#[derive(Debug)]
struct Partition {
    table: &'static Table,
    columns: Vec<usize>,
    schema: SchemaRef,
    source: Arc<dyn RowSource>,
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        self.source.clone().stream(self.table, &self.columns)
    }
}
