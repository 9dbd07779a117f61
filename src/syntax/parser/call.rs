//! Names and calls: `a.b` is built by `expr`, here are the first name, arguments, `filter` and `over`.

use chumsky::prelude::*;

use super::base::{
    Parse, Rule, Stop, ahead, error_expr, lookup, must, must_expr, name, or_hole, parens, phrase, some,
    symbol, word,
};
use super::clause;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Arg, Call, Expr, ExprKind, Frame, FrameBound, FrameUnit, OrderItem, Window};
use crate::syntax::codes;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::Expected;
use crate::syntax::token::Token;

/// `name` or `name(…)`.
pub(super) fn call_or_name<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Expr> {
    let filter = ahead(Expected::Operator, |next| {
        next[0].is_some_and(|token| token.is(Keyword::Filter)) && opens(next[1])
    })
    .ignore_then(word(Keyword::Filter))
    .ignore_then(parens(must(word(Keyword::Where)).ignore_then(must_expr(expr.clone()))));
    let over = word(Keyword::Over).labelled(Expected::Operator).ignore_then(or_hole(
        window(expr.clone()),
        Stop::Element,
        |span| Window { partition_by: Vec::new(), order_by: Vec::new(), frame: None, span },
    ));
    let call = parens(inside(expr)).labelled(Expected::Operator).then(filter.or_not()).then(over.or_not());
    let of_module = ahead(Expected::Operator, |next| {
        next[0] == Some(Token::Symbol(Symbol::Dot)) && next[1].is_some_and(|t| t.is_name()) && opens(next[2])
    })
    .ignore_then(symbol(Symbol::Dot))
    .ignore_then(name("a function"));
    name("an expression")
        .then(of_module.or_not())
        .then(call.or_not())
        .map_with(|((first, second), call), e| {
            let span = e.span();
            let Some(((inside, filter), over)) = call else {
                return Expr { kind: ExprKind::Name([first].into_iter().chain(second).collect()), span };
            };
            let (module, name) = match second {
                Some(name) => (Some(first), name),
                None => (None, first),
            };
            let Inside { distinct, star, args, by, order_by } = inside;
            let call = Call { module, name, distinct, star, args, by, order_by, filter, over };
            Expr { kind: ExprKind::Call(Box::new(call)), span }
        })
        .boxed()
}

fn opens(token: Option<Token<'_>>) -> bool {
    token == Some(Token::Symbol(Symbol::LParen))
}

/// What stands between a call's parentheses.
#[derive(Clone)]
struct Inside {
    distinct: bool,
    star: bool,
    args: Vec<Arg>,
    by: Option<Expr>,
    order_by: Vec<OrderItem>,
}

fn inside<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Inside> {
    let closes = |token: Option<Token<'t>>| token == Some(Token::Symbol(Symbol::RParen));
    let star = ahead(Expected::Operator, move |next| {
        next[0] == Some(Token::Symbol(Symbol::Star)) && closes(next[1])
    })
    .ignore_then(symbol(Symbol::Star));
    let by = word(Keyword::By).labelled(Expected::Operator).ignore_then(must_expr(expr.clone()));
    let order_by = clause::order_by(expr.clone()).labelled(Expected::Operator).or_not();
    // An argument may end where `by` begins; `list` would take that for a missing comma.
    let args = arguments(expr, |token| token.is(Keyword::By));
    word(Keyword::Distinct)
        .labelled(Expected::Operator)
        .or_not()
        .then(star.or_not())
        .then(args)
        .then(by.or_not())
        .then(order_by)
        .map(|((((distinct, star), args), by), order_by)| Inside {
            distinct: distinct.is_some(),
            star: star.is_some(),
            args,
            by,
            order_by: order_by.unwrap_or_default(),
        })
        .boxed()
}

