//! Damaged traces: whole generations are used, and it is told what is lost.

use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use gtq::trace::{ErrorKind, Event, Happening, Loss, Reader};

/// Traces of several generations, with marks at their ends and without.
const GENERATIONS: [&str; 4] = [
    "examples/sum/trace.dat",
    "tests/fixtures/ticker-go1.27.3.trace",
    "tests/fixtures/ticker-go1.24.11.trace",
    "tests/fixtures/sum-go1.22.10.trace",
];
/// One generation, of every version of the format.
const SINGLE: [&str; 4] = [
    "tests/fixtures/server-go1.27.3.trace",
    "tests/fixtures/server-go1.25.5.trace",
    "tests/fixtures/locks-go1.23.9.trace",
    "tests/fixtures/locks-go1.22.10.trace",
];

const SUM: &str = GENERATIONS[0];
/// Bytes of the header.
const HEADER: usize = 16;

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What a reader gives of some bytes.
struct Read {
    events: Vec<Event>,
    /// The number of each generation, its place in the input, and that of its events among all.
    generations: Vec<(u64, Range<usize>, Range<usize>)>,
    losses: Vec<Lost>,
    valid: usize,
}

/// A loss, its error as text.
#[derive(Debug, PartialEq)]
struct Lost {
    bytes: Range<usize>,
    error: String,
    since: Option<i64>,
    until: Option<i64>,
}

impl From<&Loss> for Lost {
    fn from(loss: &Loss) -> Self {
        let size = |n: u64| usize::try_from(n).unwrap();
        assert_eq!(loss.events, 0, "these generations are small");
        Self {
            bytes: size(loss.offset)..size(loss.offset + loss.bytes),
            error: loss.error.to_string(),
            since: loss.since.map(|time| time.0),
            until: loss.until.map(|time| time.0),
        }
    }
}

fn read(bytes: Vec<u8>) -> Result<Read, gtq::trace::Error> {
    let length = bytes.len();
    let mut reader = Reader::new(Cursor::new(bytes))?;
    let mut events: Vec<Event> = Vec::new();
    while let Some((run, _)) = reader.next_events().expect("bytes in memory can be read") {
        events.extend(run);
    }
    assert!(events.is_sorted_by(|a, b| a.time < b.time), "times increase");
    assert!(matches!(reader.next_event(), Ok(None)));
    assert_eq!(reader.bytes_read(), length as u64);
    let size = |n: u64| usize::try_from(n).unwrap();
    let syncs: Vec<usize> = (0..events.len()).filter(|&i| is_sync(&events[i])).collect();
    let generations = reader.generations().iter().zip(&syncs).map(|(generation, &first)| {
        let own = first..first + size(generation.events);
        (generation.number, size(generation.offset)..size(generation.offset + generation.bytes), own)
    });
    let generations: Vec<_> = generations.collect();
    let losses: Vec<Lost> = reader.losses().iter().map(Lost::from).collect();
    let valid = size(reader.valid_bytes());
    let used: usize = generations.iter().map(|(_, place, _)| place.len()).sum();
    assert_eq!(used + HEADER, valid);
    let lost: usize = losses.iter().map(|loss| loss.bytes.len()).sum();
    assert_eq!(valid + lost, length, "every byte is used or lost: {losses:?}");
    Ok(Read { events, generations, losses, valid })
}

fn is_status(from: &str, to: &str) -> bool {
    from == to || from == "undetermined"
}

fn is_sync(event: &Event) -> bool {
    matches!(event.what, Happening::Sync { .. })
}

fn is_lost(event: &Event) -> bool {
    matches!(event.what, Happening::Lost { .. })
}

impl Read {
    fn numbers(&self) -> Vec<u64> {
        self.generations.iter().map(|(number, ..)| *number).collect()
    }

    /// The events of a generation: their times, and the rest without what depends on those before it.
    fn events_of(&self, number: u64) -> (Vec<i64>, Vec<String>) {
        let (.., own) = self.generations.iter().find(|(n, ..)| *n == number).unwrap();
        let said = |event: &Event| {
            match event.what {
                Happening::Sync { .. } => "Sync".to_owned(),
                // What goes on since before the generation.
                Happening::Goroutine { id, from, to, stack, .. } if is_status(from.name(), to.name()) => {
                    format!("{:?} {id:?} {to:?} {stack:?}", event.m)
                }
                Happening::Proc { id, from, to } if is_status(from.name(), to.name()) => {
                    format!("{:?} {id:?} {to:?}", event.m)
                }
                // Who its parent is, and its name, is said at its beginning.
                Happening::TaskEnd { task, .. } => format!("{:?} end of {task:?}", event.g),
                // Why the world was stopped, too.
                Happening::RangeEnd { range, .. } => format!("{:?} end in {:?}", event.g, range.scope),
                what => format!("{:?} {:?} {:?} {:?} {what:?}", event.g, event.p, event.m, event.stack),
            }
        };
        self.events[own.clone()].iter().map(|event| (event.time.0, said(event))).unzip()
    }
}

