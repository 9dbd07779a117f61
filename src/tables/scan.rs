//! The operator that reads a table from a trace.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, plan_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::limit::LimitStream;
use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet,
};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use super::needs::Want;
use super::pass::{Outcome, Pass};
use super::provider::RowSource;
use super::schema::schema;
use super::window::Window;
use crate::catalog::TableCall;

/// What a scan reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    pub call: TableCall,
    /// Columns by their places in the catalog, in the order in which they come.
    pub columns: Vec<usize>,
    pub window: Window,
    /// Whether rows come in the table's order.
    pub ordered: bool,
    /// The parts of the table that are wanted, for example of slices those on some lanes; None: all.
    pub only: Option<Vec<&'static str>>,
}

impl Scan {
    /// Whether rows come while the trace is being read.
    pub fn streams(&self) -> bool {
        Pass::streams(&self.call, &self.want())
    }

    pub fn schema(&self) -> SchemaRef {
        schema(self.call.table(), &self.columns)
    }

    pub fn want(&self) -> Want {
        Want::new(&self.columns, self.ordered, self.only.clone())
    }
}

/// The scans of a plan, but for those of tables in memory.
pub fn scans(plan: &Arc<dyn ExecutionPlan>) -> Result<Vec<Scan>> {
    let mut scans = Vec::new();
    plan.apply(|node| {
        scans.extend(node.downcast_ref::<ScanExec>().map(|exec| exec.scan.clone()));
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(scans)
}

/// The rows for the only scan of a plan, from a pass that others share: an extension of the session's configuration with
/// which the plan is executed.
pub struct Feed(Mutex<Option<SendableRecordBatchStream>>);

impl Feed {
    pub fn new(rows: SendableRecordBatchStream) -> Self {
        Self(Mutex::new(Some(rows)))
    }

    fn take(&self) -> Option<SendableRecordBatchStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Some columns of a table, of a window of the trace.
#[derive(Debug)]
pub(super) struct ScanExec {
    scan: Scan,
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
        scan: Scan,
        order: Option<LexOrdering>,
        limit: Option<usize>,
        source: Arc<dyn RowSource>,
    ) -> Self {
        let mut equivalences = EquivalenceProperties::new(scan.schema());
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
        Self { scan, limit, source, cache: Arc::new(cache), metrics }
    }

    /// The same rows in any order, if they come sooner then.
    pub(super) fn in_any_order(&self) -> Option<Self> {
        let scan = Scan { ordered: false, ..self.scan.clone() };
        let sooner = scan.streams() && Pass::waits(&scan.call) && self.limit.is_none();
        sooner.then(|| Self::new(scan, None, None, self.source.clone()))
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scan { call, columns, window, ordered, only } = &self.scan;
        let columns = columns.iter().filter_map(|&column| call.table().columns.get(column));
        let columns: Vec<&str> = columns.map(|column| column.name).collect();
        write!(f, "ScanExec: {call}, columns=[{}]", columns.join(", "))?;
        if *window != Window::default() {
            write!(f, ", window={window}")?;
        }
        if let Some(only) = only {
            write!(f, ", only=[{}]", only.join(", "))?;
        }
        if !ordered {
            f.write_str(", in any order")?;
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

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let feed = context.session_config().get_extension::<Feed>();
        let rows = match feed.and_then(|feed| feed.take()) {
            Some(rows) => rows,
            None => self.source.clone().stream(&self.scan, ScanMetrics::new(&self.metrics)),
        };
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
            scan: self.scan.clone(),
            limit,
            source: self.source.clone(),
            cache: self.cache.clone(),
            metrics: ExecutionPlanMetricsSet::new(),
        }))
    }
}
