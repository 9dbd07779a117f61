//! The stages of intervals against a naive reference, on random intervals and on the traces that the project ships.

use std::fmt::Write as _;

use crate::support::{compiled_one, csv, rows, trace};
use gtq::engine::Session;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Key, start, end.
type Row = (i64, i64, i64);

/// Few keys and a short time, so that intervals overlap, touch, are equal and without length.
fn intervals() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..3_i64, 0..40_i64, 0..12_i64), 0..14)
        .prop_map(|rows| rows.into_iter().map(|(key, start, length)| (key, start, start + length)).collect())
}

/// Rows as a source of a query; a row without an interval stands among them.
fn source(rows: &[Row], name: &str) -> String {
    let mut text = "(from (values (9, @0ns, null::time)".to_owned();
    for (key, start, end) in rows {
        write!(text, ", ({key}, @{start}ns, @{end}ns)").unwrap();
    }
    write!(text, ") as {name}_(k, start, end) |> where end is not null) as {name}").unwrap();
    text
}

/// A query's rows as sorted lists of numbers.
#[track_caller]
fn numbers(session: &Session, query: &str) -> Vec<Vec<i64>> {
    let text = csv(session, query);
    let number = |cell: &str| if cell.is_empty() { i64::MIN } else { cell.parse().expect("a number") };
    let mut rows: Vec<Vec<i64>> =
        text.lines().skip(1).map(|line| line.split(',').map(number).collect()).collect();
    rows.sort();
    rows
}

fn sorted(mut rows: Vec<Vec<i64>>) -> Vec<Vec<i64>> {
    rows.sort();
    rows
}

