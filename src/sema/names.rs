//! What a name in an expression means, and what to say when it means nothing.

use super::codes;
use super::declared::{Declared, Found};
use super::expr::{Checker, Clause, Within};
use super::facts::Target;
use super::items::CheckedItem;
use super::relation::reference;
use super::scope::{Lookup, Scope, ScopeColumn};
use super::tree::reads;
use super::typed::{Expr, ExprKind, Value};
use super::types::unknown;
use crate::catalog;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Ident, LetValue};
use crate::syntax::print::name_text;
use crate::syntax::similar::closest;

impl<'a> Checker<'_, 'a> {
    /// `c`, `t.c`, `c.field`, `t.c.field.field`.
    pub(super) fn name(&mut self, parts: &'a [Ident], span: Span) -> Expr {
        let scope = self.scope;
        self.sees(span);
        match parts {
            [] => unknown(span),
            [name] => match self.local(&name.text, span) {
                Some(value) => value,
                None => self.column(name, span),
            },
            [table, name, fields @ ..] if scope.has_qualifier(&table.text) => {
                let span = table.span.to(name.span);
                self.cx.refers_to_table(table);
                let column = match scope.find_in(&table.text, &name.text) {
                    Lookup::Found(column) => {
                        self.cx.reads(name.span, column);
                        reference(&column.column(), span)
                    }
                    Lookup::Ambiguous(columns) => self.ambiguous(name, &columns),
                    Lookup::Missing => {
                        self.missing_in(table, name);
                        unknown(span)
                    }
                };
                fields.iter().fold(column, |value, field| self.field(value, field))
            }
            [name, fields @ ..] => match scope.find(&name.text) {
                Lookup::Found(column) => {
                    self.cx.reads(name.span, column);
                    let column = reference(&column.column(), name.span);
                    fields.iter().fold(column, |value, field| self.field(value, field))
                }
                Lookup::Ambiguous(_) | Lookup::Missing => {
                    self.named_value(parts, span).unwrap_or_else(|| {
                        self.missing_qualifier(name, parts);
                        unknown(span)
                    })
                }
            },
        }
    }

    fn column(&mut self, name: &'a Ident, span: Span) -> Expr {
        let found = self.scope.find(&name.text);
        let prefer_alias = match (&found, &self.keys) {
            (Lookup::Found(column), Some(keys)) => !keys.contains(&column.id),
            (Lookup::Found(_), None) => false,
            _ => true,
        };
        if prefer_alias && let Some(item) = self.alias(&name.text) {
            self.cx.reads_item(span, &item);
            return self.cx.put(item.expr, span);
        }
        match found {
            Lookup::Found(column) => {
                self.cx.reads(span, column);
                let column = reference(&column.column(), span);
                self.hides_value(name);
                column
            }
            Lookup::Ambiguous(columns) => self.ambiguous(name, &columns),
            Lookup::Missing => self
                .named_value(std::slice::from_ref(name), span)
                .or_else(|| self.trace_name(name))
                .unwrap_or_else(|| {
                    self.missing(name);
                    unknown(span)
                }),
        }
    }

    /// What the trace is called: any expression may read it, if nothing else can be meant by the name.
    fn trace_name(&mut self, name: &Ident) -> Option<Expr> {
        let text = &name.text;
        let (table, column) = catalog::trace_name().filter(|(_, column)| column.name == text)?;
        let is_item = self.later.contains(&text.as_str());
        let is_outside = self.cx.outer.iter().any(|scope| !matches!(scope.find(text), Lookup::Missing));
        if is_item || is_outside || self.is_parameter(text) {
            return None;
        }
        self.cx.refers(name.span, Target::Column(table, column), Some(&column.ty));
        Some(Expr { kind: ExprKind::TraceName, ty: column.ty.clone(), span: name.span })
    }

    /// `column('c')`: the column that a string names. What a parameter names is known where the query is called.
    pub(super) fn column_named(&mut self, name: &Expr, span: Span) -> Expr {
        let ExprKind::Value(Value::String(name)) = &name.kind else { return unknown(span) };
        let problem = match self.scope.find(name) {
            Lookup::Found(column) => return reference(&column.column(), span),
            Lookup::Ambiguous(_) => format!("`{name}` is ambiguous"),
            Lookup::Missing if self.scope.incomplete => return unknown(span),
            Lookup::Missing => {
                let near = closest(name, self.scope.visible().map(|c| c.name.as_str()));
                let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                format!("there is no column `{name}`{near}")
            }
        };
        self.report(Diagnostic::error(codes::UNKNOWN_COLUMN, span, problem));
        unknown(span)
    }

    /// Warns of a column that goes before a named value.
    fn hides_value(&mut self, name: &Ident) {
        let Some(Found { what: Declared::Let(hidden), module, .. }) = self.cx.find(&[&name.text]) else {
            return;
        };
        if matches!(hidden.value, LetValue::Expr(_)) {
            let message = format!("`{}` is the column here, not the value of that name", name.text);
            let diagnostic = Diagnostic::warning(codes::HIDDEN_VALUE, name.span, message);
            let label = "the value that it hides";
            self.report(
                diagnostic.label_in(module, hidden.name.span, label).hint("give the value another name"),
            );
        }
    }

    /// The item of this name, where one can be meant.
    fn alias(&mut self, name: &str) -> Option<CheckedItem> {
        if self.within == Within::Aggregate {
            return None;
        }
        let item = self.aliases.iter().find(|item| item.name == name)?;
        let windows = &self.windows;
        let is_window = reads(&item.expr, &mut |id| windows.iter().any(|(column, _)| column.id == id));
        // Windows are computed together, after the groups have been filtered.
        if is_window && (self.within == Within::Window || self.clause == Clause::Having) {
            return None;
        }
        Some(item.clone())
    }

    fn ambiguous(&mut self, name: &Ident, columns: &[&ScopeColumn]) -> Expr {
        let mut names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.full_name())).collect();
        names.dedup();
        let hint = match &names[..] {
            [_] => "give the columns different names before this: `|> rename`".to_owned(),
            _ => format!("say which: {}", names.join(" or ")),
        };
        let message = format!("`{}` is ambiguous", name.text);
        self.report(Diagnostic::error(codes::AMBIGUOUS_COLUMN, name.span, message).hint(hint));
        unknown(name.span)
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.cx.place.params.iter().flatten().any(|bound| bound.name.text == *name)
    }

    /// Reports a column that is not there.
    fn missing(&mut self, name: &Ident) {
        if self.scope.incomplete {
            return;
        }
        let text = &name.text;
        if self.cx.outer.iter().any(|scope| !matches!(scope.find(text), Lookup::Missing)) {
            self.report(
                Diagnostic::error(
                    codes::CORRELATED,
                    name.span,
                    format!("a subquery can't see `{text}` of the query around it"),
                )
                .hint("use a join"),
            );
            return;
        }
        let mut diagnostic =
            Diagnostic::error(codes::UNKNOWN_COLUMN, name.span, format!("there is no column `{text}`"));
        let names: Vec<&str> = self.scope.visible().map(|c| c.name.as_str()).collect();
        let lower = text.to_lowercase();
        if name.quoted && !names.contains(&lower.as_str()) {
            let literal = format!("'{}'", text.replace('\'', "''"));
            diagnostic =
                diagnostic.hint(format!("strings take single quotes: {literal}")).fix(name.span, literal);
            return self.report(diagnostic);
        }
        if self.scope.has_qualifier(text) {
            diagnostic = diagnostic.note(format!("`{text}` is a table: name a column of it"));
            return self.report(diagnostic);
        }
        if self.later.contains(&text.as_str()) {
            let hint = match self.clause {
                Clause::Where => {
                    "the select list names it, but comes after `where`; repeat what it stands for"
                }
                _ => "the select list names it only later",
            };
            diagnostic = diagnostic.hint(hint);
            return self.report(diagnostic);
        }
        if self.is_parameter(text) {
            let parameter = format!("${text}");
            diagnostic = diagnostic
                .hint(format!("the query's parameter is read as `{parameter}`"))
                .fix(name.span, parameter);
            return self.report(diagnostic);
        }
        let values =
            self.cx.declared_names(|d| matches!(d, Declared::Let(l) if matches!(l.value, LetValue::Expr(_))));
        let locals: Vec<&str> = self.cx.place.locals.iter().map(|(local, _)| *local).collect();
        let trace = catalog::trace_name().map(|(_, column)| column.name);
        let known = names.iter().chain(&values).chain(&locals).chain(&trace);
        diagnostic = propose(diagnostic, name, known.copied());
        diagnostic = self.cx.hint_at_declarations(diagnostic, std::slice::from_ref(name));
        if diagnostic.code == codes::DECLARED_LATER {
            return self.report(diagnostic);
        }
        if diagnostic.fix.is_none() {
            diagnostic = diagnostic.hint(columns_hint(&names));
        } else if name.quoted && names.contains(&lower.as_str()) {
            diagnostic = diagnostic.hint("names in double quotes keep their case");
        }
        let elsewhere: Vec<String> = catalog::tables()
            .iter()
            .filter(|t| t.column(text).is_some() && !self.scope.has_qualifier(t.name))
            .map(|t| format!("`{}`", t.name))
            .take(4)
            .collect();
        if !elsewhere.is_empty() {
            let have = if elsewhere.len() == 1 { "has" } else { "have" };
            diagnostic = diagnostic.hint(format!("{} {have} a column `{text}`", elsewhere.join(", ")));
        }
        self.report(diagnostic);
    }

    /// Reports `t.c` where the table `t` has no such column.
    fn missing_in(&mut self, table: &Ident, name: &Ident) {
        let names: Vec<&str> = self.scope.of(&table.text).map(|c| c.name.as_str()).collect();
        if self.scope.incomplete && names.is_empty() {
            return;
        }
        let message = format!("`{}` has no column `{}`", table.text, name.text);
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_COLUMN, name.span, message);
        if catalog::trace_name().is_some_and(|(_, column)| column.name == name.text) {
            let hint = "all tables of a query are of one trace, which `trace` alone names";
            return self.report(diagnostic.hint(hint).fix(table.span.to(name.span), name.text.clone()));
        }
        diagnostic = propose(diagnostic, name, names.iter().copied());
        if diagnostic.fix.is_none() {
            diagnostic = diagnostic.hint(columns_hint(&names));
        }
        self.report(diagnostic);
    }

    /// Reports `t.c` where there is no table `t`.
    fn missing_qualifier(&mut self, name: &Ident, parts: &[Ident]) {
        if self.scope.incomplete {
            return;
        }
        let text = &name.text;
        let full: Vec<&str> = parts.iter().map(|p| p.text.as_str()).collect();
        if self.cx.outer.iter().any(|scope| scope.has_qualifier(text)) {
            self.report(
                Diagnostic::error(
                    codes::CORRELATED,
                    name.span,
                    format!("a subquery can't see `{}` of the query around it", full.join(".")),
                )
                .hint("use a join"),
            );
            return;
        }
        let diagnostic = match self.cx.used_module(text) {
            Some(_) => {
                let message = format!("there is no `{}`", full.join("."));
                Diagnostic::error(codes::UNKNOWN_COLUMN, name.span, message)
            }
            None => unknown_qualifier(self.scope, name),
        };
        let diagnostic = self.cx.hint_at_declarations(diagnostic, parts);
        self.report(diagnostic);
    }
}

