//! Rows cut at the multiples of a width.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};
use futures::StreamExt;

use super::properties::{BATCH_ROWS, Batches, interval, properties, stream, times};
use crate::plan::functions::failure;

/// Gives the input's columns, and a piece's start, end and bucket.
#[derive(Debug)]
pub(super) struct BucketExec {
    input: Arc<dyn ExecutionPlan>,
    /// The places of start and end in the input.
    bounds: (usize, usize),
    width: Arc<dyn PhysicalExpr>,
    names: [String; 3],
    cache: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl BucketExec {
    pub(super) fn new(
        input: Arc<dyn ExecutionPlan>,
        bounds: (usize, usize),
        width: Arc<dyn PhysicalExpr>,
        names: [String; 3],
    ) -> Self {
        let added = names.iter().map(|name| Arc::new(Field::new(name, DataType::Int64, true)));
        let fields: Vec<_> = input.schema().fields().iter().cloned().chain(added).collect();
        let partitions = input.output_partitioning().partition_count();
        let schema = Arc::new(Schema::new(fields));
        let cache = properties(&schema, None, partitions, EmissionType::Incremental);
        Self { input, bounds, width, names, cache, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for BucketExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketExec: width={}", self.width)
    }
}

impl ExecutionPlan for BucketExec {
    fn name(&self) -> &'static str {
        "BucketExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.cache
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        f(&self.width)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) => {
                Ok(Arc::new(Self::new(input, self.bounds, self.width.clone(), self.names.clone())))
            }
            None => plan_err!("a bucket has one input"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let pieces = Pieces {
            input: self.input.execute(partition, context)?,
            schema: self.schema(),
            bounds: self.bounds,
            width: positive(&self.width)?,
            present: None,
        };
        Ok(stream(self.schema(), pieces, metrics))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::GreaterEqual
    }
}

/// The width, which must be more than nothing.
fn positive(width: &Arc<dyn PhysicalExpr>) -> Result<i64> {
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
    let width = match width.evaluate(&row)? {
        ColumnarValue::Scalar(ScalarValue::Int64(width)) => width,
        ColumnarValue::Array(array) => times_of(&array),
        ColumnarValue::Scalar(_) => None,
    };
    match width {
        Some(width) if width > 0 => Ok(width),
        _ => Err(failure("a bucket's width is more than nothing")),
    }
}

fn times_of(array: &Arc<dyn Array>) -> Option<i64> {
    let array = array.as_any().downcast_ref::<Int64Array>()?;
    (!array.is_empty() && array.is_valid(0)).then(|| array.value(0))
}

/// Pieces of rows, a batch at a time: a row may have more than fit into one.
struct Pieces {
    input: SendableRecordBatchStream,
    schema: SchemaRef,
    bounds: (usize, usize),
    width: i64,
    present: Option<Present>,
}

/// The batch whose rows are being cut.
struct Present {
    batch: RecordBatch,
    starts: Int64Array,
    ends: Int64Array,
    row: usize,
    /// Where the next piece of the row begins; None: at its start.
    at: Option<i64>,
}

/// The pieces of a batch to come: their rows, and the columns that are added.
#[derive(Default)]
struct Added {
    rows: Vec<u32>,
    starts: Vec<Option<i64>>,
    ends: Vec<Option<i64>>,
    buckets: Vec<Option<i64>>,
}

impl Added {
    fn push(&mut self, row: usize, start: Option<i64>, end: Option<i64>, bucket: Option<i64>) {
        self.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        self.starts.push(start);
        self.ends.push(end);
        self.buckets.push(bucket);
    }
}

impl Batches for Pieces {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.present.is_none() {
                let Some(batch) = self.input.next().await.transpose()? else { return Ok(None) };
                let (starts, ends) = (times(&batch, self.bounds.0)?, times(&batch, self.bounds.1)?);
                self.present = Some(Present { batch, starts, ends, row: 0, at: None });
            }
            let Some(present) = &mut self.present else { continue };
            let added = present.cut(self.width);
            let batch = present.batch.clone();
            if present.row == batch.num_rows() {
                self.present = None;
            }
            if !added.rows.is_empty() {
                return assemble(&batch, added, &self.schema).map(Some);
            }
        }
    }
}

impl Present {
    /// Cuts rows until there are enough pieces for a batch, or no more rows.
    fn cut(&mut self, width: i64) -> Added {
        let mut added = Added::default();
        while self.row < self.batch.num_rows() && added.rows.len() < BATCH_ROWS {
            let Some((start, end)) = interval(&self.starts, &self.ends, self.row) else {
                // What lacks a bound can't be cut.
                let known = |times: &Int64Array| times.is_valid(self.row).then(|| times.value(self.row));
                let (start, end) = (known(&self.starts), known(&self.ends));
                added.push(self.row, start, end, start.map(|start| bucket_of(start, width)));
                self.row += 1;
                continue;
            };
            let at = self.at.unwrap_or(start);
            let bucket = bucket_of(at, width);
            let next = bucket.saturating_add(width);
            added.push(self.row, Some(at), Some(end.min(next)), Some(bucket));
            if next < end {
                self.at = Some(next);
            } else {
                self.at = None;
                self.row += 1;
            }
        }
        added
    }
}

/// The multiple of the width at or before a time.
fn bucket_of(time: i64, width: i64) -> i64 {
    time.saturating_sub(time.rem_euclid(width))
}

fn assemble(batch: &RecordBatch, added: Added, schema: &SchemaRef) -> Result<RecordBatch> {
    let rows = UInt32Array::from(added.rows);
    let mut columns =
        batch.columns().iter().map(|column| take(column, &rows, None)).collect::<Result<Vec<_>, _>>()?;
    columns.extend(
        [added.starts, added.ends, added.buckets].map(|times| Arc::new(Int64Array::from(times)) as _),
    );
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}
