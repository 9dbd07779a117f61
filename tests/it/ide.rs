//! Questions about texts: completion, hover, signatures, definitions, highlighting, fixes. A new case is a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gtq::catalog;
use gtq::diag::{SourceId, Span};
use gtq::engine::{Origin, gather};
use gtq::ide::{
    self, Completion, CompletionKind, Definition, Document, Ending, HighlightKind, Location, Values,
};
use gtq::library;
use gtq::syntax::lexer::lex;
use gtq::syntax::token::Token;
use proptest::prelude::*;

use crate::syntax_properties::soup;

fn document(text: &str) -> Document {
    let (program, found) = gather(text, &Origin::Typed);
    Document::new(program, found)
}

/// A text with a `‸` where the question is asked, and a `⏎` for each new line.
#[track_caller]
fn marked(text: &str) -> (String, usize) {
    let text = text.replace('⏎', "\n");
    let offset = text.find('‸').expect("there is a mark");
    (text.replacen('‸', "", 1), offset)
}

/// What a trace would hold.
struct Known;

impl Values for Known {
    fn values(&self, table: &str, column: &str) -> Vec<String> {
        match (table, column) {
            ("goroutine_states", "name") => vec!["main.main".into(), "main.it's".into()],
            ("goroutine_states", "reason") => vec!["sleep".into(), "something new".into()],
            _ => Vec::new(),
        }
    }
}

#[track_caller]
fn complete(text: &str) -> Vec<Completion> {
    let (text, offset) = marked(text);
    ide::completions(&document(&text), offset, &Known)
}

#[track_caller]
fn labels(text: &str) -> Vec<String> {
    complete(text).into_iter().map(|item| item.label).collect()
}

