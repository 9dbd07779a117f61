//! Queries as values. They see nothing of the query around them.

use std::sync::Arc;

use datafusion::common::{Column, Result, ScalarValue};
use datafusion::functions_aggregate::array_agg::array_agg_udaf;
use datafusion::functions_aggregate::bool_and_or::bool_or_udaf;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_nested::expr_fn::array_has;
use datafusion::logical_expr::expr::InSubquery;
use datafusion::logical_expr::{Case, Expr, LogicalPlan, LogicalPlanBuilder, Subquery, lit};

use super::{Lowering, functions};
use crate::catalog;
use crate::sema::typed::Query;
use crate::tables::Window;

impl Lowering<'_> {
    /// The only value of a query; null where it has no rows.
    pub(super) fn scalar_query(&mut self, query: &Query) -> Result<Expr> {
        let plan = self.query(query)?;
        let items = plan.schema().columns().into_iter().map(|column| {
            let name = column.name().to_owned();
            functions::nullable(Expr::Column(column)).alias(name)
        });
        let items: Vec<Expr> = items.collect();
        Ok(scalar(LogicalPlanBuilder::from(plan).project(items)?.build()?))
    }

    /// Whether a query has rows: whether there is one among its first one.
    pub(super) fn exists(&mut self, query: &Query) -> Result<Expr> {
        let plan = LogicalPlanBuilder::from(self.query(query)?).limit(0, Some(1))?.build()?;
        let count = count_udaf().call(vec![lit(1i64)]).alias("rows");
        let counted = LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), vec![count])?.build()?;
        Ok(scalar(counted).gt(lit(0i64)))
    }

    pub(super) fn in_query(&mut self, value: Expr, query: &Query) -> Result<Expr> {
        if self.filters {
            let plan = Arc::new(self.query(query)?);
            let subquery =
                Subquery { subquery: plan, outer_ref_columns: Vec::new(), spans: Default::default() };
            return Ok(Expr::InSubquery(InSubquery::new(Box::new(value), subquery, false)));
        }
        // DataFusion makes joins of those in filters, and has nothing for others: they look into a list.
        let list = self.folded(query, |x| array_agg_udaf().call(vec![x]))?;
        let has_null = self.folded(query, |x| bool_or_udaf().call(vec![x.is_null()]))?;
        let unknown = lit(ScalarValue::Boolean(None));
        let branch = |when: Expr, then: Expr| (Box::new(when), Box::new(then));
        let branches = vec![
            branch(list.clone().is_null(), lit(false)),
            branch(value.clone().is_null(), unknown.clone()),
            branch(array_has(list, value), lit(true)),
            branch(has_null, unknown),
        ];
        Ok(Expr::Case(Case::new(None, branches, Some(Box::new(lit(false))))))
    }

    /// An aggregate of a query's only column.
    fn folded(&mut self, query: &Query, aggregate: impl Fn(Expr) -> Expr) -> Result<Expr> {
        let plan = self.query(query)?;
        let columns = plan.schema().columns().into_iter().map(Expr::Column).map(aggregate);
        let folded =
            LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), columns.collect::<Vec<_>>())?;
        Ok(scalar(folded.build()?))
    }

    /// A value of the table of traces, for this trace.
    pub(super) fn trace_fact(&mut self, column: &'static str) -> Result<Expr> {
        Ok(match self.trace_plan(column)? {
            Some(plan) => scalar(plan),
            None => lit(ScalarValue::Int64(None)),
        })
    }

    /// A column of the table of traces.
    pub(super) fn trace_plan(&mut self, column: &'static str) -> Result<Option<LogicalPlan>> {
        let Some(table) = catalog::table("traces") else { return Ok(None) };
        LogicalPlanBuilder::scan(table.name, (self.environment.table)(table.into(), Window::default()), None)?
            .project(vec![Expr::Column(Column::new(Some(table.name), column))])?
            .build()
            .map(Some)
    }
}

fn scalar(plan: LogicalPlan) -> Expr {
    Expr::ScalarSubquery(Subquery {
        subquery: Arc::new(plan),
        outer_ref_columns: Vec::new(),
        spans: Default::default(),
    })
}
