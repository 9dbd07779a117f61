//! Places that need no look at what is in sight: modules behind `use`, types, pictures, units, times, and the names of
//! arguments.

use super::{CompletionKind, Found};
use crate::catalog::{self, Type};
use crate::ide::document::Document;
use crate::ide::signature::{self, Parameter};
use crate::library;
use crate::sema::facts::Sight;
use crate::syntax;
use crate::syntax::keywords::{Keyword, Symbol};
use crate::syntax::token::Token;

/// Types that can be written, with what they are.
const TYPES: [(&str, &str); 10] = [
    ("bool", "true or false"),
    ("int", "a whole number of 64 bits"),
    ("float", "a number of 64 bits"),
    ("string", "text"),
    ("duration", "a length of time, in whole ns"),
    ("time", "a moment, in ns since the trace's first event"),
    ("bytes", "a size"),
    ("stack", "a call stack"),
    ("list", "a list; of what is said in brackets: `list<int>`"),
    ("list<string>", "a list of texts"),
];

/// A place with rules of its own; false if this is none.
pub(super) fn special(found: &mut Found<'_>) -> bool {
    let cursor = found.cursor;
    let first = cursor.before.first().and_then(|lexeme| lexeme.token.keyword());
    if first == Some(Keyword::Use) {
        modules(found);
        return true;
    }
    if is_type(found) {
        for (name, doc) in TYPES {
            found.add(CompletionKind::Type, name, "", doc);
        }
        return true;
    }
    let before = cursor.keyword(1);
    if before == Some(Keyword::Render) && cursor.is(2, Symbol::Pipe) {
        for picture in catalog::pictures() {
            let parts: Vec<&str> = picture.parts.iter().map(|part| part.name).collect();
            let insert =
                if parts.is_empty() { picture.name.to_owned() } else { format!("{}(", picture.name) };
            let detail = parts.join(", ");
            found.add_as(CompletionKind::Picture, picture.name, insert, detail, picture.doc);
        }
        return true;
    }
    // A name that is new has nothing to be completed from.
    before == Some(Keyword::As)
}

/// Whether a type is to be written: behind `::`, in a parameter's declaration, or what a function gives.
fn is_type(found: &Found<'_>) -> bool {
    let cursor = found.cursor;
    let first = cursor.before.first().and_then(|lexeme| lexeme.token.keyword());
    let in_header = matches!(first, Some(Keyword::Query | Keyword::Fn)) && {
        let depth = |token: &Token<'_>| match token {
            Token::Symbol(Symbol::LParen) => 1,
            Token::Symbol(Symbol::RParen) => -1,
            _ => 0,
        };
        let mut open = 0;
        // The `=` of a default is between the parentheses.
        !cursor.before.iter().any(|lexeme| {
            open += depth(&lexeme.token);
            open == 0 && lexeme.token == Token::Symbol(Symbol::Eq)
        })
    };
    let of_list = cursor.is(1, Symbol::Lt)
        && matches!(cursor.token(2), Some(Token::Word { text, .. }) if text.eq_ignore_ascii_case("list"))
        && (cursor.is(3, Symbol::Cast) || in_header);
    cursor.is(1, Symbol::Cast)
        || in_header && (cursor.is(1, Symbol::Colon) || cursor.is(1, Symbol::Then))
        || of_list
}

/// `use std.sched`.
fn modules(found: &mut Found<'_>) {
    let cursor = found.cursor;
    let of_library = cursor.qualifier().is_some_and(|name| name == "std");
    match cursor.before.len() {
        1 => {
            for (name, text) in library::modules() {
                found.add(
                    CompletionKind::Module,
                    &format!("std.{name}"),
                    "standard library",
                    first_doc(text),
                );
            }
        }
        3 if of_library => {
            for (name, text) in library::modules() {
                found.add(CompletionKind::Module, name, "standard library", first_doc(text));
            }
        }
        _ => {
            if !cursor.is(1, Symbol::Dot) && cursor.keyword(1) != Some(Keyword::As) {
                found.add(CompletionKind::Keyword, "as", "", "gives the module another name");
            }
        }
    }
}

/// The first paragraph of the first doc comment of a text.
fn first_doc(text: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with("///"));
    let lines = lines.map_while(|line| line.strip_prefix("///")).map(str::trim);
    lines.take_while(|line| !line.is_empty() && !line.starts_with('@')).collect::<Vec<_>>().join(" ")
}

/// `@…`.
pub(super) fn times(found: &mut Found<'_>) {
    let typed = found.cursor.typed;
    let number = typed.trim_end_matches(char::is_alphabetic);
    if number.len() > 1 {
        for unit in syntax::time_units() {
            found.add(
                CompletionKind::Time,
                &format!("{number}{unit}"),
                "time",
                "since the trace's first event",
            );
        }
        return;
    }
    found.add(CompletionKind::Time, "@0s", "time", "when the trace begins; others are written like @1.25s");
    found.add(CompletionKind::Time, "@end", "time", "when the trace ends");
}

/// The units that a number may have.
pub(super) fn units(found: &mut Found<'_>, sight: Option<&Sight>) {
    let cursor = found.cursor;
    let beside = sight.and_then(|sight| sight.beside.as_ref()).map(|beside| &beside.ty);
    let duration = matches!(beside, Some(Type::Duration))
        || matches!(cursor.keyword(1), Some(Keyword::Bucket | Keyword::Within));
    let size = matches!(beside, Some(Type::Bytes));
    // Of a plain number nobody knows whether it is to have one.
    let begun = !cursor.typed.is_empty() && !duration && !size;
    if duration || begun {
        for unit in syntax::time_units() {
            found.add(CompletionKind::Unit, unit, "duration", "");
        }
    }
    if size || begun {
        for unit in syntax::byte_units() {
            found.add(CompletionKind::Unit, unit, "size", "");
        }
    }
}

/// The parameters that a call takes by name and that have not been given.
pub(super) fn arguments(found: &mut Found<'_>, document: &Document) {
    let cursor = found.cursor;
    if !(cursor.is(1, Symbol::LParen) || cursor.is(1, Symbol::Comma)) {
        return;
    }
    let Some(call) = signature::call_at(&cursor.before) else { return };
    let Some(callee) = signature::named_parameters(document, &call) else { return };
    for Parameter { name, label, documentation } in callee {
        if !call.given.contains(&name) {
            let insert = format!("{name}: ");
            found.add_as(CompletionKind::Argument, &name, insert, label, documentation);
        }
    }
}