#[test]
fn completions() {
    let mut out = String::new();
    for line in include_str!("ide_completions.txt").lines() {
        writeln!(out, "{line}").unwrap();
        let mut kinds: Vec<(CompletionKind, Vec<String>)> = Vec::new();
        for item in complete(line) {
            match kinds.last_mut() {
                Some((kind, labels)) if *kind == item.kind => labels.push(item.label),
                _ => kinds.push((item.kind, vec![item.label])),
            }
        }
        for (kind, labels) in kinds {
            let more = labels.len().saturating_sub(12);
            let dots = if more > 0 { format!(" … {more} more") } else { String::new() };
            let labels: Vec<&str> = labels.iter().take(12).map(String::as_str).collect();
            writeln!(out, "    {kind:?}: {}{dots}", labels.join(", ")).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn completions_of_every_table_are_all_its_columns() {
    for table in catalog::tables() {
        for text in ["from T |> where ‸", "select ‸ from T", "from T |> order by ‸", "select t.‸ from T as t"]
        {
            let found = labels(&text.replace('T', table.name));
            for column in &table.columns {
                assert!(
                    found.iter().any(|label| label == column.name),
                    "{text} {}.{}",
                    table.name,
                    column.name
                );
            }
        }
    }
}

#[test]
fn every_domain_is_offered() {
    let tables = catalog::tables().iter().chain(catalog::table_functions().iter().map(|f| &f.table));
    for table in tables.filter(|table| catalog::table(table.name).is_some()) {
        for column in &table.columns {
            let Some(domain) = column.domain else { continue };
            let found = labels(&format!("from {} |> where {} = '‸", table.name, column.name));
            for value in domain.values {
                assert!(found.iter().any(|label| label == value), "{}.{}: {value}", table.name, column.name);
            }
        }
    }
}

/// What is inserted in the place of what was typed.
#[test]
fn completions_are_inserted() {
    let cases = [
        ("from goroutine_states |> where sta‸", "state", "from goroutine_states |> where state"),
        ("from goroutine_states |> where s‸ta > 1", "state", "from goroutine_states |> where state > 1"),
        (
            "from goroutine_states |> where state = 'ru‸",
            "running",
            "from goroutine_states |> where state = 'running'",
        ),
        (
            "from goroutine_states |> where state = 'ru‸x'",
            "running",
            "from goroutine_states |> where state = 'running'",
        ),
        ("from goroutine_states |> where state = ‸", "'idle'", ""),
        (
            "from goroutine_states |> where name = '‸",
            "main.it's",
            "from goroutine_states |> where name = 'main.it''s'",
        ),
        ("from goroutine_states |> where dur > 10m‸", "ms", "from goroutine_states |> where dur > 10ms"),
        ("from goroutine_states |> clip @e‸", "@end", "from goroutine_states |> clip @end"),
        ("from goroutines |> or‸", "order by", "from goroutines |> order by"),
        ("from mm‸", "mmu", "from mmu("),
        (
            "query q(min: int) = from threads; from q(‸",
            "min",
            "query q(min: int) = from threads; from q(min: ",
        ),
        (
            "query q(min: int) = from threads |> limit $m‸",
            "$min",
            "query q(min: int) = from threads |> limit $min",
        ),
        ("select 1 as \"A b\" |> where a‸", "A b", "select 1 as \"A b\" |> where \"A b\""),
        ("select column('ex‸') from goroutines", "exec", "select column('exec') from goroutines"),
    ];
    for (text, label, after) in cases {
        let (plain, _) = marked(text);
        let item = complete(text).into_iter().find(|item| item.label == label);
        let Some(item) = item else {
            assert_eq!(after, "", "{text}: no {label}");
            continue;
        };
        let mut now = plain.clone();
        now.replace_range(item.replace.start..item.replace.end, &item.insert);
        assert_eq!(now, after, "{text}");
    }
}

#[test]
fn likelier_completions_come_first() {
    assert_eq!(labels("from goroutine_states |> where g‸").first().map(String::as_str), Some("g"));
    let found = complete("from goroutine_states |> where s‸");
    let kinds: Vec<CompletionKind> = found.iter().map(|item| item.kind).collect();
    assert!(kinds.is_sorted(), "{kinds:?}");
    let item = found.iter().find(|item| item.label == "state").expect("there is a state");
    assert_eq!(item.detail, "string");
    assert!(item.documentation.contains("runnable, running"), "{}", item.documentation);
}

#[test]
fn hovers() {
    let cases = [
        "from gorou‸tines |> where exec > 1ms",
        "from goroutines |> where ex‸ec > 1ms",
        "from goroutines |> where exec > 1‸ms",
        "from goroutines |> wh‸ere exec > 1ms",
        "from goroutines |> aggregate su‸m(exec) as busy group by name |> order by busy",
        "from goroutines |> aggregate sum(exec) as busy group by name |> order by bu‸sy",
        "from goroutines as a |> where a‸.exec > 1ms",
        "from goroutine_states |> clip @1s..@e‸nd",
        "from goroutine_states |> where state = 'run‸ning'",
        "from m‸mu(flags: 'stw')",
        "from mmu(fl‸ags: 'stw')",
        "let slow = 10ms; from goroutines |> where exec > sl‸ow",
        "fn share(a: duration, b: duration) -> float = a / b; from goroutines |> extend sha‸re(exec, total) as s",
        "/// Waits.⏎/// @param min the least⏎query waits(min: duration = 1ms) = from goroutine_states |> where dur >= $m‸in; from waits(min: 1ms)",
        "/// Waits.⏎/// @param min the least⏎query waits(min: duration = 1ms) = from goroutine_states |> where dur >= $min; from wai‸ts(min: 1ms)",
        "use std.sched; from sch‸ed.latency(min: 1ms)",
        "use std.sched; from sched.lat‸ency(min: 1ms)",
        "use std.sched; from sched.latency(mi‸n: 1ms)",
        "from goroutines |> render b‸ar(name, exec)",
        "with w as (select g from tasks) select g from w‸",
        "from goroutine_states as s |> extend s.state as how |> where ho‸w = 'running'",
        "select name as who, wh‸o || 'x' as other from goroutines",
        "from goroutine_states |> overlap join ranges as r |> select left_st‸art, start",
        "from goroutines |> where x‸x > 1",
    ];
    let mut out = String::new();
    for case in cases {
        let (text, offset) = marked(case);
        writeln!(out, "{case}").unwrap();
        match ide::hover(&document(&text), offset) {
            Some(hover) => {
                let place = &text[hover.span.start..hover.span.end];
                writeln!(out, "    `{place}` {}", hover.code.replace('\n', " ⏎ ")).unwrap();
                writeln!(out, "    {}", hover.text.replace('\n', " ⏎ ")).unwrap();
            }
            None => out.push_str("    nothing\n"),
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn signatures() {
    let cases = [
        "select bin(‸",
        "select bin(start, ‸ from goroutine_states",
        "select p99(‸",
        "select coalesce(a, b, ‸",
        "select round(sum(exec), ‸) from goroutines",
        "select sum((exec + ‸",
        "from mmu('stw', ‸",
        "from mmu(windows: ‸",
        "query q(min: duration = 1ms, who: string? = null) = from threads; from q(who: ‸",
        "use std.sched; from sched.latency(‸",
        "fn share(a: duration, b: duration) = a / b; select share(1ms, ‸",
        "from goroutines |> where (‸",
        "from goroutines |> where exec > 1ms‸",
        "from mmu('stw') |> where ‸",
    ];
    let mut out = String::new();
    for case in cases {
        let (text, offset) = marked(case);
        writeln!(out, "{case}").unwrap();
        let Some(help) = ide::signature(&document(&text), offset) else {
            out.push_str("    nothing\n");
            continue;
        };
        for (n, signature) in help.signatures.iter().enumerate() {
            let mark = if n == help.active { ">" } else { " " };
            let active = signature.active.and_then(|n| signature.parameters.get(n));
            let active = active.map_or("-", |parameter| parameter.label.as_str());
            writeln!(out, "  {mark} {} [{active}]", signature.label).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}

/// The definition of a name, and all places where it is read: the texts of the lines that they are on.
#[test]
fn definitions_and_references() {
    let text = "\
use std.sched;
let slow = 10ms;
fn share(a: duration, b: duration) = a / b;
/// @param min at least
query waits(min: duration = 1ms) = from goroutine_states as s |> where s.dur >= $min and s.dur > slow
  |> extend share(dur, dur) as part |> where part > 1.0 |> aggregate max(part) as most group by name
  |> rename most as greatest |> order by greatest desc, name;
from waits(min: slow) as w |> where w.greatest > 1.0;
from sched.latency(min: 1ms);
with x as (select g as goroutine from tasks) select goroutine from x where goroutine > 1 order by goroutine;
select name as who, count() as n from goroutines group by who order by n";
    let document = document(text);
    let text_of = |location: Location| {
        let text = document.module(location.source).map_or("", |module| module.text.as_str());
        let line = text[..location.span.start].matches('\n').count() + 1;
        format!("{}:{line} {}", location.source.0, &text[location.span.start..location.span.end])
    };
    let mut out = String::new();
    let mut seen = Vec::new();
    for (offset, _) in text.char_indices() {
        let Some(definition) = ide::definition(&document, offset) else { continue };
        if seen.contains(&definition) {
            continue;
        }
        seen.push(definition);
        let what = match definition {
            Definition::Text(location) => text_of(location),
            Definition::Catalog { name, part } => format!("catalog {name} {}", part.unwrap_or_default()),
        };
        let references: Vec<String> = ide::references(&document, offset).into_iter().map(text_of).collect();
        writeln!(out, "{}: {}", what.trim_end(), references.join(", ")).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn outline() {
    let document = document(
        "use std.sched as s; let a = 1; let b = from threads; fn f(x: int) = x; query q(y: int) = from threads; assert t: true; from threads",
    );
    let symbols: Vec<String> = ide::symbols(&document)
        .into_iter()
        .map(|s| {
            format!("{:?} {} {:?}", s.kind, s.name, s.children.iter().map(|c| &c.detail).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        symbols,
        [
            "Module s []",
            "Value a []",
            "Relation b []",
            "Function f [\"x: int\"]",
            "Query q [\"y: int\"]",
            "Assertion t []"
        ]
    );
}

fn highlighted(text: &str) -> String {
    let words =
        ide::highlight(text).into_iter().map(|h| format!("{}:{:?}", &text[h.span.start..h.span.end], h.kind));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn highlights() {
    assert_eq!(
        highlighted("from goroutines as g |> where g.end > @1s and f(end, 5ms) = 'x' -- why"),
        "from:Keyword goroutines:Table as:Keyword g:Table |>:Operator where:Keyword g:Table .:Operator end:Column \
         >:Operator @1s:Time and:Keyword f:Function (:Operator end:Column ,:Operator 5ms:Duration ):Operator \
         =:Operator 'x':String -- why:Comment"
    );
    assert_eq!(
        highlighted("select case when end then 1 end, # $p::int from"),
        "select:Keyword case:Keyword when:Keyword end:Column then:Keyword 1:Number end:Keyword ,:Operator #:Error \
         $p:Parameter :::Operator int:Column from:Keyword"
    );
}

#[test]
fn fixes_are_edits() {
    let fixed = |text: &str| {
        let document = document(text);
        let fixes = ide::fixes(&document, Span::new(0, text.len()));
        let mut fixed = text.to_owned();
        // From the end, so that places stay.
        for fix in fixes.iter().rev() {
            fixed.replace_range(fix.edit.span.start..fix.edit.span.end, &fix.edit.replacement);
        }
        (fixed, fixes.into_iter().map(|fix| fix.title).collect::<Vec<_>>())
    };
    let (text, titles) = fixed("from gorutines |> where exec > 10000000");
    assert_eq!(text, "from goroutines |> where exec > 10000000");
    assert_eq!(titles, ["replace `gorutines` by `goroutines`"]);
    assert_eq!(
        fixed("from goroutines |> wher exec > 10000000").0,
        "from goroutines |> where exec > 10000000"
    );
    assert_eq!(fixed("from goroutines |> where exec > 10000000").0, "from goroutines |> where exec > 10ms");
    assert_eq!(fixed("from goroutines where exec > 1ms").1, ["insert `|>`"]);
    assert_eq!(fixed("use std.shed; from threads").0, "use std.sched; from threads");
    assert_eq!(fixed("from mmu('stv')").0, "from mmu('stw')");
    assert_eq!(
        fixed("from goroutine_states |> where state = 'runing'").0,
        "from goroutine_states |> where state = 'running'"
    );
}

#[test]
fn endings() {
    use Ending::{Open, Whole, Wrong};
    let cases = [
        ("", Whole),
        ("-- nothing", Whole),
        ("from threads", Whole),
        ("from threads;", Whole),
        ("from threads |>", Open),
        ("from threads |> where m >", Open),
        ("from threads |> where m > 1 and", Open),
        ("from threads |> where (m > 1", Open),
        ("from threads |> where m in (1, ", Open),
        ("select", Open),
        ("select m,", Open),
        ("from threads |> order", Open),
        ("from threads join", Open),
        ("from threads join goroutines", Open),
        ("from threads join goroutines |> limit 3", Wrong),
        ("select 'it", Open),
        ("select 'it\nis", Open),
        ("select /* so", Open),
        ("select \"a", Open),
        ("select case when true then 1", Open),
        ("/// What it does.", Open),
        ("let x =", Open),
        ("query q(min: duration = 1ms) =", Open),
        ("let x = 1; from threads |>", Open),
        ("selct 'it", Wrong),
        ("selct m", Wrong),
        ("from threads |> wher m > 1", Wrong),
        ("from threads |> where m > 1)", Wrong),
        ("from threads |>; from threads", Wrong),
        ("select #", Wrong),
        ("select a b c", Wrong),
    ];
    for (text, ending) in cases {
        assert_eq!(ide::ending(text), ending, "{text}");
    }
}

#[test]
fn diagnostics_are_those_of_the_analysis() {
    let document = document("from goroutines |> where exec > 5; from threads |> limit 0.5");
    let codes: Vec<&str> = document.diagnostics().iter().map(|d| d.code.0).collect();
    assert_eq!(codes, ["E0201", "E0402"]);
    assert!(document.diagnostics().iter().all(|d| d.source == SourceId::default()));
}

/// Asks everything about a place of a text.
fn ask_all(document: &Document, offset: usize) {
    let text = document.text();
    for item in ide::completions(document, offset, &Known) {
        assert!(text.get(item.replace.start..item.replace.end).is_some(), "{item:?}");
        assert!(item.replace.start <= offset && offset <= item.replace.end, "{item:?}");
    }
    if let Some(hover) = ide::hover(document, offset) {
        assert!(text.get(hover.span.start..hover.span.end).is_some(), "{hover:?}");
    }
    ide::signature(document, offset);
    ide::definition(document, offset);
    for location in ide::references(document, offset) {
        let text = document.module(location.source).map_or("", |module| module.text.as_str());
        assert!(text.get(location.span.start..location.span.end).is_some(), "{location:?}");
    }
}

/// Asks what is asked of a text as a whole.
fn ask_of_text(text: &str) {
    let mut end = 0;
    for highlight in ide::highlight(text) {
        assert!(end <= highlight.span.start && text.get(highlight.span.start..highlight.span.end).is_some());
        end = highlight.span.end;
    }
    ide::ending(text);
    let _ = ide::format(text);
}

/// All places of a text.
fn places(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().map(|(offset, _)| offset).chain([text.len()])
}

/// What is before the statement being typed does not matter to most questions, and takes time.
fn statements() -> impl Iterator<Item = &'static str> {
    library::modules().flat_map(|(_, text)| text.split_inclusive(";\n"))
}

/// Everything is asked at the end of every prefix of the queries that ship: each as it would be typed.
#[test]
#[ignore = "takes minutes; the next one looks at some of them"]
fn every_prefix_has_an_answer() {
    for statement in statements() {
        for offset in places(statement) {
            let prefix = &statement[..offset];
            ask_of_text(prefix);
            ask_all(&Document::alone(prefix), offset);
        }
    }
}

#[test]
fn prefixes_have_an_answer() {
    for statement in statements() {
        for lexeme in lex(statement).0.into_iter().step_by(4) {
            if !matches!(lexeme.token, Token::Comment(_)) {
                let prefix = &statement[..lexeme.span.end];
                ask_all(&Document::alone(prefix), prefix.len());
            }
        }
        for (end, _) in statement.match_indices('\n') {
            ask_of_text(&statement[..end]);
        }
    }
}

/// And at every place of the whole.
#[test]
fn every_place_has_an_answer() {
    for (name, text) in library::modules() {
        let document = document(text);
        assert!(document.diagnostics().iter().all(|d| !d.is_error()), "{name}");
        for offset in places(text) {
            ide::hover(&document, offset);
            ide::signature(&document, offset);
            ide::definition(&document, offset);
            ide::references(&document, offset);
        }
        ide::symbols(&document);
        ask_of_text(text);
    }
}

/// Every name of the queries that ship has a meaning.
#[test]
fn every_name_is_resolved() {
    let mut unknown = BTreeMap::new();
    for (name, text) in library::modules() {
        let document = document(text);
        for highlight in ide::highlight(text) {
            let is_name = matches!(
                highlight.kind,
                HighlightKind::Table
                    | HighlightKind::Column
                    | HighlightKind::Function
                    | HighlightKind::Parameter
            );
            let word = &text[highlight.span.start..highlight.span.end];
            // What `std` is needs no definition, and a field's is its struct's.
            let is_field = text[..highlight.span.start].ends_with("].");
            if is_name
                && word != "std"
                && !is_field
                && ide::definition(&document, highlight.span.start).is_none()
            {
                unknown.entry(name).or_insert_with(Vec::new).push(word);
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_soup_has_an_answer(source in soup(), at in any::<prop::sample::Index>()) {
        for text in [source.clone(), format!("select {source}"), format!("from goroutines |> {source}")] {
            ask_of_text(&text);
            let document = document(&text);
            let offsets: Vec<usize> = places(&text).collect();
            ask_all(&document, *at.get(&offsets));
            ask_all(&document, text.len());
        }
    }

    #[test]
    fn any_text_has_an_answer(text in any::<String>()) {
        ask_of_text(&text);
        let document = Document::alone(&text);
        ask_all(&document, text.len());
        ask_all(&document, text.len() + 1);
    }
}
