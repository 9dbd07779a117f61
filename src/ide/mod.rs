//! Questions about source text, for whoever edits it: a prompt, an editor, a formatter.
//!
//! In comes a text with what it uses, read and parsed by somebody else, and a place in it: a byte offset. Out come plain
//! data. Nothing is read, written or run here, and nothing is known of terminals, editors or traces: which values a
//! trace holds the caller says ([`Values`]). Every question has an answer for every text, however broken.
//!
//! `document` is what is asked about; then a file for each question: `complete`, `hover`, `signature`, `navigate`,
//! `symbols`, `highlight`, `fixes`, `format`. Whether a text is whole is a question of grammar: `syntax::follow`.

mod complete;
mod document;
mod fixes;
mod format;
mod highlight;
mod hover;
mod navigate;
mod signature;
mod symbols;
mod texts;
mod words;

pub use crate::sema::facts::Location;
pub use crate::syntax::follow::{Ending, ending};
pub use complete::{Completion, CompletionKind, Values, completions};
pub use document::Document;
pub use fixes::{Edit, QuickFix, fixes};
pub use format::{WIDTH, format};
pub use highlight::{Highlight, HighlightKind, highlight};
pub use hover::{Hover, hover};
pub use navigate::{Definition, definition, references};
pub use signature::{Parameter, Signature, SignatureHelp, signature};
pub use symbols::{Symbol, SymbolKind, symbols};
pub use words::meaning_of as meaning;
