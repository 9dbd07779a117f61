//! What gtq computes of a trace is what Go's own code computes of it, to the nanosecond.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Row, Trace, for_all, rows};

/// Go's id for "no task"; 0 is its background task. Both are null here.
const NO_TASK: u64 = u64::MAX;
/// The times of a goroutine, or of a region, that Go keeps apart from those by name.
const STATS: [&str; 5] = ["total", "exec", "sched_wait", "syscall", "syscall_block"];

/// The members of a row, with the names that they have here: (theirs, ours).
fn picked(row: &Value, members: &[(&str, &str)]) -> Row {
    members.iter().map(|&(theirs, ours)| (ours.to_owned(), row[theirs].clone())).collect()
}

fn list(answer: &Value) -> &[Value] {
    answer.as_array().map_or(&[], Vec::as_slice)
}

fn empty_is_null(text: &Value) -> Value {
    if text == "" { Value::Null } else { text.clone() }
}

fn null_is_empty(text: &Value) -> Value {
    if text.is_null() { json!("") } else { text.clone() }
}

fn task(id: &Value) -> Value {
    let id = id.as_u64().expect("a task's id");
    if id == 0 || id == NO_TASK { Value::Null } else { json!(id) }
}

/// The texts of rows and how often each comes: rows as a bag.
fn counted(rows: &[Row]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(Value::Object(row.clone()).to_string()).or_default() += 1;
    }
    counts
}

/// Says where two bags of rows begin to differ.
fn same(what: &str, want: &[Row], got: &[Row]) -> Result<(), String> {
    let (wanted, given) = (counted(want), counted(got));
    for (row, n) in &wanted {
        match given.get(row) {
            Some(m) if m == n => {}
            m => {
                return Err(format!(
                    "{what}: {n} of {row} wanted, {} got; {}",
                    m.unwrap_or(&0),
                    near(row, &given)
                ));
            }
        }
    }
    match given.iter().find(|(row, _)| !wanted.contains_key(*row)) {
        Some((row, n)) => Err(format!("{what}: {n} of {row}, which Go does not have")),
        None => Ok(()),
    }
}

/// The row that has the longest beginning in common with one that is missing.
fn near(row: &str, given: &BTreeMap<String, usize>) -> String {
    let common = |other: &str| row.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    given
        .keys()
        .max_by_key(|other| common(other))
        .map_or_else(String::new, |row| format!("the nearest is {row}"))
}

#[test]
fn events_by_kind() {
    for_all(|trace| {
        let answer = trace.answer();
        let kinds = answer["kinds"].as_object().unwrap();
        let want: Vec<Row> = kinds.iter().map(|(kind, n)| row(json!({ "kind": kind, "n": n }))).collect();
        let got = rows(&trace.open(), "select kind, count() as n from events group by kind");
        same("kinds", &want, &got)
    });
}

fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        other => panic!("{other} is no object"),
    }
}

/// Sums over all events: a reading that differs in one event's time, context or stack shows here.
#[test]
fn sums_over_events() {
    for_all(|trace| {
        let answer = trace.answer();
        let sums = &answer["sums"];
        let session = trace.open();
        let got = rows(
            &session,
            "select kind, count() as n, sum(time::int) as time, sum(g) ?? 0 as g, sum(p) ?? 0 as p,
                    sum(m) ?? 0 as m, count(stack) as stacks, sum(depth(stack)) ?? 0 as depth
             from events group by kind",
        );
        let want: Vec<Row> = list(&sums["kinds"]).iter().cloned().map(row).collect();
        same("kinds", &want, &got)?;

        let got = rows(
            &session,
            "select resource, from_state as \"from\", to_state as \"to\", reason ?? '' as reason, count() as n,
                    sum(time::int) as time, sum(id) as id
             from events where kind = 'StateTransition' and resource is not null group by all",
        );
        same("transitions", &transitions(&sums["transitions"]), &got)?;

        let got = rows(
            &session,
            "select name, count() as n, sum(dur)::int as dur from ranges
             where not open_start and not open_end group by name",
        );
        let want: Vec<Row> = list(&sums["ranges"]).iter().cloned().map(row).collect();
        same("ranges", &want, &got)?;

        let got = rows(&session, "select name, count() as n, sum(value) as value from metrics group by name");
        let want: Vec<Row> = list(&sums["metrics"]).iter().cloned().map(row).collect();
        same("metrics", &want, &got)?;

        let got = rows(
            &session,
            "select category, count() as n, sum(octet_length(message)) ?? 0 as length from logs group by category",
        );
        let got: Vec<Row> = got
            .into_iter()
            .map(|mut row| {
                row["category"] = null_is_empty(&row["category"]);
                row
            })
            .collect();
        let want: Vec<Row> = list(&sums["logs"]).iter().cloned().map(row).collect();
        same("logs", &want, &got)
    });
}

