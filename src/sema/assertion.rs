//! Assertions: a condition, and the values that it compares, to be shown if it does not hold.

use super::context::Context;
use super::expr::{Checker, Clause};
use super::naming::Names;
use super::relation::reference;
use super::scope::Scope;
use super::tree::{children, children_mut};
use super::typed::{Assertion, BinaryOp, Column, Expr, ExprKind, Query, Rel};
use super::types::unknown;
use crate::catalog::Type;
use crate::diag::Span;
use crate::syntax::ast;

pub(super) fn assertion<'a>(cx: &mut Context<'a>, assert: &'a ast::Assert) -> Assertion {
    let nothing = Scope::default();
    let mut condition = Checker::new(cx, &nothing, Clause::Assert).condition(&assert.condition, "`assert`");
    let text = cx.place.program.module(cx.place.module).text.as_str();
    let place = assert.condition.span;
    let mut seen = Seen { cx, text, condition: place, names: Names::default(), values: Vec::new() };
    seen.names.take("holds");
    seen.values_of(&mut condition);
    let values = seen.values;
    let holds = cx.column("holds", Type::Bool);
    let columns: Vec<Column> = values.iter().map(|(column, _)| column.clone()).collect();
    let row = Rel::Values { columns: Vec::new(), rows: vec![Vec::new()] };
    let values = Rel::Project { input: Box::new(row), items: values };
    let span = condition.span;
    let mut items = vec![(holds.clone(), condition)];
    items.extend(columns.iter().map(|column| (column.clone(), reference(column, span))));
    let rel = Rel::Project { input: Box::new(values), items };
    let columns = std::iter::once(holds).chain(columns).collect();
    Assertion {
        name: assert.name.text.clone(),
        source: cx.place.module,
        span: assert.condition.span,
        query: Query { rel, columns, render: None },
    }
}

/// The values that were found in a condition.
struct Seen<'c, 'a> {
    cx: &'c mut Context<'a>,
    text: &'a str,
    /// The condition's place in the text.
    condition: Span,
    names: Names,
    values: Vec<(Column, Expr)>,
}

impl Seen<'_, '_> {
    /// Takes the operands of all comparisons out of a condition, which reads them as columns from then on.
    fn values_of(&mut self, condition: &mut Expr) {
        match &mut condition.kind {
            ExprKind::Not(inner) => self.values_of(inner),
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => {
                self.values_of(left);
                self.values_of(right);
            }
            ExprKind::Value(_) => {}
            ExprKind::Query(_) | ExprKind::Exists(_) => self.take(condition),
            _ => children_mut(condition).into_iter().for_each(|operand| self.take(operand)),
        }
    }

    fn take(&mut self, operand: &mut Expr) {
        if !is_computed(operand) {
            return;
        }
        // What a declaration stands for has its place elsewhere.
        let own = self.condition.start <= operand.span.start && operand.span.end <= self.condition.end;
        let text = self.text.get(operand.span.start..operand.span.end).filter(|_| own).unwrap_or("a value");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = self.names.unique(&text);
        let column = self.cx.column(name, operand.ty.clone());
        let value = std::mem::replace(operand, unknown(operand.span));
        *operand = reference(&column, value.span);
        self.values.push((column, value));
    }
}

/// Whether a value is more than what is written: those are seen in the text.
fn is_computed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Value(_) => false,
        ExprKind::Query(_)
        | ExprKind::Exists(_)
        | ExprKind::TraceEnd
        | ExprKind::TraceName
        | ExprKind::WallClock(_) => true,
        _ => children(expr).into_iter().any(is_computed),
    }
}
