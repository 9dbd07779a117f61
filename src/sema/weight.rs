//! How large a query's conditions become when they are written out.
//!
//! The planner moves a condition towards the tables; on the way, what it says of a computed column it says of what that
//! is computed from. `a + a as a`, thirty times over, is short to write and has no end to plan.

use std::collections::HashMap;

use super::codes;
use super::tree::{children, extent};
use super::typed::{ColumnId, Expr, ExprKind, Query, Rel};
use crate::diag::{Diagnostic, Span};

/// Parts by which all conditions of a query together may grow. Those of real queries grow by hundreds; these are planned
/// in a second.
const HEAVIEST: usize = 5_000;

/// What is wrong with a query whose conditions are too large to be planned.
pub(super) fn too_heavy(query: &Query) -> Option<Diagnostic> {
    let mut weights = Weights::default();
    weights.rel(&query.rel);
    let span = weights.too_heavy?;
    let note = format!(
        "its conditions grow by more than {HEAVIEST} parts, when the computed columns in them are written out"
    );
    Some(Diagnostic::error(codes::TOO_LARGE, span, "this query is too large").note(note))
}

#[derive(Default)]
struct Weights {
    /// Parts of what a column is computed from; of one that is not listed, one.
    columns: HashMap<ColumnId, usize>,
    total: usize,
    /// The condition that was one too many.
    too_heavy: Option<Span>,
}

impl Weights {
    fn rel(&mut self, rel: &Rel) {
        match rel {
            Rel::Scan { .. } | Rel::Values { .. } => {}
            Rel::Filter { input, predicate } => {
                self.rel(input);
                self.condition(predicate);
            }
            Rel::Project { input, items } => {
                self.rel(input);
                self.define(items.iter().map(|(column, expr)| (column.id, expr)));
            }
            Rel::Aggregate { input, keys, aggregates } => {
                self.rel(input);
                for expr in aggregates.iter().flat_map(|(_, aggregate)| &aggregate.args) {
                    self.expr(expr);
                }
                self.define(keys.iter().map(|(column, expr)| (column.id, expr)));
            }
            Rel::Window { input, calls } => {
                self.rel(input);
                for expr in calls.iter().flat_map(|(_, window)| &window.call.args) {
                    self.expr(expr);
                }
            }
            Rel::Sort { input, .. }
            | Rel::Limit { input, .. }
            | Rel::Distinct { input }
            | Rel::Sweep { input, .. }
            | Rel::Bucket { input, .. } => self.rel(input),
            Rel::Join { left, right, on, filter, .. } | Rel::OverlapJoin { left, right, on, filter, .. } => {
                self.rel(left);
                self.rel(right);
                on.iter().flat_map(|(l, r)| [l, r]).chain(filter).for_each(|expr| self.condition(expr));
            }
            Rel::Set { left, left_columns, right, right_columns, columns, .. } => {
                self.rel(left);
                self.rel(right);
                for ((column, l), r) in columns.iter().zip(left_columns).zip(right_columns) {
                    let weight = self.column(*l).saturating_add(self.column(*r));
                    self.columns.insert(column.id, weight);
                }
            }
        }
    }

    fn condition(&mut self, expr: &Expr) {
        let growth = self.expr(expr).saturating_sub(extent(expr).parts);
        self.total = self.total.saturating_add(growth);
        if self.total > HEAVIEST && self.too_heavy.is_none() {
            self.too_heavy = Some(expr.span);
        }
    }

    /// Columns take their weights together: none of them sees another.
    fn define<'e>(&mut self, items: impl Iterator<Item = (ColumnId, &'e Expr)>) {
        let weights: Vec<(ColumnId, usize)> = items.map(|(id, expr)| (id, self.expr(expr))).collect();
        self.columns.extend(weights);
    }

    fn column(&self, id: ColumnId) -> usize {
        self.columns.get(&id).copied().unwrap_or(1)
    }

    fn expr(&mut self, expr: &Expr) -> usize {
        match &expr.kind {
            ExprKind::Column(id) => return self.column(*id),
            ExprKind::Query(query) | ExprKind::Exists(query) | ExprKind::InQuery { query, .. } => {
                self.rel(&query.rel);
            }
            _ => {}
        }
        children(expr).into_iter().fold(1, |sum: usize, child| sum.saturating_add(self.expr(child)))
    }
}