/// Holds the events of a generation against those of the trace that is right.
#[track_caller]
fn same(after: &Read, before: &Read, number: u64) {
    let (after, before) = (after.events_of(number), before.events_of(number));
    for (i, (after, before)) in after.1.iter().zip(&before.1).enumerate() {
        assert_eq!(after, before, "event {i} of generation {number}");
    }
    assert_eq!(after.1.len(), before.1.len(), "generation {number}");
    // The first events of a generation may have been moved behind the last of the one before it.
    let moved = after.0.iter().zip(&before.0).take_while(|(after, before)| after < before).count();
    assert!(moved < 10 && after.0[moved..] == before.0[moved..], "{moved} times in generation {number}");
}

/// A batch, or the mark at the end of a generation.
#[derive(Debug, Clone)]
struct Frame {
    generation: u64,
    place: Range<usize>,
    payload: Range<usize>,
    /// The first byte of the payload; 0: it has none.
    kind: u8,
}

const STRINGS: u8 = 4;
const STACKS: u8 = 2;
const END: u8 = 52;

/// The frames of a trace that is right.
fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = HEADER;
    while at < bytes.len() {
        let start = at;
        at += if bytes[at] == 49 { 2 } else { 1 };
        if bytes[start] == END {
            let generation = frames.last().unwrap().generation;
            frames.push(Frame { generation, place: start..at, payload: at..at, kind: 0 });
            continue;
        }
        let mut number = || {
            let length = bytes[at..].iter().position(|byte| *byte < 0x80).unwrap() + 1;
            let digits = bytes[at..at + length].iter().rev();
            at += length;
            digits.fold(0, |value: u64, byte| value << 7 | u64::from(byte & 0x7f))
        };
        let [generation, _, _, size] = [(); 4].map(|()| number());
        let payload = at..at + usize::try_from(size).unwrap();
        at = payload.end;
        let kind = bytes.get(payload.start).copied().filter(|_| size > 0).unwrap_or(0);
        frames.push(Frame { generation, place: start..at, payload, kind });
    }
    frames
}

/// The place of a generation of a trace that is right.
fn place_of(read: &Read, number: u64) -> Range<usize> {
    read.generations.iter().find(|(n, ..)| *n == number).unwrap().1.clone()
}

/// Damages the example's trace; all generations but `without` must be used as if nothing had happened.
#[track_caller]
fn check(without: &[u64], damage: impl Fn(&mut Vec<u8>, &Read)) -> Vec<Lost> {
    let whole = bytes(SUM);
    let before = read(whole.clone()).unwrap();
    let mut damaged = whole;
    damage(&mut damaged, &before);
    let after = read(damaged).unwrap();
    let expected: Vec<u64> = (1..=8).filter(|number| !without.contains(number)).collect();
    assert_eq!(after.numbers(), expected, "{:?}", after.losses);
    for &number in &expected {
        same(&after, &before, number);
    }
    let gaps = expected.windows(2).filter(|pair| pair[1] > pair[0] + 1).count();
    assert_eq!(after.events.iter().filter(|event| is_lost(event)).count(), gaps);
    for (i, event) in after.events.iter().enumerate() {
        if let Happening::Lost { ns } = event.what {
            let (last, next) = (after.events[i - 1].time.0, after.events[i + 1]);
            assert!(is_sync(&next) && event.time.0 == last + 1 && event.time.0 + ns == next.time.0);
            let told = |loss: &Lost| loss.since == Some(last) && loss.until == Some(next.time.0);
            assert!(after.losses.iter().any(told), "{:?}", after.losses);
        }
    }
    after.losses
}

