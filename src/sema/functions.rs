//! Declared functions: checking their declarations, and putting their bodies in the place of calls.

use super::codes;
use super::context::Context;
use super::declared::Declared;
use super::expr::{Checker, Clause};
use super::facts::{Location, Named, Target};
use super::scope::Scope;
use super::tree::reads;
use super::typed::{Expr, ExprKind};
use super::types::{article, coerce, unify, unknown};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, FunctionDecl};

impl<'a> Context<'a> {
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
        let value = value.clone();
        let declared = Location { source: self.cx.place.module, span: value.span };
        self.cx.refers(span, Target::Named(Named::Parameter, declared), Some(&value.ty));
        // What is around the subquery began where the body did.
        if !self.cx.outer.is_empty() && reads(&value, &mut |_| true) {
            let message = format!("a subquery can't see the column that `{name}` stands for");
            self.report(Diagnostic::error(codes::CORRELATED, span, message).hint("use a join"));
            return Some(unknown(span));
        }
        Some(self.cx.put(value, span))
    }

    /// A call of a declared function, if the name is one's.
    pub(super) fn declared_call(&mut self, call: &'a ast::Call, span: Span) -> Option<Expr> {
        let mut path: Vec<&str> = call.module.iter().map(|module| module.text.as_str()).collect();
        path.push(&call.name.text);
        let found = self.cx.find(&path)?;
        let names: Vec<&ast::Ident> = call.module.iter().chain([&call.name]).collect();
        self.cx.refers_to_declared(found, &names, None);
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
        if self.cx.is_broken(found) || !self.cx.step(span) {
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
        Some(self.cx.put(body, span))
    }
}
