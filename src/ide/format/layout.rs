//! Tokens → documents: where lines may break, and how they hang together.

use std::cell::Cell;

use super::doc::Doc;
use super::pieces::{Note, Piece};
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::lexer;
use crate::syntax::names::Role;
use crate::syntax::token::Token;

/// Of what follows a declaration's `=`, and of what is between parentheses.
const BODY: usize = 2;
/// Of lines that go on with a list or a condition.
const CONTINUED: usize = 4;

/// A range of pieces.
type Range = std::ops::Range<usize>;

/// Lays out a statement, with the `;` that ends it. The comments before its first token and behind its last one are left
/// to the caller.
pub(super) fn statement(pieces: &[Piece<'_>]) -> Doc {
    let layout = Layout { pieces, partners: partners(pieces), noted: Cell::new(0) };
    let end = pieces.len() - usize::from(pieces.last().is_some_and(Piece::ends_statement));
    let body = layout.declaration(0..end);
    match end..pieces.len() {
        semicolon if semicolon.is_empty() => body,
        _ => Doc::Concat(vec![body, layout.piece(end)]),
    }
}

struct Layout<'p, 's> {
    pieces: &'p [Piece<'s>],
    /// For each bracket, and each `case`, where it is closed.
    partners: Vec<usize>,
    /// The piece whose comments are not to be written with it: they stand before the line that it begins.
    noted: Cell<usize>,
}