/// Of a trace that is cut anywhere, the generations that are whole are used, and nothing else.
#[test]
fn cut_anywhere() {
    for path in GENERATIONS.into_iter().chain(SINGLE) {
        let whole = bytes(path);
        let all = read(whole.clone()).unwrap();
        assert!(all.losses.is_empty() && all.valid == whole.len());
        let places = if path == SUM { 1000 } else { 150 };
        for n in 0..places {
            let at = whole.len() * n / places;
            let left: Vec<_> = all.generations.iter().filter(|(_, place, _)| place.end <= at).collect();
            let cut = read(whole[..at].to_vec());
            let Some((_, place, events)) = left.last() else {
                assert!(cut.is_err(), "{path} cut at {at}");
                continue;
            };
            let cut = cut.unwrap_or_else(|e| panic!("{path} cut at {at}: {e}"));
            let (last, events_before) = cut.events.split_last().unwrap();
            assert!(is_sync(last), "{path} cut at {at}");
            assert_eq!(events_before, &all.events[..events.end], "{path} cut at {at}");
            if place.end == at {
                assert!(cut.losses.is_empty(), "{path} cut at {at}");
            } else {
                let [loss] = &cut.losses[..] else { panic!("{path} cut at {at}") };
                let since = events_before.last().map(|event| event.time.0);
                assert_eq!((&loss.bytes, loss.since, loss.until), (&(place.end..at), since, None));
            }
        }
    }
}

/// Any bit of a generation's bytes: the others are used, and it is too if nothing shows that something is wrong.
#[test]
fn a_flipped_bit_costs_its_generation() {
    let whole = bytes(SUM);
    let before = read(whole.clone()).unwrap();
    let mut seed = 7u64;
    let mut hits = 0;
    for _ in 0..300 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = HEADER + usize::try_from(seed >> 33).unwrap() % (whole.len() - HEADER);
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (seed >> 20 & 7);
        let after = read(damaged).unwrap();
        let (hit, ..) = before.generations.iter().find(|(_, place, _)| place.contains(&at)).unwrap();
        let lost: Vec<u64> = (1..=8).filter(|n| !after.numbers().contains(n)).collect();
        assert!(lost.is_empty() || lost == [*hit], "byte {at} costs {lost:?}: {:?}", after.losses);
        hits += lost.len();
    }
    // The others are as good as what they were: mostly times.
    assert!(hits > 50, "{hits}");
}

#[test]
fn damage_within_a_batch() {
    let losses = check(&[3], |bytes, before| {
        let events = frames(bytes).into_iter().filter(|f| f.generation == 3).nth(1).unwrap();
        assert!(place_of(before, 3).contains(&events.place.start) && events.payload.len() > 500);
        bytes[events.payload.start + 300..][..20].fill(0xff);
    });
    let [loss] = &losses[..] else { panic!("{losses:?}") };
    assert!(loss.error.contains("unknown event (byte 0xff)") || loss.error.contains("64 bits"), "{loss:?}");
}

#[test]
fn damage_of_the_framing() {
    // The head of a generation's second batch: its size is another, or is too large, or it is no batch.
    let second = |bytes: &[u8], n| frames(bytes).into_iter().filter(|f| f.generation == n).nth(1).unwrap();
    let overwrite: [fn(&mut [u8]); 3] = [|head| head[0] = 0x7f, |head| head.fill(0), |head| head.fill(0xff)];
    for (what, overwrite) in overwrite.into_iter().enumerate() {
        let losses = check(&[5], |bytes, _| {
            let Frame { place, payload, .. } = second(bytes, 5);
            overwrite(&mut bytes[place.start..payload.start]);
        });
        assert_eq!(losses.len(), 1, "{what}: {losses:?}");
    }
    // Bytes are missing from the last batch of a generation: it seems to reach into the next one.
    let losses = check(&[5], |bytes, _| {
        let strings = frames(bytes).into_iter().find(|f| f.generation == 5 && f.kind == STRINGS).unwrap();
        bytes.drain(strings.payload.start + 10..strings.payload.start + 40);
    });
    assert_eq!(losses.len(), 1, "{losses:?}");
    // The mark at its end is missing.
    let losses = check(&[2], |bytes, before| {
        bytes.remove(place_of(before, 2).end - 1);
    });
    assert!(losses[0].error.contains("without the mark at its end"), "{losses:?}");
}

#[test]
fn missing_strings_or_stacks() {
    for (kind, what) in [(STRINGS, "names the missing string"), (STACKS, "names the missing stack")] {
        let losses = check(&[4], |bytes, _| {
            let batch = frames(bytes).into_iter().find(|f| f.generation == 4 && f.kind == kind).unwrap();
            bytes.drain(batch.place);
        });
        let [loss] = &losses[..] else { panic!("{losses:?}") };
        assert!(loss.error.contains(what), "{loss:?}");
    }
}

