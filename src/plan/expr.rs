//! Expressions.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, plan_datafusion_err};
use datafusion::functions::expr_fn as scalar;
use datafusion::functions_nested::expr_fn as nested;
use datafusion::logical_expr::expr::{InList, Like};
use datafusion::logical_expr::{BinaryExpr, Case, Cast, Expr, Operator, lit};

use super::functions::CheckedOp;
use super::{Lowering, functions};
use crate::catalog::Type;
use crate::sema::typed::{self, BinaryOp, ExprKind, Value};
use crate::tables::arrow_type;

impl Lowering<'_> {
    pub(super) fn expr(&mut self, expr: &typed::Expr) -> Result<Expr> {
        Ok(match &expr.kind {
            ExprKind::Column(id) => Expr::Column(self.column(*id)),
            ExprKind::Value(value) => Expr::Literal(constant(value, &expr.ty)?, None),
            ExprKind::Parameter(name) => {
                return Err(plan_datafusion_err!("the parameter {name} has no value"));
            }
            ExprKind::TraceEnd => self.trace_fact("dur")?,
            ExprKind::TraceName => {
                let name = self.environment.trace.map(str::to_owned);
                Expr::Literal(ScalarValue::Utf8View(name), None)
            }
            ExprKind::WallClock(ns) => binary(lit(*ns), Operator::Minus, self.trace_fact("start_unix")?),
            ExprKind::Neg(inner) => Expr::Negative(Box::new(self.expr(inner)?)),
            ExprKind::Not(inner) => Expr::Not(Box::new(self.expr(inner)?)),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, &expr.ty)?,
            ExprKind::IsNull(inner) => Expr::IsNull(Box::new(self.expr(inner)?)),
            ExprKind::In { expr, list } => {
                let list = list.iter().map(|item| self.expr(item)).collect::<Result<_>>()?;
                Expr::InList(InList::new(Box::new(self.expr(expr)?), list, false))
            }
            ExprKind::InQuery { expr, query } => {
                let expr = self.expr(expr)?;
                self.in_query(expr, query)?
            }
            ExprKind::Like { expr, pattern, case_insensitive } => {
                let (expr, pattern) = (Box::new(self.expr(expr)?), Box::new(self.expr(pattern)?));
                Expr::Like(Like::new(false, expr, pattern, None, *case_insensitive))
            }
            ExprKind::Cast(inner) => {
                let from = &inner.ty;
                let inner = self.expr(inner)?;
                convert(inner, from, &expr.ty, &self.environment.stacks)
            }
            ExprKind::Case { branches, otherwise } => {
                let branch = |(when, then): &(typed::Expr, typed::Expr)| {
                    Ok((Box::new(self.expr(when)?), Box::new(self.expr(then)?)))
                };
                let branches = branches.iter().map(branch).collect::<Result<_>>()?;
                let otherwise = otherwise.as_ref().map(|e| self.expr(e)).transpose()?;
                Expr::Case(Case::new(None, branches, otherwise.map(Box::new)))
            }
            ExprKind::Call { function, args } => {
                let types: Vec<&Type> = args.iter().map(|arg| &arg.ty).collect();
                let args = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
                let call = self.call(function.name, args, &types, &expr.ty)?;
                cast(call, &arrow_type(&expr.ty))
            }
            ExprKind::List(items) => {
                let items: Vec<Expr> = items.iter().map(|item| self.expr(item)).collect::<Result<_>>()?;
                nested::make_array(items)
            }
            ExprKind::Index { expr, index } => nested::array_element(self.expr(expr)?, self.expr(index)?),
            ExprKind::Field { expr, name } => scalar::get_field(self.expr(expr)?, name.as_str()),
            ExprKind::Query(query) => self.scalar_query(query)?,
            ExprKind::Exists(query) => self.exists(query)?,
        })
    }

    fn binary(&mut self, op: BinaryOp, left: &typed::Expr, right: &typed::Expr, ty: &Type) -> Result<Expr> {
        let (l, r) = (self.expr(left)?, self.expr(right)?);
        let stacks = &self.environment.stacks;
        let operator = match op {
            BinaryOp::Or => Operator::Or,
            BinaryOp::And => Operator::And,
            BinaryOp::Eq => Operator::Eq,
            BinaryOp::NotEq => Operator::NotEq,
            BinaryOp::Lt => Operator::Lt,
            BinaryOp::LtEq => Operator::LtEq,
            BinaryOp::Gt => Operator::Gt,
            BinaryOp::GtEq => Operator::GtEq,
            BinaryOp::Match if left.ty == Type::Stack => return Ok(functions::stack_matches(stacks, l, r)),
            BinaryOp::NotMatch if left.ty == Type::Stack => {
                return Ok(Expr::Not(Box::new(functions::stack_matches(stacks, l, r))));
            }
            BinaryOp::Match => return Ok(functions::matches(l, r)),
            BinaryOp::NotMatch => return Ok(Expr::Not(Box::new(functions::matches(l, r)))),
            BinaryOp::Has if left.ty == Type::Stack => return Ok(functions::stack_has(stacks, l, r)),
            BinaryOp::Has => return Ok(nested::array_has(l, r)),
            BinaryOp::Coalesce => return Ok(scalar::coalesce(vec![l, r])),
            BinaryOp::Concat if matches!(ty, Type::List(_)) => return Ok(nested::array_concat(vec![l, r])),
            BinaryOp::Concat => Operator::StringConcat,
            BinaryOp::Add => Operator::Plus,
            BinaryOp::Sub => Operator::Minus,
            BinaryOp::Mul => Operator::Multiply,
            BinaryOp::Div => Operator::Divide,
            BinaryOp::Mod => Operator::Modulo,
        };
        // A unit times or divided by a float, or a ratio of two units, is computed in floats.
        let in_floats = *ty == Type::Float || left.ty == Type::Float || right.ty == Type::Float;
        let is_arithmetic =
            matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod);
        if is_arithmetic && in_floats {
            let float = |e, ty: &Type| if *ty == Type::Float { e } else { cast(e, &DataType::Float64) };
            let result = binary(float(l, &left.ty), operator, float(r, &right.ty));
            return Ok(if *ty == Type::Float { result } else { to_int(result) });
        }
        Ok(match op {
            BinaryOp::Add => functions::checked(CheckedOp::Add, l, r),
            BinaryOp::Sub => functions::checked(CheckedOp::Sub, l, r),
            BinaryOp::Mul => functions::checked(CheckedOp::Mul, l, r),
            _ => binary(l, operator, r),
        })
    }
}

