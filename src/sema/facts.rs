//! What analysis finds out on its way, for whoever asks about places in a text: what names mean, and what could stand in
//! one place.
//!
//! Analysis works the same with and without: it only tells. What a declaration stands for is told of where it stands,
//! not again at each use.

use std::collections::HashMap;

use super::context::Context;
use super::declared::{Declared, Found, declared_name};
use super::expr::Checker;
use super::items::CheckedItem;
use super::scope::{Scope, ScopeColumn};
use super::typed::{ColumnId, Expr, ExprKind};
use crate::catalog::{self, Domain, Function, Part, Picture, Table, TableFunction, TableParameter, Type};
use crate::diag::{SourceId, Span};
use crate::syntax::ast::{self, Ident, Let, LetValue};

/// A place in one of a program's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    pub source: SourceId,
    pub span: Span,
}

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    Table(&'static Table),
    /// A column as a table has it, with the table that has it.
    Column(&'static Table, &'static catalog::Column),
    Function(&'static Function),
    TableFunction(&'static TableFunction),
    TableParameter(&'static TableParameter),
    Picture(&'static Picture),
    /// What a picture is made of.
    Part(&'static Part),
    /// A text that is used.
    Module(SourceId),
    /// What a text itself names, and where.
    Named(Named, Location),
}

/// What a text can give a name to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    Value,
    Relation,
    Function,
    Query,
    Assertion,
    /// Of a query or a function.
    Parameter,
    /// A query of `with`.
    With,
    /// A table under another name, or a step of `match`.
    Alias,
    /// A column that the query computes, or that it gives another name.
    Column,
}

/// A name in a text, and what it means there. Where something is named is a reference too.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub location: Location,
    pub target: Target,
    /// Of what has one.
    pub ty: Option<Type>,
}

/// What could stand in the place that was asked about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sight {
    pub wanted: Wanted,
    pub columns: Vec<SeenColumn>,
    /// The names of tables, to stand before columns.
    pub qualifiers: Vec<String>,
    /// Other names for values: of the items before, of a function's parameters.
    pub values: Vec<(String, Type)>,
    /// What is read as `$name`.
    pub parameters: Vec<(String, Type)>,
    /// The `with` queries.
    pub with: Vec<String>,
    /// Whether aggregates may be called.
    pub aggregates: bool,
    /// Whether window functions may be called.
    pub windows: bool,
    /// What the value is compared with.
    pub beside: Option<Beside>,
    /// The fields of what stands before the dot.
    pub fields: Vec<(String, Type)>,
    /// The words that a text is made of, joined by `|`.
    pub words: Option<&'static Domain>,
}

/// What is wanted in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    #[default]
    Expression,
    /// The name of a column.
    Column,
    /// The name of something that a query can read.
    Table,
}

/// A column in sight.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenColumn {
    pub qualifier: Option<String>,
    pub name: String,
    pub ty: Type,
    /// Whether it is read only with its table's name before it.
    pub qualified_only: bool,
    /// Where it stems from, if that is known.
    pub target: Option<Target>,
}

/// A value beside another.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    pub ty: Type,
    /// The table and its column that it stems from, under whatever name.
    pub column: Option<(&'static Table, &'static catalog::Column)>,
}

/// All that was found out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// In the order of the texts, each once.
    pub references: Vec<Reference>,
    /// Of the place that was asked about, if something is wanted there.
    pub sight: Option<Sight>,
    /// The place asked about: one in a name, or a string.
    asked: Option<(SourceId, usize)>,
    /// So many declarations are being looked into at a use of theirs.
    inside: usize,
    /// Of the statement being analysed.
    columns: HashMap<ColumnId, Known>,
    /// What the names of tables stand for.
    qualifiers: HashMap<String, Target>,
}

/// What is known of a column.
#[derive(Debug, Clone, PartialEq, Default)]
struct Known {
    /// Where the text gives it a name.
    names: Vec<(String, Location)>,
    stems_from: Option<(&'static Table, &'static catalog::Column)>,
    /// The column that it takes the place of.
    follows: Option<ColumnId>,
}

impl Facts {
    pub(super) fn new(asked: Option<(SourceId, usize)>) -> Self {
        Self { asked, ..Self::default() }
    }

    /// Columns have numbers of their own in each statement.
    pub(super) fn begin_statement(&mut self) {
        self.columns.clear();
        self.qualifiers.clear();
    }

    pub(super) fn finish(mut self) -> Self {
        // A `with` query is analysed at each of its uses.
        self.references.sort_by_key(|reference| reference.location);
        self.references.dedup();
        self.begin_statement();
        self
    }

