//! What the analysis of one query carries along.

use std::collections::HashMap;

use super::codes;
use super::scope::Scope;
use super::typed::{Column, ColumnId};
use crate::catalog::{Domain, Type};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

/// Stages, joins and uses of `with` queries in one query, all told. A relation is as deep as it has stages, and a
/// chain of `with` queries can double at each link: this bounds both the stack and the time.
const LARGEST: usize = 500;

#[derive(Default)]
pub(super) struct Context<'a> {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Known sets of values, for columns that have passed through unchanged.
    pub(super) domains: HashMap<ColumnId, &'static Domain>,
    /// The `with` queries in sight, the innermost last. Each sees those before it.
    pub(super) ctes: Vec<Cte<'a>>,
    /// The scopes around the subquery being analysed: out of its sight, but good to know for a hint.
    pub(super) outer: Vec<Scope>,
    columns: u32,
    steps: usize,
}

pub(super) struct Cte<'a> {
    pub(super) cte: &'a ast::Cte,
    pub(super) used: bool,
}

impl Context<'_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A new column.
    pub(super) fn column(&mut self, name: impl Into<String>, ty: Type) -> Column {
        let id = ColumnId(self.columns);
        self.columns += 1;
        Column { id, name: name.into(), ty }
    }

    /// Counts a stage, join or use of a `with` query; false when there are too many, which is reported once.
    pub(super) fn step(&mut self, span: Span) -> bool {
        self.steps += 1;
        if self.steps == LARGEST + 1 {
            self.report(
                Diagnostic::error(codes::TOO_LARGE, span, "this query is too large")
                    .note(format!("more than {LARGEST} stages, joins and uses of `with` queries")),
            );
        }
        self.steps <= LARGEST
    }
}
