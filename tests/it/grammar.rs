//! The grammar as written for people, `grammar/gtq.ebnf`, and the parser: what the one derives the other accepts, what
//! ships is derived, and both know the same words. How the file is written is said at its top.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::iter::Peekable;
use std::path::Path;
use std::sync::LazyLock;

use gtq::syntax::keywords::{Keyword, Reserved, Symbol};
use gtq::syntax::token::Token;
use gtq::syntax::{lexer, parse};
use proptest::prelude::*;

use crate::syntax::tree;

/// What derives whole texts.
const START: &str = "file";

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("../../grammar/gtq.ebnf")));

/// The right side of a production, or a part of it.
enum Rule {
    Text(&'static str),
    Name(&'static str),
    Sequence(Vec<Rule>),
    Choice(Vec<Rule>),
    Optional(Box<Rule>),
    Repeated(Box<Rule>),
    /// Nothing, where what follows is not this.
    NotBefore(Box<Rule>),
    /// The first that is not the second.
    Except(Box<Rule>, Box<Rule>),
    Prose,
}

impl Rule {
    /// The rule and all that it is made of.
    fn parts(&self) -> Vec<&Rule> {
        let inside: Vec<&Rule> = match self {
            Rule::Text(_) | Rule::Name(_) | Rule::Prose => Vec::new(),
            Rule::Sequence(rules) | Rule::Choice(rules) => rules.iter().collect(),
            Rule::Optional(rule) | Rule::Repeated(rule) | Rule::NotBefore(rule) => vec![rule.as_ref()],
            Rule::Except(rule, not) => vec![rule.as_ref(), not.as_ref()],
        };
        let mut parts = vec![self];
        parts.extend(inside.into_iter().flat_map(Rule::parts));
        parts
    }

    fn names(&self) -> BTreeSet<&'static str> {
        let name = |rule: &Rule| if let Rule::Name(name) = rule { Some(*name) } else { None };
        self.parts().into_iter().filter_map(name).collect()
    }

    fn texts(&self) -> BTreeSet<&'static str> {
        let text = |rule: &Rule| if let Rule::Text(text) = rule { Some(*text) } else { None };
        self.parts().into_iter().filter_map(text).collect()
    }
}

struct Production {
    name: &'static str,
    rule: Rule,
    /// The text that the examples belong into, with `{}` in their place.
    context: &'static str,
    examples: Vec<&'static str>,
    /// Whether it is about characters, and the parser gets it as one token if at all.
    is_token: bool,
}

struct Grammar {
    productions: BTreeMap<&'static str, Production>,
}

impl Grammar {
    fn read(text: &'static str) -> Self {
        let mut reader = Reader::new(text);
        let mut productions: Vec<Production> = Vec::new();
        let (mut context, mut is_token) = ("{}", false);
        while let Some(piece) = reader.pieces.next() {
            match piece {
                Piece::Comment(comment) if comment.starts_with("== ") => {
                    context = quoted(comment).next().unwrap_or("{}");
                    is_token = comment.contains("Tokens");
                }
                Piece::Comment(comment) if comment.starts_with("e.g. ") => {
                    let production = productions.last_mut().expect("examples follow a production");
                    let (examples, own) = comment.split_once("` in `").unwrap_or((comment, ""));
                    production.examples.extend(quoted(examples));
                    if !own.is_empty() {
                        production.context = own.trim_end_matches('`');
                    }
                }
                Piece::Comment(_) => {}
                Piece::Word(name) => {
                    reader.expect('=');
                    let rule = reader.choice();
                    reader.expect(';');
                    productions.push(Production { name, rule, context, examples: Vec::new(), is_token });
                }
                other => panic!("a production cannot begin with {other:?}"),
            }
        }
        let count = productions.len();
        let productions: BTreeMap<_, _> = productions.into_iter().map(|one| (one.name, one)).collect();
        assert_eq!(productions.len(), count, "a name is defined twice");
        Self { productions }
    }

    fn get(&self, name: &str) -> &Production {
        self.productions.get(name).unwrap_or_else(|| panic!("`{name}` is not defined"))
    }

    /// The productions that are about tokens, not characters.
    fn of_parser(&self) -> impl Iterator<Item = &Production> {
        self.productions.values().filter(|production| !production.is_token)
    }
}

