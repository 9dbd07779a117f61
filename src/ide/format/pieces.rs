//! The tokens of a text with all that the layout asks about them.

use std::collections::HashMap;

use crate::diag::Span;
use crate::syntax::ast::File;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::lexer;
use crate::syntax::names::{self, Role};
use crate::syntax::token::{Lexeme, Token};

/// A token that is no comment.
#[derive(Debug)]
pub(super) struct Piece<'s> {
    pub(super) token: Token<'s>,
    /// As it is to be written.
    pub(super) text: String,
    /// What it is the name of, if it is a name.
    pub(super) role: Option<Role>,
    /// The comments before it.
    pub(super) notes: Vec<Note<'s>>,
    /// The comments behind it on its line.
    pub(super) trailing: Vec<Note<'s>>,
    /// Whether it begins a line.
    pub(super) line_before: bool,
    pub(super) blank_before: bool,
    /// Whether it is one of the brackets around the argument of a type.
    pub(super) of_type: bool,
}

/// A comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note<'s> {
    pub(super) text: &'s str,
    pub(super) blank_before: bool,
    /// Whether a new line has to follow: it goes to its end, or ended it.
    pub(super) ends_line: bool,
    /// Whether it begins a line.
    pub(super) own_line: bool,
}

impl Note<'_> {
    /// Whether nothing may follow on its line.
    pub(super) fn ends_its_line(&self) -> bool {
        self.ends_line || self.own_line
    }
}

impl Piece<'_> {
    /// The keyword that it is, and not a name that is spelt like one.
    pub(super) fn keyword(&self) -> Option<Keyword> {
        match self.token {
            Token::Word { keyword, .. } if self.role.is_none() => keyword,
            _ => None,
        }
    }

    pub(super) fn is(&self, symbol: Symbol) -> bool {
        self.token == Token::Symbol(symbol)
    }

    pub(super) fn ends_statement(&self) -> bool {
        self.is(Symbol::Semicolon)
    }

    /// Whether an operand ends with it, so that a `-` behind it is no sign.
    pub(super) fn ends_operand(&self) -> bool {
        match self.token {
            Token::Symbol(symbol) => matches!(symbol, Symbol::RParen | Symbol::RBracket),
            Token::Word { .. } => match self.keyword() {
                None => true,
                Some(keyword) => {
                    matches!(keyword, Keyword::End | Keyword::Null | Keyword::True | Keyword::False)
                }
            },
            _ => true,
        }
    }
}

/// The pieces of a text without errors, and the comments behind the last of them.
pub(super) fn read<'s>(text: &'s str, file: &File) -> (Vec<Piece<'s>>, Vec<Note<'s>>) {
    let mut roles: HashMap<usize, Role> = HashMap::new();
    names::visit(file, &mut |role, name| {
        roles.insert(name.span.start, role);
    });
    let (lexemes, _) = lexer::lex(text);
    let mut pieces: Vec<Piece<'s>> = Vec::with_capacity(lexemes.len());
    let mut notes: Vec<Note<'s>> = Vec::new();
    let mut end = 0;
    // Whether a new line comes behind the comment before, even where none was.
    let mut line_ended = false;
    for (n, Lexeme { token, span }) in lexemes.iter().enumerate() {
        let (line_before, blank_before) = breaks(text, end, span.start);
        end = span.end;
        let begins_line = std::mem::take(&mut line_ended) || line_before;
        let Token::Comment(comment) = token else {
            let before =
                if is_mark(token) { comments_before_mark(&mut pieces, &mut notes) } else { Vec::new() };
            line_ended = before.last().is_some_and(Note::ends_its_line);
            pieces.push(Piece {
                token: *token,
                text: written(text, token, *span, roles.contains_key(&span.start)),
                role: roles.get(&span.start).copied().filter(|_| !matches!(token, Token::Param(_))),
                notes: std::mem::take(&mut notes),
                trailing: before,
                line_before: line_before || pieces.is_empty(),
                blank_before,
                of_type: false,
            });
            continue;
        };
        let next = lexemes.get(n + 1).map_or(text.len(), |next| next.span.start);
        let own_line = begins_line || pieces.is_empty() && notes.is_empty();
        let alone = own_line && (n + 1 == lexemes.len() || breaks(text, span.end, next).0);
        let ends_line = alone || !comment.starts_with("/*") || comment.contains('\n');
        let note = Note { text: comment.trim_end(), blank_before, ends_line, own_line };
        line_ended = note.ends_its_line();
        match pieces.last_mut() {
            Some(last) if !own_line && notes.is_empty() => last.trailing.push(note),
            _ => notes.push(note),
        }
    }
    let mut pieces = drop_last_commas(pieces);
    mark_types(&mut pieces);
    (pieces, notes)
}

