//! Tables of a trace of which something is lost in the midst: what is there before and after, and nothing between.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use gtq::catalog::{Argument, TableCall, table, table_function, tables};
use gtq::tables::{FileInfo, Needs, Outcome, Pass, Sink, Stacks, Want, Window};
use gtq::trace::Reader;
use serde_json::{Map, Value};

type Row = Map<String, Value>;

/// Columns with times since the trace's beginning.
const TIMES: [&str; 8] = ["time", "start", "end", "seen", "created", "started", "ended", "from_time"];
/// Columns that count from the trace's beginning, or tell of what was before.
const OF_THE_PAST: [&str; 13] = [
    "name",
    "before_run",
    "gc",
    "slice",
    "parent",
    "incoming",
    "outgoing",
    "region",
    "flow",
    "from_slice",
    "to_slice",
    "to_time",
    "attributes",
];

/// All tables of a trace.
struct Read {
    tables: BTreeMap<String, Vec<Row>>,
    outcome: Outcome,
    /// Where each generation lies in the file.
    places: Vec<std::ops::Range<usize>>,
    start: i64,
}

#[derive(Default)]
struct Tables(BTreeMap<String, Vec<Row>>);

impl Sink for Tables {
    fn batch(&mut self, call: &TableCall, batch: RecordBatch) -> ControlFlow<()> {
        let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let lines = String::from_utf8(writer.into_inner()).unwrap();
        let rows = lines.lines().map(|line| serde_json::from_str::<Row>(line).unwrap());
        self.0.entry(call.table().name.to_owned()).or_default().extend(rows);
        ControlFlow::Continue(())
    }

