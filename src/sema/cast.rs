//! Casts: which there are, and what the types are called.

use super::codes;
use super::expr::Checker;
use super::naming::named;
use super::typed::{Expr, ExprKind};
use super::types::{article, is_number, is_open, unknown};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;
use crate::syntax::similar::closest;

/// The types that have a name of their own.
const TYPES: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("float", Type::Float),
    ("string", Type::String),
    ("bytes", Type::Bytes),
    ("duration", Type::Duration),
    ("time", Type::Time),
    ("stack", Type::Stack),
];

/// What other languages call them.
const FOREIGN: &[(&str, &str)] = &[
    ("boolean", "bool"),
    ("integer", "int"),
    ("bigint", "int"),
    ("smallint", "int"),
    ("int64", "int"),
    ("i64", "int"),
    ("long", "int"),
    ("double", "float"),
    ("real", "float"),
    ("numeric", "float"),
    ("decimal", "float"),
    ("float64", "float"),
    ("f64", "float"),
    ("text", "string"),
    ("varchar", "string"),
    ("char", "string"),
    ("interval", "duration"),
    ("timestamp", "time"),
    ("array", "list"),
];

impl<'a> Checker<'_, 'a> {
    pub(super) fn cast(&mut self, expr: &'a ast::Expr, name: &ast::TypeName, span: Span) -> Expr {
        let value = self.expr(expr);
        let ty = self.type_of(name);
        if ty == Type::Unknown || value.ty == Type::Unknown || castable(&value.ty, &ty) {
            if value.ty == ty {
                return Expr { span, ..value };
            }
            return Expr { kind: ExprKind::Cast(Box::new(value)), ty, span };
        }
        let message =
            format!("{} is {}, which can't become {}", named(expr), article(&value.ty), article(&ty));
        let mut diagnostic = Diagnostic::error(codes::BAD_CAST, span, message);
        if let Some(hint) = hint(&value.ty, &ty) {
            diagnostic = diagnostic.hint(hint);
        }
        self.report(diagnostic);
        Expr { ty, ..unknown(span) }
    }

    pub(super) fn type_of(&mut self, name: &ast::TypeName) -> Type {
        let text = name.name.text.as_str();
        if text == "list" {
            return match &name.args[..] {
                [item] => Type::list(self.type_of(item)),
                _ => {
                    let diagnostic =
                        Diagnostic::error(codes::UNKNOWN_TYPE, name.span, "a list is of some type");
                    self.report(diagnostic.hint("like `list<string>`"));
                    Type::Unknown
                }
            };
        }
        if let Some((_, ty)) = TYPES.iter().find(|(known, _)| *known == text) {
            if !name.args.is_empty() {
                let message = format!("`{text}` takes no types");
                self.report(Diagnostic::error(codes::UNKNOWN_TYPE, name.span, message));
            }
            return ty.clone();
        }
        let diagnostic =
            Diagnostic::error(codes::UNKNOWN_TYPE, name.name.span, format!("there is no type `{text}`"));
        let names = || TYPES.iter().map(|(name, _)| *name).chain(["list"]);
        let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == text).map(|(_, own)| *own);
        let diagnostic = match foreign.or_else(|| closest(text, names())) {
            Some(near) => diagnostic.note(format!("did you mean `{near}`?")).fix(name.name.span, near),
            None => diagnostic.hint(format!("the types are {}", names().collect::<Vec<_>>().join(", "))),
        };
        self.report(diagnostic);
        Type::Unknown
    }
}

fn castable(from: &Type, to: &Type) -> bool {
    let united = |ty: &Type| ty.unit().is_some();
    match (from, to) {
        _ if from == to || is_open(from) || is_open(to) => true,
        (Type::List(from), Type::List(to)) => castable(from, to),
        (Type::List(_) | Type::Struct(_), _) => false,
        (_, Type::String) | (Type::Bool, Type::Int) => true,
        (Type::String, Type::Int | Type::Float | Type::Bool) => true,
        _ => (is_number(from) || united(from)) && is_number(to) || is_number(from) && united(to),
    }
}

fn hint(from: &Type, to: &Type) -> Option<&'static str> {
    Some(match (from, to) {
        (Type::Duration, Type::Time) => "add it to a time: `@0s + d`",
        (Type::Time, Type::Duration) => "a time minus a time is a duration: `t - @0s`",
        (Type::String, Type::Duration) => "write a duration without quotes, like 10ms",
        (Type::Int | Type::Float, Type::Bool) => "compare it: `x <> 0`",
        (Type::List(_), Type::String) => "`list_join(list, ', ')` makes a string of a list",
        _ => return None,
    })
}
