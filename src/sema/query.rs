//! Queries: `with`, bodies, and the sources that they read.

use super::codes;
use super::context::{Context, Cte};
use super::declared::Declared;
use super::expr::{Checker, Clause};
use super::facts::{Location, Named, Target, Wanted};
use super::join;
use super::names::propose;
use super::order;
use super::relation::Relation;
use super::scope::Scope;
use super::select;
use super::setop;
use super::stages;
use super::typed::{self, Column, Expr, Rel};
use super::types::{article, coerce, unify, unknown};
use crate::catalog::{self, TableCall, Type};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, Body, Ident, SourceKind};

pub(super) fn query<'a>(cx: &mut Context<'a>, query: &'a ast::Query) -> typed::Query {
    relation(cx, query).finish()
}

pub(super) fn relation<'a>(cx: &mut Context<'a>, query: &'a ast::Query) -> Relation {
    let before = cx.ctes.len();
    for cte in &query.ctes {
        if cx.ctes.iter().skip(before).any(|known| known.cte.name.text == cte.name.text) {
            let message = format!("there are two `with` queries called `{}`", cte.name.text);
            cx.report(Diagnostic::error(codes::DUPLICATE_NAME, cte.name.span, message));
        }
        cx.gives_name(cte.name.span, Named::With, None);
        cx.ctes.push(Cte { cte, used: false });
    }
    let mut relation = body(cx, &query.body);
    if !query.stages.is_empty() {
        // How a query in parentheses would be shown does not matter to what is made of it.
        relation.render = None;
    }
    for stage in &query.stages {
        stages::stage(cx, &mut relation, stage);
    }
    // What nobody uses may have errors all the same.
    for n in (before..cx.ctes.len()).rev() {
        if cx.ctes.get(n).is_some_and(|known| !known.used) {
            expand(cx, n, Span::default());
        }
    }
    cx.ctes.truncate(before);
    relation
}

fn body<'a>(cx: &mut Context<'a>, body: &'a Body) -> Relation {
    match body {
        // A query that is called and left as it is, is shown as it says.
        Body::From(from) if from.joins.is_empty() => source(cx, &from.source),
        Body::From(source) => from(cx, source),
        Body::Select(form) => select::select(cx, form),
        Body::Query(query) => relation(cx, query),
        Body::Set(set) => {
            if !cx.step(set.op_span) {
                return Relation::unknown(None);
            }
            let mut left = relation(cx, &set.left);
            left.render = None;
            let right = relation(cx, &set.right);
            setop::combine(cx, &mut left, (set.op, set.all, set.op_span), right, set.right.span);
            order::stage(cx, &mut left, &set.order_by);
            order::limit(cx, &mut left, set.limit.as_ref(), set.offset.as_ref());
            left
        }
        Body::Error(_) => Relation::unknown(None),
    }
}

/// `source {join}`.
pub(super) fn from<'a>(cx: &mut Context<'a>, from: &'a ast::From) -> Relation {
    let mut relation = source(cx, &from.source);
    relation.render = None;
    for join in &from.joins {
        join::join(cx, &mut relation, join);
    }
    relation
}

pub(super) fn source<'a>(cx: &mut Context<'a>, source: &'a ast::Source) -> Relation {
    let alias = source.alias.as_ref().map(|alias| alias.text.as_str());
    let mut relation = match &source.kind {
        SourceKind::Table(parts) => table(cx, parts, alias, source.span),
        SourceKind::Function { name, args } => table_function(cx, name, args, alias),
        SourceKind::Query(query) => subquery(relation(cx, query), alias),
        SourceKind::Values(rows) => values(cx, rows, alias),
        SourceKind::Error => Relation::unknown(alias),
    };
    if let Some(extra) = source.columns.get(relation.scope.columns.len())
        && !relation.scope.incomplete
    {
        let message = format!("there are only {} columns to name", relation.scope.columns.len());
        cx.report(Diagnostic::error(codes::BAD_VALUES, extra.span, message));
    }
    for (column, name) in relation.scope.columns.iter_mut().zip(&source.columns) {
        column.name.clone_from(&name.text);
        cx.names_column(column.id, &column.name, name.span);
        cx.gives_name(name.span, Named::Column, Some(&column.ty));
    }
    if let Some(alias) = &source.alias {
        cx.names_alias(alias);
    }
    relation
}

/// A query as a source: its columns under unique names, and the alias.
fn subquery(relation: Relation, alias: Option<&str>) -> Relation {
    let incomplete = relation.scope.incomplete;
    let query = relation.finish();
    let scope = Scope { incomplete, ..Scope::new(&query.columns, alias) };
    Relation { render: query.render, ..Relation::new(query.rel, scope) }
}

