//! What all rules are made of: single tokens, looking ahead, skipping, going on after a mistake.

use chumsky::input::{InputRef, MappedInput};
use chumsky::prelude::*;
use chumsky::recovery::via_parser;

use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident};
use crate::syntax::keywords::{Keyword, Reserved, Symbol};
use crate::syntax::problem::{Expected, Problem, Wanted};
use crate::syntax::token::{Lexeme, Token, unescape};

/// The tokens of one statement.
pub(in crate::syntax) type Tokens<'t> = MappedInput<'t, Token<'t>, Span, &'t [Lexeme<'t>]>;

pub(super) type Extra<'t> = extra::Err<Problem<'t>>;

/// A rule of the grammar. Boxed, or the types of the combinators would cost minutes to compile.
pub(super) type Rule<'t, O> = Boxed<'t, 't, Tokens<'t>, O, Extra<'t>>;

/// What any function that builds a rule may take.
pub(super) trait Parse<'t, O>: Parser<'t, Tokens<'t>, O, Extra<'t>> + Clone + 't {}
impl<'t, O, P: Parser<'t, Tokens<'t>, O, Extra<'t>> + Clone + 't> Parse<'t, O> for P {}

impl chumsky::span::Span for Span {
    type Context = ();
    type Offset = usize;

    fn new((): (), range: std::ops::Range<usize>) -> Self {
        // Nothing taken: the range runs backwards, from the next token to the end of the last one.
        Span { start: range.start, end: range.end.max(range.start) }
    }

    fn context(&self) {}

    fn start(&self) -> usize {
        self.start
    }

    fn end(&self) -> usize {
        self.end
    }
}

/// A token that satisfies a condition.
pub(super) fn token<'t, O: 't>(
    expected: Expected,
    take: impl Fn(Token<'t>, Span) -> Option<O> + Clone + 't,
) -> impl Parse<'t, O> {
    custom(move |input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>| {
        let before = input.cursor();
        let found = input.next();
        let span = input.span_since(&before);
        found.and_then(|token| take(token, span)).ok_or(Problem::Unexpected {
            span,
            found,
            expected: Wanted::One(expected),
        })
    })
}

pub(super) fn word<'t>(keyword: Keyword) -> impl Parse<'t, Span> {
    token(Expected::Text(keyword.text()), move |token, span| token.is(keyword).then_some(span))
}

pub(super) fn symbol<'t>(symbol: Symbol) -> impl Parse<'t, Span> {
    token(Expected::Text(symbol.text()), move |token, span| (token == Token::Symbol(symbol)).then_some(span))
}

/// A token that a table knows, such as an operator.
pub(super) fn lookup<'t, O: 't>(
    expected: Expected,
    find: impl Fn(Token<'t>) -> Option<O> + Clone + 't,
) -> impl Parse<'t, (O, Span)> {
    token(expected, move |token, span| find(token).map(|found| (found, span)))
}

fn ident<'t>(expected: Expected, allowed: impl Fn(&Token<'t>) -> bool + Clone + 't) -> impl Parse<'t, Ident> {
    token(expected, move |token, span| match token {
        Token::Word { text, .. } if allowed(&token) => {
            Some(Ident { text: text.to_lowercase(), quoted: false, span })
        }
        Token::Quoted(raw) if allowed(&token) => Some(Ident { text: unescape(raw, '"'), quoted: true, span }),
        _ => None,
    })
}

/// The name of something; `what` is what, with its article.
pub(super) fn name<'t>(what: &'static str) -> impl Parse<'t, Ident> {
    ident(Expected::Thing(what), Token::is_name)
}

/// A name after a dot, where no keyword can stand.
pub(super) fn member<'t>() -> impl Parse<'t, Ident> {
    ident(Expected::Thing("a name"), |_| true)
}

/// `as name`, or just `name` where that cannot be anything else.
pub(super) fn alias<'t>() -> Rule<'t, Ident> {
    word(Keyword::As)
        .labelled(Expected::Alias)
        .ignore_then(or_hole(name("a name"), Stop::Element, |span| Ident {
            text: String::new(),
            quoted: true,
            span,
        }))
        .or(ident(Expected::Alias, Token::is_bare_alias))
        .boxed()
}

/// Succeeds, taking nothing, if the next tokens satisfy a condition.
pub(super) fn ahead<'t>(
    expected: Expected,
    condition: impl Fn(&[Option<Token<'t>>; 3]) -> bool + Clone + 't,
) -> impl Parse<'t, ()> {
    custom(move |input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>| {
        let before = input.save();
        let next = [input.next(), input.next(), input.next()];
        input.rewind(before);
        if condition(&next) {
            return Ok(());
        }
        let start = input.cursor();
        let here = input.save();
        input.skip();
        let span = input.span_since(&start);
        input.rewind(here);
        Err(Problem::Unexpected { span, found: next[0], expected: Wanted::One(expected) })
    })
}

