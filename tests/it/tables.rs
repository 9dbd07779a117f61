//! Every table of the catalog, over every trace: what the catalog promises holds.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use gtq::catalog::{Column, Table, Type, tables};
use gtq::engine::Session;

use crate::support::{Trace, batches, for_various, int, rows, text, trace};

/// Small traces that differ in what is in them: the time of a test grows with the number of columns.
const SMALL: [&str; 5] =
    ["heap-go1.27.3", "locks-go1.26.6", "server-go1.25.5", "sum-go1.22.10", "ticker-go1.27.3"];

/// The whole columns of a query.
#[track_caller]
fn columns(session: &Session, query: &str) -> Vec<ArrayRef> {
    let batches = batches(session, query);
    let Some(first) = batches.first() else { return Vec::new() };
    let whole = |i: usize| {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(i).as_ref()).collect();
        concat(&parts).expect("parts of one column")
    };
    (0..first.num_columns()).map(whole).collect()
}

/// A name as it can stand in any query.
fn quoted(column: &Column) -> String {
    format!("\"{}\"", column.name)
}

/// A table with the times of its rows, for what is the same of every table.
fn for_all_tables(check: impl Fn(&Trace, &Session, &'static Table) -> Result<(), String>) {
    for_various(|trace| {
        let session = trace.open();
        tables().iter().try_for_each(|table| {
            check(trace, &session, table).map_err(|e| format!("table {}: {e}", table.name))
        })
    });
}

fn ensure(condition: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message()) }
}

#[test]
fn counting_is_the_same_as_having_the_rows() {
    for_all_tables(|_, session, table| {
        let name = table.name;
        let count = int(&rows(session, &format!("select count() as n from {name}"))[0], "n");
        let had = columns(session, &format!("from {name}")).first().map_or(0, |column| column.len());
        ensure(usize::try_from(count) == Ok(had), || format!("{count} counted, {had} there"))?;
        let few = rows(session, &format!("from {name} |> limit 3")).len();
        ensure(few == had.min(3), || format!("{few} of {had} rows with limit 3"))
    });
}

#[test]
fn a_column_alone_is_the_same_as_among_all() {
    for name in SMALL {
        let session = trace(name).open();
        for table in tables() {
            let all = columns(&session, &format!("from {}", table.name));
            for (i, column) in table.columns.iter().enumerate() {
                let alone = columns(&session, &format!("select {} from {}", quoted(column), table.name));
                let (alone, among) = (alone.first(), all.get(i));
                assert!(alone == among, "{name}: {}.{}\n{alone:?}\n{among:?}", table.name, column.name);
            }
        }
    }
}

/// Columns come as they are asked for, not as the catalog has them.
#[test]
fn columns_backwards_are_the_same() {
    let session = trace("server-go1.25.5").open();
    for table in tables() {
        let all = columns(&session, &format!("from {}", table.name));
        let names: Vec<String> = table.columns.iter().rev().map(quoted).collect();
        let mut backwards = columns(&session, &format!("select {} from {}", names.join(", "), table.name));
        backwards.reverse();
        assert!(backwards == all, "{}", table.name);
    }
}

#[test]
fn rows_come_in_the_declared_order() {
    for_all_tables(|_, session, table| {
        if table.order.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = table.order.iter().map(|key| format!("\"{key}\"")).collect();
        let keys = columns(session, &format!("select {} from {}", keys.join(", "), table.name));
        let keys: Vec<_> = keys.iter().map(|key| key.as_primitive::<Int64Type>()).collect();
        let rows = keys.first().map_or(0, |key| key.len());
        let at = |row: usize| -> Vec<i64> { keys.iter().map(|key| key.value(row)).collect() };
        let wrong = (1..rows).find(|&row| at(row - 1) > at(row));
        ensure(wrong.is_none(), || format!("row {} is out of order", wrong.unwrap_or_default()))
    });
}

#[test]
fn only_nullable_columns_have_nulls() {
    for_all_tables(|_, session, table| {
        let all = columns(session, &format!("from {}", table.name));
        table.columns.iter().zip(all).try_for_each(|(column, values)| {
            ensure(column.nullable || values.null_count() == 0, || format!("{} has nulls", column.name))?;
            let empty = matches!(column.ty, Type::String)
                && values.as_string_view().iter().any(|value| value == Some(""));
            // The texts that are made here, and not read, may be empty.
            ensure(!empty || !column.nullable, || format!("{} has empty strings beside nulls", column.name))
        })
    });
}

