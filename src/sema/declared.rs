//! Declarations: finding them by name, and putting what they stand for in their place.
//!
//! A declaration sees those that stand before it, so none can lead to itself. What it stands for is analysed afresh at
//! each use, because every use has columns and types of its own; mistakes in it were reported where it stands.

use super::codes;
use super::context::{Bound, Context, Place};
use super::expr::{Checker, Clause};
use super::names::propose;
use super::query;
use super::relation::Relation;
use super::scope::Scope;
use super::typed::Expr;
use super::types::unknown;
use crate::diag::{Diagnostic, Severity, SourceId, Span};
use crate::syntax::ast::{
    self, FunctionDecl, Ident, Let, LetValue, QueryDecl, Statement, StatementKind, Use, UseTarget,
};

/// A declaration and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) module: SourceId,
    pub(super) index: usize,
    pub(super) what: Declared<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Declared<'a> {
    Let(&'a Let),
    Function(&'a FunctionDecl),
    Query(&'a QueryDecl),
}

impl Declared<'_> {
    /// What it is, with its article.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Let(Let { value: LetValue::Expr(_), .. }) => "a value",
            Self::Let(Let { value: LetValue::Relation(_), .. }) => "a relation",
            Self::Function(_) => "a function",
            Self::Query(_) => "a query",
        }
    }
}

/// The name that a statement declares.
pub(super) fn declared_name(statement: &Statement) -> Option<&Ident> {
    match &statement.kind {
        StatementKind::Let(Let { name, .. })
        | StatementKind::Function(FunctionDecl { name, .. })
        | StatementKind::QueryDecl(QueryDecl { name, .. }) => Some(name),
        _ => None,
    }
}

/// The name by which a module is known here: the one given, else the last part of its own. Files have names of any
/// case, what is written in queries has not.
pub fn module_name(used: &Use) -> String {
    match (&used.alias, &used.target) {
        (Some(alias), _) => alias.text.clone(),
        (None, UseTarget::Module(path)) => path.last().map_or_else(String::new, |last| last.text.clone()),
        (None, UseTarget::File(file)) => {
            let name = file.node.rsplit(['/', '\\']).next().unwrap_or_default();
            name.strip_suffix(".gtq").unwrap_or(name).to_lowercase()
        }
    }
}

fn declared(statement: &Statement) -> Option<Declared<'_>> {
    match &statement.kind {
        StatementKind::Let(bound) => Some(Declared::Let(bound)),
        StatementKind::Function(function) => Some(Declared::Function(function)),
        StatementKind::QueryDecl(query) => Some(Declared::Query(query)),
        _ => None,
    }
}

