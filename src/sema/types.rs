//! How types go together.

use super::typed::{Expr, ExprKind, Value};
use crate::catalog::Type;
use crate::diag::Span;

/// A type with its article: "an int", "a duration".
pub(super) fn article(ty: &Type) -> String {
    match ty {
        Type::Null => "null".to_owned(),
        Type::Int => "an int".to_owned(),
        Type::Bytes => "a size in bytes".to_owned(),
        _ => format!("a {ty}"),
    }
}

/// Whether a type goes with every other: null, or an error's.
pub(super) fn is_open(ty: &Type) -> bool {
    matches!(ty, Type::Null | Type::Unknown)
}

pub(super) fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Float)
}

/// A unit that can be added up and multiplied.
pub(super) fn is_amount(ty: &Type) -> bool {
    matches!(ty, Type::Duration | Type::Bytes)
}

/// Whether values of the type have an order.
pub(super) fn is_ordered(ty: &Type) -> bool {
    !matches!(ty, Type::Stack | Type::List(_) | Type::Struct(_))
}

/// The type of the difference between two values of a type.
pub(super) fn difference(ty: &Type) -> Type {
    if *ty == Type::Time { Type::Duration } else { ty.clone() }
}

/// The type in which values of both can meet: an int and a float as floats, null with anything.
pub(super) fn unify(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Type::Unknown, _) | (_, Type::Unknown) => Some(Type::Unknown),
        (Type::Null, other) | (other, Type::Null) => Some(other.clone()),
        (Type::Int, Type::Float) | (Type::Float, Type::Int) => Some(Type::Float),
        (Type::List(a), Type::List(b)) => unify(a, b).map(Type::list),
        _ => None,
    }
}

/// Brings an expression to a type that [`unify`] found for it.
pub(super) fn coerce(expr: Expr, ty: &Type) -> Expr {
    if expr.ty == *ty || *ty == Type::Unknown || expr.ty == Type::Unknown {
        return expr;
    }
    let span = expr.span;
    let kind = match (expr.kind, ty) {
        (ExprKind::Value(Value::Null), _) => ExprKind::Value(Value::Null),
        (ExprKind::Value(Value::Int(n)), Type::Float) if expr.ty == Type::Int => {
            ExprKind::Value(Value::Float(as_float(n)))
        }
        (ExprKind::List(items), Type::List(item)) => {
            ExprKind::List(items.into_iter().map(|e| coerce(e, item)).collect())
        }
        (kind, _) => ExprKind::Cast(Box::new(Expr { kind, ty: expr.ty, span })),
    };
    Expr { kind, ty: ty.clone(), span }
}

#[expect(clippy::cast_precision_loss, reason = "that is what the conversion means")]
fn as_float(n: i64) -> f64 {
    n as f64
}

/// In place of an expression with an error that has been reported.
pub(super) fn unknown(span: Span) -> Expr {
    Expr { kind: ExprKind::Value(Value::Null), ty: Type::Unknown, span }
}
