//! Stages over intervals: clip, at, bucket, merge, gaps, depth.
//!
//! They work on any relation with columns `start` and `end` of type time, and keep its `dur` equal to `end - start`.

use super::codes;
use super::context::Context;
use super::expr::{Checker, Clause};
use super::facts::Wanted;
use super::naming::named;
use super::operators::make;
use super::relation::{Relation, reference};
use super::scope::{Lookup, Scope, ScopeColumn};
use super::tree::reads;
use super::typed::{BinaryOp, Bounds, Column, ColumnId, Expr, ExprKind, Rel, SweepKind, Value};
use super::types::{article, is_open};
use crate::catalog::{self, Type};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

/// The columns that make intervals of rows.
pub(super) struct Interval {
    pub(super) start: ScopeColumn,
    pub(super) end: ScopeColumn,
    pub(super) dur: Option<ScopeColumn>,
}

impl Interval {
    pub(super) fn bounds(&self) -> Bounds {
        Bounds { start: self.start.id, end: self.end.id }
    }

    fn start(&self, span: Span) -> Expr {
        reference(&self.start.column(), span)
    }

    fn end(&self, span: Span) -> Expr {
        reference(&self.end.column(), span)
    }
}

/// The interval of the rows of a relation, for the stage that stands in `span`; None, and a complaint, if they have none.
pub(super) fn interval(cx: &mut Context<'_>, scope: &Scope, span: Span) -> Option<Interval> {
    let mut problem = None;
    let mut find = |name: &str| match scope.find(name) {
        Lookup::Found(column) if matches!(column.ty, Type::Time | Type::Unknown) => Some(column.clone()),
        Lookup::Found(column) => {
            problem = Some(format!("`{name}` is {} here, not a time", article(&column.ty)));
            None
        }
        Lookup::Ambiguous(columns) => {
            let names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.full_name())).collect();
            problem = Some(format!("`{name}` is ambiguous: {}", names.join(" or ")));
            None
        }
        Lookup::Missing => None,
    };
    let (start, end) = (find("start"), find("end"));
    if let (Some(start), Some(end)) = (start, end) {
        let dur = match scope.find("dur") {
            Lookup::Found(column) if column.ty == Type::Duration => Some(column.clone()),
            _ => None,
        };
        return Some(Interval { start, end, dur });
    }
    if !scope.incomplete {
        let message = "this stage needs rows with columns `start` and `end`, both times";
        let mut diagnostic = Diagnostic::error(codes::NOT_INTERVALS, span, message);
        if let Some(problem) = problem {
            diagnostic = diagnostic.note(problem);
        }
        if let Lookup::Found(_) = scope.find("time") {
            let hint = "moments have no length: give them one, `|> extend time as start, time + 1us as end`";
            diagnostic = diagnostic.hint(hint);
        }
        cx.report(diagnostic);
    }
    None
}

/// A value that is the same for all rows.
pub(super) fn constant<'a>(cx: &mut Context<'a>, expr: &'a ast::Expr) -> Expr {
    let nothing = Scope::default();
    Checker::new(cx, &nothing, Clause::Values).expr(expr)
}

fn time_constant<'a>(cx: &mut Context<'a>, ast: &'a ast::Expr, what: &str) -> Option<Expr> {
    let value = constant(cx, ast);
    if value.ty == Type::Time || is_open(&value.ty) {
        return Some(value);
    }
    let message = format!("{what}, {} is {}", named(ast), article(&value.ty));
    let diagnostic = Diagnostic::error(codes::BAD_WINDOW, ast.span, message);
    cx.report(match super::literals::with_unit(&value, &Type::Time) {
        Some(fix) => diagnostic.note(format!("did you mean {fix}?")).fix(ast.span, fix),
        None => diagnostic.hint("a time begins with `@`: @1.25s"),
    });
    None
}

