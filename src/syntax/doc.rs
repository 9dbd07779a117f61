//! Doc comments: `/// …` before a declaration.

use super::ast::{Doc, DocParam, Ident};
use super::token::{Lexeme, Token};
use crate::diag::Span;

/// The doc comment that the comments before a declaration are. The tokens are all before its first word, and behind the
/// statement before it.
pub(super) fn doc<'s>(before: impl Iterator<Item = &'s Lexeme<'s>>) -> Option<Doc> {
    let lines = before.filter_map(|lexeme| match lexeme.token {
        Token::Comment(text) => text.strip_prefix("///").map(|text| (text, lexeme.span)),
        _ => None,
    });
    let mut doc: Option<Doc> = None;
    for (text, span) in lines {
        let doc = doc.get_or_insert_with(|| Doc { text: String::new(), params: Vec::new(), span });
        doc.span = doc.span.to(span);
        let start = span.start + "///".len();
        match text.trim_start().strip_prefix("@param") {
            Some(rest) => doc.params.extend(param(rest, start + (text.len() - rest.len()))),
            // What a parameter means may take more than a line.
            None if text.starts_with("   ") && !doc.params.is_empty() => {
                if let Some(last) = doc.params.last_mut() {
                    last.text.push(' ');
                    last.text.push_str(text.trim());
                }
            }
            None => {
                if !doc.text.is_empty() {
                    doc.text.push('\n');
                }
                doc.text.push_str(text.trim());
            }
        }
    }
    doc.map(|doc| Doc { text: doc.text.trim().to_owned(), ..doc })
}

/// ` name what it means`, which begins at a place in the source.
fn param(text: &str, start: usize) -> Option<DocParam> {
    let trimmed = text.trim_start();
    let (name, meaning) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
    let start = start + (text.len() - trimmed.len());
    let span = Span::new(start, start + name.len());
    let ident = Ident { text: name.trim_start_matches('$').to_lowercase(), quoted: false, span };
    (!name.is_empty()).then(|| DocParam { name: ident, text: meaning.trim().to_owned() })
}
