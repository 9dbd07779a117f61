//! What comes of no rows.

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use super::bucket_node::BucketNode;
use super::overlap_node::OverlapNode;
use super::sweep_node::SweepNode;
use crate::sema::typed::SweepKind;

/// Leaves out operators over intervals that get no rows, with what they would read on their other side.
#[derive(Debug, Default)]
pub struct LeaveOutEmpty;

impl OptimizerRule for LeaveOutEmpty {
    fn name(&self) -> &'static str {
        "leave_out_empty_intervals"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !gives_nothing(&plan) {
            return Ok(Transformed::no(plan));
        }
        let schema = plan.schema().clone();
        Ok(Transformed::yes(LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema })))
    }
}

fn gives_nothing(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Extension(extension) = plan else { return false };
    let node = extension.node.as_any();
    if let Some(overlap) = node.downcast_ref::<OverlapNode>() {
        let (left, right) = overlap.sides();
        return is_empty(left) || is_empty(right) && !overlap.on().outer;
    }
    // Without rows, all of the trace is a gap.
    let is_sweep = node.downcast_ref::<SweepNode>().is_some_and(|sweep| sweep.kind() != SweepKind::Gaps);
    (is_sweep || node.is::<BucketNode>()) && plan.inputs().into_iter().any(is_empty)
}

/// Whether a plan has no rows, as far as it shows.
fn is_empty(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::EmptyRelation(empty) => !empty.produce_one_row,
        LogicalPlan::Projection(projection) => is_empty(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_empty(&alias.input),
        LogicalPlan::Filter(filter) => is_empty(&filter.input),
        _ => false,
    }
}