    /// What a column under a name is.
    fn column(&self, id: ColumnId, name: &str) -> Option<Target> {
        let names = self.history(id).flat_map(|known| known.names.iter().rev());
        let named = names.into_iter().find(|(known, _)| known == name);
        match named {
            Some((_, location)) => Some(Target::Named(Named::Column, *location)),
            None => self.stem(id).map(|(table, column)| Target::Column(table, column)),
        }
    }

    /// The column of a table that a column is, under whatever name.
    fn stem(&self, id: ColumnId) -> Option<(&'static Table, &'static catalog::Column)> {
        self.history(id).find_map(|known| known.stems_from)
    }

    /// What is known of a column, and of those that it has taken the place of. Nothing takes its own place.
    fn history(&self, id: ColumnId) -> impl Iterator<Item = &Known> {
        let known = |id: ColumnId| self.columns.get(&id);
        std::iter::successors(known(id), move |before| before.follows.and_then(known))
    }
}

impl Context<'_> {
    fn here(&self, span: Span) -> Location {
        Location { source: self.place.module, span }
    }

    /// Whether the place that was asked about lies in a span of the text being analysed.
    pub(super) fn is_asked(&self, span: Span) -> bool {
        let asked = self.facts.as_ref().filter(|facts| facts.inside == 0).and_then(|facts| facts.asked);
        asked.is_some_and(|(source, at)| {
            source == self.place.module && span.start <= at && at <= span.end && span.start < span.end
        })
    }

    /// Tells what a name means.
    pub(super) fn refers(&mut self, span: Span, target: Target, ty: Option<&Type>) {
        let location = self.here(span);
        if let Some(facts) = self.facts.as_mut().filter(|facts| facts.inside == 0) {
            facts.references.push(Reference { location, target, ty: ty.cloned() });
        }
    }

    /// Tells that something gets a name here.
    pub(super) fn gives_name(&mut self, span: Span, named: Named, ty: Option<&Type>) {
        let target = Target::Named(named, self.here(span));
        self.refers(span, target, ty);
    }

    /// Tells that a name, or a module's name and one of its own, is that of a declaration.
    pub(super) fn refers_to_declared(&mut self, found: Found<'_>, path: &[&Ident], ty: Option<&Type>) {
        if self.facts.is_none() {
            return;
        }
        let statements = &self.place.program.module(found.module).file.statements;
        let Some(declared) = statements.get(found.index).and_then(declared_name) else { return };
        let named = match found.what {
            Declared::Let(Let { value: LetValue::Expr(_), .. }) => Named::Value,
            Declared::Let(_) => Named::Relation,
            Declared::Function(_) => Named::Function,
            Declared::Query(_) => Named::Query,
        };
        let location = Location { source: found.module, span: declared.span };
        if let [.., name] = path {
            self.refers(name.span, Target::Named(named, location), ty);
        }
        if let [module, _] = path {
            self.refers(module.span, Target::Module(found.module), None);
        }
    }

    /// Tells that a name is that of a column.
    pub(super) fn reads(&mut self, span: Span, column: &ScopeColumn) {
        let Some(facts) = &self.facts else { return };
        if let Some(target) = facts.column(column.id, &column.name) {
            self.refers(span, target, Some(&column.ty));
        }
    }

    /// Tells that a name is that of an item of a list.
    pub(super) fn reads_item(&mut self, span: Span, item: &CheckedItem) {
        let Some(facts) = &self.facts else { return };
        let passed_on = match (item.alias, &item.expr.kind) {
            (None, ExprKind::Column(id)) => facts.column(*id, &item.name),
            _ => None,
        };
        let named = Target::Named(Named::Column, self.here(item.alias.unwrap_or(item.expr.span)));
        self.refers(span, passed_on.unwrap_or(named), Some(&item.expr.ty));
    }

    /// Tells which column of a table a column is.
    pub(super) fn stems_from(
        &mut self,
        id: ColumnId,
        table: &'static Table,
        column: &'static catalog::Column,
    ) {
        if let Some(facts) = &mut self.facts {
            facts.columns.entry(id).or_default().stems_from = Some((table, column));
        }
    }

    /// Tells that a column takes the place of another, under its name.
    pub(super) fn follows(&mut self, id: ColumnId, old: ColumnId) {
        if let Some(facts) = self.facts.as_mut().filter(|_| id != old) {
            facts.columns.entry(id).or_default().follows = Some(old);
        }
    }

    /// Tells where a column is named, or computed if it is not.
    pub(super) fn names_column(&mut self, id: ColumnId, name: &str, span: Span) {
        let location = self.here(span);
        if let Some(facts) = &mut self.facts {
            facts.columns.entry(id).or_default().names.push((name.to_owned(), location));
        }
    }

    /// Tells what the name of a table in a query stands for.
    pub(super) fn names_table(&mut self, name: &str, target: Target) {
        if let Some(facts) = &mut self.facts {
            facts.qualifiers.insert(name.to_owned(), target);
        }
    }

    /// Tells that a table in a query, or a step, gets a name here.
    pub(super) fn names_alias(&mut self, alias: &Ident) {
        self.gives_name(alias.span, Named::Alias, None);
        self.names_table(&alias.text, Target::Named(Named::Alias, self.here(alias.span)));
    }

    /// Tells that a name is that of a table in the query.
    pub(super) fn refers_to_table(&mut self, name: &Ident) {
        let target = self.facts.as_ref().and_then(|facts| facts.qualifiers.get(&name.text)).copied();
        if let Some(target) = target {
            self.refers(name.span, target, None);
        }
    }

    /// Enters a declaration at a use of it.
    pub(super) fn enter(&mut self) {
        if let Some(facts) = &mut self.facts {
            facts.inside += 1;
        }
    }

    pub(super) fn leave(&mut self) {
        if let Some(facts) = &mut self.facts {
            facts.inside -= 1;
        }
    }

    /// Keeps the fields of what stands before a dot.
    pub(super) fn sees_fields(&mut self, span: Span, fields: &[(String, Type)]) {
        if self.is_asked(span) {
            self.keep(Sight { fields: fields.to_vec(), ..Sight::default() });
        }
    }

    /// Keeps the words of a text.
    pub(super) fn sees_words(&mut self, span: Span, words: &'static Domain) {
        if self.is_asked(span) {
            self.keep(Sight { words: Some(words), ..Sight::default() });
        }
    }

    /// Keeps what is in sight, if the place that was asked about is in the span.
    pub(super) fn sees(&mut self, span: Span, wanted: Wanted, scope: &Scope) {
        if self.is_asked(span) {
            self.keep(Sight { wanted, ..self.sight(scope) });
        }
    }

    fn sight(&self, scope: &Scope) -> Sight {
        let column = |column: &ScopeColumn| SeenColumn {
            qualifier: column.qualifier.clone(),
            name: column.name.clone(),
            ty: column.ty.clone(),
            qualified_only: column.qualified_only,
            target: self.facts.as_ref().and_then(|facts| facts.column(column.id, &column.name)),
        };
        let typed = |name: &str, value: &Expr| (name.to_owned(), value.ty.clone());
        Sight {
            columns: scope.columns.iter().map(column).collect(),
            qualifiers: scope.qualifiers.clone(),
            values: self.place.locals.iter().map(|(name, value)| typed(name, value)).collect(),
            parameters: self.place.params.iter().flatten().map(|b| typed(&b.name.text, &b.value)).collect(),
            with: self.ctes.iter().map(|known| known.cte.name.text.clone()).collect(),
            ..Sight::default()
        }
    }

    /// The last look counts, and with it what the value stands beside.
    fn keep(&mut self, sight: Sight) {
        let Some(facts) = &mut self.facts else { return };
        let beside = facts.sight.as_mut().and_then(|known| known.beside.take());
        facts.sight = Some(Sight { beside: sight.beside.clone().or(beside), ..sight });
    }
}

impl Checker<'_, '_> {
    /// Keeps what is in sight of an expression, if the place that was asked about is in the span.
    pub(super) fn sees(&mut self, span: Span) {
        if !self.cx.is_asked(span) {
            return;
        }
        let mut sight = self.cx.sight(self.scope);
        sight.values.extend(self.aliases.iter().map(|alias| (alias.name.clone(), alias.expr.ty.clone())));
        sight.aggregates = self.clause.has_aggregates();
        sight.windows = self.clause.has_windows();
        self.cx.keep(sight);
    }

    /// Tells what an operand stands beside.
    pub(super) fn stands_beside(&mut self, operand: &ast::Expr, other: &Expr) {
        // What is inside a larger one does not stand beside the other.
        let single = matches!(operand.kind, ast::ExprKind::Name(_) | ast::ExprKind::Literal(_));
        if !single || !self.cx.is_asked(operand.span) {
            return;
        }
        let Some(facts) = &mut self.cx.facts else { return };
        let column = match other.kind {
            ExprKind::Column(id) => facts.stem(id),
            _ => None,
        };
        let beside = Some(Beside { ty: other.ty.clone(), column });
        facts.sight.get_or_insert_with(Sight::default).beside = beside;
    }
}
