//! The one `TableProvider` over all tables.

use std::fmt::Debug;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;

use super::scan::{Scan, ScanExec, ScanMetrics};
use super::schema::schema;
use super::window::{Bounds, Window};
use crate::catalog::{Table, TableCall};

/// Where a table's rows come from.
pub trait RowSource: Debug + Send + Sync {
    /// The rows of a table that has been loaded with at least these columns, which are places in the catalog.
    fn loaded(&self, call: &TableCall, columns: &[usize]) -> Option<Vec<RecordBatch>>;

    /// The rows of a scan as a pass over the trace yields them.
    fn stream(self: Arc<Self>, scan: &Scan, metrics: ScanMetrics) -> SendableRecordBatchStream;
}

/// A table of the catalog, or what a table function gives, over a trace.
#[derive(Debug)]
pub struct TraceTable {
    call: TableCall,
    source: Arc<dyn RowSource>,
    /// Nobody asks for what lies outside of this: intervals are cut to it.
    clip: Window,
}

impl TraceTable {
    pub fn new(call: TableCall, clip: Window, source: Arc<dyn RowSource>) -> Self {
        Self { call, source, clip }
    }

    pub fn call(&self) -> &TableCall {
        &self.call
    }

    fn plan(
        &self,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let table = self.call.table();
        let all = || (0..table.columns.len()).collect();
        let columns: Vec<usize> = projection.cloned().unwrap_or_else(all);
        let schema = schema(table, &columns);
        let order = self.order(&schema)?;
        if let Some(batches) = self.source.loaded(&self.call, &columns) {
            let source = MemorySourceConfig::try_new(&[batches], schema, None)?
                .with_limit(limit)
                .try_with_sort_information(order.into_iter().collect())?;
            return Ok(datafusion::datasource::source::DataSourceExec::from_data_source(source));
        }
        let mut bounds = Bounds { clip: self.clip, ..Bounds::default() };
        filters.iter().filter_map(Limit::of).for_each(|limit| limit.narrow(&mut bounds));
        let window = bounds.window(table, &columns);
        let only = only(table, filters);
        let scan = Scan { call: self.call.clone(), columns, window, ordered: true, only };
        Ok(Arc::new(ScanExec::new(scan, order, limit, self.source.clone())))
    }

    /// The order in which rows come, as far as the projection keeps its columns.
    fn order(&self, schema: &SchemaRef) -> Result<Option<LexOrdering>> {
        let ascending = SortOptions { descending: false, nulls_first: false };
        let keys: Vec<PhysicalSortExpr> = self
            .call
            .table()
            .order
            .iter()
            .take_while(|name| schema.column_with_name(name).is_some())
            .map(|name| Ok(PhysicalSortExpr::new(col(name, schema)?, ascending)))
            .collect::<Result<_>>()?;
        Ok(LexOrdering::new(keys))
    }
}

/// Columns by which rows fall into parts that can be made without the others.
const PARTS: &[(&str, &str)] = &[("goroutine_states", "state"), ("slices", "lane")];

/// The parts of a table that are wanted, by the conditions on its rows; None: all.
fn only(table: &'static Table, filters: &[Expr]) -> Option<Vec<&'static str>> {
    let mut only: Option<Vec<&'static str>> = None;
    for part in filters.iter().filter_map(|filter| parts(table, filter)) {
        match &mut only {
            Some(only) => only.retain(|value| part.contains(value)),
            None => only = Some(part),
        }
    }
    only
}

/// The parts of a table in which a condition can hold, if it is about that.
fn parts(table: &'static Table, filter: &Expr) -> Option<Vec<&'static str>> {
    let (_, name) = PARTS.iter().find(|(name, _)| *name == table.name)?;
    if let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) = filter {
        return Some([parts(table, left)?, parts(table, right)?].concat());
    }
    let is_part = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == *name);
    let values: Vec<&Expr> = match filter {
        Expr::InList(list) if is_part(&list.expr) && !list.negated => list.list.iter().collect(),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_part(left) => vec![right],
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_part(right) => vec![left],
        _ => return None,
    };
    let known = table.column(name)?.domain?;
    values
        .into_iter()
        .map(|value| match value {
            Expr::Literal(value, _) => value.try_as_str().flatten(),
            _ => None,
        })
        .map(|value| value.map(|value| known.values.iter().copied().find(|known| *known == value)))
        .collect::<Option<Vec<_>>>()
        .map(|parts| parts.into_iter().flatten().collect())
}

/// A condition that limits the times of rows.
#[derive(Debug, Clone, Copy)]
struct Limit {
    /// Of intervals, whether it is their end.
    end: bool,
    operator: Operator,
    time: i64,
}

impl Limit {
    fn of(filter: &Expr) -> Option<Self> {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
        let (column, operator, time) = match (left.as_ref(), right.as_ref()) {
            (Expr::Column(column), Expr::Literal(ScalarValue::Int64(Some(time)), _)) => (column, *op, *time),
            (Expr::Literal(ScalarValue::Int64(Some(time)), _), Expr::Column(column)) => {
                (column, op.swap()?, *time)
            }
            _ => return None,
        };
        let end = match column.name() {
            "time" | "start" => false,
            "end" => true,
            _ => return None,
        };
        let compares =
            matches!(operator, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq | Operator::Eq);
        compares.then_some(Self { end, operator, time })
    }

    fn narrow(self, bounds: &mut Bounds) {
        let after = self.time.saturating_add(1);
        let (from, to) = match self.operator {
            Operator::Lt => (None, Some(self.time)),
            Operator::LtEq => (None, Some(after)),
            Operator::Gt => (Some(after), None),
            Operator::GtEq => (Some(self.time), None),
            _ => (Some(self.time), Some(after)),
        };
        let least = |a: Option<i64>, b: Option<i64>| [a, b].into_iter().flatten().min();
        if self.end {
            bounds.end_before = least(bounds.end_before, to);
        } else {
            bounds.start.from = [bounds.start.from, from].into_iter().flatten().max();
            bounds.start.to = least(bounds.start.to, to);
        }
    }
}

impl TableProvider for TraceTable {
    fn schema(&self) -> SchemaRef {
        let table = self.call.table();
        schema(table, &(0..table.columns.len()).collect::<Vec<_>>())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Conditions on times and parts say what need not be read; the rows that come are still to be looked at.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let table = self.call.table();
        let support = |filter: &&Expr| {
            if Limit::of(filter).is_some() || parts(table, filter).is_some() {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(support).collect())
    }

    // Written out: `#[async_trait]` makes this file ten times slower to compile.
    fn scan<'a, 'b, 'c, 'd, 'e>(
        &'a self,
        _: &'b dyn Session,
        projection: Option<&'c Vec<usize>>,
        filters: &'d [Expr],
        limit: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 'e>>
    where
        'a: 'e,
        'b: 'e,
        'c: 'e,
        'd: 'e,
        Self: 'e,
    {
        Box::pin(ready(self.plan(projection, filters, limit)))
    }
}
