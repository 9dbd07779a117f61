//! A relation under construction, with the names of its columns.

use super::context::Context;
use super::scope::{Scope, ScopeColumn};
use super::typed::{self, Column, ColumnId, Expr, ExprKind, JoinKind, Rel, Render, WindowCall};
use crate::diag::Span;

#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) rel: Rel,
    /// May know fewer columns than `rel` has, and by other names.
    pub(super) scope: Scope,
    /// How a person should see it.
    pub(super) render: Option<Render>,
}

impl Relation {
    /// In place of a relation that could not be resolved.
    pub(super) fn unknown(qualifier: Option<&str>) -> Self {
        let rel = Rel::Values { columns: Vec::new(), rows: Vec::new() };
        Self::new(rel, Scope::unknown(qualifier))
    }

    pub(super) fn new(rel: Rel, scope: Scope) -> Self {
        Self { rel, scope, render: None }
    }

    pub(super) fn filter(&mut self, predicate: Expr) {
        self.wrap(|input| Rel::Filter { input, predicate });
    }

    /// Computes window calls beside the columns that are there; the scope does not show them.
    pub(super) fn windows(&mut self, calls: Vec<(Column, WindowCall)>) {
        if !calls.is_empty() {
            self.wrap(|input| Rel::Window { input, calls });
        }
    }

    /// Leaves exactly these columns. Where they are already there just so, nothing is added, so that queries that mean
    /// the same become the same.
    pub(super) fn project(&mut self, items: Vec<(Column, Expr)>) {
        let passes =
            items.iter().all(|(column, e)| matches!(e.kind, ExprKind::Column(id) if id == column.id));
        let outputs = if passes { outputs(&self.rel) } else { Vec::new() };
        let identity = passes
            && outputs.len() == items.len()
            && outputs.iter().zip(&items).all(|(output, (column, _))| output == column);
        if !identity {
            self.wrap(|input| Rel::Project { input, items });
        }
    }

    /// Puts expressions in the place of columns; each gets a new column under the old one's names.
    pub(super) fn replace(&mut self, cx: &mut Context<'_>, replaced: &[(ColumnId, Expr)]) {
        let mut columns: Vec<(Column, Expr)> = Vec::new();
        for known in &mut self.scope.columns {
            let value = replaced.iter().find(|(id, _)| *id == known.id);
            let item = match value {
                Some((_, expr)) => {
                    let column = cx.column(known.name.clone(), expr.ty.clone());
                    cx.follows(column.id, known.id);
                    (column, expr.clone())
                }
                None => pass(known),
            };
            known.id = item.0.id;
            known.ty = item.0.ty.clone();
            columns.push(item);
        }
        self.project(columns);
    }

    /// Leaves exactly these columns, and shows them under no table's name.
    pub(super) fn show(&mut self, columns: Vec<(Column, Expr)>, incomplete: bool) {
        let shown: Vec<Column> = columns.iter().map(|(column, _)| column.clone()).collect();
        self.project(columns);
        self.scope = Scope { incomplete, ..Scope::new(&shown, None) };
    }

    /// Leaves the columns in sight as they are, to add others.
    pub(super) fn kept(&self) -> Vec<(Column, Expr)> {
        self.scope.columns.iter().map(pass).collect()
    }

    /// The columns that `*` lists.
    pub(super) fn visible_columns(&self) -> Vec<(Column, Expr)> {
        self.scope.visible().map(pass).collect()
    }

    /// Drops the columns that the scope does not know.
    pub(super) fn drop_unknown(&mut self) {
        self.project(self.kept());
    }

    /// Drops the columns that `*` does not list, where their presence would matter.
    pub(super) fn narrow(&mut self) {
        self.scope.columns.retain(|c| !c.qualified_only);
        self.drop_unknown();
    }

    pub(super) fn wrap(&mut self, make: impl FnOnce(Box<Rel>) -> Rel) {
        let hollow = Rel::Values { columns: Vec::new(), rows: Vec::new() };
        let input = std::mem::replace(&mut self.rel, hollow);
        self.rel = make(Box::new(input));
    }

    /// The whole, as a query with unique names.
    pub(super) fn finish(self) -> typed::Query {
        let mut names = super::naming::Names::default();
        let columns =
            self.scope.visible().map(|c| Column { name: names.unique(&c.name), ..c.column() }).collect();
        typed::Query { rel: self.rel, columns, render: self.render }
    }
}

/// An item that passes a column on.
pub(super) fn pass(column: &ScopeColumn) -> (Column, Expr) {
    (column.column(), reference(&column.column(), Span::default()))
}

/// An expression that reads a column.
pub(super) fn reference(column: &Column, span: Span) -> Expr {
    Expr { kind: ExprKind::Column(column.id), ty: column.ty.clone(), span }
}

/// The column that an item gives: the same if it passes one on that no other item has passed on, else a new one.
pub(super) fn output_column(
    cx: &mut Context<'_>,
    name: String,
    expr: &Expr,
    taken: &[(Column, Expr)],
) -> Column {
    let ExprKind::Column(id) = expr.kind else {
        return cx.column(name, expr.ty.clone());
    };
    if taken.iter().all(|(column, _)| column.id != id) {
        return Column { id, name, ty: expr.ty.clone() };
    }
    let column = cx.column(name, expr.ty.clone());
    if let Some(domain) = cx.domains.get(&id).copied() {
        cx.domains.insert(column.id, domain);
    }
    column
}

/// The columns that a relation produces.
pub(super) fn outputs(rel: &Rel) -> Vec<Column> {
    match rel {
        Rel::Scan { columns, .. } => columns
            .iter()
            .map(|(id, c)| Column { id: *id, name: c.name.to_owned(), ty: c.ty.clone() })
            .collect(),
        Rel::Values { columns, .. } | Rel::Set { columns, .. } => columns.clone(),
        Rel::Project { items, .. } => items.iter().map(|(column, _)| column.clone()).collect(),
        Rel::Aggregate { keys, aggregates, .. } => {
            let keys = keys.iter().map(|(column, _)| column.clone());
            keys.chain(aggregates.iter().map(|(column, _)| column.clone())).collect()
        }
        Rel::OverlapJoin { left, right, start, end, .. } => {
            let mut columns = outputs(left);
            columns.extend(outputs(right));
            columns.extend([start.clone(), end.clone()]);
            columns
        }
        Rel::Sweep { keys, start, end, number, .. } => {
            let bounds = [start, end].into_iter().chain(number);
            keys.iter().chain(bounds).cloned().collect()
        }
        Rel::Bucket { input, start, end, bucket, .. } => {
            let mut columns = outputs(input);
            columns.extend([start, end, bucket].map(Clone::clone));
            columns
        }
        Rel::Window { input, calls } => {
            let mut columns = outputs(input);
            columns.extend(calls.iter().map(|(column, _)| column.clone()));
            columns
        }
        Rel::Filter { input, .. }
        | Rel::Sort { input, .. }
        | Rel::Limit { input, .. }
        | Rel::Distinct { input } => outputs(input),
        Rel::Join { kind: JoinKind::Semi | JoinKind::Anti, left, .. } => outputs(left),
        Rel::Join { left, right, .. } => {
            let mut columns = outputs(left);
            columns.extend(outputs(right));
            columns
        }
    }
}
