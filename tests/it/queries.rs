//! Queries and what they give, as data: `queries.txt` has a name, the trace in brackets (without: that of the example
//! `sum`), and the query. A new case needs no Rust.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::{csv, trace};
use gtq::catalog::{self, FunctionKind};
use gtq::engine::Session;

struct Case {
    name: &'static str,
    trace: &'static str,
    query: &'static str,
}

fn cases() -> Vec<Case> {
    let text = include_str!("queries.txt");
    text.split("\n\n")
        .map(|case| {
            let (title, query) = case.trim().split_once('\n').unwrap_or_else(|| panic!("no query: {case}"));
            let title = title.strip_prefix("-- ").unwrap_or_else(|| panic!("no name: {case}"));
            let (name, trace) = match title.split_once(" [") {
                Some((name, trace)) => (name, trace.trim_end_matches(']')),
                None => (title, "sum-go1.27.3"),
            };
            Case { name, trace, query }
        })
        .collect()
}

#[test]
fn queries_give_what_they_should() {
    let mut sessions: BTreeMap<&str, Session> = BTreeMap::new();
    let mut all = String::new();
    for Case { name, trace: of, query } in cases() {
        let session = sessions.entry(of).or_insert_with(|| trace(of).open());
        writeln!(all, "-- {name}\n{query}\n{}", csv(session, query)).unwrap();
    }
    insta::assert_snapshot!(all);
}

/// Every table function stands in at least one case.
#[test]
fn every_table_function_is_tried() {
    let text = include_str!("queries.txt");
    let mut functions = catalog::table_functions().iter().map(catalog::TableFunction::name);
    assert_eq!(functions.find(|name| !text.contains(&format!("from {name}("))), None);
}

/// Every function of the catalog stands in at least one case, but for those that only `sema` knows.
#[test]
fn every_function_is_tried() {
    let text = include_str!("queries.txt");
    let missing: Vec<&str> = catalog::functions()
        .iter()
        .filter(|function| {
            let call = format!("{}(", function.name);
            let is_called = text
                .match_indices(&call)
                .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
            !(is_called || function.kind == FunctionKind::Window && text.contains(function.name))
        })
        .map(|function| function.name)
        .collect();
    assert!(missing.is_empty(), "no case calls {missing:?}");
}
