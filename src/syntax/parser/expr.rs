//! Expressions, one rule for each level of precedence, loosest first.

use chumsky::input::InputRef;
use chumsky::prelude::*;

use super::base::{
    Extra, Rule, Stop, Tokens, ahead, close, error_expr, list, lookup, member, must, must_expr, name,
    next_is, or_hole, parens, query_ahead, some, symbol, word,
};
use super::call;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Ident, Literal, Query, TypeName, UnaryOp};
use crate::syntax::codes;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::{Expected, Problem};
use crate::syntax::token::{Token, unescape};

/// Any expression.
pub(super) fn expression<'t>(query: Rule<'t, Query>) -> Rule<'t, Expr> {
    recursive(|expr| {
        let expr = expr.boxed();
        let unary = unary(atom(expr.clone(), query.clone()), expr.clone());
        let sum = operators(unary, |token| match token {
            Token::Symbol(Symbol::Coalesce) => Some((BinaryOp::Coalesce, 0)),
            Token::Symbol(Symbol::Concat) => Some((BinaryOp::Concat, 1)),
            Token::Symbol(Symbol::Plus) => Some((BinaryOp::Add, 2)),
            Token::Symbol(Symbol::Minus) => Some((BinaryOp::Sub, 2)),
            Token::Symbol(Symbol::Star) => Some((BinaryOp::Mul, 3)),
            Token::Symbol(Symbol::Slash) => Some((BinaryOp::Div, 3)),
            Token::Symbol(Symbol::Percent) => Some((BinaryOp::Mod, 3)),
            _ => None,
        });
        let comparison = comparison(range(sum), expr, query);
        let not = word(Keyword::Not)
            .labelled(Expected::Operator)
            .repeated()
            .at_least(1)
            .collect::<Vec<Span>>()
            .then(must_expr(comparison.clone()))
            .map(|(nots, inner)| prefix(UnaryOp::Not, nots, inner))
            .or(comparison);
        operators(not.boxed(), |token| match token {
            Token::Symbol(Symbol::AndAnd) => Some((BinaryOp::And, 1)),
            _ if token.is(Keyword::And) => Some((BinaryOp::And, 1)),
            _ if token.is(Keyword::Or) => Some((BinaryOp::Or, 0)),
            _ => None,
        })
        .labelled(Expected::Thing("an expression"))
    })
    .boxed()
}

/// Finds the operator that a token is, and how tightly it binds.
type Find = fn(Token<'_>) -> Option<(BinaryOp, u8)>;

/// Operators of several levels, grouped from the left. That one could follow is not said here: what ends an operand has.
fn operators<'t>(operand: Rule<'t, Expr>, find: Find) -> Rule<'t, Expr> {
    let next = must_expr(operand.clone());
    custom(move |input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>| {
        let first = input.parse(&operand)?;
        operators_behind(input, first, 0, &next, find)
    })
    .boxed()
}

/// Takes the operators that bind at least so tightly.
fn operators_behind<'t>(
    input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>,
    mut left: Expr,
    least: u8,
    next: &Rule<'t, Expr>,
    find: Find,
) -> Result<Expr, Problem<'t>> {
    while let Some(token) = input.peek()
        && let Some((op, level)) = find(token)
        && level >= least
    {
        let before = input.cursor();
        input.skip();
        let op_span = input.span_since(&before);
        if token == Token::Symbol(Symbol::AndAnd) {
            input.emit(foreign(op_span, "&&", "and"));
        }
        let right = input.parse(next)?;
        let right = operators_behind(input, right, level + 1, next, find)?;
        let span = left.span.to(right.span);
        let (before, right) = (Box::new(left), Box::new(right));
        left = Expr { kind: ExprKind::Binary { op, op_span, left: before, right }, span };
    }
    Ok(left)
}

fn foreign<'t>(span: Span, wrong: &str, right: &str) -> Problem<'t> {
    Diagnostic::error(codes::FOREIGN_OPERATOR, span, format!("there is no operator `{wrong}`"))
        .hint(format!("write `{right}`"))
        .fix(span, right)
        .into()
}

fn prefix(op: UnaryOp, marks: Vec<Span>, inner: Expr) -> Expr {
    marks.into_iter().rev().fold(inner, |expr, mark| {
        let span = mark.to(expr.span);
        Expr { kind: ExprKind::Unary { op, expr: Box::new(expr) }, span }
    })
}

