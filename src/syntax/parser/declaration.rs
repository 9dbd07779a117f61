//! Declarations: `use`, `let`, `fn`, `query`, `assert`.

use chumsky::prelude::*;
use chumsky::recovery::via_parser;

use super::base::{
    Rule, Stop, close, hole, list, member, must, must_expr, name, or_hole, query_ahead, symbol, token, word,
};
use super::expr::type_name;
use super::query::{Rules, error_query};
use crate::diag::Span;
use crate::syntax::ast::{
    Assert, Expr, FunctionDecl, Ident, Let, LetValue, Param, Query, QueryDecl, Spanned, StatementKind,
    TypeName, Use, UseTarget,
};
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::Expected;
use crate::syntax::token::{Token, unescape};

/// A declaration. Which one it is shows its first word; from there on it does not fail.
pub(super) fn declaration<'t>(rules: &Rules<'t>) -> Rule<'t, StatementKind> {
    let (expr, query) = (rules.expr.clone(), rules.query.clone());
    choice((
        word(Keyword::Use).ignore_then(use_()).map(StatementKind::Use),
        word(Keyword::Let).ignore_then(let_(expr.clone(), query.clone())).map(StatementKind::Let),
        word(Keyword::Fn).ignore_then(function(expr.clone())).map(StatementKind::Function),
        word(Keyword::Query).ignore_then(query_decl(expr.clone(), query)).map(StatementKind::QueryDecl),
        word(Keyword::Assert).ignore_then(assert(expr)).map(StatementKind::Assert),
    ))
    .labelled(Expected::Query)
    .boxed()
}

/// The name that a declaration gives.
fn must_name<'t>(what: &'static str) -> Rule<'t, Ident> {
    or_hole(name(what), Stop::Declaration, missing_name)
}

fn missing_name(span: Span) -> Ident {
    Ident { text: String::new(), quoted: true, span }
}

fn missing_type(span: Span) -> TypeName {
    TypeName { name: missing_name(span), args: Vec::new(), span }
}

/// `std.sched`, `'./lib/http.gtq'`, each with `as name`.
fn use_<'t>() -> Rule<'t, Use> {
    let file = token(Expected::Thing("a module or a file"), |token, span| match token {
        Token::String(raw) => Some(UseTarget::File(Spanned { node: unescape(raw, '\''), span })),
        _ => None,
    });
    let path = symbol(Symbol::Dot).labelled(Expected::Operator).ignore_then(member()).repeated().collect();
    let module = name("a module or a file")
        .then(path)
        .map(|(first, more): (Ident, Vec<Ident>)| UseTarget::Module([vec![first], more].concat()));
    let target = or_hole(file.or(module), Stop::Declaration, |span| {
        UseTarget::File(Spanned { node: String::new(), span })
    });
    let alias = word(Keyword::As).labelled(Expected::Operator).ignore_then(must_name("a name"));
    target.then(alias.or_not()).map(|(target, alias)| Use { target, alias }).boxed()
}

fn let_<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Let> {
    let relation = query_ahead().ignore_then(query).map(LetValue::Relation);
    let value = relation.or(must_expr(expr).map(LetValue::Expr));
    must_name("a name")
        .then_ignore(must(symbol(Symbol::Eq)))
        .then(value)
        .map(|(name, value)| Let { name, value })
        .boxed()
}

fn function<'t>(expr: Rule<'t, Expr>) -> Rule<'t, FunctionDecl> {
    let result = symbol(Symbol::Then).labelled(Expected::Operator).ignore_then(or_hole(
        type_name(),
        Stop::Declaration,
        missing_type,
    ));
    must_name("a name")
        .then(params(expr.clone()).labelled(Expected::Text("(")))
        .then(result.or_not())
        .then_ignore(must(symbol(Symbol::Eq)))
        .then(must_expr(expr))
        .map(|(((name, params), result), body)| FunctionDecl { name, params, result, body })
        .boxed()
}

fn query_decl<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, QueryDecl> {
    must_name("a name")
        .then(params(expr).labelled(Expected::Operator).or_not())
        .then_ignore(must(symbol(Symbol::Eq)))
        .then(or_hole(query, Stop::End, error_query))
        .map(|((name, params), body)| QueryDecl { name, params: params.unwrap_or_default(), body })
        .boxed()
}

fn assert<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Assert> {
    let named = must_name("the assertion's name").then_ignore(must(symbol(Symbol::Colon)));
    named.then(must_expr(expr)).map(|(name, condition)| Assert { name, condition }).boxed()
}

/// `(a: int, b: string? = null)`.
fn params<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Vec<Param>> {
    let ty = symbol(Symbol::Colon)
        .ignore_then(or_hole(type_name(), Stop::Element, missing_type))
        .then(symbol(Symbol::Question).labelled(Expected::Operator).or_not());
    let ty = ty.recover_with(via_parser(hole(Stop::Element).map(|span| (missing_type(span), None))));
    let default = symbol(Symbol::Eq).labelled(Expected::Operator).ignore_then(must_expr(expr));
    let param = name("a parameter")
        .then(ty)
        .then(default.or_not())
        .map(|((name, (ty, mark)), default)| Some(Param { name, ty, nullable: mark.is_some(), default }));
    symbol(Symbol::LParen)
        .ignore_then(list(param, |_| None))
        .then_ignore(close(Symbol::RParen))
        .map(|params: Vec<Option<Param>>| params.into_iter().flatten().collect())
        .boxed()
}
