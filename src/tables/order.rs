//! Which scans may give their rows in any order.
//!
//! Intervals are in the order of their starts, but known when they end: a table of them in its order is held whole. Where
//! all that becomes of the rows is a sum or the like, they come as they end instead, and nothing is held.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use super::scan::ScanExec;

/// Lets scans of a plan give rows in any order where the result does not depend on it. For a plan that is ready to run: what
/// operators need of the order must be known.
///
/// `free`: whether nobody cares for the order of the plan's own rows.
pub fn relax(plan: Arc<dyn ExecutionPlan>, free: bool) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = plan.downcast_ref::<ScanExec>() {
        let relaxed = if free { scan.in_any_order() } else { None };
        return Ok(relaxed.map_or(plan, |scan| Arc::new(scan)));
    }
    let frees = frees_inputs(&plan, free);
    let before: Vec<Arc<dyn ExecutionPlan>> = plan.children().into_iter().cloned().collect();
    let after = before
        .iter()
        .zip(plan.required_input_ordering())
        .map(|(child, required)| relax(child.clone(), frees && required.is_none()))
        .collect::<Result<Vec<_>>>()?;
    let same = before.iter().zip(&after).all(|(before, after)| Arc::ptr_eq(before, after));
    if same {
        Ok(plan)
    } else {
        plan.replace_children(after, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }
}

/// Whether an operator does not depend on the order of its inputs, nor anything above it by way of it.
fn frees_inputs(plan: &Arc<dyn ExecutionPlan>, free: bool) -> bool {
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        return !depends_on_order(aggregate);
    }
    let passes_on = plan.is::<FilterExec>()
        || plan.is::<ProjectionExec>()
        || plan.is::<RepartitionExec>()
        || plan.is::<CoalescePartitionsExec>()
        || plan.is::<UnionExec>()
        || plan.is::<HashJoinExec>();
    free && passes_on && plan.fetch().is_none()
}

/// Aggregates whose result without `by` is that of the rows' order.
const OF_THE_ORDER: [&str; 4] = ["first_value", "last_value", "array_agg", "string_agg"];

fn depends_on_order(aggregate: &AggregateExec) -> bool {
    let input = aggregate.input().equivalence_properties();
    aggregate.aggr_expr().iter().any(|call| {
        let keys = call.order_bys();
        if keys.is_empty() {
            return OF_THE_ORDER.contains(&call.fun().name());
        }
        // One that finds its rows in order does not sort them.
        input.ordering_satisfy(keys.iter().cloned()).unwrap_or(true)
    })
}
