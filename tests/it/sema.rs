//! Names, types and units: what wrong queries are told, what right ones give, and that both forms mean the same.

use std::fmt::Write as _;

use crate::sema_ir as ir;
use crate::support::{analysis_of, queries};
use gtq::diag::Diagnostic;
use gtq::sema::{Analysis, codes};
use gtq::syntax;
use proptest::prelude::*;

fn analysis(source: &str) -> Analysis {
    let (file, diagnostics) = syntax::parse(source);
    assert_eq!(diagnostics, [], "{source}");
    analysis_of(&file)
}

/// `code 'underlined text' message | note | hint: … | fix: …`
fn line(source: &str, diagnostic: &Diagnostic) -> String {
    let text = |span: gtq::diag::Span| source.get(span.start..span.end).unwrap_or("?");
    let mut line = format!("{} '{}' {}", diagnostic.code.0, text(diagnostic.span), diagnostic.message);
    if !diagnostic.note.is_empty() {
        write!(line, " | {}", diagnostic.note).unwrap();
    }
    for hint in &diagnostic.hints {
        write!(line, " | hint: {hint}").unwrap();
    }
    if let Some(fix) = &diagnostic.fix {
        write!(line, " | fix: {} → {}", text(fix.span), fix.replacement).unwrap();
    }
    line
}

