//! Lists for people as batches of texts: what is in the catalog, which saved queries there are.
//!
//! Front ends show them like any other result. Nothing is printed here.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};

use crate::catalog::{self, Column, Function, Table, TableFunction, TableParameter, Type};
use crate::engine::{Origin, Shelves};
use crate::library;
use crate::syntax::similar;
use crate::tables::field_metadata;

/// The tables and table functions, a row each.
pub fn tables() -> RecordBatch {
    let functions = catalog::table_functions();
    let tables: Vec<&Table> = catalog::tables().iter().chain(functions.iter().map(|f| &f.table)).collect();
    let name = |table: &Table| match catalog::table_function(table.name) {
        Some(function) => {
            let parameters: Vec<&str> = function.parameters.iter().map(|p| p.name).collect();
            format!("{}({})", table.name, parameters.join(", "))
        }
        None => table.name.to_owned(),
    };
    let columns = |table: &Table| table.columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", ");
    page(&[
        ("table", tables.iter().map(|t| Some(name(t))).collect()),
        ("one row per", tables.iter().map(|t| Some(t.row.to_owned())).collect()),
        ("columns", tables.iter().map(|t| Some(columns(t))).collect()),
    ])
}

/// The same without their columns.
pub fn tables_in_brief() -> RecordBatch {
    with_columns(&tables(), &["table", "one row per"])
}

/// The columns of a table, a row each. `lister` lists the tables.
///
/// # Errors
/// When there is no such table, with a hint at one that may be meant.
pub fn describe(name: &str, lister: &str) -> Result<RecordBatch, String> {
    let lower = name.to_ascii_lowercase();
    if let Some(function) = catalog::table_function(&lower) {
        return Ok(described(function));
    }
    let Some(table) = catalog::table(&lower) else {
        let functions = catalog::table_functions().iter().map(catalog::TableFunction::name);
        let near = similar::closest(name, catalog::tables().iter().map(|t| t.name).chain(functions));
        let hint =
            near.map_or_else(|| format!("`{lister}` lists them"), |near| format!("did you mean `{near}`?"));
        return Err(format!("there is no table `{name}`; {hint}"));
    };
    let of = |text: fn(&Column) -> Option<String>| table.columns.iter().map(text).collect::<Vec<_>>();
    Ok(page(&[
        ("column", of(|c| Some(c.name.to_owned()))),
        ("type", of(|c| Some(c.type_text()))),
        ("unit", of(|c| c.ty.unit().map(str::to_owned))),
        ("meaning", of(|c| Some(c.doc.to_owned()))),
        ("values", of(|c| c.domain.map(|d| d.values.join(", ")))),
    ]))
}

/// A table function's parameters, then its columns.
fn described(function: &TableFunction) -> RecordBatch {
    let (parameters, columns) = (&function.parameters, &function.table.columns);
    let of = |parameter: fn(&TableParameter) -> Option<String>, column: fn(&Column) -> Option<String>| {
        parameters.iter().map(parameter).chain(columns.iter().map(column)).collect::<Vec<_>>()
    };
    page(&[
        ("part", of(|_| Some("parameter".to_owned()), |_| Some("column".to_owned()))),
        ("name", of(|p| Some(p.name.to_owned()), |c| Some(c.name.to_owned()))),
        ("type", of(|p| Some(p.ty.to_string()), |c| Some(c.type_text()))),
        ("unit", of(|p| p.ty.unit().map(str::to_owned), |c| c.ty.unit().map(str::to_owned))),
        ("meaning", of(|p| Some(library::reference::parameter_doc(p)), |c| Some(c.doc.to_owned()))),
        ("default", of(TableParameter::default_text, |_| None)),
    ])
}

/// The functions with their signatures, a row each.
pub fn functions() -> RecordBatch {
    let called = catalog::table_functions();
    let signatures = |f: &Function| f.signature_texts().join("; ");
    let names = catalog::functions().iter().map(|f| Some(f.name.to_owned()));
    let texts = catalog::functions().iter().map(|f| Some(signatures(f)));
    let docs = catalog::functions().iter().map(|f| Some(f.doc.to_owned()));
    page(&[
        ("function", names.chain(called.iter().map(|f| Some(f.name().to_owned()))).collect()),
        ("signature", texts.chain(called.iter().map(|f| Some(f.signature()))).collect()),
        ("gives", docs.chain(called.iter().map(|f| Some(f.doc.to_owned()))).collect()),
    ])
}

/// Commands, each with how it is written and what it does.
pub fn commands(commands: impl IntoIterator<Item = (String, String)>) -> RecordBatch {
    let (usages, does) = commands.into_iter().map(|(usage, does)| (Some(usage), Some(does))).unzip();
    page(&[("command", usages), ("what it does", does)])
}

/// The saved queries that can be found, a row each.
pub fn saved_queries(shelves: &Shelves) -> RecordBatch {
    let (mut names, mut params, mut docs, mut places) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let current = std::env::current_dir().unwrap_or_default();
    for text in shelves.texts() {
        for (name, query) in text.queries() {
            names.push(Some(name));
            params.push(Some(
                query.params.iter().map(|param| format!("--{}", param.name)).collect::<Vec<_>>().join(" "),
            ));
            docs.push(Some(query.summary()));
            places.push(Some(place(&text.origin, &current)));
        }
    }
    page(&[("query", names), ("parameters", params), ("what it shows", docs), ("from", places)])
}

/// The same without what they take and where they are from.
pub fn saved_queries_in_brief(shelves: &Shelves) -> RecordBatch {
    with_columns(&saved_queries(shelves), &["query", "what it shows"])
}

/// Some columns of a page.
fn with_columns(page: &RecordBatch, names: &[&str]) -> RecordBatch {
    let places: Vec<usize> = names.iter().filter_map(|name| page.schema().index_of(name).ok()).collect();
    page.project(&places).expect("columns of the page")
}

/// Where a text is from, as seen from here.
fn place(origin: &Origin, current: &Path) -> String {
    match origin {
        Origin::File(path) => path.strip_prefix(current).unwrap_or(path).display().to_string(),
        other => other.to_string(),
    }
}

/// A table of texts.
fn page(columns: &[(&str, Vec<Option<String>>)]) -> RecordBatch {
    let field =
        |name: &str| Field::new(name, DataType::Utf8, true).with_metadata(field_metadata(&Type::String));
    let schema = Schema::new(columns.iter().map(|(name, _)| field(name)).collect::<Vec<_>>());
    let arrays =
        columns.iter().map(|(_, values)| Arc::new(StringArray::from(values.clone())) as ArrayRef).collect();
    RecordBatch::try_new(Arc::new(schema), arrays).expect("columns of strings, one value a row")
}
