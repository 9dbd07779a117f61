//! Statements and commands from lines of text: a pipe, a file.

use std::io::{self, BufRead};

use super::core::{Flow, Repl, Streams};
use crate::syntax::keywords::Symbol;
use crate::syntax::lexer;
use crate::syntax::token::Token;

/// Takes all that comes: a statement ends with a `;` at the end of a line, a dot command with its line.
///
/// # Errors
/// When it can't be read.
pub fn read(repl: &mut Repl, lines: impl BufRead, streams: &mut Streams<'_>) -> io::Result<Flow> {
    let mut held = String::new();
    for line in lines.lines() {
        let line = line?;
        let begins = held.trim().is_empty();
        if begins && line.trim_start().starts_with('.') {
            if repl.take(&line, streams) == Flow::Leave {
                return Ok(Flow::Leave);
            }
            continue;
        }
        held.push_str(&line);
        held.push('\n');
        if line.contains(';')
            && is_ended(&held)
            && repl.take(&std::mem::take(&mut held), streams) == Flow::Leave
        {
            return Ok(Flow::Leave);
        }
    }
    Ok(repl.take(&held, streams))
}

/// Whether a text ends with a semicolon, comments aside.
fn is_ended(text: &str) -> bool {
    let (lexemes, _) = lexer::lex(text);
    let last = lexemes.iter().rfind(|lexeme| !matches!(lexeme.token, Token::Comment(_)));
    last.is_some_and(|lexeme| lexeme.token == Token::Symbol(Symbol::Semicolon))
}
