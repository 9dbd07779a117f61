//! The tables of the experiment AllocFree tell what the runtime told.
//!
//! The numbers were counted by a program on Go 1.27.3's own reader, `internal/trace`. It decodes the experiment's batches of
//! each `Sync` event, notes the span of every page, and takes the sizes of slots from
//! `internal/runtime/gc/sizeclasses.go`.

use crate::support::{csv, trace};

/// A trace with two generations of many kinds of objects (`examples/heap`), and one of many objects of a kind.
const TRACES: [&str; 2] = ["heap-go1.27.3", "allocfree-go1.27.3"];

/// How many there are and how many of them are freed, how long these lived, their size, and what tells where and when they
/// were allocated, summed up.
fn sums(table: &str) -> [String; 2] {
    let query = format!(
        "select count() as count, count_if(not open_end) as freed, sum(dur) filter (where not open_end) as life,
             sum(size) as size, sum(address) as address, count(g) as told, sum(g) as g, sum(p) as p, sum(m) as m,
             sum(start::int) as start
         from {table}"
    );
    TRACES.map(|name| csv(&trace(name).open(), &query).lines().nth(1).expect("a row").to_owned())
}

#[test]
fn objects_are_those_that_go_reads() {
    let heap = "3257,2920,1129139147328,2878288,144582366392175472,3134,3611,0,26772900,84398598080";
    let garbage =
        "32953,24597,141868266983,4009504,1083868822381476976,32812,344127,18868,675360378,364576861547";
    assert_eq!(sums("heap_objects"), [heap, garbage]);
}

#[test]
fn spans_are_those_that_go_reads() {
    let heap = "83,21,4153347328,3670016,3684475414659072,42,150,0,358680,15754744512";
    let garbage = "256,154,927306107,4784128,8420186756628480,208,2130,121,4281213,2244828057";
    assert_eq!(sums("heap_spans"), [heap, garbage]);
    let kinds =
        "select kind = 'manual' as manual, count() as count from heap_spans group by manual order by manual";
    let kinds = TRACES.map(|name| csv(&trace(name).open(), kinds));
    assert_eq!(kinds, ["manual,count\nfalse,69\ntrue,14\n", "manual,count\nfalse,242\ntrue,14\n"]);
}

#[test]
fn stacks_are_those_that_go_reads() {
    let heap = "18,9,1002969600,161792,799042848335872,13,77,0,111020,7628736384";
    let garbage = "22,12,93775616,75776,723609759125504,17,88,5,349893,74638848";
    assert_eq!(sums("goroutine_stacks"), [heap, garbage]);
    let sizes = "select size, count() as count from goroutine_stacks group by size order by size";
    assert_eq!(
        csv(&trace("heap-go1.27.3").open(), sizes),
        "size,count\n2048,9\n4096,5\n8192,1\n16384,1\n32768,1\n65536,1\n"
    );
}

/// The types of both generations. What the program does is known as well: it makes 1000 sessions, each with a body of bytes,
/// and keeps 100; 11 pages, behind headers, and keeps one; 1000 tiny numbers that share 250 slots of 16 bytes. Two of these
/// stay, in a slot to which the runtime still holds on.
#[test]
fn objects_by_type() {
    let query = "
        select type, type_size, count() as count, sum(size) as size, count_if(not open_end) as freed,
            sum(dur) filter (where not open_end) as life
        from heap_objects
        where type in ('int32', 'main.page', 'main.session', 'runtime.g', 'uint8', 'unsafe.Pointer', '*int32')
        group by type, type_size order by type";
    assert_eq!(
        csv(&trace("heap-go1.27.3").open(), query),
        "type,type_size,count,size,freed,life
*int32,8,11,17528,11,1120562688
int32,4,1000,4000,998,1102147278592
main.page,800,11,9856,10,11046377984
main.session,40,1000,48000,900,1377710400
runtime.g,456,5,2400,0,
uint8,1,1000,112000,900,1454615104
unsafe.Pointer,8,2,262144,0,
"
    );
}

#[test]
fn traces_without_the_experiment_have_none() {
    let query =
        "select (select count() from heap_objects) as objects, (select count() from heap_spans) as spans,
        (select count() from goroutine_stacks) as stacks";
    for name in ["sum-go1.27.3", "garbage-go1.19.8"] {
        assert_eq!(csv(&trace(name).open(), query), "objects,spans,stacks\n0,0,0\n", "{name}");
    }
}

/// At the end, and a second after the beginning, which is after the first collection and before the second.
#[test]
fn allocations_by_type_at_a_moment() {
    let session = trace("heap-go1.27.3").open();
    let own = |time: &str| {
        let rows =
            "|> where type like 'main.%' |> select type, count, size, live, live_size |> order by type";
        csv(&session, &format!("use std.allocations; from allocations.allocations({time}) {rows}"))
    };
    assert_eq!(
        own(""),
        "type,count,size,live,live_size\nmain.page,11,9856,1,896\nmain.session,1000,48000,100,4800\n"
    );
    assert_eq!(
        own("time: @1s"),
        "type,count,size,live,live_size\nmain.page,11,9856,10,8960\nmain.session,1000,48000,100,4800\n"
    );
}
