//! The language by itself: what an editor waits for at each key press.
//!
//! The text is one file of 1,000 lines, made of the queries that come with gtq.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gtq::ide;
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
            let states = format!("from states_{file}_{round}\n");
            let module = module.replace("from states\n", &states);
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
    group.bench_function(id("highlight"), |b| b.iter(|| ide::highlight(black_box(&text))));
    group.bench_function(id("format"), |b| b.iter(|| ide::format(black_box(&text))));
    // Behind the last line, as if the text were being written.
    let typed = format!("{text}\nfrom goroutine_states |> where st");
    let document = ide::Document::alone(&typed);
    group.bench_function(id("complete"), |b| {
        b.iter(|| ide::completions(black_box(&document), typed.len(), &()));
    });
    group.finish();
    // At a prompt the text is a line.
    let line = "from goroutine_states |> where state = 'running' and dur > 1ms |> order by ";
    let document = ide::Document::alone(line);
    let mut group = c.benchmark_group("prompt");
    group.bench_function("highlight", |b| b.iter(|| ide::highlight(black_box(line))));
    group.bench_function("ending", |b| b.iter(|| ide::ending(black_box(line))));
    group.bench_function("complete", |b| {
        b.iter(|| ide::completions(black_box(&document), line.len(), &()));
    });
    group.finish();
}

criterion_group!(benches, language);
criterion_main!(benches);
