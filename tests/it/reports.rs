//! The standard reports: what the pages of `go tool trace` show, as saved queries. `go.rs` compares their numbers with Go's.

use crate::saved::shown;
use crate::support::{Row, for_various, int, rows, trace};

const SUM: &str = "examples/sum/trace.dat";
const SERVER: &str = "tests/fixtures/server-go1.27.3.trace";
const LOCKS: &str = "tests/fixtures/locks-go1.27.3.trace";

/// A report for each page, each in a file of its name.
const REPORTS: [&str; 14] = [
    "goroutine",
    "goroutines",
    "mmu",
    "mmu_worst",
    "net",
    "region",
    "regions",
    "sched",
    "slice",
    "sync",
    "syscall",
    "task",
    "tasks",
    "timeline",
];

/// Each fits on a screen: what would not is the language's to learn.
#[test]
fn reports_are_short() {
    for name in REPORTS {
        let text = gtq::library::module(name).unwrap_or_else(|| panic!("there is no report {name}"));
        // Others beside it go deeper.
        let start =
            text.find(&format!("query {name}(")).unwrap_or_else(|| panic!("{name} declares no query"));
        let end = text[start..].find(";\n").map_or(text.len(), |length| start + length);
        let lines = text[start..end].lines().map(str::trim_start);
        let lines =
            lines.filter(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with("///"));
        assert!(lines.count() <= 15, "{name} has too many lines");
    }
}

#[test]
fn profiles() {
    let mut all = shown(&["run", "sched", SUM]);
    all += &shown(&["run", "sched", "--compat", "false", SUM]);
    all += &shown(&["run", "sched", "--goroutine", "main.main.func1", "--start", "1s", "--end", "2s", SUM]);
    all += &shown(&["run", "net", "--goroutine", "net/http.(*conn).serve", SERVER]);
    all += &shown(&["run", "net", "--format", "ndjson", "--compat", "false", SERVER]);
    all += &shown(&["run", "sync", "--region", "mutex", LOCKS]);
    all += &shown(&["run", "syscall", "--task", "1", SERVER]);
    all += &shown(&["run", "sched", "--region", "query", "--format", "csv", SERVER]);
    all += &shown(&["run", "sched", "--start", "1", SUM]);
    all += &shown(&["run", "sched", "--compat", "maybe", SUM]);
    insta::assert_snapshot!(all);
}

#[test]
fn goroutines() {
    let mut all = shown(&["run", "goroutines", SUM]);
    all += &shown(&["run", "goroutine", "--name", "main.main.func1", "--sort", "exec", SUM]);
    all += &shown(&["run", "goroutine", "--name", "main.main.func1", "--format", "ndjson", LOCKS]);
    all += &shown(&["run", "goroutine", "--name", "", "--format", "csv", SUM]);
    all += &shown(&["run", "goroutine", SUM]);
    insta::assert_snapshot!(all);
}

#[test]
fn tasks() {
    let mut all = shown(&["run", "tasks", SERVER]);
    all += &shown(&["run", "task", "--type", "request", "--latmin", "14ms", "--latmax", "20ms", SERVER]);
    all += &shown(&["run", "task", "--log", "3", "--complete", "true", "--format", "csv", SERVER]);
    // A link of the tool's: none of its tasks took so long.
    let (latmin, latmax) = ("2.511886431s", "3.981071705s");
    let link =
        ["run", "task", "--type", "sumTask", "--complete", "true", "--latmin", latmin, "--latmax", latmax];
    all += &shown(&[&link[..], &[SUM]].concat());
    all += &shown(&["run", "task", "--complete", "false", SUM]);
    all += &shown(&["run", "task", "--latmin", "5", SUM]);
    insta::assert_snapshot!(all);
}

#[test]
fn regions() {
    let mut all = shown(&["run", "regions", "--format", "csv", SERVER]);
    all += &shown(&["run", "regions", "--site", "true", "--compat", "false", SERVER]);
    all += &shown(&["run", "region", "--type", "region_03", SUM]);
    all += &shown(&["run", "region", "--type", "query", "--latmin", "5ms", "--sort", "sched_wait", SERVER]);
    let place = "main.query example.com/gtq-examples/server/main.go:115";
    all += &shown(&["run", "region", "--location", place, "--latmax", "1400us", "--format", "csv", SERVER]);
    insta::assert_snapshot!(all);
}

#[test]
fn timeline() {
    let mut all = shown(&["run", "timeline", "--max-rows", "8", SUM]);
    all += &shown(&["run", "timeline", "--view", "thread", "--start", "1s", "--end", "1.1s", SUM]);
    all += &shown(&["run", "timeline", "--g", "34", "--max-rows", "6", "--format", "vertical", SERVER]);
    all += &shown(&["run", "timeline", "--task", "1", SERVER]);
    all += &shown(&["run", "slice", "--slice", "20", SUM]);
    all += &shown(&["run", "slice", "--slice", "-1", SUM]);
    all += &shown(&["run", "timeline", "--format", "plot", "--start", "1s", "--end", "1.3s", SUM]);
    insta::assert_snapshot!(all);
}

