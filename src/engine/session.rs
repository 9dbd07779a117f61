//! An open trace and the queries over it.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::default_table_source::provider_as_source;
use datafusion::common::tree_node::TreeNode as _;
use datafusion::execution::TaskContext;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable, execute_stream};
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner as _};
use datafusion::prelude::SessionConfig;
use futures::StreamExt;
use futures::future::{Either, join_all, select};

use super::answer::Answer;
use super::cancel::{Cancel, Cancelled};
use super::error::Error;
use super::interrupt::interruptible;
use super::load::{self, Progress};
use super::memory::Pool;
use super::prepare::Explanation;
use super::source::{Input, NoTrace, TraceInfo, TraceSource};
use super::threads::Threads;
use crate::catalog;
use crate::output::{self, Render, human};
use crate::plan::{self, Environment, IntervalPlanner, LeaveOutEmpty, PushIntoOverlap};
use crate::sema::typed;
use crate::stack;
use crate::tables::{self, Needs, RowSource, Scan, Stacks, TraceTable, Want, Window, relax, scans};

/// Tables that are small next to the trace, and that most questions begin with.
const AHEAD: &[&str] =
    &["goroutines", "goroutine_stats", "tasks", "regions", "logs", "procs", "threads", "gcs", "traces"];

/// Bytes of a table that is read ahead.
const LARGEST: usize = 64 << 20;

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
    /// Bytes lost, of those that could be read.
    pub lost: u64,
    /// Bytes of the whole trace; None: that is not known, since it could not be read to its end.
    pub bytes: Option<u64>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problem, lost, bytes } = self;
        let size = human::bytes(lost.cast_signed());
        let lost = match bytes {
            None if *lost == 0 => "what follows".to_owned(),
            None => format!("{size} and what follows"),
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            Some(bytes) => {
                format!("{size} ({:.1}%) of the trace", 100.0 * *lost as f64 / (*bytes).max(1) as f64)
            }
        };
        write!(f, "{problem}; {lost} could not be used, the answer is that of the rest")
    }
}

/// Takes rows of a result as they come.
pub type Take<'a> = Box<dyn FnMut(&RecordBatch) -> Result<(), output::Error> + 'a>;

/// A query whose rows come while the trace is being read, and who takes them.
struct Along<'a> {
    query: &'a Prepared,
    scan: &'a Scan,
    take: Option<Take<'a>>,
}

/// An open trace; or none, for queries that need none.
pub struct Session {
    source: Option<Arc<TraceSource>>,
    stacks: Arc<Stacks>,
    state: SessionState,
    cancel: Cancel,
    threads: Threads,
}

/// A query that is ready to run.
#[derive(Debug)]
pub struct Prepared {
    logical: LogicalPlan,
    optimized: LogicalPlan,
    physical: Arc<dyn ExecutionPlan>,
    /// Those of tables that were not loaded when it was planned.
    scans: Vec<Scan>,
    answer: Answer,
    /// Whether its rows may come in any order.
    any_order: bool,
    /// The rows that nobody has taken, where they came along with what was loaded.
    early: Mutex<Option<Result<Vec<RecordBatch>, Error>>>,
}

impl Prepared {
    /// Its scan, if that is the only one, of the whole trace, and what comes does so while the trace is being read.
    fn only_scan(&self) -> Option<&Scan> {
        let [scan] = self.scans.as_slice() else { return None };
        (scan.streams() && scan.window == Window::default()).then_some(scan)
    }

    /// Whether it makes a few rows of many.
    fn adds_up(&self) -> bool {
        self.physical.exists(|node| Ok(node.is::<AggregateExec>())).unwrap_or(false)
    }

    fn early(&self) -> MutexGuard<'_, Option<Result<Vec<RecordBatch>, Error>>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has to read the trace: not all that it asks for is in memory.
    pub fn reads(&self) -> bool {
        !self.scans.is_empty()
    }

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
    /// Opens a trace and reads as much as shows that it is one. `label` is what queries call it; None: by its file.
    ///
    /// # Errors
    /// When it can't be read or is no trace that gtq knows.
    pub fn open(
        input: Input,
        label: Option<String>,
        limits: Limits,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, Error> {
        let source = TraceSource::open(input, label, progress)?;
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
            environment = environment.with_memory_pool(Arc::new(Pool::new(bytes)));
        }
        // What comes in the order that an operator needs is not sorted again to be spread over threads.
        let mut config = SessionConfig::new().with_target_partitions(threads);
        config.options_mut().optimizer.prefer_existing_sort = true;
        // Tables in memory are one partition: split when all else is planned, they would take from sweeps what these rely on.
        config.options_mut().optimizer.repartition_file_scans = false;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_optimizer_rule(Arc::new(PushIntoOverlap))
            .with_optimizer_rule(Arc::new(LeaveOutEmpty))
            .with_runtime_env(environment.build_arc()?)
            .build();
        let threads = Threads::new(threads)?;
        Ok(Self { source, stacks, state, cancel: Cancel::default(), threads })
    }

