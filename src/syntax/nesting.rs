//! Bounds the depth of a tree before there is one.
//!
//! The parser, and everyone who walks or drops its tree, recurses. What makes trees deep is visible in the tokens: what
//! nests (brackets, `case`, queries without their parentheses) costs the parser stack, and operators in a row make
//! trees that lean to the left.

use super::keywords::{Keyword, Symbol};
use super::token::{Lexeme, Token};
use crate::diag::Span;

/// Things within each other. Each costs the parser dozens of calls.
const MOST_LEVELS: usize = 64;
/// Operators on the way from the root of a tree to a leaf.
const MOST_OPERATORS: usize = 500;

/// What has been seen of one bracket's inside.
#[derive(Clone, Copy, Default)]
struct Inside {
    /// In this list element or stage; where that ends, they end.
    operators: usize,
    cases: usize,
    /// Until the bracket closes: a comma ends neither the left side of a `union`, nor a query whose parentheses were
    /// forgotten.
    set_operators: usize,
    bare_queries: usize,
}

impl Inside {
    fn operators(self) -> usize {
        self.operators + self.set_operators
    }

    fn levels(self) -> usize {
        self.cases + self.bare_queries
    }
}

/// Where a statement becomes too deep to be parsed.
pub(super) fn too_deep(tokens: &[Lexeme<'_>]) -> Option<Span> {
    let mut open: Vec<Inside> = Vec::new();
    // Of all the open brackets together.
    let (mut operators, mut levels) = (0, 0);
    let mut inside = Inside::default();
    let mut before = None;
    for Lexeme { token, span } in tokens {
        match token {
            Token::Symbol(Symbol::LParen | Symbol::LBracket) => {
                // `a[1][2]` grows behind each of its brackets.
                inside.operators += 1;
                operators += inside.operators();
                levels += inside.levels() + 1;
                open.push(std::mem::take(&mut inside));
            }
            Token::Symbol(Symbol::RParen | Symbol::RBracket) => {
                if let Some(outside) = open.pop() {
                    inside = outside;
                    operators -= inside.operators();
                    levels -= inside.levels() + 1;
                }
            }
            Token::Symbol(Symbol::Comma | Symbol::Pipe) => (inside.operators, inside.cases) = (0, 0),
            Token::Symbol(Symbol::Lt) if is_list(before) => inside.cases += 1,
            Token::Symbol(_) => inside.operators += 1,
            _ => match token.keyword() {
                Some(Keyword::Case) => inside.cases += 1,
                Some(Keyword::Select | Keyword::From) if !begins_query_after(token, before) => {
                    inside.bare_queries += 1;
                }
                Some(Keyword::Union | Keyword::Intersect | Keyword::Except) => inside.set_operators += 1,
                Some(keyword) if is_operator(keyword) => inside.operators += 1,
                _ => {}
            },
        }
        if levels + inside.levels() > MOST_LEVELS || operators + inside.operators() > MOST_OPERATORS {
            return Some(*span);
        }
        before = Some(*token);
    }
    None
}

/// `list<list<…` nests types without brackets.
fn is_list(token: Option<Token<'_>>) -> bool {
    matches!(token, Some(Token::Word { text, .. }) if text.eq_ignore_ascii_case("list"))
}

/// Whether `select` or `from` stands where it belongs, behind a token that cannot make it a query within a query.
fn begins_query_after(token: &Token<'_>, before: Option<Token<'_>>) -> bool {
    let Some(before) = before else { return true };
    let opened = matches!(before, Token::Symbol(Symbol::LParen | Symbol::Pipe));
    let set = matches!(
        before.keyword(),
        Some(Keyword::Union | Keyword::Intersect | Keyword::Except | Keyword::All | Keyword::Distinct)
    );
    match token.keyword() {
        // A `from` is mostly the clause of a select; behind a set operator it takes all that follows.
        Some(Keyword::From) => !set,
        _ => opened || set || before == Token::Symbol(Symbol::RParen),
    }
}

fn is_operator(keyword: Keyword) -> bool {
    use Keyword::*;
    matches!(keyword, And | Or | Not | Is | In | Between | Like | Ilike | Has)
}