fn transitions(answer: &Value) -> Vec<Row> {
    let lower = |state: &Value| json!(state.as_str().expect("a state").to_lowercase());
    list(answer)
        .iter()
        .filter(|transition| transition["resource"] != "")
        .map(|transition| {
            let mut row = row(transition.clone());
            row["from"] = lower(&transition["from"]);
            row["to"] = lower(&transition["to"]);
            row
        })
        .collect()
}

#[test]
fn goroutines() {
    let members: Vec<(&str, &str)> =
        [("id", "g"), ("name", "name"), ("creation", "created"), ("start", "started"), ("end", "ended")]
            .into_iter()
            .chain(STATS.map(|stat| (stat, stat)))
            .collect();
    for_all(|trace| {
        let want: Vec<Row> = list(&trace.answer()["goroutines"])
            .iter()
            .map(|goroutine| {
                let mut row = picked(goroutine, &members);
                row["name"] = empty_is_null(&goroutine["name"]);
                row
            })
            .collect();
        let text = format!("select g, name, created, started, ended, {} from goroutines", STATS.join(", "));
        same("goroutines", &want, &rows(&trace.open(), &text))
    });
}

/// The times that Go keeps by name, of one goroutine: without those that are 0.
fn named_times(goroutine: &Value) -> Vec<(&'static str, &str, i64)> {
    let of = |category: &'static str| {
        let times = goroutine[category].as_object().expect("times by name");
        times.iter().map(move |(name, dur)| (category, name.as_str(), dur.as_i64().expect("a time")))
    };
    of("block").chain(of("range")).filter(|&(_, _, dur)| dur != 0).collect()
}

#[test]
fn goroutine_stats() {
    for_all(|trace| {
        let answer = trace.answer();
        let want: Vec<Row> = list(&answer["goroutines"])
            .iter()
            .flat_map(|goroutine| {
                named_times(goroutine).into_iter().map(|(category, name, dur)| {
                    let name = if name.is_empty() { Value::Null } else { json!(name) };
                    row(json!({ "g": goroutine["id"], "category": category, "name": name, "dur": dur }))
                })
            })
            .collect();
        let got = rows(&trace.open(), "select g, category, name, dur from goroutine_stats where dur <> 0ns");
        same("goroutine_stats", &want, &got)
    });
}

/// The columns that sum up the times by name are those of Go's, added up as its pages do.
#[test]
fn goroutine_times_by_column() {
    for_all(|trace| {
        let answer = trace.answer();
        let want: Vec<Row> = list(&answer["goroutines"])
            .iter()
            .map(|goroutine| {
                let mut row = times_by_column(goroutine);
                row.insert("g".into(), goroutine["id"].clone());
                row
            })
            .collect();
        let text = "select g, net_wait, sync_wait, sleep, gc_assist, gc_sweep, stw from goroutines";
        same("goroutines", &want, &rows(&trace.open(), text))
    });
}

fn times_by_column(stats: &Value) -> Row {
    const SYNC: [&str; 5] = ["sync", "sync.(*Cond).Wait", "chan send", "chan receive", "select"];
    let dur = |category: &str, name: &str| stats[category].get(name).and_then(Value::as_i64).unwrap_or(0);
    let ranges = stats["range"].as_object().into_iter().flatten();
    let stw =
        ranges.filter(|(name, _)| name.starts_with("stop-the-world")).filter_map(|(_, dur)| dur.as_i64());
    let stw = stw.sum::<i64>();
    row(json!({
        "net_wait": dur("block", "network"),
        "sync_wait": SYNC.iter().map(|name| dur("block", name)).sum::<i64>(),
        "sleep": dur("block", "sleep"),
        "gc_assist": dur("range", "GC mark assist"),
        "gc_sweep": dur("range", "GC incremental sweep"),
        "stw": stw,
    }))
}

#[test]
fn regions() {
    for_all(|trace| {
        let answer = trace.answer();
        let want: Vec<Row> = list(&answer["regions"])
            .iter()
            .map(|region| {
                let mut row = times_by_column(region);
                for column in ["g", "start", "end"].into_iter().chain(STATS) {
                    row.insert(column.into(), region[column].clone());
                }
                row.insert("name".into(), empty_is_null(&region["name"]));
                row.insert("task".into(), task(&region["task"]));
                row
            })
            .collect();
        let text = format!(
            "select g, name, task, if(open_start, null, start) as start, if(open_end, null, end) as end,
                    net_wait, sync_wait, sleep, gc_assist, gc_sweep, stw, {} from regions",
            STATS.join(", ")
        );
        same("regions", &want, &rows(&trace.open(), &text))
    });
}