    fn progress(&mut self, _: f64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn read(bytes: Vec<u8>) -> Read {
    let mut reader = Reader::new(Cursor::new(bytes)).unwrap();
    let mut needs = Needs::default();
    for table in tables() {
        needs.add(table, Want::all(&(0..table.columns.len()).collect::<Vec<_>>()));
    }
    let steps = table_function("mutator_utilization").unwrap();
    needs.add(steps.call(vec![Argument::Text("stw|sweep|assist".into())]), Want::all(&[0, 1, 2]));
    let mut tables = Tables::default();
    let file = FileInfo { label: "trace".into(), path: "trace".into(), bytes: None };
    let pass = Pass::new(&needs, Window::default(), Arc::new(Stacks::default()));
    let outcome = pass.run(&mut reader, &file, &mut tables);
    let size = |n: u64| usize::try_from(n).unwrap();
    let place = |g: &gtq::trace::GenerationInfo| size(g.offset)..size(g.offset + g.bytes);
    let places = reader.generations().iter().map(place).collect();
    Read { tables: tables.0, outcome, places, start: reader.start().0 }
}

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn int(row: &Row, column: &str) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_else(|| panic!("no {column} in {row:?}"))
}

impl Read {
    fn rows(&self, table: &str) -> &[Row] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// The rows of a table without what depends on where the trace begins; times are put off by `ns`.
    fn comparable(&self, table: &str, ns: i64) -> Vec<String> {
        let row = |row: &Row| {
            let mut row = row.clone();
            for column in OF_THE_PAST {
                row.remove(column);
            }
            for column in TIMES {
                if let Some(time) = row.get(column).and_then(Value::as_i64) {
                    row.insert(column.into(), (time + ns).into());
                }
            }
            // Stacks are numbered in the order in which they come.
            let stacks: Vec<String> = row.keys().filter(|name| name.contains("stack")).cloned().collect();
            for name in &stacks {
                row[name] = true.into();
            }
            format!("{row:?}")
        };
        let mut rows: Vec<String> = self.rows(table).iter().map(row).collect();
        rows.sort();
        rows
    }
}

/// A trace without one of its generations, what is before it, and what is after it.
fn without(path: &str, generation: usize) -> [Read; 3] {
    let whole = bytes(path);
    let places = read(whole.clone()).places;
    let lost = places[generation].clone();
    let mut damaged = whole.clone();
    damaged[lost.start + lost.len() / 2..][..60].fill(0xff);
    let rest = [&whole[..16], &whole[lost.end..]].concat();
    [damaged, whole[..lost.start].to_vec(), rest].map(read)
}

const CASES: [(&str, usize); 4] = [
    ("examples/sum/trace.dat", 3),
    ("tests/fixtures/ticker-go1.27.3.trace", 1),
    ("tests/fixtures/ticker-go1.24.11.trace", 1),
    ("tests/fixtures/sum-go1.22.10.trace", 4),
];

/// Whatever has a time is that of what lies before the gap, and that of what lies after it.
#[test]
fn rows_are_those_of_both_sides() {
    for (path, generation) in CASES {
        let [damaged, before, after] = without(path, generation);
        assert!(damaged.outcome.problem.is_some() && damaged.outcome.lost > 0, "{path}");
        assert_eq!(before.outcome.problem, None);
        let shift = after.start - before.start;
        for name in
            ["goroutine_states", "proc_states", "ranges", "gcs", "wakeups", "slices", "mutator_utilization"]
        {
            let of_task = |row: &&String| !row.contains("\"lane\": String(\"task\")");
            let kept = |rows: Vec<String>| rows.iter().filter(of_task).cloned().collect::<Vec<_>>();
            let mut both = [before.comparable(name, 0), after.comparable(name, shift)].concat();
            both.sort();
            let (got, want) = (kept(damaged.comparable(name, 0)), kept(both));
            for (got, want) in got.iter().zip(&want) {
                assert_eq!(got, want, "{path}, {name}");
            }
            assert_eq!(got.len(), want.len(), "{path}, {name}");
        }
    }
}

/// Sums are of what is known: those of both sides together.
#[test]
fn sums_are_those_of_both_sides() {
    let sums = ["total", "exec", "sched_wait", "syscall", "syscall_block", "net_wait", "sync_wait", "sleep"];
    for (path, generation) in CASES {
        let [damaged, before, after] = without(path, generation);
        for (name, key, columns) in [("goroutines", "g", &sums[..]), ("procs", "p", &["running", "idle"])] {
            let of = |read: &Read, id: i64, column: &str| {
                let rows = read.rows(name).iter().filter(|row| int(row, key) == id);
                rows.map(|row| int(row, column)).sum::<i64>()
            };
            let mut ids: Vec<i64> =
                [&before, &after].iter().flat_map(|r| r.rows(name)).map(|r| int(r, key)).collect();
            ids.sort_unstable();
            ids.dedup();
            let got: Vec<i64> = damaged.rows(name).iter().map(|row| int(row, key)).collect();
            assert_eq!(got, ids, "{path}: one row each");
            for id in ids {
                for column in columns {
                    let want = of(&before, id, column) + of(&after, id, column);
                    assert_eq!(of(&damaged, id, column), want, "{path}: {column} of {key} {id}");
                }
            }
        }
    }
}

/// Goroutines and tasks have one row, and keep what was known of them.
#[test]
fn what_was_known_stays_known() {
    let [damaged, before, _] = without("examples/sum/trace.dat", 3);
    let named = |read: &Read| -> BTreeMap<i64, Value> {
        read.rows("goroutines").iter().map(|row| (int(row, "g"), row["name"].clone())).collect()
    };
    assert_eq!(named(&damaged), named(&before));
    // The task begins before the gap and ends after it: it was measured.
    let [task] = damaged.rows("tasks") else { panic!() };
    assert_eq!((&task["name"], &task["complete"]), (&Value::from("sumTask"), &Value::from(true)));
    let slice = damaged.rows("slices").iter().find(|row| row["lane"] == "task").unwrap();
    assert_eq!((int(slice, "start"), int(slice, "end")), (int(task, "start"), int(task, "end")));
    assert_eq!(slice["open_end"], false);
    // Its ten regions are cut, and those that end after the gap began at some time before it.
    let regions = damaged.rows("regions");
    let open = |column: &str| regions.iter().filter(|row| row[column] == true).count();
    assert_eq!((regions.len(), open("open_start"), open("open_end")), (20, 10, 10));
    assert!(table("regions").is_some());
    let [trace] = damaged.rows("traces") else { panic!() };
    assert_eq!(int(trace, "generations"), 7);
    assert_eq!(int(trace, "events"), i64::try_from(damaged.rows("events").len()).unwrap());
}

/// Adds a generation that a thread wrote, or one that can't be used: without its clock.
fn generation(bytes: &mut Vec<u8>, number: u64, usable: bool, batches: &[&[u8]]) {
    // Sync, a frequency, a clock snapshot.
    let clock: &[u8] = &[50, 8, 100, 51, 0, 1, 1, 0];
    for payload in std::iter::once(clock).filter(|_| usable).chain(batches.iter().copied()) {
        bytes.push(1);
        for mut number in [number, 1, 1_000_000 * number, payload.len() as u64] {
            while number >= 0x80 {
                bytes.push(number.to_le_bytes()[0] | 0x80);
                number >>= 7;
            }
            bytes.push(number.to_le_bytes()[0]);
        }
        bytes.extend_from_slice(payload);
    }
    bytes.push(52);
}

/// A proc and a goroutine run on thread 1.
const RUNNING: [u8; 9] = [13, 0, 0, 1, 25, 0, 1, 1, 2];

fn header() -> Vec<u8> {
    b"go 1.26 trace\0\0\0".to_vec()
}

/// A task goes on as far as something is heard of it.
#[test]
fn tasks_end_at_a_gap_after_which_nothing_is_heard_of_them() {
    let mut bytes = header();
    let begin = |task: u8| [40, 1, task, 0, 0, 0];
    generation(&mut bytes, 1, true, &[&RUNNING, &begin(7), &begin(8), &begin(9)]);
    generation(&mut bytes, 2, false, &[&RUNNING]);
    // A log.
    generation(&mut bytes, 3, true, &[&RUNNING, &[44, 1, 8, 0, 0, 0]]);
    generation(&mut bytes, 4, false, &[&RUNNING]);
    // The end of a task.
    generation(&mut bytes, 5, true, &[&RUNNING, &[41, 1, 9, 0]]);
    let read = read(bytes);
    let [seven, eight, nine] = read.rows("tasks") else { panic!() };
    for task in [seven, eight, nine] {
        let mut slices = read.rows("slices").iter().filter(|row| row["lane"] == "task");
        let slice = slices.find(|row| row["task"] == task["task"]).unwrap();
        assert_eq!((&slice["end"], &slice["open_end"]), (&task["end"], &task["open_end"]));
    }
    let [first, second, third] = read.rows("generations") else { panic!() };
    assert!((int(first, "end")..int(second, "start")).contains(&int(seven, "end")));
    assert!((int(second, "end")..int(third, "start")).contains(&int(eight, "end")));
    assert_eq!((&seven["open_end"], &eight["open_end"]), (&Value::from(true), &Value::from(true)));
    assert!(int(third, "start") < int(nine, "end") && nine["open_end"] == false);
}

/// A task's end is its end, even where a damaged trace begins it again.
#[test]
fn tasks_end_once() {
    let mut bytes = header();
    let begin = |time: u8| [40, time, 7, 0, 0, 0];
    generation(&mut bytes, 1, true, &[&RUNNING, &begin(9), &[41, 19, 7, 0], &begin(29)]);
    let read = read(bytes);
    let [task] = read.rows("tasks") else { panic!() };
    assert!(int(task, "start") < int(task, "end") && task["complete"] == true, "{task:?}");
    let slice = read.rows("slices").iter().find(|row| row["lane"] == "task").unwrap();
    assert_eq!((&slice["start"], &slice["end"]), (&task["start"], &task["end"]));
}

/// Counts rows.
struct Count(usize);

impl Sink for Count {
    fn batch(&mut self, _: &TableCall, batch: RecordBatch) -> ControlFlow<()> {
        self.0 += batch.num_rows();
        ControlFlow::Continue(())
    }

    fn progress(&mut self, _: f64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Many gaps after much: what a gap costs depends on what was heard since the last one, or this takes minutes.
#[test]
fn many_gaps_after_much() {
    let mut bytes = header();
    // A mark assist is a slice in each of three views.
    let assists = [35, 1, 0, 36, 1].repeat(10_000);
    generation(&mut bytes, 1, true, &[&RUNNING, &assists, &assists, &assists]);
    for number in 1..5_000 {
        generation(&mut bytes, 2 * number, false, &[&RUNNING]);
        generation(&mut bytes, 2 * number + 1, true, &[&RUNNING]);
    }
    let mut needs = Needs::default();
    let slices = table("slices").unwrap();
    needs.add(slices, Want::all(&(0..slices.columns.len()).collect::<Vec<_>>()));
    let mut reader = Reader::new(Cursor::new(bytes)).unwrap();
    let mut rows = Count(0);
    Pass::new(&needs, Window::default(), Arc::new(Stacks::default())).run(
        &mut reader,
        &FileInfo::default(),
        &mut rows,
    );
    assert!(rows.0 > 90_000, "{}", rows.0);
}
