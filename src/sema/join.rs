//! Joins.

use super::codes;
use super::context::Context;
use super::expr::{Checker, Clause};
use super::facts::Wanted;
use super::names::propose;
use super::operators::make;
use super::query;
use super::relation::{Relation, reference};
use super::scope::{Lookup, Scope, ScopeColumn};
use super::tree::reads;
use super::typed::{BinaryOp, Expr, ExprKind, JoinKind, Rel};
use super::types::{article, coerce, unify};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, JoinCondition};

/// Pairs of expressions, one of each side, that must be equal.
type Pairs = Vec<(Expr, Expr)>;

pub(super) fn join<'a>(cx: &mut Context<'a>, left: &mut Relation, join: &'a ast::Join) {
    if !cx.step(join.span) {
        return;
    }
    let mut right = query::source(cx, &join.source);
    distinct_names(cx, &left.scope, &mut right.scope, join.source.span);
    // Whether there is a condition is a question of grammar: the parser has reported it.
    let has_condition = !matches!(join.condition, JoinCondition::None);
    let kind = if join.kind == JoinKind::Cross && has_condition { JoinKind::Inner } else { join.kind };
    let mut on = Pairs::new();
    let mut filter = None;
    let mut using = &[][..];
    match &join.condition {
        JoinCondition::None => {}
        JoinCondition::On(condition) => {
            let both = left.scope.clone().and(right.scope.clone());
            let condition = Checker::new(cx, &both, Clause::On).condition(condition, "`on`");
            (on, filter) = split(condition, &left.scope, &right.scope);
        }
        JoinCondition::Using(names) => {
            using = names;
            on = names.iter().filter_map(|name| same_column(cx, left, &right, name)).collect();
        }
    }
    let right_scope = right.scope;
    let right = Box::new(right.rel);
    left.wrap(|left| Rel::Join { kind, left, right, on: on.clone(), filter });
    match kind {
        JoinKind::Semi | JoinKind::Anti => left.scope.incomplete |= right_scope.incomplete,
        _ => {
            left.scope = std::mem::take(&mut left.scope).and(right_scope);
            if !using.is_empty() {
                merge(cx, left, kind, &on);
            }
        }
    }
}

/// Complains of two tables with one name, which is the first one's from then on: the other's columns are out of reach.
pub(super) fn distinct_names(cx: &mut Context<'_>, left: &Scope, right: &mut Scope, span: Span) {
    let Some(name) = right.qualifiers.iter().find(|name| left.has_qualifier(name)) else { return };
    let message = format!("there are two tables called `{name}`");
    let diagnostic = Diagnostic::error(codes::DUPLICATE_NAME, span, message);
    cx.report(diagnostic.hint(format!("give this one another name, like `as {name}2`")));
    right.qualifiers.clear();
    for column in &mut right.columns {
        column.qualifier = None;
        column.qualified_only = true;
    }
}

/// Splits a condition into equalities between the sides, and the rest.
fn split(condition: Expr, left: &Scope, right: &Scope) -> (Pairs, Option<Expr>) {
    let mut parts = Vec::new();
    conjuncts(condition, &mut parts);
    let mut pairs = Pairs::new();
    let mut rest: Option<Expr> = None;
    for part in parts {
        match pair(part, left, right) {
            Ok(found) => pairs.push(found),
            Err(part) => {
                let part = *part;
                rest = Some(match rest {
                    Some(before) => {
                        let span = before.span.to(part.span);
                        make(BinaryOp::And, before, part, Type::Bool, span)
                    }
                    None => part,
                });
            }
        }
    }
    (pairs, rest)
}

pub(super) fn conjuncts(condition: Expr, parts: &mut Vec<Expr>) {
    match condition.kind {
        ExprKind::Binary { op: BinaryOp::And, left, right } => {
            conjuncts(*left, parts);
            conjuncts(*right, parts);
        }
        kind => parts.push(Expr { kind, ty: condition.ty, span: condition.span }),
    }
}

