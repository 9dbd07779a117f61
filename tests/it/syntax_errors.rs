//! Diagnostics of the lexer and the parser: a new case is a line in `syntax_errors.txt`.

use std::fmt::Write as _;

use gtq::diag::Diagnostic;
use gtq::syntax::{parse, print};

/// The queries of a file, one a line.
const CASES: &str = include_str!("syntax_errors.txt");

pub(crate) fn describe(source: &str, diagnostic: &Diagnostic) -> String {
    let Diagnostic { code, span, message, note, labels, hints, fix, .. } = diagnostic;
    let mut text =
        format!("{} {}..{} `{}`: {message}", code.0, span.start, span.end, &source[span.start..span.end]);
    if !note.is_empty() {
        write!(text, " | {note}").expect("writing to a string succeeds");
    }
    for label in labels {
        let place = &source[label.span.start..label.span.end];
        write!(text, "\n  label `{place}`: {}", label.message).expect("writing to a string succeeds");
    }
    for hint in hints {
        write!(text, "\n  hint: {hint}").expect("writing to a string succeeds");
    }
    if let Some(fix) = fix {
        let mut fixed = source.to_string();
        fixed.replace_range(fix.span.start..fix.span.end, &fix.replacement);
        write!(text, "\n  fix: {fixed}").expect("writing to a string succeeds");
    }
    text
}

#[test]
fn bad_syntax() {
    let mut out = String::new();
    for source in CASES.lines().filter(|line| !line.trim().is_empty()) {
        let (file, diagnostics) = parse(source);
        assert!(!diagnostics.is_empty(), "nothing is said about {source}");
        let printed = print::file_text(&file).trim_end().replace('\n', " ");
        writeln!(out, "{source}\n= {}", printed.trim_end_matches(';')).expect("writing to a string succeeds");
        for diagnostic in &diagnostics {
            writeln!(out, "{}", describe(source, diagnostic)).expect("writing to a string succeeds");
        }
        out.push('\n');
    }
    insta::assert_snapshot!(out);
}

#[test]
fn one_pass_reports_every_statement() {
    let source = "selct a;\nfrom t |> wher x |> limit 1 |> ordr by y;\nselect a, , b from t;\nfrom ok";
    let (file, diagnostics) = parse(source);
    let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.0).collect();
    assert_eq!(codes, ["E0034", "E0026", "E0026", "E0020"]);
    assert_eq!(file.statements.len(), 4);
}

/// Each is one diagnostic, and in time.
#[test]
fn depth_is_bounded() {
    for unit in [
        "(", "[", "- ", "not ", "f(", "case ", "select ", "a + ", "a[", "x::list<", "(select ", "exists (",
        "a.b(", "(from ",
    ] {
        let (_, diagnostics) = parse(&format!("select {}", unit.repeat(100_000)));
        let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.0).collect();
        assert_eq!(codes, ["E0033"], "{unit}");
    }
    for unit in [" union select 1", "[1]", "::int", " or a", ".b.c::x", " || f(1)"] {
        let (_, diagnostics) = parse(&format!("select a{}", unit.repeat(100_000)));
        assert_eq!(diagnostics.len(), 1, "{unit}");
        assert_eq!(diagnostics[0].code.0, "E0033", "{unit}");
    }
    // Wide is not deep.
    for unit in [", a", " |> limit 1", ", (a)", ", f(a + 1)"] {
        let (_, diagnostics) = parse(&format!("from t |> extend a{}", unit.repeat(5_000)));
        assert!(diagnostics.is_empty(), "{unit}");
    }
    // As deep as is allowed, on the small stack of a test's thread.
    let deep = format!("select {}1{}", "(".repeat(60), ")".repeat(60));
    assert!(parse(&deep).1.is_empty());
    assert!(parse(&format!("select {}1", "- ".repeat(490))).1.is_empty());
    assert!(parse(&format!("select 1{}", " union select 1".repeat(240))).1.is_empty());
}
