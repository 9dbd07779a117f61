//! An open trace and the queries over it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::default_table_source::{provider_as_source, source_as_provider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable, execute_stream};
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner as _};
use datafusion::prelude::SessionConfig;
use futures::StreamExt;
use tokio::runtime::Runtime;

use super::answer::Answer;
use super::error::Error;
use super::load::Progress;
use super::prepare::Explanation;
use super::source::{Input, NoTrace, TraceInfo, TraceSource};
use crate::catalog::TableCall;
use crate::output::Render;
use crate::plan::{self, Environment, IntervalPlanner, PushIntoOverlap};
use crate::sema::typed;
use crate::stack;
use crate::tables::{Needs, Pass, RowSource, Stacks, TraceTable};

/// How long a session that ends waits for what is going on in it.
const LEAVING: Duration = Duration::from_millis(300);

/// How much of the machine queries may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that operators may hold; beyond it they spill to disk or fail.
    pub memory: Option<usize>,
    /// Threads; None: one per core.
    pub threads: Option<NonZeroUsize>,
}

/// What of a trace could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub problem: String,
    /// Bytes of the trace that come before the loss.
    pub valid: u64,
    /// Bytes of the whole trace; None: how much is lost is not known, as of a pipe or of compressed data.
    pub bytes: Option<u64>,
}

/// An open trace; or none, for queries that need none.
pub struct Session {
    source: Option<Arc<TraceSource>>,
    stacks: Arc<Stacks>,
    state: SessionState,
    /// None: only while it is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Session {
    /// Waits a little, so that operators remove what they wrote to disk; but not for a pass that nobody wants any more,
    /// which may be waiting for input.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(LEAVING);
        }
    }
}

/// A query that is ready to run.
#[derive(Debug)]
pub struct Prepared {
    logical: LogicalPlan,
    optimized: LogicalPlan,
    scans: Vec<(TableCall, Vec<usize>)>,
    answer: Answer,
}

impl Prepared {
    /// The schema of the result: names, Arrow types, and in each field's metadata `gtq.type` and `unit`.
    pub fn schema(&self) -> &SchemaRef {
        self.answer.schema()
    }

    /// How a person should see the result, if the query says so.
    pub fn render(&self) -> Option<&Render> {
        self.answer.render()
    }
}

impl Session {
    /// Opens a trace and reads as much as shows that it is one.
    ///
    /// # Errors
    /// When it can't be read or is no trace that gtq knows.
    pub fn open(input: Input, limits: Limits, progress: Arc<dyn Progress>) -> Result<Self, Error> {
        let source = TraceSource::open(input, progress)?;
        let stacks = source.stacks().clone();
        Self::new(Some(Arc::new(source)), stacks, limits)
    }

    /// A session without a trace, to plan queries or to compute without tables.
    ///
    /// # Errors
    /// When threads can't be started.
    pub fn without_trace(limits: Limits) -> Result<Self, Error> {
        Self::new(None, Arc::default(), limits)
    }

    fn new(source: Option<Arc<TraceSource>>, stacks: Arc<Stacks>, limits: Limits) -> Result<Self, Error> {
        let threads =
            limits.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let mut environment = RuntimeEnvBuilder::new();
        if let Some(bytes) = limits.memory {
            // Operators that can write to disk share what the others leave.
            environment = environment.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
        }
        // What comes in the order that an operator needs is not sorted again to be spread over threads.
        let mut config = SessionConfig::new().with_target_partitions(threads);
        config.options_mut().optimizer.prefer_existing_sort = true;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_optimizer_rule(Arc::new(PushIntoOverlap))
            .with_runtime_env(environment.build_arc()?)
            .build();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_stack_size(stack::SIZE)
            .build()
            .map_err(|e| Error::Internal(format!("threads can't be started: {e}")))?;
        Ok(Self { source, stacks, state, runtime: Some(runtime) })
    }

    pub fn trace(&self) -> Option<TraceInfo> {
        self.source.as_ref().map(|source| source.info())
    }

    /// What had to be left out of the answers so far.
    pub fn loss(&self) -> Option<Loss> {
        self.source.as_ref().and_then(|source| source.loss())
    }

    /// Plans a query.
    ///
    /// # Errors
    /// When it needs a trace and there is none.
    pub fn prepare(&self, query: &typed::Query) -> Result<Prepared, Error> {
        let prepared = self.plan(query)?;
        if self.source.is_none() && !prepared.scans.is_empty() {
            return Err(Error::NoTrace);
        }
        Ok(prepared)
    }