/// `a..b`, `a..`, `..b`.
fn range<'t>(bound: Rule<'t, Expr>) -> Rule<'t, Expr> {
    let upper = ahead(Expected::Thing("a time"), |next| next[0].is_some_and(|token| token.begins_operand()))
        .ignore_then(must_expr(bound.clone()))
        .or_not();
    let dots = symbol(Symbol::Range).labelled(Expected::Operator);
    let make = |from: Option<Expr>, dots: Span, to: Option<Expr>| {
        let span = [from.as_ref(), to.as_ref()].into_iter().flatten().fold(dots, |span, e| span.to(e.span));
        Expr { kind: ExprKind::Range { from: from.map(Box::new), to: to.map(Box::new) }, span }
    };
    let open = symbol(Symbol::Range)
        .labelled(Expected::Thing("an expression"))
        .then(must_expr(bound.clone()))
        .map(move |(dots, to)| make(None, dots, Some(to)));
    let closed = bound.then(dots.then(upper).or_not()).map(move |(from, rest)| match rest {
        Some((dots, to)) => make(Some(from), dots, to),
        None => from,
    });
    open.or(closed).boxed()
}

/// What follows the left side of a comparison.
#[derive(Clone)]
enum Tail {
    Operator(BinaryOp, Span, Expr),
    IsNull { negated: bool },
    In { content: InContent, negated: bool },
    Between { low: Expr, high: Expr, negated: bool },
    Like { pattern: Expr, negated: bool, case_insensitive: bool },
}

#[derive(Clone)]
enum InContent {
    List(Vec<Expr>),
    Query(Query),
}

/// Comparisons do not chain. That is no reason to stop reading: all the tails are taken, and the second is reported.
fn comparison<'t>(operand: Rule<'t, Expr>, expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Expr> {
    let operator = lookup(Expected::Operator, comparison_operator).map_with(|((op, wrong), span), e| {
        if let Some(wrong) = wrong {
            e.emit(foreign(span, wrong, op.symbol()));
        }
        (op, span)
    });
    let simple =
        operator.then(must_expr(operand.clone())).map(|((op, span), right)| Tail::Operator(op, span, right));
    let is_null = word(Keyword::Is)
        .labelled(Expected::Operator)
        .ignore_then(word(Keyword::Not).or_not())
        .then(or_hole(word(Keyword::Null), Stop::Element, |span| span))
        .map(|(not, _)| Tail::IsNull { negated: not.is_some() });
    let negatable = choice((
        word(Keyword::In)
            .ignore_then(or_hole(in_content(expr, query, operand.clone()), Stop::Element, |_| {
                InContent::List(Vec::new())
            }))
            .map(|content| Tail::In { content, negated: false }),
        word(Keyword::Between)
            .ignore_then(must_expr(operand.clone()))
            .then_ignore(must(word(Keyword::And)))
            .then(must_expr(operand.clone()))
            .map(|(low, high)| Tail::Between { low, high, negated: false }),
        word(Keyword::Like)
            .to(false)
            .or(word(Keyword::Ilike).to(true))
            .then(must_expr(operand.clone()))
            .map(|(case_insensitive, pattern)| Tail::Like { pattern, negated: false, case_insensitive }),
    ))
    .boxed();
    let negated = word(Keyword::Not).labelled(Expected::Operator).ignore_then(negatable.clone()).map(negate);
    let begins_tail = next_is(Expected::Operator, |token| {
        use Keyword::{Between, Ilike, In, Is, Like, Not};
        comparison_operator(*token).is_some()
            || matches!(token.keyword(), Some(Is | In | Between | Like | Ilike | Not))
    });
    let tail = begins_tail
        .ignore_then(choice((simple, is_null, negatable.labelled(Expected::Operator), negated)))
        .map_with(|tail, e| (tail, e.span()))
        .boxed();
    operand
        .then(tail.repeated().collect::<Vec<(Tail, Span)>>())
        .map_with(|(first, tails), e| {
            if let [(one, _), (two, span), ..] = tails.as_slice() {
                e.emit(chained(one, two, *span));
            }
            let mut tails = tails.into_iter();
            let Some((tail, span)) = tails.next() else { return first };
            let compared = compare(first, tail, span);
            tails.fold(compared, |left, (tail, span)| further(left, tail, span))
        })
        .boxed()
}

