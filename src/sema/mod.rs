//! From trees to resolved, typed queries.
//!
//! In come the trees of a text and of the modules that it uses, and the catalog; out go typed queries, in which names are
//! ids and every expression has a type, and what is wrong, in the user's terms. Analysis is total: whatever the trees,
//! there is a query for each query, and an expression with an error has the type `unknown`, which goes with every other,
//! so that one mistake is reported once. Both forms of the language become the same relations here. This room reads no
//! files and knows no traces and no plans.
//!
//! Reading order: `program` (what comes in), `declared` (names of declarations, and what they stand for) with
//! `called` and `functions`, `query`
//! (sources and bodies), `table_function`, `select` and `stages` (the two forms), `aggregate`, `window`, `join`, `setop`, `order`;
//! `intervals`, `overlap`, `matching`, `render` (their stages); then `expr` with `names`, `operators`, `predicates`,
//! `literals`, `calls`, `cast`, `patterns`, `domains`; `assertion`, `saved` (calling saved queries from outside), `lints`,
//! `weight` (what is too large to be planned); `facts` (what names mean, for editors).

mod aggregate;
mod assertion;
mod called;
mod calls;
mod cast;
pub mod codes;
mod context;
mod declared;
mod domains;
mod expr;
pub mod facts;
mod functions;
mod intervals;
mod items;
mod join;
mod lints;
mod literals;
mod matching;
mod names;
mod naming;
mod operators;
mod order;
mod overlap;
mod patterns;
mod predicates;
mod program;
mod query;
mod relation;
mod render;
mod saved;
mod scope;
mod select;
mod setop;
mod stages;
mod table_function;
mod tree;
pub mod typed;
mod types;
mod weight;
mod window;

use crate::diag::{Diagnostic, SourceId, Span};
use crate::stack;
use crate::syntax::ast::{Doc, LetValue, Statement, StatementKind, UseTarget};
use context::{Broken, Context};
use declared::{Declared, Found, declared_name};
use expr::{Checker, Clause};
use facts::{Facts, Location, Named, Target};
use scope::Scope;

pub use declared::module_name;
pub use program::{Module, Program};
pub use saved::{SavedParam, SavedQuery, Value as ParamValue, call, saved_queries, saved_queries_of};

/// What there is to know about a program.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Analysis {
    /// One for each query of the text that was given. Only those of a program without errors mean anything to a planner.
    pub queries: Vec<typed::Query>,
    /// The assertions of the same text.
    pub assertions: Vec<typed::Assertion>,
    /// In the order of the texts.
    pub diagnostics: Vec<Diagnostic>,
}

