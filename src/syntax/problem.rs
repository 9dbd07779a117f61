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

/// What could have stood in a place. Nearly every token is looked at by rules that it is not for, so a single one, or
/// none, takes no memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    One(Expected),
    Many(Vec<Expected>),
}

impl Wanted {
    pub(super) fn all(&self) -> &[Expected] {
        match self {
            Wanted::Nothing => &[],
            Wanted::One(one) => std::slice::from_ref(one),
            Wanted::Many(many) => many,
        }
    }

    fn add(&mut self, more: &[Expected]) {
        for one in more {
            match self {
                Wanted::Nothing => *self = Wanted::One(*one),
                Wanted::One(known) if known == one => {}
                Wanted::One(known) => {
                    // Where there are two there are more.
                    let mut many = Vec::with_capacity(8);
                    many.extend([*known, *one]);
                    *self = Wanted::Many(many);
                }
                Wanted::Many(known) if known.contains(one) => {}
                Wanted::Many(known) => known.push(*one),
            }
        }
    }
}

/// A finding of the parser.
#[derive(Debug)]
pub(super) enum Problem<'t> {
    Unexpected {
        span: Span,
        found: Option<Token<'t>>,
        expected: Wanted,
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
                expected.add(more.all());
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
        let mut wanted = Wanted::Nothing;
        expected.into_iter().for_each(|one| wanted.add(&[one]));
        Problem::Unexpected { span, found: found.map(|token| *token), expected: wanted }
    }

    fn label_with(&mut self, label: Expected) {
        if let Problem::Unexpected { expected, .. } = self {
            *expected = Wanted::One(label);
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
        Problem::Unexpected { span, found: found.map(|token| *token), expected: Wanted::Nothing }
    }
}
