//! Traces of Go 1.5 to 1.21, built byte by byte: versions that no fixture has, and what is wrong with some.

use std::fmt::Write as _;
use std::io::Cursor;

use gtq::trace::{Error, ErrorKind, Event, Happening, Metric, RangeKind, Reader, Symbols};
use proptest::prelude::*;

/// All headers that are known.
const VERSIONS: [u32; 8] = [5, 7, 8, 9, 10, 11, 19, 21];

const BATCH: u8 = 1;
const FREQUENCY: u8 = 2;
const STACK: u8 = 3;
const GOMAXPROCS: u8 = 4;
const PROC_START: u8 = 5;
const PROC_STOP: u8 = 6;
const GC_START: u8 = 7;
const GC_DONE: u8 = 8;
const STW_START: u8 = 9;
const STW_DONE: u8 = 10;
const GC_SWEEP_START: u8 = 11;
const GC_SWEEP_DONE: u8 = 12;
const GO_CREATE: u8 = 13;
const GO_START: u8 = 14;
const GO_END: u8 = 15;
const GO_BLOCK_RECV: u8 = 23;
const GO_BLOCK_SYNC: u8 = 25;
const GO_UNBLOCK: u8 = 21;
const GO_SYS_CALL: u8 = 28;
const GO_SYS_EXIT: u8 = 29;
const GO_SYS_BLOCK: u8 = 30;
const GO_WAITING: u8 = 31;
const HEAP_ALLOC: u8 = 33;
const FUTILE_WAKEUP: u8 = 36;
const STRING: u8 = 37;

/// Writes a trace as the runtime of some version does. A tick is a ns, events are 10 of them apart.
struct Encoder {
    version: u32,
    bytes: Vec<u8>,
    /// Numbers of all events, before Go 1.7.
    number: u64,
    tick: u64,
}

fn header(version: u32) -> Vec<u8> {
    let mut bytes = format!("go 1.{version} trace").into_bytes();
    bytes.resize(16, 0);
    bytes
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
}

impl Encoder {
    fn new(version: u32) -> Self {
        Self { version, bytes: header(version), number: 0, tick: 1000 }
    }

    fn has_symbols(&self) -> bool {
        self.version >= 7
    }

    fn raw(&mut self, kind: u8, numbers: &[u64]) {
        // Two bits for the number of arguments, in which the time does not count, nor the number of an event.
        let uncounted = if self.has_symbols() { 1 } else { 2 };
        let mut args = Vec::new();
        for &number in numbers {
            varint(&mut args, number);
        }
        let few = u8::try_from(numbers.len() - uncounted).unwrap().min(3);
        self.bytes.push(kind | few << 6);
        if few == 3 {
            varint(&mut self.bytes, args.len() as u64);
        }
        self.bytes.extend(args);
    }

    fn batch(&mut self, p: u64) {
        let (number, tick) = (self.number, self.tick);
        if self.has_symbols() { self.raw(BATCH, &[p, tick]) } else { self.raw(BATCH, &[p, number, tick]) }
    }

    fn event(&mut self, kind: u8, args: &[u64]) {
        self.tick += 10;
        self.number += 1;
        let before: &[u64] = if self.has_symbols() { &[10] } else { &[1, 10] };
        self.raw(kind, &[before, args].concat());
    }

    /// A number that versions before `since` do not write.
    fn since(&self, since: u32, args: &[u64]) -> Vec<u64> {
        if self.version >= since { args.to_vec() } else { Vec::new() }
    }

    fn start(&mut self, g: u64, number: u64) {
        let args = [vec![g], self.since(7, &[number])].concat();
        self.event(GO_START, &args);
    }

    fn unblock(&mut self, g: u64, number: u64, stack: u64) {
        let args = [vec![g], self.since(7, &[number]), vec![stack]].concat();
        self.event(GO_UNBLOCK, &args);
    }

    /// A goroutine that begins at a program counter, or, since Go 1.7, with a stack.
    fn create(&mut self, g: u64, stack: u64) {
        let entry = if self.has_symbols() { 2 } else { 0x45_a1b0 };
        self.event(GO_CREATE, &[g, entry, stack]);
    }

