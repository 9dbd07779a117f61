//! The pipe form: one stage after another.

use super::aggregate;
use super::codes;
use super::context::Context;
use super::expr::{Checker, Clause};
use super::facts::{Named, Wanted};
use super::intervals;
use super::items;
use super::join;
use super::lints;
use super::matching;
use super::names::propose;
use super::naming::Names;
use super::order;
use super::overlap;
use super::query;
use super::relation::Relation;
use super::render;
use super::scope::{Lookup, Scope, ScopeColumn};
use super::setop;
use super::typed::{ColumnId, Expr};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, Ident, StageKind};

pub(super) fn stage<'a>(cx: &mut Context<'a>, relation: &mut Relation, stage: &'a ast::Stage) {
    if !cx.step(stage.span) {
        return;
    }
    if relation.render.take().is_some() {
        let message = "`render` comes last: this stage changes what it shows";
        cx.report(Diagnostic::error(codes::BAD_RENDER, stage.span, message));
    }
    match &stage.kind {
        StageKind::Where(filter) => {
            let predicate = Checker::new(cx, &relation.scope, Clause::PipeWhere).condition(filter, "`where`");
            lints::contradictions(cx, &predicate);
            relation.filter(predicate);
        }
        StageKind::Select { distinct, items } => {
            select(cx, relation, items);
            if *distinct {
                order::distinct(relation);
            }
        }
        StageKind::Extend(items) => extend(cx, relation, items),
        StageKind::Set(assignments) => set(cx, relation, assignments),
        StageKind::Drop(names) => drop(cx, relation, names),
        StageKind::Rename(names) => rename(cx, relation, names),
        StageKind::As(name) => {
            cx.names_alias(name);
            name_all(relation, name);
        }
        StageKind::Aggregate { items, group_by } => {
            aggregate::stage(cx, relation, items, group_by.as_ref(), stage.span);
        }
        StageKind::OrderBy(keys) => order::stage(cx, relation, keys),
        StageKind::Limit { count, offset } => order::limit(cx, relation, Some(count), offset.as_ref()),
        StageKind::Offset(offset) => order::limit(cx, relation, None, Some(offset)),
        StageKind::Distinct => order::distinct(relation),
        StageKind::Join(join) => join::join(cx, relation, join),
        StageKind::SetOp { op, all, query, op_span } => {
            let right = query::relation(cx, query);
            setop::combine(cx, relation, (*op, *all, *op_span), right, query.span);
        }
        StageKind::Clip(range) => intervals::clip(cx, relation, range, stage.span),
        StageKind::At(time) => intervals::at(cx, relation, time, stage.span),
        StageKind::OverlapJoin(join) => overlap::join(cx, relation, join, stage.span),
        StageKind::Bucket(width) => intervals::bucket(cx, relation, width, stage.span),
        StageKind::Sweep { kind, by } => intervals::sweep(cx, relation, *kind, by, stage.span),
        StageKind::Match { by, steps } => matching::matches(cx, relation, by, steps, stage.span),
        StageKind::Render { kind, args } => render::render(cx, relation, kind, args),
        // Reported by the parser; what it would have done to the columns is not known.
        StageKind::Error => relation.scope.incomplete = true,
    }
}

fn select<'a>(cx: &mut Context<'a>, relation: &mut Relation, list: &'a [ast::Item]) {
    let scope = std::mem::take(&mut relation.scope);
    let mut checker = Checker::new(cx, &scope, Clause::PipeSelect);
    let mut items = items::check(&mut checker, list);
    let mut windows = checker.windows;
    items::name(cx, &mut items, &[]);
    aggregate::christen(&mut windows, &items);
    relation.windows(windows);
    let columns = items::columns(cx, items);
    let has_star = list.iter().any(|item| matches!(item, ast::Item::Star { .. }));
    relation.show(columns, scope.incomplete && has_star);
}