/// Succeeds, taking nothing, if the next token satisfies a condition: one failure in the place of those of many rules.
pub(super) fn next_is<'t>(
    expected: Expected,
    condition: impl Fn(&Token<'t>) -> bool + Clone + 't,
) -> impl Parse<'t, ()> {
    custom(move |input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>| {
        if input.peek().is_some_and(|token| condition(&token)) {
            return Ok(());
        }
        let before = input.save();
        let start = input.cursor();
        let found = input.next();
        let span = input.span_since(&start);
        input.rewind(before);
        Err(Problem::Unexpected { span, found, expected: Wanted::One(expected) })
    })
}

/// Whether a query begins here.
pub(super) fn begins_query(next: &[Option<Token<'_>>; 3]) -> bool {
    match next[0].and_then(|token| token.keyword()) {
        Some(Keyword::Select | Keyword::From | Keyword::With) => true,
        Some(Keyword::Values) => next[1] == Some(Token::Symbol(Symbol::LParen)),
        _ => false,
    }
}

/// Succeeds, taking nothing, if what stands here between parentheses is a query and not a value.
///
/// `((select 1) union (select 2))` begins like `((select 1) + 2)`: what follows the inner parentheses decides.
pub(super) fn query_ahead<'t>() -> impl Parse<'t, ()> {
    custom(|input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>| {
        let before = input.save();
        let mut nested = false;
        let mut inner = input.save();
        while input.peek() == Some(Token::Symbol(Symbol::LParen)) {
            input.skip();
            if !nested {
                nested = true;
                inner = input.save();
            }
        }
        let next = [input.next(), input.next(), None];
        let mut found = begins_query(&next);
        if found && nested {
            input.rewind(inner);
            found = skip_to_closing(input) && input.peek().is_some_and(|token| continues_query(&token));
        }
        let start = before.cursor().clone();
        input.rewind(before);
        if found {
            return Ok(());
        }
        let found = input.peek();
        Err(Problem::Unexpected {
            span: input.span_since(&start),
            found,
            expected: Wanted::One(Expected::Query),
        })
    })
}

/// Whether the token, behind a parenthesised query, makes a larger query of it.
fn continues_query(token: &Token<'_>) -> bool {
    use Keyword::{Except, Intersect, Limit, Offset, Order, Union};
    *token == Token::Symbol(Symbol::Pipe)
        || matches!(token.keyword(), Some(Union | Intersect | Except | Order | Limit | Offset))
}

/// Where skipping ends, beside the end of the statement and a bracket that was opened further out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// At a comma, the beginning of a clause, and `|>`.
    Element,
    /// At the beginning of a clause, and `|>`.
    Part,
    /// At `|>`.
    Stage,
    /// At what follows the parts of a declaration.
    Declaration,
    /// Nowhere.
    End,
}

impl Stop {
    fn at(self, token: &Token<'_>) -> bool {
        match token {
            Token::Symbol(Symbol::Eq | Symbol::Colon | Symbol::LParen | Symbol::Then) => {
                self == Stop::Declaration
            }
            Token::Symbol(Symbol::RParen | Symbol::RBracket | Symbol::Pipe) => self != Stop::End,
            Token::Symbol(Symbol::Comma) => self == Stop::Element,
            Token::Word { keyword: Some(keyword), .. } => {
                matches!(self, Stop::Element | Stop::Part) && keyword.begins_part()
            }
            _ => false,
        }
    }
}

/// Skips to a stop, over brackets as a whole where they are balanced. May take nothing; gives what it took.
pub(super) fn hole<'t>(stop: Stop) -> impl Parse<'t, Span> {
    custom(move |input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>| {
        let start = input.cursor();
        while let Some(token) = input.peek() {
            if stop.at(&token) {
                break;
            }
            input.skip();
            if matches!(token, Token::Symbol(Symbol::LParen | Symbol::LBracket)) {
                let inside = input.save();
                if !skip_to_closing(input) {
                    input.rewind(inside);
                }
            }
        }
        Ok(input.span_since(&start))
    })
}

/// Skips behind the bracket that closes the one just passed; false if there is none.
fn skip_to_closing<'t>(input: &mut InputRef<'t, '_, Tokens<'t>, Extra<'t>>) -> bool {
    let mut depth = 1;
    while let Some(token) = input.next() {
        match token {
            Token::Symbol(Symbol::LParen | Symbol::LBracket) => depth += 1,
            Token::Symbol(Symbol::RParen | Symbol::RBracket) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return true;
        }
    }
    false
}

