//! Laying out a text: one style for the language.
//!
//! The tokens stay as they are, but for the case of keywords and commas behind a last element; what changes is the white
//! space between them. So the meaning stays, and so do comments. The tree says what a token is: which words are names,
//! where queries, clauses and stages begin.
//!
//! The style: a query is on one line if it fits and was, else each stage and each clause has a line of its own. Lists
//! and conditions fill their lines, and go on four spaces further in. Blank lines between statements stay, one at most.

mod doc;
mod layout;
mod pieces;

use pieces::{Note, Piece};

use crate::diag::Diagnostic;
use crate::stack;
use crate::syntax;

/// The longest line, where that is possible.
pub const WIDTH: usize = 110;

/// The text in the style of the language.
///
/// # Errors
/// What is wrong with the syntax: such a text has no layout.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let (file, diagnostics) = syntax::parse(text);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let (pieces, rest) = pieces::read(text, &file);
    Ok(stack::deep(|| lines(&pieces, &rest)))
}

/// All statements, each with what stands before it. `rest` are the comments behind the last token.
fn lines(pieces: &[Piece<'_>], rest: &[Note<'_>]) -> String {
    let mut out = String::new();
    let mut before: &[Piece<'_>] = pieces;
    while let Some(first) = before.first() {
        let end = before.iter().position(Piece::ends_statement).map_or(before.len(), |end| end + 1);
        let (statement, behind) = before.split_at(end);
        before = behind;
        notes(&mut out, &first.notes);
        blank_line(&mut out, first.blank_before);
        out.push_str(&doc::print(&layout::statement(statement), WIDTH));
        for note in statement.last().map_or(&[][..], |last| &last.trailing) {
            out.push(' ');
            out.push_str(note.text);
        }
        out.push('\n');
    }
    notes(&mut out, rest);
    out
}

/// Comments that have lines of their own.
fn notes(out: &mut String, notes: &[Note<'_>]) {
    for note in notes {
        blank_line(out, note.blank_before);
        out.push_str(note.text);
        out.push('\n');
    }
}

fn blank_line(out: &mut String, wanted: bool) {
    if wanted && !out.is_empty() {
        out.push('\n');
    }
}