#[test]
fn wrong_queries_are_told_what_is_wrong() {
    let mut all = String::new();
    for query in include_str!("sema_wrong.txt").lines() {
        let (file, syntax) = syntax::parse(query);
        let analysis = analysis_of(&file);
        writeln!(all, "{query}").unwrap();
        assert!(
            !analysis.diagnostics.is_empty() || !syntax.is_empty(),
            "nothing is wrong with: {query}\n{all}"
        );
        for diagnostic in syntax.iter().chain(&analysis.diagnostics) {
            writeln!(all, "    {}", line(query, diagnostic)).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn right_queries_give_typed_columns() {
    let mut all = String::new();
    for query in include_str!("sema_good.txt").lines() {
        let analysis = analysis(query);
        let said: Vec<_> = analysis.diagnostics.iter().map(|d| line(query, d)).collect();
        assert_eq!(said, [""; 0], "{query}");
        writeln!(all, "{query}").unwrap();
        for query in &analysis.queries {
            ir::check(query);
            let columns: Vec<_> = query.columns.iter().map(|c| format!("{}: {}", c.name, c.ty)).collect();
            writeln!(all, "    {}", columns.join(", ")).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

/// A query's typed form without what depends on how it was written: places in the text, numbers of columns.
fn shape(source: &str) -> String {
    let analysis = analysis(source);
    let said: Vec<_> = analysis.diagnostics.iter().map(|d| line(source, d)).collect();
    assert_eq!(said, [""; 0], "{source}");
    let text = format!("{:#?}", analysis.queries);
    let mut shape = String::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("span: Span {") {
            lines.by_ref().take(3).for_each(drop);
        } else if line.trim_start().ends_with("ColumnId(") {
            let id = lines.next().unwrap_or_default().trim();
            let n = ids.iter().position(|known| *known == id).unwrap_or_else(|| {
                ids.push(id);
                ids.len() - 1
            });
            lines.next();
            writeln!(shape, "{line}{n})").unwrap();
        } else {
            writeln!(shape, "{line}").unwrap();
        }
    }
    shape
}

#[test]
fn both_forms_mean_the_same() {
    let pairs = [
        ("select * from goroutines", "from goroutines"),
        ("select g, name from goroutines", "from goroutines |> select g, name"),
        ("select g from goroutines where system", "from goroutines |> where system |> select g"),
        (
            "select name, count(), sum(exec) as exec from goroutines where not system order by exec desc limit 10",
            "from goroutines |> where not system |> aggregate count() as count, sum(exec) as exec group by name
             |> order by exec desc |> limit 10",
        ),
        (
            "select name, count() as n from goroutines group by name having n > 1",
            "from goroutines |> aggregate count() as n group by name |> where n > 1",
        ),
        (
            "select bin(start, 1ms) as t, max(dur) from goroutine_states group by t",
            "from goroutine_states |> aggregate max(dur) group by bin(start, 1ms) as t",
        ),
        (
            "select sum(exec) / count() as mean from goroutines",
            "from goroutines |> aggregate sum(exec) / count() as mean",
        ),
        (
            "select count() as n, name from goroutines group by name",
            "from goroutines |> aggregate count() as n group by name |> select n, name",
        ),
        (
            "select *, exec / total as share from goroutines",
            "from goroutines |> extend exec / total as share",
        ),
        (
            "select *, row_number() over (order by exec) as rn from goroutines",
            "from goroutines |> extend row_number() over (order by exec) as rn",
        ),
        (
            "select g, rank() over (order by exec) as r from goroutines qualify r = 1",
            "from goroutines |> extend rank() over (order by exec) as r |> where r = 1 |> select g, r",
        ),
        ("select g from goroutines order by exec", "from goroutines |> order by exec |> select g"),
        ("select g from goroutines order by g", "from goroutines |> select g |> order by g"),
        ("select distinct name from goroutines", "from goroutines |> select name |> distinct"),
        ("select distinct name from goroutines", "from goroutines |> select distinct name"),
        ("select * except (g) from logs", "from logs |> drop g"),
        (
            "select a.name, b.dur from goroutines a join goroutine_states b on a.g = b.g and b.dur > 1ms",
            "from goroutines as a |> join goroutine_states as b on a.g = b.g and b.dur > 1ms |> select a.name, b.dur",
        ),
        (
            "select g, s.dur from goroutines left join goroutine_states s using (g)",
            "from goroutines |> left join goroutine_states as s using (g) |> select g, s.dur",
        ),
        (
            "select g from goroutines union all select g from goroutine_states",
            "from goroutines |> select g |> union all (from goroutine_states |> select g)",
        ),
        ("select g from goroutines limit 5 offset 2", "from goroutines |> select g |> limit 5 offset 2"),
    ];
    for (select, pipe) in pairs {
        let (select_shape, pipe_shape) = (shape(select), shape(pipe));
        assert!(select_shape == pipe_shape, "{select}\n{pipe}\n{select_shape}\n{pipe_shape}");
    }
}

#[test]
fn equal_aggregates_are_computed_once() {
    let shape =
        shape("select sum(exec), sum(exec) * 2, name from goroutines group by name order by sum(exec)");
    assert_eq!(shape.matches("order_by: [],").count(), 1, "{shape}");
}

#[test]
fn every_code_is_told_apart() {
    let mut known: Vec<_> = codes::ALL.iter().map(|(code, _)| code.0).collect();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), codes::ALL.len());
}

#[test]
fn percentiles_are_named_by_their_digits() {
    let of = gtq::catalog::percentile_of;
    let named = ["p5", "p50", "p99", "p100", "p999", "p9999"].map(of);
    assert_eq!(named, [0.05, 0.5, 0.99, 1.0, 0.999, 0.9999].map(Some));
    assert_eq!(["p", "pow", "q99", "p9x"].map(of), [None; 4]);
}

#[test]
fn a_chain_of_with_queries_that_doubles_ends() {
    let mut query = "with a0 as (from threads)".to_owned();
    for n in 1..40 {
        write!(query, ", a{n} as (select x.m from a{0} x join a{0} y using (m))", n - 1).unwrap();
    }
    query.push_str(" from a39");
    let said = analysis(&query).diagnostics;
    assert!(said.iter().any(|d| d.code == codes::TOO_LARGE), "{said:?}");
}

#[test]
fn a_long_chain_of_stages_ends() {
    let query = format!("from threads {}", "|> where m > 1 ".repeat(3000));
    assert_eq!(analysis(&query).diagnostics.len(), 1);
}

/// Declarations, and stages, that are short to write and too large when they are written out.
#[test]
fn what_is_too_large_is_told() {
    let chain = |first: &str, next: &dyn Fn(usize) -> String, last: &str| {
        (1..100).fold(first.to_owned(), |text, n| text + &next(n)) + last
    };
    let sum = " + 1".repeat(50);
    let queries = [
        chain("let a0 = 1;", &|n| format!("let a{n} = a{}{sum};", n - 1), "select a99"),
        chain("let a0 = 1;", &|n| format!("let a{n} = a{0} + a{0};", n - 1), "select a99"),
        chain("fn a0(x: int) = x;", &|n| format!("fn a{n}(x: int) = a{}(x){sum};", n - 1), "select a99(1)"),
        chain("select g as a0", &|n| format!(", a{}{sum} as a{n}", n - 1), " from goroutines"),
        chain("from goroutines |> select g as a", &|_| "|> select a + a as a".into(), "|> where a > 1"),
        chain("from ranges", &|_| "|> clip @1ms..@2ms".into(), ""),
        chain(
            "from ranges |> match by g (a0: true)",
            &|n| format!("-> (a{n}: true)"),
            &"|> limit 1".repeat(450),
        ),
        format!("select {}1{}", "(select g from goroutines where g = ".repeat(20), ")".repeat(20)),
    ];
    for query in queries {
        let said = analysis(&query).diagnostics;
        let start = query.get(..60).unwrap_or_default();
        assert!(said.iter().any(|d| d.code == codes::TOO_LARGE), "{start}: {said:?}");
    }
}

/// As many stages as there may be are planned, and run, on any thread.
#[test]
fn the_longest_chains_run() {
    let session = crate::support::trace("sum-go1.27.3").open();
    for stage in ["|> where g > 1 ", "|> merge by g ", "|> at @1ms "] {
        let query = format!("from ranges |> select g, start, end {}", stage.repeat(490));
        assert!(crate::support::csv(&session, &query).starts_with("g,start,end"), "{stage}");
    }
}

#[test]
fn deep_and_long_expressions_end() {
    let queries = [
        format!("select {}1", "1 + ".repeat(5000)),
        format!("select {}true", "g = 1 and ".repeat(5000)) + " from goroutines",
        format!("select {}1{}", "(".repeat(5000), ")".repeat(5000)),
        format!("select {}true", "not ".repeat(5000)),
        format!("select {}1{}", "abs(".repeat(150), ")".repeat(150)),
        format!("select {}1{}", "case when true then ".repeat(150), " end".repeat(150)),
        format!("select {}1{}", "(select ".repeat(150), ")".repeat(150)),
        format!("{}from threads{}", "from (".repeat(150), ")".repeat(150)),
        format!("select g in ({}1) from goroutines", "1, ".repeat(5000)),
        format!("select {}1 from goroutines", "g, ".repeat(2000)),
    ];
    for query in queries {
        let (file, _) = syntax::parse(&query);
        assert_eq!(analysis_of(&file).queries.len(), crate::support::queries(&file).len());
    }
}

/// Words of the language, in any order.
fn soup() -> impl Strategy<Value = String> {
    let words = "select from where group by having qualify order limit offset as on using join left right full cross \
                 semi anti union all intersect except with distinct |> |> |> extend set drop rename aggregate and or not \
                 in between like is null case when then else end exists over partition rows range preceding following \
                 current row unbounded filter goroutines goroutine_states events ranges g name exec state start stack dur \
                 count() sum ( ) ( ) ( ) , , , . [ ] * * + - / % = <> < > ~ has ?? || :: int duration list<string> $x \
                 1 2 1.5 10ms 64KiB @1s @end .. 'running' 'x' true rank lag first bin if coalesce frames p99 t a.b desc \
                 values (1) 1=1 g=1 (select g from goroutines) count() over () sum(exec) a as t";
    let words: Vec<&'static str> = words.split_whitespace().collect();
    prop::collection::vec(prop::sample::select(words), 0..40).prop_map(|words| words.join(" "))
}

/// Right queries with some of their words replaced: most of these reach further than soup.
fn damaged() -> impl Strategy<Value = String> {
    let queries: Vec<&'static str> =
        include_str!("sema_good.txt").lines().chain(include_str!("sema_wrong.txt").lines()).collect();
    let of = |queries: Vec<&'static str>| prop::sample::select(queries);
    (of(queries.clone()), of(queries), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..6)
        .prop_map(|(query, other, at, from, n)| {
            let mut words: Vec<&str> = query.split_inclusive(' ').collect();
            let others: Vec<&str> = other.split_inclusive(' ').collect();
            let (at, from) = (at.index(words.len()), from.index(others.len()));
            let end = (at + n).min(words.len());
            words.splice(at..end, others.into_iter().skip(from).take(n));
            words.concat()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn analysis_is_total_on_soup(source in soup()) {
        let (file, _) = syntax::parse(&source);
        prop_assert_eq!(analysis_of(&file).queries.len(), queries(&file).len());
    }

    #[test]
    fn analysis_is_total_on_damaged_queries(source in damaged()) {
        let (file, syntax) = syntax::parse(&source);
        let analysis = analysis_of(&file);
        prop_assert_eq!(analysis.queries.len(), queries(&file).len());
        for query in &analysis.queries {
            if syntax.is_empty() && !analysis.has_errors() {
                ir::check(query);
            }
            let mut names: Vec<_> = query.columns.iter().map(|c| c.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), query.columns.len());
        }
    }
}