/// Finds for each opening bracket the closing one, and for each `case` its `end`; for all others, themselves.
fn partners(pieces: &[Piece<'_>]) -> Vec<usize> {
    let mut partners: Vec<usize> = (0..pieces.len()).collect();
    let mut open = Vec::new();
    for (n, piece) in pieces.iter().enumerate() {
        let opens = piece.is(Symbol::LParen) || piece.is(Symbol::LBracket);
        let closes = piece.is(Symbol::RParen) || piece.is(Symbol::RBracket);
        if opens || piece.keyword() == Some(Keyword::Case) {
            open.push(n);
        } else if (closes || piece.keyword() == Some(Keyword::End))
            && let Some(opener) = open.pop()
        {
            partners[opener] = n;
        }
    }
    partners
}

impl Layout<'_, '_> {
    fn keyword(&self, n: usize) -> Option<Keyword> {
        self.pieces.get(n)?.keyword()
    }

    fn is(&self, n: usize, symbol: Symbol) -> bool {
        self.pieces.get(n).is_some_and(|piece| piece.is(symbol))
    }

    /// The places of a range that are in no bracket and no `case`; those that open one stand for all of it.
    fn outside(&self, range: Range) -> impl Iterator<Item = usize> + '_ {
        let mut next = range.start;
        std::iter::from_fn(move || {
            let here = next;
            next = self.partners.get(here)? + 1;
            (here < range.end).then_some(here)
        })
    }

    /// Cuts a range before each place outside of brackets that satisfies a condition, but for its first.
    fn split(&self, range: Range, begins: impl Fn(usize) -> bool) -> Vec<Range> {
        let mut parts = Vec::new();
        let mut start = range.start;
        for n in self.outside(range.clone()) {
            if n > start && begins(n) {
                parts.push(start..n);
                start = n;
            }
        }
        parts.push(start..range.end);
        parts
    }

    fn begins_line(&self, range: &Range) -> bool {
        self.pieces.get(range.start).is_some_and(|piece| piece.line_before)
    }

    /// `let name = …`, `query name(…) = …` and their like, and queries.
    fn declaration(&self, range: Range) -> Doc {
        let symbol = match self.keyword(range.start) {
            Some(Keyword::Let | Keyword::Fn | Keyword::Query) => Symbol::Eq,
            Some(Keyword::Assert) => Symbol::Colon,
            _ => return self.query_or_list(range),
        };
        let Some(mark) = self.outside(range.clone()).find(|n| self.is(*n, symbol)) else {
            return self.query_or_list(range);
        };
        let (head, body) = (range.start..mark + 1, mark + 1..range.end);
        let broken = self.begins_line(&body);
        let wrapped = self.is(body.start, Symbol::LParen) && self.partners[body.start] + 1 == body.end;
        let line = if wrapped { Doc::Space } else { Doc::Line };
        let body = Doc::Concat(vec![line, self.query_or_list(body)]);
        let head = Doc::hang(CONTINUED, self.list(head));
        Doc::hang(0, Doc::group(Doc::Concat(vec![head, Doc::nest(BODY, body)]), broken && !wrapped))
    }

    fn query_or_list(&self, range: Range) -> Doc {
        if self.is_query(range.clone()) { self.query(range) } else { Doc::hang(CONTINUED, self.list(range)) }
    }

    fn is_query(&self, range: Range) -> bool {
        use Keyword::{From, Select, Values, With};
        let first = self.keyword(range.start);
        let begins = matches!(first, Some(Select | From | With | Values));
        begins || self.outside(range).any(|n| self.is(n, Symbol::Pipe) || self.is_set_operator(n))
    }

    /// Whether `union` and its like stand here; the `except` of a star is none.
    fn is_set_operator(&self, n: usize) -> bool {
        match self.keyword(n) {
            Some(Keyword::Union | Keyword::Intersect) => true,
            Some(Keyword::Except) => !(n > 0 && self.is(n - 1, Symbol::Star) && self.names_follow(n + 1)),
            _ => false,
        }
    }

    /// Whether a parenthesis opens here that holds no query.
    fn names_follow(&self, n: usize) -> bool {
        self.is(n, Symbol::LParen) && self.pieces.get(n + 1).is_some_and(|piece| piece.role.is_some())
    }

    /// A pipe: what it begins with, and stages.
    fn query(&self, range: Range) -> Doc {
        let stages = self.split(range, |n| self.is(n, Symbol::Pipe));
        let broken = stages.iter().skip(1).any(|stage| self.begins_line(stage));
        let mut lines = Vec::new();
        for (n, stage) in stages.into_iter().enumerate() {
            if n == 0 {
                lines.push(self.body(stage));
            } else {
                lines.push(Doc::Line);
                lines.push(self.line(stage));
            }
        }
        Doc::group(Doc::Concat(lines), broken)
    }

    /// What stands before the stages: `with`, and selects with set operators between them.
    fn body(&self, range: Range) -> Doc {
        let (ctes, range) = self.ctes(range);
        let broken = self.begins_line(&range) && !ctes.is_empty();
        let mut lines = Vec::new();
        for cte in ctes {
            lines.push(self.line(cte));
            lines.push(Doc::Line);
        }
        for (n, operand) in self.split(range, |n| self.is_set_operator(n)).into_iter().enumerate() {
            if n > 0 {
                lines.push(Doc::Line);
            }
            lines.push(self.clauses(operand));
        }
        Doc::group(Doc::Concat(lines), broken)
    }

    /// The `with` queries at the beginning, and the rest.
    fn ctes(&self, range: Range) -> (Vec<Range>, Range) {
        let mut ctes = Vec::new();
        let mut start = range.start;
        if self.keyword(start) == Some(Keyword::With) {
            // `with name as (…)`, and `name as (…)`.
            let mut open = start + 3;
            while self.is(open, Symbol::LParen) && open < range.end {
                let comma = self.partners[open] + 1;
                let end = if self.is(comma, Symbol::Comma) { comma + 1 } else { comma };
                ctes.push(start..end);
                start = end;
                if end == comma {
                    break;
                }
                open = start + 2;
            }
        }
        (ctes, start..range.end)
    }

    /// A select, or a source with its joins; with the set operator before it.
    fn clauses(&self, range: Range) -> Doc {
        let clauses = self.split(range, |n| self.begins_clause(n));
        let broken = clauses.iter().skip(1).any(|clause| self.begins_line(clause));
        let mut lines = Vec::new();
        for (n, clause) in clauses.into_iter().enumerate() {
            if n > 0 {
                lines.push(Doc::Line);
            }
            lines.push(self.line(clause));
        }
        Doc::group(Doc::Concat(lines), broken)
    }

    fn begins_clause(&self, n: usize) -> bool {
        use Keyword::*;
        let before = n.checked_sub(1).and_then(|before| self.keyword(before));
        match self.keyword(n) {
            Some(Select | From | Values | Where | Group | Having | Qualify | Order | Limit | Offset) => true,
            Some(Inner | Left | Right | Full | Cross | Semi | Anti | Join) => {
                !matches!(before, Some(Inner | Left | Right | Full | Cross | Semi | Anti | Outer))
            }
            _ => false,
        }
    }

    /// What begins a line if anything around it does, with the comments before it.
    fn line(&self, range: Range) -> Doc {
        let notes =
            self.pieces.get(range.start).filter(|_| range.start > 0).map_or(&[][..], |piece| &piece.notes);
        let mut docs: Vec<Doc> = notes.iter().flat_map(|note| comment(*note)).collect();
        self.noted.set(range.start);
        docs.push(Doc::hang(CONTINUED, self.list(range)));
        Doc::Concat(docs)
    }

    /// A clause, a stage, or what is between brackets: `group by` and `order by` in it have lines of their own, if it
    /// needs more than one.
    fn list(&self, range: Range) -> Doc {
        let parts = self.split(range, |n| matches!(self.keyword(n), Some(Keyword::Group | Keyword::Order)));
        if let [only] = &parts[..] {
            return self.parts(only.clone());
        }
        let mut docs = Vec::new();
        for part in parts {
            if !docs.is_empty() {
                docs.push(Doc::Line);
            }
            docs.push(self.parts(part));
        }
        Doc::group(Doc::Concat(docs), false)
    }

    /// What a join and a `match` are made of, and then the elements of lists.
    fn parts(&self, range: Range) -> Doc {
        let parts = self.split(range, |n| {
            self.is(n, Symbol::Then) || matches!(self.keyword(n), Some(Keyword::On | Keyword::Using))
        });
        fill(parts.into_iter().map(|part| {
            let elements = self.split(part, |n| n > 0 && self.is(n - 1, Symbol::Comma));
            fill(elements.into_iter().map(|element| self.either(element)))
        }))
    }

    /// `a or b`.
    fn either(&self, range: Range) -> Doc {
        let parts = self.split(range, |n| self.keyword(n) == Some(Keyword::Or));
        fill(parts.into_iter().map(|part| self.both(part)))
    }

    /// `a and b`.
    fn both(&self, range: Range) -> Doc {
        // The `and` of a `between` joins no conditions.
        let mut joins: Vec<usize> = Vec::new();
        let mut between = 0;
        for n in self.outside(range.clone()) {
            match self.keyword(n) {
                Some(Keyword::Between) => between += 1,
                Some(Keyword::And) if between > 0 => between -= 1,
                Some(Keyword::And) => joins.push(n),
                _ => {}
            }
        }
        let parts = self.split(range, |n| joins.binary_search(&n).is_ok());
        fill(parts.into_iter().map(|part| self.sum(part)))
    }

    /// `a + b`, `a || b`.
    fn sum(&self, range: Range) -> Doc {
        let parts = self.split(range, |n| {
            let adds = [Symbol::Plus, Symbol::Minus, Symbol::Concat, Symbol::Coalesce];
            adds.iter().any(|symbol| self.is(n, *symbol)) && !self.is_sign(n)
        });
        fill(parts.into_iter().map(|part| self.run(part)))
    }

    /// Tokens with nothing but spaces between them.
    fn run(&self, range: Range) -> Doc {
        let mut docs = Vec::new();
        for (count, n) in self.outside(range).enumerate() {
            if count > 0 && self.space_before(n) {
                docs.push(Doc::Space);
            }
            docs.push(match self.partners[n] {
                end if end == n => self.piece(n),
                end if self.keyword(n) == Some(Keyword::Case) => self.case(n..end + 1),
                end => self.bracket(n..end + 1),
            });
        }
        Doc::Concat(docs)
    }

    fn bracket(&self, range: Range) -> Doc {
        let (open, close) = (self.piece(range.start), self.piece(range.end - 1));
        let inside = range.start + 1..range.end - 1;
        if inside.is_empty() {
            return Doc::Concat(vec![open, close]);
        }
        if !self.is_query(inside.clone()) {
            return Doc::Concat(vec![open, Doc::hang(CONTINUED, self.list(inside)), close]);
        }
        let broken = self.begins_line(&inside);
        let query = Doc::nest(BODY, Doc::Concat(vec![Doc::SoftLine, self.query(inside)]));
        Doc::hang(0, Doc::group(Doc::Concat(vec![open, query, Doc::SoftLine, close]), broken))
    }

    fn case(&self, range: Range) -> Doc {
        let inside = range.start + 1..range.end - 1;
        let branches =
            self.split(inside.clone(), |n| matches!(self.keyword(n), Some(Keyword::When | Keyword::Else)));
        let mut docs = vec![self.piece(range.start)];
        for branch in branches {
            let is_operand = !matches!(self.keyword(branch.start), Some(Keyword::When | Keyword::Else));
            docs.push(if is_operand { Doc::Space } else { Doc::Line });
            let halves = self.split(branch, |n| self.keyword(n) == Some(Keyword::Then));
            docs.push(fill(halves.into_iter().map(|half| self.either(half))));
        }
        docs.extend([Doc::Line, self.piece(range.end - 1)]);
        Doc::hang(CONTINUED, Doc::group(Doc::Concat(docs), false))
    }

    /// A token with its comments; those at the ends of the statement are not among them.
    fn piece(&self, n: usize) -> Doc {
        let Some(piece) = self.pieces.get(n) else { return Doc::Concat(Vec::new()) };
        let text = Doc::text(piece.text.clone());
        let notes = if n == 0 || n == self.noted.get() { &[][..] } else { &piece.notes[..] };
        let trailing = if n + 1 == self.pieces.len() { &[][..] } else { &piece.trailing[..] };
        if notes.is_empty() && trailing.is_empty() {
            return text;
        }
        let mut docs: Vec<Doc> = notes.iter().flat_map(|note| comment(*note)).collect();
        docs.push(text);
        docs.extend(trailing.iter().flat_map(|note| comment(*note)));
        Doc::Concat(docs)
    }

    /// Whether a `-` is a sign, not an operator.
    fn is_sign(&self, n: usize) -> bool {
        let before = n.checked_sub(1).and_then(|before| self.pieces.get(before));
        self.is(n, Symbol::Minus) && !before.is_some_and(Piece::ends_operand)
    }

    /// Whether a space stands between a token and the one before it.
    fn space_before(&self, n: usize) -> bool {
        let Some((before, here)) = n.checked_sub(1).and_then(|m| self.pieces.get(m).zip(self.pieces.get(n)))
        else {
            return false;
        };
        !self.is_tight(before, here, n) || !stay_apart(&before.text, &here.text)
    }

    fn is_tight(&self, before: &Piece<'_>, here: &Piece<'_>, n: usize) -> bool {
        use Symbol::*;
        let any = |piece: &Piece<'_>, symbols: &[Symbol]| symbols.iter().any(|symbol| piece.is(*symbol));
        let begins_operand = match here.token {
            Token::Symbol(symbol) => matches!(symbol, LParen | LBracket | Minus),
            _ => here.keyword().is_none(),
        };
        if any(before, &[LParen, LBracket, Dot, Cast]) || self.is_sign(n - 1) {
            return true;
        }
        if any(here, &[RParen, RBracket, Comma, Semicolon, Colon, Cast, Question]) {
            return true;
        }
        if here.of_type || before.of_type && before.is(Lt) {
            return true;
        }
        if any(here, &[Dot, Range]) {
            return before.ends_operand();
        }
        if before.is(Range) {
            return begins_operand;
        }
        if here.is(LParen) {
            return matches!(before.role, Some(Role::Function | Role::Query | Role::Alias | Role::Picture));
        }
        here.is(LBracket) && (before.ends_operand() && before.keyword().is_none() || before.of_type)
    }
}

/// Whether two texts are two tokens with nothing between them.
fn stay_apart(a: &str, b: &str) -> bool {
    let text = format!("{a}{b}");
    let (lexemes, _) = lexer::lex(&text);
    matches!(lexemes[..], [first, second] if first.span.end == a.len() && second.span.end == text.len())
}

fn comment(note: Note<'_>) -> Vec<Doc> {
    if note.ends_its_line() {
        return vec![Doc::Comment { text: note.text.to_owned(), own_line: note.own_line }];
    }
    vec![Doc::Space, Doc::text(note.text), Doc::Space]
}

/// Elements with breakable spaces between them; one alone is just itself.
fn fill(elements: impl Iterator<Item = Doc>) -> Doc {
    let mut items: Vec<(Doc, Doc)> = elements.map(|element| (Doc::Line, element)).collect();
    match items.len() {
        1 => items.remove(0).1,
        _ => Doc::Fill(items),
    }
}
