//! `match`: runs of rows that follow each other within a key and satisfy conditions one after another.
//!
//! A step further is a row later: the columns of step n are those of the n-th row after, which a window function gives.

use super::codes;
use super::context::Context;
use super::expr::{Checker, Clause, not};
use super::intervals::{constant, keys};
use super::naming::named;
use super::operators::make;
use super::relation::{Relation, reference};
use super::scope::{Lookup, Scope, ScopeColumn};
use super::typed::{Aggregate, BinaryOp, Column, Expr, ExprKind, SortKey, Value, WindowCall};
use super::types::{article, is_open};
use crate::catalog::{self, Type};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

pub(super) fn matches<'a>(
    cx: &mut Context<'a>,
    relation: &mut Relation,
    by: &'a [ast::Expr],
    steps: &'a [ast::MatchStep],
    span: Span,
) {
    let keys = keys(cx, &relation.scope, by);
    let moment = moment(cx, &relation.scope, span);
    for (n, step) in steps.iter().enumerate() {
        if !cx.step(step.name.span) {
            relation.scope.incomplete = true;
            return;
        }
        if let Some(first) = steps.iter().take(n).find(|first| first.name.text == step.name.text) {
            let message = format!("there are two steps called `{}`", step.name.text);
            let diagnostic = Diagnostic::error(codes::BAD_STEP, step.name.span, message);
            cx.report(diagnostic.label(first.name.span, "the first one"));
        }
    }
    if let Some(within) = steps.first().and_then(|first| first.within.as_ref()) {
        let message = "the first step has nothing before it to be within";
        cx.report(Diagnostic::error(codes::BAD_STEP, within.span, message));
    }
    let (Some(keys), Some(moment)) = (keys, moment) else {
        relation.scope.incomplete = true;
        return;
    };
    relation.narrow();
    let rows = rows(cx, relation, &keys, &moment, steps, span);
    let mut scope = Scope::default();
    for (n, (step, columns)) in steps.iter().zip(&rows).enumerate() {
        // The step's own columns have plain names too; those of the steps before need theirs.
        for column in &mut scope.columns {
            column.qualified_only = true;
        }
        scope = scope.and(step_scope(step, columns));
        cx.names_alias(&step.name);
        let condition = Checker::new(cx, &scope, Clause::PipeWhere).condition(&step.condition, "a step");
        relation.filter(condition);
        let Some(before) = n.checked_sub(1).and_then(|before| rows.get(before)) else { continue };
        let at = |columns: &[(Column, Column)]| {
            let found = columns.iter().find(|(original, _)| original.id == moment.id);
            found.map(|(_, column)| reference(column, step.name.span))
        };
        let (Some(now), Some(then)) = (at(columns), at(before)) else { continue };
        relation.filter(not(Expr {
            kind: ExprKind::IsNull(Box::new(now.clone())),
            ty: Type::Bool,
            span: step.name.span,
        }));
        if let Some(within) = step.within.as_ref().and_then(|within| duration(cx, within)) {
            let gap = make(BinaryOp::Sub, now, then, Type::Duration, within.span);
            relation.filter(make(BinaryOp::LtEq, gap, within, Type::Bool, step.name.span));
        }
    }
    for column in &mut scope.columns {
        column.qualified_only = false;
    }
    relation.scope = scope;
    relation.drop_unknown();
}

/// The column by which rows follow each other: when they start, or when they are.
fn moment(cx: &mut Context<'_>, scope: &Scope, span: Span) -> Option<Column> {
    for name in ["start", "time"] {
        if let Lookup::Found(column) = scope.find(name)
            && (column.ty == Type::Time || is_open(&column.ty))
        {
            return Some(column.column());
        }
    }
    if !scope.incomplete {
        let message = "`match` needs rows with a column `start` or `time`, by which they follow each other";
        cx.report(Diagnostic::error(codes::NOT_INTERVALS, span, message));
    }
    None
}

/// For each step, the relation's columns and what they are of the row that the step looks at.
fn rows(
    cx: &mut Context<'_>,
    relation: &mut Relation,
    keys: &[Column],
    moment: &Column,
    steps: &[ast::MatchStep],
    span: Span,
) -> Vec<Vec<(Column, Column)>> {
    let own: Vec<Column> = relation.scope.visible().map(ScopeColumn::column).collect();
    let mut rows = vec![own.iter().map(|column| (column.clone(), column.clone())).collect::<Vec<_>>()];
    let Some(lead) = catalog::function("lead") else { return rows };
    let key =
        |column: &Column| SortKey { expr: reference(column, span), descending: false, nulls_first: false };
    let mut order_by = vec![key(moment)];
    if let Lookup::Found(end) = relation.scope.find("end") {
        // Of rows that start together, the one without length comes first.
        order_by.push(key(&end.column()));
    }
    let mut calls = Vec::new();
    for n in (1..).take(steps.len().saturating_sub(1)) {
        let mut later = Vec::with_capacity(own.len());
        for column in &own {
            let value = cx.column(column.name.clone(), column.ty.clone());
            if let Some(domain) = cx.domains.get(&column.id).copied() {
                cx.domains.insert(value.id, domain);
            }
            cx.follows(value.id, column.id);
            let number = Expr { kind: ExprKind::Value(Value::Int(n)), ty: Type::Int, span };
            let call = Aggregate {
                function: lead,
                args: vec![reference(column, span), number],
                distinct: false,
                filter: None,
                order_by: Vec::new(),
                ty: column.ty.clone(),
            };
            let partition_by = keys.iter().map(|key| reference(key, span)).collect();
            calls.push((
                value.clone(),
                WindowCall { call, partition_by, order_by: order_by.clone(), frame: None },
            ));
            later.push((column.clone(), value));
        }
        rows.push(later);
    }
    relation.windows(calls);
    rows
}

fn step_scope(step: &ast::MatchStep, columns: &[(Column, Column)]) -> Scope {
    let columns: Vec<Column> = columns
        .iter()
        .map(|(original, column)| Column { name: original.name.clone(), ..column.clone() })
        .collect();
    Scope::new(&columns, Some(&step.name.text))
}

fn duration<'a>(cx: &mut Context<'a>, ast: &'a ast::Expr) -> Option<Expr> {
    let value = constant(cx, ast);
    if value.ty == Type::Duration || is_open(&value.ty) {
        return Some(value);
    }
    let message = format!("`within` takes a duration, {} is {}", named(ast), article(&value.ty));
    let diagnostic = Diagnostic::error(codes::BAD_STEP, ast.span, message);
    cx.report(match super::literals::with_unit(&value, &Type::Duration) {
        Some(fix) => diagnostic.note(format!("did you mean {fix}?")).fix(ast.span, fix),
        None => diagnostic,
    });
    None
}
