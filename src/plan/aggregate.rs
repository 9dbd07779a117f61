//! Aggregation.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{ExprSchema, Result, plan_datafusion_err};
use datafusion::functions_aggregate as df;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{AggregateUDF, Expr, LogicalPlan, LogicalPlanBuilder, lit};

use super::expr::{cast, to_int};
use super::functions::Buckets;
use super::{Lowering, functions};
use crate::catalog::Type;
use crate::sema::typed::{self, Aggregate, ExprKind, Rel, Value};
use crate::tables::arrow_type;

/// Every 64-bit integer as a decimal.
const WIDE: DataType = DataType::Decimal128(19, 0);

impl Lowering<'_> {
    pub(super) fn aggregate(
        &mut self,
        input: &Rel,
        keys: &[(typed::Column, typed::Expr)],
        aggregates: &[(typed::Column, Aggregate)],
    ) -> Result<LogicalPlan> {
        let plan = self.rel(input)?;
        let group = keys.iter().map(|(column, expr)| self.item(column, expr)).collect::<Result<Vec<_>>>()?;
        let mut calls = Vec::new();
        for (column, aggregate) in aggregates {
            let (function, args, filter) = self.aggregate_parts(aggregate)?;
            let order_by = self.sort_keys(&aggregate.order_by)?;
            let filter = filter.map(Box::new);
            let call = AggregateFunction::new_udf(function, args, aggregate.distinct, filter, order_by, None);
            calls.push(Expr::AggregateFunction(call).alias(self.name(column)));
        }
        let plan = LogicalPlanBuilder::from(plan).aggregate(group, calls)?.build()?;
        let computed: Vec<(&typed::Column, &Type)> = aggregates.iter().map(|(c, a)| (c, &a.ty)).collect();
        self.conform(plan, &computed)
    }

    /// The function, its arguments and its filter.
    pub(super) fn aggregate_parts(
        &mut self,
        aggregate: &Aggregate,
    ) -> Result<(Arc<AggregateUDF>, Vec<Expr>, Option<Expr>)> {
        let mut args = aggregate.args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
        let mut filter = aggregate.filter.as_ref().map(|f| self.expr(f)).transpose()?;
        let function = match aggregate.function.name {
            "count" => {
                if args.is_empty() {
                    args.push(lit(1i64));
                }
                df::count::count_udaf()
            }
            "count_if" => {
                let condition = std::mem::replace(&mut args, vec![lit(1i64)]).into_iter().next();
                filter = match (filter, condition) {
                    (Some(filter), Some(condition)) => Some(filter.and(condition)),
                    (filter, condition) => filter.or(condition),
                };
                df::count::count_udaf()
            }
            "sum" => {
                // Summed up in 128 bits: what does not fit into 64 in the end is an error, not a wrong number.
                if aggregate.ty != Type::Float {
                    args = args.into_iter().map(|arg| cast(arg, &WIDE)).collect();
                }
                df::sum::sum_udaf()
            }
            "min" => df::min_max::min_udaf(),
            "max" => df::min_max::max_udaf(),
            "avg" => df::average::avg_udaf(),
            "median" => df::median::median_udaf(),
            "stddev" => df::stddev::stddev_udaf(),
            "var" => df::variance::var_samp_udaf(),
            "any_value" | "first" => df::first_last::first_value_udaf(),
            "last" => df::first_last::last_value_udaf(),
            "list" => df::array_agg::array_agg_udaf(),
            "string_agg" => df::string_agg::string_agg_udaf(),
            "bool_and" => df::bool_and_or::bool_and_udaf(),
            "bool_or" => df::bool_and_or::bool_or_udaf(),
            "percentile" => {
                args.truncate(1);
                functions::percentile(float_argument(aggregate, 1)?)
            }
            "top" => {
                args.truncate(1);
                functions::top(int_argument(aggregate, 1)?)
            }
            "histogram" => functions::histogram(match aggregate.args.first().map(|arg| &arg.ty) {
                Some(Type::Time) => Buckets::Equal,
                Some(Type::Duration) => Buckets::OfGo,
                _ => Buckets::Decades,
            }),
            other => return Err(plan_datafusion_err!("the aggregate {other} can't be lowered")),
        };
        Ok((function, args, filter))
    }

    /// Brings computed columns to the types that the query says they have.
    pub(super) fn conform(
        &mut self,
        plan: LogicalPlan,
        computed: &[(&typed::Column, &Type)],
    ) -> Result<LogicalPlan> {
        let schema = plan.schema().clone();
        let mut differs = false;
        let mut items = Vec::new();
        for inner in schema.columns() {
            let found = computed.iter().find(|(column, _)| self.column(column.id) == inner);
            let actual = schema.data_type(&inner)?.clone();
            let column = Expr::Column(inner.clone());
            items.push(match found.map(|(_, ty)| arrow_type(ty)) {
                Some(wanted) if wanted != actual => {
                    differs = true;
                    let rounds = wanted == DataType::Int64 && actual == DataType::Float64;
                    let converted = if rounds { to_int(column) } else { cast(column, &wanted) };
                    converted.alias(inner.name())
                }
                _ => column,
            });
        }
        if differs { LogicalPlanBuilder::from(plan).project(items)?.build() } else { Ok(plan) }
    }
}

fn float_argument(aggregate: &Aggregate, i: usize) -> Result<f64> {
    match aggregate.args.get(i).map(|arg| &arg.kind) {
        Some(ExprKind::Value(Value::Float(f))) => Ok(*f),
        #[expect(clippy::cast_precision_loss, reason = "0 or 1")]
        Some(ExprKind::Value(Value::Int(n))) => Ok(*n as f64),
        Some(ExprKind::Cast(inner)) if matches!(inner.kind, ExprKind::Value(Value::Int(_))) => {
            let inner = Aggregate { args: vec![(**inner).clone()], ..aggregate.clone() };
            float_argument(&inner, 0)
        }
        _ => Err(plan_datafusion_err!("{} needs a literal number", aggregate.function.name)),
    }
}

fn int_argument(aggregate: &Aggregate, i: usize) -> Result<usize> {
    match aggregate.args.get(i).map(|arg| &arg.kind) {
        Some(ExprKind::Value(Value::Int(n))) => Ok(usize::try_from(*n).unwrap_or(0)),
        _ => Err(plan_datafusion_err!("{} needs a literal integer", aggregate.function.name)),
    }
}
