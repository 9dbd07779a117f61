//! From text to typed queries, and to a picture of their plans.

use std::path::PathBuf;

use super::modules::{self, Loaded, Origin};
use crate::diag::Diagnostic;
use crate::sema::{self, ParamValue, Program, SavedQuery, typed};

/// A source text with what it uses, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    pub program: Program,
    pub queries: Vec<typed::Query>,
    pub assertions: Vec<typed::Assertion>,
    /// Errors and warnings in the order of the texts.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

impl Compiled {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Names and texts of all that was read, in the order that diagnostics count them.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.program.modules.iter().map(|module| (module.name.as_str(), module.text.as_str()))
    }

    /// The queries that the text declares.
    pub fn saved_queries(&self) -> Vec<SavedQuery> {
        sema::saved_queries(&self.program)
    }

    /// A declared query with values for its parameters. Only for a text without errors.
    ///
    /// # Errors
    /// What is wrong with the values, a sentence each.
    pub fn call(&self, name: &str, values: &[ParamValue]) -> Result<typed::Query, Vec<String>> {
        sema::call(&self.program, name, values)
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

/// Reads and parses a text and what it uses, without checking what it means: for who asks questions about it.
pub fn gather(source: &str, origin: &Origin) -> (Program, Vec<Diagnostic>) {
    let Loaded { program, diagnostics, .. } = modules::load(source, origin);
    (program, diagnostics)
}

/// Reads and checks a text and what it uses. Queries of a text with errors are not to be run.
pub fn compile(source: &str, origin: &Origin) -> Compiled {
    let Loaded { program, mut diagnostics, origins } = modules::load(source, origin);
    let files = origins.into_iter().filter_map(|origin| match origin {
        Origin::File(path) => Some(path),
        Origin::Typed | Origin::Library(_) => None,
    });
    let files = files.collect();
    let mut analysis = sema::analyze(&program);
    diagnostics.append(&mut analysis.diagnostics);
    diagnostics.sort_by_key(|d| (d.source, d.span, d.code));
    Compiled { program, queries: analysis.queries, assertions: analysis.assertions, diagnostics, files }
}
