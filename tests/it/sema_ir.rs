//! What holds for every typed query without errors: nothing is read that is not there, ids are unique, and operands
//! have the types that the planner may rely on.

use std::collections::BTreeSet;

use gtq::catalog::Type;
use gtq::sema::typed::{
    Aggregate, BinaryOp, Column, ColumnId, Expr, ExprKind, JoinKind, Query, Rel, SortKey, Value,
};

type Columns = BTreeSet<ColumnId>;

pub(crate) fn check(query: &Query) {
    within(query, &mut Columns::new());
}

/// Checks a query inside of another.
fn within(query: &Query, made: &mut Columns) {
    let outputs = rel(&query.rel, made);
    for column in &query.columns {
        assert!(outputs.contains(&column.id), "{} is shown but not there", column.name);
    }
}

/// Checks a relation; gives its columns. `made`: those that some relation of the query has made.
fn rel(relation: &Rel, made: &mut Columns) -> Columns {
    match relation {
        Rel::Scan { columns, .. } => columns.iter().map(|(id, _)| new(*id, made)).collect(),
        Rel::Values { columns, rows } => {
            for row in rows {
                assert_eq!(row.len(), columns.len());
                for (value, column) in row.iter().zip(columns) {
                    expr(value, &Columns::new(), made);
                    assert_eq!(value.ty, column.ty);
                }
            }
            columns.iter().map(|column| new(column.id, made)).collect()
        }
        Rel::Filter { input, predicate } => {
            let columns = rel(input, made);
            expr(predicate, &columns, made);
            assert_eq!(predicate.ty, Type::Bool);
            columns
        }
        Rel::Project { input, items } => {
            let columns = rel(input, made);
            outputs(items, &columns, made)
        }
        Rel::Aggregate { input, keys, aggregates } => {
            let columns = rel(input, made);
            let mut all = outputs(keys, &columns, made);
            for (column, call) in aggregates {
                aggregate(call, &columns, made);
                assert_eq!(call.ty, column.ty);
                assert!(all.insert(new(column.id, made)));
            }
            all
        }
        Rel::Window { input, calls } => {
            let columns = rel(input, made);
            let mut all = columns.clone();
            for (column, window) in calls {
                aggregate(&window.call, &columns, made);
                window.partition_by.iter().for_each(|key| expr(key, &columns, made));
                sort_keys(&window.order_by, &columns, made);
                all.insert(new(column.id, made));
            }
            all
        }
        Rel::Sort { input, keys } => {
            let columns = rel(input, made);
            sort_keys(keys, &columns, made);
            columns
        }
        Rel::OverlapJoin { left, left_bounds, right, right_bounds, on, filter, start, end, .. } => {
            let left = rel(left, made);
            let right = rel(right, made);
            assert!([left_bounds.start, left_bounds.end].iter().all(|id| left.contains(id)));
            assert!([right_bounds.start, right_bounds.end].iter().all(|id| right.contains(id)));
            for (l, r) in on {
                expr(l, &left, made);
                expr(r, &right, made);
                assert_eq!(l.ty, r.ty);
            }
            let mut both: Columns = left.union(&right).copied().collect();
            filter.iter().for_each(|filter| expr(filter, &both, made));
            both.extend([start, end].map(|column| new(column.id, made)));
            both
        }
        Rel::Sweep { input, bounds, keys, start, end, number, .. } => {
            let columns = rel(input, made);
            assert!([bounds.start, bounds.end].iter().all(|id| columns.contains(id)));
            assert!(keys.iter().all(|key| columns.contains(&key.id)));
            let added = [start, end].into_iter().chain(number).map(|column| new(column.id, made));
            added.chain(keys.iter().map(|key| key.id)).collect()
        }
        Rel::Bucket { input, bounds, width, start, end, bucket } => {
            let mut columns = rel(input, made);
            assert!([bounds.start, bounds.end].iter().all(|id| columns.contains(id)));
            expr(width, &Columns::new(), made);
            assert_eq!(width.ty, Type::Duration);
            columns.extend([start, end, bucket].map(|column| new(column.id, made)));
            columns
        }
        Rel::Limit { input, .. } | Rel::Distinct { input } => rel(input, made),
        Rel::Join { kind, left, right, on, filter } => {
            let left = rel(left, made);
            let right = rel(right, made);
            for (l, r) in on {
                expr(l, &left, made);
                expr(r, &right, made);
                assert_eq!(l.ty, r.ty);
            }
            let both: Columns = left.union(&right).copied().collect();
            filter.iter().for_each(|filter| expr(filter, &both, made));
            if matches!(kind, JoinKind::Semi | JoinKind::Anti) { left } else { both }
        }
        Rel::Set { left, left_columns, right, right_columns, columns, .. } => {
            for (side, own) in [(left, left_columns), (right, right_columns)] {
                let there = rel(side, made);
                assert_eq!(own.len(), columns.len());
                assert!(own.iter().all(|id| there.contains(id)));
            }
            columns.iter().map(|column| new(column.id, made)).collect()
        }
    }
}

