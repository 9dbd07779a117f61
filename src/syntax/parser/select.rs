//! The select form: `select … from … where …`, its clauses in their order.

use chumsky::prelude::*;

use super::base::{Rule, must_expr, some, word};
use super::clause;
use super::source;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Expr, From, GroupBy, Item, OrderItem, Query, Select};
use crate::syntax::codes;
use crate::syntax::keywords::Keyword;
use crate::syntax::problem::{Expected, Problem};

/// `order by`, `limit` and `offset`: they apply to a select, or to the whole of a set operation.
#[derive(Clone, Default)]
pub(super) struct Tail {
    pub(super) order_by: Vec<OrderItem>,
    pub(super) limit: Option<Expr>,
    pub(super) offset: Option<Expr>,
    /// Of all its clauses.
    pub(super) span: Option<Span>,
}

/// One clause, as far as a tail can hold it.
#[derive(Clone)]
enum TailClause {
    OrderBy(Vec<OrderItem>),
    Limit(Expr),
    Offset(Expr),
}

#[derive(Clone)]
enum Clause {
    From(From),
    Where(Expr),
    GroupBy(GroupBy),
    Having(Expr),
    Qualify(Expr),
    Tail(TailClause),
}

fn tail_clause<'t>(expr: Rule<'t, Expr>) -> Rule<'t, (Keyword, TailClause, Span)> {
    let limit = word(Keyword::Limit).ignore_then(must_expr(expr.clone()));
    let offset = word(Keyword::Offset).ignore_then(must_expr(expr.clone()));
    choice((
        clause::order_by(expr).map(|items| (Keyword::Order, TailClause::OrderBy(items))),
        limit.map(|count| (Keyword::Limit, TailClause::Limit(count))),
        offset.map(|count| (Keyword::Offset, TailClause::Offset(count))),
    ))
    .labelled(Expected::Operator)
    .map_with(|(keyword, clause), e| (keyword, clause, e.span()))
    .boxed()
}

/// The tail after a parenthesised query.
pub(super) fn tail<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Tail> {
    tail_clause(expr)
        .repeated()
        .collect::<Vec<_>>()
        .map_with(|clauses, e| {
            let mut order = Order::default();
            let mut tail = Tail::default();
            for (keyword, clause, span) in clauses {
                if order.accepts(keyword, span, &mut |problem| e.emit(problem)) {
                    tail.take(clause, span);
                }
            }
            tail
        })
        .boxed()
}

impl Tail {
    fn take(&mut self, clause: TailClause, span: Span) {
        self.span = Some(self.span.map_or(span, |before| before.to(span)));
        match clause {
            TailClause::OrderBy(items) => self.order_by = items,
            TailClause::Limit(count) => self.limit = Some(count),
            TailClause::Offset(count) => self.offset = Some(count),
        }
    }
}

/// Sees to it that clauses come once and in order; `limit` and `offset` may change places.
#[derive(Default)]
struct Order {
    seen: Vec<(Keyword, Span)>,
}

impl Order {
    /// Whether the clause is to be kept. One that is only late is.
    fn accepts<'t>(&mut self, keyword: Keyword, span: Span, emit: &mut dyn FnMut(Problem<'t>)) -> bool {
        let word = Span::new(span.start, span.start + keyword.text().len());
        let phrase = keyword.phrase();
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == keyword) {
            let problem = Diagnostic::error(codes::CLAUSE_ORDER, word, format!("`{phrase}` is given twice"))
                .label(Span::new(first.start, first.start + keyword.text().len()), "the first one");
            emit(match keyword {
                Keyword::Where | Keyword::Having | Keyword::Qualify => {
                    problem.hint("join the conditions by `and`").into()
                }
                _ => problem.into(),
            });
            return false;
        }
        let place = |keyword| match keyword {
            Keyword::Offset => place(Keyword::Limit),
            other => place(other),
        };
        let later = self.seen.iter().find(|(seen, _)| place(*seen) > place(keyword));
        if let Some((later, later_span)) = later {
            let clauses: Vec<&str> = Keyword::CLAUSES.iter().map(|clause| clause.phrase()).collect();
            emit(
                Diagnostic::error(
                    codes::CLAUSE_ORDER,
                    word,
                    format!("`{phrase}` comes before `{}`", later.phrase()),
                )
                .label(
                    Span::new(later_span.start, later_span.start + later.text().len()),
                    format!("`{phrase}` belongs in front of this"),
                )
                .hint(format!("the order is: {}", clauses.join(", ")))
                .into(),
            );
        }
        self.seen.push((keyword, span));
        true
    }
}

fn place(keyword: Keyword) -> usize {
    Keyword::CLAUSES.iter().position(|clause| *clause == keyword).unwrap_or(0)
}

/// A select without its tail, and the tail.
pub(super) fn select<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>) -> Rule<'t, (Select, Tail)> {
    let condition = |keyword| word(keyword).ignore_then(must_expr(expr.clone()));
    let clause = choice((
        source::from(expr.clone(), query).map(|from| (Keyword::From, Clause::From(from))),
        condition(Keyword::Where).map(|condition| (Keyword::Where, Clause::Where(condition))),
        clause::group_by(expr.clone()).map(|keys| (Keyword::Group, Clause::GroupBy(keys))),
        condition(Keyword::Having).map(|condition| (Keyword::Having, Clause::Having(condition))),
        condition(Keyword::Qualify).map(|condition| (Keyword::Qualify, Clause::Qualify(condition))),
    ))
    .labelled(Expected::Operator)
    .map_with(|(keyword, clause), e| (keyword, clause, e.span()))
    .or(tail_clause(expr.clone()).map(|(keyword, clause, span)| (keyword, Clause::Tail(clause), span)))
    .boxed();
    word(Keyword::Select)
        .ignore_then(word(Keyword::Distinct).labelled(Expected::Operator).or_not())
        .then(some(clause::items(expr), "an expression"))
        .map_with(|head, e| (head, e.span()))
        .then(clause.repeated().collect::<Vec<_>>())
        .map_with(|(((distinct, items), span), clauses), e| {
            assemble(distinct.is_some(), items, span, clauses, &mut |problem| e.emit(problem))
        })
        .boxed()
}

fn assemble<'t>(
    distinct: bool,
    items: Vec<Item>,
    span: Span,
    clauses: Vec<(Keyword, Clause, Span)>,
    emit: &mut dyn FnMut(Problem<'t>),
) -> (Select, Tail) {
    let mut select = Select {
        distinct,
        items,
        from: None,
        filter: None,
        group_by: None,
        having: None,
        qualify: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        span,
    };
    let mut order = Order::default();
    let mut tail = Tail::default();
    for (keyword, clause, span) in clauses {
        if !order.accepts(keyword, span, emit) {
            continue;
        }
        match clause {
            Clause::Tail(clause) => {
                tail.take(clause, span);
                continue;
            }
            Clause::From(from) => select.from = Some(from),
            Clause::Where(condition) => select.filter = Some(condition),
            Clause::GroupBy(keys) => select.group_by = Some(keys),
            Clause::Having(condition) => select.having = Some(condition),
            Clause::Qualify(condition) => select.qualify = Some(condition),
        }
        select.span = select.span.to(span);
    }
    (select, tail)
}