/// `clip a..b`: the rows that intersect the window, cut to it. What is cut off was not measured: that end is open.
pub(super) fn clip<'a>(cx: &mut Context<'a>, relation: &mut Relation, range: &'a ast::Expr, span: Span) {
    let Some(interval) = interval(cx, &relation.scope, span) else { return };
    let ast::ExprKind::Range { from, to } = &range.kind else {
        if !matches!(range.kind, ast::ExprKind::Error) {
            let message = format!("`clip` takes a range of times, not {}", named(range));
            let diagnostic = Diagnostic::error(codes::BAD_WINDOW, range.span, message);
            let is_time =
                matches!(&range.kind, ast::ExprKind::Literal(ast::Literal::Time(_) | ast::Literal::TimeEnd));
            let diagnostic = diagnostic.hint("like `clip @1s..@2s`, `clip @1s..` or `clip ..@2s`");
            cx.report(if is_time { diagnostic.hint("`at` takes a moment") } else { diagnostic });
        }
        return;
    };
    // Null, for example of a parameter that was left out, does not cut either.
    let is_given = |time: &Expr| !matches!(time.kind, ExprKind::Value(Value::Null));
    let mut edge = |ast: &'a Option<Box<ast::Expr>>| match ast {
        Some(ast) => {
            time_constant(cx, ast, "a window goes from a time to a time").map(|t| Some(t).filter(is_given))
        }
        None => Some(None),
    };
    let (Some(from), Some(to)) = (edge(from), edge(to)) else { return };
    let (start, end) = (interval.start(span), interval.end(span));
    let compare = |op, left: &Expr, right: &Expr| make(op, left.clone(), right.clone(), Type::Bool, span);
    let mut conditions = Vec::new();
    let mut cut = (start.clone(), end.clone());
    let mut open = Vec::new();
    if let Some(from) = &from {
        // The first part says nothing new: it is what a scan can use.
        conditions.push(compare(BinaryOp::GtEq, &end, from));
        let touches = compare(BinaryOp::GtEq, &start, from);
        let overlaps = compare(BinaryOp::Gt, &end, from);
        conditions.push(make(BinaryOp::Or, overlaps, touches, Type::Bool, span));
        cut.0 = extreme("greatest", start.clone(), from.clone());
        open.push(("open_start", compare(BinaryOp::Lt, &start, from)));
    }
    if let Some(to) = &to {
        conditions.push(compare(BinaryOp::Lt, &start, to));
        cut.1 = extreme("least", end.clone(), to.clone());
        open.push(("open_end", compare(BinaryOp::Gt, &end, to)));
    }
    let known = |edge: &Option<Expr>| match edge {
        None => Some(None),
        Some(Expr { kind: ExprKind::Value(Value::Int(ns)), .. }) => Some(Some(*ns)),
        Some(_) => None,
    };
    if let (Some(from), Some(to)) = (known(&from), known(&to)) {
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            let message = "nothing lies in this window: it ends before it begins";
            cx.report(Diagnostic::warning(codes::NEVER_HOLDS, range.span, message));
        }
        tell_scan(&mut relation.rel, (from, to));
    }
    if let (Some(from), Some(to)) = (&from, &to) {
        // Nothing lies in a window without length.
        conditions.push(compare(BinaryOp::Lt, from, to));
    }
    for condition in conditions {
        relation.filter(condition);
    }
    let mut replaced = Vec::new();
    for (name, outside) in open {
        if let Lookup::Found(column) = relation.scope.find(name)
            && column.ty == Type::Bool
        {
            let before = reference(&column.column(), span);
            replaced.push((column.id, make(BinaryOp::Or, before, outside, Type::Bool, span)));
        }
    }
    if let Some(dur) = &interval.dur {
        let length = make(BinaryOp::Sub, cut.1.clone(), cut.0.clone(), Type::Duration, span);
        replaced.push((dur.id, length));
    }
    replaced.push((interval.start.id, cut.0));
    replaced.push((interval.end.id, cut.1));
    relation.replace(cx, &replaced);
}

/// Tells the scan that a relation is, if it is one, that its rows are cut to a window. Conditions may stand between, if
/// they ask for nothing that the cut changes.
fn tell_scan(rel: &mut Rel, window: (Option<i64>, Option<i64>)) {
    const CUT: [&str; 5] = ["start", "end", "dur", "open_start", "open_end"];
    match rel {
        Rel::Scan { clip, .. } if clip.is_none() => *clip = Some(window),
        Rel::Filter { input, predicate } => {
            let mut scan: &Rel = input;
            while let Rel::Filter { input, .. } = scan {
                scan = input;
            }
            let Rel::Scan { columns, .. } = scan else { return };
            let cut = |id| columns.iter().any(|(column, known)| *column == id && CUT.contains(&known.name));
            if !reads(predicate, &mut |id| cut(id)) {
                tell_scan(input, window);
            }
        }
        _ => {}
    }
}

