//! What is being typed at a place, and what stands before it.

use crate::diag::Span;
use crate::syntax::codes;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::lexer;
use crate::syntax::token::{Lexeme, Token};

/// In the place of what is being typed: a name that nothing has.
const PROBE: &str = "gtq_probe_";

/// A place in a text.
#[derive(Debug)]
pub(super) struct Cursor<'s> {
    text: &'s str,
    offset: usize,
    pub(super) typing: Typing,
    /// What has been typed of it, before the place.
    pub(super) typed: &'s str,
    /// What a completion takes the place of.
    pub(super) replace: Span,
    /// The tokens of the statement before what is being typed.
    pub(super) before: Vec<Lexeme<'s>>,
    /// Where that statement begins.
    pub(super) statement: usize,
}

/// What kind of token is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typing {
    /// A word, or nothing yet.
    Word,
    /// A `$` and what follows it.
    Parameter,
    /// A string; the place is inside.
    String { closed: bool },
    /// A number; what is typed is its unit.
    Amount,
    /// An `@` and what follows it.
    Time,
    /// Nothing that could be completed: a comment, a name in quotes.
    Nothing,
}

impl<'s> Cursor<'s> {
    /// None if the place is not one between two characters of the text.
    pub(super) fn new(text: &'s str, offset: usize) -> Option<Self> {
        let (before, behind) = (text.get(..offset)?, text.get(offset..)?);
        let (lexemes, spelling) = lexer::lex(before);
        let last = lexemes.last().filter(|lexeme| lexeme.span.end == offset);
        let is_unclosed = |span: Span| {
            let unclosed = [codes::UNCLOSED_STRING, codes::UNCLOSED_COMMENT];
            spelling.iter().any(|d| d.span.start == span.start && unclosed.contains(&d.code))
        };
        let word_end =
            offset + behind.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(behind.len());
        let nothing = (Typing::Word, offset, offset);
        let (typing, start, end) = match last {
            None => nothing,
            Some(Lexeme { token, span }) => match token {
                Token::Word { .. } => (Typing::Word, span.start, word_end),
                Token::Param(_) => (Typing::Parameter, span.start, word_end),
                Token::Comment(comment) if comment.starts_with("/*") && !is_unclosed(*span) => nothing,
                Token::Comment(_) => (Typing::Nothing, offset, offset),
                Token::String(_) if is_unclosed(*span) => {
                    let end = closing_quote(text, span.start, offset);
                    (Typing::String { closed: end.is_some() }, span.start + 1, end.unwrap_or(offset))
                }
                Token::Int(_) | Token::Float(_) | Token::Duration(_) | Token::Bytes(_) => {
                    (Typing::Amount, unit_start(before, *span), word_end)
                }
                Token::Time(_) | Token::TimeEnd => (Typing::Time, span.start, word_end),
                Token::Error => match before.get(span.start..).unwrap_or_default().chars().next() {
                    Some('@') => (Typing::Time, span.start, word_end),
                    Some('$') => (Typing::Parameter, span.start, word_end),
                    Some(c) if c.is_ascii_digit() => (Typing::Amount, unit_start(before, *span), word_end),
                    _ => (Typing::Nothing, offset, offset),
                },
                _ => nothing,
            },
        };
        let typed = before.get(start..).unwrap_or_default();
        let token = last.filter(|_| typing != Typing::Word || start < offset).map_or(start, |l| l.span.start);
        let tokens = lexemes.iter().filter(|lexeme| {
            lexeme.span.start < token && !matches!(lexeme.token, Token::Comment(_) | Token::Error)
        });
        let tokens: Vec<Lexeme<'s>> = tokens.copied().collect();
        let semicolon = tokens.iter().rposition(|lexeme| lexeme.token == Token::Symbol(Symbol::Semicolon));
        let statement = semicolon.and_then(|n| tokens.get(n)).map_or(0, |lexeme| lexeme.span.end);
        let before = tokens.get(semicolon.map_or(0, |n| n + 1)..).unwrap_or_default().to_vec();
        Some(Self { text, offset, typing, typed, replace: Span::new(start, end), before, statement })
    }

    /// The text up to what is being typed, from where its statement begins.
    pub(super) fn statement_before(&self) -> &'s str {
        self.text.get(self.statement..self.replace.start).unwrap_or_default()
    }

    /// The text with a name in the place of what is being typed, and a place in that name.
    pub(super) fn probe(&self) -> (String, usize) {
        let (start, end) = (self.replace.start, self.replace.end);
        let (before, behind) = (&self.text[..start], &self.text[end..]);
        match self.typing {
            Typing::String { closed: true } => (self.text.to_owned(), start),
            Typing::String { closed: false } => {
                let rest = &self.text[self.offset..];
                (format!("{before}{}' {rest}", self.typed), start)
            }
            // An amount stays what it is, if that is one.
            Typing::Amount => (self.text.to_owned(), start.saturating_sub(1)),
            Typing::Parameter => (format!("{before}${PROBE}{behind}"), start + 1),
            _ => {
                // What follows must not become a part of the name.
                let space =
                    if behind.starts_with(char::is_whitespace) || behind.is_empty() { "" } else { " " };
                (format!("{before}{PROBE}{space}{behind}"), start + 1)
            }
        }
    }

    /// The token so many places before what is being typed; 1 is the one right before.
    pub(super) fn token(&self, places: usize) -> Option<Token<'s>> {
        self.before.get(self.before.len().checked_sub(places)?).map(|lexeme| lexeme.token)
    }

    pub(super) fn is(&self, places: usize, symbol: Symbol) -> bool {
        self.token(places) == Some(Token::Symbol(symbol))
    }

    pub(super) fn keyword(&self, places: usize) -> Option<Keyword> {
        self.token(places).and_then(|token| token.keyword())
    }

    /// The name before the dot that stands before what is being typed.
    pub(super) fn qualifier(&self) -> Option<String> {
        if !self.is(1, Symbol::Dot) {
            return None;
        }
        match self.token(2)? {
            Token::Word { text, .. } => Some(text.to_lowercase()),
            Token::Quoted(text) => Some(text.replace("\"\"", "\"")),
            _ => None,
        }
    }
}

/// Where the string that begins in a place is closed on the same line, behind another place.
fn closing_quote(text: &str, start: usize, offset: usize) -> Option<usize> {
    let (lexemes, _) = lexer::lex(text);
    let string = lexemes.iter().find(|lexeme| lexeme.span.start == start)?;
    let inside = text.get(start + 1..string.span.end)?;
    let closed = matches!(string.token, Token::String(content) if content.len() + 1 == inside.len());
    (closed && !inside.contains('\n')).then_some(string.span.end - 1).filter(|end| *end >= offset)
}

/// Where the unit of an amount begins, the last if it has several.
fn unit_start(before: &str, span: Span) -> usize {
    let amount = before.get(span.start..span.end).unwrap_or_default();
    let digits = amount.trim_end_matches(|c: char| c.is_alphabetic());
    span.start + digits.len()
}
