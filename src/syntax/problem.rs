//! What the grammar says when it cannot go on: what it wanted, and what it found.
//!
//! Collected by the parser in the grammar's terms; `explain` puts it into the user's.

use chumsky::DefaultExpected;
use chumsky::error::{Error, LabelError};
use chumsky::util::MaybeRef;

use super::parser::Tokens;
use super::token::Token;
use crate::diag::{Diagnostic, Span};

/// Something that the grammar would have taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A keyword or symbol, by its text.
    Text(&'static str),
    /// A kind of thing, with its article: "an expression".
    Thing(&'static str),
    /// An operator could have followed: true nearly everywhere, so it is only said when nothing else is.
    Operator,
    /// An alias could have followed; as for operators.
    Alias,
    /// `)` or `]`.
    Close(&'static str),
    /// A stage after `|>`.
    Stage,
    /// The beginning of a query.
    Query,
    /// The end of what precedes; said as nothing.
    End,
}

/// A finding of the parser.
#[derive(Debug)]
pub(super) enum Problem<'t> {
    Unexpected {
        span: Span,
        found: Option<Token<'t>>,
        expected: Vec<Expected>,
    },
    /// A mistake that the grammar itself knows.
    Known(Box<Diagnostic>),
}

impl Problem<'_> {
    pub(super) fn span(&self) -> Span {
        match self {
            Problem::Unexpected { span, .. } => *span,
            Problem::Known(diagnostic) => diagnostic.span,
        }
    }
}

impl From<Diagnostic> for Problem<'_> {
    fn from(diagnostic: Diagnostic) -> Self {
        Problem::Known(Box::new(diagnostic))
    }
}

impl<'t> Error<'t, Tokens<'t>> for Problem<'t> {
    fn merge(mut self, other: Self) -> Self {
        match (&mut self, other) {
            (Problem::Unexpected { expected, .. }, Problem::Unexpected { expected: more, .. }) => {
                for one in more {
                    if !expected.contains(&one) {
                        expected.push(one);
                    }
                }
                self
            }
            (Problem::Known(_), _) => self,
            (_, known) => known,
        }
    }
}

impl<'t> LabelError<'t, Tokens<'t>, Expected> for Problem<'t> {
    fn expected_found<E: IntoIterator<Item = Expected>>(
        expected: E,
        found: Option<MaybeRef<'t, Token<'t>>>,
        span: Span,
    ) -> Self {
        let found = found.map(|token| *token);
        Problem::Unexpected { span, found, expected: expected.into_iter().collect() }
    }

    fn label_with(&mut self, label: Expected) {
        if let Problem::Unexpected { expected, .. } = self {
            *expected = vec![label];
        }
    }
}

/// The combinators' own guesses name tokens without their meaning; every rule is labelled, so they add nothing.
impl<'t> LabelError<'t, Tokens<'t>, DefaultExpected<'t, Token<'t>>> for Problem<'t> {
    fn expected_found<E: IntoIterator<Item = DefaultExpected<'t, Token<'t>>>>(
        _: E,
        found: Option<MaybeRef<'t, Token<'t>>>,
        span: Span,
    ) -> Self {
        Problem::Unexpected { span, found: found.map(|token| *token), expected: Vec::new() }
    }
}