/// The greater or the lesser of two times.
fn extreme(function: &str, a: Expr, b: Expr) -> Expr {
    let span = a.span;
    match catalog::function(function) {
        Some(function) => Expr { kind: ExprKind::Call { function, args: vec![a, b] }, ty: Type::Time, span },
        None => a,
    }
}

/// `at t`: the rows whose interval contains the moment.
pub(super) fn at<'a>(cx: &mut Context<'a>, relation: &mut Relation, time: &'a ast::Expr, span: Span) {
    let Some(interval) = interval(cx, &relation.scope, span) else { return };
    if let ast::ExprKind::Range { .. } = time.kind {
        let message = "`at` takes a time, not a range";
        let diagnostic = Diagnostic::error(codes::BAD_WINDOW, time.span, message);
        cx.report(diagnostic.hint("`clip` takes a range: the rows that intersect it, cut to it"));
        return;
    }
    let Some(time) = time_constant(cx, time, "`at` takes a time") else { return };
    let compare = |op, left: Expr| make(op, left, time.clone(), Type::Bool, span);
    relation.filter(compare(BinaryOp::LtEq, interval.start(span)));
    relation.filter(compare(BinaryOp::GtEq, interval.end(span)));
    // Half-open, but for intervals without length.
    let either = |a, b| make(BinaryOp::Or, a, b, Type::Bool, span);
    let lasts = compare(BinaryOp::Gt, interval.end(span));
    let begins = compare(BinaryOp::Eq, interval.start(span));
    let mut contains = either(lasts, begins);
    // What goes on behind the trace's end contains that too.
    if let Lookup::Found(open) = relation.scope.find("open_end")
        && open.ty == Type::Bool
    {
        let (open, ends) = (reference(&open.column(), span), compare(BinaryOp::Eq, interval.end(span)));
        contains = either(contains, make(BinaryOp::And, open, ends, Type::Bool, span));
    }
    relation.filter(contains);
}

/// `bucket w`: each row cut at the multiples of the width.
pub(super) fn bucket<'a>(cx: &mut Context<'a>, relation: &mut Relation, width: &'a ast::Expr, span: Span) {
    let Some(interval) = interval(cx, &relation.scope, span) else { return };
    let Some(value) = bucket_width(cx, &relation.scope, width, span) else {
        // There is a column of that name all the same.
        relation.scope.incomplete = true;
        return;
    };
    let [start, end, bucket] = ["start", "end", "bucket"].map(|name| cx.column(name, Type::Time));
    let columns = [start.clone(), end.clone(), bucket.clone()];
    let bounds = interval.bounds();
    relation.wrap(|input| {
        let [start, end, bucket] = columns;
        Rel::Bucket { input, bounds, width: value, start, end, bucket }
    });
    cx.names_column(bucket.id, "bucket", span);
    relation.scope.columns.push(ScopeColumn::new(&bucket, None));
    settle(cx, relation, &interval, &start, &end, span);
}

/// The width of buckets; None, and a complaint, if it is none, or there are buckets already.
fn bucket_width<'a>(cx: &mut Context<'a>, scope: &Scope, width: &'a ast::Expr, span: Span) -> Option<Expr> {
    let value = constant(cx, width);
    let diagnostic = if value.ty != Type::Duration && !is_open(&value.ty) {
        let message = format!("`bucket` takes a duration, {} is {}", named(width), article(&value.ty));
        let diagnostic = Diagnostic::error(codes::BAD_WIDTH, width.span, message);
        match super::literals::with_unit(&value, &Type::Duration) {
            Some(fix) => diagnostic.note(format!("did you mean {fix}?")).fix(width.span, fix),
            None => diagnostic.hint("like `bucket 10ms`"),
        }
    } else if matches!(value.kind, ExprKind::Value(Value::Int(n)) if n <= 0) {
        let message = "a bucket's width is more than nothing";
        Diagnostic::error(codes::BAD_WIDTH, width.span, message).hint("like `bucket 10ms`")
    } else if !matches!(scope.find("bucket"), Lookup::Missing) {
        let message = "there is already a column called `bucket`";
        Diagnostic::error(codes::DUPLICATE_NAME, span, message).hint("`|> rename bucket as …` before")
    } else {
        return Some(value);
    };
    cx.report(diagnostic);
    None
}