/// The frame by which Go tells regions of the same name apart: the outermost of the stack at the begin.
#[test]
fn frames_of_regions() {
    for_all(|trace| {
        let answer = trace.answer();
        let want: Vec<Row> = list(&answer["regions"])
            .iter()
            .filter(|region| region["name"] != "")
            .map(|region| row(json!({ "g": region["g"], "name": region["name"], "frame": region["frame"] })))
            .collect();
        let got = rows(&trace.open(), "select g, name, start_stack from regions where not inherited");
        let got: Vec<Row> = got
            .iter()
            .map(|region| {
                let frame = region["start_stack"].as_array().and_then(|stack| stack.last());
                let frame = frame.cloned().unwrap_or_else(|| json!(" :0"));
                row(json!({ "g": region["g"], "name": region["name"], "frame": frame }))
            })
            .collect();
        same("regions", &want, &got)
    });
}

#[test]
fn tasks() {
    for_all(|trace| {
        let answer = trace.answer();
        let want: Vec<Row> = list(&answer["tasks"])
            .iter()
            .filter(|known| !task(&known["id"]).is_null())
            .map(|known| {
                let mut row = picked(
                    known,
                    &[("start", "start"), ("end", "end"), ("complete", "complete"), ("logs", "logs")],
                );
                row.insert("task".into(), known["id"].clone());
                row.insert("name".into(), empty_is_null(&known["name"]));
                row.insert("parent".into(), task(&known["parent"]));
                row.insert("regions".into(), known["regions"].clone());
                row.insert("goroutines".into(), json!(list(&known["goroutines"]).len()));
                row
            })
            .collect();
        let got = rows(
            &trace.open(),
            "select task, name, parent, if(open_start, null, start) as start, if(open_end, null, end) as end,
                    complete, logs, regions, goroutines from tasks",
        );
        same("tasks", &want, &got)
    });
}

