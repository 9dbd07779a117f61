//! What is in the catalog, and how a query is planned.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use clap::CommandFactory as _;

use super::Failure;
use super::answer::{compile, open, show};
use super::args::{Args, Limits, Output, Reference};
use super::terminal::Terminal;
use crate::catalog::{self, Column, Table, TableFunction, TableParameter, Type};
use crate::engine;
use crate::library;
use crate::syntax::similar;
use crate::tables::field_metadata;

/// `gtq tables`.
pub(super) fn tables(output: &Output, terminal: &Terminal) -> Result<(), Failure> {
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
    let page = page(&[
        ("table", tables.iter().map(|t| Some(name(t))).collect()),
        ("one row per", tables.iter().map(|t| Some(t.row.to_owned())).collect()),
        ("columns", tables.iter().map(|t| Some(columns(t))).collect()),
    ]);
    show(&page, output, terminal)
}

/// `gtq describe TABLE`.
pub(super) fn describe(name: &str, output: &Output, terminal: &Terminal) -> Result<(), Failure> {
    let lower = name.to_ascii_lowercase();
    if let Some(function) = catalog::table_function(&lower) {
        return show(&described(function), output, terminal);
    }
    let Some(table) = catalog::table(&lower) else {
        let functions = catalog::table_functions().iter().map(catalog::TableFunction::name);
        let near = similar::closest(name, catalog::tables().iter().map(|t| t.name).chain(functions));
        let hint = near
            .map_or_else(|| "`gtq tables` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(Failure::Usage(format!("there is no table `{name}`; {hint}")));
    };
    let of = |text: fn(&Column) -> Option<String>| table.columns.iter().map(text).collect::<Vec<_>>();
    let page = page(&[
        ("column", of(|c| Some(c.name.to_owned()))),
        ("type", of(|c| Some(c.type_text()))),
        ("unit", of(|c| c.ty.unit().map(str::to_owned))),
        ("meaning", of(|c| Some(c.doc.to_owned()))),
        ("values", of(|c| c.domain.map(|d| d.values.join(", ")))),
    ]);
    show(&page, output, terminal)
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

/// `gtq explain QUERY [TRACE]`.
pub(super) fn explain(
    query: &str,
    trace: Option<&Path>,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let compiled = compile(query, terminal)?;
    let session = open(trace, limits, terminal)?;
    let mut out = std::io::stdout();
    for query in &compiled.queries {
        let engine::Explanation { logical, optimized, physical } = session.explain(query)?;
        let physical = physical.trim_end();
        writeln!(out, "logical plan\n{logical}\n\noptimized plan\n{optimized}\n\nphysical plan\n{physical}")?;
    }
    Ok(())
}

/// `gtq explain --analyze QUERY TRACE`.
pub(super) fn analyze(
    query: &str,
    trace: Option<&Path>,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let compiled = compile(query, terminal)?;
    let session = open(trace, limits, terminal)?;
    let mut out = std::io::stdout();
    for query in &compiled.queries {
        let prepared = session.prepare(query)?;
        session.load([&prepared])?;
        writeln!(out, "{}", session.analyze(&prepared)?.trim_end())?;
    }
    Ok(())
}

/// `gtq help [TOPIC]`.
pub(super) fn help(topic: Option<&str>) -> Result<(), Failure> {
    let mut command = Args::command();
    let text = match topic {
        None => command.render_long_help().to_string(),
        Some(topic) => {
            if let Some(page) = library::diagnostic(&topic.to_ascii_uppercase()) {
                page.to_owned()
            } else if let Some(found) = command.find_subcommand_mut(topic) {
                found.clone().bin_name(format!("gtq {topic}")).render_long_help().to_string()
            } else {
                let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
                let codes = library::diagnostics().map(|(code, _)| code);
                let near = similar::closest(topic, names.iter().map(String::as_str).chain(codes));
                let hint = near.map_or_else(
                    || "a code looks like E0201, and the commands are in `gtq --help`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(Failure::Usage(format!("there is no help on `{topic}`; {hint}")));
            }
        }
    };
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(())
}

/// `gtq reference PART`.
pub(super) fn reference(part: Reference) -> Result<(), Failure> {
    let text = match part {
        Reference::Tables => library::reference::tables(),
        Reference::Functions => library::reference::functions(),
    };
    write!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// A table of texts.
pub(super) fn page(columns: &[(&str, Vec<Option<String>>)]) -> RecordBatch {
    let field =
        |name: &str| Field::new(name, DataType::Utf8, true).with_metadata(field_metadata(&Type::String));
    let schema = Schema::new(columns.iter().map(|(name, _)| field(name)).collect::<Vec<_>>());
    let arrays =
        columns.iter().map(|(_, values)| Arc::new(StringArray::from(values.clone())) as ArrayRef).collect();
    RecordBatch::try_new(Arc::new(schema), arrays).expect("columns of strings, one value a row")
}
