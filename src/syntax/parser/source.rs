//! What stands after `from` and `join`.

use chumsky::prelude::*;

use super::base::{
    Rule, Stop, ahead, alias, close, error_expr, list, member, must, must_expr, name, names, or_hole, parens,
    some, symbol, word,
};
use super::call::arguments;
use super::query::must_query;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{
    Expr, From, Ident, Join, JoinCondition, JoinKind, Query, Source, SourceKind, Spanned,
};
use crate::syntax::codes;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::Expected;
use crate::syntax::token::Token;

/// `from source {, source} {join}`.
pub(super) fn from<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, From> {
    let source = must_source(expr.clone(), query.clone());
    let comma = symbol(Symbol::Comma).ignore_then(source.clone()).map(|source: Source| {
        let span = source.span;
        Join { kind: JoinKind::Cross, source, condition: JoinCondition::None, span }
    });
    let more = comma.or(join(expr, query).labelled(Expected::Operator)).repeated().collect();
    word(Keyword::From).ignore_then(source).then(more).map(|(source, joins)| From { source, joins }).boxed()
}

/// A source that has to stand here.
pub(super) fn must_source<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Source> {
    or_hole(source(expr, query), Stop::Element, |span| Source {
        kind: SourceKind::Error,
        alias: None,
        columns: Vec::new(),
        span,
    })
}

fn source<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Source> {
    let values = ahead(Expected::Text("values"), |next| {
        next[0].is_some_and(|token| token.is(Keyword::Values))
            && next[1] == Some(Token::Symbol(Symbol::LParen))
    })
    .ignore_then(values(expr.clone()))
    .map(SourceKind::Values);
    let subquery = parens(must_query(query)).map(|query| SourceKind::Query(Box::new(query)));
    let args = symbol(Symbol::LParen)
        .labelled(Expected::Operator)
        .ignore_then(arguments(expr, |_| false))
        .then_ignore(close(Symbol::RParen));
    let path = symbol(Symbol::Dot).labelled(Expected::Operator).ignore_then(member()).repeated().collect();
    let named = name("a table").then(path).then(args.or_not()).map(
        |((first, more), args): ((Ident, Vec<Ident>), _)| {
            let name = std::iter::once(first).chain(more).collect();
            match args {
                Some(args) => SourceKind::Function { name, args },
                None => SourceKind::Table(name),
            }
        },
    );
    let columns = names().labelled(Expected::Operator).or_not();
    choice((values, subquery, named))
        .labelled(Expected::Thing("a table"))
        .then(alias().then(columns).or_not())
        .map_with(|(kind, alias), e| {
            let (alias, columns) = alias.unzip();
            Source { kind, alias, columns: columns.flatten().unwrap_or_default(), span: e.span() }
        })
        .boxed()
}

/// `values (1, 'a'), (2, 'b')`.
pub(super) fn values<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Vec<Spanned<Vec<Expr>>>> {
    let row =
        parens(some(list(expr, error_expr), "a value")).map_with(|node, e| Spanned { node, span: e.span() });
    let missing = |span| Spanned { node: Vec::new(), span };
    word(Keyword::Values)
        .ignore_then(or_hole(row.clone(), Stop::Element, missing))
        .then(
            // A comma may also separate the next source; only a row begins with a parenthesis that holds no query.
            ahead(Expected::Operator, |next| {
                next[0] == Some(Token::Symbol(Symbol::Comma))
                    && next[1] == Some(Token::Symbol(Symbol::LParen))
                    && !super::base::begins_query(&[next[2], None, None])
            })
            .ignore_then(symbol(Symbol::Comma))
            .ignore_then(row)
            .repeated()
            .collect::<Vec<_>>(),
        )
        .map(|(first, more)| std::iter::once(first).chain(more).collect())
        .boxed()
}

/// `[kind] join source [on … | using (…)]`.
pub(super) fn join<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Join> {
    let outer = || word(Keyword::Outer).labelled(Expected::Operator).or_not();
    let side = choice((
        word(Keyword::Semi).to(JoinKind::Semi),
        word(Keyword::Anti).to(JoinKind::Anti),
        outer().to(JoinKind::Left),
    ));
    let kind = choice((
        word(Keyword::Inner).to(JoinKind::Inner),
        word(Keyword::Left).ignore_then(side),
        word(Keyword::Right).then(outer()).to(JoinKind::Right),
        word(Keyword::Full).then(outer()).to(JoinKind::Full),
        word(Keyword::Cross).to(JoinKind::Cross),
        word(Keyword::Semi).to(JoinKind::Semi),
        word(Keyword::Anti).to(JoinKind::Anti),
    ))
    .then_ignore(must(word(Keyword::Join)));
    let kind = kind.or(word(Keyword::Join).to(JoinKind::Inner));
    let on = word(Keyword::On).ignore_then(must_expr(expr.clone())).map(JoinCondition::On);
    let using = word(Keyword::Using)
        .ignore_then(or_hole(names(), Stop::Element, |_| Vec::new()))
        .map(JoinCondition::Using);
    // `cross join a on x` has one condition too many, `join a` one too few.
    kind.map_with(|kind, e| (kind, e.span()))
        .then(must_source(expr, query))
        .then(on.or(using).or_not())
        .map_with(|(((kind, words), source), condition): (((JoinKind, Span), Source), _), e| {
            let span = e.span();
            match (&condition, kind) {
                (Some(_), JoinKind::Cross) => e.emit(
                    Diagnostic::error(codes::JOIN_CONDITION, words, "a cross join has no condition")
                        .hint("write `join` for pairs that satisfy one")
                        .into(),
                ),
                (None, kind) if kind != JoinKind::Cross && source.kind != SourceKind::Error => e.emit(
                    Diagnostic::error(codes::JOIN_CONDITION, words, "this join has no condition")
                        .hint("add `on …` or `using (…)`; for all pairs, write `cross join`")
                        .into(),
                ),
                _ => {}
            }
            Join { kind, source, condition: condition.unwrap_or(JoinCondition::None), span }
        })
        .boxed()
}