/// Minimum mutator utilization, and the number of steps that it is made from, for several sets of flags at once.
#[test]
fn mutator_utilization() {
    for_all(|trace| {
        let answer = trace.answer();
        let mut texts = Vec::new();
        for of_flags in list(&answer["mmu"]) {
            let flags = of_flags["flags"].as_str().expect("flags");
            let windows = list(&of_flags["curve"]).iter().map(|point| format!("{}ns", point[0]));
            let windows = windows.collect::<Vec<_>>().join(", ");
            texts.push(format!("select '{flags}' as flags, * from mmu('{flags}', [{windows}])"));
            texts.push(format!(
                "select '{flags}' as flags, null as window, count() as points, count(distinct p) as ps, null, null
                 from mutator_utilization('{flags}')"
            ));
        }
        // A program that never collected garbage was not asked about.
        if texts.is_empty() {
            return Ok(());
        }
        let got = rows(&trace.open(), &texts.join(" union all "));
        for of_flags in list(&answer["mmu"]) {
            let flags = &of_flags["flags"];
            let of = || got.iter().filter(|row| row["flags"] == *flags);
            let steps = of().find(|row| row["window"].is_null()).ok_or("no steps")?;
            let series = if flags.as_str().is_some_and(|flags| flags.contains("perProc")) {
                number(&of_flags["series"])
            } else {
                0.0
            };
            let counts = (number(&steps["mmu"]), number(&steps["p999"]));
            ensure_equal(&format!("{flags}: steps and Ps"), (number(&of_flags["points"]), series), counts)?;
            for point in list(&of_flags["curve"]) {
                let row = of().find(|row| row["window"] == point[0]).ok_or("no such window")?;
                for (place, column) in [(1, "mmu"), (2, "p999"), (3, "p99"), (4, "p95")] {
                    let (want, got) = (number(&point[place]), number(&row[column]));
                    if (want - got).abs() > 1e-9 {
                        return Err(format!("{flags}: {column} of {}: {want} wanted, {got} got", point[0]));
                    }
                }
            }
        }
        Ok(())
    });
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn ensure_equal<T: PartialEq + std::fmt::Debug>(what: &str, want: T, got: T) -> Result<(), String> {
    if want == got { Ok(()) } else { Err(format!("{what}: {want:?} wanted, {got:?} got")) }
}

/// The four blocking profiles, as saved queries.
#[test]
fn profiles() {
    for_all(|trace| {
        let (answer, session) = (trace.answer(), trace.open());
        for name in ["net", "sync", "syscall", "sched"] {
            let record = |stack: &Value, count: &Value, time: &Value| {
                let stack = if stack.is_null() { json!([]) } else { stack.clone() };
                row(json!({ "stack": stack, "count": count, "time": time }))
            };
            let want: Vec<Row> = list(&answer["profiles"][name])
                .iter()
                .map(|known| record(&known["stack"], &known["count"], &known["time"]))
                .collect();
            let got = rows(&session, &format!("use std.{name}; from {name}.{name}()"));
            let got: Vec<Row> =
                got.iter().map(|row| record(&row["stack"], &row["count"], &row["time"])).collect();
            same(name, &want, &got)?;
        }
        Ok(())
    });
}

/// The tables of goroutines, tasks and regions, by name.
#[test]
fn groups() {
    for_all(|trace| {
        let (answer, session) = (trace.answer(), trace.open());
        let goroutines =
            grouped(list(&answer["goroutines"]), &|g| (empty_is_null(&g["name"]), Value::Null), "exec");
        let want: Vec<Row> = goroutines
            .into_values()
            .map(|group| row(json!({ "name": group.name, "count": group.count, "exec": group.sum })))
            .collect();
        same("goroutines", &want, &rows(&session, "use std.goroutines; from goroutines.goroutines()"))?;

        let regions: Vec<Value> =
            list(&answer["regions"]).iter().map(|region| timed(region, &answer)).collect();
        let frame = |region: &Value| match &region["frame"] {
            frame if frame == " :0" => Value::Null,
            frame => frame.clone(),
        };
        let regions = grouped(&regions, &|region| (empty_is_null(&region["name"]), frame(region)), "dur");
        let want: Vec<Row> = regions
            .into_values()
            .map(|group| {
                row(json!({ "name": group.name, "location": group.place, "count": group.count, "max": group.max }))
            })
            .collect();
        let text = "use std.regions; from regions.regions() |> select name, location, count, max";
        same("regions", &want, &rows(&session, text))?;

        let known: Vec<Value> =
            list(&answer["tasks"]).iter().filter(|known| !task(&known["id"]).is_null()).cloned().collect();
        let complete: Vec<Value> = known
            .iter()
            .filter(|known| known["complete"] == true)
            .map(|known| timed(known, &answer))
            .collect();
        let by_name = |known: &Value| (empty_is_null(&known["name"]), Value::Null);
        let mut times = grouped(&complete, &by_name, "dur");
        let want: Vec<Row> = grouped(&known, &by_name, "none")
            .into_iter()
            .map(|(key, group)| {
                let times = times.remove(&key);
                let (complete, max) = times.map_or((0, None), |times| (times.count, Some(times.max)));
                row(json!({ "name": group.name, "count": group.count, "complete": complete, "max": max }))
            })
            .collect();
        let text = "use std.tasks; from tasks.tasks() |> select name, count, complete, max";
        same("tasks", &want, &rows(&session, text))
    });
}

/// A group of goroutines, tasks or regions, with the sum and the greatest of a time.
#[derive(Default)]
struct Group {
    name: Value,
    place: Value,
    count: u64,
    sum: i64,
    max: i64,
}

/// Rows by name and place.
fn grouped(rows: &[Value], key: &dyn Fn(&Value) -> (Value, Value), time: &str) -> BTreeMap<String, Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for row in rows {
        let (name, place) = key(row);
        let group = groups.entry(format!("{name} {place}")).or_default();
        let time = row[time].as_i64().unwrap_or(0);
        (group.name, group.place) = (name, place);
        group.count += 1;
        group.sum += time;
        group.max = group.max.max(time);
    }
    groups
}

/// The row with its length: what is open reaches to the trace's ends.
fn timed(row: &Value, answer: &Value) -> Value {
    let end = row["end"].as_i64().or(answer["last_time"].as_i64()).unwrap_or(0);
    let mut row = row.clone();
    row["dur"] = json!(end - row["start"].as_i64().unwrap_or(0));
    row
}

/// The size of the file, the number of events, and the length of the trace.
#[test]
fn bounds() {
    for_all(|trace| {
        let answer = trace.answer();
        let want = picked(
            &answer,
            &[("size", "bytes"), ("valid_bytes", "valid_bytes"), ("events", "events"), ("last_time", "dur")],
        );
        let got = rows(&trace.open(), "select bytes, valid_bytes, events, dur from traces");
        same("traces", &[want], &got)?;
        no_loss(trace)
    });
}

fn no_loss(trace: &Trace) -> Result<(), String> {
    let session = trace.open();
    rows(&session, "select count() from events");
    session.loss().map_or(Ok(()), |loss| Err(format!("{loss:?}")))
}
