//! The stages after `|>`.

use chumsky::prelude::*;
use chumsky::recovery::via_parser;

use super::base::{
    Rule, Stop, ahead, hole, list, lookup, must, must_expr, name, name_list, some, symbol, word,
};
use super::query::{Operand, must_operand, set_operator};
use super::{clause, source};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Expr, Ident, Query, Stage, StageKind};
use crate::syntax::codes;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::problem::Expected;
use crate::syntax::token::Token;

/// Any number of stages.
pub(super) fn stages<'t>(
    expr: Rule<'t, Expr>,
    query: Rule<'t, Query>,
    operand: Rule<'t, Operand>,
) -> Rule<'t, Vec<Stage>> {
    let pipe = symbol(Symbol::Pipe).labelled(Expected::Operator);
    // Words that begin a stage and cannot continue the one before: only their `|>` is missing.
    let without_pipe =
        lookup(Expected::Operator, |token| token.keyword().filter(|keyword| is_clearly_stage(*keyword)))
            .rewind();
    // First those of intervals: `left overlap join` would be a left join without its word.
    let kind = super::interval::kind(expr.clone(), query.clone()).or(kind(expr, query, operand));
    let kind = kind.labelled(Expected::Stage).boxed();
    let body = kind
        .map_with(|kind, e| (kind, e.span()))
        .recover_with(via_parser(hole(Stop::Stage).map(|span| (StageKind::Error, span))))
        // What is left of a stage is reported and skipped; a stage whose `|>` is missing is not left over.
        .then_ignore(
            ahead(Expected::Operator, |next| {
                next[0].is_none_or(|token| {
                    matches!(token, Token::Symbol(Symbol::Pipe | Symbol::RParen))
                        || token.keyword().is_some_and(is_clearly_stage)
                })
            })
            .recover_with(via_parser(hole(Stop::Stage).ignored())),
        )
        .boxed();
    let piped = pipe
        .then(body.clone())
        .map(|(pipe, (kind, span)): (Span, (StageKind, Span))| Stage { kind, span: pipe.to(span) });
    let unpiped = without_pipe.then(body).map_with(|((keyword, word), (kind, span)), e| {
        let problem = Diagnostic::error(codes::MISSING_PIPE, word, "a `|>` is missing before this stage");
        let problem = problem.hint(format!("write `|> {}`", keyword.phrase()));
        e.emit(problem.fix(Span::new(span.start, span.start), "|> ").into());
        Stage { kind, span }
    });
    piped.or(unpiped).repeated().collect().boxed()
}

fn is_clearly_stage(keyword: Keyword) -> bool {
    use Keyword::*;
    matches!(keyword, Where | Select | Order | Limit | Offset | Distinct | Join | Union | Intersect | Except)
}

fn kind<'t>(expr: Rule<'t, Expr>, query: Rule<'t, Query>, operand: Rule<'t, Operand>) -> Rule<'t, StageKind> {
    let items = clause::items(expr.clone());
    let some_items = some(items.clone(), "an expression");
    let value = must_expr(expr.clone());

    let filter = word(Keyword::Where).ignore_then(value.clone()).map(StageKind::Where);
    let select = word(Keyword::Select)
        .ignore_then(word(Keyword::Distinct).labelled(Expected::Operator).or_not())
        .then(some_items.clone())
        .map(|(distinct, items)| StageKind::Select { distinct: distinct.is_some(), items });
    let extend = word(Keyword::Extend).ignore_then(some_items).map(StageKind::Extend);
    let set = word(Keyword::Set).ignore_then(assignments(expr.clone())).map(StageKind::Set);
    let drop = word(Keyword::Drop).ignore_then(name_list()).map(StageKind::Drop);
    let rename = word(Keyword::Rename).ignore_then(renamings()).map(StageKind::Rename);
    let name_it = word(Keyword::As).ignore_then(name("a name")).map(StageKind::As);
    let aggregate = word(Keyword::Aggregate)
        .ignore_then(items)
        .then(clause::group_by(expr.clone()).labelled(Expected::Operator).or_not())
        .map(|(items, group_by)| StageKind::Aggregate { items, group_by });
    let order_by = clause::order_by(expr.clone()).map(StageKind::OrderBy);
    let limit = word(Keyword::Limit)
        .ignore_then(value.clone())
        .then(word(Keyword::Offset).labelled(Expected::Operator).ignore_then(value.clone()).or_not())
        .map(|(count, offset)| StageKind::Limit { count, offset });
    let offset = word(Keyword::Offset).ignore_then(value).map(StageKind::Offset);
    let distinct = word(Keyword::Distinct).to(StageKind::Distinct);
    let join = source::join(expr, query).map(|join| StageKind::Join(Box::new(join)));
    let set_op = set_operator().then(must_operand(operand)).map_with(|(operator, operand), e| {
        let query = Box::new(operand.alone(&mut |problem| e.emit(problem)));
        StageKind::SetOp { op: operator.op, all: operator.all, query, op_span: operator.span }
    });
    let columns = choice((filter, select, extend, set, drop, rename, name_it));
    let rows = choice((aggregate, order_by, limit, offset, distinct, join, set_op));
    columns.boxed().or(rows.boxed()).boxed()
}

/// `a = b + 1, c = d`.
fn assignments<'t>(expr: Rule<'t, Expr>) -> Rule<'t, Vec<(Ident, Expr)>> {
    let one = name("a column").then_ignore(must(symbol(Symbol::Eq))).then(must_expr(expr)).map(Some);
    some(list(one, |_| None), "a column")
        .map(|pairs: Vec<Option<(Ident, Expr)>>| pairs.into_iter().flatten().collect())
        .boxed()
}

/// `old as new, …`.
fn renamings<'t>() -> Rule<'t, Vec<(Ident, Ident)>> {
    let one = name("a column").then_ignore(must(word(Keyword::As))).then(name("a name")).map(Some);
    some(list(one, |_| None), "a column")
        .map(|pairs: Vec<Option<(Ident, Ident)>>| pairs.into_iter().flatten().collect())
        .boxed()
}
