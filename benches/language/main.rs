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
            let mark = format!("_{file}_{round}");
            let mut declared: Vec<&str> = Vec::new();
            let mut declaring = None;
            for line in module.lines() {
                let name = ["query ", "let ", "fn "].iter().find_map(|word| line.strip_prefix(word));
                let name =
                    name.and_then(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
                let mut line = line.to_owned();
                if let Some(name) = name {
                    line = line.replacen(name, &format!("{name}{mark}"), 1);
                    declaring = Some(name);
                }
                // What has been declared is called, or read to the end of the line. In its own declaration the name is
                // that of a table, or of a table function.
                for name in &declared {
                    line = line.replace(&format!(" {name}("), &format!(" {name}{mark}("));
                    if line.ends_with(&format!("from {name}")) {
                        line.push_str(&mark);
                    }
                }
                if line.ends_with(';') {
                    declared.extend(declaring.take());
                }
                lines.push(format!("{line}\n"));
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
