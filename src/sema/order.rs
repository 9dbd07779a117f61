//! `order by`, `limit`, `offset`, `distinct`.

use super::aggregate::bad_ordinal;
use super::codes;
use super::context::Context;
use super::expr::{Checker, Clause};
use super::items::CheckedItem;
use super::relation::{Relation, reference};
use super::scope::Scope;
use super::tree::{children_mut, same};
use super::typed::{Column, Expr, ExprKind, Rel, SortKey, Value};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

/// A key of the select form's `order by`.
pub(super) struct OrderKey {
    pub(super) target: Target,
    descending: bool,
    nulls_first: bool,
    span: Span,
}

pub(super) enum Target {
    /// The n-th item of the select list, from 0.
    Item(usize),
    /// An expression over what the items are made of.
    Expr(Expr),
}

/// Checks the select form's `order by`: positions and names of items come first, then the input's columns.
pub(super) fn check<'a>(
    checker: &mut Checker<'_, 'a>,
    order_by: &'a [ast::OrderItem],
    items: &[CheckedItem],
) -> Vec<OrderKey> {
    let mut keys = Vec::with_capacity(order_by.len());
    for item in order_by {
        let position = match &item.expr.kind {
            ast::ExprKind::Literal(ast::Literal::Int(n)) => {
                let position =
                    usize::try_from(*n).ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < items.len());
                if position.is_none() {
                    bad_ordinal(checker.cx, *n, items.len(), item.expr.span);
                    continue;
                }
                position
            }
            ast::ExprKind::Name(parts) => match &parts[..] {
                [name] => items.iter().position(|item| item.name == name.text),
                _ => None,
            },
            _ => None,
        };
        let nulls_first = item.nulls_first.unwrap_or(item.descending);
        let target = match position {
            Some(n) => {
                let ty = items.get(n).map_or(Type::Unknown, |item| item.expr.ty.clone());
                checker.sees(item.expr.span);
                if let (ast::ExprKind::Name(_), Some(named)) = (&item.expr.kind, items.get(n)) {
                    checker.cx.reads_item(item.expr.span, named);
                }
                checker.check_order(&item.expr, &ty);
                Target::Item(n)
            }
            None => Target::Expr(checker.sort_key(item).expr),
        };
        keys.push(OrderKey { target, descending: item.descending, nulls_first, span: item.expr.span });
    }
    keys
}

/// Projects to the select list, and orders: after it if the keys can be read from its columns, else before it.
pub(super) fn project(
    cx: &mut Context<'_>,
    relation: &mut Relation,
    columns: Vec<(Column, Expr)>,
    keys: Vec<OrderKey>,
    distinct: bool,
    incomplete: bool,
) {
    let above: Vec<Option<SortKey>> = keys.iter().map(|key| key.above(&columns)).collect();
    if distinct {
        for (key, above) in keys.iter().zip(&above) {
            if above.is_none() && !incomplete {
                let message = "`select distinct` can be ordered by what it selects only";
                cx.report(
                    Diagnostic::error(codes::DISTINCT_ORDER, key.span, message)
                        .hint("add it to the select list"),
                );
            }
        }
    }
    if distinct || above.iter().all(Option::is_some) {
        relation.show(columns, incomplete);
        if distinct {
            relation.wrap(|input| Rel::Distinct { input });
        }
        sort(relation, above.into_iter().flatten().collect());
    } else {
        let below = keys.into_iter().filter_map(|key| key.below(&columns)).collect();
        sort(relation, below);
        relation.show(columns, incomplete);
    }
}

impl OrderKey {
    fn sort_key(&self, expr: Expr) -> SortKey {
        SortKey { expr, descending: self.descending, nulls_first: self.nulls_first }
    }

    /// The key over the select list's columns, if they suffice.
    fn above(&self, columns: &[(Column, Expr)]) -> Option<SortKey> {
        let expr = match &self.target {
            Target::Item(n) => reference(&columns.get(*n)?.0, self.span),
            Target::Expr(expr) => {
                let mut expr = expr.clone();
                over_columns(&mut expr, columns).then_some(expr)?
            }
        };
        Some(self.sort_key(expr))
    }