fn table<'a>(cx: &mut Context<'a>, parts: &[Ident], alias: Option<&str>, span: Span) -> Relation {
    for part in parts {
        cx.sees(part.span, Wanted::Table, &Scope::default());
    }
    if let [module, name] = parts
        && let Some(found) = cx.find(&[&module.text, &name.text])
    {
        cx.refers_to_declared(found, &[module, name], None);
        return subquery(cx.named_relation(found, name, span), alias.or(Some(&name.text)));
    }
    let [name] = parts else {
        let full: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        let message = format!("there is no table `{}`", full.join("."));
        let diagnostic = Diagnostic::error(codes::UNKNOWN_TABLE, span, message);
        let is_used = parts.first().is_some_and(|first| cx.used_module(&first.text).is_some());
        cx.report(if is_used {
            cx.hint_at_declarations(diagnostic, parts)
        } else {
            diagnostic
                .hint("tables have plain names; `m.x` is a relation `x` of a module that is used as `m`")
        });
        return Relation::unknown(alias.or(full.last().copied()));
    };
    let alias = alias.unwrap_or(&name.text);
    if let Some(n) = cx.ctes.iter().rposition(|known| known.cte.name.text == name.text) {
        let declared = cx.ctes.get(n).map_or(name.span, |known| known.cte.name.span);
        let target = Target::Named(Named::With, Location { source: cx.place.module, span: declared });
        cx.refers(name.span, target, None);
        cx.names_table(alias, target);
        return subquery(expand(cx, n, span), Some(alias));
    }
    // A query is called, with parentheses; without, its name may be that of a table too.
    if let Some(found) = cx.find(&[&name.text])
        && (!matches!(found.what, Declared::Query(_)) || catalog::table(&name.text).is_none())
    {
        cx.refers_to_declared(found, &[name], None);
        return subquery(cx.named_relation(found, name, span), Some(alias));
    }
    let Some(table) = catalog::table(&name.text) else {
        unknown_table(cx, name);
        return Relation::unknown(Some(alias));
    };
    cx.refers(name.span, Target::Table(table), None);
    cx.names_table(alias, Target::Table(table));
    scan(cx, table.into(), alias)
}

fn scan(cx: &mut Context<'_>, call: TableCall, alias: &str) -> Relation {
    let table = call.table();
    let mut columns = Vec::with_capacity(table.columns.len());
    let mut shown = Vec::with_capacity(table.columns.len());
    for known in &table.columns {
        let column = cx.column(known.name, known.ty.clone());
        if let Some(domain) = known.domain {
            cx.domains.insert(column.id, domain);
        }
        if matches!(known.ty, Type::Duration | Type::Time | Type::Bytes) {
            cx.natural.insert(column.id);
        }
        cx.stems_from(column.id, table, known);
        columns.push((column.id, known));
        shown.push(column);
    }
    Relation::new(Rel::Scan { call, columns, clip: None }, Scope::new(&shown, Some(alias)))
}

/// Analyses the n-th `with` query afresh: each use has columns of its own. It sees the ones before it.
fn expand(cx: &mut Context<'_>, n: usize, span: Span) -> Relation {
    let Some(known) = cx.ctes.get_mut(n) else { return Relation::unknown(None) };
    known.used = true;
    let cte = known.cte;
    if !cx.step(span) {
        return Relation::unknown(None);
    }
    let hidden = cx.ctes.split_off(n);
    let outer = std::mem::take(&mut cx.outer);
    let relation = relation(cx, &cte.query);
    cx.outer = outer;
    cx.ctes.extend(hidden);
    relation
}

fn unknown_table(cx: &mut Context<'_>, name: &Ident) {
    let message = format!("there is no table `{}`", name.text);
    let diagnostic = Diagnostic::error(codes::UNKNOWN_TABLE, name.span, message);
    let diagnostic = cx.hint_at_declarations(diagnostic, std::slice::from_ref(name));
    if diagnostic.code == codes::DECLARED_LATER {
        cx.report(diagnostic);
        return;
    }
    if catalog::table_function(&name.text).is_some() {
        let end = Span::new(name.span.end, name.span.end);
        cx.report(
            diagnostic.note("it is a table function").hint("it is called, with parentheses").fix(end, "()"),
        );
        return;
    }
    let mut own: Vec<&str> = cx.ctes.iter().rev().map(|known| known.cte.name.text.as_str()).collect();
    own.extend(cx.declared_names(|declared| !matches!(declared, Declared::Function(_))));
    let all: Vec<&str> = catalog::tables().iter().map(|table| table.name).collect();
    let diagnostic = propose(diagnostic, name, own.iter().chain(&all).copied());
    cx.report(diagnostic.hint(format!("the tables are {}", all.join(", "))));
}

