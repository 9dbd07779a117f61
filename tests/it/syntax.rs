//! Trees: what parses, to what, and that names are free.

use crate::support::queries;
use gtq::syntax::ast::File;
use gtq::syntax::{lexer, parse, print};

/// The tree without spans.
pub(crate) fn bare(file: &File) -> String {
    let mut text = format!("{file:?}");
    while let Some(start) = text.find("Span { start") {
        let length = text[start..].find('}').expect("the debug form of a span ends with a brace");
        text.replace_range(start..=start + length, "_");
    }
    text
}

/// The tree of a text that has nothing wrong with it.
#[track_caller]
pub(crate) fn tree(source: &str) -> File {
    let (file, diagnostics) = parse(source);
    assert!(diagnostics.is_empty(), "{source}\n{diagnostics:#?}");
    file
}

/// Two spellings of one tree.
#[track_caller]
fn same(left: &str, right: &str) {
    assert_eq!(bare(&tree(left)), bare(&tree(right)), "{left}\n{right}");
}

/// What a text is printed as.
#[track_caller]
fn check(source: &str, printed: &str) {
    let file = tree(source);
    let texts: Vec<String> = queries(&file).into_iter().map(print::query_text).collect();
    assert_eq!(texts.join(";\n"), printed);
    same(source, printed);
}

/// A text that is already as it would be printed.
#[track_caller]
fn canonical(source: &str) {
    check(source, source);
}

#[test]
fn precedence() {
    for (loose, explicit) in [
        ("a or b and c", "a or (b and c)"),
        ("not a = b and c", "(not (a = b)) and c"),
        ("not not a", "not (not a)"),
        ("a = b ?? c", "a = (b ?? c)"),
        ("a ?? b || c", "a ?? (b || c)"),
        ("a || b + c", "a || (b + c)"),
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b % c * d", "((a / b) % c) * d"),
        ("-a * b", "(-a) * b"),
        ("-a::int", "-(a::int)"),
        ("-f(a)[1].b", "-((f(a)[1]).b)"),
        ("a between b + 1 and c and d", "(a between (b + 1) and c) and d"),
        ("a not in (1) or b is not null", "(a not in (1)) or (b is not null)"),
        ("@1s + a..@end - b", "(@1s + a)..(@end - b)"),
        ("a has 'x' and b !~ 'y'", "(a has 'x') and (b !~ 'y')"),
    ] {
        same(&format!("select {loose}"), &format!("select {explicit}"));
    }
}

#[test]
fn words_are_free() {
    canonical("select case when open_end then null else end end from t");
    canonical("select case end when end then end else end end as end from end");
    canonical("select start, end, time, name, first, depth, match, by, all from t order by end desc");
    canonical("select name as first, count() as count from t as last group by all");
    canonical("select left(name, 1), right, values, offset from t where exists and over");
    canonical("select rows, groups, filter, set, drop, rename, extend, aggregate from t");
    canonical("select t.order, t.select, \"from\", \"Mixed \"\"x\"\"\" from t");
    check("SELECT A B FROM T", "select a as b from t");
}

#[test]
fn select_form() {
    canonical("select 1");
    canonical("select distinct a, t.*, * except (b, c) from t");
    check(
        "select a b, c, from t as x, u cross join v left outer join w using (a, b)",
        "select a as b, c from t as x cross join u cross join v left join w using (a, b)",
    );
    canonical(
        "select a, sum(b) as c from t where d group by a as e, 2 having f qualify g order by h desc nulls last, i limit 1 offset 2",
    );
    canonical("select a from values (1, 'a'), (2, 'b') as t(a, b) semi join (select 1) as u on x = y");
    canonical("from t anti join f(1, x: 2).a as u using (a)".replace(".a as", " as").as_str());
    check("select * except (select 1)", "select * except select 1");
    canonical("select * from a.b");
    canonical("select a from t group by all offset 1");
}