/// A generation that is missing: what lies around it is whole, but does not fit together.
#[test]
fn a_missing_generation() {
    let losses = check(&[3, 4], |bytes, before| {
        bytes.drain(place_of(before, 3).start..place_of(before, 4).end);
    });
    let [loss] = &losses[..] else { panic!("{losses:?}") };
    assert!(loss.bytes.is_empty() && loss.error.contains("generation 5 follows generation 2"), "{loss:?}");
    // The first: the trace begins later.
    let losses = check(&[1], |bytes, before| {
        bytes.drain(place_of(before, 1));
    });
    assert_eq!(losses, []);
}

#[test]
fn the_first_generation_is_damaged() {
    let losses = check(&[1], |bytes, before| bytes[place_of(before, 1)][..40].fill(0));
    let [loss] = &losses[..] else { panic!("{losses:?}") };
    assert_eq!((loss.bytes.start, loss.since), (HEADER, None));
    assert!(loss.until.is_some());
}

/// A generation in the wrong place is lost; the others follow each other.
#[test]
fn swapped_generations() {
    let losses = check(&[2], |bytes, before| {
        let (second, third) = (place_of(before, 2), place_of(before, 3));
        bytes[second.start..third.end].rotate_left(second.len());
    });
    assert!(losses.iter().any(|loss| loss.error.contains("generation 3 follows generation 1")), "{losses:?}");
    assert!(losses.iter().any(|loss| loss.error.contains("generation 2 comes after generation 3")));
}

#[test]
fn garbage() {
    let noise = |n: u64| (0..n).map(|i| (i * i * 31 % 251).to_le_bytes()[0]);
    // Behind the end, in both ways to tell one.
    for path in GENERATIONS {
        let whole = bytes(path);
        let before = read(whole.clone()).unwrap();
        for tail in [noise(1).collect(), noise(300_000).collect(), whole.clone()] {
            let after = read([whole.clone(), tail].concat()).unwrap();
            assert_eq!(after.events, before.events, "{path}");
            let [loss] = &after.losses[..] else { panic!("{path}: {:?}", after.losses) };
            assert_eq!(loss.bytes.start, whole.len());
        }
    }
    // Between two generations: nothing is missing.
    let losses = check(&[], |bytes, before| {
        let at = place_of(before, 4).end;
        bytes.splice(at..at, noise(100_000));
    });
    assert_eq!(losses.len(), 1);
    assert_eq!(losses[0].bytes.len(), 100_000);
    // Within one.
    let losses = check(&[4], |bytes, before| {
        let at = place_of(before, 4).start + 700;
        bytes.splice(at..at, noise(100_000));
    });
    assert_eq!(losses.len(), 1);
}

/// Without marks at their ends, generations are told apart by the numbers of their batches.
#[test]
fn generations_without_marks() {
    for path in [GENERATIONS[2], GENERATIONS[3]] {
        let whole = bytes(path);
        let before = read(whole.clone()).unwrap();
        let numbers = before.numbers();
        let without =
            |number: u64| -> Vec<u64> { numbers.iter().copied().filter(|n| *n != number).collect() };
        let of_two = |n: usize| frames(&whole).into_iter().filter(|f| f.generation == 2).nth(n).unwrap();
        for damage in 0..4 {
            let mut bytes = whole.clone();
            match damage {
                0 => bytes[of_two(1).payload.start + 50..][..20].fill(0xff),
                1 => bytes[of_two(1).place.start] = 0,
                2 => {
                    let strings = |f: &Frame| f.generation == 2 && f.kind == STRINGS;
                    bytes.drain(frames(&whole).into_iter().find(strings).unwrap().place);
                }
                // A batch says that it is of generation 9.
                _ => bytes[of_two(1).place.start + 1] = 9,
            }
            let after = read(bytes).unwrap();
            assert_eq!(after.numbers(), without(2), "{path}, {damage}: {:?}", after.losses);
            for number in without(2) {
                same(&after, &before, number);
            }
        }
    }
}

/// A clock that ticks at another rate in one generation: times still increase, and the rest is read.
#[test]
fn clocks_that_differ() {
    let whole = bytes(SUM);
    let sync = frames(&whole).into_iter().find(|f| f.generation == 3).unwrap();
    // The payload is: Sync, Frequency, the frequency as a number, …
    for digit in 2..5 {
        let mut damaged = whole.clone();
        damaged[sync.payload.start + digit] ^= 0x3f;
        let after = read(damaged).unwrap();
        assert!(after.numbers().len() >= 7, "{:?}", after.losses);
    }
}

