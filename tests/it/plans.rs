//! The plans that queries become, and that both forms of the language become the same.

use crate::support::compile;
use gtq::engine::{Explanation, Limits, Session};

#[track_caller]
fn explain(query: &str) -> Explanation {
    let compiled = compile(query);
    assert!(!compiled.has_errors(), "{query}: {:?}", compiled.diagnostics);
    let session = Session::without_trace(Limits::default()).unwrap();
    session.explain(&compiled.queries[0]).unwrap()
}

#[test]
fn plans() {
    let mut shown = String::new();
    for query in [
        "select count() from events",
        "select name, count(), sum(exec) as exec from goroutines where not system order by exec desc limit 10",
        "select g, avg(dur), p99(dur) from goroutine_states where state = 'waiting' and dur > 1ms",
        "select t.name, count() from tasks t join logs l using (task)",
        "select g, dur, rank() over (partition by g order by dur desc) as r from goroutine_states qualify r = 1",
        "select g from goroutines union select g from logs",
        "select leaf(stack) as leaf, count() from events where stack has 'main.main' and time in @1s..@2s",
        "select count() from events where time > @end - 10ms",
        "select a.window, b.mmu from mmu('stw', [1ms, 2ms]) a join mmu('sweep') b using (window) where a.mmu < 0.5",
        "from mmu_worst(10ms) |> clip @1s..@2s |> select end - start as dur",
    ] {
        let plan = explain(query);
        shown += &format!("{query}\n\n{}\n\n{}\n\n\n", plan.logical, plan.optimized);
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn both_forms_have_the_same_plan() {
    for (select, pipe) in [
        (
            "select name, count(), sum(exec) as exec from goroutines where not system order by exec desc limit 10",
            "from goroutines |> where not system |> aggregate count() as count, sum(exec) as exec group by name \
             |> order by exec desc |> limit 10",
        ),
        ("select g, exec from goroutines", "from goroutines |> select g, exec"),
        ("select distinct state from goroutine_states", "from goroutine_states |> select distinct state"),
        (
            "select * from tasks t join logs l using (task) where t.dur > 1ms",
            "from tasks t |> join logs l using (task) |> where t.dur > 1ms",
        ),
        (
            "select g from goroutines except select g from logs",
            "from goroutines |> select g |> except (from logs |> select g)",
        ),
    ] {
        assert_eq!(explain(select).optimized, explain(pipe).optimized, "{select}");
    }
}

#[test]
fn scans_need_not_wait() {
    let mut shown = String::new();
    for query in [
        // What adds up needs no order; what lists, numbers or cuts off does.
        "select state, count(), sum(dur) from goroutine_states group by state",
        "from goroutine_states |> where state = 'waiting' |> aggregate last(stack by end) as stack group by reason",
        "from goroutine_states |> aggregate first(g by start) as g group by state",
        "from goroutine_states |> aggregate list(g) as g group by state",
        "select g, dur from goroutine_states where state = 'running'",
        "from goroutine_states |> limit 5 |> aggregate sum(dur)",
        "from goroutine_states |> extend row_number() over (partition by g) as n |> aggregate max(n)",
        "from goroutine_states as a |> join goroutines as b on a.g = b.g |> aggregate sum(dur) group by b.name",
        "from goroutine_states |> merge by g |> aggregate count() group by g",
        // Slices of some lanes.
        "select slice, dur from slices where lane in ('gc', 'proc')",
        "select count() from slices where lane = 'g' and dur > 1ms",
        "select slice, parent from slices where lane <> 'g'",
        // No rows, and what would be read beside them.
        "from goroutine_states |> where 1 > 2 |> overlap join ranges as r on goroutine_states.p = r.p |> select r.g",
        "from goroutine_states |> clip null..null |> aggregate sum(dur)",
    ] {
        let plan = explain(query).physical;
        let scans: Vec<&str> =
            plan.lines().map(str::trim).filter(|line| line.starts_with("ScanExec")).collect();
        shown += &format!("{query}\n{}\n\n", scans.join("\n"));
    }
    insta::assert_snapshot!(shown);
}
