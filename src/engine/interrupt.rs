//! Plans that stop when they are told to, whatever they are at.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
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
    let watch = ScalarUDF::from(Watch {
        cancelled: cancelled.clone(),
        signature: Signature::any(1, Volatility::Volatile),
    });
    let condition = vec![filter.expression().clone()];
    let options = Arc::new(ConfigOptions::default());
    let watched = ScalarFunctionExpr::try_new(Arc::new(watch), condition, filter.schema(), options)?;
    let watched: Arc<dyn PhysicalExpr> = Arc::new(watched);
    let filter = JoinFilter::new(watched, filter.column_indices().to_vec(), filter.schema().clone());
    let projection = join.projection().as_ref().map(|columns| columns.to_vec());
    let (left, right) = (join.left().clone(), join.right().clone());
    let join = NestedLoopJoinExec::try_new(left, right, Some(filter), join.join_type(), projection)?;
    Ok(Some(Arc::new(join)))
}

/// Its argument; an error once the query is cancelled.
#[derive(Debug)]
struct Watch {
    cancelled: Cancelled,
    signature: Signature,
}

impl PartialEq for Watch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Watch {}

impl Hash for Watch {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl ScalarUDFImpl for Watch {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if self.cancelled.is_cancelled() {
            return Err(DataFusionError::External("cancelled".into()));
        }
        let mut args = args.args.into_iter();
        match args.next() {
            Some(condition) => Ok(condition),
            None => exec_err!("a condition is missing"),
        }
    }
}
