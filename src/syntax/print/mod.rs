//! Tree → text, in the language's own terms.
//!
//! What is printed parses to the same tree, apart from spans; only parentheses that change something are written. One
//! line: laying out long queries is the formatter's business.

mod declaration;
mod expr;
mod literal;
mod query;

use super::ast::{Expr, File, Ident, Literal, Query, TypeName};
use super::keywords::{Keyword, Reserved};
use super::lexer::{begins_word, continues_word};
use crate::diag::Span;

/// An expression as text: the name of an item without an alias.
pub fn expr_text(expr: &Expr) -> String {
    let mut out = String::new();
    expr::write_top(&mut out, expr);
    out
}

/// A type as text.
pub fn type_text(ty: &TypeName) -> String {
    let mut out = String::new();
    expr::write_type(&mut out, ty);
    out
}

/// A whole text, a statement a line; a declaration's doc comment stands before it.
pub fn file_text(file: &File) -> String {
    let mut out = String::new();
    for statement in &file.statements {
        declaration::write(&mut out, statement);
        out.push_str(";\n");
    }
    out
}

/// A query as text.
pub fn query_text(query: &Query) -> String {
    let mut out = String::new();
    query::write(&mut out, query);
    out
}

/// A name as it has to be written in a query.
pub fn name_text(name: &str) -> String {
    // Without quotes it would be another.
    let quoted = name.chars().any(char::is_uppercase);
    let mut out = String::new();
    write_name(&mut out, &Ident { text: name.to_owned(), quoted, span: Span::default() });
    out
}

/// A literal as text.
pub fn literal_text(value: &Literal) -> String {
    literal::text(value)
}

/// A name as it has to be written where any name may stand.
fn write_name(out: &mut String, name: &Ident) {
    let reserved = Keyword::of(&name.text).is_some_and(|keyword| keyword.reserved() == Reserved::Always);
    if reserved && !name.quoted {
        write_quoted(out, &name.text);
    } else {
        write_member(out, name);
    }
}

/// A name after a dot, where no keyword can stand.
fn write_member(out: &mut String, name: &Ident) {
    let plain = name.text.starts_with(begins_word) && name.text.chars().all(continues_word);
    if name.quoted || !plain {
        write_quoted(out, &name.text);
    } else {
        out.push_str(&name.text);
    }
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// Writes things with `, ` between them.
fn write_list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
}

fn write_names(out: &mut String, names: &[Ident]) {
    write_list(out, names, write_name);
}

/// `a.b.c`.
fn write_path(out: &mut String, parts: &[Ident]) {
    for (index, part) in parts.iter().enumerate() {
        if index == 0 {
            write_name(out, part);
        } else {
            out.push('.');
            write_member(out, part);
        }
    }
}
