//! What the grammar found → what the user should read.
//!
//! A rule knows what it wanted; why it did not get it shows in the tokens around. The frequent mistakes come first, each
//! with a message of its own, and what is left is "expected this, found that".

use super::codes;
use super::keywords::{Keyword, Reserved, Symbol};
use super::problem::{Expected, Problem, Wanted};
use super::similar::closest;
use super::token::{Lexeme, Token};
use crate::diag::{Diagnostic, Span};

/// The diagnostic for a problem; None if it only repeats what the lexer has said.
pub(super) fn explain(source: &str, tokens: &[Lexeme<'_>], problem: Problem<'_>) -> Option<Diagnostic> {
    let (span, found, expected) = match problem {
        Problem::Known(diagnostic) => return Some(*diagnostic),
        Problem::Unexpected { span, found, expected } => (span, found, expected),
    };
    if found == Some(Token::Error) {
        return None;
    }
    let index = match found {
        Some(_) => tokens.partition_point(|lexeme| lexeme.span.start < span.start),
        None => tokens.len(),
    };
    let place = Place { source, tokens, index, span, found, expected };
    let rules = [
        missing_by,
        unopened,
        unclosed,
        unclosed_case,
        no_stage,
        no_query,
        missing_element,
        misspelt,
        missing_pipe,
        foreign_equals,
        missing_comma,
    ];
    Some(rules.iter().find_map(|rule| rule(&place)).unwrap_or_else(|| unexpected(&place)))
}

/// Where the grammar could not go on.
struct Place<'a> {
    source: &'a str,
    tokens: &'a [Lexeme<'a>],
    /// Of the token that was found.
    index: usize,
    span: Span,
    found: Option<Token<'a>>,
    expected: Wanted,
}

impl<'a> Place<'a> {
    /// The lexeme some places before the one that was found; 1 is the one right before.
    fn before(&self, places: usize) -> Option<&'a Lexeme<'a>> {
        self.tokens.get(self.index.checked_sub(places)?)
    }

    fn before_is(&self, places: usize, keyword: Keyword) -> bool {
        self.before(places).is_some_and(|lexeme| lexeme.token.is(keyword))
    }

    fn next(&self) -> Option<Token<'a>> {
        self.tokens.get(self.index + 1).map(|lexeme| lexeme.token)
    }

    fn keyword(&self) -> Option<Keyword> {
        self.found?.keyword()
    }

    fn expects(&self, expected: Expected) -> bool {
        self.expected.all().contains(&expected)
    }

    fn text(&self, span: Span) -> &'a str {
        self.source.get(span.start..span.end).unwrap_or_default()
    }

    /// What was found, for a message.
    fn found_text(&self) -> String {
        match self.found {
            None => "the end of the query".to_string(),
            Some(Token::String(_)) => "a string".to_string(),
            Some(_) => format!("`{}`", self.text(self.span)),
        }
    }

    fn error(&self, code: crate::diag::Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.span, message)
    }

    /// The innermost bracket that is open before the place, and whether it is closed behind.
    fn open_bracket(&self) -> Option<(&'a Lexeme<'a>, bool)> {
        let mut depth = 0_i32;
        let opener = self.tokens[..self.index].iter().rev().find(|lexeme| {
            depth += turn(&lexeme.token);
            depth > 0
        })?;
        let mut depth = 1;
        let closed = self.tokens[self.index..].iter().any(|lexeme| {
            depth += turn(&lexeme.token);
            depth == 0
        });
        Some((opener, closed))
    }
}

/// What a token adds to the depth of brackets.
fn turn(token: &Token<'_>) -> i32 {
    match token {
        Token::Symbol(Symbol::LParen | Symbol::LBracket) => 1,
        Token::Symbol(Symbol::RParen | Symbol::RBracket) => -1,
        _ => 0,
    }
}

fn missing_by(place: &Place<'_>) -> Option<Diagnostic> {
    let before = place.before(1)?;
    let keyword = before.token.keyword()?;
    let needs = matches!(keyword, Keyword::Group | Keyword::Order | Keyword::Partition);
    if !needs || !place.expects(Expected::Text(Keyword::By.text())) {
        return None;
    }
    let end = Span::new(before.span.end, before.span.end);
    let word = keyword.text();
    let mut diagnostic =
        Diagnostic::error(codes::MISSING_BY, before.span, format!("`by` is missing after `{word}`"))
            .fix(end, " by");
    if keyword.reserved() == Reserved::Always {
        diagnostic = diagnostic.hint(format!("a column of that name takes double quotes: \"{word}\""));
    }
    Some(diagnostic)
}

