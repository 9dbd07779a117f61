//! `render`: a hint at how to show the result.

use super::codes;
use super::context::Context;
use super::expr::{Checker, Clause};
use super::facts::{Target, Wanted};
use super::naming::named;
use super::relation::Relation;
use super::scope::Lookup;
use super::typed::{ColumnId, ExprKind, Render};
use super::types::{article, is_open};
use crate::catalog::{self, Part, Picture, Type};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, Ident};
use crate::syntax::similar::closest;

pub(super) fn render<'a>(cx: &mut Context<'a>, relation: &mut Relation, kind: &Ident, args: &'a [ast::Arg]) {
    let Some(picture) = catalog::picture(&kind.text) else {
        let names: Vec<&str> = catalog::pictures().iter().map(|picture| picture.name).collect();
        let message = format!("there is no picture `{}`", kind.text);
        let diagnostic = Diagnostic::error(codes::BAD_RENDER, kind.span, message);
        let diagnostic = match closest(&kind.text, names.iter().copied()) {
            Some(near) => diagnostic.note(format!("did you mean `{near}`?")).fix(kind.span, near),
            None => diagnostic,
        };
        cx.report(diagnostic.hint(format!("the pictures are {}", names.join(", "))));
        return;
    };
    cx.refers(kind.span, Target::Picture(picture), None);
    let mut parts: Vec<(&'static str, ColumnId)> = Vec::new();
    for (n, arg) in args.iter().enumerate() {
        let part = match &arg.name {
            Some(name) => picture.parts.iter().find(|part| part.name == name.text),
            None => picture.parts.get(n),
        };
        let Some(part) = part else {
            let span = arg.name.as_ref().map_or(arg.value.span, |name| name.span);
            let message = format!("`{}` has no such part", picture.name);
            cx.report(Diagnostic::error(codes::BAD_RENDER, span, message).hint(call(picture)));
            continue;
        };
        if let Some(name) = &arg.name {
            cx.refers(name.span, Target::Part(part), None);
        }
        if let Some(id) = column(cx, relation, part, &arg.value) {
            parts.push((part.name, id));
        }
    }
    for part in picture.parts {
        if parts.iter().any(|(name, _)| *name == part.name) {
            continue;
        }
        // A part that is not given is the column of its name.
        match relation.scope.find(part.name) {
            Lookup::Found(column) => parts.push((part.name, column.id)),
            _ if part.required && args.len() < picture.parts.len() && !relation.scope.incomplete => {
                let message = format!("`{}` needs its `{}`", picture.name, part.name);
                cx.report(Diagnostic::error(codes::BAD_RENDER, kind.span, message).hint(call(picture)));
            }
            _ => {}
        }
    }
    relation.render = Some(Render { picture, parts });
}

/// The column that a part is.
fn column<'a>(
    cx: &mut Context<'a>,
    relation: &Relation,
    part: &Part,
    ast: &'a ast::Expr,
) -> Option<ColumnId> {
    let value = Checker::new(cx, &relation.scope, Clause::PipeSelect).expr(ast);
    cx.sees(ast.span, Wanted::Column, &relation.scope);
    let fits = part.accepts.is_empty() || part.accepts.contains(&value.ty) || is_open(&value.ty);
    let message = match &value.kind {
        _ if value.ty == Type::Unknown => return None,
        ExprKind::Column(id) if fits => return Some(*id),
        ExprKind::Column(_) => {
            format!("`{}` can't be {}, which is {}", part.name, named(ast), article(&value.ty))
        }
        _ => format!("`{}` is a column, and {} is none", part.name, named(ast)),
    };
    cx.report(Diagnostic::error(codes::BAD_RENDER, ast.span, message));
    None
}

/// How a picture is asked for: `flamegraph(stack, weight)`.
fn call(picture: &Picture) -> String {
    let parts: Vec<String> = picture
        .parts
        .iter()
        .map(|part| if part.required { part.name.to_owned() } else { format!("[{}]", part.name) })
        .collect();
    if parts.is_empty() { picture.name.to_owned() } else { format!("{}({})", picture.name, parts.join(", ")) }
}