/// A rule that cannot fail: what it cannot read is skipped, and `make` says what stands for it in the tree.
pub(super) fn or_hole<'t, O: 't>(
    rule: impl Parse<'t, O>,
    stop: Stop,
    make: impl Fn(Span) -> O + Clone + 't,
) -> Rule<'t, O> {
    rule.recover_with(via_parser(hole(stop).map(make))).boxed()
}

/// A token that has to stand here. If it does not, that is reported, and the parser goes on as if it did.
pub(super) fn must<'t>(rule: impl Parse<'t, Span>) -> Rule<'t, Span> {
    rule.recover_with(via_parser(empty().map_with(|(), e| e.span()))).boxed()
}

pub(super) fn error_expr(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, span }
}

/// An expression that has to stand here.
pub(super) fn must_expr<'t>(expr: impl Parse<'t, Expr>) -> Rule<'t, Expr> {
    or_hole(expr, Stop::Element, error_expr)
}

/// The bracket that closes. What stands before it is reported and skipped; if it is missing, it is thought of as there.
pub(super) fn close<'t>(bracket: Symbol) -> Rule<'t, Span> {
    let closing = symbol(bracket).labelled(Expected::Close(bracket.text()));
    closing
        .clone()
        .recover_with(via_parser(hole(Stop::Part).ignore_then(symbol(bracket))))
        .recover_with(via_parser(empty().map_with(|(), e| e.span())))
        .boxed()
}

/// `(` rule `)`.
pub(super) fn parens<'t, O: 't>(rule: impl Parse<'t, O>) -> Rule<'t, O> {
    symbol(Symbol::LParen).ignore_then(rule).then_ignore(close(Symbol::RParen)).boxed()
}

/// Elements with commas between them and maybe after the last one; may be empty. What cannot be read between two commas
/// stands as what `make` makes of it.
pub(super) fn list<'t, O: 't>(
    element: impl Parse<'t, O>,
    make: impl Fn(Span) -> O + Clone + 't,
) -> Rule<'t, Vec<O>> {
    list_until(element, make, |_| false)
}

/// A [`list`] that may be followed by more than what every list may be followed by.
pub(super) fn list_until<'t, O: 't>(
    element: impl Parse<'t, O>,
    make: impl Fn(Span) -> O + Clone + 't,
    also_ends: impl Fn(Token<'t>) -> bool + Clone + 't,
) -> Rule<'t, Vec<O>> {
    // An element is missing only if another thing, or a comma, shows that one was meant.
    let something = ahead(Expected::Thing("an expression"), |next| begins_element(next[0]));
    let end = ahead(Expected::Text(","), move |next| {
        next[0].is_none_or(|token| ends_element(&token) || also_ends(token))
    });
    element
        .recover_with(via_parser(something.ignore_then(hole(Stop::Element)).map(make)))
        // What stands between an element and the next comma is reported and skipped.
        .then_ignore(end.recover_with(via_parser(hole(Stop::Element).ignored())))
        .separated_by(symbol(Symbol::Comma))
        .allow_trailing()
        .collect()
        .boxed()
}

/// Whether a list ends where an element has ended and this follows: also at words that might begin an element.
pub(super) fn ends_element(token: &Token<'_>) -> bool {
    let is_no_alias =
        |keyword: Keyword| keyword == Keyword::Distinct || keyword.reserved() == Reserved::AsAlias;
    Stop::Element.at(token) || token.keyword().is_some_and(is_no_alias)
}

fn begins_element(token: Option<Token<'_>>) -> bool {
    token.is_some_and(|token| token == Token::Symbol(Symbol::Comma) || !Stop::Element.at(&token))
}

/// A list that must have something in it.
pub(super) fn some<'t, O: 't>(list: impl Parse<'t, Vec<O>>, what: &'static str) -> Rule<'t, Vec<O>> {
    ahead(Expected::Thing(what), |next| begins_element(next[0]))
        .recover_with(via_parser(empty()))
        .ignore_then(list)
        .boxed()
}

/// `( a, b )`, for columns.
pub(super) fn names<'t>() -> Rule<'t, Vec<Ident>> {
    parens(name_list())
}

/// `a, b`, for columns. A place without a name is left out.
pub(super) fn name_list<'t>() -> Rule<'t, Vec<Ident>> {
    some(list(name("a column").map(Some), |_| None), "a column")
        .map(|names: Vec<Option<Ident>>| names.into_iter().flatten().collect())
        .boxed()
}

/// `word1 word2`, such as `order by`: the second is reported if it is missing.
pub(super) fn phrase<'t>(first: Keyword, second: Keyword) -> Rule<'t, Span> {
    word(first).then(must(word(second))).map(|(first, second): (Span, Span)| first.to(second)).boxed()
}