    /// A session that stops what it does when it is told to.
    #[must_use]
    pub fn stopped_by(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Whether the trace is the file that was opened: nobody has written to it since.
    pub fn is_current(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.is_current())
    }

    pub fn trace(&self) -> Option<TraceInfo> {
        self.source.as_ref().map(|source| source.info())
    }

    /// What had to be left out of the answers so far.
    pub fn loss(&self) -> Option<Loss> {
        self.source.as_ref().and_then(|source| source.loss())
    }

    /// Loads the small tables that most questions begin with, in one pass, for queries that are still to come; others may
    /// run meanwhile. Without a trace, or where that can be read only once, it does nothing.
    ///
    /// # Errors
    /// When the trace can't be read again, or when it is cancelled.
    pub fn read_ahead(&self, progress: &dyn Progress, cancelled: &Cancelled) -> Result<(), Error> {
        let Some(source) = self.source.as_ref().filter(|source| !source.reads_once()) else { return Ok(()) };
        let mut needs = Needs::default();
        for table in AHEAD.iter().filter_map(|name| catalog::table(name)) {
            let columns: Vec<usize> = (0..table.columns.len()).collect();
            needs.add(table, Want::all(&columns));
        }
        source.read_ahead(&needs, LARGEST, progress, cancelled)
    }

    /// Plans a query.
    ///
    /// # Errors
    /// When it needs a trace and there is none.
    pub fn prepare(&self, query: &typed::Query) -> Result<Prepared, Error> {
        self.prepare_with(query, false)
    }

    /// Plans a query for a picture that does not depend on the order of rows: only what it shows, in any order, so that nobody
    /// need hold rows to put them in order.
    ///
    /// # Errors
    /// When it needs a trace and there is none.
    pub fn prepare_drawn(&self, query: &typed::Query) -> Result<Prepared, Error> {
        self.prepare_with(query, true)
    }

    fn prepare_with(&self, query: &typed::Query, any_order: bool) -> Result<Prepared, Error> {
        let prepared = self.plan(query, any_order)?;
        if self.source.is_none() && !prepared.scans.is_empty() {
            return Err(Error::NoTrace);
        }
        Ok(prepared)
    }

    fn plan(&self, query: &typed::Query, any_order: bool) -> Result<Prepared, Error> {
        stack::deep(|| {
            if any_order {
                self.lower_and_optimize(&query.clone().drawn(), true)
            } else {
                self.lower_and_optimize(query, false)
            }
        })
    }

    fn lower_and_optimize(&self, query: &typed::Query, any_order: bool) -> Result<Prepared, Error> {
        let rows: Arc<dyn RowSource> = match &self.source {
            Some(source) => source.clone(),
            None => Arc::new(NoTrace),
        };
        let table = |call, clip| provider_as_source(Arc::new(TraceTable::new(call, clip, rows.clone())));
        let trace = self.source.as_ref().map(|source| source.label());
        let environment = Environment { trace, table: &table, stacks: self.stacks.clone() };
        let logical = plan::lower(query, &environment)?;
        let optimized = self.state.optimize(&logical)?;
        let physical = self.block_on(|_| self.physical(&optimized, any_order))?;
        let scans = scans(&physical)?;
        let answer = Answer::new(query, self.stacks.clone());
        Ok(Prepared { logical, optimized, physical, scans, answer, any_order, early: Mutex::default() })
    }

