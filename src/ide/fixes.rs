//! Quick fixes: edits that mend what a diagnostic is about.

use super::document::Document;
use crate::diag::{Code, SourceId, Span};

/// A way to mend a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickFix {
    /// What it does: "replace `stat` by `state`".
    pub title: String,
    pub code: Code,
    /// The place of the mistake.
    pub problem: Span,
    pub edit: Edit,
}

/// A replacement in the document's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub replacement: String,
}

/// The fixes for what is wrong with a part of the document's text.
pub fn fixes(document: &Document, part: Span) -> Vec<QuickFix> {
    let text = document.text();
    let own = document.diagnostics().iter().filter(|diagnostic| {
        let touches = diagnostic.span.start <= part.end && part.start <= diagnostic.span.end;
        diagnostic.source == SourceId::default() && touches
    });
    let fixes = own.filter_map(|diagnostic| {
        let fix = diagnostic.fix.as_ref()?;
        let replaced = text.get(fix.span.start..fix.span.end)?;
        let title = match (replaced, fix.replacement.trim()) {
            ("", new) => format!("insert `{new}`"),
            (old, "") => format!("remove `{old}`"),
            (old, new) => format!("replace `{old}` by `{new}`"),
        };
        let edit = Edit { span: fix.span, replacement: fix.replacement.clone() };
        Some(QuickFix { title, code: diagnostic.code, problem: diagnostic.span, edit })
    });
    fixes.collect()
}