/// `value, name: value`.
pub(super) fn arguments<'t>(
    expr: Rule<'t, Expr>,
    also_ends: impl Fn(Token<'t>) -> bool + Clone + 't,
) -> Rule<'t, Vec<Arg>> {
    let mark = lookup(Expected::Text(":"), |token| match token {
        Token::Symbol(Symbol::Colon) => Some(true),
        Token::Symbol(Symbol::Arrow) => Some(false),
        _ => None,
    });
    let is_named = ahead(Expected::Operator, |next| {
        next[0].is_some_and(|token| token.is_name())
            && matches!(next[1], Some(Token::Symbol(Symbol::Colon | Symbol::Arrow)))
    });
    let named = is_named.ignore_then(name("a name")).then(mark).then(must_expr(expr.clone())).map_with(
        |((name, (right, span)), value), e| {
            if !right {
                let problem =
                    Diagnostic::error(codes::FOREIGN_OPERATOR, span, "a named argument is written with `:`");
                e.emit(problem.hint(format!("write `{}: …`", name.text)).fix(span, ":").into());
            }
            Arg { name: Some(name), value }
        },
    );
    let positional = expr.map(|value| Arg { name: None, value });
    list_until(named.or(positional), also_ends)
}

fn list_until<'t>(
    argument: impl Parse<'t, Arg>,
    also_ends: impl Fn(Token<'t>) -> bool + Clone + 't,
) -> Rule<'t, Vec<Arg>> {
    super::base::list_until(argument, |span| Arg { name: None, value: error_expr(span) }, also_ends)
}

/// `( [partition by …] [order by …] [rows …] )`.
fn window<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Window> {
    let ends =
        |token: Token<'t>| matches!(token.keyword(), Some(Keyword::Rows | Keyword::Range | Keyword::Groups));
    let partition = phrase(Keyword::Partition, Keyword::By)
        .ignore_then(some(super::base::list_until(expr.clone(), error_expr, ends), "an expression"));
    let order_by = clause::order_by_until(expr.clone(), ends);
    parens(partition.or_not().then(order_by.or_not()).then(frame(expr).or_not()))
        .map_with(|((partition, order_by), frame), e| Window {
            partition_by: partition.unwrap_or_default(),
            order_by: order_by.unwrap_or_default(),
            frame,
            span: e.span(),
        })
        .boxed()
}

/// `rows between 1 preceding and current row`, `rows 5 preceding`.
fn frame<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Frame> {
    let unit = choice((
        word(Keyword::Rows).to(FrameUnit::Rows),
        word(Keyword::Range).to(FrameUnit::Range),
        word(Keyword::Groups).to(FrameUnit::Groups),
    ));
    let bound = bound(expr);
    let between = word(Keyword::Between)
        .ignore_then(bound.clone())
        .then_ignore(must(word(Keyword::And)))
        .then(bound.clone());
    // One bound alone is the start; the frame then ends at the current row.
    let single = bound.map(|start| (start, FrameBound::CurrentRow));
    unit.then(between.or(single))
        .map_with(|(unit, (start, end)), e| Frame { unit, start, end, span: e.span() })
        .boxed()
}

fn bound<'t>(expr: Rule<'t, Expr>) -> Rule<'t, FrameBound> {
    let direction = word(Keyword::Preceding).to(true).or(word(Keyword::Following).to(false));
    let make = |amount: Option<Expr>, preceding: bool| {
        if preceding { FrameBound::Preceding(amount) } else { FrameBound::Following(amount) }
    };
    let unbounded = ahead(Expected::Text("unbounded"), |next| {
        next[0].is_some_and(|token| token.is(Keyword::Unbounded))
            && next[1].is_some_and(|token| token.is(Keyword::Preceding) || token.is(Keyword::Following))
    })
    .ignore_then(word(Keyword::Unbounded))
    .ignore_then(direction.clone())
    .map(move |preceding| make(None, preceding));
    let current = ahead(Expected::Text("current row"), |next| {
        next[0].is_some_and(|token| token.is(Keyword::Current))
            && next[1].is_some_and(|token| token.is(Keyword::Row))
    })
    .ignore_then(word(Keyword::Current))
    .ignore_then(word(Keyword::Row))
    .to(FrameBound::CurrentRow);
    let amount = must_expr(expr).then(or_hole(direction, Stop::Element, |_: Span| true));
    choice((unbounded, current, amount.map(move |(amount, preceding)| make(Some(amount), preceding)))).boxed()
}
