//! The language by itself: what an editor waits for at each key press.
//!
//! The text is one file of 1,000 lines, made of the queries that come with gtq.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gtq::library;
use gtq::sema::{self, Module, Program};
use gtq::syntax;

const LINES: usize = 1000;

/// The library's files one behind the other, each time under other names, until there are enough lines.
fn text() -> String {
    let mut lines: Vec<String> = Vec::new();
    for round in 0.. {
        for (file, module) in library::modules().filter(|(_, module)| !module.contains("use std.")) {
            // `states` is the one name that a file gives and reads.
            let module = module.replace("from states ", &format!("from states_{file}_{round} "));
            for line in module.lines() {
                let rest = line.strip_prefix("query ").or(line.strip_prefix("let ")).unwrap_or_default();
                let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(0);
                let (before, behind) = line.split_at(line.len() - rest.len() + name);
                let mark = if name > 0 { format!("_{file}_{round}") } else { String::new() };
                lines.push(format!("{before}{mark}{behind}\n"));
            }
            if lines.len() >= LINES {
                return lines.concat();
            }
        }
    }
    String::new()
}

fn program(text: &str) -> Program {
    let (file, _) = syntax::parse(text);
    Program::single(Module { text: text.to_owned(), file, ..Module::default() })
}

fn language(c: &mut Criterion) {
    let text = text();
    let mut group = c.benchmark_group("language");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let id = |what: &str| BenchmarkId::new(what, text.lines().count());
    group.bench_function(id("lex"), |b| b.iter(|| syntax::lexer::lex(black_box(&text))));
    group.bench_function(id("parse"), |b| b.iter(|| syntax::parse(black_box(&text))));
    let parsed = program(&text);
    let said = sema::analyze(&parsed).diagnostics;
    assert_eq!(said, [], "the text is right");
    group.bench_function(id("check"), |b| b.iter(|| sema::analyze(black_box(&parsed))));
    group.bench_function(id("analyse"), |b| b.iter(|| sema::analyze(&program(black_box(&text)))));
    group.finish();
}

criterion_group!(benches, language);
criterion_main!(benches);
