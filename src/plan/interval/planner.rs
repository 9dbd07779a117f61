//! Nodes over intervals → operators.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result, plan_datafusion_err};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};

use super::bucket_exec::BucketExec;
use super::bucket_node::BucketNode;
use super::overlap_exec::{Condition, OverlapExec};
use super::overlap_node::OverlapNode;
use super::sweep_exec::{Shape, SweepExec};
use super::sweep_node::SweepNode;

/// Plans the operators over intervals.
#[derive(Debug, Default)]
pub struct IntervalPlanner;

/// What it plans with.
struct Planning<'a> {
    planner: &'a dyn PhysicalPlanner,
    inputs: &'a [Arc<dyn ExecutionPlan>],
    session: &'a dyn Session,
    context: &'a PhysicalPlanningContext,
}

impl ExtensionPlanner for IntervalPlanner {
    // Written out: `#[async_trait]` makes such a file ten times slower to compile.
    fn plan_extension<'s, 'a, 'b, 'c, 'd, 'e, 'f, 'g, 'h, 'r>(
        &'s self,
        planner: &'a dyn PhysicalPlanner,
        node: &'b dyn UserDefinedLogicalNode,
        _: &'c [&'d LogicalPlan],
        inputs: &'e [Arc<dyn ExecutionPlan>],
        session: &'f dyn Session,
        context: &'g PhysicalPlanningContext,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Arc<dyn ExecutionPlan>>>> + Send + 'r>>
    where
        's: 'r,
        'a: 'r,
        'b: 'r,
        'c: 'r,
        'd: 'r,
        'e: 'r,
        'f: 'r,
        'g: 'r,
        Self: 'r,
    {
        Box::pin(ready(plan(node, &Planning { planner, inputs, session, context })))
    }
}

fn plan(
    node: &dyn UserDefinedLogicalNode,
    planning: &Planning<'_>,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(node) = node.as_any().downcast_ref::<BucketNode>() {
        return planning.bucket(node).map(Some);
    }
    if let Some(node) = node.as_any().downcast_ref::<SweepNode>() {
        return planning.sweep(node).map(Some);
    }
    if let Some(node) = node.as_any().downcast_ref::<OverlapNode>() {
        return planning.overlap(node).map(Some);
    }
    Ok(None)
}

impl Planning<'_> {
    fn input(&self, n: usize) -> Result<Arc<dyn ExecutionPlan>> {
        self.inputs.get(n).cloned().ok_or_else(|| plan_datafusion_err!("an operator lacks an input"))
    }

    fn bucket(&self, node: &BucketNode) -> Result<Arc<dyn ExecutionPlan>> {
        let [start, end, width] = node.exprs();
        let [input] = UserDefinedLogicalNodeCore::inputs(node)[..] else {
            return Err(plan_datafusion_err!("a bucket has one input"));
        };
        let bounds = (place(start, input.schema())?, place(end, input.schema())?);
        // The width reads no columns.
        let width =
            self.planner.create_physical_expr(width, &DFSchema::empty(), self.session, self.context)?;
        let added = UserDefinedLogicalNodeCore::schema(node)
            .fields()
            .iter()
            .rev()
            .take(3)
            .map(|field| field.name().clone());
        let mut names: Vec<String> = added.collect();
        names.reverse();
        let names = <[String; 3]>::try_from(names)
            .map_err(|_| plan_datafusion_err!("a bucket adds three columns"))?;
        Ok(Arc::new(BucketExec::new(self.input(0)?, bounds, width, names)))
    }

    fn sweep(&self, node: &SweepNode) -> Result<Arc<dyn ExecutionPlan>> {
        let inputs = UserDefinedLogicalNodeCore::inputs(node);
        let Some(input) = inputs.first() else { return Err(plan_datafusion_err!("a sweep has an input")) };
        let [start, end, keys @ ..] = node.exprs() else {
            return Err(plan_datafusion_err!("a sweep has bounds"));
        };
        let schema = input.schema();
        let keys = keys.iter().map(|key| place(key, schema)).collect::<Result<Vec<_>>>()?;
        let names = UserDefinedLogicalNodeCore::schema(node)
            .fields()
            .iter()
            .skip(keys.len())
            .map(|field| field.name().clone())
            .collect();
        let shape =
            Shape { kind: node.kind(), bounds: (place(start, schema)?, place(end, schema)?), keys, names };
        Ok(Arc::new(SweepExec::new(shape, self.inputs.to_vec())?))
    }

    fn overlap(&self, node: &OverlapNode) -> Result<Arc<dyn ExecutionPlan>> {
        let (left, right) = node.sides();
        let (left, right) = (left.schema(), right.schema());
        let on = node.on();
        let [left_start, left_end, right_start, right_end] = &on.bounds;
        let filter = on.filter.as_ref().map(|filter| {
            self.planner.create_physical_expr(
                filter,
                UserDefinedLogicalNodeCore::schema(node),
                self.session,
                self.context,
            )
        });
        let condition = Condition {
            outer: on.outer,
            left_bounds: (place(left_start, left)?, place(left_end, left)?),
            right_bounds: (place(right_start, right)?, place(right_end, right)?),
            left_keys: on.keys.iter().map(|(key, _)| place(key, left)).collect::<Result<_>>()?,
            right_keys: on.keys.iter().map(|(_, key)| place(key, right)).collect::<Result<_>>()?,
            filter: filter.transpose()?,
            names: node.names().clone(),
        };
        Ok(Arc::new(OverlapExec::new(self.input(0)?, self.input(1)?, condition)))
    }
}

/// Where a column is in a schema.
fn place(column: &Expr, schema: &DFSchema) -> Result<usize> {
    let column = column.try_as_col().ok_or_else(|| plan_datafusion_err!("{column} is no column"))?;
    schema.index_of_column(column)
}