/// A comparison operator, and how it was spelt if that is wrong.
fn comparison_operator(token: Token<'_>) -> Option<(BinaryOp, Option<&'static str>)> {
    let op = match token {
        Token::Symbol(Symbol::Eq) => BinaryOp::Eq,
        Token::Symbol(Symbol::EqEq) => return Some((BinaryOp::Eq, Some("=="))),
        Token::Symbol(Symbol::Arrow) => return Some((BinaryOp::GtEq, Some("=>"))),
        Token::Symbol(Symbol::NotEq | Symbol::NotEqBang) => BinaryOp::NotEq,
        Token::Symbol(Symbol::Lt) => BinaryOp::Lt,
        Token::Symbol(Symbol::LtEq) => BinaryOp::LtEq,
        Token::Symbol(Symbol::Gt) => BinaryOp::Gt,
        Token::Symbol(Symbol::GtEq) => BinaryOp::GtEq,
        Token::Symbol(Symbol::Match) => BinaryOp::Match,
        Token::Symbol(Symbol::NotMatch) => BinaryOp::NotMatch,
        _ if token.is(Keyword::Has) => BinaryOp::Has,
        _ => return None,
    };
    Some((op, None))
}

/// What stands after `in`: `(…)`, or a range of times.
fn in_content<'t>(
    expr: Rule<'t, Expr>,
    query: Rule<'t, Query>,
    operand: Rule<'t, Expr>,
) -> Rule<'t, InContent> {
    let values = some(list(expr, error_expr), "a value").map(InContent::List);
    let query = query_ahead().ignore_then(query).map(InContent::Query);
    let range = ahead(Expected::Thing("a range of times"), |next| begins_range(next[0]))
        .ignore_then(operand)
        .map(|range| InContent::List(vec![range]));
    parens(query.or(values)).or(range).boxed()
}

fn begins_range(token: Option<Token<'_>>) -> bool {
    matches!(
        token,
        Some(Token::Time(_) | Token::TimeEnd | Token::WallClock(_) | Token::Symbol(Symbol::Range))
    )
}

fn negate(tail: Tail) -> Tail {
    match tail {
        Tail::In { content, .. } => Tail::In { content, negated: true },
        Tail::Between { low, high, .. } => Tail::Between { low, high, negated: true },
        Tail::Like { pattern, case_insensitive, .. } => {
            Tail::Like { pattern, negated: true, case_insensitive }
        }
        other => other,
    }
}

fn compare(left: Expr, tail: Tail, tail_span: Span) -> Expr {
    let span = left.span.to(tail_span);
    let expr = Box::new(left);
    let kind = match tail {
        Tail::Operator(op, op_span, right) => {
            ExprKind::Binary { op, op_span, left: expr, right: Box::new(right) }
        }
        Tail::IsNull { negated } => ExprKind::IsNull { expr, negated },
        Tail::In { content: InContent::List(list), negated } => ExprKind::InList { expr, list, negated },
        Tail::In { content: InContent::Query(query), negated } => {
            ExprKind::InQuery { expr, query: Box::new(query), negated }
        }
        Tail::Between { low, high, negated } => {
            ExprKind::Between { expr, low: Box::new(low), high: Box::new(high), negated }
        }
        Tail::Like { pattern, negated, case_insensitive } => {
            ExprKind::Like { expr, pattern: Box::new(pattern), negated, case_insensitive }
        }
    };
    Expr { kind, span }
}

/// `a < b < c`, which has been reported: read as `a < b and b < c`, so that nothing else is wrong with it.
fn further(left: Expr, tail: Tail, tail_span: Span) -> Expr {
    let span = left.span.to(tail_span);
    let shared = match &left.kind {
        ExprKind::Binary { op: BinaryOp::And, right, .. } => match &right.kind {
            ExprKind::Binary { right, .. } => Some(right.as_ref().clone()),
            _ => None,
        },
        ExprKind::Binary { right, .. } => Some(right.as_ref().clone()),
        _ => None,
    };
    let Some(shared) = shared else { return compare(left, tail, tail_span) };
    let second = compare(shared, tail, tail_span);
    let (op, op_span) = (BinaryOp::And, second.span);
    let kind = ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(second) };
    Expr { kind, span }
}

