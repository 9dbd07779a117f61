//! The operator that reads a table from a trace.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, plan_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::limit::LimitStream;
use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet,
};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use super::pass::Outcome;
use super::provider::RowSource;
use super::schema::schema;
use super::window::Window;
use crate::catalog::TableCall;

/// Some columns of a table, of a window of the trace.
#[derive(Debug)]
pub(super) struct ScanExec {
    call: TableCall,
    columns: Vec<usize>,
    window: Window,
    limit: Option<usize>,
    source: Arc<dyn RowSource>,
    cache: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// What a scan counts.
#[derive(Debug, Clone)]
pub struct ScanMetrics {
    generations: Count,
    skipped: Count,
    events: Count,
    bytes: Count,
}

impl ScanMetrics {
    fn new(metrics: &ExecutionPlanMetricsSet) -> Self {
        let count = |name: &'static str| MetricBuilder::new(metrics).counter(name, 0);
        Self {
            generations: count("generations_decoded"),
            skipped: count("generations_skipped"),
            events: count("events"),
            bytes: count("bytes_read"),
        }
    }

    /// Adds what a pass did.
    pub fn add(&self, outcome: &Outcome) {
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        self.generations.add(count(outcome.generations));
        self.skipped.add(count(outcome.skipped));
        self.events.add(count(outcome.events));
        self.bytes.add(count(outcome.bytes_read));
    }
}

impl ScanExec {
    pub(super) fn new(
        call: TableCall,
        columns: Vec<usize>,
        window: Window,
        order: Option<LexOrdering>,
        limit: Option<usize>,
        source: Arc<dyn RowSource>,
    ) -> Self {
        let mut equivalences = EquivalenceProperties::new(schema(call.table(), &columns));
        if let Some(order) = order {
            equivalences.add_ordering(order);
        }
        let cache = PlanProperties::new(
            equivalences,
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { call, columns, window, limit, source, cache: Arc::new(cache), metrics }
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns.iter().filter_map(|&column| self.call.table().columns.get(column));
        let columns: Vec<&str> = columns.map(|column| column.name).collect();
        write!(f, "ScanExec: {}, columns=[{}]", self.call, columns.join(", "))?;
        if self.window != Window::default() {
            write!(f, ", window={}", self.window)?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &'static str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.cache
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
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
        if children.is_empty() { Ok(self) } else { plan_err!("a scan has no inputs") }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { plan_err!("a scan has no inputs") }
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let metrics = ScanMetrics::new(&self.metrics);
        let rows = self.source.clone().stream(&self.call, &self.columns, self.window, metrics);
        let baseline = BaselineMetrics::new(&self.metrics, partition);
        Ok(Box::pin(LimitStream::new(rows, 0, self.limit, baseline)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(Self {
            call: self.call.clone(),
            columns: self.columns.clone(),
            window: self.window,
            limit,
            source: self.source.clone(),
            cache: self.cache.clone(),
            metrics: ExecutionPlanMetricsSet::new(),
        }))
    }
}
