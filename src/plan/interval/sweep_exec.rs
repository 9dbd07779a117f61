//! Merge, gaps and depth: one pass over intervals in the order of their starts.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, plan_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{OrderingRequirements, PhysicalExpr};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::execution_plan::{
    ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};
use futures::StreamExt;

use super::keys::Keys;
use super::properties::{BATCH_ROWS, Batches, ascending, interval, properties, stream, times, together};
use super::sweep_state::{Piece, Sweep};
use crate::sema::typed::SweepKind;

/// What a sweep reads and gives.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) kind: SweepKind,
    /// The places of start and end in the input.
    pub(super) bounds: (usize, usize),
    pub(super) keys: Vec<usize>,
    /// The names of start, end and number.
    pub(super) names: Vec<String>,
}

#[derive(Debug)]
pub(super) struct SweepExec {
    shape: Shape,
    /// The intervals; for gaps also one row with the trace's end.
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    cache: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl SweepExec {
    pub(super) fn new(shape: Shape, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Self> {
        let Some(input) = inputs.first() else { return plan_err!("a sweep has an input") };
        let from = input.schema();
        let keys = shape.keys.iter().filter_map(|&key| from.fields().get(key).cloned());
        let added = shape.names.iter().map(|name| Arc::new(Field::new(name, DataType::Int64, true)));
        let schema = Arc::new(Schema::new(keys.chain(added).collect::<Vec<_>>()));
        let partitions = input.output_partitioning().partition_count();
        let cache = properties(&schema, None, partitions, EmissionType::Incremental);
        Ok(Self { shape, inputs, cache, metrics: ExecutionPlanMetricsSet::new() })
    }

    fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.inputs[0]
    }
}

impl DisplayAs for SweepExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.input().schema();
        let keys: Vec<&str> = self.shape.keys.iter().map(|&key| schema.field(key).name().as_str()).collect();
        write!(f, "SweepExec: {}, by=[{}]", self.shape.kind.word(), keys.join(", "))
    }
}

impl ExecutionPlan for SweepExec {
    fn name(&self) -> &'static str {
        "SweepExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.cache
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let mut wanted = vec![together(&self.input().schema(), &self.shape.keys)];
        wanted.resize(self.inputs.len(), Distribution::SinglePartition);
        InputDistributionRequirements::new(wanted)
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let mut wanted =
            vec![ascending(&self.input().schema(), self.shape.bounds.0).map(OrderingRequirements::from)];
        wanted.resize(self.inputs.len(), None);
        wanted
    }

    /// A sweep does little per row: moving rows between threads would cost more than it saves.
    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.inputs.len()]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inputs.iter().collect()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::new(self.shape.clone(), children)?))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let trace = self.inputs.get(1).map(|trace| trace.execute(0, context.clone())).transpose()?;
        let from = self.input().schema();
        let swept = Swept {
            shape: self.shape.clone(),
            schema: self.schema(),
            keys: Keys::new(&from, &self.shape.keys)?,
            sweep: Sweep::new(self.shape.kind),
            memory: MemoryConsumer::new(format!("{}[{partition}]", self.shape.kind.word()))
                .register(context.memory_pool()),
            input: Some(self.input().execute(partition, context)?),
            trace,
            found: VecDeque::new(),
            numbers: Vec::new(),
        };
        Ok(stream(self.schema(), swept, metrics))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// A sweep that is going on.
struct Swept {
    shape: Shape,
    schema: SchemaRef,
    keys: Keys,
    sweep: Sweep,
    memory: MemoryReservation,
    /// None: at its end.
    input: Option<SendableRecordBatchStream>,
    /// For gaps only: gives when the trace ends.
    trace: Option<SendableRecordBatchStream>,
    found: VecDeque<Piece>,
    numbers: Vec<usize>,
}

impl Batches for Swept {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(trace) = self.trace.take() {
            self.sweep.ends_at(last_end(trace).await?);
        }
        while let Some(input) = &mut self.input {
            if self.found.len() >= BATCH_ROWS {
                break;
            }
            match input.next().await.transpose()? {
                Some(batch) => self.add(&batch)?,
                None => {
                    self.input = None;
                    self.sweep.grow(self.keys.len());
                    self.sweep.finish(&mut self.found);
                }
            }
        }
        if self.found.is_empty() {
            return Ok(None);
        }
        let found: Vec<Piece> = self.found.drain(..self.found.len().min(BATCH_ROWS)).collect();
        self.resize()?;
        self.assemble(&found).map(Some)
    }
}

impl Swept {
    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let (starts, ends) = (times(batch, self.shape.bounds.0)?, times(batch, self.shape.bounds.1)?);
        self.keys.number(batch, &self.shape.keys, &mut self.numbers)?;
        self.sweep.grow(self.keys.len());
        for (row, &key) in self.numbers.iter().enumerate() {
            if let Some((start, end)) = interval(&starts, &ends, row) {
                self.sweep.add(key, start, end, &mut self.found);
            }
        }
        self.resize()
    }

    fn resize(&mut self) -> Result<()> {
        let found = self.found.len() * size_of::<Piece>();
        self.memory.try_resize(self.keys.memory() + self.sweep.memory() + found)
    }

    fn assemble(&self, found: &[Piece]) -> Result<RecordBatch> {
        let keys: Vec<usize> = found.iter().map(|piece| piece.key).collect();
        let mut columns = self.keys.columns(&keys)?;
        let of: [fn(&Piece) -> i64; 3] = [|piece| piece.start, |piece| piece.end, |piece| piece.number];
        for value in of.iter().take(self.shape.names.len()) {
            columns.push(Arc::new(found.iter().map(value).collect::<Int64Array>()) as ArrayRef);
        }
        debug_assert!(columns.iter().all(|column| column.len() == found.len()), "a value for each piece");
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

/// When the trace ends, from its table.
async fn last_end(mut trace: SendableRecordBatchStream) -> Result<i64> {
    let mut last = 0;
    while let Some(batch) = trace.next().await.transpose()? {
        let ends = times(&batch, 0)?;
        last = ends.iter().flatten().fold(last, i64::max);
    }
    Ok(last)
}
