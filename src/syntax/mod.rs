//! Text → tree and diagnostics.
//!
//! Lives here: the words of the language, the lexer, the grammar, the tree, and printing a tree back as text. In comes
//! any text whatever; out come a tree, in which `Error` nodes stand for what could not be read, and diagnostics with
//! byte spans. Parsing is total: it neither fails nor panics, and it is bounded in depth. The room does not know what
//! exists (tables, columns, functions, types), nor what anything means. It is the only user of chumsky.

pub mod ast;
pub mod codes;
pub mod keywords;
pub mod lexer;
pub mod print;
pub mod similar;
pub mod token;

mod amount;
mod clock;
mod explain;
mod nesting;
mod parser;
mod problem;

use ast::{Body, File, Query};
use keywords::Symbol;
use token::{Lexeme, Token};

use crate::diag::{Diagnostic, Span};

/// Parses a text: queries, each ended by `;` (optional after the last). Diagnostics are in the order of the text.
pub fn parse(source: &str) -> (File, Vec<Diagnostic>) {
    let (tokens, mut diagnostics) = lexer::lex(source);
    let tokens: Vec<Lexeme<'_>> =
        tokens.into_iter().filter(|lexeme| !matches!(lexeme.token, Token::Comment(_))).collect();
    let parser = parser::Parser::new();
    let mut queries = Vec::new();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let is_end = |lexeme: &Lexeme<'_>| lexeme.token == Token::Symbol(Symbol::Semicolon);
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let (statement, behind) = rest.split_at(length);
        rest = behind.get(1..).unwrap_or_default();
        if let Some(last) = statement.last() {
            let end = Span::new(last.span.end, last.span.end);
            queries.push(parse_statement(&parser, source, statement, end, &mut diagnostics));
        }
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    (File { queries }, diagnostics)
}

fn parse_statement<'t>(
    parser: &parser::Parser<'t>,
    source: &str,
    tokens: &'t [Lexeme<'t>],
    end: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Query {
    if let Some(span) = nesting::too_deep(tokens) {
        diagnostics.push(
            Diagnostic::error(codes::TOO_DEEP, span, "this query is nested too deeply")
                .hint("name parts of it by `with name as (…)`, or put long lists into `in (…)`"),
        );
        let span = tokens.first().map_or(end, |first| first.span.to(end));
        return Query { ctes: Vec::new(), body: Body::Error(span), stages: Vec::new(), span };
    }
    let (query, problems) = parser.parse(tokens, end);
    // Where one thing went wrong, what the rules further out say about the same place is noise.
    let mut seen: Vec<usize> = Vec::new();
    for problem in problems {
        let place = problem.span().start;
        if !seen.contains(&place) {
            seen.push(place);
            diagnostics.extend(explain::explain(source, tokens, problem));
        }
    }
    query
}