/// After an operator that gave new bounds: they take the place of the old ones, and `dur` follows.
pub(super) fn settle(
    cx: &mut Context<'_>,
    relation: &mut Relation,
    interval: &Interval,
    start: &Column,
    end: &Column,
    span: Span,
) {
    let mut replaced: Vec<(ColumnId, Expr)> = Vec::new();
    for column in &mut relation.scope.columns {
        if column.id == interval.start.id {
            cx.follows(start.id, column.id);
            column.id = start.id;
        } else if column.id == interval.end.id {
            cx.follows(end.id, column.id);
            column.id = end.id;
        } else if interval.dur.as_ref().is_some_and(|dur| dur.id == column.id) {
            replaced.push((column.id, length(start, end, span)));
        }
    }
    relation.replace(cx, &replaced);
}

/// `end - start`.
pub(super) fn length(start: &Column, end: &Column, span: Span) -> Expr {
    make(BinaryOp::Sub, reference(end, span), reference(start, span), Type::Duration, span)
}

/// `merge`, `gaps`, `depth`.
pub(super) fn sweep<'a>(
    cx: &mut Context<'a>,
    relation: &mut Relation,
    kind: SweepKind,
    by: &'a [ast::Expr],
    span: Span,
) {
    let interval = interval(cx, &relation.scope, span);
    let Some(keys) = keys(cx, &relation.scope, by) else {
        relation.scope.incomplete = true;
        return;
    };
    let Some(interval) = interval else { return };
    let [start, end] = ["start", "end"].map(|name| cx.column(name, Type::Time));
    let number = match kind {
        SweepKind::Merge => Some(cx.column("count", Type::Int)),
        SweepKind::Depth => Some(cx.column("depth", Type::Int)),
        SweepKind::Gaps => None,
    };
    let dur = cx.column("dur", Type::Duration);
    for column in [&start, &end, &dur].into_iter().chain(&number) {
        cx.names_column(column.id, &column.name, span);
    }
    let mut items: Vec<(Column, Expr)> = keys.iter().map(|key| (key.clone(), reference(key, span))).collect();
    items.extend([&start, &end].map(|column| (column.clone(), reference(column, span))));
    items.push((dur, length(&start, &end, span)));
    items.extend(number.iter().map(|column| (column.clone(), reference(column, span))));
    let bounds = interval.bounds();
    relation.wrap(|input| Rel::Sweep { kind, input, bounds, keys, start, end, number });
    relation.show(items, false);
}

/// The columns after `by`; None, and a complaint, if one is none.
pub(super) fn keys<'a>(cx: &mut Context<'a>, scope: &Scope, by: &'a [ast::Expr]) -> Option<Vec<Column>> {
    let mut keys: Vec<Column> = Vec::with_capacity(by.len());
    let mut all = true;
    for ast in by {
        let key = Checker::new(cx, scope, Clause::PipeSelect).expr(ast);
        cx.sees(ast.span, Wanted::Column, scope);
        let ExprKind::Column(id) = key.kind else {
            if key.ty != Type::Unknown {
                let message = format!("{} is no column", named(ast));
                cx.report(Diagnostic::error(codes::BAD_KEY, ast.span, message));
            }
            all = false;
            continue;
        };
        if matches!(key.ty, Type::List(_) | Type::Struct(_)) {
            let message = format!("{} is {}, which is no key", named(ast), article(&key.ty));
            cx.report(Diagnostic::error(codes::BAD_KEY, ast.span, message));
            all = false;
        }
        if let Some(column) = scope.by_id(id)
            && keys.iter().all(|known| known.id != id)
        {
            keys.push(column.column());
        }
    }
    all.then_some(keys)
}
