//! Lists of items: stars become columns, every item gets a name.

use super::codes;
use super::context::Context;
use super::expr::Checker;
use super::facts::{Named, Wanted};
use super::names::{propose, unknown_qualifier};
use super::naming::{Names, implicit_name};
use super::relation::{output_column, reference};
use super::typed::{Column, Expr, ExprKind};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

/// An item whose expression has been checked.
#[derive(Clone)]
pub(super) struct CheckedItem {
    pub(super) name: String,
    /// Where the user gave the name.
    pub(super) alias: Option<Span>,
    pub(super) expr: Expr,
}

/// Checks the items in turn; each may refer to the names of those before it.
pub(super) fn check<'a>(checker: &mut Checker<'_, 'a>, items: &'a [ast::Item]) -> Vec<CheckedItem> {
    let mut checked = Vec::with_capacity(items.len());
    for item in items {
        match item {
            ast::Item::Star { qualifier, except, span } => {
                star(checker, qualifier.as_ref(), except, *span, &mut checked);
            }
            ast::Item::Expr { expr, alias } => {
                let item = check_one(checker, expr, alias.as_ref());
                checker.aliases.push(item.clone());
                checked.push(item);
            }
        }
    }
    checked
}

pub(super) fn check_one<'a>(
    checker: &mut Checker<'_, 'a>,
    expr: &'a ast::Expr,
    alias: Option<&'a ast::Ident>,
) -> CheckedItem {
    let checked = checker.expr(expr);
    match alias {
        Some(alias) => CheckedItem { name: alias.text.clone(), alias: Some(alias.span), expr: checked },
        None => CheckedItem { name: implicit_name(expr), alias: None, expr: checked },
    }
}

fn star(
    checker: &mut Checker<'_, '_>,
    qualifier: Option<&ast::Ident>,
    except: &[ast::Ident],
    span: Span,
    checked: &mut Vec<CheckedItem>,
) {
    let scope = checker.scope;
    let columns: Vec<_> = match qualifier {
        Some(table) if scope.has_qualifier(&table.text) => {
            checker.cx.refers_to_table(table);
            scope.of(&table.text).collect()
        }
        Some(table) => {
            if !scope.incomplete {
                let diagnostic = unknown_qualifier(scope, table);
                checker.report(diagnostic);
            }
            return;
        }
        None => scope.visible().collect(),
    };
    if columns.is_empty() && !scope.incomplete {
        let diagnostic =
            Diagnostic::error(codes::BAD_ITEM, span, "there are no columns for `*` to stand for");
        checker.report(diagnostic.hint("add `from` and a table"));
    }
    for name in except {
        checker.cx.sees(name.span, Wanted::Column, scope);
        if let Some(column) = columns.iter().find(|column| column.name == name.text) {
            checker.cx.reads(name.span, column);
        }
        if !scope.incomplete && columns.iter().all(|c| c.name != name.text) {
            let message = format!("there is no column `{}` to leave out", name.text);
            let diagnostic = Diagnostic::error(codes::UNKNOWN_COLUMN, name.span, message);
            checker.report(propose(diagnostic, name, columns.iter().map(|c| c.name.as_str())));
        }
    }
    for column in columns {
        if except.iter().all(|name| name.text != column.name) {
            let expr = reference(&column.column(), span);
            checked.push(CheckedItem { name: column.name.clone(), alias: None, expr });
        }
    }
}

/// Gives every item a name of its own. What the user named keeps its name; two items that the user named alike are an
/// error; others get `_2`, `_3`, … where their names are taken, also by `taken`.
pub(super) fn name(cx: &mut Context<'_>, items: &mut [CheckedItem], taken: &[&str]) {
    let mut names = Names::default();
    for name in taken {
        names.take(name);
    }
    for item in items.iter_mut() {
        let Some(span) = item.alias else { continue };
        if !names.take(&item.name) {
            let message = format!("there are two columns called `{}`", item.name);
            let mut diagnostic = Diagnostic::error(codes::DUPLICATE_NAME, span, message);
            if taken.contains(&item.name.as_str()) {
                diagnostic = diagnostic.hint(format!("`|> set {} = …` replaces a column", item.name));
            }
            cx.report(diagnostic);
            item.name = names.unique(&item.name);
        }
    }
    for item in items.iter_mut().filter(|item| item.alias.is_none()) {
        item.name = names.unique(&item.name);
    }
}

/// The column that an item gives; tells where it is named.
pub(super) fn named_column(
    cx: &mut Context<'_>,
    name: String,
    alias: Option<Span>,
    expr: &Expr,
    before: &[(Column, Expr)],
) -> Column {
    let column = output_column(cx, name, expr, before);
    if let ExprKind::Column(id) = expr.kind {
        cx.follows(column.id, id);
    }
    match (alias, &expr.kind) {
        (Some(span), _) => {
            cx.names_column(column.id, &column.name, span);
            cx.gives_name(span, Named::Column, Some(&column.ty));
        }
        (None, ExprKind::Column(_)) => {}
        (None, _) => cx.names_column(column.id, &column.name, expr.span),
    }
    column
}

/// The columns that named items give.
pub(super) fn columns(cx: &mut Context<'_>, items: Vec<CheckedItem>) -> Vec<(Column, Expr)> {
    let mut columns: Vec<(Column, Expr)> = Vec::with_capacity(items.len());
    for item in items {
        let column = named_column(cx, item.name, item.alias, &item.expr, &columns);
        columns.push((column, item.expr));
    }
    columns
}
