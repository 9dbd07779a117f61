//! Typed query → DataFusion logical plan, and the functions that DataFusion does not have.
//!
//! What comes in: a query in which every name is resolved and every unit checked, a way to make table sources, and the
//! session's stacks. What goes out: a `LogicalPlan` whose output columns are the query's, in order, under their names.
//! A column of the query is a column of the plan under a name that is unique within it.
//!
//! Does *not* know: source text, spans, traces, how plans are run. Units are gone here: durations, times and sizes are
//! 64-bit integers, stacks are numbers.

mod aggregate;
mod call;
mod expr;
mod functions;
mod interval;
mod intervals;
mod relation;
mod subquery;
mod window;

pub use interval::{IntervalPlanner, LeaveOutEmpty, PushIntoOverlap};

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::common::{Column, Result};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, TableSource};

use crate::catalog::{self, TableCall};
use crate::sema::typed::{self, ColumnId, Query};
use crate::tables::{Stacks, Window};

/// What a plan is made over.
pub struct Environment<'a> {
    /// What the trace is called; None: there is none.
    pub trace: Option<&'a str>,
    /// A table, or what a table function gives, cut to a window where intervals are.
    pub table: &'a dyn Fn(TableCall, Window) -> Arc<dyn TableSource>,
    pub stacks: Arc<Stacks>,
}

/// Lowers a query.
///
/// # Errors
/// Only where DataFusion refuses what the type checker let pass: a defect of gtq, not of the query.
pub fn lower(query: &Query, environment: &Environment<'_>) -> Result<LogicalPlan> {
    // A computed column must not be called like a column of a table that is scanned elsewhere in the query.
    let names = catalog::tables().iter().flat_map(|t| &t.columns).map(|c| c.name.to_owned()).collect();
    let mut lowering =
        Lowering { environment, columns: HashMap::new(), names, scans: HashMap::new(), filters: false };
    lowering.query(query)
}

/// The state of a lowering.
struct Lowering<'a> {
    environment: &'a Environment<'a>,
    /// Where the query's columns are in the plan.
    columns: HashMap<ColumnId, Column>,
    /// Names of computed columns that are taken.
    names: HashSet<String>,
    /// How often each table has been scanned.
    scans: HashMap<&'static str, usize>,
    /// Whether the expression is a filter's.
    filters: bool,
}

impl Lowering<'_> {
    fn query(&mut self, query: &Query) -> Result<LogicalPlan> {
        let outside = std::mem::replace(&mut self.filters, false);
        let plan = self.rel(&query.rel);
        self.filters = outside;
        let plan = plan?;
        let outputs = query.columns.iter().map(|column| {
            let inner = datafusion::logical_expr::Expr::Column(self.column(column.id));
            inner.alias(&column.name)
        });
        let outputs: Vec<_> = outputs.collect();
        LogicalPlanBuilder::from(plan).project(outputs)?.build()
    }

    /// Where a column is in the plan.
    fn column(&self, id: ColumnId) -> Column {
        let unknown = || Column::new_unqualified(format!("#{}", id.0));
        self.columns.get(&id).cloned().unwrap_or_else(unknown)
    }

    /// Gives a computed column a name that no other has: its own where that is free.
    fn name(&mut self, column: &typed::Column) -> String {
        let mut name = column.name.clone();
        if !self.names.insert(name.clone()) {
            name = format!("{}#{}", column.name, column.id.0);
            self.names.insert(name.clone());
        }
        self.columns.insert(column.id, Column::new_unqualified(&name));
        name
    }
}
