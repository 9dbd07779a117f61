//! The outline of a text: what it declares.

use super::document::Document;
use super::texts;
use crate::diag::Span;
use crate::sema;
use crate::syntax::ast::{LetValue, Param, StatementKind};

/// Something that a text declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub kind: SymbolKind,
    /// Parameters, a type; may be empty.
    pub detail: String,
    /// The whole declaration.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// Its parameters.
    pub children: Vec<Symbol>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    Module,
    Value,
    Relation,
    Function,
    Query,
    Assertion,
    Parameter,
}

/// What the document's text declares, in its order.
pub fn symbols(document: &Document) -> Vec<Symbol> {
    let symbols = document.statements().iter().filter_map(|statement| {
        let plain = |kind, name: String, name_span| Symbol {
            name,
            kind,
            detail: String::new(),
            span: statement.span,
            name_span,
            children: Vec::new(),
        };
        Some(match &statement.kind {
            StatementKind::Use(used) => plain(SymbolKind::Module, sema::module_name(used), statement.span),
            StatementKind::Let(bound) => {
                let kind = match bound.value {
                    LetValue::Expr(_) => SymbolKind::Value,
                    LetValue::Relation(_) => SymbolKind::Relation,
                };
                plain(kind, bound.name.text.clone(), bound.name.span)
            }
            StatementKind::Function(function) => Symbol {
                detail: texts::function_signature(function),
                children: function.params.iter().map(parameter).collect(),
                ..plain(SymbolKind::Function, function.name.text.clone(), function.name.span)
            },
            StatementKind::QueryDecl(query) => Symbol {
                children: query.params.iter().map(parameter).collect(),
                ..plain(SymbolKind::Query, query.name.text.clone(), query.name.span)
            },
            StatementKind::Assert(assert) => {
                plain(SymbolKind::Assertion, assert.name.text.clone(), assert.name.span)
            }
            StatementKind::Query(_) | StatementKind::Error => return None,
        })
    });
    symbols.filter(|symbol| !symbol.name.is_empty()).collect()
}

fn parameter(param: &Param) -> Symbol {
    Symbol {
        name: param.name.text.clone(),
        kind: SymbolKind::Parameter,
        detail: texts::parameter(param),
        span: param.name.span.to(param.ty.span),
        name_span: param.name.span,
        children: Vec::new(),
    }
}
