//! Saved queries as seen from outside: what they are called, what they take, and calling one with values given as text.

use super::context::{Bound, Broken, Context};
use super::expr::{Checker, Clause};
use super::query;
use super::scope::Scope;
use super::typed::{self, Expr, ExprKind};
use super::types::{article, coerce, unify};
use super::{Program, literals, weigh};
use crate::catalog::Type;
use crate::diag::{Diagnostic, SourceId, Span};
use crate::stack;
use crate::syntax::ast::StatementKind;
use crate::syntax::{self, print};

/// A query that a text declares.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedQuery {
    pub name: String,
    /// From its doc comment; may be empty.
    pub doc: String,
    pub params: Vec<SavedParam>,
}

/// A parameter of a saved query.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedParam {
    pub name: String,
    pub ty: Type,
    /// None: it must be given.
    pub default: Option<String>,
    /// From the query's doc comment; may be empty.
    pub doc: String,
}

/// The queries that the text of a program declares, in its order.
pub fn saved_queries(program: &Program) -> Vec<SavedQuery> {
    saved_queries_of(program, SourceId::default())
}

/// The queries that one of a program's texts declares.
pub fn saved_queries_of(program: &Program, id: SourceId) -> Vec<SavedQuery> {
    let broken = Broken::new();
    let mut saved = Vec::new();
    for (index, statement) in program.module(id).file.statements.iter().enumerate() {
        let StatementKind::QueryDecl(decl) = &statement.kind else { continue };
        let mut cx = Context::new(program, id, index, &broken);
        let nothing = Scope::default();
        let doc = statement.doc.as_ref();
        let params = decl.params.iter().map(|param| {
            let default = param.default.as_ref().map(print::expr_text);
            let documented = doc.and_then(|d| d.params.iter().find(|p| p.name.text == param.name.text));
            SavedParam {
                name: param.name.text.clone(),
                ty: Checker::new(&mut cx, &nothing, Clause::Values).type_of(&param.ty),
                default: default.or_else(|| param.nullable.then(|| "null".to_owned())),
                doc: documented.map(|p| p.text.clone()).unwrap_or_default(),
            }
        });
        saved.push(SavedQuery {
            name: decl.name.text.clone(),
            params: params.collect(),
            doc: doc.map(|d| d.text.clone()).unwrap_or_default(),
        });
    }
    saved
}

/// A value for a parameter, as text: `5ms`, `main.worker`, `1ms,10ms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub param: String,
    pub text: String,
}

impl SavedQuery {
    /// The first sentence of what it shows.
    pub fn summary(&self) -> String {
        let text = self.doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        text.split_once(". ").map(|(first, _)| format!("{first}.")).unwrap_or(text)
    }

    /// The arguments of a call with values for parameters, as they are written in a text.
    pub fn arguments(&self, values: &[Value]) -> String {
        let argument = |value: &Value| {
            let param = self.params.iter().find(|param| param.name == value.param)?;
            Some(format!("{}: {}", print::name_text(&param.name), literal(&value.text, &param.ty)))
        };
        values.iter().filter_map(argument).collect::<Vec<_>>().join(", ")
    }
}

/// The query of a name with values for its parameters. The program must have no errors.
///
/// # Errors
/// What is wrong with the values, a sentence each.
pub fn call(program: &Program, name: &str, values: &[Value]) -> Result<typed::Query, Vec<String>> {
    stack::deep(|| bind_and_check(program, name, values))
}

fn bind_and_check(program: &Program, name: &str, values: &[Value]) -> Result<typed::Query, Vec<String>> {
    let broken = Broken::new();
    let id = SourceId::default();
    let found = program.module(id).file.statements.iter().enumerate().rev().find_map(|(index, statement)| {
        match &statement.kind {
            StatementKind::QueryDecl(decl) if decl.name.text == name => Some((index, decl)),
            _ => None,
        }
    });
    let Some((index, decl)) = found else { return Err(vec![format!("there is no query `{name}`")]) };
    let mut cx = Context::new(program, id, index, &broken);
    let mut problems: Vec<String> = values
        .iter()
        .filter(|value| decl.params.iter().all(|param| param.name.text != value.param))
        .map(|value| {
            let names: Vec<String> =
                decl.params.iter().map(|param| format!("--{}", param.name.text)).collect();
            let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            format!("`{name}` has no parameter `{}`; it has {has}", value.param)
        })
        .collect();
    let mut bound = Vec::new();
    for param in &decl.params {
        let nothing = Scope::default();
        let ty = Checker::new(&mut cx, &nothing, Clause::Values).type_of(&param.ty);
        let given = values.iter().rfind(|value| value.param == param.name.text);
        let value = match (given, &param.default) {
            (Some(given), _) => value_of(program, given, &ty, param.nullable),
            (None, Some(default)) => {
                let value = Checker::new(&mut cx, &nothing, Clause::Values).expr(default);
                Ok(coerce(value, &ty))
            }
            (None, None) if param.nullable => {
                let kind = ExprKind::Value(typed::Value::Null);
                Ok(Expr { kind, ty, span: Span::default() })
            }
            (None, None) => Err(format!("--{} is missing: it is {}", param.name.text, article(&ty))),
        };
        match value {
            Ok(value) => bound.push(Bound { name: &param.name, value, used: false }),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    cx.place.params = Some(bound);
    let query = query::query(&mut cx, &decl.body);
    weigh(&mut cx, &query);
    let errors = cx.diagnostics.into_iter().filter(Diagnostic::is_error).map(|d| d.message);
    // One that is used twice is wrong twice.
    let mut errors: Vec<String> = errors.collect();
    errors.dedup();
    if errors.is_empty() { Ok(query) } else { Err(errors) }
}

/// A text as a value of a type.
fn value_of(program: &Program, given: &Value, ty: &Type, nullable: bool) -> Result<Expr, String> {
    let wrong = |value: Option<&Expr>| {
        let fix = value.and_then(|value| literals::with_unit(value, ty));
        let hint = fix.map_or_else(String::new, |fix| format!("; did you mean {fix}?"));
        format!("--{} takes {}, not `{}`{hint}", given.param, article(ty), given.text)
    };
    let tree = syntax::parse_expr(&literal(&given.text, ty)).ok_or_else(|| wrong(None))?;
    let broken = Broken::new();
    let mut cx = Context::new(program, SourceId::default(), 0, &broken);
    let nothing = Scope::default();
    let value = Checker::new(&mut cx, &nothing, Clause::Values).expr(&tree);
    if cx.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(wrong(Some(&value)));
    }
    if value.ty == Type::Null && !nullable {
        return Err(wrong(None));
    }
    match unify(ty, &value.ty) {
        Some(common) if common == *ty => Ok(coerce(value, ty)),
        _ => Err(wrong(Some(&value))),
    }
}

/// A value's text as it is written in a query: strings need no quotes on the command line, lists no brackets.
fn literal(text: &str, ty: &Type) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match ty {
        Type::String => quoted(text),
        Type::Time if !text.trim_start().starts_with('@') => format!("@{text}"),
        Type::List(item) => {
            let text = text.trim();
            let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
            let items = inside.split(',').map(str::trim).filter(|item| !item.is_empty());
            let items = items.map(|text| literal(text, item));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        _ => text.to_owned(),
    }
}
