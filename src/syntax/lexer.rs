//! Text → tokens.
//!
//! Covers the whole text: what lies between two tokens is white space. What cannot be read is reported and becomes an
//! `Error` token, so that the parser sees that something stood there and says nothing more about it.

use super::keywords::{Keyword, Symbol};
use super::token::{Lexeme, Token};
use super::{amount, clock, codes};
use crate::diag::{Diagnostic, Span};

/// The tokens of a text, comments among them, and what is wrong with their spelling.
pub fn lex(source: &str) -> (Vec<Lexeme<'_>>, Vec<Diagnostic>) {
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new(), diagnostics: Vec::new() };
    while let Some(first) = lexer.rest().chars().next() {
        if first.is_whitespace() || first == '\u{feff}' {
            lexer.at += first.len_utf8();
            continue;
        }
        let start = lexer.at;
        let token = lexer.token(first);
        debug_assert!(lexer.at > start, "every token takes something");
        lexer.tokens.push(Lexeme { token, span: Span::new(start, lexer.at) });
    }
    (lexer.tokens, lexer.diagnostics)
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    tokens: Vec<Lexeme<'s>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    /// Takes the characters that satisfy a condition.
    fn take_while(&mut self, condition: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let length = rest.find(|c| !condition(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Takes the rest of a word. Most are plain letters, digits and underscores.
    fn word(&mut self) -> &'s str {
        let rest = self.rest();
        let plain = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let end = match rest.as_bytes().get(plain) {
            Some(byte) if !byte.is_ascii() => rest.find(|c| !continues_word(c)).unwrap_or(rest.len()),
            _ => plain,
        };
        self.at += end;
        &rest[..end]
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Token<'s> {
        self.diagnostics.push(diagnostic);
        Token::Error
    }

    fn token(&mut self, first: char) -> Token<'s> {
        let rest = self.rest();
        match first {
            '-' if rest.starts_with("--") => Token::Comment(self.take_while(|c| c != '\n')),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '/' if rest.starts_with("///") => Token::Comment(self.take_while(|c| c != '\n')),
            '/' if rest.starts_with("//") => {
                let start = self.at;
                let comment = self.take_while(|c| c != '\n');
                let diagnostic = Diagnostic::error(
                    codes::UNKNOWN_CHARACTER,
                    Span::new(start, start + 2),
                    "a comment begins with `--`",
                )
                .fix(Span::new(start, start + 2), "--");
                self.report(diagnostic);
                Token::Comment(comment)
            }
            '\'' => self.string(),
            '"' => self.quoted_name(),
            '@' => self.time(),
            '$' => self.parameter(),
            _ if first.is_ascii_digit() => self.number(),
            '.' if self.begins_fraction() => self.number(),
            _ if begins_word(first) => {
                let text = self.word();
                Token::Word { text, keyword: Keyword::of(text) }
            }
            _ => self.symbol(first),
        }
    }

    fn symbol(&mut self, first: char) -> Token<'s> {
        if let Some(symbol) = Symbol::at_start_of(self.rest()) {
            self.at += symbol.text().len();
            return Token::Symbol(symbol);
        }
        let span = Span::new(self.at, self.at + first.len_utf8());
        self.at = span.end;
        let mut diagnostic = Diagnostic::error(
            codes::UNKNOWN_CHARACTER,
            span,
            match first {
                '`' => "a backtick means nothing here".to_owned(),
                _ => format!("the character `{}` means nothing here", first.escape_debug()),
            },
        );
        diagnostic = match first {
            '!' => {
                self.report(diagnostic.hint("to negate a condition, write `not`").fix(span, "not "));
                // That is what was meant.
                return Token::Word { text: &self.source[span.start..span.end], keyword: Some(Keyword::Not) };
            }
            '#' => diagnostic.hint("a comment begins with `--`").fix(span, "--"),
            '`' => diagnostic.hint("a name that needs quotes takes double ones: \"like this\""),
            '|' => diagnostic.hint("stages are joined by `|>`, texts by `||`"),
            '&' => diagnostic.hint("write `and`").fix(span, "and"),
            '‘' | '’' => diagnostic.hint("strings take straight single quotes").fix(span, "'"),
            '“' | '”' => diagnostic.hint("names take straight double quotes").fix(span, "\""),
            _ => diagnostic,
        };
        self.report(diagnostic)
    }

    fn block_comment(&mut self) -> Token<'s> {
        let rest = self.rest();
        let start = self.at;
        let length = match rest[2..].find("*/") {
            Some(inside) => inside + 4,
            None => {
                let span = Span::new(start, start + 2);
                self.report(Diagnostic::error(
                    codes::UNCLOSED_COMMENT,
                    span,
                    "this comment is not closed with `*/`",
                ));
                rest.len()
            }
        };
        self.at += length;
        Token::Comment(&rest[..length])
    }

    /// The length of a quoted thing at the beginning of `rest`, both quotes included; None if it is not closed.
    fn quoted_length(&self, quote: char) -> Option<usize> {
        let rest = self.rest();
        let mut from = 1;
        loop {
            let end = from + rest[from..].find(quote)? + 1;
            if !rest[end..].starts_with(quote) {
                return Some(end);
            }
            from = end + 1;
        }
    }

    /// The span from here to the end of the line, without trailing white space: where an unclosed quote ends.
    fn to_line_end(&self) -> Span {
        let line = self.rest().lines().next().unwrap_or_default();
        Span::new(self.at, self.at + line.trim_end().len())
    }

    fn string(&mut self) -> Token<'s> {
        let rest = self.rest();
        if let Some(length) = self.quoted_length('\'') {
            self.at += length;
            return Token::String(&rest[1..length - 1]);
        }
        let span = self.to_line_end();
        self.at = span.end;
        let diagnostic = Diagnostic::error(codes::UNCLOSED_STRING, span, "this string is not closed")
            .hint("add a `'` at its end; a quote inside a string is written twice: 'it''s'")
            .fix(Span::new(span.end, span.end), "'");
        self.report(diagnostic);
        // What was typed so far is still a string, and the parser may go on behind it.
        Token::String(&self.source[span.start + 1..span.end])
    }

    fn quoted_name(&mut self) -> Token<'s> {
        let rest = self.rest();
        if let Some(length) = self.quoted_length('"') {
            let span = Span::new(self.at, self.at + length);
            self.at = span.end;
            if length == 2 {
                return self.report(
                    Diagnostic::error(codes::BAD_QUOTED_NAME, span, "a name cannot be empty")
                        .hint("an empty string is written ''"),
                );
            }
            return Token::Quoted(&rest[1..length - 1]);
        }
        let span = self.to_line_end();
        self.at = span.end;
        let diagnostic = Diagnostic::error(codes::BAD_QUOTED_NAME, span, "this quoted name is not closed")
            .hint("add a `\"` at its end")
            .fix(Span::new(span.end, span.end), "\"");
        self.report(diagnostic)
    }

    fn parameter(&mut self) -> Token<'s> {
        let start = self.at;
        self.at += 1;
        if self.rest().chars().next().is_some_and(begins_word) {
            return Token::Param(self.take_while(continues_word));
        }
        // `$1`, as in other languages.
        self.take_while(continues_word);
        let span = Span::new(start, self.at);
        self.report(
            Diagnostic::error(codes::BAD_PARAMETER, span, "a `$` is followed by a parameter's name")
                .hint("parameters have names here: `$min`"),
        )
    }

    /// Whether the `.` here begins a number (`.5`) and not a field of what stands right before it (`a.5`).
    fn begins_fraction(&self) -> bool {
        let after_something = self.source[..self.at]
            .chars()
            .next_back()
            .is_some_and(|c| continues_word(c) || matches!(c, ')' | ']' | '"' | '.' | '\''));
        !after_something && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit())
    }

    fn number(&mut self) -> Token<'s> {
        let start = self.at;
        let text = &self.rest()[..amount::length(self.rest())];
        self.at += text.len();
        match amount::read(text, start) {
            Ok(amount::Amount::Int(value)) => Token::Int(value),
            Ok(amount::Amount::Float(value)) => Token::Float(value),
            Ok(amount::Amount::Duration(value)) => Token::Duration(value),
            Ok(amount::Amount::Bytes(value)) => Token::Bytes(value),
            Err(diagnostic) => self.report(*diagnostic),
        }
    }

    /// What begins with `@`.
    fn time(&mut self) -> Token<'s> {
        let start = self.at;
        self.at += 1;
        match self.rest().chars().next() {
            Some(c) if c.is_ascii_digit() => self.time_since_start(start),
            Some('\'') => self.wall_clock(start),
            Some(c) if begins_word(c) => {
                let word = self.take_while(continues_word);
                if word.eq_ignore_ascii_case("end") {
                    return Token::TimeEnd;
                }
                let span = Span::new(start, self.at);
                let mut diagnostic = bad_time(span, format!("there is no time `@{word}`"));
                if word.eq_ignore_ascii_case("start") {
                    diagnostic = diagnostic.fix(span, "@0s");
                }
                self.report(diagnostic)
            }
            _ => self.report(bad_time(Span::new(start, self.at), "a time is missing after `@`")),
        }
    }

    fn time_since_start(&mut self, start: usize) -> Token<'s> {
        let text = &self.rest()[..amount::length(self.rest())];
        let at = self.at;
        self.at += text.len();
        let span = Span::new(start, self.at);
        match amount::read(text, at) {
            Ok(amount::Amount::Duration(value)) => Token::Time(value),
            Ok(amount::Amount::Bytes(_)) => {
                self.report(bad_time(span, "a time since the start of the trace is given in units of time"))
            }
            Ok(_) => {
                self.report(bad_time(span, format!("`@{text}` has no unit")).fix(span, format!("@{text}s")))
            }
            Err(diagnostic) => self.report(*diagnostic),
        }
    }

    fn wall_clock(&mut self, start: usize) -> Token<'s> {
        let text_start = self.at + 1;
        let Token::String(text) = self.string() else { return Token::Error };
        match clock::parse_rfc3339(text) {
            Ok(nanos) => Token::WallClock(nanos),
            Err(clock::Wrong { range, message }) => {
                let span = Span::new(text_start + range.start, text_start + range.end);
                // An empty part cannot be underlined: show the whole.
                let span = if span.start == span.end { Span::new(start, self.at) } else { span };
                self.report(
                    Diagnostic::error(codes::BAD_DATE, span, message)
                        .hint("a date and time is written @'2026-01-02T03:04:05.678Z', or with an offset: @'2026-01-02T04:04:05+01:00'"),
                )
            }
        }
    }
}

fn bad_time(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(codes::BAD_TIME, span, message)
        .hint("write @1.25s (since the start of the trace), @end, or @'2026-01-02T03:04:05Z'")
}

/// Whether a word may begin with the character.
pub(super) fn begins_word(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

/// Whether the character may stand inside a word.
pub(super) fn continues_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
