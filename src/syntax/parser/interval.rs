//! The stages of intervals, and `render`.

use chumsky::prelude::*;

use super::base::{
    Rule, Stop, ahead, close, error_expr, list_until, member, must, must_expr, name, or_hole, parens, some,
    symbol, word,
};
use super::call::arguments;
use super::source::must_source;
use crate::diag::Span;
use crate::syntax::ast::{Arg, Expr, ExprKind, Ident, MatchStep, OverlapJoin, Query, StageKind, SweepKind};
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::Expected;
use crate::syntax::token::Token;

pub(super) fn kind<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, StageKind> {
    let value = must_expr(expr.clone());
    let clip = word(Keyword::Clip).ignore_then(value.clone()).map(StageKind::Clip);
    let at = word(Keyword::At).ignore_then(value.clone()).map(StageKind::At);
    let bucket = word(Keyword::Bucket).ignore_then(value).map(StageKind::Bucket);
    choice((
        clip,
        at,
        bucket,
        overlap_join(expr.clone(), query),
        sweep(),
        matches(expr.clone()),
        render(expr),
    ))
    .boxed()
}

/// `[left] overlap join r [as x] [on …]`.
fn overlap_join<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, StageKind> {
    let left = ahead(Expected::Operator, |next| {
        next[0].is_some_and(|token| token.is(Keyword::Left))
            && next[1].is_some_and(|token| token.is(Keyword::Overlap))
    })
    .ignore_then(word(Keyword::Left));
    let on = word(Keyword::On).labelled(Expected::Operator).ignore_then(must_expr(expr.clone()));
    left.or_not()
        .then_ignore(word(Keyword::Overlap))
        .then_ignore(must(word(Keyword::Join)))
        .then(must_source(expr, query))
        .then(on.or_not())
        .map(|((left, source), on)| {
            StageKind::OverlapJoin(Box::new(OverlapJoin { left: left.is_some(), source, on }))
        })
        .boxed()
}

fn sweep<'t>() -> Rule<'t, StageKind> {
    let kind = choice((
        word(Keyword::Merge).to(SweepKind::Merge),
        word(Keyword::Gaps).to(SweepKind::Gaps),
        word(Keyword::Depth).to(SweepKind::Depth),
    ));
    kind.then(by().or_not()).map(|(kind, by)| StageKind::Sweep { kind, by: by.unwrap_or_default() }).boxed()
}

/// `by a, t.b`: plain columns, or `match by g (a: …)` would look like a call.
fn by<'t>() -> Rule<'t, Vec<Expr>> {
    let more = symbol(Symbol::Dot).labelled(Expected::Operator).ignore_then(member()).repeated().collect();
    let column = name("a column").then(more).map_with(|(first, more): (Ident, Vec<Ident>), e| Expr {
        kind: ExprKind::Name([vec![first], more].concat()),
        span: e.span(),
    });
    let columns = list_until(column, error_expr, |token| token == Token::Symbol(Symbol::LParen));
    word(Keyword::By).labelled(Expected::Operator).ignore_then(some(columns, "a column")).boxed()
}

/// `match [by a] (x: …) -> (y: … within 1ms)`.
fn matches<'t>(expr: Rule<'t, Expr>) -> Rule<'t, StageKind> {
    let within = word(Keyword::Within).labelled(Expected::Operator).ignore_then(must_expr(expr.clone()));
    let step = name("the step's name")
        .then_ignore(must(symbol(Symbol::Colon)))
        .then(must_expr(expr))
        .then(within.or_not())
        .map(|((name, condition), within)| MatchStep { name, condition, within });
    let step = or_hole(parens(step), Stop::Element, missing_step);
    let steps = step
        .clone()
        .then(symbol(Symbol::Then).labelled(Expected::Operator).ignore_then(step).repeated().collect());
    word(Keyword::Match)
        .ignore_then(by().or_not())
        .then(steps)
        .map(|(by, (first, more)): (_, (MatchStep, Vec<MatchStep>))| StageKind::Match {
            by: by.unwrap_or_default(),
            steps: [vec![first], more].concat(),
        })
        .boxed()
}

fn missing_step(span: Span) -> MatchStep {
    let name = Ident { text: String::new(), quoted: true, span };
    MatchStep { name, condition: error_expr(span), within: None }
}

/// `render bar(x, y)`.
fn render<'t>(expr: Rule<'t, Expr>) -> Rule<'t, StageKind> {
    let args = symbol(Symbol::LParen)
        .labelled(Expected::Operator)
        .ignore_then(arguments(expr, |_| false))
        .then_ignore(close(Symbol::RParen));
    word(Keyword::Render)
        .ignore_then(name("a kind of picture"))
        .then(args.or_not())
        .map(|(kind, args): (Ident, Option<Vec<Arg>>)| StageKind::Render {
            kind,
            args: args.unwrap_or_default(),
        })
        .boxed()
}
