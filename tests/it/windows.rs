//! Time windows: a scan that passes over what it can gives what a scan of everything gives.

use crate::support::{Trace, csv, trace};
use gtq::engine::Session;

/// Columns that let a scan pass over both sides, over one, and over none. `?` stands for the window.
const QUERIES: [&str; 12] = [
    "select time, kind, g, p, m, stack, to_state, reason, message from events where time in ?",
    "select time, kind, from_state, name from events where time in ?",
    "select * from logs where time in ?",
    "from goroutine_states |> clip ? |> select g, state, start, end, dur, open_start, open_end |> order by g, start, end, state",
    "from goroutine_states |> where state = 'running' |> clip ? |> select * |> order by g, start, end",
    "select g, state, reason, start, stack from goroutine_states where start in ? order by g, start, state",
    "select g, start, before_run from goroutine_states where start in ? order by g, start",
    "from proc_states |> clip ? |> select p, state, start, end, dur, open_start, open_end |> order by p, start, end, state",
    "from ranges |> clip ? |> select name, scope, start, end, dur, stack |> order by name, start, end",
    "from slices |> clip ? |> select slice, lane, id, name, start, end, self, parent, incoming, open_start, open_end",
    "from gcs |> clip ? |> select *",
    "select * from wakeups where time in ?",
];

/// The same, so that no scan can know the window: it is no constant until the query runs.
fn hidden(query: &str, from: i64, to: i64) -> String {
    let range = format!("@0s + (select {from}::duration)..@0s + (select {to}::duration)");
    query.replace('?', &range)
}

fn shown(query: &str, from: i64, to: i64) -> String {
    query.replace('?', &format!("@{from}ns..@{to}ns"))
}

/// Where the trace and its generations begin and end, and some moments between.
fn moments(session: &Session) -> Vec<i64> {
    let starts = csv(
        session,
        "select start from generations union select end from generations
         union select min(time) from events union select max(time) from events order by 1",
    );
    let starts: Vec<i64> = starts.lines().skip(1).map(|line| line.parse().expect("ns")).collect();
    let between = starts.windows(2).flat_map(|pair| [pair[0] + (pair[1] - pair[0]) / 3, pair[1] - 1]);
    let mut moments: Vec<i64> = between.chain(starts.iter().copied()).collect();
    moments.sort_unstable();
    moments
}

fn check(trace: &Trace) {
    let session = trace.open();
    let moments = moments(&session);
    for (n, &from) in moments.iter().enumerate() {
        for to in [from + 2_000_000, moments.get(n + 3).copied().unwrap_or(from + 1)] {
            let query = QUERIES[n % QUERIES.len()];
            let (windowed, whole) = (shown(query, from, to), hidden(query, from, to));
            assert_eq!(csv(&session, &windowed), csv(&session, &whole), "{}: {windowed}", trace.name);
        }
    }
    for query in QUERIES {
        let (from, to) = (moments[moments.len() / 2], moments[moments.len() / 2] + 2_000_000);
        let (windowed, whole) = (shown(query, from, to), hidden(query, from, to));
        assert_eq!(csv(&session, &windowed), csv(&session, &whole), "{}: {windowed}", trace.name);
    }
}

/// A goroutine's status may come late in a generation: moments anywhere, in traces of one generation too.
#[test]
fn goroutines_that_show_late_are_there() {
    for name in ["server-go1.25.5", "ticker-go1.27.3"] {
        let session = trace(name).open();
        for to in (1..14).map(|n| n * 1_100_123) {
            let query = "from goroutine_states |> clip ?
                |> aggregate count() as n, sum(dur) as dur group by state |> order by state";
            let (windowed, whole) = (shown(query, 1, to), hidden(query, 1, to));
            assert_eq!(csv(&session, &windowed), csv(&session, &whole), "{name}: {windowed}");
        }
    }
}

#[test]
fn windows_change_no_answer() {
    for name in [
        "sum-go1.27.3",
        "sum-go1.22.10",
        "ticker-go1.27.3",
        "ticker-go1.24.11",
        "ticker-go1.21.13",
        "server-go1.25.5",
    ] {
        check(&trace(name));
    }
}

/// What was read, as `explain --analyze` says it.
#[track_caller]
fn scan(query: &str) -> String {
    let session = trace("sum-go1.27.3").open();
    let prepared = session.prepare(&crate::support::compiled_one(query)).expect("a plan");
    let plan = session.analyze(&prepared).expect("an answer");
    plan.lines().find(|line| line.contains("ScanExec")).expect("a scan").trim().to_owned()
}

#[test]
fn a_window_decodes_the_generations_that_it_touches() {
    // The third of eight generations lies from 2.03 s to 3.03 s.
    let within =
        scan("from goroutine_states |> clip @2.5s..@2.502s |> aggregate sum(dur) as time group by state");
    assert!(within.contains("generations_decoded=1, generations_skipped=2"), "{within}");
    let over =
        scan("from goroutine_states |> clip @3.0s..@3.1s |> aggregate sum(dur) as time group by state");
    assert!(over.contains("generations_decoded=2, generations_skipped=2"), "{over}");
    let late = scan("select count() from events where time >= @6.5s");
    assert!(late.contains("generations_decoded=2, generations_skipped=6"), "{late}");
    // A name may be known only from the first generation on, or from the last.
    let names =
        scan("from goroutine_states |> clip @2.5s..@2.502s |> aggregate sum(dur) as time group by name");
    assert!(names.contains("generations_decoded=8, generations_skipped=0"), "{names}");
}
