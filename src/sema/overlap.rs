//! `overlap join`: pairs of rows that intersect in time.

use super::context::Context;
use super::expr::{Checker, Clause};
use super::intervals::{interval, length};
use super::join::{conjuncts, distinct_names, pair};
use super::operators::make;
use super::query;
use super::relation::Relation;
use super::scope::{Lookup, Scope, ScopeColumn};
use super::tree::reads;
use super::typed::{BinaryOp, Expr, Rel};
use crate::catalog::Type;
use crate::diag::Span;
use crate::syntax::ast;

/// What the left row's own interval is called behind the join.
const OWN: [(&str, &str); 3] = [("start", "left_start"), ("end", "left_end"), ("dur", "left_dur")];

pub(super) fn join<'a>(cx: &mut Context<'a>, left: &mut Relation, join: &'a ast::OverlapJoin, span: Span) {
    let mut right = query::source(cx, &join.source);
    let left_interval = interval(cx, &left.scope, span);
    let right_interval = interval(cx, &right.scope, join.source.span);
    distinct_names(cx, &left.scope, &mut right.scope, join.source.span);
    let mut sides = Sides::default();
    if let Some(on) = &join.on {
        let both = left.scope.clone().and(right.scope.clone());
        let condition = Checker::new(cx, &both, Clause::On).condition(on, "`on`");
        sides = split(condition, &left.scope, &right.scope);
    }
    let (Some(left_interval), Some(right_interval)) = (left_interval, right_interval) else {
        left.scope = std::mem::take(&mut left.scope).and(right.scope);
        left.scope.incomplete = true;
        return;
    };
    if let Some(condition) = sides.right {
        right.filter(condition);
    }
    let mut filter = sides.both;
    match sides.left {
        Some(condition) if join.left => filter = Some(and(filter, condition)),
        Some(condition) => left.filter(condition),
        None => {}
    }
    let [start, end] = ["start", "end"].map(|name| cx.column(name, Type::Time));
    let (left_bounds, right_bounds) = (left_interval.bounds(), right_interval.bounds());
    let columns = (start.clone(), end.clone());
    let (inner_filter, outer_filter) = if join.left { (None, filter) } else { (filter, None) };
    let right_rel = Box::new(right.rel);
    left.wrap(|left| Rel::OverlapJoin {
        outer: join.left,
        left,
        left_bounds,
        right: right_rel,
        right_bounds,
        on: sides.on,
        filter: outer_filter,
        start: columns.0,
        end: columns.1,
    });
    if let Some(condition) = inner_filter {
        left.filter(condition);
    }

    // The left side's names now mean the overlap, and its own interval has names of its own.
    let own = [Some(&left_interval.start), Some(&left_interval.end), left_interval.dur.as_ref()];
    let dur = cx.column("dur", Type::Duration);
    let overlap = [&start, &end, &dur];
    left.scope.columns.retain(|column| OWN.iter().all(|(_, name)| column.name != *name));
    let mut kept = Vec::new();
    for ((column, now), (_, name)) in own.into_iter().zip(overlap).zip(OWN) {
        let Some(column) = column else { continue };
        cx.follows(now.id, column.id);
        for known in left.scope.columns.iter_mut().filter(|known| known.id == column.id) {
            known.id = now.id;
        }
        kept.push(ScopeColumn { name: name.to_owned(), qualifier: None, ..column.clone() });
    }
    cx.names_column(dur.id, "dur", span);
    if left_interval.dur.is_none() && matches!(left.scope.find("dur"), Lookup::Missing) {
        left.scope.columns.push(ScopeColumn::new(&dur, None));
    }
    left.scope.columns.extend(kept);
    for column in &mut right.scope.columns {
        column.qualified_only |= OWN.iter().any(|(name, _)| column.name == *name);
    }
    left.scope = std::mem::take(&mut left.scope).and(right.scope);
    let mut items = left.kept();
    for (column, expr) in &mut items {
        if column.id == dur.id {
            *expr = length(&start, &end, span);
        }
    }
    left.project(items);
}

/// A condition by what it reads.
#[derive(Default)]
struct Sides {
    /// Equalities between the sides.
    on: Vec<(Expr, Expr)>,
    left: Option<Expr>,
    right: Option<Expr>,
    both: Option<Expr>,
}

fn split(condition: Expr, left: &Scope, right: &Scope) -> Sides {
    let mut parts = Vec::new();
    conjuncts(condition, &mut parts);
    let mut sides = Sides::default();
    for part in parts {
        match pair(part, left, right) {
            Ok(found) => sides.on.push(found),
            Err(part) => {
                let reads_left = reads(&part, &mut |id| left.by_id(id).is_some());
                let reads_right = reads(&part, &mut |id| right.by_id(id).is_some());
                let side = match (reads_left, reads_right) {
                    (true, false) => &mut sides.left,
                    (false, true) => &mut sides.right,
                    _ => &mut sides.both,
                };
                *side = Some(and(side.take(), *part));
            }
        }
    }
    sides
}

fn and(before: Option<Expr>, condition: Expr) -> Expr {
    let Some(before) = before else { return condition };
    let span = before.span.to(condition.span);
    make(BinaryOp::And, before, condition, Type::Bool, span)
}