fn keys(rows: &[Row]) -> Vec<i64> {
    let mut keys: Vec<i64> = rows.iter().map(|row| row.0).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Moments at which something begins or ends.
fn moments(rows: &[Row]) -> Vec<i64> {
    let mut moments: Vec<i64> = rows.iter().flat_map(|row| [row.1, row.2]).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

fn of(rows: &[Row], key: i64) -> Vec<Row> {
    rows.iter().copied().filter(|row| row.0 == key).collect()
}

/// How many are open right after a moment.
fn open(rows: &[Row], at: i64) -> i64 {
    i64::try_from(rows.iter().filter(|row| row.1 <= at && at < row.2).count()).unwrap()
}

fn naive_depth(rows: &[Row]) -> Vec<Vec<i64>> {
    let mut all = Vec::new();
    for key in keys(rows) {
        let own: Vec<Row> = of(rows, key).into_iter().filter(|row| row.1 < row.2).collect();
        let mut steps: Vec<Vec<i64>> = Vec::new();
        for pair in moments(&own).windows(2) {
            let depth = open(&own, pair[0]);
            match steps.last_mut().filter(|last| last[2] == pair[0] && last[4] == depth) {
                Some(last) => {
                    last[2] = pair[1];
                    last[3] = last[2] - last[1];
                }
                None => steps.push(vec![key, pair[0], pair[1], pair[1] - pair[0], depth]),
            }
        }
        all.extend(steps);
    }
    sorted(all)
}

/// Unions by joining what touches until nothing does.
fn naive_merge(rows: &[Row]) -> Vec<Vec<i64>> {
    let mut unions: Vec<Vec<i64>> = rows.iter().map(|&(key, start, end)| vec![key, start, end, 1]).collect();
    loop {
        let touching = (0..unions.len()).flat_map(|i| (0..i).map(move |j| (i, j))).find(|&(i, j)| {
            let (a, b) = (&unions[i], &unions[j]);
            a[0] == b[0] && a[1] <= b[2] && b[1] <= a[2]
        });
        let Some((i, j)) = touching else { break };
        let a = unions.remove(i);
        let b = &mut unions[j];
        *b = vec![a[0], a[1].min(b[1]), a[2].max(b[2]), a[3] + b[3]];
    }
    let with_length = unions.into_iter().map(|u| vec![u[0], u[1], u[2], u[2] - u[1], u[3]]);
    sorted(with_length.collect())
}

fn naive_gaps(rows: &[Row], trace_end: i64) -> Vec<Vec<i64>> {
    let mut gaps = Vec::new();
    for key in keys(rows) {
        let mut at = 0;
        for union in naive_merge(&of(rows, key)) {
            if union[1] > at {
                gaps.push(vec![key, at, union[1], union[1] - at]);
            }
            at = at.max(union[2]);
        }
        if at < trace_end {
            gaps.push(vec![key, at, trace_end, trace_end - at]);
        }
    }
    sorted(gaps)
}

fn naive_overlap(left: &[Row], right: &[Row], outer: bool, by_key: bool, shortest: i64) -> Vec<Vec<i64>> {
    let mut pairs = Vec::new();
    for l in left {
        let mut alone = true;
        for r in right {
            let (start, end) = (l.1.max(r.1), l.2.min(r.2));
            if start < end && (!by_key || l.0 == r.0) && r.2 - r.1 + l.0 >= shortest {
                alone = false;
                pairs.push(vec![start, end, end - start, l.1, l.2, l.2 - l.1, r.1]);
            }
        }
        if alone && outer {
            pairs.push(vec![l.1, l.2, l.2 - l.1, l.1, l.2, l.2 - l.1, i64::MIN]);
        }
    }
    sorted(pairs)
}

fn naive_bucket(rows: &[Row], width: i64) -> Vec<Vec<i64>> {
    let mut pieces = Vec::new();
    for &(key, start, end) in rows {
        let mut at = start;
        loop {
            let bucket = at / width * width;
            let to = end.min(bucket + width);
            pieces.push(vec![key, at, to, to - at, bucket]);
            at = bucket + width;
            if at >= end {
                break;
            }
        }
    }
    sorted(pieces)
}

/// Runs of two rows that follow each other within a key, the first short and the second long.
fn naive_match(rows: &[Row], within: i64) -> Vec<Vec<i64>> {
    let mut runs = Vec::new();
    for key in keys(rows) {
        let mut own = of(rows, key);
        own.sort_by_key(|row| (row.1, row.2));
        for pair in own.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if a.2 - a.1 < 5 && b.2 - b.1 >= 5 && b.1 - a.1 <= within {
                runs.push(vec![a.0, a.1, a.2, b.1, b.2]);
            }
        }
    }
    sorted(runs)
}

#[test]
fn stages_are_those_of_the_reference() {
    let session = trace("sum-go1.27.3").open();
    let trace_end = numbers(&session, "select dur from traces")[0][0];
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = (intervals(), intervals(), 0..45_i64, 0..20_i64, 1..9_i64);
    let check = |(left, right, from, length, width): (Vec<Row>, Vec<Row>, i64, i64, i64)| {
        let (l, r) = (source(&left, "l"), source(&right, "r"));
        let stage =
            |stage: &str| numbers(&session, &format!("from {l} |> extend end - start as dur |> {stage}"));
        let to = from + length;

        let clipped = left.iter().filter(|row| from < to && row.1 < to && (row.2 > from || row.1 >= from));
        let clipped =
            clipped.map(|row| vec![row.0, row.1.max(from), row.2.min(to), row.2.min(to) - row.1.max(from)]);
        prop_assert_eq!(stage(&format!("clip @{from}ns..@{to}ns")), sorted(clipped.collect()));
        let at = left.iter().filter(|row| row.1 <= from && from < row.2 || row.1 == from);
        let at = at.map(|row| vec![row.0, row.1, row.2, row.2 - row.1]);
        prop_assert_eq!(stage(&format!("at @{from}ns")), sorted(at.collect()));

        prop_assert_eq!(stage("merge by k"), naive_merge(&left));
        prop_assert_eq!(stage("gaps by k"), naive_gaps(&left, trace_end));
        prop_assert_eq!(stage("depth by k"), naive_depth(&left));
        prop_assert_eq!(stage(&format!("bucket {width}ns")), naive_bucket(&left, width));
        let together: Vec<Row> = left.iter().map(|row| (0, row.1, row.2)).collect();
        let without_key =
            |rows: Vec<Vec<i64>>| sorted(rows.into_iter().map(|row| row[1..].to_vec()).collect());
        prop_assert_eq!(stage("merge"), without_key(naive_merge(&together)));
        prop_assert_eq!(stage("depth"), without_key(naive_depth(&together)));

        let matched = stage(&format!(
            "match by k (a: dur < 5ns) -> (b: dur >= 5ns within {width}ns) |> select a.k, a.start, a.end, b.start, b.end"
        ));
        prop_assert_eq!(matched, naive_match(&left, width));

        for (outer, by_key) in [(false, false), (false, true), (true, false), (true, true)] {
            let kind = if outer { "left overlap join" } else { "overlap join" };
            let key = if by_key { "l.k = r.k and " } else { "" };
            let joined = stage(&format!(
                "{kind} {r} on {key}r.end - r.start + l.k * 1ns >= {width}ns
                 |> select start, end, dur, left_start, left_end, left_dur, r.start"
            ));
            prop_assert_eq!(joined, naive_overlap(&left, &right, outer, by_key, width), "{} {}", kind, key);
        }
        Ok(())
    };
    if let Err(failure) = TestRunner::new(config).run(&strategy, check) {
        panic!("{failure}");
    }
}

/// On real data, of which a batch is but a part: the same as a join on inequalities.
#[test]
fn overlap_joins_are_joins_on_inequalities() {
    for name in ["server-go1.25.5", "garbage-go1.26.6", "locks-go1.27.3"] {
        let session = trace(name).open();
        let summed = "aggregate count() as n, sum(dur) as dur, sum(g) as g, sum(r.p) as p";
        let ours = rows(
            &session,
            &format!("from goroutine_states as s |> overlap join proc_states as r on s.p = r.p |> {summed}"),
        );
        let theirs = rows(
            &session,
            "from goroutine_states as s join proc_states as r on s.p = r.p and s.start < r.end and r.start < s.end
                 |> extend greatest(s.start, r.start) as a, least(s.end, r.end) as b |> where a < b
                 |> select g, r.p as rp, b - a as dur
                 |> aggregate count() as n, sum(dur) as dur, sum(g) as g, sum(rp) as p",
        );
        assert_eq!(ours, theirs, "{name}");
    }
}

/// No row, and rows of one moment only.
#[test]
fn sweeps_of_nothing() {
    let session = trace("sum-go1.27.3").open();
    let none = "from goroutine_states |> where g < 0";
    assert_eq!(numbers(&session, &format!("{none} |> merge")), Vec::<Vec<i64>>::new());
    assert_eq!(numbers(&session, &format!("{none} |> depth by g")), Vec::<Vec<i64>>::new());
    // All of the trace is a gap.
    let gaps = numbers(&session, &format!("{none} |> gaps"));
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0][0], 0);
    assert_eq!(gaps[0][1], numbers(&session, "select dur from traces")[0][0]);
}

/// A table in memory, of more rows than a batch has, is swept as one that streams is.
#[test]
fn sweeps_of_tables_in_memory() {
    for stage in ["merge by g", "gaps by g", "depth by g", "merge by state, g"] {
        let query =
            format!("from goroutine_states |> {stage} |> aggregate count() as n, sum(end - start) as time");
        let streamed = numbers(&trace("garbage-go1.23.9").open(), &query);
        let session = trace("garbage-go1.23.9").open();
        let all = session.prepare(&compiled_one("from goroutine_states |> cross join traces")).unwrap();
        session.load([&all]).unwrap();
        assert!(!session.prepare(&compiled_one("select count() from goroutine_states")).unwrap().reads());
        assert_eq!(numbers(&session, &query), streamed, "{stage}");
    }
}
