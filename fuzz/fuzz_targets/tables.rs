//! Any bytes: all tables, and what table functions give.

#![no_main]

use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::RecordBatch;
use gtq::catalog::{Argument, TableCall, table_functions, tables};
use gtq::tables::{FileInfo, Needs, Pass, Sink, Stacks, Want, Window};
use gtq::trace::Reader;
use libfuzzer_sys::fuzz_target;

/// Looks at the intervals of what it gets.
struct Intervals;

impl Sink for Intervals {
    fn batch(&mut self, _: &TableCall, batch: RecordBatch) -> ControlFlow<()> {
        let ints = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<arrow::array::Int64Array>().cloned()
        };
        if let (Some(start), Some(end)) = (ints("start"), ints("end")) {
            for (start, end) in start.values().iter().zip(end.values()) {
                assert!(0 <= *start && start <= end, "from {start} to {end}");
            }
        }
        ControlFlow::Continue(())
    }

    fn progress(&mut self, _: f64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What a table function may be given.
fn arguments(name: &str) -> Vec<Argument> {
    let flags = Argument::Text("stw|background|assist|sweep".into());
    match name {
        "mutator_utilization" => vec![Argument::Text("stw|sweep|perProc".into())],
        "mmu" => vec![flags, Argument::Null, Argument::Bool(false)],
        "mmu_worst" => vec![Argument::Int(1_000_000), Argument::Int(5), flags],
        _ => vec![Argument::Int(1)],
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = Reader::new(Cursor::new(bytes.to_vec())) else { return };
    let mut needs = Needs::default();
    // Rows of intervals come in order, or as they end.
    let ordered = bytes.len().is_multiple_of(2);
    for table in tables() {
        needs.add(table, Want::new(&(0..table.columns.len()).collect::<Vec<_>>(), ordered, None));
    }
    for function in table_functions() {
        let columns: Vec<usize> = (0..function.table.columns.len()).collect();
        needs.add(function.call(arguments(function.name())), Want::all(&columns));
    }
    let file = FileInfo { label: "fuzz".into(), path: "fuzz".into(), bytes: None };
    let outcome = Pass::new(&needs, Window::default(), Arc::new(Stacks::default())).run(
        &mut reader,
        &file,
        &mut Intervals,
    );
    assert!(!outcome.stopped);
});
