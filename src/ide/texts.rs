//! What is said of tables, columns and declarations, in few words.

use crate::catalog::{Table, Type};
use crate::sema::facts::Target;
use crate::sema::{SavedParam, SavedQuery};
use crate::syntax::ast::{FunctionDecl, Param, QueryDecl};
use crate::syntax::print;

pub(super) use crate::syntax::print::name_text as written;

/// A column's type, with `?` where a table says that it may be null.
pub(super) fn column_type(target: Target, ty: &Type) -> String {
    match target {
        Target::Column(_, column) => column.type_text(),
        _ => ty.to_string(),
    }
}

/// What a column of a table means; nothing for what a text computes.
pub(super) fn column_doc(target: Target) -> String {
    let Target::Column(table, column) = target else { return String::new() };
    let values = column.domain.map(|domain| format!(" ({})", domain.values.join(", ")));
    format!("{}: {}{}", table.name, column.doc, values.unwrap_or_default())
}

/// The columns of a table with their types.
pub(super) fn columns(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| format!("{}: {}", column.name, column.type_text()));
    columns.collect::<Vec<_>>().join(", ")
}

/// `share(part: duration, whole: duration) -> float`.
pub(super) fn function_signature(function: &FunctionDecl) -> String {
    let params: Vec<String> = function.params.iter().map(parameter).collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", print::type_text(ty)));
    format!("{}({}){}", function.name.text, params.join(", "), result.unwrap_or_default())
}

/// `long_waits(min: duration = 1ms)`, as it is written.
pub(super) fn declared_signature(query: &QueryDecl) -> String {
    let params: Vec<String> = query.params.iter().map(parameter).collect();
    format!("{}({})", query.name.text, params.join(", "))
}

/// `min: duration? = null`.
pub(super) fn parameter(param: &Param) -> String {
    let default = param.default.as_ref().map(|default| format!(" = {}", print::expr_text(default)));
    let mark = if param.nullable { "?" } else { "" };
    format!("{}: {}{mark}{}", param.name.text, print::type_text(&param.ty), default.unwrap_or_default())
}

/// `long_waits(min: duration = 1ms)`.
pub(super) fn query_signature(query: &SavedQuery) -> String {
    let params: Vec<String> = query.params.iter().map(saved_parameter).collect();
    format!("{}({})", query.name, params.join(", "))
}

pub(super) fn saved_parameter(param: &SavedParam) -> String {
    let default = param.default.as_ref().map(|default| format!(" = {default}"));
    format!("{}: {}{}", param.name, param.ty, default.unwrap_or_default())
}
