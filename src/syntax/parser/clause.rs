//! The clauses that more than one construct has: items, `order by`, `group by`.

use chumsky::prelude::*;

use super::base::{
    Rule, Stop, ahead, alias, begins_query, ends_element, error_expr, list, list_until, name, names, or_hole,
    phrase, some, symbol, word,
};
use crate::diag::Span;
use crate::syntax::ast::{Expr, GroupBy, GroupKey, Item, OrderItem};
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::Expected;
use crate::syntax::token::Token;

fn error_item(span: Span) -> Item {
    Item::Expr { expr: error_expr(span), alias: None }
}

/// `a, b as c, t.*`; may be empty.
pub(super) fn items<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Vec<Item>> {
    let is_star = |token: Option<Token<'t>>| token == Some(Token::Symbol(Symbol::Star));
    let qualified = ahead(Expected::Text("*"), move |next| {
        next[0].is_some_and(|token| token.is_name())
            && next[1] == Some(Token::Symbol(Symbol::Dot))
            && is_star(next[2])
    })
    .ignore_then(name("a table"))
    .then_ignore(symbol(Symbol::Dot));
    // `select * except (select …)` subtracts a query, `select * except (a)` a column.
    let except = ahead(Expected::Operator, |next| {
        next[0].is_some_and(|token| token.is(Keyword::Except))
            && next[1] == Some(Token::Symbol(Symbol::LParen))
            && next[2] != Some(Token::Symbol(Symbol::LParen))
            && !begins_query(&[next[2], None, None])
    })
    .ignore_then(word(Keyword::Except))
    .ignore_then(names());
    let star = qualified.or_not().then_ignore(symbol(Symbol::Star)).then(except.or_not()).map_with(
        |(qualifier, except), e| Item::Star { qualifier, except: except.unwrap_or_default(), span: e.span() },
    );
    let value = expr.then(alias().or_not()).map(|(expr, alias)| Item::Expr { expr, alias });
    list(star.labelled(Expected::Operator).or(value), error_item)
}

/// `order by …`.
pub(super) fn order_by<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Vec<OrderItem>> {
    order_by_until(expr, |_| false)
}

/// `order by …` where other words than usual may follow.
pub(super) fn order_by_until<'t>(
    expr: Rule<'t, Expr>,
    also_ends: impl Fn(Token<'t>) -> bool + Clone + 't,
) -> Rule<'t, Vec<OrderItem>> {
    let direction = word(Keyword::Asc).to(false).or(word(Keyword::Desc).to(true)).labelled(Expected::Alias);
    let first = word(Keyword::First).to(true).or(word(Keyword::Last).to(false));
    let nulls =
        word(Keyword::Nulls).labelled(Expected::Alias).ignore_then(or_hole(first, Stop::Element, |_| true));
    let item = expr.then(direction.or_not()).then(nulls.or_not()).map(|((expr, direction), nulls_first)| {
        OrderItem { expr, descending: direction.unwrap_or(false), nulls_first }
    });
    let missing = |span| OrderItem { expr: error_expr(span), descending: false, nulls_first: None };
    phrase(Keyword::Order, Keyword::By)
        .ignore_then(some(list_until(item, missing, also_ends), "an expression"))
        .boxed()
}

/// `group by a, b as c` or `group by all`.
pub(super) fn group_by<'t>(expr: Rule<'t, Expr>) -> Rule<'t, GroupBy> {
    // Where anything follows that can belong to an expression, `all` is a column.
    let all = ahead(Expected::Operator, |next| {
        next[0].is_some_and(|token| token.is(Keyword::All))
            && next[1].is_none_or(|token| token != Token::Symbol(Symbol::Comma) && ends_element(&token))
    })
    .ignore_then(word(Keyword::All))
    .map(GroupBy::All);
    let key = expr.then(alias().or_not()).map(|(expr, alias)| GroupKey { expr, alias });
    let missing = |span| GroupKey { expr: error_expr(span), alias: None };
    let keys = some(list(key, missing), "an expression").map(GroupBy::Keys);
    phrase(Keyword::Group, Keyword::By).ignore_then(all.or(keys)).boxed()
}