#[test]
fn overview() {
    let all = [SUM, SERVER, LOCKS, "tests/fixtures/garbage-go1.27.3.trace"];
    insta::assert_snapshot!(all.map(|trace| shown(&["run", "overview", trace])).concat());
}

/// What precedes a slice has it among what follows, and all are connected.
#[test]
fn connections_are_mutual() {
    let session = trace("server-go1.27.3").open();
    let slices = |function: &str, slice: i64| -> Vec<i64> {
        let found = rows(&session, &format!("select slice from {function}({slice})"));
        found.iter().map(|row| int(row, "slice")).collect()
    };
    for slice in [0, 100, 345, 600] {
        let (before, after, all) =
            (slices("preceding", slice), slices("following", slice), slices("connected", slice));
        assert!(before.iter().chain(&after).all(|found| all.contains(found)), "{slice}");
        for earlier in before.iter().take(3) {
            assert!(slices("following", *earlier).contains(&slice), "{earlier} leads to {slice}");
        }
        assert_eq!(all, slices("connected", all[0]), "{slice}");
    }
    assert_eq!(slices("connected", 1_000_000), Vec::<i64>::new());
}

fn total(rows: &[Row]) -> (i64, i64) {
    rows.iter().fold((0, 0), |(count, time), row| (count + int(row, "count"), time + int(row, "time")))
}

/// What `go tool trace` of Go 1.27.3 serves for goroutines of a name and for regions: the sums over its profiles, which
/// are at `/block?name=…&raw=1`, `/regionblock?type=…&pc=…&raw=1` and the like.
#[test]
fn parts_of_profiles_are_those_of_go() {
    const SERVER: &str = "server-go1.27.3";
    const LOCKS: &str = "locks-go1.27.3";
    for (of, query, count, time) in [
        (LOCKS, "sync(region: 'cond')", 5, 2_587_520),
        (LOCKS, "sync(region: 'mutex')", 1, 85_701_312),
        (LOCKS, "sched(region: '')", 438, 477_150_016),
        (LOCKS, "syscall(pc: '4da2a4')", 113, 167_405_760),
        (LOCKS, "net(pc: '0x4DA2A4')", 9, 37_973_760),
        (LOCKS, "sync(goroutine: 'main.parallel.func1')", 104, 720_350_976),
        (LOCKS, "syscall(goroutine: 'main.main.func1')", 24, 43_968),
        (SERVER, "sched(region: 'query')", 24, 3_896_384),
        (SERVER, "syscall(region: 'render')", 0, 0),
        (SERVER, "net(goroutine: 'net/http.(*conn).serve')", 24, 62_044_672),
        (SERVER, "sched(goroutine: 'net/http.(*conn).serve')", 74, 5_878_784),
    ] {
        let name = query.split('(').next().unwrap_or_default();
        let got = total(&rows(&trace(of).open(), &format!("use std.{name}; from {name}.{query}")));
        assert_eq!(got, (count, time), "{query} of {of}");
    }
}

/// Without Go's quirks, a profile counts each stay of any length in its state.
#[test]
fn profiles_without_quirks_are_whole() {
    for_various(|trace| {
        let session = trace.open();
        for (name, condition) in [("sched", "state = 'runnable'"), ("syscall", "state = 'syscall'")] {
            let got = total(&rows(&session, &format!("use std.{name}; from {name}.{name}(compat: false)")));
            let text = format!(
                "select count() as count, coalesce(sum(dur), 0ns) as time from goroutine_states
                 where {condition} and dur > 0ns"
            );
            let want = total(&rows(&session, &text));
            if got != want {
                return Err(format!("{name}: {want:?} wanted, {got:?} got"));
            }
        }
        Ok(())
    });
}

/// The parts of a profile make up the whole: goroutines by name, and times before and after a moment.
#[test]
fn profiles_are_the_sum_of_their_parts() {
    let session = trace("locks-go1.23.9").open();
    let names = rows(&session, "select distinct coalesce(name, '') as name from goroutines");
    for name in ["net", "sync", "syscall", "sched"] {
        let of = |arguments: &str| {
            total(&rows(&session, &format!("use std.{name}; from {name}.{name}({arguments})")))
        };
        let whole = of("");
        let parts = names.iter().map(|row| {
            let name = row["name"].as_str().expect("a name").replace('\'', "''");
            of(&format!("goroutine: '{name}'"))
        });
        let sum = parts.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        assert_eq!(sum, whole, "{name}, by goroutine");
        assert_eq!(of("end: @20ms").1 + of("start: @20ms").1, whole.1, "{name}, by time");
    }
}
