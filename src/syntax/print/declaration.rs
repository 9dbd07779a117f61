//! Statements as text.

use super::expr::{self, write_type};
use super::{literal, query, write_list, write_name, write_path};
use crate::syntax::ast::{LetValue, Literal, Param, Statement, StatementKind, UseTarget};

pub(super) fn write(out: &mut String, statement: &Statement) {
    if let Some(doc) = &statement.doc {
        for line in doc.text.lines() {
            out.push_str("/// ");
            out.push_str(line);
            out.push('\n');
        }
        for param in &doc.params {
            out.push_str(&format!("/// @param {} {}\n", param.name.text, param.text));
        }
    }
    match &statement.kind {
        StatementKind::Use(used) => {
            out.push_str("use ");
            match &used.target {
                UseTarget::Module(path) => write_path(out, path),
                UseTarget::File(name) => out.push_str(&literal::text(&Literal::String(name.node.clone()))),
            }
            if let Some(alias) = &used.alias {
                out.push_str(" as ");
                write_name(out, alias);
            }
        }
        StatementKind::Let(bound) => {
            out.push_str("let ");
            write_name(out, &bound.name);
            out.push_str(" = ");
            match &bound.value {
                LetValue::Expr(value) => expr::write(out, value),
                LetValue::Relation(relation) => query::write(out, relation),
            }
        }
        StatementKind::Function(function) => {
            out.push_str("fn ");
            write_name(out, &function.name);
            write_params(out, &function.params);
            if let Some(result) = &function.result {
                out.push_str(" -> ");
                write_type(out, result);
            }
            out.push_str(" = ");
            expr::write(out, &function.body);
        }
        StatementKind::QueryDecl(declared) => {
            out.push_str("query ");
            write_name(out, &declared.name);
            if !declared.params.is_empty() {
                write_params(out, &declared.params);
            }
            out.push_str(" = ");
            query::write(out, &declared.body);
        }
        StatementKind::Assert(assert) => {
            out.push_str("assert ");
            write_name(out, &assert.name);
            out.push_str(": ");
            expr::write(out, &assert.condition);
        }
        StatementKind::Query(run) => query::write(out, run),
        StatementKind::Error => out.push('?'),
    }
}

fn write_params(out: &mut String, params: &[Param]) {
    out.push('(');
    write_list(out, params, |out, param| {
        write_name(out, &param.name);
        out.push_str(": ");
        write_type(out, &param.ty);
        if param.nullable {
            out.push('?');
        }
        if let Some(default) = &param.default {
            out.push_str(" = ");
            expr::write(out, default);
        }
    });
    out.push(')');
}
