//! Any text: parsed, printed, analysed.

#![no_main]

use gtq::sema::{Module, Program, analyze};
use gtq::syntax::{parse, print};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (file, diagnostics) = parse(text);
    for diagnostic in &diagnostics {
        assert!(text.get(diagnostic.span.start..diagnostic.span.end).is_some(), "{diagnostic:?}");
    }
    let printed = print::file_text(&file);
    if diagnostics.is_empty() {
        let (again, diagnostics) = parse(&printed);
        assert!(diagnostics.is_empty(), "{printed}\n{diagnostics:?}");
        assert_eq!(print::file_text(&again), printed, "printing is stable");
    }
    let module = Module { text: text.to_owned(), file, ..Module::default() };
    let analysis = analyze(&Program::single(module));
    for diagnostic in &analysis.diagnostics {
        assert!(text.get(diagnostic.span.start..diagnostic.span.end).is_some(), "{diagnostic:?}");
    }
});