fn unopened(place: &Place<'_>) -> Option<Diagnostic> {
    let Some(Token::Symbol(Symbol::RParen | Symbol::RBracket)) = place.found else { return None };
    if place.open_bracket().is_some() {
        return None;
    }
    // `select a, )` lacks an item first of all, but the bracket is what has to go.
    Some(place.error(
        codes::UNOPENED_BRACKET,
        format!("{} closes a bracket that was never opened", place.found_text()),
    ))
}

fn unclosed(place: &Place<'_>) -> Option<Diagnostic> {
    let close = place.expected.all().iter().find_map(|expected| match expected {
        Expected::Close(text) => Some(*text),
        _ => None,
    })?;
    let (opener, closed) = place.open_bracket()?;
    if closed {
        return None;
    }
    let opener_text = place.text(opener.span);
    let message = format!("this `{opener_text}` is not closed");
    let at = match place.found {
        None => "the query ends here".to_string(),
        Some(_) => format!("`{close}` is missing before this"),
    };
    Some(Diagnostic::error(codes::UNCLOSED_BRACKET, opener.span, message).label(place.span, at))
}

fn unclosed_case(place: &Place<'_>) -> Option<Diagnostic> {
    if !place.expects(Expected::Text(Keyword::End.text())) || place.before_is(1, Keyword::Case) {
        return None;
    }
    let case = place.tokens[..place.index].iter().rfind(|lexeme| lexeme.token.is(Keyword::Case))?;
    Some(
        Diagnostic::error(codes::UNCLOSED_CASE, case.span, "this `case` is not closed with `end`")
            .label(place.span, "`end` is missing before this"),
    )
}

/// What stands after `|>` begins no stage.
fn no_stage(place: &Place<'_>) -> Option<Diagnostic> {
    if !place.expects(Expected::Stage) {
        return None;
    }
    let Some(Token::Word { text, .. }) = place.found else {
        let message = format!("a stage is missing between `|>` and {}", place.found_text());
        return Some(place.error(codes::UNKNOWN_STAGE, message).hint(stage_list()));
    };
    let diagnostic = place.error(codes::UNKNOWN_STAGE, format!("`{text}` begins no stage"));
    let hint = match place.keyword() {
        Some(Keyword::Group) => Some("write `|> aggregate … group by …`"),
        Some(Keyword::Having | Keyword::Qualify | Keyword::On) => Some("write `|> where …`"),
        Some(Keyword::From) => Some("only a query begins with `from`; to add a source, write `|> join`"),
        _ => None,
    };
    if let Some(hint) = hint {
        return Some(diagnostic.hint(hint));
    }
    let foreign = match text.to_lowercase().as_str() {
        "filter" => Some("where"),
        "derive" | "mutate" | "with_columns" | "let" => Some("extend"),
        "project" | "map" | "return" => Some("select"),
        "sort" | "orderby" => Some("order by"),
        "summarize" | "summarise" | "agg" => Some("aggregate"),
        "take" | "head" | "top" => Some("limit"),
        "skip" => Some("offset"),
        "unique" | "dedup" => Some("distinct"),
        "remove" => Some("drop"),
        "alias" => Some("as"),
        _ => None,
    };
    let stages = Keyword::STAGES.iter().map(|keyword| keyword.text());
    Some(match foreign.or_else(|| closest(text, stages)) {
        Some(meant) => {
            let meant = if meant == Keyword::Order.text() { Keyword::Order.phrase() } else { meant };
            diagnostic.hint(format!("did you mean `{meant}`?")).fix(place.span, meant)
        }
        None => diagnostic.hint(stage_list()),
    })
}

fn stage_list() -> String {
    // The kinds of join are many, and `join` stands for them.
    let is_join_kind = |keyword: &&Keyword| {
        matches!(
            keyword,
            Keyword::Inner
                | Keyword::Left
                | Keyword::Right
                | Keyword::Full
                | Keyword::Cross
                | Keyword::Semi
                | Keyword::Anti
        )
    };
    let stages: Vec<&str> = Keyword::STAGES
        .iter()
        .filter(|keyword| !is_join_kind(keyword))
        .map(|keyword| keyword.phrase())
        .collect();
    format!("the stages are: {}", stages.join(", "))
}