    /// The key over what the select list is made of.
    fn below(&self, columns: &[(Column, Expr)]) -> Option<SortKey> {
        let expr = match &self.target {
            Target::Item(n) => columns.get(*n)?.1.clone(),
            Target::Expr(expr) => expr.clone(),
        };
        Some(self.sort_key(expr))
    }
}

/// Makes an expression read the columns instead of what they are made of; false if it needs something else.
fn over_columns(expr: &mut Expr, columns: &[(Column, Expr)]) -> bool {
    if let Some((column, _)) = columns.iter().find(|(_, item)| same(item, expr)) {
        *expr = reference(column, expr.span);
        return true;
    }
    !matches!(expr.kind, ExprKind::Column(_))
        && children_mut(expr).into_iter().all(|child| over_columns(child, columns))
}

fn sort(relation: &mut Relation, keys: Vec<SortKey>) {
    if !keys.is_empty() {
        relation.wrap(|input| Rel::Sort { input, keys });
    }
}

/// `|> order by`, and that of a set operation.
pub(super) fn stage<'a>(cx: &mut Context<'a>, relation: &mut Relation, order_by: &'a [ast::OrderItem]) {
    let scope = std::mem::take(&mut relation.scope);
    let mut checker = Checker::new(cx, &scope, Clause::PipeOrderBy);
    let mut keys = Vec::with_capacity(order_by.len());
    for item in order_by {
        let mut key = checker.sort_key(item);
        if let ast::ExprKind::Literal(ast::Literal::Int(n)) = item.expr.kind {
            let position = usize::try_from(n).ok().and_then(|n| n.checked_sub(1));
            match position.and_then(|n| scope.visible().nth(n)) {
                Some(column) => key.expr = reference(&column.column(), item.expr.span),
                None => {
                    if !scope.incomplete {
                        bad_ordinal(checker.cx, n, scope.visible().count(), item.expr.span);
                    }
                    continue;
                }
            }
        }
        keys.push(key);
    }
    let windows = checker.windows;
    relation.scope = scope;
    let hides = !windows.is_empty();
    relation.windows(windows);
    sort(relation, keys);
    if hides {
        relation.drop_unknown();
    }
}

pub(super) fn limit<'a>(
    cx: &mut Context<'a>,
    relation: &mut Relation,
    count: Option<&'a ast::Expr>,
    offset: Option<&'a ast::Expr>,
) {
    let fetch = count.and_then(|count| constant(cx, count, "limit"));
    let skip = offset.and_then(|offset| constant(cx, offset, "offset"));
    if fetch.is_some() || skip.is_some() {
        relation.wrap(|input| Rel::Limit { input, skip: skip.unwrap_or(0), fetch });
    }
}

/// A number of rows.
fn constant<'a>(cx: &mut Context<'a>, expr: &'a ast::Expr, what: &str) -> Option<u64> {
    let nothing = Scope::unknown(None);
    let value = Checker::new(cx, &nothing, Clause::Limit).expr(expr);
    if let (ExprKind::Value(Value::Int(n)), Type::Int) = (&value.kind, &value.ty)
        && let Ok(n) = u64::try_from(*n)
    {
        return Some(n);
    }
    if value.ty != Type::Unknown && !matches!(value.kind, ExprKind::Parameter(_)) {
        let message = format!("`{what}` takes a whole number, 0 or more");
        let diagnostic = Diagnostic::error(codes::BAD_LIMIT, expr.span, message);
        cx.report(match value.kind {
            ExprKind::Value(_) => diagnostic,
            _ => diagnostic.note("must be a literal"),
        });
    }
    None
}

/// Each row once.
pub(super) fn distinct(relation: &mut Relation) {
    relation.narrow();
    relation.wrap(|input| Rel::Distinct { input });
}