fn table_function<'a>(
    cx: &mut Context<'a>,
    name: &'a [Ident],
    args: &'a [ast::Arg],
    alias: Option<&str>,
) -> Relation {
    for part in name {
        cx.sees(part.span, Wanted::Table, &Scope::default());
    }
    let path: Vec<&str> = name.iter().map(|part| part.text.as_str()).collect();
    if let (Some(found), Some(first), Some(last)) = (cx.find(&path), name.first(), name.last()) {
        let span = first.span.to(last.span);
        cx.refers_to_declared(found, &name.iter().collect::<Vec<_>>(), None);
        return subquery(cx.called_query(found, last, args, span), alias.or(Some(&last.text)));
    }
    if let [only] = name
        && let Some(function) = catalog::table_function(&only.text)
    {
        let alias = alias.unwrap_or(&only.text);
        cx.refers(only.span, Target::TableFunction(function), None);
        cx.names_table(alias, Target::TableFunction(function));
        return match cx.table_call(function, only, args) {
            Some(call) => scan(cx, call, alias),
            None => Relation::unknown(Some(alias)),
        };
    }
    let nothing = Scope::unknown(None);
    for arg in args {
        Checker::new(cx, &nothing, Clause::Values).expr(&arg.value);
    }
    let full: Vec<&str> = name.iter().map(|part| part.text.as_str()).collect();
    let full = full.join(".");
    if let Some((first, last)) = name.first().zip(name.last()) {
        let message = format!("there is no table function `{full}`");
        let mut diagnostic =
            Diagnostic::error(codes::UNKNOWN_TABLE_FUNCTION, first.span.to(last.span), message);
        if catalog::table(&full).is_some() {
            diagnostic = diagnostic.hint(format!("`{full}` is a table: leave out the parentheses"));
        }
        diagnostic = cx.hint_at_declarations(diagnostic, name);
        let queries = cx.declared_names(|declared| matches!(declared, Declared::Query(_)));
        if let ([only], true) = (name, diagnostic.fix.is_none()) {
            let functions = catalog::table_functions().iter().map(|function| function.table.name);
            diagnostic = propose(diagnostic, only, queries.into_iter().chain(functions));
        }
        cx.report(diagnostic);
    }
    Relation::unknown(alias.or(name.last().map(|part| part.text.as_str())))
}

/// `values (…), (…)`: columns column1, column2, … of the types that their values have in common.
fn values<'a>(
    cx: &mut Context<'a>,
    rows: &'a [ast::Spanned<Vec<ast::Expr>>],
    alias: Option<&str>,
) -> Relation {
    let nothing = Scope::default();
    let width = rows.first().map_or(0, |row| row.node.len());
    let mut types = vec![Type::Null; width];
    let mut checked: Vec<Vec<Expr>> = Vec::with_capacity(rows.len());
    for row in rows {
        if row.node.len() != width {
            let values = if row.node.len() == 1 { "value" } else { "values" };
            let message = format!("this row has {} {values}, the first one {width}", row.node.len());
            cx.report(Diagnostic::error(codes::BAD_VALUES, row.span, message));
        }
        let mut values = Vec::with_capacity(width);
        for (n, ast) in row.node.iter().enumerate() {
            let value = Checker::new(cx, &nothing, Clause::Values).expr(ast);
            if let Some(ty) = types.get_mut(n) {
                *ty = unify(ty, &value.ty).unwrap_or_else(|| {
                    let message =
                        format!("this is {}, in the rows above it is {}", article(&value.ty), article(ty));
                    cx.report(Diagnostic::error(codes::TYPE_MISMATCH, ast.span, message));
                    Type::Unknown
                });
                values.push(value);
            }
        }
        values.resize_with(width, || unknown(row.span));
        checked.push(values);
    }
    let names = (1..).map(|n: usize| format!("column{n}"));
    let columns: Vec<Column> = types.into_iter().zip(names).map(|(ty, name)| cx.column(name, ty)).collect();
    let rows = checked
        .into_iter()
        .map(|row| row.into_iter().zip(&columns).map(|(value, column)| coerce(value, &column.ty)).collect());
    let scope = Scope::new(&columns, alias);
    let rel = Rel::Values { rows: rows.collect(), columns };
    Relation::new(rel, scope)
}
