//! Statements, and whole queries: `with`, set operations, and the stages behind.

use chumsky::prelude::*;

use super::base::{Rule, Stop, ahead, hole, list_until, must, name, or_hole, parens, symbol, word};
use super::declaration::declaration;
use super::expr::expression;
use super::select::{self, Tail};
use super::source;
use super::stage;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{
    Body, Cte, Expr, From, Let, LetValue, Query, QueryDecl, SetBody, SetOp, Source, SourceKind, Stage,
    StageKind, StatementKind,
};
use crate::syntax::codes;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::{Expected, Problem};
use crate::syntax::token::Token;

/// A statement: a declaration or a query, and nothing behind it.
pub(super) fn statement<'t>() -> Rule<'t, StatementKind> {
    let query = query();
    let declares = ahead(Expected::Query, |next| {
        next[0].and_then(|token| token.keyword()).is_some_and(|word| Keyword::DECLARATIONS.contains(&word))
            && next[1].is_some()
    });
    let declaration = declares.ignore_then(declaration(&query));
    let closing = symbol(Symbol::RParen).or(symbol(Symbol::RBracket)).labelled(Expected::End);
    // A bracket too many is no reason to leave out the stages behind it.
    let stray = closing
        .map_with(|span, e| {
            e.emit(Diagnostic::error(codes::UNOPENED_BRACKET, span, "this bracket was never opened").into());
        })
        // Not `ignore_then`: what is ignored is not run, and would report nothing.
        .then(stage::stages(query.expr, query.query.clone(), query.operand))
        .map(|((), stages)| stages)
        .repeated()
        .collect::<Vec<Vec<Stage>>>();
    let end = ahead(Expected::End, |next| next[0].is_none())
        .recover_with(chumsky::recovery::via_parser(hole(Stop::End).ignored()));
    let run = or_hole(query.query, Stop::End, error_query).map(StatementKind::Query);
    declaration
        .or(run)
        .then(stray)
        .map(|(mut statement, more)| {
            if let Some(query) = query_of(&mut statement) {
                query.stages.extend(more.into_iter().flatten());
            }
            statement
        })
        .then_ignore(end)
        .boxed()
}

/// The query that stages at the end of a statement belong to.
fn query_of(statement: &mut StatementKind) -> Option<&mut Query> {
    match statement {
        StatementKind::Query(query)
        | StatementKind::QueryDecl(QueryDecl { body: query, .. })
        | StatementKind::Let(Let { value: LetValue::Relation(query), .. }) => Some(query),
        _ => None,
    }
}

pub(super) fn error_query(span: Span) -> Query {
    plain(Body::Error(span), span)
}

fn plain(body: Body, span: Span) -> Query {
    Query { ctes: Vec::new(), body, stages: Vec::new(), span }
}

/// A query that has to stand here, between parentheses.
pub(super) fn must_query<'t>(query: Rule<'t, Query>) -> Rule<'t, Query> {
    or_hole(query, Stop::Stage, error_query)
}

/// The rules that refer to each other.
pub(super) struct Rules<'t> {
    pub(super) query: Rule<'t, Query>,
    pub(super) expr: Rule<'t, Expr>,
    operand: Rule<'t, Operand>,
}

fn query<'t>() -> Rules<'t> {
    let query = recursive(|query| rules(query.boxed()).query).boxed();
    rules(query)
}

fn rules<'t>(query: Rule<'t, Query>) -> Rules<'t> {
    let expr = expression(query.clone());
    let operand = operand(expr.clone(), query.clone());
    let rest = rest(expr.clone(), query.clone(), operand.clone());

    let cte = name("a name")
        .then_ignore(must(word(Keyword::As)))
        .then(or_hole(parens(must_query(query.clone())), Stop::Element, error_query))
        .map(|(name, query)| Some(Cte { name, query }));
    let ctes = word(Keyword::With)
        // The body may begin with a parenthesis.
        .ignore_then(list_until(cte, |_| None, |token| token == Token::Symbol(Symbol::LParen)))
        .map(|ctes: Vec<Option<Cte>>| ctes.into_iter().flatten().collect::<Vec<Cte>>());
    let pipe_form = ahead(Expected::Query, |next| next[0].is_some_and(|token| token.is(Keyword::From)))
        .ignore_then(source::from(expr.clone(), query.clone()).map_with(|from, e| (from, e.span())))
        .then(stage::stages(expr.clone(), query.clone(), operand.clone()))
        .map(|((from, span), stages): ((From, Span), Vec<Stage>)| {
            let span = stages.last().map_or(span, |last| span.to(last.span));
            Query { stages, ..plain(Body::From(from), span) }
        });
    let body = pipe_form.or(operand
        .clone()
        .then(rest)
        .map_with(|(first, rest), e| build(first, rest, &mut |problem| e.emit(problem))));
    let with_body = ctes
        .then(or_hole(body.clone(), Stop::Stage, error_query))
        .map_with(|(ctes, body), e| attach(ctes, body, e.span()));
    let query = body.or(with_body).labelled(Expected::Query).boxed();
    Rules { query, expr, operand }
}

