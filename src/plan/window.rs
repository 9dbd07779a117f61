//! Window functions.

use datafusion::common::{Column, Result, ScalarValue};
use datafusion::functions_window as df;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition,
};

use super::Lowering;
use crate::catalog::{FunctionKind, Type};
use crate::sema::typed::{self, Bound, Frame, FrameUnit, Rel, WindowCall};

impl Lowering<'_> {
    pub(super) fn window(
        &mut self,
        input: &Rel,
        calls: &[(typed::Column, WindowCall)],
    ) -> Result<LogicalPlan> {
        let plan = self.rel(input)?;
        let before = plan.schema().columns();
        let mut exprs = Vec::new();
        let mut items: Vec<Expr> = before.into_iter().map(Expr::Column).collect();
        for (column, call) in calls {
            let expr = self.window_call(call)?;
            let computed = Expr::Column(Column::new_unqualified(expr.schema_name().to_string()));
            items.push(computed.alias(self.name(column)));
            if !exprs.contains(&expr) {
                exprs.push(expr);
            }
        }
        // The plan's node names its columns itself.
        let plan = LogicalPlanBuilder::window_plan(plan, exprs)?;
        let plan = LogicalPlanBuilder::from(plan).project(items)?.build()?;
        let computed: Vec<(&typed::Column, &Type)> =
            calls.iter().map(|(c, call)| (c, &call.call.ty)).collect();
        self.conform(plan, &computed)
    }

    fn window_call(&mut self, window: &WindowCall) -> Result<Expr> {
        let call = &window.call;
        let (fun, args, filter) = if call.function.kind == FunctionKind::Aggregate {
            let (function, args, filter) = self.aggregate_parts(call)?;
            (WindowFunctionDefinition::AggregateUDF(function), args, filter)
        } else {
            let args = call.args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
            let filter = call.filter.as_ref().map(|f| self.expr(f)).transpose()?;
            (WindowFunctionDefinition::WindowUDF(window_function(call.function.name)?), args, filter)
        };
        let partition_by = window.partition_by.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>>>()?;
        let order_by = self.sort_keys(&window.order_by)?;
        let window_frame = match &window.frame {
            Some(frame) => frame_of(frame),
            None => WindowFrame::new((!order_by.is_empty()).then_some(false)),
        };
        let params = WindowFunctionParams {
            args,
            partition_by,
            order_by,
            window_frame,
            filter: filter.map(Box::new),
            null_treatment: None,
            distinct: call.distinct,
        };
        Ok(Expr::WindowFunction(Box::new(WindowFunction { fun, params })))
    }
}

fn window_function(name: &str) -> Result<std::sync::Arc<datafusion::logical_expr::WindowUDF>> {
    Ok(match name {
        "row_number" => df::row_number::row_number_udwf(),
        "rank" => df::rank::rank_udwf(),
        "dense_rank" => df::rank::dense_rank_udwf(),
        "percent_rank" => df::rank::percent_rank_udwf(),
        "cume_dist" => df::cume_dist::cume_dist_udwf(),
        "ntile" => df::ntile::ntile_udwf(),
        "lag" => df::lead_lag::lag_udwf(),
        "lead" => df::lead_lag::lead_udwf(),
        "first_value" => df::nth_value::first_value_udwf(),
        "last_value" => df::nth_value::last_value_udwf(),
        "nth_value" => df::nth_value::nth_value_udwf(),
        other => {
            return Err(datafusion::common::plan_datafusion_err!(
                "the window function {other} can't be lowered"
            ));
        }
    })
}

fn frame_of(frame: &Frame) -> WindowFrame {
    let units = match frame.unit {
        FrameUnit::Rows => WindowFrameUnits::Rows,
        FrameUnit::Range => WindowFrameUnits::Range,
        FrameUnit::Groups => WindowFrameUnits::Groups,
    };
    // Counts of rows and groups are unsigned, distances of a range have the sort key's type.
    let distance = |n: Option<i64>| match (units, n) {
        (_, None) => ScalarValue::Null,
        (WindowFrameUnits::Range, Some(n)) => ScalarValue::Int64(Some(n)),
        (_, Some(n)) => ScalarValue::UInt64(Some(n.max(0).cast_unsigned())),
    };
    let bound = |bound: Bound| match bound {
        Bound::Preceding(n) => WindowFrameBound::Preceding(distance(n)),
        Bound::CurrentRow => WindowFrameBound::CurrentRow,
        Bound::Following(n) => WindowFrameBound::Following(distance(n)),
    };
    WindowFrame::new_bounds(units, bound(frame.start), bound(frame.end))
}
