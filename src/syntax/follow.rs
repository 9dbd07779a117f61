//! What may follow a text that somebody is still writing: the grammar itself is asked.

use super::ast::{File, Statement, StatementKind};
use super::keywords::{Keyword, Symbol};
use super::parser::Parser;
use super::problem::Problem;
use super::token::{Lexeme, Token};
use super::{codes, lexer, names, nesting, statement_length};
use crate::diag::Span;
use crate::stack;

/// Whether a text is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It can be taken as it is.
    Whole,
    /// It goes on: something is open, or missing at its end.
    Open,
    /// Something is wrong with it that no text behind it mends.
    Wrong,
}

/// Whether a text is whole, to a reader who gets it line by line. The `;` behind the last statement may be missing.
pub fn ending(text: &str) -> Ending {
    stack::deep(|| ending_of(text))
}

fn ending_of(text: &str) -> Ending {
    let (lexemes, spelling) = lexer::lex(text);
    if let Some(first) = spelling.first() {
        let unclosed = match first.code {
            codes::UNCLOSED_COMMENT => true,
            // A quoted name with nothing in it is closed.
            codes::UNCLOSED_STRING | codes::BAD_QUOTED_NAME => first.fix.is_some(),
            _ => false,
        };
        let before = text.get(..first.span.start).unwrap_or_default();
        return if unclosed && ending_of(before) != Ending::Wrong { Ending::Open } else { Ending::Wrong };
    }
    let tokens = without_comments(&lexemes);
    let Some(last) = tokens.last() else {
        let is_doc = |lexeme: &Lexeme<'_>| matches!(lexeme.token, Token::Comment(c) if c.starts_with("///"));
        return if lexemes.iter().any(is_doc) { Ending::Open } else { Ending::Whole };
    };
    // What a join is lacking may be on the next line.
    let end = Span::new(last.span.end, last.span.end);
    let condition = [Keyword::On, Keyword::True].map(|keyword| word(keyword, end));
    let longer: Vec<Lexeme<'_>> = tokens.iter().copied().chain(condition).collect();
    let parser = Parser::new();
    let mut rest = tokens.as_slice();
    let mut open = last.token == Token::Symbol(Symbol::Comma);
    while !rest.is_empty() {
        let mut missing = Vec::new();
        let length = statement_length(text, rest, &mut missing);
        let (statement, behind) = rest.split_at(length);
        if !missing.is_empty() || nesting::too_deep(statement).is_some() {
            return Ending::Wrong;
        }
        let lacks_condition = |problem: &Problem<'_>| matches!(problem, Problem::Known(known) if known.code == codes::JOIN_CONDITION);
        let problems = if statement.is_empty() { Vec::new() } else { parser.parse(statement, end).1 };
        for problem in &problems {
            let mendable = match problem {
                Problem::Unexpected { found, .. } => found.is_none(),
                Problem::Known(_) => lacks_condition(problem),
            };
            if !mendable || !behind.is_empty() {
                return Ending::Wrong;
            }
            open = true;
        }
        if problems.iter().any(lacks_condition) {
            let longer = longer.get(tokens.len() - rest.len()..).unwrap_or_default();
            if parser.parse(longer, end).1.iter().any(lacks_condition) {
                return Ending::Wrong;
            }
        }
        rest = behind.get(1..).unwrap_or_default();
    }
    if open { Ending::Open } else { Ending::Whole }
}

/// The keywords that may stand behind a text, of some.
pub fn keywords_after(text: &str, among: &[Keyword]) -> Vec<Keyword> {
    stack::deep(|| keywords_behind(text, among))
}

fn keywords_behind(text: &str, among: &[Keyword]) -> Vec<Keyword> {
    let (lexemes, _) = lexer::lex(text);
    let tokens = without_comments(&lexemes);
    let start = tokens.iter().rposition(|lexeme| lexeme.token == Token::Symbol(Symbol::Semicolon));
    let statement = tokens.get(start.map_or(0, |semicolon| semicolon + 1)..).unwrap_or_default();
    let context = context(statement);
    if nesting::too_deep(&context).is_some() {
        return Vec::new();
    }
    let here = Span::new(text.len() + 1, text.len() + 2);
    let end = Span::new(text.len() + 2, text.len() + 2);
    let tries: Vec<Vec<Lexeme<'_>>> =
        among.iter().map(|keyword| context.iter().copied().chain([word(*keyword, here)]).collect()).collect();
    let parser = Parser::new();
    let allowed = among.iter().zip(&tries).filter(|(_, tokens)| {
        let (kind, problems) = parser.parse(tokens, end);
        problems.iter().all(|problem| problem.span().start != here.start) && !is_name(kind, here)
    });
    allowed.map(|(keyword, _)| *keyword).collect()
}

/// Whether the token in a place was taken for a name.
fn is_name(kind: StatementKind, place: Span) -> bool {
    let file = File { statements: vec![Statement { kind, doc: None, span: place }] };
    let mut found = false;
    names::visit(&file, &mut |_, name| found |= name.span == place);
    found
}

/// As much of a statement as decides what may follow it: in the innermost query, no stages but the last.
fn context<'s>(statement: &[Lexeme<'s>]) -> Vec<Lexeme<'s>> {
    // Where queries begin that are open at the end, and their last stages.
    let mut open: Vec<Option<(usize, Option<usize>)>> = vec![Some((0, None))];
    for (n, lexeme) in statement.iter().enumerate() {
        match lexeme.token {
            Token::Symbol(Symbol::LParen | Symbol::LBracket) => {
                let next = statement.get(n + 1).and_then(|next| next.token.keyword());
                let query = matches!(next, Some(Keyword::Select | Keyword::From | Keyword::With));
                open.push(query.then_some((n + 1, None)));
            }
            Token::Symbol(Symbol::RParen | Symbol::RBracket) if open.len() > 1 => {
                open.pop();
            }
            Token::Symbol(Symbol::Pipe) => {
                if let Some(Some((_, stage))) = open.last_mut() {
                    *stage = Some(n);
                }
            }
            _ => {}
        }
    }
    let (start, stage) = open.into_iter().rev().flatten().next().unwrap_or((0, None));
    let nowhere = Span::default();
    let source = Lexeme { token: Token::Word { text: "t", keyword: None }, span: nowhere };
    match stage {
        Some(stage) => {
            let beginning = [word(Keyword::From, nowhere), source];
            beginning.into_iter().chain(statement.iter().skip(stage).copied()).collect()
        }
        None => statement.iter().skip(start).copied().collect(),
    }
}

fn word(keyword: Keyword, span: Span) -> Lexeme<'static> {
    Lexeme { token: Token::Word { text: keyword.text(), keyword: Some(keyword) }, span }
}

fn without_comments<'s>(lexemes: &[Lexeme<'s>]) -> Vec<Lexeme<'s>> {
    lexemes.iter().copied().filter(|lexeme| !matches!(lexeme.token, Token::Comment(_))).collect()
}