/// Puts a `with` in front of a query.
fn attach(ctes: Vec<Cte>, body: Query, span: Span) -> Query {
    // The parentheses of `with a as (…) (with b as (…) …)` hold the inner names.
    if body.ctes.is_empty() {
        Query { ctes, span, ..body }
    } else {
        Query { ctes, ..plain(Body::Query(Box::new(body)), span) }
    }
}

/// An operand of a set operation.
#[derive(Clone)]
pub(super) struct Operand {
    query: Query,
    tail: Tail,
    parenthesised: bool,
}

impl Operand {
    /// The query of an operand whose tail would be ambiguous.
    pub(super) fn alone<'t>(self, emit: &mut dyn FnMut(Problem<'t>)) -> Query {
        let Some(span) = self.tail.span else { return self.query };
        emit(
            Diagnostic::error(
                codes::CLAUSE_ORDER,
                span,
                "`order by`, `limit` and `offset` apply to the whole of a set operation",
            )
            .hint("put parentheses around the query that they belong to")
            .into(),
        );
        with_tail(self.query, self.tail)
    }
}

/// `select …`, `values …`, `(query)`, and `from …` with a complaint about its missing parentheses.
fn operand<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, Operand> {
    let bare = |query, tail| Operand { query, tail, parenthesised: false };
    let select = select::select(expr.clone(), query.clone()).map(move |(select, tail)| {
        let span = select.span;
        bare(plain(Body::Select(Box::new(select)), span), tail)
    });
    let values = source::values(expr).map_with(move |rows, e| {
        let span = e.span();
        let source = Source { kind: SourceKind::Values(rows), alias: None, columns: Vec::new(), span };
        bare(plain(Body::From(From { source, joins: Vec::new() }), span), Tail::default())
    });
    let nested = parens(must_query(query.clone())).map_with(|query, e| Operand {
        query: Query { span: e.span(), ..query },
        tail: Tail::default(),
        parenthesised: true,
    });
    let pipe_form = ahead(Expected::Query, |next| next[0].is_some_and(|token| token.is(Keyword::From)))
        .ignore_then(query)
        .map_with(move |query, e| {
            let problem = Diagnostic::error(
                codes::BARE_QUERY,
                Span::new(query.span.start, query.span.start + Keyword::From.text().len()),
                "a query that begins with `from` needs parentheses here",
            );
            e.emit(problem.hint("write `(from …)`").into());
            bare(query, Tail::default())
        });
    choice((select, values, nested, pipe_form)).labelled(Expected::Query).boxed()
}

/// What may follow the first operand.
struct Rest {
    operands: Vec<(SetOperator, Operand)>,
    tail: Tail,
    stages: Vec<Stage>,
}

#[derive(Clone, Copy)]
pub(super) struct SetOperator {
    pub(super) op: SetOp,
    pub(super) all: bool,
    pub(super) span: Span,
}

/// `union [all]` and its like.
pub(super) fn set_operator<'t>() -> Rule<'t, SetOperator> {
    let op = choice((
        word(Keyword::Union).to(SetOp::Union),
        word(Keyword::Intersect).to(SetOp::Intersect),
        word(Keyword::Except).to(SetOp::Except),
    ));
    let all = word(Keyword::All).to(true).or(word(Keyword::Distinct).to(false)).labelled(Expected::Operator);
    op.then(all.or_not())
        .map_with(|(op, all), e| SetOperator { op, all: all.unwrap_or(false), span: e.span() })
        .labelled(Expected::Operator)
        .boxed()
}