    /// What the runtime writes first: goroutine 1 runs on P 0, 2 waits, 3 could run.
    fn beginning(&mut self) {
        self.batch(0);
        self.create(1, 1);
        self.create(2, 1);
        self.event(GO_WAITING, &[2]);
        self.create(3, 1);
        self.event(PROC_START, &[7]);
        self.start(1, 1);
        self.event(GOMAXPROCS, &[2, 1]);
    }

    /// What it writes last.
    fn end(mut self) -> Vec<u8> {
        let unused: &[u64] = if self.has_symbols() { &[] } else { &[0] };
        self.raw(FREQUENCY, &[&[1_000_000_000], unused].concat());
        if self.has_symbols() {
            for (id, text) in [(1, "main.main"), (2, "main.go"), (3, "main.work")] {
                self.bytes.push(STRING);
                varint(&mut self.bytes, id);
                varint(&mut self.bytes, text.len() as u64);
                self.bytes.extend(text.as_bytes());
            }
            self.raw(STACK, &[1, 2, 0x1111, 3, 2, 30, 0x2222, 1, 2, 10]);
            self.raw(STACK, &[2, 1, 0x45_a1b0, 3, 2, 20]);
        } else {
            self.raw(STACK, &[1, 2, 0x1111, 0x2222]);
        }
        self.bytes
    }
}

/// Something of everything that all versions have.
fn sample(version: u32) -> Vec<u8> {
    let mut t = Encoder::new(version);
    t.beginning();
    t.create(4, 1);
    t.event(GO_SYS_CALL, &[1]);
    t.event(HEAP_ALLOC, &[4096]);
    t.unblock(2, 2, 1);
    t.event(GO_BLOCK_RECV, &[1]);
    t.start(4, 1);
    t.event(GO_SYS_CALL, &[1]);
    t.event(GO_SYS_BLOCK, &[]);
    let blocked = t.tick;
    t.event(PROC_STOP, &[]);
    t.batch(1);
    t.event(PROC_START, &[8]);
    t.start(2, 3);
    let gc = [t.since(7, &[0]), vec![1]].concat();
    t.event(GC_START, &gc);
    let kind = t.since(10, &[1]);
    t.event(STW_START, &kind);
    t.event(STW_DONE, &[]);
    t.event(GC_DONE, &[]);
    t.event(GC_SWEEP_START, &[1]);
    let swept = t.since(9, &[8192, 512]);
    t.event(GC_SWEEP_DONE, &swept);
    t.event(GO_END, &[]);
    // The syscall ended earlier than its goroutine could say so. Before Go 1.7 its number says the same.
    let number = if t.has_symbols() { 2 } else { t.number };
    let exit = if t.has_symbols() { blocked + 5 } else { t.tick };
    t.event(GO_SYS_EXIT, &[4, number, exit]);
    t.start(4, 3);
    t.event(GO_END, &[]);
    t.event(PROC_STOP, &[]);
    t.end()
}

fn all(bytes: Vec<u8>) -> (Vec<String>, Option<Error>) {
    let mut lines = Vec::new();
    let mut reader = match Reader::new(Cursor::new(bytes)) {
        Ok(reader) => reader,
        Err(e) => return (lines, Some(e)),
    };
    while let Some((events, symbols)) = reader.next_events().expect("bytes in memory can be read") {
        lines.extend(events.iter().map(|event| line(event, symbols)));
    }
    (lines, problem(&reader))
}

/// What is wrong with a trace that has been read.
fn problem(reader: &Reader) -> Option<Error> {
    let error = &reader.losses().first()?.error;
    let kind = match &error.kind {
        ErrorKind::Truncated => ErrorKind::Truncated,
        ErrorKind::Malformed(what) => ErrorKind::Malformed(what.clone()),
        ErrorKind::Inconsistent(what) => ErrorKind::Inconsistent(what.clone()),
        other => panic!("no loss: {other:?}"),
    };
    Some(Error { offset: error.offset, kind })
}

