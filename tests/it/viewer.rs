//! The timeline is what Go's own viewer shows.
//!
//! `viewer.txt` has what `go tool trace` of Go 1.27.3 sent to its page "View trace", by proc and by thread, summed up: per
//! trace, lane and name the number of slices with the sums of their starts and lengths, and per trace, view and name
//! the number of arrows with the sums of their beginnings and ends.
//!
//! Two things are not the viewer's here, and left out where it matters. Its view by proc draws no arrows for wakeups by
//! proc 0, which it takes for no proc, so that of its unblocking only the network's counts. And its view by thread puts a
//! blocking syscall on the thread where its goroutine ran next; summed over threads, nothing shows of that.

use std::collections::BTreeMap;

use crate::support::{Row, for_all, int, rows, text};

/// Number and two sums, by what they are of: 'slice' or 'flow', lane, name.
type Sums = BTreeMap<[String; 3], [i64; 3]>;

fn viewer(trace: &str) -> Sums {
    let mut sums = Sums::new();
    for line in include_str!("viewer.txt").lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let &[of, what, lane, name, n, first, second] = fields.as_slice() else { panic!("{line}") };
        if of == trace {
            let numbers = [n, first, second].map(|number| number.parse().expect("a number"));
            sums.insert([what, lane, name].map(str::to_owned), numbers);
        }
    }
    assert!(!sums.is_empty(), "the viewer was not asked for {trace}");
    sums
}

fn sums(what: &str, rows: &[Row]) -> Sums {
    let key = |row| ["lane", "name"].map(|column| text(row, column).expect("a name").to_owned());
    rows.iter()
        .map(|row| {
            let [lane, name] = key(row);
            ([what.to_owned(), lane, name], ["n", "first", "second"].map(|column| int(row, column)))
        })
        .collect()
}

#[test]
fn slices_and_flows_are_the_viewers() {
    for_all(|trace| {
        let session = trace.open();
        // The viewer was asked for traces of format v2 only.
        if text(&rows(&session, "select format from traces")[0], "format") == Some("v1") {
            return Ok(());
        }
        let slices = rows(
            &session,
            "select lane, if(category = 'goroutine', 'goroutine', name) as name, count() as n,
                    sum(start::int) as first, sum(dur::int) as second
             from slices where lane not in ('g', 'task', 'region') group by 1, 2",
        );
        let flows = rows(
            &session,
            "select lane, name, count() as n, sum(from_time::int) as first, sum(to_time::int) as second
             from flows where lane = 'thread' or lane = 'proc' and (kind <> 'unblock' or name = 'unblock (network)')
             group by lane, name",
        );
        let mut ours = sums("slice", &slices);
        ours.extend(sums("flow", &flows));
        let theirs = viewer(&trace.name);
        let differ = |(key, sums): (&[String; 3], &[i64; 3]), other: &Sums| other.get(key) != Some(sums);
        let wrong: Vec<_> = ours.iter().filter(|&sum| differ(sum, &theirs)).collect();
        let missing: Vec<_> = theirs.iter().filter(|&sum| differ(sum, &ours)).collect();
        if wrong.is_empty() && missing.is_empty() {
            Ok(())
        } else {
            Err(format!("ours {wrong:?}, theirs {missing:?}"))
        }
    });
}

/// Names of slices tell the goroutine, its entry function and its label, as in the viewer.
#[test]
fn slices_of_goroutines_are_named_after_them() {
    for_all(|trace| {
        let strange = rows(
            &trace.open(),
            "from slices as s |> join goroutines as o on s.g = o.g |> where s.category = 'goroutine'
             |> where not starts_with(s.name, 'G' || s.g::string)
                 or s.open_end and o.name is not null and not starts_with(s.name, 'G' || s.g::string || ' ' || o.name)
             |> select s.name, o.name as entry |> limit 3",
        );
        if strange.is_empty() { Ok(()) } else { Err(format!("{strange:?}")) }
    });
}
