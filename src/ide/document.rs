//! A text with what it uses, analysed: what all questions are answered from.

use crate::diag::{Diagnostic, SourceId};
use crate::sema::facts::{Facts, Reference};
use crate::sema::{self, Module, Program, SavedQuery};
use crate::syntax;
use crate::syntax::ast::{Statement, StatementKind, Use, UseTarget};

/// The text of an editor or of a prompt, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    program: Program,
    diagnostics: Vec<Diagnostic>,
    facts: Facts,
}

impl Document {
    /// Analyses a text and what it uses. `found` is what was wrong with them when they were read.
    pub fn new(program: Program, found: Vec<Diagnostic>) -> Self {
        let (mut analysis, facts) = sema::explore(&program, None);
        let mut diagnostics = found;
        diagnostics.append(&mut analysis.diagnostics);
        diagnostics.sort_by_key(|d| (d.source, d.span, d.code));
        Self { program, diagnostics, facts }
    }

    /// A text that uses no other.
    pub fn alone(text: &str) -> Self {
        let (file, diagnostics) = syntax::parse(text);
        let module = Module { text: text.to_owned(), file, ..Module::default() };
        Self::new(Program::single(module), diagnostics)
    }

    pub fn text(&self) -> &str {
        self.module(SourceId::default()).map_or("", |module| module.text.as_str())
    }

    /// A text by its number: the document's own is the first, the others are what it uses.
    pub fn module(&self, source: SourceId) -> Option<&Module> {
        self.program.modules.get(source.0)
    }

    /// What is wrong with the text and those that it uses, in their order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    pub(super) fn references(&self) -> &[Reference] {
        &self.facts.references
    }

    pub(super) fn statements(&self) -> &[Statement] {
        self.module(SourceId::default()).map_or(&[], |module| module.file.statements.as_slice())
    }

    /// The innermost name at a place of the document's text.
    pub(super) fn reference_at(&self, offset: usize) -> Option<&Reference> {
        let own = self.facts.references.iter().filter(|reference| {
            let span = reference.location.span;
            reference.location.source == SourceId::default() && span.start <= offset && offset <= span.end
        });
        // Where two touch, the one behind the place.
        own.min_by_key(|reference| {
            let span = reference.location.span;
            (span.end == offset, span.end - span.start)
        })
    }

    /// The declarations of a text in sight of a place in it; of another, all.
    pub(super) fn declarations(
        &self,
        source: SourceId,
        before: Option<usize>,
    ) -> impl Iterator<Item = &Statement> {
        let statements = self.module(source).map_or(&[][..], |module| module.file.statements.as_slice());
        statements.iter().filter(move |statement| before.is_none_or(|place| statement.span.end < place))
    }

    /// The modules that the document's text uses, by the names that they have in it.
    pub(super) fn used_modules(&self) -> Vec<(String, SourceId)> {
        let Some(module) = self.module(SourceId::default()) else { return Vec::new() };
        let used = module.uses.iter().filter_map(|(index, source)| {
            match &module.file.statements.get(*index)?.kind {
                StatementKind::Use(used) => Some((sema::module_name(used), *source)),
                _ => None,
            }
        });
        used.collect()
    }

    /// The queries that a text declares.
    pub(super) fn saved_queries(&self, source: SourceId) -> Vec<SavedQuery> {
        sema::saved_queries_of(&self.program, source)
    }

    /// The program with another text in the place of the document's own.
    pub(super) fn program_with(&self, text: String) -> Program {
        let (file, _) = syntax::parse(&text);
        let mut program = self.program.clone();
        let known = self.module(SourceId::default());
        let uses = file.statements.iter().enumerate().filter_map(|(index, statement)| {
            let StatementKind::Use(used) = &statement.kind else { return None };
            let same = known?.uses.iter().find(|(at, _)| {
                let statement = known.and_then(|known| known.file.statements.get(*at));
                matches!(statement.map(|s| &s.kind), Some(StatementKind::Use(known)) if same_target(known, used))
            });
            same.map(|(_, source)| (index, *source))
        });
        let uses = uses.collect();
        let name = known.map_or_else(String::new, |known| known.name.clone());
        let module = Module { name, text, file, uses, saved: false };
        match program.modules.first_mut() {
            Some(first) => *first = module,
            None => return Program::single(module),
        }
        program
    }
}

fn same_target(a: &Use, b: &Use) -> bool {
    match (&a.target, &b.target) {
        (UseTarget::Module(a), UseTarget::Module(b)) => {
            a.iter().map(|part| &part.text).eq(b.iter().map(|part| &part.text))
        }
        (UseTarget::File(a), UseTarget::File(b)) => a.node == b.node,
        _ => false,
    }
}
