//! Highlighting: the kind of each token. It takes the text alone, and no longer than it takes to parse it.

use std::collections::HashMap;

use crate::diag::Span;
use crate::syntax;
use crate::syntax::lexer;
use crate::syntax::names::{self, Role};
use crate::syntax::token::Token;

/// A token to be coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    pub span: Span,
    pub kind: HighlightKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HighlightKind {
    Keyword,
    /// A table, a relation, a module, and what stands for one.
    Table,
    Column,
    Function,
    Parameter,
    Type,
    String,
    Number,
    /// Also a size.
    Duration,
    Time,
    Comment,
    /// Also brackets and commas.
    Operator,
    /// What can't be read.
    Error,
}

/// The tokens of any text, in its order.
pub fn highlight(text: &str) -> Vec<Highlight> {
    let (file, _) = syntax::parse(text);
    let mut roles: HashMap<usize, Role> = HashMap::new();
    names::visit(&file, &mut |role, name| {
        if name.span.start < name.span.end {
            roles.insert(name.span.start, role);
        }
    });
    let (lexemes, _) = lexer::lex(text);
    let kinds = lexemes.iter().map(|lexeme| {
        let role = roles.get(&lexeme.span.start).copied();
        Highlight { span: lexeme.span, kind: kind(&lexeme.token, role) }
    });
    kinds.collect()
}

fn kind(token: &Token<'_>, role: Option<Role>) -> HighlightKind {
    match token {
        Token::Word { .. } | Token::Quoted(_) => match (role, token.keyword()) {
            (Some(role), _) => name_kind(role),
            (None, Some(_)) => HighlightKind::Keyword,
            // It stands where the text is broken: a column is most likely.
            (None, None) => HighlightKind::Column,
        },
        Token::Param(_) => HighlightKind::Parameter,
        Token::String(_) => HighlightKind::String,
        Token::Int(_) | Token::Float(_) => HighlightKind::Number,
        Token::Duration(_) | Token::Bytes(_) => HighlightKind::Duration,
        Token::Time(_) | Token::TimeEnd | Token::WallClock(_) => HighlightKind::Time,
        Token::Symbol(_) => HighlightKind::Operator,
        Token::Comment(_) => HighlightKind::Comment,
        Token::Error => HighlightKind::Error,
    }
}

fn name_kind(role: Role) -> HighlightKind {
    match role {
        Role::Module | Role::Table | Role::Alias | Role::Qualifier => HighlightKind::Table,
        Role::Function | Role::Query | Role::Picture | Role::Assertion => HighlightKind::Function,
        Role::Value | Role::Column | Role::NewColumn | Role::Field => HighlightKind::Column,
        Role::Parameter => HighlightKind::Parameter,
        Role::Type => HighlightKind::Type,
    }
}
