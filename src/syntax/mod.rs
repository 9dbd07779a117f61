//! Text → tree and diagnostics.
//!
//! Lives here: the words of the language, the lexer, the grammar, the tree, and printing a tree back as text. In comes
//! any text whatever; out come a tree, in which `Error` nodes stand for what could not be read, and diagnostics with
//! byte spans. Parsing is total: it neither fails nor panics, and it is bounded in depth. The room does not know what
//! exists (tables, columns, functions, types), nor what anything means. It is the only user of chumsky.

pub mod ast;
pub mod codes;
pub mod follow;
pub mod keywords;
pub mod lexer;
pub mod names;
pub mod print;
pub mod similar;
pub mod token;

mod amount;
mod clock;
mod doc;
mod explain;
mod nesting;
mod parser;
mod problem;

use ast::{File, Statement, StatementKind};
use keywords::{Keyword, Symbol};
use token::{Lexeme, Token};

use crate::diag::{Diagnostic, Span};
use crate::stack;

/// Parses a text: statements, each ended by `;` (optional after the last). Diagnostics are in the order of the text.
pub fn parse(source: &str) -> (File, Vec<Diagnostic>) {
    // Once for all statements.
    stack::deep(|| parse_statements(source))
}

fn parse_statements(source: &str) -> (File, Vec<Diagnostic>) {
    let (lexemes, mut diagnostics) = lexer::lex(source);
    let tokens: Vec<Lexeme<'_>> =
        lexemes.iter().copied().filter(|lexeme| !matches!(lexeme.token, Token::Comment(_))).collect();
    let parser = parser::Parser::new();
    let mut statements = Vec::new();
    let mut rest = tokens.as_slice();
    let mut behind = 0;
    while let Some(first) = rest.first() {
        let length = statement_length(source, rest, &mut diagnostics);
        let (statement, more) = rest.split_at(length);
        if let Some(last) = statement.last() {
            let before = between(&lexemes, behind, first.span.start);
            let doc = doc::doc(before.iter());
            let end = Span::new(last.span.end, last.span.end);
            let kind = parse_statement(&parser, source, statement, end, &mut diagnostics);
            statements.push(Statement { kind, doc, span: first.span.to(last.span) });
        }
        let semicolon = more.first().filter(|lexeme| lexeme.token == Token::Symbol(Symbol::Semicolon));
        rest = if semicolon.is_some() { more.get(1..).unwrap_or_default() } else { more };
        behind = semicolon.map_or_else(|| statement.last().map_or(behind, |l| l.span.end), |s| s.span.end);
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    (File { statements }, diagnostics)
}

/// Parses an expression on its own, such as the value of a parameter; None if it is none.
pub fn parse_expr(source: &str) -> Option<ast::Expr> {
    // As what an assertion asserts it is an expression and nothing else.
    let text = format!("assert value: {source}");
    let (file, diagnostics) = parse(&text);
    let [statement] = <[_; 1]>::try_from(file.statements).ok()?;
    match statement.kind {
        StatementKind::Assert(assert) if diagnostics.is_empty() => Some(assert.condition),
        _ => None,
    }
}

/// The units of durations, the largest first, as they are typed.
pub fn time_units() -> impl Iterator<Item = &'static str> {
    amount::TIME_UNITS.iter().map(|(unit, _)| *unit).filter(|unit| unit.is_ascii())
}

/// The units of sizes, the largest first.
pub fn byte_units() -> impl Iterator<Item = &'static str> {
    amount::BYTE_UNITS.iter().map(|(unit, _)| *unit)
}

/// The lexemes between two places.
fn between<'l, 's>(lexemes: &'l [Lexeme<'s>], from: usize, to: usize) -> &'l [Lexeme<'s>] {
    let start = lexemes.partition_point(|lexeme| lexeme.span.start < from);
    let end = lexemes.partition_point(|lexeme| lexeme.span.start < to);
    lexemes.get(start..end).unwrap_or_default()
}

/// Where the first statement of the tokens ends: at its `;`, or where a declaration begins and the `;` is missing.
fn statement_length(source: &str, tokens: &[Lexeme<'_>], diagnostics: &mut Vec<Diagnostic>) -> usize {
    for (n, lexeme) in tokens.iter().enumerate() {
        if lexeme.token == Token::Symbol(Symbol::Semicolon) {
            return n;
        }
        let Some(before) = n.checked_sub(1).and_then(|before| tokens.get(before)) else { continue };
        let gap = source.get(before.span.end..lexeme.span.start).unwrap_or_default();
        if gap.contains('\n') && begins_declaration(&tokens[n..]) {
            let end = Span::new(before.span.end, before.span.end);
            diagnostics.push(
                Diagnostic::error(codes::MISSING_SEMICOLON, before.span, "a `;` is missing after this")
                    .label(lexeme.span, "the next declaration begins here")
                    .fix(end, ";"),
            );
            return n;
        }
    }
    tokens.len()
}

/// Whether what stands at the beginning of a line can only be a declaration.
fn begins_declaration(tokens: &[Lexeme<'_>]) -> bool {
    let [first, second, third, ..] = tokens else { return false };
    let third = third.token;
    match first.token.keyword() {
        Some(Keyword::Let) => second.token.is_name() && third == Token::Symbol(Symbol::Eq),
        Some(Keyword::Fn) => second.token.is_name() && third == Token::Symbol(Symbol::LParen),
        Some(Keyword::Query) => {
            second.token.is_name() && matches!(third, Token::Symbol(Symbol::LParen | Symbol::Eq))
        }
        Some(Keyword::Assert) => second.token.is_name() && third == Token::Symbol(Symbol::Colon),
        Some(Keyword::Use) => matches!(second.token, Token::String(_)) || third == Token::Symbol(Symbol::Dot),
        _ => false,
    }
}

fn parse_statement<'t>(
    parser: &parser::Parser<'t>,
    source: &str,
    tokens: &'t [Lexeme<'t>],
    end: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> StatementKind {
    if let Some(span) = nesting::too_deep(tokens) {
        diagnostics.push(
            Diagnostic::error(codes::TOO_DEEP, span, "this query is nested too deeply")
                .hint("name parts of it by `with name as (…)`, or put long lists into `in (…)`"),
        );
        return StatementKind::Error;
    }
    let (statement, problems) = parser.parse(tokens, end);
    // Where one thing went wrong, what the rules further out say about the same place is noise.
    let mut seen: Vec<usize> = Vec::new();
    for problem in problems {
        let place = problem.span().start;
        if !seen.contains(&place) {
            seen.push(place);
            diagnostics.extend(explain::explain(source, tokens, problem));
        }
    }
    statement
}