pub(super) fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

pub(super) fn cast(expr: Expr, to: &DataType) -> Expr {
    Expr::Cast(Cast::new(Box::new(expr), to.clone()))
}

/// A float as the nearest integer.
pub(super) fn to_int(expr: Expr) -> Expr {
    cast(scalar::round(vec![expr]), &DataType::Int64)
}

pub(super) fn constant(value: &Value, ty: &Type) -> Result<ScalarValue> {
    Ok(match value {
        Value::Null => ScalarValue::try_from(&arrow_type(ty))?,
        Value::Bool(b) => ScalarValue::Boolean(Some(*b)),
        Value::Int(n) => ScalarValue::Int64(Some(*n)),
        Value::Float(f) => ScalarValue::Float64(Some(*f)),
        Value::String(s) => ScalarValue::Utf8View(Some(s.clone())),
    })
}

/// A cast of the language. Text that is no number fails when it is met.
fn convert(expr: Expr, from: &Type, to: &Type, stacks: &Arc<crate::tables::Stacks>) -> Expr {
    let target = arrow_type(to);
    match (from, to) {
        (Type::Stack, Type::String) => functions::stack_text(stacks, "fold", expr),
        (Type::Float, Type::Int | Type::Duration | Type::Time | Type::Bytes) => to_int(expr),
        _ if arrow_type(from) == target => expr,
        _ => cast(expr, &target),
    }
}
