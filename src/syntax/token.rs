//! A token: what the lexer makes and the parser reads.

use super::keywords::{Keyword, Reserved, Symbol};
use crate::diag::Span;

/// A token with its place in the source text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lexeme<'s> {
    pub token: Token<'s>,
    pub span: Span,
}

/// One token. Texts are slices of the source as written: escapes and letter case are the parser's business.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'s> {
    /// An unquoted word; whether it is a keyword depends on where it stands.
    Word {
        text: &'s str,
        keyword: Option<Keyword>,
    },
    /// What stands between the double quotes.
    Quoted(&'s str),
    /// The name after the `$`.
    Param(&'s str),
    /// What stands between the single quotes.
    String(&'s str),
    Int(i64),
    Float(f64),
    /// ns.
    Duration(i64),
    Bytes(i64),
    /// ns since the trace's first event.
    Time(i64),
    TimeEnd,
    /// ns since the Unix epoch.
    WallClock(i64),
    Symbol(Symbol),
    /// `-- …`, `/* … */` or `/// …`, with its marks. The parser does not see it.
    Comment(&'s str),
    /// Could not be read; already reported.
    Error,
}

impl Token<'_> {
    pub(super) fn is(&self, keyword: Keyword) -> bool {
        self.keyword() == Some(keyword)
    }

    /// The keyword that a word is, if the grammar asks for one where it stands.
    pub fn keyword(&self) -> Option<Keyword> {
        match self {
            Token::Word { keyword, .. } => *keyword,
            _ => None,
        }
    }

    /// Whether the token can be the name of something.
    pub fn is_name(&self) -> bool {
        match self {
            Token::Word { keyword, .. } => {
                keyword.is_none_or(|keyword| keyword.reserved() != Reserved::Always)
            }
            Token::Quoted(_) => true,
            _ => false,
        }
    }

    /// Whether the token can be an alias that no `as` announces.
    pub(super) fn is_bare_alias(&self) -> bool {
        match self {
            Token::Word { keyword, .. } => keyword.is_none_or(|keyword| keyword.reserved() == Reserved::No),
            Token::Quoted(_) => true,
            _ => false,
        }
    }

    /// Whether an expression may begin with the token.
    pub(super) fn begins_operand(&self) -> bool {
        match self {
            Token::Symbol(symbol) => {
                matches!(symbol, Symbol::LParen | Symbol::LBracket | Symbol::Minus | Symbol::Range)
            }
            Token::Word { keyword: Some(keyword), .. } => {
                self.is_name()
                    || matches!(
                        keyword,
                        Keyword::Case | Keyword::Not | Keyword::Null | Keyword::True | Keyword::False
                    )
            }
            Token::Comment(_) => false,
            _ => true,
        }
    }
}

/// The text of a quoted thing: its doubled quotes are single ones.
pub(super) fn unescape(raw: &str, quote: char) -> String {
    let single = quote.to_string();
    raw.replace(&single.repeat(2), &single)
}
