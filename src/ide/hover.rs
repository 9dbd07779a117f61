//! Hover: what stands at a place.

use super::document::Document;
use super::{texts, words};
use crate::catalog::{FunctionKind, Type};
use crate::diag::{SourceId, Span};
use crate::library::reference::parameter_doc;
use crate::sema::facts::{Location, Named, Reference, Target};
use crate::syntax::ast::{LetValue, Literal, Statement, StatementKind};
use crate::syntax::lexer;
use crate::syntax::names;
use crate::syntax::print;
use crate::syntax::token::Token;

/// What is said of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    pub span: Span,
    /// As code: `exec: duration`.
    pub code: String,
    /// What it means; may be empty. Paragraphs are separated by an empty line.
    pub text: String,
}

/// What is known of the name, word or literal at a place of the document's text.
pub fn hover(document: &Document, offset: usize) -> Option<Hover> {
    if let Some(reference) = document.reference_at(offset) {
        let (code, text) = describe(document, reference)?;
        return Some(Hover { span: reference.location.span, code, text });
    }
    let (lexemes, _) = lexer::lex(document.text());
    let lexeme = lexemes.iter().find(|lexeme| lexeme.span.start <= offset && offset < lexeme.span.end)?;
    let (code, text) = match lexeme.token {
        Token::Word { keyword: Some(keyword), .. } if !is_name(document, lexeme.span) => {
            (keyword.phrase().to_owned(), words::meaning(keyword).to_owned())
        }
        token => literal(&token)?,
    };
    Some(Hover { span: lexeme.span, code, text })
}

fn is_name(document: &Document, span: Span) -> bool {
    let mut found = false;
    if let Some(module) = document.module(SourceId::default()) {
        names::visit(&module.file, &mut |_, name| found |= name.span == span);
    }
    found
}

/// A literal with its type, and in the base unit.
fn literal(token: &Token<'_>) -> Option<(String, String)> {
    let (value, ty, text) = match token {
        Token::Int(n) => (Literal::Int(*n), Type::Int, String::new()),
        Token::Float(x) => (Literal::Float(*x), Type::Float, String::new()),
        Token::String(raw) => (Literal::String(raw.replace("''", "'")), Type::String, String::new()),
        Token::Duration(n) => (Literal::Duration(*n), Type::Duration, format!("{n} ns")),
        Token::Bytes(n) => (Literal::Bytes(*n), Type::Bytes, format!("{n} bytes")),
        Token::Time(n) => (Literal::Time(*n), Type::Time, format!("{n} ns after the trace's first event")),
        Token::TimeEnd => (Literal::TimeEnd, Type::Time, "when the trace ends".to_owned()),
        Token::WallClock(n) => (Literal::WallClock(*n), Type::Time, format!("{n} ns after the Unix epoch")),
        _ => return None,
    };
    Some((format!("{}: {ty}", print::literal_text(&value)), text))
}

/// What a name means, as code and as text.
fn describe(document: &Document, reference: &Reference) -> Option<(String, String)> {
    Some(match reference.target {
        Target::Table(table) => {
            (table.name.to_owned(), format!("A row is a {}.\n\n{}", table.row, texts::columns(table)))
        }
        Target::TableFunction(function) => {
            (function.signature(), format!("{}\n\n{}", function.doc, texts::columns(&function.table)))
        }
        Target::TableParameter(parameter) => (parameter.text(), parameter_doc(parameter)),
        Target::Column(_, column) => {
            (format!("{}: {}", column.name, column.type_text()), texts::column_doc(reference.target))
        }
        Target::Function(function) => {
            let kind = match function.kind {
                FunctionKind::Scalar => "",
                FunctionKind::Aggregate => "\n\nan aggregate",
                FunctionKind::Window => "\n\na window function",
            };
            (function.signature_texts().join("\n"), format!("{}{kind}", function.doc))
        }
        Target::Picture(picture) => {
            let parts: Vec<&str> = picture.parts.iter().map(|part| part.name).collect();
            (format!("render {}({})", picture.name, parts.join(", ")), picture.doc.to_owned())
        }
        Target::Part(part) => {
            let types: Vec<String> = part.accepts.iter().map(ToString::to_string).collect();
            let types = if types.is_empty() { "any column".to_owned() } else { types.join(", ") };
            (part.name.to_owned(), format!("a part of the picture: {types}"))
        }
        Target::Module(source) => {
            let names = document.declarations(source, None).filter_map(declared).map(|(code, _)| code);
            (document.module(source)?.name.clone(), names.collect::<Vec<_>>().join("\n"))
        }
        Target::Named(named, location) => named_thing(document, reference, named, location)?,
    })
}

fn named_thing(
    document: &Document,
    reference: &Reference,
    named: Named,
    location: Location,
) -> Option<(String, String)> {
    let module = document.module(location.source)?;
    let name = module.text.get(location.span.start..location.span.end)?;
    let typed = |name: &str| match &reference.ty {
        Some(ty) => format!("{name}: {ty}"),
        None => name.to_owned(),
    };
    let statement = document.declarations(location.source, None).find(|statement| {
        statement.span.start <= location.span.start && location.span.end <= statement.span.end
    });
    Some(match named {
        Named::Value | Named::Relation | Named::Function | Named::Query | Named::Assertion => {
            let (code, doc) = declared(statement?)?;
            let ty = reference.ty.as_ref().map(|ty| format!(": {ty}")).unwrap_or_default();
            (format!("{code}{ty}"), doc)
        }
        Named::Parameter => {
            let docs = statement
                .and_then(|statement| statement.doc.as_ref())
                .into_iter()
                .flat_map(|doc| &doc.params);
            let doc = docs.into_iter().find(|param| param.name.text.eq_ignore_ascii_case(name));
            (typed(name), doc.map(|doc| doc.text.clone()).unwrap_or_default())
        }
        Named::With => (format!("with {name}"), String::new()),
        Named::Alias => (name.to_owned(), "a table in this query".to_owned()),
        Named::Column => (typed(name), "a column that this query computes".to_owned()),
    })
}

/// A declaration as code, and its documentation.
fn declared(statement: &Statement) -> Option<(String, String)> {
    let code = match &statement.kind {
        StatementKind::Let(bound) => match &bound.value {
            LetValue::Expr(value) => format!("let {} = {}", bound.name.text, print::expr_text(value)),
            LetValue::Relation(query) => format!("let {} = {}", bound.name.text, print::query_text(query)),
        },
        StatementKind::Function(function) => {
            let body = print::expr_text(&function.body);
            format!("fn {} = {body}", texts::function_signature(function))
        }
        StatementKind::QueryDecl(query) => {
            format!("query {}", texts::declared_signature(query))
        }
        StatementKind::Assert(assert) => {
            format!("assert {}: {}", assert.name.text, print::expr_text(&assert.condition))
        }
        StatementKind::Use(_) | StatementKind::Query(_) | StatementKind::Error => return None,
    };
    Some((code, statement.doc.as_ref().map(|doc| doc.text.clone()).unwrap_or_default()))
}
