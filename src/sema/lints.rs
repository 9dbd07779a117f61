//! Warnings of what is allowed and hardly meant.

use super::codes;
use super::context::Context;
use super::join::conjuncts;
use super::typed::{BinaryOp, ColumnId, Expr, ExprKind, Value};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, Body, SourceKind, StageKind};

/// A column compared with a constant.
struct Comparison {
    column: ColumnId,
    op: BinaryOp,
    value: Value,
    span: Span,
}

/// Warns of conditions that can't hold, alone or together.
pub(super) fn contradictions(cx: &mut Context<'_>, condition: &Expr) {
    let mut parts = Vec::new();
    conjuncts(condition.clone(), &mut parts);
    let comparisons: Vec<Comparison> = parts.iter().filter_map(comparison).collect();
    for (n, later) in comparisons.iter().enumerate() {
        if below_zero(later) && cx.natural.contains(&later.column) {
            let message = "this can never hold: the column is never negative";
            cx.report(Diagnostic::warning(codes::NEVER_HOLDS, later.span, message));
            continue;
        }
        let before =
            comparisons.iter().take(n).find(|first| first.column == later.column && exclude(first, later));
        if let Some(first) = before {
            let message = "this can never hold together with what stands before it";
            let diagnostic = Diagnostic::warning(codes::NEVER_HOLDS, later.span, message);
            let hint = match (first.op, later.op) {
                (BinaryOp::Eq, BinaryOp::Eq) => "one of several values: `in (…, …)`",
                _ => "have the bounds changed places? did you mean `or`?",
            };
            cx.report(diagnostic.label(first.span, "this").hint(hint));
        }
    }
}

fn comparison(expr: &Expr) -> Option<Comparison> {
    let ExprKind::Binary { op, left, right } = &expr.kind else { return None };
    let (column, op, value) = match (&left.kind, &right.kind) {
        (ExprKind::Column(column), ExprKind::Value(value)) => (column, *op, value),
        (ExprKind::Value(value), ExprKind::Column(column)) => (column, turned(*op), value),
        _ => return None,
    };
    let compares = matches!(op, BinaryOp::Eq | BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq);
    (compares && *value != Value::Null).then(|| Comparison {
        column: *column,
        op,
        value: value.clone(),
        span: expr.span,
    })
}

/// The operator with its operands in the other order.
fn turned(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::LtEq => BinaryOp::GtEq,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::GtEq => BinaryOp::LtEq,
        other => other,
    }
}

fn below_zero(comparison: &Comparison) -> bool {
    let Value::Int(n) = comparison.value else { return false };
    match comparison.op {
        BinaryOp::Lt => n <= 0,
        BinaryOp::LtEq | BinaryOp::Eq => n < 0,
        _ => false,
    }
}

/// Whether no value satisfies both.
fn exclude(a: &Comparison, b: &Comparison) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (&a.value, &b.value) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => return false,
    };
    let is_upper = |op| matches!(op, BinaryOp::Lt | BinaryOp::LtEq);
    let is_lower = |op| matches!(op, BinaryOp::Gt | BinaryOp::GtEq);
    let closed = |op| matches!(op, BinaryOp::LtEq | BinaryOp::GtEq | BinaryOp::Eq);
    // At most the first's value, at least the second's; and the other way round.
    let high_then_low = (is_upper(a.op) || a.op == BinaryOp::Eq) && (is_lower(b.op) || b.op == BinaryOp::Eq);
    let low_then_high = (is_lower(a.op) || a.op == BinaryOp::Eq) && (is_upper(b.op) || b.op == BinaryOp::Eq);
    match order {
        Less => high_then_low,
        Greater => low_then_high,
        Equal => (high_then_low || low_then_high) && !(closed(a.op) && closed(b.op)),
    }
}

/// Warns of a `limit` in a saved query where nothing says which rows it keeps.
pub(super) fn unordered_limit(cx: &mut Context<'_>, query: &ast::Query) {
    let mut ordered = match &query.body {
        Body::Select(select) => {
            if let (Some(limit), true) = (&select.limit, select.order_by.is_empty()) {
                warn_of_limit(cx, limit.span);
            }
            !select.order_by.is_empty()
        }
        Body::Set(set) => !set.order_by.is_empty(),
        Body::Query(inner) => {
            unordered_limit(cx, inner);
            true
        }
        // What a named relation or a called query orders stays as it is.
        Body::From(from) => !matches!(&from.source.kind, SourceKind::Table(_)),
        Body::Error(_) => true,
    };
    for stage in &query.stages {
        match &stage.kind {
            StageKind::OrderBy(_) => ordered = true,
            StageKind::Limit { count, .. } if !ordered => warn_of_limit(cx, count.span),
            StageKind::Aggregate { .. }
            | StageKind::Distinct
            | StageKind::Join(_)
            | StageKind::SetOp { .. }
            | StageKind::Sweep { .. } => ordered = false,
            _ => {}
        }
    }
}

fn warn_of_limit(cx: &mut Context<'_>, span: Span) {
    let message = "which rows these are may change from run to run: nothing orders them";
    let diagnostic = Diagnostic::warning(codes::UNORDERED_LIMIT, span, message);
    cx.report(diagnostic.hint("put `order by` before the `limit`"));
}
