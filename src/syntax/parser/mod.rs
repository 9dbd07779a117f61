//! Tokens → tree: the grammar, in combinators.
//!
//! Every rule decides by its first tokens which way it goes, and from there on it does not fail: what is missing is
//! reported and stands in the tree as an `Error` node. So nothing is parsed twice, and a mistake costs no more than
//! the smallest list item, clause or stage around it.

mod base;
mod call;
mod clause;
mod declaration;
mod expr;
mod interval;
mod query;
mod select;
mod source;
mod stage;

use chumsky::Parser as _;
use chumsky::input::Input as _;

use super::ast::StatementKind;
use super::problem::Problem;
use super::token::Lexeme;
use crate::diag::Span;

pub(super) use base::Tokens;

/// A parser of single statements. Making one costs more than using it, so one serves a whole file.
pub(super) struct Parser<'t> {
    statement: base::Rule<'t, StatementKind>,
}

impl<'t> Parser<'t> {
    pub(super) fn new() -> Self {
        Self { statement: query::statement() }
    }

    /// Parses one statement, whose tokens hold neither comments nor `;`. `end` is the place right after it. The stack must be
    /// deep enough for what `nesting` lets pass.
    pub(super) fn parse(&self, tokens: &'t [Lexeme<'t>], end: Span) -> (StatementKind, Vec<Problem<'t>>) {
        let input: Tokens<'t> = tokens.map(end, |lexeme: &'t Lexeme<'t>| (&lexeme.token, &lexeme.span));
        let (statement, problems) = self.statement.parse(input).into_output_errors();
        (statement.unwrap_or(StatementKind::Error), problems)
    }
}
