//! `union`, `intersect`, `except`.

use super::codes;
use super::context::Context;
use super::relation::Relation;
use super::scope::Scope;
use super::typed::{Column, Rel, SetOp};
use super::types::{article, coerce, unify};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};

/// Combines two relations; columns match by position, their names are the left's.
pub(super) fn combine(
    cx: &mut Context<'_>,
    left: &mut Relation,
    (op, all, op_span): (SetOp, bool, Span),
    mut right: Relation,
    right_span: Span,
) {
    let word = match op {
        SetOp::Union => "union",
        SetOp::Intersect => "intersect",
        SetOp::Except => "except",
    };
    if left.scope.incomplete || right.scope.incomplete {
        left.scope.incomplete = true;
        return;
    }
    let (ours, theirs) = (left.visible_columns(), right.visible_columns());
    if ours.len() != theirs.len() {
        let message = format!("the sides of `{word}` have {} and {} columns", ours.len(), theirs.len());
        let names = |columns: &[(Column, _)]| {
            let names: Vec<&str> = columns.iter().map(|(c, _)| c.name.as_str()).collect();
            names.join(", ")
        };
        cx.report(
            Diagnostic::error(codes::BAD_SET_OPERATION, op_span, message)
                .hint(format!("left: {}", names(&ours)))
                .hint(format!("right: {}", names(&theirs))),
        );
        left.scope.incomplete = true;
        return;
    }
    let mut names = super::naming::Names::default();
    let mut columns = Vec::with_capacity(ours.len());
    for ((l, _), (r, _)) in ours.iter().zip(&theirs) {
        let ty = unify(&l.ty, &r.ty).unwrap_or_else(|| {
            let message =
                format!("`{}` is {}, on the right it is {}", l.name, article(&l.ty), article(&r.ty));
            let diagnostic = Diagnostic::error(codes::BAD_SET_OPERATION, right_span, message);
            cx.report(diagnostic.note(format!("the sides of `{word}` match by position")));
            Type::Unknown
        });
        let column = cx.column(names.unique(&l.name), ty);
        cx.follows(column.id, l.id);
        if let (Some(a), Some(b)) = (cx.domains.get(&l.id), cx.domains.get(&r.id))
            && std::ptr::eq(*a, *b)
        {
            let domain = *a;
            cx.domains.insert(column.id, domain);
        }
        columns.push(column);
    }
    let left_columns = brought_to(cx, left, &columns);
    let right_columns = brought_to(cx, &mut right, &columns);
    let right = Box::new(right.rel);
    left.scope = Scope::new(&columns, None);
    left.wrap(|left| Rel::Set { op, all, left, left_columns, right, right_columns, columns });
}

/// Casts a side's columns to the types they have in common with the other's, where they differ.
fn brought_to(cx: &mut Context<'_>, side: &mut Relation, columns: &[Column]) -> Vec<super::typed::ColumnId> {
    let mut own = side.visible_columns();
    if own.iter().zip(columns).any(|((own, _), column)| own.ty != column.ty) {
        for ((own, expr), column) in own.iter_mut().zip(columns) {
            if own.ty != column.ty && column.ty != Type::Unknown {
                *own = cx.column(own.name.clone(), column.ty.clone());
                *expr = coerce(expr.clone(), &column.ty);
            }
        }
        side.project(own.clone());
    }
    own.into_iter().map(|(column, _)| column.id).collect()
}