    fn plan(&self, query: &typed::Query) -> Result<Prepared, Error> {
        stack::deep(|| self.lower_and_optimize(query))
    }

    fn lower_and_optimize(&self, query: &typed::Query) -> Result<Prepared, Error> {
        let rows: Arc<dyn RowSource> = match &self.source {
            Some(source) => source.clone(),
            None => Arc::new(NoTrace),
        };
        let table = |call, clip| provider_as_source(Arc::new(TraceTable::new(call, clip, rows.clone())));
        let environment = Environment { table: &table, stacks: self.stacks.clone() };
        let logical = plan::lower(query, &environment)?;
        let optimized = self.state.optimize(&logical)?;
        let scans = scans(&optimized)?;
        Ok(Prepared { logical, optimized, scans, answer: Answer::new(query, self.stacks.clone()) })
    }

    /// Loads, in one pass, what several scans of these queries have in common. A single scan streams instead.
    ///
    /// # Errors
    /// When the trace can't be read again.
    pub fn load<'a>(&self, queries: impl IntoIterator<Item = &'a Prepared>) -> Result<(), Error> {
        let Some(source) = &self.source else { return Ok(()) };
        let mut needs = Needs::default();
        let mut passes = 0;
        for query in queries {
            passes += query.scans.len();
            for (call, columns) in &query.scans {
                // Rows that stream need not be kept for a query that goes over them once.
                if query.scans.len() > 1 || !Pass::streams(call.table()) || source.reads_once() {
                    needs.add(call.clone(), columns);
                }
            }
        }
        if passes > 1 { source.load(&needs) } else { Ok(()) }
    }

    /// Runs a query, giving its batches to `take` as they come.
    ///
    /// # Errors
    /// When the query can't be computed, or `take` fails.
    pub fn run(
        &self,
        query: &Prepared,
        mut take: impl FnMut(&RecordBatch) -> Result<(), crate::output::Error>,
    ) -> Result<(), Error> {
        self.block_on(async {
            let physical = self.physical(query).await?;
            let mut stream = execute_stream(physical, self.state.task_ctx())?;
            while let Some(batch) = stream.next().await {
                let batch = query.answer.present(&batch?)?;
                take(&batch).map_err(Error::Output)?;
            }
            Ok(())
        })
    }

    /// Shows how a query would be run.
    ///
    /// # Errors
    /// When it can't be planned.
    pub fn explain(&self, query: &typed::Query) -> Result<Explanation, Error> {
        let prepared = self.plan(query)?;
        self.block_on(async {
            let physical = self.physical(&prepared).await?;
            Ok(Explanation {
                logical: prepared.logical.display_indent().to_string(),
                optimized: prepared.optimized.display_indent().to_string(),
                physical: displayable(physical.as_ref()).indent(false).to_string(),
            })
        })
    }

    /// Runs a query to its end and shows what each operator did: rows, time, and of scans what they read.
    ///
    /// # Errors
    /// When it can't be computed.
    pub fn analyze(&self, query: &Prepared) -> Result<String, Error> {
        self.block_on(async {
            let physical = self.physical(query).await?;
            let mut stream = execute_stream(physical.clone(), self.state.task_ctx())?;
            while let Some(batch) = stream.next().await {
                batch?;
            }
            Ok(DisplayableExecutionPlan::with_metrics(physical.as_ref()).indent(false).to_string())
        })
    }

    /// Operators call each other, as deep as the query has stages.
    fn block_on<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let runtime = self.runtime.as_ref().ok_or_else(|| Error::Internal("the session is closed".into()))?;
        stack::deep(|| runtime.block_on(work))
    }

    async fn physical(&self, query: &Prepared) -> Result<Arc<dyn ExecutionPlan>, Error> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(IntervalPlanner)]);
        Ok(planner.create_physical_plan(&query.optimized, &self.state).await?)
    }
}

/// The tables that a plan scans, as often as it does, with the columns.
fn scans(plan: &LogicalPlan) -> Result<Vec<(TableCall, Vec<usize>)>, Error> {
    let mut scans = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(table) = source_as_provider(&scan.source)?.downcast_ref::<TraceTable>()
        {
            let call = table.call();
            let all = || (0..call.table().columns.len()).collect();
            scans.push((call.clone(), scan.projection.clone().unwrap_or_else(all)));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(scans)
}
