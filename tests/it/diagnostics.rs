//! The pages on diagnostics: each code has one, its wrong example gives the code, its right one nothing.

use std::collections::BTreeSet;

use crate::support::{compile, trace};
use gtq::diag::Diagnostic;
use gtq::library;
use gtq::{sema, syntax};

/// Codes that no single text can give: files that use each other in a circle.
const WITHOUT_EXAMPLE: [&str; 1] = ["E0501"];

fn all_codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    syntax::codes::ALL.iter().chain(sema::codes::ALL).map(|(code, doc)| (code.0, *doc))
}

/// The example of a page: what stands in its block of this kind.
fn example<'p>(page: &'p str, kind: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("```gtq {kind}\n"))?;
    rest.split_once("```").map(|(example, _)| example)
}

fn said(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(|d| format!("{} {}", d.code.0, d.message)).collect()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let codes: Vec<String> = all_codes().map(|(code, doc)| format!("{code}: {}", doc.trim())).collect();
    let pages: BTreeSet<String> =
        library::diagnostics().map(|(_, page)| page.lines().next().unwrap().to_owned()).collect();
    let missing: Vec<&String> = codes.iter().filter(|code| !pages.contains(*code)).collect();
    assert!(missing.is_empty(), "no page: {missing:#?}");
    assert_eq!(codes.len(), pages.len(), "a page of no code");
    let ids: BTreeSet<&str> = all_codes().map(|(code, _)| code).collect();
    assert_eq!(ids.len(), codes.len(), "a code is given twice");
}

#[test]
fn wrong_examples_are_wrong_in_that_way() {
    let mut problems = String::new();
    for (code, page) in library::diagnostics() {
        let Some(example) = example(page, "wrong") else {
            if !WITHOUT_EXAMPLE.contains(&code) {
                problems += &format!("{code} has no wrong example\n");
            }
            continue;
        };
        let diagnostics = compile(example).diagnostics;
        if diagnostics.iter().all(|d| d.code.0 != code) || diagnostics.iter().any(|d| d.code.0 != code) {
            problems += &format!("{code}: {example}    {:?}\n", said(&diagnostics));
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn right_examples_are_right() {
    let session = trace("sum-go1.27.3").open();
    let mut problems = String::new();
    for (code, page) in library::diagnostics() {
        let Some(example) = example(page, "right") else {
            problems += &format!("{code} has no right example\n");
            continue;
        };
        let compiled = compile(example);
        if !compiled.diagnostics.is_empty() {
            problems += &format!("{code}: {example}    {:?}\n", said(&compiled.diagnostics));
            continue;
        }
        for query in &compiled.queries {
            if let Err(e) = session.prepare(query) {
                problems += &format!("{code}: {example}    {e}\n");
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// Fixes are to be applied by machines: after them, the code is gone.
#[test]
fn fixes_mend() {
    let mut problems = String::new();
    let mut mended = 0;
    for (code, page) in library::diagnostics() {
        let Some(example) = example(page, "wrong") else { continue };
        let diagnostics = compile(example).diagnostics;
        let Some(fix) = diagnostics.iter().find(|d| d.code.0 == code).and_then(|d| d.fix.clone()) else {
            continue;
        };
        let mut text = example.to_owned();
        text.replace_range(fix.span.start..fix.span.end, &fix.replacement);
        let left = compile(&text).diagnostics;
        if left.len() < diagnostics.len() {
            mended += 1;
        } else {
            problems += &format!("{code}: {example}{text}    {:?}\n", said(&left));
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
    assert!(mended >= 20, "only {mended} examples have fixes");
}

/// A file with ten mistakes gets ten diagnostics in one run, each at its place.
#[test]
fn ten_mistakes_ten_diagnostics() {
    let text = include_str!("ten_mistakes.gtq");
    let diagnostics = compile(text).diagnostics;
    let line = |at: usize| text[..at].lines().count().max(1);
    let said: Vec<String> = diagnostics
        .iter()
        .map(|d| {
            let place = text.get(d.span.start..d.span.end).unwrap_or_default();
            format!("{}: {} `{place}` {}", line(d.span.start + 1), d.code.0, d.message)
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(diagnostics.len(), 10);
}
