//! What was declared in the session. Each statement is compiled together with it.

use crate::diag::{Diagnostic, SourceId, Span};
use crate::engine::{self, Compiled, Origin};
use crate::output::report::{self, Source};
use crate::sema;
use crate::syntax;
use crate::syntax::ast::{Statement, StatementKind};

/// Declarations in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Declarations(Vec<Declaration>);

#[derive(Debug, Clone)]
struct Declaration {
    name: String,
    text: String,
}

/// What was typed, compiled among the declarations.
pub(super) struct Typed {
    pub(super) compiled: Compiled,
    /// The place of what was typed in the compiled text.
    span: Span,
    /// The declarations that hold from now on.
    declarations: Declarations,
}

impl Declarations {
    pub(super) fn text(&self) -> String {
        self.0.iter().flat_map(|declaration| [declaration.text.as_str(), ";\n"]).collect()
    }

    /// Compiles what was typed behind the declarations. What it declares anew takes the place of the old; where others
    /// build on that, it stands in its place.
    pub(super) fn compile(&self, typed: &str) -> Typed {
        let new = declared(typed);
        let is_new = |declaration: &Declaration| new.iter().any(|new| new.name == declaration.name);
        let kept: Vec<Declaration> = self.0.iter().filter(|old| !is_new(old)).cloned().collect();
        let at_end = compile(&kept, kept.len(), typed, &new);
        match self.0.iter().position(is_new) {
            Some(place) if at_end.breaks_others() => compile(&kept, place, typed, &new),
            _ => at_end,
        }
    }

    /// The statements of a text that are not kept here anyway.
    pub(super) fn beside(&self, text: &str) -> String {
        let (file, _) = syntax::parse(text);
        let is_kept = |statement: &Statement| {
            name(statement).is_some_and(|name| self.0.iter().any(|declaration| declaration.name == name))
        };
        let others = file.statements.iter().filter(|statement| {
            !matches!(statement.kind, StatementKind::Assert(_) | StatementKind::Error) && !is_kept(statement)
        });
        let texts = others.filter_map(|statement| text.get(statement.span.start..statement.span.end));
        texts.flat_map(|text| [text, ";\n"]).collect()
    }

    pub(super) fn keep(&mut self, typed: Typed) {
        *self = typed.declarations;
    }
}

/// Compiles what was typed behind the first `place` declarations.
fn compile(kept: &[Declaration], place: usize, typed: &str, new: &[Declaration]) -> Typed {
    let (before, behind) = kept.split_at(place.min(kept.len()));
    let text = |part: &[Declaration]| Declarations(part.to_vec()).text();
    let before_text = text(before);
    let span = Span::new(before_text.len(), before_text.len() + typed.len());
    let source = format!("{before_text}{typed}\n;{}", text(behind));
    let declarations = Declarations([before, new, behind].concat());
    Typed { compiled: engine::compile(&source, &Origin::Typed), span, declarations }
}

/// The declarations of a text, with the comments before them.
fn declared(text: &str) -> Vec<Declaration> {
    let (file, _) = syntax::parse(text);
    let mut end = 0;
    let declared = file.statements.iter().filter_map(|statement| {
        let start = end;
        end = statement.span.end;
        let text = text.get(start..end)?.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
        Some(Declaration { name: name(statement)?, text: text.to_owned() })
    });
    declared.collect()
}

fn name(statement: &Statement) -> Option<String> {
    match &statement.kind {
        StatementKind::Use(used) => Some(sema::module_name(used)),
        StatementKind::Let(bound) => Some(bound.name.text.clone()),
        StatementKind::Function(function) => Some(function.name.text.clone()),
        StatementKind::QueryDecl(query) => Some(query.name.text.clone()),
        StatementKind::Assert(_) | StatementKind::Query(_) | StatementKind::Error => None,
    }
}

impl Typed {
    /// Whether something that was declared before has errors now.
    fn breaks_others(&self) -> bool {
        let is_own = |span: Span| self.span.start <= span.start && span.end <= self.span.end;
        let own = SourceId::default();
        self.compiled.diagnostics.iter().any(|d| d.is_error() && d.source == own && !is_own(d.span))
    }

    /// What is wrong, as text: in the places of what was typed, not of the text that was compiled. It is shown as of a line
    /// of a file where it comes from one.
    pub(super) fn report(&self, from: Option<(&str, usize)>, color: bool) -> String {
        if self.compiled.diagnostics.is_empty() {
            return String::new();
        }
        let sources: Vec<(&str, &str)> = self.compiled.sources().collect();
        let Some((&(own_name, whole), others)) = sources.split_first() else { return String::new() };
        let (name, line) = from.unwrap_or((own_name, 1));
        let before = "\n".repeat(line.saturating_sub(1));
        let typed = format!("{before}{}", whole.get(self.span.start..self.span.end).unwrap_or_default());
        // What was typed, what that uses, and the text of the whole session.
        let session = SourceId(others.len() + 1);
        let shown = std::iter::once((name, typed.as_str()))
            .chain(others.iter().copied())
            .chain([("<session>", whole)]);
        let shown: Vec<Source<'_>> = shown.map(|(name, text)| Source { name, text }).collect();
        let place = |source: SourceId, span: Span| {
            // What is missing at the end is missing in what was typed.
            let inside = self.span.start <= span.start && span.start <= self.span.end + 1;
            match (source == SourceId::default(), inside) {
                (true, true) => {
                    let within =
                        |at: usize| (before.len() + at.saturating_sub(self.span.start)).min(typed.len());
                    (source, Span::new(within(span.start), within(span.end)))
                }
                (true, false) => (session, span),
                (false, _) => (source, span),
            }
        };
        let own_errors = |d: &&Diagnostic| d.is_error() || place(d.source, d.span).0 != session;
        let moved = self.compiled.diagnostics.iter().filter(own_errors).map(|diagnostic| {
            let mut moved = diagnostic.clone();
            (moved.source, moved.span) = place(diagnostic.source, diagnostic.span);
            for label in &mut moved.labels {
                let (source, span) = place(label.source.unwrap_or(diagnostic.source), label.span);
                (label.source, label.span) = (Some(source), span);
            }
            if let Some(fix) = &mut moved.fix {
                fix.span = place(diagnostic.source, fix.span).1;
            }
            moved
        });
        report::render(&shown, &moved.collect::<Vec<_>>(), color)
    }
}