fn line(event: &Event, symbols: &Symbols) -> String {
    let id = |id: Option<i64>| id.map_or("-".to_owned(), |id| id.to_string());
    let stack = |stack| {
        let names = symbols.frames(stack).map(|f| format!("{}:{}", symbols.text(f.func), f.line));
        names.collect::<Vec<_>>().join(" < ")
    };
    let mut line = format!(
        "{:>4} g={} p={} m={} ",
        event.time.0,
        id(event.g.known()),
        id(event.p.known()),
        id(event.m.known())
    );
    match event.what {
        Happening::Goroutine { id, from, to, reason, stack: own } => {
            write!(line, "goroutine {} {}->{} {:?}", id.0, from.name(), to.name(), symbols.text(reason))
                .unwrap();
            if own != event.stack {
                write!(line, " its stack: {}", stack(own)).unwrap();
            }
        }
        Happening::Proc { id, from, to } => {
            write!(line, "proc {} {}->{}", id.0, from.name(), to.name()).unwrap();
        }
        Happening::Metric { metric, value } => write!(line, "{} = {value}", Metric::name(metric)).unwrap(),
        Happening::RangeBegin(range) | Happening::RangeEnd { range, .. } => {
            let kind = match range.kind {
                RangeKind::StopTheWorld { why } => format!("stop-the-world {:?}", symbols.text(why)),
                kind => format!("{kind:?}"),
            };
            write!(line, "{} {kind} of {:?}", event.what.kind(), range.scope).unwrap();
            if let Happening::RangeEnd { swept: Some(swept), .. } = event.what {
                write!(line, " {swept:?}").unwrap();
            }
        }
        Happening::Sync { n } => write!(line, "sync {n}").unwrap(),
        other => write!(line, "{other:?}").unwrap(),
    }
    let stack = stack(event.stack);
    if !stack.is_empty() {
        write!(line, " at {stack}").unwrap();
    }
    line
}

/// The same program in all versions: what differs is what they do not write down.
#[test]
fn every_version() {
    for version in VERSIONS {
        let (lines, problem) = all(sample(version));
        assert!(problem.is_none(), "{version}: {problem:?}");
        match version {
            5 | 7 | 9 | 21 => insta::assert_snapshot!(format!("v1_go1.{version}"), lines.join("\n")),
            8 => assert_eq!(lines, all(sample(7)).0),
            _ => {}
        }
    }
    let since = |version| all(sample(version)).0;
    assert_eq!(since(10), since(11));
    assert_eq!(since(11), since(19));
    // The kinds of stop-the-worlds are numbered from 1 since Go 1.21.
    let differing = std::iter::zip(since(19), since(21)).filter(|(a, b)| a != b).count();
    assert_eq!(differing, 2);
}

#[test]
fn the_reader_says_what_it_reads() {
    let bytes = sample(9);
    let length = bytes.len() as u64;
    let mut reader = Reader::new(Cursor::new(bytes)).unwrap();
    assert_eq!(reader.version().0, 9);
    assert!(reader.generations().is_empty() && reader.clock().is_none());
    assert_eq!(reader.start().0, -1);
    reader.skip_to(1_000_000);
    let mut last = reader.start().0 - 1;
    while let Some(event) = reader.next_event().unwrap() {
        assert!(event.time.0 > last);
        last = event.time.0;
    }
    assert!(reader.generation_is_over());
    assert_eq!((reader.bytes_read(), reader.valid_bytes()), (length, length));
}

/// A goroutine that is woken for nothing was not woken.
#[test]
fn futile_wakeups_are_left_out() {
    let mut t = Encoder::new(7);
    t.beginning();
    t.unblock(2, 2, 1);
    t.event(GO_BLOCK_RECV, &[1]);
    t.start(2, 3);
    t.event(FUTILE_WAKEUP, &[]);
    t.event(GO_BLOCK_SYNC, &[1]);
    let (lines, problem) = all(t.end());
    assert!(problem.is_none(), "{problem:?}");
    let of_2: Vec<_> = lines.iter().filter(|line| line.contains("goroutine 2 ")).collect();
    assert_eq!(of_2.len(), 1, "{of_2:?}");
    assert!(of_2[0].contains("undetermined->waiting"), "{of_2:?}");
}

