//! Statements and commands from lines of text: a pipe, a file.

use std::io::{self, BufRead};
use std::path::Path;

use super::core::{Flow, Problem, Reading, Repl, Streams};
use crate::engine::read_queries;
use crate::syntax::keywords::Symbol;
use crate::syntax::lexer;
use crate::syntax::token::Token;

/// Files that read each other.
const DEEPEST: usize = 16;

/// Takes all that comes: a statement ends with a `;` at the end of a line, a dot command with its line.
///
/// # Errors
/// When it can't be read.
pub fn read(repl: &mut Repl, lines: impl BufRead, streams: &mut Streams<'_>) -> io::Result<Flow> {
    let mut held = String::new();
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line?;
        if repl.is_cancelled() {
            return Ok(Flow::Stay);
        }
        let is_command = line.trim_start().starts_with('.') && is_idle(&held);
        if is_command || held.trim().is_empty() {
            held.clear();
            if let Some(reading) = &mut repl.reading {
                reading.line = number;
            }
        }
        if is_command {
            if repl.take(&line, streams) == Flow::Leave {
                return Ok(Flow::Leave);
            }
            continue;
        }
        held.push_str(&line);
        held.push('\n');
        if ends(&line) && is_ended(&held) && repl.take(&std::mem::take(&mut held), streams) == Flow::Leave {
            return Ok(Flow::Leave);
        }
    }
    Ok(repl.take(&held, streams))
}

/// Takes all that a file has.
pub(super) fn read_file(repl: &mut Repl, path: &Path, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let name = path.display().to_string();
    let reading = Reading::new(&name, repl.reading.as_ref());
    if reading.depth > DEEPEST {
        return Err(format!("{name} is not read: files read each other").into());
    }
    let text = read_queries(path).map_err(|e| format!("can't read {name}: {e}"))?;
    let outer = repl.reading.replace(reading);
    let flow = read(repl, text.as_bytes(), streams);
    repl.reading = outer;
    Ok(flow?)
}

/// Whether a statement may end with a line: looked at first, so that not all is read again for each line.
fn ends(line: &str) -> bool {
    let (lexemes, _) = lexer::lex(line);
    lexemes.iter().any(|lexeme| lexeme.token == Token::Symbol(Symbol::Semicolon)) || line.contains("*/")
}

/// Whether a text has nothing but comments.
fn is_idle(text: &str) -> bool {
    lexer::lex(text).0.iter().all(|lexeme| matches!(lexeme.token, Token::Comment(_)))
}

/// Whether a text ends with a semicolon, comments aside.
fn is_ended(text: &str) -> bool {
    let (lexemes, _) = lexer::lex(text);
    let last = lexemes.iter().rfind(|lexeme| !matches!(lexeme.token, Token::Comment(_)));
    last.is_some_and(|lexeme| lexeme.token == Token::Symbol(Symbol::Semicolon))
}