    /// Makes one pass for what these queries have in common: loads the tables that several scans share or that must be held
    /// whole anyway, and runs the queries that only add up rows of one table as these come. A query that is alone streams
    /// when it is run.
    ///
    /// # Errors
    /// When the trace can't be read again.
    pub fn load<'a>(&self, queries: impl IntoIterator<Item = &'a Prepared>) -> Result<(), Error> {
        self.load_for(queries.into_iter().map(|query| (query, None)))
    }

    /// The same for queries of which somebody may take the rows already while the pass goes on: then there are no more when
    /// they are run.
    ///
    /// # Errors
    /// When the trace can't be read again.
    pub fn load_for<'a>(
        &self,
        queries: impl IntoIterator<Item = (&'a Prepared, Option<Take<'a>>)>,
    ) -> Result<(), Error> {
        let Some(source) = &self.source else { return Ok(()) };
        let (mut along, mut apart) = (Vec::new(), Vec::new());
        for (query, take) in queries {
            match query.only_scan().filter(|_| take.is_some() || query.adds_up()) {
                Some(scan) => along.push(Along { query, scan, take }),
                None => apart.push(query),
            }
        }
        if along.len() + apart.iter().map(|query| query.scans.len()).sum::<usize>() <= 1 {
            return Ok(());
        }
        let mut needs = Needs::default();
        for query in apart {
            for scan in &query.scans {
                // Rows that stream need not be kept for a query that goes over them once.
                if query.scans.len() > 1 || !scan.streams() || source.reads_once() {
                    needs.add(scan.call.clone(), Want::all(&scan.columns));
                }
            }
        }
        let mut needs = source.missing(&needs);
        along.retain(|Along { scan, .. }| {
            let is_kept = needs.columns(&scan.call).is_some();
            if is_kept {
                needs.add(scan.call.clone(), Want::all(&scan.columns));
            }
            !is_kept
        });
        if needs.is_empty() && along.len() < 2 && !source.reads_once() {
            return Ok(());
        }
        for Along { scan, .. } in &along {
            needs.add(scan.call.clone(), scan.want());
        }
        self.run_together(source, needs, along)
    }

    /// Runs queries on the rows of one pass, and keeps of their results what nobody takes.
    fn run_together(
        &self,
        source: &Arc<TraceSource>,
        needs: Needs,
        queries: Vec<Along<'_>>,
    ) -> Result<(), Error> {
        let mut feeds = Vec::new();
        let mut runs = Vec::new();
        for Along { query, scan, mut take } in queries {
            let (to, rows) = load::channel(scan.schema());
            feeds.push(load::Feed::new(scan, &needs, to));
            let config = self.state.config().clone().with_extension(Arc::new(tables::Feed::new(rows)));
            let context = Arc::new(TaskContext::from(&self.state).with_session_config(config));
            let plan = query.physical.clone();
            let run = async move || {
                let mut rows = load::apart(execute_stream(plan, context)?);
                let mut kept = Vec::new();
                while let Some(batch) = rows.next().await {
                    match &mut take {
                        Some(take) => take(&query.answer.present(&batch?)?).map_err(Error::Output)?,
                        None => kept.push(batch?),
                    }
                }
                Ok(kept)
            };
            runs.push(async move { *query.early() = Some(run().await) });
        }
        self.block_on(async |cancelled| {
            let source = source.clone();
            let pass = tokio::task::spawn_blocking(move || source.pass(&needs, feeds, &cancelled));
            join_all(runs).await;
            pass.await.map_err(|e| Error::Internal(e.to_string()))?
        })
    }

    /// Runs a query, giving its batches to `take` as they come.
    ///
    /// # Errors
    /// When the query can't be computed, or `take` fails.
    pub fn run(
        &self,
        query: &Prepared,
        mut take: impl FnMut(&RecordBatch) -> Result<(), output::Error>,
    ) -> Result<(), Error> {
        let mut present = |batch: &RecordBatch| take(&query.answer.present(batch)?).map_err(Error::Output);
        let early = query.early().take();
        if let Some(batches) = early {
            return batches?.iter().try_for_each(present);
        }
        self.block_on(async |cancelled| {
            let physical = self.physical(&query.optimized, query.any_order).await?;
            let mut rows =
                load::apart(execute_stream(interruptible(physical, &cancelled)?, self.state.task_ctx())?);
            while let Some(batch) = rows.next().await {
                present(&batch?)?;
            }
            Ok(())
        })
    }

    /// Shows how a query would be run.
    ///
    /// # Errors
    /// When it can't be planned.
    pub fn explain(&self, query: &typed::Query) -> Result<Explanation, Error> {
        let prepared = self.plan(query, false)?;
        Ok(Explanation {
            logical: prepared.logical.display_indent().to_string(),
            optimized: prepared.optimized.display_indent().to_string(),
            physical: displayable(prepared.physical.as_ref()).indent(false).to_string(),
        })
    }

    /// Runs a query to its end and shows what each operator did: rows, time, and of scans what they read.
    ///
    /// # Errors
    /// When it can't be computed.
    pub fn analyze(&self, query: &Prepared) -> Result<String, Error> {
        self.block_on(async |_| {
            let physical = self.physical(&query.optimized, query.any_order).await?;
            let mut rows = load::apart(execute_stream(physical.clone(), self.state.task_ctx())?);
            while let Some(batch) = rows.next().await {
                batch?;
            }
            Ok(DisplayableExecutionPlan::with_metrics(physical.as_ref()).indent(false).to_string())
        })
    }

    /// Does the work, unless it is cancelled: then what it holds is dropped, which ends the passes that feed it. Operators
    /// call each other, as deep as the query has stages.
    fn block_on<T>(&self, work: impl AsyncFnOnce(Cancelled) -> Result<T, Error>) -> Result<T, Error> {
        let cancelled = self.cancel.watch();
        self.threads.block_on(async {
            let stop = pin!(cancelled.clone().cancelled());
            let work = pin!(work(cancelled));
            match select(stop, work).await {
                Either::Left(_) => Err(Error::Cancelled),
                Either::Right((result, _)) => result,
            }
        })
    }

    async fn physical(
        &self,
        optimized: &LogicalPlan,
        any_order: bool,
    ) -> Result<Arc<dyn ExecutionPlan>, Error> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(IntervalPlanner)]);
        Ok(relax(planner.create_physical_plan(optimized, &self.state).await?, any_order)?)
    }
}
