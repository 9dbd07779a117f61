//! Completion: what could stand at a place, also in a text that is half written.
//!
//! What is being typed is taken for a name that means nothing, and analysis tells what it sees in that place: columns,
//! tables, parameters. Which keywords may stand there the grammar says. What lies within a token (a string, an amount,
//! a time) is decided by the token.

mod cursor;
mod keywords;
mod places;
mod sight;
mod values;

use cursor::{Cursor, Typing};

use super::document::Document;
use crate::diag::{SourceId, Span};
use crate::sema::{self, facts::Sight};
use crate::stack;

pub use values::Values;

/// Something that could be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    pub label: String,
    pub kind: CompletionKind,
    /// A type, a signature, or what it is, in few words.
    pub detail: String,
    /// What it means; may be empty.
    pub documentation: String,
    /// What it takes the place of.
    pub replace: Span,
    pub insert: String,
}

/// What a completion is; likelier ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompletionKind {
    /// A value that a column has.
    Value,
    Argument,
    Column,
    Field,
    /// A named value, an item of the list, a parameter of the function.
    Name,
    Parameter,
    Relation,
    Query,
    Table,
    TableFunction,
    Function,
    Module,
    Type,
    Picture,
    Unit,
    Time,
    Keyword,
}

/// What could stand at a place of the document's text, the likeliest first. `values` knows what columns hold.
pub fn completions(document: &Document, offset: usize, values: &dyn Values) -> Vec<Completion> {
    stack::deep(|| complete(document, offset, values))
}

fn complete(document: &Document, offset: usize, values: &dyn Values) -> Vec<Completion> {
    let Some(cursor) = Cursor::new(document.text(), offset) else { return Vec::new() };
    let mut found = Found { cursor: &cursor, items: Vec::new() };
    match &cursor.typing {
        Typing::Nothing => {}
        Typing::String { .. } => {
            if let Some(sight) = look(document, &cursor) {
                values::in_string(&mut found, &sight, values);
            }
        }
        Typing::Time => places::times(&mut found),
        Typing::Amount => {
            let sight = look(document, &cursor);
            places::units(&mut found, sight.as_ref());
        }
        Typing::Word | Typing::Parameter => {
            if !places::special(&mut found) {
                if let Some(sight) = look(document, &cursor) {
                    values::beside(&mut found, &sight, values);
                    sight::names(&mut found, document, &sight);
                }
                if cursor.typing == Typing::Word {
                    places::arguments(&mut found, document);
                    keywords::keywords(&mut found);
                }
            }
        }
    }
    found.sorted()
}

/// What is in sight of what is being typed.
fn look(document: &Document, cursor: &Cursor<'_>) -> Option<Sight> {
    let (text, asked) = cursor.probe();
    let program = document.program_with(text);
    sema::explore(&program, Some((SourceId::default(), asked))).1.sight
}

/// What has been found so far.
struct Found<'c> {
    cursor: &'c Cursor<'c>,
    items: Vec<Completion>,
}

impl Found<'_> {
    /// Adds an item that is inserted as it is called, if it begins with what was typed.
    fn add(&mut self, kind: CompletionKind, label: &str, detail: impl Into<String>, doc: impl Into<String>) {
        self.add_as(kind, label, label.to_owned(), detail, doc);
    }

    /// Adds an item, if it begins with what was typed.
    fn add_as(
        &mut self,
        kind: CompletionKind,
        label: &str,
        insert: String,
        detail: impl Into<String>,
        documentation: impl Into<String>,
    ) {
        let known = |item: &Completion| item.kind == kind && item.label == label;
        if self.is_wanted(label) && !self.items.iter().any(known) {
            self.items.push(Completion {
                label: label.to_owned(),
                kind,
                detail: detail.into(),
                documentation: documentation.into(),
                replace: self.cursor.replace,
                insert,
            });
        }
    }

    /// Whether a text begins with what was typed; case does not count, nor do the quotes around a value.
    fn is_wanted(&self, label: &str) -> bool {
        let typed = self.cursor.typed.trim_start_matches('$');
        let letters = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<_>>();
        letters(label.trim_start_matches(['$', '\''])).starts_with(&letters(typed))
    }

    /// Exactly what was typed first, then by kind, then as they were found.
    fn sorted(mut self) -> Vec<Completion> {
        let typed = self.cursor.typed;
        self.items.sort_by_key(|item| (!item.label.eq_ignore_ascii_case(typed), item.kind));
        self.items
    }
}