/// Every column of the catalog that may be null is null somewhere, or the trace can't show it.
#[test]
fn nullable_columns_have_nulls_somewhere() {
    const NEVER_HERE: [&str; 29] = [
        // A goroutine's events have names, stacks and contexts in every trace that the runtime wrote.
        "metrics.p",
        "ranges.p",
        "regions.task",
        "samples.p",
        "logs.g",
        "logs.task",
        "logs.category",
        "logs.message",
        "logs.stack",
        "samples.m",
        "samples.stack",
        "labels.g",
        "labels.label",
        "stacks.leaf",
        "stacks.root",
        "procs.utilization",
        "frames.func",
        "frames.file",
        // No GC was going on when a trace began, and goroutines begin tasks.
        "gcs.heap_start",
        "gcs.goal",
        "flows.to_g",
        // Traces with memory have their beginning.
        "heap_objects.address",
        "heap_objects.size",
        "heap_objects.span",
        "heap_spans.address",
        "heap_spans.size",
        "heap_spans.kind",
        "goroutine_stacks.address",
        "goroutine_stacks.size",
    ];
    let mut never: BTreeSet<String> = tables()
        .iter()
        .flat_map(|table| {
            table.columns.iter().filter(|c| c.nullable).map(|c| format!("{}.{}", table.name, c.name))
        })
        .collect();
    for trace in crate::support::traces() {
        let session = trace.open();
        for table in tables() {
            let all = columns(&session, &format!("from {}", table.name));
            for (column, _) in table.columns.iter().zip(all).filter(|(_, values)| values.null_count() > 0) {
                never.remove(&format!("{}.{}", table.name, column.name));
            }
        }
    }
    let surprising: Vec<&String> = never.iter().filter(|name| !NEVER_HERE.contains(&name.as_str())).collect();
    assert!(surprising.is_empty(), "never null: {surprising:?}");
}

#[test]
fn columns_have_the_types_of_the_catalog() {
    let session = trace("sum-go1.27.3").open();
    for table in tables() {
        for (column, values) in table.columns.iter().zip(columns(&session, &format!("from {}", table.name))) {
            let fits = match &column.ty {
                Type::Bool => values.data_type() == &DataType::Boolean,
                Type::Int | Type::Time | Type::Duration | Type::Bytes => {
                    values.data_type() == &DataType::Int64
                }
                Type::Float => values.as_primitive_opt::<Float64Type>().is_some(),
                Type::String => values.as_string_view_opt().is_some(),
                // A stack is written out as its frames.
                Type::Stack | Type::List(_) => values.as_list_opt::<i32>().is_some(),
                _ => false,
            };
            assert!(fits, "{}.{} is {}, but {:?}", table.name, column.name, column.ty, values.data_type());
        }
    }
}

/// Closed domains hold everything; open ones hold what the shipped traces have.
#[test]
fn values_are_of_their_domain() {
    for_all_tables(|_, session, table| {
        table.columns.iter().try_for_each(|column| {
            let Some(domain) = column.domain else { return Ok(()) };
            let values =
                rows(session, &format!("select distinct {} as value from {}", quoted(column), table.name));
            let strange: Vec<&str> = values
                .iter()
                .filter_map(|row| text(row, "value"))
                // Statistics are named after reasons and ranges alike.
                .filter(|value| !domain.values.contains(value))
                .collect();
            ensure(strange.is_empty(), || format!("{}: {strange:?} is no {}", column.name, domain.name))
        })
    });
}

/// The tables are not empty all: a table that no trace fills would pass every other test.
#[test]
fn every_table_has_rows_somewhere() {
    let mut empty: BTreeSet<&str> = tables().iter().map(|table| table.name).collect();
    for name in SMALL {
        let session = trace(name).open();
        empty.retain(|table| int(&rows(&session, &format!("select count() as n from {table}"))[0], "n") == 0);
    }
    assert!(empty.is_empty(), "{empty:?}");
}