fn chained<'t>(one: &Tail, two: &Tail, span: Span) -> Problem<'t> {
    let operator = |tail: &Tail| match tail {
        Tail::Operator(op, span, _) => Some((*op, *span)),
        _ => None,
    };
    let place = operator(two).map_or(span, |(_, span)| span);
    let mut diagnostic =
        Diagnostic::error(codes::CHAINED_COMPARISON, place, "a comparison cannot be compared further");
    if let Some((_, first)) = operator(one) {
        diagnostic = diagnostic.label(first, "the first comparison");
    }
    let ordering = |op| matches!(op, BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq);
    let hint = match (operator(one), operator(two)) {
        (Some((a, _)), Some((b, _))) if ordering(a) && ordering(b) => {
            format!("write `a {} b and b {} c`, or `b between a and c`", a.symbol(), b.symbol())
        }
        _ => "put parentheses around one of them, or join them by `and`".to_string(),
    };
    diagnostic.hint(hint).into()
}

/// Unary minus, then what binds tighter: `::`, `[i]`, `.field`.
fn unary<'t>(atom: Rule<'t, Expr>, expr: Rule<'t, Expr>) -> Rule<'t, Expr> {
    #[derive(Clone)]
    enum Postfix {
        Cast(TypeName),
        Index(Expr),
        Field(Ident),
    }
    let postfix = choice((
        symbol(Symbol::Cast)
            .ignore_then(or_hole(type_name(), Stop::Element, |span| TypeName {
                name: Ident { text: String::new(), quoted: true, span },
                args: Vec::new(),
                span,
            }))
            .map(Postfix::Cast),
        symbol(Symbol::LBracket)
            .ignore_then(must_expr(expr))
            .then_ignore(close(Symbol::RBracket))
            .map(Postfix::Index),
        symbol(Symbol::Dot).ignore_then(member()).map(Postfix::Field),
    ))
    .map_with(|postfix, e| (postfix, e.span()));
    let begins_postfix = next_is(Expected::Operator, |token| {
        matches!(token, Token::Symbol(Symbol::Cast | Symbol::LBracket | Symbol::Dot))
    });
    let postfix = begins_postfix.ignore_then(postfix).boxed();
    let tight = atom
        .foldl(postfix.repeated(), |left, (postfix, end): (Postfix, Span)| {
            let span = left.span.to(end);
            let kind = match (postfix, left.kind) {
                (Postfix::Field(field), ExprKind::Name(mut parts)) => {
                    parts.push(field);
                    ExprKind::Name(parts)
                }
                (Postfix::Field(field), kind) => {
                    ExprKind::Field { expr: Box::new(Expr { kind, span: left.span }), field }
                }
                (Postfix::Cast(ty), kind) => {
                    ExprKind::Cast { expr: Box::new(Expr { kind, span: left.span }), ty }
                }
                (Postfix::Index(index), kind) => {
                    ExprKind::Index { expr: Box::new(Expr { kind, span: left.span }), index: Box::new(index) }
                }
            };
            Expr { kind, span }
        })
        .boxed();
    let negative = symbol(Symbol::Minus)
        .labelled(Expected::Thing("an expression"))
        .repeated()
        .at_least(1)
        .collect::<Vec<Span>>()
        .then(must_expr(tight.clone()))
        .map(|(marks, inner)| prefix(UnaryOp::Neg, marks, inner));
    negative.or(tight).boxed()
}

/// `int`, `list<string>`. Only a list has arguments, or `x::int < y` would be none.
pub(super) fn type_name<'t>() -> Rule<'t, TypeName> {
    recursive(|ty: Recursive<dyn Parser<'t, Tokens<'t>, TypeName, Extra<'t>>>| {
        let args = symbol(Symbol::Lt).ignore_then(ty).then_ignore(must(symbol(Symbol::Gt)));
        let list = ahead(
            Expected::Thing("a type"),
            |next| matches!(next[0], Some(Token::Word { text, .. }) if text.eq_ignore_ascii_case("list")),
        )
        .ignore_then(name("a type"))
        .then(args.or_not());
        list.or(name("a type").map(|name| (name, None))).map_with(|(name, arg), e| TypeName {
            name,
            args: arg.into_iter().collect(),
            span: e.span(),
        })
    })
    .boxed()
}