fn extend<'a>(cx: &mut Context<'a>, relation: &mut Relation, list: &'a [ast::Item]) {
    let scope = relation.scope.clone();
    let mut checker = Checker::new(cx, &scope, Clause::Extend);
    if let Some(span) = list.iter().find_map(|item| match item {
        ast::Item::Star { span, .. } => Some(*span),
        ast::Item::Expr { .. } => None,
    }) {
        checker.report(Diagnostic::error(codes::BAD_ITEM, span, "`extend` keeps all columns without `*`"));
        return;
    }
    let mut items = items::check(&mut checker, list);
    let mut windows = checker.windows;
    let taken: Vec<&str> = scope.visible().map(|c| c.name.as_str()).collect();
    items::name(cx, &mut items, &taken);
    aggregate::christen(&mut windows, &items);
    relation.windows(windows);
    let mut columns = relation.kept();
    for item in items {
        let column = items::named_column(cx, item.name, item.alias, &item.expr, &columns);
        relation.scope.columns.push(ScopeColumn::new(&column, None));
        columns.push((column, item.expr));
    }
    relation.project(columns);
}

fn set<'a>(cx: &mut Context<'a>, relation: &mut Relation, assignments: &'a [(Ident, ast::Expr)]) {
    let scope = relation.scope.clone();
    let mut checker = Checker::new(cx, &scope, Clause::Set);
    let mut replaced: Vec<(ColumnId, Expr)> = Vec::new();
    for (name, expr) in assignments {
        let expr = checker.expr(expr);
        let Some(target) = one(checker.cx, &scope, name) else { continue };
        if replaced.iter().any(|(id, _)| *id == target.id) {
            let message = format!("`{}` is set twice", name.text);
            checker.report(Diagnostic::error(codes::DUPLICATE_NAME, name.span, message));
            continue;
        }
        replaced.push((target.id, expr));
    }
    let windows = checker.windows;
    relation.windows(windows);
    relation.replace(cx, &replaced);
}

fn drop(cx: &mut Context<'_>, relation: &mut Relation, names: &[Ident]) {
    let mut dropped = Vec::new();
    for name in names {
        if let Some(column) = one(cx, &relation.scope, name) {
            dropped.push(column.id);
        }
    }
    relation.scope.columns.retain(|c| !dropped.contains(&c.id));
    relation.drop_unknown();
}

fn rename(cx: &mut Context<'_>, relation: &mut Relation, names: &[(Ident, Ident)]) {
    let mut renamed: Vec<(ColumnId, &Ident)> = Vec::new();
    for (old, new) in names {
        if let Some(column) = one(cx, &relation.scope, old) {
            renamed.push((column.id, new));
        }
    }
    for column in &mut relation.scope.columns {
        if let Some((_, new)) = renamed.iter().find(|(id, _)| *id == column.id) {
            column.name.clone_from(&new.text);
            cx.names_column(column.id, &column.name, new.span);
            cx.gives_name(new.span, Named::Column, Some(&column.ty));
        }
    }
    for (_, new) in renamed {
        if let Lookup::Ambiguous(_) = relation.scope.find(&new.text) {
            let message = format!("there is already a column called `{}`", new.text);
            cx.report(Diagnostic::error(codes::DUPLICATE_NAME, new.span, message));
        }
    }
}

/// `as x`: all columns are `x.c` from now on.
fn name_all(relation: &mut Relation, name: &Ident) {
    let mut names = Names::default();
    relation.scope.columns.retain(|c| !c.qualified_only);
    for column in &mut relation.scope.columns {
        column.name = names.unique(&column.name);
        column.qualifier = Some(name.text.clone());
    }
    relation.scope.qualifiers = vec![name.text.clone()];
}

/// The column that a stage names; reports it if there is none, or more than one.
fn one<'s>(cx: &mut Context<'_>, scope: &'s Scope, name: &Ident) -> Option<&'s ScopeColumn> {
    cx.sees(name.span, Wanted::Column, scope);
    match scope.find(&name.text) {
        Lookup::Found(column) => {
            cx.reads(name.span, column);
            Some(column)
        }
        Lookup::Ambiguous(columns) => {
            let names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.full_name())).collect();
            let message = format!("`{}` is ambiguous", name.text);
            let diagnostic = Diagnostic::error(codes::AMBIGUOUS_COLUMN, name.span, message);
            cx.report(diagnostic.note(format!("there are {}", names.join(" and "))));
            None
        }
        Lookup::Missing => {
            if !scope.incomplete {
                let message = format!("there is no column `{}`", name.text);
                let diagnostic = Diagnostic::error(codes::UNKNOWN_COLUMN, name.span, message);
                cx.report(propose(diagnostic, name, scope.visible().map(|c| c.name.as_str())));
            }
            None
        }
    }
}
