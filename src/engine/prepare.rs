//! From text to typed queries, and to a picture of their plans.

use crate::diag::Diagnostic;
use crate::sema::{self, typed};
use crate::syntax;

/// A source text, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    pub queries: Vec<typed::Query>,
    /// Errors and warnings in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compiled {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A query's plans as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// As it follows from the query.
    pub logical: String,
    /// After DataFusion's optimizer.
    pub optimized: String,
    /// What is executed.
    pub physical: String,
}

/// Reads and checks a source text. Queries of a text with errors are not to be run.
pub fn compile(source: &str) -> Compiled {
    let (file, mut diagnostics) = syntax::parse(source);
    let mut analysis = sema::analyze(&file);
    diagnostics.append(&mut analysis.diagnostics);
    diagnostics.sort_by_key(|d| (d.span, d.code));
    Compiled { queries: analysis.queries, diagnostics }
}