/// `t.c` or `t.*` where there is no table `t`.
pub(super) fn unknown_qualifier(scope: &Scope, name: &Ident) -> Diagnostic {
    let text = &name.text;
    let message = format!("there is no table `{text}` in this query");
    let diagnostic = Diagnostic::error(codes::UNKNOWN_QUALIFIER, name.span, message);
    let names = &scope.qualifiers;
    if names.is_empty() {
        return diagnostic.hint("the columns have no table's name before them here");
    }
    let diagnostic = propose(diagnostic, name, names.iter().map(String::as_str));
    if diagnostic.fix.is_some() {
        return diagnostic;
    }
    let join = match catalog::table(text) {
        Some(_) => format!("; join `{text}` to read from it"),
        None => String::new(),
    };
    diagnostic.hint(format!("in sight: {}{join}", names.join(", ")))
}

fn columns_hint(names: &[&str]) -> String {
    const MOST: usize = 30;
    if names.is_empty() {
        return "no column is in sight here: this is the same for all rows".to_owned();
    }
    let dots = if names.len() > MOST { ", …" } else { "" };
    let shown: Vec<&str> = names.iter().copied().take(MOST).collect();
    format!("the columns are {}{dots}", shown.join(", "))
}

/// Adds the nearest of some names as a note and a fix.
pub(super) fn propose<'n>(
    diagnostic: Diagnostic,
    name: &Ident,
    names: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    match closest(&name.text, names) {
        Some(near) => diagnostic.note(format!("did you mean `{near}`?")).fix(name.span, name_text(near)),
        None => diagnostic,
    }
}