/// Goroutine 2 is unblocked on P 1, at a time when P 0 says that it runs already.
#[test]
fn times_that_go_backwards_are_refused() {
    let mut t = Encoder::new(11);
    t.beginning();
    t.event(GO_BLOCK_RECV, &[1]);
    t.start(2, 3);
    t.batch(1);
    t.event(PROC_START, &[8]);
    t.start(3, 1);
    t.unblock(2, 2, 1);
    let (lines, problem) = all(t.end());
    assert!(lines.is_empty());
    let problem = problem.unwrap();
    assert!(matches!(&problem.kind, ErrorKind::Inconsistent(what) if what.contains("time goes backwards")));
}

#[test]
fn what_never_comes_ends_the_trace() {
    let mut t = Encoder::new(11);
    t.beginning();
    t.create(4, 1);
    t.event(GO_BLOCK_RECV, &[1]);
    t.start(2, 3);
    let (lines, problem) = all(t.end());
    assert!(lines.last().unwrap().ends_with("sync 2"), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("goroutine 4 notexist->runnable")));
    let problem = problem.unwrap().to_string();
    assert!(problem.contains("GoStart of goroutine 2 waits for an event that never comes"), "{problem}");
}

#[test]
fn what_can_not_be_ends_the_trace() {
    let mut t = Encoder::new(11);
    t.beginning();
    t.event(PROC_STOP, &[]);
    t.event(HEAP_ALLOC, &[1]);
    let mut reader = Reader::new(Cursor::new(t.end())).unwrap();
    while reader.next_event().unwrap().is_some() {}
    let problem = problem(&reader).expect("it is wrong").to_string();
    assert!(problem.contains("ProcStop on proc 0 while it runs goroutine 1"), "{problem}");
    assert!(matches!(reader.next_event(), Ok(None)));
    assert_eq!(reader.valid_bytes(), 0);
}

/// The frequency of the clock stands behind the events: of a trace that is cut before it no time is known.
#[test]
fn a_cut_trace() {
    for version in VERSIONS {
        let whole = sample(version);
        let (lines, _) = all(whole.clone());
        let mut usable = 0;
        for at in 17..whole.len() {
            let (left, problem) = all(whole[..at].to_vec());
            match problem.map(|problem| problem.kind) {
                None => assert_eq!(left.len(), lines.len(), "{version} cut at {at}"),
                Some(ErrorKind::Truncated) => {
                    usable += 1;
                    assert_eq!(left.len(), lines.len(), "{version} cut at {at}");
                }
                Some(ErrorKind::Malformed(what)) => {
                    assert!(what.contains("frequency"), "{version} cut at {at}: {what}");
                }
                Some(other) => panic!("{version} cut at {at}: {other:?}"),
            }
        }
        assert!(usable > 0, "{version}");
    }
    assert!(matches!(all(header(11)).1.unwrap().kind, ErrorKind::NoEvents));
}

/// Ps that wait for ever, each for another goroutine, and an event after the other that wakes none of them.
#[test]
fn many_that_wait_take_no_time() {
    let mut t = Encoder::new(11);
    t.beginning();
    for value in 0..20_000 {
        t.event(HEAP_ALLOC, &[value]);
    }
    let tick = t.tick;
    for p in 1..20_000 {
        t.tick = tick;
        t.batch(p);
        t.start(1000 + p, 9);
    }
    let (lines, problem) = all(t.end());
    assert!(lines.len() > 20_000 && problem.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_read_or_refused(version in 0..VERSIONS.len(), bytes: Vec<u8>) {
        all([header(VERSIONS[version]), bytes].concat());
    }

    /// Events that are well formed and mean anything.
    #[test]
    fn any_events_are_read_or_refused(
        version in 0..VERSIONS.len(),
        events in prop::collection::vec((1u8..50, prop::collection::vec(0u64..4, 0..4)), 0..60),
    ) {
        let mut t = Encoder::new(VERSIONS[version]);
        t.beginning();
        for (kind, args) in events {
            if kind == BATCH { t.batch(args.len() as u64 % 2) } else { t.event(kind, &args) }
        }
        all(t.end());
    }

    #[test]
    fn any_byte_changed(version in 0..VERSIONS.len(), at: prop::sample::Index, to: u8) {
        let mut bytes = sample(VERSIONS[version]);
        let at = at.index(bytes.len());
        bytes[at] = to;
        all(bytes);
    }
}
