//! Declarations: finding them by name, and putting what they stand for in their place.
//!
//! A declaration sees those that stand before it, so none can lead to itself. What it stands for is analysed afresh at
//! each use, because every use has columns and types of its own; mistakes in it were reported where it stands.

use super::codes;
use super::context::{Bound, Context, Place};
use super::expr::{Checker, Clause};
use super::literals::with_unit;
use super::names::propose;
use super::naming::named;
use super::query;
use super::relation::Relation;
use super::scope::Scope;
use super::tree::size;
use super::typed::{Expr, ExprKind, Value};
use super::types::{article, coerce, unify, unknown};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Severity, SourceId, Span};
use crate::syntax::ast::{
    self, FunctionDecl, Ident, Let, LetValue, QueryDecl, Statement, StatementKind, Use, UseTarget,
};
use crate::syntax::similar::closest;

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
    fn kind(self) -> &'static str {
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

/// The name by which a module is known here: the one given, else the last part of its own.
pub(super) fn module_name(used: &Use) -> &str {
    match (&used.alias, &used.target) {
        (Some(alias), _) => &alias.text,
        (None, UseTarget::Module(path)) => path.last().map_or("", |last| &last.text),
        (None, UseTarget::File(file)) => {
            let name = file.node.rsplit(['/', '\\']).next().unwrap_or_default();
            name.strip_suffix(".gtq").unwrap_or(name)
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
    fn module_of(&self, name: &str) -> Option<&'a str> {
        self.statements().iter().find_map(|statement| {
            let StatementKind::Use(used) = &statement.kind else { return None };
            let module = module_name(used);
            self.find(&[module, name]).map(|_| module)
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

    /// Analyses a declaration's body where it stands, with its parameters.
    fn expand<T>(
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
        let result = analyse(self);
        let inside = std::mem::replace(&mut self.diagnostics, diagnostics);
        (self.ctes, self.outer) = (ctes, outer);
        self.place = outside;
        // What is wrong with every call has been said; what is wrong with this one has not.
        let error = inside.into_iter().find(Diagnostic::is_error);
        if let Some(error) = error.filter(|_| !self.broken.contains(&(found.module, found.index))) {
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

    /// The relation that a call of a query gives.
    pub(super) fn called_query(
        &mut self,
        found: Found<'a>,
        name: &Ident,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Relation {
        let Declared::Query(decl) = found.what else {
            let message = format!("`{}` is {}, not a query", name.text, found.what.kind());
            let diagnostic = Diagnostic::error(codes::WRONG_DECLARATION, span, message);
            self.report(match found.what {
                Declared::Let(_) => {
                    diagnostic.hint(format!("leave out the parentheses: `from {}`", name.text))
                }
                _ => diagnostic,
            });
            return Relation::unknown(None);
        };
        if !self.step(span) {
            return Relation::unknown(None);
        }
        let mut given: Vec<(&'a Ident, &'a ast::Expr, Expr)> = Vec::new();
        for arg in args {
            let nothing = Scope::default();
            let value = Checker::new(self, &nothing, Clause::Values).expr(&arg.value);
            match &arg.name {
                Some(name) => given.push((name, &arg.value, value)),
                None => {
                    let names: Vec<String> =
                        decl.params.iter().map(|p| format!("{}: …", p.name.text)).collect();
                    let message = format!("the parameters of `{}` are given by name", name.text);
                    let mut diagnostic =
                        Diagnostic::error(codes::BAD_QUERY_ARGUMENTS, arg.value.span, message);
                    if let [only] = &decl.params[..] {
                        let start = Span::new(arg.value.span.start, arg.value.span.start);
                        diagnostic = diagnostic.fix(start, format!("{}: ", only.name.text));
                    }
                    self.report(diagnostic.hint(format!("like `{}({})`", name.text, names.join(", "))));
                    return Relation::unknown(None);
                }
            }
        }
        let Some(params) = self.bind(found, decl, &given, span) else { return Relation::unknown(None) };
        self.expand(found, (params, Vec::new()), span, |cx| query::relation(cx, &decl.body))
    }

    /// Gives the parameters of a query their values.
    fn bind(
        &mut self,
        found: Found<'a>,
        decl: &'a QueryDecl,
        given: &[(&'a Ident, &'a ast::Expr, Expr)],
        span: Span,
    ) -> Option<Vec<Bound<'a>>> {
        let mut fits = true;
        for (n, (name, ..)) in given.iter().enumerate() {
            let message = if decl.params.iter().all(|param| param.name.text != name.text) {
                format!("`{}` has no parameter `{}`", decl.name.text, name.text)
            } else if given.iter().take(n).any(|(before, ..)| before.text == name.text) {
                format!("`{}` is given twice", name.text)
            } else {
                continue;
            };
            let names: Vec<&str> = decl.params.iter().map(|param| param.name.text.as_str()).collect();
            let diagnostic = Diagnostic::error(codes::BAD_QUERY_ARGUMENTS, name.span, message);
            let diagnostic = propose(diagnostic, name, names.iter().copied());
            self.report(diagnostic.hint(if names.is_empty() {
                "it has no parameters".to_owned()
            } else {
                format!("its parameters are {}", names.join(", "))
            }));
            fits = false;
        }
        let mut bound = Vec::with_capacity(decl.params.len());
        for param in &decl.params {
            let ty = self.parameter_type(param);
            let value = match given.iter().find(|(name, ..)| name.text == param.name.text) {
                Some((_, ast, value)) => {
                    self.fit_parameter(&param.name, (&ty, param.nullable), ast, value.clone())
                }
                None => self.default_value(found, param, &ty, span),
            };
            match value {
                Some(value) => bound.push(Bound { name: &param.name, value, used: false }),
                None => fits = false,
            }
        }
        fits.then_some(bound)
    }

    /// A parameter's type; what is wrong with it is said where it stands.
    fn parameter_type(&mut self, param: &'a ast::Param) -> Type {
        let diagnostics = self.diagnostics.len();
        let nothing = Scope::default();
        let ty = Checker::new(self, &nothing, Clause::Values).type_of(&param.ty);
        self.diagnostics.truncate(diagnostics);
        ty
    }

    fn default_value(
        &mut self,
        found: Found<'a>,
        param: &'a ast::Param,
        ty: &Type,
        span: Span,
    ) -> Option<Expr> {
        match &param.default {
            Some(default) => {
                let value = self.expand(found, (Vec::new(), Vec::new()), span, |cx| {
                    let nothing = Scope::default();
                    Checker::new(cx, &nothing, Clause::Values).expr(default)
                });
                Some(coerce(value, ty))
            }
            None if param.nullable => Some(null(ty, span)),
            None => {
                let message = format!("the parameter `{}` is missing", param.name.text);
                let hint = format!("it is {}: `{}: …`", article(ty), param.name.text);
                self.report(Diagnostic::error(codes::BAD_QUERY_ARGUMENTS, span, message).hint(hint));
                None
            }
        }
    }

    /// A value as one of a parameter's type.
    fn fit_parameter(
        &mut self,
        name: &Ident,
        (ty, nullable): (&Type, bool),
        ast: &ast::Expr,
        value: Expr,
    ) -> Option<Expr> {
        let is_null = matches!(value.kind, ExprKind::Value(Value::Null)) && value.ty == Type::Null;
        if is_null && !nullable {
            let message = format!("`{}` can't be null", name.text);
            self.report(Diagnostic::error(codes::BAD_QUERY_ARGUMENTS, ast.span, message));
            return None;
        }
        match unify(ty, &value.ty) {
            Some(common) if common == *ty || common == Type::Unknown => Some(coerce(value, ty)),
            _ => {
                let message =
                    format!("`{}` is {}, {} is {}", name.text, article(ty), named(ast), article(&value.ty));
                let diagnostic = Diagnostic::error(codes::DECLARED_TYPE, ast.span, message);
                self.report(match with_unit(&value, ty) {
                    Some(fix) => diagnostic.note(format!("did you mean {fix}?")).fix(ast.span, fix),
                    None => diagnostic,
                });
                None
            }
        }
    }

    /// Checks a query's declaration: its parameters, and its body for any values of them.
    pub(super) fn check_query(&mut self, found: Found<'a>, decl: &'a QueryDecl) -> Relation {
        let mut bound: Vec<Bound<'a>> = Vec::new();
        for param in &decl.params {
            let ty = self.check_parameter(param, bound.iter().map(|b| b.name));
            if let Some(default) = &param.default {
                let nothing = Scope::default();
                let value = Checker::new(self, &nothing, Clause::Values).expr(default);
                self.fit_parameter(&param.name, (&ty, param.nullable), default, value);
            }
            let kind = ExprKind::Parameter(param.name.text.clone());
            let value = Expr { kind, ty, span: param.name.span };
            bound.push(Bound { name: &param.name, value, used: false });
        }
        self.place.params = Some(bound);
        self.place.visible = found.index;
        let before = self.diagnostics.len();
        let relation = query::relation(self, &decl.body);
        // What uses a parameter may be what could not be understood.
        if self.diagnostics.iter().skip(before).any(Diagnostic::is_error) {
            return relation;
        }
        for unused in self.place.params.take().into_iter().flatten().filter(|bound| !bound.used) {
            let message = format!("the parameter `{}` is not used", unused.name.text);
            let diagnostic = Diagnostic::warning(codes::UNUSED_PARAMETER, unused.name.span, message);
            self.report(diagnostic.hint(format!("the query reads it as `${}`", unused.name.text)));
        }
        relation
    }

    /// A parameter's type, and what is wrong with its declaration.
    fn check_parameter(&mut self, param: &'a ast::Param, before: impl Iterator<Item = &'a Ident>) -> Type {
        if let Some(first) = before.into_iter().find(|name| name.text == param.name.text) {
            let message = format!("there are two parameters called `{}`", param.name.text);
            let diagnostic = Diagnostic::error(codes::DUPLICATE_NAME, param.name.span, message);
            self.report(diagnostic.label(first.span, "the first one"));
        }
        let nothing = Scope::default();
        Checker::new(self, &nothing, Clause::Values).type_of(&param.ty)
    }

    /// Checks a function's declaration: its parameters, and its body against the type that it promises.
    pub(super) fn check_function(&mut self, function: &'a FunctionDecl) {
        let mut locals: Vec<(&'a str, Expr)> = Vec::new();
        for (n, param) in function.params.iter().enumerate() {
            let before = function.params.iter().take(n).map(|param| &param.name);
            let ty = self.check_parameter(param, before);
            let kind = ExprKind::Parameter(param.name.text.clone());
            locals.push((&param.name.text, Expr { kind, ty, span: param.name.span }));
            if let Some(default) = &param.default {
                let message = "a function's parameters have no defaults";
                self.report(Diagnostic::error(codes::BAD_CALL_CLAUSE, default.span, message));
            }
        }
        self.place.locals = locals;
        let nothing = Scope::default();
        let mut checker = Checker::new(self, &nothing, Clause::Function);
        let body = checker.expr(&function.body);
        let Some(result) = &function.result else { return };
        let ty = checker.type_of(result);
        if unify(&ty, &body.ty).is_none_or(|common| common != ty && common != Type::Unknown) {
            let message =
                format!("`{}` gives {}, its body is {}", function.name.text, article(&ty), article(&body.ty));
            self.report(
                Diagnostic::error(codes::DECLARED_TYPE, function.body.span, message)
                    .label(result.span, "the type that it declares"),
            );
        }
    }
}

impl<'a> Checker<'_, 'a> {
    /// A parameter of the function whose body this is.
    pub(super) fn local(&mut self, name: &str, span: Span) -> Option<Expr> {
        let (_, value) = self.cx.place.locals.iter().find(|(local, _)| *local == name)?;
        let value = Expr { span, ..value.clone() };
        if self.cx.grow(size(&value), span) { Some(value) } else { Some(unknown(span)) }
    }

    /// `$name`.
    pub(super) fn parameter(&mut self, name: &Ident, span: Span) -> Expr {
        let Some(params) = &mut self.cx.place.params else {
            let message = format!("there is no parameter `${}`", name.text);
            self.report(
                Diagnostic::error(codes::UNKNOWN_PARAMETER, name.span, message)
                    .note("only a saved query has parameters")
                    .hint("declare it: `query name(x: duration) = …`"),
            );
            return unknown(span);
        };
        if let Some(bound) = params.iter_mut().find(|bound| bound.name.text == name.text) {
            bound.used = true;
            let value = Expr { span, ..bound.value.clone() };
            return if self.cx.grow(size(&value), span) { value } else { unknown(span) };
        }
        let message = format!("there is no parameter `${}`", name.text);
        let names: Vec<&str> = params.iter().map(|bound| bound.name.text.as_str()).collect();
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_PARAMETER, name.span, message);
        if let Some(near) = closest(&name.text, names.iter().copied()) {
            diagnostic =
                diagnostic.note(format!("did you mean `${near}`?")).fix(name.span, format!("${near}"));
        } else if names.is_empty() {
            diagnostic = diagnostic.note("this query declares no parameters");
        } else {
            diagnostic = diagnostic.hint(format!("its parameters are {}", names.join(", ")));
        }
        self.report(diagnostic);
        unknown(span)
    }

    /// The value of a `let`, if the name is one's.
    pub(super) fn named_value(&mut self, path: &[&str], span: Span) -> Option<Expr> {
        let found = self.cx.find(path)?;
        let Declared::Let(Let { value: LetValue::Expr(value), .. }) = found.what else {
            let name = path.last().copied().unwrap_or_default();
            let message = format!("`{name}` is {}, not a value", found.what.kind());
            let diagnostic = Diagnostic::error(codes::WRONG_DECLARATION, span, message);
            self.report(match found.what {
                Declared::Function(_) => diagnostic.hint(format!("call it: `{name}(…)`")),
                Declared::Query(_) => diagnostic.hint(format!("its rows are read by `from {name}(…)`")),
                Declared::Let(_) => diagnostic.hint(format!("its rows are read by `from {name}`")),
            });
            return Some(unknown(span));
        };
        if !self.cx.step(span) {
            return Some(unknown(span));
        }
        let value = self.cx.expand(found, (Vec::new(), Vec::new()), span, |cx| {
            let nothing = Scope::default();
            Checker::new(cx, &nothing, Clause::Values).expr(value)
        });
        Some(Expr { span, ..value })
    }

    /// A call of a declared function, if the name is one's.
    pub(super) fn declared_call(&mut self, call: &'a ast::Call, span: Span) -> Option<Expr> {
        let mut path: Vec<&str> = call.module.iter().map(|module| module.text.as_str()).collect();
        path.push(&call.name.text);
        let found = self.cx.find(&path)?;
        let Declared::Function(function) = found.what else {
            let message = format!("`{}` is {}, not a function", call.name.text, found.what.kind());
            self.report(Diagnostic::error(codes::WRONG_DECLARATION, call.name.span, message));
            return Some(unknown(span));
        };
        self.only_arguments(&function.name.text, call);
        self.by_position(&function.name.text, call);
        let args: Vec<Expr> = call.args.iter().map(|arg| self.expr(&arg.value)).collect();
        if args.len() != function.params.len() {
            let wanted = function.params.len();
            let plural = if wanted == 1 { "" } else { "s" };
            let message =
                format!("`{}` takes {wanted} argument{plural}, not {}", function.name.text, args.len());
            let names: Vec<&str> = function.params.iter().map(|param| param.name.text.as_str()).collect();
            let hint = format!("{}({})", function.name.text, names.join(", "));
            self.report(Diagnostic::error(codes::BAD_ARGUMENTS, span, message).hint(hint));
            return Some(unknown(span));
        }
        if !self.cx.step(span) {
            return Some(unknown(span));
        }
        let mut locals: Vec<(&'a str, Expr)> = Vec::with_capacity(args.len());
        for ((param, arg), value) in function.params.iter().zip(&call.args).zip(args) {
            let ty = self.cx.parameter_type(param);
            // A function takes nulls, as the language's own do.
            let value = self.cx.fit_parameter(&param.name, (&ty, true), &arg.value, value);
            locals.push((&param.name.text, value.unwrap_or_else(|| unknown(span))));
        }
        let body = self.cx.expand(found, (Vec::new(), locals), span, |cx| {
            let nothing = Scope::default();
            let mut checker = Checker::new(cx, &nothing, Clause::Function);
            let body = checker.expr(&function.body);
            match &function.result {
                Some(result) => {
                    let ty = checker.type_of(result);
                    coerce(body, &ty)
                }
                None => body,
            }
        });
        Some(Expr { span, ..body })
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

/// The null of a type.
fn null(ty: &Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Value(Value::Null), ty: ty.clone(), span }
}