/// A statement that does not begin like a query, or something else in a query's place.
fn no_query(place: &Place<'_>) -> Option<Diagnostic> {
    const BEGINNINGS: [Keyword; 3] = [Keyword::Select, Keyword::From, Keyword::With];
    if !place.expects(Expected::Query) || place.expected.all().len() > 1 {
        return None;
    }
    let message = match place.index {
        0 => "this is no query".to_string(),
        _ => format!("expected a query, found {}", place.found_text()),
    };
    let diagnostic = place.error(codes::NOT_A_QUERY, message);
    let Some(Token::Word { text, keyword }) = place.found else {
        return Some(diagnostic.hint("a query begins with `select`, `from` or `with`"));
    };
    let beginnings = BEGINNINGS.iter().map(|keyword| keyword.text());
    if let Some(meant) = closest(text, beginnings) {
        return Some(diagnostic.hint(format!("did you mean `{meant}`?")).fix(place.span, meant));
    }
    let named = keyword.is_none_or(|keyword| keyword.reserved() != Reserved::Always);
    Some(match place.next() {
        None | Some(Token::Symbol(Symbol::Pipe | Symbol::RParen)) if named => diagnostic
            .hint(format!("to read a table, write `from {text}`"))
            .fix(Span::new(place.span.start, place.span.start), "from "),
        _ => diagnostic.hint("a query begins with `select`, `from` or `with`"),
    })
}

/// Nothing stands where an item, a condition or an operand should.
fn missing_element(place: &Place<'_>) -> Option<Diagnostic> {
    let thing = place.expected.all().iter().find_map(|expected| match expected {
        Expected::Thing(thing) => Some(*thing),
        _ => None,
    })?;
    let before = place.before(1)?;
    let nothing = place.found.is_none_or(|token| {
        matches!(token, Token::Symbol(Symbol::Comma | Symbol::RParen | Symbol::RBracket | Symbol::Pipe))
            || token.keyword().is_some_and(Keyword::begins_part)
    });
    if !nothing {
        return None;
    }
    if before.token.is(Keyword::Select) || before.token.is(Keyword::Distinct) {
        let message = "this `select` selects nothing";
        return Some(
            Diagnostic::error(codes::EMPTY_LIST, before.span, message)
                .hint("for all columns, write `select *`"),
        );
    }
    let comma = Token::Symbol(Symbol::Comma);
    if before.token == comma && place.found == Some(comma) {
        return Some(
            place
                .error(codes::UNEXPECTED, "there is nothing between these commas")
                .label(before.span, "the first one"),
        );
    }
    let diagnostic = place
        .error(codes::UNEXPECTED, format!("expected {thing}, found {}", place.found_text()))
        .label(before.span, format!("{thing} is missing after this"));
    let diagnostic = match place.open_bracket() {
        Some((opener, false)) => {
            let bracket = place.text(opener.span);
            diagnostic.label(opener.span, format!("this `{bracket}` is not closed either"))
        }
        _ => diagnostic,
    };
    Some(with_reserved_hint(place, diagnostic))
}

/// A word of the language where a name was probably meant.
fn with_reserved_hint(place: &Place<'_>, diagnostic: Diagnostic) -> Diagnostic {
    let Some(keyword) = place.keyword() else { return diagnostic };
    let like_a_name = match place.next() {
        None => true,
        Some(Token::Symbol(symbol)) => !matches!(symbol, Symbol::LParen | Symbol::Star),
        Some(token) => token.is(Keyword::From) || token.is(Keyword::As),
    };
    let word = keyword.text();
    if keyword == Keyword::Not {
        diagnostic.hint("put parentheses around it: `(not …)`")
    } else if keyword.reserved() == Reserved::Always && like_a_name {
        diagnostic
            .hint(format!("`{word}` is a word of the language; as a name it takes double quotes: \"{word}\""))
    } else {
        diagnostic
    }
}

