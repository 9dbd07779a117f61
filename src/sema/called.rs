//! Saved queries: checking their declarations, and calling them with values for their parameters.

use super::codes;
use super::context::{Bound, Context};
use super::declared::{Declared, Found};
use super::expr::{Checker, Clause};
use super::facts::{Location, Named, Target};
use super::literals::with_unit;
use super::names::propose;
use super::naming::named;
use super::query;
use super::relation::Relation;
use super::scope::Scope;
use super::typed::{Expr, ExprKind, Value};
use super::types::{article, coerce, unify, unknown};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, Ident, QueryDecl};
use crate::syntax::similar::closest;

impl<'a> Context<'a> {
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
                Some((name, ast, value)) => {
                    let declared = Location { source: found.module, span: param.name.span };
                    self.refers(name.span, Target::Named(Named::Parameter, declared), Some(&ty));
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
    pub(super) fn parameter_type(&mut self, param: &'a ast::Param) -> Type {
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
    pub(super) fn fit_parameter(
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
        let before = self.diagnostics.len();
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
    pub(super) fn check_parameter(
        &mut self,
        param: &'a ast::Param,
        before: impl Iterator<Item = &'a Ident>,
    ) -> Type {
        if let Some(first) = before.into_iter().find(|name| name.text == param.name.text) {
            let message = format!("there are two parameters called `{}`", param.name.text);
            let diagnostic = Diagnostic::error(codes::DUPLICATE_NAME, param.name.span, message);
            self.report(diagnostic.label(first.span, "the first one"));
        }
        // It is read as `$name`, and given as `--name`.
        if param.name.text.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let message = format!("`{}` is no name for a parameter", param.name.text);
            let diagnostic = Diagnostic::error(codes::BAD_PARAMETER_NAME, param.name.span, message);
            self.report(diagnostic.hint("it has letters, digits and underscores only"));
        }
        let nothing = Scope::default();
        Checker::new(self, &nothing, Clause::Values).type_of(&param.ty)
    }
}

impl Checker<'_, '_> {
    /// `$name`.
    pub(super) fn parameter(&mut self, name: &Ident, span: Span) -> Expr {
        self.sees(span);
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
            let value = bound.value.clone();
            let declared = Location { source: self.cx.place.module, span: bound.name.span };
            self.cx.refers(span, Target::Named(Named::Parameter, declared), Some(&value.ty));
            return self.cx.put(value, span);
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
}

/// The null of a type.
fn null(ty: &Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Value(Value::Null), ty: ty.clone(), span }
}
