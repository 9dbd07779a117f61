//! What the analysis of one statement carries along.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::codes;
use super::facts::Facts;
use super::program::Program;
use super::scope::Scope;
use super::tree::{Extent, extent};
use super::typed::{Column, ColumnId, Expr};
use super::types::unknown;
use crate::catalog::{Domain, Type};
use crate::diag::{Diagnostic, SourceId, Span};
use crate::syntax::ast::{self, Ident};

/// Stages, joins, calls of declared functions and uses of named queries in one query, all told. A relation is as deep as
/// it has stages, and a chain of `with` queries can double at each link: this bounds both the stack and the time.
const LARGEST: usize = 500;
/// Parts of expressions that stand in place of names, all told.
const MOST_PARTS: usize = 20_000;
/// How deep one of them may be.
const DEEPEST: usize = 200;
/// Queries within expressions of queries. To plan one takes twice as long as the one inside it.
const MOST_NESTED: usize = 12;

/// Declarations that have errors of their own, by module and statement.
pub(super) type Broken = BTreeSet<(SourceId, usize)>;

pub(super) struct Context<'a> {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Known sets of values, for columns that have passed through unchanged.
    pub(super) domains: HashMap<ColumnId, &'static Domain>,
    /// Columns of tables that are never negative.
    pub(super) natural: HashSet<ColumnId>,
    /// The `with` queries in sight, the innermost last. Each sees those before it.
    pub(super) ctes: Vec<Cte<'a>>,
    /// The scopes around the subquery being analysed: out of its sight, but good to know for a hint.
    pub(super) outer: Vec<Scope>,
    pub(super) place: Place<'a>,
    pub(super) broken: &'a Broken,
    /// What is found out on the way, if somebody wants to know.
    pub(super) facts: Option<Facts>,
    /// So many queries are around the one being analysed, also where they call what it is written in.
    nested: usize,
    columns: u32,
    steps: usize,
    parts: usize,
}

/// Where in a program the text being analysed stands.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub(super) program: &'a Program,
    pub(super) module: SourceId,
    /// So many of the module's statements are in sight.
    pub(super) visible: usize,
    /// What `$name` stands for; None: outside of saved queries.
    pub(super) params: Option<Vec<Bound<'a>>>,
    /// The parameters of the function whose body this is.
    pub(super) locals: Vec<(&'a str, Expr)>,
}

/// A parameter with its value.
#[derive(Clone)]
pub(super) struct Bound<'a> {
    pub(super) name: &'a Ident,
    pub(super) value: Expr,
    pub(super) used: bool,
}

pub(super) struct Cte<'a> {
    pub(super) cte: &'a ast::Cte,
    pub(super) used: bool,
}

impl<'a> Context<'a> {
    /// For the statement in a place of a module.
    pub(super) fn new(program: &'a Program, module: SourceId, statement: usize, broken: &'a Broken) -> Self {
        Self {
            diagnostics: Vec::new(),
            domains: HashMap::new(),
            natural: HashSet::new(),
            ctes: Vec::new(),
            outer: Vec::new(),
            place: Place { program, module, visible: statement, params: None, locals: Vec::new() },
            broken,
            facts: None,
            nested: 0,
            columns: 0,
            steps: 0,
            parts: 0,
        }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(Diagnostic { source: self.place.module, ..diagnostic });
    }

    /// A new column.
    pub(super) fn column(&mut self, name: impl Into<String>, ty: Type) -> Column {
        let id = ColumnId(self.columns);
        self.columns += 1;
        Column { id, name: name.into(), ty }
    }

    /// Counts a stage, join, call or use of a named query; false when there are too many, which is reported once.
    pub(super) fn step(&mut self, span: Span) -> bool {
        self.steps += 1;
        if self.steps == LARGEST + 1 {
            self.too_large(
                span,
                format!("more than {LARGEST} stages, joins, calls and uses of named queries"),
            );
        }
        self.steps <= LARGEST
    }

    /// Puts an expression in the place of a name for it; an unknown one if that makes the query too large.
    pub(super) fn put(&mut self, value: Expr, span: Span) -> Expr {
        let Extent { parts, depth } = extent(&value);
        let before = self.parts;
        self.parts = before.saturating_add(parts);
        if before <= MOST_PARTS && self.parts > MOST_PARTS {
            self.too_large(span, format!("its expressions have more than {MOST_PARTS} parts"));
        } else if depth > DEEPEST {
            self.too_large(span, format!("an expression in it is more than {DEEPEST} levels deep"));
        }
        if self.parts > MOST_PARTS || depth > DEEPEST { unknown(span) } else { Expr { span, ..value } }
    }

    /// Analyses a query within an expression; None where that is too deep within others.
    pub(super) fn nested<T>(&mut self, span: Span, analyse: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.nested == MOST_NESTED {
            self.too_large(span, format!("it has queries within queries, more than {MOST_NESTED} deep"));
            return None;
        }
        self.nested += 1;
        let result = analyse(self);
        self.nested -= 1;
        Some(result)
    }

    fn too_large(&mut self, span: Span, note: String) {
        self.report(Diagnostic::error(codes::TOO_LARGE, span, "this query is too large").note(note));
    }
}