/// A word that is nearly one that could stand there: `form goroutines`, `order by a dsc`.
fn misspelt(place: &Place<'_>) -> Option<Diagnostic> {
    let words = [
        "from", "where", "group", "having", "order", "limit", "offset", "join", "union", "using", "desc",
        "asc", "nulls", "between", "like",
    ];
    // The word itself, or the one before that was taken for an alias.
    let candidates = [Some((place.found, place.span)), place.before(1).map(|b| (Some(b.token), b.span))];
    candidates.into_iter().flatten().find_map(|(token, span)| {
        let Some(Token::Word { text, keyword: None }) = token else { return None };
        let meant = closest(text, words.into_iter()).filter(|_| text.chars().count() > 2)?;
        let is_alias = span != place.span;
        // An alias may be called anything, unless what follows has no place.
        if is_alias && !place.found.is_some_and(|token| token.begins_operand()) {
            return None;
        }
        let message = format!("{} has no place here", place.found_text());
        Some(
            place
                .error(codes::UNEXPECTED, message)
                .hint(format!("did you mean `{meant}` instead of `{text}`?"))
                .fix(span, meant),
        )
    })
}

/// `from goroutines aggregate count()`: the stage was taken for an alias.
fn missing_pipe(place: &Place<'_>) -> Option<Diagnostic> {
    let is_stage = |token: &Token<'_>| {
        token
            .keyword()
            .is_some_and(|keyword| Keyword::STAGES.contains(&keyword) && keyword.reserved() == Reserved::No)
    };
    let here = place.tokens.get(place.index).filter(|lexeme| is_stage(&lexeme.token));
    let stage = here.or_else(|| place.before(1).filter(|lexeme| is_stage(&lexeme.token)))?;
    if !place.expects(Expected::Operator) {
        return None;
    }
    let word = place.text(stage.span);
    Some(
        Diagnostic::error(codes::MISSING_PIPE, stage.span, "a `|>` is missing before this stage")
            .hint(format!("write `|> {word}`"))
            .fix(Span::new(stage.span.start, stage.span.start), "|> "),
    )
}

/// `set a == 1`, `set a := 1`.
fn foreign_equals(place: &Place<'_>) -> Option<Diagnostic> {
    if !place.expects(Expected::Text(Symbol::Eq.text())) || place.found != Some(Token::Symbol(Symbol::EqEq)) {
        return None;
    }
    Some(
        place
            .error(codes::FOREIGN_OPERATOR, "there is no operator `==`")
            .hint("write `=`")
            .fix(place.span, "="),
    )
}

fn missing_comma(place: &Place<'_>) -> Option<Diagnostic> {
    let found = place.found?;
    let before = place.before(1)?;
    let begins = found.begins_operand() && !matches!(found, Token::Symbol(_)) && !found.is(Keyword::Not);
    if !begins || !place.expects(Expected::Text(Symbol::Comma.text())) {
        return None;
    }
    let end = Span::new(before.span.end, before.span.end);
    Some(
        place
            .error(codes::MISSING_COMMA, format!("{} has no place here", place.found_text()))
            .hint("is a comma or an operator missing before it?")
            .fix(end, ","),
    )
}

/// Expected this, found that.
fn unexpected(place: &Place<'_>) -> Diagnostic {
    let mut wanted: Vec<String> = Vec::new();
    for expected in place.expected.all() {
        let text = match expected {
            Expected::Text(text) | Expected::Close(text) => format!("`{text}`"),
            Expected::Thing(thing) => (*thing).to_string(),
            Expected::Stage => "a stage".to_string(),
            Expected::Query => "a query".to_string(),
            Expected::Operator | Expected::Alias | Expected::End => continue,
        };
        if !wanted.contains(&text) {
            wanted.push(text);
        }
    }
    let found = place.found_text();
    let message = match wanted.as_slice() {
        [] => format!("{found} has no place here"),
        [one] => format!("expected {one}, found {found}"),
        [first @ .., last] => format!("expected {} or {last}, found {found}", first.join(", ")),
    };
    let diagnostic = place.error(codes::UNEXPECTED, message);
    if place.before_is(1, Keyword::Is) || place.before_is(2, Keyword::Is) {
        return diagnostic.hint("`is` tests for null only; other values are compared by `=`");
    }
    if let (true, Some(Token::Param(name))) = (place.before_is(1, Keyword::In), place.found) {
        return diagnostic.hint(format!("to look into a list, write `${name} has …`"));
    }
    if place.before_is(1, Keyword::In) {
        return diagnostic.hint("write `in (a, b)` or `in (select …)`");
    }
    if place.found == Some(Token::Symbol(Symbol::Comma)) && place.before_is(2, Keyword::Limit) {
        return diagnostic.hint("to skip rows, write `limit 10 offset 20`");
    }
    with_reserved_hint(place, diagnostic)
}
