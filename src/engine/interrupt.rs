//! Plans that stop when they are told to, whatever they are at.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::joins::utils::JoinFilter;

use super::cancel::Cancelled;

/// Lets joins pause, since what they make of a few rows may be so much that nothing else could stop them; and those that
/// look at all pairs fail once they are cancelled, since there may be few to pause at.
pub(super) fn interruptible(
    plan: Arc<dyn ExecutionPlan>,
    cancelled: &Cancelled,
) -> Result<Arc<dyn ExecutionPlan>> {
    let pausing = plan.transform_up(|node| {
        if !node.name().ends_with("JoinExec") {
            return Ok(Transformed::no(node));
        }
        let join = match node.downcast_ref::<NestedLoopJoinExec>() {
            Some(join) => watching(join, cancelled)?.unwrap_or(node),
            None => node,
        };
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(join)) as _))
    })?;
    Ok(pausing.data)
}

/// The same join, whose filter looks whether it is cancelled.
fn watching(join: &NestedLoopJoinExec, cancelled: &Cancelled) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(filter) = join.filter() else { return Ok(None) };
    let condition = vec![filter.expression().clone()];
    let options = Arc::new(ConfigOptions::default());
    let watched = ScalarFunctionExpr::try_new(watch(cancelled), condition, filter.schema(), options)?;
    let watched: Arc<dyn PhysicalExpr> = Arc::new(watched);
    let filter = JoinFilter::new(watched, filter.column_indices().to_vec(), filter.schema().clone());
    let projection = join.projection().as_ref().map(|columns| columns.to_vec());
    let (left, right) = (join.left().clone(), join.right().clone());
    let join = NestedLoopJoinExec::try_new(left, right, Some(filter), join.join_type(), projection)?;
    Ok(Some(Arc::new(join)))
}

/// A function that gives its argument; an error once the query is cancelled.
fn watch(cancelled: &Cancelled) -> Arc<ScalarUDF> {
    let cancelled = cancelled.clone();
    let condition = move |args: &[ColumnarValue]| match args {
        _ if cancelled.is_cancelled() => Err(DataFusionError::External("cancelled".into())),
        [condition] => Ok(condition.clone()),
        _ => exec_err!("watch takes a condition"),
    };
    let bool = DataType::Boolean;
    Arc::new(create_udf("watch", vec![bool.clone()], bool, Volatility::Volatile, Arc::new(condition)))
}
