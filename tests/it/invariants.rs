//! What holds for every trace. Most of it is in `facts.txt`, as queries for what breaks it.

use std::fs::File;

use crate::support::{Row, compile, compiled, compiled_one, for_various, int, rows, run, trace, written};
use gtq::output::Format;
use gtq::trace::Reader;

/// The facts: a name, after `--`, and a query that must give no rows.
fn facts() -> Vec<(&'static str, &'static str)> {
    let text = include_str!("facts.txt");
    text.split("\n\n")
        .map(|fact| {
            let (name, query) = fact.trim().split_once('\n').unwrap_or_else(|| panic!("no query: {fact}"));
            (name.strip_prefix("-- ").unwrap_or_else(|| panic!("no name: {fact}")), query)
        })
        .collect()
}

#[test]
fn facts_are_well_formed() {
    for (name, query) in facts() {
        let compiled = compile(query);
        assert!(compiled.diagnostics.is_empty(), "{name}\n{query}\n{:#?}", compiled.diagnostics);
    }
}

/// All facts over one load, which is quick; that it makes no difference is for the next test.
#[test]
fn facts_hold() {
    for_various(|trace| {
        let session = trace.open();
        let mut prepared = Vec::new();
        let mut broken = String::new();
        for (name, query) in facts() {
            match session.prepare(&compiled_one(query)) {
                Ok(query) => prepared.push((name, query)),
                Err(e) => broken += &format!("\n  {name}: {e}"),
            }
        }
        session.load(prepared.iter().map(|(_, query)| query)).map_err(|e| e.to_string())?;
        for (name, query) in &prepared {
            match run(&session, query, Format::Ndjson) {
                Ok(rows) if rows.is_empty() => {}
                Ok(rows) => broken += &format!("\n  {name}: {}", String::from_utf8_lossy(&rows)),
                Err(e) => broken += &format!("\n  {name}: {e}"),
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    });
}

/// The answers do not depend on what else is loaded, nor on whether rows stream or are kept.
#[test]
fn one_pass_for_all_queries_is_the_same_as_one_for_each() {
    let text = "
        select count() as n, sum(time::int) as sum from events;
        select s.g, count() as n, sum(s.dur) as dur from goroutine_states s join goroutines o using (g) group by 1 order by 1;
        from regions |> join tasks using (task) |> select region, tasks.name, regions.name |> order by 1;
        from samples |> aggregate count() as n group by stack |> order by n desc, fold(stack);
        from metrics |> aggregate max(value) as most group by name |> order by name;
        select count() as n from goroutine_stats;
        select state, count() as n, sum(dur) as dur from goroutine_states group by state order by state;
        select name, max(dur) as most from goroutine_states where not before_run group by name order by name;
        select category, count() as n, sum(self) as self from slices where lane in ('proc', 'gc') group by 1 order by 1;
        select lane, sum(length(outgoing)) as flows from slices group by lane order by lane;";
    for name in ["locks-go1.27.3", "server-go1.25.5", "ticker-go1.24.11"] {
        let trace = trace(name);
        let session = trace.open();
        let queries = compiled(text);
        let prepared: Vec<_> = queries.iter().map(|query| session.prepare(query).unwrap()).collect();
        session.load(&prepared).unwrap();
        for (query, prepared) in queries.iter().zip(&prepared) {
            let together = run(&session, prepared, Format::Csv).unwrap();
            let alone = written(&trace.open(), query, Format::Csv).unwrap();
            assert_eq!(String::from_utf8(together).unwrap(), String::from_utf8(alone).unwrap(), "{name}");
        }
    }
}

/// A join of two tables is what one gets by joining two answers by hand.
#[test]
fn a_join_gives_what_two_queries_give() {
    for_various(|trace| {
        let session = trace.open();
        let joined = rows(
            &session,
            "select s.g, s.start, o.name, o.exec from goroutine_states s join goroutines o on s.g = o.g
             order by s.start, s.g",
        );
        let goroutines = rows(&trace.open(), "select g, name, exec from goroutines");
        let by_hand: Vec<Row> =
            rows(&trace.open(), "select g, start from goroutine_states order by start, g")
                .into_iter()
                .map(|mut row| {
                    let of =
                        goroutines.iter().find(|of| int(of, "g") == int(&row, "g")).expect("its goroutine");
                    row.insert("name".into(), of["name"].clone());
                    row.insert("exec".into(), of["exec"].clone());
                    row
                })
                .collect();
        if joined == by_hand { Ok(()) } else { Err(format!("{} and {} rows", joined.len(), by_hand.len())) }
    });
}

/// A session answers the same again, also after it has loaded something else.
#[test]
fn asking_twice_gives_the_same() {
    let session = trace("ticker-go1.27.3").open();
    let asked = [
        "from goroutine_states |> select g, start, state, stack",
        "from goroutine_states as a |> join goroutine_states as b on a.end = b.start and a.g = b.g |> select a.g, a.start |> order by 2, 1",
        "from traces",
        "select kind, count() from events group by kind order by kind",
        "select @end as end, start_unix from traces",
    ];
    let answers = || asked.map(|text| written(&session, &compiled_one(text), Format::Csv).unwrap());
    assert_eq!(answers(), answers());
}

/// What is in order of what has been read grows with each generation, and is all in the end.
#[test]
fn how_far_a_trace_is() {
    for_various(|trace| {
        let mut reader =
            Reader::new(File::open(&trace.path).map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        let (mut done, mut steps) = (0.0, 0);
        while reader.next_events().map_err(|e| e.to_string())?.is_some() {
            let share = reader.share_in_order();
            let now = reader.bytes_read() as f64 * share;
            if !(0.0..=1.0).contains(&share) || now < done {
                return Err(format!("from {done} to {now}: {share} is in order"));
            }
            steps += usize::from(now > done);
            done = now;
        }
        let all = reader.bytes_read() as f64;
        if done < all || steps < reader.generations().len() {
            return Err(format!("{done} of {all} in {steps} steps"));
        }
        Ok(())
    });
}