#[test]
fn set_operations() {
    same("select 1 union select 2 intersect select 3", "select 1 union (select 2 intersect select 3)");
    same("select 1 except select 2 union all select 3", "(select 1 except select 2) union all select 3");
    same("((select 1))", "select 1");
    canonical("select 1 union (select 2 limit 1) order by 1 limit 2");
    canonical("(select 1 limit 3) |> limit 2");
    check("(select 1 limit 3) limit 2", "(select 1 limit 3) |> limit 2");
    canonical("select a in (select 1 union select 2), (select 1 intersect select 2) + 3");
    check(
        "select ((select 1) union (select 2)), ((select 1) + 2)",
        "select (select 1 union select 2), (select 1) + 2",
    );
    canonical("with a as (select 1), b as (from a) select * from b |> limit 1");
    canonical("with a as (select 1) (from a) union (from b)");
}

#[test]
fn stages() {
    canonical(
        "from t |> where a |> select distinct a, b as c |> extend 1 as x |> set a = b + 1, c = d |> drop a, b \
         |> rename a as b |> as q |> aggregate count() as n group by k as l |> aggregate group by all \
         |> order by n desc |> limit 1 offset 2 |> offset 3 |> distinct |> full join u on a = b |> cross join v \
         |> union all (from w) |> intersect (select 1) |> except (select 2)",
    );
    canonical("select a from t |> where b");
    check("from a; from b;; ; from c", "from a;\nfrom b;\nfrom c");
    assert!(tree(" -- nothing\n /* at all */ ;").statements.is_empty());
}

#[test]
fn calls() {
    canonical("select count(), count(*), count(distinct a), first(a by b), list(a order by b), if(a, b, c)");
    canonical(
        "select sum(a) filter (where b) over (partition by c, d order by e rows between 1 preceding and current row)",
    );
    check(
        "select sum(a) over (range unbounded preceding)",
        "select sum(a) over (range between unbounded preceding and current row)",
    );
    canonical("from mmu(flags: 'stw', windows: [1ms, 2ms]) as m");
}

#[test]
fn literals() {
    check(
        "select 10ns, 1.5us, 1.5µs, 1.5μs, 3ms, 2s, 1m30s, 1h, 90s, 0s, 0.5ms, 1h0.25s",
        "select 10ns, 1.5us, 1.5us, 1.5us, 3ms, 2s, 1m30s, 1h, 1m30s, 0s, 500us, 1h250ms",
    );
    check("select 512B, 64KiB, 10MB, 1.5KiB, 1024KiB", "select 512B, 64KiB, 10MB, 1536B, 1MiB");
    check(
        "select 1_000, 0x1f, 1e6, 1.5, .5, 1e-7, 'it''s', TRUE, Null",
        "select 1000, 31, 1000000.0, 1.5, 0.5, 1e-7, 'it''s', true, null",
    );
    canonical("select @0s, @1.25s, @1m30s, @end, @1s..@2s, (@1s..), ..@2s, $param, ['a', 'b'], x::list<int>");
    check(
        "select @'2026-01-02T03:04:05.678Z', @'2026-01-02T04:04:05+01:00', @'1969-12-31t23:59:59z'",
        "select @'2026-01-02T03:04:05.678Z', @'2026-01-02T03:04:05Z', @'1969-12-31T23:59:59Z'",
    );
    check("select 9223372036854775807, 1 -- a\n - /* b */ 2 /// c", "select 9223372036854775807, 1 - 2");
}

#[test]
fn tokens_cover_the_text() {
    let source = "select 'a' -- x\n, @1s..@2s /* y */ from \"T\" where a<>1.5ms # `";
    let (tokens, _) = lexer::lex(source);
    let mut at = 0;
    for token in &tokens {
        assert!(source[at..token.span.start].trim().is_empty());
        at = token.span.end;
    }
    assert_eq!(at, source.len());
}