/// The operand after a set operator.
pub(super) fn must_operand<'t>(operand: Rule<'t, Operand>) -> Rule<'t, Operand> {
    or_hole(operand, Stop::Part, |span| Operand {
        query: error_query(span),
        tail: Tail::default(),
        parenthesised: false,
    })
}

fn rest<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>, operand: Rule<'t, Operand>) -> Rule<'t, Rest> {
    set_operator()
        .then(must_operand(operand.clone()))
        .repeated()
        .collect::<Vec<_>>()
        .then(select::tail(expr.clone()))
        .then(stage::stages(expr, query, operand))
        .map(|((operands, tail), stages)| Rest { operands, tail, stages })
        .boxed()
}

/// Puts operands, tail and stages together.
fn build<'t>(first: Operand, rest: Rest, emit: &mut dyn FnMut(Problem<'t>)) -> Query {
    let mut query = if rest.operands.is_empty() {
        single(first, rest.tail, &rest.stages)
    } else {
        set(first, rest.operands, rest.tail, emit)
    };
    if let Some(last) = rest.stages.last() {
        query.span = query.span.to(last.span);
    }
    query.stages.extend(rest.stages);
    query
}

fn single(operand: Operand, tail: Tail, stages: &[Stage]) -> Query {
    let Operand { query, tail: own, parenthesised } = operand;
    if !parenthesised {
        // A select's clauses have all been read with it, those of `values` have not.
        return with_tail(query, if own.span.is_some() { own } else { tail });
    }
    if tail.span.is_none() && stages.is_empty() {
        return query;
    }
    let span = query.span;
    with_tail(plain(Body::Query(Box::new(query)), span), tail)
}

/// A query with `order by`, `limit` and `offset` behind it: a select has a place for them, another query has stages.
fn with_tail(mut query: Query, tail: Tail) -> Query {
    let Some(span) = tail.span else { return query };
    query.span = query.span.to(span);
    if let Body::Select(select) = &mut query.body {
        select.span = select.span.to(span);
        select.order_by = tail.order_by;
        select.limit = tail.limit;
        select.offset = tail.offset;
        return query;
    }
    let mut add = |kind| query.stages.push(Stage { kind, span });
    if !tail.order_by.is_empty() {
        add(StageKind::OrderBy(tail.order_by));
    }
    match (tail.limit, tail.offset) {
        (Some(count), offset) => add(StageKind::Limit { count, offset }),
        (None, Some(offset)) => add(StageKind::Offset(offset)),
        (None, None) => {}
    }
    query
}

/// Set operations from the left; `intersect` binds tighter than the others.
fn set<'t>(
    first: Operand,
    mut operands: Vec<(SetOperator, Operand)>,
    rest_tail: Tail,
    emit: &mut dyn FnMut(Problem<'t>),
) -> Query {
    // The last operand has read the tail that belongs to all of them, unless it ends with a parenthesis.
    let mut tail = rest_tail;
    if let Some((_, last)) = operands.last_mut() {
        let own = std::mem::take(&mut last.tail);
        if own.span.is_some() {
            tail = own;
        }
    }
    let mut sum = first.alone(emit);
    let mut waiting: Option<(Query, SetOperator)> = None;
    for (operator, operand) in operands {
        let operand = operand.alone(emit);
        if operator.op == SetOp::Intersect {
            sum = join_sets(sum, operator, operand);
        } else {
            sum = match waiting.take() {
                Some((left, before)) => join_sets(left, before, sum),
                None => sum,
            };
            waiting = Some((std::mem::replace(&mut sum, operand), operator));
        }
    }
    let mut query = match waiting {
        Some((left, operator)) => join_sets(left, operator, sum),
        None => sum,
    };
    if let (Body::Set(set), Some(span)) = (&mut query.body, tail.span) {
        set.order_by = tail.order_by;
        set.limit = tail.limit;
        set.offset = tail.offset;
        query.span = query.span.to(span);
    }
    query
}

fn join_sets(left: Query, operator: SetOperator, right: Query) -> Query {
    let span = left.span.to(right.span);
    let SetOperator { op, all, span: op_span } = operator;
    let body = SetBody { left, op, all, right, op_span, order_by: Vec::new(), limit: None, offset: None };
    plain(Body::Set(Box::new(body)), span)
}
