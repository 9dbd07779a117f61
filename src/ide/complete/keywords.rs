//! Keywords: the grammar says which may follow.

use super::{CompletionKind, Found};
use crate::ide::words;
use crate::syntax::follow;
use crate::syntax::keywords::{Keyword, Symbol};

pub(super) fn keywords(found: &mut Found<'_>) {
    let cursor = found.cursor;
    // The grammar lets a list end with a comma, but nobody who writes one wants to.
    let in_list = cursor.is(1, Symbol::Comma);
    let among: Vec<Keyword> = Keyword::ALL
        .iter()
        .copied()
        .filter(|keyword| found.is_wanted(phrase(*keyword)) && !(in_list && keyword.begins_part()))
        .collect();
    let mut allowed = follow::keywords_after(cursor.statement_before(), &among);
    if cursor.before.is_empty() {
        // A declaration is one only with what follows.
        allowed.extend(among.iter().filter(|keyword| Keyword::DECLARATIONS.contains(keyword)));
    }
    for keyword in allowed {
        found.add(CompletionKind::Keyword, phrase(keyword), "", words::meaning(keyword));
    }
}

/// A keyword with the one that always follows it.
fn phrase(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Partition => "partition by",
        other => other.phrase(),
    }
}
