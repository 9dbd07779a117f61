//! From a tree to a resolved, typed query.
//!
//! In come a tree and the catalog; out go typed queries, in which names are ids and every expression has a type, and
//! what is wrong, in the user's terms. Analysis is total: whatever the tree, there is a query for each query, and an
//! expression with an error has the type `unknown`, which goes with every other, so that one mistake is reported once.
//! Both forms of the language become the same relations here. This room knows no source text, no traces and no plans.
//!
//! Reading order: `query` (sources and bodies), `select` and `stages` (the two forms), `aggregate`, `window`, `join`,
//! `setop`, `order`; then `expr` with `names`, `operators`, `predicates`, `literals`, `calls`, `cast`, `patterns`, `domains`.

mod aggregate;
mod calls;
mod cast;
pub mod codes;
mod context;
mod domains;
mod expr;
mod items;
mod join;
mod literals;
mod names;
mod naming;
mod operators;
mod order;
mod patterns;
mod predicates;
mod query;
mod relation;
mod scope;
mod select;
mod setop;
mod stages;
mod tree;
pub mod typed;
mod types;
mod window;

use crate::diag::Diagnostic;
use crate::syntax::ast;

/// What there is to know about a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// One for each query of the file. Only those of a file without errors mean anything to a planner.
    pub queries: Vec<typed::Query>,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Analysis {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Resolves the names and checks the types of all queries of a file.
pub fn analyze(file: &ast::File) -> Analysis {
    let mut queries = Vec::with_capacity(file.queries.len());
    let mut diagnostics = Vec::new();
    for query in &file.queries {
        let mut cx = context::Context::default();
        queries.push(query::query(&mut cx, query));
        diagnostics.append(&mut cx.diagnostics);
    }
    diagnostics.sort_by_key(|d| (d.span, d.code));
    // A `with` query is analysed at each of its uses: its errors are found as often.
    diagnostics.dedup();
    Analysis { queries, diagnostics }
}