impl Analysis {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Resolves the names and checks the types of all statements of a program.
pub fn analyze(program: &Program) -> Analysis {
    stack::deep(|| analyze_modules(program, &mut None))
}

/// The same, with all that is found out on the way; of one place, if it is asked about, also what could stand there.
pub fn explore(program: &Program, asked: Option<(SourceId, usize)>) -> (Analysis, Facts) {
    let mut facts = Some(Facts::new(asked));
    let analysis = stack::deep(|| analyze_modules(program, &mut facts));
    (analysis, facts.unwrap_or_default().finish())
}

fn analyze_modules(program: &Program, facts: &mut Option<Facts>) -> Analysis {
    let mut analysis = Analysis::default();
    let mut broken = Broken::new();
    for &id in &program.order {
        let module = program.module(id);
        clashes(id, module, &mut analysis.diagnostics);
        for (index, statement) in module.file.statements.iter().enumerate() {
            let mut cx = Context::new(program, id, index, &broken);
            cx.facts = facts.take();
            declares(&mut cx, module, index, statement);
            let found = |what| Found { module: id, index, what };
            match &statement.kind {
                StatementKind::Use(_) | StatementKind::Error => {}
                StatementKind::Let(bound) => match &bound.value {
                    LetValue::Expr(value) => {
                        let nothing = Scope::default();
                        Checker::new(&mut cx, &nothing, Clause::Values).expr(value);
                    }
                    LetValue::Relation(body) => {
                        query::relation(&mut cx, body);
                    }
                },
                StatementKind::Function(function) => cx.check_function(function),
                StatementKind::QueryDecl(decl) => {
                    cx.check_query(found(Declared::Query(decl)), decl);
                    lints::unordered_limit(&mut cx, &decl.body);
                }
                StatementKind::Assert(assert) => {
                    let assertion = assertion::assertion(&mut cx, assert);
                    weigh(&mut cx, &assertion.query);
                    if id == SourceId::default() {
                        analysis.assertions.push(assertion);
                    }
                }
                StatementKind::Query(body) => {
                    let query = query::query(&mut cx, body);
                    weigh(&mut cx, &query);
                    if module.saved {
                        lints::unordered_limit(&mut cx, body);
                    }
                    if id == SourceId::default() {
                        analysis.queries.push(query);
                    }
                }
            }
            doc_params(&mut cx, statement);
            *facts = cx.facts.take();
            let mut found = cx.diagnostics;
            // A `with` query is analysed at each of its uses: its errors are found as often.
            found.sort_by_key(|d| (d.span, d.code));
            found.dedup();
            if found.iter().any(Diagnostic::is_error) {
                broken.insert((id, index));
            }
            analysis.diagnostics.append(&mut found);
        }
    }
    analysis.diagnostics.sort_by_key(|d| (d.source, d.span, d.code));
    analysis
}

/// Tells what a statement gives names to.
fn declares<'a>(cx: &mut Context<'a>, module: &Module, index: usize, statement: &'a Statement) {
    let Some(facts) = &mut cx.facts else { return };
    facts.begin_statement();
    let (name, named, params) = match &statement.kind {
        StatementKind::Use(used) => {
            let module = module.uses.iter().find(|(at, _)| *at == index).map(|(_, id)| *id);
            let name = match (&used.alias, &used.target) {
                (Some(alias), _) => Some(alias.span),
                (None, UseTarget::Module(path)) => path.last().map(|last| last.span),
                (None, UseTarget::File(file)) => Some(file.span),
            };
            if let (Some(module), Some(name)) = (module, name) {
                cx.refers(name, Target::Module(module), None);
            }
            return;
        }
        StatementKind::Let(bound) => match bound.value {
            LetValue::Expr(_) => (&bound.name, Named::Value, &[][..]),
            LetValue::Relation(_) => (&bound.name, Named::Relation, &[][..]),
        },
        StatementKind::Function(function) => (&function.name, Named::Function, &function.params[..]),
        StatementKind::QueryDecl(query) => (&query.name, Named::Query, &query.params[..]),
        StatementKind::Assert(assert) => (&assert.name, Named::Assertion, &[][..]),
        StatementKind::Query(_) | StatementKind::Error => return,
    };
    cx.gives_name(name.span, named, None);
    for param in params {
        let ty = cx.parameter_type(param);
        cx.gives_name(param.name.span, Named::Parameter, Some(&ty));
        let documented = statement.doc.iter().flat_map(|doc| &doc.params);
        for same in documented.filter(|documented| documented.name.text == param.name.text) {
            let location = Location { source: cx.place.module, span: param.name.span };
            cx.refers(same.name.span, Target::Named(Named::Parameter, location), Some(&ty));
        }
    }
}

/// Reports a query that is too large to be planned, unless something else is wrong with it.
fn weigh(cx: &mut Context<'_>, query: &typed::Query) {
    if !cx.diagnostics.iter().any(Diagnostic::is_error)
        && let Some(diagnostic) = weight::too_heavy(query)
    {
        cx.report(diagnostic);
    }
}

/// Reports names that are declared twice in a module.
fn clashes(id: SourceId, module: &Module, diagnostics: &mut Vec<Diagnostic>) {
    let mut modules: Vec<(String, Span)> = Vec::new();
    let mut names: Vec<(String, Span)> = Vec::new();
    let mut assertions: Vec<(String, Span)> = Vec::new();
    for statement in &module.file.statements {
        let (seen, name, span, what) = match &statement.kind {
            StatementKind::Use(used) => (&mut modules, module_name(used), statement.span, "modules"),
            StatementKind::Assert(assert) => {
                (&mut assertions, assert.name.text.clone(), assert.name.span, "assertions")
            }
            _ => match declared_name(statement) {
                Some(name) => (&mut names, name.text.clone(), name.span, "declarations"),
                None => continue,
            },
        };
        match seen.iter().find(|(known, _)| *known == name && !name.is_empty()) {
            Some((_, first)) => {
                let message = format!("there are two {what} called `{name}`");
                let diagnostic = Diagnostic::error(codes::DUPLICATE_NAME, span, message);
                let diagnostic = diagnostic.label(*first, "the first one");
                diagnostics.push(Diagnostic { source: id, ..diagnostic });
            }
            None => seen.push((name, span)),
        }
    }
}

/// Warns of documentation for parameters that there are none of.
fn doc_params(cx: &mut Context<'_>, statement: &Statement) {
    let Some(Doc { params, .. }) = &statement.doc else { return };
    let declared = match &statement.kind {
        StatementKind::QueryDecl(query) => &query.params[..],
        StatementKind::Function(function) => &function.params[..],
        _ => &[],
    };
    for documented in params {
        if declared.iter().any(|param| param.name.text == documented.name.text) {
            continue;
        }
        let message = format!("there is no parameter `{}` to document", documented.name.text);
        let diagnostic = Diagnostic::warning(codes::UNKNOWN_DOC_PARAM, documented.name.span, message);
        let names = declared.iter().map(|param| param.name.text.as_str());
        cx.report(names::propose(diagnostic, &documented.name, names));
    }
}