/// What no operator is a part of.
fn atom<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Expr> {
    let literal = lookup(Expected::Thing("an expression"), literal).map(|(kind, span)| Expr { kind, span });
    let param = lookup(Expected::Thing("an expression"), |token| match token {
        Token::Param(name) => Some(name.to_lowercase()),
        _ => None,
    })
    .map(|(text, span)| Expr { kind: ExprKind::Param(Ident { text, quoted: false, span }), span });
    let array = symbol(Symbol::LBracket)
        .ignore_then(list(expr.clone(), error_expr))
        .then_ignore(close(Symbol::RBracket))
        .map_with(|items, e| Expr { kind: ExprKind::List(items), span: e.span() });
    let exists = ahead(Expected::Text("exists"), |next| {
        next[0].is_some_and(|token| token.is(Keyword::Exists))
            && next[1] == Some(Token::Symbol(Symbol::LParen))
    })
    .ignore_then(word(Keyword::Exists))
    .ignore_then(parens(super::query::must_query(query.clone())))
    .map_with(|query, e| Expr { kind: ExprKind::Exists { query: Box::new(query) }, span: e.span() });
    let bare_query = ahead(Expected::Query, |next| next[0].is_some_and(|token| token.is(Keyword::Select)))
        .ignore_then(query.clone())
        .map_with(|query, e| {
            let span: Span = e.span();
            let problem = Diagnostic::error(
                codes::BARE_QUERY,
                Span::new(span.start, span.start + Keyword::Select.text().len()),
                "a query inside an expression needs parentheses",
            );
            e.emit(problem.hint("write `(select …)`").into());
            Expr { kind: ExprKind::Query(Box::new(query)), span }
        });
    // Names are the most frequent; and `exists` may be one.
    let is_name =
        next_is(Expected::Thing("an expression"), |token| token.is_name() && !token.is(Keyword::Exists));
    let name = call::call_or_name(expr.clone());
    choice((
        is_name.ignore_then(name.clone()),
        literal.or(param),
        case(expr.clone()),
        exists,
        parenthesised(expr.clone(), query.clone()),
        array,
        bare_query,
        name,
    ))
    .labelled(Expected::Thing("an expression"))
    .boxed()
}

fn literal(token: Token<'_>) -> Option<ExprKind> {
    Some(ExprKind::Literal(match token {
        Token::String(raw) => Literal::String(unescape(raw, '\'')),
        Token::Int(value) => Literal::Int(value),
        Token::Float(value) => Literal::Float(value),
        Token::Duration(value) => Literal::Duration(value),
        Token::Bytes(value) => Literal::Bytes(value),
        Token::Time(value) => Literal::Time(value),
        Token::TimeEnd => Literal::TimeEnd,
        Token::WallClock(value) => Literal::WallClock(value),
        Token::Word { keyword: Some(Keyword::Null), .. } => Literal::Null,
        Token::Word { keyword: Some(Keyword::True), .. } => Literal::Bool(true),
        Token::Word { keyword: Some(Keyword::False), .. } => Literal::Bool(false),
        // Already reported: whatever it was, a value was meant.
        Token::Error => return Some(ExprKind::Error),
        _ => return None,
    }))
}

/// `(value)` or `(query)`.
fn parenthesised<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Expr> {
    let query = query_ahead()
        .ignore_then(query)
        .map_with(|query, e| Expr { kind: ExprKind::Query(Box::new(query)), span: e.span() });
    // The span is the value's with its parentheses, so that an underline shows what the user sees as one thing.
    parens(query.or(must_expr(expr))).map_with(|inner, e| Expr { kind: inner.kind, span: e.span() }).boxed()
}

/// `case [operand] when … then … [else …] end`.
///
/// `end` closes it only where no operand can stand; before that it is the column of that name.
fn case<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Expr> {
    let is_when = |token: Option<Token<'t>>| token.is_some_and(|token| token.is(Keyword::When));
    let operand = ahead(Expected::Thing("an expression"), move |next| !is_when(next[0]))
        .ignore_then(must_expr(expr.clone()))
        .or_not();
    let branch = word(Keyword::When)
        .ignore_then(must_expr(expr.clone()))
        .then_ignore(must(word(Keyword::Then)))
        .then(must_expr(expr.clone()));
    let first = ahead(Expected::Text("when"), move |next| is_when(next[0]))
        .recover_with(chumsky::recovery::via_parser(empty()));
    word(Keyword::Case)
        .ignore_then(operand)
        .then_ignore(first)
        .then(branch.repeated().collect::<Vec<(Expr, Expr)>>())
        .then(word(Keyword::Else).ignore_then(must_expr(expr)).or_not())
        .then_ignore(must(word(Keyword::End)))
        .map_with(|((operand, branches), otherwise), e| {
            let (operand, otherwise) = (operand.map(Box::new), otherwise.map(Box::new));
            Expr { kind: ExprKind::Case { operand, branches, otherwise }, span: e.span() }
        })
        .boxed()
}