/// Whether a token stands right behind what it ends or parts.
fn is_mark(token: &Token<'_>) -> bool {
    matches!(token, Token::Symbol(Symbol::Comma | Symbol::Semicolon))
}

/// Takes the comments between a mark and what it stands behind: they come behind the mark.
fn comments_before_mark<'s>(pieces: &mut [Piece<'s>], notes: &mut Vec<Note<'s>>) -> Vec<Note<'s>> {
    let Some(last) = pieces.last_mut() else { return Vec::new() };
    // Behind a `;`, a doc comment would be another's.
    let is_doc = |note: &Note<'_>| note.text.starts_with("///");
    if last.trailing.iter().chain(&*notes).any(is_doc) || notes.iter().any(|note| note.own_line) {
        return Vec::new();
    }
    last.trailing.drain(..).chain(notes.drain(..)).collect()
}

/// Whether between two places there is a new line, and an empty one.
fn breaks(text: &str, from: usize, to: usize) -> (bool, bool) {
    let lines = text.get(from..to).unwrap_or_default().matches('\n').count();
    (lines > 0, lines > 1)
}

fn written(text: &str, token: &Token<'_>, span: Span, is_name: bool) -> String {
    match token {
        Token::Word { keyword: Some(keyword), .. } if !is_name => keyword.text().to_owned(),
        _ => text.get(span.start..span.end).unwrap_or_default().to_owned(),
    }
}

/// Leaves out commas with nothing behind them. The comments around them stay.
fn drop_last_commas(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let mut kept: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    let mut pieces = pieces.into_iter().peekable();
    while let Some(mut piece) = pieces.next() {
        let ends_list = pieces.peek().is_none_or(|next| {
            matches!(
                next.token,
                Token::Symbol(Symbol::RParen | Symbol::RBracket | Symbol::Pipe | Symbol::Semicolon)
            ) || next.keyword().is_some_and(Keyword::begins_part)
        });
        if !piece.is(Symbol::Comma) || !ends_list {
            kept.push(piece);
            continue;
        }
        piece.notes.append(&mut piece.trailing);
        match (pieces.peek_mut(), kept.last_mut()) {
            (Some(next), _) => {
                piece.notes.append(&mut next.notes);
                next.notes = piece.notes;
            }
            (None, Some(last)) => last.trailing.append(&mut piece.notes),
            (None, None) => kept.push(piece),
        }
    }
    kept
}

/// Tells the brackets of `list<int>` from comparisons.
fn mark_types(pieces: &mut [Piece<'_>]) {
    let mut open = 0;
    for n in 1..pieces.len() {
        let is_type = |n: usize| pieces.get(n).is_some_and(|piece| piece.role == Some(Role::Type));
        if pieces[n].is(Symbol::Lt) && is_type(n - 1) && is_type(n + 1) {
            open += 1;
            pieces[n].of_type = true;
        } else if pieces[n].is(Symbol::Gt) && open > 0 && (is_type(n - 1) || pieces[n - 1].of_type) {
            open -= 1;
            pieces[n].of_type = true;
        }
    }
}