/// The two sides of an equality between the sides of the join, the left one first.
pub(super) fn pair(condition: Expr, left: &Scope, right: &Scope) -> Result<(Expr, Expr), Box<Expr>> {
    let ExprKind::Binary { op: BinaryOp::Eq, left: a, right: b } = condition.kind else {
        return Err(Box::new(condition));
    };
    let only = |expr: &Expr, own: &Scope, other: &Scope| {
        reads(expr, &mut |id| own.by_id(id).is_some()) && !reads(expr, &mut |id| other.by_id(id).is_some())
    };
    if only(&a, left, right) && only(&b, right, left) {
        Ok((*a, *b))
    } else if only(&b, left, right) && only(&a, right, left) {
        Ok((*b, *a))
    } else {
        let kind = ExprKind::Binary { op: BinaryOp::Eq, left: a, right: b };
        Err(Box::new(Expr { kind, ty: condition.ty, span: condition.span }))
    }
}

/// The pair that a name of `using` stands for.
fn same_column(
    cx: &mut Context<'_>,
    left: &Relation,
    right: &Relation,
    name: &ast::Ident,
) -> Option<(Expr, Expr)> {
    cx.sees(name.span, Wanted::Column, &left.scope);
    let mut find = |scope: &Scope, side: &str| match scope.find(&name.text) {
        Lookup::Found(column) => {
            cx.reads(name.span, column);
            Some(reference(&column.column(), name.span))
        }
        Lookup::Missing if scope.incomplete => None,
        Lookup::Missing => {
            let message = format!("the {side} side of the join has no column `{}`", name.text);
            let diagnostic = Diagnostic::error(codes::UNKNOWN_COLUMN, name.span, message);
            cx.report(propose(diagnostic, name, scope.visible().map(|c| c.name.as_str())));
            None
        }
        Lookup::Ambiguous(_) => {
            let message = format!("the {side} side of the join has several columns `{}`", name.text);
            let diagnostic = Diagnostic::error(codes::AMBIGUOUS_COLUMN, name.span, message);
            cx.report(diagnostic.hint("use `on`"));
            None
        }
    };
    let (l, r) = (find(&left.scope, "left")?, find(&right.scope, "right")?);
    let Some(ty) = unify(&l.ty, &r.ty) else {
        let message =
            format!("`{}` is {} on the left and {} on the right", name.text, article(&l.ty), article(&r.ty));
        cx.report(Diagnostic::error(codes::TYPE_MISMATCH, name.span, message));
        return None;
    };
    Some((coerce(l, &ty), coerce(r, &ty)))
}

/// After `using`: each pair's columns become one, which comes first; both can still be read as `t.c`.
fn merge(cx: &mut Context<'_>, relation: &mut Relation, kind: JoinKind, on: &Pairs) {
    let mut computed = relation.kept();
    let mut merged: Vec<ScopeColumn> = Vec::new();
    for (l, r) in on {
        let ids = [l, r].map(|side| match &side.kind {
            ExprKind::Column(id) => Some(*id),
            ExprKind::Cast(inner) => match inner.kind {
                ExprKind::Column(id) => Some(id),
                _ => None,
            },
            _ => None,
        });
        let columns = &mut relation.scope.columns;
        let Some(left) = columns.iter().position(|c| Some(c.id) == ids[0]) else { continue };
        let Some(right) = columns.iter().position(|c| Some(c.id) == ids[1]) else { continue };
        match kind {
            JoinKind::Full => {
                let name = columns.get(left).map(|c| c.name.clone()).unwrap_or_default();
                let both = make(BinaryOp::Coalesce, l.clone(), r.clone(), l.ty.clone(), l.span);
                let column = cx.column(name, l.ty.clone());
                if let Some(left) = ids[0] {
                    cx.follows(column.id, left);
                }
                merged.push(ScopeColumn::new(&column, None));
                computed.push((column, both));
            }
            JoinKind::Right => merged.extend(columns.get(right).cloned()),
            _ => merged.extend(columns.get(left).cloned()),
        }
        for side in [left, right] {
            if let Some(column) = columns.get_mut(side) {
                column.qualified_only = true;
            }
        }
    }
    if kind == JoinKind::Full {
        // The sides stay as they are beside what they were merged into.
        relation.project(computed);
    }
    // What was passed on as it is would be there twice.
    relation.scope.columns.retain(|c| merged.iter().all(|m| m.id != c.id));
    merged.append(&mut relation.scope.columns);
    relation.scope.columns = merged;
}