/// What stands between backquotes.
fn quoted(comment: &'static str) -> impl Iterator<Item = &'static str> {
    comment.split('`').skip(1).step_by(2)
}

/// What the text of a grammar is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Word(&'static str),
    Text(&'static str),
    /// What stands between `?` and `?`.
    Special(&'static str),
    Comment(&'static str),
    Mark(char),
}

fn pieces(mut text: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    loop {
        text = text.trim_start();
        let Some(first) = text.chars().next() else { return pieces };
        let (piece, length) = match first {
            '(' if text.starts_with("(*") => {
                let (inside, length) = enclosed(text, "(*", "*)");
                (Piece::Comment(inside.trim_matches(' ')), length)
            }
            '"' | '\'' => {
                let quote = &text[..1];
                let (inside, length) = enclosed(text, quote, quote);
                (Piece::Text(inside), length)
            }
            '?' => {
                let (inside, length) = enclosed(text, "?", "?");
                (Piece::Special(inside.trim()), length)
            }
            'a'..='z' => {
                let end = text.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(text.len());
                (Piece::Word(&text[..end]), end)
            }
            other => (Piece::Mark(other), other.len_utf8()),
        };
        pieces.push(piece);
        text = &text[length..];
    }
}

/// What stands between two marks at the beginning of a text, and the length of it all.
fn enclosed(text: &'static str, open: &str, close: &str) -> (&'static str, usize) {
    let inside = &text[open.len()..];
    let length = inside.find(close).unwrap_or_else(|| panic!("no `{close}` closes {inside:.40}"));
    (&inside[..length], open.len() + length + close.len())
}

struct Reader {
    pieces: Peekable<std::vec::IntoIter<Piece>>,
}

impl Reader {
    fn new(text: &'static str) -> Self {
        Self { pieces: pieces(text).into_iter().peekable() }
    }

    fn takes(&mut self, mark: char) -> bool {
        self.pieces.next_if_eq(&Piece::Mark(mark)).is_some()
    }

    fn expect(&mut self, mark: char) {
        assert_eq!(self.pieces.next(), Some(Piece::Mark(mark)));
    }

    fn choice(&mut self) -> Rule {
        let mut rules = vec![self.sequence()];
        while self.takes('|') {
            rules.push(self.sequence());
        }
        only(rules, Rule::Choice)
    }

    fn sequence(&mut self) -> Rule {
        let mut rules = Vec::new();
        while let Some(rule) = self.part() {
            rules.push(if self.takes('-') {
                let not = self.part().expect("something stands behind `-`");
                Rule::Except(Box::new(rule), Box::new(not))
            } else {
                rule
            });
        }
        assert!(!rules.is_empty(), "something is missing before {:?}", self.pieces.peek());
        only(rules, Rule::Sequence)
    }

    fn part(&mut self) -> Option<Rule> {
        let rule = match *self.pieces.peek()? {
            Piece::Text(text) => Rule::Text(text),
            Piece::Word(name) => Rule::Name(name),
            Piece::Special(words) => match words.strip_prefix("not before ") {
                Some(rule) => Rule::NotBefore(Box::new(Reader::new(rule).choice())),
                None => Rule::Prose,
            },
            Piece::Mark('(') => return Some(self.bracketed(')')),
            Piece::Mark('[') => return Some(Rule::Optional(Box::new(self.bracketed(']')))),
            Piece::Mark('{') => return Some(Rule::Repeated(Box::new(self.bracketed('}')))),
            Piece::Mark(_) | Piece::Comment(_) => return None,
        };
        self.pieces.next();
        Some(rule)
    }

    fn bracketed(&mut self, closing: char) -> Rule {
        self.pieces.next();
        let rule = self.choice();
        self.expect(closing);
        rule
    }
}

/// The only rule, or what is made of more than one.
fn only(mut rules: Vec<Rule>, make: fn(Vec<Rule>) -> Rule) -> Rule {
    match rules.pop() {
        Some(rule) if rules.is_empty() => rule,
        last => make(rules.into_iter().chain(last).collect()),
    }
}

/// Whether a production derives a text.
fn derives(name: &'static str, text: &str) -> bool {
    let (lexemes, _) = lexer::lex(text);
    let tokens = lexemes.into_iter().map(|lexeme| lexeme.token);
    let tokens: Vec<Token<'_>> = tokens.filter(|token| !matches!(token, Token::Comment(_))).collect();
    let end = tokens.len();
    let mut recognizer = Recognizer { tokens, known: HashMap::new() };
    // Each level of a text is a dozen levels of the grammar, and each of those some unoptimised frames.
    stacker::grow(64 << 20, || recognizer.ends(&Rule::Name(name), 0)).contains(&end)
}

struct Recognizer<'t> {
    tokens: Vec<Token<'t>>,
    /// The ends of what each production derives from each place on.
    known: HashMap<(&'static str, usize), BTreeSet<usize>>,
}

impl Recognizer<'_> {
    /// Where, from a place in the tokens on, that which a rule derives may end.
    fn ends(&mut self, rule: &Rule, from: usize) -> BTreeSet<usize> {
        match rule {
            Rule::Text(text) => self.one(from, |token| is_text(token, text)),
            Rule::Name(name) if GRAMMAR.get(name).is_token => self.one(from, |token| is_a(token, name)),
            Rule::Name(name) => {
                if let Some(ends) = self.known.get(&(*name, from)) {
                    return ends.clone();
                }
                // What begins with itself ends nowhere, instead of never.
                self.known.insert((*name, from), BTreeSet::new());
                let ends = self.ends(&GRAMMAR.get(name).rule, from);
                self.known.insert((*name, from), ends.clone());
                ends
            }
            Rule::Choice(rules) => {
                let mut ends = BTreeSet::new();
                for rule in rules {
                    ends.extend(self.ends(rule, from));
                }
                ends
            }
            Rule::Sequence(rules) => {
                let mut places = BTreeSet::from([from]);
                for rule in rules {
                    let mut ends = BTreeSet::new();
                    for place in places {
                        ends.extend(self.ends(rule, place));
                    }
                    places = ends;
                }
                places
            }
            Rule::Optional(rule) => {
                let mut ends = self.ends(rule, from);
                ends.insert(from);
                ends
            }
            Rule::Repeated(rule) => {
                let mut ends = BTreeSet::from([from]);
                let mut waiting = vec![from];
                while let Some(place) = waiting.pop() {
                    for end in self.ends(rule, place) {
                        if ends.insert(end) {
                            waiting.push(end);
                        }
                    }
                }
                ends
            }
            Rule::NotBefore(rule) => {
                let follows = !self.ends(rule, from).is_empty();
                if follows { BTreeSet::new() } else { BTreeSet::from([from]) }
            }
            Rule::Except(..) | Rule::Prose => panic!("only characters are told in this way"),
        }
    }

    /// The end of one token that satisfies a condition.
    fn one(&self, from: usize, condition: impl FnOnce(&Token<'_>) -> bool) -> BTreeSet<usize> {
        self.tokens.get(from).is_some_and(condition).then_some(from + 1).into_iter().collect()
    }
}

/// Whether a token is a word or a symbol of the grammar.
fn is_text(token: &Token<'_>, wanted: &str) -> bool {
    match token {
        Token::Word { text, .. } => text.eq_ignore_ascii_case(wanted),
        Token::Symbol(symbol) => symbol.text() == wanted,
        _ => false,
    }
}

/// Whether a token is what the grammar calls by a name.
fn is_a(token: &Token<'_>, name: &str) -> bool {
    match token {
        Token::Word { text, keyword } => {
            let reserved = keyword.map_or(Reserved::No, Keyword::reserved);
            match name {
                "name" => reserved != Reserved::Always,
                "free_name" => reserved == Reserved::No,
                "list_word" => text.eq_ignore_ascii_case("list"),
                _ => name == "member",
            }
        }
        Token::Quoted(_) => matches!(name, "name" | "free_name" | "member"),
        Token::Param(_) => name == "parameter_value",
        Token::String(_) => name == "string",
        Token::Int(_) => name == "integer",
        Token::Float(_) => name == "float",
        Token::Duration(_) => name == "duration",
        Token::Bytes(_) => name == "size",
        Token::Time(_) | Token::TimeEnd | Token::WallClock(_) => name == "time",
        Token::Symbol(_) | Token::Comment(_) | Token::Error => false,
    }
}

/// Writes what a production derives, look-aheads left aside. Where the choices end, it takes what comes first and leaves
/// out what may be left out.
struct Writer {
    choices: std::vec::IntoIter<u8>,
    tokens: Vec<&'static str>,
}

impl Writer {
    fn choice(&mut self) -> usize {
        self.choices.next().map_or(0, usize::from)
    }

    fn goes_on(&mut self) -> bool {
        self.choices.next().is_some_and(|choice| choice < 90)
    }

    fn write(&mut self, rule: &Rule) {
        match rule {
            Rule::Text(text) => self.tokens.push(*text),
            Rule::Name(name) => {
                let Production { rule, examples, is_token, .. } = GRAMMAR.get(name);
                if *is_token {
                    let choice = self.choice();
                    self.tokens.push(examples[choice % examples.len()]);
                } else {
                    self.write(rule);
                }
            }
            Rule::Sequence(rules) => {
                for rule in rules {
                    self.write(rule);
                }
            }
            Rule::Choice(rules) => {
                let choice = self.choice();
                self.write(&rules[choice % rules.len()]);
            }
            Rule::Optional(rule) => {
                if self.goes_on() {
                    self.write(rule);
                }
            }
            Rule::Repeated(rule) => {
                while self.goes_on() {
                    self.write(rule);
                }
            }
            Rule::NotBefore(_) => {}
            Rule::Except(..) | Rule::Prose => panic!("only characters are told in this way"),
        }
    }
}

#[test]
fn the_grammar_is_well_formed() {
    for production in GRAMMAR.productions.values() {
        assert!(!production.examples.is_empty(), "`{}` has no example", production.name);
    }
    let mut reached = BTreeSet::new();
    let mut waiting = vec![START];
    while let Some(name) = waiting.pop() {
        if reached.insert(name) {
            waiting.extend(GRAMMAR.get(name).rule.names());
        }
    }
    let all: BTreeSet<&str> = GRAMMAR.productions.keys().copied().collect();
    assert_eq!(reached, all, "all productions are for something");
}

#[test]
fn examples_parse_and_are_derived() {
    for production in GRAMMAR.productions.values() {
        for example in &production.examples {
            let text = production.context.replace("{}", example);
            tree(&text);
            assert!(derives(START, &text), "no text: {text}");
            // Those of tokens are.
            let is_derived = production.is_token || derives(production.name, example);
            assert!(is_derived, "no {}: {example}", production.name);
        }
    }
}

#[test]
fn words_and_symbols_are_those_of_the_lexer() {
    let written: BTreeSet<&str> = GRAMMAR.of_parser().flat_map(|one| one.rule.texts()).collect();
    // They are read only to say what is written instead.
    let foreign = [Symbol::AndAnd, Symbol::EqEq, Symbol::Arrow];
    let symbols = Symbol::ALL.iter().filter(|symbol| !foreign.contains(symbol)).map(|symbol| symbol.text());
    let known: BTreeSet<&str> = Keyword::ALL.iter().map(|keyword| keyword.text()).chain(symbols).collect();
    assert_eq!(written, known);
    for (name, reserved) in [("reserved", Reserved::Always), ("half_reserved", Reserved::AsAlias)] {
        let keywords = Keyword::ALL.iter().filter(|keyword| keyword.reserved() == reserved);
        let known: BTreeSet<&str> = keywords.map(|keyword| keyword.text()).collect();
        assert_eq!(GRAMMAR.get(name).rule.texts(), known, "{name}");
    }
}

/// The grammar is no smaller than the language in use.
#[test]
fn queries_that_are_there_are_derived() {
    let cases = include_str!("queries.txt").split("\n\n").chain(include_str!("sema_good.txt").lines());
    let mut texts: Vec<String> = cases.map(str::to_owned).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    for entry in folder.read_dir().expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_some_and(|extension| extension == "gtq") {
            texts.push(std::fs::read_to_string(path).expect("the file can be read"));
        }
    }
    for text in texts {
        assert!(derives(START, &text), "not derived:\n{text}");
    }
}

/// What random texts begin with: whole files, and each production in its context.
fn starts() -> impl Strategy<Value = &'static str> {
    let all: Vec<&'static str> = GRAMMAR.of_parser().map(|production| production.name).collect();
    prop_oneof![1 => Just(START), 2 => prop::sample::select(all)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_derived_parses(name in starts(), choices in prop::collection::vec(any::<u8>(), 0..250)) {
        let Production { rule, context, .. } = GRAMMAR.get(name);
        let mut writer = Writer { choices: choices.into_iter(), tokens: Vec::new() };
        writer.write(rule);
        let text = context.replace("{}", &writer.tokens.join(" "));
        // Look-aheads may not have it.
        prop_assume!(derives(START, &text));
        let (_, diagnostics) = parse(&text);
        prop_assert!(diagnostics.is_empty(), "{}\n{:#?}", text, diagnostics);
    }
}