fn new(id: ColumnId, made: &mut Columns) -> ColumnId {
    assert!(made.insert(id), "{id:?} is made twice");
    id
}

/// Columns that are passed on keep their ids, others are new.
fn outputs(items: &[(Column, Expr)], columns: &Columns, made: &mut Columns) -> Columns {
    let mut all = Columns::new();
    for (column, item) in items {
        expr(item, columns, made);
        assert_eq!(column.ty, item.ty, "{}", column.name);
        if item.kind != ExprKind::Column(column.id) {
            new(column.id, made);
        }
        assert!(all.insert(column.id), "{} is there twice", column.name);
    }
    all
}

fn aggregate(call: &Aggregate, columns: &Columns, made: &mut Columns) {
    call.args.iter().chain(&call.filter).for_each(|arg| expr(arg, columns, made));
    sort_keys(&call.order_by, columns, made);
}

fn sort_keys(keys: &[SortKey], columns: &Columns, made: &mut Columns) {
    keys.iter().for_each(|key| expr(&key.expr, columns, made));
}

fn expr(e: &Expr, columns: &Columns, made: &mut Columns) {
    assert_ne!(e.ty, Type::Unknown, "{e:?}");
    match &e.kind {
        ExprKind::Parameter(name) => panic!("${name} has no value"),
        ExprKind::Column(id) => assert!(columns.contains(id), "{id:?} is read but not there"),
        ExprKind::Value(value) => match value {
            Value::Null => {}
            Value::Bool(_) => assert_eq!(e.ty, Type::Bool),
            Value::Float(_) => assert_eq!(e.ty, Type::Float),
            Value::String(_) => assert_eq!(e.ty, Type::String),
            Value::Int(_) => {
                assert!(matches!(e.ty, Type::Int | Type::Duration | Type::Time | Type::Bytes), "{e:?}");
            }
        },
        ExprKind::TraceEnd | ExprKind::WallClock(_) => assert_eq!(e.ty, Type::Time),
        ExprKind::TraceName => assert_eq!(e.ty, Type::String),
        ExprKind::Neg(inner) => {
            expr(inner, columns, made);
            assert_eq!(inner.ty, e.ty);
        }
        ExprKind::Not(inner) => {
            expr(inner, columns, made);
            assert_eq!(inner.ty, Type::Bool);
        }
        ExprKind::IsNull(inner) | ExprKind::Field { expr: inner, .. } | ExprKind::Cast(inner) => {
            expr(inner, columns, made)
        }
        ExprKind::Binary { op, left, right } => {
            expr(left, columns, made);
            expr(right, columns, made);
            match op {
                BinaryOp::And | BinaryOp::Or => assert!(left.ty == Type::Bool && right.ty == Type::Bool),
                BinaryOp::Match | BinaryOp::Has => {}
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => {
                    let numbers = |ty: &Type| matches!(ty, Type::Int | Type::Float);
                    if numbers(&left.ty) && numbers(&right.ty) {
                        assert!(left.ty == right.ty && left.ty == e.ty, "{e:?}");
                    }
                }
                _ => assert_eq!(left.ty, right.ty, "{e:?}"),
            }
        }
        ExprKind::In { expr: operand, list } => {
            expr(operand, columns, made);
            for item in list {
                expr(item, columns, made);
                assert_eq!(item.ty, operand.ty);
            }
        }
        ExprKind::Like { expr: operand, pattern, .. } => {
            expr(operand, columns, made);
            expr(pattern, columns, made);
        }
        ExprKind::Case { branches, otherwise } => {
            for (when, then) in branches {
                expr(when, columns, made);
                expr(then, columns, made);
                assert_eq!((&when.ty, &then.ty), (&Type::Bool, &e.ty));
            }
            if let Some(otherwise) = otherwise {
                expr(otherwise, columns, made);
                assert_eq!(otherwise.ty, e.ty);
            }
        }
        ExprKind::Call { args, .. } | ExprKind::List(args) => {
            args.iter().for_each(|arg| expr(arg, columns, made));
        }
        ExprKind::Index { expr: list, index } => {
            expr(list, columns, made);
            expr(index, columns, made);
            assert_eq!(index.ty, Type::Int);
        }
        ExprKind::InQuery { expr: operand, query } => {
            expr(operand, columns, made);
            within(query, made);
            let types: Vec<_> = query.columns.iter().map(|column| &column.ty).collect();
            assert_eq!(types, [&operand.ty]);
        }
        ExprKind::Query(query) => {
            within(query, made);
            assert_eq!(query.columns.len(), 1);
        }
        ExprKind::Exists(query) => within(query, made),
    }
}