impl<'a> Context<'a> {
    /// What a name, or a module's name and one of its own, stands for here.
    pub(super) fn find(&self, path: &[&str]) -> Option<Found<'a>> {
        match path {
            [name] => {
                let module = self.place.program.module(self.place.module);
                find_in(&module.file.statements, self.place.visible, name, self.place.module)
            }
            [module, name] => {
                let id = self.used_module(module)?;
                let statements = &self.place.program.module(id).file.statements;
                find_in(statements, statements.len(), name, id)
            }
            _ => None,
        }
    }

    fn statements(&self) -> &'a [Statement] {
        let statements = &self.place.program.module(self.place.module).file.statements;
        statements.get(..self.place.visible).unwrap_or(statements)
    }

    /// The module that is known by a name here.
    pub(super) fn used_module(&self, name: &str) -> Option<SourceId> {
        let index = self.statements().iter().rposition(
            |statement| matches!(&statement.kind, StatementKind::Use(used) if module_name(used) == name),
        )?;
        let module = self.place.program.module(self.place.module);
        module.uses.iter().find(|(at, _)| *at == index).map(|(_, id)| *id)
    }

    /// The module that is used here and declares a name.
    fn module_of(&self, name: &str) -> Option<String> {
        self.statements().iter().find_map(|statement| {
            let StatementKind::Use(used) = &statement.kind else { return None };
            let module = module_name(used);
            self.find(&[&module, name]).map(|_| module)
        })
    }

    /// The names that are declared, of those that satisfy a condition; for "did you mean".
    pub(super) fn declared_names(&self, wanted: impl Fn(Declared<'a>) -> bool) -> Vec<&'a str> {
        let declarations = self.statements().iter().rev().filter(|s| declared(s).is_some_and(&wanted));
        declarations.filter_map(declared_name).map(|name| name.text.as_str()).collect()
    }

    /// Adds what can be said of a name that nothing in sight has.
    pub(super) fn hint_at_declarations(&self, diagnostic: Diagnostic, path: &[Ident]) -> Diagnostic {
        let module = self.place.program.module(self.place.module);
        let later = module.file.statements.get(self.place.visible..).unwrap_or_default();
        match path {
            [name] => {
                let found = later.iter().filter_map(declared_name).find(|later| later.text == name.text);
                match found {
                    Some(later) => Diagnostic { code: codes::DECLARED_LATER, ..diagnostic }
                        .label(later.span, "it is declared here")
                        .hint("a declaration is known only behind it: move it up"),
                    None => match self.module_of(&name.text) {
                        Some(module) => diagnostic.hint(format!("write `{module}.{}`", name.text)),
                        None => diagnostic,
                    },
                }
            }
            [first, name] => match self.used_module(&first.text) {
                Some(id) => {
                    let module = self.place.program.module(id);
                    let names = module.file.statements.iter().filter_map(declared_name);
                    let names: Vec<&str> = names.map(|n| n.text.as_str()).collect();
                    let diagnostic = propose(diagnostic, name, names.iter().copied());
                    diagnostic.hint(format!("`{}` has {}", first.text, names.join(", ")))
                }
                None => diagnostic,
            },
            _ => diagnostic,
        }
    }

    /// Whether a declaration has errors of its own. They have been said, and its value is not worth to look at.
    pub(super) fn is_broken(&self, found: Found<'a>) -> bool {
        self.broken.contains(&(found.module, found.index))
    }

    /// Analyses a declaration's body where it stands, with its parameters.
    pub(super) fn expand<T>(
        &mut self,
        found: Found<'a>,
        (params, locals): (Vec<Bound<'a>>, Vec<(&'a str, Expr)>),
        span: Span,
        analyse: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let place = Place {
            program: self.place.program,
            module: found.module,
            visible: found.index,
            params: Some(params),
            locals,
        };
        let outside = std::mem::replace(&mut self.place, place);
        let (ctes, outer) = (std::mem::take(&mut self.ctes), std::mem::take(&mut self.outer));
        let diagnostics = std::mem::take(&mut self.diagnostics);
        self.enter();
        let result = analyse(self);
        self.leave();
        let inside = std::mem::replace(&mut self.diagnostics, diagnostics);
        (self.ctes, self.outer) = (ctes, outer);
        self.place = outside;
        // What is wrong with every call has been said; what is wrong with this one has not.
        let error = inside.into_iter().find(Diagnostic::is_error);
        if let Some(error) = error.filter(|_| !self.is_broken(found)) {
            let too_large = error.code == codes::TOO_LARGE;
            let (code, message) = match error.severity {
                Severity::Error if too_large => (codes::TOO_LARGE, error.message),
                _ => (codes::BAD_CALL, format!("this call can't work: {}", error.message)),
            };
            let diagnostic = Diagnostic::error(code, span, message);
            self.report(if too_large {
                diagnostic
            } else {
                diagnostic.label_in(found.module, error.span, "here")
            });
        }
        result
    }

    /// The relation that a `let` or a query without parentheses stands for.
    pub(super) fn named_relation(&mut self, found: Found<'a>, name: &Ident, span: Span) -> Relation {
        if !self.step(span) {
            return Relation::unknown(None);
        }
        match found.what {
            Declared::Let(Let { value: LetValue::Relation(body), .. }) => {
                self.expand(found, (Vec::new(), Vec::new()), span, |cx| query::relation(cx, body))
            }
            // A query in parentheses is a value; where a relation is wanted, it is one too.
            Declared::Let(Let {
                value: LetValue::Expr(ast::Expr { kind: ast::ExprKind::Query(body), .. }),
                ..
            }) => self.expand(found, (Vec::new(), Vec::new()), span, |cx| query::relation(cx, body)),
            other => {
                let message = format!("`{}` is {}, not a relation", name.text, other.kind());
                let diagnostic = Diagnostic::error(codes::WRONG_DECLARATION, span, message);
                self.report(match other {
                    Declared::Query(_) => {
                        let end = Span::new(span.end, span.end);
                        diagnostic.hint("it is called like a function").fix(end, "()")
                    }
                    _ => diagnostic,
                });
                Relation::unknown(None)
            }
        }
    }
}

impl<'a> Checker<'_, 'a> {
    /// The value of a `let`, if the name is one's.
    pub(super) fn named_value(&mut self, path: &[Ident], span: Span) -> Option<Expr> {
        let names: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
        let found = self.cx.find(&names)?;
        let Declared::Let(Let { value: LetValue::Expr(value), .. }) = found.what else {
            let name = names.last().copied().unwrap_or_default();
            let message = format!("`{name}` is {}, not a value", found.what.kind());
            let diagnostic = Diagnostic::error(codes::WRONG_DECLARATION, span, message);
            self.report(match found.what {
                Declared::Function(_) => diagnostic.hint(format!("call it: `{name}(…)`")),
                Declared::Query(_) => diagnostic.hint(format!("its rows are read by `from {name}(…)`")),
                Declared::Let(_) => diagnostic.hint(format!("its rows are read by `from {name}`")),
            });
            return Some(unknown(span));
        };
        if self.cx.is_broken(found) || !self.cx.step(span) {
            return Some(unknown(span));
        }
        let value = self.cx.expand(found, (Vec::new(), Vec::new()), span, |cx| {
            let nothing = Scope::default();
            Checker::new(cx, &nothing, Clause::Values).expr(value)
        });
        let path: Vec<&Ident> = path.iter().collect();
        self.cx.refers_to_declared(found, &path, Some(&value.ty));
        Some(self.cx.put(value, span))
    }
}

fn find_in<'a>(
    statements: &'a [Statement],
    visible: usize,
    name: &str,
    module: SourceId,
) -> Option<Found<'a>> {
    let seen = statements.get(..visible).unwrap_or(statements);
    let index = seen.iter().rposition(|s| declared_name(s).is_some_and(|declared| declared.text == name))?;
    Some(Found { module, index, what: declared(seen.get(index)?)? })
}
