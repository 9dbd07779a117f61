//! Pairs of rows that intersect in time: one pass over both sides in the order of their starts.
//!
//! A row that comes meets the open rows of the other side with its key, and each of them is a pair, or has ended and is let
//! go. So the cost is that of reading both sides and writing the pairs, and what is held is what is open.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::{filter_record_batch, interleave};
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

use super::keys::{Keys, has_null};
use super::overlap_state::{Held, Matched, Open, Pair};
use super::properties::{BATCH_ROWS, Batches, ascending, interval, properties, stream, times, together};

/// Which pairs there are, over places of columns.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) outer: bool,
    /// Start and end.
    pub(super) left_bounds: (usize, usize),
    pub(super) right_bounds: (usize, usize),
    pub(super) left_keys: Vec<usize>,
    pub(super) right_keys: Vec<usize>,
    /// Over the columns of the output.
    pub(super) filter: Option<Arc<dyn PhysicalExpr>>,
    /// The names of the overlap's start and end.
    pub(super) names: [String; 2],
}

#[derive(Debug)]
pub(super) struct OverlapExec {
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    on: Condition,
    cache: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl OverlapExec {
    pub(super) fn new(left: Arc<dyn ExecutionPlan>, right: Arc<dyn ExecutionPlan>, on: Condition) -> Self {
        let (own, others) = (left.schema(), right.schema());
        let others = others.fields().iter().map(|field| {
            let nullable = field.is_nullable() || on.outer;
            Arc::new(field.as_ref().clone().with_nullable(nullable))
        });
        let added = on.names.iter().map(|name| Arc::new(Field::new(name, DataType::Int64, true)));
        let fields: Vec<_> = own.fields().iter().cloned().chain(others).chain(added).collect();
        let schema = Arc::new(Schema::new(fields));
        let partitions = left.output_partitioning().partition_count();
        // Pairs come when the later of the two begins; rows without a partner only when they have ended.
        let order = if on.outer { None } else { ascending(&schema, schema.fields().len() - 2) };
        let cache = properties(&schema, order, partitions, EmissionType::Incremental);
        Self { left, right, on, cache, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for OverlapExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = (self.left.schema(), self.right.schema());
        let keys = self.on.left_keys.iter().zip(&self.on.right_keys);
        let keys: Vec<String> =
            keys.map(|(&l, &r)| format!("{} = {}", left.field(l).name(), right.field(r).name())).collect();
        let kind = if self.on.outer { "left" } else { "inner" };
        write!(f, "OverlapExec: {kind}, on=[{}]", keys.join(", "))?;
        match &self.on.filter {
            Some(filter) => write!(f, ", filter={filter}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for OverlapExec {
    fn name(&self) -> &'static str {
        "OverlapExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.cache
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let left = together(&self.left.schema(), &self.on.left_keys);
        let right = together(&self.right.schema(), &self.on.right_keys);
        if matches!(left, Distribution::SinglePartition) {
            InputDistributionRequirements::new(vec![left, right])
        } else {
            InputDistributionRequirements::co_partitioned(vec![left, right])
        }
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let left = ascending(&self.left.schema(), self.on.left_bounds.0);
        let right = ascending(&self.right.schema(), self.on.right_bounds.0);
        vec![left.map(OrderingRequirements::from), right.map(OrderingRequirements::from)]
    }

    /// Little is done per row: moving rows between threads would cost more than it saves.
    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false, false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.left, &self.right]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        match &self.on.filter {
            Some(filter) => f(filter),
            None => Ok(TreeNodeRecursion::Continue),
        }
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 2]>::try_from(children) {
            Ok([left, right]) => Ok(Arc::new(Self::new(left, right, self.on.clone()))),
            Err(_) => plan_err!("an overlap join has two inputs"),
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
        let left_schema = self.left.schema();
        let join = Join {
            keys: Keys::new(&left_schema, &self.on.left_keys)?,
            open: Open::new(self.on.outer),
            matched: Matched::default(),
            memory: MemoryConsumer::new(format!("overlap join[{partition}]")).register(context.memory_pool()),
            left: Side::new(
                self.left.execute(partition, context.clone())?,
                self.on.left_bounds,
                &self.on.left_keys,
            ),
            right: Side::new(
                self.right.execute(partition, context)?,
                self.on.right_bounds,
                &self.on.right_keys,
            ),
            schema: self.schema(),
            on: self.on.clone(),
            empty: (RecordBatch::new_empty(left_schema), RecordBatch::new_empty(self.right.schema())),
            rows: 0,
            finished: false,
        };
        Ok(stream(self.schema(), join, metrics))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// One side of the join, at its next row.
struct Side {
    input: SendableRecordBatchStream,
    bounds: (usize, usize),
    keys: Vec<usize>,
    present: Option<Present>,
    finished: bool,
    /// The latest end so far.
    latest: i64,
}

struct Present {
    batch: Arc<RecordBatch>,
    starts: Int64Array,
    ends: Int64Array,
    numbers: Vec<usize>,
    row: usize,
}

impl Side {
    fn new(input: SendableRecordBatchStream, bounds: (usize, usize), keys: &[usize]) -> Self {
        Self { input, bounds, keys: keys.to_vec(), present: None, finished: false, latest: i64::MIN }
    }

    /// Reads on until there is a row; None at the end. A row without an interval counts as one before all others.
    async fn start(&mut self, keys: &mut Keys, open: &mut Open) -> Result<Option<i64>> {
        loop {
            if let Some(present) = &self.present {
                if present.row < present.batch.num_rows() {
                    let bounds = interval(&present.starts, &present.ends, present.row);
                    return Ok(Some(bounds.map_or(i64::MIN, |(start, _)| start)));
                }
                self.present = None;
            }
            if self.finished {
                return Ok(None);
            }
            let Some(batch) = self.input.next().await.transpose()? else {
                self.finished = true;
                continue;
            };
            let mut numbers = Vec::new();
            keys.number(&batch, &self.keys, &mut numbers)?;
            open.grow(keys.len());
            let (starts, ends) = (times(&batch, self.bounds.0)?, times(&batch, self.bounds.1)?);
            let batch = Arc::new(batch);
            open.note(&batch);
            self.present = Some(Present { batch, starts, ends, numbers, row: 0 });
        }
    }

    /// The row that [`start`](Self::start) stopped at, and its key.
    fn take(&mut self, number: u64) -> Option<(Option<usize>, Held)> {
        let present = self.present.as_mut()?;
        let row = present.row;
        present.row += 1;
        let time = |times: &Int64Array| if times.is_valid(row) { times.value(row) } else { i64::MIN };
        let (start, end) = (time(&present.starts), time(&present.ends));
        self.latest = self.latest.max(end);
        let has_interval = present.starts.is_valid(row) && present.ends.is_valid(row);
        let key = present.numbers.get(row).copied();
        let key = key.filter(|_| has_interval && !has_null(&present.batch, &self.keys, row));
        Some((key, Held { batch: present.batch.clone(), row, start, end, number }))
    }

    /// Whether no row of this side can meet one that starts then, or later.
    fn is_over(&self, start: i64) -> bool {
        self.finished && self.present.is_none() && self.latest <= start
    }
}

/// A join that is going on.
struct Join {
    left: Side,
    right: Side,
    keys: Keys,
    open: Open,
    matched: Matched,
    memory: MemoryReservation,
    schema: SchemaRef,
    on: Condition,
    /// Batches without rows, to have columns to take nulls of.
    empty: (RecordBatch, RecordBatch),
    /// Rows of the left side so far.
    rows: u64,
    finished: bool,
}

impl Batches for Join {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let mut since = 0u32;
            while !self.finished && self.open.pairs.len() + self.open.closed.len() < BATCH_ROWS {
                if !self.advance().await? {
                    self.open.finish();
                    self.finished = true;
                }
                since += 1;
                // Long stretches without pairs must neither go uncounted nor keep others from running.
                if since.is_multiple_of(1 << 13) {
                    self.resize()?;
                    tokio::task::yield_now().await;
                }
            }
            self.resize()?;
            if self.open.pairs.is_empty() && self.open.closed.is_empty() {
                return Ok(None);
            }
            let batch = self.flush()?;
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
    }
}

impl Join {
    fn resize(&mut self) -> Result<()> {
        self.memory.try_resize(self.keys.memory() + self.open.memory() + self.matched.memory())
    }

    /// Takes the row that starts next; false when there is none that matters.
    async fn advance(&mut self) -> Result<bool> {
        let left = self.left.start(&mut self.keys, &mut self.open).await?;
        let right = self.right.start(&mut self.keys, &mut self.open).await?;
        let from_left = match (left, right) {
            (None, None) => return Ok(false),
            (Some(left), Some(right)) => left <= right,
            (Some(start), None) => {
                if !self.on.outer && self.right.is_over(start) {
                    return Ok(false);
                }
                true
            }
            (None, Some(start)) => {
                if self.left.is_over(start) {
                    return Ok(false);
                }
                false
            }
        };
        if from_left {
            self.rows += 1;
            if let Some((key, row)) = self.left.take(self.rows) {
                self.open.add_left(key, row);
            }
        } else if let Some((key, row)) = self.right.take(0) {
            self.open.add_right(key, row);
        }
        Ok(true)
    }

    /// The pairs so far that satisfy the filter, and the rows that are left alone.
    fn flush(&mut self) -> Result<RecordBatch> {
        let pairs: Vec<Pair> = self.open.pairs.drain(..self.open.pairs.len().min(BATCH_ROWS)).collect();
        let mut batch = self.joined(&pairs)?;
        let keep = match &self.on.filter {
            Some(filter) => {
                let kept = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
                Some(kept.as_boolean().clone())
            }
            None => None,
        };
        if self.on.outer {
            let is_kept =
                |row| keep.as_ref().is_none_or(|keep: &BooleanArray| keep.is_valid(row) && keep.value(row));
            for (row, pair) in pairs.iter().enumerate() {
                if is_kept(row) {
                    self.matched.add(pair.left.number);
                }
            }
        }
        if let Some(keep) = &keep {
            batch = filter_record_batch(&batch, keep)?;
        }
        // A row may be closed while pairs of it still wait for the filter.
        if !self.on.outer || !self.open.pairs.is_empty() {
            return Ok(batch);
        }
        let closed = std::mem::take(&mut self.open.closed);
        let alone: Vec<Held> = closed.into_iter().filter(|row| !self.matched.remove(row.number)).collect();
        let alone = self.alone(&alone)?;
        Ok(arrow::compute::concat_batches(&self.schema, [&batch, &alone])?)
    }

    fn joined(&self, pairs: &[Pair]) -> Result<RecordBatch> {
        let left = gather(&self.empty.0, pairs.iter().map(|pair| &pair.left))?;
        let right = gather(&self.empty.1, pairs.iter().map(|pair| &pair.right))?;
        let starts: Int64Array = pairs.iter().map(Pair::start).collect();
        let ends: Int64Array = pairs.iter().map(Pair::end).collect();
        self.assemble(left, right, starts, ends)
    }

    /// Rows of the left side without a partner: with their own interval, if they have one.
    fn alone(&self, rows: &[Held]) -> Result<RecordBatch> {
        let left = gather(&self.empty.0, rows.iter())?;
        let right =
            self.empty.1.columns().iter().map(|column| new_null_array(column.data_type(), rows.len()));
        let own = |time: i64| (time != i64::MIN).then_some(time);
        let starts: Int64Array = rows.iter().map(|row| own(row.start)).collect();
        let ends: Int64Array = rows.iter().map(|row| own(row.end)).collect();
        self.assemble(left, right.collect(), starts, ends)
    }

    fn assemble(
        &self,
        left: Vec<ArrayRef>,
        right: Vec<ArrayRef>,
        starts: Int64Array,
        ends: Int64Array,
    ) -> Result<RecordBatch> {
        let added = [starts, ends].map(|times| Arc::new(times) as ArrayRef);
        Ok(RecordBatch::try_new(self.schema.clone(), left.into_iter().chain(right).chain(added).collect())?)
    }
}

/// The columns of rows from wherever they are held.
fn gather<'h>(empty: &RecordBatch, rows: impl Iterator<Item = &'h Held>) -> Result<Vec<ArrayRef>> {
    let mut batches: Vec<&RecordBatch> = Vec::new();
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut known: ahash::AHashMap<*const RecordBatch, usize> = ahash::AHashMap::new();
    for row in rows {
        let batch: &RecordBatch = &row.batch;
        let index = match batches.last() {
            Some(last) if std::ptr::eq(*last, batch) => batches.len() - 1,
            _ => *known.entry(std::ptr::from_ref(batch)).or_insert_with(|| {
                batches.push(batch);
                batches.len() - 1
            }),
        };
        places.push((index, row.row));
    }
    let columns = empty.columns().iter().enumerate().map(|(n, nothing)| {
        if places.is_empty() {
            return Ok(nothing.clone());
        }
        let arrays: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(n).as_ref()).collect();
        interleave(&arrays, &places)
    });
    Ok(columns.collect::<Result<_, _>>()?)
}