/// A generation whose clock is behind that of those before it.
#[test]
fn a_clock_that_is_behind() {
    // Generation 5, from a trace of the same program on another clock: all its batches come 2^40 ticks earlier or so.
    let losses = check(&[4, 5], |bytes, _| {
        let frames = frames(bytes);
        for frame in frames.iter().rev().filter(|f| f.generation == 4) {
            bytes.drain(frame.place.clone());
        }
        for frame in frames.iter().filter(|f| f.generation == 5 && f.kind != 0) {
            let removed: usize = frames.iter().filter(|f| f.generation == 4).map(|f| f.place.len()).sum();
            let head = frame.place.start - removed..frame.payload.start - removed;
            // The second last number of the head is the time; its first digits are the low ones.
            let ends: Vec<usize> = head.clone().filter(|&at| bytes[at] < 0x80).collect();
            let time = ends[ends.len() - 3] + 1..=ends[ends.len() - 2];
            bytes[*time.end()] = 1;
        }
    });
    assert!(losses[0].error.contains("generation 5 follows generation 3"), "{losses:?}");
}

/// Adds a batch of generation 1.
fn batch(bytes: &mut Vec<u8>, thread: u64, payload: &[u8]) {
    bytes.push(1);
    for mut number in [1, thread, 1000, payload.len() as u64] {
        while number >= 0x80 {
            bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        bytes.push(number.to_le_bytes()[0]);
    }
    bytes.extend_from_slice(payload);
}

/// A trace's header, and the clock of generation 1.
fn beginning() -> Vec<u8> {
    let mut bytes = b"go 1.26 trace\0\0\0".to_vec();
    // Sync, a frequency, a clock snapshot.
    batch(&mut bytes, 0, &[50, 8, 100, 51, 0, 1, 1, 0]);
    bytes
}

/// A proc and a goroutine run on thread 1.
const RUNNING: [u8; 9] = [13, 0, 0, 1, 25, 0, 1, 1, 2];
/// The heap grows.
const HEAP_ALLOC: [u8; 3] = [37, 1, 5];

/// Threads that wait for ever, each for another goroutine, while one goes on.
#[test]
fn threads_that_wait_take_no_time() {
    let mut bytes = beginning();
    batch(&mut bytes, 1, &[&RUNNING[..], &HEAP_ALLOC.repeat(20_000)].concat());
    // GoStart of goroutine 9, which does not exist.
    for thread in 2..20_000 {
        batch(&mut bytes, thread, &[16, 0, 9, 1]);
    }
    bytes.push(END);
    let start = std::time::Instant::now();
    let Err(error) = read(bytes) else { panic!() };
    assert!(error.to_string().contains("too many threads wait"), "{error}");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// The events of a large generation are given out before its end is seen.
#[test]
fn a_generation_too_large_to_be_held_back() {
    let mut bytes = beginning();
    batch(&mut bytes, 1, &RUNNING);
    for _ in 0..15 {
        batch(&mut bytes, 1, &HEAP_ALLOC.repeat(20_000));
    }
    let whole = [&bytes[..], &[END]].concat();
    assert_eq!(read(whole).unwrap().events.len(), 300_000 + 4);
    // GoUnblock of goroutine 9, which does not exist.
    batch(&mut bytes, 1, &[21, 1, 9, 1, 0]);
    bytes.push(END);
    let length = bytes.len() as u64;
    let mut reader = Reader::new(Cursor::new(bytes)).unwrap();
    let mut events = 0;
    while let Some((run, _)) = reader.next_events().unwrap() {
        events += run.len() as u64;
    }
    let [loss] = reader.losses() else { panic!("{:?}", reader.losses()) };
    assert!(loss.events > 200_000 && loss.events + 1 == events, "{} of {events}", loss.events);
    assert_eq!((loss.bytes, reader.valid_bytes()), (length - 16, 16));
    assert!(loss.since.is_some() && loss.until.is_none() && reader.generations().is_empty());
}

#[test]
fn nothing_that_can_be_used() {
    let whole = bytes(SUM);
    let first = read(whole.clone()).unwrap().generations[0].1.clone();
    let Err(error) = read(whole[..first.end - 1].to_vec()) else { panic!() };
    assert!(matches!(error.kind, ErrorKind::Truncated) && error.offset == first.end as u64 - 1, "{error}");
    let Err(error) = read([&whole[..HEADER], &vec![0; 100_000]].concat()) else { panic!() };
    assert!(matches!(error.kind, ErrorKind::Malformed(_)) && error.offset == HEADER as u64, "{error}");
    let Err(error) = read(whole[..HEADER].to_vec()) else { panic!() };
    assert!(matches!(error.kind, ErrorKind::NoEvents), "{error}");
}
