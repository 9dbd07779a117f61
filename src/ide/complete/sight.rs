//! Names in sight: columns, tables, functions, parameters.

use super::cursor::Typing;
use super::{CompletionKind, Found};
use crate::catalog::{self, FunctionKind};
use crate::diag::SourceId;
use crate::ide::document::Document;
use crate::ide::texts;
use crate::sema::facts::{SeenColumn, Sight, Wanted};
use crate::syntax::ast::{LetValue, Statement, StatementKind};
use crate::syntax::print;

const PERCENTILES: [&str; 5] = ["p50", "p90", "p95", "p99", "p999"];

pub(super) fn names(found: &mut Found<'_>, document: &Document, sight: &Sight) {
    if found.cursor.typing == Typing::Parameter {
        return parameters(found, sight);
    }
    if let Some(qualifier) = found.cursor.qualifier() {
        return behind_dot(found, document, sight, &qualifier);
    }
    for (name, ty) in &sight.fields {
        found.add(CompletionKind::Field, name, ty.to_string(), "");
    }
    if !sight.fields.is_empty() {
        return;
    }
    match sight.wanted {
        Wanted::Table => tables(found, document, sight),
        Wanted::Column => columns(found, sight),
        Wanted::Expression => {
            columns(found, sight);
            expressions(found, document, sight);
        }
    }
}

fn parameters(found: &mut Found<'_>, sight: &Sight) {
    for (name, ty) in &sight.parameters {
        found.add(CompletionKind::Parameter, &format!("${name}"), ty.to_string(), "parameter of the query");
    }
}

/// `t.…`: the columns of a table in sight, the fields of a column, or what a module declares.
fn behind_dot(found: &mut Found<'_>, document: &Document, sight: &Sight, qualifier: &str) {
    for column in sight.columns.iter().filter(|column| column.qualifier.as_deref() == Some(qualifier)) {
        add_column(found, column, texts::written(&column.name));
    }
    for (name, ty) in &sight.fields {
        found.add(CompletionKind::Field, name, ty.to_string(), "");
    }
    let modules = document.used_modules();
    if let Some((_, source)) = modules.iter().find(|(name, _)| name == qualifier) {
        for statement in document.declarations(*source, None) {
            declaration(found, statement, sight.wanted);
        }
    }
}

fn columns(found: &mut Found<'_>, sight: &Sight) {
    let same_name = |name: &str| {
        let mut same = sight.columns.iter().filter(|c| !c.qualified_only && c.name == name);
        same.next().zip(same.next()).is_some()
    };
    for column in &sight.columns {
        match &column.qualifier {
            // Which of several is meant has to be said.
            Some(qualifier) if column.qualified_only || same_name(&column.name) => {
                let name = format!("{}.{}", texts::written(qualifier), texts::written(&column.name));
                add_column(found, &SeenColumn { name: name.clone(), ..column.clone() }, name);
            }
            _ if column.qualified_only => {}
            _ => add_column(found, column, texts::written(&column.name)),
        }
    }
}

fn add_column(found: &mut Found<'_>, column: &SeenColumn, insert: String) {
    let (detail, doc) = match column.target {
        Some(target) => (texts::column_type(target, &column.ty), texts::column_doc(target)),
        None => (column.ty.to_string(), String::new()),
    };
    found.add_as(CompletionKind::Column, &column.name, insert, detail, doc);
}

/// What an expression may be made of beside columns.
fn expressions(found: &mut Found<'_>, document: &Document, sight: &Sight) {
    for (name, ty) in &sight.values {
        found.add_as(CompletionKind::Name, name, texts::written(name), ty.to_string(), "");
    }
    parameters(found, sight);
    if let Some((_, column)) = catalog::trace_name()
        && sight.columns.iter().all(|seen| seen.name != column.name)
    {
        found.add(CompletionKind::Name, column.name, column.type_text(), "what the trace is called");
    }
    for qualifier in &sight.qualifiers {
        found.add_as(
            CompletionKind::Table,
            qualifier,
            format!("{}.", texts::written(qualifier)),
            "table",
            "",
        );
    }
    for statement in document.declarations(SourceId::default(), Some(found.cursor.replace.start)) {
        declaration(found, statement, Wanted::Expression);
    }
    for function in catalog::functions() {
        let allowed = match function.kind {
            FunctionKind::Scalar => true,
            FunctionKind::Aggregate => sight.aggregates || sight.windows,
            FunctionKind::Window => sight.windows,
        };
        if allowed {
            let signature = function.signature_texts().join("\n");
            found.add_as(
                CompletionKind::Function,
                function.name,
                call(function.name),
                signature,
                function.doc,
            );
        }
    }
    // A family that is not listed: the ones that are asked for most.
    if sight.aggregates || sight.windows {
        for name in PERCENTILES {
            let detail = format!("{name}(x)");
            found.add_as(CompletionKind::Function, name, call(name), detail, "percentile, exact");
        }
    }
    modules(found, document);
}

fn call(name: &str) -> String {
    format!("{name}(")
}

fn modules(found: &mut Found<'_>, document: &Document) {
    for (name, source) in document.used_modules() {
        let detail = document.module(source).map_or("", |module| module.name.as_str()).to_owned();
        found.add_as(CompletionKind::Module, &name, format!("{name}."), detail, "");
    }
}

/// What a query can read.
fn tables(found: &mut Found<'_>, document: &Document, sight: &Sight) {
    for name in &sight.with {
        found.add_as(CompletionKind::Relation, name, texts::written(name), "with", "");
    }
    for table in catalog::tables() {
        found.add(
            CompletionKind::Table,
            table.name,
            format!("a row per {}", table.row),
            texts::columns(table),
        );
    }
    for statement in document.declarations(SourceId::default(), Some(found.cursor.replace.start)) {
        declaration(found, statement, Wanted::Table);
    }
    for function in catalog::table_functions() {
        let name = function.name();
        found.add_as(CompletionKind::TableFunction, name, call(name), function.signature(), function.doc);
    }
    modules(found, document);
}

/// A declaration, where it is what is wanted.
fn declaration(found: &mut Found<'_>, statement: &Statement, wanted: Wanted) {
    let doc = statement.doc.as_ref().map_or("", |doc| doc.text.as_str());
    let table = wanted == Wanted::Table;
    match &statement.kind {
        StatementKind::Let(bound) => match &bound.value {
            LetValue::Expr(value) if !table => {
                let text = print::expr_text(value);
                found.add_as(
                    CompletionKind::Name,
                    &bound.name.text,
                    texts::written(&bound.name.text),
                    text,
                    doc,
                );
            }
            LetValue::Relation(_) if table => {
                found.add_as(
                    CompletionKind::Relation,
                    &bound.name.text,
                    texts::written(&bound.name.text),
                    "relation",
                    doc,
                );
            }
            _ => {}
        },
        StatementKind::Function(function) if !table => {
            let name = &function.name.text;
            let signature = texts::function_signature(function);
            found.add_as(CompletionKind::Function, name, call(&texts::written(name)), signature, doc);
        }
        StatementKind::QueryDecl(query) if table => {
            let name = &query.name.text;
            let insert = texts::written(name) + if query.params.is_empty() { "()" } else { "(" };
            found.add_as(CompletionKind::Query, name, insert, texts::declared_signature(query), doc);
        }
        _ => {}
    }
}
