//! Conditions on one side of an overlap join are asked before it.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{
    Expr, Extension, Filter, LogicalPlan, LogicalPlanBuilder, UserDefinedLogicalNodeCore,
};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use super::overlap_node::OverlapNode;

/// Moves the parts of a filter over an overlap join that read one side only to that side. DataFusion's own rule would
/// move them to both.
#[derive(Debug, Default)]
pub struct PushIntoOverlap;

impl OptimizerRule for PushIntoOverlap {
    fn name(&self) -> &'static str {
        "push_into_overlap"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Filter(filter) = &plan else { return Ok(Transformed::no(plan)) };
        let LogicalPlan::Extension(extension) = filter.input.as_ref() else {
            return Ok(Transformed::no(plan));
        };
        let Some(node) = extension.node.as_any().downcast_ref::<OverlapNode>() else {
            return Ok(Transformed::no(plan));
        };
        let (left, right) = node.sides();
        let (mut own, mut others, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for part in split_conjunction(&filter.predicate) {
            if reads_only(part, left.schema()) {
                own.push(part.clone());
            } else if reads_only(part, right.schema()) && !node.on().outer {
                // A row that stays without a partner has nulls there, which the filter would see.
                others.push(part.clone());
            } else {
                rest.push(part.clone());
            }
        }
        if own.is_empty() && others.is_empty() {
            return Ok(Transformed::no(plan));
        }
        let inputs = vec![filtered(left, own)?, filtered(right, others)?];
        let node = UserDefinedLogicalNodeCore::with_exprs_and_inputs(
            node,
            UserDefinedLogicalNodeCore::expressions(node),
            inputs,
        )?;
        let joined = LogicalPlan::Extension(Extension { node: Arc::new(node) });
        filtered(&joined, rest).map(Transformed::yes)
    }
}

fn reads_only(part: &Expr, side: &DFSchema) -> bool {
    let columns = part.column_refs();
    !columns.is_empty() && !part.is_volatile() && columns.iter().all(|column| side.has_column(column))
}

fn filtered(plan: &LogicalPlan, conditions: Vec<Expr>) -> Result<LogicalPlan> {
    match conjunction(conditions) {
        Some(condition) => Ok(LogicalPlan::Filter(Filter::try_new(condition, Arc::new(plan.clone()))?)),
        None => LogicalPlanBuilder::from(plan.clone()).build(),
    }
}
