//! What the operators have in common: properties of plans, streams made of a state that gives batch after batch.

use std::sync::Arc;

use arrow::array::{Array, Int64Array, RecordBatch};
use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    EquivalenceProperties, LexOrdering, Partitioning, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::BaselineMetrics;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{Distribution, PlanProperties};

/// Rows of a batch that an operator gives.
pub(super) const BATCH_ROWS: usize = 8192;

/// The ascending order of a column.
pub(super) fn ascending(schema: &SchemaRef, index: usize) -> Option<LexOrdering> {
    let options = SortOptions { descending: false, nulls_first: false };
    LexOrdering::new([PhysicalSortExpr::new(column(schema, index), options)])
}

pub(super) fn column(schema: &SchemaRef, index: usize) -> Arc<dyn PhysicalExpr> {
    let name = schema.fields().get(index).map_or("", |field| field.name());
    Arc::new(Column::new(name, index))
}

/// The rows of a key together; without keys all rows.
pub(super) fn together(schema: &SchemaRef, keys: &[usize]) -> Distribution {
    if keys.is_empty() {
        return Distribution::SinglePartition;
    }
    Distribution::KeyPartitioned(keys.iter().map(|&key| column(schema, key)).collect())
}

/// The properties of an operator's output.
pub(super) fn properties(
    schema: &SchemaRef,
    order: Option<LexOrdering>,
    partitions: usize,
    emission: EmissionType,
) -> Arc<PlanProperties> {
    let mut equivalences = EquivalenceProperties::new(schema.clone());
    if let Some(order) = order {
        equivalences.add_ordering(order);
    }
    let partitioning = Partitioning::UnknownPartitioning(partitions);
    Arc::new(PlanProperties::new(equivalences, partitioning, emission, Boundedness::Bounded))
}

/// Something that gives one batch after another.
pub(super) trait Batches: Send + 'static {
    fn next(&mut self) -> impl Future<Output = Result<Option<RecordBatch>>> + Send;
}

/// The batches as a stream.
pub(super) fn stream(
    schema: SchemaRef,
    batches: impl Batches,
    metrics: BaselineMetrics,
) -> SendableRecordBatchStream {
    let stream = futures::stream::try_unfold((batches, metrics), |(mut batches, metrics)| async move {
        let next = batches.next().await?;
        if let Some(batch) = &next {
            metrics.record_output(batch.num_rows());
        } else {
            metrics.done();
        }
        Ok(next.map(|batch| (batch, (batches, metrics))))
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, stream))
}

/// A column of times.
pub(super) fn times(batch: &RecordBatch, index: usize) -> Result<Int64Array> {
    let array = batch.columns().get(index);
    let array = array.and_then(|array| array.as_any().downcast_ref::<Int64Array>());
    array.cloned().ok_or_else(|| exec_datafusion_err!("column {index} is no column of times"))
}

/// A row's interval; None where it lacks a bound.
pub(super) fn interval(starts: &Int64Array, ends: &Int64Array, row: usize) -> Option<(i64, i64)> {
    (starts.is_valid(row) && ends.is_valid(row)).then(|| (starts.value(row), ends.value(row)))
}

/// What the rows of a batch take, roughly: a batch may be a small piece of a large one, and its buffers those of the whole.
pub(super) fn memory(batch: &RecordBatch) -> usize {
    const PER_VALUE: usize = 16;
    batch.num_rows() * batch.num_columns() * PER_VALUE
}
